"""How many test processes there are and which tests each begins with, so that two cores are busy until the end.

A test that starts our own processes or a browser waits for them half of its time. There is one test process more than
cores, which works meanwhile; and such tests come first, dealt out evenly, since one that comes last has the machine to
itself for as long as half a minute.
"""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

import pytest

HERE = Path(__file__).parent

WAITING = (
    "chaos/test_chaos.py",
    "chaos/test_processes.py",
    "tooling/test_deployment_runs.py",
    "local/test_inbox.py",
    "bench/test_bench.py",
    "tooling/test_recipes.py",
    "docs/test_commands.py",
    "local/test_supervisor.py",
    "hooks/test_worker.py",
    "client/test_far.py",
)
"""Besides everything in a browser."""


def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means."""
    allowed = getattr(os, "sched_getaffinity", None)
    return (len(allowed(0)) if allowed else os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal out what waits. `--dist worksteal` begins with one even part of the list for each process."""
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    # A fresh clone's first processes compile everything, and those of chaos have to be there within seconds.
    waiting = sorted((item for item in items if _waits(item)), key=lambda item: item.path.parent.name == "chaos")
    others = [item for item in items if not _waits(item)]
    dealt: list[list[pytest.Item]] = [[] for _ in range(hands)]
    for _, module in groupby(waiting, key=lambda item: item.path):  # its fixtures may be shared
        min(dealt, key=len).extend(module)
    share = len(items) / hands
    begin = 0
    items.clear()
    for number, hand in enumerate(dealt, 1):
        end = max(begin, round(number * share) - sum(map(len, dealt[:number])))
        items += [*hand, *(others[begin:end] if number < hands else others[begin:])]
        begin = end


def _waits(item: pytest.Item) -> bool:
    browser = any(mark.args == ("chromium",) for mark in item.iter_markers("system_part"))
    return browser or item.path.relative_to(HERE).as_posix() in WAITING
