"""What of a code (host, path, class, identifier, version) is not known to be harmless."""

# ruff: noqa: C901, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes, systems
from router.privacy.coined import coined
from router.privacy.compounds import Compounds
from router.privacy.keys import KEY_WORDS, judge
from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.made import (
    ADDRESS_OF_MEMORY,
    BUILD,
    CLOUD_ID,
    COUNTED_NAME,
    CRONJOB,
    DIGEST,
    ENCODED_UUID,
    LEAST_PARTS,
    LOG_PLACE,
    MADE,
    OID,
    PROGRAM,
    RELEASE,
    SHORT_SIZES,
    SHORT_UUID,
    SOURCE_FILE,
    jumbled,
    mixed_case,
    opaque_hex,
)
from router.privacy.parts import CAMEL, joined
from router.privacy.paths import Paths
from router.privacy.programs import program
from router.privacy.spans import Span
from router.privacy.words import DATED, NOUNS, OF_RECORDS, PRODUCTS

_DIGIT: Final = re.compile("[0-9]")
_LONG: Final = 100
_JUDGED: Final = 2_000
"""Codes of one event that are judged once."""
new = tuple.__new__
_LOGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,24}://([^/@]{1,200})@")
_PAM: Final = re.compile("pam_[a-z]{2,20}")
_ARN: Final = re.compile(r"arn:[a-z-]{2,12}:[a-z0-9-]{0,30}:[a-z0-9-]{0,20}:(?:[0-9]{12}|aws)?:")
_OF_THINGS: Final = re.compile(
    r"arn:[a-z-]{2,12}:(?:cloudwatch|sns|sqs|lambda|rds|ecs|ecr|elasticloadbalancing|dynamodb|kinesis|kafka|events|logs|elasticache|autoscaling|acm|kms)(?=:)(?!.*/)"
)
"""What clouds run, whose names only those who run it choose; a login of IAM's and a key of S3's are not among them."""
_ZONE: Final = re.compile(
    r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?"
)
"""A time zone of the IANA database, though it is called after a city."""
_WITH_POINTS: Final = re.compile(r"1?[.-]?[0-9]{3}\.[0-9]{3}\.[0-9]{4}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
"""A telephone number, and one of Brazil's taxpayers, that may pass for versions."""
_GLUED: Final = re.compile(
    r"\xc9([1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9X]|1[3-9][0-9]{9})(?![0-9])"
)
"""A resident's number (GB 11643) or a mobile number of China right behind the characters that name it."""


def _telling(low: str) -> bool:
    """Is a word that is a name too neither a product's nor an ordinary noun of the trade."""
    return low not in NOUNS and low not in PRODUCTS and low not in DATED


IDLE: Final = 20_000
"""Harmless words and codes that one reader remembers."""
_BY_HAND: Final = re.compile(
    r"(?<![0-9])(?:0?[1-9]|[12][0-9]|3[01])(?:([/.-])(?:0?[1-9]|[12][0-9]|3[01])\1|[-/][A-Z][a-z]{2}[-/])(?:19|20)[0-9]{2}"
    r"(?![0-9:])"
)
"""A day as no machine writes it, its year last: in a path or a compound too."""
_BORN_PATH: Final = re.compile(
    r"(?<![0-9])(?:19[2-9][0-9]|200[0-9]|201[0-4])/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
"""A day of a year before any log, as three segments of a path."""
BORN_IN: Final = re.compile(
    "(?:19[2-9][0-9]|200[0-9]|201[0-4])([-.])(?:0[1-9]|1[0-2])(?:\\1(?:0[1-9]|[12][0-9]|3[01]))?(?![0-9.-])"
)
"""A month of a year before any log: `1957-05`."""
_SHORTEST_DAY: Final = 8
_SAMPLE: Final = re.compile(
    r"(?:[\w./-]*/)?([A-Z][A-Za-z'-]{1,24}(?:_[A-Z][A-Za-z'-]{0,24}){1,3})_((?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01]))"
    r"(?:_([A-Z]{0,4}-?[0-9]{4,12}))?(?=[._-]|$)"
)
"""A sample, a scan or a recording that is called after whose it is: `KROGH_ELLA_19750327_32969690.md.cram`."""


class Codes(Compounds, Paths):
    """Judges codes. `safe`: a tenant's words that pass; `codes`: harmless codes met before."""

    __slots__ = ("codes", "idle", "judged", "parts")

    def __init__(self, *, strict: bool, safe: frozenset[str]) -> None:
        super().__init__(strict=strict, safe=safe)
        self.codes: set[str] = set()  # harmless codes met before
        self.parts: set[str] = set()  # harmless codes without a digit, and parts of paths and addresses
        self.judged: dict[str, list[Span]] | None = None  # of the event that is read, and forgotten with it
        self.idle: set[str] = set()  # lower-case words of the lexicon that begin nothing

    def _judge_code(self, word: str, at: int) -> list[Span]:
        """What of a code is not harmless; nothing when it is a name the trade uses."""
        if word in self.codes or word in self.parts:
            return []
        judged = self.judged
        found = judged.get(word) if judged is not None else None
        if found is None:
            found = self._judge_anew(word, 0)
            if found and self._coined(word, found):
                found = []
            if not found and len(word) < _LONG and len(self.parts) < IDLE and _DIGIT.search(word) is None:
                self.parts.add(word)
            elif judged is not None and len(judged) < _JUDGED:
                judged[word] = found
        return [new(Span, (span.start + at, span.end + at, *span[2:])) for span in found]

    def _coined(self, word: str, found: list[Span]) -> bool:
        """Is a code in which something was found a tool's by its pattern, or a class: asked last, as few codes are."""
        bare = word.strip("./-_@+%\\")
        return (not any(span.sure for span in found) and coined(bare)) or (
            "." in bare and bare[0].isupper() and self._of_classes(bare)
        )

    def _judge_anew(self, word: str, at: int) -> list[Span]:
        end = at + len(word)
        if "\xc9" in word:
            glued = [
                Span(
                    at + match.start(1),
                    at + match.end(1),
                    "NATIONAL_ID" if len(match[1]) > 11 else "PHONE",
                    "shape",
                    True,
                )
                for match in _GLUED.finditer(word)
            ]
            if glued:
                first = glued[0].start
                return [Span(at, first, "WORD", "unknown", False), *glued] if first > at else glued
        stripped = word.strip("./-_@+%\\")
        if not stripped:
            return []
        arn = _ARN.match(word)
        if arn is not None:
            found = self._path(word[arn.end() :], at + arn.end())
            things = _OF_THINGS.match(word) is not None
            return [
                span
                for span in found
                if not DIGEST.fullmatch(word, span.start - at, span.end - at)
                and not (things and span.rule == "name" and not span.sure)
            ]
        login = _LOGIN.match(word)
        if login is not None:
            return [
                Span(at + login.start(1), at + login.end(1), "SECRET", "shape", True),
                *self._path(word[login.end() :], at + login.end()),
            ]
        if (
            len(word) > _SHORTEST_DAY
            and (by_hand := _BY_HAND.search(word) or (_BORN_PATH.search(word) if "/" in word else None)) is not None
            and shapes.VERSION.fullmatch(word) is None
        ):
            rest = [
                span
                for start, end in ((0, by_hand.start()), (by_hand.end(), len(word)))
                if word[start:end].strip("./-_@+%\\:")
                for span in self._judge_anew(word[start:end], at + start)
            ]
            return sorted([*rest, Span(at + by_hand.start(), at + by_hand.end(), "DATE", "shape", True)])
        if "_" in word and (sample := _SAMPLE.match(word)) is not None and self._named_sample(sample[1]):
            return [
                Span(at + sample.start(1), at + sample.end(1), "PERSON", "name", True),
                Span(at + sample.start(2), at + sample.end(2), "DOB", "shape", True),
                *([Span(at + sample.start(3), at + sample.end(3), "MRN", "shape", True)] if sample[3] else []),
            ]
        if "@" in word and word[-1].isalnum():
            release = RELEASE.fullmatch(word) or LOG_PLACE.fullmatch(word)
            if release is not None and not self._names_in(release[1]):
                return []
        if stripped.isalpha():
            flag = "w" if stripped.lower() in self.safe else LEXICON.flag(stripped.lower())
            if (
                self.strict
                and flag == "n"
                and stripped[0].isupper()
                and len(stripped) > 2
                and _telling(stripped.lower())
            ):
                start = at + word.index(stripped)
                return [Span(start, start + len(stripped), "PERSON", "name", False)]
            if (
                flag in SAFE
                or len(stripped) <= 2
                or (stripped.islower() and stripped in KEY_WORDS)
                or (stripped in OF_RECORDS and word[0] == "/")
            ):
                return []
            if stripped.islower() and flag == "" and joined(stripped):
                return []
            start = at + word.index(stripped)
            kind = {"p": "PERSON", "d": "DIAGNOSIS", "m": "MEDICATION"}.get(flag, "WORD")
            if flag == "" and not stripped.islower() and self._camel(stripped):
                if self.strict and self._of_somebody(stripped):
                    return [Span(start, start + len(stripped), "PERSON", "name", False)]
                return []
            return [Span(start, start + len(stripped), kind, "unknown", flag in {"d", "m"})]
        if _DIGIT.search(stripped) is None:
            if _ZONE.fullmatch(stripped) or _PAM.fullmatch(stripped):
                return []
            if systems.made_of(stripped) == "-" and len(CAMEL.findall(stripped.partition("-")[2])) > LEAST_PARTS:
                return []
            if SOURCE_FILE.fullmatch(stripped) and not self._names_in(stripped):
                return []
            if len(stripped) >= 16 and shapes.SECRET_SHAPE.fullmatch(stripped):
                return [Span(at, end, "SECRET", "shape", True)]
            if "/" in word and len(word) > 3:
                return self._path(word, at)
            return self._pieces(word, at, end)
        if len(stripped) >= 9 and stripped.isalnum() and stripped.isupper() and shapes.national_ok(stripped):
            return [Span(at, end, "NATIONAL_ID", "shape", True)]
        if shapes.measured(stripped) or shapes.DURATION.fullmatch(stripped):
            return []
        if shapes.ERROR_CODE.fullmatch(stripped) or stripped == "E11000" or ADDRESS_OF_MEMORY.fullmatch(stripped):
            return []
        if shapes.POSTCODE.fullmatch(word):
            return [Span(at, end, "ZIP", "shape", True)]
        made = systems.made_of(stripped)
        if made and (
            made == "-"
            or ((systems.dated(stripped) or program(made) or not judge(made).kind) and self._harmless_code(made))
        ):
            return []
        if len(stripped) == ENCODED_UUID and stripped.isalnum() and jumbled(stripped) and mixed_case(stripped):
            return []
        if CLOUD_ID.fullmatch(stripped) or COUNTED_NAME.fullmatch(stripped) or shapes.UUID.fullmatch(stripped):
            return []
        if SOURCE_FILE.fullmatch(stripped) and not self._names_in(stripped):
            return []
        if MADE.fullmatch(stripped) or (
            len(stripped) in SHORT_SIZES and SHORT_UUID.fullmatch(stripped) and jumbled(stripped)
        ):
            return []
        if "/" in word and len(word) > 3:
            return (
                [Span(at, end, "SECRET", "shape", True)]
                if shapes.SECRET_SHAPE.fullmatch(stripped)
                else self._path(word, at)
            )
        if PROGRAM.fullmatch(stripped) and not self._names_in(stripped):
            return []
        if self.strict and BORN_IN.fullmatch(stripped):
            return [Span(at, end, "DATE", "shape", False)]
        if self.strict and _WITH_POINTS.fullmatch(stripped):
            return [Span(at, end, "NUMBER", "shape", False)]
        if shapes.VERSION.fullmatch(stripped) or BUILD.fullmatch(stripped) or OID.fullmatch(stripped):
            return []
        if shapes.HEX.fullmatch(stripped) and opaque_hex(stripped):
            return []
        if len(stripped) >= 13 and shapes.SECRET_SHAPE.fullmatch(stripped):
            return [Span(at, end, "SECRET", "shape", True)]
        scheduled = CRONJOB.fullmatch(stripped)
        if (
            scheduled is not None
            and not judge(scheduled[1] or scheduled[2]).kind
            and self._harmless_code(scheduled[1] or scheduled[2])
        ):
            return []
        if len(stripped) < 9:
            if stripped.lower() in {"a1c", "hba1c", "hb1ac", "t2dm", "t1dm", "brca1", "brca2", "cd4", "hcg", "b12"}:
                return [Span(at, end, "DIAGNOSIS", "lexicon", True)]
            if shapes.ICD10_DOTTED.fullmatch(stripped):
                return [Span(at, end, "DIAGNOSIS", "shape", True)]
            return self._pieces(word, at, end)
        if shapes.vin_ok(stripped):
            return [Span(at, end, "VIN", "shape", True)]
        if shapes.MBI.fullmatch(stripped):
            return [Span(at, end, "NATIONAL_ID", "shape", True)]
        if shapes.dea_ok(stripped):
            return [Span(at, end, "DEA", "shape", True)]
        if 15 <= len(stripped) <= 34 and shapes.IBAN_SHAPE.fullmatch(stripped) and shapes.iban_ok(stripped):
            return [Span(at, end, "ACCOUNT", "shape", True)]
        return self._pieces(word, at, end)
