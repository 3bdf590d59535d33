"""Does a value have the shape that its role (name, id, time, number, enum, url, code) promises."""

# ruff: noqa: C901, E501, PLR2004 - expressions read better whole
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from router.privacy import shapes
from router.privacy.lexicon import LEXICON, PLAIN
from router.privacy.made import HASHED
from router.privacy.parts import CAMEL, owned_device
from router.privacy.words import NOUNS, OF_BODIES, PRODUCTS

if TYPE_CHECKING:
    from router.privacy.text import Reader

_ROLE_ENUM: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+ -]{0,40}")
_ROLE_NUMBER: Final = re.compile(
    r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?:\s?[A-Za-z%µ/]{1,8})?|[+-]?(?:inf|nan|infinity)",
    re.IGNORECASE,
)
_ROLE_ID: Final = re.compile(r"[A-Za-z0-9_.:/+=@{}\[\]\"~,*#-]{1,300}")


def plays(value: str, role: str, reader: Reader) -> bool:
    """Does `value` have the shape its role promises. Roles as in router.sources.contract: name id time number enum url code."""
    if role == "time":
        return bool(
            (shapes.STAMP.fullmatch(value) and not shapes.LONG_AGO.match(value))
            or shapes.EPOCH.fullmatch(value)
            or _INTERVAL.fullmatch(value)
            or shapes.DURATION.fullmatch(value)
        )
    if role == "number":
        return not (reader.strict and value.rpartition(" ")[2].lower() in OF_BODIES) and (
            (bool(_ROLE_NUMBER.fullmatch(value)) and len(value) <= 24 and not value.startswith("0"))
            or value in {"0", "00"}
            or bool(shapes.VERSION.fullmatch(value))
            or bool(re.fullmatch(r"0\.\d+(?:e-?\d+)?", value))
        )
    if role == "id":
        return opaque_id(value, reader)
    if role == "bare":
        return opaque_id(value, reader) and bool(
            not reader.strict
            or _NOBODYS.fullmatch(value)
            or (shapes.HEX.fullmatch(value) and not value.isdigit())
            or shapes.ERROR_CODE.fullmatch(value)
        )
    if role == "opaque":
        return bool(shapes.UUID.fullmatch(value) or (shapes.HEX.fullmatch(value) and not value.isdigit()))
    if role == "maker":
        return len(value) <= 64 and not _LONG_NUMBER.search(value) and value.replace(" ", "").isascii()
    if role == "version" and _RELEASE_DAY.fullmatch(value):
        return True
    if role == "enum":
        return bool(
            re.fullmatch(r"[A-Za-z]{1,10}[-_ ]?[0-9]{1,2}", value) or value in {"0", "1", "2", "3", "4", "5"}
        ) or (bool(_ROLE_ENUM.fullmatch(value)) and not reader.read(value))
    if role == "machine" and _MACHINE.fullmatch(value) and len(value) <= 100:
        return not any(
            span.sure or span.kind in {"PERSON", "USERNAME", "DIAGNOSIS", "MEDICATION"} for span in reader.read(value)
        )
    if role == "machine" and (pod := HASHED.fullmatch(value)) is not None and plays(pod[1], role, reader):
        return True
    if role in {"name", "code", "machine", "version"}:
        if reader.strict and "-" in value and owned_device(value):
            return False
        if value.isdigit():
            return len(value) <= 7
        if shapes.HEX.fullmatch(value) and not value.isdigit():
            return True
        if (
            role == "code"
            and re.fullmatch(r"[A-Z]{1,6}[-_ ]?[0-9]{1,6}", value)
            and not shapes.ICD10_DOTTED.fullmatch(value)
        ):
            return True
        if shapes.VERSION.fullmatch(value) or _CHANNEL.fullmatch(value) or _LOG_STREAM.fullmatch(value):
            return True
        return not reader.read(value) and not (reader.strict and christian(value))
    return False


def christian(value: str) -> bool:
    """Is a value one capitalised word that is as good a name as a word: `Hope`, but not `Page` or `Jenkins`."""
    low = value.lower()
    return value.istitle() and value.isalpha() and LEXICON.flag(low) == "n" and low not in NOUNS and low not in PRODUCTS


