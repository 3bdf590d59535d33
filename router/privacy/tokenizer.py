"""Replaces what is PHI in one event by tokens, and keeps everything else as it was."""

# ruff: noqa: ANN401, C901, E501, PLR2004 - JSON is Any; each walk is one decision table of lengths that mean something
from __future__ import annotations

import base64
import binascii
import json
import re
import string
import zlib
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote

import orjson

from router.privacy import positional, shapes
from router.privacy.items import TooLong
from router.privacy.keys import NOTHING, Verdict, is_namer, is_valuer, judge, split
from router.privacy.lexicon import LEXICON, PLAIN, SAFE
from router.privacy.memory import PATHS, Place
from router.privacy.roles import christian, identifier, plays
from router.privacy.rules import Rules
from router.privacy.shadow import TooDeep, cast
from router.privacy.spans import Span, settle, stronger
from router.privacy.text import Reader
from router.privacy.tokens import TOKEN, is_token
from router.privacy.words import PRODUCTS

Json = Any

_NO_ROLES: Final[Mapping[str, str]] = {}
MAX_DEPTH: Final = 64
"""Levels of nesting, embedded JSON included; below them a value is one token."""
MAX_TEXT: Final = 1 << 16
"""Characters of one text that are read; the rest of a longer one is one token."""
MAX_READ: Final = 80_000
"""Characters of free text that are read in one event, some 100 ms; the texts after that are one token each."""
_KEY_COST: Final = 12
"""Characters' worth of reading that a possible key takes on top of its own."""
_WORD_COST: Final = 6
"""Characters' worth of reading that a word takes at least: `1 1 1` is as much work as a sentence of as many words."""
_MARK_COST: Final = 2
_PERCENT_COST: Final = 6
"""Characters' worth of reading that a mark inside codes and numbers takes, and one that may be an escape."""
_CELL_COST: Final = 2
_TAG_COST: Final = 6
_LINE_COST: Final = 4
"""Characters' worth of reading that a possible cell, element and line of a table take."""
MAX_INFLATED: Final = 1 << 20
MAX_RUNS: Final = 50
"""Encoded runs of one text that are opened; each further one is one token."""
MAX_LAYERS: Final = 6
"""Encodings inside encodings (JSON, base64, hex, gzip) that are opened; deeper ones are one token."""


class Mint(Protocol):
    """Where tokens come from: the vault's seal, or ThrowawayMint."""

    def token(self, kind: str, value: str, normal: str) -> str:
        """The token text; the same (kind, normal) is the same token."""
        ...


class Finding(NamedTuple):
    """One value that got a token: `rule` says why, `path` (dotted) where it was first seen."""

    kind: str
    value: str
    normal: str
    rule: str
    path: str

    def __repr__(self) -> str:
        return f"<Finding {self.kind} by {self.rule}>"


@dataclass(frozen=True, slots=True, repr=False)
class Tokenized:
    """`event`: the same structure with tokens in place. `counters`: what failed closed, by cause."""

    event: Json
    findings: tuple[Finding, ...]
    counters: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Tokenized {len(self.findings)} findings>"


@dataclass(slots=True, repr=False, eq=False)
class _Plan:
    """What becomes of one text: spans to replace, or another text/structure inside it that is written back by `encode`."""

    text: str
    spans: list[Span]
    path: tuple[str, ...]
    inner: list[tuple[int, int, Callable[[], str]]] = field(default_factory=list)
    strict_role: bool = False

    def __repr__(self) -> str:
        return "<_Plan>"


def tokenize(event: Json, rules: Rules, roles: Mapping[str, str], mint: Mint) -> Tokenized:
    """`event` with tokens instead of PHI.

    `roles`: dotted path (`*` for any key or index) -> name id time number enum url code free drop. One event is one
    propagation scope: a value found once is replaced wherever it stands. Never raises for what the event holds: what
    cannot be judged within the budgets becomes one token and is counted.
    """
    work = _Work(rules, mint)
    root = _root(rules, roles)
    box: list[Json] = [event]
    work.walk(box, 0, event, root, 0)
    work.propagate()
    work.finish()
    return Tokenized(box[0], tuple(work.findings.values()), work.counters)


def looks_like_phi(text: str) -> str | None:
    """The kind that the detector sees in a short text, or None. For literals of routes and silences."""
    spans = _LITERALS.read(text)
    return spans[0].kind if spans else None


def _root(rules: Rules, roles: Mapping[str, str]) -> Place:
    if not roles:
        roles = _NO_ROLES
    known = rules.memory.roots.get(id(roles))
    if known is not None and known[0] is roles and rules.memory.paths < PATHS:
        return known[1]
    states = tuple((tuple(path.split(".")), 0, role) for path, role in roles.items())
    place = Place((), NOTHING, "", exact=False, rule="", states=states)
    if len(rules.memory.roots) >= 64 or rules.memory.paths >= PATHS:
        rules.memory.roots.clear()
        rules.memory.paths = 0
    rules.memory.roots[id(roles)] = (roles, place)
    return place


def _descend(states: tuple[Any, ...], key: str) -> tuple[tuple[Any, ...], str, bool]:
    """The role patterns that still match below `key`, the role that holds there, and whether an exact path named it."""
    following: list[Any] = []
    role, exact = "", False
    for parts, at, value in states:
        part = parts[at]
        if part in (key, "*", "**"):
            if at + 1 == len(parts):
                if not exact:
                    exact = "*" not in parts[at:]
                    if exact or not role:
                        role = value
            else:
                following.append((parts, at + 1, value))
    return tuple(following), role, exact


def _slot(role: str, *, declared: bool) -> str:
    """Under what harmless values are remembered: a declared role lets names pass that a guessed one does not."""
    return f"declared {role}" if declared and role in _NAMING else role


