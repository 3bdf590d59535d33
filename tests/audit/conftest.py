"""What the stories of the audit share: a tenant whose chain is twenty rows long, signed at rows 8 and 16."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from router.cli import tree
from router.core.audit import Event
from router.flow import audit_keep
from router.local.postgres import DATABASE, OWNER, SUPERUSER, WEB, RunningPostgres
from router.runtime import Runtime
from tests.cli.conftest import Said
from tests.conftest import Database
from tests.flow.builder import Superuser, build, environment, tenant


@dataclass(frozen=True)
class House:
    """An installation: its process, its environment, and the superuser of its database."""

    runtime: Runtime
    superuser: Superuser
    environment: dict[str, str]
    app_url: str


@dataclass(frozen=True)
class Ledger:
    """A tenant's audit in an installation."""

    house: House
    tenant_id: UUID
    slug: str

    @property
    def runtime(self) -> Runtime:
        return self.house.runtime

    @property
    def superuser(self) -> Superuser:
        """Can do anything to it but open a key."""
        return self.house.superuser

    @property
    def folder(self) -> Path:
        """Where this host keeps the tenant's checkpoints."""
        return self.runtime.data_dir / "checkpoints" / str(self.tenant_id)

    def write(self, count: int = 1, name: str = "x") -> None:
        """So many events, a transaction each."""
        for number in range(count):
            with self.runtime.database.tenant(self.tenant_id) as session:
                self.runtime.audit.write(session, self.tenant_id, event(f"{name}{number}"))

    def chain(self) -> int:
        return audit_keep.chain(self.runtime)

    def sign(self) -> audit_keep.Refusal | None:
        """Sign how far it has come; why it was not."""
        return next(iter(audit_keep.sign(self.runtime, only=self.tenant_id)), None)

    def event_id(self, seq: int) -> UUID:
        """The event of a row."""
        row = self.superuser.one(
            "SELECT event_id FROM audit_chain WHERE tenant_id = %s AND seq = %s", [self.tenant_id, seq]
        )
        return UUID(str(row.event_id))

    def order(self) -> list[str]:
        """The objects of the chained events in the order of their rows, which have no gap."""
        rows = self.superuser.rows(
            "SELECT c.seq, e.object FROM audit_chain c JOIN audit_events e USING (tenant_id, event_id)"
            " WHERE c.tenant_id = %s ORDER BY c.seq",
            [self.tenant_id],
        )
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        return [row.object for row in rows]


def event(name: str) -> Event:
    return Event("optin.approve", "ana@clinic.test", name, details={"channel": "c-1", "number": 7})


def furnish(app_url: str, superuser_url: str, directory: Path) -> Iterator[House]:
    runtime = build(app_url, directory)
    with Superuser(superuser_url) as superuser:
        yield House(runtime, superuser, environment(app_url, directory), app_url)
    runtime.close()


@pytest.fixture(scope="module")
def house(postgres: RunningPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One installation for a whole file: its stories are told of a tenant each."""
    name = f"audit_{uuid4().hex[:8]}"
    with psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} OWNER {OWNER} STRATEGY file_copy")
        yield from furnish(postgres.url(WEB, name), postgres.url(SUPERUSER, name), tmp_path_factory.mktemp(name))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own(database: Database, tmp_path: Path) -> Iterator[House]:
    """An installation for a story that breaks more than a tenant's chain."""
    yield from furnish(database.app_url, database.superuser_url, tmp_path)


def open_ledger(house: House) -> Ledger:
    made = tenant(house.runtime)
    return Ledger(house, made.tenant_id, made.slug)


def fill(ledger: Ledger) -> Ledger:
    for count in (8, 8):
        ledger.write(count)
        ledger.chain()
        assert ledger.sign() is None
    ledger.write(4)
    ledger.chain()
    return ledger


@pytest.fixture
def empty(house: House) -> Ledger:
    """A tenant without an event."""
    return open_ledger(house)


@pytest.fixture
def ledger(house: House) -> Ledger:
    """Twenty rows, checkpoints at 8 and 16."""
    return fill(open_ledger(house))


@pytest.fixture
def own_ledger(own: House) -> Ledger:
    """The same in an installation of its own."""
    return fill(open_ledger(own))


Alertveil = Callable[..., Said]


@pytest.fixture
def alertveil(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Alertveil:
    """Runs one command in an installation, in this process."""
    monkeypatch.setattr("os.umask", lambda _: 0)

    def run(house: House, *words: object) -> Said:
        for name, value in house.environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = tree.run([str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return run


Verified = Callable[[Ledger], tuple[int, Any]]


@pytest.fixture
def verified(alertveil: Alertveil) -> Verified:
    """Exit code of `alertveil audit verify` of a tenant, and what it found."""

    def run(ledger: Ledger) -> tuple[int, Any]:
        said = alertveil(ledger.house, "audit", "verify", "--tenant", ledger.slug, "--json")
        return said.code, json.loads(said.out)["chains"][0]

    return run
