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
_WIDE: Final = 1_000
"""Bytes of a stretch that are searched at once; a longer one is cut by another letter."""
_MOST_LETTERS: Final = 5
_WIDER: Final = b""


class Lexicon:
    """Words looked up in a memory-mapped file of sorted `word flag` lines, so that processes share its pages.

    Remembered are the words that were asked for and stand in the file (so they are nobody's value), and the stretches
    of it with words of the same first three, four or five letters: at most a copy of it, 1.5 MB in some 10,000 pieces.
    """

    __slots__ = ("_bucket", "_data", "_known", "_personal", "_short", "_stretches", "_systems", "_trade")

    def __init__(self, path: Path = _FILE) -> None:
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bucket = self._buckets()
        self._known: dict[str, Flag] = {}
        self._trade: set[str] = set()
        self._systems: set[str] = set()
        self._personal: set[str] = set()
        self._stretches: dict[str, bytes] = {}
        self._short: dict[str, bytes] = {}

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

    def _stretch(self, first: str) -> bytes:
        """The lines of the words that begin with these two or three letters, each after a line break."""
        where = self._bucket.get(first[:2])
        if where is None or not first.isascii() or not first.isalpha():
            return b"\n"
        probe = f"\n{first}".encode()
        begin = self._data.find(probe, *where)
        if self._data[: len(first)] == probe[1:]:
            begin = 0
        last = self._data.rfind(probe, *where)
        end = self._data.find(b"\n", max(last, 0) + 1)
        stretch = (b"\n" if begin == 0 else b"") + self._data[begin : end + 1] if begin >= 0 else b"\n"
        if len(stretch) > _WIDE and len(first) < _MOST_LETTERS:
            self._short[first] = stretch[: stretch.index(b"\n", 1) + 1]  # sorted: the word that is `first` comes first
            stretch = _WIDER
        self._stretches[first] = stretch
        return stretch

    def flag(self, word: str) -> Flag:
        """The flag of a lower-case word; '' when it is unknown."""
        found = self._known.get(word)
        if found is not None:
            return found
        if not 1 < len(word) <= _LONGEST or not word.isascii():
            return ""
        stretch = self._stretches.get(word[:3])
        if stretch is None:
            stretch = self._stretch(word[:3])
        letters = 4
        while not stretch:
            first = word[:letters]
            if len(first) < letters:  # the word itself is how a wide stretch begins
                stretch = self._short[word]
                break
            stretch = self._stretches.get(first)
            if stretch is None:
                stretch = self._stretch(first)
            letters += 1
        probe = f"\n{word} ".encode()
        at = stretch.find(probe)
        if at < 0:
            return ""
        end = at + len(probe)
        flag: Flag = chr(stretch[end])  # type: ignore[assignment]  # build_lexicon writes no other
        if len(self._known) < _REMEMBERED:
            self._known[word] = flag
            mark = stretch[end + 1 : end + 2]
            if mark in {b"t", b"k"}:
                self._trade.add(word)
                if mark == b"k":
                    self._systems.add(word)
            elif mark == b"s":
                self._personal.add(word)
        return flag

    def trade(self, word: str) -> bool:
        """Is a safe word one of the trade, which says nothing of a person where a text is about one."""
        return word in self._trade or (word not in self._known and self._mark(word) in {b"t", b"k"})

    def systems(self, word: str) -> bool:
        """Is a safe word the trade's alone: who uses it speaks of systems."""
        return word in self._systems or (word not in self._known and self._mark(word) == b"k")

    def personal(self, word: str) -> bool:
        """Does a safe word say something of a person where a text is about one."""
        return word in self._personal or (word not in self._known and self._mark(word) == b"s")

    def _mark(self, word: str) -> bytes:
        """What stands behind the flag of a word that was not met before."""
        where = self._bucket.get(word[:2])
        if where is None or not self.flag(word):
            return b""
        at = self._data.find(f"\n{word} ".encode(), *where)
        return self._data[at + len(word) + 3 : at + len(word) + 4]


LEXICON: Final = Lexicon()