_NAMING: Final = frozenset({"name", "enum", "id", "code", "machine"})


class _Work:
    """One event on its way through."""

    __slots__ = (
        "counters",
        "doubtful",
        "findings",
        "halves",
        "kinds",
        "late",
        "layers",
        "level",
        "memory",
        "mint",
        "plain",
        "plans",
        "reader",
        "rules",
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
        self.plans: list[tuple[Any, Any, _Plan]] = []
        self.plain: list[tuple[Any, Any, str, Place]] = []
        self.late: list[tuple[Any, Any, _Plan]] = []  # leaves that only propagation touches
        self.steps: list[tuple[Any, Any, _Plan] | Callable[[], None]] = []  # innermost first
        self.kinds: dict[str, str] = {}
        self.halves: set[str] = set()  # words of names that are ordinary words too, as written
        self.findings: dict[tuple[str, str], Finding] = {}
        self.counters: dict[str, int] = {}
        self.doubtful = False  # did default deny take anything
        self.layers = 0
        self.spent = 0

    # --- walking -------------------------------------------------------------------------------------------------------
    def walk(self, box: Any, key: Any, value: Json, place: Place, depth: int) -> None:
        """Judge `value`, which stands at box[key]; containers are copied, leaves planned."""
        if type(value) is str:
            if value:
                self.leaf(box, key, value, place)
            return
        if value is None or isinstance(value, bool):
            return
        if depth > MAX_DEPTH:
            self.seal(
                box,
                key,
                orjson.dumps(value, default=str).decode() if not isinstance(value, (int, float)) else str(value),
                place,
                "depth",
            )
            return
        if not value and isinstance(value, (dict, list, tuple)):
            box[key] = {} if isinstance(value, dict) else []
        elif isinstance(value, dict):
            self.mapping(box, key, value, place, depth)
        elif isinstance(value, (list, tuple)):
            self.sequence(box, key, list(value), place, depth)
        else:
            self.number(box, key, value, place)

    def mapping(self, box: Any, key: Any, value: dict[str, Json], place: Place, depth: int) -> None:
        copy: dict[str, Json] = dict(value)
        box[key] = copy
        names: str | None = None
        plans: dict[str, _Plan] = {}
        resource = value.get("resourceType")
        if resource is not None and (type(resource) is not str or len(resource) > 40):
            resource = None
        table: dict[str, list[str]] | None = None
        personal: bool | None = None
        under = place.under
        plain = self.plain
        for name, item in value.items():
            below = under.get(name) if resource is None else under.get(f"{resource}|{name}")
            if below is None:
                below = self.place(place, name, resource)
            elif below.calm is not None and type(item) is str:
                if item in below.calm:
                    plain.append((copy, name, item, below))
                elif item:
                    self.leaf(copy, name, item, below)
                continue
            if not below.harmless_key:
                plan = self.key_plan(name, below)
                if plan is not None:
                    plans[name] = plan
            if below.role == "drop":
                del copy[name]
                continue
            if below.helper:
                if below.helper == "value":
                    if names is None:
                        names = self.pair_name(value, name)
                    if names or (
                        not below.verdict.kind
                        and any(is_namer(other) and isinstance(value[other], (dict, list)) for other in value)
                    ):
                        told = self.named_place(place, name, names)
                        if told.verdict.kind or below.verdict.kind != "IDENTIFIER":
                            below = told
                elif (
                    below.helper == "account"
                    and isinstance(item, str)
                    and len(item) == 12
                    and item.isdigit()
                    and not _CLOUD.isdisjoint(value)
                ):
                    continue
                elif name == "serial" and not _CERTIFICATE.isdisjoint(value):
                    below = self.named_place(place, name, "cert serial")
                elif (
                    below.helper == "id"
                    and not below.verdict.kind
                    and not below.exact
                    and isinstance(item, (str, int))
                    and not (name == "code" and not _LOGGED.isdisjoint(value))
                ):
                    if personal is None:
                        personal = self.personal(value, place)
                    if personal:
                        below = self.named_place(place, name, "patient id")
                if isinstance(item, list):
                    if table is None:
                        table = positional.table(value)
                    if name in table:
                        self.rows(copy, name, item, table[name], below, depth + 1)
                        continue
            if type(item) is str:
                if item:
                    self.leaf(copy, name, item, below)
                continue
            self.walk(copy, name, item, below, depth + 1)
        if plans:
            self.steps.append(partial(self.rename, copy, [(name, plans.get(name)) for name in value]))

    def personal(self, value: dict[str, Json], place: Place) -> bool:
        """Is this the record of a person: at least two of its other fields say so, one of them a name or a birth."""
        if not place.personal and value.keys() <= place.under.keys():
            return False
        kinds = [
            judge(name, place.verdict.subject).kind
            for name, item in value.items()
            if item is not None and not isinstance(item, bool) and item != "" and name not in _BARE_IDS
        ]
        return sum(kind in _PERSONAL for kind in kinds) >= 2 and not _DISTINCT.isdisjoint(kinds)

    def pair_name(self, value: dict[str, Json], valuer: str) -> str:
        """In {"name": "ssn", "value": …}: what the value is called."""
        if len(value) > 8:
            return ""
        found = ""
        for name, item in value.items():
            if name != valuer and isinstance(item, str) and 0 < len(item) <= 120 and is_namer(name):
                if name in {"system", "url"}:
                    item = item.rstrip("/").rsplit("/", 1)[-1].removeprefix("us-")  # noqa: PLW2901 - a code system is called after its last part
                if (
                    item.count(".") > 1
                    or item.endswith(("Exception", "Error"))
                    or (" " in item.strip() and len(item.split()) > (9 if item.rstrip().endswith("?") else 4))
                ):
                    continue  # a class or a sentence, no field's name
                if judge(item).kind:
                    return item
                found = found or item
        return found

    def named_place(self, place: Place, key: str, name: str) -> Place:
        verdict = judge(name, place.verdict.subject)
        below = place.under.get(key)
        if below is not None and below.exact:
            return below
        return Place(
            (*place.path, key),
            verdict,
            verdict.role,
            exact=False,
            rule=below.rule if below else "",
            slot=verdict.role,
            named=True,
        )

    def rows(self, box: Any, key: Any, value: Json, columns: list[str], place: Place, depth: int) -> None:
        """Lists of rows whose columns are named beside them."""
        if not isinstance(value, list):
            self.walk(box, key, value, place, depth)
            return
        copy = list(value)
        box[key] = copy
        if value and all(isinstance(row, list) for row in value):
            for index, row in enumerate(value):
                inner = list(row)
                copy[index] = inner
                for at, cell in enumerate(row):
                    self.walk(
                        inner,
                        at,
                        cell,
                        self.named_place(place, "*", columns[at]) if at < len(columns) else place,
                        depth + 1,
                    )
            return
        for at, cell in enumerate(value):
            self.walk(
                copy,
                at,
                cell,
                self.named_place(place, "*", columns[at])
                if at < len(columns) and len(columns) == len(value)
                else place,
                depth + 1,
            )

    def sequence(self, box: Any, key: Any, value: list[Json], place: Place, depth: int) -> None:
        copy = list(value)
        box[key] = copy
        below = place.items
        if below is None:
            states, role, exact = _descend(place.states, "*")
            below = Place(
                (*place.path, "*"),
                place.verdict,
                role or place.role,
                exact=exact or (place.exact and not role),
                rule=place.rule,
                states=states,
                declared=bool(role) or place.declared,
                slot=_slot(role or place.role, declared=bool(role) or place.declared),
            )
            if self.memory.paths < PATHS:
                self.memory.paths += 1
                place.items = below
        if (
            len(value) == 2
            and isinstance(value[0], str)
            and isinstance(value[1], (str, int, float))
            and not place.verdict.kind
            and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{1,40}", value[0])
        ):
            verdict = judge(value[0], place.verdict.subject)
            if verdict.kind or verdict.role:
                self.walk(copy, 0, value[0], below, depth + 1)
                self.walk(
                    copy,
                    1,
                    value[1],
                    Place((*place.path, "1"), verdict, verdict.role, exact=False, rule=place.rule, slot=verdict.role),
                    depth + 1,
                )
                return
        if 2 < len(value) <= _LONGEST_ROW and not place.verdict.kind and not place.exact:
            cells = [str(item) if isinstance(item, (str, int, float)) else "" for item in value]
            if any(_DAY_OR_NAME.fullmatch(cell) for cell in cells) and all(len(cell) <= 60 for cell in cells):
                facts = positional.record(cells, self.reader, strict=self.strict)
                for index, item in enumerate(value):
                    if index in facts:
                        self.whole(copy, index, cells[index], facts[index], "record", below)
                    else:
                        self.walk(copy, index, item, below, depth + 1)
                if facts:
                    return
        columns: list[str] | None = None
        for index, item in enumerate(value):
            if columns is not None and isinstance(item, str) and item.count(",") == len(columns) - 1:
                self.walk(copy, index, item, below, depth + 1)
                continue
            self.walk(copy, index, item, below, depth + 1)

    def place(self, parent: Place, key: str, resource: Json) -> Place:
        """The place below `parent`, remembered unless its key could be data."""
        states, role, exact = _descend(parent.states, key)
        path = (*parent.path, key)
        rule = self.rules.field_rule(".".join(path), key) if self.rules.field_rules else parent.rule
        typed = key in _TYPES and len(path) > 1
        inherits = typed or ((parent.named or parent.verdict.kind) and is_valuer(key))
        if typed and not role:
            role, states = parent.role, parent.states
        verdict = parent.verdict if inherits else judge(key, parent.verdict.subject)
        if (
            parent.verdict.kind
            and not verdict.kind
            and not verdict.role
            and not (verdict.subject and verdict.subject != parent.verdict.subject)
        ):
            verdict = Verdict(
                parent.verdict.kind if parent.verdict.kind != "PATIENT_ID" else "PATIENT_ID",
                "",
                parent.verdict.subject,
            )
        if isinstance(resource, str):
            verdict = positional.fhir(resource, key, verdict)
        element = positional.dicom(key) if len(key) in {8, 11} and not verdict.kind else None
        if element is not None:
            verdict = element
        harmless = element is not None or self.harmless_key(key)
        place = Place(
            path,
            verdict,
            role or verdict.role,
            exact=exact,
            rule=rule,
            states=states,
            harmless_key=harmless,
            declared=bool(role),
            slot=_slot(role or verdict.role, declared=bool(role)),
            words=split(key) if verdict.kind else (),
            helper=_helper(key),
        )
        if judge(key, parent.verdict.subject).kind in _PERSONAL:
            parent.personal = True
        if harmless and not place.helper and not rule and not verdict.kind and place.role != "drop":
            place.calm = self.memory.slot(place.slot)
        if harmless and self.memory.paths < PATHS and len(parent.under) < 200:
            self.memory.paths += 1
            parent.under[key if resource is None else f"{resource}|{key}"] = place
        return place

    def harmless_key(self, key: str) -> bool:
        """Is a key a field name rather than data."""
        if len(key) <= 1:
            return True
        if not key.isascii():
            return bool(judge(key).kind or judge(key).role)
        verdict = judge(key)
        bare = re.fullmatch(r"[$@_A-Za-z][A-Za-z0-9_$.:/@ -]{0,63}", key) is not None
        if (
            bare
            and (verdict.kind or verdict.role or verdict.subject)
            and not re.search(r"[0-9]{4}", key)
            and "@" not in key[1:]
            and (" " not in key or not self.reader.read(key))
        ):
            return True
        return bool(not self.reader.read(key))

    def key_plan(self, key: str, place: Place) -> _Plan | None:
        """Tokens for a key that is data itself; at `strict` an unknown but identifier-like key stays."""
        spans = self.read(key)
        if (
            not any(span.sure for span in spans)
            and re.fullmatch(r"[$@_a-z][A-Za-z0-9_$-]{0,40}", key)
            and not any(span.kind in {"PERSON", "USERNAME"} for span in spans)
            and not re.search(r"[0-9]{4}", key)
        ):
            return None
        return self.plan(key, spans, place)

    # --- leaves --------------------------------------------------------------------------------------------------------
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
        slot = _slot(role, declared=rule == "safe") if rule else place.slot
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
            if is_token(text):
                return
            self.whole(box, key, text, "TEXT", "sealed", place)
            return
        self.free(box, key, text, place, slot)

    def structural(self, text: str, role: str, *, declared: bool = False) -> bool:
        """Does `text` pass in its role. A judge that fails says no."""
        try:
            if len(text) >= 16 and _open(text) is not None:
                return False
            if role == "url":
                return (
                    len(text) <= 2000
                    and self.harmless_url(text)
                    and not any(_open(found[0]) is not None for found in _RUN.finditer(text))
                )
            if len(text) > 300 or "\t" in text or "\n" in text:
                return False
            return plays(text, role, self.reader) or (
                declared and role in _NAMING and (identifier(text, self.reader) or christian(text))
            )
        except (TooDeep, ValueError, RecursionError):
            self.count("error")
            return False

    def harmless_url(self, text: str) -> bool:
        return not self.read(text, loose=True)

    def keyed(self, box: Any, key: Any, text: str, kind: str, place: Place) -> None:
        """The value of a key that names PHI: one token, quotes kept outside it, structures opened."""
        if is_token(text) or text.strip().lower() in _EMPTY or not any(char.isalnum() for char in text):
            return
        if TOKEN.search(text):
            self.free(box, key, text, place, "", extra=kind)
            return
        if text[0] in "{[" and self.embedded(box, key, text, place):
            return
        if kind == "SECRET" and place.words == ("routing", "key") and _binding(text):
            self.plain.append((box, key, text, place))  # RabbitMQ's; PagerDuty's is 32 hex digits
            return
        if kind == "SECRET":
            found = re.match(r"(?:Bearer|Basic|Digest|Token|bearer|basic|token)\s+", text)
            start = found.end() if found else 0
            self.add(box, key, _Plan(text, [Span(start, len(text), kind, "key", True)], place.path))
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
        if kind in {"IP", "USERNAME", "WARD"} and shapes.public_ip(value) is False and kind == "IP":
            self.plain.append((box, key, text, place))
            return
        if kind == "USERNAME" and LEXICON.flag(value.lower()) in PLAIN:
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
            self.add(box, key, _Plan(text, spans, place.path))
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
            box, key, _Plan(text, [Span(start, end, stronger(kind, shape) if shape else kind, "key", True)], place.path)
        )

    def shape_of(self, value: str) -> str:
        """The kind a value has by its shape alone, when one shape covers all of it."""
        spans = self.read(value)
        if len(spans) == 1 and spans[0].start == 0 and spans[0].end == len(value) and spans[0].rule == "shape":
            return spans[0].kind
        return ""

    def read(self, text: str, *, loose: bool = False) -> list[Span]:
        """The reader's spans; whatever goes wrong, the whole text."""
        del loose
        try:
            self.spent += (
                max(len(text), _WORD_COST * text.count(" "))
                + _KEY_COST * (text.count(":") + text.count("="))
                + _MARK_COST * sum(map(text.count, "-+."))
                + _PERCENT_COST * text.count("%")
            )
            if self.spent > MAX_READ:
                self.count("size")
                return [Span(0, len(text), "TEXT", "budget", True)]
            return self.reader.read(text)
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
        spans = self.recalled(text) if self.strict else self.placed(text)
        if extra:
            taken = [match.span() for match in TOKEN.finditer(text)]
            spans = settle([*spans, *self.around(text, taken, extra)])
        inner = self.encoded(text, spans, place)
        if '":' in text and "{" in text:
            inner += self.fragments(text, spans, place)
        if not spans and not inner and not tail:
            self.memory.keep(role, text)
            self.plain.append((box, key, text, place))
            return
        plan = _Plan(whole, [*spans, *tail], place.path)
        plan.inner = inner
        self.add(box, key, plan)

    def recalled(self, text: str) -> list[Span]:
        """What is placed in a text, from a plan where texts of its kind have one."""
        try:
            return self.memory.templates.read(text, self.placed)
        except Exception:  # noqa: BLE001 - as in read
            self.count("error")
            return [Span(0, len(text), "TEXT", "budget", True)]

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
        except TooDeep:
            self.count("depth")
            return [Span(0, len(text), "TEXT", "budget", True)]
        except Exception:  # noqa: BLE001 - as in read
            self.count("error")
            return [Span(0, len(text), "TEXT", "budget", True)]
        if spans is None:
            return self.read(text)
        if "<" in text:
            spans = _spared(spans, text)
        if spans and spans[0].rule == "segment":
            self.spent += len(text)
            return spans
        return settle([*spans, *self.read(text)])

    def around(self, text: str, taken: list[tuple[int, int]], kind: str) -> list[Span]:
        spans: list[Span] = []
        at = 0
        for start, end in [*taken, (len(text), len(text))]:
            part = text[at:start]
            if any(char.isalnum() for char in part):
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
        if spaced and _repeats_a_key(text):
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
                box[key] = _dump(inner[0], spaced=spaced)

        self.steps.append(write)
        return True

    def encoded(self, text: str, spans: list[Span], place: Place) -> list[tuple[int, int, Callable[[], str]]]:
        """Base64, base64url and hex runs that hide text: tokenized inside and encoded again."""
        if len(text) < 16 or _LONG.search(text) is None:
            return []
        found: list[tuple[int, int, Callable[[], str]]] = []
        secrets = [span for span in spans if span.kind == "SECRET"]
        starts = [span.start for span in secrets]
        for match in _RUN.finditer(text):
            run = match[0]
            at = bisect_right(starts, match.start())
            if (at and secrets[at - 1].end > match.start()) or (at < len(secrets) and secrets[at].start < match.end()):
                continue
            opened = _open(run)
            if opened is None:
                continue
            plain, encode = opened
            if self.layers >= MAX_LAYERS or len(found) >= MAX_RUNS:
                self.count("depth" if self.layers >= MAX_LAYERS else "size")
                spans.append(Span(match.start(), match.end(), "TEXT", "budget", True))
                continue
            inner: list[Json] = [plain]
            self.layers += 1
            self.walk(inner, 0, plain, Place(place.path, NOTHING, "", exact=False, rule=""), len(place.path))
            self.layers -= 1
            spans[:] = _outside(spans, match.start(), match.end())
            found.append((match.start(), match.end(), partial(_written, inner, plain, encode, run)))
        if len(spans) > 1:
            spans[:] = settle(spans)
        return found

    def fragments(self, text: str, spans: list[Span], place: Place) -> list[tuple[int, int, Callable[[], str]]]:
        """JSON objects inside a text (`body={"id":…}`): tokenized as what they are, and written back."""
        found: list[tuple[int, int, Callable[[], str]]] = []
        at = 0
        for _ in range(MAX_RUNS):
            opening = _OBJECT.search(text, at)
            if opening is None or self.layers >= MAX_LAYERS:
                break
            start = opening.start()
            try:
                value, end = _DECODER.raw_decode(text, start)
            except (ValueError, RecursionError):
                at = start + 1
                continue
            at = end
            if end - start < _SMALLEST or any(
                span.kind == "SECRET" and span.start < start < span.end for span in spans
            ):
                continue
            named = _KEY_BEFORE.search(text, max(start - 60, 0), start)
            verdict = judge(named[1]) if named is not None else NOTHING
            inner: list[Json] = [value]
            self.layers += 1
            self.walk(inner, 0, value, Place(place.path, verdict, "", exact=False, rule=place.rule), len(place.path))
            self.layers -= 1
            spans[:] = _outside(spans, start, end)
            found.append((start, end, partial(_rewritten, inner, text[start:end])))
        if found and len(spans) > 1:
            spans[:] = settle(spans)
        return found

    def number(self, box: Any, key: Any, value: float, place: Place) -> None:
        """A JSON number: a token under a key that names PHI, at `strict` also where its role is not known."""
        if value != value:  # noqa: PLR0124 - NaN
            return
        kind = place.verdict.kind
        text = str(value)
        rule = place.rule
        if rule and rule not in {"safe", "free"}:
            self.whole(box, key, text, rule if rule != "seal" else "NUMBER", "field", place)
            return
        if rule == "safe":
            return
        if kind and not (place.exact and place.role not in {"", "free"}):
            if (
                kind in {"PERSON", "USERNAME", "DIAGNOSIS", "MEDICATION", "SECRET", "BIOMETRIC"}
                and abs(value) < 10
                and isinstance(value, int)
            ):
                return
            self.whole(box, key, text, kind, "key", place)
            return
        digits = text.lstrip("-")
        if place.role and place.role != "free" and not (self.strict and place.role == "bare" and 4 < len(digits) < 12):
            self.plain.append((box, key, text, place))
            return
        if self.strict and isinstance(value, int) and len(digits) >= 5:
            if shapes.recent(digits) and not shapes.npi_ok(digits) and self.level != "sealed":
                return
            self.whole(box, key, text, "NUMBER", "number", place)
            return
        if isinstance(value, int) and len(digits) >= 5:
            self.plain.append((box, key, text, place))

    # --- plans ---------------------------------------------------------------------------------------------------------
    def plan(self, text: str, spans: list[Span], place: Place) -> _Plan:
        plan = _Plan(text, spans, place.path)
        self.learn(plan)
        return plan

    def add(self, box: Any, key: Any, plan: _Plan) -> None:
        self.plans.append((box, key, plan))
        self.steps.append((box, key, plan))
        self.learn(plan)

    def whole(self, box: Any, key: Any, text: str, kind: str, rule: str, place: Place) -> None:
        self.add(box, key, _Plan(text, [Span(0, len(text), kind, rule, True)], place.path))

    def seal(self, box: Any, key: Any, text: str, place: Place, cause: str) -> None:
        self.count(cause)
        self.whole(box, key, text, "TEXT", "budget", place)

    def count(self, cause: str) -> None:
        self.counters[cause] = self.counters.get(cause, 0) + 1

    def learn(self, plan: _Plan) -> None:
        """Vote for the kind of each value, so that one value is one token in the whole event."""
        text = plan.text
        kinds = self.kinds
        for start, end, kind, _, sure in plan.spans:
            value = text[start:end]
            simple = _simple(value)
            known = kinds.get(simple)
            if known is None or (known != kind and _RANK.get(kind, 1) > _RANK.get(known, 1)):
                kinds[simple] = kind
                if kind == "PERSON" and sure and len(value) < _LONGEST_NAME:
                    self.halves.update(
                        half
                        for half in _HALF.findall(value)
                        if LEXICON.flag(half.lower()) == "n" and half.lower() not in PRODUCTS
                    )
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
            if place.declared and place.role in _NAMING and self.named_thing(text)
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

    # --- propagation -----------------------------------------------------------------------------------------------------
    def propagate(self) -> None:
        """Replace every other occurrence of what was found: as it stands, in lower case, in other spellings, in parts."""
        if not self.kinds:
            return
        if self.doubtful and self.strict:
            self.vouch()
        if all(kind in _QUIET for kind in self.kinds.values()):
            return
        rest = [text for _, _, text, _ in self.plain]
        for _, _, plan in self.plans:
            at = 0
            text = plan.text
            for span in plan.spans:
                if span.start > at:
                    rest.append(text[at : span.start])
                at = span.end
            if at < len(text):
                rest.append(text[at:])
        haystack = "\x00".join(rest).casefold()
        encoded = "%" in haystack and _PERCENT.search(haystack) is not None
        present: dict[str, str] = {}
        for value, kind in self.kinds.items():
            if kind not in _QUIET and _trace(value, kind, haystack, encoded=encoded):
                for spelling in _spellings(value, kind):
                    if spelling in haystack:
                        present.setdefault(spelling, kind)
        halves = self.halves and {half for half in self.halves if half.lower() in haystack}
        if not present and not halves:
            return
        for box, key, text, place in self.plain:
            structural = bool(place.role) and place.role != "free"
            spans = _occurrences(text, present, structural=structural)
            if halves and not structural:
                spans = settle([*spans, *_as_written(text, halves)])
            if spans:
                self.late.append((box, key, _Plan(text, spans, place.path)))
        for _, _, plan in self.plans:
            spans = _occurrences(plan.text, present, structural=False)
            if halves:
                spans = settle([*spans, *_as_written(plan.text, halves)])
            if spans:
                starts = [span.start for span in plan.spans]
                free = [span for span in spans if not _covered(span, plan.spans, starts)]
                plan.spans = settle([*plan.spans, *free])

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

    def rename(self, box: dict[str, Json], keys: list[tuple[str, _Plan | None]]) -> None:
        """Put tokens in the place of keys that are data; before the document that holds them is written back."""
        renamed = {(name if plan is None else self.render(plan)): box[name] for name, plan in keys if name in box}
        box.clear()
        box.update(renamed)

    def render(self, plan: _Plan) -> str:
        parts: list[str] = []
        at = 0
        text = plan.text
        if not plan.inner:
            for span in plan.spans:
                if span.start >= at:
                    if span.start > at:
                        parts.append(text[at : span.start])
                    at = span.end
                    parts.append(self.token(span, text[span.start : at], plan.path))
            parts.append(text[at:])
            return "".join(parts)
        pieces: list[tuple[int, int, Any]] = [(span.start, span.end, span) for span in plan.spans]
        pieces += plan.inner
        pieces.sort(key=lambda piece: piece[0])
        for start, end, what in pieces:
            if start < at:
                continue
            parts.append(text[at:start])
            parts.append(self.token(what, text[start:end], plan.path) if isinstance(what, Span) else what())
            at = end
        parts.append(text[at:])
        return "".join(parts)

    def token(self, span: Span, value: str, path: tuple[str, ...]) -> str:
        simple = _simple(value)
        kind = self.kinds.get(simple, span.kind)
        normal = shapes.normal(kind, value)
        if (kind, normal) not in self.findings:
            self.findings[kind, normal] = Finding(kind, value, normal, span.rule, ".".join(path))
        return self.mint.token(kind, value, normal)


