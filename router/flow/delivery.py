"""What is due on a channel goes out: claimed under a lease, decided, rendered, sent with no transaction open, recorded.

The record of one batch and the claim of the next share a transaction. A worker that dies leaves its lane's lease and
the list of what was out; whoever takes the lane over sends those again, once, marked as a possible repeat.
"""

from __future__ import annotations

import hashlib
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec

from channels.contract import Delivered, Kind, Message, Outcome, Reason, Rejected, Retry, SafeText, Sender, Spec
from channels.registry import CHANNELS
from router.core import render
from router.core.optin import Channel, Decision, Ground, Plaintext, Tenant, Tokens, decide
from router.core.retry import Again, Dead, Done, Health, next_step, pause
from router.flow import disclose, drift
from router.flow.snapshot import Snapshot, Snapshots
from router.keys import IntegrityFailure, KeystoreDown
from router.privacy.rules import Rules
from router.privacy.tokens import ThrowawayMint
from router.privacy.tripwire import scan
from router.runtime import Runtime
from router.store import deliveries
from router.store.deliveries import Claim, Due, Record
from router.store.session import DatabaseDown

log = logging.getLogger(__name__)

OUT = 32
"""Deliveries that a worker may have sent and not yet recorded (design §9)."""

SENDERS = 512
"""Open senders that a worker keeps."""

NOT_OPENED = 5.0
"""Seconds until a delivery is looked at again whose destination could not be opened: the keystore is away, mostly."""

BUNDLE_OVER = 60
"""Due deliveries above which a channel that bundles sends a digest (design §9)."""

DIGEST = 200
"""Incidents that one digest lists at most."""

BUNDLE_AFTER = 60.0
"""Seconds that the oldest delivery may wait on such a channel before the waiting ones are bundled."""


