"""Hooks are told what happened: claimed under the hook's lease, signed, sent with no transaction open, recorded.

The same road as a channel's deliveries, beside it: a worker that dies leaves its lease and the list of what it had out,
and whoever takes the hook over sends that again, once, under the same id.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from channels import kit, webhook
from channels.contract import Delivered, Outcome, Reason, Rejected, Retry
from router.core.audit import Event
from router.core.hook import Note, envelope, of_incidents
from router.core.incident import Change
from router.core.retry import Again, Health, next_step, pause
from router.flow.snapshot import Snapshot
from router.keys import IntegrityFailure, KeystoreDown
from router.runtime import Runtime
from router.store import hooks
from router.store.session import DatabaseDown, Row, Session

log = logging.getLogger(__name__)

BATCH: Final = 32
"""Events that are out at once; they are sent side by side, so a receiver puts them in order by `sequence`."""

DEADLINE: Final = 15.0
"""Seconds for a receiver to answer (Standard Webhooks asks for 15 to 30)."""

OPEN: Final = 512
"""Hooks whose secrets a worker keeps open."""

OPEN_FOR: Final = 600.0
"""Seconds for which they stay open: a day after a rotation the secret before it must not sign any more."""

NOT_OPENED: Final = 5.0
"""Seconds until a hook is looked at again whose secrets could not be opened."""


def tell(session: Session, snapshot: Snapshot, changes: Iterable[Change]) -> set[UUID]:
    """Write changes of incidents into the outbox, in the transaction that makes them; the hooks to ring for.

    Where nobody subscribed to what happened there is no statement.
    """
    if not snapshot.hooks:
        return set()
    notes = of_incidents(changes)
    types = {each.type for each in notes}
    wanted = {hook_id for hook_id, events in snapshot.hooks.items() if types & events}
    if wanted:
        hooks.note(session, snapshot.tenant_id, [each for each in notes if _wanted(snapshot, each)])
    return wanted


def _wanted(snapshot: Snapshot, note: Note) -> bool:
    return any(note.type in events for events in snapshot.hooks.values())


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """An open way to a hook's receiver."""

    prepared: kit.Prepared
    secrets: tuple[str, ...]

    @classmethod
    def to(cls, url: str, secrets: Sequence[str]) -> Way:
        """Raises kit.Unsendable: the address or a secret cannot be used."""
        for each in secrets:
            webhook.signer(each)
        return cls(kit.prepare(url, [("Content-Type", "application/json")]), tuple(secrets))

    def request(self, event_id: UUID, body: bytes) -> kit.Request:
        """One signed request; the id is the same on every attempt."""
        key, timestamp = str(event_id), int(time.time())
        signature = webhook.sign([webhook.signer(each) for each in self.secrets], key, timestamp, body)
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        headers = kit.header_lines(tuple(zip(names, (key, str(timestamp), signature), strict=True)))
        return self.prepared, headers, body


def open_way(runtime: Runtime, session: Session, tenant_id: UUID, hook_id: UUID) -> Way | None:
    """The way to a hook's receiver; None: there is none that can be used.

    Raises:
        KeystoreDown, IntegrityFailure: its secrets cannot be opened now.
    """
    row = hooks.secrets(session, hook_id)
    if row is None:
        return None
    found = runtime.vault.credentials(session, tenant_id, hook_id, bytes(row.secrets), row.key_version)
    given = [found["secret"], found.get("previous_secret", "") if row.both else ""]
    try:
        return Way.to(row.url, [each for each in given if each])
    except kit.Unsendable:
        return None


