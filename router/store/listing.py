"""What people look at: lists and pages of one tenant, each a fixed number of statements however long the list.

Lists page by key: the id of the last row seen, never an offset. Incident ids sort by time (UUID version 7). An index by
status and severity serves every list of incidents as a merge of few short stretches of it; dead deliveries have their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from router.core.alert import RANK
from router.store.session import Row, Session

ALERTS_SHOWN = 20
"""Alerts of an incident that are told with it, the newest."""

ATTEMPTS_SHOWN = 200
"""Attempts of an incident that its page shows, the newest."""

COUNTED = 1000
"""Waiting deliveries that are counted one by one; a longer queue is "1000 or more"."""

_LINE = "i.incident_id, i.status, i.severity, i.title, i.source, i.count, i.revision, i.opened_at, i.last_alert_at"
_QUIET = (
    "s.quiet_after, s.paused_at IS NOT NULL AS source_paused, now() AS now,"
    " greatest(i.last_alert_at, n.ingest_since, s.resumed_at) AS quiet_since"
)
LIVE = ("open", "acknowledged", "investigating")
"""Statuses of an incident that is not over."""


_LAST = UUID(int=2**128 - 1)
_ENDLESS = 2**31 - 2
"""Behind every id, and every revision: where a list begins, so that a place in it is always the index's own bound."""

LOOK = 5000
"""Deliveries that one page of a narrowed list looks among."""


def places(
    session: Session,
    *,
    statuses: Sequence[str],
    severities: Sequence[str],
    urgent: bool,
    after: tuple[int, UUID] | None,
    most: int,
) -> list[Row]:
    """(rank, incident_id) of incidents with one of these statuses and severities, the newest first.

    `urgent`: the most severe first, and then the newest. `after`: (rank, id) of the last seen; the rank counts only
    when `urgent`. A merge of each status and severity's newest: it costs the same however many there are.
    """
    ranks = [RANK[severity] for severity in severities]  # type: ignore[index]  # callers pass ours
    below = [_LAST if after is None else after[1] for _ in severities]
    if urgent and after is not None:
        below = [_LAST if rank < after[0] else after[1] if rank == after[0] else UUID(int=0) for rank in ranks]
    order = "b.rank DESC, k.incident_id DESC" if urgent else "k.incident_id DESC"
    return session.rows(
        "SELECT b.rank, k.incident_id FROM unnest(%(statuses)s::text[]) AS s (status)"
        " CROSS JOIN unnest(%(severities)s::text[], %(ranks)s::int[], %(below)s::uuid[]) AS b (severity, rank, below)"
        " CROSS JOIN LATERAL (SELECT i.incident_id FROM incidents i WHERE i.status = s.status"
        " AND i.severity = b.severity AND i.incident_id < b.below ORDER BY i.incident_id DESC LIMIT %(most)s) k"
        f" ORDER BY {order} LIMIT %(most)s",
        {
            "statuses": list(statuses),
            "severities": list(severities),
            "ranks": ranks,
            "below": below,
            "most": most,
        },
    )


def lines(
    session: Session,
    incident_ids: Sequence[UUID],
    *,
    source: str | None = None,
    channel_id: UUID | None = None,
    text: str | None = None,
    label: tuple[str, str] | None = None,
    most: int,
) -> list[Row]:
    """Those of these incidents that fit, in the order given.

    `channel_id`: told to this channel. `text` is part of the title or of a label's value, in any case; `label` is a
    label's name and its whole value.
    """
    return session.rows(
        f"SELECT {_LINE}, {_QUIET} FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS w (id, place)"
        " CROSS JOIN LATERAL (SELECT * FROM incidents j WHERE j.incident_id = w.id LIMIT 1) i"
        " LEFT JOIN sources s ON s.tenant_id = i.tenant_id AND s.source_id = i.source_id CROSS JOIN instance n"
        " WHERE (%(source)s::text IS NULL OR i.source = %(source)s)"
        " AND (%(channel)s::text IS NULL OR i.told ->> %(channel)s IS NOT NULL)"
        " AND (%(name)s::text IS NULL OR i.labels ->> %(name)s = %(value)s)"
        " AND (%(text)s::text IS NULL OR i.title ILIKE %(text)s"
        " OR i.labels::text ILIKE %(raw)s"
        " AND EXISTS (SELECT FROM json_each_text(i.labels) l WHERE l.value ILIKE %(text)s))"
        " ORDER BY w.place LIMIT %(most)s",
        {
            "ids": list(incident_ids),
            "source": source,
            "channel": None if channel_id is None else str(channel_id),
            "text": None if text is None else f"%{_literal(text)}%",
            # As the JSON holds it: most labels are let go by their text, before they are taken apart.
            "raw": None if text is None else f"%{_literal(orjson.dumps(text).decode()[1:-1])}%",
            "name": label and label[0],
            "value": label and label[1],
            "most": most,
        },
    )


