"""An opt-in's life: asked for, agreed to by another person, warned of, ended. Whatever anybody did is in the audit.

Every change raises the tenant's policy version in its own transaction, so when one of these functions returns, the next
attempt in every process decides by it. What may become what is decided by the database (`alembic/versions/0003`); a
refusal is recorded like an allowance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from channels.contract import Severity, Spec
from channels.registry import CHANNELS
from router.core import optin as core
from router.core.access import Deed, may
from router.core.audit import JSON, Event
from router.core.clock import UTC_CLOCK, Clock
from router.core.optin import SECRET, WHOLE, State
from router.core.quarter import latest_end
from router.core.reveal import Person, Proof, needs_step_up
from router.core.vendors import Fact, facts
from router.flow import herald
from router.flow.herald import Word
from router.flow.snapshot import load
from router.privacy.said import said
from router.privacy.tokens import KINDS
from router.runtime import Runtime
from router.store import config, optins, users
from router.store.optins import ALLOWED
from router.store.session import Row, Session

SYSTEM: Final = "alertveil"
"""The actor of what happens by itself."""

_DIRTY: Final = re.compile(r"[\x00-\x1f\x7f]")


class NotFound(Exception):  # noqa: N818 - the answer
    """There is no such channel, opt-in, agreement or person in this tenant. The text says how to find it."""


class Unusable(Exception):  # noqa: N818 - the answer
    """What was asked for makes no sense as it is written; the text says what does. Nothing was recorded."""


class Refused(Exception):  # noqa: N818 - the recorded answer
    """It is not done, and the attempt is recorded. `step_up`: it is, once they prove again who they are."""

    def __init__(self, why: str, *, step_up: bool = False) -> None:
        super().__init__(f"Refused: {why}. The attempt is recorded.")
        self.why = why
        self.step_up = step_up


@dataclass(frozen=True, slots=True)
class Wish:
    """What an opt-in is asked for.

    `types` are token types by name. `until` is the first moment after it, aware. `purpose` is tokenized before it is
    kept. `break_glass`: one privacy officer's alone, for 15 minutes at most.
    """

    channel: str
    types: Sequence[str]
    purpose: str = field(repr=False)
    baa_id: UUID
    until: datetime
    lowest_severity: Severity = "info"
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An opt-in as people see it. `state` is what it is now, also before upkeep wrote it down."""

    optin_id: UUID
    channel: str
    channel_kind: str
    destination: str
    state: State
    why: str
    types: tuple[str, ...]
    lowest_severity: str
    purpose: str
    vendor: str
    service: str
    baa_id: UUID
    requested_by: str
    requested_at: datetime
    approved_by: str
    approved_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    state_at: datetime
    state_by: str
    single_custody: bool
    break_glass: bool
    intact: bool
    facts: Mapping[str, str]
    known: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Approved:
    """An opt-in that is in force. `confirms`: the agreement that the approver said this destination belongs to."""

    shown: Shown
    confirms: str


