"""Cuts a text into words, codes, numbers, times and shapes, each with its place."""

# ruff: noqa: C901, E501, PLR2004 - one decision table of shapes and the lengths that tell them apart
from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from router.privacy import shapes
from router.privacy.keys import FOREIGN_WORDS, KEY_WORDS
from router.privacy.lexicon import LEXICON, PLAIN
from router.privacy.tokens import is_token
from router.privacy.words import CALENDAR, MONTHS, STREET_LEADS, TITLES


class TooLong(Exception):  # noqa: N818 - a budget, not a fault
    """A text of more than MAX_ITEMS words and codes."""


class Item(NamedTuple):
    """One piece of the scan: `type` is w word, c code (anything mixed), n number, d time, s a shape of `kind`, t token."""

    start: int
    end: int
    type: str
    text: str
    kind: str = ""


# Words, numbers, addresses and durations between ordinary marks need no other engine. Every repetition is possessive, so
# there is nothing to come back to: each alternative reads a character once, and a match moves on past it.
_PLAIN: Final = re.compile(
    r"[ \t\r\n,;\"()\[\]=&?|*!]*+(?:([A-Za-z]++)(?=[ ,;\")\]=\n]|: |$)|(?<![(+./-])([0-9]++)(?=,(?![0-9])|[;\n\]]|$| [a-z]{4})|"
    r"([A-Za-z0-9._%+-]{1,128}+@(?:[A-Za-z0-9-]++\.)++[A-Za-z]{2,12}+)(?=[ ,;)\n\"]|$)|([0-9]{1,5}+(?:ms|s|m|h|%))(?=[ ,;)\n]|$)|"
    r"([A-Za-z]++(?:[._-][A-Za-z]++)++)(?=[ ,;\")\]=\n]|: |$))"
)
_QUICK: Final = {2: "n", 3: "s", 4: "d"}
_COMPOUND: Final = 5
_NO_COMPOUND: Final = re.compile(r"eyJ|[0-9a-fA-F]{2}-[0-9a-fA-F]{2}-|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.")
"""How a JWT and a hardware address begin."""
_WITH_LETTER: Final = re.compile(r"[^.]*[A-Za-z\xe9\xc9][^.]*")
_CLOCKED: Final = re.compile("[0-9]:[0-9]")
_ACCOUNT_GROUPS: Final = re.compile(r"[A-Z]{2}\d{2}(?: [A-Z0-9]{1,4})+")
_MIDNIGHT: Final = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$")
_TIME: Final = re.compile(r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?")
_MINUTES: Final = re.compile(r"[0-2]?\d:[0-5]\d")
_OF_TIME: Final = re.compile(r"[0-9A-Za-z:.,/ +\-]+")
_LAST_CENTURY: Final = re.compile(
    "[/.-](?:19[0-9]{2}|200[0-9]|201[0-4])[ ,T]|[/.-][0-9]{4},? (?:12:00:00 AM|00:00(?![:0-9]))"
)
_BEGINNING: Final = re.compile("0?1[/.-]0?1[/.-]19[07]0")
"""The day that computers count from."""
_DIGIT: Final = re.compile(r"\d")
_OF_DAY: Final = re.compile(r"[0-9A-Za-z ,.'\-]+")
_LETTERED_GROUPS: Final = re.compile(r"[A-Za-z]{2}\d{2}(?: \w{1,4})+")
_OF_DIGITS: Final = re.compile(r"\+?[0-9().,\- eE+%]+")
_DECIMAL: Final = re.compile(
    r"\+?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?%?|[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?\d+)?%?"
)
_GROUPED: Final = re.compile(
    r"\+?[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|\+?[0-9]{1,4},[0-9]{1,3}(?![0-9])|0,[0-9]{1,4}(?![0-9])"
)
"""A number with marks at its thousands, or with a comma before its fraction."""
_GOES_ON: Final = re.compile("[-/][0-9]")
"""What follows a cell that looked like the end of a decimal: `2,378-05-1129`."""
_WRITTEN_PHONE: Final = re.compile(r"1\.[2-9][0-9]{2}\.[0-9]{3}\.[0-9]{4}|(?:1[ .-])?[2-9][0-9]{2}/[0-9]{3}-[0-9]{4}")
_DAY_INSIDE: Final = re.compile(r"^[0-9.]{1,6} 20[0-3][0-9]-[01][0-9]-[0-3][0-9](?: |$)")
"""A piece of a moment before the next one: `:08 2017-05-16 00:00`."""
_STATUS_AND_TIME: Final = re.compile(r"[1-5][0-9]{2} [0-9]{1,3}\.[0-9]{1,4}")
_MANY: Final = 24
_ONE_DIGIT: Final = re.compile("(?<![0-9])[0-9](?![0-9])")
_APART: Final = re.compile("[^0-9]+")
_BEGINS_NUMBER: Final = frozenset("0123456789+(")
_NUMERIC: Final = re.compile(r"[0-9 ().,/+-]+")
_UUID_SIZE: Final = 36
_TRACE_SIZE: Final = 55
_XRAY_SIZE: Final = 35
_SUM_SIZE: Final = 29
_BUILD: Final = re.compile(r"[0-9]\.[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{5}|[0-2][0-9]\.[0-5][0-9]\.[0-5][0-9]\.[0-9]{6,9}")
"""A version of .NET with its build, and a time as Oracle writes it."""
_STAMP_SIZE: Final = 15
"""Characters of the one stamp that has no colon and no letter: `20250512-102233`."""
_CODED: Final = ([6, 5], [5, 5])
_MYSQL_STATE: Final = re.compile(r"[0-9]{4} \([0-9]{5}\)?")
_RELEASE: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3} \([0-9]{1,6}\)?")
_BUILD_OF: Final = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2} \([0-9]{1,6}\)?")
"""A version of an app and its build, whose digits may be as many as a telephone's: `26.13.9 (70656)`."""
_SPAN_OF_NUMBERS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,3})?\.\.[0-9]{1,9}(?:\.[0-9]{1,3})?")
_BUILT: Final = frozenset({"build", "version", "release", "ver", "rev"})
_LETTERS: Final = re.compile("[A-Za-z]+")
_YEAR_LAST: Final = re.compile(r"\.(?:19|20)[0-9]{2}$")
"""How a day ends and no version."""
_MESSAGE_ID: Final = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16,64}|[0-9]{14,20}\.[0-9A-Fa-f]{4,40}")
"""What stands before the @ in a message's own id, and before nobody's."""
_CALLED: Final = re.compile(r"\+[0-9]{8,15}|0[0-9]{8,13}")
_LEADING_NUMBER: Final = re.compile(r"\+?[0-9]++(?![A-Za-z0-9_])")
_SINGLES: Final = re.compile(r"(?: [0-9](?= [0-9](?![0-9])))+")
"""Digits apart from each other, up to the last, with which a number in groups may begin."""
_SOLID: Final = re.compile(r"[^\s,;:=\"'()\[\]{}<>|`?&#*!~^$\\]+")
_ACCOUNT_OF_DOMAIN: Final = re.compile(r"[A-Z][A-Z0-9-]{1,15}\\{1,2}[a-z][a-z0-9._-]{2,40}")
MAX_ITEMS: Final = 12_000
"""Words and codes of one text that are read; what has more is not judged in parts."""


