"""What stories of retention share: a clinic with an alert about a patient, and days that pass in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from router.core.reveal import Proof
from router.flow import retention as flow
from router.flow import reveal
from router.flow.respond import respond
from router.flow.retention import Swept
from router.flow.snapshot import Snapshots
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import users
from router.vault import Opened
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, Worker, build, tenant, webhook

OFFICER = "officer@clinic.test"
SHELL = Proof("host", "host:ops", host_allowed=True)

IDS = (
    "incidents",
    "alerts",
    "incident_events",
    "deliveries",
    "attempts",
    "threads",
    "disclosures",
    "vault.grants",
    "notes",
)
"""Tables that name incidents."""


@dataclass
class Clinic:
    """A tenant with one webhook, and what happens there."""

    tenant: Tenant
    edge: Edge
    worker: Worker
    superuser: Superuser

    @property
    def runtime(self) -> Runtime:
        return self.tenant.runtime

    @property
    def tenant_id(self) -> UUID:
        return self.tenant.tenant_id

    def alert(self, value: str = EMAIL, uid: str = "1") -> tuple[UUID, str]:
        """An incident that an alert about this address opened and that went out, and the address's token."""
        event = {"title": "bounced", "alert_uid": uid, "message": f"mail to {value}"}
        (receipt,) = self.edge.take(self.tenant.post(event))
        self.worker.drain(*self.edge.rung)
        assert receipt.incident_id is not None
        (row,) = self.tenant.rows("SELECT tokens FROM alerts WHERE alert_id = %s", [receipt.alert_id])
        return receipt.incident_id, next(token for token in row.tokens if token.startswith("<EMAIL_"))

    def resolve(self, incident_id: UUID) -> None:
        respond(self.runtime, Snapshots(), self.edge.rung.update, self.tenant_id, incident_id, "resolve", "op")
        self.worker.drain(self.tenant.lane("hook"))

    def reveal(self, incident_id: UUID, *tokens: str) -> list[Opened]:
        """What the privacy officer sees; it leaves a disclosure for each token."""
        ask = reveal.Ask(self.tenant_id, incident_id, tokens, "legal: asked in writing", OFFICER, SHELL)
        return list(reveal.reveal(self.runtime, Snapshots(), lambda _: None, ask).opened)

    def keep(self, values: int, incidents: int) -> None:
        """How many days both are kept."""
        self.superuser.run(
            "UPDATE tenants SET keep_values = %s * interval '1 day', keep_incidents = %s * interval '1 day'",
            [values, incidents],
        )

    def days_pass(self, days: int) -> None:
        """Everything happened that much longer ago; ids that hold a time are moved with it."""
        ago = f"interval '{days} days'"
        for table, columns in {
            "incidents": ("opened_at", "last_alert_at", "resolved_at"),
            "alerts": ("received_at",),
            "attempts": ("started_at",),
            "disclosures": ("at",),
            "vault.grants": ("at",),
            "vault.data_keys": ("created_at",),
            "vault.newest_keys": ("value_until",),
            "vault.erased": ("erased_at",),
            "retention": ("pass_ended_at",),
        }.items():
            shifted = ", ".join(f"{column} = {column} - {ago}" for column in columns)
            self.superuser.run(f"UPDATE {table} SET {shifted}")  # noqa: S608 - names of this file
        month = f"date_trunc('month', epoch - {ago})::date"
        self.superuser.run(f"UPDATE vault.data_keys SET epoch = {month}")  # noqa: S608 - made of a number
        milliseconds = days * 86_400_000
        for table in IDS:
            moved = (
                "lpad(to_hex(('x' || left(replace(incident_id::text, '-', ''), 12))::bit(48)::bigint"
                f" - {milliseconds}), 12, '0') || right(replace(incident_id::text, '-', ''), 20)"
            )
            self.superuser.run(f"UPDATE {table} SET incident_id = ({moved})::uuid")  # noqa: S608 - names of this file

    def moved(self, incident_id: UUID, days: int) -> UUID:
        """An incident's id after days passed."""
        return UUID(int=incident_id.int - (days * 86_400_000 << 80))

    def sweep(self) -> list[Swept]:
        """Every step of a whole pass, at once."""
        done = []
        for _ in range(50):
            self.superuser.run("UPDATE retention SET next_at = now()")
            step = flow.sweep(self.runtime, self.tenant_id)
            assert step is not None
            done.append(step)
            if not step.more:
                return done
        raise AssertionError("the sweep does not end")

    def opens(self, token: str) -> bool:
        """Is there a ciphertext behind this token."""
        rows = self.superuser.rows("SELECT sealed IS NOT NULL AS open FROM vault.entries WHERE token = %s", [token])
        return bool(rows) and rows[0].open

    def count(self, what: str) -> int:
        found = self.superuser.one(f"SELECT count(*) AS n FROM {what}")  # noqa: S608 - a table of the test's own choice
        return int(found.n)

    def audit(self, action: str) -> int:
        return self.count(f"audit_events WHERE action = '{action}'")


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def clinic(runtime: Runtime, superuser: Superuser) -> Iterator[Clinic]:
    with WebhookVendor() as vendor, Worker(runtime) as worker:
        made = tenant(runtime, channels={"hook": webhook(vendor)})
        with runtime.database.tenant(made.tenant_id) as session:
            users.put(session, made.tenant_id, uuid4(), OFFICER, ["privacy_officer"])
        yield Clinic(made, Edge(runtime), worker, superuser)
