"""Opt-ins and agreements: read as rows, changed only through the vault's functions, which say what may become what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from channels.contract import Severity
from router.core.optin import Baa, OptIn
from router.store.session import Row, Session, packed

ALLOWED = "allowed"
"""What a function of the vault answers when it did what it was asked; anything else says why not."""

_OPTIN = (
    "o.tenant_id, o.optin_id, o.channel_id, o.identity, o.destination, o.types, o.lowest_severity, o.purpose, o.baa_id,"
    " o.break_glass, o.requester, o.requested_via, o.requested_at, o.approver, o.approved_via, o.approved_at,"
    " o.bound_at, o.starts_at, o.ends_at, o.over_at, o.state, o.state_at, o.state_by, o.state_reason,"
    " o.vendor_confirmed, o.single_custody, o.facts, o.looked_at, o.warned, o.told, o.mac, o.mac_version"
)
_BAA = (
    "b.tenant_id, b.baa_id, b.vendor, b.service, b.plan, b.counterparty, b.signed_on, b.effective_at, b.expires_at,"
    " b.document_hash, b.document_link, b.contacts, b.sub_processors, b.added_by, b.added_at, b.retired_at,"
    " b.retired_by, b.reminded, b.mac, b.mac_version"
)


class Asked(NamedTuple):
    """A request for an opt-in. `via`: the host identity or session it came through; `by`: the person, for the row."""

    optin_id: UUID
    channel_id: UUID
    types: Sequence[str]
    lowest_severity: Severity
    purpose: str
    baa_id: UUID
    until: datetime
    requester: UUID
    by: str
    via: str
    destination: str
    facts: Mapping[str, str]
    break_glass: bool


class NewBaa(NamedTuple):
    """An agreement to file; `document_hash` is SHA-256 in hex."""

    baa_id: UUID
    vendor: str
    service: str
    plan: str
    counterparty: str
    signed_on: date
    effective_at: datetime
    expires_at: datetime
    document_hash: str
    document_link: str
    contacts: Sequence[str]
    sub_processors: Sequence[str]


class Wanted(NamedTuple):
    """What one attempt would open: a grant to make, and the tokens in the message that are of an allowed type."""

    grant_id: UUID
    incident_id: UUID
    revision: int
    attempt: int
    tokens: Sequence[str]


class Granted(NamedTuple):
    """What became of a grant; `tokens` are those that it opens."""

    grant_id: UUID
    verdict: str
    tokens: tuple[str, ...]


def optin(row: Row) -> OptIn:
    """A row as the policy knows it."""
    return OptIn(
        optin_id=row.optin_id,
        tenant_id=row.tenant_id,
        channel_id=row.channel_id,
        identity=bytes(row.identity),
        types=frozenset(row.types),
        lowest_severity=row.lowest_severity,
        purpose=row.purpose,
        baa_id=row.baa_id,
        requester=row.requester,
        approver=row.approver,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
        vendor_confirmed=row.vendor_confirmed,
        single_custody=row.single_custody,
        break_glass=row.break_glass,
    )


def baa(row: Row) -> Baa:
    """A row as the policy knows it."""
    return Baa(
        baa_id=row.baa_id,
        tenant_id=row.tenant_id,
        vendor=row.vendor,
        service=row.service,
        effective_at=row.effective_at,
        expires_at=row.expires_at,
        retired=row.retired_at is not None,
    )


def current(session: Session) -> list[OptIn]:
    """The entered tenant's opt-ins that could carry a decision, or whose state is worth naming in one.

    Of a channel's ended ones only the newest.
    """
    return [
        optin(row)
        for row in session.rows(
            f"SELECT {_OPTIN} FROM optins o WHERE o.state IN ('requested', 'active', 'expiring')"
            f" UNION ALL (SELECT DISTINCT ON (o.channel_id) {_OPTIN} FROM optins o"
            "  WHERE o.state IN ('expired', 'revoked', 'suspended', 'rejected')"
            "  ORDER BY o.channel_id, o.state_at DESC)"
        )
    ]


def agreements(session: Session) -> dict[UUID, Baa]:
    """The entered tenant's agreements that an opt-in could name."""
    return {
        row.baa_id: baa(row)
        for row in session.rows(
            f"SELECT {_BAA} FROM baas b WHERE b.retired_at IS NULL OR EXISTS (SELECT FROM optins o"
            " WHERE o.tenant_id = b.tenant_id AND o.baa_id = b.baa_id AND o.state IN ('active', 'expiring'))"
        )
    }


