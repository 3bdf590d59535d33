"""Silences, and what each of them kept quiet: rows that are few, and none at all where nothing is silenced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import orjson

from router.core.incident import Incident
from router.core.routing import parse_matcher
from router.core.silence import Silence
from router.store.incidents import COLUMNS, from_row
from router.store.session import Row, Session, packed

UNDER_WAY = 120
"""Seconds after its end at which a silence is settled: longer than any transaction of ours lives."""

_COLUMNS = (
    "silence_id, matchers, starts_at, ends_at, reason, created_by, created_at, ended_by, settled_at, told, now() AS now"
)


def lasting(session: Session) -> tuple[Silence, ...]:
    """The entered tenant's silences that hold or will."""
    rows = session.rows(f"SELECT {_COLUMNS} FROM silences WHERE settled_at IS NULL AND ends_at > now() ORDER BY 1")
    return tuple(map(from_columns, rows))


def from_columns(row: Row) -> Silence:
    """A silence as the core knows it."""
    return Silence(
        row.silence_id,
        tuple(parse_matcher(text) for text in row.matchers),
        row.starts_at,
        row.ends_at,
        row.reason,
        row.created_by,
    )


def add(session: Session, tenant_id: UUID, silence: Silence) -> None:
    """Add a silence."""
    session.run(
        "INSERT INTO silences (tenant_id, silence_id, matchers, starts_at, ends_at, reason, created_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            tenant_id,
            silence.silence_id,
            orjson.dumps([str(each) for each in silence.matchers]).decode(),
            silence.starts_at,
            silence.ends_at,
            silence.reason,
            silence.created_by,
        ),
    )


def end(session: Session, silence_id: UUID, ended_by: str) -> bool:
    """End a silence now; True when it was not over."""
    return bool(
        session.run(
            "UPDATE silences SET ends_at = now(), ended_by = %s WHERE silence_id = %s AND ends_at > now()",
            (ended_by, silence_id),
        )
    )


def by_id(session: Session, silence_id: UUID) -> Row | None:
    """One silence with the database's time, or None."""
    return session.one(f"SELECT {_COLUMNS} FROM silences WHERE silence_id = %s", (silence_id,))


def page(session: Session, *, over: bool, before: UUID | None, most: int) -> list[Row]:
    """Silences, the newest first; without those that are over unless `over`."""
    return session.rows(
        f"SELECT {_COLUMNS} FROM silences WHERE (%(over)s OR ends_at > now())"
        " AND (%(before)s::uuid IS NULL OR silence_id < %(before)s) ORDER BY silence_id DESC LIMIT %(most)s",
        {"over": over, "before": before, "most": most},
    )


def count_lasting(session: Session) -> int:
    """How many are not over."""
    row = session.one("SELECT count(*) AS n FROM silences WHERE settled_at IS NULL AND ends_at > now()")
    return 0 if row is None else int(row.n)


def keep_quiet(session: Session, tenant_id: UUID, quieted: Mapping[tuple[UUID, UUID], int]) -> None:
    """Note what silences kept quiet, (silence, incident) -> revision, so that it is told when they end."""
    if not quieted:
        return
    session.queue(
        "INSERT INTO silenced (tenant_id, silence_id, incident_id, revision)"
        " SELECT %s, n.* FROM json_to_recordset(%s::json) AS n (silence_id uuid, incident_id uuid, revision int)"
        " ON CONFLICT (tenant_id, silence_id, incident_id) DO UPDATE SET revision = excluded.revision",
        (
            tenant_id,
            packed(
                [
                    {"silence_id": silence_id, "incident_id": incident_id, "revision": revision}
                    for (silence_id, incident_id), revision in quieted.items()
                ]
            ),
        ),
    )


def tenants(session: Session) -> list[UUID]:
    """Tenants with a silence that ended and is not settled; needs no tenant."""
    return [row.tenant_id for row in session.rows("SELECT tenant_id FROM door.silence_tenants()")]


class Quieted(NamedTuple):
    """An incident that a silence which is over kept quiet. `told_since`: a newer revision was told to somebody."""

    silence_id: UUID
    incident: Incident
    told_since: bool


