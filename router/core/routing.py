"""Which channels hear of a change: matchers as Alertmanager reads them, the first match or `continue`, resolves to all.

Rules that are not obvious: a resolve or an acknowledgement goes exactly where the trigger went, past any change of
routes and any silence (alertmanager#3664 shows what happens otherwise); a later `continue` route adds channels but
never a group key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from uuid import UUID

import re2

from channels.contract import Kind, Severity
from router.core.incident import Change

if TYPE_CHECKING:
    from router.core.silence import Silence

Operator = Literal["=", "!=", "=~", "!~"]


class MatcherError(Exception):
    """A matcher cannot be used. The text says what is wrong with it; a matcher is configuration, so it is named."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One test of one label. `values` is set when equality decides, `regex` when only the engine can."""

    name: str
    operator: Operator
    value: str
    values: frozenset[str] | None
    regex: Any  # a compiled re2 pattern; the library has no types

    def __str__(self) -> str:
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.operator}"{quoted}"'

    def matches(self, facts: Mapping[str, str]) -> bool:
        """Whether it holds; a label that is missing counts as empty."""
        value = facts.get(self.name, "")
        hit = value in self.values if self.values is not None else _matches(self.regex, value)
        return hit is (self.operator in _POSITIVE)


@lru_cache(maxsize=4096)
def _matches(regex: Any, value: str) -> bool:  # noqa: ANN401 - the library has no types
    """The binding takes 10 µs a match, and label values come again and again."""
    return regex.fullmatch(value) is not None


_OPERATORS: Final[Mapping[str, Operator]] = {"=": "=", "!=": "!=", "=~": "=~", "!~": "!~"}
_POSITIVE: Final = frozenset({"=", "=~"})
_NAME: Final = r"[^\s{}!=~,\"'`\\]+"
_MATCHER: Final = re.compile(
    rf'\s*(?:"(?P<quoted>[^"\\]+)"|(?P<name>{_NAME}))\s*(?P<op>=~|!=|!~|=)\s*(?P<value>.*?)\s*', re.DOTALL
)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPES: Final = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}
_WORDS: Final = re.compile(r"[A-Za-z0-9_ @%&:;,/<>=~\"'!#-]+(?:\|[A-Za-z0-9_ @%&:;,/<>=~\"'!#-]+)*")
"""A regex that is only words with bars between: the same as asking for one of them, without the engine."""

_MAX_MATCHER: Final = 4096
_MAX_PROGRAM: Final = 1 << 20  # bytes that one compiled regex may take, so that no config exhausts the process


def parse_matcher(text: str) -> Matcher:
    r"""The matcher in `text`: a label, one of `= != =~ !~`, a value that is bare or in double quotes.

    As in Alertmanager a regex is anchored at both ends and `\n \" \\` are the escapes of a quoted value; any other
    backslash stands for itself, so `"\d+"` is a regex.

    Raises:
        MatcherError: no operator, quotes that do not close, or a regex that RE2 does not take.
    """
    if len(text) > _MAX_MATCHER:
        raise MatcherError(f"a matcher may be {_MAX_MATCHER} characters long")
    parts = _MATCHER.fullmatch(text)
    if parts is None:
        raise MatcherError(f"{text!r} is no matcher: expected label, one of = != =~ !~, and a value")
    operator = _OPERATORS[parts["op"]]
    value = _value(text, parts["value"])
    name = parts["quoted"] or parts["name"]
    if operator in {"=", "!="}:
        return Matcher(name, operator, value, frozenset({value}), None)
    regex = _compile(text, value)
    plain = frozenset(value.split("|")) if _WORDS.fullmatch(value) else None
    return Matcher(name, operator, value, plain, None if plain else regex)


def _value(text: str, value: str) -> str:
    if value.startswith('"'):
        quoted = _QUOTED.fullmatch(value)
        if quoted is None:
            raise MatcherError(f"{text!r}: the value's quotes do not close, or more follows them; one matcher per line")
        return re.sub(r"\\.", lambda escape: _ESCAPES.get(escape[0], escape[0]), quoted[1], flags=re.DOTALL)
    if '"' in value:
        raise MatcherError(f"{text!r}: put the whole value into double quotes")
    return value


def _compile(text: str, value: str) -> Any:  # noqa: ANN401 - the library has no types
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_PROGRAM
    try:
        return re2.compile(value, options)
    except re2.error as error:
        reason = error.args[0]
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    raise MatcherError(f"{text!r}: not a regex that RE2 takes ({words})")


@dataclass(frozen=True, slots=True)
class Route:
    """Matchers that must all hold, and the channels (by name) of an alert for which they do."""

    matchers: tuple[Matcher, ...]
    channels: tuple[str, ...]
    group_by: tuple[str, ...] | None = None
    go_on: bool = False  # `continue: true`: look at later routes too


@dataclass(frozen=True, slots=True)
class Target:
    """A channel as it is configured now: its identity, and that of the destination it points at."""

    channel_id: UUID
    destination_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """One tenant's routes in order, its channels by name, and its silences that are not over."""

    routes: tuple[Route, ...]
    targets: Mapping[str, Target]
    silences: tuple[Silence, ...] = ()


