"""A label and its value, as markup, mail, chat, print and complaints of databases and validators have them."""

# ruff: noqa: E501 - one pattern for each way of writing it
from __future__ import annotations

import re
from typing import Final

from router.privacy.keys import judge
from router.privacy.likely import unlikely
from router.privacy.spans import Span
from router.privacy.tokens import is_token

_LABELS: Final = (
    re.compile(
        r"<(?P<tag>b|strong|em|i|u|h[1-6]|th|td|dt|span|label|div|p)(?: [^<>]{0,200})?>\s{0,8}(?P<c>[A-Za-z][^<>:\n]{1,40}?)\s{0,4}:?\s{0,4}</(?P=tag)>"
        r"(?:\s|&nbsp;){0,8}:?(?:\s|&nbsp;){0,8}(?:<(?:td|dd|span|b|strong|em|i|div|p)(?: [^<>]{0,200})?>)?\s{0,8}(?P<v>[^<>\n]{1,160})"
    ),
    re.compile(
        r"(?<![*\w])\*{1,2}(?P<c>[A-Za-z][^*:\n]{1,40}?) ?:? ?\*{1,2} ?:?(?: {0,3}|[ \t]{0,3}\r?\n[ \t>]{0,4})(?P<v>[^*\n\r|]{1,160})"
    ),
    re.compile(
        r"(?<![\w.-])(?P<c>[A-Za-z][A-Za-z0-9_/# -]{1,30}?) ?\.{2,30} ?: {0,8}(?P<v>[^\n\r]{1,160}?)(?= {3}|\n|\r|$)"
    ),
)
"""A label and its value as mail, chat and print have them: `<b>MRN:</b> 5710312`, `*Ward:*\\n5N`, `PATIENT-NAME...: BELL, JANE`."""
_LABELLED: Final = frozenset(
    {"PERSON", "DOB", "MRN", "PATIENT_ID", "MEMBER_ID", "SSN", "NATIONAL_ID", "PHONE", "EMAIL", "ADDRESS", "ZIP", "DIAGNOSIS",
     "MEDICATION", "WARD", "LICENSE", "NPI", "DEA", "VIN", "PLATE"}
)  # fmt: skip
_VAGUE: Final = frozenset(
    {"location", "unit", "station", "place", "region", "address", "site", "area", "state", "vehicle", "resident"}
)
"""Labels that say as often where a machine is."""


def labelled(text: str, *, strict: bool) -> list[Span]:
    """Values behind a label that names one of the kinds of a person's."""
    spans: list[Span] = []
    for pattern in _LABELS:
        for match in pattern.finditer(text):
            name = match["c"].strip()
            kind = judge(name.replace(" ", "_")).kind
            value = match["v"].strip()
            if (
                kind not in _LABELLED
                or name.lower() in _VAGUE
                or not any(map(str.isalnum, value))
                or "<" in value
                or (not strict and unlikely(kind, value))
            ):
                continue
            start = match.start("v") + match["v"].index(value)
            spans.append(Span(start, start + len(value), kind, "column", True))
    return spans


_COMPLAINTS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"[cC]olumn [\"'`\[]?(?P<c>[\w.]{1,60})[\"'`\]]?(?:[^'\"\n]{0,60}[ .:])?[vV]alue:? ?[\"'](?P<v>[^'\"\n]{1,200})[\"']",
        r"[vV]alue:? ?[\"'](?P<v>[^'\"\n]{1,200})[\"'] (?:for|in|of) (?:column|field|attribute) [\"'`\[]?(?P<c>[\w.]{1,60})",
        r"COPY [\w.]{1,60}, line [0-9]{1,12}, column (?P<c>\w{1,60}): \"(?P<v>[^\"\n]{1,300})\"",
        r"[fF]ield \[(?P<c>[\w.]{1,60})\][^\n]{0,160}value: ?'(?P<v>[^'\n]{1,200})'",
        r"(?:^|\n)(?P<c>[A-Za-z_][\w.]{1,60})\n  [^\n]{0,200}input_value='?(?P<v>[^',\]\n]{1,200})",
        r"colname=(?P<c>\w{1,60}) [^\n]{0,80}raw_field_value=\"(?P<v>[^\"\n]{1,200})\"",
    )
)
"""Complaints of databases and validators that name a column and quote what was in it."""


