"""Behind the writers: one process at a time chains what was committed, signs how far it came, and keeps the months.

Writers never wait for this. Whoever chains holds one row's lock until it commits; a second one finds it taken and goes
away, and one that dies leaves nothing half done.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from router.core import audit as chains
from router.core import checkpoint
from router.core.audit import INSTANCE, JSON, Event, Fault, Walk
from router.core.checkpoint import NoKey, NotSigned, Trusted
from router.flow import herald
from router.flow.audit_files import Files
from router.flow.audit_ship import ship
from router.flow.audit_verify import Anchors, Claim, Found, filed, follow, rows, start_of, verify
from router.keys import KeystoreDown
from router.runtime import Runtime
from router.store import audit, config

logger = logging.getLogger(__name__)

CHAIN_EVERY: Final = 1.0
"""Seconds between two looks for what is in no chain yet; design §10 allows five."""

SIGN_EVERY: Final = 240.0
"""Seconds between two rounds of checkpoints: a round that a crash takes away still leaves less than ten minutes."""

KEEP_EVERY: Final = 3600.0
"""Seconds between two looks at the months."""

UNSIGNED: Final = "audit.unsigned"
"""The event that says which chains were not signed, because they do not hold."""

MONTHS_AHEAD: Final = 3

BATCH: Final = 5000
"""Events that one transaction chains at most."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A chain that was not signed, because it does not hold."""

    tenant_id: UUID
    fault: Fault


def round_(runtime: Runtime) -> bool:
    """What a worker does every second: chain what is new, sign when that is due, look after the months when that is.

    True: a stretch of the nightly verification is due too (`audit_nightly.step`).

    Raises:
        KeystoreDown, DatabaseDown, OSError: what was not done is done by the next round, here or elsewhere.
    """
    with runtime.database.several() as session:
        signing, keeping, verifying = audit.due(session, SIGN_EVERY, KEEP_EVERY)
        waiting = audit.unchained(session)
    if keeping:
        months(runtime)
    if waiting:
        chain(runtime)
    if signing:
        sign(runtime)
    return verifying


def note_schema(runtime: Runtime, actor: str) -> None:
    """Write down that the schema is another than was last written down. Raises KeystoreDown, DatabaseDown."""
    with runtime.database.tenant(INSTANCE) as session:
        version = audit.schema(session)
        last = audit.newest(session, "schema.migrate")
        if last is None or last.details.get("version") != version:
            event = Event("schema.migrate", actor, "installation", details={"version": version})
            runtime.audit.write(session, INSTANCE, event)


def chain(runtime: Runtime) -> int:
    """Put every committed event in its tenant's chain; how many there were.

    What counts is what can be seen and is in no chain, never a highest number seen: an event whose transaction began
    early and committed late is found whenever it comes.

    Raises:
        KeystoreDown: the key that ties the chain cannot be opened.
        DatabaseDown: what was not committed is chained next time.
    """
    version, key = runtime.audit.newest("mac")
    total = 0
    while True:
        with runtime.database.several() as session:
            turn = audit.take_chain(session)
            if turn is None:
                return total
            room = BATCH
            for tenant_id in sorted(audit.unchained(session)):
                session.enter(tenant_id)
                entries = audit.loose(session, turn.passed, room, dated=turn.dated)
                seq, hashed = audit.head(session) or (0, chains.genesis(tenant_id))
                audit.add_links(
                    session,
                    tenant_id,
                    chains.chain(tenant_id, seq, hashed, entries, key=key, mac_version=version),
                )
                room -= len(entries)
                if room == 0:
                    break
            if room:
                session.enter(INSTANCE)
                audit.pass_to(session, turn.oldest)
        total += BATCH - room
        if room:
            return total


def sign(runtime: Runtime, *, now: bool = False, only: UUID | None = None) -> list[Refusal]:
    """Sign how far every chain has come, after looking at all rows since the last signature.

    With `now` or for `only` one chain it does not matter when that was done last; else one caller in four minutes does
    it. A chain that does not hold is not signed: it is returned, logged without a word of anybody's data, and told.

    Raises:
        KeystoreDown: the signing key cannot be opened, or it is not the one that this host trusts.
        DatabaseDown, OSError: the rest is signed next time.
    """
    with runtime.database.several() as session:
        if only is None and not audit.take(session, "signed_at", 0.0 if now else SIGN_EVERY):
            return []
        tenants = [only] if only is not None else [INSTANCE, *config.tenant_ids(session)]
    files = Files(runtime.data_dir)
    private = signing_key(runtime, files)
    refused = []
    for tenant_id in tenants:
        fault = _sign_one(runtime, files, private, tenant_id)
        if fault is not None:
            refused.append(Refusal(tenant_id, fault))
            logger.error("audit chain does not hold", extra={"tenant": tenant_id, "kind": fault.kind})
    ship(runtime.data_dir, runtime.checkpoints_to)
    if refused:
        _tell(runtime, refused)
    return refused


def _tell(runtime: Runtime, refused: Sequence[Refusal]) -> None:
    """What does not hold is an event that `doctor` reads, an incident of that tenant, and mail when it is opened.

    Every round says it again, so the incident stays open until somebody has looked. Raises KeystoreDown, DatabaseDown.
    """
    with runtime.database.tenant(INSTANCE) as session:
        named: dict[str, JSON] = {str(each.tenant_id): each.fault.kind for each in refused}
        event = Event(
            UNSIGNED,
            "service:upkeep",
            "installation",
            "denied",
            "an audit chain does not hold",
            details={"tenants": named},
        )
        runtime.audit.write(session, INSTANCE, event)
    for each in refused:
        tell_tenant(runtime, each.tenant_id, each.fault, signing=False)


