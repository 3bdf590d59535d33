"""X12 transactions: what is about a person is said by segment, element and qualifier."""

# ruff: noqa: C901, E501, PLR2004 - tables of segments, and the lengths that the standard fixes
from __future__ import annotations

import re
from typing import Final

from router.privacy.care import of_systems
from router.privacy.segments import Rest, moved
from router.privacy.spans import Span

_CONTROL_ELEMENT: Final = re.compile(r"[A-Z0-9.:^>/+|*]{0,40}")
"""The same for X12."""

_BEGIN: Final = "ISA*0"

_OTHERWISE: Final = re.compile(r"\bISA([|^;!\t\x1c\x1d])0[0-9]\1[^\r\n]{10}\1")
"""An interchange whose elements are parted by what its fourth character is, as the standard lets everybody choose."""

_SEGMENT: Final = re.compile(r"\b(?:NM1|DMG|N3|N4|REF|GS|ST|HI|CLM)\*[^~\n]*+")

_ALONE: Final = re.compile(r"\s*(?:NM1|N1|DMG|N3|N4|REF|PER|HI|CLM|CLP|SBR|DTP|INS|SVC|SV[1-3]|TRN)\*[^~]*$")
"""Segments without what ends them, as a parser lists them: `["NM1*QC*1*BELL*JANE", "DMG*D8*19710203*F"]`."""

QUOTED: Final = re.compile(
    r"\b(?:NM1|N1|DMG|N3|N4|REF|PER|HI|CLM|CLP|DTP)\*[^\s~'\"`|<>]{1,80}(?: {1,2}[^\s~'\"`|*<>]{1,40}\*[^\s~'\"`|<>]{0,80}){0,8}"
)
"""A segment in a sentence: `rejected NM1*IL*1*VAN DYKE*ANNA****MI*123 of loop 2010BA`."""


def starred(text: str) -> str:
    """`text` with `*` between the elements of its interchange, where that has another mark there; as long as before."""
    found = _OTHERWISE.search(text) if "ISA" in text else None
    return text if found is None else text.replace("*", " ").replace(found[1], "*")


def begins(text: str) -> bool:
    """Does an interchange begin in a text, or a segment that is ended as X12 ends them; each character is read once."""
    if _BEGIN in text or _ALONE.match(text) is not None:
        return True
    return "~" in text and any(text.startswith("~", found.end()) for found in _SEGMENT.finditer(text))


_REF: Final = {"SY": "SSN", "1L": "MEMBER_ID", "0F": "MEMBER_ID", "IG": "MEMBER_ID", "23": "PATIENT_ID", "EJ": "ACCOUNT", "EA": "MRN", "1W": "MEMBER_ID", "HPI": "NPI", "EI": "NATIONAL_ID", "TJ": "NATIONAL_ID", "6P": "MEMBER_ID", "18": "MEMBER_ID", "D9": "MEMBER_ID", "G1": "PATIENT_ID", "9F": "PATIENT_ID", "F8": "PATIENT_ID", "1K": "MEMBER_ID", "3H": "PATIENT_ID", "ABB": "PATIENT_ID", "0B": "LICENSE", "D3": "NPI", "DP": "WARD", "CE": "MEMBER_ID", "BB": "PATIENT_ID", "Q4": "MRN", "NQ": "MEMBER_ID", "49": "MEMBER_ID", "F6": "MEMBER_ID", "GH": "PATIENT_ID", "N6": "MEMBER_ID", "SERIAL": "DEVICE_ID"}  # fmt: skip
_ID_CODE: Final = {
    "MI": "MEMBER_ID",
    "34": "SSN",
    "XX": "NPI",
    "24": "NATIONAL_ID",
    "II": "PATIENT_ID",
    "FI": "NATIONAL_ID",
    "C1": "MEMBER_ID",
    "SY": "SSN",
    "EQ": "PATIENT_ID",
    "N": "MEMBER_ID",
    "ZZ": "IDENTIFIER",
    "HN": "NATIONAL_ID",
}
_SAFE_X12: Final = frozenset(
    [
        "ISA",
        "GS",
        "ST",
        "SE",
        "GE",
        "IEA",
        "BHT",
        "HL",
        "TRN",
        "EB",
        "AAA",
        "LX",
        "SV1",
        "SV2",
        "SV3",
        "TA1",
        "AK1",
        "AK2",
        "AK3",
        "AK4",
        "AK5",
        "AK9",
        "IK3",
        "IK4",
        "IK5",
        "CTX",
        "STC",
        "LS",
        "LE",
        "BGN",
        "EQ",
        "INS",
        "PRV",
        "OI",
        "MIA",
        "MOA",
        "CAS",
        "AMT",
        "QTY",
        "SBR",
        "PAT",
        "CL1",
        "CN1",
        "CRC",
        "CR1",
        "HCP",
        "CUR",
        "SVC",
        "PLB",
        "LQ",
        "RMR",
        "ENT",
        "LUI",
        "HD",
        "COB",
    ]
)


_ENVELOPE: Final = frozenset(
    {"ISA", "GS", "ST", "SE", "GE", "IEA", "BHT", "TA1", "AK1", "AK2", "AK9", "HL", "LX", "LS", "LE", "BGN"}
)
_IDENTIFIES: Final = re.compile(r"[0-9]{5}|[A-Z][0-9]{4}|[A-Z]{2}[0-9]{3}")
"""What in an element outside the envelope is a number of somebody's rather than a code or an amount."""
_COPIED: Final = {"CTX": 1, "IK4": 4, "AK4": 4, "SBR": 3, "COB": 2}
"""Elements that repeat what was wrong, or hold a policy's number (005010X231A1, 005010X222A1)."""
_TAKEN_X12: Final = frozenset({"NM1", "N1", "N3", "N4", "DMG", "REF", "PER", "HI", "DTP", "DTM", "CLM", "CLP", "BPR"})


