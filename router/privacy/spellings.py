"""How one value may have been written when the tokenizer met it: what a search for it has to look up.

The vault knows a value by its kind and normal form only. Somebody who searches knows neither, and writes a name, a date
or a number as they are used to; so a value is turned into every (kind, normal form) that it may be sealed under.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from router.privacy.shapes import normal
from router.privacy.tokens import KINDS

LONGEST: Final = 1000
"""Characters of a value that is searched for: an address or a whole sentence, not a file."""

_NEVER: Final = frozenset({"SECRET"})  # never opened, so never disclosed
_SOUGHT: Final = tuple(kind for kind in KINDS if kind not in _NEVER)
_DATES: Final = frozenset({"DOB", "DATE"})
_PARTS: Final = ("PERSON", "WORD")
_MOST_NAMES: Final = 4
_NAME: Final = re.compile(r"[^\W\d_][^\W_]*(?:['’.-][^\W\d_]*)*", re.UNICODE)
_LABELLED: Final = re.compile(r"[A-Za-z]{2,6}[\s:#_.-]{0,3}([0-9]{4,20})")
_DATE_FORMS: Final = (
    "%Y-%m-%d",
    "%Y%m%d",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%m/%d/%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.000Z",
)
_ZEROS: Final = re.compile(r"(?<![0-9])0(?=[0-9](?![0-9]))")


@dataclass(frozen=True, slots=True, repr=False)
class Spelling:
    """One (kind, normal form). `part`: which word of a name this is, -1 when it is the whole value."""

    kind: str
    normal: str
    part: int = -1

    def __repr__(self) -> str:
        return f"<Spelling {self.kind}>"


def spellings(value: str) -> list[Spelling]:
    """Every form under which `value` may be sealed, each once; empty when there is nothing to look for.

    A name of several words may also have been sealed word by word (a first and a last name in fields of their own):
    these come as parts, and one part alone says nothing of the person.
    """
    text = " ".join(value.split())[:LONGEST]
    if not text:
        return []
    found: dict[tuple[str, str], Spelling] = {}

    def add(kinds: tuple[str, ...], form: str, part: int = -1) -> None:
        for kind in kinds:
            key = (kind, normal(kind, form))
            if key[1]:
                found.setdefault(key, Spelling(*key, part))

    add(_SOUGHT, text)
    for form in _dates(text):
        add(tuple(_DATES), form)
    for form in _numbers(text):
        add(_SOUGHT, form)
    names = _NAME.findall(text)
    if 1 < len(names) <= _MOST_NAMES and not re.search(r"[0-9@/]", text):
        full = [name for name in names if len(name.strip(".")) > 1]  # a middle initial is often left out
        for form in (*_orders(names), *_orders(full)):
            add(("PERSON", "USERNAME", "TEXT"), form)
        for place, name in enumerate(full if len(full) > 1 else ()):
            add(_PARTS, name, place)
    return list(found.values())


def _orders(names: list[str]) -> Iterator[str]:
    """A name's words in any order, with a comma behind the first, and as HL7 writes it."""
    if len(names) < 2:  # noqa: PLR2004 - one word has one order
        return
    for order in itertools.permutations(names):
        yield " ".join(order)
        yield f"{order[0]}, {' '.join(order[1:])}"
        yield f"{order[0]},{' '.join(order[1:])}"
        yield "^".join(order)


def _numbers(text: str) -> Iterator[str]:
    """A record number with and without its label and leading zeros."""
    labelled = _LABELLED.fullmatch(text)
    digits = labelled[1] if labelled else text
    if not digits.isascii() or not digits.isdigit():
        return
    yield digits
    yield "MRN" + digits
    if digits.lstrip("0"):
        yield digits.lstrip("0")


def _dates(text: str) -> Iterator[str]:
    """The ways to write the day or days that `text` may mean."""
    days: set[date] = set()
    for form in _DATE_FORMS:
        try:
            days.add(datetime.strptime(text, form).date())  # noqa: DTZ007 - a birthday has no zone
        except ValueError:
            continue
    for day, form in itertools.product(sorted(days), _DATE_FORMS):
        written = day.strftime(form)
        yield written
        yield _ZEROS.sub("", written)
