"""Plaintext for deliveries that are opted in: granted, committed, and only then fetched, for a whole batch at once.

A cache decided that plaintext may leave; here the database decides it again. Whatever goes wrong, or has changed since,
the delivery goes out with tokens, and its attempt says why. Values live in the message that is about to be sent and
nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from channels.contract import Message
from channels.text import TOKEN
from router.core.audit import Event
from router.core.incident import Incident
from router.core.optin import SECRET, Decision, Ground, Plaintext, Tokens
from router.flow import optin
from router.keys import IntegrityFailure, KeystoreDown
from router.privacy.rules import Rules
from router.privacy.tripwire import scan
from router.runtime import Runtime
from router.store import optins
from router.store.optins import ALLOWED, Granted, Wanted
from router.store.session import Conflict, DatabaseDown, Session
from router.vault import Opened

log = logging.getLogger(__name__)

ACTOR: Final = "service:delivery"

MOST_TOKENS: Final = 100
"""Tokens that one message has opened; the rest of them stay."""

ROUNDS: Final = 4
"""How often a finished message is looked at again after values were taken back out of it; then it holds tokens."""


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One attempt that may have plaintext: what would be sent with tokens, and how to make it with values.

    `message` is clean already, with `trips` findings replaced. `preview` is what the channel would make of a message.
    """

    incident: Incident
    revision: int
    number: int
    decision: Decision
    message: Message
    trips: int
    render: Callable[[Mapping[str, str]], Message] = field(repr=False)
    preview: Callable[[Message], Any] = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Finished:
    """What is sent, under which decision, and how much the tripwire took out of it."""

    message: Message
    decision: Decision
    trips: int


@dataclass(frozen=True, slots=True)
class Destination:
    """Whither a batch goes: the identity is that of the sender about to be used."""

    tenant_id: UUID
    channel_id: UUID
    destination_id: UUID
    identity: bytes
    version: int  # the policy's, as the claim gave it


@dataclass(frozen=True, slots=True)
class _Asked:
    """A grant that one of the attempts asks for."""

    place: int
    optin_id: UUID
    wanted: Wanted


def finish(runtime: Runtime, to: Destination, rules: Rules, attempts: Sequence[Attempt]) -> list[Finished]:
    """What to send for each attempt, in order: with plaintext where a committed grant gave values, else with tokens.

    Two transactions for the whole batch, however many incidents it holds; none when no decision says plaintext.
    """
    finished = [_held(each) for each in attempts]
    asked = [one for place, each in enumerate(attempts) if (one := _ask(place, each)) is not None]
    if not asked:
        return finished
    opened, grounds = _open(runtime, to, asked)
    for one in asked:
        each = attempts[one.place]
        values = opened.get(one.wanted.grant_id)
        if not values:
            ground = grounds.get(one.wanted.grant_id, Ground.REFUSED)
            finished[one.place] = Finished(each.message, Tokens(ground), each.trips)
            continue
        try:
            finished[one.place] = _finish(each, values, rules)
        except Exception as error:  # noqa: BLE001 - whatever a renderer raises may hold the values; tokens do not
            log.error(
                "plaintext not rendered", extra={"cause": type(error).__name__, "incident": each.message.short_id}
            )
            finished[one.place] = Finished(each.message, Tokens(Ground.ERROR), each.trips)
    return finished


def _held(each: Attempt) -> Finished:
    """The attempt with tokens, and why."""
    decision: Decision = each.decision
    if isinstance(decision, Plaintext):
        decision = Tokens(Ground.TRIPWIRE if each.trips else Ground.NOTHING)
    return Finished(each.message, decision, each.trips)


def _ask(place: int, each: Attempt) -> _Asked | None:
    """The grant that an attempt needs; None: it holds tokens, or nothing in it is of an allowed type."""
    decision = each.decision
    if not isinstance(decision, Plaintext) or each.trips:  # a message with findings of its own is no place for more
        return None
    incident = each.incident
    parts = [incident.title, incident.description, *(text for pair in incident.fields for text in pair)]
    tokens = list(dict.fromkeys(token for text in parts for token in TOKEN.findall(text)))
    wanted = [token for token in tokens if token[1:].rpartition("_")[0] in decision.types][:MOST_TOKENS]
    if not wanted:
        return None
    return _Asked(place, decision.optin_id, Wanted(uuid4(), incident.incident_id, each.revision, each.number, wanted))


# --- grant, commit, fetch -----------------------------------------------------------------------------------------


def _open(
    runtime: Runtime, to: Destination, asked: Sequence[_Asked]
) -> tuple[dict[UUID, list[Opened]], dict[UUID, Ground]]:
    """What each grant opened, and why one opened nothing. Never raises for what the database or keystore does."""
    grounds: dict[UUID, Ground] = {}
    try:
        with runtime.database.tenant(to.tenant_id) as session:
            keys = runtime.vault.keys(session, to.tenant_id)
            granted = _grant(runtime, session, to, asked, grounds)
        if not granted:
            return {}, grounds
        with runtime.database.tenant(to.tenant_id) as session:
            now = optins.policy_version(session)
            if now is None or now.kill_switch or now.version != to.version:
                # Whoever changed the policy was told that the next attempt sees it, and this one has not begun to send.
                return {}, grounds | dict.fromkeys(granted, Ground.CHANGED)
            fetched = runtime.vault.fetch_each(session, keys, granted, ACTOR)
    except (DatabaseDown, KeystoreDown, Conflict, IntegrityFailure) as error:
        log.warning("plaintext not granted", extra={"cause": type(error).__name__, "channel": to.channel_id})
        return {}, {one.wanted.grant_id: Ground.ERROR for one in asked}
    opened: dict[UUID, list[Opened]] = {}
    for grant_id, found in fetched.items():
        if isinstance(found, IntegrityFailure):
            log.error("a sealed value does not open where it stands", extra={"channel": to.channel_id})
            grounds[grant_id] = Ground.ERROR
        else:
            opened[grant_id] = found
    return opened, grounds