def identifier(value: str, reader: Reader) -> bool:
    """Is `value` the name of a machine's thing: CamelCase, snake_case, kebab-case or dotted, in at least two parts.

    For fields that a source format declares structural. One part has to be a plain word, or there are three; so two
    unknown parts, which may be a person's name, do not pass, nor does a part known as a name, condition or medicine,
    a number of five digits, or what the detector is sure of.
    """
    if _IDENTIFIER.fullmatch(value) is None or _LONG_NUMBER.search(value) is not None:
        return False
    parts = [part.lower() for part in CAMEL.findall(value) if part.isalpha()]
    if len(parts) < 2:
        return False
    flags = ["w" if part in reader.safe else LEXICON.flag(part) for part in parts]
    if not _NAMED.isdisjoint(flags):
        return False
    known = any((flag in PLAIN or part in NOUNS) and len(part) > 2 for flag, part in zip(flags, parts, strict=True))
    if not known and sum(len(part) > 2 for part in parts) < 3:
        return False
    return not any(span.sure for span in reader.read(value))


_NOBODYS: Final = re.compile(
    r"[0-9]{1,4}|[0-9]{12,}|[A-Za-z0-9_./:+=-]{16,}|[a-z]{2,8}_[A-Za-z0-9]{6,}|[PQ][A-Z0-9]{6,13}|[A-Z]{2,10}-[0-9]{1,6}|"
    r"(?![^ ]*[0-9]{4})[a-z][a-z0-9]*(?:[-_.:/][a-z0-9]+)*"
)
"""What under a bare `id` is no person's number, though nobody says whose it is: long and opaque, a slug, a ticket."""
_CHANNEL: Final = re.compile(r"[BCGT]0[A-Z0-9]{7,9}")
"""Slack's channels, groups and teams."""
_LOG_STREAM: Final = re.compile(r"20[0-9]{2}/[01][0-9]/[0-3][0-9]/\[[$A-Za-z0-9]{1,12}\][0-9a-f]{32}")
"""A log stream of AWS Lambda."""
_INTERVAL: Final = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9](?:T[0-9:.]{5,12}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?/(?:20[0-9]{2}-[01][0-9]-[0-3][0-9](?:T[0-9:.]{5,12}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?|P[0-9TDHMSWY]{2,12})"
)
"""A stretch of time as ISO 8601 writes it."""
_RELEASE_DAY: Final = re.compile("20[12][0-9]-[01][0-9]-[0-3][0-9](?:-preview)?")
"""A day that is the name of a version: `2023-10-16`."""
_MACHINE: Final = re.compile(r"(?:[a-z]+[0-9]{0,3}(?:[._/:-]|$))*[a-z]*[0-9]{0,4}")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/-]{1,199}")
_LONG_NUMBER: Final = re.compile(r"[0-9]{5}")
_NAMED: Final = frozenset({"p", "d", "m"})


def opaque_id(value: str, reader: Reader) -> bool:
    """An identifier of the machine room: no address, no name, no shape of a person's number."""
    if not _ROLE_ID.fullmatch(value) or "@" in value:
        return False
    if shapes.UUID.fullmatch(value) or shapes.HEX.fullmatch(value) or value.isdigit():
        return True
    if _PERSONAL_ID.search(value) is not None:
        return False
    for part in CAMEL.findall(value):
        if len(part) > 3 and part.lower() not in reader.safe and LEXICON.flag(part.lower()) in {"p", "d", "m"}:
            return False
    return True


_PERSONAL_ID: Final = re.compile(
    r"(?<![0-9])[0-9]{3}[-.][0-9]{2}[-.][0-9]{4}(?![0-9])|(?<![0-9])[0-9]{3}[-.][0-9]{3}[-.][0-9]{4}(?![0-9])|(?i:(?:^|[^a-z])(?:mrn|ssn|dob|patient|member|npi|phone|email)[^a-z]{0,3}[0-9]{3})|"
    r"(?i:(?:^|[^a-z])(?:visit|encounter|admission|discharge|referral|claim|appt|appointment|refill|subscriber|enrollee|chart|guarantor|resident|consent|rx|prescription|beneficiary|person)[-_:/.#]{1,2}[0-9]{5})|"
    r"(?<![A-Za-z0-9])[1-9][A-Z][0-9A-Z][0-9](?:[A-Z][0-9A-Z][0-9][A-Z]{2}|-[A-Z][0-9A-Z][0-9]-[A-Z]{2})[0-9]{2}(?![A-Za-z0-9])"
)
