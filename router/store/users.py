"""Users and their sessions; a session is found by its hash alone, everything else under its tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from router.store.session import Row, Session


def by_email(session: Session, email: str) -> Row | None:
    """The entered tenant's user with this address."""
    return session.one("SELECT user_id, email, roles, disabled_at FROM users WHERE email = %s", (email,))


def every(session: Session) -> list[Row]:
    """The entered tenant's users, by e-mail address."""
    return session.rows("SELECT user_id, email, roles, created_at, disabled_at FROM users ORDER BY email")


def put(session: Session, tenant_id: UUID, user_id: UUID, email: str, roles: Sequence[str]) -> UUID:
    """Add a user, or give the one with this address these roles; returns the user's id."""
    row = session.one(
        "INSERT INTO users (tenant_id, user_id, email, roles) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, email) DO UPDATE SET roles = excluded.roles, disabled_at = NULL RETURNING user_id",
        (tenant_id, user_id, email, list(roles)),
    )
    return row.user_id if row else user_id


def session_owner(session: Session, hashed: bytes) -> tuple[UUID, UUID] | None:
    """(tenant, user) of a session or code that has not ended; needs no tenant."""
    row = session.one("SELECT tenant_id, user_id FROM door.session_by_hash(%s)", (hashed,))
    return (row.tenant_id, row.user_id) if row else None


def add_session(
    session: Session, tenant_id: UUID, user_id: UUID, hashed: bytes, kind: str, holds: timedelta
) -> datetime:
    """Keep the hash of a code or session; returns when it ends."""
    row = session.one(
        "INSERT INTO sessions (tenant_id, session_hash, user_id, kind, ends_at) VALUES (%s, %s, %s, %s, now() + %s)"
        " RETURNING ends_at",
        (tenant_id, hashed, user_id, kind, holds),
    )
    assert row is not None  # noqa: S101 - RETURNING gives the row that was inserted
    return row.ends_at  # type: ignore[no-any-return]  # rows are named tuples


def end_session(session: Session, hashed: bytes, kind: str) -> bool:
    """Remove a code or session; True for the one caller who did."""
    return bool(session.run("DELETE FROM sessions WHERE session_hash = %s AND kind = %s", (hashed, kind)))


def sweep_sessions(session: Session, idle: timedelta) -> None:
    """Remove what ended by itself."""
    session.run(
        "DELETE FROM sessions WHERE ends_at < now() OR (kind = 'session' AND seen_at < now() - %s)",
        (idle,),
    )


def visit(session: Session, hashed: bytes, idle: timedelta) -> Row | None:
    """Who holds this session, while it holds."""
    return session.one(
        "SELECT u.user_id, u.email, u.roles, t.name, t.slug FROM sessions s JOIN users u USING (tenant_id, user_id)"
        " JOIN tenants t USING (tenant_id) WHERE s.session_hash = %s AND s.kind = 'session' AND s.ends_at > now()"
        " AND s.seen_at > now() - %s AND u.disabled_at IS NULL",
        (hashed, idle),
    )


def touch(session: Session, hashed: bytes) -> None:
    """The session was used; written at most once in ten seconds."""
    session.run(
        "UPDATE sessions SET seen_at = now() WHERE session_hash = %s AND seen_at < now() - interval '10 seconds'",
        (hashed,),
    )
