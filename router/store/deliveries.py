"""The outbox: deliveries that are due, the lane that drains them, and a row for every attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from channels.contract import Kind, Outcome, Reason
from router.core.incident import Incident, Why
from router.core.retry import Health
from router.store.incidents import COLUMNS, from_row
from router.store.session import Row, Session, packed

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


class Due(msgspec.Struct, frozen=True):
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
    created_at: datetime
    uncertain: bool
    reached: bool
    lost: bool
    why: str
    refs: dict[str, str]
    incident: Incident


class Want(NamedTuple):
    """What a lane asks for.

    `most`: deliveries at most. `back`: how many of its last claim it gives back unsent. `first`: it has claimed nothing
    since it was rung, so what its row says is out was left by somebody who could not record it.
    """

    most: int
    back: int = 0
    first: bool = True


class Pace(NamedTuple):
    """How much of a lane one claim may take.

    `rate`: (messages per second, burst) of the destination, None without a limit. `bundle`: (over this many due, or
    older than so many seconds; at most so many in one digest), None where nothing is bundled.
    """

    rate: tuple[float, int] | None
    bundle: tuple[int, float, int] | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds now for a lane's tenant, as the last transaction of the lane saw it."""

    version: int
    kill_switch: bool  # the installation's
    tenant_kill_switch: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What a lane gave: what holds now for its tenant, and the deliveries that are now out.

    `bundled`: they go out as one digest. `soon`: seconds until the destination's rate allows the next one, when it was
    the rate that ended the claim.
    """

    facts: Facts
    bundled: bool
    soon: float | None
    health: Health
    failing: int  # deliveries whose first attempt failed since `health.failing_since`
    due: tuple[Due, ...]


class Record(msgspec.Struct, frozen=True):
    """What came of one claimed delivery. `wait`: seconds to the next attempt when `state` is pending."""

    incident_id: UUID
    revision: int
    kind: Kind
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
    optin_id: UUID | None = None  # under which an attempt in plaintext was made
    original: Outcome | None = None


def add(session: Session, tenant_id: UUID, planned: Sequence[Planned]) -> None:
    """Add deliveries that are due now."""
    if not planned:
        return
    session.queue(
        "INSERT INTO deliveries (tenant_id, incident_id, channel_id, destination_id, revision, kind)"
        " SELECT %s, n.* FROM json_to_recordset(%s::json) AS n (incident_id uuid, channel_id uuid, destination_id uuid,"
        " revision int, kind text) ON CONFLICT DO NOTHING",
        (tenant_id, packed([each._asdict() for each in planned])),
    )


def supersede(session: Session, planned: Sequence[Planned]) -> None:
    """Older revisions that have not left make room for these, on the same incident and channel.

    A resolve is never superseded; one that waits for its next attempt is due now, since these wait for it.
    """
    if not planned:
        return
    session.queue(
        "UPDATE deliveries d SET state = CASE d.kind WHEN 'resolve' THEN d.state ELSE 'superseded' END,"
        " done_at = CASE d.kind WHEN 'resolve' THEN NULL ELSE now() END,"
        " next_attempt_at = CASE d.kind WHEN 'resolve' THEN least(d.next_attempt_at, now()) ELSE d.next_attempt_at END"
        " FROM json_to_recordset(%s::json) AS n (incident_id uuid, channel_id uuid, revision int)"
        " WHERE d.incident_id = n.incident_id AND d.channel_id = n.channel_id AND d.revision < n.revision"
        " AND d.state = 'pending' AND d.incident_id = ANY (%s)",
        (packed([each._asdict() for each in planned]), [each.incident_id for each in planned]),
    )


_LANE = (
    "SELECT l.lease_token, l.out_incidents, l.out_revisions, l.bucket,"
    " extract(epoch FROM now() - l.filled_at)::float8 AS elapsed, c.kind, t.config_version,"
    " i.kill_switch, t.kill_switch AS tenant_kill_switch,"
    " c.paused_at IS NOT NULL OR (l.paused IS NOT NULL AND (l.probe_at IS NULL OR l.probe_at > now())) AS held,"
    " l.failing, l.failing_since, l.paused, l.probe_at, now() AS now,"
    " CASE WHEN l.lease_token = %(token)s OR l.lease_until IS NULL OR l.lease_until < now() THEN true"
    " ELSE NOT EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted"
    " AND k.classid = %(lock)s AND k.objid = l.lease_owner AND k.objsubid = 2) END AS free,"
    " l.channel_id"
    " FROM lanes l JOIN channels c USING (tenant_id, channel_id) JOIN tenants t USING (tenant_id), instance i"
    # A lane that is locked is being claimed by another worker at this moment: it has it.
    " WHERE l.channel_id = ANY (%(channels)s) ORDER BY l.channel_id FOR UPDATE OF l SKIP LOCKED"
)

_BACKLOG = (
    "SELECT count(*) AS due, coalesce(extract(epoch FROM now() - min(q.next_attempt_at)), 0)::float8 AS oldest"
    " FROM (SELECT next_attempt_at FROM deliveries WHERE channel_id = %(channel)s AND state = 'pending'"
    " AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT %(most)s) q"
)

_DUE = (
    "SELECT d.channel_id, d.revision AS due_revision, d.destination_id, d.kind, d.attempts, d.tries,"
    " d.first_tried_at, d.created_at, d.uncertain, coalesce(p.reached, false) AS reached,"
    " coalesce(p.lost, false) AS lost,"
    # Most deliveries are of a first revision that was never tried: that has one reason, and no thread.
    " CASE WHEN d.revision > 1 THEN (SELECT e.why FROM incident_events e WHERE e.tenant_id = d.tenant_id"
    " AND e.incident_id = d.incident_id AND e.revision = d.revision) END AS why,"
    " CASE WHEN d.revision > 1 OR d.attempts > 0 THEN (SELECT h.refs FROM threads h WHERE h.tenant_id = d.tenant_id"
    " AND h.incident_id = d.incident_id AND h.destination_id = d.destination_id) END AS refs, "
    + ", ".join("i." + name if name != "incident_id" else "d.incident_id" for name in COLUMNS.split(", "))
    # Channels that tell the same incident share one look at it: only the first row of each carries it.
    + " FROM (SELECT w.*, row_number() OVER (PARTITION BY w.incident_id) = 1 AS first"
    # One revision of an incident at a time: a resolve is never superseded, and what follows it waits for it.
    " FROM json_to_recordset(%(wants)s::json) AS n (channel_id uuid, most int)"
    " CROSS JOIN LATERAL (SELECT * FROM deliveries w WHERE w.channel_id = n.channel_id AND w.state = 'pending'"
    " AND w.next_attempt_at <= now() AND (w.revision = 1 OR NOT EXISTS (SELECT FROM deliveries o"
    " WHERE o.tenant_id = w.tenant_id AND o.incident_id = w.incident_id AND o.channel_id = w.channel_id"
    " AND o.revision < w.revision AND o.state = 'pending')) ORDER BY w.next_attempt_at LIMIT n.most) w) d"
    # Looked up one by one here and above: a plan made while the tables were small would join all of a tenant's rows.
    " LEFT JOIN LATERAL (SELECT * FROM incidents WHERE d.first AND NOT d.incident_id = ANY (%(held)s::uuid[])"
    " AND tenant_id = d.tenant_id AND incident_id = d.incident_id LIMIT 1) i ON true"
    # What was told since the last resolve that was: a reopened incident has not reached anybody yet.
    " LEFT JOIN LATERAL (SELECT bool_or(o.state = 'delivered' OR o.uncertain) AS reached,"
    " bool_and(o.state IN ('dead', 'suppressed')) AS lost FROM deliveries o"
    " WHERE d.revision > 1"
    " AND o.tenant_id = d.tenant_id AND o.incident_id = d.incident_id AND o.channel_id = d.channel_id"
    " AND o.revision < d.revision AND o.revision > coalesce((SELECT max(r.revision) FROM deliveries r"
    " WHERE r.tenant_id = d.tenant_id AND r.incident_id = d.incident_id AND r.channel_id = d.channel_id"
    " AND r.revision < d.revision AND r.kind = 'resolve' AND (r.state = 'delivered' OR r.uncertain)), 0)) p"
    " ON true"
    " ORDER BY d.next_attempt_at"
)


def claim(
    session: Session,
    wants: Mapping[UUID, Want],
    *,
    owner: int,
    token: UUID,
    pace: Callable[[str], Pace],
    held: dict[UUID, Held],
    at: float,
) -> dict[UUID, Claim]:
    """Take or keep the leases of lanes and claim due deliveries; a lane that another worker has is left out.

    `wants` is by channel of the entered tenant. A lease that has run out, or whose owner's session is gone, passes to
    whoever asks; what was out and never recorded is marked uncertain, since it may have been sent. What the asker
    itself had out it has recorded or not sent. `pace` says for a kind of channel how much may go at once. `held` is
    what the caller remembers of incidents from one claim to the next, and is brought up to date; `at` is the monotonic
    time.
    """
    lanes = session.rows(_LANE, {"token": token, "channels": list(wants), "lock": OWNER_LOCK})
    shares = [_share(session, lane, wants[lane.channel_id], pace, token) for lane in lanes if lane.free]
    asked = [{"channel_id": each.lane.channel_id, "most": each.most} for each in shares if each.most > 0]
    found: dict[UUID, list[Due]] = {}
    if asked:
        lately = [of.hex for of in held.values() if at - of.read_at < HELD_FOR]
        rows = session.rows(_DUE, {"wants": packed(asked), "held": _array(lately)})
        _remember(session, rows, held, at)
        for row in rows:
            found.setdefault(row.channel_id, []).append(_due(row, held[row.incident_id].incident))
    claims = {each.lane.channel_id: _claim(each, tuple(found.get(each.lane.channel_id, ()))) for each in shares}
    leases = [
        _lease(each, claims[each.lane.channel_id].due)
        for each in shares
        if claims[each.lane.channel_id].due or each.lane.out_incidents or each.lane.lease_token == token
    ]
    if leases:
        session.queue(
            "UPDATE lanes l SET lease_owner = %(owner)s, lease_token = %(token)s,"
            " lease_until = CASE WHEN n.busy THEN now() + %(lease)s * interval '1 second' END,"
            " out_incidents = n.incidents, out_revisions = n.revisions,"
            " bucket = coalesce(n.bucket, l.bucket),"
            " filled_at = CASE WHEN n.bucket IS NULL THEN l.filled_at ELSE now() END"
            " FROM json_to_recordset(%(lanes)s::json) AS n (channel_id uuid, busy bool, incidents uuid[],"
            " revisions int[], bucket float8) WHERE l.channel_id = n.channel_id AND l.channel_id = ANY (%(channels)s)",
            {
                "owner": owner,
                "token": token,
                "lease": LEASE,
                "lanes": packed(leases),
                "channels": [each["channel_id"] for each in leases],
            },
        )
    return claims


HELD = 128
"""Incidents that a drain remembers beside those of its last claim. Each is told to the database with every claim."""


def _array(ids: Iterable[str]) -> str:
    """A uuid[] as one text parameter; see `packed`."""
    return "{" + ",".join(ids) + "}"


HELD_FOR = 2.0
"""Seconds for which an incident is not read again, unless a delivery is of a newer revision than was read."""


class Held(NamedTuple):
    """An incident as it was read, when (monotonic), and its id as the database is told it."""

    read_at: float
    incident: Incident
    hex: str


def _remember(session: Session, rows: Sequence[Row], held: dict[UUID, Held], at: float) -> None:
    """Bring what is held of the rows' incidents up to date; what was asked for longest ago is let go."""
    for row in rows:
        if row.revision is not None:
            held[row.incident_id] = Held(at, from_row(row), row.incident_id.hex)
    for row in rows:
        held[row.incident_id] = held.pop(row.incident_id)  # asked for now, so it goes last
    behind = [row.incident_id for row in rows if held[row.incident_id].incident.revision < row.due_revision]
    if behind:
        statement = (
            f"SELECT i.* FROM unnest(%s::uuid[]) AS k CROSS JOIN LATERAL (SELECT {COLUMNS}"
            " FROM incidents WHERE incident_id = k LIMIT 1) i"
        )
        for row in session.rows(statement, (_array(each.hex for each in behind),)):
            held[row.incident_id] = Held(at, from_row(row), row.incident_id.hex)
    asked = len({row.incident_id for row in rows})
    while len(held) > HELD + asked:
        del held[next(iter(held))]


