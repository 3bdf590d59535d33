"""Does the audit still say what was written: every row, its chain, every signed checkpoint; in one pass, flat memory.

The database is not believed. MACs are checked with a key that it holds only wrapped, checkpoints against a public key
that did not come with them, and how far a chain must go is also read from files that the database cannot reach.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from router.core.audit import INSTANCE, Fault, Row, Walk, moment
from router.core.checkpoint import Checkpoint, NotSigned, Trusted, check, unpack
from router.flow.audit_files import Files, Line
from router.runtime import Runtime
from router.store import audit, config
from router.store.session import Session

CHUNK: Final = 5000
"""Rows that one statement reads: memory stays flat, and no statement runs long."""

UNSIGNED: Final = timedelta(minutes=20)
"""A chain this old without a single checkpoint has lost them: two rounds were due (design §10)."""


@dataclass(slots=True)
class Found:
    """What looking at one chain brought to light. `fault` is the first thing that is wrong; None: everything holds."""

    tenant_id: UUID
    tenant: str
    first: int = 1
    last: int = 0
    checkpoints: int = 0
    signed_to: int = 0
    signed_at: datetime | None = None
    unchained: int = 0
    unchained_since: datetime | None = None
    fault: Fault | None = None

    @property
    def rows(self) -> int:
        """How many rows hold."""
        return max(0, self.last - self.first + 1)


class Claim(NamedTuple):
    """What a checkpoint claims before it is believed, and where it was found."""

    seq: int
    statement: bytes
    signature: bytes
    where: str


def everything(runtime: Runtime, trusted: Trusted | None) -> Iterator[Found]:
    """Look at every chain, the installation's own first. Raises as `verify`."""
    with runtime.database.several() as session:
        tenants = config.tenant_ids(session)
    for tenant_id in (INSTANCE, *tenants):
        yield verify(runtime, tenant_id, trusted)


def verify(runtime: Runtime, tenant_id: UUID, trusted: Trusted | None) -> Found:
    """Look at one chain. `trusted`: the public keys to believe; None: this host has pinned none.

    Raises:
        KeystoreDown: the MAC keys cannot be opened.
        DatabaseDown: the database does not answer.
    """
    chain = opened(runtime, tenant_id, trusted)
    found = chain.found
    if trusted is None and chain.anchors.seq is not None:
        text = "There are checkpoints, and no public key to check them with: name one."
        found.fault = Fault("unsigned", None, None, text)
        return found
    found.fault = (
        follow(chain.walk, rows(runtime, tenant_id, chain.walk.seq, chain.upto), chain.anchors, found)
        or _outside(runtime, tenant_id, chain, found)
        or _never_signed(runtime, tenant_id, trusted, found)
    )
    return found


@dataclass(slots=True)
class Opened:
    """A chain about to be walked: from where, to which row, past which checkpoints."""

    tenant_id: UUID
    slug: str
    start: Checkpoint | None
    walk: Walk
    upto: int
    passed: str
    anchors: Anchors
    found: Found


def opened(runtime: Runtime, tenant_id: UUID, trusted: Trusted | None) -> Opened:
    """A chain as far as it goes now, with its checkpoints from the database and from files. Raises as `verify`."""
    files = Files(runtime.data_dir)
    keys = runtime.audit.keys("mac")
    mark, latest = files.mark(tenant_id), files.latest(tenant_id)
    with runtime.database.several() as session:
        passed = audit.passed(session)
        session.enter(tenant_id)
        row = config.tenant(session)
        furthest = audit.furthest(session)
        start = start_of(session, files, tenant_id, trusted or {})
        head = audit.head(session)  # after everything that says how far it must go
    walk = Walk(tenant_id, keys=keys) if start is None else Walk(tenant_id, start.seq, start.hash, keys=keys)
    claims = heapq.merge(
        stored(runtime, tenant_id, furthest),
        filed(files.kept(mark)),
        filed([latest] if latest else []),
        key=lambda each: each.seq,
    )
    slug = str(row.slug) if row else ""
    return Opened(
        tenant_id=tenant_id,
        slug=slug,
        start=start,
        walk=walk,
        upto=head[0] if head else 0,
        passed=passed,
        anchors=Anchors(claims, tenant_id, trusted or {}),
        found=Found(tenant_id, slug, walk.seq + 1, walk.seq),
    )


def start_of(session: Session, files: Files, tenant_id: UUID, trusted: Trusted) -> Checkpoint | None:
    """Where the entered tenant's chain starts since old months were dropped; None: at its first row.

    A start that is not signed as it should be counts for nothing: then row 1 is found to be missing.
    """
    best = None
    stored = [Claim(row.seq, row.statement.encode(), row.signature, "") for row in audit.starts(session)]
    for each in (*stored, *filed(files.starts(tenant_id))):
        try:
            made = check(each.statement, each.signature, trusted)
        except NotSigned:
            continue
        if made.kind == "start" and made.tenant_id == tenant_id and (best is None or made.seq > best.seq):
            best = made
    return best


def rows(runtime: Runtime, tenant_id: UUID, after: int, upto: int) -> Iterator[Row]:
    """The chain's rows after one and up to another, a chunk a transaction; the next one is read while one is looked at.

    Raises:
        DatabaseDown: the database does not answer.
    """

    def read(start: int) -> list[Row]:
        with runtime.database.tenant(tenant_id) as session:
            return audit.stretch(session, tenant_id, start, min(start + CHUNK, upto))

    if upto <= after:
        return
    with ThreadPoolExecutor(1, "audit rows") as ahead:
        coming = ahead.submit(read, after)
        for start in range(after + CHUNK, upto + CHUNK, CHUNK):
            chunk = coming.result()
            if start < upto:
                coming = ahead.submit(read, start)
            yield from chunk


