"""The rows of the audit: events, their chain, checkpoints and wrapped keys; inserted and read, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from router.core import audit as chain
from router.core.audit import INSTANCE, Entry, Link
from router.core.checkpoint import Checkpoint
from router.store.session import Row, Session, packed


def add(session: Session, tenant_id: UUID, entries: Sequence[Entry]) -> None:
    """Store events of the entered tenant in one statement; nothing that another writer holds is waited for."""
    rows = [
        {
            "at": each.at.isoformat(),
            "event_id": each.event_id,
            "actor": each.actor,
            "auth": each.auth,
            "action": each.action,
            "object": each.object,
            "decision": each.decision,
            "reason": each.reason,
            "request_id": each.request_id,
            "details": each.details.decode(),
            "mac": each.mac,
            "mac_version": each.mac_version,
        }
        for each in entries
    ]
    session.queue(
        "INSERT INTO audit_events (tenant_id, at, event_id, actor, auth, action, object, decision, reason, request_id,"
        " details, mac, mac_version) SELECT %s, e.at, e.event_id, e.actor, e.auth, e.action, e.object, e.decision,"
        " e.reason, e.request_id, e.details::json, e.mac, e.mac_version FROM json_to_recordset(%s) AS e"
        " (at timestamptz, event_id uuid, actor text, auth text, action text, object text, decision text, reason text,"
        " request_id text, details text, mac bytea, mac_version integer)",
        (tenant_id, packed(rows)),
    )


def now(session: Session) -> datetime:
    """The database's clock."""
    row = session.one("SELECT clock_timestamp() AS now")
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return row.now  # type: ignore[no-any-return]  # rows are named tuples


def keys(session: Session, purpose: str) -> list[Row]:
    """The wrapped keys for a purpose (`mac`, `sign`), oldest first; `session` entered the installation."""
    return session.rows(
        "SELECT version, wrapped, wrapped_by, created_at FROM audit_keys WHERE purpose = %s ORDER BY version",
        (purpose,),
    )


def add_key(session: Session, tenant_id: UUID, purpose: str, version: int, wrapped: bytes, wrapped_by: str) -> bool:
    """Keep a wrapped key unless another process was first; True when it was kept."""
    return bool(
        session.run(
            "INSERT INTO audit_keys (tenant_id, purpose, version, wrapped, wrapped_by) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (tenant_id, purpose, version, wrapped, wrapped_by),
        )
    )


def rewrap_key(session: Session, purpose: str, version: int, wrapped: bytes, wrapped_by: str) -> bool:
    """The same key wrapped anew; `session` entered the installation."""
    return bool(
        session.run(
            "UPDATE audit_keys SET wrapped = %s, wrapped_by = %s WHERE purpose = %s AND version = %s",
            (wrapped, wrapped_by, purpose, version),
        )
    )


def unchained(session: Session) -> dict[UUID, datetime]:
    """Chains that somebody's committed events are not in yet, and since when; needs no tenant, enters the installation.

    Only transactions that were not over at the last look are looked at, so this costs what happened since.
    """
    session.enter(INSTANCE)
    rows = session.rows(
        "SELECT u.tenant_id, u.since FROM audit_state s CROSS JOIN LATERAL door.audit_unchained(CASE WHEN s.passed"
        " <= pg_snapshot_xmax(pg_current_snapshot()) THEN s.passed ELSE '0' END) u"
    )
    return {row.tenant_id: row.since for row in rows}


def take_chain(session: Session) -> Row | None:
    """Become the one who chains, until the transaction ends; None: somebody else is.

    `passed` is how far the last one came, `oldest` the oldest transaction still open: what committed before it can be
    seen by every later statement. In a database restored elsewhere transaction numbers start low again, so a `passed`
    from the future counts for nothing. Enters the installation.
    """
    session.enter(INSTANCE)
    return session.one(
        "SELECT CASE WHEN passed <= pg_snapshot_xmax(pg_current_snapshot()) THEN passed ELSE '0' END::text AS passed,"
        " pg_snapshot_xmin(pg_current_snapshot())::text AS oldest, current_setting('track_commit_timestamp') = 'on'"
        " AS dated FROM audit_state FOR UPDATE SKIP LOCKED"
    )


