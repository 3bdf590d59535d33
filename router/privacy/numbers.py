"""What a number is: by the words round it, by its shape, or as part of a street."""

# ruff: noqa: C901, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.codes import BORN_IN, COLOUR, IDLE, SOURCE_FILE, Codes
from router.privacy.items import Item
from router.privacy.keys import AGED, MACHINES, judge, kind_of_words, of_cluster, of_thing
from router.privacy.lexicon import LEXICON, PLAIN
from router.privacy.likely import unlikely
from router.privacy.spans import Span, settle
from router.privacy.systems import clustered, program
from router.privacy.words import (
    CLINICAL_CUES,
    CODED_KINDS,
    DAYS_BEFORE,
    FILLERS,
    HONORIFICS,
    ID_KINDS,
    NOUNS,
    NUMBER_ROLES,
    OF_BODIES,
    OPENERS,
    PARTICLES,
    PHONED,
    PRODUCTS,
    SOFT_ROLES,
    STATES,
    STREET_LEADS,
    STREETS,
    SUFFIXES,
    WHO,
    WHOSE,
)

_CELL_GAPS: Final = frozenset({'", "', "', '", '","', "','", ";", "; ", "|", " | ", "\t"})
"""Between the cells of a list of values."""
_MONTH_DAY: Final = re.compile(r"(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])(?![0-9/])")
_DAY_MONTH: Final = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])[/.](?:0?[1-9]|1[0-2])(?![0-9/])")
_WHOLE_DAY: Final = 5
HOUSE_NUMBER: Final = re.compile(
    r"[0-9]{1,5}(?: ?[A-Za-z](?![A-Za-z0-9]))?(?:[-/][0-9]{1,4}[A-Za-z]?)?(?![0-9A-Za-z%])"
)
_TAIL: Final = re.compile(r"(?:[/-][0-9]{1,10}){1,4}(?![0-9A-Za-z])")
_FAMILY: Final = re.compile(r"[A-Z][a-z]{2,}(?! [A-Z]|[A-Za-z0-9_:=./-])")
"""A capitalised word right behind a name, and no further one behind it: the rest of the name, whatever it means."""
_HALF_BEFORE: Final = re.compile(
    r"(?<![^\s\"'(\[{>,;|=:*+])([A-Z][^\W\d_]{1,20}(?:-[A-Z][^\W\d_]{1,20})?)(?:\.? {1,2}|, ?|\. ?(?=[A-Z]))$"
)
_HALF_AFTER: Final = re.compile(
    r" ((?:(?:d[aeiou]|do?s|das|della?|l[ae]|los|las|v[ao]n|vom|de[lnr]|te[rn]|bin|ibn|bint|al|el|y|zu|zum|zur"
    r"|a[fv]|het|'t) ){0,3})"
    r"([A-Z][^\W\d_]{1,20})(?![\w@:=/\\-])"
)
"""A capitalised word behind a name, after particles or none."""
_HARDWARE: Final = re.compile(r"(?<=/)[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?=/|$)")
"""A device in a topic of MQTT: `rpm/B7:F1:16:F9:F6:D3/telemetry`."""
_COLONS: Final = 5
_GIVEN_LENGTH: Final = 3
_AND_WHERE: Final = frozenset({"PERSON", "DOB", "ADDRESS", "MRN", "MEMBER_ID", "PATIENT_ID"})
"""In a text with one of these a postal code is somebody's, and so is a code in a cell."""
_CODED_CELL: Final = re.compile(
    r"(?<=['\"\t;|])(?:[0-9]{1,2}[A-DNSEW]{1,2}(?: [A-Z]{2,6})?|[A-Z]{2,6} [0-9]{1,2}[A-Z])(?=['\"\t;|<]|$)"
    r"|(?<=>)[0-9]{1,2}[A-DNSEW](?=<)"
)
"""A short code in capitals that is all of a cell or a literal: `"DOM 3A"`, `'5N'`."""
_POSTAL: Final = re.compile(
    r"(?<![\w.,:/-])(?<![\d] )(?:[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3})(?![\w%/-]|[.,:][0-9]| [0-9])"
)
"""Postal codes of Sweden, Czechia, Slovakia and Greece, and of Poland."""
_POSTED: Final = re.compile(
    r"(?:, ?|  ?|\n {0,20})([0-9]{2,3}[ -][0-9]{2,4}|[0-9]{4,6}(?:-[0-9]{3,4})?)(?![0-9A-Za-z%:/-]|[ ,.][0-9])"
)
"""A postal code behind a street."""
_DEGREES_OF_PEOPLE: Final = frozenset(
    {"phd", "dds", "dvm", "msn", "dnp", "mph", "esq", "rph", "iii", "jnr", "snr", "lcsw", "dmd"}
)
"""What stands behind a name and belongs to it."""
_NANP: Final = re.compile(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")
"""A number of the North American plan: area and exchange begin with 2 to 9."""
_TO_THE_MINUTE: Final = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]")
"""A moment without seconds: software logs them, people's appointments have none."""
_ASIDE: Final = frozenset({" ", ", ", " - ", ": ", " (", ",", " | "})
_LOCAL: Final = re.compile(r"[2-9][0-9]{2}\.[0-9]{4}")
_FLAT: Final = re.compile(r"[A-Z][a-z]{2,} ([0-9]{1,4}[A-Za-z]?), $")
_PLOT: Final = re.compile(r"[0-9]{1,5}(?:[-/][0-9]{1,5}[A-Za-z]?){1,4}")
_HOST: Final = re.compile(r"[A-Za-z]{2,12}(?:-[A-Za-z]{2,12}){0,3}-?[0-9]{1,3}\.?")
_FAULT: Final = re.compile(r"[A-Z]{1,3}-?[0-9]{2,5}\.?")
_LABELS: Final = re.compile(r"[a-z_:]{3,100}\{(?:[a-z_]{1,40}=\"[^\"\n]{0,200}\",? ?){0,20}\} $")
"""A Prometheus series before its sample: `up{job="api"} 1`."""
_NUMBER_BEFORE: Final = re.compile(r"(?<![0-9A-Za-z:.])([0-9]{1,5}[A-Za-z]?,?(?: (?:bis|ter|quater))?,?) $")


def _named_thing(word: str) -> bool:
    """`nightly-build-2417`: a code of two and more ordinary words is a thing's, whatever stands before it."""
    parts = [part for part in re.findall(r"[A-Za-z]+", word) if len(part) > 2]
    flags = [LEXICON.flag(part) for part in parts]
    return flags.count("w") > 1 and word.islower() and set(flags) <= {"w", "r", ""}


def _coordinates(first: str, second: str) -> bool:
    """Two decimals that can be latitude and longitude of a place: four digits and more behind the point (some 10 m)."""
    if not (_DEGREES.fullmatch(first) and _DEGREES.fullmatch(second)):
        return False
    return float(first) <= 90 and float(second) <= 180 and float(first) >= 1 and float(second) >= 1


