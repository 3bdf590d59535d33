"""A tenant's pattern with a circuit breaker: one that fails or is slow takes the whole text, and never lets it pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final

from router.privacy.tokens import TOKEN

FAILURES: Final = 3
"""Failures in a row after which a pattern is not run any more."""
PROBE: Final = 500
"""Texts that an open breaker takes as they are before it lets the pattern look at one again."""
SLOW: Final = 0.25
"""CPU seconds for one text of at most 64 K characters: RE2 does 100 MB in that time when a pattern is no burden."""

_LINE: Final = re.compile(r"[^\n]+")


class Whole:
    """A stretch that was taken without being looked at, in the shape of a match."""

    __slots__ = ("_end", "_start", "_text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text, self._start, self._end = text, start, end

    def start(self) -> int:
        """Where it starts."""
        return self._start

    def end(self) -> int:
        """Where it ends."""
        return self._end

    def group(self) -> str:
        """The stretch."""
        return self._text[self._start : self._end]


class Guarded:
    """Runs one RE2 pattern. Safe to share between threads: a lost update costs one more look at a text.

    `clock` tells the thread's own CPU seconds, so that a busy machine fails nobody.
    """

    __slots__ = ("_clock", "_pattern", "_since", "failed", "in_a_row", "position")

    def __init__(self, pattern: Any, position: int, clock: Callable[[], float] = time.thread_time) -> None:  # noqa: ANN401 - RE2 brings no types
        self._pattern = pattern
        self._clock = clock
        self._since = 0
        self.position = position
        self.failed = 0
        self.in_a_row = 0

    def __repr__(self) -> str:
        return f"<Guarded pattern {self.position}>"

    @property
    def is_open(self) -> bool:
        """Is the pattern not run at the moment."""
        return self.in_a_row >= FAILURES

    def finditer(self, text: str) -> list[Any]:
        """Where the pattern stands in `text`; when it cannot say, every line of it but the tokens."""
        if self.is_open:
            self._since += 1
            if self._since % PROBE:
                return whole(text)
        began = self._clock()
        try:
            found = list(self._pattern.finditer(text))
        except Exception:  # noqa: BLE001 - whatever the engine says; its text may hold the value
            return self._failed(text)
        if self._clock() - began > SLOW:
            return self._failed(text)
        self.in_a_row = 0
        return found

    def _failed(self, text: str) -> list[Any]:
        self.failed += 1
        self.in_a_row += 1
        return whole(text)


def whole(text: str) -> list[Whole]:
    """Every line of a text that has a letter or digit, without the tokens in it."""
    found: list[Whole] = []
    at = 0
    for start, end in [*(match.span() for match in TOKEN.finditer(text)), (len(text), len(text))]:
        found += [
            Whole(text, at + line.start(), at + line.end())
            for line in _LINE.finditer(text[at:start])
            if any(char.isalnum() for char in line[0])
        ]
        at = end
    return found
