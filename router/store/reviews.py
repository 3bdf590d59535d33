"""The rows of quarterly reviews, and the statements that gather the facts an item is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from router.store.session import Row, Session, packed

COLUMNS = (
    "review_id, quarter, kind, state, cut_off, opened_at, due_at, snapshot, snapshot_sha256, reminded, closed_at,"
    " signed_at, signed_by, record, record_sha256"
)

# Until when an opt-in was active, as far as is known today; an opt-in is active once in its life.
_UNTIL = "least(coalesce(o.over_at, 'infinity'), o.ends_at)"
_EVER_ACTIVE = "(o.approved_at IS NOT NULL OR o.break_glass)"


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item as it is frozen. `requester` and `approver` are users; `reviewer` is who is asked."""

    optin_id: UUID
    requester: UUID | None
    approver: UUID | None
    reviewer: UUID | None
    required: bool
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision as it is added. `user_id` None: the due date decided."""

    optin_id: UUID
    decision_id: UUID
    at: datetime
    verdict: str
    reason: str
    user_id: UUID | None
    decided_by: str
    auth: str
    effect: str


def one_state(session: Session) -> None:
    """Read the rest of this transaction off one state of the database. The first statement of a transaction."""
    session.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def now(session: Session) -> datetime:
    """When this transaction began, by the database's clock."""
    row = session.one("SELECT now() AS now")
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return row.now  # type: ignore[no-any-return]  # rows are named tuples


def tenants(session: Session, at: datetime) -> list[UUID]:
    """Tenants for whose reviews something may be due at this moment; needs no tenant."""
    return [row.tenant_id for row in session.rows("SELECT tenant_id FROM door.review_tenants(%s)", (at,))]


def tenant(session: Session) -> Row | None:
    """The entered tenant's names and when it was made."""
    return session.one("SELECT slug, name, created_at FROM tenants")


# --- reviews -----------------------------------------------------------------------------------------------------


def find(session: Session, quarter: str, kind: str, *, lock: bool = False) -> Row | None:
    """The tenant's review of a quarter."""
    return session.one(
        f"SELECT {COLUMNS} FROM reviews WHERE quarter = %s AND kind = %s{' FOR UPDATE' if lock else ''}",
        (quarter, kind),
    )


def by_id(session: Session, review_id: UUID) -> Row | None:
    """A review of the tenant."""
    return session.one(f"SELECT {COLUMNS} FROM reviews WHERE review_id = %s", (review_id,))


def every(session: Session) -> list[Row]:
    """All of the tenant's reviews, the newest first, without their texts, with how many items want a decision."""
    return session.rows(
        "SELECT r.review_id, r.quarter, r.kind, r.state, r.cut_off, r.opened_at, r.due_at, r.signed_at,"
        " u.email AS signed_by, r.snapshot_sha256, r.record_sha256, i.items, i.undecided"
        " FROM reviews r LEFT JOIN users u ON u.tenant_id = r.tenant_id AND u.user_id = r.signed_by"
        " CROSS JOIN LATERAL (SELECT count(*) AS items, count(*) FILTER (WHERE i.required AND NOT EXISTS ("
        "SELECT FROM review_decisions d WHERE d.tenant_id = i.tenant_id AND d.review_id = i.review_id"
        " AND d.optin_id = i.optin_id)) AS undecided FROM review_items i"
        " WHERE i.tenant_id = r.tenant_id AND i.review_id = r.review_id) i"
        " ORDER BY r.cut_off DESC, r.kind"
    )


def open_ones(session: Session) -> list[Row]:
    """The tenant's reviews that take decisions, locked against another upkeep that would close them too."""
    return session.rows(f"SELECT {COLUMNS} FROM reviews WHERE state = 'open' ORDER BY due_at FOR UPDATE SKIP LOCKED")


def finals(session: Session) -> list[str]:
    """The quarters of the tenant's final reviews."""
    return [row.quarter for row in session.rows("SELECT quarter FROM reviews WHERE kind = 'final'")]


def last_final(session: Session, before: datetime) -> Row | None:
    """The last final review that was cut off by then."""
    return session.one(
        f"SELECT {COLUMNS} FROM reviews WHERE kind = 'final' AND cut_off <= %s ORDER BY cut_off DESC LIMIT 1", (before,)
    )