def _helper(key: str) -> str:
    """What a sibling may say of the value of `key`."""
    if is_valuer(key):
        return "value"
    if key in positional.ROWS:
        return "rows"
    if key in _ACCOUNTS:
        return "account"
    return "id" if key in _BARE_IDS else ""


_CERTIFICATE: Final = frozenset({"issuer", "not_after", "notAfter", "not_before", "notBefore", "validTo", "valid_to"})
_ACCOUNTS: Final = frozenset(
    {"account", "owner", "accountId", "account_id", "AccountId", "ownerId", "AWSAccountId", "recipientAccountId"}
)
_BARE_IDS: Final = frozenset(
    {
        "id",
        "ID",
        "Id",
        "_id",
        "uid",
        "uuid",
        "key",
        "ref",
        "number",
        "no",
        "code",
        "pk",
        "identifier",
        "record",
        "external_id",
        "externalId",
        "extId",
        "serial",
        "sub",
    }
)
_TYPES: Final = frozenset(
    {"S", "N", "B", "BOOL", "SS", "NS", "$oid", "$date", "$numberLong", "$numberInt", "$numberDecimal", "$uuid"}
)
"""DynamoDB and MongoDB write a value's type as its key: `{"dob": {"S": "1957-05-11"}}`."""
_DISTINCT: Final = frozenset({"PERSON", "DOB", "SSN", "MRN"})
_LONGEST_ROW: Final = 40
_DAY_OR_NAME: Final = re.compile(r"[0-9]{1,4}[-/.][0-9A-Za-z]{1,3}[-/.][0-9]{2,4}|[A-Z][A-Za-z'-]+, [A-Z][A-Za-z' -]+")
_LOGGED: Final = frozenset({"level", "lvl", "severity", "error", "err", "status", "seviye", "nivel", "msg", "message"})
_PERSONAL: Final = frozenset(
    {"PERSON", "DOB", "SSN", "MRN", "MEMBER_ID", "NATIONAL_ID", "ADDRESS", "PHONE", "ZIP", "EMAIL"}
)
_QUOTES: Final = "\"'`"
_CLOUD: Final = frozenset(
    {
        "region",
        "awsRegion",
        "detail-type",
        "resources",
        "arn",
        "pod",
        "image",
        "namespace",
        "cluster",
        "alertname",
        "container",
        "instance",
        "source",
        "eventSource",
        "logGroup",
        "logStream",
        "messageType",
        "AlarmName",
        "AWSAccountId",
        "eventName",
        "resourceId",
        "configRule",
    }
)
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
        "yes",
        "no",
        "***",
        "<nil>",
        "<redacted>",
    }
)
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
_RUN: Final = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}")
_LONG: Final = re.compile("[A-Za-z0-9+/_-]{16}")
_PRINTABLE: Final = frozenset(string.printable)


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
_REFERENCE: Final = re.compile(r"[a-z]+[a-z0-9_]*(?:\.[a-z0-9_]+)+(?:\[[^\]\s]{1,20}\])?")
_SETTING: Final = re.compile(r"[a-z]{2,}(?:[-_][a-z]{2,}){1,5}")
_PARTS: Final = re.compile(r"[A-Za-z]+")


