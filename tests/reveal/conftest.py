"""What stories of reveals and disclosures share: a clinic with people in every role, and an alert about a patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from router.core.access import ROLES
from router.core.reveal import Proof
from router.flow import reveal as flow
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.store import users
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, build, tenant

SHELL = Proof("host", "host:ops", host_allowed=True)


@dataclass
class Clinic:
    """A tenant with one user a role (`<role>@clinic.test`), and what they do."""

    tenant: Tenant
    edge: Edge
    people: dict[str, UUID]

    @property
    def runtime(self) -> Runtime:
        return self.tenant.runtime

    @property
    def tenant_id(self) -> UUID:
        return self.tenant.tenant_id

    def alert(self, value: str = EMAIL, uid: str = "1", **more: Any) -> tuple[UUID, list[str]]:  # noqa: ANN401 - JSON
        """An incident that an alert about this value opened, and the tokens that sealing it made."""
        event = {"title": "bounced", "alert_uid": uid, "message": f"mail to {value}", **more}
        (receipt,) = self.edge.take(self.tenant.post(event))
        assert receipt.incident_id is not None
        (row,) = self.tenant.rows("SELECT tokens FROM alerts WHERE alert_id = %s", [receipt.alert_id])
        return receipt.incident_id, list(row.tokens)

    def reveal(
        self,
        incident_id: UUID,
        *tokens: str,
        role: str = "responder",
        reason: str = "triage: mail bounced",
        proof: Proof = SHELL,
    ) -> flow.Revealed:
        ask = flow.Ask(self.tenant_id, incident_id, tokens, reason, f"{role}@clinic.test", proof)
        return flow.reveal(self.runtime, Snapshots(), lambda _: None, ask)


def staff(runtime: Runtime, tenant_id: UUID) -> dict[str, UUID]:
    """One user for each role."""
    with runtime.database.tenant(tenant_id) as session:
        return {role: users.put(session, tenant_id, uuid4(), f"{role}@clinic.test", [role]) for role in ROLES}


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def clinic(runtime: Runtime) -> Clinic:
    made = tenant(runtime, slug="clinic")
    return Clinic(made, Edge(runtime), staff(runtime, made.tenant_id))


Events = Callable[..., list[Any]]


@pytest.fixture
def events(superuser: Superuser) -> Events:
    """The audit events of an action, oldest first."""

    def read(action: str) -> list[Any]:
        return superuser.rows("SELECT * FROM audit_events WHERE action = %s ORDER BY at, event_id", [action])

    return read
