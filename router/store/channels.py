"""A channel as people look after it: what it is set to, how its newest attempts went, who changed it and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from router.store.listing import COUNTED
from router.store.session import Row, Session

_CHANNEL = (
    "SELECT c.channel_id, c.name, c.kind, c.vendor, c.destination_id, c.paused_at, c.pause_reason, c.revision,"
    " c.filed_at, c.created_at, d.config, d.secrets, d.key_version, d.identity, d.created_at AS pointed_at"
    " FROM channels c JOIN destinations d ON d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id"
    " WHERE c.retired_at IS NULL"
)


def by_name(session: Session, name: str) -> Row | None:
    """The channel in use with this name, and where it leads."""
    return session.one(f"{_CHANNEL} AND c.name = %s", (name,))


def by_id(session: Session, channel_id: UUID) -> Row | None:
    """The channel in use with this id, and where it leads."""
    return session.one(f"{_CHANNEL} AND c.channel_id = %s", (channel_id,))


def rename(session: Session, channel_id: UUID, was: str, now: str) -> None:
    """Give a channel another name, in the routes too. Raises Conflict (channels_name) when another one has it."""
    session.run("UPDATE channels SET name = %s, revision = revision + 1 WHERE channel_id = %s", (now, channel_id))
    session.run(
        "UPDATE routes SET channels = (SELECT jsonb_agg(CASE WHEN e.name = %(was)s THEN %(now)s ELSE e.name END"
        " ORDER BY e.place) FROM jsonb_array_elements_text(channels) WITH ORDINALITY AS e (name, place))"
        " WHERE channels ? %(was)s",
        {"was": was, "now": now},
    )


def routes_to(session: Session, name: str) -> list[Row]:
    """The routes that lead to a channel, in order."""
    return session.rows(
        "SELECT position, matchers, channels, group_by, go_on FROM routes WHERE channels ? %s ORDER BY position",
        (name,),
    )


# -- its history --------------------------------------------------------------------------------------------------


def record(  # noqa: PLR0913 - one a column
    session: Session,
    tenant_id: UUID,
    channel_id: UUID,
    *,
    version: int,
    actor: str,
    via: str,
    what: str,
    name: str,
    reason: str = "",
    fields: Sequence[Sequence[Any]] = (),
) -> None:
    """Write down one change; `fields` are [field, title, was, now, is it a secret] as anybody may see them."""
    session.run(
        "INSERT INTO channel_changes (tenant_id, channel_id, version, actor, via, what, name, reason, fields)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            tenant_id,
            channel_id,
            version,
            actor,
            via,
            what,
            name,
            reason,
            orjson.dumps([list(each) for each in fields]).decode(),
        ),
    )


def history(session: Session, channel_id: UUID, *, before: int | None, most: int) -> list[Row]:
    """A channel's changes, the newest first. `before`: the version of the last one seen."""
    return session.rows(
        "SELECT version, at, actor, via, what, name, reason, fields FROM channel_changes WHERE channel_id = %(channel)s"
        " AND (%(before)s::bigint IS NULL OR version < %(before)s) ORDER BY version DESC LIMIT %(most)s",
        {"channel": channel_id, "before": before, "most": most},
    )


def secrets_set(session: Session, channel_id: UUID) -> dict[str, Row]:
    """When each credential was set last and by whom, by its name; those set before there was a history are missing."""
    rows = session.rows(
        "SELECT DISTINCT ON (f.one ->> 0) f.one ->> 0 AS field, h.at, h.actor, h.via FROM channel_changes h"
        " CROSS JOIN LATERAL jsonb_array_elements(h.fields) AS f (one) WHERE h.channel_id = %s"
        " AND (f.one ->> 4)::boolean ORDER BY f.one ->> 0, h.version DESC",
        (channel_id,),
    )
    return {row.field: row for row in rows}


def by_hand(session: Session) -> dict[str, Row]:
    """The newest change of each channel that no file made, since the last file was applied; by the channel's name."""
    rows = session.rows(
        "SELECT DISTINCT ON (h.channel_id) h.name, h.at, h.actor, h.what FROM channel_changes h"
        " JOIN tenants t USING (tenant_id) WHERE h.via <> 'file' AND h.what IN ('add', 'change', 'remove')"
        " AND h.at > coalesce(t.filed_at, '-infinity') ORDER BY h.channel_id, h.version DESC"
    )
    return {row.name: row for row in rows}


def filed(session: Session, names: Sequence[str], actor: str) -> None:
    """A file that names these channels was applied: it keeps them from now on."""
    session.run("UPDATE tenants SET filed_at = now(), filed_by = %s", (actor,))
    session.run(
        "UPDATE channels SET filed_at = now() WHERE retired_at IS NULL AND name = ANY (%s)",
        (list(names),),
    )


def filing(session: Session) -> Row | None:
    """When the tenant's file was applied last, and by whom; both None where none ever was."""
    return session.one("SELECT filed_at, filed_by FROM tenants")


# -- how it is doing ----------------------------------------------------------------------------------------------


