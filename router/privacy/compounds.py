"""A compound such as `claims-worker-2`, `app.services.patient`, `MRN-17726`, `john.smith`: is it the trade's or somebody's."""

# ruff: noqa: C901, E501, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes, systems
from router.privacy.keys import ABBREVIATED, judge
from router.privacy.lexicon import LEXICON, SAFE
from router.privacy.made import (
    ENTITY,
    HASHED,
    ISSUED,
    OF_TRANSACTIONS,
    POD,
    QUEUED_MAIL,
    REPLICA,
    ROLLED,
    SUFFIXED,
    VERSIONED,
    jumbled,
)
from router.privacy.parts import CAMEL, DOCUMENT, Parts, owned_device
from router.privacy.programs import of_thing
from router.privacy.spans import Span
from router.privacy.wards import of_program
from router.privacy.words import NOUNS, OF_RECORDS, PRODUCTS

_DIGIT: Final = re.compile("[0-9]")
_SEVEN: Final = re.compile("[0-9]{7}")
_OWNED_ID: Final = re.compile(r"([A-Za-z]{2,12})[-_]([A-Za-z0-9]{8,40})")
_OF_SECRETS: Final = frozenset(
    {"sk", "pk", "rk", "tok", "token", "key", "secret", "whsec", "ghp", "pat", "pwd", "pass", "auth", "sess", "otp"}
)
_LONG_CODE: Final = 7
_EPONYM: Final = re.compile("[A-Z][a-z]+-[A-Z][a-z]+")
"""`Moore-Penrose`: two names with a dash are a method's before they are somebody's."""
_CARD: Final = 12
_LATELY: Final = re.compile("201[1-9]")
"""In a name in small letters a day of a log before it is somebody's birth."""
_SALT: Final = 6
_LETTERS: Final = 2
_SHORT_NAME: Final = 4
_JOINED_WORDS: Final = re.compile(r"[A-Za-z]{2,}(?:[+'-][A-Za-z]+){1,8}")
"""Words in a query: `diabetic+foot+ulcer`."""
_PIECES: Final = re.compile(r"[A-Za-z0-9\xc9\xe9]+")


def _program(part: str, word: str) -> bool:
    """`surgery-sched@6.1.2`, `cardiology-api`: does a part of medicine name a program."""
    others = [other for other in CAMEL.findall(word) if other.isalpha() and other.lower() != part]
    return word.islower() and any(of_program(part, other) for other in others)


def _medicines(word: str) -> bool:
    """`oxycodone-acetaminophen`: medicines that are one, each by its name or stem."""
    parts = re.split("[-/]", word.lower())
    return 1 < len(parts) < 4 and all(
        LEXICON.flag(part) == "m" or (len(part) > _SALT and LEXICON.flag(part) == "") for part in parts
    )


def _stay(word: str) -> str:
    """The kind of what a code begins with; `visit-383008` numbers a visit, `visit` alone would be its day."""
    kind = judge(word).kind
    low = word.lower()
    if not kind and low in _WORN:
        return "DEVICE_ID"
    return "PATIENT_ID" if kind in {"", "DATE"} and (low in _STAYS or low in ABBREVIATED) else kind