class _Share(NamedTuple):
    """What one lane may claim now. `bucket` is the rate bucket as it stands, None where nothing is metered."""

    lane: Row
    most: int
    bundled: bool
    soon: float | None
    bucket: float | None


def _share(session: Session, lane: Row, want: Want, pace: Callable[[str], Pace], token: UUID) -> _Share:
    most = want.most
    if lane.out_incidents and (want.first or lane.lease_token != token):
        session.run(
            "UPDATE deliveries d SET uncertain = true, attempts = d.attempts + 1"
            " FROM unnest(%s::uuid[], %s::int[]) AS n (incident_id, revision)"
            " WHERE d.channel_id = %s AND d.incident_id = n.incident_id AND d.revision = n.revision"
            " AND d.state IN ('pending', 'superseded')",
            (lane.out_incidents, lane.out_revisions, lane.channel_id),
        )
    rate, bundle = pace(lane.kind)
    if lane.held:
        return _Share(lane, 0, bundled=False, soon=None, bucket=None)
    if lane.paused is not None:
        most = min(most, 1)  # a probe
    bucket, soon = None, None
    if rate is not None and most:
        per_second, burst = rate
        bucket = min(float(burst), lane.bucket + want.back + lane.elapsed * per_second)
        if bucket < 1.0:
            soon = (1.0 - bucket) / per_second
        most = min(most, int(bucket), max(1, int(per_second * LEASE / 2)))
    if bundle is not None and most:
        over, older, together = bundle
        backlog = session.one(_BACKLOG, {"channel": lane.channel_id, "most": over + 1})
        if backlog is not None and (backlog.due > over or (backlog.due > 1 and backlog.oldest > older)):
            return _Share(lane, together, bundled=True, soon=soon, bucket=bucket)
    return _Share(lane, most, bundled=False, soon=soon, bucket=bucket)


