"""A data directory that had its first start already, since most stories are about what comes after."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.local.postgres import EmbeddedPostgres, RunningPostgres


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with cluster, passwords and a stand-in's keystore, stopped."""
    path = tmp_path_factory.mktemp("first-start") / "data"
    EmbeddedPostgres(path).prepare()
    (path / "keystore.json").touch(mode=0o600)
    return path


@pytest.fixture
def data(first_start: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(first_start, tmp_path / "data"))


@pytest.fixture(scope="session")
def first_start_running(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    """A server on a copy of it, for stories that only look."""
    server = EmbeddedPostgres(Path(shutil.copytree(first_start, tmp_path_factory.mktemp("running") / "data"))).start()
    yield server
    server.stop()