def complaints(text: str) -> list[Span]:
    """What a complaint quotes of a column or a field whose name says what it is."""
    spans: list[Span] = []
    for pattern in _COMPLAINTS:
        for match in pattern.finditer(text):
            kind = judge(match["c"].rsplit(".", 1)[-1]).kind or next(
                (judge(part).kind for part in reversed(match["c"].split(".")) if judge(part).kind), ""
            )
            if kind:
                spans.append(Span(match.start("v"), match.end("v"), kind, "column", True))
    return spans


_REJECTED: Final = re.compile(r"on field '([^']{1,60})': rejected value \[([^\]\n]{1,400})\]")


def rejected(text: str) -> list[Span]:
    """A value that Spring's validation names with its field."""
    return [
        Span(found.start(2), found.end(2), judge(found[1].rsplit(".", 1)[-1]).kind or "IDENTIFIER", "column", True)
        for found in _REJECTED.finditer(text)
        if found[2] != "null"
    ]


_TAG: Final = re.compile(r"<(?:[A-Za-z][\w-]*:)?([A-Za-z][\w.-]{0,60})(?:\s[^<>]{0,300})?>([^<>]{1,400})</")
_ATTRIBUTE: Final = re.compile(
    r"<(?:[A-Za-z][\w-]*:)?([A-Za-z][\w.-]{0,60})\s(?:[^<>]{0,200}?\s)??(value|extension|displayName)=\"([^\"<>]{1,300})\""
)
_CALLED: Final = re.compile(
    r"[\s](?:FriendlyName|[Nn]ame|[Kk]ey|[Ff]ield|id|title)=\"([^\"<>]{1,120})\"[^<>]{0,200}>\s{0,20}(?:<[A-Za-z][\w:.-]{0,40}(?:\s[^<>]{0,200})?>\s{0,20})?([^<>\s][^<>]{0,200}?)\s{0,20}</"
)
"""An element that an attribute names, or the value in the one below it: SAML's `FriendlyName`."""
_CELL_PAIR: Final = re.compile(
    r"<(?:t[dh]|dt)[^<>]{0,200}>\s*([^<>]{1,60}?)\s*:?\s*</(?:t[dh]|dt)>\s*<(?:t[dh]|dd)[^<>]{0,200}>\s*([^<>]{1,400}?)\s*</(?:t[dh]|dd)>"
)
_ELEMENTS: Final = {
    "name": "PERSON",
    "given": "PERSON",
    "family": "PERSON",
    "prefix": "",
    "suffix": "",
    "telecom": "PHONE",
    "birthtime": "DOB",
}


def xml(text: str) -> list[Span]:
    """Elements and attributes whose name says what they hold, and cells of a table after the cell that names them."""
    spans: list[Span] = []
    for match in _TAG.finditer(text):
        if is_token(f"<{match[1]}>"):
            continue
        kind = judge(match[1]).kind or _ELEMENTS.get(match[1].lower(), "")
        value = match[2].strip()
        if kind and value and not value.startswith("&lt;"):
            begin = match.start(2) + len(match[2]) - len(match[2].lstrip())
            spans.append(Span(begin, begin + len(value), kind, "column", True))
    clinical = "patientRole" in text or "recordTarget" in text or "<Patient" in text
    for match in _ATTRIBUTE.finditer(text):
        name = match[1].lower()
        kind = judge(match[1]).kind or _ELEMENTS.get(name, "") or ("PATIENT_ID" if name == "id" and clinical else "")
        lead = len("tel:") if match[3].startswith("tel:") else len("mailto:") if match[3].startswith("mailto:") else 0
        if kind and len(match[3]) > lead:
            spans.append(
                Span(match.start(3) + lead, match.end(3), "EMAIL" if "@" in match[3] else kind, "column", True)
            )
    for match in _CALLED.finditer(text):
        name = match[1].rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        kind = judge(name).kind or ("PERSON" if name in {"sn", "gn", "cn", "givenname", "surname"} else "")
        if kind and match[2].strip():
            spans.append(Span(match.start(2), match.end(2), kind, "column", True))
    for match in _CELL_PAIR.finditer(text):
        kind = judge(match[1]).kind or ("PERSON" if match[1].strip(" :").lower() in {"name", "first", "last"} else "")
        if kind and any(char.isalnum() for char in match[2]):
            spans.append(Span(match.start(2), match.end(2), kind, "column", True))
    return sorted(spans, key=lambda span: span.start)