def is_separator(gap: str) -> bool:
    """Is the gap between two items `=`, `:` or `=>` with at most quotes, brackets and spaces round it."""
    core = gap.strip(" \t\"'`()[]{}<>\\*$&")
    return (
        core in {"=", ":", "=>", ":=", "->", "==", "::", "=:", ":,", "~", "=~", ": ~"}
        and "\n" not in gap
        and len(gap) <= 12
    )


_BASES: Final = str.maketrans("ßøØłŁđĐðÐþÞıæÆœŒ", "soOlLdDdDtTiaAoO")


def _unaccented(word: str) -> str:
    """`Müller` as `Muller`, letter for letter."""
    return "".join(unicodedata.normalize("NFD", char)[0] for char in word.translate(_BASES))


def stands_alone(text: str, item: Item) -> bool:
    """Does an item stand between blanks."""
    return text[item.start - 1 : item.start] in {"", " "} and text[item.end : item.end + 1] in {"", " "}


_MONTH_NAME: Final = re.compile(r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")


_DAY_FIRST: Final = re.compile(r"[^0-9A-Za-z](?:[0-3]?[0-9])?$")
_YEAR_NEXT: Final = re.compile(r"[^0-9A-Za-z]|[0-9]{1,4}(?![0-9A-Za-z])|$")
_OF_DB2: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-2][0-9]\.[0-5][0-9]\.[0-5][0-9](?:\.[0-9]{1,9})?")
"""A moment as Db2 and IBM i write it."""
_MONTH_ELSEWHERE: Final = re.compile(shapes.MONTH_ELSEWHERE)


