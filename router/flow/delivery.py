"""What is due on a channel goes out: claimed under a lease, decided, rendered, sent with no transaction open, recorded.

A lane claims more than it may have out and sends it piece by piece; one desk a worker records what came of the pieces
of all lanes while they send the next. A worker that dies leaves its lanes' leases and the lists of what they had
claimed; whoever takes a lane over sends those again, once, marked as a possible repeat.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import msgspec

from channels.contract import (
    Delivered,
    Kind,
    Message,
    Outcome,
    Reason,
    Rejected,
    Retry,
)
from channels.kit import Round
from channels.registry import CHANNELS
from router.core import render
from router.core.incident import Incident
from router.core.optin import Channel, Decision, Ground, Plaintext, Tenant, Tokens, decide
from router.core.retry import Health
from router.flow import disclose, drift
from router.flow.clean import Clean
from router.flow.desk import Batch, Budget, Desk, Piece, Sent, Told, Turn, hear, merged
from router.flow.outcomes import assess, failed, outcome_record, unsent
from router.flow.snapshot import Snapshots
from router.flow.ways import Way, Ways
from router.keys import IntegrityFailure, KeystoreDown
from router.measures import ARRIVING, SENDING, TRIPPED
from router.runtime import Runtime
from router.store import deliveries
from router.store.deliveries import Due, Record
from router.store.session import DatabaseDown

log = logging.getLogger(__name__)

AHEAD = 64
"""Deliveries that a lane claims at once at most; a claim costs the same for one as for many."""

STALE = 0.5
"""Seconds for which a lane sends from one claim. Then what is left is claimed again, as it stands by then; a lane that
needed less claims twice as much the next time."""

QUICK = 0.02
"""Seconds that the desk itself waits for destinations to answer. A slower one is its own lane's thread's, so that it
holds up nobody; where all are quick, one thread does everything, and no two wait for the interpreter."""

SLOW = 2.0
"""Seconds for which the desk leaves a destination to its lane's thread that was not quick."""

TOLD = 512
"""Messages of which a worker remembers what their channels have in common."""

NOT_OPENED = 5.0
"""Seconds until a delivery is looked at again whose destination could not be opened: the keystore is away, mostly."""

BUNDLE_OVER = 60
"""Due deliveries above which a channel that bundles sends a digest (design §9)."""

DIGEST = 200
"""Incidents that one digest lists at most."""