def request(runtime: Runtime, tenant_id: UUID, email: str, proof: Proof, wish: Wish, *, request_id: str = "") -> Shown:
    """Ask for an opt-in; with `break_glass` it is in force at once, and everybody is told.

    Raises:
        NotFound, Unusable: see there.
        Refused: this person may not, or the database says why it cannot be.
        KeystoreDown, DatabaseDown: nothing was asked for.
    """
    types = types_of(wish.types)
    place = _place(runtime, tenant_id, wish.channel)
    told = place.look(runtime)
    action = "optin.break_glass" if wish.break_glass else "optin.request"
    optin_id = uuid4()
    with runtime.database.tenant(tenant_id) as session:
        person = _person(session, email)
        snapshot = load(session)
        purpose = said(wish.purpose, snapshot.rules) if snapshot else ""
        if not purpose:
            raise Unusable("A purpose is needed: what do people do with these values in this channel?")
        why = _may_not(person, "approve" if wish.break_glass else "request", proof, session)
        why = why or place.cannot(told)
        if not why:
            verdict = optins.ask(
                session,
                optins.Asked(
                    optin_id,
                    place.row.channel_id,
                    types,
                    wish.lowest_severity,
                    purpose,
                    wish.baa_id,
                    wish.until,
                    person.user_id,
                    person.email,
                    proof.text,
                    place.shown,
                    told,
                    wish.break_glass,
                ),
            )
            why = "" if verdict == ALLOWED else verdict
        details = {
            "channel": str(place.row.channel_id),
            "user": str(person.user_id),
            "types": list(types),
            "lowest_severity": wish.lowest_severity,
            "baa": str(wish.baa_id),
            "until": wish.until.isoformat(),
            "destination": place.shown,
        }
        _write(
            _Pen(runtime, session, tenant_id, person.email, proof, request_id),
            action,
            optin_id,
            reason=purpose,
            refused=why,
            details=details,
        )
        words: list[Word] = []
        if not why and wish.break_glass:
            _bind(runtime, session, optin_id)
            changed(session, person.email, f"glass broken for channel {wish.channel}")
            words = [herald.broken_glass(_found(optins.by_id(session, optin_id)))]
        lanes = herald.put(runtime, session, tenant_id, words)
        shown = _one(runtime, session, optin_id) if not why else None
    if shown is None:
        raise Refused(why, step_up=why == _STEP_UP)
    _spread(runtime, tenant_id, lanes, words)
    return shown


def approve(
    runtime: Runtime,
    tenant_id: UUID,
    email: str,
    proof: Proof,
    optin_id: UUID,
    *,
    reason: str = "",
    request_id: str = "",
) -> Approved:
    """Agree to an opt-in that another person asked for: from the next attempt on it carries decisions.

    For a channel that names no vendor this also says that its destination belongs to the agreement.

    Raises:
        NotFound: there is no such opt-in or person.
        Refused: this person may not, or something changed since it was asked for.
        KeystoreDown, DatabaseDown: nothing was approved.
    """
    with runtime.database.tenant(tenant_id) as session:
        name = _found(optins.by_id(session, optin_id)).channel
    place = _place(runtime, tenant_id, name)
    told = place.look(runtime)
    with runtime.database.tenant(tenant_id) as session:
        person = _person(session, email)
        before = _found(optins.by_id(session, optin_id))
        why = _may_not(person, "approve", proof, session) or place.cannot(told)
        if not why:
            verdict = optins.approve(session, optin_id, person.user_id, by=person.email, via=proof.text, facts=told)
            why = "" if verdict == ALLOWED else verdict
        row = _found(optins.by_id(session, optin_id))
        details: dict[str, JSON] = {
            "channel": str(before.channel_id),
            "user": str(person.user_id),
            "types": list(before.types),
            "baa": str(before.baa_id),
            "until": before.ends_at.isoformat(),
            "requester": str(before.requester),
            "destination": before.destination,
        }
        if not why:
            details |= {"single_custody": row.single_custody, "vendor_confirmed": row.vendor_confirmed}
        _write(
            _Pen(runtime, session, tenant_id, person.email, proof, request_id),
            "optin.approve",
            optin_id,
            reason=_said(session, reason),
            refused=why,
            details=details,
        )
        if not why:
            _bind(runtime, session, optin_id)
            changed(session, person.email, f"channel {row.channel} may have plaintext of {', '.join(row.types)}")
        words = [herald.single_custody(row)] if not why and row.single_custody else []
        lanes = herald.put(runtime, session, tenant_id, words)
        shown = _one(runtime, session, optin_id)
    if why:
        raise Refused(why, step_up=why == _STEP_UP)
    _spread(runtime, tenant_id, lanes, words)
    return Approved(shown, f"{row.vendor} {row.service}" if row.vendor_confirmed else "")