_STAYS: Final = frozenset(
    {"visit", "encounter", "appointment", "appt", "admission", "discharge", "enc", "stay", "termin", "cita", "rdv"}
)
_WORN: Final = frozenset(
    {"pump", "ventilator", "vent", "cgm", "holter", "pacemaker", "glucometer", "oximeter", "wristband", "spirometer"}
)
"""Devices at somebody's bed or body: `PUMP-0921-A` is one person's today."""
_SEVERAL: Final = 5
"""Digits of a number of one of those whom a plural names; a message of IBM i has four (`CPF5009`)."""
BIRTHS: Final = re.compile(
    r"(?<![0-9])(?:(?:19[2-9][0-9]|200[0-9]|201[0-9])[-_]?(?:0[1-9]|1[0-2])[-_]?(?:0[1-9]|[12][0-9]|3[01])|"
    r"(?:0[1-9]|1[0-2])[-_]?(?:0[1-9]|[12][0-9]|3[01])[-_]?(?:19[2-9][0-9]|200[0-9]|201[0-9]))(?![0-9])"
)
"""A day of 1920 to 2019 inside a code: people are born then, and logs are not rotated so long ago."""
_INSIDE: Final = re.compile(
    r"(?<![0-9])(?<![0-9]-)(?:([0-9]{3}-[0-9]{2}-[0-9]{4})|[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4})(?![0-9]|-[0-9]{2})"
)
"""A Social Security or telephone number inside a file name."""
_GROUPS: Final = re.compile(
    r"(?=(?:[^0-9]*[0-9]){6})[0-9]{1,4}(?:-[0-9]{1,4}){1,4}|1?[.-]?[0-9]{3}\.[0-9]{3}\.[0-9]{4}|0[0-9](?:\.[0-9]{2}){4}"
)
"""Six digits and more in groups: a number of somebody's, unless it is a day of late."""
_GROUPED: Final = re.compile(r"(?<![0-9-])(?!20[0-9]{2}-)[0-9]{1,5}(?:-[0-9]{1,5}){1,3}(?![0-9-])(?<=[0-9]{2})")
_OF_LATE: Final = re.compile("20(?:1[5-9]|[2-3][0-9])-[0-9]{1,2}(?:-[0-9]{1,2}(?:-[0-9]{1,2})?)?")
_PLUS_NAME: Final = re.compile(r"[A-Z][a-z'-]{1,20}(?:\+[A-Z][a-z'.-]{0,20}){1,3}")
"""Capitalised words joined in a query."""
_CODED_INSIDE: Final = re.compile(r"(?<![A-Za-z0-9.])[A-TV-Z][0-9][0-9AB]\.[0-9A-KXZ]{1,4}(?![A-Za-z0-9])")
"""A diagnosis of ICD-10's inside a compound: `dx-E11.65`, `E11.65.json`."""
_LOGIN_NAME: Final = re.compile(r"[a-z]([a-z]{4,14})[0-9]{1,4}")
_RECORD_NUMBER: Final = re.compile(r"MR#?[0-9]{6,10}")


