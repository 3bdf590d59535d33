"""Hooks and the outbox of what each is still to be told: written by the set, sent under the lease of the hook's row."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from router.core.hook import Note
from router.core.ident import time_ordered
from router.store.deliveries import OWNER_LOCK
from router.store.session import Row, Session, packed

LEASE = 60
"""Seconds for which a worker has a hook to itself."""

COUNTED = 1000
"""Waiting events that are counted one by one; more are "a thousand and more"."""

NUMBERED = 1000
"""Events that one claim gives their numbers at most."""

KEPT_DAYS = 30
"""Days for which what was told, or could not be, is still listed and can be sent again."""

SWEPT = 1000
"""Old events that one sweep removes at most."""

_SHOWN = (
    "h.hook_id, h.name, h.url, h.events, h.enabled, h.revision, h.rotated_at, h.created_at, h.changed_at, h.delivered,"
    " h.dead, h.failing_since, h.paused, h.probe_at, h.last_ok_at, h.last_reason, h.counted, now() AS now,"
    " (SELECT count(*) FROM (SELECT FROM hook_events e WHERE e.tenant_id = h.tenant_id AND e.hook_id = h.hook_id"
    f" AND e.state = 'pending' LIMIT {COUNTED}) q) AS waiting"
)


# --- what is subscribed to --------------------------------------------------------------------------------------------


def subscribed(session: Session) -> list[Row]:
    """The hooks of the entered tenant that are told of something now: (hook_id, events)."""
    return session.rows("SELECT hook_id, events FROM hooks WHERE enabled AND removed_at IS NULL")


def every(session: Session) -> list[Row]:
    """The entered tenant's hooks by name, with how each is doing."""
    return session.rows(f"SELECT {_SHOWN} FROM hooks h WHERE h.removed_at IS NULL ORDER BY h.name")


def by_id(session: Session, hook_id: UUID) -> Row | None:
    """One hook that is in use."""
    return session.one(f"SELECT {_SHOWN} FROM hooks h WHERE h.hook_id = %s AND h.removed_at IS NULL", (hook_id,))


def is_one(session: Session, hook_id: UUID) -> bool:
    """Was a hook ever called this."""
    return session.one("SELECT 1 AS known FROM hooks WHERE hook_id = %s", (hook_id,)) is not None


def add(  # noqa: PLR0913 - one a column
    session: Session,
    tenant_id: UUID,
    hook_id: UUID,
    *,
    name: str,
    url: str,
    events: Sequence[str],
    enabled: bool,
    secrets: bytes,
    key_version: int,
) -> None:
    """Add a hook."""
    session.run(
        "INSERT INTO hooks (tenant_id, hook_id, name, url, events, enabled, secrets, key_version)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (tenant_id, hook_id, name, url, list(events), enabled, secrets, key_version),
    )


def change(session: Session, hook_id: UUID, *, name: str, url: str, events: Sequence[str], enabled: bool) -> bool:
    """Make a hook so; False: it is so already. Whoever changes it lets it go on, whatever had paused it."""
    return bool(
        session.run(
            "UPDATE hooks SET name = %(name)s, url = %(url)s, events = %(events)s, enabled = %(enabled)s,"
            " revision = revision + 1, changed_at = now(), paused = NULL, probe_at = NULL, failing_since = NULL"
            " WHERE hook_id = %(hook)s AND removed_at IS NULL"
            " AND (name, url, events, enabled) IS DISTINCT FROM (%(name)s, %(url)s, %(events)s::text[], %(enabled)s)",
            {"hook": hook_id, "name": name, "url": url, "events": list(events), "enabled": enabled},
        )
    )


def rotate(session: Session, hook_id: UUID, secrets: bytes, key_version: int) -> None:
    """Put other secrets in place."""
    session.run(
        "UPDATE hooks SET secrets = %s, key_version = %s, revision = revision + 1, rotated_at = now(),"
        " changed_at = now() WHERE hook_id = %s",
        (secrets, key_version, hook_id),
    )


def resume(session: Session, hook_id: UUID) -> bool:
    """Let a hook go on that only failed; False: it was not paused."""
    return bool(
        session.run(
            "UPDATE hooks SET paused = NULL, probe_at = NULL, failing_since = NULL WHERE hook_id = %s"
            " AND paused IS NOT NULL",
            (hook_id,),
        )
    )


def remove(session: Session, hook_ids: Sequence[UUID] | None = None) -> list[UUID]:
    """Take hooks out of use, all of the entered tenant's without ids; what they were still to be told goes too."""
    gone = [
        row.hook_id
        for row in session.rows(
            "UPDATE hooks SET removed_at = now(), enabled = false, changed_at = now() WHERE removed_at IS NULL"
            " AND (%(ids)s::uuid[] IS NULL OR hook_id = ANY (%(ids)s)) RETURNING hook_id",
            {"ids": list(hook_ids) if hook_ids is not None else None},
        )
    ]
    if gone:
        session.run("DELETE FROM hook_events WHERE hook_id = ANY (%s)", (gone,))
    return gone


