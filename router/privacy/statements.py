"""Values in statements and errors of databases, aligned with the columns that they are for."""

# ruff: noqa: C901, E501 - one pattern for each way that databases write it
from __future__ import annotations

import re
from typing import Final

from router.privacy.keys import judge
from router.privacy.spans import Span


def may_hold(text: str) -> bool:
    """Is there a sign of a statement, or of an error of a database, in a text."""
    return (
        ("'" in text and ("='" in text or "= '" in text or "=N'" in text))
        or "$1" in text
        or ")=(" in text
        or "like" in text
        or "LIKE" in text
        or "insert" in text
        or "INSERT" in text
        or " IN (" in text
        or "arameters: (" in text
        or "arameters: [" in text
        or "Failing row" in text
        or "' AS " in text
        or "' as " in text
    )


_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'")
_INSERT: Final = re.compile(r"(?i)insert\s+into\s+[\w.\"`\[\]]+\s*\(([^()]{1,2000})\)\s*values\s*")
_PLACED: Final = re.compile(
    r"(?i)(?<![\w.\"`])([\w.\"`]{1,200})\)?\s*(?:=|<>|!=|<=?|>=?|like|ilike)\s*(?:[a-z]+\()?\s*(\$[0-9]{1,3}|\?|%s|:[0-9]{1,3}|@p[0-9]{1,3})"
)
_PLACEHOLDER: Final = re.compile(r"(?:[=<>(]|[kK\u212a][eE])\s*(?:\$[0-9]|\?|%[sS]|:[0-9]|@[pP][0-9])")
"""What _PLACED ends in."""
_COMPOSITE: Final = re.compile(r"\(([^()=]{1,200})\)=\(([^()]{1,400})\)")
_OWNER: Final = re.compile(r"(?:table|relation) \"?([a-z_]{2,40})\"?")
_BAG: Final = re.compile(r"\[?(?:parameters|Parameters|params): ?[\[(]")
_HALVES: Final = frozenset({"given", "family", "first", "last", "middle"})
"""Columns that hold a name between them."""
_BAG_VALUE: Final = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^,()\[\]'\"]{1,200}))\s*,?")
_VALUE: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^,()']+))\s*,?")
_NEXT_ROW: Final = re.compile(r"\s*,\s*(?=\()")
_ONE_ROW: Final = re.compile(r"\(([^()]*)\)")
_LIKE: Final = re.compile(r"([\w.\"`\[\]]{1,100})\s+(?i:not\s+)?(?i:i?like|in)\s*\(?\s*N?'((?:[^']|''){1,200})'")
_ALIASED: Final = re.compile(r"'((?:[^'\n]|''){1,200})'\)? (?:AS|as) [\"`\[]?(\w{2,60})")
"""A literal that a query names: `SELECT 'TAKAHASHI' AS insured_nm`."""
_ROW: Final = re.compile(r"Failing row contains \(([^\n]{1,4000}?)\)\.?(?:\n|$)")
_BOUND: Final = re.compile(r"(:[0-9]{1,3}|@[A-Za-z]\w{0,40}|\$[0-9]{1,3})\s*=\s*N?'((?:[^']|''){1,400})'")
_HARMLESS_CELL: Final = re.compile(
    r"(?i:null|default|true|false|t|f|nan)?|-?[0-9]{1,4}(?:\.[0-9]{1,6})?|[a-z_]{1,24}|[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}.{0,20}|\{\}|<.*>|[A-Z_]{1,4}"
)


def _cells(text: str, start: int, end: int) -> list[Span]:
    """The values of one row: what is no null, number, time, flag or plain lower-case word is somebody's."""
    spans: list[Span] = []
    at = start
    for cell in text[start:end].split(", "):
        bare = cell.strip()
        if bare and not _HARMLESS_CELL.fullmatch(bare):
            begin = at + len(cell) - len(cell.lstrip())
            spans.append(Span(begin, begin + len(bare), _kind_of_cell(bare), "column", True))
        at += len(cell) + 2
    return spans


