"""What becomes of one leaf: by its role, by the name of its key, or read as free text with what it encloses."""

# ruff: noqa: ANN401, C901, PLR2004 - JSON is Any; decision tables of lengths that mean something
from __future__ import annotations

import re
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import orjson

from router.privacy import positional, shapes, systems
from router.privacy.consoles import of_consoles, of_machines
from router.privacy.elsewhere import outside, spared
from router.privacy.enclosed import (
    DECODER,
    KEY_BEFORE,
    LONG,
    OBJECT,
    RUN,
    SHORTEST_DUMP,
    SMALLEST,
    dump,
    dumped,
    opened_lines,
    opened_run,
    repeats_a_key,
    rewritten,
    written,
)
from router.privacy.figures import of_things, sized
from router.privacy.findings import Json
from router.privacy.items import TooLong
from router.privacy.keys import NOTHING, counts, judge, of_cluster
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.likely import never, unlikely
from router.privacy.memory import NAMING, Place, slot_of
from router.privacy.mistaken import in_line, keyed, made_up
from router.privacy.plans import Plan, Work
from router.privacy.roles import christian, identifier, plays
from router.privacy.shadow import TooDeep, cast
from router.privacy.spans import Span, settle, stronger
from router.privacy.text import FOUND_COST
from router.privacy.tokens import TOKEN, is_token
from router.privacy.words import PRODUCTS, ROBOTS