def reject(
    runtime: Runtime, tenant_id: UUID, email: str, proof: Proof, optin_id: UUID, *, reason: str = "",
    request_id: str = "",
) -> Shown:  # fmt: skip
    """Decline an opt-in that was asked for. Raises as `approve`."""
    return _end_by_person(runtime, tenant_id, email, proof, optin_id, "rejected", reason, request_id)


def revoke(
    runtime: Runtime, tenant_id: UUID, email: str, proof: Proof, optin_id: UUID, *, reason: str = "",
    request_id: str = "",
) -> Shown:  # fmt: skip
    """End an opt-in, or take back the request for one: one person is enough, and the next attempt holds tokens.

    Raises:
        NotFound: there is no such opt-in or person.
        Refused: this person may not, or it is over already.
        DatabaseDown: nothing was revoked.
    """
    return _end_by_person(runtime, tenant_id, email, proof, optin_id, "revoked", reason, request_id)


def end_in(  # noqa: PLR0913 - one a fact of the audit event
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    optin_id: UUID,
    state: State,
    *,
    why: str,
    actor: str = SYSTEM,
    auth: str = "",
    request_id: str = "",
    words: list[Word] | None = None,
) -> str:
    """Suspend, revoke or expire an opt-in within the caller's transaction: for a review, drift, or what lapsed.

    `why` is a text without values. Returns '' or why it cannot be; then nothing was written. Its incident is written
    here; `words` collects what the caller may mail with `herald.mail` once its transaction is committed.
    """
    verdict = optins.end(session, optin_id, state, actor, why)
    if verdict != ALLOWED:
        return verdict
    row = _found(optins.by_id(session, optin_id))
    runtime.audit.write(
        session,
        tenant_id,
        Event(
            f"optin.{_DEEDS[state]}",
            actor,
            f"optin:{optin_id}",
            reason=why,
            auth=auth,
            request_id=request_id,
            details={"channel": str(row.channel_id), "optin": str(optin_id)},
        ),
    )
    changed(session, actor, f"opt-in of channel {row.channel} {state}: {why}")
    told = [herald.suspended(row, why)] if state == "suspended" else herald.over(row)
    herald.put(runtime, session, tenant_id, told)
    if words is not None:
        words += told
    return ""


def keep_in(  # noqa: PLR0913 - one a fact of the decision
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    optin_id: UUID,
    *,
    reviewer: UUID,
    actor: str,
    types: Sequence[str],
    until: datetime,
    why: str,
    auth: str = "",
    request_id: str = "",
) -> str:
    """A review keeps an opt-in until a new end, perhaps for fewer types, within the caller's transaction.

    The database refuses a reviewer who asked for or approved it, further types, and an end after the close of the next
    review. Returns '' or why it cannot be; then nothing was written.
    """
    verdict = optins.keep(session, optin_id, reviewer, by=actor, types=types_of(types), until=until)
    if verdict != ALLOWED:
        return verdict
    _bind(runtime, session, optin_id)
    row = _found(optins.by_id(session, optin_id))
    runtime.audit.write(
        session,
        tenant_id,
        Event(
            "optin.keep",
            actor,
            f"optin:{optin_id}",
            reason=why,
            auth=auth,
            request_id=request_id,
            details={
                "channel": str(row.channel_id),
                "optin": str(optin_id),
                "types": list(row.types),
                "until": row.ends_at.isoformat(),
            },
        ),
    )
    changed(session, actor, f"opt-in of channel {row.channel} kept by a review")
    return ""


def every(
    runtime: Runtime, tenant_id: UUID, channel: str | None = None, *, after: UUID | None = None, most: int = 500
) -> list[Shown]:
    """The tenant's opt-ins, the open ones first, then the newest; those that follow `after`.

    Raises NotFound, KeystoreDown, DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        channel_id = _channel(session, channel).channel_id if channel else None
        last = _found(optins.by_id(session, after)) if after else None
        return [_shown(runtime, row) for row in optins.every(session, channel_id=channel_id, after=last, most=most)]


def current(runtime: Runtime, tenant_id: UUID, over: int) -> list[Shown]:
    """Every opt-in that is not over, the next to end first, and so many that are, the newest first.

    Raises KeystoreDown, DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        return [_shown(runtime, row) for row in (*optins.open_ones(session), *optins.ended(session, over))]


