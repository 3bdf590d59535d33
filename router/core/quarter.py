"""Calendar quarters in UTC, and the days that reviews hang on.

A quarter reads `2026Q4`. Its review closes 30 days after it ends (design §10), and no opt-in outlasts the close of the
next review (design §8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

CLOSES_AFTER: Final = timedelta(days=30)
"""From the end of a quarter to the close of its review."""

_TEXT: Final = re.compile(r"(20[0-9]{2})Q([1-4])")
_MONTHS: Final = 3


class NotAQuarter(ValueError):  # noqa: N818 - the answer
    """The text names no quarter. It is not repeated."""

    def __init__(self) -> None:
        super().__init__("A quarter is written like 2026Q4.")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months. `number` is 1 to 4; the first moment belongs to it, the last is the first of the next."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The quarter that `2026Q4` names, in this century. Raises NotAQuarter."""
        found = _TEXT.fullmatch(text.strip().upper())
        if found is None:
            raise NotAQuarter
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The quarter that holds this moment, by UTC's calendar."""
        utc = moment.astimezone(UTC)
        return cls(utc.year, (utc.month - 1) // _MONTHS + 1)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, (self.number - 1) * _MONTHS + 1, 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return self.next.starts_at

    @property
    def closes_at(self) -> datetime:
        """When its review closes: what is undecided then falls back to tokens."""
        return self.ends_at + CLOSES_AFTER

    @property
    def next(self) -> Self:
        """The quarter after it."""
        return self.shifted(1)

    @property
    def previous(self) -> Self:
        """The quarter before it."""
        return self.shifted(-1)

    def shifted(self, by: int) -> Self:
        """The quarter so many quarters later, or earlier when `by` is negative."""
        count = self.year * 4 + self.number - 1 + by
        return type(self)(count // 4, count % 4 + 1)


def latest_end(starts_at: datetime) -> datetime:
    """The last moment to which an opt-in that starts then may run: the close of the next quarterly review."""
    return Quarter.of(starts_at).closes_at
