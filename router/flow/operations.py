"""How the installation and one tenant's part of it are doing: what is stuck, since when, and what to do about it.

The installation's findings are `doctor`'s own, without another tenant's name; the rest is read under the tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from router.core import retention as core
from router.core.clock import UTC_CLOCK, Clock
from router.flow import audit, doctor
from router.flow.doctor import Finding, Surroundings
from router.flow.manage import NotFound
from router.flow.overview import Tone, state_words
from router.runtime import Runtime
from router.store import errors, hooks, hours, lanes, retention
from router.store.deliveries import LEASE
from router.store.session import Row

ERRORS: Final = 10
"""Kept errors that are listed."""

QUIET_PASS: Final = timedelta(days=2)
"""A sweep that has not come through for this long is told; it begins a pass once a day."""


class Queue(NamedTuple):
    """What of a channel waits. A count of 1000 is 1000 or more. `told` says how the channel is, `todo` what to do."""

    channel: str
    state: str
    tone: Tone
    told: str
    waiting: int
    due: int
    oldest: timedelta | None
    dead: int
    leased: bool
    todo: str


class Key(NamedTuple):
    """The key that seals now for one purpose, and how many of its purpose were destroyed."""

    purpose: str
    version: int
    epoch: date
    wrapped_by: str
    created_at: datetime
    destroyed: int


class Error(NamedTuple):
    """An error whose text is kept sealed."""

    error_id: UUID
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Operations:
    """Everything that the page shows. `swept_at`: when retention last came through; `held`: what stops it, or ''."""

    now: datetime
    findings: tuple[Finding, ...]
    queues: tuple[Queue, ...]
    keys: tuple[Key, ...]
    audit: audit.Standing
    swept_at: datetime | None
    held: str
    holds: int
    late_sweep: bool
    errors: tuple[Error, ...]
    counted_to: datetime | None

    @property
    def tone(self) -> Tone:
        """How bad it is: something is broken or stuck, something wants a look, or all is well."""
        if any(each.level == "error" for each in self.findings) or any(each.todo for each in self.queues):
            return "bad"
        return "busy" if self.wrong else "good"

    @property
    def wrong(self) -> int:
        """How much of it wants somebody."""
        return sum(each.level != "ok" for each in self.findings) + sum(bool(each.todo) for each in self.queues)


def look(runtime: Runtime, tenant_id: UUID, around: Surroundings, *, clock: Clock = UTC_CLOCK) -> Operations:
    """How things are now; `clock`: whose times its sentences have.

    Raises NotFound: there is no such tenant; DatabaseDown.
    """
    findings = doctor.shared(runtime, around)
    standing = audit.standing(runtime, tenant_id)
    with runtime.database.tenant(tenant_id) as session:
        queues = lanes.queues(session)
        keys = retention.keys(session)
        sweep = retention.state(session)
        holds = retention.holds(session)
        kept = errors.newest(session, ERRORS)
        counted = hours.counted(session)
        paused = [row.name for row in hooks.every(session) if row.paused is not None]
    if paused:
        text = f"Paused: {', '.join(paused)}. Mend what they lead to; what they are to be told waits. See /hooks."
        findings = [*findings, Finding("warn", "hooks", text)]
    if sweep is None:
        raise NotFound("There is no such tenant.")
    now: datetime = counted.now
    on = [each for each in holds if each.lifted_at is None]
    unsteady = sweep.unsteady_at is not None and now - sweep.unsteady_at < core.SETTLED
    held = core.Why.JUMPED.value if unsteady else core.Why.HELD.value if any(e.incident_id is None for e in on) else ""
    return Operations(
        now=now,
        findings=tuple(sorted(findings, key=lambda each: ("error", "warn", "ok").index(each.level))),
        queues=tuple(_queue(row, clock) for row in queues),
        keys=_keys(keys),
        audit=standing,
        swept_at=sweep.pass_ended_at,
        held=held,
        holds=len(on),
        late_sweep=not held and sweep.pass_ended_at is not None and now - sweep.pass_ended_at > QUIET_PASS,
        errors=tuple(Error(row.error_id, row.at, row.kind) for row in kept),
        counted_to=counted.upto,
    )


def _queue(row: Row, clock: Clock) -> Queue:
    state, tone, told = state_words(row, clock)
    oldest = row.now - row.oldest if row.oldest is not None and row.oldest <= row.now else None
    return Queue(
        row.name, state, tone, told, row.waiting, row.due, oldest, row.dead, bool(row.leased), _todo(row, state, oldest)
    )


def _todo(row: Row, state: str, oldest: timedelta | None) -> str:
    """What to do about a channel; empty when there is nothing."""
    if row.retired_at is not None:
        return "It was removed, and what it had begun is told to its end. Nothing is to be done."
    if state == "paused" and row.probe_at is None:
        return "Mend what it leads to, test it, then resume it; its queue waits and nothing is lost."
    if state == "paused":
        return "It is tried again by itself. Mend what it leads to, or pause it until that is done."
    if state == "failing":
        return "It is tried again by itself. Look at its last attempts for the reason."
    if oldest is not None and oldest > timedelta(seconds=doctor.OVERDUE):
        if row.leased:
            return f"A worker sends it as fast as the destination takes it (a lease of {LEASE} s is on)."
        return "No worker has it: look at the workers above."
    if row.dead:
        return "What died is sent again with “recover”, once the reason is mended."
    return ""


def _keys(found: Sequence[Row]) -> tuple[Key, ...]:
    newest = {row.purpose: row for row in found if row.shredded_at is None}  # ordered by version
    return tuple(
        Key(
            row.purpose,
            row.version,
            row.epoch,
            row.wrapped_by,
            row.created_at,
            sum(each.purpose == row.purpose and each.shredded_at is not None for each in found),
        )
        for row in newest.values()
    )
