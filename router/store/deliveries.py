"""The outbox: deliveries that are due, the lane that drains them, and a row for every attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from channels.contract import Kind
from router.core.incident import Incident
from router.store.incidents import COLUMNS, from_row
from router.store.session import Session

LEASE = 60
"""Seconds a lane belongs to the worker that claimed it, renewed by every claim."""

OWNER_LOCK = 741_101
"""First key of the advisory lock that a worker holds while it lives; the second is its lane owner number."""


class Planned(NamedTuple):
    """A delivery to add."""

    incident_id: UUID
    channel_id: UUID
    destination_id: UUID
    revision: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed delivery with its incident as it stands now.

    `reached`: an earlier revision was delivered or may have been. `lost`: every earlier one ended dead, so there is
    nothing there to resolve. `uncertain`: an earlier attempt of this very delivery may have arrived.
    """

    channel_id: UUID
    revision: int
    destination_id: UUID
    kind: Kind
    attempts: int
    tries: int
    first_tried_at: datetime | None
    uncertain: bool
    reached: bool
    lost: bool
    refs: dict[str, str]
    incident: Incident


@dataclass(frozen=True, slots=True)
class Claim:
    """What a lane gave: its lease, and the deliveries that are now out."""

    version: int
    kill_switch: bool
    paused: bool
    waiting: int  # due deliveries beyond those claimed, counted up to a bound
    now: datetime
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What came of one claimed delivery. `wait`: seconds to the next attempt when `state` is pending."""

    incident_id: UUID
    revision: int
    state: str
    wait: float
    counted: bool
    uncertain: bool
    started_at: datetime
    latency_ms: float
    outcome: str
    reason: str
    status: int | None
    policy: str
    mode: str
    repeat: bool
    tripwire: int
    number: int
    remote_id: str | None
    destination_id: UUID
    refs: dict[str, str]
    sent: bool = True  # False: given back or suppressed without an attempt


def add(session: Session, tenant_id: UUID, planned: Sequence[Planned]) -> None:
    """Add deliveries that are due now."""
    if not planned:
        return
    session.run(
        "INSERT INTO deliveries (tenant_id, incident_id, channel_id, destination_id, revision, kind)"
        " SELECT %s, n.* FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::text[]) AS n"
        " ON CONFLICT DO NOTHING",
        (tenant_id, *(list(column) for column in zip(*planned, strict=True))),
    )


def supersede(session: Session, planned: Sequence[Planned]) -> None:
    """Older revisions that have not left make room for these, on the same incident and channel."""
    if not planned:
        return
    session.run(
        "UPDATE deliveries d SET state = 'superseded', done_at = now()"
        " FROM unnest(%s::uuid[], %s::uuid[], %s::int[]) AS n (incident_id, channel_id, revision)"
        " WHERE d.incident_id = n.incident_id AND d.channel_id = n.channel_id AND d.revision < n.revision"
        " AND d.state = 'pending' AND d.kind <> 'resolve'",
        (
            [each.incident_id for each in planned],
            [each.channel_id for each in planned],
            [each.revision for each in planned],
        ),
    )


def claim(
    session: Session,
    channel_id: UUID,
    *,
    owner: int,
    token: UUID,
    most: int,
    rate: tuple[float, int] | None,
    count_to: int,
) -> Claim | None:
    """Take or keep the lane's lease and claim up to `most` due deliveries; None: another worker has it.

    A lease that has run out, or whose owner's session is gone, passes to whoever asks; what its owner had out is marked
    uncertain, since it may have been sent. `rate` (per second, burst) is the destination's bucket.
    """
    lane = session.one(
        "SELECT l.lease_token, l.out_incidents, l.out_revisions, l.bucket,"
        " extract(epoch FROM now() - l.filled_at)::float8 AS elapsed, now() AS now, c.paused_at IS NOT NULL AS paused,"
        " t.config_version, t.kill_switch OR i.kill_switch AS kill_switch,"
        " l.probe_at IS NOT NULL AND l.probe_at > now() AS resting,"
        " CASE WHEN l.lease_token = %(token)s OR l.lease_until IS NULL OR l.lease_until < now() THEN true"
        " ELSE NOT EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted"
        " AND k.classid = %(lock)s AND k.objid = l.lease_owner AND k.objsubid = 2) END AS free"
        " FROM lanes l JOIN channels c USING (tenant_id, channel_id) JOIN tenants t USING (tenant_id), instance i"
        " WHERE l.channel_id = %(channel)s FOR UPDATE OF l",
        {"token": token, "channel": channel_id, "lock": OWNER_LOCK},
    )
    if lane is None or not lane.free:
        return None
    if lane.out_incidents and lane.lease_token != token:
        session.run(
            "UPDATE deliveries d SET uncertain = true, attempts = d.attempts + 1"
            " FROM unnest(%s::uuid[], %s::int[]) AS n (incident_id, revision)"
            " WHERE d.channel_id = %s AND d.incident_id = n.incident_id AND d.revision = n.revision"
            " AND d.state IN ('pending', 'superseded')",
            (lane.out_incidents, lane.out_revisions, channel_id),
        )
    bucket = 0.0
    if rate is not None:
        per_second, burst = rate
        bucket = min(float(burst), lane.bucket + lane.elapsed * per_second)
        most = min(most, int(bucket))
    rows = []
    if most > 0 and not lane.paused and not lane.resting:
        rows = session.rows(
            f"SELECT d.channel_id, d.revision AS d_revision, d.destination_id, d.kind, d.attempts, d.tries,"
            f" d.first_tried_at, d.uncertain, coalesce(p.reached, false) AS reached, coalesce(p.lost, false) AS lost,"
            f" coalesce(h.refs, '{{}}') AS refs, {', '.join('i.' + name for name in COLUMNS.split(', '))}"
            " FROM (SELECT * FROM deliveries WHERE channel_id = %(channel)s AND state = 'pending'"
            " AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT %(most)s) d"
            " JOIN incidents i ON i.tenant_id = d.tenant_id AND i.incident_id = d.incident_id"
            " LEFT JOIN threads h ON h.tenant_id = d.tenant_id AND h.incident_id = d.incident_id"
            " AND h.destination_id = d.destination_id"
            " LEFT JOIN LATERAL (SELECT bool_or(e.state = 'delivered' OR e.uncertain) AS reached,"
            " bool_and(e.state IN ('dead', 'suppressed')) AS lost FROM deliveries e"
            " WHERE e.tenant_id = d.tenant_id AND e.incident_id = d.incident_id AND e.channel_id = d.channel_id"
            " AND e.revision < d.revision) p ON d.revision > 1"
            " ORDER BY d.next_attempt_at",
            {"channel": channel_id, "most": most},
        )
    waiting = 0
    if count_to and len(rows) == most:
        row = session.one(
            "SELECT count(*) AS n FROM (SELECT 1 FROM deliveries WHERE channel_id = %s AND state = 'pending'"
            " AND next_attempt_at <= now() LIMIT %s) q",
            (channel_id, count_to + 1),
        )
        waiting = max(0, (row.n if row else 0) - len(rows))
    due = tuple(
        Due(
            channel_id=row.channel_id,
            revision=row.d_revision,
            destination_id=row.destination_id,
            kind=row.kind,
            attempts=row.attempts,
            tries=row.tries,
            first_tried_at=row.first_tried_at,
            uncertain=row.uncertain,
            reached=row.reached,
            lost=row.lost,
            refs=row.refs,
            incident=from_row(row),
        )
        for row in rows
    )
    session.run(
        "UPDATE lanes SET lease_owner = %(owner)s, lease_token = %(token)s,"
        " lease_until = CASE WHEN %(busy)s THEN now() + %(lease)s * interval '1 second' END,"
        " out_incidents = %(incidents)s, out_revisions = %(revisions)s, bucket = %(bucket)s, filled_at = now()"
        " WHERE channel_id = %(channel)s",
        {
            "owner": owner,
            "token": token,
            "busy": bool(due),
            "lease": LEASE,
            "incidents": [each.incident.incident_id for each in due],
            "revisions": [each.revision for each in due],
            "bucket": max(0.0, bucket - len(due)),
            "channel": channel_id,
        },
    )
    return Claim(lane.config_version, lane.kill_switch, lane.paused, waiting, lane.now, due)


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """How a destination has been doing, as the lane's row keeps it."""

    failing_since: datetime | None
    last_ok_at: datetime | None
    now: datetime


