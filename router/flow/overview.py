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
from router.core.incident import Incident, short_id
from router.core.render import spoken
from router.runtime import Runtime
from router.store import config, incidents, listing
from router.store.session import Row, Session

PAGE: Final = 100
"""Lines of a list."""

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
class Live:
    """The live incidents of a tenant, a page of them. `more`: what to ask for the next page with."""

    now: datetime | None
    counts: dict[str, int]
    lines: tuple[Line, ...]
    more: tuple[int, UUID] | None


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
    """One incident with everything there is to say of it."""

    incident: Incident
    now: datetime
    quiet: str
    events: tuple[Row, ...]
    alerts: tuple[Row, ...]
    deliveries: tuple[Delivery, ...]


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
    runtime: Runtime, tenant_id: UUID, *, severity: str | None = None, after: tuple[int, UUID] | None = None
) -> Live:
    """The tenant's live incidents, the most severe first. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = listing.live(session, severity=severity, after=after, most=PAGE + 1)
        counts = listing.severities(session)
        told = _told(session, [row.incident_id for row in rows[:PAGE]], rows[0].now) if rows else {}
    lines = tuple(
        Line(
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
        for row in rows[:PAGE]
    )
    more = (rows[PAGE - 1].rank, rows[PAGE - 1].incident_id) if len(rows) > PAGE else None
    return Live(rows[0].now if rows else None, {name: counts.get(name, 0) for name in reversed(RANK)}, lines, more)


def incident(runtime: Runtime, tenant_id: UUID, incident_id: UUID) -> Whole | None:
    """One incident; None: this tenant has none with this id. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        found = incidents.by_id(session, incident_id)
        timer = listing.quiet(session, incident_id)
        if found is None or timer is None:
            return None
        events = listing.events(session, incident_id)
        alerts = listing.alerts(session, incident_id)
        rows = listing.deliveries_of(session, incident_id)
        attempts = listing.attempts_of(session, incident_id)
    return Whole(
        incident=found,
        now=timer.now,
        quiet=quiet_words(
            timer.status, timer.quiet_after, timer.quiet_since, timer.now, paused=bool(timer.source_paused)
        ),
        events=tuple(events),
        alerts=tuple(alerts),
        deliveries=tuple(
            in_words(
                row,
                [each for each in attempts if (each.channel_id, each.revision) == (row.channel_id, row.revision)],
            )
            for row in rows
        ),
    )


def channels(runtime: Runtime, tenant_id: UUID) -> list[Channel]:
    """The tenant's channels and how each is doing. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = listing.channels(session)
        routes = config.routes(session)
    return [_channel(row, sum(1 for route in routes if row.name in route.channels)) for row in rows]


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


def _told(session: Session, incident_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Told]]:
    found: dict[UUID, list[Told]] = {}
    for row in listing.strip(session, incident_ids):
        found.setdefault(row.incident_id, []).append(told(row, now))
    return found


def _channel(row: Row, routes: int) -> Channel:
    state, tone, why = _state(row)
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


def _state(row: Row) -> tuple[str, Tone, str]:
    if row.paused_at is not None:
        return "paused", "bad", f"paused by hand: {row.pause_reason}"
    if row.paused is not None and row.probe_at is None:
        return "paused", "bad", f"stopped ({in_a_phrase(row.paused)}): mend it, then resume it"
    if row.paused is not None:
        return "paused", "bad", f"only fails ({in_a_phrase(row.paused)}); tried again at {row.probe_at:%H:%M} UTC"
    if row.failing:
        return "failing", "busy", f"failing since {row.failing_since:%H:%M} UTC" if row.failing_since else "failing"
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
