"""What one process remembers of harmless strings and key paths, so that the same service names are judged once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from router.privacy.keys import Verdict
from router.privacy.templates import Templates
from router.privacy.text import Reader

STRINGS: Final = 20_000
LONGEST: Final = 300
PATHS: Final = 5_000
NAMING: Final = frozenset({"name", "enum", "id", "code", "machine"})
"""Roles whose values are names of things."""

Case = tuple[str, str, bool, bool]
"""A key, its role, whether the source format named it exactly, and whether the event is about a person."""


def slot_of(role: str, *, declared: bool) -> str:
    """Under what harmless values are remembered: a declared role lets names pass that a guessed one does not."""
    return f"declared {role}" if declared and role in NAMING else role


@dataclass(slots=True, eq=False)
class Place:
    """A key path as met before: what its values are, and the places below it."""

    path: tuple[str, ...]
    verdict: Verdict
    role: str  # role that holds here, '' free
    exact: bool  # the source format named this very path
    rule: str  # the tenant's field rule
    under: dict[str, Place] = field(default_factory=dict)
    items: Place | None = None
    states: tuple[object, ...] = ()
    harmless_key: bool = True
    loose: bool = False  # the key is harmless, and could still be a value that the event has elsewhere
    declared: bool = False  # the source format gave the role, not the key's own words
    slot: str = ""  # under what Memory keeps harmless values of this place
    words: tuple[str, ...] = ()  # those of a key that names PHI
    named: bool = False  # a sibling named what stands here
    personal: bool = False  # a key below says something of a person
    calm: set[str] | None = None  # harmless values of this place, when nothing but the value itself can matter
    said: str | None = None  # the key that says most of what stands here, once it was asked for
    quiet: tuple[set[str], set[str]] | None = None  # texts that say nothing of a person: in another's event, in one's
    helper: str = ""  # `value`: a sibling may name what stands here; `rows`: a sibling may name its columns


class Memory:
    """Bounded; holds only strings that were judged harmless, never one that got a token. One per compiled rules."""

    __slots__ = ("_cases", "_settled", "harmless", "paths", "roots", "templates")

    def __init__(self, reader: Reader) -> None:
        self.templates = Templates(reader)
        self.harmless: dict[str, set[str]] = {}
        self.roots: dict[int, tuple[object, Place]] = {}
        self.paths = 0
        self._settled: dict[Case, set[str]] = {}
        self._cases = 0

    def settled(self, case: Case) -> set[str]:
        """The texts that say nothing of a person in this case; emptied when all of them together are too many."""
        texts = self._settled.get(case)
        if texts is None:
            self._count()
            texts = self._settled[case] = set()
        return texts

    def settle(self, case: Case, text: str) -> None:
        """Remember that `text` says nothing of a person."""
        if len(text) <= LONGEST:
            self._count()
            self.settled(case).add(text)

    def _count(self) -> None:
        self._cases += 1
        if self._cases > STRINGS:
            for texts in self._settled.values():
                texts.clear()  # places hold these sets
            self._settled.clear()
            self._cases = 1

    def slot(self, role: str) -> set[str]:
        """The strings that are harmless in this role; the same set for good, emptied when it is full."""
        return self.harmless.setdefault(role, set())

    def keep(self, role: str, text: str) -> None:
        """Remember that `text` is harmless in this role."""
        if len(text) > LONGEST:
            return
        known = self.slot(role)
        if len(known) >= STRINGS:
            known.clear()
        known.add(text)

    def __repr__(self) -> str:
        return "<Memory>"