def _binding(text: str) -> bool:
    """`lab.result.dead`: ordinary words with dots between."""
    return len(text) < 80 and "." in text and all(LEXICON.flag(part) in SAFE for part in re.split("[._-]", text))


def _trade_name(value: str) -> bool:
    """`argo-cd`, `claims-api-1.14.2`: a compound of ordinary words, none of them a name, without a long number."""
    parts = [part.lower() for part in _PARTS.findall(value)]
    return (
        len(parts) > 1
        and " " not in value
        and all(len(part) < 3 or LEXICON.flag(part) == "w" for part in parts)
        and re.search(r"[0-9]{4}", value) is None
    )


def _may_be_other(value: str, kind: str) -> bool:
    """Can the shape of a value overrule its key (`text.stronger`)."""
    if "@" in value or value.count(".") == 3 or value.count(":") > 1 or len(value) >= 20:
        return True
    return kind in {"PATIENT_ID", "IDENTIFIER", "USERNAME", "PERSON", "NATIONAL_ID"} and any(
        char.isdigit() for char in value
    )


def _simple(value: str) -> str:
    return (" ".join(value.split()) if " " in value or "\n" in value or "\t" in value else value).casefold()


def _repeats_a_key(text: str) -> bool:
    """Does an object in a JSON document have a key twice: the value that loses was never looked at."""
    found = False

    def pairs(items: list[tuple[str, Json]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in items}) < len(items)

    try:
        json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return True
    return found


