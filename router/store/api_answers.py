"""Answers that the API gave to requests with an Idempotency-Key: taken once, kept a day."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from router.store.session import Row, Session

ABANDONED: Final = 60
"""Seconds after which a request without an answer counts as lost with its process, so that it may be sent again."""

SWEPT: Final = 500
"""Answers that one sweep drops at most."""


def take(session: Session, tenant_id: UUID, token_id: UUID, key_mac: bytes, request_mac: bytes) -> bool:
    """True when this request is the first with its key, or the one before it was lost; then the caller does it."""
    return bool(
        session.run(
            "INSERT INTO api_answers AS a (tenant_id, token_id, key_mac, request_mac) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (tenant_id, token_id, key_mac) DO UPDATE SET request_mac = excluded.request_mac,"
            " began_at = now(), expires_at = excluded.expires_at, status = NULL, kind = NULL, body = NULL"
            " WHERE a.expires_at < now() OR (a.status IS NULL AND a.request_mac = excluded.request_mac"
            " AND a.began_at < now() - make_interval(secs => %s))",
            (tenant_id, token_id, key_mac, request_mac, ABANDONED),
        )
    )


def held(session: Session, token_id: UUID, key_mac: bytes) -> Row | None:
    """What is kept under a key."""
    return session.one(
        "SELECT request_mac, status, kind, body FROM api_answers WHERE token_id = %s AND key_mac = %s",
        (token_id, key_mac),
    )


def keep(session: Session, token_id: UUID, key_mac: bytes, status: int, kind: str, body: bytes) -> None:
    """Keep the answer."""
    session.run(
        "UPDATE api_answers SET status = %s, kind = %s, body = %s WHERE token_id = %s AND key_mac = %s",
        (status, kind, body, token_id, key_mac),
    )


def forget(session: Session, token_id: UUID, key_mac: bytes) -> None:
    """Nothing was done: the same request may be sent again."""
    session.run("DELETE FROM api_answers WHERE token_id = %s AND key_mac = %s", (token_id, key_mac))


def sweep(session: Session) -> int:
    """Drop the entered tenant's answers that are over; how many."""
    return session.run(
        "DELETE FROM api_answers a USING (SELECT token_id, key_mac FROM api_answers WHERE expires_at < now()"
        " ORDER BY expires_at LIMIT %s) o WHERE a.token_id = o.token_id AND a.key_mac = o.key_mac",
        (SWEPT,),
    )
