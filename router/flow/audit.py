"""Reads the audit: what was decided about whom, newest first, a page at a time."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from router.runtime import Runtime
from router.store import audit

MOST: Final = 500
"""Events of one page at most."""


class NoSuchPage(Exception):  # noqa: N818 - the answer
    """The cursor is none that a page gave out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: every word that is given must fit; `since` and `until` bound the time, the first one included."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    channel: UUID | None = None
    incident: UUID | None = None
    decision: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An event and its row in the chain; `seq` is None for a moment after it was written."""

    id: UUID
    seq: int | None
    at: datetime
    actor: str
    auth: str
    action: str
    object: str
    decision: str
    reason: str
    request_id: str
    details: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first, and the cursor of the ones before them; '' when these are the last."""

    events: tuple[Shown, ...]
    before: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a chain has come: its last row, and up to which row it is signed since when; None: not yet."""

    last: int
    signed_to: int
    signed_at: datetime | None


def standing(runtime: Runtime, tenant_id: UUID) -> Standing:
    """How far the tenant's chain has come; whether it holds says `audit_verify`. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        head = audit.head(session)
        signed = audit.last_checkpoint(session)
    return Standing(head[0] if head else 0, signed.seq if signed else 0, signed.at if signed else None)


def page(runtime: Runtime, tenant_id: UUID, wanted: Wanted, *, before: str = "", most: int = 50) -> Page:
    """The newest events that are wanted, before the cursor of an earlier page. `INSTANCE` is a tenant here too.

    Raises:
        NoSuchPage: the cursor is none of ours.
        DatabaseDown: the database does not answer.
    """
    most = max(1, min(most, MOST))
    with runtime.database.tenant(tenant_id) as session:
        rows = audit.listing(
            session,
            before=_cursor(before),
            most=most + 1,
            actor=wanted.actor,
            action=wanted.action,
            object=wanted.object,
            channel=str(wanted.channel) if wanted.channel else None,
            incident=str(wanted.incident) if wanted.incident else None,
            decision=wanted.decision,
            since=wanted.since,
            until=wanted.until,
        )
    events = tuple(
        Shown(
            id=row.event_id,
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            auth=row.auth,
            action=row.action,
            object=row.object,
            decision=row.decision,
            reason=row.reason,
            request_id=row.request_id,
            details=row.details,
            hash=row.hash.hex() if row.hash else "",
        )
        for row in rows[:most]
    )
    return Page(events, _name(events[-1]) if len(rows) > most else "")


def _name(last: Shown) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([last.at.isoformat(), str(last.id)])).decode().rstrip("=")


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    if not text:
        return None
    try:
        at, event_id = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        found = datetime.fromisoformat(at), UUID(event_id)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise NoSuchPage("There is no such page; start again without a cursor.") from None
    if found[0].tzinfo is None:
        raise NoSuchPage("There is no such page; start again without a cursor.")
    return found
