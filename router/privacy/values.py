"""What follows a key in a text is the key's value: where it begins, and where it ends."""

# ruff: noqa: C901, E501, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.hl7 import field_kind
from router.privacy.items import Item, is_separator
from router.privacy.keys import NOTHING, PHI_WORDS, Verdict, counts, judge, kind_of_words, split
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.likely import never, unlikely
from router.privacy.names import Names
from router.privacy.programs import of_thing, program
from router.privacy.spans import Span, stronger
from router.privacy.tokens import is_token
from router.privacy.words import EMPTY, FILLERS, LONG_KINDS, NAME_PARTS, PARTICLES, ROBOTS, STREETS

HL7_KEY: Final = re.compile(r"([A-Z][A-Z0-9]{2})[.-]([0-9]{1,2})(?:[.-][0-9]{1,2})?")
_QUOTES: Final = "\"'`"
_PLACEHOLDER: Final = 4
_WRAPPERS: Final = frozenset(
    ["Some", "Just", "Ok", "Optional", "Option", "Decimal", "UUID", "ObjectId", "NullString", "NullInt64", "String", "Int64", "StringValue", "Long", "Text", "Value"]
)  # fmt: skip
"""What languages write round a value that may be missing or has a type: `Some("412B")`, `{String:Jane Valid:true}`."""
_ELAPSED: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:s|ms|sec|h|hrs?)")
"""How old a thing is: `age=41s`."""
_MODIFIERS: Final = frozenset({"exact", "contains", "text"})
"""What FHIR writes behind the name of a parameter: `?name:contains=Smith`."""
_SUITE: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*)+")
"""A suite of tests rather than of rooms: `e2e-intake`."""
_OF_MACHINES: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9-]{0,62}(?:\.[a-z0-9-]{1,62}){0,5}\.(?:internal|local|lan|svc|cluster|com|net|org|io|test|example|corp|prod|cloud|localdomain)"
    r"|[\w./-]{1,200}@(?:sha256|sha512|sha1|md5)"
)
"""What a port or a digest stands behind."""
_TAGGED: Final = re.compile(r"[:@]v?[0-9]{1,4}(?:\.[0-9]{1,5}){2}(?![0-9])|:v[0-9]{1,4}(?![0-9A-Za-z])")
"""The version behind an image, a package or a program: `ward-board:2.3.8`."""
_PORT: Final = re.compile(r":[0-9]{2,5}(?![0-9A-Za-z.-])")
_NUMBERED_HOST: Final = re.compile(
    r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[a-z0-9]*[0-9][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+|[a-z][a-z0-9-]*-[0-9]{5,10}-[a-z]{1,8}[0-9a-z]{1,8}"
)
"""`mbr-elig-24.phx1`, `aks-userpool-74167596-vmss000000`: hosts that are numbered."""
_SERIAL: Final = re.compile("[0-9A-Fa-f]{16,40}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){7}")
_CERTIFIED: Final = re.compile(r"(?i:issuer|certificate|x\.?509|notafter|subject ?=)")
_OAUTH: Final = frozenset(
    {
        "invalid_token",
        "expired_token",
        "invalid_grant",
        "invalid_client",
        "insufficient_scope",
        "token_expired",
        "missing_token",
        "bad_token",
    }
)
"""Errors of OAuth 2 (RFC 6749, RFC 6750) and their like; a sentence follows."""
_OF_FIELDS: Final = re.compile(
    r"(?:Required value|Duplicate value|Invalid value|Unsupported value|Not found|Forbidden|Too long|Too many|Too few|Internal error|Not supported)(?![A-Za-z])"
)
"""What Kubernetes says of a field behind its path (`field.ErrorType` of apimachinery)."""
_DECIMAL: Final = re.compile(r"[0-9]{1,7}\.[0-9]{1,6}")
_SAID: Final = re.compile(r"(?:: ?)([A-Z][a-z]+) ([a-z]{3,})")
"""A sentence behind a colon: `to address: Temporary failure in name resolution`."""
_UNNUMBERED: Final = frozenset({"MEMBER_ID", "PATIENT_ID", "MRN", "ACCOUNT", "NPI", "DEA", "LICENSE", "DEVICE_ID"})
"""Kinds of which no value is made of ordinary words."""
_OPERATORS: Final = frozenset({"in", "eq", "all", "ne", "nin", "regex"})
"""Operators of MongoDB between a field and its values."""
_NO_LIST: Final = re.compile(r"[=:{(\n\[<]")
_ELEMENT: Final = re.compile(r"[^\s,;|'\"][^,;|'\"]*[^\s,;|'\"]|[^\s,;|'\"]")
_LONGEST_VALUE: Final = 400
_MANY: Final = 6


def field(key: str) -> str:
    """The last part of a dotted key, in lower case: `b.family`."""
    return key.rsplit(".", 1)[-1].lower().strip("_")


_REFERENCE: Final = re.compile(
    r"%[sdrvqxi](?![A-Za-z0-9])|\{\w*\}|(?:[\w.$]+)?[{@][0-9a-f]{6,8}(?![0-9a-zA-Z])|(?:[A-Z][a-z]+){1,4}\{|[0-9a-f]{6,8} [A-Z][A-Za-z]+\{|[0-9]{1,3}(?![0-9A-Za-z])"
)
"""A placeholder, or an object in memory as Java prints it: `Token{a64f992 …`, `BinderProxy@2bd79ce`."""
_GUARDED: Final = ("password",)
"""In a text a word behind a key of secrets may be the password."""


class Values(Names):
    """Finds keys in a text and takes what they name."""

    __slots__ = ()

    def _key(self, text: str, items: list[Item], index: int) -> tuple[Verdict | None, int]:
        """What the words that end at `index` say as a key, longest phrase first."""
        words = [items[index].text]
        if (
            words[0] in _MODIFIERS
            and index
            and text[items[index - 1].end : items[index].start] == ":"
            and text[items[index].end : items[index].end + 1] == "="
        ):
            named = items[index - 1].text
            return (Verdict("PERSON") if named in {"name", "family", "given"} else judge(named)), 1
        if words[0][0] == "/" or words[0].count("/") > 1:
            return NOTHING, 1  # a path, and what stands behind its colon is a line
        if text[items[index].end : items[index].end + 1] == ":" and _OF_MACHINES.fullmatch(words[0]):
            return NOTHING, 1  # a host and its port, an image and its digest
        if "-" in words[0] or "." in words[0] or "/" in words[0]:
            end = items[index].end
            if _TAGGED.match(text, end) is not None and words[0][-1:].isalnum():
                return NOTHING, 1
            if words[0][0].islower() and of_thing(words[0]) and (text[end] != ":" or _PORT.match(text, end)):
                return NOTHING, 1
            if text[end] == ":" and _NUMBERED_HOST.fullmatch(words[0]) and _PORT.match(text, end):
                return NOTHING, 1
        if text[items[index].end : items[index].end + 2] == ": " and _OF_FIELDS.match(text, items[index].end + 2):
            return NOTHING, 1
        if "-" in words[0] and program(words[0]) and judge(words[0]).kind != "SECRET":
            return NOTHING, 1  # `ward-dashboard: new error`, `member-portal:6.2.1`
        back = index - 1 if words[0].lower() in PHI_WORDS else -1
        while (
            back >= 0
            and len(words) < 4
            and items[back].type in {"w", "c"}
            and text[items[back].end : items[back + 1].start] in {" ", "_", "-", "."}
        ):
            words.insert(0, items[back].text)
            back -= 1
        while len(words) > 1:
            low = tuple(word.lower() for word in words)
            found = kind_of_words(low) or kind_of_words(tuple(word for word in low if word not in {"of", "the"}))
            if not found and len(low) == 2 and low[1] in {"id", "no", "number", "uid", "key", "ref", "nr"}:
                found = judge("_".join(low)).kind
            if found:
                return Verdict(found), len(words)
            words.pop(0)
        if HL7_KEY.fullmatch(items[index].text) is not None:
            return Verdict(field_kind(items[index].text) or ""), 1
        return judge(items[index].text), 1

    def _of_person(self, text: str, items: list[Item], index: int) -> bool:
        """Do the next keys name two facts of a person."""
        kinds: set[str] = set()
        for probe in range(index, min(index + 8, len(items) - 1)):
            item = items[probe]
            after = text[item.end : items[probe + 1].start]
            if "}" in after:
                break
            if item.type in {"w", "c"} and ("=" in after or ":" in after) and is_separator(after):
                low = item.text.lower()
                kinds.add("PERSON" if low in NAME_PARTS or low == "name" else judge(item.text).kind)
        return "PERSON" in kinds and len(kinds - {""}) > (0 if self.strict else 1)

    def _named(self, text: str, items: list[Item], index: int, separator: str, spans: list[Span]) -> bool:
        """`Name:"Joy May"`: two or more capitalised words that can all be names."""
        quote = separator.rstrip()[-1:]
        last = index
        while (
            last < len(items)
            and items[last].type == "w"
            and items[last].text[0].isupper()
            and LEXICON.flag(items[last].text.lower()) in {"n", "p", ""}
        ):
            if last > index and text[items[last - 1].end : items[last].start] not in {" ", "-", "'", ", ", "+"}:
                break
            if last > index and text[items[last].end : items[last].end + 1] in {"=", ":"}:
                break
            last += 1
        words = items[index:last]
        if last == index and self._half(text, items, index, quote):
            spans.append(Span(items[index].start, items[index].end, "PERSON", "key", True))
            return True
        single = 1 if field(items[index - 1].text) in NAME_PARTS else 2
        if len(words) < single or not any(
            LEXICON.flag(word.text.lower()) in {"n", "p", "" if single == 1 else "p"} for word in words
        ):
            return False
        if quote in _QUOTES and text[words[-1].end : words[-1].end + 1] != quote:
            return False
        spans.append(Span(words[0].start, words[-1].end, "PERSON", "key", True))
        return True

    def _half(self, text: str, items: list[Item], index: int, quote: str) -> bool:
        """Is an ordinary capitalised word one half of a name whose other half has a key of its own close by."""
        if index >= len(items) or items[index].type != "w" or not items[index].text.istitle() or quote not in _QUOTES:
            return False
        if text[items[index].end : items[index].end + 1] != quote or items[index - 1].text.lower() not in NAME_PARTS:
            return False
        return any(
            items[place].text.lower() in NAME_PARTS and place != index - 1
            for place in range(max(index - 7, 0), min(index + 8, len(items)))
        )

    def _value(self, text: str, items: list[Item], index: int, separator: str, kind: str, spans: list[Span]) -> int:
        """Replace the value that begins at items[index]; returns the index after it."""
        if index >= len(items):
            return index
        first = items[index]
        if (
            len(first.text) == 1
            and index + 1 < len(items)
            and items[index + 1].start == first.end + 1
            and (
                (first.text in "NEU" and text[first.end] == "'" and separator.rstrip()[-1:] in {"=", "(", ","})
                or (first.text in "DUNT" and text[first.end] == "[" and text[first.start - 1] == "~")
            )
        ):  # a literal's letter: `@Postnr=N'5434'`, `dob: ~D[1980-09-19]`
            led = f"{separator}'" if text[first.end] == "'" else ": "
            return self._value(text, items, index + 1, led, kind, spans)
        if not self.strict and (
            (
                separator in {"= ", ": "}
                and text[first.end : first.end + 1] == "="
                and text[first.end + 1 : first.end + 2] not in {"=", ""}
            )
            or (separator == "::" and first.text[0].isalpha())
        ):
            return index  # `ruser= rhost=10.0.0.1`, `CCFile::captureLog`
        if (
            kind in {"PHONE", "FAX"}
            and first.type == "n"
            and len(first.text) < _PLACEHOLDER
            and text[first.end : first.end + 1] == " "
        ):
            return index  # `RightFax: 22 failed transmissions`
        if kind == "ADDRESS" and first.kind == "IP" and first.start == items[index - 1].end + len(separator):
            return index  # of a host, as Nagios says it: `Address: 10.20.4.12`
        if first.type == "n" and len(first.text) < _MANY and counts(split(items[index - 1].text)):
            return index + 1
        if kind == "DEVICE_ID" and _SERIAL.fullmatch(first.text) and _CERTIFIED.search(text):
            return index + 1  # of a certificate, as openssl prints it
        if kind == "WARD" and items[index - 1].text.lstrip("-").lower() == "stanza" and first.text.isalpha():
            return index  # of a backup of pgBackRest's; a room in Italian is numbered
        if kind == "EMAIL" and separator == "::" and first.text[0].isupper() and self._camel(first.text):
            return index  # `Mail::DigestJob`
        if (
            kind == "SECRET"
            and items[index - 1].text.lower() in _OAUTH
            and first.type == "w"
            and separator == ": "
            and text[first.end : first.end + 1] == " "
        ):
            return index
        if kind == "USERNAME" and _DECIMAL.fullmatch(first.text) is not None:
            return index + 1  # `CPU: user: 59.15 s`
        if (
            kind == "ADDRESS"
            and (said := _SAID.match(text, items[index - 1].end)) is not None
            and said.start(1) == first.start
            and LEXICON.flag(said[1].lower()) == LEXICON.flag(said[2]) == "w"
            and not judge(said[2]).kind
        ):
            return index
        if kind in _UNNUMBERED and separator == ": " and text[first.end : first.end + 1] == "=" and first.type == "c":
            return index  # another key: `AG_Claims: redo_queue_size=50767313 KB`
        if separator[-1:] in {"$", "?"} and first.type == "n" and len(first.text) < _PLACEHOLDER:
            return index + 1  # `dob = $2`: the value stands elsewhere
        if (
            first.text == "N"
            and text[first.end : first.end + 1] == "'"
            and index + 1 < len(items)
            and items[index + 1].start == first.end + 1
        ):
            return self._value(text, items, index + 1, separator.rstrip() + "'", kind, spans)  # SQL Server's `N'5434'`
        tail = separator.rstrip()
        if (
            first.text in {"string", "int", "float", "bool"}
            and text[first.end : first.end + 1] == "("
            and index + 2 < len(items)
            and items[index + 1].type == "n"
            and text[items[index + 1].end : items[index + 1].end + 1] == ")"
        ):  # PHP's var_dump: `string(9) "…"`
            return self._value(
                text, items, index + 2, text[items[index + 1].end + 1 : items[index + 2].start], kind, spans
            )
        if (
            first.text in _WRAPPERS
            and text[first.end : first.end + 1] in {"(", "{", "[", ":"}
            and index + 1 < len(items)
        ):
            gap = text[first.end : items[index + 1].start]
            if "\n" not in gap and not any(char.isalnum() for char in gap):
                return self._value(
                    text, items, index + 1, gap.replace("[", "").replace("{", "").rstrip("("), kind, spans
                )
        if kind == "PERSON" and first.type == "n" and len(first.text) > _PLACEHOLDER:
            kind = "PATIENT_ID"  # `subscriber_num=100200300`: whose number it is
        if "{" in separator and kind in {"DOB", "DATE"}:
            stop = text.find("}", first.start, first.start + 120)
            last = index
            while last + 1 < len(items) and items[last + 1].start < stop:
                last += 1
            spans.extend(
                Span(item.start, item.end, kind, "key", True)
                for item in items[index : last + 1]
                if item.type in {"n", "s", "d"}
            )
            return index  # the words between are read like any others
        if "{" in separator and separator.endswith("$") and first.text in _OPERATORS and index + 1 < len(items):
            gap = text[first.end : items[index + 1].start]
            if is_separator(gap):
                return self._value(text, items, index + 1, gap, kind, spans)  # `dx: { $in: ["C61"] }`
        if "[" in separator and "{" not in separator and kind != "SECRET":
            after = self._listed(text, items, index, kind, spans)
            if after:
                return after
        if (
            "{" in separator
            or ("[" in separator and tail[-1:] not in {"'", '"'})
            or (kind == "ADDRESS" and first.text.startswith("0x"))
        ):
            return index
        quote = tail[-1] if tail and tail[-1] in "\"'`(" else ""
        if quote:
            closing = ")" if quote == "(" else quote
            stop = text.find(closing, first.start, first.start + _LONGEST_VALUE)
            if stop < 0:  # an unbalanced quote must not swallow the text
                stop = first.end if len(text) - first.start > _LONGEST_VALUE else len(text)
            last = index
            while last + 1 < len(items) and items[last + 1].start < stop:
                last += 1
            if kind == "SECRET" or stop <= items[last].end or all(i.type != "t" for i in items[index : last + 1]):
                return self._take(items, index, last, max(items[last].end, min(stop, len(text))), kind, spans)
            return index
        if kind == "SECRET":
            return self._secret(text, items, index, spans)
        if kind in LONG_KINDS:
            return self._long(text, items, index, kind, spans)
        if kind == "DATE" and first.type == "n" and len(first.text) <= 3:
            return index
        if kind in {"DOB", "DATE"} and first.type == "d":
            return self._take(items, index, index, first.end, kind, spans)
        if kind == "IP" and first.type == "n":
            return index  # the port of `ip-10-0-31-7:9100`
        if kind in {"PHONE", "FAX"} and first.type == "w" and LEXICON.flag(first.text) in SAFE:
            return index  # `fax: page render`
        if kind in {"PHONE", "FAX", "SSN", "CREDIT_CARD", "GEO"}:
            last = index
            while (
                last + 1 < len(items)
                and items[last + 1].type == "n"
                and text[items[last].end : items[last + 1].start] in {" ", "-", ".", ") ", " (", ", ", ",", ")+", "+"}
            ):
                if text[items[last].end : items[last + 1].start].startswith(",") and kind != "GEO":
                    break
                last += 1
            return self._take(items, index, last, items[last].end, kind, spans)
        if (
            first.type == "w"
            and kind not in {"USERNAME", "EMAIL", "PLATE"}
            and LEXICON.flag(first.text.lower()) in SAFE
        ):
            low = first.text.lower()
            if low in FILLERS and index + 1 < len(items):
                return self._value(text, items, index + 1, text[first.end : items[index + 1].start], kind, spans)
            return index
        last = index
        while (
            last + 1 < len(items)
            and text[items[last].end : items[last + 1].start] in {"-", "^", "#", "*", "$"}
            and items[last + 1].type in {"n", "c", "w"}
        ):
            last += 1
        return self._take(items, index, last, items[last].end, kind, spans)

    def _listed(self, text: str, items: list[Item], index: int, kind: str, spans: list[Span]) -> int:
        """The values of `meds=[amoxicillin-clavulanate; insulin]`, each for itself; 0 when it is no plain list."""
        start = items[index].start
        stop = text.find("]", start, start + _LONGEST_VALUE)
        if stop < 0 or _NO_LIST.search(text, start, stop):
            return 0
        spans.extend(
            Span(match.start(), match.end(), kind, "key", True)
            for match in _ELEMENT.finditer(text, start, stop)
            if match[0].lower() not in EMPTY and any(map(str.isalnum, match[0])) and not is_token(match[0])
        )
        while index < len(items) and items[index].start < stop:
            index += 1
        return index

    def _take(self, items: list[Item], index: int, last: int, end: int, kind: str, spans: list[Span]) -> int:
        chosen = items[index : last + 1]
        if all(item.type == "t" for item in chosen):
            return last + 1
        if len(chosen) == 1 and (
            chosen[0].text.lower() in EMPTY
            or (kind == "PERSON" and not self.strict and len(chosen[0].text) == 1 and chosen[0].text.islower())
            or (kind == "ADDRESS" and _SUITE.fullmatch(chosen[0].text))
            or (kind == "USERNAME" and chosen[0].type == "w" and LEXICON.flag(chosen[0].text.lower()) in PLAIN)
            or (kind == "USERNAME" and shapes.OF_SERVICES.fullmatch(chosen[0].text))
            or (kind == "USERNAME" and chosen[0].type == "c" and self._robot(chosen[0].text))
            or (kind == "AGE" and chosen[0].type == "d" and _ELAPSED.fullmatch(chosen[0].text))
        ):
            return last + 1
        if len(chosen) == 1 and (
            never(kind, chosen[0].text) if self.strict else unlikely(kind, chosen[0].text, _GUARDED)
        ):
            return index  # it is read like any other
        if any(item.type == "t" for item in chosen):
            spans.extend(
                Span(item.start, item.end, kind, "key", True)
                for item in chosen
                if item.type != "t" and any(c.isalnum() for c in item.text)
            )
            return last + 1
        only = chosen[0]
        if len(chosen) == 1 and only.type == "s" and only.start == items[index].start and only.end >= end:
            kind = stronger(kind, only.kind)
        spans.append(Span(items[index].start, end, kind, "key", True))
        return last + 1

    def _robot(self, login: str) -> bool:
        """`app_rw`: ordinary words, one of which says that no person is called so."""
        parts = re.split("[-_]", login)
        return len(parts) > 1 and not ROBOTS.isdisjoint(parts) and self._harmless_parts(login)

    def _secret(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """A credential runs to white space; `Bearer` and `Basic` before it stay."""
        first = items[index]
        if items[index - 1].text.lower().endswith("sid") and (
            shapes.NO_SESSION.fullmatch(first.text)
            or len(first.text) <= _PLACEHOLDER
            or (not self.strict and unlikely("SECRET", first.text, ("sid",)))
        ):
            return index + 1
        if not self.strict and (
            unlikely("SECRET", first.text.lower() if first.text.isupper() else first.text, split(items[index - 1].text))
            or _REFERENCE.match(text, first.start)
        ):
            return index
        if first.text.lower() in {"bearer", "basic", "digest", "token", "negotiate", "apikey"} and index + 1 < len(
            items
        ):
            index += 1
            first = items[index]
        if first.type == "t":
            return index + 1
        end = first.start
        while end < len(text) and not text[end].isspace() and text[end] not in "\"'`,)}]>":
            end += 1
        last = index
        while last + 1 < len(items) and items[last + 1].start < end:
            last += 1
        if first.text.lower() in EMPTY:
            return last + 1
        if (
            first.type == "w"
            and LEXICON.flag(first.text.lower()) in SAFE
            and first.text.islower()
            and end == first.end
            and text[end : end + 1] in {" ", ""}
            and text[first.start - 1 : first.start] == " "
        ):
            return index
        spans.append(Span(first.start, max(end, first.end), "SECRET", "key", True))
        return last + 1

    def _long(self, text: str, items: list[Item], index: int, kind: str, spans: list[Span]) -> int:
        """Values of several words: to the end of the line, the next key or, for names, the next ordinary word."""
        last = index - 1
        probe = index
        while probe < len(items):
            item = items[probe]
            gap = text[items[probe - 1].end : item.start] if probe > index else ""
            if (
                "\n" in gap
                or ";" in gap
                or "|" in gap
                or "&" in gap
                or (gap.strip(" ,.") and gap.strip() not in {"^", "'", "#", "(", ")", "-", "- ", "&"})
            ):
                break
            if "," in gap and kind not in {"ADDRESS", "PERSON"}:
                break
            if (
                "," in gap
                and kind == "PERSON"
                and not (
                    probe == index + 1
                    and item.type == "w"
                    and item.text[:1].isupper()
                    and LEXICON.flag(item.text.lower()) not in PLAIN
                )
            ):
                break
            if "(" in gap or (item.type == "t" and probe > index):
                break
            after = text[item.end : items[probe + 1].start] if probe + 1 < len(items) else ""
            if (
                item.type in {"w", "c"}
                and after
                and ("=" in after or ":" in after)
                and is_separator(after)
                and probe > index
            ):
                break
            low = item.text.lower()
            flag = LEXICON.flag(low) if item.type == "w" else ""
            if (
                kind == "PERSON"
                and probe > index
                and item.text in PARTICLES
                and self._capital_follows(text, items, probe)
            ):
                last = probe
                probe += 1
                continue
            if item.type == "w" and item.text.islower() and flag in PLAIN and (probe > index or kind == "PERSON"):
                if kind == "ADDRESS" and (
                    low in STREETS or low in {"apt", "unit", "suite", "north", "south", "east", "west"}
                ):
                    pass
                elif not (
                    kind in {"DIAGNOSIS", "MEDICATION", "WARD"}
                    and probe - index < 4
                    and low not in FILLERS
                    and low not in {"not", "failed", "missing", "invalid"}
                ):
                    break
            if kind == "PERSON" and item.type not in {"w", "c", "s"}:
                break
            if (item.type == "d" and (probe > index or kind == "PERSON")) or probe - index >= (
                16 if kind == "ADDRESS" else 6
            ):
                break
            last = probe
            probe += 1
        if last < index:
            return index
        return self._take(items, index, last, items[last].end, kind, spans)