def insert(session: Session, tenant_id: UUID, values: Mapping[str, Any]) -> None:
    """A new review, open. Raises Conflict (`reviews_one`) when there is one of this quarter and kind."""
    session.run(
        "INSERT INTO reviews (tenant_id, review_id, quarter, kind, cut_off, opened_at, due_at, snapshot,"
        " snapshot_sha256) VALUES (%(tenant_id)s, %(review_id)s, %(quarter)s, %(kind)s, %(cut_off)s, %(opened_at)s,"
        " %(due_at)s, %(snapshot)s, %(snapshot_sha256)s)",
        {"tenant_id": tenant_id, **values},
    )


def add_items(session: Session, tenant_id: UUID, review_id: UUID, items: Sequence[NewItem]) -> None:
    """The frozen population; in the transaction that made the review, and in no other."""
    rows = [
        {
            "optin_id": each.optin_id,
            "position": position,
            "requester": each.requester,
            "approver": each.approver,
            "reviewer": each.reviewer,
            "required": each.required,
            "flags": list(each.flags),
        }
        for position, each in enumerate(items, 1)
    ]
    session.run(
        "INSERT INTO review_items (tenant_id, review_id, optin_id, position, requester, approver, reviewer, required,"
        " flags) SELECT %s, %s, i.optin_id, i.position, i.requester, i.approver, i.reviewer, i.required,"
        " ARRAY(SELECT json_array_elements_text(i.flags)) FROM json_to_recordset(%s) AS i (optin_id uuid,"
        " position integer, requester uuid, approver uuid, reviewer uuid, required boolean, flags json)",
        (tenant_id, review_id, packed(rows)),
    )


def items(session: Session, review_id: UUID) -> list[Row]:
    """The items of a review in order, with the persons behind requester and approver."""
    return session.rows(
        "SELECT i.optin_id, i.requester, i.approver, i.reviewer, i.required, i.flags, o.state"
        " FROM review_items i LEFT JOIN optins o ON o.tenant_id = i.tenant_id AND o.optin_id = i.optin_id"
        " WHERE i.review_id = %s ORDER BY i.position",
        (review_id,),
    )


def add_decisions(session: Session, tenant_id: UUID, review_id: UUID, decisions: Sequence[NewDecision]) -> None:
    """Add decisions. Raises Conflict (`review_decisions_independent`) when somebody judges their own."""
    rows = [
        {
            "optin_id": each.optin_id,
            "decision_id": each.decision_id,
            "at": each.at.isoformat(),
            "verdict": each.verdict,
            "reason": each.reason,
            "user_id": each.user_id,
            "decided_by": each.decided_by,
            "auth": each.auth,
            "effect": each.effect,
        }
        for each in decisions
    ]
    session.run(
        "INSERT INTO review_decisions (tenant_id, review_id, optin_id, decision_id, at, verdict, reason, user_id,"
        " decided_by, auth, effect) SELECT %s, %s, d.optin_id, d.decision_id, d.at, d.verdict, d.reason, d.user_id,"
        " d.decided_by, d.auth, d.effect FROM json_to_recordset(%s) AS d (optin_id uuid, decision_id uuid,"
        " at timestamptz, verdict text, reason text, user_id uuid, decided_by text, auth text, effect text)",
        (tenant_id, review_id, packed(rows)),
    )


def decisions(session: Session, review_id: UUID) -> list[Row]:
    """Every decision of a review, in the order in which they were made."""
    return session.rows(
        "SELECT optin_id, at, verdict, reason, user_id, decided_by, auth, effect FROM review_decisions"
        " WHERE review_id = %s ORDER BY decision_id",
        (review_id,),
    )


def close(session: Session, review_id: UUID, at: datetime) -> None:
    """It was due: no more decisions."""
    session.run("UPDATE reviews SET state = 'closed', closed_at = %s WHERE review_id = %s", (at, review_id))


def supersede(session: Session, review_id: UUID) -> None:
    """The final review took over."""
    session.run("UPDATE reviews SET state = 'superseded' WHERE review_id = %s", (review_id,))


def remind(session: Session, review_id: UUID, reached: int) -> None:
    """So many of the reminders are sent."""
    session.run("UPDATE reviews SET reminded = %s WHERE review_id = %s", (reached, review_id))