def _literal(text: str) -> str:
    """Text that LIKE takes as it stands."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def incidents(
    session: Session, *, statuses: Sequence[str], severity: str | None, after: UUID | None, most: int
) -> list[Row]:
    """Incidents with one of these statuses, the newest first."""
    severities = [severity] if severity is not None else list(RANK)
    found = places(
        session,
        statuses=statuses,
        severities=severities,
        urgent=False,
        after=None if after is None else (0, after),
        most=most,
    )
    return lines(session, [row.incident_id for row in found], most=most)


def severities(session: Session) -> dict[str, int]:
    """How many incidents of each severity are live, COUNTED and one more at most for each status."""
    found = session.rows(
        "SELECT v.severity, (SELECT count(*) FROM unnest(%(live)s::text[]) AS s (status) CROSS JOIN LATERAL"
        " (SELECT FROM incidents i WHERE i.status = s.status AND i.severity = v.severity LIMIT %(most)s) q) AS live"
        " FROM unnest(%(severities)s::text[]) AS v (severity)",
        {"live": list(LIVE), "severities": list(RANK), "most": COUNTED + 1},
    )
    return {row.severity: row.live for row in found}


def newer(session: Session, *, statuses: Sequence[str], severities: Sequence[str], than: UUID, most: int) -> list[UUID]:
    """Incidents with one of these statuses and severities that were opened after this one, `most` at the most."""
    return [
        row.incident_id
        for row in session.rows(
            "SELECT k.incident_id FROM unnest(%(statuses)s::text[]) AS s (status)"
            " CROSS JOIN unnest(%(severities)s::text[]) AS v (severity) CROSS JOIN LATERAL"
            " (SELECT i.incident_id FROM incidents i WHERE i.status = s.status AND i.severity = v.severity"
            " AND i.incident_id > %(than)s ORDER BY i.incident_id DESC LIMIT %(most)s) k LIMIT %(most)s",
            {"statuses": list(statuses), "severities": list(severities), "than": than, "most": most},
        )
    ]


def newest(session: Session) -> UUID:
    """The incident that was opened last; the lowest id when there is none."""
    row = session.one("SELECT incident_id FROM incidents ORDER BY incident_id DESC LIMIT 1")
    return row.incident_id if row else UUID(int=0)


def lanes(session: Session) -> list[Row]:
    """How each channel's lane is doing and since when its oldest due delivery waits, by name.

    Of a retired channel only while something of it waits.
    """
    return session.rows(
        "SELECT c.channel_id, c.name, c.kind, c.retired_at, c.paused_at, c.pause_reason, l.paused, l.probe_at,"
        " l.failing, l.failing_since, l.last_ok_at, l.lease_until > now() AS leased, d.next_attempt_at AS oldest,"
        " now() AS now FROM channels c JOIN lanes l USING (tenant_id, channel_id) LEFT JOIN LATERAL"
        " (SELECT w.next_attempt_at FROM deliveries w WHERE w.tenant_id = c.tenant_id AND w.channel_id = c.channel_id"
        " AND w.state = 'pending' ORDER BY w.next_attempt_at LIMIT 1) d ON true"
        " WHERE c.retired_at IS NULL OR d.next_attempt_at IS NOT NULL ORDER BY c.name"
    )


def attention(session: Session, ending: timedelta) -> Row:
    """(optins, first_ends_at, quarter, due_at, now): opt-ins that end within `ending`; the open review due first."""
    return session.one(
        "SELECT o.optins, o.first_ends_at, r.quarter, r.due_at, now() AS now FROM (SELECT count(*) AS optins,"
        " min(ends_at) AS first_ends_at FROM optins WHERE state IN ('active', 'expiring') AND ends_at < now() + %s) o"
        " LEFT JOIN LATERAL (SELECT quarter, due_at FROM reviews WHERE state = 'open' ORDER BY due_at LIMIT 1) r"
        " ON true",
        (ending,),
    )


def names(session: Session) -> tuple[list[str], list[tuple[str, UUID]]]:
    """The sources and channels in use, by name: what a list is filtered by."""
    rows = session.rows(
        "SELECT 'source' AS what, name, source_id AS id FROM sources WHERE retired_at IS NULL UNION ALL"
        " SELECT 'channel', name, channel_id FROM channels WHERE retired_at IS NULL ORDER BY 2"
    )
    return [row.name for row in rows if row.what == "source"], [
        (row.name, row.id) for row in rows if row.what == "channel"
    ]


def by_short_id(session: Session, tail: str) -> list[UUID]:
    """Up to two incidents whose id ends so, the newest first."""
    return [row.incident_id for row in session.rows("SELECT incident_id FROM door.incidents_called(%s)", (tail,))]


def quiet(session: Session, incident_id: UUID) -> Row | None:
    """What an incident's quiet timer depends on."""
    return session.one(
        f"SELECT i.status, {_QUIET} FROM incidents i LEFT JOIN sources s USING (tenant_id, source_id), instance n"
        " WHERE i.incident_id = %s",
        (incident_id,),
    )


