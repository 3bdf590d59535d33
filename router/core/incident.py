"""What one more alert, one action of a person or thirty quiet minutes do to an incident, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from channels.contract import Kind, SafeText, Severity, Status
from router.core.alert import RANK, SafeAlert

REOPEN_WITHIN = timedelta(hours=24)
"""An alert for an incident resolved no longer ago than this reopens it, with its history; later it is a new one."""

LATE_WITHIN = timedelta(minutes=5)
"""How long a second copy of an alert may be under way (retries, a cluster's other peers). Later than that, an episode
that its source had ended is firing again: after a partition Alertmanager sends it with the startsAt it had before."""

EndedBy = Literal["source", "quiet", "person"]


class Why(StrEnum):
    """Why an incident changed, or why it did not: the words of the timeline, the row and the message."""

    OPENED = "opened"
    JOINED = "another alert joined the incident"
    REPEATED = "repeated, nothing new"
    DUPLICATE = "the same alert again"
    RAISED = "severity raised"
    PARTLY = "one of its alerts resolved, others still fire"
    ENDED = "resolved by its source"
    QUIET = "auto-resolved: no alert for the quiet time; it went quiet, nobody said that it is fixed"
    REOPENED = "reopened: it came back"
    STALE = "late copy of an alert that is over"
    UNKNOWN_END = "a resolve for something never announced"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "under investigation: auto-resolve is held"
    RESOLVED = "resolved by a person"
    REOPENED_BY_PERSON = "reopened by a person"
    UNSILENCED = "its silence is over, and it still lasts"
    NO_CHANGE = "already so"


class Incident(msgspec.Struct, frozen=True):
    """The state of one incident. `firing` holds the short hashes of the alert keys that have not resolved yet.

    Only a source's word takes one out: neither a person nor the quiet time ends what fires at the source, so an
    incident that somebody reopens still ends when its source says so.
    """

    incident_id: UUID
    group_key: bytes
    source_id: UUID
    source: str
    status: Status
    severity: Severity
    title: SafeText
    description: SafeText
    labels: dict[str, str]
    links: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    revision: int
    generation: int  # how often it was reopened
    count: int
    firing: frozenset[int]
    opened_at: datetime
    last_alert_at: datetime
    resolved_at: datetime | None = None
    ended_by: EndedBy | None = None
    told: Mapping[UUID, UUID] = msgspec.field(default_factory=dict)  # channel -> destination of its trigger
    new: bool = False  # not stored yet

    @property
    def short_id(self) -> str:
        """What people say: INC- and eight characters of the id's random tail."""
        return short_id(self.incident_id)


class Change(msgspec.Struct, frozen=True):
    """What happened to an incident. `kind` is what its channels are told; None when they are told nothing."""

    incident: Incident
    why: Why
    kind: Kind | None
    keep: bool  # the alert is stored as a row of its own (a duplicate is not)
    actor: str = "source"

    @property
    def revised(self) -> bool:
        """A new revision, so a line in the timeline."""
        return self.why in _REVISES


_REVISES = frozenset(
    {
        Why.OPENED,
        Why.JOINED,
        Why.RAISED,
        Why.PARTLY,
        Why.ENDED,
        Why.QUIET,
        Why.REOPENED,
        Why.ACKNOWLEDGED,
        Why.INVESTIGATING,
        Why.RESOLVED,
        Why.REOPENED_BY_PERSON,
        Why.UNSILENCED,
    }
)


def short_id(incident_id: UUID) -> str:
    """INC- and eight upper-case characters; enough to say aloud, the uuid stays the identity."""
    return "INC-" + incident_id.hex[-8:].upper()


def key_mark(key: bytes) -> int:
    """A 63-bit mark of an alert key, as `firing` keeps it."""
    return int.from_bytes(key[:8], "big") >> 1


def absorb(
    current: Incident | None, alert: SafeAlert, *, group_key: bytes, new_id: UUID, duplicate: bool
) -> Change | None:
    """The incident after one more alert.

    `current` is the latest incident of the group key, `duplicate` says that this very alert is stored already: a timed
    resolve ever, anything else for the current generation. None: nothing to keep (a resolve of something never
    announced).

    A duplicate of a timed alert changes nothing. One of an alert without times may be the same again or really new, so
    it does what a new one would do, but for the count and the row of its own.
    """
    if current is None or (current.status == "resolved" and _forgotten(current, alert)):
        return _open(alert, group_key, new_id) if alert.signal == "firing" else None
    if alert.signal == "resolved":
        return _resolve(current, alert, duplicate=duplicate)
    if alert.signal == "acknowledged":
        return _acknowledge(current, alert, duplicate=duplicate)
    if current.status == "resolved":
        return _after_end(current, alert, duplicate=duplicate)
    return _fire(current, alert, duplicate=duplicate)


def _forgotten(current: Incident, alert: SafeAlert) -> bool:
    return current.resolved_at is not None and alert.received_at - current.resolved_at > REOPEN_WITHIN


def _open(alert: SafeAlert, group_key: bytes, new_id: UUID) -> Change:
    incident = Incident(
        incident_id=new_id,
        group_key=group_key,
        source_id=alert.source_id,
        source=alert.source,
        status="open",
        severity=alert.severity,
        title=alert.title,
        description=alert.description,
        labels=alert.labels,
        links=alert.links,
        fields=alert.fields,
        revision=1,
        generation=0,
        count=1,
        firing=frozenset({key_mark(alert.key)}),
        opened_at=alert.received_at,
        last_alert_at=alert.received_at,
        new=True,
    )
    return Change(incident, Why.OPENED, "trigger", keep=True)


def _fire(current: Incident, alert: SafeAlert, *, duplicate: bool) -> Change:
    mark = key_mark(alert.key)
    if duplicate and alert.timed and mark not in current.firing:
        return Change(current, Why.STALE, None, keep=False)
    heard = replace(
        current,
        last_alert_at=max(current.last_alert_at, alert.received_at),
        firing=current.firing | {mark},
        source_id=alert.source_id,
        source=alert.source,
    )
    if duplicate and mark in current.firing:
        return Change(heard, Why.DUPLICATE, None, keep=False)
    heard = replace(heard, count=current.count + (not duplicate))
    if RANK[alert.severity] > RANK[current.severity]:
        raised = replace(
            heard,
            severity=alert.severity,
            title=alert.title,
            description=alert.description,
            revision=current.revision + 1,
        )
        return Change(raised, Why.RAISED, "update", keep=not duplicate)
    if mark not in current.firing:
        return Change(replace(heard, revision=current.revision + 1), Why.JOINED, "update", keep=not duplicate)
    return Change(heard, Why.REPEATED, None, keep=True)


def _resolve(current: Incident, alert: SafeAlert, *, duplicate: bool) -> Change:
    mark = key_mark(alert.key)
    if duplicate and (alert.timed or mark not in current.firing):
        return Change(current, Why.DUPLICATE, None, keep=False)
    if current.status == "resolved":
        return Change(replace(current, firing=current.firing - {mark}), Why.STALE, None, keep=not duplicate)
    if mark not in current.firing:
        return Change(current, Why.UNKNOWN_END, None, keep=True)
    left = current.firing - {mark}
    heard = replace(current, firing=left, revision=current.revision + 1)
    if left:
        return Change(heard, Why.PARTLY, "update", keep=not duplicate)
    ended = replace(heard, status="resolved", resolved_at=alert.received_at, ended_by="source")
    return Change(ended, Why.ENDED, "resolve", keep=not duplicate)


def _acknowledge(current: Incident, alert: SafeAlert, *, duplicate: bool) -> Change:
    if duplicate or current.status != "open":
        return Change(current, Why.DUPLICATE if duplicate else Why.NO_CHANGE, None, keep=not duplicate)
    acked = replace(
        current,
        status="acknowledged",
        revision=current.revision + 1,
        last_alert_at=max(current.last_alert_at, alert.received_at),
    )
    return Change(acked, Why.ACKNOWLEDGED, "acknowledge", keep=True)


def _after_end(current: Incident, alert: SafeAlert, *, duplicate: bool) -> Change:
    """A firing alert for a resolved incident: a late copy when its source said that this episode is over."""
    late = current.resolved_at is not None and alert.received_at - current.resolved_at <= LATE_WITHIN
    if current.ended_by == "source" and alert.timed and duplicate and late:
        return Change(current, Why.STALE, None, keep=False)
    back = replace(
        current,
        status="open",
        severity=alert.severity,
        title=alert.title,
        description=alert.description,
        labels=alert.labels,
        links=alert.links,
        fields=alert.fields,
        revision=current.revision + 1,
        generation=current.generation + 1,
        count=current.count + 1,
        firing=frozenset({key_mark(alert.key)}),
        last_alert_at=alert.received_at,
        source_id=alert.source_id,
        source=alert.source,
        resolved_at=None,
        ended_by=None,
    )
    return Change(back, Why.REOPENED, "trigger", keep=True)


Action = Literal["ack", "investigate", "resolve", "reopen"]


def act(current: Incident, action: Action, actor: str, now: datetime) -> Change:
    """The incident after a person's action; `Why.NO_CHANGE` with kind None when it is already so."""
    step = current.revision + 1
    if action == "ack" and current.status == "open":
        return Change(
            replace(current, status="acknowledged", revision=step), Why.ACKNOWLEDGED, "acknowledge", False, actor
        )
    if action == "investigate" and current.status in {"open", "acknowledged"}:
        held = replace(current, status="investigating", revision=step)
        return Change(held, Why.INVESTIGATING, "acknowledge", False, actor)
    if action == "resolve" and current.status != "resolved":
        done = replace(current, status="resolved", revision=step, resolved_at=now, ended_by="person")
        return Change(done, Why.RESOLVED, "resolve", False, actor)
    if action == "reopen" and current.status == "resolved":
        back = replace(
            current,
            status="open",
            revision=step,
            generation=current.generation + 1,
            resolved_at=None,
            ended_by=None,
            last_alert_at=now,
        )
        return Change(back, Why.REOPENED_BY_PERSON, "trigger", False, actor)
    return Change(current, Why.NO_CHANGE, None, False, actor)


def unsilence(current: Incident) -> Change:
    """The incident when the silence that kept a change of it quiet is over: who knows of it is told how it stands now.

    For an incident that is not resolved; one that nobody was told of is announced.
    """
    kind: Kind = "update" if current.told else "trigger"
    return Change(replace(current, revision=current.revision + 1), Why.UNSILENCED, kind, keep=False, actor="alertveil")