class Outbox:
    """Tells hooks. Thread-safe; one hook is told by one thread at a time."""

    def __init__(
        self, runtime: Runtime, owner: Callable[[], int], notice: Callable[[UUID, UUID, Health], None]
    ) -> None:
        """`owner` is the number by which this worker's leases name its session.

        `notice(tenant_id, hook_id, health)` tells people of a hook that was paused or goes on by itself.
        """
        self._runtime = runtime
        self._owner = owner
        self._notice = notice
        self._token = uuid4()
        self._known: dict[UUID, bool] = {}
        self._ways: dict[UUID, tuple[int, float, Way | None]] = {}
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Claim nothing more; what is out is recorded."""
        self._stopping.set()

    def has(self, tenant_id: UUID, lane_id: UUID) -> bool:
        """Is this lane a hook's, and no channel's. Asked of the database once a lane."""
        known = self._known.get(lane_id)
        if known is None:
            with contextlib.suppress(DatabaseDown), self._runtime.database.tenant(tenant_id) as session:
                known = self._known[lane_id] = hooks.is_one(session, lane_id)
        return bool(known)

    def lane(self, tenant_id: UUID, hook_id: UUID) -> float | None:
        """Tell a hook what is due until nothing is, or another worker has it; when to look again, if that is known."""
        sent = False
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                with self._runtime.database.tenant(tenant_id) as session:
                    claim = hooks.claim(session, hook_id, owner=self._owner(), token=self._token, most=BATCH)
                if claim is None or not claim.due:
                    break
                if not self._tell(tenant_id, hook_id, claim, began + hooks.LEASE):
                    return NOT_OPENED
                sent = True
            if sent:
                with self._runtime.database.tenant(tenant_id) as session:
                    hooks.sweep(session, hook_id)
        except (DatabaseDown, KeystoreDown, IntegrityFailure) as error:
            log.warning("hook put down", extra={"cause": type(error).__name__, "hook": hook_id})
            return NOT_OPENED
        return None

    def _tell(self, tenant_id: UUID, hook_id: UUID, claim: hooks.Claim, lease_ends: float) -> bool:
        """Send what was claimed and record it; False: it was not sent, or the lease was lost."""
        way = self._way(tenant_id, hook_id, claim.lane.revision)
        started_at = datetime.now(UTC)
        if lease_ends - time.monotonic() < DEADLINE * 1.5:
            return False
        if way is None:
            outcomes: list[Outcome] = [Rejected(Reason.BAD_CONFIG)] * len(claim.due)
        else:
            requests = [way.request(row.event_id, _body(tenant_id, hook_id, row)) for row in claim.due]
            outcomes = [kit.outcome(each) for each in self._runtime.kit.post_many(requests, DEADLINE)]
        now = datetime.now(UTC)
        pairs = list(zip(claim.due, outcomes, strict=True))
        results = [_result(row, outcome, started_at, now) for row, outcome in pairs]
        lane = claim.lane
        health = before = Health(lane.failing_since, Reason(lane.paused) if lane.paused else None, lane.probe_at)
        for _, outcome in pairs:
            health = pause(health, outcome, now, alone=claim.alone)
        standing = hooks.Standing(
            health.failing_since, health.paused.value if health.paused else None, health.probe_at, results[-1].reason
        )
        with self._runtime.database.tenant(tenant_id) as session:
            if not hooks.record(session, hook_id, self._token, results, standing):
                return False
            if (health.paused is None) != (before.paused is None):
                action = "hook.resume" if health.paused is None else "hook.pause"
                details = {"why": standing.paused or "it answers again"}
                event = Event(action, "alertveil", f"hook:{hook_id}", details=details)
                self._runtime.audit.write(session, tenant_id, event)
        if (health.paused is None) != (before.paused is None):
            self._notice(tenant_id, hook_id, health)
        return True

    def _way(self, tenant_id: UUID, hook_id: UUID, revision: int) -> Way | None:
        held, now = self._ways.get(hook_id), time.monotonic()
        if held is not None and held[0] == revision and now < held[1]:
            return held[2]
        with self._runtime.database.tenant(tenant_id) as session:
            way = open_way(self._runtime, session, tenant_id, hook_id)
        if len(self._ways) >= OPEN:
            self._ways.pop(next(iter(self._ways)))
        self._ways[hook_id] = (revision, now + OPEN_FOR, way)
        return way


def _body(tenant_id: UUID, hook_id: UUID, row: Row) -> bytes:
    """The event's bytes, the same on every attempt."""
    note = Note(row.type, row.subject, row.facts)
    made = envelope(note, row.at, tenant_id=tenant_id, hook_id=hook_id, sequence=row.sequence)
    return msgspec.json.encode(made)


def _result(row: Row, outcome: Outcome, started_at: datetime, now: datetime) -> hooks.Result:
    first = row.first_tried_at or started_at
    step = next_step(outcome, row.tries + 1, first, now, random.uniform(-1, 1), kind="update")  # noqa: S311 - spreads load
    state, wait = "dead", 0.0
    if isinstance(outcome, Delivered):
        state = "delivered"
    elif isinstance(step, Again):
        state, wait = "pending", max(0.0, (step.at - now).total_seconds())
    return hooks.Result(
        row.event_id,
        state,
        wait,
        counted=not isinstance(outcome, Retry) or outcome.counts,
        uncertain=isinstance(outcome, Retry) and outcome.maybe_delivered,
        reason=Reason.DELIVERED.value if isinstance(outcome, Delivered) else outcome.reason.value,
        status=outcome.status,
        started_at=started_at,
    )