def strip(session: Session, incident_ids: Sequence[UUID]) -> list[Row]:
    """The newest delivery of each of these incidents to each channel that it was told to, by channel name.

    Looked up one by one, so that an incident of a thousand revisions costs no more than one of two.
    """
    return session.rows(
        "SELECT d.*, c.name AS channel, c.kind AS channel_kind, now() AS now,"
        " c.paused_at IS NOT NULL OR l.paused IS NOT NULL AS held FROM unnest(%s::uuid[]) AS w (id)"
        " CROSS JOIN LATERAL (SELECT j.tenant_id, j.incident_id, j.told FROM incidents j WHERE j.incident_id = w.id"
        " LIMIT 1) i CROSS JOIN LATERAL json_object_keys(i.told) AS t (channel) CROSS JOIN LATERAL"
        " (SELECT e.tenant_id, e.incident_id, e.channel_id, e.revision, e.kind, e.state, e.attempts, e.next_attempt_at,"
        " e.done_at, e.uncertain, e.reason FROM deliveries e WHERE e.tenant_id = i.tenant_id"
        " AND e.incident_id = i.incident_id AND e.channel_id = t.channel::uuid ORDER BY e.revision DESC LIMIT 1) d"
        " JOIN channels c ON c.tenant_id = d.tenant_id AND c.channel_id = d.channel_id"
        " JOIN lanes l ON l.tenant_id = d.tenant_id AND l.channel_id = d.channel_id ORDER BY c.name",
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
        "SELECT a.alert_id, a.signal, a.severity, a.payload, a.tokens, a.received_at, s.name AS source FROM (SELECT *"
        " FROM alerts WHERE incident_id = %s ORDER BY alert_id DESC LIMIT %s) a LEFT JOIN sources s"
        " USING (tenant_id, source_id) ORDER BY a.alert_id DESC",
        (incident_id, ALERTS_SHOWN),
    )


_DELIVERY_COLUMNS = (
    "d.incident_id, d.channel_id, c.name AS channel, c.kind AS channel_kind, d.revision, d.kind, d.state, d.attempts,"
    " d.next_attempt_at, d.created_at, d.first_tried_at, d.done_at, d.uncertain, d.reason, d.remote_id,"
    " c.paused_at IS NOT NULL OR l.paused IS NOT NULL AS held, now() AS now"
)
_DELIVERY_JOINS = "JOIN channels c USING (tenant_id, channel_id) JOIN lanes l USING (tenant_id, channel_id)"


