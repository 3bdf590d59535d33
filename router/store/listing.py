"""What people look at: lists and pages of one tenant, each a fixed number of statements however long the list.

Lists page by key: the id of the last row seen, never an offset. Incident ids sort by time (UUID version 7), so the
primary key serves them newest first; live incidents have a partial index, dead deliveries another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from router.store.session import Row, Session

ALERTS_SHOWN = 20
"""Alerts of an incident that its page shows, the newest."""

ATTEMPTS_SHOWN = 200
"""Attempts of an incident that its page shows, the newest."""

COUNTED = 1000
"""Waiting deliveries that are counted one by one; a longer queue is "1000 or more"."""

_LINE = "i.incident_id, i.status, i.severity, i.title, i.source, i.count, i.revision, i.opened_at, i.last_alert_at"
_QUIET = (
    "s.quiet_after, s.paused_at IS NOT NULL AS source_paused, now() AS now,"
    " greatest(i.last_alert_at, n.ingest_since, s.resumed_at) AS quiet_since"
)
_RANK = "array_position(ARRAY['info', 'warning', 'error', 'critical'], i.severity)"


def live(session: Session, *, severity: str | None, after: tuple[int, UUID] | None, most: int) -> list[Row]:
    """Incidents that are not resolved, the most severe first, then the newest. `after`: (rank, id) of the last seen."""
    return session.rows(
        f"SELECT {_LINE}, {_RANK} AS rank, {_QUIET} FROM incidents i LEFT JOIN sources s USING (tenant_id, source_id),"
        " instance n WHERE i.status <> 'resolved' AND (%(severity)s::text IS NULL OR i.severity = %(severity)s)"
        f" AND (%(rank)s::int IS NULL OR ({_RANK}, i.incident_id) < (%(rank)s, %(id)s))"
        f" ORDER BY {_RANK} DESC, i.incident_id DESC LIMIT %(most)s",
        {"severity": severity, "rank": after and after[0], "id": after and after[1], "most": most},
    )


def incidents(
    session: Session, *, statuses: Sequence[str], severity: str | None, after: UUID | None, most: int
) -> list[Row]:
    """Incidents with one of these statuses, the newest first."""
    live_only = "i.status <> 'resolved' AND " if "resolved" not in statuses else ""  # lets the partial index serve
    return session.rows(
        f"SELECT {_LINE} FROM incidents i WHERE {live_only}i.status = ANY (%(statuses)s)"
        " AND (%(severity)s::text IS NULL OR i.severity = %(severity)s)"
        " AND (%(after)s::uuid IS NULL OR i.incident_id < %(after)s) ORDER BY i.incident_id DESC LIMIT %(most)s",
        {"statuses": list(statuses), "severity": severity, "after": after, "most": most},
    )


def severities(session: Session) -> dict[str, int]:
    """How many incidents of each severity are live."""
    found = session.rows(
        "SELECT severity, count(*) AS live FROM incidents WHERE status <> 'resolved' GROUP BY severity"
    )
    return {row.severity: row.live for row in found}


def by_short_id(session: Session, tail: str) -> list[UUID]:
    """Up to two incidents whose id ends so, the newest first. Read from the primary key's pages alone."""
    return [
        row.incident_id
        for row in session.rows(
            "SELECT incident_id FROM incidents WHERE right(incident_id::text, 8) = %s"
            " ORDER BY incident_id DESC LIMIT 2",
            (tail,),
        )
    ]


def quiet(session: Session, incident_id: UUID) -> Row | None:
    """What an incident's quiet timer depends on."""
    return session.one(
        f"SELECT i.status, {_QUIET} FROM incidents i LEFT JOIN sources s USING (tenant_id, source_id), instance n"
        " WHERE i.incident_id = %s",
        (incident_id,),
    )


