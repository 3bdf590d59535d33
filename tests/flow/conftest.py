"""What the stories of the flows share: one process's parts on the test's own database, and somebody who sees it all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import Edge, Superuser, Worker, build


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    """The parts of a process."""
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def edge(runtime: Runtime) -> Edge:
    """Takes alerts in."""
    return Edge(runtime)


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[Worker]:
    """Delivers when told to."""
    with Worker(runtime) as made:
        yield made


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    """Somebody whom row-level security does not hold."""
    with Superuser(database.superuser_url) as made:
        yield made
