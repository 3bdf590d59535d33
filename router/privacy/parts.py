"""What the parts of a compound are: words of the trade written together, names, what people's own machines are called."""

# ruff: noqa: E501, PLR2004 - expressions read better whole; lengths mean something
from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Final

from router.privacy.keys import KEY_WORDS
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.spans import Span
from router.privacy.words import CLASS_ENDS, GIVEN, NOUNS, OPENERS, OWNED_DEVICES, PRODUCTS

_DIGIT: Final = re.compile("[0-9]")
CAMEL: Final = re.compile(r"[A-Z\xc9]+(?![a-z\xe9])|[A-Z\xc9]?[a-z\xe9]+|[0-9]+")
_PIECES: Final = re.compile(r"[A-Za-z0-9\xc9\xe9]+")
_COMPOUND: Final = 14


def _compound(word: str) -> bool:
    """`kubedeploymentreplicasmismatch`: ordinary words of four letters and more, written together."""
    reached = {0}
    for end in range(4, min(len(word), 60) + 1):
        if any(end - start >= 4 and LEXICON.flag(word[start:end]) == "w" for start in reached if end - start <= 16):
            reached.add(end)
    return len(word) in reached


_JOINED: Final = 8
_OF_SHORT: Final = 12
_SMALL: Final = frozenset({"up", "to", "in", "on", "of", "no", "is", "db", "ip", "io", "os", "pv"})
_NAME_ENDS: Final = frozenset(
    {"well", "more", "moto", "kite", "pole", "ton", "son", "man", "men", "way", "lock", "line", "lain", "ice", "wood"}
)
"""What families' names end with; `baseline` and `timeline` are in the lexicon."""


def joined(word: str) -> bool:
    """`queuename`, `kubehpamaxedout`: words of the trade written together.

    Of four letters and more, in a word of twelve and more also of three: no name is made of several of these, and what
    is one stands in the lists of names.
    """
    if len(word) < _JOINED or not word.isascii():
        return False
    if len(word) >= _COMPOUND and _compound(word):
        return True
    wide = len(word) >= _OF_SHORT
    reached = {0: (0, False)}
    for end in range(2, min(len(word), 60) + 1):
        for start, (count, known) in list(reached.items()):
            size = end - start
            if size > 16 or count > 5:
                continue
            part = word[start:end]
            if part in _NAME_ENDS or not (
                (wide and part in _SMALL)
                or (
                    size > (2 if wide else 3)
                    and LEXICON.flag(part) in (SAFE if wide else PLAIN)
                    and LEXICON.trade(part)
                )
                or (len(word) >= _COMPOUND and size > 3 and LEXICON.flag(part) == "w")
            ):
                continue
            before = reached.get(end, (9, False))
            own = known or (size > 3 and LEXICON.systems(part))
            reached[end] = (min(before[0], count + 1), before[1] or own)
    return reached.get(len(word), (0, False))[1]


_CLASS_FILE: Final = re.compile(r"(?:[A-Z][a-z]+){2,6}\.(?:java|kt|cs|swift|scala|php|tsx?|jsx?|vue|py)")
"""`BedsideViewModel.kt`"""
_SHORT_HEX: Final = 5
_HEX_SERIAL: Final = re.compile("[0-9A-F]+")
"""A serial number in capitals, though a word may stand in it: `FF8FEE9D`."""
DOCUMENT: Final = re.compile(
    r"(?i)(.{2,100}?)\.(?:pdf|tiff?|jpe?g|png|heic|docx?|rtf|odt|xlsx?|csv|txt|zip|wav|mp3|mp4|dcm|dicom|eml|msg|hl7|ccda?|xps|gz)"
)
"""Files that people's papers, pictures and recordings are kept in."""


def owned_device(word: str) -> bool:
    """`wendys-macbook-pro.local`, `Young-iPad`, `DESKTOP-KMILLER`: a machine called after whose it is."""
    parts = _PIECES.findall(word)
    low = [part.lower() for part in parts]
    if len(parts) < 2 or "/" in word or (OWNED_DEVICES.isdisjoint(low) and not (low[0] in _ASSET and word.isupper())):
        return False
    low = low[1:] if low[0] in _ASSET else low
    others = [
        part for part in low if part not in OWNED_DEVICES and part not in _MODELS and part.isalpha() and len(part) > 2
    ]
    return any(
        LEXICON.flag(part) in {"p", "n"}
        or (LEXICON.flag(part) in {"", "w"} and part[-1] == "s" and LEXICON.flag(part[:-1]) in {"p", "n"})
        or LEXICON.flag(part) == ""
        for part in others
    )


_ASSET: Final = frozenset({"lt", "nb", "pc", "ws", "wks", "dt", "lap", "ntb", "desktop", "laptop"})
"""What departments begin the names of people's computers with: `LT-HUDSON-71`."""
_MODELS: Final = frozenset(
    {"pro", "air", "mini", "max", "local", "lan", "home", "corp", "internal", "plus", "ultra", "office", "work"}
)


_DOTTED_CLASS: Final = re.compile(
    r"(?:[A-Z][A-Za-z0-9]{1,40}\.){1,8}(?:[A-Z][A-Za-z0-9]{1,60}|[a-z][a-z0-9_]{2,40}[?!]?(?:/[0-9]{1,2})?)\+?"
)
"""Classes or modules with points between them, behind the last perhaps a function and how many arguments it has."""


