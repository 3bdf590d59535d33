"""A sample is pasted and shown as it would become: tokenized, with the rule behind every token, and where it would go.

Tokens are throw-away ones, and nothing is stored.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from router.core import routing
from router.flow import routes, snapshot
from router.flow.intake import event_of, upright
from router.flow.manage import NotFound
from router.flow.routes import Tried as Trace
from router.privacy.rules import Rules
from router.privacy.tokenizer import Tokenized, tokenize
from router.privacy.tokens import KINDS, ThrowawayMint
from router.runtime import Runtime
from router.sources.contract import Malformed, RawAlert, WrongShape
from router.sources.recognise import recognise

LONGEST: Final = 64 * 1024
"""Characters of a sample."""

WHY: Final = {
    "key": "the key beside it names it",
    "field": "a field rule of this tenant",
    "pattern": "a pattern of this tenant",
    "shape": "its shape, and its check digits where it has some",
    "cue": "the words before it",
    "prefix": "its prefix",
    "name": "a person's name",
    "propagated": "found elsewhere in the same event",
    "segment": "its place in a positional format",
    "column": "its place in a positional format",
    "unknown": "default deny: not known to be harmless",
    "number": "default deny: a number whose role is not known",
    "code": "default deny: a code whose role is not known",
    "sealed": "the level is sealed",
    "budget": "too long, too deep or not readable: sealed as a whole",
}
"""What the tokenizer's rules say to a person; a rule that is not here is shown by its own word."""


class SampleRefused(Exception):  # noqa: N818 - the answer
    """A sample cannot be shown tokenized. The text says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Why one token is there: its type, what the type is, the rule and the dotted path, and no value."""

    token: str
    kind: str
    what: str
    rule: str
    why: str
    path: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A sample tokenized with throw-away tokens. `text` is JSON, indented, when the sample was (`is_json`)."""

    level: str
    is_json: bool
    text: str
    behind: tuple[Behind, ...]
    sealed: int  # parts that a budget or a fault sealed whole


def try_sample(runtime: Runtime, tenant_id: UUID, sample: str) -> Tried:
    """Tokenize a pasted sample by the tenant's rules as they stand. Reads the rules; writes nothing, audits nothing.

    Raises:
        SampleRefused: it is empty or too long, or there is no such tenant.
        DatabaseDown: the rules could not be read.
    """
    with runtime.database.tenant(tenant_id) as session:
        held = snapshot.load(session)
    if held is None:
        raise SampleRefused("There is no such tenant.")
    return tokenized(sample, held.rules)


def tokenized(sample: str, rules: Rules) -> Tried:
    """The same by rules at hand. Raises SampleRefused."""
    if not sample.strip():
        raise SampleRefused("Paste a synthetic sample first.")
    if len(sample) > LONGEST:
        raise SampleRefused(f"A sample has at most {LONGEST // 1024} K characters.")
    event: Any = sample
    is_json = False
    if sample.lstrip()[:1] in {"{", "["}:
        with contextlib.suppress(orjson.JSONDecodeError):
            event, is_json = orjson.loads(sample), True
    mint = ThrowawayMint()
    roles = recognise(event) if is_json else None
    done = tokenize(event, rules, roles or {}, mint)
    text = orjson.dumps(done.event, option=orjson.OPT_INDENT_2).decode() if is_json else str(done.event)
    return Tried(rules.level, is_json, text, _behind(done, mint), sum(done.counters.values()))


@dataclass(frozen=True, slots=True)
class TriedAlert:
    """One alert of a pasted body, as it would be kept, and where it would go."""

    signal: str
    severity: str
    title: str
    description: str
    labels: Mapping[str, str]
    details: Mapping[str, Any]
    behind: tuple[Behind, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class TriedBody:
    """What a source would make of a body."""

    level: str
    alerts: tuple[TriedAlert, ...]


def try_body(runtime: Runtime, tenant_id: UUID, source_id: UUID, body: str) -> TriedBody:
    """What a source would make of a body that its tool sends. Reads the configuration; stores and audits nothing.

    Raises:
        NotFound: this tenant has no such source.
        SampleRefused: it is empty or too long, or not what the source's format is; the text repeats nothing of it.
        DatabaseDown: the configuration could not be read.
    """
    if not body.strip():
        raise SampleRefused("Paste a synthetic body first.")
    if len(body) > LONGEST:
        raise SampleRefused(f"A sample has at most {LONGEST // 1024} K characters.")
    with runtime.database.tenant(tenant_id) as session:
        held = snapshot.load(session)
    source = held.sources.get(source_id) if held is not None else None
    if held is None or source is None:
        raise NotFound("There is no such source in this tenant.")
    if source.format is None:
        raise SampleRefused("This source's format is not known to this version of Alertveil.")
    now = datetime.now(UTC)
    try:
        found = source.format.parse(body.encode(), source.mapping, now)
    except (Malformed, WrongShape) as error:
        raise SampleRefused(f"The source would refuse this: {error}") from None
    rules = source.rules or held.rules
    return TriedBody(rules.level, tuple(_alert(raw, held, source, rules, now) for raw in found[:SHOWN]))


SHOWN: Final = 20
"""Alerts of a body that a try shows."""


def _alert(raw: RawAlert, held: snapshot.Snapshot, source: snapshot.Source, rules: Rules, now: datetime) -> TriedAlert:
    mint = ThrowawayMint()
    roles = source.format.roles if source.format else {}
    done = tokenize(event_of(raw, source.drops), rules, roles, mint)
    event = upright(done.event)
    facts = routing.facts(event["labels"], raw.severity, source.name)
    return TriedAlert(
        raw.signal,
        raw.severity,
        event["title"],
        event["description"],
        event["labels"],
        event["details"],
        _behind(done, mint),
        routes.trace(held.table, facts, now),
    )


def _behind(done: Tokenized, mint: ThrowawayMint) -> tuple[Behind, ...]:
    return tuple(
        Behind(
            mint.token(each.kind, each.value, each.normal),
            each.kind,
            KINDS[each.kind],
            each.rule,
            WHY.get(each.rule, each.rule),
            each.path,
        )
        for each in done.findings
    )