def record(
    session: Session, tenant_id: UUID, channel_id: UUID, token: UUID, records: Sequence[Record]
) -> LaneHealth | None:
    """Write what came of claimed deliveries, fenced by the lease; None: the lease was lost, nothing is written."""
    ok = sum(1 for each in records if each.sent and each.state == "delivered")
    failed = sum(1 for each in records if each.sent and each.state != "delivered")
    last = next((each.reason for each in reversed(records) if each.sent), None)
    lane = session.one(
        "UPDATE lanes SET delivered = delivered + %(ok)s, retried = retried + %(retried)s, dead = dead + %(dead)s,"
        " last_ok_at = CASE WHEN %(ok)s > 0 THEN now() ELSE last_ok_at END,"
        " failing_since = CASE WHEN %(ok)s > 0 THEN NULL WHEN %(failed)s > 0 THEN coalesce(failing_since, now())"
        " ELSE failing_since END, last_reason = coalesce(%(last)s, last_reason),"
        " probe_at = CASE WHEN %(ok)s > 0 THEN NULL ELSE probe_at END,"
        " out_incidents = '{}', out_revisions = '{}'"
        " WHERE channel_id = %(channel)s AND lease_token = %(token)s"
        " RETURNING failing_since, last_ok_at, now() AS now",
        {
            "ok": ok,
            "failed": failed,
            "retried": sum(1 for each in records if each.sent and each.state == "pending"),
            "dead": sum(1 for each in records if each.state == "dead"),
            "last": last,
            "channel": channel_id,
            "token": token,
        },
    )
    if lane is None:
        return None
    session.run(
        "UPDATE deliveries d SET"
        " state = CASE WHEN d.state = 'superseded' AND n.state = 'pending' THEN 'superseded' ELSE n.state END,"
        " attempts = d.attempts + n.sent, tries = d.tries + n.counted,"
        " next_attempt_at = now() + n.wait * interval '1 second',"
        " first_tried_at = coalesce(d.first_tried_at, n.started_at),"
        " done_at = CASE WHEN n.state <> 'pending' THEN now() END,"
        " uncertain = d.uncertain OR n.uncertain, reason = n.reason, remote_id = coalesce(n.remote_id, d.remote_id)"
        " FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::float8[], %s::int[], %s::int[], %s::bool[], %s::text[],"
        " %s::timestamptz[], %s::text[]) AS n (incident_id, revision, state, wait, counted, sent, uncertain, reason,"
        " started_at, remote_id)"
        " WHERE d.incident_id = n.incident_id AND d.channel_id = %s AND d.revision = n.revision",
        (
            [each.incident_id for each in records],
            [each.revision for each in records],
            [each.state for each in records],
            [each.wait for each in records],
            [int(each.counted) for each in records],
            [int(each.sent) for each in records],
            [each.uncertain for each in records],
            [each.reason for each in records],
            [each.started_at for each in records],
            [each.remote_id for each in records],
            channel_id,
        ),
    )
    _add_attempts(session, tenant_id, channel_id, [each for each in records if each.sent])
    _keep_refs(session, tenant_id, [each for each in records if each.refs])
    return LaneHealth(lane.failing_since, lane.last_ok_at, lane.now)