def follow(walk: Walk, found_rows: Iterable[Row], anchors: Anchors, found: Found) -> Fault | None:
    """Walk a chain past all its checkpoints; the first thing that is wrong."""
    fault = anchors.confirm(walk, found)
    if fault is not None:
        return fault
    for row in found_rows:
        fault = walk.step(row)
        if fault is None and anchors.seq == walk.seq:
            fault = anchors.confirm(walk, found)
        if fault is not None:
            return fault
        found.last = walk.seq
    return anchors.beyond(walk)


class Anchors:
    """A chain's checkpoints in the order of their rows, believed one by one as the walk comes by."""

    def __init__(self, claims: Iterable[Claim], tenant_id: UUID, trusted: Trusted) -> None:
        self.believed: Callable[[Checkpoint], None] = _nothing
        self._claims = iter(claims)
        self._tenant_id = tenant_id
        self._trusted = trusted
        self._next = next(self._claims, None)
        self._last: tuple[int, bytes, bytes] | None = None
        self._highest = 0

    @property
    def seq(self) -> int | None:
        """The row that the next one speaks of."""
        return self._next.seq if self._next is not None else None

    def confirm(self, walk: Walk, found: Found) -> Fault | None:
        """All that speak of the rows so far."""
        while self._next is not None and self._next.seq <= walk.seq:
            claim, self._next = self._next, next(self._claims, None)
            made = self._believe(claim)
            if made is None:
                continue
            if isinstance(made, Fault):
                return made
            if made.seq < walk.seq:
                continue  # of rows that were dropped when their time was over
            fault = walk.confirm(made.seq, made.hash, made.at)
            if fault is not None:
                return fault
            self.believed(made)
            found.checkpoints += 1
            found.signed_to, found.signed_at = made.seq, made.at
        return None

    def beyond(self, walk: Walk) -> Fault | None:
        """Those that speak of rows which are not there."""
        furthest = None
        while self._next is not None:
            claim, self._next = self._next, next(self._claims, None)
            made = self._believe(claim)
            if isinstance(made, Fault):
                return made
            if made is not None and (furthest is None or made.seq > furthest.seq):
                furthest = made
        return walk.cut(furthest.seq, furthest.at) if furthest is not None else None

    def _believe(self, claim: Claim) -> Checkpoint | Fault | None:
        """What a trusted key signed; a fault; or None for the second copy of the one before."""
        if claim[:3] == self._last:
            return None
        try:
            made = check(claim.statement, claim.signature, self._trusted)
        except NotSigned as problem:
            text = f"The checkpoint of row {claim.seq} ({claim.where}) is not to be trusted: {problem}."
            return Fault("forged", claim.seq, None, text)
        self._last = claim[:3]
        if made.seq != claim.seq or made.tenant_id != self._tenant_id:
            text = f"The checkpoint of row {claim.seq} ({claim.where}) is not what it stands there as."
            return Fault("forged", claim.seq, None, text)
        if made.seq < self._highest:
            text = (
                f"The chain went back: the checkpoint of {moment(made.at)} ({claim.where}) has it at row {made.seq}, "
                f"and an earlier one at row {self._highest}. An older copy was restored."
            )
            return Fault("replaced", made.seq + 1, None, text)
        self._highest = made.seq
        return made


def _nothing(_: Checkpoint) -> None:
    """Nobody wants to see them one by one."""


def stored(runtime: Runtime, tenant_id: UUID, furthest: int, *, behind: int | None = None) -> Iterator[Claim]:
    """The database's own copies, a chunk a transaction; `behind`: of rows after this one only."""
    after = None if behind is None else (behind, datetime.max.replace(tzinfo=UTC))
    while True:
        with runtime.database.tenant(tenant_id) as session:
            chunk = audit.checkpoints(session, after, furthest, CHUNK)
        for row in chunk:
            yield Claim(row.seq, row.statement.encode(), row.signature, "in the database")
        if len(chunk) < CHUNK:
            return
        after = (chunk[-1].seq, chunk[-1].at)


def filed(lines: Iterable[Line]) -> Iterator[Claim]:
    """Lines of files; one that says nothing readable is claimed for the row before, so that it is named there."""
    seq = 0
    for line in lines:
        try:
            statement, signature = unpack(line.text)
            seq = int(orjson.loads(statement)["seq"])
        except (NotSigned, ValueError, KeyError, TypeError):
            statement, signature = line.text, b""
        yield Claim(seq, statement, signature, line.where)


def _outside(runtime: Runtime, tenant_id: UUID, chain: Opened, found: Found) -> Fault | None:
    """Events in no row: too new for the chain, with MACs that fit; or none of ours."""
    after: tuple[datetime, UUID] | None = None
    while True:
        with runtime.database.tenant(tenant_id) as session:
            chunk = audit.outside(session, chain.passed, after, CHUNK)
        for entry, late in chunk:
            fault = chain.walk.outside(entry, passed=late)
            if fault is not None:
                return fault
            found.unchained += 1
            found.unchained_since = found.unchained_since or entry.at
        if len(chunk) < CHUNK:
            return None
        after = (chunk[-1][0].at, chunk[-1][0].event_id)


def _never_signed(runtime: Runtime, tenant_id: UUID, trusted: Trusted | None, found: Found) -> Fault | None:
    """A chain of some age whose every checkpoint is gone, on a host that has a key to believe."""
    if trusted is None or found.checkpoints or not found.rows:
        return None
    with runtime.database.tenant(tenant_id) as session:
        if audit.now(session) - audit.row_at(session, found.first).at < UNSIGNED:
            return None
    return Fault("unsigned", found.first, None, "No checkpoint is left, and the chain is old enough to have several.")