BUNDLE_AFTER = 60.0
"""Seconds that the oldest delivery may wait on such a channel before the waiting ones are bundled."""


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
        self._held: dict[UUID, deliveries.Held] = {}  # the desk's alone
        self._told: dict[tuple[Any, ...], tuple[Incident, Message, int]] = {}
        self._slow: dict[UUID, float] = {}  # destinations that kept the desk waiting, and until when it avoids them
        self._desk = Desk(self._transact, self._ready, self._start, self._budget)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Claim nothing more and send nothing more; what left is recorded, the rest is the next worker's."""
        self._stopping.set()

    def lane(self, tenant_id: UUID, channel_id: UUID) -> float | None:
        """Send what is due on one channel until nothing is, or another worker has it.

        Returns the seconds after which the destination's rate lets more through, when it was the rate that ended it.
        """
        unsure: list[Turn] = []  # pieces that left and are not known to be recorded
        self._budget.enter()
        try:
            return self._sweep(tenant_id, channel_id, unsure)
        except (DatabaseDown, KeystoreDown, IntegrityFailure) as error:
            log.warning("lane put down", extra={"cause": type(error).__name__, "channel": channel_id})
            return None
        finally:
            self._settle(unsure)
            self._budget.leave()

    def _sweep(self, tenant_id: UUID, channel_id: UUID, unsure: list[Turn]) -> float | None:
        """Claim, and send what was claimed, until nothing is due."""
        ahead = self._budget.share()
        turn = Turn(tenant_id, channel_id, want=deliveries.Want(self._most(ahead)), ahead=ahead, here=True)
        while True:
            unsure.append(turn)
            self._desk.take(turn)
            unsure[:] = [turn] if turn.sent is not None else []
            sent = turn.batch
            if sent and not turn.lost and (sent.health.paused is None) != (sent.claim.health.paused is None):
                self._notice(tenant_id, channel_id, sent.health)
            batch = turn.claimed
            if batch is None or turn.lost:  # another worker has it
                return None
            if not batch.left and turn.sent is None:
                return batch.claim.soon
            last, quick = self._send_claim(tenant_id, batch, turn, unsure)
            last.here = True
            self._ask(last, batch, min(AHEAD, turn.ahead * 2) if quick else self._budget.share())
            turn = last

    def _ask(self, turn: Turn, batch: Batch, ahead: int) -> None:
        """Let a turn ask for the lane's next claim."""
        turn.ahead = ahead
        turn.want = deliveries.Want(self._most(ahead), back=len(batch.left), first=False)

    def _most(self, ahead: int) -> int:
        return 0 if self._stopping.is_set() else ahead

    def _send_claim(self, tenant_id: UUID, batch: Batch, given: Turn, unsure: list[Turn]) -> tuple[Turn, bool]:
        """Send a claim piece by piece; the last piece's turn, which is still to be taken, and was it quick.

        What holds now is looked at for every piece; what is left of a claim that grew stale is claimed again.
        """
        while True:
            if given.sent is not None:
                turn, given.sent = self._finish_piece(given, batch, given.sent, unsure), None
            else:
                turn = self._send_piece(tenant_id, batch, unsure)
            took = time.monotonic() - batch.claimed_at
            if self._spent(batch):
                return turn, took < STALE / 2
            self._desk.leave(turn)
            if any(each.lost or each.error for each in unsure):
                return Turn(tenant_id, batch.channel_id, earlier=tuple(unsure)), False
            unsure[:] = [each for each in unsure if not each.over.is_set()]

    def _spent(self, batch: Batch) -> bool:
        """Is it time to claim again: nothing is left, or what is left may be something else by now."""
        changed = batch.facts.version != batch.snapshot.version
        stale = changed or time.monotonic() - batch.claimed_at > STALE
        return not batch.left or batch.health.paused is not None or stale or self._stopping.is_set()

    def _finish_piece(self, given: Turn, batch: Batch, sent: Sent, unsure: list[Turn]) -> Turn:
        """Wait for a piece that the desk began to send."""
        turn = Turn(given.tenant_id, batch.channel_id, batch, size=given.size)
        given.size = 0
        unsure.append(turn)
        turn.done = self._close(batch, self._landed(batch, sent))
        return turn

    def _send_piece(self, tenant_id: UUID, batch: Batch, unsure: list[Turn]) -> Turn:
        """Send as much of a claim as may be out now; its turn says what came of it."""
        size = self._budget.take(1 if batch.claim.bundled else len(batch.left))
        turn = Turn(tenant_id, batch.channel_id, batch, tuple(unsure), size=size)
        unsure.append(turn)
        some = [batch.left.popleft() for _ in range(len(batch.left) if batch.claim.bundled else size)]
        turn.done = self._close(batch, self._send(tenant_id, batch, some))
        return turn

    @staticmethod
    def _close(batch: Batch, records: list[Record]) -> deliveries.Recorded:
        """What came of a piece, and what it says of the destination."""
        batch.health, batch.failing = assess(batch.health, batch.failing, records, batch.facts.now)
        left = [(due.incident.incident_id, due.revision) for due in batch.left]
        return deliveries.Recorded(batch.channel_id, records, batch.health, batch.failing, left)

    def _ready(self, turns: Sequence[Turn]) -> None:
        """Make the next piece of each lane's claim ready to leave, before what the lane sent last is recorded."""
        for turn in turns:
            if turn.claimed is not None:
                turn.next = self._next_piece(turn, turn.claimed)

    def _start(self, turns: Sequence[Turn]) -> Callable[[], None]:
        """Send a piece of each lane's claim, side by side; what is given waits for the answers."""
        together = self._runtime.kit.round()
        out: list[tuple[Turn, Batch, Sent]] = []
        for turn in turns:
            batch, piece, turn.next = turn.claimed, turn.next, None
            if piece is not None and batch is not None and not holds(piece, batch):
                self._budget.put(turn.size)
                turn.size, piece = 0, None
            if piece is None and batch is not None:
                piece = self._next_piece(turn, batch)
            if batch is None or piece is None:
                turn.here = False
                continue
            for _ in range(piece.size):
                batch.left.popleft()
            out.append((turn, batch, Sent(piece, piece.ready.go(together), datetime.now(UTC), time.monotonic())))
        return partial(self._end, together, out)

    def _end(self, together: Round, out: Sequence[tuple[Turn, Batch, Sent]]) -> None:
        """Wait for what was started; what is not back in a moment is left to its lane.

        Lanes that claim together cost hardly more than one, so whoever has sent half of its claim claims with another.
        """
        together.wait(QUICK)
        landed: list[tuple[Turn, Batch]] = []
        for turn, batch, sent in out:
            turn.batch = batch
            if not sent.started.back:
                turn.sent, turn.here = sent, False
                self._slow[sent.piece.dues[0].destination_id] = time.monotonic() + SLOW
                continue
            turn.done = self._close(batch, self._landed(batch, sent))
            landed.append((turn, batch))
        if any(self._spent(batch) for _, batch in landed):
            for turn, batch in landed:
                if self._spent(batch) or len(batch.left) <= len(batch.claim.due) // 2:
                    self._ask(turn, batch, min(AHEAD, turn.ahead * 2))

    def _next_piece(self, turn: Turn, batch: Batch) -> Piece | None:
        """As much of a claim as may be out next, ready to leave; None: this is for the lane's own thread.

        What the lane still has out makes room for it, since it leaves when that is recorded.
        """
        first = batch.left[0]
        way = self._ways.known(first.destination_id)
        if way is None or batch.claim.bundled or way.starter is None:
            return None
        now = time.monotonic()
        if now < self._slow.get(first.destination_id, 0.0) or now + way.spec.traits.deadline > batch.lease_ends:
            return None
        some = list(islice(batch.left, min(self._budget.share(), way.spec.traits.batch)))
        if any(due.destination_id != first.destination_id or (due.kind == "resolve" and due.lost) for due in some):
            return None
        more = self._budget.spare(max(0, len(some) - turn.size))
        some = some[: turn.size + more]
        ready, messages, trips, records = self._rendered(batch, some)
        decisions = self._decide(way, batch, ready)
        tokens = all(isinstance(each, Tokens) for each in decisions)  # a grant for plaintext takes its time
        going = way.starter.ready(messages) if some and tokens else None
        if going is None:
            self._budget.put(more)
            return None
        turn.size += more
        return Piece(len(some), ready, decisions, trips, records, going, batch.facts, way)

    def _landed(self, batch: Batch, sent: Sent) -> list[Record]:
        """What came of a piece; waits for what is not back."""
        piece, at = sent.piece, sent.started_at
        outcomes = [self._forgiven(piece.way, batch, piece.dues[0], each) for each in sent.started.outcomes()]
        latency = (time.monotonic() - sent.began) * 1000
        self._measure(piece.way.spec.kind, piece.dues, outcomes, piece.trips, latency)
        return piece.records + [
            outcome_record(due, outcome, decision, at, latency, trip, batch.facts.now, digest=False)
            for due, outcome, decision, trip in zip(piece.dues, outcomes, piece.decisions, piece.trips, strict=True)
        ]

    def _transact(self, turns: Sequence[Turn]) -> Callable[[], None]:
        """Many lanes' turns in one transaction, tenant by tenant; what is given waits for its commit."""
        began = time.monotonic()
        flight = self._database.flight()
        told: list[Told] = []
        with flight.leaving() as session:
            for tenant_id in sorted({turn.tenant_id for turn in turns}, key=lambda each: each.bytes):
                mine = [turn for turn in turns if turn.tenant_id == tenant_id]
                session.enter(tenant_id)
                done = merged(turn.done for turn in mine if turn.done is not None)
                if done:
                    held = deliveries.record(session, tenant_id, self._token, done)
                    told.append(([turn for turn in mine if turn.done is not None], held))
                wants = {turn.channel_id: turn.want for turn in mine if turn.want is not None}
                if wants:
                    claims = deliveries.claim(
                        session, wants, owner=self.owner, token=self._token, pace=pace, held=self._held, at=began
                    )
                    for turn in mine:
                        if turn.want is None:
                            continue
                        claim = claims.get(turn.channel_id)
                        snapshot = self._snapshots.fresh(session, tenant_id, claim.facts.version) if claim else None
                        turn.claimed = Batch.of(turn.channel_id, claim, snapshot, began) if claim and snapshot else None
        return partial(flight.land, partial(hear, told, began))

    def _settle(self, unsure: Sequence[Turn]) -> None:
        """See to it that what left is recorded, also when the database was away when it was to be."""
        for turn in unsure:
            if turn.done is None:  # nothing left
                self._budget.put(turn.size)
                continue
            turn.over.wait()
            if turn.error is not None:
                self._record_late(turn)
                self._budget.put(turn.size)

    def _record_late(self, turn: Turn) -> None:
        """The database was away when this was to be recorded: try until the lease would have passed on."""
        assert turn.done is not None  # noqa: S101 - only such turns come here
        assert turn.batch is not None  # noqa: S101 - what was done was sent from one
        while time.monotonic() < turn.batch.lease_ends:
            try:
                with self._database.tenant(turn.tenant_id) as session:
                    deliveries.record(session, turn.tenant_id, self._token, [turn.done])
            except DatabaseDown:
                if self._stopping.wait(0.5):
                    time.sleep(0.2)
                continue
            return

    def _send(self, tenant_id: UUID, batch: Batch, claimed: Sequence[Due]) -> list[Record]:
        """Send a claim and say what came of each delivery; no transaction is open here."""
        records: list[Record] = []
        by_destination: dict[UUID, list[Due]] = {}
        for due in claimed:
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
                records += [failed(due, Retry(Reason.BAD_CONFIG), batch.facts.now) for due in dues]
                continue
            except (DatabaseDown, KeystoreDown) as error:
                log.warning("destination not opened", extra={"cause": type(error).__name__})
                records += [unsent(due, "pending", "not_opened", wait=NOT_OPENED) for due in dues]
                continue
            if way is None:
                records += [failed(due, Rejected(Reason.BAD_CONFIG), batch.facts.now) for due in dues]
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
        ready, messages, trips, records = self._rendered(batch, dues)
        if ready:
            decisions = self._decide(way, batch, ready)
            if any(isinstance(each, Plaintext) for each in decisions):
                finished = self._disclose(way, batch, ready, messages, decisions, trips)
                messages = [each.message for each in finished]
                decisions = [each.decision for each in finished]
                trips = [each.trips for each in finished]
                if time.monotonic() + way.spec.traits.deadline > batch.lease_ends:  # grants took too long
                    return records + [unsent(due, "pending", "lease_too_short") for due in ready]
            records += self._out(way, batch, ready, messages, decisions, trips)
        return records

    def _rendered(self, batch: Batch, dues: Sequence[Due]) -> tuple[list[Due], list[Message], list[int], list[Record]]:
        """Messages for those that can be rendered, what the tripwire found in each, and a record for each other one."""
        records: list[Record] = []
        ready: list[Due] = []
        messages: list[Message] = []
        trips: list[int] = []
        for due in dues:
            try:
                message, trip = self._told_once(batch, due)
            except Exception as error:  # noqa: BLE001 - one incident that cannot be rendered must not stop its lane
                log.error("render raised", extra={"cause": type(error).__name__, "incident": due.incident.short_id})
                records.append(failed(due, Rejected(Reason.BUG), batch.facts.now))
                continue
            ready.append(due)
            messages.append(message)
            trips.append(trip)
        return ready, messages, trips, records

    def _told_once(self, batch: Batch, due: Due) -> tuple[Message, int]:
        """The message of one delivery, in tokens; channels that tell the same of an incident share most of it."""
        incident = due.incident
        mark = (incident.incident_id, batch.snapshot.rules.version, due.kind, due.why, due.uncertain, due.reached)
        known = self._told.get(mark)
        if known is not None and (known[0] is incident or known[0] == incident):
            message = msgspec.structs.replace(known[1], key=key(due), refs=due.refs)
            return message, known[2]
        message, trip = self._clean.look(self._render(batch, due), batch.snapshot.rules)
        if len(self._told) > TOLD:
            self._told = {}
        self._told[mark] = (incident, message, trip)
        return message, trip

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
            snapshot.tenant_id, dues[0].channel_id, dues[0].destination_id, way.identity, batch.facts.version
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
        decided = self._decide(way, batch, dues)
        decisions: list[Decision] = [Tokens(Ground.DIGEST) if isinstance(each, Plaintext) else each for each in decided]
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
        channel_id = dues[0].channel_id
        if channel_id in batch.snapshot.optins and any(
            isinstance(each, Retry) and each.reason is Reason.TLS for each in outcomes
        ):
            drift.certificate_failed(self._runtime, batch.snapshot.tenant_id, channel_id)
        outcomes = [self._forgiven(way, batch, dues[0], each) for each in outcomes]
        if len(messages) == 1:
            outcomes = outcomes * len(dues)
        digest = bool(messages[0].digest)
        self._measure(way.spec.kind, dues, outcomes, trips, latency)
        return [
            outcome_record(due, outcome, decision, started_at, latency, trip, batch.facts.now, digest=digest)
            for due, outcome, decision, trip in zip(dues, outcomes, decisions, trips, strict=True)
        ]

    def _forgiven(self, way: Way, batch: Batch, due: Due, outcome: Outcome) -> Outcome:
        """A refused credential that was replaced meanwhile is no end: the delivery goes again, with the newer one."""
        if not isinstance(outcome, Rejected) or outcome.reason is not Reason.CREDENTIAL:
            return outcome
        channel = batch.snapshot.channels.get(batch.channel_id)
        tenant_id = batch.snapshot.tenant_id
        if channel is None or not self._ways.newer(tenant_id, due.destination_id, way, channel.destination_id):
            return outcome
        return Retry(Reason.CREDENTIAL, after=0.0, counts=False, status=outcome.status)

    def _measure(
        self, kind: str, dues: Sequence[Due], outcomes: Sequence[Outcome], trips: Sequence[int], latency: float
    ) -> None:
        """How long it took, for `/metrics`; `latency` in milliseconds."""
        measures, now = self._runtime.measures, datetime.now(UTC)
        measures.observe(SENDING, latency / 1000, kind, times=len(dues))
        for due, outcome in zip(dues, outcomes, strict=True):
            if isinstance(outcome, Delivered):
                measures.observe(ARRIVING, max(0.0, (now - due.created_at).total_seconds()), kind)
        if any(trips):
            measures.count(TRIPPED, by=sum(trips))

    def _decide(self, way: Way, batch: Batch, dues: Sequence[Due]) -> list[Decision]:
        """Policy at the render of these attempts, from what the lane's last transaction said of the tenant: no query.

        They are of one channel. Where it has no opt-in, a decision does not depend on the incident.
        """
        if not dues:
            return []
        facts, snapshot = batch.facts, batch.snapshot
        known = snapshot.channels.get(batch.channel_id)
        channel = Channel(batch.channel_id, way.identity, known.vendor if known else "", way.encrypted)
        optins = snapshot.optins.get(batch.channel_id, ())
        tenant = Tenant(snapshot.tenant_id, facts.tenant_kill_switch)
        everywhere = facts.kill_switch or self._runtime.kill_switch
        judged = dues if optins else dues[:1]
        found = [decide(channel, optins, snapshot.baas, tenant, everywhere, due.incident, facts.now) for due in judged]
        return found if optins else found * len(dues)

    def _render(self, batch: Batch, due: Due, values: Mapping[str, str] | None = None) -> Message:
        incident, snapshot = due.incident, batch.snapshot
        source = snapshot.sources.get(incident.source_id)
        kind: Kind = "trigger" if due.kind in {"update", "acknowledge"} and not due.reached else due.kind
        return render.message(
            incident,
            kind=kind,
            key=key(due),
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


def holds(piece: Piece, batch: Batch) -> bool:
    """May a piece leave that was made ready: what it was decided by still holds, and the lease lasts for it."""
    same = replace(piece.facts, now=batch.facts.now) == batch.facts
    return same and time.monotonic() + piece.way.spec.traits.deadline <= batch.lease_ends


def key(due: Due) -> str:
    """The idempotency key of a delivery, the same on every attempt."""
    return f"{due.incident.incident_id.hex}-{due.channel_id.hex[:8]}-{due.revision}"


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