def _dump(value: Json, *, spaced: bool) -> str:
    text = orjson.dumps(value).decode()
    if not spaced:
        return text
    return json.dumps(value, ensure_ascii=False)


def _readable(raw: bytes) -> str | None:
    """Decoded bytes as text, when they are text."""
    if raw[:2] == b"\x1f\x8b" or raw[:1] == b"\x78":
        try:
            raw = zlib.decompressobj(47).decompress(raw, MAX_INFLATED)
        except zlib.error:
            return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if len(raw) <= 16 and not text.isascii():
        return None  # a digest's bytes may be UTF-8 by chance; a name has more of them
    if len(text) < 6 or sum(char.isprintable() or char in "\r\n\t" for char in text) < len(text):
        return None
    return text


def _open(run: str) -> tuple[str, Callable[[str], str]] | None:
    """A run of base64, base64url or hex that is text inside, with the way back."""
    if _RUN.fullmatch(run) is None:
        return None
    body = run.rstrip("=")
    if body.isdigit() and set(body[::2]) != {"3"}:
        return None  # a number; in hex only digits would be written with digits alone
    if re.fullmatch(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+", body):
        text = _readable(bytes.fromhex(body))
        if text is not None:
            return text, lambda plain: plain.encode().hex()
    if len(body) % 4 == 1:
        return None
    url = "-" in body or "_" in body
    if url and ("+" in body or "/" in body):
        return None
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_" if url else None, validate=True)
    except (binascii.Error, ValueError):
        return None
    text = _readable(raw)
    if text is None:
        return None
    padded = run != body or len(body) % 4 == 0

    def encode(plain: str) -> str:
        out = (base64.urlsafe_b64encode if url else base64.b64encode)(plain.encode()).decode()
        return out if padded else out.rstrip("=")

    return text, encode


_PERCENT: Final = re.compile("%[0-9a-f]{2}")
_NAME_GAP: Final = re.compile(r"[\s,^.'-]+")


def _trace(value: str, kind: str, haystack: str, *, encoded: bool) -> bool:
    """A cheap look whether any spelling of a value can stand in the rest of the event."""
    if kind == "PERSON":
        return any(len(part) > 1 and part in haystack for part in _NAME_GAP.split(value))
    if kind == "EMAIL":
        return encoded or value.partition("@")[0] in haystack
    if kind in {"SSN", "PHONE", "FAX", "CREDIT_CARD"}:
        return "".join(char for char in value if char.isdigit())[-4:] in haystack
    return encoded or value in haystack


def _spellings(value: str, kind: str) -> set[str]:
    """How a value may stand elsewhere: as it is, percent-encoded, with other separators, in identifying parts."""
    if len(value) < 3:
        return set()
    found: set[str] = set()
    digits = "".join(char for char in value if char.isdigit())
    if kind in {"SSN", "PHONE", "FAX", "CREDIT_CARD"}:
        if len(digits) >= 7:
            found |= {value, digits}
        if kind == "SSN" and len(digits) == 9:
            found |= {f"{digits[:3]}-{digits[3:5]}-{digits[5:]}", f"{digits[:3]} {digits[3:5]} {digits[5:]}"}
        if kind in {"PHONE", "FAX"} and len(digits) >= 10:
            ten = digits[-10:]
            found |= {
                ten,
                f"{ten[:3]}-{ten[3:6]}-{ten[6:]}",
                f"({ten[:3]}) {ten[3:6]}-{ten[6:]}",
                f"{ten[:3]}.{ten[3:6]}.{ten[6:]}",
            }
        return found
    if value.isdigit():
        return {value} if len(value) >= 5 else set()
    if kind in {"WARD", "ZIP", "DIAGNOSIS", "MEDICATION", "USERNAME"} and len(value) < 4:
        return set()
    if LEXICON.flag(value) in PLAIN:
        return set()
    found.add(value)
    if not value.isalnum():
        found.add(quote(value, safe="").casefold())
        found.add(quote(value, safe="@").casefold())
    if kind == "PERSON":
        parts = re.findall(r"[^\W\d_]{2,}", value)
        found.update(part for part in parts if len(part) > 2 and LEXICON.flag(part) not in SAFE)
        if len(parts) >= 2:
            for joint in ("", ".", "_", "-", "+", "^"):
                found.add(parts[0] + joint + parts[-1])
            found.add(f"{parts[-1]}, {parts[0]}")
            found.add(f"{parts[-1]} {parts[0]}")
            found.add(f"{parts[-1]}^{parts[0]}")
    if kind == "EMAIL":
        local = value.split("@", maxsplit=1)[0]
        if len(local) > 3 and LEXICON.flag(local) not in PLAIN:
            found.add(local)
    return found


def _occurrences(text: str, wanted: dict[str, str], *, structural: bool) -> list[Span]:
    """Where the wanted spellings stand in `text` as wholes, tokens excepted."""
    low = text.casefold()
    if len(low) != len(text):
        low = text.lower()
        if len(low) != len(text):
            return []
    spans: list[Span] = []
    shielded: list[tuple[int, int]] | None = None
    for spelling, kind in wanted.items():
        at = low.find(spelling)
        while at >= 0:
            end = at + len(spelling)
            before, after = low[at - 1 : at], low[end : end + 1]
            if not (_same_class(before, spelling[0]) or _same_class(after, spelling[-1])):
                if shielded is None:
                    shielded = [match.span() for match in TOKEN.finditer(text)]
                if not any(start < end and at < stop for start, stop in shielded) and not (
                    structural and kind in {"DATE", "DOB", "WARD"}
                ):
                    spans.append(Span(at, end, kind, "propagated", True))
            at = low.find(spelling, end)
    return settle(spans)


def _as_written(text: str, halves: set[str]) -> list[Span]:
    """Where words of a name that are ordinary words too stand as the name has them, with a capital: `Grace` of Grace Hill."""
    spans: list[Span] = []
    for half in halves:
        at = text.find(half)
        while at >= 0:
            end = at + len(half)
            if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                spans.append(Span(at, end, "PERSON", "propagated", True))
            at = text.find(half, end)
    if not spans:
        return spans
    tokens = [match.span() for match in TOKEN.finditer(text)]
    return [span for span in spans if not any(a < span.end and span.start < b for a, b in tokens)]


_HALF: Final = re.compile(r"[A-Z][A-Za-z]{2,}")
_LONGEST_NAME: Final = 60


def _spared(spans: list[Span], text: str) -> list[Span]:
    """The spans without the tokens that stand in them: a tokenized alert fed back keeps its tokens."""
    tokens = [match.span() for match in TOKEN.finditer(text) if is_token(match[0])]
    if not tokens:
        return spans
    kept: list[Span] = []
    ends = [end for _, end in tokens]
    for span in spans:
        at = span.start
        for start, end in tokens[bisect_right(ends, span.start) :]:
            if start >= span.end:
                break
            if any(char.isalnum() for char in text[at:start]):
                kept.append(span._replace(start=at, end=start))
            at = end
        if at == span.start or any(char.isalnum() for char in text[at : span.end]):
            kept.append(span._replace(start=at))
    return kept


def _outside(spans: list[Span], start: int, end: int) -> list[Span]:
    """What of the spans lies before `start` or after `end`."""
    kept: list[Span] = []
    for span in spans:
        if span.end <= start or span.start >= end:
            kept.append(span)
            continue
        if span.start < start:
            kept.append(span._replace(end=start))
        if span.end > end:
            kept.append(span._replace(start=end))
    return kept


def _distinct(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object's members; ValueError when a key comes twice, for the value that loses would never be looked at."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_distinct)
_OBJECT: Final = re.compile(r'\{\s{0,40}"')
_KEY_BEFORE: Final = re.compile(r"""([A-Za-z_][A-Za-z0-9_]{1,40})["']?\s?(?:=|:|=>|:=)\s?$""")
_SMALLEST: Final = 8


def _rewritten(box: list[Json], run: str) -> str:
    """A JSON object again, with what became of its values; as it was when nothing did."""
    return run if box[0] == json.loads(run) else json.dumps(box[0], ensure_ascii=False, separators=_gaps(run))


def _gaps(run: str) -> tuple[str, str]:
    return (", " if '", ' in run or "}, " in run else ",", ": " if '": ' in run else ":")


def _written(box: list[Json], plain: str, encode: Callable[[str], str], run: str) -> str:
    """An encoded run again, with what became of its text; as it was when nothing did."""
    return run if box[0] == plain else encode(box[0])


def _covered(span: Span, spans: list[Span], starts: list[int]) -> bool:
    """Does `span` touch one of `spans`, which are in order and begin at `starts`."""
    at = bisect_right(starts, span.start)
    return bool((at and spans[at - 1].end > span.start) or (at < len(spans) and spans[at].start < span.end))


def _same_class(char: str, edge: str) -> bool:
    if not char:
        return False
    return (char.isdigit() and edge.isdigit()) or (char.isalpha() and edge.isalpha())


_LITERALS: Final = Reader(strict=False, safe=frozenset(), patterns=())
