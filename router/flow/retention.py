"""What is over goes step by step: incidents, values, keys, records. Holds stop it; on request it goes at once.

A sweep decides on the database's clock, distrusts its jumps, and asks functions of the database that check the rule
once more. Every destroyed key, hold, erasure and off-boarding is in the audit, and the audit stays.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from router.core import retention as core
from router.core.audit import Event
from router.core.retention import Clock, Epoch
from router.keys import KeystoreDown, Shredded
from router.privacy.rules import compile_rules
from router.privacy.said import said
from router.privacy.shapes import normal
from router.privacy.spellings import spellings
from router.runtime import Runtime
from router.store import api_answers, config, hooks, incidents, upkeep
from router.store import retention as rows
from router.store.session import Row, Session

log = logging.getLogger(__name__)

ROWS: Final = 2000
"""Rows of each kind that one step removes at most: some ten milliseconds of work."""

TURN: Final = timedelta(minutes=1)
"""A tenant's sweep looks once a minute, so a jump of the clock is seen as one."""

SOON: Final = timedelta(seconds=1)
"""And once a second while there is more to do."""


class NotPossible(Exception):  # noqa: N818 - the answer
    """It is not done. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one step removed: incidents with their rows, values, keys, records. `why` it went on or waited."""

    why: str
    incidents: int = 0
    rows: int = 0
    values: int = 0
    entries: int = 0
    keys: tuple[int, ...] = ()
    records: int = 0
    more: bool = False


def run(runtime: Runtime) -> int:
    """One round of upkeep: a step for each tenant that is due; how many took one. Raises DatabaseDown."""
    with runtime.database.several() as session:
        tenants = rows.tenants_due(session)
    taken = 0
    for tenant_id in tenants:
        try:
            taken += sweep(runtime, tenant_id) is not None
        except KeystoreDown as error:  # a tenant whose month cannot begin now is swept when it can
            log.warning("sweep put off", extra={"cause": type(error).__name__})
    return taken


def sweep(runtime: Runtime, tenant_id: UUID) -> Swept | None:
    """One bounded step for one tenant; None when it is not due or another process has it.

    Raises:
        DatabaseDown: nothing of the step was done.
        KeystoreDown: a month began and its key cannot be made now.
    """
    with runtime.database.tenant(tenant_id) as session:
        row = rows.turn(session, tenant_id, TURN)
        if row is None:
            return None
        verdict = core.look(Clock(row.seen_at, row.unsteady_at), row.now, held=row.held)
        rows.remember(session, seen_at=verdict.clock.seen_at, unsteady_at=verdict.clock.unsteady_at)
        upkeep.forget_nonces(session)
        api_answers.sweep(session)
        if verdict.jumped:
            _tell_jump(runtime, session, tenant_id, row)
        if not verdict.go:
            return Swept(verdict.why.value)
        done = _sweep_ended(session) if row.offboarded_at is not None else _sweep(runtime, session, tenant_id, row)
        if done.more:
            rows.sooner(session, SOON)
        return done


def _sweep(runtime: Runtime, session: Session, tenant_id: UUID, row: Row) -> Swept:
    gone, count = rows.sweep_incidents(session, ROWS)
    records = rows.sweep_records(session, ROWS)
    rows.remember(session, incidents=gone, rows=count)
    more = count >= ROWS or records >= ROWS
    if row.pass_began_at is None and not core.pass_due(row.pass_ended_at, row.now):
        return Swept(core.Why.STEADY.value, gone, count, records=records, more=more)
    if row.pass_began_at is None:
        # A tenant that nothing comes in for gets its month's key here, so that what it has can be over.
        runtime.vault.newest_keys(session, tenant_id)
        rows.begin_pass(session)
        return Swept(core.Why.STEADY.value, gone, count, records=records, more=True)
    page = rows.sweep_values(session, row.pass_index, bytes(row.pass_blind), ROWS)
    if page is None:
        return Swept(core.Why.HELD.value, gone, count, records=records)
    rows.remember(session, entries=page.swept + page.dropped)
    if page.looked == ROWS:
        rows.remember(session, pass_index=page.last_index, pass_blind=bytes(page.last_blind))
        return Swept(core.Why.STEADY.value, gone, count, page.swept, page.dropped, (), records, more=True)
    ended = _shred(runtime, session, tenant_id, row)
    rows.remember(session, pass_began_at=None, pass_ended_at=row.now, pass_index=0, pass_blind=b"", keys=len(ended))
    return Swept(core.Why.STEADY.value, gone, count, page.swept, page.dropped, tuple(ended), records, more)


