"""Ids that chance made, of letters of both cases and digits: `TvuRo2iMk` is a page of a tool's and nobody's number."""

from __future__ import annotations

import re
from typing import Final

_HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ID: Final = re.compile(
    r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?![^0-9]*[0-9]{6})[A-Za-z0-9]{7,88}(?:[-_][A-Za-z0-9]{1,40}){0,4}={0,2}"
)
_LONGEST_HUMP: Final = 6


def by_chance(word: str) -> bool:
    """Change case and kind so often in `word` that nobody wrote it: no names, no words, no number of six digits."""
    if _ID.fullmatch(word) is None:
        return False
    humps = _HUMPS.findall(word)
    return len(humps) >= max(4, len(word) // 3) and max(map(len, humps)) <= _LONGEST_HUMP