class Parts(ABC):
    """Judges the parts of codes. `strict`: default deny by the word; `safe`: a tenant's words that pass."""

    __slots__ = ("safe", "strict")

    def __init__(self, *, strict: bool, safe: frozenset[str]) -> None:
        self.strict = strict
        self.safe = safe

    @abstractmethod
    def _judge_code(self, word: str, at: int) -> list[Span]:
        """What of a code is not harmless; nothing when it is a name the trade uses."""

    def _harmless_code(self, text: str) -> bool:
        return not self._judge_code(text, 0)

    def _named_sample(self, names: str) -> bool:
        """Are the words before a day in the name of a sample or a scan somebody's: none of them an ordinary one."""
        return all(
            LEXICON.flag(part.lower()) not in PLAIN and part.lower() not in self.safe and part.lower() not in KEY_WORDS
            for part in re.split("[_'-]", names)
            if len(part) > 1
        )

    def _names_in(self, word: str) -> bool:
        """Is a part of a file name a name, a condition, a medicine or a long number; a class may be called so."""
        said = {"p"} if _CLASS_FILE.fullmatch(word) else {"p", "d", "m"}
        return any(
            (len(part) > 4 and part.isdigit()) or (part.lower() not in self.safe and LEXICON.flag(part.lower()) in said)
            for part in CAMEL.findall(word)
        )

    def _camel(self, word: str) -> bool:
        """`DataIntegrityViolationException`: every longer part is a safe word."""
        parts = [part.lower() for part in CAMEL.findall(word)]
        if len(parts) < 2:
            return False
        known = 0
        classes = parts[-1] in CLASS_ENDS
        for part in parts:
            flag = LEXICON.flag(part)
            if flag == "" and classes:
                continue
            if flag in SAFE or part in self.safe or part in KEY_WORDS:
                known += len(part) > 2
            elif len(part) > 3 or flag in {"p", "d", "m"}:
                return False
        return known > 0

    def _harmless_parts(self, word: str) -> bool:
        """`ec2-user`: words of the lexicon with a mark between."""
        parts = [part for part in re.split(r"[^a-z]+", word) if len(part) > 2]
        return bool(parts) and all(LEXICON.flag(part) in PLAIN for part in parts)

    def _personal(self, word: str) -> bool:
        """Is a part of a compound a name, or a word that is one too."""
        return any(
            LEXICON.flag(part.lower()) in {"p", "n"} and len(part) > 2 and part.lower() not in self.safe
            for part in CAMEL.findall(word)
            if part.isalpha()
        )

    def _of_somebody(self, word: str) -> bool:
        """Is a compound, or the name of a document, made of names that are words too: `AugustMelody`, `Rush-consent.pdf`."""
        document = DOCUMENT.fullmatch(word)
        parts = [part for part in CAMEL.findall(document[1] if document else word) if part.isalpha() and len(part) > 2]
        doubtful = [part for part in parts if part.lower() not in self.safe and LEXICON.flag(part.lower()) == "n"]
        if not doubtful:
            return False
        if document is not None and (
            doubtful[0] == parts[0] or len(doubtful) > 1 or any(part.istitle() for part in doubtful)
        ):
            return (
                len(parts) < 2
                or not all(part.lower() in NOUNS or part.lower() in PRODUCTS for part in doubtful)
                or doubtful[0].istitle()
            )
        return (
            len(parts) == len(doubtful) == 2
            and not any(char.isdigit() for char in word)
            and parts[0].lower() not in OPENERS
            and not GIVEN.isdisjoint(part.lower() for part in parts)
        )

    def _numbered(self, piece: str) -> bool:
        """`In4Hours`, `nvme1n1`, `5XX`, `utf8`: safe words or single letters with at most three digits."""
        if len(_DIGIT.findall(piece)) > 3 or (len(piece) > _SHORT_HEX and _HEX_SERIAL.fullmatch(piece)):
            return False
        longest = 0
        for part in CAMEL.findall(piece):
            if part.isdigit():
                continue
            if len(part) > 2 and LEXICON.flag(part.lower()) not in SAFE and part.lower() not in self.safe:
                return False
            longest = max(longest, len(part))
        return longest > 2 or len(piece) <= 3

    def _of_classes(self, word: str) -> bool:
        """`Hospice.VisitScheduler`, `Hims.Slots.assign/3`: classes and functions of a program, in it a word that says so, and no name.

        A name may stand first, as a library's, where the last is called as classes are: `Polly.Retry.AsyncRetryEngine`.
        """
        if _DOTTED_CLASS.fullmatch(word) is None:
            return False
        whole = word.rstrip("+").partition("/")[0].split(".")
        classes = [segment for segment in whole if segment[0].isupper()]
        parts = [[part.lower() for part in CAMEL.findall(segment) if part.isalpha()] for segment in classes]
        ends = len(parts[-1]) > 1 and parts[-1][-1] in CLASS_ENDS
        if not (ends or (len(parts[-1]) > 1 and self._camel(classes[-1])) or len(whole) > len(classes) > 1):
            return False
        if len(whole) > len(classes) and not all(
            LEXICON.flag(part) in SAFE for part in re.findall("[a-z]{3,}", whole[-1])
        ):
            return False
        first = 1 if ends and len(classes) > 2 else 0
        return not any(
            len(part) > 2
            and part not in self.safe
            and (
                LEXICON.flag(part) == "p" or (LEXICON.flag(part) == "n" and part not in NOUNS and part not in PRODUCTS)
            )
            for segment in parts[first:]
            for part in segment
        )