def secrets(session: Session, hook_id: UUID) -> Row | None:
    """Where a hook leads and what its secrets are sealed as."""
    return session.one(
        "SELECT url, secrets, key_version, rotated_at > now() - interval '24 hours' AS both FROM hooks"
        " WHERE hook_id = %s",
        (hook_id,),
    )


def sealed(session: Session) -> list[Row]:
    """Every hook's sealed secrets, for another key."""
    return session.rows("SELECT hook_id, secrets, key_version FROM hooks WHERE removed_at IS NULL FOR NO KEY UPDATE")


def put_sealed(session: Session, found: Sequence[tuple[UUID, bytes]], version: int) -> None:
    """Secrets sealed again under another key."""
    session.run(
        "UPDATE hooks h SET secrets = n.sealed, key_version = %s FROM json_to_recordset(%s::json)"
        " AS n (id uuid, sealed bytea) WHERE h.hook_id = n.id",
        (version, packed([{"id": hook_id, "sealed": sealed_} for hook_id, sealed_ in found])),
    )


# --- what is told -----------------------------------------------------------------------------------------------------


def note(session: Session, tenant_id: UUID, notes: Sequence[Note]) -> None:
    """Write what happened for every hook that wants it; one statement, and nobody waits for it."""
    if not notes:
        return
    now = time.time_ns() // 1_000_000
    session.queue(
        "INSERT INTO hook_events (tenant_id, hook_id, event_id, type, subject, facts)"
        " SELECT %s, h.hook_id, n.event_id, n.type, n.subject, n.facts FROM json_to_recordset(%s::json)"
        " AS n (event_id uuid, type text, subject uuid, facts json)"
        " JOIN hooks h ON h.enabled AND h.removed_at IS NULL AND n.type = ANY (h.events)",
        (
            tenant_id,
            packed(
                [
                    {
                        # Notes of one call stay in their order: the time is followed by their place in it.
                        "event_id": time_ordered(now, place.to_bytes(2, "big") + os.urandom(8)),
                        "type": each.type,
                        "subject": each.subject,
                        "facts": each.facts,
                    }
                    for place, each in enumerate(notes)
                ]
            ),
        ),
    )


class Claim(NamedTuple):
    """What a worker may send for a hook now. `alone`: nothing else waits for it. `due` holds rows of the outbox."""

    lane: Row
    due: list[Row]
    alone: bool


_LANE = (
    "SELECT h.hook_id, h.revision, h.enabled, h.counted, h.lease_token, h.out_events, h.failing_since, h.paused,"
    " h.probe_at, now() AS now,"
    " h.paused IS NOT NULL AND (h.probe_at IS NULL OR h.probe_at > now()) AS held,"
    " CASE WHEN h.lease_token = %(token)s OR h.lease_until IS NULL OR h.lease_until < now() THEN true"
    " ELSE NOT EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted"
    " AND k.classid = %(lock)s AND k.objid = h.lease_owner AND k.objsubid = 2) END AS free"
    # A row that is locked is being claimed by another worker at this moment: it has it.
    " FROM hooks h WHERE h.hook_id = %(hook)s AND h.removed_at IS NULL FOR NO KEY UPDATE SKIP LOCKED"
)


def claim(session: Session, hook_id: UUID, *, owner: int, token: UUID, most: int) -> Claim | None:
    """Take or keep a hook's lease and claim what is due; None: another worker has it, or it is no more.

    What the last holder had out and never recorded is marked uncertain: it may have been sent.
    """
    lane = session.one(_LANE, {"hook": hook_id, "token": token, "lock": OWNER_LOCK})
    if lane is None or not lane.free:
        return None
    if lane.out_events and lane.lease_token != token:
        session.run(
            "UPDATE hook_events SET uncertain = true, attempts = attempts + 1"
            " WHERE hook_id = %s AND event_id = ANY (%s) AND state = 'pending'",
            (hook_id, lane.out_events),
        )
    due: list[Row] = []
    alone = True
    counted = lane.counted
    if lane.enabled and not lane.held:
        counted += session.run(
            "UPDATE hook_events e SET sequence = %(counted)s + n.place FROM (SELECT q.event_id,"
            " row_number() OVER (ORDER BY q.event_id) AS place FROM (SELECT event_id FROM hook_events"
            " WHERE hook_id = %(hook)s AND sequence IS NULL ORDER BY event_id LIMIT %(most)s) q) n"
            " WHERE e.hook_id = %(hook)s AND e.event_id = n.event_id",
            {"hook": hook_id, "counted": lane.counted, "most": NUMBERED},
        )
        due = session.rows(
            "SELECT event_id, type, subject, facts, at, sequence, attempts, tries, first_tried_at, uncertain"
            " FROM hook_events WHERE hook_id = %s AND state = 'pending' AND next_attempt_at <= now()"
            " AND sequence IS NOT NULL ORDER BY next_attempt_at, sequence LIMIT %s",
            (hook_id, 1 if lane.paused is not None else most),
        )
        waiting = session.one(
            "SELECT count(*) AS count FROM"
            " (SELECT FROM hook_events WHERE hook_id = %s AND state = 'pending' LIMIT 2) q",
            (hook_id,),
        )
        alone = waiting is None or waiting.count < 2  # noqa: PLR2004 - another one besides
    session.run(
        "UPDATE hooks SET lease_owner = %(owner)s, lease_token = %(token)s, counted = %(counted)s,"
        " lease_until = CASE WHEN %(busy)s THEN now() + %(lease)s * interval '1 second' END, out_events = %(out)s"
        " WHERE hook_id = %(hook)s",
        {
            "hook": hook_id,
            "owner": owner,
            "token": token,
            "counted": counted,
            "busy": bool(due),
            "lease": LEASE,
            "out": [row.event_id for row in due],
        },
    )
    return Claim(lane, due, alone)