def sign(session: Session, review_id: UUID, user_id: UUID, at: datetime, record: str, record_sha256: str) -> None:
    """Signed: the last thing that is ever written to it."""
    session.run(
        "UPDATE reviews SET state = 'signed', signed_at = %s, signed_by = %s, record = %s, record_sha256 = %s"
        " WHERE review_id = %s",
        (at, user_id, record, record_sha256, review_id),
    )


def anchors(session: Session, review_id: UUID) -> list[Row]:
    """What the audit log says of a review's opening and signature."""
    return session.rows(
        "SELECT action, details ->> 'sha256' AS sha256, event_id, at FROM audit_events"
        " WHERE object = %s AND action IN ('review.open', 'review.sign') AND decision = 'allowed' ORDER BY at",
        (f"review:{review_id}",),
    )


# --- people ------------------------------------------------------------------------------------------------------


def people(session: Session) -> list[Row]:
    """The tenant's users. `person_id` is the same for all accounts of one person."""
    return session.rows(
        "SELECT user_id, email, roles, disabled_at,"
        " first_value(user_id) OVER (PARTITION BY lower(btrim(subject)) ORDER BY user_id) AS person_id"
        " FROM users ORDER BY email"
    )


# --- facts -------------------------------------------------------------------------------------------------------


def histories(session: Session, since: datetime) -> list[Row]:
    """From when to when each opt-in was active, of those that were after `since`."""
    return session.rows(
        f"SELECT o.optin_id, o.starts_at, {_UNTIL} AS until FROM optins o"
        f" WHERE {_EVER_ACTIVE} AND {_UNTIL} > %s ORDER BY o.optin_id",
        (since,),
    )


def facts(session: Session, optin_ids: Iterable[UUID], starts_at: datetime, cut_off: datetime) -> list[Row]:
    """What each of these opt-ins is and what went out under it in the scope, the oldest first."""
    return session.rows(
        f"SELECT o.optin_id, c.name AS channel, c.kind AS channel_kind, coalesce(nullif(c.vendor, ''), b.vendor, '')"
        f" AS vendor, o.destination, o.types, o.lowest_severity, o.purpose, o.baa_id, b.vendor AS baa_vendor,"
        f" b.service AS baa_service, b.effective_at AS baa_starts_at, b.expires_at AS baa_ends_at,"
        f" b.retired_at AS baa_retired_at, o.requester, o.approver, q.email AS requester_email,"
        f" a.email AS approver_email, q.disabled_at IS NOT NULL OR a.disabled_at IS NOT NULL AS somebody_left,"
        f" o.requested_via, o.approved_via, o.starts_at, o.ends_at, o.state, o.state_reason, {_UNTIL} AS until,"
        f" o.break_glass, o.single_custody, n.deliveries, n.tokens, l.last_used_at"
        f" FROM optins o"
        f" JOIN channels c ON c.tenant_id = o.tenant_id AND c.channel_id = o.channel_id"
        f" JOIN users q ON q.tenant_id = o.tenant_id AND q.user_id = o.requester"
        f" LEFT JOIN users a ON a.tenant_id = o.tenant_id AND a.user_id = o.approver"
        f" LEFT JOIN baas b ON b.tenant_id = o.tenant_id AND b.baa_id = o.baa_id"
        f" CROSS JOIN LATERAL (SELECT count(DISTINCT d.grant_id) AS deliveries, count(*) AS tokens FROM disclosures d"
        f" WHERE d.tenant_id = o.tenant_id AND d.optin_id = o.optin_id AND d.at >= %(starts_at)s"
        f" AND d.at < %(cut_off)s) n"
        f" CROSS JOIN LATERAL (SELECT max(d.at) AS last_used_at FROM disclosures d"
        f" WHERE d.tenant_id = o.tenant_id AND d.optin_id = o.optin_id AND d.at < %(cut_off)s) l"
        f" WHERE o.optin_id = ANY (%(ids)s) ORDER BY o.starts_at, o.optin_id",
        {"ids": list(optin_ids), "starts_at": starts_at, "cut_off": cut_off},
    )


