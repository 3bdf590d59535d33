"""What a number is: by the words round it and by its shape; and a code, by the words before it."""

# ruff: noqa: C901, PLR2004 - one decision table of linguistic thresholds; splitting a rule hides it
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.beside import Beside
from router.privacy.codes import BORN_IN, IDLE
from router.privacy.items import Item
from router.privacy.keys import AGED, MACHINES, judge, of_cluster
from router.privacy.lexicon import LEXICON, PLAIN
from router.privacy.likely import never, unlikely
from router.privacy.made import COLOUR, SOURCE_FILE
from router.privacy.spans import Span
from router.privacy.systems import clustered
from router.privacy.words import (
    CODED_KINDS,
    DAYS_BEFORE,
    ID_KINDS,
    NUMBER_ROLES,
    OF_BODIES,
    PHONED,
    SOFT_ROLES,
    STATES,
    WHO,
)

_CELL_GAPS: Final = frozenset({'", "', "', '", '","', "','", ";", "; ", "|", " | ", "\t"})
"""Between the cells of a list of values."""
_MONTH_DAY: Final = re.compile(r"(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])(?![0-9/])")
_DAY_MONTH: Final = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])[/.](?:0?[1-9]|1[0-2])(?![0-9/])")
_WHOLE_DAY: Final = 5
_TAIL: Final = re.compile(r"(?:[/-][0-9]{1,10}){1,4}(?![0-9A-Za-z])")
_NANP: Final = re.compile(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")
"""A number of the North American plan: area and exchange begin with 2 to 9."""
_TO_THE_MINUTE: Final = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]")
"""A moment without seconds: software logs them, people's appointments have none."""
_ASIDE: Final = frozenset({" ", ", ", " - ", ": ", " (", ",", " | "})
_LOCAL: Final = re.compile(r"[2-9][0-9]{2}\.[0-9]{4}")
_PLOT: Final = re.compile(r"[0-9]{1,5}(?:[-/][0-9]{1,5}[A-Za-z]?){1,4}")
_HOST: Final = re.compile(r"[A-Za-z]{2,12}(?:-[A-Za-z]{2,12}){0,3}-?[0-9]{1,3}\.?")
_FAULT: Final = re.compile(r"[A-Z]{1,3}-?[0-9]{2,5}\.?")
_LABELS: Final = re.compile(r"[a-z_:]{3,100}\{(?:[a-z_]{1,40}=\"[^\"\n]{0,200}\",? ?){0,20}\} $")
"""A Prometheus series before its sample: `up{job="api"} 1`."""
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
_AGE_AND_SEX: Final = re.compile(r"[0-9]{1,3} ?/ ?[MF](?![A-Za-z0-9])|(?<=\()[0-9]{1,3} ?[MF](?=[),])")
"""`59/F`, as outpatient clinics write who somebody is."""
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


def _aged(items: list[Item], index: int) -> bool:
    """`queue age is 5809`: is a number the age of a thing."""
    said = [item.text.lower() for item in items[max(index - 3, 0) : index]]
    if said[-1:] == ["is"]:
        said.pop()
    return len(said) > 1 and said[-1] == "age" and said[-2] in AGED


class Numbers(Beside):
    """Judges numbers, and codes by the words before them."""

    __slots__ = ()

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
            and not (never(cue, word) if self.strict else unlikely(cue, word))
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