def pass_to(session: Session, oldest: str) -> None:
    """Everything that an older transaction wrote is chained; `session` took the chain and entered the installation."""
    session.run("UPDATE audit_state SET passed = %s::xid8", (oldest,))


_FIRST: Final = (datetime.min.replace(tzinfo=UTC), INSTANCE)
_LAST: Final = datetime.max.replace(tzinfo=UTC)

_EVENT: Final = (
    "event_id, at, actor, auth, action, object, decision, reason, request_id, details::text AS details, mac,"
    " mac_version"
)


_FORM: Final = (
    "event_id::text AS event_id, actor, auth, action, object, decision, reason, request_id, details::text AS details,"
    """ to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS moment, mac, mac_version"""
)


def head(session: Session) -> tuple[int, bytes] | None:
    """The last row of the entered tenant's chain: its number and hash."""
    row = session.one("SELECT seq, hash FROM audit_chain ORDER BY seq DESC LIMIT 1")
    return (row.seq, row.hash) if row else None


def row_at(session: Session, seq: int) -> Row:
    """Time and hash of a row of the entered tenant's chain, which is there."""
    row = session.one("SELECT at, hash FROM audit_chain WHERE seq = %s", (seq,))
    assert row is not None  # noqa: S101 - the caller has just verified it
    return row


def loose(session: Session, passed: str, most: int, *, dated: bool) -> list[Entry]:
    """Events of the entered tenant in no chain yet, in the order in which they were committed, as far as that is known.

    Transactions that did not overlap are always in order. Those that did are in commit order when the server tracks
    commit times (`dated`), else in the order in which they began to write.
    """
    order = "pg_xact_commit_timestamp(e.made_in::xid) NULLS FIRST, " if dated else ""
    rows = session.rows(
        # A range with two ends is taken for a short one, and each event's row in the chain is looked up alone: a plan
        # for all of them reads the whole chain, every second.
        f"SELECT {_EVENT} FROM audit_events e LEFT JOIN LATERAL (SELECT true AS chained FROM audit_chain c"
        " WHERE c.tenant_id = e.tenant_id AND c.event_id = e.event_id LIMIT 1) c ON true WHERE e.made_in >= %s::xid8"
        " AND e.made_in <= '18446744073709551615'::xid8 AND c.chained IS NULL"
        f" ORDER BY {order}e.made_in, e.at, e.event_id LIMIT %s",
        (passed, most),
    )
    return [_entry(row) for row in rows]


def add_links(session: Session, tenant_id: UUID, links: Sequence[Link]) -> None:
    """Append to the entered tenant's chain. Raises Conflict when a row of that number is there."""
    rows = [
        {
            "seq": each.seq,
            "at": each.at.isoformat(),
            "event_id": each.event_id,
            "hash": each.hash,
            "tie": each.tie,
            "mac_version": each.mac_version,
        }
        for each in links
    ]
    session.run(
        "INSERT INTO audit_chain (tenant_id, seq, at, event_id, hash, tie, mac_version) SELECT %s, l.* FROM"
        " json_to_recordset(%s) AS l (seq bigint, at timestamptz, event_id uuid, hash bytea, tie bytea, mac_version"
        " integer)",
        (tenant_id, packed(rows)),
    )


