"""How a channel is doing, of its newest attempts: what share got there, how fast, why not, and each delivery by itself.

A share is always said with its window. It is counted over the last day, and where more happened in that day than is
looked at, over the newest attempts of it: one page costs the same on a busy day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from router.core.clock import Clock
from router.core.incident import short_id
from router.flow import overview
from router.runtime import Runtime
from router.store import channels
from router.store.session import Row

WINDOW: Final = timedelta(hours=24)
LISTED: Final = 200
"""Attempts of each channel that the list of all counts."""

LOOKED: Final = 2_000
"""Attempts that a channel's own page counts."""

SHOWN: Final = 15
"""Deliveries that tried, and deliveries that wait, that a channel's page shows."""

TOLD: Final = 25
"""Attempts of one delivery that it shows, the last ones."""

RECOVERABLE: Final = timedelta(days=7)
"""What died longer ago is not offered to be sent again from the page."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the attempts that were looked at delivered. `since`: when the first of them began."""

    attempts: int
    delivered: int
    since: datetime | None
    cut: bool

    @property
    def percent(self) -> str:
        """`98.6 %`; 100 only where all of them did."""
        if not self.attempts:
            return "none"
        share = 100 * self.delivered / self.attempts
        return "100 %" if self.delivered == self.attempts else f"{min(share, 99.9):.1f} %"

    def window(self, clock: Clock, now: datetime) -> str:
        """What was counted, with the time as a reader's clock has it."""
        one = "attempt" if self.attempts == 1 else "attempts"
        if not self.attempts:
            return "no attempt in 24 h"
        if self.cut and self.since is not None:
            return f"of the newest {self.attempts} {one}, since {clock.minute(self.since, now)}"
        return f"of {self.attempts} {one} in 24 h"


class Cause(NamedTuple):
    """Attempts that ended alike, in words."""

    words: str
    attempts: int
    delivered: bool


@dataclass(frozen=True, slots=True)
class Health:
    """A channel's last day. Latencies in milliseconds, None without an attempt."""

    share: Share
    p50: float | None
    p95: float | None
    causes: tuple[Cause, ...]


class Shown(NamedTuple):
    """A delivery on the channel's page. `again`: it can be made due now."""

    incident_id: UUID
    incident: str
    delivery: overview.Delivery
    again: bool


def shares(runtime: Runtime, tenant_id: UUID) -> dict[UUID, Share]:
    """Each channel's share by its id; a channel without an attempt is missing. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = channels.success(session, WINDOW, LISTED)
    return {key: Share(row.attempts, row.delivered, row.since, cut=row.attempts >= LISTED) for key, row in rows.items()}


def health(runtime: Runtime, tenant_id: UUID, channel_id: UUID) -> Health:
    """One channel's last day. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = channels.health(session, channel_id, WINDOW, LOOKED)
    attempts = sum(row.attempts for row in rows)
    delivered = sum(row.attempts for row in rows if row.outcome == "delivered")
    first = rows[0] if rows else None
    return Health(
        Share(attempts, delivered, first.since if first else None, cut=attempts >= LOOKED),
        first.p50 if first else None,
        first.p95 if first else None,
        tuple(
            Cause("delivered" if row.outcome == "delivered" else overview.in_a_phrase(row.reason), row.attempts,
                  row.outcome == "delivered")
            for row in rows
        ),
    )  # fmt: skip


def newest(runtime: Runtime, tenant_id: UUID, channel_id: UUID) -> list[Shown]:
    """What waits for this channel, and what was tried last, each with its attempts. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = channels.newest(session, channel_id, SHOWN)
        wanted = [(row.incident_id, row.revision) for row in rows]
        attempts = channels.attempts_of(session, channel_id, wanted, TOLD) if wanted else []
    return [_shown(row, attempts) for row in rows]


def recoverable(runtime: Runtime, tenant_id: UUID, channel_id: UUID) -> tuple[datetime, int]:
    """(since when, how many): what died for this channel and can be sent again. Raises DatabaseDown."""
    since = datetime.now(UTC) - RECOVERABLE
    with runtime.database.tenant(tenant_id) as session:
        return since, channels.died(session, channel_id, since)


def _shown(row: Row, attempts: Sequence[Row]) -> Shown:
    own = [each for each in attempts if (each.incident_id, each.revision) == (row.incident_id, row.revision)]
    waits = row.state == "pending" and row.attempts > 0
    return Shown(row.incident_id, short_id(row.incident_id), overview.in_words(row, own), row.state == "dead" or waits)
