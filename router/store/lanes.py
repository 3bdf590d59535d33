"""How the lanes are doing, tenant by tenant, summed up."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from router.store import config
from router.store.session import Session

COUNTED = 1000
"""Due deliveries that are counted one by one; a longer queue is "a thousand and more"."""


class Totals(NamedTuple):
    """Attempts by (kind of channel, outcome), due deliveries, paused channels."""

    attempts: list[tuple[str, str, int]]
    due: int
    paused: int


def totals(session: Session) -> Totals:
    """Over all tenants, each entered in turn: one row a lane, never one a delivery."""
    attempts: Counter[tuple[str, str]] = Counter()
    due = paused = 0
    for tenant_id in config.tenant_ids(session):
        session.enter(tenant_id)
        for row in session.rows(
            "SELECT c.kind, sum(l.delivered)::bigint AS delivered, sum(l.retried)::bigint AS retried,"
            " sum(l.dead)::bigint AS dead,"
            " count(*) FILTER (WHERE c.retired_at IS NULL AND (c.paused_at IS NOT NULL OR l.paused IS NOT NULL))"
            " AS paused, sum((SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE d.channel_id = l.channel_id"
            " AND d.tenant_id = l.tenant_id AND d.state = 'pending' AND d.next_attempt_at <= now()"
            " LIMIT %s) q))::bigint AS due FROM lanes l JOIN channels c USING (tenant_id, channel_id) GROUP BY c.kind",
            (COUNTED,),
        ):
            attempts[row.kind, "delivered"] += row.delivered
            attempts[row.kind, "retry"] += row.retried
            attempts[row.kind, "dead"] += row.dead
            due += row.due
            paused += row.paused
    return Totals([(kind, outcome, count) for (kind, outcome), count in sorted(attempts.items())], due, paused)
