"""`alertveil`, loaded once and forked for each command, since a command that starts anew spends a second on imports.

As a program it reads one request a line, `{"words", "folder", "environment", "said"}`, runs `router.cli.main` in a
child process with that command line, folder and environment, both its streams going to the files `said`.out and
`said`.err, and answers with the exit code. As a module it is the other end of those two pipes.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pkgutil
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

ROOT = Path(__file__).resolve().parents[2]


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


class Forked:
    """Runs `alertveil` commands, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / "said"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.docs.forked"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Said:
        """One command, to its end."""
        wish = {"words": words, "folder": str(folder), "environment": dict(environment), "said": str(self._said)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, err = (self._said.with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".out", ".err"))
        return Said(code, out, err)


def serve() -> None:
    """Answer requests until there are no more."""
    for package in ("channels", "router.cli", "router.flow", "router.sources", "router.store"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    importlib.import_module("router.wiring")
    with contextlib.redirect_stdout(io.StringIO()):
        importlib.import_module("router.cli.tree").run(["--version"])  # builds the tree of commands

    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(wish)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - the answer


def _become(wish: Mapping[str, object]) -> None:
    """Be the command, and end as it does."""
    from router.cli import main  # noqa: PLC0415 - the child's own first line

    code = 70
    try:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for number, suffix in ((1, ".out"), (2, ".err")):
            os.dup2(os.open(f"{wish['said']}{suffix}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        os.chdir(str(wish["folder"]))
        os.environ.clear()
        os.environ.update(wish["environment"])  # type: ignore[call-overload]  # names and values
        sys.argv = ["alertveil", *wish["words"]]  # type: ignore[misc]  # words
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - a program that raises says so and has failed
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
