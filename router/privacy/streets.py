"""Streets, towns and their postal codes, as the words and numbers of an address stand beside each other."""

# ruff: noqa: PLR2004 - decision tables; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy.cues import Cues
from router.privacy.items import Item
from router.privacy.lexicon import LEXICON, PLAIN
from router.privacy.spans import Span
from router.privacy.words import PARTICLES, STATES, STREET_LEADS, STREETS, SUFFIXES

HOUSE_NUMBER: Final = re.compile(
    r"[0-9]{1,5}(?: ?[A-Za-z](?![A-Za-z0-9]))?(?:[-/][0-9]{1,4}[A-Za-z]?)?(?![0-9A-Za-z%])"
)
NUMBER_BEFORE: Final = re.compile(r"(?<![0-9A-Za-z:.])([0-9]{1,5}[A-Za-z]?,?(?: (?:bis|ter|quater))?,?) $")


class Streets(Cues):
    """Finds addresses round a number or a word for street."""

    __slots__ = ()

    def _street(self, text: str, items: list[Item], index: int, spans: list[Span]) -> bool:
        """`68 Barrett St, Lake Pamela, AK 41259`: a house number, up to four words, a word for street."""
        if not items[index].text.isdigit() or len(items[index].text) > 6:
            return False
        for probe in range(index + 1, min(index + 6, len(items))):
            item = items[probe]
            gap = text[items[probe - 1].end : item.start]
            if (
                gap not in {" ", ". "}
                or item.type not in {"w", "c"}
                or not (item.text[0].isupper() or item.text[0].isdigit())
            ):
                return False
            if (
                probe > index + 1
                and item.text[0].isupper()
                and (
                    item.text.lower().rstrip(".") in STREETS
                    or (
                        item.text.lower() in SUFFIXES
                        and any(
                            items[place].type == "w" and LEXICON.flag(items[place].text.lower()) not in PLAIN
                            for place in range(index + 1, probe)
                        )
                    )
                )
            ):
                last = probe
                while last + 1 < len(items) and last - probe < 9:
                    following = items[last + 1]
                    between = text[items[last].end : following.start]
                    if (
                        following.type == "t"
                        or between.strip(" ,.#\n")
                        or not (following.text[0].isupper() or following.text.isdigit())
                        or between.count("\n") > 1
                    ):
                        break
                    flag = LEXICON.flag(following.text.lower())
                    if (
                        flag in PLAIN
                        and following.text not in STATES
                        and following.text.lower()
                        not in {"apt", "suite", "unit", "lake", "north", "south", "east", "west", "new", "port", "box"}
                        and following.text.lower() not in STREETS
                        and not self._to_state(text, items, last + 1)
                    ):
                        break
                    last += 1
                    if following.text.isdigit() and len(following.text) == 5:
                        break
                spans.append(Span(items[index].start, items[last].end, "ADDRESS", "street", True))
                return True
        return False

    def _to_state(self, text: str, items: list[Item], index: int) -> bool:
        """Do capitalised words from `index` on end in a state or a postal code: `Bath, ME 04530`."""
        for probe in range(index, min(index + 4, len(items))):
            item = items[probe]
            if probe > index:
                if text[items[probe - 1].end : item.start] not in {" ", ", "}:
                    return False
                if item.text in STATES or (item.text.isdigit() and len(item.text) == 5):
                    return True
            if item.type != "w" or not item.text[0].isupper():
                return False
        return False

    def _town(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        """The words before a state and its postal code: `Mobile, AL 36602`."""
        if index < 2 or text[items[index - 2].end : items[index - 1].start] not in {", ", " "}:
            return
        last = first = index - 2
        if items[last].type != "w" or not (
            items[last].text.istitle()
            or (
                items[last].text.isupper()
                and len(items[last].text) > 3
                and LEXICON.flag(items[last].text.lower()) not in PLAIN
            )
        ):
            return
        comma = text[items[last].end] == ","
        while (
            comma
            and first
            and last - first < 2
            and items[first - 1].type == "w"
            and items[first - 1].text.istitle()
            and text[items[first - 1].end : items[first].start] == " "
        ):
            first -= 1
        spans.append(Span(items[first].start, items[last].end, "ADDRESS", "state", True))

    def _named_street(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """`Rua do Arenque 1634`, `8 bis rue des Tanneurs`, `Lindenallee 14b`: the index after it, or 0.

        The word at `index` begins a street's name or ends like one; a house number stands behind or before it.
        """
        lead = items[index].text.lower() in STREET_LEADS
        last = index
        capitals = 0 if lead else 1
        while lead and last + 1 < len(items) and last - index < 6:
            following = items[last + 1]
            gap = text[items[last].end : following.start]
            if gap not in {" ", ". ", "'", "-"} or following.type not in {"w", "c"}:
                break
            if (
                not following.text[0].isupper()
                and following.text.lower() not in PARTICLES
                and following.text not in {"des", "aux", "les", "l", "d"}
            ):
                break
            capitals += following.text[0].isupper()
            last += 1
        if not capitals:
            return 0
        start = end = 0
        if last + 1 < len(items) and text[items[last].end : items[last + 1].start] in {" ", ", ", " n. ", " nr. "}:
            found = HOUSE_NUMBER.match(text, items[last + 1].start)
            if found is not None:
                start, end = items[index].start, found.end()
        before = NUMBER_BEFORE.search(text, max(items[index].start - 14, 0), items[index].start)
        if before is not None:
            start, end = before.start(1), max(end, items[last].end)
        if not end:
            return 0
        spans.append(Span(start, end, "ADDRESS", "street", True))
        while last + 1 < len(items) and items[last + 1].start < end:
            last += 1
        return last + 1
