"""What was ever granted in the clear, read back: by value, token, person, channel, vendor, incident and time.

The rows are written by the vault itself, in the transaction of each grant (alembic/versions/0008_reveal.py); nothing
here or anywhere else in the application can add, change or remove one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from router.store.session import Row, Session

MOST: Final = 50_000
"""Rows of one answer; one more tells that there are more."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which disclosures: exactly one of `blinds`, `user_id`, `channel_ids`, `vendor`, `incident_id`, or none for all.

    `since` <= at < `until`. `vendor` is in lower case. `blinds` are blind indexes of one value's
    spellings, under every index key.
    """

    since: datetime
    until: datetime
    blinds: list[bytes] | None = None
    user_id: UUID | None = None
    channel_ids: list[UUID] | None = None
    vendor: str | None = None
    incident_id: UUID | None = None


# Several keys are looked up one by one: a plan for all of them that sees ORDER BY and LIMIT reads by time instead.
_EACH: Final = (
    " CROSS JOIN LATERAL (SELECT * FROM disclosures f WHERE {} AND f.at >= %(since)s AND f.at < %(until)s"
    f" ORDER BY f.at DESC LIMIT {MOST + 1}) d WHERE true"
)
_BY: Final = {
    "blinds": "unnest(%(key)s::bytea[]) WITH ORDINALITY AS b (blind, place)" + _EACH.format("f.blind = b.blind"),
    "user_id": "disclosures d WHERE d.user_id = %(key)s",
    "channel_ids": "unnest(%(key)s::uuid[]) AS b (id)" + _EACH.format("f.channel_id = b.id"),
    "vendor": "disclosures d WHERE d.vendor_key = %(key)s",
    "incident_id": "disclosures d WHERE d.incident_id = %(key)s",
    "": "disclosures d WHERE %(key)s::text IS NULL",
}


def found(session: Session, sought: Sought) -> list[Row]:
    """The entered tenant's disclosures, newest first, MOST + 1 at the most; one statement.

    Columns: those of `disclosures` but for the blind index, and `person`, `channel`, `outcome` (of the attempt that a
    delivery's grant was for; None: it left no record), and `place`, which of `blinds` it was, from 1.
    """
    given: list[tuple[str, Any]] = [
        (name, getattr(sought, name)) for name in _BY if name and getattr(sought, name) is not None
    ]
    if len(given) > 1:
        raise ValueError("Disclosures are sought by one thing at a time.")
    name, key = given[0] if given else ("", None)
    place = "b.place" if name == "blinds" else "NULL"
    return session.rows(
        f"""
        SELECT d.grant_id, d.token, d.at, d.kind, d.actor, d.user_id, d.purpose, d.reason, d.incident_id, d.channel_id,
          d.vendor, d.optin_id, d.baa_id, d.revision, d.attempt, u.email AS person, c.name AS channel, a.outcome,
          d.place
        FROM (SELECT d.*, {place} AS place FROM {_BY[name]} AND d.at >= %(since)s AND d.at < %(until)s
          ORDER BY d.at DESC LIMIT {MOST + 1}) d
        LEFT JOIN users u ON u.tenant_id = d.tenant_id AND u.user_id = d.user_id
        LEFT JOIN channels c ON c.tenant_id = d.tenant_id AND c.channel_id = d.channel_id
        LEFT JOIN attempts a ON a.tenant_id = d.tenant_id AND a.incident_id = d.incident_id
          AND a.channel_id = d.channel_id AND a.revision = d.revision AND a.number = d.attempt
        ORDER BY d.at DESC, d.grant_id, d.token
        """,
        {"key": key, "since": sought.since, "until": sought.until},
    )


def pages(session: Session, since: datetime, until: datetime, *, size: int = 5_000) -> Iterator[list[Row]]:
    """Every disclosure of a time, oldest first, as many a page; columns as those of the table but the blind index."""
    at, grant_id, token = since, UUID(int=0), ""
    while True:
        rows = session.rows(
            """
            SELECT d.grant_id, d.token, d.at, d.kind, d.actor, d.user_id, d.purpose, d.reason, d.incident_id,
              d.channel_id, d.vendor, d.optin_id, d.baa_id, d.revision, d.attempt
            FROM disclosures d WHERE (d.at, d.grant_id, d.token) > (%s, %s, %s) AND d.at < %s
            ORDER BY d.at, d.grant_id, d.token LIMIT %s
            """,
            (at, grant_id, token, until, size),
        )
        yield rows
        if len(rows) < size:
            return
        at, grant_id, token = rows[-1].at, rows[-1].grant_id, rows[-1].token


def channels_named(session: Session, name: str) -> list[UUID]:
    """Every channel of the entered tenant that ever had this name."""
    return [row.channel_id for row in session.rows("SELECT channel_id FROM channels WHERE name = %s", (name,))]


def counts(session: Session, user_id: UUID) -> Row:
    """One person's reveals: `last_hour`, `last_day`, `four_weeks` before that (tokens), `denied` in an hour (asks)."""
    row = session.one("SELECT * FROM vault.reveal_counts(%s)", (user_id,))
    assert row is not None  # noqa: S101 - an aggregate without GROUP BY has one row
    return row
