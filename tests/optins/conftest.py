"""What the stories of opt-ins share: a clinic with people, an agreement, and destinations reached over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self
from uuid import UUID, uuid4

import pytest
import trustme

from channels.contract import Severity
from router.core.quarter import latest_end
from router.core.reveal import Proof
from router.flow import baa, optin
from router.flow.intake import Receipt
from router.local.vendors.pagerduty import PagerDutyVendor
from router.local.vendors.slack import SlackVendor
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import config, users
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, Way, Worker, build, tenant, webhook

OPERATOR, OFFICER, OTHER_OFFICER = "olga@clinic.test", "petra@clinic.test", "paul@clinic.test"
RESPONDER, REVIEWER = "rita@clinic.test", "rufus@clinic.test"
PHONE = "415-555-0142"

PEOPLE = {
    OPERATOR: ["operator"],
    OFFICER: ["privacy_officer"],
    OTHER_OFFICER: ["privacy_officer"],
    RESPONDER: ["responder"],
    REVIEWER: ["reviewer"],
}


class Authority(NamedTuple):
    """Somebody whom the product trusts, and the certificate of everything on this machine."""

    file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One for all tests of a process: making keys takes long."""
    made = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return Authority(file, context)


@pytest.fixture
def runtime(database: Database, tmp_path: Path, authority: Authority) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path, ALERTVEIL_EGRESS_CA_FILE=str(authority.file))
    yield made
    made.close()


@pytest.fixture
def edge(runtime: Runtime) -> Edge:
    return Edge(runtime)


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[Worker]:
    with Worker(runtime) as made:
        yield made


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def hook(authority: Authority) -> Iterator[WebhookVendor]:
    with WebhookVendor(tls=authority.server) as vendor:
        yield vendor


@pytest.fixture
def slack(authority: Authority) -> Iterator[SlackVendor]:
    with SlackVendor(tls=authority.server) as vendor:
        yield vendor


@pytest.fixture
def pager(authority: Authority) -> Iterator[PagerDutyVendor]:
    with PagerDutyVendor(tls=authority.server) as vendor:
        yield vendor


@pytest.fixture
def relay(authority: Authority) -> Iterator[SmtpVendor]:
    with SmtpVendor(tls=authority.server, mode="starttls") as vendor:
        yield vendor


@dataclass
class Clinic:
    """A tenant with people who may ask and approve, and an agreement with whoever runs the receivers."""

    tenant: Tenant
    baa_id: UUID
    ids: dict[str, UUID]

    @property
    def runtime(self) -> Runtime:
        return self.tenant.runtime

    @property
    def tenant_id(self) -> UUID:
        return self.tenant.tenant_id

    def on(self, runtime: Runtime) -> Self:
        """The same, as another process sees it."""
        return replace(self, tenant=replace(self.tenant, runtime=runtime))

    def ask(
        self,
        *types: str,
        channel: str = "hook",
        email: str = OPERATOR,
        until: datetime | None = None,
        severity: Severity = "info",
        baa_id: UUID | None = None,
        purpose: str = "triage",
        break_glass: bool = False,
        proof: Proof | None = None,
    ) -> UUID:
        """Somebody asks; the opt-in's id."""
        end = until or min(latest_end(datetime.now(UTC)), datetime.now(UTC) + timedelta(days=30))
        wish = optin.Wish(channel, types or ("EMAIL",), purpose, baa_id or self.baa_id, end, severity, break_glass)
        return optin.request(self.runtime, self.tenant_id, email, proof or through("olga"), wish).optin_id

    def approve(self, optin_id: UUID, email: str = OFFICER, proof: Proof | None = None) -> optin.Approved:
        """Somebody agrees."""
        return optin.approve(self.runtime, self.tenant_id, email, proof or through("petra"), optin_id)

    def opt_in(self, *types: str, **more: Any) -> UUID:  # noqa: ANN401 - as `ask`
        """Two people agree."""
        optin_id = self.ask(*types, **more)
        self.approve(optin_id)
        return optin_id

    def revoke(self, optin_id: UUID, email: str = OPERATOR) -> None:
        """One person ends it."""
        optin.revoke(self.runtime, self.tenant_id, email, through("olga"), optin_id, reason="over")

    def shown(self, optin_id: UUID) -> optin.Shown:
        """The opt-in as people see it."""
        return optin.one(self.runtime, self.tenant_id, optin_id)

    def events(self, action: str) -> list[tuple[str, str, str, dict[str, Any]]]:
        """(actor, decision, reason, details) of every audit event of an action, oldest first."""
        return [
            (row.actor, row.decision, row.reason, row.details)
            for row in self.tenant.rows(
                "SELECT actor, decision, reason, details FROM audit_events WHERE action = %s ORDER BY at, event_id",
                [action],
            )
        ]

    def attempts(self) -> list[tuple[str, str]]:
        """(mode, policy) of every attempt in the order in which they were made, but for notices of our own."""
        return [
            (row.mode, row.policy)
            for row in self.tenant.rows(
                "SELECT a.mode, a.policy FROM attempts a JOIN incidents i USING (tenant_id, incident_id)"
                " WHERE i.source <> 'alertveil' ORDER BY a.started_at, a.incident_id, a.number"
            )
        ]


def through(host: str, *, allowed: bool = True) -> Proof:
    """Somebody with a shell on the host as this user."""
    return Proof("host", f"host:{host}", host_allowed=allowed)


def bounced(clinic: Clinic, edge: Edge, uid: str = "1", *, text: str = f"mail to {EMAIL}", **more: str) -> Receipt:
    """An alert whose text holds the canary's address."""
    (receipt,) = edge.take(clinic.tenant.post({"title": "bounced", "alert_uid": uid, "message": text, **more}))
    return receipt


def people(runtime: Runtime, tenant_id: UUID) -> dict[str, UUID]:
    with runtime.database.tenant(tenant_id) as session:
        found = {email: users.put(session, tenant_id, uuid4(), email, roles) for email, roles in PEOPLE.items()}
        config.bump(session, "test", ["people"])
    return found


def paper(vendor: str = "Acme Hooks", **more: Any) -> baa.Paper:  # noqa: ANN401 - any part of an agreement
    today = datetime.now(UTC).date()
    facts: dict[str, Any] = {"signed": date(today.year - 1, 1, 1), "expires": today + timedelta(days=365)}
    return baa.Paper(vendor=vendor, service="receivers", **(facts | more))


def clinic_with(runtime: Runtime, channels: dict[str, Way], slug: str | None = None, **more: Any) -> Clinic:  # noqa: ANN401 - as the builder's
    """A clinic with these channels; every alert goes to all of them."""
    made = tenant(runtime, slug=slug, channels=channels, **more)
    ids = people(runtime, made.tenant_id)
    return Clinic(made, baa.add(runtime, made.tenant_id, paper(), actor="host:test"), ids)


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor) -> Clinic:
    """One channel, that leads to a webhook receiver."""
    return clinic_with(runtime, {"hook": webhook(hook)})


def told(vendor: WebhookVendor) -> Sequence[dict[str, Any]]:
    """The `data` of every message about an alert that a webhook receiver got."""
    return [each.json()["data"] for each in vendor.received if each.json()["data"]["source"] != "alertveil"]