def read(text: str, reader: Rest, *, strict: bool) -> list[Span]:
    """X12: elements by segment and qualifier, `*` between elements and `~` or a line end after segments."""
    spans: list[Span] = []
    for match in re.finditer(r"[^~\r\n]+", text):
        segment = match[0]
        offset = len(segment) - len(segment.lstrip())
        parts = segment.split("*")
        places = []
        at = match.start()
        for part in parts:
            places.append(at)
            at += len(part) + 1
        tag = parts[0].strip().rsplit(" ", 1)[-1]
        head = parts[0].strip()
        if head != tag or len(parts) == 1:
            end = places[1] - 1 if len(parts) > 1 else match.end()
            spans.extend(
                Span(
                    span.start + match.start() + offset,
                    span.end + match.start() + offset,
                    span.kind,
                    span.rule,
                    span.sure,
                )
                for span in reader.read(text[match.start() + offset : end])
            )

        taken: set[int] = set()
        known = tag in _SAFE_X12 or tag in _TAKEN_X12 or not strict

        def take(
            index: int,
            kind: str,
            parts: list[str] = parts,
            places: list[int] = places,
            taken: set[int] = taken,
        ) -> None:
            if index < len(parts) and parts[index].strip():
                taken.add(index)
                lead = len(parts[index]) - len(parts[index].lstrip())
                spans.append(
                    Span(places[index] + lead, places[index] + lead + len(parts[index].strip()), kind, "segment", True)
                )

        if tag == "NM1":
            person = len(parts) > 2 and parts[2] != "2"
            coded = next((at for at in (8, 7, 6, 5) if len(parts) > at + 1 and parts[at] in _ID_CODE), 8)
            for index in range(3, coded):
                if person or index > 3:
                    take(index, "PERSON")
            qualifier = parts[coded] if len(parts) > coded else ""
            take(coded + 1, _ID_CODE.get(qualifier, "IDENTIFIER"))  # some senders drop empty elements before it
        elif tag in {"IK4", "AK4"}:
            take(4, "IDENTIFIER")  # a copy of the element that was wrong
        elif tag == "N3":
            take(1, "ADDRESS")
            take(2, "ADDRESS")
        elif tag == "N4":
            take(1, "ADDRESS")
            take(3, "ZIP")
        elif tag == "DMG":
            take(2, "DOB")
        elif tag == "REF":
            take(2, _REF.get(parts[1] if len(parts) > 1 else "", "IDENTIFIER"))
            take(3, "IDENTIFIER")
        elif tag == "PER":
            take(2, "PERSON")
            for index in (4, 6, 8):
                take(
                    index, {"EM": "EMAIL", "FX": "FAX"}.get(parts[index - 1] if index - 1 < len(parts) else "", "PHONE")
                )
        elif tag == "HI":
            for index in range(1, len(parts)):
                sub = re.split(r"[:>]", parts[index])
                if len(sub) > 1:
                    taken.add(index)
                    start = places[index] + len(sub[0]) + 1
                    spans.append(Span(start, start + len(sub[1]), "DIAGNOSIS", "segment", True))
                    if len(sub) > 3 and sub[2] in {"D8", "RD8"}:
                        start += len(sub[1]) + len(sub[2]) + 2
                        spans.append(Span(start, start + len(sub[3]), "DATE", "segment", True))
        elif tag in {"MSG", "NTE"} and strict and not of_systems(parts[-1]):
            take(len(parts) - 1, "DIAGNOSIS")  # what somebody wrote
        elif tag == "DTP":
            take(3, "DATE")
        elif tag == "DTM":
            take(2, "DATE")
        elif tag == "TRN" and "GS*HN*" in text and parts[1:2] == ["2"]:
            take(2, "ACCOUNT")  # in the answer to a claim: the account that the claim was sent under (005010X214)
        elif tag in {"CLM", "CLP", "BHT"}:
            take(1 if tag != "BHT" else 99, "PATIENT_ID")
            if tag == "CLP":
                take(7, "MEMBER_ID")
        elif tag == "BPR":
            for index in (7, 9, 13, 15):
                take(index, "ACCOUNT")
        elif tag == "N1":
            take(4, _ID_CODE.get(parts[3] if len(parts) > 3 else "", "IDENTIFIER"))
        elif len(parts) > 1 and not re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", tag):
            spans.extend(moved(reader.read(segment), match.start()))
            continue
        for index, part in enumerate(parts[1:], 1):
            if index in taken:
                continue
            if tag not in _ENVELOPE and _IDENTIFIES.search(part) and (strict or _COPIED.get(tag) == index):
                start = part.rfind(":") + 1  # behind a qualifier, `HC:99213`; what else stands there is read as well
                spans.append(Span(places[index] + start, places[index] + len(part), "IDENTIFIER", "segment", True))
                if not _CONTROL_ELEMENT.fullmatch(part[:start]):
                    spans.extend(moved(reader.read(part[:start]), places[index]))
            elif not (known and _CONTROL_ELEMENT.fullmatch(part.strip())):
                spans.extend(moved(reader.read(part), places[index]))
    return [
        Span(span.start, span.end, span.kind, "segment", True) for span in sorted(spans, key=lambda span: span.start)
    ]
