"""A clinic with a past: people, agreements, opt-ins and what went out under them, written straight into the tables.

The past cannot be lived through in a test, so a superuser writes it; everything from today on goes through the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from router.core.audit import Event
from router.core.quarter import Quarter
from router.core.reveal import Proof
from router.core.review import Verdict
from router.flow import manage, review
from router.flow.review import Decided, Judgement, Opened, Shown, Signed
from router.runtime import Runtime
from router.store import users
from router.store.session import DatabaseDown
from tests.flow.builder import Superuser, tenant

TODAY: Final = datetime.now(UTC)
NOW: Final = Quarter.of(TODAY)
"""The quarter that is going on while the tests run."""
LAST: Final = NOW.previous
"""The quarter whose final review is due to be opened now."""
SESSION: Final = Proof("session", "session:1 by passkey", strong_at=datetime.max.replace(tzinfo=UTC))
"""A proof that is always fresh."""

INES, PAUL, ROSA, VERA = (
    f"{name}@clinic.test" for name in ("ines.operator", "paul.privacy", "rosa.reviewer", "vera.reviewer")
)


class Clinic:
    """A tenant that was there long ago, with an operator, a privacy officer and two reviewers."""

    def __init__(self, runtime: Runtime, superuser: Superuser, *, slug: str = "riverside") -> None:
        self.runtime, self.superuser = runtime, superuser
        self.tenant_id = tenant(runtime, slug=slug).tenant_id
        superuser.run(
            "UPDATE tenants SET created_at = %s, name = 'Riverside Clinic' WHERE tenant_id = %s",
            [NOW.shifted(-3).starts_at, self.tenant_id],
        )
        self.people: dict[str, UUID] = {}
        for email, role in ((INES, "operator"), (PAUL, "privacy_officer"), (ROSA, "reviewer"), (VERA, "reviewer")):
            self.person(email, role)
        self.baa = self.agreement("Mail House", "Relay")

    def person(self, email: str, *roles: str) -> UUID:
        self.people[email] = manage.add_user(self.runtime, self.tenant_id, email, roles, "test")
        return self.people[email]

    def agreement(self, vendor: str, service: str, *, until: datetime | None = None) -> UUID:
        baa_id = uuid4()
        self.superuser.run(
            "INSERT INTO baas (tenant_id, baa_id, vendor, service, signed_on, effective_at, expires_at, document_hash,"
            " added_by, mac, mac_version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'test', '', 1)",
            [
                self.tenant_id,
                baa_id,
                vendor,
                service,
                NOW.shifted(-4).starts_at.date(),
                NOW.shifted(-4).starts_at,
                until or NOW.shifted(8).starts_at,
                "ab" * 32,
            ],
        )
        return baa_id

    def optin(  # noqa: PLR0913 - one a column that a story is about
        self,
        channel: str,
        starts_at: datetime,
        ends_at: datetime,
        *,
        over_at: datetime | None = None,
        state: str = "active",
        requester: str = INES,
        approver: str | None = PAUL,
        types: Sequence[str] = ("EMAIL", "PHONE"),
        purpose: str = "the responder calls the patient back",
        kind: str = "webhook",
        destination: str = "https://hooks.partner.example:443/alerts",
        severity: str = "error",
        baa: UUID | None = None,
        break_glass: bool = False,
        single_custody: bool = False,
        why: str = "",
    ) -> UUID:
        """An opt-in as it stands in its table today."""
        optin_id, channel_id = uuid4(), uuid4()
        self.superuser.run(
            "INSERT INTO channels (tenant_id, channel_id, name, kind, vendor, destination_id)"
            " VALUES (%s, %s, %s, %s, '', %s)",
            [self.tenant_id, channel_id, channel, kind, uuid4()],
        )
        self.superuser.run(
            "INSERT INTO optins (tenant_id, optin_id, channel_id, identity, destination, types, lowest_severity,"
            " purpose, baa_id, break_glass, requester, requested_via, requested_at, approver, approved_via,"
            " approved_at, bound_at, starts_at, ends_at, over_at, state, state_by, state_reason, single_custody)"
            " VALUES (%s, %s, %s, '', %s, %s, %s, %s, %s, %s, %s, 'session:1', %s, %s, 'session:2', %s, %s, %s, %s, %s,"
            " %s, 'test', %s, %s)",
            [
                self.tenant_id,
                optin_id,
                channel_id,
                destination,
                list(types),
                severity,
                purpose,
                baa or self.baa,
                break_glass,
                self.people[requester],
                starts_at,
                self.people[approver] if approver else None,
                starts_at if approver else None,
                ends_at - timedelta(days=1) if ends_at > starts_at + timedelta(days=1) else starts_at,
                starts_at,
                ends_at,
                over_at,
                state,
                why,
                single_custody,
            ],
        )
        return optin_id

    def live(self, channel: str, **more: Any) -> UUID:  # noqa: ANN401 - as `optin`
        """An opt-in that was agreed to in the last quarter and holds until the close of its review, or past today."""
        return self.optin(channel, LAST.starts_at + timedelta(days=9), NOW.closes_at, **more)

    def sent(self, optin_id: UUID, at: datetime, values: int = 1) -> None:
        """One delivery under an opt-in, with so many values."""
        self.superuser.run(
            "INSERT INTO disclosures (tenant_id, grant_id, token, at, kind, actor, purpose, reason, incident_id,"
            " channel_id, optin_id) SELECT o.tenant_id, %s, '<EMAIL_' || lpad(n::text, 10, '0') || '>', %s, 'delivery',"
            " 'service:delivery', 'optin:' || o.optin_id, 'x', %s, o.channel_id, o.optin_id"
            " FROM optins o, generate_series(1, %s) n WHERE o.optin_id = %s",
            [uuid4(), at, uuid4(), values, optin_id],
        )

    # --- what people do ---

    def open(self, quarter: Quarter = LAST, *, now: datetime | None = None) -> Opened:
        return review.open_review(self.runtime, self.tenant_id, quarter, "test", now=now)

    def show(self, quarter: Quarter = LAST, **more: Any) -> Shown:  # noqa: ANN401 - as the flow's
        return review.show(self.runtime, self.tenant_id, quarter, **more)

    def decide(
        self,
        item: UUID | str,
        verdict: Verdict,
        by: str = ROSA,
        *,
        quarter: Quarter = LAST,
        reason: str = "used every week",
        now: datetime | None = None,
        **more: Any,  # noqa: ANN401 - as Judgement's
    ) -> list[Decided]:
        asked = Judgement(
            quarter=quarter, items=[str(item)], verdict=verdict, reason=reason, email=by, proof=SESSION, **more
        )
        return review.decide(self.runtime, self.tenant_id, asked, now=now)

    def decide_many(self, items: Sequence[UUID], verdict: Verdict, by: str = ROSA) -> list[Decided]:
        asked = Judgement(
            quarter=LAST, items=[str(each) for each in items], verdict=verdict, reason="as before", email=by,
            proof=SESSION,
        )  # fmt: skip
        return review.decide(self.runtime, self.tenant_id, asked)

    def decide_all(self, quarter: Quarter) -> None:
        """Keep whatever wants a decision, each by somebody who was asked about it."""
        shown = self.show(quarter)
        for item in shown.record.undecided:
            self.decide(item.optin_id, "keep", shown.reviewers[item.optin_id], quarter=quarter)

    def refused(self, item: UUID, by: str) -> None:
        """A decision in the quarter that is going on, which is refused and recorded."""
        try:
            self.decide(item, "keep", by, quarter=NOW)
        except review.Refused:
            return
        raise AssertionError("it was not refused")

    def keep_up(self, now: datetime) -> int:
        return review.keep_up(self.runtime, now=now)

    def sign(self, by: str = VERA, *, quarter: Quarter = LAST, proof: Proof = SESSION, **more: Any) -> Signed:  # noqa: ANN401 - as the flow's
        return review.sign(self.runtime, self.tenant_id, quarter, by, proof, **more)

    # --- what can be seen ---

    def state(self, optin_id: UUID) -> str:
        return str(self.superuser.one("SELECT state FROM optins WHERE optin_id = %s", [optin_id]).state)

    def audit(self, action: str, decision: str = "allowed") -> list[Any]:
        return self.superuser.rows(
            "SELECT actor, auth, object, reason, details FROM audit_events WHERE action = %s AND decision = %s"
            " ORDER BY at, event_id",
            [action, decision],
        )

    def event(self, action: str, optin_id: UUID) -> list[Event]:
        """An audit event about an opt-in."""
        return [Event(action, "test", f"optin:{optin_id}")]

    def refused_as_application(self, statement: str) -> str | None:
        """The SQLSTATE with which the application's role is refused a statement; None: it was not."""
        try:
            with self.runtime.database.tenant(self.tenant_id) as session:
                session.run(statement)
        except DatabaseDown as error:
            return error.sqlstate
        return None

    def refused_as_superuser(self, statement: str) -> str | None:
        """The same for somebody whom neither grants nor row-level security hold."""
        try:
            self.superuser.run(statement)
        except psycopg.Error as error:
            return error.sqlstate
        return None

    def disable(self, email: str) -> None:
        with self.runtime.database.tenant(self.tenant_id) as session:
            row = users.by_email(session, email)
        assert row is not None
        self.superuser.run("UPDATE users SET disabled_at = now() WHERE user_id = %s", [row.user_id])
