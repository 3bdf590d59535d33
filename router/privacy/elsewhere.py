"""How a value that was found may stand elsewhere in the same event: other spellings, its parts, and where they are."""

# ruff: noqa: C901, PLR2004 - one decision table by kind, of lengths below which a part identifies nobody
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.spans import Span, settle
from router.privacy.tokens import TOKEN, is_token

new = tuple.__new__  # a named tuple's own __new__ is a call more
PERCENT: Final = re.compile("%[0-9a-f]{2}")
_NAME_GAP: Final = re.compile(r"[\s,^.'-]+")
_NUMBERED: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]{0,31}[0-9])[0-9a-f]{16,64}")
"""What a machine numbered, whose letters are nobody's name: `bdae` in a UUID."""


def simplified(value: str) -> str:
    """A value without what its spellings differ in most: case, and how wide its blanks are."""
    return (" ".join(value.split()) if " " in value or "\n" in value or "\t" in value else value).casefold()


def trace(value: str, kind: str, haystack: str, *, encoded: bool) -> bool:
    """A cheap look whether any spelling of a value can stand in the rest of the event."""
    if kind == "PERSON":
        parts = value.split() if value.replace(" ", "").isalpha() else _NAME_GAP.split(value)
        for part in parts:  # noqa: SIM110 - a generator costs more than what it asks
            if part in haystack and len(part) > 1:
                return True
        return False
    if kind == "EMAIL":
        return encoded or value.partition("@")[0] in haystack
    if kind in {"SSN", "PHONE", "FAX", "CREDIT_CARD"}:
        return "".join(char for char in value if char.isdigit())[-4:] in haystack
    return encoded or value in haystack


def spellings(value: str, kind: str) -> set[str]:
    """How a value may stand elsewhere: as it is, percent-encoded, with other separators, in identifying parts."""
    if len(value) < 3:
        return set()
    found: set[str] = set()
    digits = "".join(char for char in value if char.isdigit())
    if kind in {"SSN", "PHONE", "FAX", "CREDIT_CARD"}:
        if len(digits) >= 7:
            found |= {value, digits}
        if kind == "SSN" and len(digits) == 9:
            found |= {f"{digits[:3]}-{digits[3:5]}-{digits[5:]}", f"{digits[:3]} {digits[3:5]} {digits[5:]}"}
        if kind in {"PHONE", "FAX"} and len(digits) >= 10:
            ten = digits[-10:]
            found |= {
                ten,
                f"{ten[:3]}-{ten[3:6]}-{ten[6:]}",
                f"({ten[:3]}) {ten[3:6]}-{ten[6:]}",
                f"{ten[:3]}.{ten[3:6]}.{ten[6:]}",
            }
        return found
    if value.isdigit():
        return {value} if len(value) >= 5 else set()
    if kind in {"WARD", "ZIP", "DIAGNOSIS", "MEDICATION", "USERNAME"} and len(value) < 4:
        return set()
    if LEXICON.flag(value) in PLAIN:
        return set()
    found.add(value)
    if not value.isalnum():
        found.add(quote(value, safe="").casefold())
        found.add(quote(value, safe="@").casefold())
    if kind == "PERSON":
        parts = re.findall(r"[^\W\d_]{2,}", _NUMBERED.sub(" ", value))
        found.update(part for part in parts if len(part) > 2 and LEXICON.flag(part) not in SAFE)
        if len(parts) >= 2:
            for joint in ("", ".", "_", "-", "+", "^"):
                found.add(parts[0] + joint + parts[-1])
            found.add(f"{parts[-1]}, {parts[0]}")
            found.add(f"{parts[-1]} {parts[0]}")
            found.add(f"{parts[-1]}^{parts[0]}")
    if kind == "EMAIL":
        local = value.split("@", maxsplit=1)[0]
        if len(local) > 3 and LEXICON.flag(local) not in PLAIN:
            found.add(local)
    return found


MANY: Final = 32
"""Spellings from which on they are not sought one by one: events with thousands of names stay linear."""
_HEAD: Final = 8
Index = dict[int, dict[str, dict[int, set[str]]]]
"""By the length of a beginning: the texts that begin so, by their lengths."""


