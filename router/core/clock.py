"""A reader's clock: a moment as people of one time zone write it, and what they wrote as a moment.

Times are kept and decided in UTC; a clock stands only between a person and a page. What a clock shows carries its
offset (`UTC+1`) and no abbreviation: CST is three zones, and a night in autumn has the same hour twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]{1,20}(/[A-Za-z][A-Za-z0-9_+-]{0,25}){0,2}")
_NONE: Final = frozenset({"Factory", "UTC"})
"""`Factory` is what tzdata calls a machine that nobody has told where it is."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one time zone (IANA's name). `zone` is what knows its rules."""

    name: str = "UTC"
    zone: tzinfo = UTC

    def local(self, at: datetime) -> datetime:
        """What this clock shows at a moment, without a zone."""
        return at.astimezone(self.zone).replace(tzinfo=None)

    def full(self, at: datetime) -> str:
        """`2026-11-22 16:04:05 UTC+1`."""
        text = at.astimezone(self.zone).isoformat(" ", "seconds")
        return f"{text[:19]} {_offset(text[19:])}"

    def minute(self, at: datetime, now: datetime | None = None) -> str:
        """`2026-11-22 16:04 UTC+1`, without the day when it is that of `now` here."""
        text = at.astimezone(self.zone).isoformat(" ", "seconds")
        start = 11 if now is not None and self.local(now).date().isoformat() == text[:10] else 0
        return f"{text[start:16]} {_offset(text[19:])}"

    def offset(self, at: datetime) -> str:
        """`UTC+1`: how far this clock is from UTC's at a moment."""
        return _offset(at.astimezone(self.zone).isoformat(" ", "seconds")[19:])

    def moments(self, shown: datetime) -> tuple[datetime, ...]:
        """When this clock shows that (a time without a zone): once, in a night of autumn twice, in one of spring never.

        Raises OverflowError: it is out of the calendar.
        """
        found = (self._moment(shown, fold) for fold in (0, 1))
        return tuple(sorted({at for at in found if self.local(at) == shown}))

    def day(self, day: date) -> datetime:
        """When a day begins here: at its first midnight, or where midnight is skipped, at what comes instead of it.

        Raises OverflowError: it is out of the calendar.
        """
        return self.first(datetime.combine(day, time()))

    def first(self, shown: datetime) -> datetime:
        """The first moment at which this clock shows that, or the first after it when it never does.

        Raises OverflowError: it is out of the calendar.
        """
        found = self.moments(shown)
        if found:
            return found[0]
        # PEP 495: in a gap the two readings lie on its two sides, and the clock jumps between them.
        before, after = sorted(self._moment(shown, fold) for fold in (0, 1))
        while after - before > timedelta(seconds=1):
            middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
            before, after = (middle, after) if self.local(middle) < shown else (before, middle)
        return after

    def marks(self, now: datetime, hours: int, many: int) -> list[datetime]:
        """The `many` last times up to now at which this clock shows a multiple of `hours` (a divisor of 24).

        Each is the whole hour of UTC in which that falls, for what is counted by the hour; with 1, every one of them.
        """
        if hours == 1:
            top = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            return [top - timedelta(hours=back) for back in reversed(range(many))]
        shown = self.local(now)
        last = shown.replace(hour=shown.hour // hours * hours, minute=0, second=0, microsecond=0)
        found = (self.first(last - timedelta(hours=hours * back)) for back in reversed(range(many)))
        return [at.replace(minute=0, second=0, microsecond=0) for at in found]

    def _moment(self, shown: datetime, fold: int) -> datetime:
        return shown.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)


UTC_CLOCK: Final = Clock()
"""Of whoever chose no zone, of everything that machines read, and of evidence."""


@lru_cache(maxsize=1024)
def clock(name: str) -> Clock:
    """The clock of a zone; UTC's for an empty name, and for one that this machine's time zone data has no more."""
    return Clock(name, ZoneInfo(name)) if known(name) else UTC_CLOCK


@lru_cache(maxsize=1024)
def known(name: str) -> bool:
    """Is it a zone's name, other than UTC, that this machine has data for (`tzdata` of the system)."""
    if name in _NONE or not _NAME.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not there; no zone data; a folder of zones
        return False
    return True


@lru_cache(maxsize=256)
def _offset(iso: str) -> str:
    """`UTC+1`, `UTC−3:30`, `UTC`, of `+01:00`, `-03:30`, `+00:00`; with a minus sign, which is read out."""
    if iso == "+00:00":
        return "UTC"
    hours, _, rest = iso[1:].partition(":")
    return f"UTC{'+' if iso[0] == '+' else '−'}{int(hours)}{f':{rest}' if rest != '00' else ''}"