def _other_word(piece: str, at: int) -> bool:
    """Does what begins like a month's name go on as another word: `decoder-2`, `marker-7`, `stor-juno-4`."""
    word = _LETTERS.match(piece, at)
    if (
        at
        and piece[0].isalpha()
        and word is not None
        and not (_DAY_FIRST.search(piece, 0, at) and _YEAR_NEXT.match(piece, word.end()))
    ):
        return True  # `yarn-c4c5dec2f1`
    if at and piece[0].isalpha() and word is not None and _MONTH_ELSEWHERE.fullmatch(word[0]) is None:
        return word[0].lower() not in MONTHS
    low = word[0].lower() if word is not None else ""
    return (
        len(low) > 3
        and low not in MONTHS
        and (LEXICON.flag(low) in PLAIN or (not at and shapes.MOIS.match(low) is None))
    )


def _classify(piece: str, start: int, end: int) -> Item | None:
    """The item a scanned piece is; None when the shape does not hold and the piece must be read again as plain parts."""
    first = piece[0]
    if first in _BEGINS_NUMBER and len(piece) > 11 and _WRITTEN_PHONE.fullmatch(piece) is not None:
        return Item(start, end, "s", piece, "PHONE")
    if first in _BEGINS_NUMBER and _NUMERIC.fullmatch(piece) is not None:
        return _numeric(piece, start, end)
    if (
        piece.isalnum()
        and piece.isascii()
        and not ("T" in piece and first in _BEGINS_NUMBER)  # `20250512T102233Z`
        and _OF_DIGITS.fullmatch(piece) is None
    ):
        return Item(start, end, "w" if piece.isalpha() else "c", piece)
    if first == "<":
        return Item(start, end, "t" if is_token(piece) else "c", piece)
    if piece[:2] == "1-" and len(piece) == _XRAY_SIZE and piece[10] == "-":
        return Item(start, end, "d", piece)  # a trace of AWS X-Ray: `Root=1-6b8485db-665121fe8e561785cf61ab19`
    if piece[2:3] == ":" and len(piece) >= _SUM_SIZE and shapes.SUM.fullmatch(piece):
        return Item(start, end, "d", piece)
    if "://" in piece:
        cut = piece.rstrip(".")
        return Item(start, start + len(cut), "c", cut)
    if piece.startswith("-----BEGIN"):
        return Item(start, end, "s", piece, "SECRET")
    if piece.startswith("eyJ") and "." in piece:
        return Item(start, end, "s", piece, "SECRET")
    if piece.startswith("arn:"):
        return Item(start, end, "c", piece)
    if piece.startswith("data:"):
        return Item(start, end, "s", piece, "BIOMETRIC")
    if "@" in piece[1:]:
        _local, _, domain = piece.rpartition("@")
        if _MESSAGE_ID.fullmatch(_local) is not None:
            return Item(start, end, "d", piece)
        if (
            "." in domain
            and "/" not in domain
            and not _local.endswith("/")
            and not domain.replace(".", "").isdigit()
            and not domain[0].isdigit()
            and _WITH_LETTER.fullmatch(domain.rsplit(".", 1)[1])
        ):
            return Item(start, end, "s", piece, "EMAIL")
        if _CALLED.fullmatch(_local):
            return Item(start, start + len(_local), "s", _local, "PHONE")  # `sip:+353…@10.1.4.20`
        return Item(start, end, "c", piece)
    if (
        "'" in piece
        and piece[0].isalpha()
        and piece.index("'") < len(piece) - 1
        and len(piece) < 16
        and piece.replace("'", "").isalpha()
    ):
        head, _, tail = piece.partition("'")
        if head in {"O", "D", "L"} and tail[:1].isupper() and tail.isalpha():
            return Item(start, end, "w", tail)  # O'Flaherty
        return Item(start, end, "w", "not" if tail == "t" and head[-1] == "n" else head)  # isn't
    if piece.startswith(("date", "Date")) and "(" in piece:
        return Item(start, end, "s", piece, "DATE")
    if len(piece) in {14, 17, 23} and shapes.MAC.fullmatch(piece):
        return Item(start, end, "s", piece, "DEVICE_ID")
    if first.isalpha() and " " in piece and shapes.POSTCODE.fullmatch(piece):
        return Item(start, end, "s", piece, "ZIP")
    if "\\" in piece and _ACCOUNT_OF_DOMAIN.fullmatch(piece):
        return Item(start, end, "s", piece, "USERNAME")
    if piece[1:3] == ":\\":
        return Item(start, end, "c", piece.rstrip(" .-"))
    if first.isalpha() and " " in piece:
        return (
            Item(start, end, "d" if _CLOCKED.search(piece) else "s", piece, "DATE")
            if not _ACCOUNT_GROUPS.fullmatch(piece)
            else (Item(start, end, "s", piece, "ACCOUNT") if shapes.iban_ok(piece) else None)
        )
    if not (first.isdigit() or first in "+(" or piece[-1].isdigit() or ":" in piece or shapes.UUID.fullmatch(piece)):
        return Item(start, end, "w" if piece.isalpha() else "c", piece)
    plain = piece.lstrip("+")
    if plain.isdigit():
        return Item(start, end, "n", piece)
    if shapes.UUID.fullmatch(piece):
        return Item(start, end, "c", piece)
    if shapes.TRACE.fullmatch(piece):
        return Item(start, end, "d", piece)
    if _OF_DB2.fullmatch(piece):
        return Item(start, end, "d", piece)
    if shapes.STAMP.fullmatch(piece):
        if (_MIDNIGHT.search(piece) and not piece.startswith("0001")) or shapes.LONG_AGO.match(piece):
            return Item(start, end, "s", piece, "DATE")
        return Item(start, end, "d", piece)
    if piece.count(".") == 3 and piece.replace(".", "").split("/")[0].isdigit():
        public = shapes.public_ip(piece)
        if public is not None:
            return Item(start, end, "s" if public else "d", piece, "IP")
        return Item(start, end, "c", piece)
    if (
        piece.count(":") >= 2
        and all(char in "0123456789abcdefABCDEF:/." for char in piece)
        and not _TIME.fullmatch(piece)
    ):
        public = shapes.public_ip(piece)
        if public is None or piece.strip(":") == "" or (len(piece) < 8 and piece.count(":") < 4):
            return None
        return Item(start, end, "s" if public else "d", piece, "IP")
    if _MINUTES.search(piece) and _OF_TIME.fullmatch(piece):
        if _LAST_CENTURY.search(piece) and not _BEGINNING.search(piece):
            return Item(start, end, "s", piece, "DATE")
        return Item(start, end, "d", piece)
    if shapes.DATE.fullmatch(piece):
        if shapes.real_date(piece) and not (piece.count(".") == 2 and len(piece) < 8):
            return Item(start, end, "s", piece, "DATE")
        if piece.count(".") == 2:
            return Item(start, end, "c", piece)
        return Item(start, end, "s", piece, "DATE") if len(piece) >= 8 and "." not in piece else None
    if (
        (" " in piece or "-" in piece)
        and _DIGIT.search(piece)
        and _OF_DAY.fullmatch(piece)
        and (month := _MONTH_NAME.search(piece)) is not None
        and not _other_word(piece, month.start())
        and not _LETTERED_GROUPS.fullmatch(piece)
    ):
        return Item(start, end, "s", piece, "DATE")
    if shapes.MOIS.fullmatch(piece):
        return Item(start, end, "s", piece, "DATE")
    if _ACCOUNT_GROUPS.fullmatch(piece):
        return Item(start, end, "s", piece, "ACCOUNT") if shapes.iban_ok(piece) else None
    if shapes.POSTCODE.fullmatch(piece):
        return Item(start, end, "s", piece, "ZIP")
    return _digits(piece, start, end)


