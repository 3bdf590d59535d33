"""When is a sweep let go on, and what may it take: decisions on the database's clock that distrust that clock.

Values are kept by months: a value that comes by again is sealed under the month's key, so what is still under an older
key has not been seen since. Removing is final, so a clock that jumped must not cause it (reference: a wrong clock is
told by its steps, and an outage looks the same; both wait).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

VALUES: Final = timedelta(days=30)
"""How long a value is kept after its incident ended, unless the tenant says otherwise."""

INCIDENTS: Final = timedelta(days=180)
"""How long an incident is kept after it ended: a quarter, its review's 30 days, and time to look again."""

SHORTEST: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=3650)

JUMP: Final = timedelta(days=1)
"""A step of the clock between two looks that is taken for a jump: looks are a minute apart."""

BACK: Final = timedelta(minutes=5)
"""A step back that is taken for one."""

SETTLED: Final = timedelta(days=3)
"""How long nothing is removed after a jump: a weekend, so that somebody sees it."""


class Why(StrEnum):
    """Why a sweep goes on or waits."""

    STEADY = "the database's clock is steady"
    JUMPED = "the database's clock jumped, or nobody swept for a day: nothing is removed for three days"
    HELD = "a legal hold of the whole tenant is on"


@dataclass(frozen=True, slots=True)
class Clock:
    """What the sweep remembers of the database's clock: when it last looked, and when it last saw a jump."""

    seen_at: datetime | None = None
    unsteady_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """May the sweep remove anything now, and why (not); `clock` is what to remember, `jumped` that it was just seen."""

    go: bool
    why: Why
    clock: Clock
    jumped: bool = False


def look(clock: Clock, now: datetime, *, held: bool) -> Verdict:
    """Judge one look at the database's clock. The first look of all finds it steady."""
    step = now - clock.seen_at if clock.seen_at is not None else timedelta(0)
    jumped = step > JUMP or step < -BACK
    unsteady_at = now if jumped else clock.unsteady_at
    seen = Clock(now, unsteady_at)
    if unsteady_at is not None and now - unsteady_at < SETTLED:
        return Verdict(go=False, why=Why.JUMPED, clock=seen, jumped=jumped)
    if held:
        return Verdict(go=False, why=Why.HELD, clock=seen)
    return Verdict(go=True, why=Why.STEADY, clock=Clock(now, None))


@dataclass(frozen=True, slots=True)
class Epoch:
    """A value key that has not been destroyed: its version and when it was made."""

    version: int
    created_at: datetime


def over(epochs: Sequence[Epoch], now: datetime, kept: timedelta) -> list[int]:
    """Versions under which nothing has been sealed for as long as values are kept.

    A key seals until its successor is made, so the newest is never among them, whatever its age.
    """
    ordered = sorted(epochs, key=lambda each: each.version)
    return [
        each.version
        for index, each in enumerate(ordered)
        if any(later.created_at < now - kept for later in ordered[index + 1 :])
    ]


def pass_due(ended_at: datetime | None, now: datetime) -> bool:
    """Is a pass over the vault due: one a day."""
    return ended_at is None or now - ended_at >= timedelta(days=1) or ended_at > now
