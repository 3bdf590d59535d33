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


_OPEN = ("active", "expiring", "requested", "suspended")
"""States in which an opt-in is somebody's business; the rest are over."""


class Totals(NamedTuple):
    """Attempts by (kind of channel, outcome, mode), due deliveries, paused channels, opt-ins by state."""

    attempts: list[tuple[str, str, str, int]]
    due: int
    paused: int
    optins: dict[str, int]


def totals(session: Session) -> Totals:
    """Over all tenants, each entered in turn: one row a lane, never one a delivery."""
    attempts: Counter[tuple[str, str, str]] = Counter()
    opted: Counter[str] = Counter()
    due = paused = 0
    for tenant_id in config.tenant_ids(session):
        session.enter(tenant_id)
        lanes = session.queue(
            "SELECT c.kind, sum(l.delivered)::bigint AS delivered, sum(l.retried)::bigint AS retried,"
            " sum(l.dead)::bigint AS dead, sum(l.plain_delivered)::bigint AS plain_delivered,"
            " sum(l.plain_retried)::bigint AS plain_retried, sum(l.plain_dead)::bigint AS plain_dead,"
            " count(*) FILTER (WHERE c.retired_at IS NULL AND (c.paused_at IS NOT NULL OR l.paused IS NOT NULL))"
            " AS paused, sum((SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE d.channel_id = l.channel_id"
            " AND d.tenant_id = l.tenant_id AND d.state = 'pending' AND d.next_attempt_at <= now()"
            " LIMIT %s) q))::bigint AS due FROM lanes l JOIN channels c USING (tenant_id, channel_id) GROUP BY c.kind",
            (COUNTED,),
        )
        states = session.queue(f"SELECT state, count(*) AS many FROM optins WHERE state IN {_OPEN} GROUP BY state")
        for row in lanes.fetchall():
            for outcome, all_of_them, plain in (
                ("delivered", row.delivered, row.plain_delivered),
                ("retry", row.retried, row.plain_retried),
                ("dead", row.dead, row.plain_dead),
            ):
                attempts[row.kind, outcome, "tokens"] += all_of_them - plain
                attempts[row.kind, outcome, "plaintext"] += plain
            due += row.due
            paused += row.paused
        for row in states.fetchall():
            opted[row.state] += row.many
    counted = [(*labels, count) for labels, count in sorted(attempts.items())]
    return Totals(counted, due, paused, {state: opted[state] for state in _OPEN})


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
