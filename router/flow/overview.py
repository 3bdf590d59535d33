"""What a person sees of a tenant: live incidents, one incident, channels and deliveries, put into words.

The words are the same on the page and in the terminal; times and states come from the database, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from channels.contract import Reason
from channels.registry import CHANNELS
from router.core.alert import RANK
from router.core.clock import UTC_CLOCK, Clock
from router.core.incident import Incident, short_id
from router.core.render import spoken
from router.runtime import Runtime
from router.store import audit, config, incidents, listing
from router.store.session import Row, Session

PAGE: Final = 50
"""Lines of a list."""

LOOK: Final = 500
"""Incidents that one search looks at: it asks for what no index knows, and must not read a year to find nothing."""

DELIVERIES: Final = 40
ENTRIES: Final = 60
"""Deliveries and lines of a timeline that one page shows."""

ACCESSES: Final[Mapping[str, str]] = {
    "reveal": "asked to see values",
    "host.reveal": "asked to see values from a shell of the host",
    "disclosure": "values left in the clear",
}
"""Audit events about values of an incident."""

OURS: Final = "alertveil"
"""Who did what the product does by itself."""

COME: Final = 100
"""New incidents that are counted one by one."""

ENDING: Final = timedelta(days=14)
"""How long before its end an opt-in is told of, as its warning is (design §8: expiring)."""

REASONS: Final[Mapping[str, str]] = {
    Reason.RATE_LIMITED: "asked to wait",
    Reason.SERVER_ERROR: "an error over there",
    Reason.TIMEOUT: "no answer in time",
    Reason.CONNECT: "no connection",
    Reason.DNS: "its name was not found",
    Reason.TLS: "its certificate or TLS was refused",
    Reason.DISCONNECTED: "cut off before an answer",
    Reason.EGRESS_DENIED: "its address is outside the egress rules",
    Reason.REDIRECT: "it redirected, which is not followed",
    Reason.CREDENTIAL: "the credential was refused",
    Reason.DESTINATION: "the destination is gone",
    Reason.REFUSED: "the message was refused",
    Reason.TOO_LARGE: "the message was too large",
    Reason.BAD_ANSWER: "an answer that its vendor does not document",
    Reason.BAD_CONFIG: "it cannot be sent as configured",
    Reason.BUG: "a fault of our own",
    "never_announced": "its trigger never got there",
    "lease_too_short": "given back by a worker",
}
"""Why a delivery stands where it does, for people; rows and metrics keep the short words."""

Tone = Literal["good", "busy", "bad", "still"]
"""How a state is coloured; its words say the same."""


class Told(NamedTuple):
    """What became of the newest delivery of an incident to one channel."""

    channel: str
    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Line:
    """One live incident."""

    incident_id: UUID
    short_id: str
    status: str
    severity: str
    title: str
    source: str
    count: int
    opened_at: datetime
    last_alert_at: datetime
    quiet: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which incidents a list shows.

    `state`: `live`, `all` or one status. `text`: part of a title or of a label's value, or `name=value` for a label.
    """

    state: str = "live"
    severity: str | None = None
    source: str | None = None
    channel: str | None = None
    text: str | None = None

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that fit."""
        return STATES[self.state]

    @property
    def severities(self) -> tuple[str, ...]:
        """The severities that fit."""
        return tuple(RANK) if self.severity is None else (self.severity,)

    @property
    def urgent(self) -> bool:
        """Live incidents are told by urgency; a list that holds resolved ones by age."""
        return "resolved" not in self.statuses

    @property
    def searching(self) -> bool:
        """Does it ask for what no index knows."""
        return bool(self.source or self.channel or self.text)


STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "live": listing.LIVE,
    "open": ("open",),
    "acknowledged": ("acknowledged",),
    "investigating": ("investigating",),
    "resolved": ("resolved",),
    "all": (*listing.LIVE, "resolved"),
}
"""What a list can be of, and the statuses that this means."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What somebody should look at, beside the incidents.

    `oldest`: how long the delivery that is due longest waits. `failing`: channels that are paused or fail, each with
    why. `ending`: plaintext opt-ins that end soon, the first of them at `ends_at`. `review`: the quarter whose review
    is open, and when it is due.
    """

    oldest: timedelta | None
    failing: tuple[Told, ...]
    ending: int
    ends_at: datetime | None
    review: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Live:
    """A page of a list of incidents.

    `more`: what to ask for the next page with. `looked`: it was searched through so many and no further, `more` goes
    on behind them; None: the page is as full as it can be. `newest`: the newest incident that fitted at this moment, to
    ask `news` with. A count over 1000 is not counted further.
    """

    now: datetime
    counts: dict[str, int]
    lines: tuple[Line, ...]
    more: tuple[int, UUID] | None
    looked: int | None
    attention: Attention
    sources: tuple[str, ...]
    channels: tuple[str, ...]
    newest: UUID


@dataclass(frozen=True, slots=True)
class News:
    """What changed since a list was shown: the same lines as they are now, and how many have come since."""

    now: datetime
    counts: dict[str, int]
    lines: tuple[Line, ...]
    attention: Attention
    come: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery with its attempts, in words. `id` is what `alertveil deliveries retry` takes."""

    id: str
    channel: str
    channel_kind: str
    revision: int
    kind: str
    state: str
    told: Told
    reason: str | None
    attempts: tuple[Row, ...]
    attempted: int
    next_attempt_at: datetime | None
    done_at: datetime | None
    remote_id: str | None