def _numeric(piece: str, start: int, end: int) -> Item | None:
    """What _classify says of digits and marks alone: what asks for a letter or a colon is not asked."""
    if piece.lstrip("+").isdigit():
        return Item(start, end, "n", piece)
    if piece[:2] == "1-" and len(piece) == _XRAY_SIZE and piece[10] == "-":
        return Item(start, end, "d", piece)
    dots = piece.count(".")
    size = len(piece)
    if _OF_DB2.fullmatch(piece):
        return Item(start, end, "d", piece)
    if size in {14, 17, 23} and shapes.MAC.fullmatch(piece):
        return Item(start, end, "s", piece, "DEVICE_ID")
    if size == _UUID_SIZE and shapes.UUID.fullmatch(piece):
        return Item(start, end, "c", piece)
    if size == _TRACE_SIZE and shapes.TRACE.fullmatch(piece):
        return Item(start, end, "d", piece)
    if size == _STAMP_SIZE and shapes.STAMP.fullmatch(piece):
        return Item(start, end, "d", piece)
    if dots == 3 and piece[0] == "(" and (public := shapes.public_ip(piece.strip("()"))) is not None:
        end -= piece[-1] == ")"
        return Item(start + 1, end, "s" if public else "d", piece.strip("()"), "IP")
    if dots == 3 and size >= 9 and _BUILD.fullmatch(piece):
        return Item(start, end, "d", piece)
    if dots > 3 and piece[0] in "012" and piece[1] == "." and ".." not in piece and piece.replace(".", "").isdigit():
        return Item(start, end, "c", piece)  # an object identifier
    if dots == 3 and piece.replace(".", "").split("/")[0].isdigit():
        public = shapes.public_ip(piece)
        if public is not None:
            return Item(start, end, "s" if public else "d", piece, "IP")
        return Item(start, end, "c", piece)
    if shapes.DATE.fullmatch(piece):
        if shapes.real_date(piece) and not (dots == 2 and size < 8):
            return Item(start, end, "s", piece, "DATE")
        if dots == 2:
            return Item(start, end, "c", piece)
        return Item(start, end, "s", piece, "DATE") if size >= 8 and "." not in piece else None
    return _digits(piece, start, end)


