"""What a hook is told: the events of incidents, opt-ins and reviews, as ids and words of closed lists, never as text.

A hook is a subscription: an address of a customer's own that is told when something changed and then asks the API what
there is. So an event holds no title, no reason and nobody's name; not even a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args
from uuid import UUID

import msgspec

from router.core.audit import Event
from router.core.incident import Change, Why, short_id

VERSION: Final = 1
"""Of the events' schema. Fields are added without a new version; one that goes or changes its meaning takes one."""

EventType: TypeAlias = Literal[
    "incident.opened",
    "incident.updated",
    "incident.acknowledged",
    "incident.investigating",
    "incident.resolved",
    "incident.reopened",
    "optin.requested",
    "optin.approved",
    "optin.rejected",
    "optin.revoked",
    "optin.suspended",
    "optin.expiring",
    "optin.expired",
    "optin.changed",
    "review.opened",
    "review.decided",
    "review.signed",
    "review.closed",
]
TYPES: Final[tuple[str, ...]] = get_args(EventType)
"""What a hook can subscribe to. A hook also gets `test` when somebody tests it."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    f"{group}.*": tuple(each for each in TYPES if each.startswith(f"{group}."))
    for group in ("incident", "optin", "review")
}
"""Short ways to say all of a kind; what is kept is the list."""

_INCIDENT: Final[Mapping[Why, EventType]] = {
    Why.OPENED: "incident.opened",
    Why.ENDED: "incident.resolved",
    Why.QUIET: "incident.resolved",
    Why.RESOLVED: "incident.resolved",
    Why.REOPENED: "incident.reopened",
    Why.REOPENED_BY_PERSON: "incident.reopened",
    Why.ACKNOWLEDGED: "incident.acknowledged",
    Why.INVESTIGATING: "incident.investigating",
}

_AUDITED: Final[Mapping[str, EventType]] = {
    "optin.request": "optin.requested",
    "optin.approve": "optin.approved",
    "optin.break_glass": "optin.approved",
    "optin.reject": "optin.rejected",
    "optin.revoke": "optin.revoked",
    "optin.suspend": "optin.suspended",
    "optin.warn": "optin.expiring",
    "optin.expire": "optin.expired",
    "optin.keep": "optin.changed",
    "review.open": "review.opened",
    "review.decide": "review.decided",
    "review.sign": "review.signed",
    "review.close": "review.closed",
}
"""No opt-in and no review changes without an audit event, so what is audited is what is told."""

_TOLD: Final = ("channel", "optin", "quarter", "kind", "verdict")
"""Details of an audit event that are ids or words of closed lists."""

_HOST_NAME: Final = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,62}", re.IGNORECASE)


class Note(NamedTuple):
    """Something that happened, to be told to whoever subscribed. `facts` are ids and words of closed lists."""

    type: EventType
    subject: UUID
    facts: dict[str, Any]


class NotUsable(ValueError):  # noqa: N818 - the answer
    """What was given is no name, no event or no such thing. The text says what one is."""


class ToldIncident(msgspec.Struct, frozen=True):
    """Which incident, and how it stands at this revision. `GET /api/v1/incidents/{id}` says the rest."""

    id: UUID
    short_id: str
    revision: int
    status: str
    severity: str


class ToldOptIn(msgspec.Struct, frozen=True):
    """Which opt-in, and on which channel. `GET /api/v1/optins/{id}` says the rest."""

    id: UUID
    channel_id: UUID | None = None


class ToldReview(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which review; `optin_id` and `verdict` of a decision. `GET /api/v1/reviews/{quarter}` says the rest."""

    id: UUID
    quarter: str = ""
    kind: str = ""
    optin_id: UUID | None = None
    verdict: str = ""


