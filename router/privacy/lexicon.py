"""Which words are known to be harmless, and which are known to be names, conditions or medicines."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final, Literal

Flag = Literal["w", "r", "n", "p", "d", "m", ""]
"""What is known of a word.

w safe · r safe, rarely a name · n safe in lower case, but also a person's name · p a person's name · d a condition ·
m a medicine · '' unknown.
"""

PLAIN: Final = frozenset({"w", "r"})
"""Flags of words that pass however they are written, unless a name stands next to them."""
SAFE: Final = frozenset({"w", "r", "n"})
"""Flags of words that pass in lower case."""

_FILE: Final = Path(__file__).with_name("data") / "lexicon.txt"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_LONGEST: Final = 24
_REMEMBERED: Final = 16_384
_STRETCH: Final = 1_024


class Lexicon:
    """Words looked up in a memory-mapped file of sorted `word flag` lines, so that processes share its pages.

    Safe words and names that were asked for are remembered (they stand in the file, so they are nobody's value).
    """

    __slots__ = ("_bucket", "_data", "_known")

    def __init__(self, path: Path = _FILE) -> None:
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bucket = self._buckets()
        self._known: dict[str, Flag] = {}

    def _buckets(self) -> dict[str, tuple[int, int]]:
        """Where the words with each first two letters stand."""
        starts: list[tuple[str, int]] = []
        at = 0
        for first in _LETTERS:
            for second in _LETTERS:
                found = self._data.find(f"\n{first}{second}".encode(), max(at - 1, 0))
                if self._data[:2] == f"{first}{second}".encode():
                    found = 0
                if found >= 0:
                    starts.append((first + second, found))
                    at = found
        ends = [place for _, place in starts[1:]] + [len(self._data)]
        return {pair: (place, end + 1) for (pair, place), end in zip(starts, ends, strict=True)}

    def _narrow(self, word: bytes, start: int, end: int) -> tuple[int, int]:
        """Halve the stretch that can hold `word` until searching it is cheap."""
        data = self._data
        while end - start > _STRETCH:
            middle = data.rfind(b"\n", start, (start + end) // 2)
            if middle <= start:
                break
            if data[middle + 1 : data.find(b" ", middle)] <= word:
                start = middle
            else:
                end = middle + 1
        return start, end

    def flag(self, word: str) -> Flag:
        """The flag of a lower-case word; '' when it is unknown."""
        found = self._known.get(word)
        if found is not None:
            return found
        where = self._bucket.get(word[:2])
        if where is None or len(word) > _LONGEST or not word.isascii() or not word.isalpha():
            return ""
        start, end = self._narrow(word.encode(), *where)
        probe = f"\n{word} ".encode()
        if start == 0 and self._data[: len(probe) - 1] == probe[1:]:
            at = -1
        else:
            at = self._data.find(probe, start, end)
            if at < 0:
                return ""
        flag: Flag = chr(self._data[at + len(probe)])  # type: ignore[assignment]  # build_lexicon writes no other
        if len(self._known) < _REMEMBERED:
            self._known[word] = flag
        return flag


LEXICON: Final = Lexicon()
