"""Time zones in forms: which there are to choose from, and what somebody's days and times of day mean.

A form carries the zone that it was made with, so it is read as its reader saw it even when another tab has switched to
UTC meanwhile. An hour that a night has twice is asked for; one that it skips is refused, with what the clock shows.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from router.core.clock import UTC_CLOCK, Clock, clock, known
from router.flow.signin import Visitor

if TYPE_CHECKING:
    from markupsafe import Markup

Which = Literal["first", "second"]
WHICH: Final[tuple[Which, Which]] = ("first", "second")


class NotATime(Exception):  # noqa: N818 - the answer
    """What was written is no time of that clock; the text says why and what to do."""


class Twice(Exception):  # noqa: N818 - the answer
    """The clock shows that twice; `choices` are (words, value) to choose from."""

    def __init__(self, choices: list[tuple[str, Which]]) -> None:
        super().__init__("Clocks are put back then, and this time comes twice: say below which one.")
        self.choices = choices


def clock_of(visitor: Visitor, given: Mapping[str, str]) -> Clock:
    """The clock by which a form's times are read: the one it was made with, else the visitor's."""
    name = given.get("zone", "")
    return clock(name) if known(name) else UTC_CLOCK if name == UTC_CLOCK.name else visitor.clock


def minute(text: str, by: Clock, which: str = "") -> datetime:
    """When it is what a browser's own field sends: `2026-12-31T18:00` on this clock. With an offset, that moment.

    Raises:
        NotATime: it is none, or the clock skips it.
        Twice: it comes twice, and `which` is neither `first` nor `second`.
    """
    try:
        shown = datetime.fromisoformat(text.strip())
        if shown.tzinfo is not None:
            return shown
        found = by.moments(shown)
        after = by.first(shown)
    except (ValueError, OverflowError):
        raise NotATime(f"Times are written like 2026-12-31T18:00, in {by.name}.") from None
    if not found:
        raise NotATime(
            f"{by.name} skips that: clocks are put forward, to {by.local(after):%H:%M}. Choose another time."
        )
    if len(found) > 1 and which not in WHICH:
        raise Twice([(f"the {each}, {by.minute(at)}", each) for each, at in zip(WHICH, found, strict=True)])
    return found[-1 if which == "second" else 0]


def day(text: str, by: Clock, *, after: int = 0) -> datetime:
    """When a day begins on this clock, or the day this many after it. Raises NotATime."""
    try:
        return by.day(date.fromisoformat(text.strip()) + timedelta(days=after))
    except (ValueError, OverflowError):
        raise NotATime("Days are written like 2026-12-31.") from None


def options(chosen: str) -> Markup:
    """The zones as a select's options, by part of the world, with the chosen one selected; empty: UTC."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    name = chosen or UTC_CLOCK.name
    html = _listed() if name in offered() or name == UTC_CLOCK.name else f"{_option(name, name)}\n{_listed()}"
    ours = str(_option(name, "")).removesuffix("></option>")
    return Markup(html.replace(f"{ours}>", f"{ours} selected>", 1))  # noqa: S704 - every part of it is escaped


@cache
def _listed() -> str:
    """Made once: it takes 5 ms."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    parts = [_option(UTC_CLOCK.name, UTC_CLOCK.name)]
    part = ""
    for name in offered():
        area, _, place = name.partition("/")
        if area != part:
            parts += [Markup("</optgroup>")] if part else []
            parts.append(Markup('<optgroup label="{}">').format(area))
            part = area
        parts.append(_option(name, place.replace("_", " ").replace("/", ", ")))
    return "\n".join([*parts, "</optgroup>"] if part else parts)


def _option(value: str, words: str) -> Markup:
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    return Markup('<option value="{}">{}</option>').format(value, words)


@cache
def offered() -> tuple[str, ...]:
    """The zones that the page offers: tzdata's own list of one for each place in each country (zone.tab).

    Others that this machine knows, the older names among them, are taken as well. Without the list, all it knows:
    looking for those takes 90 ms.
    """
    for folder in zoneinfo.TZPATH:
        try:
            text = (Path(folder) / "zone.tab").read_text(encoding="utf-8")
        except OSError:
            continue
        lines = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
        return tuple(sorted({line[2] for line in lines if len(line) > 2}))  # noqa: PLR2004 - its columns
    return tuple(sorted(name for name in zoneinfo.available_timezones() if "/" in name and known(name)))