_KLOG: Final = re.compile(r"[IWEF](?:0[1-9]|1[0-2])[0-3][0-9]")
"""How a line of klog begins: `E0404 19:58:33.590854`."""
_QUEUED: Final = re.compile("[0-9A-F]{9,12}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{12,17}")
_GO_LINE: Final = re.compile(r"[a-z0-9_]{1,60}\.(?:go|cc|cpp):[0-9]{1,5}\]")
_FAULT_OF_SSL: Final = re.compile("0?[0-9A-F]{7,8}")
_AGREED: Final = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4},? [0-2]?[0-9]:[0-5][0-9](?: ?[AaPp][Mm])?")
_BY_HAND_MINUTE: Final = re.compile(
    r"(?:[0-9]{1,2}(?:st|nd|rd|th)?[ -][A-Za-z]{3,9}[ -]|[A-Za-z]{3,9} [0-9]{1,2},? )"
    r"20[0-9]{2},? [0-2]?[0-9]:[0-5][0-9](?: ?[AaPp][Mm])?"
)
_OPAQUE: Final = re.compile("(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9_-]{16,64}")
_ENCLOSURES: Final = frozenset({"box", "port", "slot", "rack", "shelf", "enclosure", "chassis", "controller", "cage"})
_POST: Final = re.compile(r"(?i:p\.? ?o\.?|post|office) ?$")
_MASKED: Final = re.compile("(?:[*\u2022\xb7]{2,}|[xX#]{3,})[ -]?$|(?:[*]{2}|[xX#]{2})-$")
_MASKED_CODE: Final = re.compile("[xX#]{2,}(?:[- ]?[xX#]{2,})*[- ]?([0-9]{2,6})")
_PLATE_NAMED: Final = frozenset(
    {"plate", "plates", "tag", "registration", "kennzeichen", "matricula", "placa", "targa"}
)
_TRACED: Final = re.compile("(?=[0-9]*[a-f])[0-9a-f]{8,64}")
_DIGEST: Final = 16
_ARGUMENTS: Final = re.compile("[0-9]{5,9},[0-9]{1,2}")
_HALF: Final = r"(?:['\"]?(?:[fl]n?|[fl]name|first|last|given|family)['\"]?(?: ?=> ?|: ?|=))?"
"""The key of half a name: `{ f: 'Rune', l: 'Karlsen' }`."""
_CELL_AFTER: Final = re.compile(
    rf"(?:[,;|\t^+]|['\"], ?{_HALF}['\"]|</[a-z]{{1,12}}><[a-z]{{1,12}}>)([A-Z][a-z]{{1,20}})(?=[,;|\t^+'\"<\n]|$)"
    r"| {2,20}([A-Z]{2,15})(?=  |\n|$)"
)
_CELL_BEFORE: Final = re.compile(
    rf"(?:(?<=[,;|\t^+'\">\n])|^)([A-Z][a-z]{{1,20}})"
    rf"(?:[,;|\t^+]|['\"], ?{_HALF}['\"]|</[a-z]{{1,12}}><[a-z]{{1,12}}>)$"
)
_AGE_AND_SEX: Final = re.compile(r"[0-9]{1,3} ?/ ?[MF](?![A-Za-z0-9])|(?<=\()[0-9]{1,3} ?[MF](?=[),])")
"""`59/F`, as outpatient clinics write who somebody is."""
_LOGGING: Final = re.compile(r"[a-z][a-z0-9_-]{1,20}\[[0-9]{1,7}\]: ")
"""A program and its process, as syslog begins a line: `bgpd[4410]: `."""
_MONTH_YEAR: Final = re.compile(
    r"(?:0?[1-9]|1[0-2])/(?:19|20)[0-9]{2}(?![0-9/-])|(?:0?[1-9]|[12][0-9]|3[01])/[A-Z][a-z]{2}/(?:19|20)[0-9]{2}(?![0-9:])"
)
"""`08/1957`, and `02/Feb/1957` without the hour that access logs write behind it."""
_BEFALLS: Final = frozenset(
    [
        "attempt", "attempts", "dead", "dropped", "error", "errors", "evicted", "expired", "failed", "live", "of",
        "passed", "pending", "recycled", "remain", "removed", "retry", "skipped", "succeeded", "time", "unacked", "job",
        "node", "file", "event", "request", "message", "item", "more", "line", "thread", "users", "subscribers",
    ]
)  # fmt: skip
"""What befalls one thing as it does many: `entry 86700301 skipped` counts nothing."""
_RATES: Final = frozenset({"/s", "/sec", "/second", "/m", "/min", "/minute", "/h", "/hr", "/hour", "/d", "/day"})
_OF_A_PROCESS: Final = frozenset("=:,")
"""Marks before a bracket in which no process stands: `args=[641904]`."""
_NO_HOSTS: Final = frozenset({"id", "no", "nr", "num", "nbr", "number", "ref", "key", "record", "pk", "uid", "code"})
"""What stands before a colon and is no host, so that a number behind it is no port."""
_EXTENSION: Final = re.compile("x[0-9]{4,6}")
_MARKS_BETWEEN: Final = re.compile(r"[ ,:;=<({\[\"'#]{1,6}")
_SOMEBODY: Final = re.compile(r"([a-z]{3,14})[0-9]{1,4}")
_BY: Final = frozenset({"by", "user", "for", "as", "from", "to"})
_WHOLE: Final = re.compile(r"[0-9]{6,16}\.0")
_SOURCES: Final = (".php", ".py", ".js", ".ts", ".rb", ".java", ".cs", ".kt", ".pm", ".pl", ".vb")
_ENTRIES: Final = frozenset(
    {"records", "rows", "lines", "messages", "segments", "claims", "entries", "files", "transactions"}
)
_DONE: Final = frozenset(
    {
        "read",
        "written",
        "rejected",
        "bypassed",
        "skipped",
        "loaded",
        "processed",
        "in",
        "out",
        "selected",
        "input",
        "output",
    }
)
_SYSLOG: Final = re.compile(r"<[0-9]{1,3}>1 [^ ]{1,40} [^ ]{1,100} [^ ]{1,60} ")
"""What RFC 5424 puts before the number of a process."""
_DEGREES: Final = re.compile(r"[0-9]{1,3}\.[0-9]{4,9}")


_KEPT_FOR: Final = re.compile("[a-z]-[0-9]{1,4}[dhmwy]$")
"""`retention-90d`."""
_OLDEST: Final = 130
_BOLD: Final = re.compile(r"[0-9]{2,6}(?: [a-z]{3,20}){0,3}\*\*")
"""A number that Markdown prints in bold: `**618 events**`."""
_OF_SOMEBODY: Final = 5
"""Digits of a number in brackets right behind a name that make it that person's."""