def strip(session: Session, incident_ids: Sequence[UUID]) -> list[Row]:
    """The newest delivery of each of these incidents to each channel, by channel name."""
    return session.rows(
        "SELECT q.*, c.name AS channel, c.kind AS channel_kind,"
        " c.paused_at IS NOT NULL OR l.paused IS NOT NULL AS held FROM ("
        " SELECT DISTINCT ON (d.incident_id, d.channel_id) d.tenant_id, d.incident_id, d.channel_id, d.revision,"
        " d.kind, d.state, d.attempts, d.next_attempt_at, d.done_at, d.uncertain, d.reason FROM deliveries d"
        " WHERE d.incident_id = ANY (%s) ORDER BY d.incident_id, d.channel_id, d.revision DESC) q"
        " JOIN channels c USING (tenant_id, channel_id) JOIN lanes l USING (tenant_id, channel_id) ORDER BY c.name",
        (list(incident_ids),),
    )


def events(session: Session, incident_id: UUID) -> list[Row]:
    """An incident's timeline, the newest first."""
    return session.rows(
        "SELECT revision, at, why, actor, hush FROM incident_events WHERE incident_id = %s ORDER BY revision DESC",
        (incident_id,),
    )


def alerts(session: Session, incident_id: UUID) -> list[Row]:
    """An incident's newest alerts, as they are kept: tokenized."""
    return session.rows(
        "SELECT a.alert_id, a.signal, a.severity, a.payload, a.tokens, a.received_at, s.name AS source FROM alerts a"
        " LEFT JOIN sources s USING (tenant_id, source_id) WHERE a.incident_id = %s ORDER BY a.alert_id DESC LIMIT %s",
        (incident_id, ALERTS_SHOWN),
    )


_DELIVERY = (
    "d.incident_id, d.channel_id, c.name AS channel, c.kind AS channel_kind, d.revision, d.kind, d.state, d.attempts,"
    " d.next_attempt_at, d.created_at, d.first_tried_at, d.done_at, d.uncertain, d.reason, d.remote_id,"
    " c.paused_at IS NOT NULL OR l.paused IS NOT NULL AS held, now() AS now"
    " FROM deliveries d JOIN channels c USING (tenant_id, channel_id) JOIN lanes l USING (tenant_id, channel_id)"
)


def deliveries_of(session: Session, incident_id: UUID) -> list[Row]:
    """Every delivery of an incident, the newest revision first, then by channel."""
    return session.rows(f"SELECT {_DELIVERY} WHERE d.incident_id = %s ORDER BY d.revision DESC, c.name", (incident_id,))


def deliveries(
    session: Session,
    *,
    state: str | None,
    channel_id: UUID | None,
    after: tuple[UUID, UUID, int] | None,
    most: int,
) -> list[Row]:
    """The tenant's deliveries, newest incidents first. `after`: (incident, channel, revision) of the last seen."""
    incident, channel, revision = after or (None, None, None)
    # The state stands in the text so that the partial index of dead deliveries serves its list.
    only = f" AND d.state = '{state}'" if state in {"pending", "dead", "delivered", "superseded", "suppressed"} else ""
    return session.rows(
        f"SELECT {_DELIVERY} WHERE (%(only)s::uuid IS NULL OR d.channel_id = %(only)s){only}"
        " AND (%(incident)s::uuid IS NULL"
        " OR (d.incident_id, d.channel_id, d.revision) < (%(incident)s, %(channel)s, %(revision)s))"
        " ORDER BY d.incident_id DESC, d.channel_id DESC, d.revision DESC LIMIT %(most)s",
        {"only": channel_id, "incident": incident, "channel": channel, "revision": revision, "most": most},
    )


def delivery(session: Session, incident_id: UUID, channel_id: UUID, revision: int) -> Row | None:
    """One delivery."""
    return session.one(
        f"SELECT {_DELIVERY} WHERE d.incident_id = %s AND d.channel_id = %s AND d.revision = %s",
        (incident_id, channel_id, revision),
    )


_ATTEMPT = (
    "channel_id, revision, number, started_at, latency_ms, outcome, reason, status, mode, policy, repeat, tripwire"
    " FROM attempts WHERE incident_id = %(incident)s"
)


def attempts_of(session: Session, incident_id: UUID) -> list[Row]:
    """The newest attempts of all deliveries of an incident, in the order they were made."""
    found = session.rows(
        f"SELECT {_ATTEMPT} ORDER BY started_at DESC LIMIT %(most)s",
        {"incident": incident_id, "most": ATTEMPTS_SHOWN},
    )
    return found[::-1]


