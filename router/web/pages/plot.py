"""A chart for a page: the report's own geometry, coloured by classes of the style sheet.

So it follows the reader's light, dark or forced colours, and no style stands in the document.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from router.reports import chart as report

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH = 440
HEIGHT = 170
LETTER = 6.4
"""How wide a letter of a label is at the style sheet's 11 px, with room to spare."""

ON_A_PHONE = 15 / 11
"""How much larger the style sheet makes labels there: the picture is drawn smaller."""


def chart(title: str, labels: Sequence[str], values: Sequence[int], name: str) -> Markup:
    """Columns over time as inline SVG. `name` is the class that colours them; the numbers stand in a table beside it.

    The picture is one image with a sentence for whoever does not see it: its sum and its highest column.
    """
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with the templates

    plot = report.Plot(values, WIDTH, HEIGHT)
    most = max(values, default=0)
    said = f"{title}: {sum(values)} in all"
    if most:
        said += f", at most {most} ({labels[list(values).index(most)]})"
    parts = [
        Markup('<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            name, WIDTH, HEIGHT, said
        )
    ]
    for tick, y in plot.ticks:
        parts.append(
            Markup('<line class="{}" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>').format(
                "rule" if tick else "ground", report.LEFT, y, WIDTH - report.RIGHT, y
            )
        )
        parts.append(
            Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                report.LEFT - 5, y + 3, report.short(tick)
            )
        )
    wide = max((len(label) for label in labels), default=1) * LETTER
    last = plot.columns[-1].middle if plot.columns else 0
    pushed = max(0.0, last + wide * ON_A_PHONE / 2 - WIDTH)  # the last one would stand out of the picture
    every = max(1, math.ceil((wide + 8 + pushed) / plot.slot))
    for place, (label, column) in enumerate(zip(labels, plot.columns, strict=True)):
        if column.height:
            parts.append(
                Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                    column.left, column.top, column.width, column.height
                )
            )
        if place % every == (len(labels) - 1) % every:
            out = place == len(labels) - 1 and pushed
            parts.append(
                Markup('<text{} x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
                    Markup(' class="minor"') if (len(labels) - 1 - place) // every % 2 else "",
                    WIDTH if out else column.middle,
                    HEIGHT - 8,
                    "end" if out else "middle",
                    escape(label),
                )
            )
    return Markup("").join([*parts, Markup("</svg>")])