def stretch(session: Session, tenant_id: UUID, after: int, upto: int) -> list[chain.Row]:
    """Rows of the entered tenant's chain after one and up to another, in order, with the events they name.

    Events are read as one range of time and matched here, which costs the server a fifth of looking each up; when the
    range holds far more than the rows name, because somebody changed a time, they are looked up. Ids and times come as
    text, which is what is authenticated.
    """
    links = session.rows(
        "SELECT seq, at, event_id::text AS event_id, hash, tie, mac_version FROM audit_chain WHERE seq > %s AND seq <="
        " %s ORDER BY seq",
        (after, upto),
    )
    if not links:
        return []
    times = [row.at for row in links]
    most = 2 * len(links) + 100
    found = session.rows(
        f"SELECT {_FORM} FROM audit_events WHERE at >= %s AND at <= %s LIMIT %s", (min(times), max(times), most)
    )
    if len(found) == most:
        found = session.rows(
            f"SELECT e.* FROM audit_chain c CROSS JOIN LATERAL (SELECT {_FORM} FROM audit_events WHERE tenant_id ="
            " c.tenant_id AND at = c.at AND event_id = c.event_id LIMIT 1) e WHERE c.seq > %s AND c.seq <= %s",
            (after, upto),
        )
    tenant = str(tenant_id)
    events = {row.event_id: row for row in found}
    rows = []
    for link in links:
        row = events.get(link.event_id)
        if row is None:
            event = None
        else:
            form = chain.form(tenant, row.event_id, row.moment, row.details, row)
            event = chain.Sealed(form, row.mac, row.mac_version)
        rows.append(chain.Row(link.seq, link.event_id, link.hash, link.tie, link.mac_version, event))
    return rows


def passed(session: Session) -> str:
    """Events of older transactions than this are chained. Enters the installation."""
    session.enter(INSTANCE)
    row = session.one("SELECT passed::text AS passed FROM audit_state")
    return row.passed if row else "0"


def outside(
    session: Session, passed_to: str, after: tuple[datetime, UUID] | None, most: int
) -> list[tuple[Entry, bool]]:
    """Events of the entered tenant in no chain, oldest first, and whether the chain should have them."""
    rows = session.rows(
        f"SELECT {_EVENT}, made_in < %s::xid8 AS passed FROM audit_events e WHERE"
        " (e.at, e.event_id) > (%s, %s) AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.tenant_id = e.tenant_id"
        " AND c.event_id = e.event_id) ORDER BY e.at, e.event_id LIMIT %s",
        (passed_to, *(after or _FIRST), most),
    )
    return [(_entry(row), row.passed) for row in rows]


def strays(
    session: Session, passed_to: str, after: datetime | None, upto: datetime | None, most: int
) -> list[tuple[Entry, bool]]:
    """The same of the events after one time and up to another alone (None: without that bound), as far as `most`."""
    rows = session.rows(
        # Each event's row is looked up alone, as in `loose`: this costs what the span holds, however long the chain.
        f"SELECT {_EVENT}, made_in < %s::xid8 AS passed FROM audit_events e LEFT JOIN LATERAL (SELECT true AS chained"
        " FROM audit_chain c WHERE c.tenant_id = e.tenant_id AND c.event_id = e.event_id LIMIT 1) c ON true"
        " WHERE e.at > %s AND e.at <= %s AND c.chained IS NULL ORDER BY e.at, e.event_id LIMIT %s",
        (passed_to, after or _FIRST[0], upto or _LAST, most),
    )
    return [(_entry(row), row.passed) for row in rows]


def add_checkpoint(session: Session, made: Checkpoint) -> None:
    """Keep a signed checkpoint of the entered tenant."""
    session.run(
        "INSERT INTO audit_checkpoints (tenant_id, seq, at, kind, statement, signature) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (made.tenant_id, made.seq, made.at, made.kind, made.statement.decode(), made.signature),
    )


def last_checkpoint(session: Session) -> Row | None:
    """The entered tenant's furthest checkpoint: seq, at, statement, signature."""
    return session.one(
        "SELECT seq, at, statement, signature FROM audit_checkpoints WHERE kind = 'checkpoint' ORDER BY seq DESC,"
        " at DESC LIMIT 1"
    )