def deliveries_of(
    session: Session, incident_id: UUID, *, before: int | None = None, behind: str = "", most: int | None = None
) -> list[Row]:
    """An incident's deliveries, the newest revision first, then by channel. `before`: of revisions under this one.

    `behind`: and of this one, but to channels of a later name only. A merge of each channel's newest, so that an
    incident of a thousand revisions costs what is asked for.
    """
    return session.rows(
        "SELECT d.*, c.name AS channel, c.kind AS channel_kind,"
        " c.paused_at IS NOT NULL OR l.paused IS NOT NULL AS held, now() AS now FROM channels c"
        " JOIN lanes l USING (tenant_id, channel_id) CROSS JOIN LATERAL (SELECT e.incident_id, e.channel_id,"
        " e.revision, e.kind, e.state, e.attempts, e.next_attempt_at, e.created_at, e.first_tried_at, e.done_at,"
        " e.uncertain, e.reason, e.remote_id FROM deliveries e WHERE e.tenant_id = c.tenant_id"
        " AND e.incident_id = %(incident)s AND e.channel_id = c.channel_id AND e.revision <"
        " %(before)s::int + (%(behind)s <> '' AND c.name > %(behind)s)::int ORDER BY e.revision DESC LIMIT %(most)s) d"
        " ORDER BY d.revision DESC, c.name LIMIT %(most)s",
        {
            "incident": incident_id,
            "before": _ENDLESS if before is None else before,
            "behind": behind,
            "most": most,
        },
    )


Place = tuple[UUID, UUID, int]
"""(incident, channel, revision): where a list of deliveries goes on."""

_KEY = "incident_id DESC, channel_id DESC, revision DESC"


def deliveries(
    session: Session, *, state: str | None, channel_id: UUID | None, after: Place | None, most: int
) -> tuple[list[Row], Place | None]:
    """The tenant's deliveries, newest incidents first, and the place behind which there may be more; None: the end.

    What waits and what is dead is found in an index of its own. Other states, one channel's, and what waits while that
    is more than COUNTED, are looked for among LOOK deliveries at a time, so a page may hold fewer than `most`, or none,
    and have more behind it.
    """
    incident, channel, revision = after or (_LAST, _LAST, _ENDLESS)
    given = {"only": channel_id, "state": state, "incident": incident, "channel": channel, "revision": revision}
    within = "(incident_id, channel_id, revision) < (%(incident)s, %(channel)s, %(revision)s)"
    if state in {"pending", "dead"}:  # in the text, so that their partial indexes serve them
        within = f"state = '{state}' AND {within}"
    narrowed = channel_id is not None or state not in {None, "dead"}
    last = None
    one = "AND channel_id = %(only)s " if channel_id is not None else ""
    if state == "pending" and _few_wait(session, one, channel_id):
        found = f"SELECT * FROM deliveries WHERE {within} {one}OFFSET 0"
    elif narrowed:
        within = within.removeprefix("state = 'pending' AND ")
        found = f"SELECT * FROM deliveries WHERE {within} ORDER BY {_KEY} LIMIT {LOOK}"
        last = session.one(
            f"SELECT incident_id, channel_id, revision FROM deliveries WHERE {within} ORDER BY {_KEY} LIMIT 1"
            f" OFFSET {LOOK - 1}",
            given,
        )
    else:
        found = f"SELECT * FROM deliveries WHERE {within} ORDER BY {_KEY} LIMIT %(most)s"
    rows = session.rows(
        f"SELECT {_DELIVERY_COLUMNS} FROM ({found}) d {_DELIVERY_JOINS}"
        " WHERE (%(only)s::uuid IS NULL OR d.channel_id = %(only)s)"
        " AND (%(state)s::text IS NULL OR d.state = %(state)s)"
        " ORDER BY d.incident_id DESC, d.channel_id DESC, d.revision DESC LIMIT %(most)s",
        {**given, "most": most + 1},
    )
    if len(rows) > most:
        last = rows[most - 1]
    return rows[:most], None if last is None else (last.incident_id, last.channel_id, last.revision)


