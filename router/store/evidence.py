"""What evidence is made of, a statement a piece: people and what they did, channels, changes, keys, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from router.store.session import Row, Session

_TOLD_TWICE: Final = "ARRAY['host.reveal', 'host.approval']"
"""The same deed told from another side."""

_COUNTED: Final = f"""(SELECT actor, count(*) AS n, max(at) AS last_at FROM audit_events
  WHERE at >= %(since)s AND at < %(until)s AND action <> ALL ({_TOLD_TWICE}) GROUP BY actor) a ON a.actor = u.email"""

_LAST: Final = f"""LATERAL (SELECT NULL::bigint AS n, e.at AS last_at FROM audit_events e
  WHERE e.tenant_id = u.tenant_id AND e.actor = u.email AND e.at >= %(since)s AND e.at < %(until)s
    AND e.action <> ALL ({_TOLD_TWICE}) ORDER BY e.at DESC LIMIT 1) a ON true"""


def accounts(session: Session, starts_at: datetime, ends_at: datetime, *, counted: bool) -> list[Row]:
    """Every user the tenant ever had, with factors, and reveals and the last act in the period.

    `counted`: with how many acts, which reads the period's audit; without, `acts` is None and each user's last act is
    one look into an index, however long the audit is.
    """
    return session.rows(
        f"""
        SELECT u.user_id, u.email, u.kind, u.roles, u.subject, u.created_at, u.seen_at, u.disabled_at,
          coalesce(f.kinds, '{{}}') AS factors, {"coalesce(a.n, 0)" if counted else "a.n"} AS acts,
          a.last_at AS last_act_at, r.n AS reveals
        FROM users u
        LEFT JOIN (SELECT user_id, array_agg(DISTINCT kind) AS kinds FROM factors WHERE confirmed_at IS NOT NULL
          GROUP BY user_id) f ON f.user_id = u.user_id
        LEFT JOIN {_COUNTED if counted else _LAST}
        CROSS JOIN LATERAL (SELECT count(DISTINCT grant_id) AS n FROM disclosures d WHERE d.tenant_id = u.tenant_id
          AND d.user_id = u.user_id AND d.kind = 'reveal' AND d.at >= %(since)s AND d.at < %(until)s) r
        ORDER BY u.email
        """,
        {"since": starts_at, "until": ends_at},
    )


def events(session: Session, actions: Sequence[str], starts_at: datetime, ends_at: datetime) -> list[Row]:
    """Audit events of these actions, oldest first."""
    return session.rows(
        # Action by action: a plan for all of them reads the whole period.
        "SELECT e.* FROM unnest(%s::text[]) AS w (action) CROSS JOIN LATERAL (SELECT a.at, a.event_id, a.actor, a.auth,"
        " a.action, a.object, a.decision, a.reason, a.details FROM audit_events a WHERE a.action = w.action"
        " AND a.at >= %s AND a.at < %s ORDER BY a.at, a.event_id LIMIT ALL OFFSET 0) e ORDER BY e.at, e.event_id",
        (list(actions), starts_at, ends_at),
    )


def families(session: Session, names: Sequence[str], starts_at: datetime, ends_at: datetime) -> list[Row]:
    """Audit events whose action begins with one of these words (`key` for `key.rotate`), oldest first."""
    return session.rows(
        "SELECT at, event_id, actor, auth, action, object, decision, reason, details FROM audit_events"
        " WHERE split_part(action, '.', 1) = ANY (%s) AND at >= %s AND at < %s ORDER BY at, event_id",
        (list(names), starts_at, ends_at),
    )


def refusals(session: Session, starts_at: datetime, ends_at: datetime) -> list[Row]:
    """Everything that was denied, oldest first."""
    return session.rows(
        "SELECT at, event_id, actor, auth, action, object, decision, reason, details FROM audit_events"
        " WHERE decision = 'denied' AND at >= %s AND at < %s ORDER BY at, event_id",
        (starts_at, ends_at),
    )


def channels(session: Session, starts_at: datetime, ends_at: datetime) -> list[Row]:
    """Every channel the tenant ever had: where it leads, its open opt-in, and what it got in the period."""
    return session.rows(
        """
        SELECT c.channel_id, c.name, c.kind, c.vendor, c.created_at, c.paused_at, c.retired_at, d.config,
          o.optin_id, o.types, o.state, o.ends_at, coalesce(a.n, 0) AS attempts, coalesce(a.delivered, 0) AS delivered,
          coalesce(a.plain, 0) AS plain, coalesce(a.caught, 0) AS caught, a.last_at, coalesce(x.tokens, 0) AS tokens
        FROM channels c
        JOIN destinations d ON d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id
        LEFT JOIN LATERAL (SELECT * FROM optins o WHERE o.channel_id = c.channel_id
          AND o.state IN ('active', 'expiring') ORDER BY o.ends_at DESC LIMIT 1) o ON true
        LEFT JOIN (SELECT channel_id, count(*) AS n, count(*) FILTER (WHERE outcome = 'delivered') AS delivered,
            count(*) FILTER (WHERE mode = 'plaintext') AS plain, sum(tripwire) AS caught, max(started_at) AS last_at
          FROM attempts WHERE started_at >= %(since)s AND started_at < %(until)s GROUP BY channel_id) a
          ON a.channel_id = c.channel_id
        LEFT JOIN (SELECT channel_id, count(*) AS tokens FROM disclosures
          WHERE kind = 'delivery' AND at >= %(since)s AND at < %(until)s GROUP BY channel_id) x
          ON x.channel_id = c.channel_id
        ORDER BY c.retired_at IS NOT NULL, c.name, c.created_at
        """,
        {"since": starts_at, "until": ends_at},
    )


def sources(session: Session) -> list[Row]:
    """Every way in that the tenant ever had."""
    return session.rows(
        "SELECT source_id, name, format, created_at, paused_at, retired_at FROM sources ORDER BY name, created_at"
    )


def config_changes(session: Session, starts_at: datetime, ends_at: datetime) -> list[Row]:
    """The versions of the configuration, oldest first."""
    return session.rows(
        "SELECT version, at, actor, changes FROM config_changes WHERE at >= %s AND at < %s ORDER BY version",
        (starts_at, ends_at),
    )


def caught(session: Session, starts_at: datetime, ends_at: datetime) -> list[Row]:
    """Attempts in whose finished bytes the last look found something."""
    return session.rows(
        "SELECT a.started_at, a.incident_id, c.name AS channel, a.revision, a.number, a.mode, a.tripwire, a.outcome"
        " FROM attempts a JOIN channels c ON c.tenant_id = a.tenant_id AND c.channel_id = a.channel_id"
        " WHERE a.tripwire > 0 AND a.started_at >= %s AND a.started_at < %s ORDER BY a.started_at",
        (starts_at, ends_at),
    )


def own_alerts(session: Session, first: UUID, last: UUID) -> list[Row]:
    """Incidents that Alertveil itself opened, by ids that sort by time: unusual reveals, ended opt-ins, broken ways."""
    return session.rows(
        "SELECT incident_id, opened_at, resolved_at, status, severity, title, count FROM incidents"
        " WHERE incident_id >= %s AND incident_id < %s AND source = 'alertveil' ORDER BY incident_id",
        (first, last),
    )


def be_patient(session: Session) -> None:
    """Let statements of this transaction run for minutes: a quarter is counted once, for a person who waits."""
    session.run("SET LOCAL statement_timeout = '15min'")