def page(
    runtime: Runtime,
    tenant_id: UUID,
    *,
    channel: str | None,
    state: str | None,
    before: tuple[datetime, UUID] | None,
    most: int,
) -> list[Shown]:
    """Opt-ins asked for before another one, the newest first; `state` as it is stored. Raises as `every`."""
    with runtime.database.tenant(tenant_id) as session:
        channel_id = _channel(session, channel).channel_id if channel else None
        rows = optins.page(session, channel_id=channel_id, state=state, before=before, most=most)
        return [_shown(runtime, row) for row in rows]


def one(runtime: Runtime, tenant_id: UUID, optin_id: UUID) -> Shown:
    """One opt-in. Raises NotFound, KeystoreDown, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return _one(runtime, session, optin_id)


def modes(runtime: Runtime, tenant_id: UUID, *, clock: Clock = UTC_CLOCK) -> dict[str, str]:
    """What each channel gets that has had an opt-in, in words; the others get tokens. Raises as `every`.

    `clock`: whose times the words have.
    """
    found: dict[str, str] = {}
    for each in every(runtime, tenant_id):
        if each.state in {"active", "expiring"}:
            words = f"plaintext of {', '.join(each.types)} until {clock.minute(each.ends_at)}"
        elif each.state == "suspended":
            words = "tokens: plaintext is suspended"
        else:
            words = "tokens"
        if each.channel not in found or each.state in {"active", "expiring"}:  # the open ones and the newest come first
            found[each.channel] = words
    return found


def latest(now: datetime) -> datetime:
    """The last moment to which an opt-in asked for now may run."""
    return latest_end(now)


# --- what binds a row ---------------------------------------------------------------------------------------------


def intact(runtime: Runtime, row: Row, agreement: Row | None = None) -> bool:
    """Is an opt-in's row (and its agreement's) what two persons agreed to: nobody changed it past them.

    Raises:
        KeystoreDown: the key of the MAC cannot be had.
    """
    if row.state not in {"active", "expiring"}:
        return True  # nothing is bound, and nothing rests on it
    keys = runtime.audit.keys("mac")
    fine = row.mac is not None and _proves(keys, row, core.bound(optins.optin(row)))
    return fine and (agreement is None or _proves(keys, agreement, core.bound_baa(optins.baa(agreement))))


def _proves(keys: Mapping[int, bytes], row: Row, parts: Sequence[str]) -> bool:
    return core.proves(keys, row.mac_version, bytes(row.mac), parts)


def _bind(runtime: Runtime, session: Session, optin_id: UUID) -> None:
    row = _found(optins.by_id(session, optin_id))
    version, key = runtime.audit.newest("mac")
    optins.bind(session, optin_id, core.mac(key, core.bound(optins.optin(row))), version)


# --- where a channel leads ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """A channel, and what its kind says about the way there."""

    row: Row
    spec: Spec[Any]
    settings: Any
    secrets: Mapping[str, str]
    shown: str

    @property
    def encrypted(self) -> bool:
        """Is the way there always encrypted."""
        return self.spec.encrypted(self.settings)

    def look(self, runtime: Runtime) -> dict[str, str]:
        """What the vendor says about the destination now; empty when it does not say. No transaction may be open."""
        if self.spec.inspect is None:
            return {}
        return dict(self.spec.inspect(self.settings, self.secrets, runtime.kit))

    def cannot(self, told: Mapping[str, str]) -> str:
        """Why this destination cannot have plaintext at all; '' when it can."""
        if not self.encrypted:
            return "the way to this destination is not encrypted"
        if told.get("is_ext_shared") == "true" or told.get("is_pending_ext_shared") == "true":
            return "the channel is shared with another organisation"
        return ""


def place(runtime: Runtime, tenant_id: UUID, channel: str) -> Place:
    """Where a channel leads. Raises NotFound, Unusable, KeystoreDown, IntegrityFailure, DatabaseDown."""
    return _place(runtime, tenant_id, channel)


def _place(runtime: Runtime, tenant_id: UUID, channel: str) -> Place:
    with runtime.database.tenant(tenant_id) as session:
        row = _channel(session, channel)
        spec = CHANNELS.get(row.kind)
        if spec is None:
            raise Unusable("This version does not know this kind of channel.")
        secrets = runtime.vault.credentials(session, tenant_id, row.destination_id, bytes(row.secrets), row.key_version)
    try:
        settings = msgspec.convert(row.config, spec.config)
    except msgspec.ValidationError:
        raise Unusable("This version cannot use the channel as it is configured; apply it again.") from None
    return Place(row, spec, settings, secrets, _DIRTY.sub(" ", spec.describe(settings)))


def _channel(session: Session, name: str) -> Row:
    for row in config.channels(session):
        if row.name == name:
            return row
    raise NotFound("There is no such channel in this tenant; `alertveil channels list` shows them.")


# --- people -------------------------------------------------------------------------------------------------------

_HOST: Final = "approvals through the host are off here: ALERTVEIL_HOST_APPROVALS is not on"
_ROLE: Final = "this person's roles do not allow it"
_STEP_UP: Final = "a fresh sign-in is needed"


def _may_not(person: Person, deed: Deed, proof: Proof, session: Session) -> str:
    """Why this person may not; '' when they may. Approvals need a fresh proof, or a host that may stand in."""
    if person.disabled or not may(person.roles, deed):
        return _ROLE
    if deed == "approve":
        if proof.kind == "host" and not proof.host_allowed:
            return _HOST
        now = session.one("SELECT now() AS now")
        if now is not None and needs_step_up(proof, now.now):
            return _STEP_UP
    return ""


def _person(session: Session, email: str) -> Person:
    row = users.by_email(session, email.strip().lower())
    if row is None:
        raise NotFound("There is no such user in this tenant; `alertveil users list` shows them.")
    return Person(row.user_id, row.email, tuple(row.roles), row.disabled_at is not None)


def types_of(names: Sequence[str]) -> tuple[str, ...]:
    """Token types as a person wrote them, each once, also several in one text with commas. Raises Unusable."""
    found = tuple(dict.fromkeys(name.strip().upper() for each in names for name in each.split(",") if name.strip()))
    if not found:
        raise Unusable("Name the token types one by one, such as EMAIL,PHONE.")
    if {"ALL", "*", "ANY"} & set(found):
        raise Unusable("There is no opt-in for all types: name those that people need here, one by one.")
    if any(name.startswith(SECRET) for name in found):
        raise Unusable("Credentials are never opened for a channel: SECRET cannot be opted in.")
    if WHOLE in found:
        raise Unusable("TEXT stands for a whole text that may hold anything, so it cannot be opted in.")
    if set(found) - KINDS.keys():
        known = ", ".join(name for name in KINDS if name not in {SECRET, WHOLE})
        raise Unusable(f"One of the types is none. There are: {known}.")
    return found


# --- writing it down ----------------------------------------------------------------------------------------------

_DEEDS: Final[Mapping[str, str]] = {
    "rejected": "reject",
    "revoked": "revoke",
    "suspended": "suspend",
    "expired": "expire",
}


def _end_by_person(
    runtime: Runtime,
    tenant_id: UUID,
    email: str,
    proof: Proof,
    optin_id: UUID,
    state: State,
    reason: str,
    request_id: str,
) -> Shown:
    deed: Deed = "approve" if state == "rejected" else "revoke"
    with runtime.database.tenant(tenant_id) as session:
        person = _person(session, email)
        row = _found(optins.by_id(session, optin_id))
        told = _said(session, reason)
        # Falling back to tokens is the safe side, so a rejection asks for the role alone and for no fresh proof.
        why = _ROLE if person.disabled or not may(person.roles, deed) else ""
        if not why:
            verdict = optins.end(session, optin_id, state, person.email, told)
            why = "" if verdict == ALLOWED else verdict
        details = {"channel": str(row.channel_id), "user": str(person.user_id), "optin": str(optin_id)}
        _write(
            _Pen(runtime, session, tenant_id, person.email, proof, request_id),
            f"optin.{_DEEDS[state]}",
            optin_id,
            reason=told,
            refused=why,
            details=details,
        )
        if not why:
            changed(session, person.email, f"opt-in of channel {row.channel} {state}")
            lanes = herald.put(runtime, session, tenant_id, herald.over(row))
        else:
            lanes = set()
        shown = _one(runtime, session, optin_id)
    if why:
        raise Refused(why)
    _spread(runtime, tenant_id, lanes, [])
    return shown


@dataclass(frozen=True, slots=True, repr=False)
class _Pen:
    """Whose deed is written down, and into which transaction."""

    runtime: Runtime
    session: Session
    tenant_id: UUID
    actor: str
    proof: Proof
    request_id: str


def _write(pen: _Pen, action: str, optin_id: UUID, *, reason: str, refused: str, details: Mapping[str, JSON]) -> None:
    subject = f"optin:{optin_id}"
    events = [
        Event(
            action,
            pen.actor,
            subject,
            decision="denied" if refused else "allowed",
            reason=reason,
            auth=pen.proof.text,
            request_id=pen.request_id,
            details={**details, **({"verdict": refused} if refused else {})},
        )
    ]
    if action == "optin.approve" and pen.proof.kind == "host" and not refused:
        # Whoever has the host stood in for the approver: that it was possible is an event of its own (design §6).
        events.append(Event("host.approval", pen.actor, subject, auth=pen.proof.text, details={"optin": str(optin_id)}))
    pen.runtime.audit.write(pen.session, pen.tenant_id, *events)


def _spread(runtime: Runtime, tenant_id: UUID, lanes: set[tuple[UUID, UUID]], words: Sequence[Word]) -> None:
    """After the commit: what was written rings now instead of at the next sweep, and goes out as mail."""
    if lanes:
        runtime.broker.ring(lanes)
    herald.mail(runtime, tenant_id, words)


def _said(session: Session, text: str) -> str:
    snapshot = load(session) if text.strip() else None
    return said(text, snapshot.rules) if snapshot else ""


def changed(session: Session, actor: str, what: str) -> None:
    """A new policy version: every process decides by it from its next attempt on."""
    config.bump(session, actor, [what])


# --- showing it ---------------------------------------------------------------------------------------------------


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound("There is no such opt-in in this tenant; `alertveil optins list` shows them.")
    return row


def _one(runtime: Runtime, session: Session, optin_id: UUID) -> Shown:
    return _shown(runtime, _found(optins.by_id(session, optin_id)))


def _shown(runtime: Runtime, row: Row) -> Shown:
    return Shown(
        optin_id=row.optin_id,
        channel=row.channel,
        channel_kind=row.channel_kind,
        destination=row.destination,
        state=core.standing(optins.optin(row), row.now),
        why=row.state_reason,
        types=tuple(row.types),
        lowest_severity=row.lowest_severity,
        purpose=row.purpose,
        vendor=row.vendor,
        service=row.service,
        baa_id=row.baa_id,
        requested_by=row.requested_by or "",
        requested_at=row.requested_at,
        approved_by=row.approved_by or "",
        approved_at=row.approved_at,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state_at=row.state_at,
        state_by=row.state_by,
        single_custody=row.single_custody,
        break_glass=row.break_glass,
        intact=intact(runtime, row),
        facts=row.facts,
        known=facts(row.vendor, row.channel_kind),
    )