OPEN: Final = ("requested", "active", "expiring")
"""States in which an opt-in may still carry a decision, or waits for one."""


def by_id(session: Session, optin_id: UUID) -> Row | None:
    """One opt-in's row with its channel, agreement and people by name."""
    return session.one(_SHOWN + " WHERE o.optin_id = %s", (optin_id,))


_SHOWN = (
    f"SELECT {_OPTIN}, c.name AS channel, c.kind AS channel_kind, c.vendor AS channel_vendor,"
    " b.vendor, b.service, b.expires_at AS baa_expires_at, r.email AS requested_by, a.email AS approved_by,"
    " now() AS now FROM optins o"
    " JOIN channels c ON c.tenant_id = o.tenant_id AND c.channel_id = o.channel_id"
    " JOIN baas b ON b.tenant_id = o.tenant_id AND b.baa_id = o.baa_id"
    " LEFT JOIN users r ON r.tenant_id = o.tenant_id AND r.user_id = o.requester"
    " LEFT JOIN users a ON a.tenant_id = o.tenant_id AND a.user_id = o.approver"
)


def every(session: Session, *, channel_id: UUID | None = None, after: Row | None = None, most: int = 500) -> list[Row]:
    """The entered tenant's opt-ins with their names, the open ones first, then the newest; those behind `after`."""
    return session.rows(
        _SHOWN + " WHERE (%(channel)s::uuid IS NULL OR o.channel_id = %(channel)s)"
        " AND (%(id)s::uuid IS NULL OR (o.state = ANY (%(open)s), o.requested_at, o.optin_id)"
        "  < (%(was_open)s, %(at)s, %(id)s))"
        " ORDER BY o.state = ANY (%(open)s) DESC, o.requested_at DESC, o.optin_id DESC LIMIT %(most)s",
        {
            "channel": channel_id,
            "open": list(OPEN),
            "id": after and after.optin_id,
            "at": after and after.requested_at,
            "was_open": after and after.state in OPEN,
            "most": most,
        },
    )


def page(
    session: Session, *, channel_id: UUID | None, state: str | None, before: tuple[datetime, UUID] | None, most: int
) -> list[Row]:
    """A page of the entered tenant's opt-ins with their names, those asked for last first."""
    return session.rows(
        _SHOWN + " WHERE (%(channel)s::uuid IS NULL OR o.channel_id = %(channel)s)"
        " AND (%(state)s::text IS NULL OR o.state = %(state)s)"
        " AND (%(at)s::timestamptz IS NULL OR (o.requested_at, o.optin_id) < (%(at)s, %(id)s))"
        " ORDER BY o.requested_at DESC, o.optin_id DESC LIMIT %(most)s",
        {
            "channel": channel_id,
            "state": state,
            "at": before and before[0],
            "id": before and before[1],
            "most": most,
        },
    )


def open_ones(session: Session, *, baa_id: UUID | None = None) -> list[Row]:
    """Opt-ins that are asked for or in force, or suspended and not yet past their end, with their names."""
    return session.rows(
        _SHOWN + " WHERE o.state IN ('requested', 'active', 'expiring', 'suspended')"
        " AND (%(baa)s::uuid IS NULL OR o.baa_id = %(baa)s) ORDER BY o.ends_at",
        {"baa": baa_id},
    )