class Compounds(Parts):
    """Judges compounds by what their parts are."""

    __slots__ = ()

    def _pieces(self, word: str, at: int, end: int) -> list[Span]:
        """A compound such as `claims-worker-f9f6018ff-t25wp`, `app.services.patient`, `MRN-17726`, `john.smith`."""
        if _RECORD_NUMBER.fullmatch(word):
            return [Span(at, end, "MRN", "prefix", True)]
        issued = ISSUED.fullmatch(word)
        if (
            issued is not None
            and jumbled(issued[2])
            and issued[1] not in _OF_SECRETS
            and not judge(issued[1]).kind
            and issued[1] not in ABBREVIATED
            and judge(issued[1]).subject in {"", "infra"}
        ):
            return []
        owner = _OWNED_ID.fullmatch(word)
        if owner is not None and owner[1].lower() in ABBREVIATED and jumbled(owner[2]):
            return [Span(at, end, "PATIENT_ID", "prefix", True)]  # `pt_DjLsZFKfsIQM`
        if QUEUED_MAIL.fullmatch(word) is not None:
            return []
        entity = ENTITY.fullmatch(word)
        if entity is not None and not judge(entity[1]).kind and self._harmless_code(entity[1].lower()):
            return []
        rolled = ROLLED.fullmatch(word)
        if rolled is not None and not judge(rolled[1]).kind and self._harmless_code(rolled[1]):
            return []
        pod = HASHED.fullmatch(word)
        if pod is not None and not judge(pod[1]).kind and self._harmless_code(pod[1]):
            return []
        suffixed = SUFFIXED.fullmatch(word)
        if suffixed is not None and self._a_program(suffixed[1] or suffixed[2], unknown=_SHORT_NAME):
            return []
        versioned = VERSIONED.fullmatch(word)
        if versioned is not None and self._a_program(versioned[1]):
            return []
        login = _LOGIN_NAME.fullmatch(word)
        if login is not None and LEXICON.flag(login[1]) == "p" and LEXICON.flag(word.rstrip("0123456789")) == "":
            return [Span(at, end, "USERNAME", "name", True)]  # `agilmore18`
        if ("-" in word or "_" in word) and owned_device(word):
            return [Span(at, end, "DEVICE_ID", "name", True)]
        if len(word) > 8 and sum(map(word.count, "0123456789")) >= 8:
            if (inside := _INSIDE.search(word)) is not None:
                return [Span(at, end, "SSN" if inside[1] else "PHONE", "shape", True)]
            if (born := BIRTHS.search(word)) is not None and (
                self.strict or not (word.islower() and _LATELY.search(born[0]))
            ):
                if self._personal(word):
                    return [Span(at, end, "USERNAME", "name", True)]  # `GOLD-19541012`, `Node_Major_12151980_referral`
                return [Span(at + born.start(), at + born.end(), "DOB", "shape", len(born[0]) == 8)]
        if (
            "." in word
            and (coded := _CODED_INSIDE.search(word)) is not None
            and coded.end() - coded.start() < len(word)
        ):
            return [Span(at + coded.start(), at + coded.end(), "DIAGNOSIS", "shape", True)]
        sites = systems.sited(word)
        known = unknown = names = doubtful = either = written = 0
        digits = ""
        leading = ""
        mixed = 0
        capitals = 0
        alphabetic = 0
        first = True
        second = adjacent = False  # does the piece right after a leading word hold the digits
        for match in _PIECES.finditer(word):
            piece = match[0]
            if piece.isdigit():
                digits = max(digits, piece, key=len)
                adjacent = adjacent or second
                first = second = False
                continue
            if not piece.isalpha() and self._numbered(piece):
                known += len(piece) > 3
                alphabetic += 1
                first = False
                second = False
                continue
            if not piece.isalpha() and _DIGIT.search(piece) is not None:
                if second:
                    adjacent = True
                second = False
                head = piece.rstrip("0123456789")
                if head.isalpha() and len(piece) - len(head) <= 3 and (len(head) > 2 or head.islower()):
                    flag = LEXICON.flag(head.lower())
                    known += flag in SAFE
                    unknown += flag not in SAFE and len(head) > 3
                    names += flag == "p" and len(head) > 2
                    doubtful += flag == "n" and head.lower() not in NOUNS and head.lower() not in PRODUCTS
                else:
                    mixed += 1
                    tail = len(piece) - len(head)
                    if head.isalpha() and tail >= 4 and first:
                        leading = head
                    if not piece.islower() or _SEVEN.search(piece) is not None:
                        mixed += 100
                first = False
                continue
            for part in (piece,) if piece.islower() or piece.isupper() else CAMEL.findall(piece):
                low = part.lower()
                flag = "w" if low in self.safe else LEXICON.flag(low)
                alphabetic += 1
                capitals += part[0].isupper() and not part.isupper()
                if flag in SAFE:
                    known += len(part) > 1
                    if flag == "n":
                        either += 1
                        if low not in NOUNS and low not in PRODUCTS:
                            doubtful += 1
                            written += piece.istitle()
                elif (
                    low in sites
                    or low in OF_RECORDS
                    or (flag == "d" and ("@" in word or "-" in word) and _program(low, word))
                ):
                    known += 1
                elif flag in {"d", "m"}:
                    if "+" in word and _JOINED_WORDS.fullmatch(word):
                        return [Span(at, end, "DIAGNOSIS" if flag == "d" else "MEDICATION", "lexicon", True)]
                    # `HIV-1`, neither `dialysis-scheduler` nor the alarm `OCCLUSION-12`
                    sure = alphabetic == 1 and part[0].isupper() and (len(part) < _LONG_CODE or not part.isupper())
                    if alphabetic == 1 and flag == "m" and _medicines(word):
                        return [Span(at, end, "MEDICATION", "lexicon", True)]
                    return [Span(at, end, "DIAGNOSIS" if flag == "d" else "MEDICATION", "lexicon", sure)]
                elif flag == "p" and low in PRODUCTS and word.count("-") > 1:
                    known += 1  # `claims-aurora-prod-replica-2`
                elif flag == "p" and len(part) > 2:
                    names += 1
                elif len(part) > 3 or not part.isascii() or "\xe9" in part or "\xc9" in part:
                    unknown += 1
            second = first
            if first:
                leading = piece
            first = False
        if self.strict and unknown and ("\xe9" in word or "\xc9" in word):
            return [Span(at, end, "WORD", "unknown", False)]  # `Szab\xf3_consent.pdf`
        if (
            leading
            and (adjacent or (mixed and not second and alphabetic == 0))
            and (len(digits) >= 3 or mixed >= 1)
            and not REPLICA.fullmatch(word)
            and not POD.fullmatch(word)
            and not (word.islower() and mixed == 0 and OF_TRANSACTIONS.fullmatch(word))
            and not (
                word.islower()
                and mixed == 0
                and len(digits) < _SEVERAL
                and leading.endswith("s")
                and judge(leading[:-1]).kind
            )
            and not (len(digits) < _SEVERAL and leading.lower() == "cpf")
            and not (not mixed and word.islower() and systems.transaction_set(digits))
            and (leading_kind := _stay(leading))
            and leading_kind not in {"SECRET", "USERNAME", "URL", "ADDRESS", "DATE", "DOB", "IP", "AGE", "EMAIL"}
            and not (leading_kind == "CREDIT_CARD" and not self.strict and len(digits) < _CARD)  # a cost centre
            and not (leading_kind == "ZIP" and not self.strict and mixed)  # `psc_b2122b5690a246ea`
        ):
            return [
                Span(
                    at,
                    end,
                    "PATIENT_ID" if leading_kind in {"PERSON", "WARD"} else leading_kind,
                    "prefix",
                    mixed >= 100 or len(digits) >= 4 or mixed >= 1,
                )
            ]
        if names == 1 and not mixed and not unknown and not doubtful and len(digits) < 5 and systems.copy(word, known):
            return []
        if names + doubtful == 1 and (mixed < 100 or word.isupper()) and not unknown and systems.machine(word):
            return []
        if names:
            apart = (
                known == either
                and alphabetic >= 2
                and (capitals == alphabetic or (len(digits) == 8 and digits[:2] in {"19", "20"}))
            )
            return [
                Span(
                    at,
                    end,
                    "PERSON" if not digits and not mixed else "USERNAME",
                    "name",
                    (apart and (self.strict or not _EPONYM.fullmatch(word)))
                    or (names > 1 and (self.strict or not _EPONYM.fullmatch(word)))
                    or (names + (either if self.strict else doubtful) > 1 and known == either)
                    or (DOCUMENT.fullmatch(word) is not None and not word.endswith((".gz", ".zip", ".txt"))),
                )
            ]
        if self.strict and either and "+" in word and _PLUS_NAME.fullmatch(word) is not None:
            return [Span(at, end, "PERSON", "name", False)]  # `Mark+Rivers`
        if self.strict and written and "_" in word:
            return [Span(at, end, "USERNAME", "name", False)]  # `visit_Young_20260910`
        if doubtful and doubtful == known and not unknown and not mixed and alphabetic <= 2:
            return [Span(at, end, "USERNAME", "name", False)]  # `hope.winter`, `mark7`
        if doubtful + either and not unknown and self._of_somebody(word):
            return [Span(at, end, "USERNAME", "name", False)]
        if len(digits) >= 5 and not (len(digits) == 8 and digits[:2] == "20"):
            return [Span(at, end, "CODE", "digits", False)]
        if (
            self.strict
            and not alphabetic
            and not mixed
            and _GROUPS.fullmatch(word.strip("+/")) is not None
            and not _OF_LATE.fullmatch(word.strip("+/"))
        ):
            return [Span(at, end, "CODE", "digits", False)]  # `45-61-33`, `846.555.0107` in a path
        if (
            self.strict
            and len(digits) > 1
            and DOCUMENT.fullmatch(word)
            and (group := _GROUPED.search(word)) is not None
        ):
            return [Span(at + group.start(), at + group.end(), "CODE", "digits", False)]  # `scan_77-10-44_p1.tif`
        if mixed >= 100 and not (
            known and word.islower() and re.search(r"-[0-9a-z]{8,10}-[0-9a-z]{4,6}$|-[0-9a-f]{8,10}$", word)
        ):
            return [Span(at, end, "CODE", "mixed", False)]
        if mixed and not known:
            return [Span(at, end, "CODE", "mixed", False)]
        if unknown and (
            not known or unknown > known or (capitals and (capitals == alphabetic or capitals > 1) and "-" in word)
        ):
            return [Span(at, end, "WORD" if not digits else "CODE", "unknown", False)]
        if not known and digits and alphabetic and len(digits) >= 3 and word[0].isupper():
            return [Span(at, end, "CODE", "code", False)]
        if not known and digits and len(word) >= 5 and word.isupper() and "-" in word:
            return [Span(at, end, "CODE", "code", False)]
        if not known and len(digits) == 2 and alphabetic and shapes.ICD10.fullmatch(word):
            return [Span(at, end, "CODE", "code", False)]
        return []

    def _a_program(self, name: str, unknown: int = 24) -> bool:
        """Can a name in small letters before what a cluster or a release added be a program's: no kind of number, no name.

        `unknown`: letters at most of a word that no list has, unless an ordinary one stands beside it.
        """
        if judge(name).kind and not of_thing(name):
            return False
        parts = [part for part in re.findall("[a-z]+", name) if part not in self.safe and part not in PRODUCTS]
        flags = [LEXICON.flag(part) for part in parts]
        return all(
            len(part) < _LETTERS
            or not (
                flag in {"p", "d", "m"}
                or (flag == "n" and part not in NOUNS)
                or judge(part).kind not in {"", "URL"}
                or part in ABBREVIATED
                or (flag == "" and len(part) > unknown and "w" not in flags)
            )
            for part, flag in zip(parts, flags, strict=True)
        )