def over(session: Session, most: int) -> list[Quieted]:
    """Up to `most` incidents that last and were kept quiet by a silence that is over, locked; others' locks are left.

    What was kept quiet of an incident that is resolved or gone is forgotten: nobody heard of it, so nobody waits.
    """
    session.run(
        "DELETE FROM silenced s USING silences q WHERE q.tenant_id = s.tenant_id AND q.silence_id = s.silence_id"
        " AND q.ends_at <= now() AND NOT EXISTS (SELECT FROM incidents i WHERE i.tenant_id = s.tenant_id"
        " AND i.incident_id = s.incident_id AND i.status <> 'resolved')"
    )
    columns = ", ".join("i." + name for name in COLUMNS.split(", "))
    rows = session.rows(
        f"SELECT {columns}, s.silence_id, EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = i.tenant_id"
        " AND d.incident_id = i.incident_id AND d.revision > s.revision) AS told_since"
        " FROM silenced s JOIN silences q USING (tenant_id, silence_id) JOIN incidents i USING (tenant_id, incident_id)"
        " WHERE q.ends_at <= now() ORDER BY incident_id LIMIT %s FOR UPDATE OF s, i SKIP LOCKED",
        (most,),
    )
    return [Quieted(row.silence_id, from_row(row), row.told_since) for row in rows]


def forget(session: Session, handled: Sequence[Quieted]) -> None:
    """What was kept quiet has been seen to."""
    if not handled:
        return
    session.run(
        "DELETE FROM silenced s USING json_to_recordset(%s::json) AS n (silence_id uuid, incident_id uuid)"
        " WHERE s.silence_id = n.silence_id AND s.incident_id = n.incident_id",
        (packed([{"silence_id": each.silence_id, "incident_id": each.incident.incident_id} for each in handled]),),
    )


def settle(session: Session) -> list[Row]:
    """Mark the silences that are over and keep nothing quiet any more; the rows of those that were not marked.

    Not at once: an alert may be on its way that read the silence while it held.
    """
    return session.rows(
        "UPDATE silences q SET settled_at = now() WHERE q.settled_at IS NULL"
        " AND q.ends_at <= now() - %s * interval '1 second'"
        " AND NOT EXISTS (SELECT FROM silenced s WHERE s.tenant_id = q.tenant_id AND s.silence_id = q.silence_id)"
        " RETURNING q.silence_id, q.told, q.ends_at, q.ended_by",
        (UNDER_WAY,),
    )


def count_told(session: Session, told: Mapping[UUID, int]) -> None:
    """Add to each silence how many incidents were told after it."""
    session.run(
        "UPDATE silences q SET told = q.told + n.told FROM json_to_recordset(%s::json) AS n (silence_id uuid, told int)"
        " WHERE q.silence_id = n.silence_id",
        (packed([{"silence_id": silence_id, "told": number} for silence_id, number in told.items()]),),
    )


def seen(session: Session, *, incidents: int, alerts: int) -> list[Row]:
    """What a silence can be tried on: newest live incidents and newest opened ones, each with its newest alerts.

    Bounded by its arguments, whatever there is: live ones come from their partial index, the rest from the primary key
    (ids sort by time), and alerts of one incident from theirs.
    """
    return session.rows(
        "WITH live AS (SELECT incident_id FROM incidents WHERE status <> 'resolved' ORDER BY last_alert_at DESC"
        " LIMIT %(incidents)s), newest AS (SELECT incident_id FROM incidents ORDER BY incident_id DESC"
        " LIMIT %(incidents)s), wanted AS (SELECT incident_id FROM live UNION SELECT incident_id FROM newest)"
        " SELECT i.incident_id, i.title, i.status, i.severity, i.source, i.labels, i.last_alert_at, a.alert_id,"
        " a.severity AS alert_severity, a.payload->'labels' AS alert_labels, a.received_at, now() AS now"
        " FROM wanted w CROSS JOIN LATERAL (SELECT j.* FROM incidents j WHERE j.incident_id = w.incident_id"
        " AND j.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid) LIMIT 1) i"
        " LEFT JOIN LATERAL (SELECT b.alert_id, b.severity, b.payload, b.received_at FROM alerts b"
        " WHERE b.tenant_id = i.tenant_id AND b.incident_id = i.incident_id AND b.signal = 'firing'"
        " ORDER BY b.alert_id DESC LIMIT %(alerts)s) a ON true"
        " ORDER BY i.last_alert_at DESC, i.incident_id, a.alert_id DESC",
        {"incidents": incidents, "alerts": alerts},
    )
