"""The rows behind upkeep: whose turn it is, heartbeats, and the statement that decides what is quiet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from router.core.incident import Incident
from router.store.incidents import COLUMNS, from_row
from router.store.session import Row, Session

GAP = 60
"""Seconds without a heartbeat of ingest after which the quiet clock of every incident starts again (design §4)."""

NONCES_KEPT = 600
"""Seconds that an edge's nonce is remembered: twice what `router.receive` accepts as age."""


def take_turn(session: Session) -> bool:
    """True for one caller a second."""
    return bool(
        session.run(
            "UPDATE instance SET upkeep_ran_at = clock_timestamp()"
            " WHERE upkeep_ran_at < clock_timestamp() - interval '900 milliseconds'"
        )
    )


def note_oldest(session: Session, oldest: datetime | None) -> None:
    """Since when the oldest due delivery waits, for /readyz and /metrics."""
    session.run("UPDATE instance SET oldest_due_at = %s WHERE oldest_due_at IS DISTINCT FROM %s", (oldest, oldest))


def beat_ingest(session: Session) -> None:
    """Ingest is accepting; after a gap the quiet clock starts again."""
    session.run(
        "UPDATE instance SET ingest_seen_at = now(), ingest_since = CASE WHEN ingest_seen_at IS NULL"
        " OR ingest_seen_at < now() - %s * interval '1 second' THEN now() ELSE ingest_since END",
        (GAP,),
    )


def state(session: Session) -> Row:
    """Heartbeats and switches of the installation, with ages in seconds by the database's clock."""
    return session.one(
        "SELECT kill_switch, extract(epoch FROM now() - upkeep_ran_at)::float8 AS upkeep_age,"
        " extract(epoch FROM now() - ingest_seen_at)::float8 AS ingest_age,"
        " extract(epoch FROM now() - oldest_due_at)::float8 AS oldest_due FROM instance"
    )


def quiet_tenants(session: Session) -> list[UUID]:
    """Tenants that may have quiet incidents; needs no tenant."""
    return [row.tenant_id for row in session.rows("SELECT tenant_id FROM door.quiet_tenants()")]


def take_quiet(session: Session, most: int) -> list[Incident]:
    """Resolve up to `most` quiet incidents of the entered tenant and return them."""
    rows = session.rows(
        "UPDATE incidents i SET status = 'resolved', revision = i.revision + 1, resolved_at = now(),"
        " ended_by = 'quiet'"
        " FROM (SELECT q.tenant_id, q.incident_id FROM incidents q"
        " JOIN sources s ON s.tenant_id = q.tenant_id AND s.source_id = q.source_id, instance n"
        " WHERE q.status <> 'resolved' AND q.status <> 'investigating' AND s.quiet_after IS NOT NULL"
        " AND s.paused_at IS NULL AND n.ingest_seen_at > now() - %(gap)s * interval '1 second'"
        # The first bound is the index's: what may not be quiet yet by any source is not read, every second.
        " AND q.last_alert_at < now() - (SELECT min(x.quiet_after) FROM sources x WHERE x.paused_at IS NULL)"
        " AND q.last_alert_at < now() - s.quiet_after AND n.ingest_since < now() - s.quiet_after"
        " AND coalesce(s.resumed_at, 'epoch') < now() - s.quiet_after"
        " ORDER BY q.last_alert_at LIMIT %(most)s FOR UPDATE OF q SKIP LOCKED) d"
        " WHERE i.tenant_id = d.tenant_id AND i.incident_id = d.incident_id"
        f" RETURNING {', '.join('i.' + name for name in COLUMNS.split(', '))}",
        {"gap": GAP, "most": most},
    )
    return [from_row(row) for row in rows]


def forget_nonces(session: Session) -> None:
    """Drop the entered tenant's nonces that are too old to be accepted again."""
    session.run("DELETE FROM edge_nonces WHERE seen_at < now() - %s * interval '1 second'", (NONCES_KEPT,))


def knows_nonce(session: Session, source_id: UUID, nonce: str) -> bool:
    """Was this nonce used for this source before."""
    statement = "SELECT 1 AS known FROM edge_nonces WHERE source_id = %s AND nonce = %s"
    return session.one(statement, (source_id, nonce)) is not None


def keep_nonce(session: Session, tenant_id: UUID, source_id: UUID, nonce: str) -> None:
    """Remember an edge's nonce."""
    session.run(
        "INSERT INTO edge_nonces (tenant_id, source_id, nonce) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (tenant_id, source_id, nonce),
    )
