"""What stands right beside a name or an unknown word is part of it: its other half, a house number, a postal code."""

# ruff: noqa: C901 - decision tables; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy.lexicon import LEXICON, PLAIN
from router.privacy.spans import Span, settle
from router.privacy.streets import HOUSE_NUMBER, NUMBER_BEFORE, Streets
from router.privacy.words import (
    HONORIFICS,
    NOUNS,
    OPENERS,
    PRODUCTS,
)

_FAMILY: Final = re.compile(r"[A-Z][a-z]{2,}(?! [A-Z]|[A-Za-z0-9_:=./-])")
"""A capitalised word right behind a name, and no further one behind it: the rest of the name, whatever it means."""
_HALF_BEFORE: Final = re.compile(
    r"(?<![^\s\"'(\[{>,;|=:*+])([A-Z][^\W\d_]{1,20}(?:-[A-Z][^\W\d_]{1,20})?)(?:\.? {1,2}|, ?|\. ?(?=[A-Z]))$"
)
_HALF_AFTER: Final = re.compile(
    r" ((?:(?:d[aeiou]|do?s|das|della?|l[ae]|los|las|v[ao]n|vom|de[lnr]|te[rn]|bin|ibn|bint|al|el|y|zu|zum|zur"
    r"|a[fv]|het|'t) ){0,3})"
    r"([A-Z][^\W\d_]{1,20})(?![\w@:=/\\-])"
)
"""A capitalised word behind a name, after particles or none."""
_HARDWARE: Final = re.compile(r"(?<=/)[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?=/|$)")
"""A device in a topic of MQTT: `rpm/B7:F1:16:F9:F6:D3/telemetry`."""
_COLONS: Final = 5
_GIVEN_LENGTH: Final = 3
_AND_WHERE: Final = frozenset({"PERSON", "DOB", "ADDRESS", "MRN", "MEMBER_ID", "PATIENT_ID"})
"""In a text with one of these a postal code is somebody's, and so is a code in a cell."""
_CODED_CELL: Final = re.compile(
    r"(?<=['\"\t;|])(?:[0-9]{1,2}[A-DNSEW]{1,2}(?: [A-Z]{2,6})?|[A-Z]{2,6} [0-9]{1,2}[A-Z])(?=['\"\t;|<]|$)"
    r"|(?<=>)[0-9]{1,2}[A-DNSEW](?=<)"
)
"""A short code in capitals that is all of a cell or a literal: `"DOM 3A"`, `'5N'`."""
_POSTAL: Final = re.compile(
    r"(?<![\w.,:/-])(?<![\d] )(?:[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3})(?![\w%/-]|[.,:][0-9]| [0-9])"
)
"""Postal codes of Sweden, Czechia, Slovakia and Greece, and of Poland."""
_POSTED: Final = re.compile(
    r"(?:, ?|  ?|\n {0,20})([0-9]{2,3}[ -][0-9]{2,4}|[0-9]{4,6}(?:-[0-9]{3,4})?)(?![0-9A-Za-z%:/-]|[ ,.][0-9])"
)
"""A postal code behind a street."""
_DEGREES_OF_PEOPLE: Final = frozenset(
    {"phd", "dds", "dvm", "msn", "dnp", "mph", "esq", "rph", "iii", "jnr", "snr", "lcsw", "dmd"}
)
"""What stands behind a name and belongs to it."""
_FLAT: Final = re.compile(r"[A-Z][a-z]{2,} ([0-9]{1,4}[A-Za-z]?), $")
_HALF: Final = r"(?:['\"]?(?:[fl]n?|[fl]name|first|last|given|family)['\"]?(?: ?=> ?|: ?|=))?"
"""The key of half a name: `{ f: 'Rune', l: 'Karlsen' }`."""
_CELL_AFTER: Final = re.compile(
    rf"(?:[,;|\t^+]|['\"], ?{_HALF}['\"]|</[a-z]{{1,12}}><[a-z]{{1,12}}>)([A-Z][a-z]{{1,20}})(?=[,;|\t^+'\"<\n]|$)"
    r"| {2,20}([A-Z]{2,15})(?=  |\n|$)"
)
_CELL_BEFORE: Final = re.compile(
    rf"(?:(?<=[,;|\t^+'\">\n])|^)([A-Z][a-z]{{1,20}})"
    rf"(?:[,;|\t^+]|['\"], ?{_HALF}['\"]|</[a-z]{{1,12}}><[a-z]{{1,12}}>)$"
)
_LOGGING: Final = re.compile(r"[a-z][a-z0-9_-]{1,20}\[[0-9]{1,7}\]: ")
"""A program and its process, as syslog begins a line: `bgpd[4410]: `."""