@dataclass(frozen=True, slots=True)
class Whole:
    """One incident with what there is to say of it, the newest of each first; its alerts are the newest few.

    `told`: what became of the newest delivery to each channel. `more_deliveries`: there are older ones than these.
    """

    incident: Incident
    now: datetime
    quiet: str
    events: tuple[Row, ...]
    alerts: tuple[Row, ...]
    deliveries: tuple[Delivery, ...]
    told: tuple[Told, ...]
    notes: tuple[Row, ...]
    more_deliveries: bool


Sort = Literal["alert", "revision", "attempt", "note", "access"]


class Entry(NamedTuple):
    """One line of a timeline: when, of which sort, what happened, why, where it belongs, and who did it."""

    at: datetime
    sort: Sort
    text: str
    why: str
    place: str
    actor: str
    tone: Tone = "still"


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel and how it is doing. `routes`: how many routes lead to it."""

    channel_id: UUID
    name: str
    kind: str
    title: str
    leads_to: str
    vendor: str
    state: str
    tone: Tone
    why: str
    last: str
    last_ok_at: datetime | None
    waiting: int
    delivered: int
    retried: int
    dead: int
    routes: int


def live(
    runtime: Runtime,
    tenant_id: UUID,
    wanted: Wanted = Wanted(),
    *,
    after: tuple[int, UUID] | None = None,
    clock: Clock = UTC_CLOCK,
) -> Live:
    """The tenant's incidents that are wanted; live ones the most severe first, others the newest first.

    `clock`: whose times its sentences have. A search looks at LOOK incidents and says so. Raises DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        sources, ways = listing.names(session)
        most = LOOK if wanted.searching else PAGE + 1
        places = listing.places(
            session,
            statuses=wanted.statuses,
            severities=wanted.severities,
            urgent=wanted.urgent,
            after=after,
            most=most,
        )
        ids = [row.incident_id for row in places]
        rows = _lines(session, ids, wanted, dict(ways), PAGE + 1) if ids else []
        shown = rows[:PAGE]
        told = _told(session, [row.incident_id for row in shown])
        newest = listing.newest(session)
        counts, attention, now = _around(session, clock)
    ranks = {row.incident_id: row.rank for row in places}
    more, looked = None, None
    if len(rows) > PAGE:
        more = (ranks[shown[-1].incident_id], shown[-1].incident_id)
    elif wanted.searching and len(places) == most:
        more, looked = (places[-1].rank, places[-1].incident_id), most
    return Live(
        now,
        counts,
        tuple(_line(row, told) for row in shown),
        more,
        looked,
        attention,
        tuple(sources),
        tuple(name for name, _ in ways),
        newest,
    )


