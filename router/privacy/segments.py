"""Parts of a text in segments that their place says nothing of are read like any text, and only so many of them."""

from __future__ import annotations

from typing import Final

from router.privacy.items import TooLong
from router.privacy.spans import Span
from router.privacy.text import Reader


class Rest:
    """Reads the parts of one text in segments that their place says nothing of: few in what systems send."""

    __slots__ = ("_left", "_reader")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._left = _MOST_REST

    def read(self, part: str) -> list[Span]:
        """What the reader finds in a part. Raises TooLong."""
        self._left -= _PART_COST + len(part)
        if self._left < 0:
            raise TooLong
        return self._reader.read(part)


_MOST_REST: Final = 80_000
_PART_COST: Final = 60
"""Characters' worth of reading, some 100 ms, that parts may take together, and what each takes beside its own."""


def moved(spans: list[Span], by: int) -> list[Span]:
    """Spans of a part as spans of the text that it stands in, `by` characters on."""
    return [span._replace(start=span.start + by, end=span.end + by) for span in spans]
