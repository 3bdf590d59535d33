"""Child processes that die with us: own group, own log file, and a signal from the kernel when the parent is gone."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from router.local.private import LocalError, reason

LOG_LIMIT = 4 * 1024 * 1024
"""Bytes of one part's log file before it is cut; twice that is the most a part can keep."""

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Tick = Callable[[], None]
"""Called while something is awaited; raises to stop waiting."""


# Kills the groups it was told of when its standard input ends, that is: when the process that started it is gone,
# however it went. A shell, because it weighs under 1 MB and is there on Linux and macOS alike.
_GUARD = r"""
trap '' INT TERM HUP
groups=
while read -r op group; do
  kept=
  for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
  groups=$kept
  [ "$op" = + ] && groups="$groups $group"
done
alive() {
  left=
  for one in $groups; do
    kill -0 "-$one" 2>/dev/null || continue
    state=
    read -r state 2>/dev/null < "/proc/$one/stat"
    case $state in
      *") Z "*) kill -KILL "-$one" 2>/dev/null ;; # its leader is dead, only waited for by nobody
      *) left="$left $one" ;;
    esac
  done
  groups=$left
  [ -n "$groups" ]
}
# INT is what PostgreSQL calls a fast shutdown, and every other part takes TERM.
for one in $groups; do kill -INT "-$one" 2>/dev/null; kill -TERM "-$one" 2>/dev/null; done
round=0
while alive && [ $round -lt 40 ]; do sleep 0.1; round=$((round + 1)); done
for one in $groups; do kill -KILL "-$one" 2>/dev/null; done
"""


class Guard:
    """A tiny process that outlives us by seconds to end every child, and every child of a child, that we leave behind.

    On Linux the kernel signals direct children when we die; this reaches their children too, and macOS, which has no
    such signal. `keep` are file descriptors it holds open until it is done: a lock, so that nobody starts over before.
    """

    def __init__(self, keep: Sequence[int] = ()) -> None:
        self._keep = tuple(keep)
        self._groups: set[int] = set()
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def watch(self, group: int) -> None:
        """From now on the process group `group` ends with us."""
        self._groups.add(group)
        self._tell(f"+ {group}\n")

    def forget(self, group: int) -> None:
        """The process group `group` is gone; its number may come back as somebody else's."""
        self._groups.discard(group)
        self._tell(f"- {group}\n")

    def renew(self) -> None:
        """Start another one if somebody ended it."""
        if self._process.poll() is not None:
            self._process = self._start()
            for group in self._groups:
                self._tell(f"+ {group}\n")

    def close(self) -> None:
        """End it; what it still watches ends with it."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                self._groups.clear()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            pass_fds=self._keep,
            start_new_session=True,
        )

    def _tell(self, line: str) -> None:
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()
        except BrokenPipeError:
            self.renew()


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    death_signal: signal.Signals = signal.SIGTERM,
    stdin: int = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
    ids: tuple[int, int] | None = None,
    cwd: str | None = "/",
) -> subprocess.Popen[bytes]:
    """Start `argv` in a group of its own, writing to `log`; on Linux it gets `death_signal` when this *thread* ends.

    So call it from the main thread. `ids` is the (uid, gid) to become, `cwd` None stays where we are. Nothing of the
    terminal is handed down: neither a Ctrl-C, which is ours to act on, nor a standard output that somebody waits on.

    Raises:
        LocalError: the program or its log file cannot be opened.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:  # it died before we asked to be told
                os._exit(1)

    try:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
            return subprocess.Popen(
                list(argv),
                stdin=stdin,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=dict(env),
                pass_fds=tuple(pass_fds),
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one thread, and no other way to ask for the signal
                user=ids[0] if ids else None,
                group=ids[1] if ids else None,
                extra_groups=[] if ids else None,
            )
    except OSError as error:
        raise LocalError(f"{Path(argv[0]).name} cannot be started: {reason(error)}.") from None


def stop(process: subprocess.Popen[bytes], sign: signal.Signals, seconds: float) -> int:
    """Ask `process` to end, and make its whole group end after `seconds`. Returns its exit status."""
    if process.poll() is None:
        process.send_signal(sign)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
    status = process.wait()
    kill_group(process.pid)  # what it started and did not end itself
    return status


def kill_group(group: int) -> None:
    """SIGKILL for what is left of a process group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return


def wait_until(check: Callable[[], bool], seconds: float, tick: Tick) -> bool:
    """True as soon as `check` is; False after `seconds` (monotonic). `tick` runs between looks, every 10 ms."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        tick()
        time.sleep(0.01)
    return True


def tail(log: Path, size: int = 4096) -> str:
    """The last `size` bytes of a log file, as text; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - size))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def bound_log(log: Path, limit: int = LOG_LIMIT) -> None:
    """Keep a log file that a child appends to under `limit` bytes, and what was before in one file beside it (`.1`).

    The child keeps its descriptor, so the file is copied and cut; a line written in between is lost.
    """
    try:
        if log.stat().st_size < limit:
            return
        older = log.with_name(log.name + ".1")
        with (
            os.fdopen(os.open(older, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as copy,
            log.open("rb") as file,
        ):
            file.seek(-limit, os.SEEK_END)
            while chunk := file.read(65536):
                copy.write(chunk)
        os.truncate(log, 0)
    except OSError:  # a full disk must not end the supervisor; cutting is tried again
        return
