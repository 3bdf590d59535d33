"""Many lanes share one desk: a thread that records what they sent and claims what they send next, in few transactions.

Beside it the worker's allowance of what may be out, and what a lane holds while it sends.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from uuid import UUID

from channels.kit import Ready, Started
from router.core.optin import Decision
from router.core.retry import Health
from router.flow.snapshot import Snapshot
from router.flow.ways import Way
from router.store import deliveries
from router.store.deliveries import Claim, Due, Facts, Record
from router.store.session import DatabaseDown

log = logging.getLogger(__name__)

OUT = 32
"""Deliveries that a worker may have sent and not yet recorded (design §9)."""


class Budget:
    """The worker's allowance of deliveries that are out, shared fairly by the lanes that drain at once."""

    def __init__(self, size: int = OUT) -> None:
        self._size = size
        self._free = size
        self._lanes = 0
        self._changed = threading.Condition()

    def enter(self) -> None:
        """One more lane drains."""
        with self._changed:
            self._lanes += 1

    def leave(self) -> None:
        """A lane is done; what it had out was put back."""
        with self._changed:
            self._lanes -= 1

    def take(self, wanted: int) -> int:
        """How many of `wanted` may go out now, one at least, as soon as any is free.

        Half of what is free stays so, for a lane whose bell rings while this one waits for a slow destination.
        """
        with self._changed:
            while self._free == 0:
                self._changed.wait()
            share = min(wanted, self.share(), (self._free + 1) // 2)
            self._free -= share
            return share

    def spare(self, wanted: int) -> int:
        """Like `take`, and none when none is free."""
        with self._changed:
            share = min(wanted, self.share(), (self._free + 1) // 2)
            self._free -= share
            return share

    def put(self, count: int) -> None:
        """So many are no longer out: they were recorded, or never left."""
        with self._changed:
            self._free += count
            self._changed.notify_all()

    def share(self) -> int:
        """What one lane may have out, while as many drain as now."""
        return max(1, self._size // max(2, self._lanes))


@dataclass(slots=True)
class Batch:
    """One lane's claim while it is sent from: what is left of it, and what holds now.

    Its lane's thread and the desk's both write to it, each attribute as a whole.
    """

    channel_id: UUID
    claim: Claim
    facts: Facts
    snapshot: Snapshot
    claimed_at: float  # monotonic
    lease_ends: float  # monotonic
    left: deque[Due]
    health: Health
    failing: int

    @classmethod
    def of(cls, channel_id: UUID, claim: Claim, snapshot: Snapshot, began: float) -> Batch:
        """A claim of which nothing was sent yet; `began` is when its transaction did."""
        ends = began + deliveries.LEASE
        left = deque(claim.due)
        return cls(channel_id, claim, claim.facts, snapshot, time.monotonic(), ends, left, claim.health, claim.failing)


@dataclass(slots=True)
class Piece:
    """A part of a claim as it will leave: the first of what is left of it, with what was decided by `facts`."""

    size: int
    dues: list[Due]
    decisions: list[Decision]
    trips: list[int]
    records: list[Record]  # of those that will not leave
    ready: Ready
    facts: Facts
    way: Way


@dataclass(slots=True)
class Sent:
    """A piece that is on its way."""

    piece: Piece
    started: Started
    started_at: datetime
    began: float  # monotonic


@dataclass(slots=True)
class Turn:
    """One lane at the desk: what came of a piece of its claim goes in; its next claim comes out, if it wants one.

    `size`: deliveries that are no longer out once this is recorded. `lost`: the lease was gone, so nothing was
    recorded. `error`: the transaction failed; nothing was written. `here`: the desk may send for the lane, and gives
    the turn back when nothing is due any more, or with a piece that takes longer: `sent`. `next` was made ready while
    the transaction was on its way, and leaves when that is over, if nothing has changed.
    """

    tenant_id: UUID
    channel_id: UUID
    batch: Batch | None = None  # what it sent from
    earlier: Sequence[Turn] = ()  # of the same lane: when one of them failed, so does this
    done: deliveries.Recorded | None = None
    size: int = 0
    want: deliveries.Want | None = None
    ahead: int = 1
    here: bool = False
    claimed: Batch | None = None
    next: Piece | None = None
    sent: Sent | None = None
    lost: bool = False
    error: DatabaseDown | None = None
    over: threading.Event = field(default_factory=threading.Event)


class Desk:
    """One thread at the database for all lanes: who comes while it is there goes together in the next transaction.

    It sends too, where that takes no time: see QUICK. What some lanes sent is recorded, and what they send next made
    ready, while others send: waiting for the database and for destinations was half of what a backlog took.
    """

    def __init__(
        self,
        transact: Callable[[Sequence[Turn]], Callable[[], None]],
        ready: Callable[[Sequence[Turn]], None],
        start: Callable[[Sequence[Turn]], Callable[[], None]],
        budget: Budget,
    ) -> None:
        """`transact` sends off a transaction; what it gives waits for its end. Both raise DatabaseDown.

        `start` sends a piece for each lane; what it gives waits for the answers.
        """
        self._transact = transact
        self._ready = ready
        self._start = start
        self._budget = budget
        self._queue: SimpleQueue[Turn] = SimpleQueue()
        threading.Thread(target=self._work, name="desk", daemon=True).start()

    def leave(self, turn: Turn) -> None:
        """The lane goes on sending; its turn is taken meanwhile."""
        self._queue.put(turn)

    def take(self, turn: Turn) -> None:
        """The turn's results are in it when this returns. Raises DatabaseDown."""
        self._queue.put(turn)
        turn.over.wait()
        if turn.error is not None:
            raise turn.error

    def _work(self) -> None:
        free: list[Turn] = []
        back: list[Turn] = []
        while True:
            free, back = self._step(free, back)

    def _step(self, free: list[Turn], back: list[Turn]) -> tuple[list[Turn], list[Turn]]:
        """Send for lanes that are free to, and meanwhile record what came back; who is free next, and who came back."""
        if not free and not back:
            back.append(self._queue.get())
        with contextlib.suppress(Empty):
            while True:
                back.append(self._queue.get_nowait())
        now = crew([len(turn.claimed.left) for turn in free if turn.claimed is not None], len(back))
        going, waiting = free[:now], free[now:]
        try:
            for turn in back:
                turn.error = next((each.error for each in turn.earlier if each.error is not None), None)
            end = self._start(going)
            land = self._leave([turn for turn in back if turn.error is None])
            try:
                end()
            finally:
                land()
        except Exception as error:  # noqa: BLE001 - a bug: nobody may wait forever, nor take no answer for one
            log.error("desk failed", extra={"cause": type(error).__name__})
            for turn in (*free, *back):
                turn.error = DatabaseDown(None)
        for turn in (*free, *back):
            if not stays(turn):
                turn.over.set()
        return [turn for turn in (*waiting, *back) if stays(turn)], [turn for turn in going if stays(turn)]

    def _leave(self, together: Sequence[Turn]) -> Callable[[], None]:
        """Send off a transaction, and make ready what its lanes send next; what is given waits for it."""
        if not together:
            return lambda: None
        try:
            land = self._transact(together)
        except DatabaseDown as error:
            return partial(self._settle, together, error)
        try:
            self._ready([turn for turn in together if goes_on(turn)])
        except BaseException:
            land()
            raise
        return partial(self._land, together, land)

    def _land(self, together: Sequence[Turn], land: Callable[[], None]) -> None:
        try:
            land()
        except DatabaseDown as error:
            self._settle(together, error)
        else:
            self._settle(together, None)

    def _settle(self, together: Sequence[Turn], error: DatabaseDown | None) -> None:
        """The transaction is over: what it recorded is no longer out."""
        if error is not None:
            self._alone(together, error)
        for turn in together:
            if turn.error is not None or turn.lost:
                turn.next = None
            if turn.error is None:
                out = turn.next.size if turn.next is not None else 0
                self._budget.put(turn.size - out)
                turn.size = out
                if turn.here:
                    turn.done = turn.want = None

    def _alone(self, together: Sequence[Turn], error: DatabaseDown) -> None:
        """After a failed transaction each lane tries by itself, so that one cannot hold up the others."""
        lanes: dict[UUID, list[Turn]] = {}
        for turn in together:
            turn.error = error
            lanes.setdefault(turn.channel_id, []).append(turn)
        for turns in lanes.values() if len(lanes) > 1 else ():
            try:
                self._transact(turns)()
            except DatabaseDown as own:
                for turn in turns:
                    turn.error = own
            else:
                for turn in turns:
                    turn.error = None


def crew(left: Sequence[int], back: int) -> int:
    """How many of the lanes that are free to send do so now; the others do while these are recorded.

    `left`: what each lane has left of its claim. `back`: lanes that are recorded meanwhile. Where more is left than may
    be out at once, one half sends while the other is recorded; else nobody waits.
    """
    return len(left) if sum(left) <= OUT else (len(left) + back + 1) // 2


def stays(turn: Turn) -> bool:
    """Does the desk go on with this turn: it may, nothing is the matter, and there is something left to do."""
    if not turn.here or turn.error or turn.lost or turn.sent is not None:
        return False
    return turn.done is not None or goes_on(turn)


def goes_on(turn: Turn) -> bool:
    """Will the desk send more for this lane, once what the lane sent is recorded."""
    batch, sent = turn.claimed, turn.batch
    # A destination that was paused just now, or works again, is told of by the lane's own thread.
    turned = sent is not None and (sent.health.paused is None) != (sent.claim.health.paused is None)
    return turn.here and batch is not None and bool(batch.left) and not turned


Told = tuple[list[Turn], Callable[[], dict[UUID, Facts]]]
"""Turns of one tenant whose results were sent, and what gives the answer once it is there."""


def hear(told: Sequence[Told], began: float) -> None:
    """What holds now for the lanes whose records are written; `began` (monotonic) is when their transaction was."""
    for recorded, held in told:
        answers = held()
        for turn in recorded:
            facts = answers.get(turn.channel_id)
            turn.lost = facts is None
            if facts is None:
                log.warning("lease lost before the record", extra={"channel": turn.channel_id, "count": turn.size})
            elif turn.batch is not None:
                turn.batch.facts, turn.batch.lease_ends = facts, began + deliveries.LEASE


def merged(done: Iterable[deliveries.Recorded]) -> list[deliveries.Recorded]:
    """What came of several pieces of a lane's claim as one: the last says how its destination does and what is left."""
    lanes: dict[UUID, deliveries.Recorded] = {}
    for each in done:
        before = lanes.get(each.channel_id)
        lanes[each.channel_id] = each._replace(records=[*before.records, *each.records]) if before else each
    return list(lanes.values())
