"""What becomes of one event: the plans of its leaves, the vote on each value's kind, and the writing of tokens."""

# ruff: noqa: ANN401, C901, E501 - JSON is Any; one decision table
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from router.privacy import shapes
from router.privacy.clinical import OF_PERSONS, mentions
from router.privacy.elsewhere import (
    MANY,
    PERCENT,
    as_written,
    covered,
    indexed,
    inside,
    occurrences,
    simplified,
    spellings,
    trace,
)
from router.privacy.findings import Finding, Json, Mint
from router.privacy.lexicon import LEXICON
from router.privacy.memory import NAMING, Place
from router.privacy.roles import identifier
from router.privacy.rules import Rules
from router.privacy.shown import passing as shown_elsewhere
from router.privacy.spans import Span, settle
from router.privacy.text import OF_A_PERSON, Kept
from router.privacy.words import PLACES, PRODUCTS

_QUIET: Final = frozenset({"WORD", "NUMBER", "CODE", "TEXT", "AGE", "GEO"})
_RANK: Final = {
    "WORD": 0,
    "NUMBER": 0,
    "CODE": 0,
    "TEXT": 0,
    "IDENTIFIER": 1,
    "USERNAME": 1,
    "DATE": 1,
    "PERSON": 2,
    "PATIENT_ID": 2,
    "EMAIL": 5,
    "SSN": 5,
    "SECRET": 6,
}
new = tuple.__new__  # a named tuple's own __new__ is a call more
_HALF: Final = re.compile(r"[A-Z][A-Za-z]{2,}")
_HALF_SIZE: Final = 3
_AT_ONCE: Final = 4_000_000
"""Values times characters of an event in which each value is sought by itself, some 10 ms."""
_LONGEST_NAME: Final = 60
_OWNED: Final = OF_A_PERSON | {"CREDIT_CARD"}
"""Kinds of what one person has."""
_PERSONS: Final = OF_A_PERSON | OF_PERSONS | {"EMAIL"}
"""Kinds of values that make an event one about a person."""


@dataclass(slots=True, repr=False, eq=False)
class Plan:
    """What becomes of one text: spans to replace, or another text/structure inside it that is written back by `encode`."""

    text: str
    spans: list[Span]
    path: tuple[str, ...]
    inner: list[tuple[int, int, Callable[[], str]]] = field(default_factory=list)
    strict_role: bool = False
    sign: tuple[str, ...] | None = None  # what templates call the text, when `spans` are all that was found in it

    def __repr__(self) -> str:
        return "<Plan>"


def _halves(name: str) -> list[str]:
    """The words of a name that begin with a capital, of three letters and more: what _HALF finds."""
    if name.isascii() and name.istitle() and name.replace(" ", "").isalpha():
        return [word for word in name.split(" ") if len(word) >= _HALF_SIZE]
    return _HALF.findall(name)


def _is_half(word: str, haystack: str) -> bool:
    """Is a word of a name, which stands in the rest of the event, an ordinary word too."""
    return word in haystack and LEXICON.flag(word) == "n" and word not in PRODUCTS


def _may_be_half(word: str) -> bool:
    """Is a word of a name one of the trade, or a rare one: it is half of a name only right beside the rest."""
    return LEXICON.flag(word) in {"w", "r"} and word not in PRODUCTS


def _with_halves(plan: Plan, halves: set[str]) -> list[Span]:
    """The spans of a plan, with the words of known names beside them: `DAG <KARLSEN>`."""
    text, spans = plan.text, plan.spans
    ends = {span.end for span in spans if span.kind in _OF_NAMES}
    starts = {span.start for span in spans if span.kind in _OF_NAMES}
    found = [
        span
        for span in as_written(text, {half for half in halves if half in text})
        if (span.end + 1 in starts and text[span.end] == " ")
        or (span.start - 1 in ends and text[span.start - 1] == " ")
    ]
    if not found:
        return spans
    return settle([*spans, *(span for span in found if not covered(span, spans, [each.start for each in spans]))])


_OF_NAMES: Final = frozenset({"PERSON", "WORD"})


def _few(present: dict[str, str], halves: set[str]) -> Callable[[str], tuple[dict[str, str], set[str]]]:
    """What of what is sought a text can have; where little is sought, all of it."""
    if len(present) <= MANY and len(halves) <= MANY:
        return lambda _: (present, halves)
    spelt, written = indexed(present), indexed(halves)

    def few(text: str) -> tuple[dict[str, str], set[str]]:
        low = text.casefold()
        found = inside(low if len(low) == len(text) else text.lower(), spelt)
        return {each: present[each] for each in found}, set(inside(text, written))

    return few


