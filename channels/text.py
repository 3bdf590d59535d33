"""Cutting and escaping that leave tokens whole: half a token cannot be looked up, and a changed one is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from channels.contract import Message

TOKEN = re.compile(r"<[A-Z][A-Z0-9_]*_[0-9A-HJKMNP-TV-Z]{10}>")
"""`<EMAIL_7K2M4QXW9R>`: a type and ten characters of Crockford's base32 (design §7)."""

ELLIPSIS = "…"


def clip(text: str, limit: int, size: Callable[[str], int] = len) -> str:
    """`text`, or as much of its start as fits with an ellipsis into `limit`, never cut inside a token.

    `size` says what a piece of text counts on the other side, where escaping or encoding makes it longer; it must be at
    least the number of characters. Nothing fits: the empty string.
    """
    if len(text) <= limit and size(text) <= limit:
        return text
    room = limit - size(ELLIPSIS)
    if room < 0:
        return ""
    low, high = 0, min(len(text), room)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle]) <= room:
            low = middle
        else:
            high = middle - 1
    start = text.rfind("<", 0, low)
    if start >= 0:
        token = TOKEN.match(text, start)
        if token is not None and token.end() > low:
            low = start
    return text[:low] + ELLIPSIS


def headline(message: Message) -> str:
    """One line that tells what and how bad, in tokens: `[CRITICAL] source: title (INC-1A2B3C4D)`, as it was rendered.

    The grammar is the renderer's and stays as it is, because customers write rules that match it on the other side.
    """
    return one_line(message.summary)


def one_line(text: str) -> str:
    """`text` with every run of white space and controls as one space, where a line break would be a command."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def utf8_size(text: str) -> int:
    """Bytes of `text` in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def moment(when: datetime) -> str:
    """A time as ISO 8601 in UTC, to the second: 2026-01-05T10:00:00Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
