"""What comes after an attempt: done, again at a stated time, or dead; and whether its destination needs a rest.

The one owner of retries (design §9): senders never retry by themselves. Times are aware UTC, given, never read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from channels.contract import Delivered, Kind, Outcome, Reason, Rejected

SCHEDULE: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 2 * 60, 10 * 60, 30 * 60, 3600))
"""The wait after the first attempt, the second, …; the last one repeats (design §9)."""

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""No attempt is made later than this after the first."""

JITTER: Final = 0.2
LONGEST_WAIT: Final = timedelta(hours=1)
"""A Retry-After beyond this is taken as this: a destination must not park a resolve for a week."""

_SHORTEST_WAIT: Final = timedelta(seconds=1)  # a Retry-After of 0 that does not count would otherwise spin

PAUSE_AFTER: Final = timedelta(hours=1)
"""A destination that has only failed for this long is paused."""

PROBE_EVERY: Final = timedelta(minutes=10)
"""A paused destination gets one delivery this often, to see whether it is back."""

_NEVER_THE_MESSAGE: Final = frozenset({Reason.CONNECT, Reason.DNS, Reason.TLS, Reason.EGRESS_DENIED, Reason.CREDENTIAL})
"""Failures before anything of a message was read, so no message can be their cause."""


@dataclass(frozen=True, slots=True)
class Done:
    """It is there."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at `at`, as attempt number `attempt`. `maybe_delivered`: say in it that it may be a repeat."""

    at: datetime
    attempt: int
    reason: Reason
    maybe_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Dead:
    """No further attempt by itself; visible and replayable. `gave_up`: it could have been retried, but its time is up.

    `maybe_delivered`: the last attempt may have arrived all the same.
    """

    reason: Reason
    gave_up: bool = False
    maybe_delivered: bool = False


Step = Done | Again | Dead


def next_step(
    outcome: Outcome, attempt: int, first_tried: datetime, now: datetime, jitter: float, *, kind: Kind
) -> Step:
    """The step after an attempt.

    `attempt` is its number, from 1; `first_tried` when number 1 began; `jitter` a random number from -1 to 1. An
    outcome that does not count (a Slack 429) is tried again under the same number. Retry-After is a lower bound, itself
    bounded by LONGEST_WAIT. A test is never repeated: somebody is waiting for its answer.
    """
    if isinstance(outcome, Delivered):
        return Done()
    if isinstance(outcome, Rejected):
        return Dead(outcome.reason)
    if kind == "test":
        return Dead(outcome.reason, maybe_delivered=outcome.maybe_delivered)
    at = now + _wait(outcome.after, attempt, jitter, counts=outcome.counts)
    if at - first_tried > GIVE_UP_AFTER:
        return Dead(outcome.reason, gave_up=True, maybe_delivered=outcome.maybe_delivered)
    return Again(at, attempt + 1 if outcome.counts else attempt, outcome.reason, outcome.maybe_delivered)


def _wait(after: float | None, attempt: int, jitter: float, *, counts: bool) -> timedelta:
    spread = 1 + JITTER * max(-1.0, min(1.0, jitter))
    planned = SCHEDULE[min(max(attempt, 1), len(SCHEDULE)) - 1] * spread
    if after is None or math.isnan(after):
        return planned
    asked = min(timedelta(seconds=min(max(after, 0.0), LONGEST_WAIT.total_seconds())), LONGEST_WAIT)
    return max(asked, planned if counts else _SHORTEST_WAIT)


@dataclass(frozen=True, slots=True)
class Health:
    """How a destination has been doing. All None: well, or never used.

    `failing_since`: every attempt from then on failed. `paused`: why no delivery goes there; the queue waits.
    `probe_at`: when one delivery may go all the same; None while paused means: not before a person resumes it.
    """

    failing_since: datetime | None = None
    paused: Reason | None = None
    probe_at: datetime | None = None


def pause(health: Health, outcome: Outcome, now: datetime, *, alone: bool) -> Health:
    """The destination's health after an attempt; the caller tells its owner when `paused` appears or goes.

    `alone`: no other message to this destination is failing too. One bad message never pauses a destination: a message
    that was refused says nothing about others, and neither does one that alone makes the destination fail, unless it
    failed before any message was read. A rate limit is no failure.
    """
    if isinstance(outcome, Delivered):
        return Health()
    if isinstance(outcome, Rejected):
        if not outcome.disable:
            return health
        return Health(health.failing_since or now, outcome.reason, None)
    if not outcome.counts:
        return health
    failing = replace(health, failing_since=health.failing_since or now)
    if failing.paused is not None:
        return replace(failing, probe_at=now + PROBE_EVERY if failing.probe_at is not None else None)
    one_message = alone and outcome.reason not in _NEVER_THE_MESSAGE
    if one_message or now - (failing.failing_since or now) < PAUSE_AFTER:
        return failing
    return replace(failing, paused=outcome.reason, probe_at=now + PROBE_EVERY)


def may_send(health: Health, now: datetime) -> bool:
    """Whether a delivery may go there now: it is not paused, or its next probe is due (then one, not a batch)."""
    return health.paused is None or (health.probe_at is not None and health.probe_at <= now)