class Data(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is told. `sequence` counts a hook's events without a gap; a `test` has none. One of the last three is there.

    `tenant_id` and `hook_id` say whose it is and which subscription it came by.
    """

    version: int
    tenant_id: UUID
    hook_id: UUID
    sequence: int | None = None
    incident: ToldIncident | None = None
    optin: ToldOptIn | None = None
    review: ToldReview | None = None


class Envelope(msgspec.Struct, frozen=True):
    """An event as the Standard Webhooks specification lays it out; its id is the header `webhook-id`."""

    type: str
    timestamp: datetime
    data: Data


def of_incidents(changes: Iterable[Change]) -> list[Note]:
    """What these changes are told as, in their order; of one update after another of an incident only the last."""
    notes: list[Note] = []
    places: dict[UUID, int] = {}
    for change in changes:
        one = change.incident
        kind = _INCIDENT.get(change.why, "incident.updated")
        note = Note(
            kind,
            one.incident_id,
            {
                "short_id": short_id(one.incident_id),
                "revision": one.revision,
                "status": one.status,
                "severity": one.severity,
            },
        )
        place = places.get(one.incident_id)
        if place is not None and kind == notes[place].type == "incident.updated":
            notes[place] = note
        else:
            places[one.incident_id] = len(notes)
            notes.append(note)
    return notes


def of_audit(events: Iterable[Event]) -> list[Note]:
    """What these audit events are told as: those that say that an opt-in or a review changed.

    Never raises: what cannot be told must not keep anything from being audited.
    """
    notes = []
    for event in events:
        kind = _AUDITED.get(event.action)
        subject = _id(event.object.partition(":")[2])
        if kind is not None and event.decision == "allowed" and subject is not None:
            facts = {name: event.details[name] for name in _TOLD if name in event.details}
            notes.append(Note(kind, subject, facts))
    return notes


def envelope(note: Note | None, at: datetime, *, tenant_id: UUID, hook_id: UUID, sequence: int | None) -> Envelope:
    """The event as it is sent; the same on every attempt. No note: a test."""
    if note is None:
        return Envelope("test", at, Data(VERSION, tenant_id, hook_id))
    facts = note.facts
    match note.type.partition(".")[0]:
        case "incident":
            told: dict[str, Any] = {"incident": ToldIncident(note.subject, **facts)}
        case "optin":
            told = {"optin": ToldOptIn(note.subject, _id(facts.get("channel")))}
        case _:
            review = ToldReview(
                note.subject,
                facts.get("quarter", ""),
                facts.get("kind", ""),
                _id(facts.get("optin")),
                facts.get("verdict", ""),
            )
            told = {"review": review}
    return Envelope(note.type, at, Data(VERSION, tenant_id, hook_id, sequence, **told))


def example_of(kind: str) -> Envelope:
    """An event of this type as a made-up clinic's hook gets it."""
    whose = {"tenant_id": UUID("2f9d7b1c-5e3a-4c80-b6d2-91e0f4a8c753"), "hook_id": UUID(int=7)}
    at, subject = datetime(2026, 11, 3, 9, 41, 7, tzinfo=UTC), UUID("019a48c2-3d51-7a04-9f6e-2b1c5d8e7f30")
    if kind not in TYPES:
        return envelope(None, at, sequence=None, **whose)
    status = kind.partition(".")[2]
    every: dict[str, dict[str, Any]] = {
        "incident": {
            "short_id": short_id(subject),
            "revision": 2,
            "status": status if status in {"acknowledged", "investigating", "resolved"} else "open",
            "severity": "critical",
        },
        "optin": {"channel": str(UUID(int=3))},
        "review": {"quarter": "2026Q3", "kind": "final"},
    }
    return envelope(Note(kind, subject, every[kind.partition(".")[0]]), at, sequence=17, **whose)  # type: ignore[arg-type]  # one of TYPES


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event, as `docs/schemas/event.schema.json` publishes it."""
    made = msgspec.json.schema(Envelope)
    made["$defs"]["Envelope"]["properties"]["type"] = {"enum": [*TYPES, "test"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:alertveil:schema:event:1",
        "title": "An event of Alertveil",
        **made,
    }


def usable_events(given: Iterable[str]) -> list[str]:
    """The event types that are meant, in their own order. Raises NotUsable."""
    wanted: set[str] = set()
    for each in given:
        word = each.strip()
        if word not in TYPES and word not in GROUPS:
            raise NotUsable(f"Events are {', '.join([*GROUPS, *TYPES])}.")
        wanted.update(GROUPS.get(word, (word,)))
    if not wanted:
        raise NotUsable("A hook is told of one event at least; `incident.*` is all of incidents.")
    return [each for each in TYPES if each in wanted]


def usable_name(given: str) -> str:
    """The name as it is kept. Raises NotUsable."""
    name = given.strip()
    if not _HOST_NAME.fullmatch(name):
        raise NotUsable("A hook's name has 1 to 63 letters, digits, spaces, dots, dashes or underscores.")
    return name


def _id(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
