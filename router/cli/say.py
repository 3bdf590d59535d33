"""What commands print: for people aligned tables that fit 80 columns, for programs one line of JSON."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import orjson

from channels.text import clip

INK: Final = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
WORDS: Final = {
    "critical": "red",
    "error": "red",
    "dead": "red",
    "warning": "yellow",
    "pending": "yellow",
    "paused": "yellow",
    "open": "bold",
    "delivered": "green",
    "ok": "green",
    "warn": "yellow",
    "resolved": "dim",
    "superseded": "dim",
}
"""Words that a table shows in colour; the word alone says the same."""


def line(value: object) -> None:
    """One line of JSON on standard output."""
    _write(orjson.dumps(value, default=str).decode())


def text(*lines: str) -> None:
    """Lines for a person."""
    for each in lines:
        _write(each)


def aside(sentence: str) -> None:
    """A line for a person on standard error."""
    sys.stderr.write(sentence + "\n")


def table(names: Sequence[str], rows: Sequence[Sequence[object]], *, nothing: str) -> None:
    """Aligned columns, the last of them cut where the terminal ends; `nothing` is the sentence for no rows."""
    if not rows:
        _write(nothing)
        return
    cells = [[name.upper() for name in names], *([word(cell) for cell in row] for row in rows)]
    wide = [max(len(row[column]) for row in cells) for column in range(len(names))]
    room = max(80, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    for number, row in enumerate(cells):
        before = "  ".join(cell.ljust(width) for cell, width in zip(row[:-1], wide, strict=False))
        last = row[-1]
        if room is not None and len(before) + 2 + len(last) > room:
            last = clip(last, max(30, room - len(before) - 2))
        full = [*(cell.ljust(width) for cell, width in zip(row[:-1], wide, strict=False)), last]
        painted = [paint(cell, "bold") if number == 0 else _coloured(cell) for cell in full]
        _write("  ".join(painted).rstrip())


def facts(pairs: Mapping[str, object]) -> None:
    """Names and values, one pair a line; empty ones are left out."""
    shown = {name: word(value) for name, value in pairs.items() if value not in (None, "", [], {})}
    wide = min(32, max((len(name) for name in shown), default=0))
    for name, value in shown.items():
        _write(f"{name.ljust(wide)}  {_coloured(value)}")


def paint(text_: str, ink: str) -> str:
    """Coloured on a terminal, plain everywhere else (https://no-color.org)."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text_
    return f"\x1b[{INK[ink]}m{text_}\x1b[0m"


def word(value: object) -> str:
    """A value as a table shows it; control characters, which could steer a terminal, become spaces."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(word(each) for each in value) or "-"
    return "".join(char if char.isprintable() else " " for char in str(value))


def _coloured(cell: str) -> str:
    ink = WORDS.get(cell.strip())
    return paint(cell, ink) if ink else cell


def _write(line_: str) -> None:
    sys.stdout.write(line_ + "\n")