def _grant(
    runtime: Runtime, session: Session, to: Destination, asked: Sequence[_Asked], grounds: dict[UUID, Ground]
) -> list[UUID]:
    """Ask for every grant, write each answer to the audit, and return those that were allowed."""
    allowed: list[UUID] = []
    events: list[Event] = []
    for optin_id in sorted({one.optin_id for one in asked}, key=lambda each: each.bytes):
        mine = {one.wanted.grant_id: one.wanted for one in asked if one.optin_id == optin_id}
        held = optins.hold(session, optin_id)
        altered = held is not None and not optin.intact(runtime, *held)
        answers = optins.disclose(
            session,
            version=to.version,
            optin_id=optin_id,
            channel_id=to.channel_id,
            destination_id=to.destination_id,
            identity=to.identity,
            refused="the opt-in or its agreement was changed past its two persons" if altered else "",
            wanted=list(mine.values()),
        )
        for answer in answers:
            if answer.verdict == ALLOWED:
                allowed.append(answer.grant_id)
            else:
                grounds[answer.grant_id] = Ground.ALTERED if altered else _ground(answer.verdict)
            baa_id = held[1].baa_id if held else None
            events.append(_event(to, optin_id, baa_id, mine[answer.grant_id], answer))
        if altered:
            log.error("an opt-in was changed past its two persons", extra={"channel": to.channel_id})
    runtime.audit.write(session, to.tenant_id, *events)
    return allowed


def _ground(verdict: str) -> Ground:
    return Ground.CHANGED if verdict.startswith("the policy changed") else Ground.REFUSED


def _event(to: Destination, optin_id: UUID, baa_id: UUID | None, wanted: Wanted, answer: Granted) -> Event:
    """What left, or would have, as the audit keeps it: token ids and never a value."""
    fine = answer.verdict == ALLOWED
    left_out = sorted(set(wanted.tokens) - set(answer.tokens)) if fine else []
    return Event(
        "disclosure",
        ACTOR,
        f"incident:{wanted.incident_id}",
        decision="allowed" if fine else "denied",
        reason="" if fine else answer.verdict,
        details={
            "channel": str(to.channel_id),
            "incident": str(wanted.incident_id),
            "optin": str(optin_id),
            "baa": str(baa_id) if baa_id else None,
            "grant": str(wanted.grant_id),
            "revision": wanted.revision,
            "attempt": wanted.attempt,
            "tokens": list(answer.tokens),
            # These stand in the text and were not sealed by an alert of this incident: shown, never opened.
            **({"left_out": left_out} if left_out else {}),
        },
    )


# --- the finished message -----------------------------------------------------------------------------------------


def _finish(each: Attempt, opened: Sequence[Opened], rules: Rules) -> Finished:
    """The message with values, looked at once more as the channel will send it; what may not be in it is a token again.

    A finding is allowed where it lies within a value that the grant opened and is of a type that was opted in, or is
    that value as a whole. Anything else that a value brings with it takes the value back.
    """
    decision = each.decision
    types = decision.types if isinstance(decision, Plaintext) else frozenset()
    values = {one.token: one.value for one in opened if one.kind in types and one.value}
    trips = 0
    for token, value in list(values.items()):
        if any(not _allowed(found.kind, found.value == value, types) for found in scan(value, rules)):
            del values[token]
            trips += 1
    for _ in range(ROUNDS):
        if not values:
            break
        message = each.render(values)
        bad = strays(finished_text(each.preview(message)), values, types, rules)
        if not bad:
            return Finished(message, decision, trips)
        trips += len(bad)
        values = {token: value for token, value in values.items() if token not in bad}
    ground = Ground.TRIPWIRE if trips else Ground.NOTHING
    if trips:
        log.warning("tripwire", extra={"count": trips, "incident": each.message.short_id})
    return Finished(each.message, Tokens(ground), trips)


def strays(text: str, values: Mapping[str, str], types: frozenset[str], rules: Rules) -> set[str]:
    """Tokens whose values take part in a finding of `text` that was not opted in: joined with what stands beside them.

    What no value takes part in is the same in the message with tokens, which was looked at before.
    """
    places = [(start, start + len(value), token) for token, value in values.items() for start in _every(text, value)]
    bad: set[str] = set()
    for found in scan(text, rules):
        start, end = map(int, found.path.split(":"))
        met = [each for each in places if each[0] < end and start < each[1]]
        whole = any(each[0] <= start and end <= each[1] for each in met)
        if met and not whole and not _allowed(found.kind, False, types):
            bad.update(token for _, _, token in met)
    return bad


def finished_text(payload: Any) -> str:  # noqa: ANN401 - JSON
    """Everything that a payload says, one line a value, with its name before it: `mrn: 77341902`."""
    return "\n".join(_lines(payload, ""))


def _lines(value: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, str(key))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _lines(inner, name)
    elif isinstance(value, str):
        yield f"{name}: {value}" if name else value


def _allowed(kind: str, whole: bool, types: frozenset[str]) -> bool:  # noqa: FBT001 - a fact of the finding
    return kind != SECRET and (whole or kind in types)


def _every(text: str, part: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)