class Budget:
    """The worker's allowance of deliveries that are out, shared fairly by the lanes that drain at once."""

    def __init__(self, size: int = OUT) -> None:
        self._size = size
        self._free = size
        self._lanes = 0
        self._changed = threading.Condition()

    def enter(self) -> int:
        """One more lane drains; how many it may have out, one at least, as soon as any is free.

        Half of what is free stays so, for a lane whose bell rings while this one waits for a slow destination.
        """
        with self._changed:
            self._lanes += 1
            while self._free == 0:
                self._changed.wait()
            share = min(self._share(), (self._free + 1) // 2)
            self._free -= share
            return share

    def keep(self, held: int, used: int) -> int:
        """The lane found less to send than it may: others get the rest before it sends."""
        if used >= held:
            return held
        with self._changed:
            self._free += held - used
            self._changed.notify_all()
            return used

    def resize(self, held: int) -> int:
        """The lane's share now, given what it holds; never waits."""
        with self._changed:
            share = min(self._share(), held + self._free // 2)
            self._free += held - share
            self._changed.notify_all()
            return share

    def leave(self, held: int) -> None:
        """The lane is done."""
        with self._changed:
            self._lanes -= 1
            self._free += held
            self._changed.notify_all()

    def _share(self) -> int:
        return max(1, self._size // (self._lanes + 1))


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """An open way to one destination."""

    spec: Spec[Any]
    config: Any  # an instance of spec.config
    sender: Sender
    identity: bytes
    encrypted: bool


class Ways:
    """The open senders of this process. A destination never changes, so one is opened once."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._vault = runtime.vault
        self._kit = runtime.kit
        self._open: dict[UUID, Way] = {}
        self._lock = threading.Lock()

    def to(self, tenant_id: UUID, destination_id: UUID) -> Way | None:
        """The way to a destination; None when its kind is unknown here or its configuration cannot be used.

        Raises:
            KeystoreDown, IntegrityFailure, DatabaseDown: its credentials cannot be opened now.
        """
        way = self._open.get(destination_id)
        if way is not None:
            return way
        with self._database.tenant(tenant_id) as session:
            row = deliveries.destination(session, destination_id)
            spec = CHANNELS.get(row.kind) if row else None
            if row is None or spec is None:
                return None
            secrets = self._vault.credentials(session, tenant_id, destination_id, bytes(row.secrets), row.key_version)
        try:
            config = msgspec.convert(row.config, spec.config)
            way = Way(spec, config, spec.open(config, secrets, self._kit), bytes(row.identity), spec.encrypted(config))
        except ValueError:  # msgspec's is one too
            return None
        with self._lock:
            if len(self._open) >= SENDERS:
                self._open.pop(next(iter(self._open)))
            self._open[destination_id] = way
        return way


@dataclass(frozen=True, slots=True)
class Batch:
    """One lane's claim, from the claim to its record."""

    claim: Claim
    snapshot: Snapshot
    lease_ends: float  # monotonic


@dataclass(slots=True)
class Turn:
    """One lane at the database: what came of its last claim goes in, its next claim comes out.

    `lost`: the lease was gone, so nothing was recorded. `error`: the transaction failed; nothing was written.
    """

    tenant_id: UUID
    channel_id: UUID
    most: int
    done: deliveries.Recorded | None
    claim: Claim | None = None
    snapshot: Snapshot | None = None
    began: float = 0.0
    lost: bool = False
    error: DatabaseDown | None = None
    over: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Lanes that come to the database at the same moment share a transaction.

    Whoever finds nobody at it leads: it takes everybody who waits with it. There is no timer and no thread of its own.
    """

    def __init__(self, transact: Callable[[Sequence[Turn]], None]) -> None:
        self._transact = transact
        self._leading = threading.Lock()
        self._queue: deque[Turn] = deque()

    def take(self, turn: Turn) -> None:
        """The turn's results are in it when this returns. Raises DatabaseDown."""
        self._queue.append(turn)
        while not turn.over.is_set():
            with self._leading:
                if not turn.over.is_set():
                    self._lead()
        if turn.error is not None:
            raise turn.error

    def _lead(self) -> None:
        together: list[Turn] = []
        while self._queue:
            together.append(self._queue.popleft())
        try:
            self._transact(together)
        except DatabaseDown as error:
            self._alone(together, error)
        except BaseException:  # a bug: nobody may take the lack of an answer for one
            for turn in together:
                turn.claim, turn.lost, turn.error = None, False, DatabaseDown(None)
            raise
        finally:
            for turn in together:
                turn.over.set()

    def _alone(self, together: Sequence[Turn], error: DatabaseDown) -> None:
        """After a failed transaction each lane tries by itself, so that one cannot hold up the others."""
        for turn in together:
            turn.claim, turn.lost, turn.error = None, False, error
            if len(together) > 1:
                try:
                    self._transact([turn])
                except DatabaseDown as own:
                    turn.error = own
                else:
                    turn.error = None


class Drain:
    """Drains lanes. Thread-safe; one lane is drained by one thread at a time."""

    def __init__(
        self,
        runtime: Runtime,
        snapshots: Snapshots,
        *,
        owner: int,
        notice: Callable[[UUID, UUID, Health], None],
    ) -> None:
        self._runtime = runtime
        self._database = runtime.database
        self._snapshots = snapshots
        self._ways = Ways(runtime)
        self._budget = Budget()
        self.owner = owner  # changes when the worker had to take a new session
        self._notice = notice
        self._token = uuid4()
        self._clean = Clean()
        self._turns = Turns(self._transact)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Claim nothing more; what is out is still sent and recorded."""
        self._stopping.set()

    def lane(self, tenant_id: UUID, channel_id: UUID) -> float | None:
        """Send what is due on one channel until nothing is, or another worker has it.

        Returns the seconds after which the destination's rate lets more through, when it was the rate that ended it.
        """
        held = self._budget.enter()
        records: list[Record] = []
        batch: Batch | None = None
        try:
            while True:
                claimed = self._turn(tenant_id, channel_id, batch, records, held)
                records = []
                if claimed is None or not claimed.claim.due:
                    return claimed.claim.soon if claimed is not None else None
                batch = claimed
                held = self._budget.keep(held, 1 if batch.claim.bundled else len(batch.claim.due))
                records = self._send(tenant_id, batch)
                held = self._budget.resize(held)
        except (DatabaseDown, KeystoreDown, IntegrityFailure) as error:
            log.warning("lane put down", extra={"cause": type(error).__name__, "channel": channel_id})
            if records and batch is not None:
                self._record_late(tenant_id, channel_id, batch, records)
            return None
        finally:
            self._budget.leave(held)

    def _turn(
        self, tenant_id: UUID, channel_id: UUID, last: Batch | None, records: list[Record], most: int
    ) -> Batch | None:
        """Record the last batch and claim the next, in one transaction; None: the lane is another worker's."""
        done = None
        if records and last is not None:
            done = deliveries.Recorded(channel_id, records, *assess(last.claim, records))
        turn = Turn(tenant_id, channel_id, 0 if self._stopping.is_set() else most, done)
        self._turns.take(turn)
        if turn.lost:
            log.warning("lease lost before the record", extra={"channel": channel_id, "count": len(records)})
        elif (
            done is not None and last is not None and (done.health.paused is None) != (last.claim.health.paused is None)
        ):
            self._notice(tenant_id, channel_id, done.health)
        if turn.claim is None or turn.snapshot is None:
            return None
        return Batch(turn.claim, turn.snapshot, turn.began + deliveries.LEASE)

    def _transact(self, turns: Sequence[Turn]) -> None:
        """Many lanes' turns in one transaction, tenant by tenant."""
        began = time.monotonic()
        with self._database.several(pipelined=True) as session:
            for tenant_id in sorted({turn.tenant_id for turn in turns}, key=lambda each: each.bytes):
                mine = {turn.channel_id: turn for turn in turns if turn.tenant_id == tenant_id}
                session.enter(tenant_id)
                done = [turn.done for turn in mine.values() if turn.done is not None]
                held = deliveries.record(session, tenant_id, self._token, done) if done else set
                wants = {channel_id: turn.most for channel_id, turn in mine.items()}
                claims = deliveries.claim(session, wants, owner=self.owner, token=self._token, pace=pace)
                recorded = held()
                for channel_id, turn in mine.items():
                    turn.began = began
                    turn.lost = turn.done is not None and channel_id not in recorded
                    turn.claim = claims.get(channel_id)
                    if turn.claim is not None:
                        turn.snapshot = self._snapshots.fresh(session, tenant_id, turn.claim.version)

    def _record_late(self, tenant_id: UUID, channel_id: UUID, batch: Batch, records: list[Record]) -> None:
        """The database was away when a batch was to be recorded: try until its lease would have passed on."""
        done = deliveries.Recorded(channel_id, records, *assess(batch.claim, records))
        while time.monotonic() < batch.lease_ends:
            try:
                with self._database.tenant(tenant_id) as session:
                    deliveries.record(session, tenant_id, self._token, [done])
            except DatabaseDown:
                if self._stopping.wait(0.5):
                    time.sleep(0.2)
                continue
            return

    def _send(self, tenant_id: UUID, batch: Batch) -> list[Record]:
        """Send a claim and say what came of each delivery; no transaction is open here."""
        records: list[Record] = []
        by_destination: dict[UUID, list[Due]] = {}
        for due in batch.claim.due:
            if due.kind == "resolve" and due.lost:
                records.append(unsent(due, "suppressed", "never_announced"))
            else:
                by_destination.setdefault(due.destination_id, []).append(due)
        for destination_id, dues in by_destination.items():
            # What another destination was sent already must be recorded, whatever is the matter with this one.
            try:
                way = self._ways.to(tenant_id, destination_id)
            except IntegrityFailure:
                log.error("credentials do not open", extra={"channel": dues[0].channel_id})
                records += [failed(due, Retry(Reason.BAD_CONFIG), batch.claim.now) for due in dues]
                continue
            except (DatabaseDown, KeystoreDown) as error:
                log.warning("destination not opened", extra={"cause": type(error).__name__})
                records += [unsent(due, "pending", "not_opened", wait=NOT_OPENED) for due in dues]
                continue
            if way is None:
                records += [failed(due, Rejected(Reason.BAD_CONFIG), batch.claim.now) for due in dues]
            elif batch.claim.bundled and len(dues) > 1:
                records += self._send_digest(way, batch, dues)
            else:
                left = list(dues)
                while left:
                    some, left = cut(left, way, batch.lease_ends - time.monotonic())
                    records += self._send_some(way, batch, some)
        return records

    def _send_some(self, way: Way, batch: Batch, dues: list[Due]) -> list[Record]:
        if time.monotonic() + way.spec.traits.deadline > batch.lease_ends:
            return [unsent(due, "pending", "lease_too_short") for due in dues]
        records: list[Record] = []
        ready: list[Due] = []
        messages: list[Message] = []
        trips: list[int] = []
        for due in dues:
            try:
                message, trip = self._clean.look(self._render(batch, due), batch.snapshot.rules)
            except Exception as error:  # noqa: BLE001 - one incident that cannot be rendered must not stop its lane
                log.error("render raised", extra={"cause": type(error).__name__, "incident": due.incident.short_id})
                records.append(failed(due, Rejected(Reason.BUG), batch.claim.now))
                continue
            ready.append(due)
            messages.append(message)
            trips.append(trip)
        if ready:
            decisions = [self._decide(way, batch, due) for due in ready]
            if any(isinstance(each, Plaintext) for each in decisions):
                finished = self._disclose(way, batch, ready, messages, decisions, trips)
                messages = [each.message for each in finished]
                decisions = [each.decision for each in finished]
                trips = [each.trips for each in finished]
                if time.monotonic() + way.spec.traits.deadline > batch.lease_ends:  # grants took too long
                    return records + [unsent(due, "pending", "lease_too_short") for due in ready]
            records += self._out(way, batch, ready, messages, decisions, trips)
        return records

    def _disclose(
        self,
        way: Way,
        batch: Batch,
        dues: list[Due],
        messages: list[Message],
        decisions: list[Decision],
        trips: list[int],
    ) -> list[disclose.Finished]:
        """The batch again, with plaintext where a committed grant gave it; all of it goes to one destination."""
        snapshot = batch.snapshot
        to = disclose.Destination(
            snapshot.tenant_id, dues[0].channel_id, dues[0].destination_id, way.identity, batch.claim.version
        )
        attempts = [
            disclose.Attempt(
                due.incident,
                due.revision,
                due.attempts + 1,
                decision,
                message,
                trip,
                partial(self._render, batch, due),
                partial(way.spec.preview, way.config),
            )
            for due, decision, message, trip in zip(dues, decisions, messages, trips, strict=True)
        ]
        return disclose.finish(self._runtime, to, snapshot.rules, attempts)

    def _send_digest(self, way: Way, batch: Batch, dues: list[Due]) -> list[Record]:
        snapshot = batch.snapshot
        one = render.digest(
            [due.incident for due in dues],
            key=f"{dues[0].incident.incident_id.hex}-{dues[0].channel_id.hex[:8]}-{dues[0].revision}-digest",
            tenant=snapshot.slug,
            url=self._runtime.public_url,
            page=self._page,
        )
        message, trip = self._clean.look(one, snapshot.rules)
        decided = [self._decide(way, batch, due) for due in dues]
        decisions = [Tokens(Ground.DIGEST) if isinstance(each, Plaintext) else each for each in decided]
        return self._out(way, batch, dues, [message], decisions, [trip] * len(dues))

    def _out(
        self,
        way: Way,
        batch: Batch,
        dues: list[Due],
        messages: list[Message],
        decisions: Sequence[Decision],
        trips: list[int],
    ) -> list[Record]:
        """Hand messages to the sender: one for each delivery, or one digest for all of them."""
        began = time.monotonic()
        started_at = datetime.now(UTC)
        try:
            outcomes = way.sender.send(messages)
        except Exception as error:  # noqa: BLE001 - a sender that breaks its word must not stop the lane
            log.error("sender raised", extra={"cause": type(error).__name__, "kind": way.spec.kind})
            outcomes = [Rejected(Reason.BUG) for _ in messages]
        latency = (time.monotonic() - began) * 1000
        if any(isinstance(each, Retry) and each.reason is Reason.TLS for each in outcomes):
            drift.certificate_failed(self._runtime, batch.snapshot.tenant_id, dues[0].channel_id)
        if len(messages) == 1:
            outcomes = outcomes * len(dues)
        digest = bool(messages[0].digest)
        return [
            outcome_record(due, outcome, decision, started_at, latency, trip, batch.claim.now, digest=digest)
            for due, outcome, decision, trip in zip(dues, outcomes, decisions, trips, strict=True)
        ]

    def _decide(self, way: Way, batch: Batch, due: Due) -> Decision:
        """Policy at the render of this attempt, from what the claim's version of the tenant says: no query."""
        claim, snapshot = batch.claim, batch.snapshot
        channel = snapshot.channels.get(due.channel_id)
        return decide(
            Channel(due.channel_id, way.identity, channel.vendor if channel else "", way.encrypted),
            snapshot.optins.get(due.channel_id, ()),
            snapshot.baas,
            Tenant(snapshot.tenant_id, claim.tenant_kill_switch),
            claim.kill_switch or self._runtime.kill_switch,
            due.incident,
            claim.now,
        )

    def _render(self, batch: Batch, due: Due, values: Mapping[str, str] | None = None) -> Message:
        incident, snapshot = due.incident, batch.snapshot
        source = snapshot.sources.get(incident.source_id)
        kind: Kind = "trigger" if due.kind in {"update", "acknowledge"} and not due.reached else due.kind
        return render.message(
            incident,
            kind=kind,
            key=f"{incident.incident_id.hex}-{due.channel_id.hex[:8]}-{due.revision}",
            why=due.why,
            mode="plaintext" if values else "tokens",
            tenant=snapshot.slug,
            url=self._page(incident.incident_id),
            refs=due.refs,
            repeat=due.uncertain,
            with_trigger=kind == "resolve" and not due.reached,
            quiet_after=source.quiet_after if source else None,
            values=values,
        )

    def _page(self, incident_id: UUID) -> str:
        return f"{self._runtime.public_url}/incidents/{incident_id}" if self._runtime.public_url else ""


def cut(dues: list[Due], way: Way, seconds: float) -> tuple[list[Due], list[Due]]:
    """As many as one `send` may take and can surely finish within the lease's remaining seconds, one at least."""
    traits = way.spec.traits
    most = traits.batch if traits.concurrent else max(1, min(traits.batch, int(seconds / traits.deadline)))
    return dues[:most], dues[most:]


def pace(kind: str) -> deliveries.Pace:
    """How much of a lane of this kind one claim may take."""
    spec = CHANNELS.get(kind)
    if spec is None:
        return deliveries.Pace(None, None)
    rate = spec.traits.rate
    return deliveries.Pace(
        (rate.per_second, rate.burst) if rate else None,
        (BUNDLE_OVER, BUNDLE_AFTER, DIGEST) if spec.traits.bundles else None,
    )


def unsent(due: Due, state: str, reason: str, *, wait: float = 0.0) -> Record:
    """A claimed delivery that goes back for `wait` seconds, or needs no attempt."""
    return Record(
        incident_id=due.incident.incident_id,
        revision=due.revision,
        destination_id=due.destination_id,
        number=due.attempts,
        state=state,
        wait=wait,
        counted=False,
        uncertain=False,
        started_at=due.incident.last_alert_at,
        latency_ms=0.0,
        outcome="",
        reason=reason,
        status=None,
        policy="",
        mode="tokens",
        repeat=False,
        tripwire=0,
        remote_id=None,
        refs={},
        sent=False,
    )


def failed(due: Due, outcome: Retry | Rejected, now: datetime) -> Record:
    """An attempt that ended before anything could be sent."""
    return outcome_record(due, outcome, Tokens(Ground.NO_OPT_IN), now, 0.0, 0, now, digest=False)


def outcome_record(
    due: Due,
    outcome: Outcome,
    decision: Decision,
    started_at: datetime,
    latency: float,
    tripwire: int,
    now: datetime,
    *,
    digest: bool,
) -> Record:
    """What an attempt's outcome means for its delivery."""
    number = due.attempts + 1
    jitter = random.uniform(-1.0, 1.0)  # noqa: S311 - spreads retries, guards nothing
    step = next_step(outcome, due.tries + 1, due.first_tried_at or now, now, jitter, kind=due.kind)
    refs: dict[str, str] = {}
    remote_id = None
    uncertain = False
    if isinstance(outcome, Delivered):
        refs, remote_id = dict(outcome.refs), outcome.remote_id
        if digest and refs:
            refs["digest"] = "1"
    elif isinstance(outcome, Retry):
        refs, uncertain = dict(outcome.refs), outcome.maybe_delivered
    state, wait = "delivered", 0.0
    match step:
        case Again():
            state, wait = "pending", max(0.0, (step.at - now).total_seconds())
        case Dead():
            state = "dead"
        case Done():
            pass
    return Record(
        incident_id=due.incident.incident_id,
        revision=due.revision,
        destination_id=due.destination_id,
        number=number,
        state=state,
        wait=wait,
        counted=not isinstance(outcome, Retry) or outcome.counts,
        uncertain=uncertain,
        started_at=started_at,
        latency_ms=latency,
        outcome=_WORDS[type(outcome)],
        reason=Reason.DELIVERED.value if isinstance(outcome, Delivered) else outcome.reason.value,
        status=outcome.status,
        policy=decision.reason.value,
        mode="plaintext" if isinstance(decision, Plaintext) else "tokens",
        optin_id=decision.optin_id if isinstance(decision, Plaintext) else None,
        repeat=due.uncertain,
        tripwire=tripwire,
        remote_id=remote_id,
        refs=refs,
        original=outcome,
    )


_WORDS: dict[type[Outcome], str] = {Delivered: "delivered", Retry: "retry", Rejected: "rejected"}


def assess(claim: Claim, records: Sequence[Record]) -> tuple[Health, int]:
    """The destination's health after a batch, and how many deliveries have failed there since it began to."""
    outcomes = [each for each in records if each.original is not None]
    if not outcomes:
        return claim.health, claim.failing
    if any(isinstance(each.original, Delivered) for each in outcomes):
        return Health(), 0
    failing = claim.failing + sum(1 for each in outcomes if each.number == 1)
    health = claim.health
    for each in outcomes:
        if each.original is not None:
            health = pause(health, each.original, claim.now, alone=failing <= 1)
    return health, failing


class Clean:
    """The last look before the socket: text in which the detector finds something is replaced by a token, and counted.

    What was found clean is remembered by its hash, so that four channels of one incident pay for one look.
    """

    def __init__(self, size: int = 4096) -> None:
        self._seen: dict[bytes, None] = {}
        self._size = size
        self._lock = threading.Lock()

    def look(self, message: Message, rules: Rules) -> tuple[Message, int]:
        """The message, clean, and how many findings were replaced."""
        parts: list[str] = [message.summary, message.title, message.description, message.reason]
        parts += [text for pair in message.fields for text in pair]
        parts += [line.title for line in message.digest]
        text = "\n".join(parts)
        mark = hashlib.blake2b(f"{rules.version}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if mark in self._seen:
            return message, 0
        found = scan(text, rules)
        if not found:
            with self._lock:  # many lanes look at once, and a dict may not change while its oldest is looked for
                if len(self._seen) >= self._size:
                    self._seen.pop(next(iter(self._seen)))
                self._seen[mark] = None
            return message, 0
        mint = ThrowawayMint()
        tokens = {each.value: mint.token(each.kind, each.value, each.normal) for each in found}

        def mend(text: SafeText) -> SafeText:
            changed = str(text)
            for value in sorted(tokens, key=len, reverse=True):
                changed = changed.replace(value, tokens[value])
            return SafeText(changed)

        log.warning("tripwire", extra={"count": len(found), "incident": message.short_id})
        mended = replace(
            message,
            summary=mend(message.summary),
            title=mend(message.title),
            description=mend(message.description),
            reason=mend(message.reason),
            fields=tuple((mend(SafeText(name)), mend(value)) for name, value in message.fields),
            digest=tuple(replace(line, title=mend(line.title)) for line in message.digest),
        )
        return mended, len(found)