def changes(session: Session, optin_ids: Iterable[UUID], starts_at: datetime, cut_off: datetime) -> list[Row]:
    """What the audit log says was done to these opt-ins in the scope."""
    return session.rows(
        "SELECT e.object, e.at, e.action, e.actor, e.reason FROM unnest(%(objects)s::text[]) AS o (object)"
        " CROSS JOIN LATERAL (SELECT a.object, a.at, a.action, a.actor, a.reason, a.event_id FROM audit_events a"
        " WHERE a.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"
        " AND a.object = o.object AND a.at >= %(starts_at)s AND a.at < %(cut_off)s AND a.decision = 'allowed'"
        " AND a.action LIKE 'optin.%%') e ORDER BY e.at, e.event_id",
        {"objects": [f"optin:{each}" for each in optin_ids], "starts_at": starts_at, "cut_off": cut_off},
    )


def agreements(session: Session, baa_ids: Iterable[UUID], starts_at: datetime, cut_off: datetime) -> list[Row]:
    """Agreements that were in force for a moment of the scope, or are among these."""
    return session.rows(
        "SELECT baa_id, vendor, service, signed_on, expires_at, retired_at, document_hash FROM baas"
        " WHERE baa_id = ANY (%(ids)s) OR (effective_at < %(cut_off)s"
        " AND least(coalesce(retired_at, 'infinity'), expires_at) > %(starts_at)s)"
        " ORDER BY lower(vendor), lower(service), expires_at",
        {"ids": list(baa_ids), "starts_at": starts_at, "cut_off": cut_off},
    )


def weekly(session: Session, starts_at: datetime, cut_off: datetime, most: int) -> dict[int, tuple[int, int]]:
    """(deliveries, values) by the number of a week since `starts_at`, the last of `most` holding the rest."""
    rows = session.rows(
        "SELECT least(floor(extract(epoch FROM at - %(starts_at)s) / 604800)::integer, %(most)s - 1) AS week,"
        " count(DISTINCT grant_id) AS deliveries, count(*) AS tokens FROM disclosures"
        " WHERE kind = 'delivery' AND at >= %(starts_at)s AND at < %(cut_off)s GROUP BY 1",
        {"starts_at": starts_at, "cut_off": cut_off, "most": most},
    )
    return {row.week: (row.deliveries, row.tokens) for row in rows}


def quarterly(session: Session, starts_at: datetime, cut_off: datetime) -> dict[str, tuple[int, int]]:
    """(deliveries, values) by quarter."""
    rows = session.rows(
        "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY\"Q\"Q') AS quarter, count(DISTINCT grant_id) AS deliveries,"
        " count(*) AS tokens FROM disclosures WHERE kind = 'delivery' AND at >= %s AND at < %s GROUP BY 1",
        (starts_at, cut_off),
    )
    return {row.quarter: (row.deliveries, row.tokens) for row in rows}


def reveals(session: Session, starts_at: datetime, cut_off: datetime) -> int:
    """How often a person was shown values in the scope."""
    row = session.one(
        "SELECT count(DISTINCT grant_id) AS n FROM disclosures WHERE kind = 'reveal' AND at >= %s AND at < %s",
        (starts_at, cut_off),
    )
    return row.n if row else 0


def events(session: Session, actions: Sequence[str], starts_at: datetime, cut_off: datetime) -> list[Row]:
    """The tenant's audit events of these actions in the scope that were allowed, in time's order."""
    return session.rows(
        "SELECT at, action, actor, object, reason FROM audit_events WHERE action = ANY (%s) AND at >= %s AND at < %s"
        " AND decision = 'allowed' ORDER BY at",
        (list(actions), starts_at, cut_off),
    )


def denials(session: Session, starts_at: datetime, cut_off: datetime) -> list[Row]:
    """What was refused in the scope, by sort of attempt."""
    return session.rows(
        "SELECT action, count(*) AS count, count(DISTINCT actor) AS actors, max(at) AS last_at FROM audit_events"
        " WHERE decision = 'denied' AND at >= %s AND at < %s GROUP BY action ORDER BY action",
        (starts_at, cut_off),
    )


def disclosed_after(session: Session, since: Mapping[UUID, datetime]) -> int:
    """How many values left under these opt-ins after the moment given with each."""
    row = session.one(
        "SELECT count(*) AS n FROM json_to_recordset(%s) AS r (optin_id uuid, at timestamptz)"
        " JOIN disclosures d ON d.optin_id = r.optin_id AND d.at > r.at",
        (packed([{"optin_id": key, "at": at.isoformat()} for key, at in since.items()]),),
    )
    return row.n if row else 0