class Result(NamedTuple):
    """What came of one event. `wait`: seconds until the next attempt, where there is one. `counted`: of its tries."""

    event_id: UUID
    state: str
    wait: float
    counted: bool
    uncertain: bool
    reason: str
    status: int | None
    started_at: datetime


class Standing(NamedTuple):
    """How a hook is doing after what came of its events."""

    failing_since: datetime | None
    paused: str | None
    probe_at: datetime | None
    last_reason: str


def record(session: Session, hook_id: UUID, token: UUID, results: Sequence[Result], standing: Standing) -> bool:
    """Write what came of claimed events, fenced by the lease; False: it was lost, and nothing was written."""
    held = session.run(
        "UPDATE hooks SET delivered = delivered + %(ok)s, dead = dead + %(dead)s, out_events = '{}',"
        " last_ok_at = CASE WHEN %(ok)s > 0 THEN now() ELSE last_ok_at END, last_reason = %(last)s,"
        " failing_since = %(since)s, paused = %(paused)s, probe_at = %(probe)s"
        " WHERE hook_id = %(hook)s AND lease_token = %(token)s AND removed_at IS NULL",
        {
            "hook": hook_id,
            "token": token,
            "ok": sum(each.state == "delivered" for each in results),
            "dead": sum(each.state == "dead" for each in results),
            "last": standing.last_reason,
            "since": standing.failing_since,
            "paused": standing.paused,
            "probe": standing.probe_at,
        },
    )
    if not held:
        return False
    session.run(
        "UPDATE hook_events e SET state = n.state, attempts = e.attempts + 1, tries = e.tries + n.counted,"
        " next_attempt_at = now() + n.wait * interval '1 second',"
        " first_tried_at = coalesce(e.first_tried_at, n.started_at),"
        " done_at = CASE WHEN n.state <> 'pending' THEN now() END, uncertain = e.uncertain OR n.uncertain,"
        " reason = n.reason, status = n.status FROM json_to_recordset(%s::json) AS n (event_id uuid, state text,"
        " wait float8, counted int, uncertain bool, reason text, status int, started_at timestamptz)"
        " WHERE e.hook_id = %s AND e.event_id = n.event_id",
        (packed([{**each._asdict(), "counted": int(each.counted)} for each in results]), hook_id),
    )
    return True


def sweep(session: Session, hook_id: UUID) -> None:
    """Forget what has been done with for long."""
    session.run(
        "DELETE FROM hook_events WHERE hook_id = %(hook)s AND event_id IN (SELECT event_id FROM hook_events"
        " WHERE hook_id = %(hook)s AND state <> 'pending' AND done_at < now() - %(days)s * interval '1 day'"
        " ORDER BY done_at LIMIT %(most)s)",
        {"hook": hook_id, "days": KEPT_DAYS, "most": SWEPT},
    )


def due(session: Session) -> list[tuple[UUID, UUID, datetime]]:
    """Every (tenant, hook) with an event due now, across tenants, and since when: ids only."""
    return [(row.tenant_id, row.hook_id, row.due_at) for row in session.rows("SELECT * FROM door.due_hooks()")]


def events(session: Session, hook_id: UUID, *, state: str | None, before: UUID | None, most: int) -> list[Row]:
    """A hook's events, the newest first. `before`: the last one seen."""
    return session.rows(
        "SELECT event_id, type, subject, at, sequence, state, attempts, next_attempt_at, done_at, uncertain, reason,"
        " status FROM hook_events WHERE hook_id = %(hook)s AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(before)s::uuid IS NULL OR event_id < %(before)s) ORDER BY event_id DESC LIMIT %(most)s",
        {"hook": hook_id, "state": state, "before": before, "most": most},
    )


def replay(session: Session, hook_id: UUID, *, since: datetime | None, event_id: UUID | None) -> int:
    """Make events due again on a fresh schedule: one, or all that died since then; how many that is."""
    return session.run(
        "UPDATE hook_events SET state = 'pending', next_attempt_at = now(), tries = 0, first_tried_at = NULL,"
        " done_at = NULL WHERE hook_id = %(hook)s AND ((%(event)s::uuid IS NOT NULL AND event_id = %(event)s)"
        " OR (%(event)s::uuid IS NULL AND state = 'dead' AND done_at >= %(since)s))",
        {"hook": hook_id, "since": since, "event": event_id},
    )
