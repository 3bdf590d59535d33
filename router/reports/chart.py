"""Small charts as SVG that print well in grey: columns over time, one series each, with a scale that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 300
HEIGHT: Final = 132
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 22, 24
LABEL: Final = 30
"""The narrowest column whose label does not run into the next one's; below, every other column has one."""
THICKEST: Final = 46
INK: Final = "#1d2a30"
QUIET: Final = "#5d6b72"
RULE: Final = "#d5dcdf"
MAIN: Final = "#0f5c6e"
PALE: Final = "#a9c3ca"
FONT: Final = "Libertinus Serif, Georgia, serif"


@dataclass(frozen=True, slots=True)
class Bar:
    """A column: what stands under it, how high it is, and whether it is the one that is meant."""

    label: str
    value: int
    main: bool = True


class Place(NamedTuple):
    """Where one column stands, in the chart's own units."""

    left: float
    top: float
    width: float
    height: float
    middle: float


class Plot:
    """Where everything of a chart of columns stands: ticks as (value, y), columns, how wide each one's slot is."""

    def __init__(self, values: Sequence[int], width: int = WIDTH, height: int = HEIGHT) -> None:
        self.top, step = scale(max(values, default=0))
        plot = height - TOP - BOTTOM
        self.slot = (width - LEFT - RIGHT) / max(len(values), 1)
        self.ticks = [(tick, TOP + plot - plot * tick / self.top) for tick in range(0, self.top + 1, step)]
        thick = min(self.slot * 0.62, THICKEST)
        self.columns = []
        for place, value in enumerate(values):
            middle, high = LEFT + self.slot * (place + 0.5), plot * value / self.top
            self.columns.append(Place(middle - thick / 2, TOP + plot - high, thick, high, middle))


def columns(bars: Sequence[Bar], unit: str, *, width: int = WIDTH) -> str:
    """The columns with a scale from 0; values stand on top of them when there is room."""
    plot = Plot([bar.value for bar in bars], width)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}"'
            f' font-family="{FONT}" font-size="9">'
        )
    ]
    parts.append(f'<text x="0" y="9" fill="{QUIET}">{escape(unit)}</text>')
    for tick, y in plot.ticks:
        parts.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{width - RIGHT}" y2="{y:.1f}" stroke="{INK if tick == 0 else RULE}"'
            f' stroke-width="{0.8 if tick == 0 else 0.5}"/>'
            f'<text x="{LEFT - 5}" y="{y + 3:.1f}" text-anchor="end" fill="{QUIET}">{short(tick)}</text>'
        )
    every = 1 if plot.slot >= LABEL else 2
    for place, (bar, column) in enumerate(zip(bars, plot.columns, strict=True)):
        parts.append(
            f'<rect x="{column.left:.1f}" y="{column.top:.1f}" width="{column.width:.1f}"'
            f' height="{column.height:.1f}" fill="{MAIN if bar.main else PALE}"/>'
            f'<text x="{column.middle:.1f}" y="{column.top - 3:.1f}" text-anchor="middle" fill="{INK}">'
            f"{short(bar.value)}</text>"
        )
        if place % every == 0:
            parts.append(
                f'<text x="{column.middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle" fill="{QUIET}">'
                f"{escape(bar.label)}</text>"
            )
    return "".join(parts) + "</svg>"


def scale(most: int) -> tuple[int, int]:
    """(top, step) of an axis that holds `most` with two to five steps of 1, 2 or 5 times a power of ten."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if most <= step * factor * 5:
                steps = max(2, -(-most // (step * factor)))
                return step * factor * steps, step * factor
        step *= 10


def short(value: int) -> str:
    """A number that fits over a column: 950, 1.2k, 34k, 5M."""
    if value < 1_000:  # noqa: PLR2004 - from here on shortened
        return str(value)
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            whole = value / size
            return f"{whole:.1f}".rstrip("0").rstrip(".") + unit if whole < 10 else f"{whole:.0f}{unit}"  # noqa: PLR2004 - one digit keeps a decimal
    return str(value)
