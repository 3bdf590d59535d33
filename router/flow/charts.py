"""What the charts show: alerts, deliveries and failures over time, disclosures by quarter; and how they are counted.

Upkeep adds up hours once a minute, a minute and a half behind the clock, so that a row committed late is in time. A
page reads the sums alone. They are for looking: the record of disclosures is `flow.disclosures`, the evidence a review.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, NamedTuple
from uuid import UUID

from router.core.clock import UTC_CLOCK, Clock
from router.core.quarter import Quarter
from router.runtime import Runtime
from router.store import config, hours
from router.store.session import Row

Span = Literal["24h", "7d", "30d"]

SPANS: Final[dict[Span, tuple[int, int]]] = {"24h": (1, 24), "7d": (6, 28), "30d": (24, 30)}
"""How many hours one column has, and how many columns a chart. A day has 23 or 25 where clocks are changed."""

QUARTERS: Final = 8
EVERY: Final = 60.0
"""Seconds between two countings of one process."""

STEP: Final = timedelta(days=1)
"""What one transaction counts at most when there is something to catch up with."""

STEPS: Final = 30
"""Transactions of one round and tenant: upkeep has more to do than this."""


class Column(NamedTuple):
    """What happened from `at` on, for as long as a column is."""

    at: datetime
    alerts: int
    delivered: int
    failed: int


class Disclosed(NamedTuple):
    """A quarter: deliveries that held plaintext, and reveals to a person."""

    quarter: str
    deliveries: int
    reveals: int


@dataclass(frozen=True, slots=True)
class Charts:
    """Everything that one page draws. `upto`: what is not counted yet is younger; None: nothing was counted so far."""

    span: Span
    now: datetime
    upto: datetime | None
    columns: tuple[Column, ...]
    quarters: tuple[Disclosed, ...]


class Hourly:
    """Counts every tenant's hours, at most once in EVERY seconds."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._next = 0.0

    def run(self) -> None:
        """One round, if it is time. Raises DatabaseDown: what was counted so far is kept."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        with self._runtime.database.several() as session:
            tenants = config.tenant_ids(session)
        for tenant_id in tenants:
            for _ in range(STEPS):
                if not count(self._runtime, tenant_id):
                    break


def count(runtime: Runtime, tenant_id: UUID) -> bool:
    """Count one step of a tenant's hours; is there more to count. Safe beside others that do. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = hours.take(session, tenant_id)
        if row is None:
            return False
        end = row.now - hours.LATE
        until = min(row.upto + STEP, end)
        if until <= row.upto:
            return False
        hours.add(session, tenant_id, row.upto, until)
        return bool(until < end)


def charts(runtime: Runtime, tenant_id: UUID, span: Span, *, clock: Clock = UTC_CLOCK) -> Charts:
    """The columns of this span up to now by the days of this clock, and the last quarters of UTC.

    Raises DatabaseDown.
    """
    length, many = SPANS[span]
    with runtime.database.tenant(tenant_id) as session:
        state = hours.counted(session)
        starts = clock.marks(state.now, length, many)
        quarters = _quarters(state.now)
        rows = hours.since(session, starts[0])
        disclosed = hours.quarters(session, quarters[0].starts_at)
    return Charts(
        span,
        state.now,
        state.upto,
        tuple(_sum(at, end, rows) for at, end in pairwise([*starts, state.now + timedelta(hours=1)])),
        tuple(Disclosed(str(each), *disclosed.get(str(each), (0, 0))) for each in quarters),
    )


def _quarters(now: datetime) -> list[Quarter]:
    found = [Quarter.of(now)]
    while len(found) < QUARTERS:
        found.insert(0, found[0].previous)
    return found


def _sum(start: datetime, end: datetime, rows: Sequence[Row]) -> Column:
    mine = [row for row in rows if start <= row.hour < end]
    return Column(
        start, sum(row.alerts for row in mine), sum(row.delivered for row in mine), sum(row.failed for row in mine)
    )