def _due(row: Row, incident: Incident) -> Due:
    return Due(
        channel_id=row.channel_id,
        revision=row.due_revision,
        destination_id=row.destination_id,
        kind=row.kind,
        attempts=row.attempts,
        tries=row.tries,
        first_tried_at=row.first_tried_at,
        created_at=row.created_at,
        uncertain=row.uncertain,
        reached=row.reached,
        lost=row.lost,
        why=row.why or (Why.OPENED if row.due_revision == 1 else ""),
        refs=row.refs or {},
        incident=incident,
    )


def _claim(share: _Share, due: tuple[Due, ...]) -> Claim:
    lane = share.lane
    return Claim(
        facts=_facts(lane),
        bundled=share.bundled,
        soon=share.soon,
        health=Health(lane.failing_since, Reason(lane.paused) if lane.paused else None, lane.probe_at),
        failing=lane.failing,
        due=due,
    )


def _facts(row: Row) -> Facts:
    return Facts(row.config_version, row.kill_switch, row.tenant_kill_switch, row.now)


def _lease(share: _Share, due: tuple[Due, ...]) -> dict[str, Any]:
    spent = 1 if share.bundled and due else len(due)
    return {
        "channel_id": share.lane.channel_id,
        "busy": bool(due),
        "incidents": [each.incident.incident_id for each in due],
        "revisions": [each.revision for each in due],
        "bucket": None if share.bucket is None else share.bucket - spent,
    }