def _add_attempts(session: Session, tenant_id: UUID, channel_id: UUID, sent: Sequence[Record]) -> None:
    if not sent:
        return
    session.run(
        "INSERT INTO attempts (tenant_id, channel_id, incident_id, revision, number, started_at, latency_ms, outcome,"
        " reason, status, mode, policy, repeat, tripwire)"
        " SELECT %s, %s, n.* FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::timestamptz[], %s::real[], %s::text[],"
        " %s::text[], %s::int[], %s::text[], %s::text[], %s::bool[], %s::int[]) AS n ON CONFLICT DO NOTHING",
        (
            tenant_id,
            channel_id,
            [each.incident_id for each in sent],
            [each.revision for each in sent],
            [each.number for each in sent],
            [each.started_at for each in sent],
            [each.latency_ms for each in sent],
            [each.outcome for each in sent],
            [each.reason for each in sent],
            [each.status for each in sent],
            [each.mode for each in sent],
            [each.policy for each in sent],
            [each.repeat for each in sent],
            [each.tripwire for each in sent],
        ),
    )


def _keep_refs(session: Session, tenant_id: UUID, told: Sequence[Record]) -> None:
    if not told:
        return
    session.run(
        "INSERT INTO threads (tenant_id, incident_id, destination_id, refs)"
        " SELECT %s, n.* FROM unnest(%s::uuid[], %s::uuid[], %s::jsonb[]) AS n"
        " ON CONFLICT (tenant_id, incident_id, destination_id) DO UPDATE SET refs = threads.refs || excluded.refs",
        (
            tenant_id,
            [each.incident_id for each in told],
            [each.destination_id for each in told],
            [orjson.dumps(each.refs).decode() for each in told],
        ),
    )


def due_lanes(session: Session) -> list[tuple[UUID, UUID, datetime]]:
    """Every (tenant, channel) with a delivery due now, across tenants, and since when: ids only."""
    return [(row.tenant_id, row.channel_id, row.due_at) for row in session.rows("SELECT * FROM door.due_lanes()")]


def destination(session: Session, destination_id: UUID) -> Any:
    """A destination's row: kind, config, sealed credentials and their key version."""
    return session.one(
        "SELECT channel_id, kind, config, secrets, key_version FROM destinations WHERE destination_id = %s",
        (destination_id,),
    )


def pause(session: Session, channel_id: UUID, reason: str) -> bool:
    """Stop sending on a channel until a person resumes it; True when it was not paused before."""
    return bool(
        session.run(
            "UPDATE channels SET paused_at = now(), pause_reason = %s WHERE channel_id = %s AND paused_at IS NULL",
            (reason, channel_id),
        )
    )


def rest(session: Session, channel_id: UUID, seconds: float) -> None:
    """Try a failing destination again only after so many seconds."""
    session.run(
        "UPDATE lanes SET probe_at = now() + %s * interval '1 second' WHERE channel_id = %s", (seconds, channel_id)
    )