def news(
    runtime: Runtime,
    tenant_id: UUID,
    wanted: Wanted,
    shown: Sequence[UUID],
    newest: UUID,
    *,
    clock: Clock = UTC_CLOCK,
) -> News:
    """The lines of a list that is being read, as they are now, and how many incidents were opened since `newest`.

    What left the list meanwhile is told with its new status. Raises DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        rows = listing.lines(session, shown[:PAGE], most=PAGE)
        told = _told(session, [row.incident_id for row in rows])
        come = listing.newer(session, statuses=wanted.statuses, severities=wanted.severities, than=newest, most=COME)
        if come and wanted.searching:
            _, ways = listing.names(session)
            come = [row.incident_id for row in _lines(session, come, wanted, dict(ways), COME)]
        counts, attention, now = _around(session, clock)
    return News(now, counts, tuple(_line(row, told) for row in rows), attention, len(set(come) - set(shown)))


def _lines(session: Session, ids: Sequence[UUID], wanted: Wanted, channels: Mapping[str, UUID], most: int) -> list[Row]:
    """Those of the incidents that fit what no index knows."""
    if not wanted.searching:
        return listing.lines(session, ids, most=most)
    if wanted.channel and wanted.channel not in channels:
        return []
    name, equals, value = (wanted.text or "").partition("=")
    return listing.lines(
        session,
        ids,
        source=wanted.source or None,
        channel_id=channels[wanted.channel] if wanted.channel else None,
        text=wanted.text if wanted.text and not equals else None,
        label=(name.strip(), value.strip()) if equals else None,
        most=most,
    )


def _line(row: Row, told: Mapping[UUID, Sequence[Told]]) -> Line:
    return Line(
        incident_id=row.incident_id,
        short_id=short_id(row.incident_id),
        status=row.status,
        severity=row.severity,
        title=row.title,
        source=row.source,
        count=row.count,
        opened_at=row.opened_at,
        last_alert_at=row.last_alert_at,
        quiet=quiet_words(row.status, row.quiet_after, row.quiet_since, row.now, paused=bool(row.source_paused)),
        told=tuple(told.get(row.incident_id, ())),
    )


def _around(session: Session, clock: Clock) -> tuple[dict[str, int], Attention, datetime]:
    """Live incidents by severity, what wants attention, and the database's time."""
    counts = listing.severities(session)
    lanes = listing.lanes(session)
    rest = listing.attention(session, ENDING)
    due = [row.oldest for row in lanes if row.oldest is not None and row.oldest <= rest.now]
    failing = []
    for row in lanes:
        _, tone, why = state_words(row, clock)
        if why:
            failing.append(Told(row.name, why, tone))
    return (
        {name: counts.get(name, 0) for name in reversed(RANK)},
        Attention(
            rest.now - min(due) if due else None,
            tuple(failing),
            rest.optins,
            rest.first_ends_at,
            rest.quarter,
            rest.due_at,
        ),
        rest.now,
    )


def incident(runtime: Runtime, tenant_id: UUID, incident_id: UUID, *, most: int | None = None) -> Whole | None:
    """One incident, with `most` revisions, deliveries and notes at the most; None: all of them.

    None when this tenant has no incident with this id. Raises DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        found = incidents.by_id(session, incident_id)
        timer = listing.quiet(session, incident_id)
        if found is None or timer is None:
            return None
        events = listing.timeline(session, incident_id, before=None, most=most)
        alerts = listing.alerts(session, incident_id)
        rows = listing.deliveries_of(session, incident_id, most=None if most is None else most + 1)
        attempts = listing.attempts_of(session, incident_id, None if most is None else _ids(rows))
        strip = _told(session, [incident_id])
        written = listing.notes(session, incident_id, before=None, most=most)
    return Whole(
        incident=found,
        now=timer.now,
        quiet=quiet_words(
            timer.status, timer.quiet_after, timer.quiet_since, timer.now, paused=bool(timer.source_paused)
        ),
        events=tuple(events),
        alerts=tuple(alerts),
        deliveries=_in_words(rows[:most], attempts),
        told=tuple(strip.get(incident_id, ())),
        notes=tuple(written),
        more_deliveries=most is not None and len(rows) > most,
    )


def deliveries(
    runtime: Runtime, tenant_id: UUID, incident_id: UUID, *, before: int | None
) -> tuple[tuple[Delivery, ...], int | None]:
    """A page of an incident's deliveries, the newest revision first, and which revision the next one is before.

    Raises DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        rows = listing.deliveries_of(session, incident_id, before=before, most=DELIVERIES + 1)
        attempts = listing.attempts_of(session, incident_id, _ids(rows))
    shown = rows[:DELIVERIES]
    if len(rows) > DELIVERIES:  # a revision is told whole
        last = rows[DELIVERIES].revision
        shown = [row for row in shown if row.revision > last] or shown
    return _in_words(shown, attempts), shown[-1].revision if len(rows) > DELIVERIES else None


def _ids(rows: Sequence[Row]) -> list[tuple[UUID, int]]:
    return [(row.channel_id, row.revision) for row in rows]


def _in_words(rows: Sequence[Row], attempts: Sequence[Row]) -> tuple[Delivery, ...]:
    of: dict[tuple[UUID, int], list[Row]] = {}
    for each in attempts:
        of.setdefault((each.channel_id, each.revision), []).append(each)
    return tuple(in_words(row, of.get((row.channel_id, row.revision), [])) for row in rows)


