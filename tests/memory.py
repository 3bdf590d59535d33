"""Where `tmp_path`, the clusters and every product's data are: in memory, where there is enough of it.

A database of a test's own is a copy of some 400 files, and takes ten times the CPU on a busy disk; the products that
tests start wait for no disk at each commit.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes its directory in it, 0700
ENOUGH = 4 << 30  # bytes; a whole run was seen to use less than 1 GiB at a time


def use() -> None:
    """Have pytest make its directories in memory, if a run fits there and nobody has named another place."""
    if "PYTEST_XDIST_WORKER" not in os.environ:  # these are given a place by the process that started them
        _clear()
    if _holds_a_run():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _holds_a_run() -> bool:
    """Is there a file system in memory, with room and open to programs? Containers often have 64 MiB, or `noexec`."""
    try:
        found = os.statvfs(MEMORY)
        memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(memory["MemAvailable"].removesuffix("kB")) * 1024
    except (OSError, KeyError, ValueError):
        return False
    room = min(found.f_bavail * found.f_frsize, free)
    return room >= ENOUGH and not found.f_flag & os.ST_NOEXEC and os.access(MEMORY, os.W_OK)


def _clear() -> None:
    """Give back what runs that were killed left: pytest keeps a directory that is locked for three days."""
    for lock in MEMORY.glob("pytest-of-*/pytest-*/.lock"):
        try:
            os.kill(int(lock.read_text()), 0)  # pytest writes its own number there
        except ProcessLookupError:
            shutil.rmtree(lock.parent, ignore_errors=True)
        except (OSError, ValueError):  # it runs, is somebody else's, or has just ended
            continue
