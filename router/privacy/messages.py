"""HL7 v2 messages: what is about a person is said by the number of a field in its segment."""

# ruff: noqa: PLR2004 - patterns of segments, and the lengths that the standard fixes
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.hl7 import FIELDS
from router.privacy.keys import judge
from router.privacy.lexicon import LEXICON
from router.privacy.segments import Rest, moved
from router.privacy.spans import Span
from router.privacy.tokens import is_token

_SAFE_HL7: Final = frozenset({"MSH", "MSA", "ERR", "SFT", "BHS", "FHS", "BTS", "FTS"})

_CONTROL_FIELD: Final = re.compile(r"[A-Za-z0-9^.&_]{1,40}|\^~\\+&#?|[0-9]{8,14}[+-][0-9]{4}")
"""What stands in an HL7 control segment when it is a code, an application's name or a time."""

START: Final = re.compile(
    r"MSH\|\^~\\+&|(?:^|[\r\n\x0b]|\\r|\\n)(?:PID|PV[12]|PD1|NK1|IN[123]|OBX|DG1|GT1|OBR|ORC|FT1|AL1|MRG|RX[ADEO]|PR1|TXA|SCH|AIP|ACC|Z[A-Z0-9]{2})\|"
    r"|\b(?:PID|NK1|GT1|IN1|FT1|MRG)\|(?:[^|\n]*\|){3}"
)

_ADDRESS_PART: Final = {4: "ZIP"}


def read(text: str, reader: Rest, *, strict: bool) -> list[Span]:
    r"""HL7 v2: every field of the segments about people by its number; segments may run together or end in \\r."""
    spans: list[Span] = []
    names = set(FIELDS) | _SAFE_HL7
    starts = [
        m
        for m in re.finditer(
            r"(?:(?<![A-Za-z0-9])|(?<=\\r)|(?<=\\n))[A-Z]{2}[A-Z0-9](?=\|)|(?<=[0-9A-Za-z])[A-Z]{2}[A-Z0-9](?=\|[0-9])",
            text,
        )
        if m[0] in names or m[0][0] == "Z"
    ]
    head = starts[0].start() if starts else len(text)
    spans.extend(reader.read(text[:head]))
    for index, match in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        segment = match[0]
        place = match.end() + 1
        fields = text[place:end].split("|")
        table = FIELDS.get(segment, {})
        for number, field in enumerate(fields, 1):
            start = place
            place += len(field) + 1
            bare = field.rstrip("\r\n\\ ")
            if field.endswith(("\\r", "\\n")):
                bare = field[:-2]
            if not bare.strip():
                continue
            kind = table.get(number, "")
            if kind in {"", "DOB", "PERSON", "PHONE"} and _HL7_PLACE.fullmatch(bare):
                kind = "ADDRESS"  # an address is seen as one also where a field too many moved it
            if kind:
                spans.extend(_components(bare, start, kind, reader, strict=strict))
            elif segment[0] == "Z" and not re.fullmatch(r"[A-Z]{1,2}|\d{1,3}", bare) and not _of_interface(bare):
                spans.append(Span(start, start + len(bare), "TEXT", "segment", True))
            elif strict and segment not in _SAFE_HL7 and segment != "EVN" and shapes.ICD10.fullmatch(bare):
                spans.append(Span(start, start + len(bare), "DIAGNOSIS", "segment", True))
            elif segment not in _SAFE_HL7 and not re.fullmatch(r"[A-Z0-9^&]{1,6}|\d{1,4}", bare):
                spans.extend(
                    Span(span.start + start, span.end + start, span.kind, span.rule, span.sure)
                    for span in reader.read(bare)
                    if span.sure or strict
                )
            elif segment in _SAFE_HL7 and not _CONTROL_FIELD.fullmatch(bare):
                spans.extend(
                    Span(span.start + start, span.end + start, span.kind, span.rule, span.sure)
                    for span in reader.read(bare)
                )
    return [
        Span(span.start, span.end, span.kind, "segment", True) for span in sorted(spans, key=lambda span: span.start)
    ]


def _of_interface(field: str) -> bool:
    """Is a field of a segment of one's own a counter or a state of the interface: `retry=5`, `NoRouteMatched`."""
    counted = _COUNTER.fullmatch(field)
    if counted is not None:
        return judge(counted[1]).role == "number"
    words = re.findall("[A-Z][a-z]+", field)
    return len(words) > 2 and "".join(words) == field and all(map(LEXICON.trade, map(str.lower, words)))


_COUNTER: Final = re.compile("([a-z_]{3,20})=[0-9]{1,6}")


def _components(field: str, at: int, kind: str, reader: Rest, *, strict: bool) -> list[Span]:
    """The components of one HL7 field that identify; at `strict` the others are read like any text."""
    spans: list[Span] = []
    place = at
    for repeat in field.split("~"):
        parts = repeat.split("^")
        starts = [place]
        for part in parts:
            starts.append(starts[-1] + len(part) + 1)
        taken = _identifying(parts, kind)
        if kind == "PERSON" and "<" in parts[0] and is_token(parts[0]):
            taken = {}  # a name that is one token has fewer components than it had
        for index, part in enumerate(parts):
            what = taken.get(index, "")
            if what and part.strip():
                spans.append(Span(starts[index], starts[index] + len(part), what, "segment", True))
            elif strict and not _COMPONENT.fullmatch(part):
                spans.extend(moved(reader.read(part), starts[index]))
        if kind == "PERSON":  # the parts of a name are one value
            named = [index for index, what in taken.items() if what == "PERSON" and parts[index].strip()]
            if named:
                first, last = starts[named[0]], starts[named[-1]] + len(parts[named[-1]])
                spans = [span for span in spans if not (span.kind == "PERSON" and first <= span.start < last)]
                spans.append(Span(first, last, "PERSON", "segment", True))
        place += len(repeat) + 1
    return spans


_HL7_PLACE: Final = re.compile(
    r"[^^|]{0,80}\^[^^|]{0,60}\^[A-Za-z .'-]{2,40}\^[A-Z]{2}\^[0-9]{5}(?:-?[0-9]{4})?(?:\^[^|]{0,60})?"
)
"""Street, other, city, state, ZIP code: the components of an XAD."""
_COMPONENT: Final = re.compile(r"[A-Z0-9&]{0,6}|[A-Z]{1,12}")
"""Types, authorities and suffixes beside what identifies."""


def _identifying(parts: list[str], kind: str) -> dict[int, str]:
    """Which components of a field of `kind` are about the person, by HL7 2.5.1 chapter 2A (XPN, XCN, XAD, CX, XTN)."""
    if kind == "PERSON":
        lead = 1 if len(parts) > 1 and re.fullmatch(r"[A-Z]{0,3}\d{3,}", parts[0]) else 0
        found = dict.fromkeys(range(lead, min(lead + 4, len(parts))), "PERSON")
        return {0: "NPI", **found} if lead else found
    if kind == "ADDRESS":
        return {
            index: _ADDRESS_PART.get(index, "ADDRESS")
            for index, part in enumerate(parts[:9])
            if not (index == 3 and re.fullmatch(r"[A-Z]{2}", part)) and not (index in {5, 6} and len(part) <= 3)
        }
    if kind in {"DIAGNOSIS", "MEDICATION", "PHONE"}:
        return {
            index: kind
            for index, part in enumerate(parts)
            if index not in {2, 5} and not re.fullmatch(r"[A-Z]{1,4}", part)
        }
    if kind == "WARD":
        return dict.fromkeys(range(len(parts)), kind)
    return {0: kind}