def _unknown(span: Span) -> bool:
    """Did default deny take a word because no list has it."""
    return not span.sure and span.kind == "WORD" and span.rule == "unknown"


_SHOWN: Final = frozenset({"name", "machine", "id", "code", "version"})
"""Roles of values that are shown as they are where they passed: to hide them in a text of the same event keeps nothing."""
_SHORTEST_SHOWN: Final = 5
_APART: Final = re.compile(r"[ ,^-]+|%2[0C]|\+")
_HOST_OF: Final = re.compile(r"https?://((?:[a-z0-9-]{1,40}\.){1,6}[a-z]{2,12})(?:[:/?]|$)")


class Work:
    """One event on its way through: what was planned, found and counted. Fields and Leaves fill it."""

    __slots__ = (
        "counters",
        "doubtful",
        "findings",
        "kept",
        "kinds",
        "late",
        "layers",
        "level",
        "loose",
        "maybes",
        "memory",
        "mint",
        "named",
        "plain",
        "plans",
        "reader",
        "readings",
        "rules",
        "simple",
        "spent",
        "steps",
        "strict",
    )

    def __init__(self, rules: Rules, mint: Mint) -> None:
        self.rules = rules
        self.mint = mint
        self.reader = rules.reader
        self.level = rules.level
        self.strict = rules.level != "detect"
        self.memory = rules.memory
        self.plans: list[tuple[Any, Any, Plan]] = []
        self.plain: list[tuple[Any, Any, str, Place]] = []
        self.late: list[tuple[Any, Any, Plan]] = []  # leaves that only propagation touches
        self.loose: list[tuple[list[str], dict[str, Plan], Place]] = []  # keys that may be a value found elsewhere
        self.maybes: list[tuple[Plan, list[Span]]] = []  # what is PHI in an event about a person
        self.steps: list[tuple[Any, Any, Plan] | Callable[[], None]] = []  # innermost first
        self.readings: dict[str, list[Span]] = {}  # what was found in texts that may be read twice
        self.kept: Kept = {}  # texts as they were cut when they were read first
        self.kinds: dict[str, str] = {}
        self.simple: dict[str, str] = {}  # each value that was found, as `kinds` has it
        self.named: list[str] = []  # names of persons, as written
        self.findings: dict[tuple[str, str], Finding] = {}
        self.counters: dict[str, int] = {}
        self.doubtful = False  # did default deny take anything
        self.layers = 0
        self.spent = 0

    def plan(self, text: str, spans: list[Span], place: Place) -> Plan:
        plan = Plan(text, spans, place.path)
        self.learn(plan)
        return plan

    def add(self, box: Any, key: Any, plan: Plan) -> None:
        self.plans.append((box, key, plan))
        self.steps.append((box, key, plan))
        self.learn(plan)

    def whole(self, box: Any, key: Any, text: str, kind: str, rule: str, place: Place) -> None:
        self.add(box, key, Plan(text, [Span(0, len(text), kind, rule, True)], place.path))

    def seal(self, box: Any, key: Any, text: str, place: Place, cause: str) -> None:
        self.count(cause)
        self.whole(box, key, text, "TEXT", "budget", place)

    def count(self, cause: str) -> None:
        self.counters[cause] = self.counters.get(cause, 0) + 1

    def learn(self, plan: Plan) -> None:
        """Vote for the kind of each value, so that one value is one token in the whole event."""
        text = plan.text
        kinds = self.kinds
        for start, end, kind, _, sure in plan.spans:
            value = text[start:end]
            simple = self.simple[value] = simplified(value)
            known = kinds.get(simple)
            if known is None or (known != kind and _RANK.get(kind, 1) > _RANK.get(known, 1)):
                kinds[simple] = kind
                if kind == "PERSON" and sure and len(value) < _LONGEST_NAME:
                    self.named.append(value)
            if not sure:
                self.doubtful = True

    def named_thing(self, text: str) -> bool:
        """Is a declared name that passed the name of a machine's thing; remembered like all that passes."""
        if text in self.memory.slot("thing"):
            return True
        if text in self.memory.slot("no thing"):
            return False
        found = identifier(text, self.reader)
        self.memory.keep("thing" if found else "no thing", text)
        return found

    def vouch(self) -> None:
        """What passes as a declared name passes in the event's texts too: a title repeats the rule's name."""
        names = {
            text
            for _, _, text, place in self.plain
            if place.declared and place.role in NAMING and self.named_thing(text)
        }
        for _, _, plan in self.plans if names else ():
            doubtful = [span for span in plan.spans if not span.sure]
            for name in names if doubtful else ():
                at = plan.text.find(name)
                while at >= 0:
                    end = at + len(name)
                    if not (plan.text[at - 1 : at].isalnum() or plan.text[end : end + 1].isalnum()):
                        plan.spans = [span for span in plan.spans if span.sure or span.start < at or span.end > end]
                    at = plan.text.find(name, end)
        shown = {text for _, _, text, place in self.plain if place.role in _SHOWN and len(text) >= _SHORTEST_SHOWN}
        shown |= {name.lower() for name in names if name.isalnum()}  # the page of a rule is called so in small letters
        for _, _, text, place in self.plain:
            if place.role == "url":
                host = _HOST_OF.match(text)
                if host is not None:
                    shown.update(part for part in host[1].split(".") if len(part) >= _SHORTEST_SHOWN)
        for _, _, plan in self.plans if shown else ():
            text = plan.text
            plan.spans = [span for span in plan.spans if span.sure or text[span.start : span.end] not in shown]
        doubted = {
            word
            for _, _, plan in self.plans
            for span in plan.spans
            if _unknown(span)
            and self.kinds.get(self.simple.get(word := plan.text[span.start : span.end], "")) == "WORD"
        }
        texts = [leaf[2] for leaf in self.plain] + [plan.text for _, _, plan in self.plans] if doubted else []
        passing = shown_elsewhere(doubted, self.visible(), texts) if doubted else ()
        for _, _, plan in self.plans if passing else ():
            text = plan.text
            plan.spans = [
                span for span in plan.spans if not (_unknown(span) and text[span.start : span.end] in passing)
            ]

    def visible(self, *, inner: bool = False) -> list[str]:
        """What of the event's texts stays as it is, as far as was found yet; `inner`: also what is judged by itself."""
        rest = [leaf[2] for leaf in self.plain]
        for _, _, plan in self.plans:
            at = 0
            text = plan.text
            taken = plan.spans
            if plan.inner and not inner:
                taken = settle([*taken, *(Span(start, end, "TEXT", "inner", True) for start, end, _ in plan.inner)])
            for start, end, _, _, _ in taken:
                if start > at:
                    rest.append(text[at:start])
                at = end
            if at < len(text):
                rest.append(text[at:])
        return rest

    def weigh(self) -> None:
        """What was only likely becomes sure when the event turned out to be about a person."""
        if _OWNED.isdisjoint(self.kinds.values()) and not self.said_so():
            return
        for plan, likely in self.maybes:
            plan.spans = settle([*plan.spans, *(span._replace(sure=True) for span in likely)])
            self.learn(plan)

    def said_so(self) -> bool:
        """Is a word that is likely to be a name beside another one, a fact of a person, or words about patients."""
        names = {
            name
            for plan, likely in self.maybes
            for span in likely
            if span.kind == "PERSON"
            for name in _APART.split(plan.text[span.start : span.end])
            if name.isalpha() and len(name) > 1 and name.lower() not in PLACES
        }
        return len(names) > 1 or (
            bool(names)
            and (not _PERSONS.isdisjoint(self.kinds.values()) or any(mentions(plan.text) for plan, _ in self.maybes))
        )

    # --- propagation -----------------------------------------------------------------------------------------------------
    def propagate(self) -> None:
        """Replace every other occurrence of what was found: as it stands, in lower case, in other spellings, in parts."""
        if self.maybes:
            self.weigh()
        if not self.kinds:
            return
        if self.doubtful and self.strict:
            self.vouch()
        if _QUIET.issuperset(self.kinds.values()):
            return
        rest = self.visible(inner=True)
        for names_of, _, _ in self.loose:
            rest += names_of
        haystack = "\x00".join(rest).casefold()
        encoded = "%" in haystack and PERCENT.search(haystack) is not None
        present = self.present(haystack, encoded=encoded)
        halves = {half for name in self.named for half in _halves(name) if _is_half(half.lower(), haystack)}
        beside = (
            {half for name in self.named for half in _halves(name) if _may_be_half(half.lower())}
            if self.strict
            else set()
        )
        if not present and not halves and not beside:
            return
        few = _few(present, halves)
        for keys, plans, place in self.loose:
            for key in keys:
                spans = occurrences(key, few(key)[0], structural=False)
                if spans:
                    plans[key] = Plan(key, spans, place.path)
        for box, key, text, place in self.plain:
            structural = bool(place.role) and place.role != "free"
            here, names = few(text)
            spans = occurrences(text, here, structural=structural)
            if names and not structural:
                spans = settle([*spans, *as_written(text, names)])
            if spans:
                self.late.append((box, key, Plan(text, spans, place.path)))
        for _, _, plan in self.plans:
            if len(plan.spans) == 1 and plan.spans[0].start <= 0 and plan.spans[0].end >= len(plan.text):
                continue
            here, names = few(plan.text)
            spans = occurrences(plan.text, here, structural=False)
            if names:
                spans = settle([*spans, *as_written(plan.text, names)])
            if spans:
                starts = [span.start for span in plan.spans]
                free = [span for span in spans if not covered(span, plan.spans, starts)]
                plan.spans = settle([*plan.spans, *free])
            if beside:
                plan.spans = _with_halves(plan, beside)

    def present(self, haystack: str, *, encoded: bool) -> dict[str, str]:
        """The spellings of what was found that stand in the rest of the event, and their kinds."""
        loud = [(value, kind) for value, kind in self.kinds.items() if kind not in _QUIET]
        present: dict[str, str] = {}
        if len(loud) <= MANY or len(loud) * len(haystack) <= _AT_ONCE:
            for value, kind in loud:
                if trace(value, kind, haystack, encoded=encoded):
                    for spelling in spellings(value, kind):
                        if spelling in haystack:
                            present.setdefault(spelling, kind)
            return present
        wanted: dict[str, str] = {}
        for value, kind in loud:
            for spelling in spellings(value, kind):
                wanted.setdefault(spelling, kind)
        return {spelling: wanted[spelling] for spelling in inside(haystack, indexed(wanted))}

    # --- writing ---------------------------------------------------------------------------------------------------------
    def finish(self) -> None:
        """Put the tokens in place, innermost documents first."""
        for box, key, plan in self.late:
            box[key] = self.render(plan)
        for step in self.steps:
            if isinstance(step, tuple):
                box, key, plan = step
                box[key] = self.render(plan)
            else:
                step()

    def rename(self, box: dict[str, Json], keys: list[str], plans: dict[str, Plan]) -> None:
        """Put tokens in the place of keys that are data; before the document that holds them is written back."""
        if not plans:
            return
        renamed: dict[str, Json] = {}
        for name in keys:
            if name in box:
                plan = plans.get(name)
                new_name = name if plan is None else self.render(plan)
                twin = 1
                while (unlike := new_name if twin == 1 else f"{new_name} ({twin})") in renamed:
                    twin += 1  # two spellings of one value are one token, and still two members
                renamed[unlike] = box[name]
        box.clear()
        box.update(renamed)

    def render(self, plan: Plan) -> str:
        parts: list[str] = []
        at = 0
        text = plan.text
        if not plan.inner:
            for start, end, kind, rule, _ in plan.spans:
                if start >= at:
                    if start > at:
                        parts.append(text[at:start])
                    at = end
                    parts.append(self.token(kind, rule, text[start:end], plan.path))
            parts.append(text[at:])
            return "".join(parts)
        pieces: list[tuple[int, int, Any]] = [(span.start, span.end, span) for span in plan.spans]
        pieces += plan.inner
        pieces.sort(key=lambda piece: piece[0])
        for start, end, what in pieces:
            if start < at:
                continue
            parts.append(text[at:start])
            parts.append(
                self.token(what.kind, what.rule, text[start:end], plan.path) if isinstance(what, Span) else what()
            )
            at = end
        parts.append(text[at:])
        return "".join(parts)

    def token(self, kind: str, rule: str, value: str, path: tuple[str, ...]) -> str:
        simple = self.simple.get(value)
        kind = self.kinds.get(simplified(value) if simple is None else simple, kind)
        normal = shapes.normal(kind, value)
        meaning = kind, normal
        if meaning not in self.findings:
            self.findings[meaning] = new(Finding, (kind, value, normal, rule, ".".join(path)))
        return self.mint.token(kind, value, normal)
