"""Rows of cells: under a header, under aligned columns, or without either, when they are a person's record."""

# ruff: noqa: C901, E501, PLR2004 - what a cell of each kind looks like, and how many make a row
from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from router.privacy.care import kind_of
from router.privacy.keys import judge
from router.privacy.lexicon import LEXICON
from router.privacy.spans import Span
from router.privacy.text import Reader

MARKS: Final = (",", ";", "\t", "|")
_HEADER: Final = re.compile(r"\s*\"?[A-Za-z_#][\w .#/-]{0,40}\"?\s*")
_OF_RECORDS: Final = frozenset(
    {"DOB", "SSN", "MRN", "MEMBER_ID", "PATIENT_ID", "NATIONAL_ID", "PHONE", "EMAIL", "ADDRESS", "ZIP", "DIAGNOSIS", "MEDICATION",
     "ACCOUNT", "LICENSE", "NPI", "DEA", "CREDIT_CARD", "PLATE", "VIN", "BIOMETRIC", "WARD", "DATE", "SECRET", "USERNAME"}
)  # fmt: skip
"""Of these one column is enough to make a line of field names the header of the lines below it."""
_FIELD_NAMES: Final = re.compile(r'"?[A-Za-z_]\w*"?(?:[,;\t|]"?[A-Za-z_]\w*"?){2,60}\r?')
_TIME_OF_DAY: Final = re.compile(r"\d{1,2}:\d{2}")
_CODE_CELL: Final = re.compile(
    r"(?=.*\d)(?:[A-Za-z0-9#/_-]{2,24}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
)
_NAME_CELL: Final = re.compile(r"[^\W\d_][^\W\d_'’.-]+(?:(?:[ '’-]|, )[^\W\d_][^\W\d_'’.-]*){0,3}")
DAY_CELL: Final = re.compile(
    r"(?:19|20)\d{6}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.](?:\d{4}|\d{2})"
)
_COLUMN_PARTS: Final = {"first": "PERSON", "last": "PERSON", "middle": "PERSON", "given": "PERSON", "family": "PERSON", "name": "PERSON", "unit": "WARD", "location": "WARD", "loc": "WARD", "dept": "WARD", "mi": "PERSON"}  # fmt: skip
"""What a column is when other columns are about a person."""


def csv(text: str, mark: str, reader: Reader, *, strict: bool) -> list[Span]:
    """A header line of field names and the lines below it with as many cells; or lines that are a person's without one."""
    spans: list[Span] = []
    kinds: list[str] = []
    at = 0
    linked = mark == "|" and "://" in text
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        if line.count(mark) < (2 if kinds else 1) or len(line) > 4000:
            continue
        if linked and line.count(mark) == len(_LINKS.findall(line)):
            continue  # Slack's links: `<https://…|runbook>`
        cells = line.split(mark)
        if mark == "|" and not cells[0].strip() and not cells[-1].strip():  # a Markdown table
            start += len(cells[0]) + 1
            line = line[len(cells[0]) + 1 : len(line) - len(cells[-1]) - 1]  # noqa: PLW2901 - the row without its borders
            cells = cells[1:-1]
            if all(set(cell.strip()) <= {"-", ":"} for cell in cells):
                continue
        if all(_HEADER.fullmatch(cell) for cell in cells) and at < len(text):
            found = [judge(name.strip(' "\r')).kind for name in cells]
            if (
                sum(map(bool, found)) * 2 >= len(found)
                or (any(found) and "_" in line)
                or (
                    not _OF_RECORDS.isdisjoint(found)
                    and _FIELD_NAMES.fullmatch(line) is not None
                    and text.find(mark, at, (text.find("\n", at) + 1 or len(text)) - 1) >= 0
                    and text.count(mark, at, (text.find("\n", at) + 1 or len(text) + 1) - 1) >= line.count(mark)
                )
            ):
                kinds = [
                    kind
                    or _COLUMN_PARTS.get(name.strip(' "\r').lower(), "")
                    or (kind_of(name.strip(' "\r')) if strict else "")
                    for kind, name in zip(found, cells, strict=True)
                ]
                continue
        if kinds and len(cells) >= len(kinds):
            spans.extend(_columns(line, mark, start, kinds))
        elif not kinds and len(cells) >= 4:
            if line.count('","') > 2:
                first, last = line.find('"') + 1, line.rfind('"')
                spans.extend(facts(line[first:last].split('","'), '","', start + first, reader, strict=strict))
                continue
            if '"' not in line:
                spans.extend(facts(cells, mark, start, reader, strict=strict))
                continue
            for quoted in _QUOTED_ROW.finditer(line):
                inner = quoted[1].split(mark)
                if len(inner) >= 4:
                    spans.extend(facts(inner, mark, start + quoted.start(1), reader, strict=strict))
    return spans


_LINKS: Final = re.compile(r"<[a-z]{3,8}:[^|>\s]{1,2000}\|[^>|\n]{0,200}>")
_QUOTED_ROW: Final = re.compile(r'"([^"]{0,2000})"')


def aligned(text: str) -> list[Span]:
    """A table whose columns are apart by blanks, as pandas and consoles print it, under a line of field names."""
    spans: list[Span] = []
    kinds: list[str] = []
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        if len(line) > 1000:
            continue
        cells = list(_CELL.finditer(line))
        names = [cell[0] for cell in cells]
        if len(names) > 1 and all(_FIELD.fullmatch(name) for name in names):
            found = [] if _of_kubectl(names, text, at) else [judge(name).kind for name in names]
            if sum(map(bool, found)) > 1 and ("_" in line or "  " in line.strip()):
                kinds = found
                continue
        if kinds and len(cells) in {len(kinds), len(kinds) + 1}:
            spans.extend(
                Span(cell.start() + start, cell.end() + start, kind, "column", True)
                for cell, kind in zip(cells[len(cells) - len(kinds) :], kinds, strict=True)
                if kind and any(char.isalnum() for char in cell[0]) and cell[0] not in {"NaN", "None", "NULL", "NaT"}
            )
        elif not set(line) <= set("-+ "):
            kinds = []
    return spans


