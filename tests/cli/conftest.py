"""What the stories of the command line share: a populated tenant, and a terminal read by people and scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from router.cli import tree
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import Edge, Superuser, Tenant, Worker, build, environment, tenant, webhook


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command prints
        """The one line of JSON of a command that succeeded: nothing else on either stream."""
        assert (self.code, self.err, self.out.count("\n")) == (0, "", 1), self
        return json.loads(self.out)


Alertveil = Callable[..., Said]


@pytest.fixture
def runtime(database: Database, tmp_path: Path, valkey: str) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path, valkey)
    yield made
    made.close()


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def edge(runtime: Runtime) -> Edge:
    return Edge(runtime)


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[Worker]:
    with Worker(runtime) as made:
        yield made


@pytest.fixture
def hook() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor) -> Tenant:
    """The only tenant: one source, one channel that leads to a webhook receiver."""
    return tenant(runtime, slug="clinic", channels={"hook": webhook(hook)})


@pytest.fixture
def alertveil(
    database: Database,
    tmp_path: Path,
    valkey: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Alertveil:
    """Runs one command as `alertveil` does, in this process."""
    for name, value in environment(database.app_url, tmp_path, valkey).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.umask", lambda _: 0)

    def run(*words: object) -> Said:
        capsys.readouterr()
        code = tree.run([str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return run