def checkpoints(session: Session, after: tuple[int, datetime] | None, upto: int, most: int) -> list[Row]:
    """The entered tenant's checkpoints by row number: seq, at, kind, statement, signature."""
    return session.rows(
        "SELECT seq, at, kind, statement, signature FROM audit_checkpoints WHERE (seq, at) > (%s, %s) AND seq <= %s"
        " ORDER BY seq, at, kind LIMIT %s",
        (*(after or (-1, _FIRST[0])), upto, most),
    )


def starts(session: Session) -> list[Row]:
    """The entered tenant's signed starts, newest first: statement, signature."""
    return session.rows(
        "SELECT seq, statement, signature FROM audit_checkpoints WHERE kind = 'start' ORDER BY seq DESC"
    )


def furthest(session: Session) -> int:
    """The highest row that a checkpoint of the entered tenant names, 0 for none."""
    row = session.one("SELECT max(seq) AS seq FROM audit_checkpoints")
    return row.seq or 0 if row else 0


def due(session: Session, signing: float, keeping: float) -> tuple[bool, bool, bool]:
    """Was it longer than so many seconds ago that checkpoints were signed, and that months were looked after.

    And is a stretch of the nightly verification due.
    """
    session.enter(INSTANCE)
    row = session.one(
        "SELECT signed_at < now() - %s * interval '1 second' AS signing, kept_at < now() - %s * interval '1 second' AS"
        " keeping, nightly_due <= now() AS verifying FROM audit_state",
        (signing, keeping),
    )
    return (row.signing, row.keeping, row.verifying) if row else (False, False, False)


def nightly(session: Session) -> Row:
    """What is kept of the nightly verification, unbelieved: nightly, nightly_mac, nightly_key; now. No tenant."""
    session.enter(INSTANCE)
    return session.one("SELECT nightly, nightly_mac, nightly_key, clock_timestamp() AS now FROM audit_state")


def go_on(session: Session, was: str | None, now: str, mac: bytes, mac_version: int, due_at: datetime) -> bool:
    """Keep how far the nightly verification came, unless another process was quicker. Enters the installation."""
    session.enter(INSTANCE)
    return bool(
        session.run(
            "UPDATE audit_state SET nightly = %s, nightly_mac = %s, nightly_key = %s, nightly_due = %s"
            " WHERE nightly IS NOT DISTINCT FROM %s::text",
            (now, mac, mac_version, due_at, was),
        )
    )


def take(session: Session, what: Literal["signed_at", "kept_at"], seconds: float) -> bool:
    """True for one caller in so many seconds. Enters the installation."""
    session.enter(INSTANCE)
    return bool(
        session.run(
            f"UPDATE audit_state SET {what} = clock_timestamp() WHERE {what} < clock_timestamp() - %s * interval"
            " '1 second'",
            (seconds,),
        )
    )


def make_months(session: Session, ahead: int) -> int:
    """Partitions for this month and so many after it; how many were missing. Needs no tenant."""
    row = session.one("SELECT door.audit_months(%s) AS made", (ahead,))
    return row.made if row else 0


def over(session: Session) -> list[Row]:
    """The oldest month past its retention: month, tenant_id, and the last row of its chain in it; needs no tenant."""
    return session.rows("SELECT month, tenant_id, seq FROM door.audit_over()")


def drop(session: Session, month: date) -> bool:
    """Drop a month past its retention, if every chain in it has a signed start after it; needs no tenant."""
    row = session.one("SELECT door.audit_drop(%s) AS dropped", (month,))
    return bool(row and row.dropped)


_FILTERS: Final = {
    "actor": "e.actor = %(actor)s",
    "action": "e.action = %(action)s",
    "actions": "e.action = ANY (%(actions)s)",
    "object": "e.object = %(object)s",
    # Every event about an incident has it as its object; row-level security bars an index on what `->>` gives.
    "incident": "e.object = 'incident:' || %(incident)s",
    "since": "e.at >= %(since)s",
}

_DECISIONS: Final = {"allowed": "e.decision = 'allowed'", "denied": "e.decision = 'denied'"}
"""In the text, so that the partial index of what was denied serves its list."""