def _of_kubectl(names: list[str], text: str, at: int) -> bool:
    """Are these the columns that kubectl prints, and is the age below them one of things: `77d`, `3h12m`."""
    if "AGE" not in names or not all(map(str.isupper, names)):
        return False
    stop = text.find("\n", at)
    return any(_ELAPSED.fullmatch(cell) for cell in text[at : stop if stop >= 0 else at + 400].split())


_ELAPSED: Final = re.compile("[0-9]{1,4}[smhdy](?:[0-9]{1,2}[smh])?")
_CELL: Final = re.compile(r"\S+")
_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,30}")


def _columns(line: str, mark: str, start: int, kinds: list[str]) -> list[Span]:
    """The cells of a line under their column's kind; a quoted cell may hold the mark."""
    spans: list[Span] = []
    place = 0
    for kind in kinds:
        if place > len(line):
            break
        lead = len(line[place:]) - len(line[place:].lstrip(" "))
        quote = line[place + lead : place + lead + 1]
        if quote in {'"', "'"}:
            close = line.find(quote, place + lead + 1)
            stop = close if close >= 0 else len(line)
            begin, following = place + lead + 1, line.find(mark, stop)
        else:
            following = line.find(mark, place)
            begin, stop = place + lead, following if following >= 0 else len(line)
        value = line[begin:stop].rstrip()
        if kind and value and value.lower() not in {"null", "none", "nan", "n/a"}:
            spans.append(Span(start + begin, start + begin + len(value), kind, "column", True))
        if following < 0:
            break
        place = following + 1
    return spans


def record(cells: list[str], reader: Reader, *, strict: bool) -> dict[int, str]:
    """Which elements of a list of scalars are facts of a person, when it is a person's record: place -> kind."""
    found: dict[int, str] = {}
    mark = "\x1f"
    starts: list[int] = []
    at = 0
    for cell in cells:
        starts.append(at)
        at += len(cell) + 1
    for span in facts(cells, mark, 0, reader, strict=strict):
        found[bisect_right(starts, span.start) - 1] = span.kind
    return found


_OF_ZOS: Final = re.compile(
    r"(?:^|\s)\$?(?:IE[ACEFGW]|IGD|IGG|IKJ|ICH|ICE|IDC|IST|IOS|IXG|IRR|HASP|DFH|DFS|DSN|CSV|CSQ|BPX)[A-Z0-9]{3,6}[A-Z]?(?=\s)"
)
"""The id of a message of z/OS: what follows with commas are its job, step, data set, device and volume."""


def facts(cells: list[str], mark: str, start: int, reader: Reader, *, strict: bool) -> list[Span]:
    """A line without a header that is a person's record: a name and a day, or two names, in cells of their own."""
    if cells and _OF_ZOS.search(cells[0]) is not None:
        return []
    found: list[tuple[int, str, str]] = []  # place, cell, what it may be
    known: dict[str, tuple[int, str, str]] = {}  # of a cell where in it what stands, and what that may be
    at = start
    for cell in cells:
        told = known.get(cell)
        if told is None:
            bare = cell.strip(" \t\r\"'()")
            kind = _fact_of(bare, strict=strict)
            told = known[cell] = len(cell) - len(cell.lstrip(" \t\r\"'()")), bare, kind
        if told[2]:
            found.append((at + told[0], told[1], told[2]))
        at += len(cell) + len(mark)
    kinds = [kind for _, _, kind in found]
    dated = "DATE" in kinds
    if kinds.count("PERSON") + dated < 2:
        return []
    kept: list[tuple[int, str, str]] = []
    named: dict[str, bool] = {}
    for place, (begin, bare, kind) in enumerate(found):
        if kind == "PERSON" and bare not in named:
            named[bare] = any(span.kind in {"PERSON", "WORD"} for span in reader.judge_name(bare))
        if (
            kind != "PERSON"
            or named[bare]
            or (
                dated
                and LEXICON.flag(bare.lower()) in {"n", "r"}
                and any(
                    other == "PERSON" and abs(other_start - begin) < _NEXT_CELL
                    for other_start, _, other in (*found[max(place - 1, 0) : place], *found[place + 1 : place + 2])
                )
            )
        ):
            kept.append((begin, bare, kind))
    found = kept
    names = sum(kind == "PERSON" for _, _, kind in found)
    if names < 2 and not (names and "DATE" in kinds):
        return []
    return [Span(begin, begin + len(bare), kind, "record", True) for begin, bare, kind in found]


def _fact_of(bare: str, *, strict: bool) -> str:
    """What a cell may be by its shape; '' for nothing."""
    if not bare or _TIME_OF_DAY.search(bare):
        return ""
    if DAY_CELL.fullmatch(bare):
        return "DATE"
    if _NAME_CELL.fullmatch(bare):
        return "PERSON" if (bare[0].isupper() or not bare.isascii()) and bare not in _NO_NAMES else ""
    if _CODE_CELL.fullmatch(bare) and (len(bare) > 4 or not bare.isdigit()) and (strict or len(bare) > 3):
        return "IDENTIFIER"
    return ""


_NO_NAMES: Final = frozenset({"NULL", "None", "True", "False"})
_NEXT_CELL: Final = 40
"""Characters within which two cells of names are halves of one."""