class Recorded(NamedTuple):
    """What came of some of a lane's claim, and how its destination does after it.

    `left`: the deliveries of the claim that have no result yet.
    """

    channel_id: UUID
    records: Sequence[Record]
    health: Health
    failing: int
    left: Sequence[tuple[UUID, int]] = ()


def record(
    session: Session, tenant_id: UUID, token: UUID, lanes: Sequence[Recorded]
) -> Callable[[], dict[UUID, Facts]]:
    """Write what came of claimed deliveries, fenced by each lane's lease, which is renewed.

    Of a lane whose lease was lost nothing is written: whoever has it now sends what was out again. Nothing here waits
    for the server; the answer, what holds now for each lane whose lease still held, is there after the next statement
    that does.
    """
    held = session.queue(
        "UPDATE lanes l SET delivered = l.delivered + n.ok, retried = l.retried + n.retried, dead = l.dead + n.dead,"
        " plain_delivered = l.plain_delivered + n.plain_ok, plain_retried = l.plain_retried + n.plain_retried,"
        " plain_dead = l.plain_dead + n.plain_dead,"
        " last_ok_at = CASE WHEN n.ok > 0 THEN now() ELSE l.last_ok_at END,"
        " last_reason = coalesce(n.last, l.last_reason), failing = n.failing, failing_since = n.since,"
        " paused = n.paused, probe_at = n.probe, lease_until = now() + %(lease)s * interval '1 second',"
        # What was delivered may stay on the list of what is out: its state says better. What is to be sent again may
        # not, or a successor would take it for a possible repeat.
        " out_incidents = coalesce(n.incidents, l.out_incidents),"
        " out_revisions = coalesce(n.revisions, l.out_revisions)"
        " FROM json_to_recordset(%(lanes)s::json) AS n (channel_id uuid, ok int, retried int, dead int,"
        " plain_ok int, plain_retried int, plain_dead int, last text,"
        " failing int, since timestamptz, paused text, probe timestamptz, incidents uuid[], revisions int[]),"
        " tenants t, instance i"
        " WHERE l.channel_id = n.channel_id AND l.channel_id = ANY (%(channels)s) AND l.lease_token = %(token)s"
        " AND t.tenant_id = l.tenant_id"
        " RETURNING l.channel_id, t.config_version, i.kill_switch, t.kill_switch AS tenant_kill_switch, now() AS now",
        {
            "lanes": packed([_tally(each) for each in lanes]),
            "channels": [each.channel_id for each in lanes],
            "token": token,
            "lease": LEASE,
        },
    )
    kept = [(each.channel_id, one) for each in lanes for one in each.records]
    if kept:
        _write(session, tenant_id, token, kept)
    return lambda: {row.channel_id: _facts(row) for row in held.fetchall()}