def indexed(wanted: Iterable[str]) -> Index:
    """What `inside` looks for."""
    index: Index = {}
    for each in wanted:
        head = each[:_HEAD]
        index.setdefault(len(head), {}).setdefault(head, {}).setdefault(len(each), set()).add(each)
    return index


def inside(text: str, index: Index) -> list[str]:
    """Which of the texts in `index` stand in `text`, each once; each place of `text` is looked at once a length."""
    found: dict[str, None] = {}
    for size, heads in index.items():
        places: dict[str, list[int]] = {}
        for at in range(len(text) - size + 1):
            head = text[at : at + size]
            if head in heads:
                places.setdefault(head, []).append(at)
        for head, starts in places.items():
            for length, group in heads[head].items():
                found.update(dict.fromkeys(group.intersection([text[at : at + length] for at in starts])))
    return list(found)


def occurrences(text: str, wanted: dict[str, str], *, structural: bool) -> list[Span]:
    """Where the wanted spellings stand in `text` as wholes, tokens excepted."""
    low = text.casefold()
    if len(low) != len(text):
        low = text.lower()
        if len(low) != len(text):
            return []
    spans: list[Span] = []
    shielded: list[tuple[int, int]] | None = None
    for spelling, kind in wanted.items():
        at = low.find(spelling)
        if at < 0 or (structural and kind in {"DATE", "DOB", "WARD"}):
            continue
        head = _class(spelling[0])
        tail = _class(spelling[-1])
        if shielded is None:
            shielded = [match.span() for match in TOKEN.finditer(text)]
        while at >= 0:
            end = at + len(spelling)
            if (
                not (head and at and _class(low[at - 1]) == head)
                and not (tail and _class(low[end : end + 1]) == tail)
                and not (shielded and any(start < end and at < stop for start, stop in shielded))
            ):
                spans.append(new(Span, (at, end, kind, "propagated", True)))
            at = low.find(spelling, end)
    return settle(spans)


def as_written(text: str, halves: set[str]) -> list[Span]:
    """Where words of a name that are ordinary words too stand as it has them, with a capital: `Grace` of Grace Hill."""
    spans: list[Span] = []
    for half in halves:
        at = text.find(half)
        while at >= 0:
            end = at + len(half)
            if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                spans.append(Span(at, end, "PERSON", "propagated", True))
            at = text.find(half, end)
    if not spans:
        return spans
    tokens = [match.span() for match in TOKEN.finditer(text)]
    return [span for span in spans if not any(a < span.end and span.start < b for a, b in tokens)]


def spared(spans: list[Span], text: str) -> list[Span]:
    """The spans without the tokens that stand in them: a tokenized alert fed back keeps its tokens."""
    tokens = [match.span() for match in TOKEN.finditer(text) if is_token(match[0])]
    if not tokens:
        return spans
    kept: list[Span] = []
    ends = [end for _, end in tokens]
    for span in spans:
        at = span.start
        for start, end in tokens[bisect_right(ends, span.start) :]:
            if start >= span.end:
                break
            if any(char.isalnum() for char in text[at:start]):
                kept.append(span._replace(start=at, end=start))
            at = end
        if at == span.start or any(char.isalnum() for char in text[at : span.end]):
            kept.append(span._replace(start=at))
    return kept


def outside(spans: list[Span], start: int, end: int) -> list[Span]:
    """What of the spans lies before `start` or after `end`."""
    kept: list[Span] = []
    for span in spans:
        if span.end <= start or span.start >= end:
            kept.append(span)
            continue
        if span.start < start:
            kept.append(span._replace(end=start))
        if span.end > end:
            kept.append(span._replace(start=end))
    return kept


def covered(span: Span, spans: list[Span], starts: list[int]) -> bool:
    """Does `span` touch one of `spans`, which are in order and begin at `starts`."""
    at = bisect_right(starts, span.start)
    return bool((at and spans[at - 1].end > span.start) or (at < len(spans) and spans[at].start < span.end))


def _class(char: str) -> str:
    """`d` of a digit, `a` of a letter, else ''."""
    return "d" if char.isdigit() else "a" if char.isalpha() else ""