def timeline(
    runtime: Runtime, tenant_id: UUID, incident_id: UUID, *, before: datetime | None = None, accesses: bool
) -> tuple[tuple[Entry, ...], datetime | None]:
    """What happened to an incident, the newest first: a page, and the time before which the next one is.

    `accesses`: with who saw or got values, for whoever may read the audit. Raises DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        revised = listing.happened(session, incident_id, before=before, most=ENTRIES + 1)
        came = listing.came(session, incident_id, before=before, most=ENTRIES + 1)
        tried = listing.tried(session, incident_id, before=before, most=ENTRIES + 1)
        written = listing.notes(session, incident_id, before=before, most=ENTRIES + 1)
        seen = (
            audit.listing(
                session,
                before=None if before is None else (before, UUID(int=0)),
                most=ENTRIES + 1,
                object=f"incident:{incident_id}",
                actions=list(ACCESSES),
            )
            if accesses
            else []
        )
    streams = [
        [_revised(row) for row in revised],
        [_came(row) for row in came],
        [_tried(row) for row in tried],
        [Entry(row.at, "note", row.text, "", "note", row.actor) for row in written],
        [_seen(row) for row in seen],
    ]
    merged = sorted((entry for stream in streams for entry in stream), key=lambda entry: entry.at, reverse=True)
    if len(merged) <= ENTRIES:
        return tuple(merged), None
    last = merged[ENTRIES - 1].at
    page = [entry for entry in merged if entry.at >= last]  # what happened at one moment stays on one page
    return tuple(page), last if len(merged) > len(page) else None


def _revised(row: Row) -> Entry:
    actor = "its source" if row.actor == "source" else row.actor
    why = f"nobody was told: {row.hush}" if row.hush else ""
    return Entry(row.at, "revision", row.why, why, f"revision {row.revision}", actor)


def _came(row: Row) -> Entry:
    text = {"firing": "alert", "resolved": "all-clear", "acknowledged": "acknowledgement"}[row.signal]
    return Entry(row.received_at, "alert", text, row.severity, "received", row.source or "its source")


def _tried(row: Row) -> Entry:
    words = {"delivered": "sent", "retry": "failed, to be tried again", "rejected": "failed"}[row.outcome]
    tone: Tone = {"delivered": "good", "retry": "busy", "rejected": "bad"}[row.outcome]  # type: ignore[assignment]  # the row holds one of the three
    because = f": {in_a_phrase(row.reason)}" if row.reason != row.outcome else ""
    place = f"revision {row.revision}, attempt {row.number}"
    return Entry(row.started_at, "attempt", f"{row.channel} {words}{because}", row.policy, place, OURS, tone)


def _seen(row: Row) -> Entry:
    tone: Tone = "bad" if row.decision == "denied" else "busy"
    named = " ".join(str(each) for each in (row.details or {}).get("tokens", ()))
    why = f"{row.reason} {named}".strip()
    place = f"row {row.seq} of the audit" if row.seq else "in the audit"
    return Entry(row.at, "access", f"{ACCESSES[row.action]}: {row.decision}", why, place, row.actor, tone)


def channels(runtime: Runtime, tenant_id: UUID, named: str | None = None, *, clock: Clock = UTC_CLOCK) -> list[Channel]:
    """The tenant's channels and how each is doing; `named`: those of this name or id. Raises DatabaseDown.

    `clock`: whose times its sentences have.
    """
    with runtime.database.tenant(tenant_id) as session:
        rows = listing.channels(session, named)
        routes = config.routes(session)
    return [_channel(row, sum(1 for route in routes if row.name in route.channels), clock) for row in rows]


def in_words(row: Row, attempts: Sequence[Row]) -> Delivery:
    """A delivery's row and its attempts, for a person."""
    waits = row.state == "pending"
    return Delivery(
        id=f"{row.incident_id}/{row.channel}/{row.revision}",
        channel=row.channel,
        channel_kind=row.channel_kind,
        revision=row.revision,
        kind=row.kind,
        state=row.state,
        told=told(row, row.now),
        reason=row.reason,
        attempts=tuple(attempts),
        attempted=row.attempts,
        next_attempt_at=row.next_attempt_at if waits else None,
        done_at=row.done_at,
        remote_id=row.remote_id,
    )