def _tally(lane: Recorded) -> dict[str, Any]:
    sent = [each for each in lane.records if each.sent]
    plain = [each for each in sent if each.mode == "plaintext"]
    again = any(each.state == "pending" for each in lane.records)
    return {
        "channel_id": lane.channel_id,
        "ok": sum(1 for each in sent if each.state == "delivered"),
        "retried": sum(1 for each in sent if each.state == "pending"),
        "dead": sum(1 for each in lane.records if each.state == "dead"),
        "plain_ok": sum(1 for each in plain if each.state == "delivered"),
        "plain_retried": sum(1 for each in plain if each.state == "pending"),
        "plain_dead": sum(1 for each in plain if each.state == "dead"),
        "last": sent[-1].reason if sent else None,
        "failing": lane.failing,
        "since": lane.health.failing_since,
        "paused": lane.health.paused.value if lane.health.paused else None,
        "probe": lane.health.probe_at,
        "incidents": [incident_id for incident_id, _ in lane.left] if again else None,
        "revisions": [revision for _, revision in lane.left] if again else None,
    }


_WRITE = (
    # What is the same for a whole piece is said once: reading it again for every row would cost more than writing it.
    "WITH n AS MATERIALIZED (SELECT g.*, r.incident_id, r.revision, r.number, r.remote_id"
    " FROM json_to_recordset(%(pieces)s::json) AS g (piece int, channel_id uuid, destination_id uuid, kind text,"
    " state text, wait float8, counted int, sent int, uncertain bool, reason text, started_at timestamptz,"
    " latency_ms real, outcome text, status int, mode text, policy text, repeat bool, tripwire int, optin_id uuid)"
    " JOIN json_to_recordset(%(rows)s::json) AS r (piece int, incident_id uuid, revision int, number int,"
    " remote_id text) USING (piece)"
    " WHERE EXISTS (SELECT FROM lanes l WHERE l.channel_id = g.channel_id AND l.lease_token = %(token)s)),"
    # The rows are there, so each is a conflict and changed. Said in this way it is one probe of the primary key a
    # row, whatever the planner believes of the table: a join of many rows to many was planned quadratic.
    " done AS (INSERT INTO deliveries AS d (tenant_id, incident_id, channel_id, destination_id, revision, kind,"
    " state, attempts, tries, next_attempt_at, first_tried_at, done_at, uncertain, reason, remote_id)"
    " SELECT %(tenant)s, n.incident_id, n.channel_id, n.destination_id, n.revision, n.kind, n.state, n.sent,"
    " n.counted, now() + n.wait * interval '1 second', CASE n.sent WHEN 1 THEN n.started_at END,"
    " CASE WHEN n.state <> 'pending' THEN now() END, n.uncertain, n.reason, n.remote_id FROM n"
    " ON CONFLICT (tenant_id, incident_id, channel_id, revision) DO UPDATE SET"
    " state = CASE WHEN d.state = 'superseded' AND excluded.state = 'pending' THEN 'superseded'"
    " ELSE excluded.state END,"
    " attempts = d.attempts + excluded.attempts, tries = d.tries + excluded.tries,"
    " next_attempt_at = excluded.next_attempt_at,"
    " first_tried_at = coalesce(d.first_tried_at, excluded.first_tried_at), done_at = excluded.done_at,"
    " uncertain = d.uncertain OR excluded.uncertain, reason = excluded.reason,"
    " remote_id = coalesce(excluded.remote_id, d.remote_id))"
    " INSERT INTO attempts (tenant_id, incident_id, channel_id, revision, number, started_at, latency_ms,"
    " outcome, reason, status, mode, policy, repeat, tripwire, optin_id)"
    " SELECT %(tenant)s, n.incident_id, n.channel_id, n.revision, n.number, n.started_at, n.latency_ms,"
    " n.outcome, n.reason, n.status, n.mode, n.policy, n.repeat, n.tripwire, n.optin_id FROM n WHERE n.sent = 1"
    " ON CONFLICT DO NOTHING"
)