def _few_wait(session: Session, one: str, only: UUID | None) -> bool:
    """Is what waits no more than COUNTED. Its index is ordered by what is due, so a page of it sorts all there is.

    An index in a list's order would be written twice for every delivery, for a list that is mostly short.
    """
    row = session.one(
        f"SELECT count(*) AS waiting FROM (SELECT FROM deliveries WHERE state = 'pending' {one}LIMIT {COUNTED + 1}) q",
        {"only": only} if one else {},
    )
    return row is None or row.waiting <= COUNTED


def delivery(session: Session, incident_id: UUID, channel_id: UUID, revision: int) -> Row | None:
    """One delivery."""
    return session.one(
        f"SELECT {_DELIVERY_COLUMNS} FROM deliveries d {_DELIVERY_JOINS} WHERE d.incident_id = %s"
        " AND d.channel_id = %s AND d.revision = %s",
        (incident_id, channel_id, revision),
    )


_ATTEMPT = (
    "channel_id, revision, number, started_at, latency_ms, outcome, reason, status, mode, policy, repeat, tripwire"
    " FROM attempts WHERE incident_id = %(incident)s"
)


def attempts_of(session: Session, incident_id: UUID, of: Sequence[tuple[UUID, int]] | None = None) -> list[Row]:
    """The newest attempts of an incident, of all its deliveries or of these (channel, revision), in their order."""
    if of is None:
        statement = f"SELECT {_ATTEMPT} ORDER BY started_at DESC LIMIT %(most)s"
    else:  # each looked up: a list of pairs reads all that the incident has
        statement = (
            "SELECT t.* FROM unnest(%(channels)s::uuid[], %(revisions)s::int[]) AS w (channel, told) CROSS JOIN LATERAL"
            f" (SELECT {_ATTEMPT} AND channel_id = w.channel AND revision = w.told ORDER BY number DESC LIMIT %(most)s)"
            " t ORDER BY t.started_at DESC LIMIT %(most)s"
        )
    found = session.rows(
        statement,
        {
            "incident": incident_id,
            "channels": [channel_id for channel_id, _ in of or ()],
            "revisions": [revision for _, revision in of or ()],
            "most": ATTEMPTS_SHOWN,
        },
    )
    return found[::-1]


def happened(session: Session, incident_id: UUID, *, before: datetime | None, most: int) -> list[Row]:
    """An incident's revisions before a time, the newest first."""
    return session.rows(
        "SELECT revision, at, why, actor, hush FROM incident_events WHERE incident_id = %(incident)s"
        " AND (%(before)s::timestamptz IS NULL OR at < %(before)s) ORDER BY revision DESC LIMIT %(most)s",
        {"incident": incident_id, "before": before, "most": most},
    )


def came(session: Session, incident_id: UUID, *, before: datetime | None, most: int) -> list[Row]:
    """An incident's alerts before a time without what they say, the newest first."""
    return session.rows(
        "SELECT a.alert_id, a.signal, a.severity, a.received_at, s.name AS source FROM (SELECT * FROM alerts"
        " WHERE incident_id = %(incident)s AND (%(before)s::timestamptz IS NULL OR received_at < %(before)s)"
        " ORDER BY alert_id DESC LIMIT %(most)s) a LEFT JOIN sources s USING (tenant_id, source_id)"
        " ORDER BY a.received_at DESC, a.alert_id DESC",
        {"incident": incident_id, "before": before, "most": most},
    )


def tried(session: Session, incident_id: UUID, *, before: datetime | None, most: int) -> list[Row]:
    """Attempts to tell of an incident before a time, the newest first, each with its channel's name.

    A merge of each channel's newest: on one channel revisions are tried in their order.
    """
    return session.rows(
        "SELECT t.*, c.name AS channel FROM channels c CROSS JOIN LATERAL (SELECT a.revision, a.number, a.started_at,"
        " a.outcome, a.reason, a.mode, a.policy FROM attempts a WHERE a.tenant_id = c.tenant_id"
        " AND a.incident_id = %(incident)s AND a.channel_id = c.channel_id"
        " AND (%(before)s::timestamptz IS NULL OR a.started_at < %(before)s)"
        " ORDER BY a.revision DESC, a.number DESC LIMIT %(most)s) t ORDER BY t.started_at DESC LIMIT %(most)s",
        {"incident": incident_id, "before": before, "most": most},
    )


