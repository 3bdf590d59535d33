"""People keep channels quiet about alerts for a while; when that ends, what still lasts is told, once.

A silence is no configuration: it always ends, it stands in no file, and `apply` neither makes nor removes one. It is
part of the tenant's version all the same, so the next alert in every process sees it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from router.core import routing, silence
from router.core.audit import JSON, Event, moment
from router.core.ident import time_ordered
from router.core.incident import Change, short_id, unsilence
from router.core.render import spoken
from router.core.silence import Silence, SilenceError
from router.flow import snapshot
from router.flow.manage import NotFound, NotUsable
from router.flow.respond import tell_all
from router.flow.snapshot import Snapshots
from router.privacy.rules import Rules
from router.privacy.said import said
from router.privacy.tokenizer import looks_like_phi
from router.runtime import Runtime
from router.store import config, incidents, silences
from router.store.session import Row, Session

SYSTEM: Final = "alertveil"
"""Who acts when nobody does."""

TRIED_INCIDENTS: Final = 150
"""Live incidents that a silence is tried on, and as many of those opened last."""

TRIED_ALERTS: Final = 3
"""Newest alerts of each of them."""

BATCH: Final = 500
"""Incidents that one transaction tells of."""

LONG: Final = 200
"""Characters of a label's value beyond which nobody wants it in a matcher."""