def _digits(piece: str, start: int, end: int) -> Item | None:
    """Groups of digits with separators: SSN, phone, card, decimal, version."""
    if piece[-1] == ")" and "(" not in piece:
        piece, end = piece[:-1], end - 1
    inner = piece.strip("()")
    if piece[0] == "(" and shapes.DATE.fullmatch(inner) and shapes.real_date(inner):
        return Item(start + 1, start + 1 + len(inner), "s", inner, "DATE")
    plain = piece.strip()
    if not _OF_DIGITS.fullmatch(plain):
        return Item(start, end, "c", piece)
    if ".." in plain and _SPAN_OF_NUMBERS.fullmatch(plain):
        return Item(start, end, "d", piece)  # Postgres: `cost=0.00..18334.00`
    if _DECIMAL.fullmatch(plain):
        if plain.count(".") + plain.count(",") == 0 and plain.isdigit():
            return Item(start, end, "n", piece)
        if "," in plain and _GROUPED.match(plain) is None:
            return None  # two cells rather than a decimal: `2,1957-05-11`, `60614,2`
        return Item(start, end, "d", piece)
    if _STATUS_AND_TIME.fullmatch(plain) or _DAY_INSIDE.search(plain):
        return None  # an answer and how long it took: `404 0.031`
    if plain.count(",") + plain.count(".") >= _MANY:  # what follows asks for fewer, but for its last line
        return None if _ONE_DIGIT.search(plain) is not None else Item(start, end, "s", piece, "NUMBER")
    groups = [group for group in _APART.split(plain) if group]
    if not groups:
        return Item(start, end, "c", piece)
    sizes = [len(group) for group in groups]
    digits = "".join(groups)
    separators = set(plain).difference("0123456789")
    if separators == {"."} and len(groups) in {3, 4} and max(sizes) <= 3 and sizes != [3, 3, 4]:
        return Item(start, end, "c", piece)
    if (sizes in ([3, 3, 3, 2], [2, 2, 2, 3, 2]) and separators == {".", "-"}) or (
        sizes == [4, 4, 4] and shapes.aadhaar_ok(digits)
    ):
        return Item(start, end, "s", piece, "NATIONAL_ID")
    if sizes in ([1, 2, 2, 2, 3, 3, 2], [1, 2, 2, 2, 3, 3]) and separators == {" "}:
        return Item(start, end, "s", piece, "NATIONAL_ID")
    if sizes == [3, 2, 4] and len(separators - {"+"}) == 1:
        return Item(start, end, "s", piece, "SSN")
    if sizes in ([4, 4, 4, 4], [4, 6, 5], [4, 4, 4, 4, 3]) and (shapes.luhn_ok(digits) or sizes == [4, 4, 4, 4]):
        return Item(start, end, "s", piece, "CREDIT_CARD")
    if sizes in _CODED and plain[-1] == ")" and plain[sizes[0] : sizes[0] + 2] == " (":
        return Item(start, end, "s", piece, "NUMBER")  # an error and its state: `002003 (02000)`
    if plain[0] == "+" and 8 <= len(digits) <= 15 and len(groups) > 1:
        return Item(start, end, "s", piece, "PHONE")
    if "(" in plain and _BUILD_OF.fullmatch(plain):
        return Item(start, end, "c", piece)
    if (
        len(digits) in {10, 11}
        and (sizes in ([3, 3, 4], [1, 3, 3, 4], [3, 7], [1, 10], [1, 3, 7], [3, 4, 3], [6, 4]) or "(" in plain)
        and (len(digits) == 10 or digits[0] in "10")
    ):
        return Item(start, end, "s", piece, "PHONE")
    if "(" in plain:
        if _MYSQL_STATE.fullmatch(plain):
            return Item(start, end, "d", piece)  # MySQL's error and its state: `1045 (28000)`
        if _RELEASE.fullmatch(plain):
            return Item(start, end, "c", piece)
        if ")" in plain and 7 <= len(digits) <= 13:
            return Item(start, end, "s", piece, "PHONE")
    if sizes == [3, 4] and separators <= {"-"}:
        return Item(start, end, "s", piece, "PHONE")
    if groups[0].startswith("00") and 10 <= len(digits) <= 16 and len(groups) > 1:
        return Item(start, end, "s", piece, "PHONE")
    if (
        groups[0].startswith("0")
        and "," not in plain
        and 9 <= len(digits) <= 12
        and 2 <= len(groups) <= 6
        and max(sizes) <= 8
    ):
        return Item(start, end, "s", piece, "PHONE")
    if len(groups) >= 4 and sizes[0] <= 3 and set(sizes[1:]) == {2} and 8 <= len(digits) <= 12:
        return Item(start, end, "s", piece, "PHONE")
    if sizes == [5, 4] and separators == {"-"}:
        return Item(start, end, "s", piece, "ZIP")
    if sizes == [2, 7] and separators == {"-"}:
        return Item(start, end, "s", piece, "NATIONAL_ID")
    if 7 <= len(digits) <= 16 and len(digits) >= 2 * len(groups):
        return Item(start, end, "s", piece, "NUMBER")
    if len(digits) >= 6 and len(groups) > 2 and min(sizes) > 1:
        return Item(start, end, "s", piece, "NUMBER")  # `50 76 89`
    return None