MAX_TEXT: Final = 1 << 16
"""Characters of one text that are read; the rest of a longer one is one token."""
MAX_READ: Final = 72_000
"""Characters of free text that are read in one event, some 90 ms; the texts after that are one token each."""
_IN_MEMORY: Final = re.compile("0x[0-9a-fA-F]{6,16}")
"""An address of memory under `address`: no street or mailbox is written so."""
_KEY_COST: Final = 12
"""Characters' worth of reading that a possible key takes on top of its own."""
_WORD_COST: Final = 6
"""Characters' worth of reading that a word takes at least: `1 1 1` is as much work as a sentence of as many words."""
_ITEM_COST: Final = 8
"""Characters' worth of reading that a word, code or number takes at least, as was found when the text was read."""
_LEAF_COST: Final = 8
_READ_COST: Final = 40
"""Characters' worth of reading that a text takes beside its characters: at least, and when it is read word by word."""
_BY_PLAN: Final = 4
"""Characters of a text read by a plan that cost as much as one that is read letter by letter."""
_SIGN_COST: Final = 20
"""Characters' worth of reading that a code takes when it is asked what it stands for in a plan."""
_NUMBER_COST: Final = 24
_RUN_COST: Final = 16
"""Characters' worth of reading that a number takes that becomes a token, and a run of characters that may be an
encoding."""
_CODE_COST: Final = 24
"""Characters' worth of reading that a code takes which is not known to be harmless: `A1bc` is judged part by part."""
_FIGURE_COST: Final = 12
_FIGURES_APART: Final = 16
"""What a figure costs where there are more of them than one in so many characters, as logs do not have: `1,1,1,1`."""
_MARK_COST: Final = 2
_PERCENT_COST: Final = 6
_ESCAPE_COST: Final = 4
"""Characters' worth of reading that a mark inside codes and numbers takes, and one of an escape or a path."""
_CELL_COST: Final = 2
_TAG_COST: Final = 6
_LINE_COST: Final = 4
"""Characters' worth of reading that a possible cell, element and line of a table take."""
_MOST_FINDS: Final = 200
"""Finds by place in one text beyond which none is asked what a tool's way of speaking makes of it."""
MAX_RUNS: Final = 50
"""Encoded runs of one text that are opened; each further one is one token."""
MAX_LAYERS: Final = 6
"""Encodings inside encodings (JSON, base64, hex, gzip) that are opened; deeper ones are one token."""
_QUOTES: Final = "\"'`"
_EMPTY: Final = frozenset(
    {
        "null",
        "none",
        "nil",
        "undefined",
        "nan",
        "true",
        "false",
        "n/a",
        "na",
        "unknown",
        "empty",
        "missing",
        "redacted",
        "[redacted]",
        "[filtered]",
        "filtered",
        "hidden",
        "anonymous",
        "anonymoususer",
        "yes",
        "no",
        "***",
        "<nil>",
        "<redacted>",
    }
)
_WEAK: Final = frozenset(
    {
        "chart",
        "member",
        "claim",
        "policy",
        "actor",
        "user",
        "login",
        "username",
        "station",
        "principal",
        "owner",
        "subject",
        "device",
        "unit",
    }
)
_ELAPSED: Final = re.compile(
    r"[0-9]{1,4}(?::[0-5][0-9]){1,2}(?:\.[0-9]+)?|(?:[0-9]+(?:\.[0-9]+)?(?:d|h|m|s|ms|min|hrs?) ?){1,4}"
)
"""How long something is there: `00:14:22`, `4d12h`."""
_REFERENCE: Final = re.compile(r"[a-z]+[a-z0-9_]*(?:\.[a-z0-9_]+)+(?:\[[^\]\s]{1,20}\])?")
_CHANNEL: Final = re.compile(
    r"(?:slack|teams|msteams|teams-workflows|mattermost|rocketchat|telegram|pagerduty|pagerdutyv2|opsgenie|webhook|googlechat|grafana|newrelic|alertmanager|discord|victorops|webex):"
    r"#?[a-z][a-z0-9]*(?:[-_][a-z0-9]+){1,6}"
)
"""Where Argo CD and its like send: the service, and its channel of two words and more. Names in it are judged."""
_SETTING: Final = re.compile(r"[a-z]{2,}(?:[-_][a-z]{2,}){1,5}")
_RELEASED: Final = re.compile(r"v[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?:-[a-z]{2,8}[.0-9]{0,4})?")
_WORDS_ONLY: Final = frozenset({"w"})
_COUNTABLE: Final = 1_000
_OF_PLANS: Final = frozenset({"MEMBER_ID", "ACCOUNT"})
_SERIAL: Final = 10_000
"""From here on a number may be somebody's."""
_FEW: Final = 100_000
"""A smaller `identity` is a system's own."""
_AROUND: Final = re.compile(
    r"\s*(?:(?:Bearer|Basic|Digest|Token|bearer|basic|token)\s+|(?:[\w:/.-]*/)?[A-Z][A-Za-z]{2,30}/|urn:(?:uuid|oid):|:[0-9]{1,5}|[?&][A-Za-z_.-]{1,30}=)\s*"
)
"""What is left outside when the rest of a value is a token: a scheme, a type of FHIR's, a port, a parameter."""
_PARTS: Final = re.compile(r"[A-Za-z]+")
_NO_DAY: Final = 1000
"""A smaller number is a count, whatever its key says of days."""
_STATES: Final = frozenset(
    {
        "up",
        "down",
        "ok",
        "nok",
        "pass",
        "fail",
        "healthy",
        "unhealthy",
        "synced",
        "outofsync",
        "running",
        "stopped",
        "timeout",
        "offline",
        "online",
        "connected",
        "disconnected",
        "unreachable",
    }
)
_CONDITIONS: Final = frozenset(
    {
        "late",
        "degraded",
        "passing",
        "failing",
        "failed",
        "warning",
        "error",
        "pending",
        "ready",
        "unavailable",
        "available",
    }
)
"""How systems are."""
_TOOLS: Final = frozenset(
    {
        "sentry",
        "datadog",
        "pagerduty",
        "grafana",
        "jenkins",
        "github",
        "gitlab",
        "jira",
        "opsgenie",
        "newrelic",
        "system",
        "api",
        "bot",
        "cron",
        "scheduler",
    }
)
"""Programs that act where a person might."""
_PROGRAMS: Final = PRODUCTS | {"root"}
"""Logins of programs that are names of people too."""
_MAILBOX: Final = re.compile(r"[A-Za-z0-9._+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,12}")
"""An email address that the scan takes for one wherever it stands."""


_STANDPOINTS: Final = frozenset(
    [
        "probe", "probes", "probe_location", "probelocation", "region", "region_name", "regionname", "pop",
        "datacenter", "data_center", "dc", "colo", "edge", "checked_from", "checkedfrom",
    ]
)  # fmt: skip
"""Keys of where a check was made or a system stands."""


_DAYS: Final = frozenset({"event_date", "event_recovery_date", "recovery_date", "problem_date", "alert_date"})
_DOTTED_DAY: Final = re.compile(r"20[0-9]{2}\.[01][0-9]\.[0-3][0-9]")
"""When something happened, as Zabbix writes it (`{EVENT.DATE}`)."""


