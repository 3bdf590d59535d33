"""What was bound to a statement or sent with a command is data: it is read by its place, whatever it looks like.

Hibernate's binder, MyBatis' `==> Parameters:`, Oracle's `Bind#`, Rails' pairs and Redis' slow log and monitor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from router.privacy.keys import judge
from router.privacy.spans import Span

_BINDER: Final = re.compile(
    r"(?P<how>binding parameter|extracted value) [(\[](?P<what>[^\n]{1,50}?)[)\]](?: as \[(?P<type>\w{1,40})\])?"
    r" (?:<-|->|-) \[(?P<value>[^\]\n]{1,200})\]"
)
"""`binding parameter [1] as [VARCHAR] - [x]` of Hibernate 5, `binding parameter (1:VARCHAR) <- [x]` of 6."""
_NUMBER: Final = re.compile(r"[0-9]{1,4}\b")
_BIND: Final = re.compile(r"Bind#(?P<n>[0-9]{1,4})\b(?:(?!Bind#)[\s\S]){0,400}?\bvalue=\"?(?P<value>[^\"\n]{1,200})")
_MAPPED: Final = re.compile(r"==> {0,2}Parameters: (?P<values>[^\n]{1,4000})")
_TYPED: Final = re.compile(r"\(([A-Z]\w{1,30})\)(?:, |$)", re.MULTILINE)
"""What MyBatis writes behind each value."""
_PAIR: Final = re.compile(r"\[\"(?P<key>\w{1,60})\", (?:\"(?P<value>[^\"\n]{1,200})\"|(?P<bare>[0-9]{1,20}))\]")
_COMMAND: Final = re.compile(
    r"(?i)\"(?:set|setex|psetex|setnx|getset|append|hset|hsetnx|hmset|mset|lpush|rpush|sadd|zadd|publish|xadd)\""
    r"(?P<rest>(?:\s+(?:[0-9]{1,3}\)\s+)?\"(?:[^\"\\]|\\.){0,400}\"){1,40})"
)
_SENT: Final = re.compile(r"(?i)\"(?:p?set|ap|h[sm]|ms|gets|[lr]pu|sadd|zadd|pub|xadd)[a-z]{0,8}\"\s")
"""What _COMMAND begins with."""
_QUOTED: Final = re.compile(r"\"((?:[^\"\\]|\\.){0,400})\"")
_INSERT: Final = re.compile(r"(?i)insert\s+into\s+[\w.\"`\[\]]+\s*\(([^()]{1,2000})\)\s*values")
_ASKED: Final = re.compile(r"(?i)([\w.\"`]{1,200})\)?\s*(?:=|<>|!=|<=?|>=?|like)\s*(?:[a-z]+\()?\s*(?:\?|:[0-9B]{1,4})")
_PLAIN: Final = re.compile(
    r"(?i:null|true|false)|-?[0-9]{1,4}(?:\.[0-9]{1,6})?|[a-z_]{1,24}|[A-Z_]{1,24}|<[A-Z_]+_[0-9A-Z]{10}>"
)
"""Words of a program and small numbers, which a statement is given as well."""
_DIGITS: Final = re.compile("[0-9]{3,4}")
"""Kept as text, so it is no count: a postal code, a short id."""
_OF_TEXT: Final = ("CHAR", "VARCHAR", "STRING", "TEXT", "CLOB", "VARCHAR2")
_DAY: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,20}|[0-9]{1,2}[-/.](?:[0-9]{1,2}|[A-Za-z]{3})[-/.][0-9]{2,4}.{0,16}"
)
_NAME: Final = re.compile(r"[^\W\d_]+(?:[ '.-]+[^\W\d_]+)*")


def may_hold(text: str) -> bool:
    """Is it worth looking."""
    return (
        "inding parameter" in text
        or "xtracted value" in text
        or "Bind#" in text
        or "Parameters: " in text
        or ('[["' in text and '", ' in text)
        or _SENT.search(text) is not None
    )


def read(text: str) -> list[Span]:
    """The values, each of its column's kind where the statement stands beside it."""
    places = [*_bound(text)]
    columns = _columns(text) if places else []
    spans = []
    for start, end, place, written in places:
        value = text[start:end]
        kind = judge(columns[place]).kind if 0 <= place < len(columns) else ""
        if (
            value.strip()
            and (kind or not _PLAIN.fullmatch(value) or (written and _DIGITS.fullmatch(value)))
            and value != "null"
        ):
            spans.append(Span(start, end, kind or _kind(value), "column", True))
    return spans + _pairs(text) + _sent(text)


def _bound(text: str) -> Iterator[tuple[int, int, int, bool]]:
    """Where each value is, its place among the statement's columns (-1: it has none), and is it declared as text."""
    if "inding parameter" in text or "xtracted value" in text:
        for match in _BINDER.finditer(text):
            number = _NUMBER.match(match["what"]) if match["how"] == "binding parameter" else None
            written = (match["type"] or match["what"]).upper().endswith(_OF_TEXT)
            yield match.start("value"), match.end("value"), int(number[0]) - 1 if number else -1, written
    if "Bind#" in text:
        for match in _BIND.finditer(text):
            yield match.start("value"), match.end("value"), int(match["n"]), False
    for line in _MAPPED.finditer(text) if "Parameters: " in text else ():
        begin = line.start("values")
        for place, match in enumerate(_TYPED.finditer(text, begin, line.end("values"))):
            yield begin, match.start(), place, match[1] == "String"
            begin = match.end()


def _pairs(text: str) -> list[Span]:
    """Rails says each column beside its value."""
    spans = []
    for match in _PAIR.finditer(text) if '[["' in text else ():
        kind = judge(match["key"]).kind
        if kind:
            group = "value" if match["value"] is not None else "bare"
            spans.append(Span(match.start(group), match.end(group), kind, "column", True))
    return spans


def _sent(text: str) -> list[Span]:
    """What Redis was told to keep; the key that it is kept under is read as keys are."""
    spans = []
    for match in _COMMAND.finditer(text) if _SENT.search(text) is not None else ():
        for given in list(_QUOTED.finditer(text, match.start("rest"), match.end("rest")))[1:]:
            value = given[1]
            if value and not _PLAIN.fullmatch(value):
                kind = "SECRET" if _is_opaque(value) else _kind(value)
                spans.append(Span(given.start(1), given.end(1), kind, "column", True))
    return spans


def _columns(text: str) -> list[str]:
    """The columns that a statement in this text binds values to, in their order."""
    insert = _INSERT.search(text)
    names = insert[1].split(",") if insert is not None else [match[1] for match in _ASKED.finditer(text)]
    return [name.strip(' "`[]').rsplit(".", 1)[-1] for name in names]


def _is_opaque(value: str) -> bool:
    return len(value) > _ID and value.isalnum() and not value.isalpha()


_ID: Final = 15
"""Characters that ids have at most which are no secret by themselves."""


def _kind(value: str) -> str:
    if _DAY.fullmatch(value):
        return "DATE"
    if "@" in value:
        return "EMAIL"
    return "PERSON" if _NAME.fullmatch(value) else "IDENTIFIER"