def told(row: Row, now: datetime) -> Told:
    """A delivery's state in words: what happened, why, and what happens next."""
    why = in_a_phrase(row.reason)
    match row.state:
        case "delivered":
            words, tone = ("sent, perhaps twice" if row.uncertain else "sent"), "good"
        case "dead":
            words, tone = f"failed: {why}" if why else "failed", "bad"
        case "superseded":
            words, tone = "made room for a newer one", "still"
        case "suppressed":
            words, tone = f"not needed: {why}" if why else "not needed", "still"
        case _ if row.held:
            words, tone = "waiting: the channel is paused", "bad"
        case _ if row.attempts and row.reason:
            due = row.next_attempt_at - now
            when = f"again in {about(due)}" if due > timedelta(seconds=1) else "again now"
            words, tone = f"retrying: {why}, {when}", "busy"
        case _:
            words, tone = "waiting", "busy"
    if row.uncertain and row.state in {"pending", "dead"}:
        words += " (it may have arrived)"
    return Told(row.channel, words, tone)  # type: ignore[arg-type]  # every tone above is one


def in_a_phrase(reason: str | None) -> str:
    """Why an attempt ended as it did, for people; a word that this version does not know stays as it is."""
    return REASONS.get(reason, reason.replace("_", " ")) if reason else ""


def quiet_words(
    status: str, quiet_after: timedelta | None, since: datetime | None, now: datetime, *, paused: bool
) -> str:
    """What the quiet timer of an incident says."""
    if status == "resolved":
        return ""
    if status == "investigating":
        return "held: under investigation"
    if quiet_after is None:
        return "waits for its source to resolve it"
    if paused:
        return "held: its source is paused"
    left = quiet_after - (now - since) if since else quiet_after
    if left <= timedelta(0):
        return f"quiet for {spoken(quiet_after)}: resolves any moment"
    return f"resolves itself in {about(left)} if nothing more comes"


def about(span: timedelta) -> str:
    """A span in one unit, rounded up: `45 s`, `12 min`, `3 h`, `2 d`."""
    seconds = max(0, int(span.total_seconds()))
    for size, least, unit in ((86400, 2 * 86400, "d"), (3600, 2 * 3600, "h"), (60, 100, "min")):
        if seconds >= least:
            return f"{-(-seconds // size)} {unit}"
    return f"{seconds} s"


def _told(session: Session, incident_ids: Sequence[UUID]) -> dict[UUID, list[Told]]:
    found: dict[UUID, list[Told]] = {}
    for row in listing.strip(session, incident_ids):
        found.setdefault(row.incident_id, []).append(told(row, row.now))
    return found


def _channel(row: Row, routes: int, clock: Clock) -> Channel:
    state, tone, why = state_words(row, clock)
    spec = CHANNELS.get(row.kind)
    last = "nothing sent yet"
    if row.last_reason == "delivered":
        last = "delivered"
    elif row.last_reason:
        last = f"failed: {in_a_phrase(row.last_reason)}"
    return Channel(
        channel_id=row.channel_id,
        name=row.name,
        kind=row.kind,
        title=spec.title if spec else row.kind,
        leads_to=_leads_to(row.kind, row.config),
        vendor=row.vendor,
        state=state,
        tone=tone,
        why=why,
        last=last,
        last_ok_at=row.last_ok_at,
        waiting=row.waiting,
        delivered=row.delivered,
        retried=row.retried,
        dead=row.dead,
        routes=routes,
    )


def state_words(row: Row, clock: Clock) -> tuple[str, Tone, str]:
    """What state a channel is in, its tone, and why it is not simply ready (empty when it is)."""
    if row.paused_at is not None:
        return "paused", "bad", f"paused by hand: {row.pause_reason}"
    if row.paused is not None and row.probe_at is None:
        return "paused", "bad", f"stopped ({in_a_phrase(row.paused)}): mend it, then resume it"
    if row.paused is not None:
        again = clock.minute(row.probe_at, row.now)
        return "paused", "bad", f"only fails ({in_a_phrase(row.paused)}); tried again at {again}"
    if row.failing:
        since = f" since {clock.minute(row.failing_since, row.now)}" if row.failing_since else ""
        return "failing", "busy", f"failing{since}"
    return ("ready", "good", "") if row.last_ok_at else ("ready", "still", "")


def _leads_to(kind: str, found: Any) -> str:  # noqa: ANN401 - a JSON value
    """One line on where a channel leads, without its secrets."""
    spec = CHANNELS.get(kind)
    if spec is None:
        return "a kind of channel that this version does not know"
    try:
        return spec.describe(msgspec.convert(found, spec.config))
    except msgspec.ValidationError:
        return "configured in a way that this version does not understand"