class Leaves(Work):
    """Judges leaves."""

    __slots__ = ()

    @abstractmethod
    def walk(self, box: Any, key: Any, value: Json, place: Place, depth: int) -> None:
        """Judge `value`, which stands at box[key], and all below it."""

    def leaf(self, box: Any, key: Any, text: str, place: Place) -> None:
        """One string."""
        role = place.role
        kind = place.verdict.kind
        rule = place.rule
        if rule:
            if rule == "seal":
                self.whole(box, key, text, "TEXT", "field", place)
                return
            if rule in {"safe", "free"}:
                kind, role = "", "name" if rule == "safe" else ""
            else:
                self.whole(box, key, text, rule, "field", place)
                return
        if self.rules.literals and place.path:
            passing = self.rules.literals.get(place.path[-1])
            if passing is not None and text in passing:
                return
        if kind and not (place.exact and role not in {"", "free"}):
            self.keyed(box, key, text, kind, place)
            return
        slot = slot_of(role, declared=rule == "safe") if rule else place.slot
        known = self.memory.harmless.get(slot)
        if known is not None and text in known:
            self.plain.append((box, key, text, place))
            return
        if (
            role
            and role != "free"
            and self.structural(text, role, declared=rule == "safe" or (place.declared and not rule))
        ):
            self.memory.keep(slot, text)
            self.plain.append((box, key, text, place))
            return
        if self.level == "sealed":
            if "<" in text and _only_tokens(text):
                return
            self.whole(box, key, text, "TEXT", "sealed", place)
            return
        if (
            not rule
            and place.path
            and (
                (place.path[-1].lower() in _STANDPOINTS and systems.town(text))
                or (place.path[-1].lower() in _DAYS and _DOTTED_DAY.fullmatch(text) is not None)
            )
        ):
            self.plain.append((box, key, text, place))
            return
        self.free(box, key, text, place, slot)

    def structural(self, text: str, role: str, *, declared: bool = False) -> bool:
        """Does `text` pass in its role. A judge that fails says no."""
        try:
            if len(text) >= 16 and opened_run(text) is not None:
                return False
            if role == "url":
                return (
                    len(text) <= 2000
                    and self.harmless_url(text)
                    and not any(opened_run(found[0]) is not None for found in RUN.finditer(text))
                )
            if len(text) > 300 or "\t" in text or "\n" in text:
                return False
            return plays(text, role, self.reader) or (
                declared and role in NAMING and (identifier(text, self.reader) or christian(text))
            )
        except (TooDeep, ValueError, RecursionError):
            self.count("error")
            return False

    def harmless_url(self, text: str) -> bool:
        spans = self.readings[text] = self.read(text)
        return not spans

    def keyed(self, box: Any, key: Any, text: str, kind: str, place: Place) -> None:
        """The value of a key that names PHI: one token, quotes kept outside it, structures opened."""
        self.spent += FOUND_COST
        if is_token(text) or text.strip().lower() in _EMPTY or not any(char.isalnum() for char in text):
            return
        if kind in {"WARD", "DIAGNOSIS", "MEDICATION", "DATE"} and "://" in text:
            self.free(box, key, text, place, "")
            return
        if TOKEN.search(text):
            if kind == "IP" and not any(map(str.isdigit, TOKEN.sub("", text))):
                kind = ""
            if kind and not self.strict and unlikely(kind, TOKEN.sub("x", text), place.words):
                kind = ""
            self.free(box, key, text, place, "", extra=kind)
            return
        if text[0] in "{[" and self.embedded(box, key, text, place):
            return
        if kind == "ADDRESS" and _IN_MEMORY.fullmatch(text):
            self.plain.append((box, key, text, place))
            return
        if kind == "DEVICE_ID" and made_up(text, place.path):
            self.plain.append((box, key, text, place))
            return
        if (
            keyed(kind, text, place.words, place.path)
            or (never(kind, text) if self.strict else unlikely(kind, text, place.words))
            or (kind == "EMAIL" and "@" not in text and text.isupper())
        ):
            self.free(box, key, text, place, "")
            return
        if kind == "SECRET" and place.words == ("routing", "key") and _binding(text):
            self.plain.append((box, key, text, place))  # RabbitMQ's; PagerDuty's is 32 hex digits
            return
        if kind == "SECRET" and place.words[-1:] == ("sid",) and shapes.NO_SESSION.fullmatch(text):
            self.plain.append((box, key, text, place))
            return
        if of_machines(kind, text, str(key), place.words, box):
            self.plain.append((box, key, text, place))
            return
        if kind == "SECRET" and place.words[-2:] == ("alarm", "code") and text[0].isalpha():
            self.plain.append((box, key, text, place))
            return  # what a device raised; a house's alarm is switched off by digits
        if kind == "EMAIL" and _CHANNEL.fullmatch(text):
            self.free(box, key, text, place, "")  # `recipient: slack:platform-oncall`
            return
        if kind == "SECRET":
            found = re.match(r"(?:Bearer|Basic|Digest|Token|bearer|basic|token)\s+", text)
            start = found.end() if found else 0
            self.add(box, key, Plan(text, [Span(start, len(text), kind, "key", True)], place.path))
            return
        if kind == "ADDRESS" and _REFERENCE.fullmatch(text) and not any(span.sure for span in self.read(text)):
            self.plain.append((box, key, text, place))  # an address in code: `module.vpc.aws_route_table.private[2]`
            return
        if kind in {"URL", "BIOMETRIC"} or len(text) > 400:
            if len(text) > 400 and kind not in {"BIOMETRIC", "DIAGNOSIS"}:
                self.free(box, key, text, place, "")
                return
            self.whole(box, key, text, kind, "key", place)
            return
        if kind != "SECRET" and _RELEASED.fullmatch(text):
            self.plain.append((box, key, text, place))  # of a module that is called after what it does: `fax: v1.8.2`
            return
        if kind == "PATIENT_ID" and text.startswith(("https://", "http://")):
            self.free(box, key, text, place, "")
            return  # of a resource of FHIR's: its path says whose it is
        if kind == "AGE" and _ELAPSED.fullmatch(text):
            self.plain.append((box, key, text, place))
            return
        start, end = 0, len(text)
        while end - start >= 2 and text[start] in _QUOTES and text[end - 1] == text[start]:
            start, end = start + 1, end - 1
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        value = text[start:end]
        if kind == "IP" and not any(char.isdigit() for char in value):
            self.free(box, key, text, place, "")
            return
        if kind == "IP" and ":" in value and value.count(":") == 1 and value.split(":")[1].isdigit():
            end = start + value.index(":")
            value = text[start:end]
        if kind == "IP" and shapes.public_ip(value) is False:
            self.plain.append((box, key, text, place))
            return
        if (
            kind in {"PERSON", "USERNAME"}
            and _SETTING.fullmatch(value)
            and _of_things(value, kind, _WORDS_ONLY if self.strict else SAFE)
        ):
            self.plain.append((box, key, text, place))
            return
        if (
            kind == "EMAIL"
            and "@" not in value
            and (shapes.UUID.fullmatch(value) or (value.isdigit() and len(value) < 6))
        ):
            self.plain.append((box, key, text, place))
            return  # a queue that an answer goes to
        if kind == "USERNAME" and shapes.OF_SERVICES.fullmatch(value):
            self.plain.append((box, key, text, place))
            return
        if kind != "SECRET" and value.lower() in (
            _STATES | _CONDITIONS if kind not in {"DIAGNOSIS", "PERSON"} else _STATES
        ):
            self.plain.append((box, key, text, place))
            return  # of a check that is called after what it checks
        if kind == "MEMBER_ID" and place.words[-1:] == ("member",) and of_cluster(value):
            self.plain.append((box, key, text, place))
            return
        if kind in {"PATIENT_ID", "NPI"} and value in _TOOLS:
            self.plain.append((box, key, text, place))
            return
        if kind == "USERNAME" and (LEXICON.flag(value.lower()) in PLAIN or value in _PROGRAMS):
            self.plain.append((box, key, text, place))
            return
        if (
            kind not in {"PERSON", "ADDRESS"}
            and "," in value
            and kind in {"EMAIL", "PHONE", "IP", "MEMBER_ID", "MRN", "PATIENT_ID", "DIAGNOSIS"}
            and kind != "DIAGNOSIS"
        ):
            spans = [
                Span(start + m.start(), start + m.end(), kind, "key", True)
                for m in re.finditer(r"[^,\s][^,]*[^,\s]|[^,\s]", value)
            ]
            self.add(box, key, Plan(text, spans, place.path))
            return
        if (
            place.words
            and place.words[-1] in _WEAK
            and (_trade_name(value) or (_SETTING.fullmatch(value) and len(place.words) > 1))
            and not any(span.sure or span.kind in {"PERSON", "USERNAME"} for span in self.read(value))
        ):
            self.plain.append((box, key, text, place))
            return
        shape = self.shape_of(value) if _may_be_other(value, kind) else ""
        self.add(
            box, key, Plan(text, [Span(start, end, stronger(kind, shape) if shape else kind, "key", True)], place.path)
        )

    def shape_of(self, value: str) -> str:
        """The kind a value has by its shape alone, when one shape covers all of it."""
        if _MAILBOX.fullmatch(value) is not None and not self.reader.patterns:
            return "EMAIL" if self.affords(value) else ""
        spans = self.read(value)
        if len(spans) == 1 and spans[0].start == 0 and spans[0].end == len(value) and spans[0].rule == "shape":
            return spans[0].kind
        return ""

    def affords(self, text: str) -> bool:
        """Take what a reading of `text` costs from the event's budget; False when that is spent."""
        self.spent += _LEAF_COST + _price(text)
        if self.spent > MAX_READ:
            self.count("size")
            return False
        return True

    def read(self, text: str, *, likely: bool = False) -> list[Span]:
        """The reader's spans; whatever goes wrong, the whole text."""
        left = MAX_READ - self.spent
        try:
            if self.affords(text):
                known = None if likely else self.readings.get(text)
                if known is not None:
                    return [*known]
                self.spent += _READ_COST
                if not text.isascii():  # each word is read in two alphabets
                    left -= len(text) // 2
                    self.spent += len(text) // 2
                spans = self.reader.read(text, likely=likely, kept=self.kept, limit=left)
                if spans and spans[-1].rule == "budget":
                    self.count("size")
                shadow, items = self.kept[text]
                harmless = self.reader.codes
                codes = sum([item.type == "c" and item.text not in harmless for item in items])
                self.spent += max(_ITEM_COST * len(items) - len(text), 0) + FOUND_COST * len(spans) + _CODE_COST * codes
                figures = sum([item.type in "dn" for item in items]) - len(text) // _FIGURES_APART
                self.spent += max(_FIGURE_COST * figures, 0)
                if shadow.starts is not None:
                    self.spent += len(shadow.text)
                return spans
        except TooDeep:
            self.count("depth")
        except TooLong:
            self.count("size")
        except Exception:  # noqa: BLE001 - nothing a text holds may pass because a judge stumbled; the cause may hold it
            self.count("error")
        return [Span(0, len(text), "TEXT", "budget", True)]

    def free(self, box: Any, key: Any, text: str, place: Place, role: str, *, extra: str = "") -> None:
        """Free text: structures and encodings inside it are opened, the rest is read word by word."""
        if self.level == "sealed" and not TOKEN.search(text):
            self.whole(box, key, text, "TEXT", "sealed", place)
            return
        first = text[0] if text[0] not in " \t\r\n" else text.lstrip()[:1]
        if first in {"{", "[", '"'} and self.embedded(box, key, text, place):
            return
        tail: list[Span] = []
        if len(text) > MAX_TEXT:
            self.count("size")
            cut = max(
                text.rfind(" ", MAX_TEXT - 1000, MAX_TEXT), text.rfind("\n", MAX_TEXT - 1000, MAX_TEXT), MAX_TEXT - 1000
            )
            tail = [Span(cut, len(text), "TEXT", "budget", True)]
            text, whole = text[:cut], text
        else:
            whole = text
        sign: tuple[str, ...] | None = None
        if self.strict:
            spans, sign = self.recalled(text)
        else:
            spans = self.placed(text)
        if tail and text in self.kept:
            self.kept[whole] = self.kept[text]  # the rest is nothing that could still be told
        if extra:
            taken = [match.span() for match in TOKEN.finditer(text)]
            spans = settle([*spans, *self.around(text, taken, extra)])
        maybe: list[Span] = []
        if not self.strict and any(not span.sure for span in spans):
            maybe = [span for span in spans if not span.sure]
            spans = [span for span in spans if span.sure]
        inner = self.encoded(text, spans, place)
        if '":' in text and "{" in text:
            inner += self.fragments(text, spans, place)
        if not spans and not inner and not tail:
            if maybe:
                plan = Plan(text, [], place.path)
                self.add(box, key, plan)
                self.maybes.append((plan, maybe))
                return
            self.memory.keep(role, text)
            self.plain.append((box, key, text, place))
            return
        plan = Plan(whole, [*spans, *tail], place.path)
        plan.inner = inner
        if not inner and not tail and not extra:
            plan.sign = sign
        self.add(box, key, plan)
        if maybe and not inner:
            self.maybes.append((plan, maybe))

    def recalled(self, text: str) -> tuple[list[Span], tuple[str, ...] | None]:
        """What is placed in a text, from a plan where texts of its kind have one, and what such texts are called."""
        if self.spent > MAX_READ:  # what a text is called costs as much as reading it
            self.count("size")
            return [Span(0, len(text), "TEXT", "budget", True)], None
        try:
            before = self.spent
            spans, sign, asked = self.memory.templates.recall(text, self.placed)
            if self.spent == before:  # by a plan
                self.spent += _LEAF_COST + len(text) // _BY_PLAN + FOUND_COST * len(spans)
                if self.spent > MAX_READ and spans:
                    self.count("size")
                    return [Span(0, len(text), "TEXT", "budget", True)], None
            self.spent += _SIGN_COST * asked
            return spans, sign
        except Exception:  # noqa: BLE001 - as in read
            self.count("error")
            return [Span(0, len(text), "TEXT", "budget", True)], None

    def placed(self, text: str) -> list[Span]:
        """What the positional formats and the reader say together."""
        if self.spent + len(text) > MAX_READ:
            self.count("size")
            return [Span(0, len(text), "TEXT", "budget", True)]
        self.spent += (
            _LINE_COST * text.count("\n") + _TAG_COST * text.count("<") + _CELL_COST * sum(map(text.count, ",;|\t"))
        )
        try:
            spans = positional.read(text, self.reader, strict=self.strict)
            if "&lt;" in text and "&gt;" in text:
                seen = cast(text)
                found = positional.read(seen.text, self.reader, strict=self.strict) or ()
                moved = [Span(*seen.place(span.start, span.end), span.kind, span.rule, span.sure) for span in found]
                spans = settle([*(spans or ()), *moved]) or None
        except (TooDeep, TooLong) as cause:
            self.count("depth" if isinstance(cause, TooDeep) else "size")
            return [Span(0, len(text), "TEXT", "budget", True)]
        except Exception:  # noqa: BLE001 - as in read
            self.count("error")
            return [Span(0, len(text), "TEXT", "budget", True)]
        if spans is None:
            return self.read(text, likely=not self.strict)
        whole = spans[0].rule == "segment" if spans else positional.segmented(text)
        if spans and not whole and len(spans) <= _MOST_FINDS:
            spans = of_consoles(text, [span for span in spans if not in_line(text, span)])
        if whole and not self.strict:  # a kind of plan is nobody's number: `PPO`
            spans = [
                span
                for span in spans
                if span.kind not in _OF_PLANS or any(map(str.isdigit, text[span.start : span.end]))
            ]
        if "<" in text:
            spans = spared(spans, text)
        if whole:
            self.spent += 2 * _price(text) + FOUND_COST * len(spans)
            return spans
        return settle([*spans, *self.read(text, likely=not self.strict)])

    def around(self, text: str, taken: list[tuple[int, int]], kind: str) -> list[Span]:
        spans: list[Span] = []
        at = 0
        for start, end in [*taken, (len(text), len(text))]:
            part = text[at:start]
            if any(char.isalnum() for char in part) and not _AROUND.fullmatch(part):
                lead = len(part) - len(part.lstrip(" ,;'\""))
                spans.append(Span(at + lead, at + len(part.rstrip(" ,;'\"")), kind, "key", True))
            at = end
        return spans

    def embedded(self, box: Any, key: Any, text: str, place: Place) -> bool:
        """A text that is a JSON document: tokenized as one and written back as one."""
        if self.layers >= MAX_LAYERS:
            try:
                orjson.loads(text)
            except orjson.JSONDecodeError:
                return False
            self.seal(box, key, text, place, "depth")
            return True
        try:
            value = orjson.loads(text)
        except (orjson.JSONDecodeError, RecursionError):
            return False
        if not isinstance(value, (dict, list, str)):
            return False
        spaced = text != orjson.dumps(value).decode()
        if spaced and repeats_a_key(text):
            return False  # the value that loses is read with the rest, as text
        inner: list[Json] = [value]
        self.layers += 1
        below = Place(
            place.path,
            place.verdict,
            "free" if place.role == "free" else "",
            exact=False,
            rule=place.rule,
            slot="free" if place.role == "free" else "",
        )
        self.walk(inner, 0, value, below, len(place.path))
        self.layers -= 1
        original = orjson.loads(text)

        def write() -> None:
            if inner[0] != original:
                box[key] = dump(inner[0], spaced=spaced)

        self.steps.append(write)
        return True

    def encoded(self, text: str, spans: list[Span], place: Place) -> list[tuple[int, int, Callable[[], str]]]:
        """Base64, base64url and hex runs that hide text: tokenized inside and encoded again."""
        if 4 * (text.count(" ") + text.count(":")) > len(text) >= SHORTEST_DUMP:
            spans += [Span(start, end, "TEXT", "dump", True) for start, end, plain in dumped(text) if self.read(plain)]
            spans[:] = settle(spans)
        if len(text) < 16 or LONG.match(text) is None:
            return []
        self.spent += _RUN_COST
        found: list[tuple[int, int, Callable[[], str]]] = []
        secrets = [span for span in spans if span.kind == "SECRET" or span.rule == "budget"]
        starts = [span.start for span in secrets]
        last = 0
        for match in RUN.finditer(text):
            start, end = match.span()
            at = bisect_right(starts, start)
            if start < last or (at and secrets[at - 1].end > start) or (at < len(secrets) and secrets[at].start < end):
                continue
            head = start
            if text[start : start + 2] == "0x" or text[start - 1 : start + 1] == "\\x":
                start += 2 if text[start] == "0" else 1  # as SQL and Postgres write bytes
                head = start - 2
            lines = opened_lines(text, start) if text[end : end + 1] in {"\r", "\n"} else None
            opened = opened_run(text[start:end]) if lines is None else lines[1:]
            if opened is None:
                continue
            plain, encode = opened
            last = end = end if lines is None else lines[0]
            run = text[start:end]
            if self.layers >= MAX_LAYERS or len(found) >= MAX_RUNS:
                self.count("depth" if self.layers >= MAX_LAYERS else "size")
                spans.append(Span(start, end, "TEXT", "budget", True))
                continue
            inner: list[Json] = [plain]
            self.layers += 1
            self.walk(inner, 0, plain, Place(place.path, NOTHING, "", exact=False, rule=""), len(place.path))
            self.layers -= 1
            spans[:] = outside(spans, head, end)
            found.append((start, end, partial(written, inner, plain, encode, run)))
        if len(spans) > 1:
            spans[:] = settle(spans)
        return found

    def fragments(self, text: str, spans: list[Span], place: Place) -> list[tuple[int, int, Callable[[], str]]]:
        """JSON objects inside a text (`body={"id":…}`): tokenized as what they are, and written back."""
        found: list[tuple[int, int, Callable[[], str]]] = []
        at = 0
        for _ in range(MAX_RUNS):
            opening = OBJECT.search(text, at)
            if opening is None or self.layers >= MAX_LAYERS:
                break
            start = opening.start()
            try:
                value, end = DECODER.raw_decode(text, start)
            except (ValueError, RecursionError):
                at = start + 1
                continue
            at = end
            if end - start < SMALLEST or any(
                (span.kind == "SECRET" or span.rule == "budget") and span.start < start < span.end for span in spans
            ):
                continue
            named = KEY_BEFORE.search(text, max(start - 60, 0), start)
            verdict = judge(named[1]) if named is not None else NOTHING
            inner: list[Json] = [value]
            self.layers += 1
            self.walk(inner, 0, value, Place(place.path, verdict, "", exact=False, rule=place.rule), len(place.path))
            self.layers -= 1
            spans[:] = outside(spans, start, end)
            found.append((start, end, partial(rewritten, inner, text[start:end])))
        if found and len(spans) > 1:
            spans[:] = settle(spans)
        return found

    def number(self, box: Any, key: Any, value: float, place: Place) -> None:
        """A JSON number: a token under a key that names PHI, at `strict` also where its role is not known."""
        if value != value:  # noqa: PLR0124 - NaN
            return
        kind = place.verdict.kind
        value = _counted(value)
        text = str(value)
        rule = place.rule
        if rule and rule not in {"safe", "free"}:
            self.whole(box, key, text, rule if rule != "seal" else "NUMBER", "field", place)
            return
        if rule == "safe":
            return
        if kind == "IDENTIFIER" and not self.strict and abs(value) < _FEW:
            return
        if kind and isinstance(value, int) and 0 <= value < _FEW and counts(place.words):
            return
        if kind == "GEO" and keyed(kind, text, place.words, place.path):
            return
        if kind in {"PERSON", "USERNAME"} and isinstance(value, float):
            return  # of a limiter's: nobody is called so
        if kind and not place.harmless_key and not place.named and isinstance(value, int) and 0 <= value < _COUNTABLE:
            return  # how many there are of what the key, which is data, names
        if kind and not (place.exact and place.role not in {"", "free"}):
            if (
                kind in {"PERSON", "USERNAME", "DIAGNOSIS", "MEDICATION", "SECRET", "BIOMETRIC"}
                and abs(value) < 10
                and isinstance(value, int)
            ) or (kind == "DATE" and isinstance(value, int) and abs(value) < _NO_DAY):
                return
            if of_machines(kind, text, str(key), place.words, box):
                return
            self.spent += _NUMBER_COST
            self.whole(box, key, text, kind, "key", place)
            return
        digits = text.lstrip("-")
        if place.role and place.role != "free" and not (self.strict and place.role == "bare" and 4 < len(digits) < 12):
            self.plain.append((box, key, text, place))
            return
        if self.strict and isinstance(value, int) and len(digits) >= 5:
            if place.role == "bare" and of_things(place.path) and self.level != "sealed":
                return
            if place.path[-1:] and place.path[-1].lower() == "error" and self.level != "sealed":
                return  # how many failed, beside how many were received and sent; or the error's own number
            if place.path and sized(place.path[-1], len(digits)) and self.level != "sealed":
                return
            if shapes.recent(digits) and not shapes.npi_ok(digits) and self.level != "sealed":
                return
            self.spent += _NUMBER_COST
            self.whole(box, key, text, "NUMBER", "number", place)
            return
        if isinstance(value, int) and len(digits) >= 5:
            self.plain.append((box, key, text, place))


