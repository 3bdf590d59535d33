"""Every row of the audit is verified again, so many a night: where that stands, and what comes next.

A pass goes from chain to chain and from row to row. What it knows between two steps is kept in the database under a MAC
whose key the database does not hold, so whoever can write there can neither lead it past a row nor say that it came
through.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from router.core.audit import INSTANCE

NIGHT: Final = timedelta(days=1)
"""From the beginning of one night's work to that of the next."""

ROWS: Final = 200_000
"""Rows that one night looks at: a pass over more of them takes several nights, and no night more than this."""

_MAC: Final = b"alertveil nightly v1|"


class Nightly(msgspec.Struct, frozen=True):
    """Where the verification stands. Times are aware UTC.

    `began`, `night`: when its pass and its last night began. `left`: rows that this night may still look at. `chain`:
    whose rows come next, None when the pass is over; `seq` and `hash` are its last row that held, `events_to` the time
    up to which events were looked for that no row names. `found` is what the pass found by chain, `broken` what is
    known of each chain since it was last looked at. `held_at`: when rows were last verified; `whole_at`: when the last
    pass ended in which every row of every chain held.
    """

    began: datetime
    night: datetime
    left: int
    chain: UUID | None
    seq: int = 0
    hash: bytes = b""
    events_to: datetime | None = None
    found: dict[UUID, str] = {}
    broken: dict[UUID, str] = {}
    held_at: datetime | None = None
    whole_at: datetime | None = None


def sealed(key: bytes, state: Nightly) -> tuple[str, bytes]:
    """The state as it is kept: its text and the MAC over that."""
    text = msgspec.json.encode(state)
    return text.decode(), hmac.digest(key, _MAC + text, "sha256")


def opened(key: bytes | None, text: str, mac: bytes) -> Nightly | None:
    """The state that was kept; None: somebody without the key wrote it."""
    if key is None or not hmac.compare_digest(hmac.digest(key, _MAC + text.encode(), "sha256"), mac):
        return None
    return msgspec.json.decode(text, type=Nightly)


def tonight(state: Nightly | None, now: datetime) -> Nightly | None:
    """The state to go on from now; None: nothing is to be done before the next night."""
    if state is None:
        return Nightly(now, now, ROWS, INSTANCE)
    if now - state.night >= NIGHT:
        state = replace(state, night=now, left=ROWS)
        if state.chain is None:
            state = replace(state, began=now, chain=INSTANCE, seq=0, hash=b"", events_to=None, found={})
    return state if state.chain is not None and state.left > 0 else None


def after(  # noqa: PLR0913 - what a stretch brought to light, in its parts
    state: Nightly,
    chains: Iterable[UUID],
    now: datetime,
    *,
    rows: int,
    at_end: bool,
    fault: str | None,
    seq: int = 0,
    hash_: bytes = b"",
    events_to: datetime | None = None,
) -> Nightly:
    """The state after a stretch of `rows` of `state.chain`; `chains` are all there are now.

    `fault`: what does not hold, and the rest of that chain is left to whoever looks; `at_end`: the chain has no more
    rows. Else `seq`, `hash_` and `events_to` are where it goes on.
    """
    assert state.chain is not None  # noqa: S101 - a stretch was looked at
    chain = state.chain
    found = state.found if fault is None else {**state.found, chain: fault}
    broken = state.broken if fault is None else {**state.broken, chain: fault}
    state = replace(
        state,
        left=max(0, state.left - max(1, rows)),
        found=found,
        broken=broken,
        held_at=now if fault is None else state.held_at,
    )
    if fault is None and not at_end:
        return replace(state, seq=seq, hash=hash_, events_to=events_to)
    following = min((each for each in chains if each > chain), default=None)
    state = replace(state, chain=following, seq=0, hash=b"", events_to=None)
    if following is not None:
        return state
    return replace(state, broken=found, whole_at=state.whole_at if found else now)


def due_at(state: Nightly, now: datetime) -> datetime:
    """When the next stretch is due."""
    return now if tonight(state, now) is not None else state.night + NIGHT