def notes(session: Session, incident_id: UUID, *, before: datetime | None, most: int | None) -> list[Row]:
    """What people wrote to an incident before a time, tokenized, the newest first."""
    return session.rows(
        "SELECT note_id, at, actor, text FROM notes WHERE incident_id = %(incident)s"
        " AND (%(before)s::timestamptz IS NULL OR at < %(before)s) ORDER BY note_id DESC LIMIT %(most)s",
        {"incident": incident_id, "before": before, "most": most},
    )


def notes_page(session: Session, incident_id: UUID, *, before: UUID | None, most: int) -> list[Row]:
    """A page of what people wrote to an incident, tokenized, the newest first. `before`: the last one seen."""
    return session.rows(
        "SELECT note_id, at, actor, text FROM notes WHERE incident_id = %(incident)s"
        " AND (%(before)s::uuid IS NULL OR note_id < %(before)s) ORDER BY note_id DESC LIMIT %(most)s",
        {"incident": incident_id, "before": before, "most": most},
    )


def attempts(session: Session, incident_id: UUID, channel_id: UUID, revision: int) -> list[Row]:
    """The attempts of one delivery, in order."""
    return session.rows(
        f"SELECT {_ATTEMPT} AND channel_id = %(channel)s AND revision = %(revision)s ORDER BY number",
        {"incident": incident_id, "channel": channel_id, "revision": revision},
    )


def channels(session: Session, named: str | None = None) -> list[Row]:
    """The tenant's channels with how each is doing, by name; `named`: those of this name or id."""
    return session.rows(
        "SELECT c.channel_id, c.name, c.kind, c.vendor, c.destination_id, c.paused_at, c.pause_reason, d.config,"
        " l.delivered, l.retried, l.dead, l.failing, l.failing_since, l.paused, l.probe_at, l.last_ok_at,"
        " l.last_reason, now() AS now, (SELECT count(*) FROM (SELECT FROM deliveries w WHERE w.tenant_id = c.tenant_id"
        " AND w.channel_id = c.channel_id AND w.state = 'pending' LIMIT %s) q) AS waiting"
        " FROM channels c JOIN lanes l USING (tenant_id, channel_id)"
        " JOIN destinations d ON d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id"
        " WHERE c.retired_at IS NULL AND (%s::text IS NULL OR %s IN (c.name, c.channel_id::text)) ORDER BY c.name",
        (COUNTED, named, named),
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


def timeline(session: Session, incident_id: UUID, *, before: int | None, most: int | None) -> list[Row]:
    """A page of an incident's timeline, the newest revision first. `before`: the last revision seen."""
    return session.rows(
        "SELECT revision, at, why, actor, hush FROM incident_events WHERE incident_id = %(incident)s"
        " AND revision < %(before)s ORDER BY revision DESC LIMIT %(most)s",
        {"incident": incident_id, "before": _ENDLESS if before is None else before, "most": most},
    )


def alerts_page(session: Session, incident_id: UUID, *, before: UUID | None, most: int) -> list[Row]:
    """A page of an incident's alerts as they are kept, tokenized, the newest first. `before`: the last one seen."""
    return session.rows(
        "SELECT a.alert_id, a.signal, a.severity, a.payload, a.tokens, a.received_at, s.name AS source FROM (SELECT *"
        " FROM alerts WHERE incident_id = %(incident)s AND alert_id < %(before)s ORDER BY alert_id DESC"
        " LIMIT %(most)s) a LEFT JOIN sources s USING (tenant_id, source_id) ORDER BY a.alert_id DESC",
        {"incident": incident_id, "before": before or _LAST, "most": most},
    )
