"""How a test process loads the tests: what another has compiled it does not compile, and what is loaded stays.

A fresh clone's tests are compiled once, and with the asserts rewritten that is half a minute of CPU. Test processes
that all went through them in one order would each do all of it, side by side, so each begins at another place.

What they have loaded, 370,000 objects, is there until the end: the garbage collector walks through it once, where it
was a tenth of the CPU of the tests themselves.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Nothing is collected as garbage while everything is loaded, and nothing of that ever after."""
    gc.disable()
    try:
        if [Path(each).resolve() for each in session.config.args] == [HERE]:
            _load_my_share()
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def _load_my_share() -> None:
    """The modules from this process's place on. pytest goes through all of them, and tells what is wrong with one."""
    modules = sorted(HERE.glob("*/test_*.py"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    if number:
        for path in modules[number * len(modules) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]) :]:
            with contextlib.suppress(Exception):
                import_module(f"tests.{path.parent.name}.{path.stem}")