def tell_tenant(runtime: Runtime, tenant_id: UUID, fault: Fault, *, signing: bool) -> None:
    """An incident of the tenant whose chain does not hold, and mail when it is opened. Raises as `_tell`."""
    if tenant_id == INSTANCE:
        return  # nobody's channels: `doctor`, the log and the metric say it
    word = herald.broken_chain(fault.kind, fault.seq, signing=signing)
    with runtime.database.tenant(tenant_id) as session:
        lanes = herald.put(runtime, session, tenant_id, [word])
    runtime.broker.ring(lanes)
    if lanes:
        herald.mail(runtime, tenant_id, [word])


def signing_key(runtime: Runtime, files: Files) -> bytes:
    """The private key that checkpoints are signed with, whose public half this host trusts. Raises KeystoreDown."""
    _, private = runtime.audit.newest("sign")
    try:
        if files.pin(private):
            return private
    except NoKey as error:
        raise KeystoreDown(str(error)) from None
    raise KeystoreDown(
        "The key that signs audit checkpoints is not the one that audit-public-key.pem in the data directory trusts: "
        "either this data directory belongs to another database, or the key's row was changed. Nothing is signed."
    )


def months(runtime: Runtime) -> int:
    """Once an hour: make the months ahead, and drop the oldest one when its time is over; how many went.

    Before a month goes, its chain is verified up to a checkpoint after it, and a signed start takes its place.

    Raises:
        KeystoreDown, DatabaseDown, OSError: the rest is done next time.
    """
    with runtime.database.several() as session:
        if not audit.take(session, "kept_at", KEEP_EVERY):
            return 0
    return keep(runtime)


def keep(runtime: Runtime) -> int:
    """`months`, now. Raises as it does."""
    with runtime.database.several() as session:
        audit.make_months(session, MONTHS_AHEAD)
    gone = 0
    while True:
        with runtime.database.several() as session:
            over = audit.over(session)
        if not over or not all(_start_after(runtime, row.tenant_id, row.seq) for row in over if row.tenant_id):
            return gone
        with runtime.database.several() as session:
            if not audit.drop(session, over[0].month):
                return gone
        gone += 1
        logger.info("audit month dropped", extra={"count": len(over)})


def _start_after(runtime: Runtime, tenant_id: UUID, seq: int | None) -> bool:
    """Sign that the chain starts after row `seq`, if it verifies as far as a checkpoint that is not before it."""
    if seq is None:
        return False  # events in no row: they are chained first
    files = Files(runtime.data_dir)
    private = signing_key(runtime, files)
    found = verify(runtime, tenant_id, own_trust(private))
    if found.fault is not None or found.signed_to < seq:
        kind = found.fault.kind if found.fault is not None else "unsigned"
        logger.error("audit month kept: its chain does not hold", extra={"tenant": tenant_id, "kind": kind})
        return False
    with runtime.database.tenant(tenant_id) as session:
        if found.first > seq:
            return True
        hashed = audit.row_at(session, seq).hash
        made = checkpoint.sign(private, "start", tenant_id, seq, hashed, audit.now(session))
        audit.add_checkpoint(session, made)
    files.write(made, keep=True)
    return True


def own_trust(private: bytes) -> Trusted:
    """The public half of our own key."""
    key = checkpoint.public_key(private)
    return {checkpoint.fingerprint(key): key}


def _sign_one(runtime: Runtime, files: Files, private: bytes, tenant_id: UUID) -> Fault | None:
    """Look at what came since the last checkpoint, and sign how far the chain is now."""
    trust = own_trust(private)
    keys = runtime.audit.keys("mac")
    latest = files.latest(tenant_id)
    with runtime.database.tenant(tenant_id) as session:
        last = audit.last_checkpoint(session)
        start = start_of(session, files, tenant_id, trust)
        head = audit.head(session)
        at = audit.now(session)
    if head is None and last is None and latest is None:
        return None
    walk = Walk(tenant_id, keys=keys) if start is None else Walk(tenant_id, start.seq, start.hash, keys=keys)
    claims = [Claim(row.seq, row.statement.encode(), row.signature, "in the database") for row in (last,) if row]
    if last is not None and last.seq >= walk.seq:
        try:
            known = checkpoint.check(claims[0].statement, claims[0].signature, trust)
        except NotSigned as problem:
            return Fault("forged", last.seq, None, f"The last checkpoint is not to be trusted: {problem}.")
        walk = Walk(tenant_id, known.seq, known.hash, keys=keys)
    claims = sorted([*claims, *filed([latest] if latest else [])], key=lambda each: each.seq)
    upto = head[0] if head else 0
    fault = follow(
        walk, rows(runtime, tenant_id, walk.seq, upto), Anchors(claims, tenant_id, trust), Found(tenant_id, "")
    )
    if fault is None and head is not None and walk.seq == upto:
        fault = walk.confirm(upto, head[1], at)
    if fault is None and walk.seq > upto:
        fault = Walk(tenant_id, upto).cut(walk.seq, at)
    if fault is not None:
        return fault
    made = checkpoint.sign(private, "checkpoint", tenant_id, walk.seq, walk.hash, at)
    new = last is None or last.seq != made.seq or last.at.date() != at.date()
    if new:
        with runtime.database.tenant(tenant_id) as session:
            audit.add_checkpoint(session, made)
    files.write(made, keep=new)
    return None