# A door looks among the channel's events, since only it can use their index, and each is then read under the policy.
_OF_CHANNEL: Final = (
    "SELECT x.* FROM door.audit_of_channel(%(channel)s, coalesce(%(at)s::timestamptz, 'infinity'),"
    " coalesce(%(event_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), coalesce(%(since)s::timestamptz,"
    " '-infinity'), %(actor)s, %(actions)s, %(objects)s, %(decision)s, %(most)s) k CROSS JOIN LATERAL"
    " (SELECT * FROM audit_events a WHERE a.at = k.at AND a.event_id = k.event_id LIMIT 1) x"
)


def listing(
    session: Session,
    *,
    before: tuple[datetime, UUID] | None,
    most: int,
    channel: str | None = None,
    decision: str | None = None,
    until: datetime | None = None,
    **wanted: str | list[str] | datetime | None,
) -> list[Row]:
    """Events of the entered tenant, newest first, with their rows in the chain; the rest `wanted` as in `_FILTERS`."""
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if until is not None and (before is None or until <= before[0]):
        before = until, UUID(int=0)
    at, event_id = before or (None, None)
    if channel is not None:
        found = _OF_CHANNEL
        objects = [given.get("object"), "incident" in given and f"incident:{given['incident']}"]
        given = dict.fromkeys(("actor", "actions", "since")) | given
        given |= {"channel": channel, "decision": decision, "objects": [each for each in objects if each] or None}
        if "action" in given:
            given["actions"] = [given["action"]]
    else:
        terms = [_FILTERS[name] for name in given]
        if decision is not None:
            terms.append(_DECISIONS[decision])
        if before is not None:
            terms.append("(e.at, e.event_id) < (%(at)s, %(event_id)s)")
        where = f"WHERE {' AND '.join(terms)} " if terms else ""
        found = f"SELECT * FROM audit_events e {where}ORDER BY e.at DESC, e.event_id DESC LIMIT %(most)s"
    return session.rows(
        "SELECT e.event_id, e.at, e.actor, e.auth, e.action, e.object, e.decision, e.reason, e.request_id, e.details,"
        # Looked up one by one: a plan for all of them reads the whole chain.
        f" c.seq, c.hash FROM ({found}) e LEFT JOIN LATERAL (SELECT f.seq, f.hash FROM audit_chain f"
        " WHERE f.tenant_id = e.tenant_id AND f.event_id = e.event_id LIMIT 1) c ON true"
        " ORDER BY e.at DESC, e.event_id DESC",
        {**given, "at": at, "event_id": event_id, "most": most},
    )


def lag(session: Session) -> tuple[float, float | None]:
    """(age in seconds of the oldest event in no chain, of the last round of checkpoints or None); needs no tenant."""
    waiting = unchained(session)
    session.enter(INSTANCE)
    row = session.one(
        "SELECT extract(epoch FROM now() - signed_at)::float8 AS signed, signed_at > 'epoch' AS ever,"
        " extract(epoch FROM now() - %s::timestamptz)::float8 AS oldest FROM audit_state",
        (min(waiting.values(), default=None),),
    )
    if row is None:
        return 0.0, None
    return max(0.0, row.oldest or 0.0), row.signed if row.ever else None


def schema(session: Session) -> str:
    """The schema's version."""
    row = session.one("SELECT version_num FROM public.alembic_version")
    return row.version_num if row else ""


def newest(session: Session, action: str) -> Row | None:
    """The entered tenant's last event of one action: at, age in seconds, actor, details."""
    return session.one(
        "SELECT at, extract(epoch FROM now() - at)::float8 AS age, actor, details FROM audit_events"
        " WHERE action = %s"
        " ORDER BY at DESC, event_id DESC LIMIT 1",
        (action,),
    )


def _entry(row: Row) -> Entry:
    return Entry(
        row.event_id,
        row.at,
        row.actor,
        row.auth,
        row.action,
        row.object,
        row.decision,
        row.reason,
        row.request_id,
        row.details.encode(),
        row.mac,
        row.mac_version,
    )