class Beside(Streets):
    """Widens what was found by what stands beside it."""

    __slots__ = ()

    def _beside(self, text: str, spans: list[Span]) -> list[Span]:
        """A short number next to a capitalised word that is not known is part of it: a house number, a box, a flat."""
        found: list[Span] = []
        starts = {span.start for span in spans if span.kind in {"PERSON", "WORD"} and text[span.start].isupper()}
        for span in spans:
            if (
                span.sure
                and span.kind == "PERSON"
                and text[span.end : span.end + 1] == " "
                and text[span.start].isupper()
            ):
                last = _FAMILY.match(text, span.end + 1)
                if last is not None and LEXICON.flag(last[0].lower()) in PLAIN and last[0].lower() not in self.safe:
                    found.append(Span(last.start(), last.end(), "PERSON", "beside", False))
            if span.sure and span.kind == "PERSON" and text[span.start].isupper():
                flat = _FLAT.search(text, max(span.start - 14, 0), span.start)
                if flat is not None:
                    found.append(Span(flat.start(1), flat.end(1), "NUMBER", "beside", False))  # `Studio 23, Talbot …`
            if span.kind in {"PERSON", "WORD"} and text[span.start].isupper() and span.rule != "untold":
                if text[span.start : span.end].isalpha():
                    found += self._cells_beside(text, span)
                found += self._halves(text, span, starts)
            if span.kind == "ADDRESS":
                posted = _POSTED.match(text, span.end)
                if posted is not None:
                    found.append(Span(posted.start(1), posted.end(1), "ZIP", "beside", False))
            if (span.sure and span.kind != "ADDRESS") or span.kind not in {"PERSON", "WORD", "ADDRESS"}:
                continue
            if not text[span.start].isupper():
                continue
            behind = HOUSE_NUMBER.match(text, span.end + 1) if text[span.end : span.end + 1] == " " else None
            if behind is not None and text[behind.end() : behind.end() + 2].strip() in {"", ",", ";", ")", "."}:
                found.append(Span(behind.start(), behind.end(), "NUMBER", "beside", False))
            before = NUMBER_BEFORE.search(text, max(span.start - 14, 0), span.start)
            if before is not None:
                found.append(Span(before.start(1), before.end(1), "NUMBER", "beside", False))
        if any(span.sure and span.kind in _AND_WHERE for span in spans):
            found += [Span(m.start(), m.end(), "ZIP", "beside", False) for m in _POSTAL.finditer(text)]
            found += [Span(m.start(), m.end(), "CODE", "beside", False) for m in _CODED_CELL.finditer(text)]
        if "/" in text and text.count(":") >= _COLONS:
            found += [Span(m.start(), m.end(), "DEVICE_ID", "shape", True) for m in _HARDWARE.finditer(text)]
        if "[" in text:
            spans = [
                span
                for span in spans
                if span.rule != "unknown" or span.kind != "WORD" or _LOGGING.match(text, span.start) is None
            ]
        return settle([*spans, *found]) if found else spans

    def _halves(self, text: str, span: Span, starts: set[int]) -> list[Span]:
        """What of a name is a word too, beside the rest of it: `Hall-Green, <Daniel>`, `<Paca> Arenas <Otero>`."""
        found: list[Span] = []
        upper = text[span.start : span.end].isupper()
        start = span.start
        for _ in range(2):
            match = _HALF_BEFORE.search(text, max(start - 48, 0), start)
            if match is None:
                break
            word, comma = match[1], text[match.end(1)] == ","
            titled = word.lower() in HONORIFICS and not comma
            if span.rule == "unknown" and span.kind == "WORD" and upper and not comma:
                if self._in_capitals(text, match.start(1), span.end, word):
                    found.append(Span(match.start(1), match.end(1), "PERSON", "beside", False))
                break
            if not titled and (
                span.kind != "PERSON"
                or word.isupper() != upper
                or not self._half_of_a_name(word)
                or (not comma and "-" not in word and self._opens(text, match.start(1), word))
            ):
                break
            start = match.start(1)
            found.append(Span(start, match.end(1), "PERSON", "beside", False))
        after = _HALF_AFTER.match(text, span.end)
        if after is not None:
            word = after[2]
            if after[1].strip():
                if after.start(2) in starts:  # `<Carlijn> van <Gho>`
                    found.append(Span(span.end + 1, after.start(2) - 1, "PERSON", "beside", False))
            elif (
                after.start(2) not in starts
                and word.isupper() == upper
                and (span.kind == "PERSON" or after.end() + 1 in starts)
                and (
                    after.end() + 1 in starts
                    or not text[after.end() : after.end() + 2].strip(" ").isalpha()
                    or (upper and text[after.end() + 1].islower())
                )
                and (word.lower() in _DEGREES_OF_PEOPLE or (self._half_of_a_name(word) and word.lower() not in NOUNS))
            ):
                found.append(Span(after.start(2), after.end(2), "PERSON", "beside", False))
        return found

    def _in_capitals(self, text: str, start: int, end: int, word: str) -> bool:
        """Are two words in capitals among words that are not: `missed for DAG <KARLSEN> at`."""
        before, after = text[max(start - 12, 0) : start].rstrip(" "), text[end : end + 12].lstrip(" ")
        return (
            len(word) >= _GIVEN_LENGTH
            and word.isupper()
            and LEXICON.flag(word.lower()) in {"w", "r", "n"}
            and word.lower() not in PRODUCTS
            and (not before or before[-1].islower() or before[-1] in "\"'*:=(>")
            and not after[:2].isupper()
        )

    def _half_of_a_name(self, word: str) -> bool:
        """Is each part of a word a name, one that is a word too, or a rare word."""
        return all(
            LEXICON.flag(part) in {"n", "r", "p"} and part not in self.safe and part not in PRODUCTS
            for part in word.lower().split("-")
        )

    def _opens(self, text: str, at: int, word: str) -> bool:
        """May a capitalised word before a name say what is done, or what thing it is: `Grant <Anna>`."""
        lead = text[:at].rstrip(" \"'")
        return word.lower() in OPENERS or word.lower() in NOUNS or not lead or lead[-1] in ".!?\n"

    def _cells_beside(self, text: str, span: Span) -> list[Span]:
        """The other half of a name in the next cell: `Rosado,Bilge,4`, `<td>Ray</td><td>Dock</td>`, `CHAN   SUE  `."""
        found: list[Span] = []
        for match in (
            _CELL_AFTER.match(text, span.end),
            _CELL_BEFORE.search(text, max(span.start - 40, 0), span.start),
        ):
            if match is None:
                continue
            start, end = match.span(match.lastindex or 1)
            word = text[start:end]
            flag = LEXICON.flag(word.lower())
            between = text[end : span.start] if end < span.start else text[span.end : start]
            if word.isupper() == text[span.start : span.end].isupper() and (
                flag in {"n", "p"}
                or ":" in between
                or "=" in between
                or (flag in PLAIN and not LEXICON.trade(word.lower()) and not word.isupper())
            ):
                found.append(Span(start, end, "PERSON", "beside", False))
        return [part for part in found if text[part.start : part.end].lower() not in self.safe]
