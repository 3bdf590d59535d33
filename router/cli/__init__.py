"""The `alertveil` command. This module only finds the shortest way to a command's own code.

`up` and the service words (`web`, `worker`, `beat`) run for months, so they must not carry what reads a command line:
Typer costs 10 MB and a quarter of a second. Every other word goes through the tree of commands.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command of `sys.argv`. Returns the exit code: 0 ok, 1 failed, 2 usage, 3 verification failed."""
    _open_what_is_closed()
    words = sys.argv[1:]
    if words[:1] == ["up"]:
        os.execv(sys.executable, [sys.executable, "-m", "router.local.supervisor", *words[1:]])  # noqa: S606 - no shell
    if words[:1] and words[0] in {"web", "worker", "beat"} and not {"-h", "--help"} & set(words):
        from router.cli import serving  # a service needs nothing else

        return serving.main(words)
    if words[:1] == ["bench"]:
        from router.bench import main as bench  # it reads its own arguments

        return bench(words[1:])
    from router.cli import tree  # and everything else needs Typer

    return tree.run(words)


def _open_what_is_closed() -> None:
    """Standard streams that our caller closed lead nowhere: else the next file or socket that is opened is one of them.

    Python has None for such a stream, and what is written to it would go into a lock file or to a client.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free, which is this one
        if getattr(sys, name) is None:
            mode = "r" if descriptor == 0 else "w"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - until the end
