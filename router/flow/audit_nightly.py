"""Every night some of the audit's rows are verified again, until all of them were: a stretch at a time, by one worker.

Signing looks at what came since the last checkpoint. What was changed behind that is found here, or by `audit verify`.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from router.core import audit_nightly as core
from router.core.audit import INSTANCE, Event, Fault, Walk
from router.core.audit_nightly import Nightly
from router.flow import audit_keep
from router.flow.audit_files import Files
from router.flow.audit_verify import Anchors, Found, filed, follow, rows, start_of, stored
from router.keys import KeystoreDown
from router.runtime import Runtime
from router.store import audit, config
from router.store.session import DatabaseDown, Row

logger = logging.getLogger(__name__)

STRETCH: Final = 1000
"""Rows that one step looks at: a fraction of a second, so that chaining and signing wait for nothing."""

STRAYS: Final = 100
"""Events in no row that one step looks at: a few may be waiting for their chain."""

VERIFIED: Final = "audit.verify"
"""The event that says that a pass came to its end, or what does not hold."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known. `held_at`, `whole_at`: as `Nightly`; `broken`: kinds of faults by chain.

    `forged`: what the database says of it was not written by us, so nothing is known.
    """

    held_at: datetime | None = None
    whole_at: datetime | None = None
    broken: tuple[tuple[UUID, str], ...] = ()
    forged: bool = False

    @property
    def holds(self) -> bool | None:
        """False: something does not; None: nothing was looked at yet."""
        if self.broken or self.forged:
            return False
        return None if self.held_at is None else True


class Stretch(NamedTuple):
    """What a look at some rows brought to light."""

    walk: Walk
    looked: int
    at_end: bool
    events_to: datetime | None
    fault: Fault | None


def standing(runtime: Runtime) -> Standing:
    """What the nightly verification found. Raises KeystoreDown, DatabaseDown."""
    with runtime.database.several() as session:
        row = audit.nightly(session)
    if row.nightly is None:
        return Standing()
    state = _believed(runtime, row)
    if state is None:
        return Standing(forged=True)
    return Standing(state.held_at, state.whole_at, tuple(sorted(state.broken.items())))


def seen(runtime: Runtime) -> Standing | None:
    """The same for whoever only looks; None: it cannot be read now. Never raises."""
    try:
        return standing(runtime)
    except (DatabaseDown, KeystoreDown):
        return None


def step(runtime: Runtime) -> bool:
    """Look at the next stretch, if one is due; True: there is more to be done tonight.

    Raises:
        KeystoreDown, DatabaseDown, OSError: the same stretch is looked at next time.
    """
    with runtime.database.several() as session:
        row = audit.nightly(session)
        chains = [INSTANCE, *config.tenant_ids(session)]
    now = row.now.astimezone(UTC)
    state = core.tonight(_believed(runtime, row), now)
    if state is None or state.chain is None:
        return False
    tenant_id = state.chain
    found = look(runtime, tenant_id, state)
    made = onward(state, chains, now, found)
    version, key = runtime.audit.newest("mac")
    text, mac = core.sealed(key, made)
    with runtime.database.several() as session:
        if not audit.go_on(session, row.nightly, text, mac, version, core.due_at(made, now)):
            return True  # another worker looked at this stretch
        if found.fault is not None:
            details = {"tenant": str(tenant_id), "kind": found.fault.kind, "row": found.fault.seq}
            event = Event(
                VERIFIED, "service:upkeep", "installation", "denied", "a chain does not hold", details=details
            )
            runtime.audit.write(session, INSTANCE, event)
        elif made.chain is None and not made.found:
            event = Event(VERIFIED, "service:upkeep", "installation", details={"chains": len(chains)})
            runtime.audit.write(session, INSTANCE, event)
    if found.fault is not None:
        logger.error("audit chain does not hold", extra={"tenant": tenant_id, "kind": found.fault.kind})
        audit_keep.tell_tenant(runtime, tenant_id, found.fault, signing=True)
    return core.tonight(made, now) is not None


def onward(state: Nightly, chains: Iterable[UUID], now: datetime, found: Stretch) -> Nightly:
    """The state after a stretch; `chains` are all there are now."""
    return core.after(
        state,
        chains,
        now,
        rows=found.looked,
        at_end=found.at_end,
        fault=found.fault.kind if found.fault else None,
        seq=found.walk.seq,
        hash_=found.walk.hash,
        events_to=found.events_to,
    )


def look(runtime: Runtime, tenant_id: UUID, state: Nightly, most: int = STRETCH) -> Stretch:
    """Verify a chain from where `state` has it, `most` rows on. Raises as `step`."""
    files = Files(runtime.data_dir)
    trust = audit_keep.own_trust(audit_keep.signing_key(runtime, files))
    keys = runtime.audit.keys("mac")
    latest = files.latest(tenant_id)
    with runtime.database.several() as session:
        passed = audit.passed(session)
        session.enter(tenant_id)
        furthest = audit.furthest(session)
        start = start_of(session, files, tenant_id, trust)
        head = audit.head(session)  # after everything that says how far it must go
        end = head[0] if head else 0
        if state.seq and (start is None or state.seq >= start.seq):
            walk = Walk(tenant_id, state.seq, state.hash, keys=keys)
        elif start is not None:
            walk = Walk(tenant_id, start.seq, start.hash, keys=keys)
        else:
            walk = Walk(tenant_id, keys=keys)
        first, upto = walk.seq, min(walk.seq + most, end)
        at_end = upto >= end
        at = audit.now(session)
    behind = first if state.seq == first else None
    claims = heapq.merge(
        stored(runtime, tenant_id, furthest if at_end else upto, behind=behind),
        filed([latest] if latest and at_end else []),
        key=lambda each: each.seq,
    )
    fault = follow(walk, rows(runtime, tenant_id, first, upto), Anchors(claims, tenant_id, trust), Found(tenant_id, ""))
    if fault is None and end < first:
        fault = Walk(tenant_id, end).cut(first, at)
    until = None
    if fault is None:
        with runtime.database.tenant(tenant_id) as session:
            until = None if at_end else audit.row_at(session, upto).at.astimezone(UTC)
            for entry, late in audit.strays(session, passed, state.events_to, until, STRAYS):
                fault = fault or walk.outside(entry, passed=late)
    return Stretch(walk, walk.seq - first, at_end, until, fault)


def _believed(runtime: Runtime, row: Row) -> Nightly | None:
    """What we wrote down ourselves; None: nothing, or somebody else did, and the pass begins anew."""
    if row.nightly is None:
        return None
    return core.opened(runtime.audit.keys("mac").get(row.nightly_key), row.nightly, bytes(row.nightly_mac or b""))