def _shred(runtime: Runtime, session: Session, tenant_id: UUID, row: Row) -> list[int]:
    """Destroy the value keys that are over and under which the pass left nothing."""
    epochs = [
        Epoch(each.version, each.created_at)
        for each in rows.keys(session)
        if each.purpose == "value" and each.shredded_at is None
    ]
    due = core.over(epochs, row.now, row.keep_values)
    if not due:
        return []
    ended = [version for version in due if rows.shred_key(session, version)]
    events = [
        Event(
            "key.shred",
            "alertveil",
            f"tenant:{tenant_id}",
            reason="retention",
            details={"purpose": "value", "version": version},
        )
        for version in ended
    ]
    runtime.audit.write(session, tenant_id, *events)
    return ended


def _sweep_ended(session: Session) -> Swept:
    """An off-boarded tenant: everything but the records goes."""
    gone, count = rows.sweep_incidents(session, ROWS)
    entries = rows.sweep_ended(session, ROWS)
    records = rows.sweep_records(session, ROWS)
    rows.remember(session, incidents=gone, rows=count, entries=entries)
    more = gone > 0 or count > 0 or entries > 0
    return Swept(core.Why.STEADY.value, gone, count, entries=entries, records=records, more=more)


def _tell_jump(runtime: Runtime, session: Session, tenant_id: UUID, row: Row) -> None:
    log.warning("retention waits: the database's clock jumped")
    event = Event(
        "retention.wait",
        "alertveil",
        f"tenant:{tenant_id}",
        reason=core.Why.JUMPED.value,
        details={"seen": row.seen_at.isoformat(), "now": row.now.isoformat()},
    )
    runtime.audit.write(session, tenant_id, event)


@dataclass(frozen=True, slots=True)
class State:
    """A tenant's periods, what stops its sweep, and what it removed so far."""

    tenant: str
    id: UUID
    keep_values: timedelta
    keep_incidents: timedelta
    waits: str
    holds: int
    offboarded_at: datetime | None
    last_pass_at: datetime | None
    removed: dict[str, int]
    kept: dict[str, int]


def state(runtime: Runtime, tenant_id: UUID) -> State:
    """Where the tenant's retention stands. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = rows.state(session)
        count = rows.census(session)
        on = [each for each in rows.holds(session) if each.lifted_at is None]
    if row is None or count is None:
        raise NotPossible("There is no such tenant.")
    unsteady = row.unsteady_at is not None and row.now - row.unsteady_at < core.SETTLED
    held = any(each.incident_id is None for each in on)
    return State(
        row.slug,
        tenant_id,
        row.keep_values,
        row.keep_incidents,
        core.Why.JUMPED.value if unsteady else core.Why.HELD.value if held else "",
        len(on),
        row.offboarded_at,
        row.pass_ended_at,
        {name: getattr(row, name) for name in ("incidents", "rows", "entries", "keys")},
        {"entries": count.entries, "values": count.sealed, "erased": count.erased},
    )


def hold(runtime: Runtime, tenant_id: UUID, incident_id: UUID | None, reason: str, actor: str, auth: str = "") -> UUID:
    """Place a legal hold on an incident or the whole tenant: nothing it covers is removed until it is lifted.

    Raises:
        NotPossible: no reason, or no such incident.
        DatabaseDown: nothing was changed.
    """
    hold_id = uuid4()
    with runtime.database.tenant(tenant_id) as session:
        why = _said(session, reason)
        if incident_id is not None and incidents.by_id(session, incident_id) is None:
            raise NotPossible("There is no such incident in this tenant; `alertveil incidents list` shows them.")
        rows.begin_again(session)  # waits for a step that is under way
        rows.place_hold(session, tenant_id, hold_id, incident_id, why, actor)
        details: dict[str, Any] = {"hold": str(hold_id)}
        if incident_id is not None:
            details["incident"] = str(incident_id)
        event = Event("hold.place", actor, f"hold:{hold_id}", reason=why, auth=auth, details=details)
        runtime.audit.write(session, tenant_id, event)
    return hold_id


def lift(runtime: Runtime, tenant_id: UUID, hold_id: UUID, reason: str, actor: str, auth: str = "") -> None:
    """Lift a hold: what it covered is removed when its time is over.

    Raises:
        NotPossible: no reason, or no such hold that is on.
        DatabaseDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        why = _said(session, reason)
        if not rows.lift_hold(session, hold_id, actor):
            raise NotPossible("There is no such hold that is on; `alertveil tenants holds` shows them.")
        event = Event("hold.lift", actor, f"hold:{hold_id}", reason=why, auth=auth, details={"hold": str(hold_id)})
        runtime.audit.write(session, tenant_id, event)