def _price(text: str) -> int:
    """Characters' worth of reading that can be told from a text before it is read."""
    return (
        max(len(text), _WORD_COST * text.count(" "))
        + _KEY_COST * (text.count(":") + text.count("="))
        + _MARK_COST * (text.count("-") + text.count("+") + text.count("."))
        + _PERCENT_COST * (text.count("%") + text.count("/") + text.count("&"))
        + _ESCAPE_COST * text.count("\\")
    )


def _counted(value: float) -> float:
    """A number as the integer it is: an id went through a table of decimals, or is too long for a reader of JSON."""
    return int(value) if abs(value) >= _SERIAL and value == value // 1 else value


def _only_tokens(text: str) -> bool:
    """Are tokens all that a text says, with marks and schemes round them."""
    return TOKEN.search(text) is not None and not any(
        any(map(str.isalnum, part)) and not _AROUND.fullmatch(part) for part in TOKEN.sub("\x00", text).split("\x00")
    )


def _binding(text: str) -> bool:
    """`lab.result.dead`: ordinary words with dots between."""
    return (
        len(text) < 80
        and "." in text
        and all(LEXICON.flag(part) in SAFE or (part.isdigit() and len(part) < 4) for part in re.split("[._-]", text))
    )


def _of_things(value: str, kind: str, flags: frozenset[str]) -> bool:
    """`intake-forwarder`, `billing-bot`: ordinary words with dashes, for a login one that says it is a machine's."""
    parts = re.split("[-_]", value)
    robot = not ROBOTS.isdisjoint(parts)
    return all(LEXICON.flag(part) in (flags if robot else _WORDS_ONLY) for part in parts) and (
        kind == "PERSON" or robot
    )


def _trade_name(value: str) -> bool:
    """`argo-cd`, `claims-api-1.14.2`: a compound of ordinary words, none of them a name, without a long number."""
    parts = [part.lower() for part in _PARTS.findall(value)]
    return (
        len(parts) > 1
        and " " not in value
        and all(
            len(part) < 3 or LEXICON.flag(part) == "w" or (len(part) == 3 and not LEXICON.flag(part)) for part in parts
        )
        and any(len(part) > 3 for part in parts)
        and re.search(r"[0-9]{4}", value) is None
    )


def _may_be_other(value: str, kind: str) -> bool:
    """Can the shape of a value overrule its key (`text.stronger`)."""
    if "@" in value or value.count(".") == 3 or value.count(":") > 1 or len(value) >= 20:
        return True
    return kind in {"PATIENT_ID", "IDENTIFIER", "USERNAME", "PERSON", "NATIONAL_ID"} and any(
        char.isdigit() for char in value
    )