def _kind_of_cell(cell: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{1,2}[-/.](?:\d{1,2}|[A-Za-z]{3})[-/.]\d{2,4}", cell):
        return "DATE"
    if "@" in cell:
        return "EMAIL"
    if cell.replace("-", "").isdigit():
        return "IDENTIFIER"
    return "PERSON" if re.fullmatch(r"[^\W\d_]+(?:[ '.-]+[^\W\d_]+)*", cell) else "IDENTIFIER"


_PARAMETER: Final = re.compile(r"(\$[0-9]{1,3})\s*=\s*('(?:[^']|'')*'|[^\s,]+)")


def read(text: str) -> list[Span]:
    """Bound parameters aligned with their columns, and VALUES aligned with the column list."""
    spans: list[Span] = []
    inserts = list(_INSERT.finditer(text)) if "nsert" in text or "NSERT" in text else []
    for match in inserts:
        named = [name.strip(' "`[]').rsplit(".", 1)[-1] for name in match[1].split(",")]
        columns = [judge(name).kind for name in named]
        if len(_HALVES.intersection(map(str.lower, named))) > 1:
            columns = [
                kind or ("PERSON" if column.lower() in _HALVES else "")
                for column, kind in zip(named, columns, strict=True)
            ]
        at = match.end()
        while at < len(text) and text[at] == "(":
            index, at = 0, at + 1
            while at < len(text) and text[at] != ")":
                cell = _VALUE.match(text, at)
                if cell is None or cell.end() == at:
                    break
                group = 1 if cell[1] is not None else 2
                value = cell[group].strip()
                if (
                    index < len(columns)
                    and columns[index]
                    and value
                    and not re.fullmatch(r"\$\d+|\?|%s|%\(\w+\)s|[:@]\w+|(?i:null|default)", value)
                ):
                    begin = cell.start(group) + len(cell[group]) - len(cell[group].lstrip())
                    spans.append(Span(begin, begin + len(value), columns[index], "column", True))
                index, at = index + 1, cell.end()
            at += 1
            more = _NEXT_ROW.match(text, at)
            if more is None:
                break
            at = more.end()
    owner = _OWNER.search(text) if "(id)=(" in text else None
    for match in _COMPOSITE.finditer(text) if ")=(" in text else ():
        place = match.start(2)
        for column, value in zip(match[1].split(","), match[2].split(","), strict=False):
            kind = judge(column.strip(' "')).kind
            if not kind and column == "id" and owner is not None:
                kind = judge(f"{owner[1].removesuffix('s')}_id").kind  # `delete on table "patients" … Key (id)=(8812)`
            bare = value.strip()
            if kind and bare:
                begin = place + len(value) - len(value.lstrip())
                spans.append(Span(begin, begin + len(bare), kind, "column", True))
            place += len(value) + 1
    low = "like" in text or "LIKE" in text or " IN (" in text or " in (" in text
    for match in _LIKE.finditer(text) if low else ():
        kind = judge(match[1].strip('"`[]').rsplit(".", 1)[-1]).kind
        if kind and match[2].strip("%_ "):
            spans.append(Span(match.start(2), match.end(2), kind, "column", True))
    for match in _ALIASED.finditer(text) if "' AS " in text or "' as " in text else ():
        kind = judge(match[2]).kind
        if kind and match[1].strip():
            spans.append(Span(match.start(1), match.end(1), kind, "column", True))
    for match in _ROW.finditer(text) if "Failing row" in text else ():
        spans.extend(_cells(text, match.start(1), match.end(1)))
    bound = "@" in text or ":1" in text or "$1" in text
    for match in _BOUND.finditer(text) if bound else ():
        spans.extend(_cells(text, match.start(2), match.end(2)))
    names: dict[str, str] = {}
    ordered: list[str] = []  # the columns of placeholders without a number, as they come
    for insert in inserts:
        marks = _ONE_ROW.match(text, insert.end())
        if marks is not None and set(marks[1].replace(" ", "").split(",")) <= {"?", "%s"}:
            ordered.extend(name.strip(' "`[]') for name in insert[1].split(","))
    placed = (bound or "?" in text or "%s" in text) and _PLACEHOLDER.search(text) is not None
    for match in _PLACED.finditer(text) if placed else ():
        column = match[1].strip('"`').rsplit(".", 1)[-1]
        names[match[2]] = judge(column).kind
        if match[2] in {"?", "%s"}:
            ordered.append(column)
    for insert in inserts:
        values = _ONE_ROW.match(text, insert.end())
        if values:
            for column, value in zip(insert[1].split(","), values[1].split(","), strict=False):
                if value.strip().startswith("$"):
                    names[value.strip()] = judge(column.strip(' "`').rsplit(".", 1)[-1]).kind
    bag = _BAG.search(text) if ordered and "arameters: " in text else None
    if bag is not None:
        at = bag.end()
        for column in ordered:
            cell = _BAG_VALUE.match(text, at)
            if cell is None:
                break
            group = next((number for number in (1, 2, 3) if cell[number] is not None), 3)
            kind = judge(column).kind
            if kind and cell[group].strip() not in {"", "None", "null"}:
                spans.append(Span(cell.start(group), cell.end(group), kind, "column", True))
            at = cell.end()
    if names:
        for match in _PARAMETER.finditer(text):
            kind = names.get(match[1], "")
            value = match[2]
            if kind and value.strip("'"):
                quoted = value.startswith("'")
                spans.append(Span(match.start(2) + quoted, match.end(2) - quoted, kind, "column", True))
    return spans