def holds(runtime: Runtime, tenant_id: UUID) -> list[Row]:
    """Every hold, those that are on first. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return rows.holds(session)


@dataclass(frozen=True, slots=True)
class Erased:
    """Tokens whose value is gone for good, and tokens that a hold keeps."""

    id: UUID
    tokens: tuple[str, ...]
    held: tuple[str, ...]


def erase(runtime: Runtime, tenant_id: UUID, values: Sequence[str], reason: str, actor: str, auth: str = "") -> Erased:
    """Remove a person's values from the vault; their tokens stay where they are shown, and never open again.

    Each value is looked for as every type, under every index key. Who saw it is found afterwards as before.

    Raises:
        NotPossible: no value or no reason.
        KeystoreDown, DatabaseDown: nothing was removed.
    """
    given = [value.strip() for value in values if value.strip()]
    if not given:
        raise NotPossible("Give the person's values on standard input, one a line.")
    erasure = uuid4()
    with runtime.database.tenant(tenant_id) as session:
        why = _said(session, reason)
        keys = runtime.vault.newest_keys(session, tenant_id)
        blinds = {
            blind for value in given for kind, form in _spelled(value) for blind in keys.blinds_by_version(kind, form)
        }
        found = rows.erase(session, sorted(blinds))
        done = Erased(
            erasure,
            tuple(sorted(row.token for row in found if row.erased)),
            tuple(sorted(row.token for row in found if not row.erased)),
        )
        event = Event(
            "value.erase",
            actor,
            f"erasure:{erasure}",
            reason=why,
            auth=auth,
            details={"tokens": list(done.tokens), "held": list(done.held), "values": len(given)},
        )
        runtime.audit.write(session, tenant_id, event)
    return done


@dataclass(frozen=True, slots=True)
class Plan:
    """What off-boarding a tenant would destroy, and the code that confirms it."""

    id: UUID
    tenant: str
    confirm: str
    keys: int
    values: int
    incidents: int


@dataclass(frozen=True, slots=True)
class EndedKey:
    """A key that was destroyed: `fingerprint` is SHA-256 of its wrapped form, which a backup may still hold."""

    purpose: str
    version: int
    epoch: date
    created_at: datetime
    shredded_at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was destroyed, what is left, and what was tried afterwards."""

    id: UUID
    tenant: str
    offboarded_at: datetime
    by: str
    reason: str
    keys: tuple[EndedKey, ...]
    values_before: int
    keys_left: int
    opens: bool
    sources_refused: int
    statement: str = field(
        default=(
            "Every key of this tenant was destroyed in the database in one transaction. What they sealed, here or in a "
            "copy, opens only with a wrapped key from an older copy of the database together with the keystore's "
            "wrapping key of that time; it is out of reach once those copies have ended or that wrapping key is "
            "destroyed. Dead rows leave the database's files with the next vacuum. The audit log stays."
        )
    )

    def document(self) -> bytes:
        """The proof as JSON, the same bytes for the same proof."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def plan_offboarding(runtime: Runtime, tenant_id: UUID) -> Plan:
    """What would be destroyed; nothing is changed.

    Raises:
        NotPossible: there is nothing to off-board, or a hold is on.
        DatabaseDown: it cannot be told now.
    """
    with runtime.database.tenant(tenant_id) as session:
        return _plan(session, tenant_id)


def _plan(session: Session, tenant_id: UUID) -> Plan:
    row, count = rows.state(session), rows.census(session)
    if row is None or count is None:
        raise NotPossible("There is no such tenant.")
    if row.offboarded_at is not None:
        raise NotPossible("This tenant was off-boarded already.")
    if row.holds:
        raise NotPossible("A legal hold is on: lift it first (`alertveil tenants holds` shows it).")
    version = config.tenant(session)
    text = f"alertveil offboard v1|{tenant_id}|{version.config_version if version else 0}"
    code = hashlib.sha256(text.encode()).hexdigest()[:8].upper()
    return Plan(tenant_id, row.slug, code, count.keys, count.sealed, rows.count_incidents(session))


def offboard(runtime: Runtime, tenant_id: UUID, confirm: str, reason: str, actor: str, auth: str = "") -> Proof:
    """End a tenant: its keys are destroyed, its sources refused, its people signed out; the audit stays.

    Raises:
        NotPossible: the code is not the one of `plan_offboarding`, no reason, or a hold is on.
        DatabaseDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        rows.stop_sealing(session)  # first: who seals must not wait for what is locked here
        config.tenant(session, lock=True)
        why = _said(session, reason)
        plan = _plan(session, tenant_id)
        if confirm.strip().upper() != plan.confirm:
            raise NotPossible("The code is not the one that was printed; run it without --confirm again.")
        sources = config.sources(session)
        for source in sources:
            config.retire_source(session, source.source_id)
        for channel in config.channels(session):
            config.retire_channel(session, channel.channel_id)
        config.put_routes(session, tenant_id, [])
        rows.suppress_pending(session, "tenant_offboarded")
        hooks.remove(session)
        rows.end_sessions(session)
        event = Event(
            "tenant.offboard",
            actor,
            f"tenant:{tenant_id}",
            reason=why,
            auth=auth,
            details={"keys": plan.keys, "values": plan.values, "incidents": plan.incidents},
        )
        runtime.audit.write(session, tenant_id, event)
        config.bump(session, actor, ["tenant off-boarded"])
        ended = rows.shred_tenant(session)
        if len(ended) != plan.keys:
            raise NotPossible("Not every key could be destroyed, so none was; try again.")
    runtime.keys.forget(tenant_id)
    return _prove(runtime, plan, ended, len(sources), why, actor, auth)