Ring = Callable[[set[tuple[UUID, UUID]]], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """A silence as somebody asks for it. `starts_at` None: now; `lasts` or `ends_at` says until when."""

    matchers: Sequence[str]
    reason: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A silence for people and machines. `told`: incidents told of after it ended, since they lasted."""

    silence_id: UUID
    short_id: str
    state: silence.State
    matchers: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime
    ended_by: str
    told: int


@dataclass(frozen=True, slots=True)
class Taken:
    """An incident, or some of its newest alerts, that a silence would keep quiet. Titles are tokenized."""

    incident_id: UUID
    short_id: str
    title: str
    status: str
    severity: str
    source: str
    whole: bool  # what it is now matches; else only `alerts` of its newest ones do
    alerts: int
    last_alert_at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """What a silence would take. `looked_at`: (incidents, alerts) that it was tried on."""

    matchers: tuple[str, ...]
    open: tuple[Taken, ...]
    recent: tuple[Taken, ...]
    alerts: int
    looked_at: tuple[int, int]


def create(runtime: Runtime, tenant_id: UUID, wish: Wish, *, actor: str, auth: str = "") -> Shown:
    """Keep channels quiet about what matches. Rights (deed `silence`) are the caller's to check, as of every flow here.

    Raises:
        NotUsable: it cannot be made so, or the tenant has too many.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        config.tenant(session, lock=True)
        now = _now(session)
        matchers = _matchers(wish.matchers)
        reason = wish.reason.strip()
        if not reason:
            raise NotUsable("Say why: whoever misses an alert reads it.")
        starts_at = max(now, wish.starts_at) if wish.starts_at else now
        ends_at = wish.ends_at or starts_at + (wish.lasts or timedelta(0))
        try:
            silence.check_span(starts_at, ends_at, now)
        except SilenceError as error:
            raise NotUsable(str(error)) from None
        if silences.count_lasting(session) >= silence.MOST:
            raise NotUsable(f"A tenant has at most {silence.MOST} silences: end some that are not needed.")
        silence_id = time_ordered(time.time_ns() // 1_000_000, os.urandom(10))
        made = Silence(silence_id, matchers, starts_at, ends_at, said(reason, _rules(session)), actor)
        silences.add(session, tenant_id, made)
        texts = [str(each) for each in matchers]
        config.bump(session, actor, [f"silence {made.short_id}: {' '.join(texts)} for {spoken(ends_at - starts_at)}"])
        details: dict[str, JSON] = {
            "matchers": list(texts),
            "starts_at": moment(starts_at),
            "ends_at": moment(ends_at),
        }
        event = Event("silence.create", actor, f"silence:{silence_id}", reason=made.reason, auth=auth, details=details)
        runtime.audit.write(session, tenant_id, event)
        row = silences.by_id(session, silence_id)
    return _shown(row)


def expire(runtime: Runtime, tenant_id: UUID, silence_id: UUID, *, actor: str, auth: str = "") -> Shown:
    """End a silence now; what it kept quiet and still lasts is told within seconds. One that is over stays so.

    Raises:
        NotFound: this tenant has no such silence.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        found = silences.by_id(session, silence_id)
        if found is None:
            raise _none()
        if silences.end(session, silence_id, actor):
            config.bump(session, actor, [f"silence {_shown(found).short_id}: ended"])
            runtime.audit.write(session, tenant_id, Event("silence.expire", actor, f"silence:{silence_id}", auth=auth))
        row = silences.by_id(session, silence_id)
    return _shown(row)


def page(
    runtime: Runtime, tenant_id: UUID, *, over: bool = False, before: UUID | None = None, most: int = 100
) -> list[Shown]:
    """Silences, the newest first; with those that are over when `over`. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return [_shown(row) for row in silences.page(session, over=over, before=before, most=most)]


def one(runtime: Runtime, tenant_id: UUID, silence_id: UUID) -> Shown:
    """One silence. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = silences.by_id(session, silence_id)
    if row is None:
        raise _none()
    return _shown(row)


def named(runtime: Runtime, tenant_id: UUID, tail: str) -> UUID:
    """The silence that people call SIL- and this tail. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = silences.page(session, over=True, before=None, most=1000)
    for row in rows:
        if row.silence_id.hex[-8:] == tail:
            return row.silence_id  # type: ignore[no-any-return]  # rows are named tuples
    raise _none()


def like(runtime: Runtime, tenant_id: UUID, incident_id: UUID) -> list[str]:
    """Matchers for what an incident is: its rule and where it is, as far as they may stand in the clear.

    Raises NotFound, DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        found = incidents.by_id(session, incident_id)
    if found is None:
        raise NotFound("There is no such incident in this tenant.")
    facts = routing.facts(found.labels, found.severity, found.source)
    texts = []
    for name, value in facts.items():
        if name == "severity" or not value or len(value) > LONG:
            continue
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        text = f'{name}="{quoted}"'
        if not looks_like_phi(text) and not looks_like_phi(value):
            texts.append(text)
    return texts[: silence.MATCHERS]


def try_out(runtime: Runtime, tenant_id: UUID, texts: Sequence[str]) -> Tried:
    """What a silence with these matchers would take of what is open and of what came lately. Changes nothing.

    Raises:
        NotUsable: they cannot be a silence's.
        DatabaseDown: nothing could be read.
    """
    matchers = _matchers(texts)
    with runtime.database.tenant(tenant_id) as session:
        rows = silences.seen(session, incidents=TRIED_INCIDENTS, alerts=TRIED_ALERTS)
    now = datetime.now(UTC)
    probe = Silence(UUID(int=0), matchers, now, now, "", "")  # what it takes has nothing to do with its times
    taken: dict[UUID, Taken] = {}
    alerts = 0
    for row in rows:
        known = taken.get(row.incident_id)
        if known is None:
            whole = probe.takes(routing.facts(row.labels, row.severity, row.source))
            known = Taken(
                row.incident_id,
                short_id(row.incident_id),
                row.title,
                row.status,
                row.severity,
                row.source,
                whole,
                0,
                row.last_alert_at,
            )
        if row.alert_id is not None:
            hit = probe.takes(routing.facts(row.alert_labels, row.alert_severity, row.source))
            alerts += hit
            known = replace(known, alerts=known.alerts + hit)
        taken[row.incident_id] = known
    hits = [each for each in taken.values() if each.whole or each.alerts]
    return Tried(
        tuple(str(each) for each in matchers),
        tuple(each for each in hits if each.status != "resolved"),
        tuple(each for each in hits if each.status == "resolved"),
        alerts,
        (len(taken), sum(row.alert_id is not None for row in rows)),
    )


# -- the end ----------------------------------------------------------------------------------------------------------


def settle(runtime: Runtime, snapshots: Snapshots, ring: Ring) -> int:
    """Tell what silences that are over kept quiet and that still lasts; how many incidents. Called by upkeep.

    Raises:
        DatabaseDown, KeystoreDown: it stopped there; the next round goes on.
    """
    with runtime.database.several() as session:
        tenants = silences.tenants(session)
    return sum(_settle(runtime, snapshots, ring, tenant_id) for tenant_id in tenants)


def _settle(runtime: Runtime, snapshots: Snapshots, ring: Ring, tenant_id: UUID) -> int:
    """One tenant's. An incident that another silence still holds goes over to that one."""
    lanes: set[tuple[UUID, UUID]] = set()
    told: Counter[UUID] = Counter()
    with runtime.database.tenant(tenant_id) as session:
        state = incidents.moment(session)
        held = snapshots.fresh(session, tenant_id, state.version) if state else None
        if state is None or held is None:
            return 0
        quieted = silences.over(session, BATCH)
        once: set[UUID] = set()
        kept: dict[tuple[UUID, UUID], int] = {}
        planned: list[tuple[Change, routing.Plan]] = []
        for each in quieted:
            incident = each.incident
            if each.told_since or incident.incident_id in once:
                continue
            once.add(incident.incident_id)
            facts = routing.facts(incident.labels, incident.severity, incident.source)
            other = routing.silencing(held.table, facts, state.now)
            if other is not None:
                kept[other.silence_id, incident.incident_id] = incident.revision
                continue
            change = unsilence(incident)
            planned.append((change, routing.plan(change, facts, held.table, state.now)))
            told[each.silence_id] += 1
        for change in tell_all(session, tenant_id, planned):
            lanes |= {(tenant_id, channel_id) for channel_id in change.incident.told}
        silences.keep_quiet(session, tenant_id, kept)
        silences.forget(session, quieted)
        if told:
            silences.count_told(session, told)
        _note(runtime, session, tenant_id)
    if lanes:
        ring(lanes)
    return told.total()


def _note(runtime: Runtime, session: Session, tenant_id: UUID) -> None:
    """Write down which silences are over for good; the labels that they named pass no longer."""
    rows = silences.settle(session)
    if not rows:
        return
    for row in rows:
        details: dict[str, JSON] = {"told": row.told, "at": moment(row.ends_at), "early": bool(row.ended_by)}
        event = Event("silence.end", SYSTEM, f"silence:{row.silence_id}", details=details)
        runtime.audit.write(session, tenant_id, event)
    config.bump(session, SYSTEM, [f"silence SIL-{row.silence_id.hex[-8:].upper()}: over" for row in rows])


def _matchers(texts: Sequence[str]) -> tuple[routing.Matcher, ...]:
    """Raises NotUsable."""
    try:
        return silence.matchers(texts, lambda text: looks_like_phi(text) is not None)
    except SilenceError as error:
        raise NotUsable(str(error)) from None


def _rules(session: Session) -> Rules:
    """The tenant's own rules, for what a person typed. Raises NotFound."""
    held = snapshot.load(session)
    if held is None:
        raise NotFound("There is no such tenant.")
    return held.rules


def _now(session: Session) -> datetime:
    state = incidents.moment(session)
    if state is None:
        raise NotFound("There is no such tenant.")
    return state.now


def _none() -> NotFound:
    return NotFound("There is no such silence in this tenant; `alertveil silences list --over` shows them.")


def _shown(row: Row) -> Shown:
    found = silences.from_columns(row)
    return Shown(
        found.silence_id,
        found.short_id,
        found.state(row.now),
        tuple(str(each) for each in found.matchers),
        found.starts_at,
        found.ends_at,
        found.reason,
        found.created_by,
        row.created_at,
        row.ended_by or "",
        row.told,
    )