_SECONDS: Final = 7
_SHORT_CARDS: Final = {13: ("4",), 14: ("30", "36", "38", "39"), 15: ("34", "37")}
"""How cards of fewer than sixteen digits begin: Visa's first, Diners Club's, American Express' (ISO/IEC 7812)."""
_WORD_SIZE: Final = 8


def _aged(items: list[Item], index: int) -> bool:
    """`queue age is 5809`: is a number the age of a thing."""
    said = [item.text.lower() for item in items[max(index - 3, 0) : index]]
    if said[-1:] == ["is"]:
        said.pop()
    return len(said) > 1 and said[-1] == "age" and said[-2] in AGED


class Numbers(Codes):
    """Judges numbers, and codes by the words before them."""

    __slots__ = ()

    def _beside(self, text: str, spans: list[Span]) -> list[Span]:
        """A short number next to a capitalised word that is not known is part of it: a house number, a box, a flat."""
        found: list[Span] = []
        starts = {span.start for span in spans if span.kind in {"PERSON", "WORD"} and text[span.start].isupper()}
        for span in spans:
            if (
                span.sure
                and span.kind == "PERSON"
                and text[span.end : span.end + 1] == " "
                and text[span.start].isupper()
            ):
                last = _FAMILY.match(text, span.end + 1)
                if last is not None and LEXICON.flag(last[0].lower()) in PLAIN and last[0].lower() not in self.safe:
                    found.append(Span(last.start(), last.end(), "PERSON", "beside", False))
            if span.sure and span.kind == "PERSON" and text[span.start].isupper():
                flat = _FLAT.search(text, max(span.start - 14, 0), span.start)
                if flat is not None:
                    found.append(Span(flat.start(1), flat.end(1), "NUMBER", "beside", False))  # `Studio 23, Talbot …`
            if span.kind in {"PERSON", "WORD"} and text[span.start].isupper() and span.rule != "untold":
                if text[span.start : span.end].isalpha():
                    found += self._cells_beside(text, span)
                found += self._halves(text, span, starts)
            if span.kind == "ADDRESS":
                posted = _POSTED.match(text, span.end)
                if posted is not None:
                    found.append(Span(posted.start(1), posted.end(1), "ZIP", "beside", False))
            if (span.sure and span.kind != "ADDRESS") or span.kind not in {"PERSON", "WORD", "ADDRESS"}:
                continue
            if not text[span.start].isupper():
                continue
            behind = HOUSE_NUMBER.match(text, span.end + 1) if text[span.end : span.end + 1] == " " else None
            if behind is not None and text[behind.end() : behind.end() + 2].strip() in {"", ",", ";", ")", "."}:
                found.append(Span(behind.start(), behind.end(), "NUMBER", "beside", False))
            before = _NUMBER_BEFORE.search(text, max(span.start - 14, 0), span.start)
            if before is not None:
                found.append(Span(before.start(1), before.end(1), "NUMBER", "beside", False))
        if any(span.sure and span.kind in _AND_WHERE for span in spans):
            found += [Span(m.start(), m.end(), "ZIP", "beside", False) for m in _POSTAL.finditer(text)]
            found += [Span(m.start(), m.end(), "CODE", "beside", False) for m in _CODED_CELL.finditer(text)]
        if "/" in text and text.count(":") >= _COLONS:
            found += [Span(m.start(), m.end(), "DEVICE_ID", "shape", True) for m in _HARDWARE.finditer(text)]
        if "[" in text:
            spans = [
                span
                for span in spans
                if span.rule != "unknown" or span.kind != "WORD" or _LOGGING.match(text, span.start) is None
            ]
        return settle([*spans, *found]) if found else spans

    def _halves(self, text: str, span: Span, starts: set[int]) -> list[Span]:
        """What of a name is a word too, beside the rest of it: `Hall-Green, <Daniel>`, `<Paca> Arenas <Otero>`."""
        found: list[Span] = []
        upper = text[span.start : span.end].isupper()
        start = span.start
        for _ in range(2):
            match = _HALF_BEFORE.search(text, max(start - 48, 0), start)
            if match is None:
                break
            word, comma = match[1], text[match.end(1)] == ","
            titled = word.lower() in HONORIFICS and not comma
            if span.rule == "unknown" and span.kind == "WORD" and upper and not comma:
                if self._in_capitals(text, match.start(1), span.end, word):
                    found.append(Span(match.start(1), match.end(1), "PERSON", "beside", False))
                break
            if not titled and (
                span.kind != "PERSON"
                or word.isupper() != upper
                or not self._half_of_a_name(word)
                or (not comma and "-" not in word and self._opens(text, match.start(1), word))
            ):
                break
            start = match.start(1)
            found.append(Span(start, match.end(1), "PERSON", "beside", False))
        after = _HALF_AFTER.match(text, span.end)
        if after is not None:
            word = after[2]
            if after[1].strip():
                if after.start(2) in starts:  # `<Carlijn> van <Gho>`
                    found.append(Span(span.end + 1, after.start(2) - 1, "PERSON", "beside", False))
            elif (
                after.start(2) not in starts
                and word.isupper() == upper
                and (span.kind == "PERSON" or after.end() + 1 in starts)
                and (
                    after.end() + 1 in starts
                    or not text[after.end() : after.end() + 2].strip(" ").isalpha()
                    or (upper and text[after.end() + 1].islower())
                )
                and (word.lower() in _DEGREES_OF_PEOPLE or (self._half_of_a_name(word) and word.lower() not in NOUNS))
            ):
                found.append(Span(after.start(2), after.end(2), "PERSON", "beside", False))
        return found

    def _in_capitals(self, text: str, start: int, end: int, word: str) -> bool:
        """Are two words in capitals among words that are not: `missed for DAG <KARLSEN> at`."""
        before, after = text[max(start - 12, 0) : start].rstrip(" "), text[end : end + 12].lstrip(" ")
        return (
            len(word) >= _GIVEN_LENGTH
            and word.isupper()
            and LEXICON.flag(word.lower()) in {"w", "r", "n"}
            and word.lower() not in PRODUCTS
            and (not before or before[-1].islower() or before[-1] in "\"'*:=(>")
            and not after[:2].isupper()
        )

    def _half_of_a_name(self, word: str) -> bool:
        """Is each part of a word a name, one that is a word too, or a rare word."""
        return all(
            LEXICON.flag(part) in {"n", "r", "p"} and part not in self.safe and part not in PRODUCTS
            for part in word.lower().split("-")
        )

    def _opens(self, text: str, at: int, word: str) -> bool:
        """May a capitalised word before a name say what is done, or what thing it is: `Grant <Anna>`."""
        lead = text[:at].rstrip(" \"'")
        return word.lower() in OPENERS or word.lower() in NOUNS or not lead or lead[-1] in ".!?\n"

    def _cells_beside(self, text: str, span: Span) -> list[Span]:
        """The other half of a name in the next cell: `Rosado,Bilge,4`, `<td>Ray</td><td>Dock</td>`, `CHAN   SUE  `."""
        found: list[Span] = []
        for match in (
            _CELL_AFTER.match(text, span.end),
            _CELL_BEFORE.search(text, max(span.start - 40, 0), span.start),
        ):
            if match is None:
                continue
            start, end = match.span(match.lastindex or 1)
            word = text[start:end]
            flag = LEXICON.flag(word.lower())
            between = text[end : span.start] if end < span.start else text[span.end : start]
            if word.isupper() == text[span.start : span.end].isupper() and (
                flag in {"n", "p"}
                or ":" in between
                or "=" in between
                or (flag in PLAIN and not LEXICON.trade(word.lower()) and not word.isupper())
            ):
                found.append(Span(start, end, "PERSON", "beside", False))
        return [part for part in found if text[part.start : part.end].lower() not in self.safe]

    def _code(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        item = items[index]
        word = item.text
        digits = sum(map(str.isdigit, word))
        hashed = item.start > 0 and text[item.start - 1] == "#"
        # Without a digit a code is nobody's number, whatever stands before it.
        cue = self._cue(text, items, index) if (digits or hashed) and text[item.end : item.end + 1] != "=" else ""
        if not cue and len(word) > 5 and digits > 3 and "://" not in word and "." not in word:
            cue = self._clause(text, items, index)
        if (
            cue
            and cue in CODED_KINDS
            and digits
            and not (_TRACED.fullmatch(word) and (cue == "DIAGNOSIS" or (not self.strict and len(word) >= _DIGEST)))
            and (cue in {"WARD", "ADDRESS"} or not shapes.measured(word))
            and "/" not in word
            and not SOURCE_FILE.match(word)
            and not (cue == "PATIENT_ID" and _named_thing(word))
            and not (cue == "MEMBER_ID" and (of_cluster(word) or clustered(word) or _KEPT_FOR.search(word)))
            and not (cue == "ADDRESS" and "-" in word and word.islower() and word[0].isalpha())
            and (self.strict or not unlikely(cue, word))
        ):
            spans.append(Span(item.start, item.end, cue, "cue", self.strict or cue != "DEVICE_ID"))
            return
        if (
            index
            and shapes.UUID.fullmatch(word)
            and items[index - 1].text.lower() in WHO
            and _MARKS_BETWEEN.fullmatch(text, items[index - 1].end, item.start)
        ):
            spans.append(Span(item.start, item.end, "PATIENT_ID", "cue", True))
            return  # `{patient,<<"b451c911-…">>`
        if (
            index
            and items[index - 1].text.lower() == "token"
            and text[items[index - 1].end : item.start] in {" ", ": "}
            and _OPAQUE.fullmatch(word) is not None
        ):
            spans.append(Span(item.start, item.end, "SECRET", "cue", True))
            return
        if _FAULT_OF_SSL.fullmatch(word) and text[max(item.start - 6, 0) : item.start] == "error:":
            return  # OpenSSL: `error:0A00006C:SSL routines`
        if (
            word[0] == "-"
            and word[1:].isdigit()
            and len(word) <= 7
            and text[max(item.start - 2, 0) : item.start] == "**"
        ):
            spans.append(Span(item.start + 1, item.end, "IDENTIFIER", "masked", True))
            return  # `***-**-6268`
        masked = _MASKED_CODE.fullmatch(word)
        if masked is not None:
            spans.append(Span(item.start + masked.start(1), item.end, "IDENTIFIER", "masked", True))
            return
        if (
            _EXTENSION.fullmatch(word)
            and text[item.start - 1 : item.start] in {" ", ""}
            and any(span.kind == "PERSON" for span in spans[-3:])
        ):
            spans.append(Span(item.start, item.end, "PHONE", "cue", True))
            return  # `Charge nurse Robert notified x7278`
        if index and word.lower() in OF_BODIES and self._dose(text, items, index, spans):
            return
        if word in self.codes or word.lower() in self.safe:
            return
        if (
            index
            and _FAULT.fullmatch(word)
            and items[index - 1].text.lower() in {"error", "errno", "fault", "err", "alarm"}
            and text[items[index - 1].end : item.start] in {" ", ": ", " #"}
        ):
            return  # `error E-4031`
        if (
            index
            and items[index - 1].text.lower() in {"host", "server", "node", "hostname"}
            and text[items[index - 1].end : item.start] in {" ", ": ", "=", " '"}
            and _HOST.fullmatch(word)
            and not self._names_in(word)
        ):
            return  # `Host SQLPRD49'
        if index + 1 < len(items) and items[index + 1].type == "d" and _KLOG.fullmatch(word):
            return
        if (
            index
            and text[items[index - 1].end : item.start] == "]: "
            and text[item.end : item.end + 2] == ": "
            and _QUEUED.fullmatch(word)
        ):
            return  # Postfix's name of a mail: `smtp[4811]: F34018A42A: to=<…>`
        if word[0] == "." and index and items[index - 1].end == item.start and items[index - 1].type == "d":
            return  # the fraction of a second
        if index and items[index - 1].text.lower() in _BY and text[items[index - 1].end : item.start] == " ":
            login = _SOMEBODY.fullmatch(word)
            if login is not None and LEXICON.flag(login[1]) == "p":
                spans.append(Span(item.start, item.end, "USERNAME", "cue", True))
                return  # `locked by leah53`
        if hashed and COLOUR.fullmatch(word) is not None and not cue:
            return
        found = self._judge_code(word, item.start)
        if found:
            spans.extend(found)
        elif len(self.codes) < IDLE and len(word) < 100:
            self.codes.add(word)

    def _number(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        item = items[index]
        value = item.text.lstrip("+")
        digits = value if value.isdigit() else ""
        cue = self._cue(text, items, index)
        before = items[index - 1] if index else None
        after = items[index + 1] if index + 1 < len(items) else None
        gap_before = text[before.end : item.start] if before is not None else text[: item.start]
        gap_after = text[item.end : after.start] if after is not None else text[item.end :]
        after_word = (
            after.text.lower() if after is not None and after.type in {"w", "c"} and gap_after in {" ", "-", ""} else ""
        )
        if (
            2 <= len(digits) <= 6
            and _MASKED.search(text, max(item.start - 9, 0), item.start) is not None
            and not _BOLD.match(text, item.start)
            and (self.strict or text[item.end : item.end + 1] not in {"*", "~"})  # `AAA*N**72*C`
            and (self.strict or not text[max(item.start - 3, 0) : item.start - 2].isdigit())  # `2**64`
        ):
            spans.append(Span(item.start, item.end, "IDENTIFIER", "masked", True))
            return  # the last four of `***-**-6268`
        if self._street(text, items, index, spans):
            return
        if (
            gap_before == " ("
            and gap_after[:1] == ")"
            and len(digits) >= _OF_SOMEBODY
            and before is not None
            and spans
            and spans[-1].kind == "PERSON"
            and spans[-1].end == before.end
        ):
            spans.append(Span(item.start, item.end, "NPI" if shapes.npi_ok(digits) else "IDENTIFIER", "beside", True))
            return  # `Dr. Jane Hill (1467562934)`
        if (
            before is not None
            and gap_before == "("
            and before.type == "c"
            and 0 < len(digits) < 6
            and SOURCE_FILE.fullmatch(before.text)
        ):
            return  # `main.c(1338)`
        if (
            before is not None
            and before.type == "d"
            and gap_before.isspace()
            and after is not None
            and after.type == "c"
            and _GO_LINE.match(text, after.start) is not None
        ):
            return  # klog: `03:11:20.441203    2211 pod_workers.go:1301]`
        if (
            before is not None
            and gap_before.strip() == "("
            and gap_after[:2] == "):"
            and before.text[1:2] == "/"
            and before.text[0] in "VDIWEF"
        ):
            return  # Android's log: `E/CheckIn(7066):`
        if after is not None and after.type == "d" and gap_before[-1:] == ">" and gap_after == " " and item.text == "1":
            return  # syslog's version: `<134>1 2026-…`
        if (
            before is not None
            and gap_before in {"[", ":["}
            and gap_after[:1] == "]"
            and before.type == "c"
            and len(digits) in range(1, 8)
        ):
            return  # `appt-sms[4410]`: a program and its process
        if (
            before is not None
            and spans
            and spans[-1].kind == "ADDRESS"
            and spans[-1].end == before.end
            and gap_before in {", ", " ", ",\n", "\n", " - "}
            and len(digits) in {4, 5, 6}
            and not (gap_before == " " and after_word in shapes.COUNTED)
        ):
            spans.append(Span(item.start, item.end, "ZIP", "street", True))
            if after is not None and after.type == "w" and gap_after == " " and after.text[0].isupper():
                spans.append(Span(after.start, after.end, "ADDRESS", "street", True))
            return
        if (
            len(digits) in {3, 4}
            and gap_before in {" ", "-"}
            and before is not None
            and before.text.isupper()
            and len(before.text) in {2, 3}
            and index > 1
            and items[index - 2].text.lower() in _PLATE_NAMED
        ):
            spans.append(Span(before.start, item.end, "PLATE", "cue", True))
            return  # `plate NPP 5209`
        if (
            len(digits) == 5
            and (gap_before in _CELL_GAPS or (gap_before == "," and gap_after[:1] in {"", "\n", "\r"}))
            and before is not None
            and spans
            and spans[-1].kind in {"ADDRESS", "EMAIL", "PHONE"}
            and spans[-1].end == before.end
        ):
            spans.append(Span(item.start, item.end, "ZIP", "beside", True))
            return  # `['9070 Mills Cove', '09033']`, `…,ann@mail.test,57651`
        if len(digits) == 5 and gap_before in _CELL_GAPS and before is not None and before.type in {"w", "c", "s"}:
            start = before.start
            first = index - 1
            while first and index - first < 4 and text[items[first - 1].end : items[first].start] in {" ", "-"}:
                first -= 1
                start = items[first].start
            street = next((span for span in reversed(spans) if span.end <= start), None)
            if street is not None and street.kind == "ADDRESS" and text[street.end : start] == gap_before:
                spans.append(Span(start, before.end, "ADDRESS", "street", True))
                spans.append(Span(item.start, item.end, "ZIP", "street", True))
                return
        if (
            before is not None
            and gap_before in {", ", " (", ", age "}
            and spans
            and spans[-1].end == before.end
            and spans[-1].kind == "PERSON"
            and len(digits) in {1, 2, 3}
            and gap_after[:1] in {",", ")", ";", "."}
        ):
            spans.append(Span(item.start, item.end, "AGE", "cue", True))
            return
        if after_word in {"yo", "y/o", "years", "year", "yr", "yrs", "year-old", "y.o"} and len(digits) in {1, 2, 3}:
            nxt = items[index + 2].text.lower() if index + 2 < len(items) else ""
            if after_word in {"yo", "y/o", "year-old", "y.o"} or nxt in {
                "old",
                "male",
                "female",
                "man",
                "woman",
                "boy",
                "girl",
                "m",
                "f",
            }:
                spans.append(Span(item.start, item.end, "AGE", "cue", True))
                return
        if len(digits) > 4 and before is not None and before.text.lower() == "rx" and gap_before in {" ", "#", " #"}:
            spans.append(Span(item.start, item.end, "PATIENT_ID", "cue", True))
            return
        if cue:
            if not self.strict and before is not None and before.text.lower() == "child":
                return  # a process
            if (
                cue == "ADDRESS"
                and not self.strict
                and before is not None
                and before.text.lower() == "box"
                and not _POST.search(text, max(before.start - 6, 0), before.start)
            ):
                return  # `Port 1I Box 1`
            if cue == "WARD" and not self.strict and index > 2 and items[index - 3].text.lower() in _ENCLOSURES:
                return  # `Box 1 Bay 2`
            if cue == "AGE" and digits and int(digits) > _OLDEST and not "1900" < digits < "2100":
                cue = ""  # nobody is as old
            if cue in {"AGE", "WARD", "ADDRESS"} and len(digits) <= 5:
                plot = _PLOT.match(text, item.start) if cue == "ADDRESS" else None
                spans.append(Span(item.start, plot.end() if plot else item.end, cue, "cue", True))
                return
            if (
                (cue in ID_KINDS or cue in {"ZIP", "PHONE", "FAX", "CREDIT_CARD"})
                and len(digits) >= 3
                and not (len(digits) == 3 and after_word in shapes.COUNTED)
            ):
                if cue == "DEVICE_ID" and not self.strict and shapes.ZONE_SERIAL.fullmatch(digits):
                    return  # `serial 2026112101`
                rest = _TAIL.match(text, item.end) if cue in ID_KINDS else None
                end = rest.end() if rest else item.end
                spans.append(Span(item.start, end, cue, "cue", self.strict or cue != "DEVICE_ID"))
                return
            if cue in {"DOB", "DATE"} and len(digits) in {4, 6, 8}:
                spans.append(Span(item.start, item.end, cue, "cue", True))
                return
        if not digits or (len(digits) <= _SECONDS and _aged(items, index)):
            return
        if len(digits) > 4 and (whose := self._clause(text, items, index)):
            spans.append(Span(item.start, item.end, whose, "cue", True))
            return
        if (
            len(digits) == 10
            and _NANP.fullmatch(digits)
            and not shapes.ZONE_SERIAL.fullmatch(digits)
            and (
                (phoned := any(near.text.lower() in PHONED for near in items[max(index - 6, 0) : index + 5]))
                or (gap_before[-1:] in {"'", '"'} and gap_after[:1] == gap_before[-1:])
                or (len(items) == 1 and not gap_before and not gap_after)
            )
        ):
            spans.append(Span(item.start, item.end, "PHONE", "shape", self.strict or phoned))
            return
        if (
            len(digits) == 6
            and before is not None
            and before.text.lower() == "pin"
            and gap_before in {" ", ": ", "-", " - "}
        ):
            spans.append(Span(item.start, item.end, "ZIP", "cue", True))
            return
        if (
            _NANP.fullmatch(digits)
            and before is not None
            and (
                (
                    before.text.lower() in {"to", "from", "call", "dial", "text", "sms", "cell", "at"}
                    and gap_before == " "
                )
                or (gap_before[-1:] == "<" and gap_after[:1] == ">")
            )
            and (
                len(digits) == 11
                or before.text.lower() in {"call", "dial", "text", "sms", "cell"}
                or gap_before[-1:] == "<"
            )
        ):
            spans.append(Span(item.start, item.end, "PHONE", "cue", True))
            return
        if (
            len(digits) == 5
            and before is not None
            and (
                (before.text in {"CP", "PLZ", "CAP", "C.P"} and gap_before.strip(" .:") == "")
                or (
                    gap_before == ", "
                    and before.text[:1].isdigit()
                    and len(before.text) < 6
                    and after is not None
                    and after.type == "w"
                    and gap_after == " "
                    and after.text.istitle()
                    and LEXICON.flag(after_word) not in PLAIN
                )
            )
        ):
            spans.append(Span(item.start, item.end, "ZIP", "cue", True))
            if after is not None and after.type == "w" and gap_after in {" ", ", "} and after.text.istitle():
                spans.append(Span(after.start, after.end, "ADDRESS", "street", True))
            return
        if (
            len(digits) == 10
            and digits[0] in "23456789"
            and before is not None
            and before.text.lower() in {"number", "no", "num", "nos"}
            and gap_before in {" ", ": ", " is "}
            and (
                index < 2
                or items[index - 2].text.lower() in {"my", "his", "her", "their", "the", "is", "on", "at", "your"}
                or text[items[index - 2].end : before.start] != " "
            )
        ):
            spans.append(Span(item.start, item.end, "PHONE", "cue", True))
            return
        if item.text[0] == "+" and 10 <= len(digits) <= 15:
            spans.append(Span(item.start, item.end, "PHONE", "shape", True))
            return
        size = len(digits)
        sure_kind = ""
        if (
            size in {13, 14, 15, 16}
            and digits[0] in "3456"
            and not (size in _SHORT_CARDS and not digits.startswith(_SHORT_CARDS[size]))
            and shapes.luhn_ok(digits)
            and not shapes.EPOCH.fullmatch(digits)
        ):
            sure_kind = "CREDIT_CARD"
        if size == 10 and shapes.npi_ok(digits) and not digits.startswith("1"):
            sure_kind = "NPI"
        if size in {11, 15} and len(set(digits)) > 1 and shapes.citizen_ok(digits):
            spans.append(Span(item.start, item.end, "NATIONAL_ID", "shape", True))
            return
        if sure_kind:
            spans.append(Span(item.start, item.end, sure_kind, "shape", sure_kind == "CREDIT_CARD"))
            return
        if size <= 3:
            if self.strict and _AGE_AND_SEX.match(text, item.start) is not None:
                spans.append(Span(item.start, item.start + size, "AGE", "shape", False))
                return
            if (
                self.strict
                and text[item.end : item.end + 1] == "/"
                and (day := _MONTH_YEAR.match(text, item.start)) is not None
            ):
                spans.append(Span(item.start, day.end(), "DATE", "shape", False))
                return
            if text[item.end : item.end + 1] in {"/", "."}:
                day = _MONTH_DAY.match(text, item.start) or _DAY_MONTH.match(text, item.start)
                if day is not None and (
                    (before is not None and before.text.lower() in DAYS_BEFORE and gap_before == " ")
                    or (self.strict and "/" in day[0] and day[0].startswith("0"))
                    or (self.strict and "/0" in day[0] and len(day[0]) == _WHOLE_DAY)
                ):
                    spans.append(Span(item.start, day.end(), "DATE", "cue", False))
            return
        if size >= 5 and before is not None and spans and spans[-1].end == before.end and gap_before in {" ", ", "}:
            spans.append(Span(item.start, item.end, "NUMBER", "beside", False))  # a postal code after a place
            return
        if size == 4 and gap_before.endswith("(") and gap_after.startswith((", '", ', "', ",'", ',"')):
            return  # the code of a driver's error: (1205, 'Lock wait …')
        if (
            gap_after[:1] == "%"
            or (
                after_word in shapes.COUNTED
                and after is not None
                and text[after.end : after.end + 1] not in {"=", ":"}
                and (size <= 4 or after_word not in _BEFALLS)
            )
            or (
                after is not None
                and gap_after == ""
                and after.text.startswith("/")
                and (size <= 4 or after.text.lower() in _RATES)
            )
        ):
            return
        if self.strict and size == 4 and (month := BORN_IN.match(text, item.start)) is not None:
            spans.append(Span(item.start, month.end(), "DATE", "shape", False))
            return
        if size == 4 and "2010" <= digits <= "2039" and not gap_before.endswith(":"):
            return
        if (
            before is not None
            and before.text.lower() in {"of", "out"}
            and any(near.type in {"n", "d"} for near in items[max(index - 4, 0) : index - 1])
            and size <= 7
        ):
            return
        if (
            before is not None
            and gap_before == ":"
            and before.type in {"w", "c", "s", "n", "d", "t"}
            and size <= (4 if before.text.lower() in _NO_HOSTS else 5)
        ):
            return
        if (
            before is not None
            and before.type in {"w", "c"}
            and gap_before.strip(" =:#([\"'") == ""
            and before.text.lower() in NUMBER_ROLES
            and size <= (4 if before.text.lower() in SOFT_ROLES or gap_after[:1] == "&" else 7)
        ):
            return
        if before is not None and self._of_machines(text, items, index, gap_before):
            return
        if (
            size <= 7
            and before is not None
            and before.text.lower() in {"id", "no", "number"}
            and gap_before == " "
            and index > 1
            and items[index - 2].text.lower() in MACHINES - {"policy"}
            and text[items[index - 2].end : before.start] == " "
        ):
            return  # `Event ID 7031`
        if gap_after[:1] == "/" and after is not None and after.type == "d" and shapes.measured(after.text):
            return  # `4123456789/3.8gb`
        if gap_before.endswith("#") and (
            (gap_after.startswith("]") and size <= 7)
            or (gap_before == "#" and size == 5 and before is not None and before.kind == "IP")
        ):
            return  # BIND writes a port so: `10.4.9.17#52040`
        if gap_before.endswith("} ") and _LABELS.search(text, max(item.start - 300, 0), item.start):
            return  # a sample after its labels
        if size <= (7 if gap_before.endswith("*") else 4) and gap_before.endswith(("/", "#", "*")):
            return
        if (
            gap_before.endswith("[")
            and gap_after.startswith("]")
            and size <= (7 if _OF_A_PROCESS.isdisjoint(gap_before) else 4)
        ):
            return
        if (
            gap_before.rstrip(" =+").endswith((">", "<"))
            and before is not None
            and before.type != "t"
            and size <= 7
            and (size <= 4 or not gap_before.rstrip().endswith(("=>", "->")))
            and not (
                gap_before == ">"
                and size > 4
                and after is not None
                and text[item.end : item.end + 2] == "</"
                and not judge(before.text).role
            )
        ):
            return  # a comparison, or an element that counts
        if size == 5 and before is not None and before.text in STATES and gap_before == " ":
            spans.append(Span(item.start, item.end, "ZIP", "state", True))
            self._town(text, items, index, spans)
            return
        spans.append(Span(item.start, item.end, "NUMBER", "number", False))

    @staticmethod
    def _of_machines(text: str, items: list[Item], index: int, gap: str) -> bool:
        """Does what stands before a number make it a program's: a lock's, a line's, a process', a count."""
        before = items[index - 1]
        said = before.text.lower()
        if text[max(before.start - 8, 0) : before.start] == "Lock on " and said in {"transaction", "relation"}:
            return True  # Postgres: `waits for ShareLock on transaction 99120441`
        if (
            said == "database"
            and text[max(before.start - 4, 0) : before.start] == " of "
            and "Lock on relation " in text
        ):
            return True
        if gap == "(" and before.text.endswith(_SOURCES) and items[index].text.isdigit():
            return text[items[index].end : items[index].end + 1] == ")"  # `Carer.php(1511)`
        if gap == " " and said in {"read", "written"} and "bytes" in text[max(before.start - 24, 0) : before.start]:
            return True  # sftp-server: `bytes read 0 written 6993343`
        if gap in {"=", "] "} and items[index].text.startswith("0000") and len(items[index].text) == _WORD_SIZE:
            return gap == "] " or said in {"reason", "rsn", "rc", "code", "feedback"}  # a thread, a reason of z/OS
        if gap == " " and index > 1 and said in _DONE and items[index - 2].text.lower() in _ENTRIES:
            return True  # `RECORDS READ 193778`
        return gap == " " and text[0] == "<" and _SYSLOG.fullmatch(text[: items[index].start]) is not None

    def _street(self, text: str, items: list[Item], index: int, spans: list[Span]) -> bool:
        """`68 Barrett St, Lake Pamela, AK 41259`: a house number, up to four words, a word for street."""
        if not items[index].text.isdigit() or len(items[index].text) > 6:
            return False
        for probe in range(index + 1, min(index + 6, len(items))):
            item = items[probe]
            gap = text[items[probe - 1].end : item.start]
            if (
                gap not in {" ", ". "}
                or item.type not in {"w", "c"}
                or not (item.text[0].isupper() or item.text[0].isdigit())
            ):
                return False
            if (
                probe > index + 1
                and item.text[0].isupper()
                and (
                    item.text.lower().rstrip(".") in STREETS
                    or (
                        item.text.lower() in SUFFIXES
                        and any(
                            items[place].type == "w" and LEXICON.flag(items[place].text.lower()) not in PLAIN
                            for place in range(index + 1, probe)
                        )
                    )
                )
            ):
                last = probe
                while last + 1 < len(items) and last - probe < 9:
                    following = items[last + 1]
                    between = text[items[last].end : following.start]
                    if (
                        following.type == "t"
                        or between.strip(" ,.#\n")
                        or not (following.text[0].isupper() or following.text.isdigit())
                        or between.count("\n") > 1
                    ):
                        break
                    flag = LEXICON.flag(following.text.lower())
                    if (
                        flag in PLAIN
                        and following.text not in STATES
                        and following.text.lower()
                        not in {"apt", "suite", "unit", "lake", "north", "south", "east", "west", "new", "port", "box"}
                        and following.text.lower() not in STREETS
                        and not self._to_state(text, items, last + 1)
                    ):
                        break
                    last += 1
                    if following.text.isdigit() and len(following.text) == 5:
                        break
                spans.append(Span(items[index].start, items[last].end, "ADDRESS", "street", True))
                return True
        return False

    def _to_state(self, text: str, items: list[Item], index: int) -> bool:
        """Do capitalised words from `index` on end in a state or a postal code: `Bath, ME 04530`."""
        for probe in range(index, min(index + 4, len(items))):
            item = items[probe]
            if probe > index:
                if text[items[probe - 1].end : item.start] not in {" ", ", "}:
                    return False
                if item.text in STATES or (item.text.isdigit() and len(item.text) == 5):
                    return True
            if item.type != "w" or not item.text[0].isupper():
                return False
        return False

    def _town(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        """The words before a state and its postal code: `Mobile, AL 36602`."""
        if index < 2 or text[items[index - 2].end : items[index - 1].start] not in {", ", " "}:
            return
        last = first = index - 2
        if items[last].type != "w" or not (
            items[last].text.istitle()
            or (
                items[last].text.isupper()
                and len(items[last].text) > 3
                and LEXICON.flag(items[last].text.lower()) not in PLAIN
            )
        ):
            return
        comma = text[items[last].end] == ","
        while (
            comma
            and first
            and last - first < 2
            and items[first - 1].type == "w"
            and items[first - 1].text.istitle()
            and text[items[first - 1].end : items[first].start] == " "
        ):
            first -= 1
        spans.append(Span(items[first].start, items[last].end, "ADDRESS", "state", True))

    def _moment(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        """A time after a word that makes it somebody's (`admitted 2026-03-01 09:30`), or two coordinates."""
        item = items[index]
        if _WHOLE.fullmatch(item.text) is not None:
            self._whole(text, items, index, spans)
            return
        if self.strict and text[item.start - 1 : item.start] == "(" and _ARGUMENTS.fullmatch(item.text) is not None:
            spans.append(Span(item.start, item.start + item.text.index(","), "NUMBER", "number", False))
            return  # two arguments rather than a decimal: `^DPT(712109,0)`
        if ":" in item.text:
            if len(item.text) > 9 and self._cue(text, items, index) in {"DOB", "DATE"}:
                spans.append(Span(item.start, item.end, "DATE", "cue", True))
            elif self.strict and _BY_HAND_MINUTE.fullmatch(item.text):
                spans.append(
                    Span(item.start, item.end, "DATE", "minute", False)
                )  # `13 May 2026 10:30`: no log has it so
            elif _AGREED.fullmatch(item.text) and any(span.sure and span.kind == "PERSON" for span in spans[-8:]):
                spans.append(Span(item.start, item.end, "DATE", "minute", False))  # a time that somebody is to come at
            elif _TO_THE_MINUTE.fullmatch(item.text) and (
                (len(items) == 1 and len(text) == len(item.text))
                or text[max(item.start - 3, 0) : item.start].rstrip(" \"'")[-1:] in {"=", ":"}
            ):
                spans.append(Span(item.start, item.end, "DATE", "minute", False))
        elif (
            spans
            and spans[-1].kind == "PERSON"
            and text[spans[-1].end : item.start] in _ASIDE
            and _LOCAL.fullmatch(item.text)
        ):
            spans.append(Span(item.start, item.end, "PHONE", "beside", True))  # `Reed Anna - 388.0164`
        elif index + 1 < len(items) and items[index + 1].type == "d":
            following = items[index + 1]
            gap = text[item.end : following.start]
            if gap.rstrip("-") in {",", ", "} and _coordinates(item.text, following.text):
                spans.append(Span(item.start, following.end, "GEO", "shape", True))

    def _whole(self, text: str, items: list[Item], index: int, spans: list[Span]) -> None:
        """`77341902.0`: an id that went through a table of decimals is judged as the number it is."""
        item = items[index]
        known = len(spans)
        items[index] = item._replace(type="n", text=item.text[:-2])
        self._number(text, items, index, spans)
        items[index] = item
        spans[known:] = [span._replace(end=item.end - 2) if span.end == item.end else span for span in spans[known:]]

    def _dose(self, text: str, items: list[Item], index: int, spans: list[Span]) -> bool:
        """`67 mg/dL`: what was measured of somebody, or given."""
        before = items[index - 1]
        if text[before.end : items[index].start] not in {" ", ""} or before.text[:1] not in "0123456789":
            return False
        spans.append(Span(before.start, items[index].end, "DIAGNOSIS", "unit", True))
        return True

    def _named_street(self, text: str, items: list[Item], index: int, spans: list[Span]) -> int:
        """`Rua do Arenque 1634`, `8 bis rue des Tanneurs`, `Lindenallee 14b`: the index after it, or 0.

        The word at `index` begins a street's name or ends like one; a house number stands behind or before it.
        """
        lead = items[index].text.lower() in STREET_LEADS
        last = index
        capitals = 0 if lead else 1
        while lead and last + 1 < len(items) and last - index < 6:
            following = items[last + 1]
            gap = text[items[last].end : following.start]
            if gap not in {" ", ". ", "'", "-"} or following.type not in {"w", "c"}:
                break
            if (
                not following.text[0].isupper()
                and following.text.lower() not in PARTICLES
                and following.text not in {"des", "aux", "les", "l", "d"}
            ):
                break
            capitals += following.text[0].isupper()
            last += 1
        if not capitals:
            return 0
        start = end = 0
        if last + 1 < len(items) and text[items[last].end : items[last + 1].start] in {" ", ", ", " n. ", " nr. "}:
            found = HOUSE_NUMBER.match(text, items[last + 1].start)
            if found is not None:
                start, end = items[index].start, found.end()
        before = _NUMBER_BEFORE.search(text, max(items[index].start - 14, 0), items[index].start)
        if before is not None:
            start, end = before.start(1), max(end, items[last].end)
        if not end:
            return 0
        spans.append(Span(start, end, "ADDRESS", "street", True))
        while last + 1 < len(items) and items[last + 1].start < end:
            last += 1
        return last + 1

    def _clause(self, text: str, items: list[Item], index: int) -> str:
        """`member lookup miss: 8CFC68BC7B`: whose number a colon announces, by the clause before it."""
        if index < 2 or text[items[index - 1].end : items[index].start] not in {": ", ": '", ': "'}:
            return ""
        for back in range(index - 1, max(index - 6, -1), -1):
            item = items[back]
            if item.type != "w" or (back < index - 1 and text[item.end : items[back + 1].start] != " "):
                return ""
            low = item.text.lower()
            kind = WHOSE.get(low, "") or WHOSE.get(low.removesuffix("s"), "")
            if kind:
                return kind
        return ""

    def _cue(self, text: str, items: list[Item], index: int) -> str:
        """The kind that the words right before (or in brackets right after) an item name."""
        back = index - 1
        if back >= 0 and text[items[back].end : items[index].start] == ":" and SOURCE_FILE.match(items[back].text):
            return ""
        if back >= 0:
            nearest = items[back].text
            if (
                nearest in self.idle
                and nearest not in FILLERS
                and nearest not in CLINICAL_CUES
                and not kind_of_words((nearest,))
            ) and index + 1 >= len(items):
                return ""
        skipped = 0
        trail: tuple[str, ...] = ()
        words: list[str] = []
        while back >= 0 and len(words) < 3 and skipped < 4:
            item = items[back]
            gap = text[item.end : items[back + 1].start]
            if item.type not in {"w", "c"} or gap.strip(" #:=([\"'./-_\\>") or "\n" in gap:
                break
            if item.type == "c" and "-" in item.text and program(item.text):
                return ""  # `rollback mpi-matcher 336`
            low = item.text.lower().replace(".", "")
            if low == "mr" and "#" in gap:
                return "MRN"
            if low == "child" and gap == " (":
                return ""  # a process: `Child (4412) died`
            if item.type == "c" and of_thing(low.partition("@")[0]):
                return ""  # `rollback ward-dashboard 197`
            if low in FILLERS and not words:
                skipped += 1
                trail = (low, *trail)
                found = ""
            else:
                if words and gap not in {" ", "-", "_", "."}:
                    break
                words.insert(0, low)
                found = (
                    kind_of_words(tuple(words))
                    or (kind_of_words((*words, trail[0])) if trail else "")
                    or (CLINICAL_CUES.get(low, "") if len(words) == 1 else "")
                )
                if not found and item.type == "c" and len(words) == 1 and gap != ":" and "/" not in low:
                    found = judge(low).kind
                    found = "" if found == "PERSON" else found
                if not found and len(words) == 1 and low.endswith("s") and len(low) > 4:
                    found = kind_of_words((low[:-1],))
            if found == "AGE" and back > 0 and items[back - 1].text.lower() in AGED:
                return ""  # `queue age is 5809`
            if found:
                longer = ""
                if back > 0 and items[back - 1].type == "w" and text[items[back - 1].end : item.start] == " ":
                    longer = kind_of_words((items[back - 1].text.lower(), *words))
                found = longer or found
                return (
                    {
                        "PERSON": "PATIENT_ID",
                        "USERNAME": "",
                        "URL": "",
                        "SECRET": "",
                        "DIAGNOSIS": "",
                        "MEDICATION": "",
                        "IP": "IP",
                    }.get(found, found)
                    if found != "ADDRESS" or low in CLINICAL_CUES
                    else ""
                )
            back -= 1
        if index + 1 < len(items):
            following = items[index + 1]
            gap = text[items[index].end : following.start]
            if (
                gap in {" (", "(", " [", " is the ", " - "}
                and following.type == "w"
                and following.text.lower()
                in {
                    "mrn",
                    "ssn",
                    "npi",
                    "dea",
                    "dob",
                    "dod",
                    "zip",
                    "phone",
                    "fax",
                    "cell",
                    "mobile",
                    "member",
                    "account",
                }
            ):
                return kind_of_words((following.text.lower(),))
        return ""