def _prove(runtime: Runtime, plan: Plan, ended: Sequence[Row], sources: int, why: str, actor: str, auth: str) -> Proof:
    """Look again in a new transaction, try to open, and put the proof's hash into the audit."""
    with runtime.database.tenant(plan.id) as session:
        row, count = rows.state(session), rows.census(session)
        try:
            runtime.vault.newest_keys(session, plan.id)
            opens = True
        except Shredded:
            opens = False
        proof = Proof(
            plan.id,
            plan.tenant,
            row.offboarded_at if row else datetime.now(UTC),
            actor,
            why,
            tuple(
                EndedKey(each.purpose, each.version, each.epoch, each.created_at, each.shredded_at, each.fingerprint)
                for each in ended
            ),
            plan.values,
            count.keys if count else -1,
            opens,
            sources,
        )
        digest = hashlib.sha256(proof.document()).hexdigest()
        event = Event(
            "tenant.offboard_proof",
            actor,
            f"tenant:{plan.id}",
            auth=auth,
            details={"sha256": digest, "keys": len(ended), "opens": opens},
        )
        runtime.audit.write(session, plan.id, event)
    return proof


def _spelled(value: str) -> set[tuple[str, str]]:
    """Every (kind, normal form) of the whole value; the words of a name alone may be other people's."""
    return {(each.kind, each.normal) for each in spellings(value) if each.part < 0} | {
        ("SECRET", normal("SECRET", value))
    }


def _said(session: Session, reason: str) -> str:
    """A person's reason, tokenized by the tenant's own rules. Raises NotPossible when it says nothing."""
    if not reason.strip():
        raise NotPossible("Say why: a reason is needed.")
    tenant = config.tenant(session)
    if tenant is None:
        raise NotPossible("There is no such tenant.")
    rules = compile_rules(
        tenant.privacy,
        patterns=[(each["type"], each["regex"]) for each in tenant.patterns],
        safe_words=tenant.safe_words,
    )
    return said(reason, rules)
