"""The rows of the audit: events, their chain, checkpoints and wrapped keys; inserted and read, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from router.core.audit import Entry
from router.store.session import Row, Session, packed


def add(session: Session, tenant_id: UUID, entries: Sequence[Entry]) -> None:
    """Store events of the entered tenant in one statement; nothing that another writer holds is waited for."""
    rows = [
        {
            "at": each.at.isoformat(),
            "event_id": each.event_id,
            "actor": each.actor,
            "auth": each.auth,
            "action": each.action,
            "object": each.object,
            "decision": each.decision,
            "reason": each.reason,
            "request_id": each.request_id,
            "details": each.details.decode(),
            "mac": each.mac,
            "mac_version": each.mac_version,
        }
        for each in entries
    ]
    session.queue(
        "INSERT INTO audit_events (tenant_id, at, event_id, actor, auth, action, object, decision, reason, request_id,"
        " details, mac, mac_version) SELECT %s, e.at, e.event_id, e.actor, e.auth, e.action, e.object, e.decision,"
        " e.reason, e.request_id, e.details::json, e.mac, e.mac_version FROM json_to_recordset(%s) AS e"
        " (at timestamptz, event_id uuid, actor text, auth text, action text, object text, decision text, reason text,"
        " request_id text, details text, mac bytea, mac_version integer)",
        (tenant_id, packed(rows)),
    )


def now(session: Session) -> datetime:
    """The database's clock."""
    row = session.one("SELECT clock_timestamp() AS now")
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return row.now  # type: ignore[no-any-return]  # rows are named tuples


def keys(session: Session, purpose: str) -> list[Row]:
    """The wrapped keys for a purpose (`mac`, `sign`), oldest first; `session` entered the installation."""
    return session.rows(
        "SELECT version, wrapped, wrapped_by, created_at FROM audit_keys WHERE purpose = %s ORDER BY version",
        (purpose,),
    )


def add_key(session: Session, tenant_id: UUID, purpose: str, version: int, wrapped: bytes, wrapped_by: str) -> bool:
    """Keep a wrapped key unless another process was first; True when it was kept."""
    return bool(
        session.run(
            "INSERT INTO audit_keys (tenant_id, purpose, version, wrapped, wrapped_by) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (tenant_id, purpose, version, wrapped, wrapped_by),
        )
    )