def in_prose(text: str, item: Item) -> bool:
    """Does a word stand between blanks or sentence marks, next to an ordinary lower-case word."""
    before, after = text[item.start - 2 : item.start], text[item.end : item.end + 2]
    if not (
        before[-1:] in {"", " ", "\n", "(", '"', ">", "*", "\t"}
        and after[:1] in {"", " ", ",", ".", ";", "!", "?", ")", "\n", '"', "'"}
    ):
        return False
    return (
        (before[-1:] == "(" and after[:1] in {")", ",", ";"})
        or (before[:1].isalpha() and before[:1].islower())
        or before[:1] in {",", ";"}
        or (
            after[:1] == " "
            and after[1:2].islower()
            and (before[-1:] in {"", "\n", ">", "*"} or before[:1] in {">", "*", ":", ".", "-"})
        )
    )


def is_value(text: str, item: Item) -> bool:
    """Does a word stand alone: the whole text, or all of a value between quotes or after `=`."""
    before, after = text[: item.start].rstrip()[-1:], text[item.end : item.end + 1]
    return (item.start == 0 and item.end == len(text)) or (
        before in {"=", "'", '"', ":"} and after in {"", " ", ",", "'", '"', "&", "}", ")", ";", "\n"} and before != ""
    )


def scan(text: str) -> list[Item]:
    """The items of `text`, which is Latin-1, in order. Raises TooLong."""
    items: list[Item] = []
    add = items.append
    pos = 0
    length = len(text)
    plain = _PLAIN.match
    search = shapes.SCAN.search
    new = tuple.__new__
    while True:
        quick = plain(text, pos)
        if quick is not None:
            what = quick.lastindex or 1
            start, end = quick.span(what)
            piece = quick[what]
            if what == _COMPOUND:
                if _NO_COMPOUND.match(piece) is None:
                    if len(items) > MAX_ITEMS:
                        raise TooLong
                    add(new(Item, (start, end, "c", piece, "")))
                    pos = end
                    continue
            elif what > 1:
                add(new(Item, (start, end, _QUICK[what], piece, "EMAIL" if what == 3 else "")))
                pos = end
                continue
            elif piece[:3].lower() not in CALENDAR:
                add(new(Item, (start, end, "w", piece, "")))
                pos = end
                continue
        match = search(text, pos) if pos < length else None
        if match is None:
            return items
        start, end = match.span()
        if len(items) > MAX_ITEMS:
            raise TooLong
        piece = match[0]
        if piece.isalpha():
            add(new(Item, (start, end, "w", piece, "")))
        elif piece.isdigit():
            add(new(Item, (start, end, "n", piece, "")))
        elif piece[-1] == "." and piece[:-1].isalpha():
            add(Item(start, end - 1, "w", piece[:-1]))
        elif piece[0] == "\\":
            pass
        else:
            item = _classify(piece, start, end)
            if item is None or (item.type == "d" and "," in piece and _GOES_ON.match(text, end) is not None):
                solid = _SOLID.match(text, start)
                end = solid.end() if solid is not None else start + 1
                first = _LEADING_NUMBER.match(piece)
                if first is not None:
                    end = start + first.end()
                    add(Item(start, end, "n", text[start:end]))
                    singles = _SINGLES.match(text, end)
                    if singles is not None:
                        for place in range(end + 1, singles.end(), 2):
                            add(Item(place, place + 1, "n", text[place]))
                        end = singles.end()
                else:
                    piece = text[start:end]
                    add(Item(start, end, "w" if piece.isalpha() else "c", piece))
            else:
                end = item.end
                if item.kind == "DATE" and (
                    text.startswith("::", end)
                    or (
                        items
                        and items[-1].text.lower() in _BUILT
                        and shapes.VERSION.fullmatch(item.text)
                        and not _YEAR_LAST.search(item.text)
                    )
                ):
                    item = item._replace(type="d", kind="")  # Erlang's moment, or a version: `Build 2026.4.2`
                add(item)
        pos = end


def lettered(item: Item, letters: str) -> Item:
    """A word with letters beyond ASCII as it was written when it is a key, in plain letters when it is a name."""
    if item.text.isascii() or item.type not in {"w", "c"}:
        return item
    piece = letters[item.start : item.end]
    if piece.lower() in FOREIGN_WORDS:
        return item._replace(text=piece)
    plain = _unaccented(piece)
    low = plain.lower()
    if plain.isascii() and (
        (piece == piece.lower() and LEXICON.trade(low))  # `für`, `conexión`
        or LEXICON.flag(low) in {"p", "d", "m"}
        or low in STREET_LEADS
        or low in TITLES
        or low in KEY_WORDS
    ):
        return item._replace(text=plain)
    return item