def ended(session: Session, most: int) -> list[Row]:
    """Opt-ins that are over, with their names, those asked for last first."""
    return session.rows(
        _SHOWN + " WHERE o.state IN ('expired', 'revoked', 'rejected')"
        " ORDER BY o.requested_at DESC, o.optin_id DESC LIMIT %s",
        (most,),
    )


def untold(session: Session) -> list[Row]:
    """Opt-ins whose state the database changed by itself and nobody has written down yet."""
    return session.rows(_SHOWN + " WHERE NOT o.told ORDER BY o.state_at")


def ask(session: Session, asked: Asked) -> str:
    """ALLOWED, or why there is no request now."""
    return _verdict(
        session,
        "SELECT vault.ask_optin(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s) AS verdict",
        (
            asked.optin_id,
            asked.channel_id,
            list(asked.types),
            asked.lowest_severity,
            asked.purpose,
            asked.baa_id,
            asked.until,
            asked.requester,
            asked.by,
            asked.via,
            asked.destination,
            packed_one(asked.facts),
            asked.break_glass,
        ),
    )


def approve(session: Session, optin_id: UUID, approver: UUID, *, by: str, via: str, facts: Mapping[str, str]) -> str:
    """ALLOWED, or why it is not approved."""
    return _verdict(
        session,
        "SELECT vault.approve_optin(%s, %s, %s, %s, %s::jsonb) AS verdict",
        (optin_id, approver, by, via, packed_one(facts)),
    )


def keep(session: Session, optin_id: UUID, reviewer: UUID, *, by: str, types: Sequence[str], until: datetime) -> str:
    """ALLOWED, or why a review cannot keep it so."""
    return _verdict(
        session,
        "SELECT vault.keep_optin(%s, %s, %s, %s, %s) AS verdict",
        (optin_id, reviewer, by, list(types), until),
    )


def bind(session: Session, optin_id: UUID, mac: bytes, version: int) -> bool:
    """Bind what was just agreed under a MAC; False when it is bound already or not in force."""
    return _flag(session, "SELECT vault.bind_optin(%s, %s, %s) AS done", (optin_id, mac, version))


def end(session: Session, optin_id: UUID, state: str, by: str, reason: str) -> str:
    """ALLOWED, or why it cannot become `rejected`, `revoked`, `suspended` or `expired`."""
    return _verdict(session, "SELECT vault.end_optin(%s, %s, %s, %s) AS verdict", (optin_id, state, by, reason))


def warn(session: Session, optin_id: UUID, days: int) -> bool:
    """True for the one caller who is to give this warning."""
    return _flag(session, "SELECT vault.warn_optin(%s, %s) AS done", (optin_id, days))


def tell(session: Session, optin_id: UUID) -> bool:
    """True for the one caller who is to write down what the database did."""
    return _flag(session, "SELECT vault.told_optin(%s) AS done", (optin_id,))


def look(session: Session, optin_id: UUID, every_: timedelta) -> bool:
    """True for the one caller who is to ask the vendor again."""
    return _flag(session, "SELECT vault.look_optin(%s, %s) AS done", (optin_id, every_))


def add_baa(session: Session, tenant_id: UUID, new: NewBaa, *, by: str, mac: bytes, mac_version: int) -> None:
    """File an agreement."""
    session.run(
        "INSERT INTO baas (tenant_id, baa_id, vendor, service, plan, counterparty, signed_on, effective_at,"
        " expires_at, document_hash, document_link, contacts, sub_processors, added_by, mac, mac_version)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            tenant_id,
            new.baa_id,
            new.vendor,
            new.service,
            new.plan,
            new.counterparty,
            new.signed_on,
            new.effective_at,
            new.expires_at,
            new.document_hash,
            new.document_link,
            list(new.contacts),
            list(new.sub_processors),
            by,
            mac,
            mac_version,
        ),
    )