def attempts(session: Session, incident_id: UUID, channel_id: UUID, revision: int) -> list[Row]:
    """The attempts of one delivery, in order."""
    return session.rows(
        f"SELECT {_ATTEMPT} AND channel_id = %(channel)s AND revision = %(revision)s ORDER BY number",
        {"incident": incident_id, "channel": channel_id, "revision": revision},
    )


def channels(session: Session) -> list[Row]:
    """The tenant's channels with how each is doing, by name."""
    return session.rows(
        "SELECT c.channel_id, c.name, c.kind, c.vendor, c.destination_id, c.paused_at, c.pause_reason, d.config,"
        " l.delivered, l.retried, l.dead, l.failing, l.failing_since, l.paused, l.probe_at, l.last_ok_at,"
        " l.last_reason, now() AS now, (SELECT count(*) FROM (SELECT FROM deliveries w WHERE w.tenant_id = c.tenant_id"
        " AND w.channel_id = c.channel_id AND w.state = 'pending' LIMIT %s) q) AS waiting"
        " FROM channels c JOIN lanes l USING (tenant_id, channel_id)"
        " JOIN destinations d ON d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id"
        " WHERE c.retired_at IS NULL ORDER BY c.name",
        (COUNTED,),
    )


def channel_ids(session: Session, name: str) -> list[UUID]:
    """The channels of this name, the one in use first and then retired ones, whose deliveries are still there."""
    return [
        row.channel_id
        for row in session.rows(
            "SELECT channel_id FROM channels WHERE name = %s ORDER BY retired_at DESC NULLS FIRST", (name,)
        )
    ]


_AGAIN = (
    "UPDATE deliveries d SET state = 'pending', next_attempt_at = now(), tries = 0, first_tried_at = NULL,"
    " done_at = NULL WHERE NOT EXISTS (SELECT FROM deliveries n WHERE n.tenant_id = d.tenant_id"
    " AND n.incident_id = d.incident_id AND n.channel_id = d.channel_id AND n.revision > d.revision)"
)
"""A fresh schedule from now on; never for a revision that a newer one followed: it would tell what is over."""


def retry(session: Session, incident_id: UUID, channel_id: UUID, revision: int) -> bool:
    """Make a dead or pending delivery due now; False: it is neither, or a newer revision followed it."""
    return bool(
        session.run(
            f"{_AGAIN} AND d.incident_id = %s AND d.channel_id = %s AND d.revision = %s"
            " AND d.state IN ('dead', 'pending')",
            (incident_id, channel_id, revision),
        )
    )


def recover(session: Session, since: datetime, channel_id: UUID | None) -> list[UUID]:
    """Make everything due now that died since then; returns the channel of each."""
    return [
        row.channel_id
        for row in session.rows(
            f"{_AGAIN} AND d.state = 'dead' AND d.done_at >= %(since)s"
            " AND (%(only)s::uuid IS NULL OR d.channel_id = %(only)s) RETURNING d.channel_id",
            {"since": since, "only": channel_id},
        )
    ]


def timeline(session: Session, incident_id: UUID, *, before: int | None, most: int) -> list[Row]:
    """A page of an incident's timeline, the newest revision first. `before`: the last revision seen."""
    return session.rows(
        "SELECT revision, at, why, actor, hush FROM incident_events WHERE incident_id = %(incident)s"
        " AND (%(before)s::int IS NULL OR revision < %(before)s) ORDER BY revision DESC LIMIT %(most)s",
        {"incident": incident_id, "before": before, "most": most},
    )


def alerts_page(session: Session, incident_id: UUID, *, before: UUID | None, most: int) -> list[Row]:
    """A page of an incident's alerts as they are kept, tokenized, the newest first. `before`: the last one seen."""
    return session.rows(
        "SELECT a.alert_id, a.signal, a.severity, a.payload, a.tokens, a.received_at, s.name AS source FROM alerts a"
        " LEFT JOIN sources s USING (tenant_id, source_id) WHERE a.incident_id = %(incident)s"
        " AND (%(before)s::uuid IS NULL OR a.alert_id < %(before)s) ORDER BY a.alert_id DESC LIMIT %(most)s",
        {"incident": incident_id, "before": before, "most": most},
    )