class Hush(StrEnum):
    """Why a change is told to nobody."""

    NOTHING_NEW = "nothing new to tell"
    SILENCED = "silenced"
    NO_ROUTE = "no route matches"
    NO_CHANNEL = "the routes that match name no channel that exists"
    NEVER_ANNOUNCED = "no channel was ever told of this incident"


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery to make: of this kind, to this channel, at this destination."""

    channel_id: UUID
    destination_id: UUID
    kind: Kind


@dataclass(frozen=True, slots=True)
class Plan:
    """The deliveries of a change, whom the incident has told after them, and why there are none."""

    deliveries: tuple[Planned, ...]
    told: Mapping[UUID, UUID]
    hush: Hush | None = None
    silence: Silence | None = None  # the one that keeps the channels quiet, when `hush` is SILENCED

    @property
    def why_none(self) -> str | None:
        """What the timeline says of a change that nobody is told of; None when somebody is."""
        if self.silence is not None:
            return f"silenced by {self.silence.created_by} ({self.silence.short_id}): {self.silence.reason}"
        return self.hush.value if self.hush else None


def facts(labels: Mapping[str, str], severity: Severity, source: str) -> dict[str, str]:
    """What matchers and `group_by` see: the tokenized labels, and over them our severity and the source's name."""
    return {**labels, "severity": severity, "source": source}


def matching(table: Table, known: Mapping[str, str]) -> list[Route]:
    """The first route that matches, and while each says `continue`, the next ones that do."""
    found = []
    for route in table.routes:
        if all(matcher.matches(known) for matcher in route.matchers):
            found.append(route)
            if not route.go_on:
                break
    return found


class Look(NamedTuple):
    """What became of one route when facts were held against the table. `failed`: the first matcher that does not hold.

    `reached` is False behind a route that matched and does not say `continue`.
    """

    position: int
    route: Route
    reached: bool
    failed: Matcher | None

    @property
    def matches(self) -> bool:
        """Does the route take what has these facts."""
        return self.reached and self.failed is None


def explain(table: Table, known: Mapping[str, str]) -> list[Look]:
    """Every route in order, and why it takes these facts or does not: as `matching` decides, in its words."""
    found: list[Look] = []
    reached = True
    for position, route in enumerate(table.routes):
        failed = next((matcher for matcher in route.matchers if not matcher.matches(known)), None)
        found.append(Look(position, route, reached, failed))
        if reached and failed is None and not route.go_on:
            reached = False
    return found


def group_fields(table: Table, known: Mapping[str, str]) -> tuple[tuple[str, str], ...] | None:
    """The labels that an alert's group key is made of, a missing one empty; None: its source's dedup key instead."""
    for route in matching(table, known)[:1]:
        if route.group_by:
            return tuple((name, known.get(name, "")) for name in route.group_by)
    return None


def literals(routes: Sequence[Route]) -> dict[str, frozenset[str]]:
    """Label values that routes name literally, by label: these pass for those labels at every privacy level."""
    return literals_of([route.matchers for route in routes])


def literals_of(found: Sequence[Sequence[Matcher]]) -> dict[str, frozenset[str]]:
    """The same of any matchers."""
    named: dict[str, set[str]] = {}
    for matchers in found:
        for matcher in matchers:
            if matcher.values:
                named.setdefault(matcher.name, set()).update(matcher.values - {""})
    return {name: frozenset(values) for name, values in named.items() if values}


def plan(change: Change, known: Mapping[str, str], table: Table, now: datetime) -> Plan:
    """Whom to tell of `change`, and of what kind, at `now`.

    * trigger: the channels of the routes that match; when the incident came back, those it had told before as well,
      at the destination they point at today (a channel that is gone is not told again: its resolve has ended that).
    * update: everyone told so far, and a trigger for channels that match only now.
    * acknowledge, resolve: exactly those told so far, where they were told.

    While a silence holds, a trigger and an update are told to nobody. A silenced trigger leaves nobody told: what the
    incident told before it came back, it told of an episode that is over.
    """
    told = change.incident.told
    if change.kind is None:
        return Plan((), told, Hush.NOTHING_NEW)
    if table.silences and change.kind in {"trigger", "update"}:
        silence = silencing(table, known, now)
        if silence is not None:
            return Plan((), {} if change.kind == "trigger" else told, Hush.SILENCED, silence)
    if change.kind == "trigger":
        return _trigger(told, known, table)
    if change.kind == "update":
        return _update(told, known, table)
    deliveries = tuple(Planned(channel, destination, change.kind) for channel, destination in told.items())
    return Plan(deliveries, told, None if deliveries else Hush.NEVER_ANNOUNCED)


def silencing(table: Table, known: Mapping[str, str], now: datetime) -> Silence | None:
    """Of the silences that hold, the one that lasts longest: when it ends, nothing else keeps the channels quiet."""
    found = (each for each in table.silences if each.holds(known, now))
    return max(found, key=lambda each: each.ends_at, default=None)


def _trigger(told: Mapping[UUID, UUID], known: Mapping[str, str], table: Table) -> Plan:
    again = {target.channel_id: target.destination_id for target in table.targets.values() if target.channel_id in told}
    matched, hush = _matched(known, table)
    now = again | matched
    return Plan(_planned(now, "trigger"), now, None if now else hush)


def _update(told: Mapping[UUID, UUID], known: Mapping[str, str], table: Table) -> Plan:
    matched, hush = _matched(known, table)
    added = {channel: destination for channel, destination in matched.items() if channel not in told}
    deliveries = _planned(told, "update") + _planned(added, "trigger")
    return Plan(deliveries, {**told, **added}, None if deliveries else hush)


def _planned(told: Mapping[UUID, UUID], kind: Kind) -> tuple[Planned, ...]:
    return tuple(Planned(channel, destination, kind) for channel, destination in told.items())


def _matched(known: Mapping[str, str], table: Table) -> tuple[dict[UUID, UUID], Hush]:
    routes = matching(table, known)
    found = [table.targets[name] for route in routes for name in route.channels if name in table.targets]
    hush = Hush.NO_CHANNEL if routes else Hush.NO_ROUTE
    return {target.channel_id: target.destination_id for target in found}, hush
