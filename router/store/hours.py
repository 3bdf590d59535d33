"""Counts by the hour: what upkeep adds up behind the hot path, so that a chart never reads an alert."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from router.store.session import Row, Session

LATE = timedelta(seconds=90)
"""How long after its own time a row may be committed and still be counted: an attempt outlasts no lease."""


def take(session: Session, tenant_id: UUID) -> Row | None:
    """(upto, now): up to when the entered tenant's hours are counted, locked; None: somebody else counts them."""
    session.run(
        "INSERT INTO counted (tenant_id, upto) SELECT tenant_id, date_trunc('hour', created_at, 'UTC') FROM tenants"
        " WHERE tenant_id = %s ON CONFLICT DO NOTHING",
        (tenant_id,),
    )
    return session.one("SELECT upto, now() AS now FROM counted FOR UPDATE SKIP LOCKED")


def add(session: Session, tenant_id: UUID, since: datetime, until: datetime) -> None:
    """Add what happened from `since` to before `until` to the entered tenant's hours, and remember `until`."""
    session.run(
        """
        INSERT INTO hours (tenant_id, hour, alerts, delivered, failed, disclosed, revealed)
        SELECT %(tenant)s, n.hour, sum(n.alerts), sum(n.delivered), sum(n.failed), sum(n.disclosed), sum(n.revealed)
        FROM (
          SELECT date_trunc('hour', a.received_at, 'UTC') AS hour, count(*) AS alerts, 0 AS delivered, 0 AS failed,
            0 AS disclosed, 0 AS revealed
          FROM alerts a WHERE a.received_at >= %(since)s AND a.received_at < %(until)s GROUP BY 1
          UNION ALL
          SELECT date_trunc('hour', t.started_at, 'UTC'), 0, count(*) FILTER (WHERE t.outcome = 'delivered'),
            count(*) FILTER (WHERE t.outcome <> 'delivered'), 0, 0
          FROM attempts t WHERE t.started_at >= %(since)s AND t.started_at < %(until)s GROUP BY 1
          UNION ALL
          SELECT date_trunc('hour', d.at, 'UTC'), 0, 0, 0,
            count(DISTINCT d.grant_id) FILTER (WHERE d.kind = 'delivery'),
            count(DISTINCT d.grant_id) FILTER (WHERE d.kind = 'reveal')
          FROM disclosures d WHERE d.at >= %(since)s AND d.at < %(until)s GROUP BY 1
        ) n GROUP BY n.hour
        ON CONFLICT (tenant_id, hour) DO UPDATE SET alerts = hours.alerts + excluded.alerts,
          delivered = hours.delivered + excluded.delivered, failed = hours.failed + excluded.failed,
          disclosed = hours.disclosed + excluded.disclosed, revealed = hours.revealed + excluded.revealed
        """,
        {"tenant": tenant_id, "since": since, "until": until},
    )
    session.run("UPDATE counted SET upto = %s", (until,))


def since(session: Session, at: datetime) -> list[Row]:
    """The entered tenant's hours from `at` on, in time's order."""
    return session.rows("SELECT hour, alerts, delivered, failed FROM hours WHERE hour >= %s ORDER BY hour", (at,))


def quarters(session: Session, at: datetime) -> dict[str, tuple[int, int]]:
    """(deliveries with plaintext, reveals) by quarter from `at` on; `2026Q4`."""
    rows = session.rows(
        "SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY\"Q\"Q') AS quarter, sum(disclosed) AS disclosed,"
        " sum(revealed) AS revealed FROM hours WHERE hour >= %s GROUP BY 1",
        (at,),
    )
    return {row.quarter: (int(row.disclosed), int(row.revealed)) for row in rows}


def counted(session: Session) -> Row:
    """(upto, now): up to when the entered tenant's hours are counted; None before the first time."""
    return session.one("SELECT now() AS now, (SELECT upto FROM counted) AS upto")
