"""How the lanes are doing, tenant by tenant, summed up."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from router.store import config
from router.store.deliveries import OWNER_LOCK
from router.store.session import Row, Session

COUNTED = 1000
"""Due deliveries that are counted one by one; a longer queue is "a thousand and more"."""


DEAD_LOOKED = 5000
"""Dead deliveries of a tenant that are counted by channel, the newest."""


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


def workers(session: Session) -> int:
    """How many workers live, on every host: each holds a lock for as long as its session does. Needs no tenant."""
    row = session.one(
        "SELECT count(*) AS live FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
        " AND classid = %s AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (OWNER_LOCK,),
    )
    return int(row.live) if row else 0


def queues(session: Session) -> list[Row]:
    """Every channel of the entered tenant with what of it waits, is due and is dead, by name.

    Counted up to COUNTED of each; the dead among the newest `DEAD_LOOKED` dead deliveries of the tenant. Of a retired
    channel only while something of it waits.
    """
    return session.rows(
        "SELECT c.channel_id, c.name, c.kind, c.retired_at, c.paused_at, c.pause_reason, l.paused, l.probe_at,"
        " l.failing, l.failing_since, l.last_ok_at, l.lease_until > now() AS leased, d.next_attempt_at AS oldest,"
        " now() AS now, w.waiting, w.due, coalesce(x.dead, 0) AS dead"
        " FROM channels c JOIN lanes l USING (tenant_id, channel_id)"
        " LEFT JOIN LATERAL (SELECT p.next_attempt_at FROM deliveries p WHERE p.tenant_id = c.tenant_id"
        " AND p.channel_id = c.channel_id AND p.state = 'pending' ORDER BY p.next_attempt_at LIMIT 1) d ON true"
        " CROSS JOIN LATERAL (SELECT count(*) AS waiting, count(*) FILTER (WHERE q.next_attempt_at <= now()) AS due"
        " FROM (SELECT p.next_attempt_at FROM deliveries p WHERE p.tenant_id = c.tenant_id"
        " AND p.channel_id = c.channel_id AND p.state = 'pending' ORDER BY p.next_attempt_at LIMIT %(most)s) q) w"
        " LEFT JOIN (SELECT e.channel_id, count(*) AS dead FROM (SELECT p.channel_id FROM deliveries p"
        " WHERE p.state = 'dead' ORDER BY p.incident_id DESC LIMIT %(looked)s) e GROUP BY e.channel_id) x"
        " ON x.channel_id = c.channel_id"
        " WHERE c.retired_at IS NULL OR d.next_attempt_at IS NOT NULL ORDER BY c.name",
        {"most": COUNTED, "looked": DEAD_LOOKED},
    )