def baas(session: Session) -> list[Row]:
    """The entered tenant's agreements, those in force first; `falls_back` are the channels that lapse with each."""
    return session.rows(
        f"SELECT {_BAA}, now() AS now, coalesce((SELECT array_agg(DISTINCT c.name ORDER BY c.name) FROM optins o"
        " JOIN channels c USING (tenant_id, channel_id) WHERE o.tenant_id = b.tenant_id AND o.baa_id = b.baa_id"
        " AND o.state IN ('active', 'expiring')), '{}') AS falls_back FROM baas b"
        " ORDER BY b.retired_at IS NOT NULL, b.expires_at"
    )


def baa_by_id(session: Session, baa_id: UUID) -> Row | None:
    """One agreement's row."""
    return session.one(f"SELECT {_BAA}, now() AS now FROM baas b WHERE b.baa_id = %s", (baa_id,))


def retire_baa(session: Session, baa_id: UUID, by: str) -> bool:
    """Take an agreement out of use; False when it is already, or is not there."""
    return _flag(session, "SELECT vault.retire_baa(%s, %s) AS done", (baa_id, by))


def remind(session: Session, baa_id: UUID, days: int) -> bool:
    """True for the one caller who is to give this reminder."""
    return _flag(session, "SELECT vault.remind_baa(%s, %s) AS done", (baa_id, days))


def take_turn(session: Session) -> bool:
    """True for one caller in ten seconds: opt-ins and agreements are looked over then."""
    return bool(
        session.run(
            "UPDATE instance SET policy_ran_at = clock_timestamp()"
            " WHERE policy_ran_at < clock_timestamp() - interval '9 seconds'"
        )
    )


def tenants(session: Session) -> list[UUID]:
    """Tenants with opt-ins or agreements that may be due; needs no tenant."""
    return [row.tenant_id for row in session.rows("SELECT tenant_id FROM door.policy_tenants()")]


def hold(session: Session, optin_id: UUID) -> tuple[Row, Row] | None:
    """An opt-in and its agreement, which nobody can end or change until this transaction is over."""
    session.run("SELECT vault.hold_optin(%s)", (optin_id,))
    row = session.one(f"SELECT {_OPTIN} FROM optins o WHERE o.optin_id = %s", (optin_id,))
    agreed = session.one(f"SELECT {_BAA} FROM baas b WHERE b.baa_id = %s", (row.baa_id,)) if row else None
    return (row, agreed) if row is not None and agreed is not None else None


def disclose(
    session: Session,
    *,
    version: int,
    optin_id: UUID,
    channel_id: UUID,
    destination_id: UUID,
    identity: bytes,
    refused: str,
    wanted: Sequence[Wanted],
) -> list[Granted]:
    """Ask for grants of many attempts under one opt-in. `refused`: why the caller itself refuses, '' when it does not.

    Every one becomes a row, allowed or not; none opens anything before this transaction is committed.
    """
    rows = session.rows(
        "SELECT grant_id, verdict, tokens FROM vault.disclose(%s, %s, %s, %s, %s, %s, %s::json)",
        (
            version,
            optin_id,
            channel_id,
            destination_id,
            identity,
            refused,
            packed([each._asdict() for each in wanted]),
        ),
    )
    return [Granted(row.grant_id, row.verdict, tuple(row.tokens)) for row in rows]


def policy_version(session: Session) -> Row | None:
    """The tenant's policy version and whether a kill switch is on, as they are now."""
    return session.one(
        "SELECT t.config_version AS version, t.kill_switch OR i.kill_switch AS kill_switch FROM tenants t, instance i"
    )


def packed_one(value: Mapping[str, Any]) -> str:
    """One object as JSON."""
    return packed([value])[1:-1]


def _verdict(session: Session, statement: str, values: Sequence[Any]) -> str:
    row = session.one(statement, values)
    return str(row.verdict) if row else "no answer"


def _flag(session: Session, statement: str, values: Sequence[Any]) -> bool:
    row = session.one(statement, values)
    return bool(row and row.done)