_SAME = (
    "destination_id", "kind", "state", "wait", "uncertain", "reason", "started_at", "latency_ms", "outcome", "status",
    "mode", "policy", "repeat", "tripwire", "optin_id",
)  # fmt: skip
"""What deliveries of one piece mostly have in common."""

_common = attrgetter(*_SAME, "counted", "sent")


def _write(session: Session, tenant_id: UUID, token: UUID, kept: Sequence[tuple[UUID, Record]]) -> None:
    pieces: dict[tuple[Any, ...], int] = {}
    rows = []
    for channel_id, each in kept:
        piece = pieces.setdefault((channel_id, *_common(each)), len(pieces))
        rows.append(
            {
                "piece": piece,
                "incident_id": each.incident_id,
                "revision": each.revision,
                "number": each.number,
                "remote_id": each.remote_id,
            }
        )
    session.queue(
        _WRITE,
        {
            "pieces": packed(
                [
                    dict(zip(_SAME, same, strict=False))
                    | {"piece": number, "channel_id": channel_id, "counted": int(counted), "sent": int(sent)}
                    for (channel_id, *same, counted, sent), number in pieces.items()
                ]
            ),
            "rows": packed(rows),
            "tenant": tenant_id,
            "token": token,
        },
    )
    _keep_refs(session, tenant_id, token, [(channel_id, each) for channel_id, each in kept if each.refs])


_FENCED = " AND EXISTS (SELECT FROM lanes l WHERE l.channel_id = n.channel_id AND l.lease_token = %(token)s)"


def _keep_refs(session: Session, tenant_id: UUID, token: UUID, told: Sequence[tuple[UUID, Record]]) -> None:
    if not told:
        return
    session.queue(
        "INSERT INTO threads (tenant_id, incident_id, destination_id, refs)"
        " SELECT %(tenant)s, n.incident_id, n.destination_id, n.refs FROM json_to_recordset(%(rows)s::json) AS n"
        " (channel_id uuid, incident_id uuid, destination_id uuid, refs jsonb) WHERE true" + _FENCED + ""
        " ON CONFLICT (tenant_id, incident_id, destination_id) DO UPDATE SET refs = threads.refs || excluded.refs",
        {
            "tenant": tenant_id,
            "rows": packed(
                [
                    {
                        "channel_id": channel_id,
                        "incident_id": each.incident_id,
                        "destination_id": each.destination_id,
                        "refs": each.refs,
                    }
                    for channel_id, each in told
                ]
            ),
            "token": token,
        },
    )


def due_lanes(session: Session) -> list[tuple[UUID, UUID, datetime]]:
    """Every (tenant, channel) with a delivery due now, across tenants, and since when: ids only."""
    return [(row.tenant_id, row.channel_id, row.due_at) for row in session.rows("SELECT * FROM door.due_lanes()")]


def destination(session: Session, destination_id: UUID) -> Row | None:
    """A destination's row: kind, config, sealed credentials and their key version."""
    return session.one(
        "SELECT channel_id, kind, config, secrets, key_version, identity FROM destinations WHERE destination_id = %s",
        (destination_id,),
    )