def success(session: Session, window: timedelta, most: int) -> dict[UUID, Row]:
    """Of each channel the newest attempts of this span, `most` of them: how many there were, and how many delivered."""
    rows = session.rows(
        "SELECT c.channel_id, count(a.*) AS attempts, count(*) FILTER (WHERE a.outcome = 'delivered') AS delivered,"
        " min(a.started_at) AS since FROM channels c CROSS JOIN LATERAL (SELECT n.outcome, n.started_at FROM attempts n"
        " WHERE n.tenant_id = c.tenant_id AND n.channel_id = c.channel_id AND n.started_at > now() - %(window)s"
        " ORDER BY n.started_at DESC LIMIT %(most)s) a WHERE c.retired_at IS NULL GROUP BY c.channel_id",
        {"window": window, "most": most},
    )
    return {row.channel_id: row for row in rows}


def health(session: Session, channel_id: UUID, window: timedelta, most: int) -> list[Row]:
    """The newest attempts of a channel in this span by outcome and reason, with the latencies of all: p50, p95, ms."""
    return session.rows(
        "WITH newest AS MATERIALIZED (SELECT outcome, reason, latency_ms, started_at FROM attempts"
        " WHERE channel_id = %(channel)s AND started_at > now() - %(window)s ORDER BY started_at DESC LIMIT %(most)s)"
        " SELECT n.outcome, n.reason, count(*) AS attempts, q.* FROM newest n CROSS JOIN (SELECT"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS p50,"
        " percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS p95, min(started_at) AS since,"
        " max(started_at) AS newest FROM newest) q GROUP BY n.outcome, n.reason, q.p50, q.p95, q.since, q.newest"
        " ORDER BY count(*) DESC, n.reason",
        {"channel": channel_id, "window": window, "most": most},
    )


_DELIVERY = (
    "d.incident_id, d.channel_id, c.name AS channel, c.kind AS channel_kind, d.revision, d.kind, d.state, d.attempts,"
    " d.next_attempt_at, d.created_at, d.first_tried_at, d.done_at, d.uncertain, d.reason, d.remote_id,"
    " c.paused_at IS NOT NULL OR l.paused IS NOT NULL AS held, now() AS now"
)


def newest(session: Session, channel_id: UUID, most: int) -> list[Row]:
    """Deliveries of a channel's newest attempts and those that wait for their first, `most` of each at most.

    Those that wait come first, the one that is due next at the top; then by the last attempt, the newest first.
    """
    return session.rows(
        "WITH tried AS (SELECT incident_id, revision, max(started_at) AS last FROM (SELECT incident_id, revision,"
        " started_at FROM attempts WHERE channel_id = %(channel)s ORDER BY started_at DESC LIMIT %(look)s) a"
        " GROUP BY incident_id, revision ORDER BY max(started_at) DESC LIMIT %(most)s),"
        " waiting AS (SELECT incident_id, revision, NULL::timestamptz AS last FROM deliveries"
        " WHERE channel_id = %(channel)s AND state = 'pending' ORDER BY next_attempt_at LIMIT %(most)s),"
        " shown AS (SELECT incident_id, revision, max(last) AS last FROM (SELECT * FROM tried UNION ALL"
        " SELECT * FROM waiting) w GROUP BY incident_id, revision)"
        f" SELECT {_DELIVERY} FROM shown s CROSS JOIN LATERAL (SELECT * FROM deliveries e"
        " WHERE e.incident_id = s.incident_id AND e.channel_id = %(channel)s AND e.revision = s.revision LIMIT 1) d"
        " JOIN channels c USING (tenant_id, channel_id) JOIN lanes l USING (tenant_id, channel_id)"
        " ORDER BY d.state = 'pending' DESC, CASE WHEN d.state = 'pending' THEN d.next_attempt_at END, s.last DESC",
        {"channel": channel_id, "most": most, "look": most * 4},
    )


def attempts_of(session: Session, channel_id: UUID, wanted: Sequence[tuple[UUID, int]], most: int) -> list[Row]:
    """The last attempts, `most` of each, of these (incident, revision), in order."""
    return session.rows(
        "SELECT a.incident_id, a.revision, a.number, a.started_at, a.latency_ms, a.outcome, a.reason, a.status, a.mode,"
        " a.policy, a.repeat, a.tripwire FROM unnest(%(incidents)s::uuid[], %(revisions)s::int[]) AS w (incident, rev)"
        " CROSS JOIN LATERAL (SELECT * FROM attempts n WHERE n.incident_id = w.incident"
        " AND n.channel_id = %(channel)s AND n.revision = w.rev ORDER BY n.number DESC LIMIT %(most)s) a"
        " ORDER BY a.incident_id, a.revision, a.number",
        {
            "incidents": [incident for incident, _ in wanted],
            "revisions": [revision for _, revision in wanted],
            "channel": channel_id,
            "most": most,
        },
    )


def died(session: Session, channel_id: UUID, since: datetime) -> int:
    """How many deliveries of a channel died since then and could be sent again, counted up to a thousand."""
    row = session.one(
        "SELECT count(*) AS died FROM (SELECT FROM deliveries d WHERE d.channel_id = %(channel)s AND d.state = 'dead'"
        " AND d.done_at >= %(since)s AND NOT EXISTS (SELECT FROM deliveries n WHERE n.tenant_id = d.tenant_id"
        " AND n.incident_id = d.incident_id AND n.channel_id = d.channel_id AND n.revision > d.revision)"
        " LIMIT %(most)s) q",
        {"channel": channel_id, "since": since, "most": COUNTED},
    )
    return int(row.died) if row else 0
