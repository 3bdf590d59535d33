"""Users and their sessions; a session is found by its hash alone, everything else under its tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from router.store.session import Row, Session

_COLUMNS = "user_id, email, subject, kind, roles, zone, created_at, seen_at, disabled_at"


def by_email(session: Session, email: str) -> Row | None:
    """The entered tenant's user with this address."""
    return session.one(f"SELECT {_COLUMNS} FROM users WHERE email = %s", (email,))


def by_id(session: Session, user_id: UUID) -> Row | None:
    """The entered tenant's user with this id."""
    return session.one(f"SELECT {_COLUMNS} FROM users WHERE user_id = %s", (user_id,))


def every(session: Session) -> list[Row]:
    """The entered tenant's users, by e-mail address; `factors` are the kinds of what proves who they are."""
    return session.rows(
        f"SELECT {_COLUMNS}, coalesce(f.kinds, '{{}}') AS factors, coalesce(s.n, 0) AS sessions FROM users u"
        " LEFT JOIN LATERAL (SELECT array_agg(DISTINCT x.kind) AS kinds FROM factors x"
        "  WHERE x.user_id = u.user_id AND x.confirmed_at IS NOT NULL) f ON true"
        " LEFT JOIN LATERAL (SELECT count(*) AS n FROM sessions x"
        "  WHERE x.user_id = u.user_id AND x.kind = 'session' AND x.ends_at > now()) s ON true"
        " ORDER BY email".replace(_COLUMNS, "u." + _COLUMNS.replace(", ", ", u."))
    )


def with_role(session: Session, role: str) -> list[Row]:
    """The entered tenant's users that have a role and are not disabled."""
    return session.rows(
        f"SELECT {_COLUMNS} FROM users WHERE %s = ANY (roles) AND disabled_at IS NULL ORDER BY email", (role,)
    )


def put(session: Session, tenant_id: UUID, user_id: UUID, email: str, roles: Sequence[str]) -> UUID:
    """Add a user, or give the one with this address these roles; returns the user's id."""
    row = session.one(
        "INSERT INTO users (tenant_id, user_id, email, roles) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, email) DO UPDATE SET roles = excluded.roles, disabled_at = NULL RETURNING user_id",
        (tenant_id, user_id, email, list(roles)),
    )
    return row.user_id if row else user_id


def add(session: Session, tenant_id: UUID, user_id: UUID, email: str, subject: str, roles: Sequence[str]) -> bool:
    """Add the user that an identity provider calls `subject`; False when the address or the subject is taken."""
    return bool(
        session.run(
            "INSERT INTO users (tenant_id, user_id, email, subject, roles) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (tenant_id, user_id, email, subject, list(roles)),
        )
    )


def set_roles(session: Session, user_id: UUID, roles: Sequence[str]) -> None:
    """Give a user these roles, and change nothing else."""
    session.run("UPDATE users SET roles = %s WHERE user_id = %s", (list(roles), user_id))


def set_kind(session: Session, user_id: UUID, kind: str) -> None:
    """Make a user a person's or the break-glass account."""
    session.run("UPDATE users SET kind = %s WHERE user_id = %s", (kind, user_id))


def set_disabled(session: Session, user_id: UUID, *, disabled: bool) -> bool:
    """Disable or enable a user; True when that changed it."""
    return bool(
        session.run(
            "UPDATE users SET disabled_at = CASE WHEN %(disabled)s THEN now() END"
            " WHERE user_id = %(user)s AND (disabled_at IS NULL) = %(disabled)s",
            {"user": user_id, "disabled": disabled},
        )
    )


def identify(session: Session, user_id: UUID, subject: str) -> None:
    """From now on this is the user that an identity provider calls `subject`."""
    session.run("UPDATE users SET subject = %s WHERE user_id = %s", (subject, user_id))


def set_zone(session: Session, user_id: UUID, zone: str) -> None:
    """The user reads times in this zone from now on, in every session; empty: in UTC."""
    session.run("UPDATE users SET zone = %s WHERE user_id = %s", (zone, user_id))
    session.run("UPDATE sessions SET in_utc = false WHERE user_id = %s AND in_utc", (user_id,))


def show_utc(session: Session, session_id: UUID, *, on: bool) -> None:
    """A session shows times in UTC for now, or in its user's zone again."""
    session.run("UPDATE sessions SET in_utc = %s WHERE session_id = %s AND kind = 'session'", (on, session_id))


def seen(session: Session, user_id: UUID) -> None:
    """The user signed in."""
    session.run("UPDATE users SET seen_at = now() WHERE user_id = %s", (user_id,))


def anyone(session: Session) -> bool:
    """Is there any user in any tenant; needs no tenant."""
    row = session.one("SELECT door.anyone() AS found")
    return row is not None and row.found


def by_login(session: Session, email: str) -> list[Row]:
    """(tenant_id, user_id) of every user with this address that is not disabled; needs no tenant."""
    return session.rows("SELECT tenant_id, user_id FROM door.users_by_login(%s)", (email,))


def by_subject(session: Session, subject: str) -> list[Row]:
    """(tenant_id, user_id) of every user that an identity provider calls this; needs no tenant."""
    return session.rows("SELECT tenant_id, user_id FROM door.users_by_subject(%s)", (subject,))


def session_owner(session: Session, hashed: bytes) -> tuple[UUID, UUID] | None:
    """(tenant, user) of a session or code that has not ended; needs no tenant."""
    row = session.one("SELECT tenant_id, user_id FROM door.session_by_hash(%s)", (hashed,))
    return (row.tenant_id, row.user_id) if row else None


def add_session(  # noqa: PLR0913 - one value a column
    session: Session,
    tenant_id: UUID,
    user_id: UUID,
    hashed: bytes,
    kind: str,
    holds: timedelta,
    *,
    auth: str = "",
    strong: bool = False,
    address: str = "",
    agent: str = "",
) -> datetime:
    """Keep the hash of a code or session; returns when it ends. `strong`: its user proved who they are just now."""
    row = session.one(
        "INSERT INTO sessions (tenant_id, session_hash, user_id, kind, ends_at, auth, strong_at, address, agent)"
        " VALUES (%s, %s, %s, %s, now() + %s, %s, CASE WHEN %s THEN now() END, %s, %s) RETURNING ends_at",
        (tenant_id, hashed, user_id, kind, holds, auth, strong, address, agent),
    )
    assert row is not None  # noqa: S101 - RETURNING gives the row that was inserted
    return row.ends_at  # type: ignore[no-any-return]  # rows are named tuples


def end_session(session: Session, hashed: bytes, kind: str) -> str | None:
    """Remove a code or session; how it was come by, for the one caller who did."""
    row = session.one("DELETE FROM sessions WHERE session_hash = %s AND kind = %s RETURNING auth", (hashed, kind))
    return row.auth if row else None


def strengthen(session: Session, hashed: bytes, new: bytes, auth: str) -> bool:
    """The session's user proved who they are once more: a new secret from now on, and the same end."""
    return bool(
        session.run(
            "UPDATE sessions SET session_hash = %s, strong_at = now(), auth = %s"
            " WHERE session_hash = %s AND kind = 'session'",
            (new, auth, hashed),
        )
    )


def sessions(session: Session, user_id: UUID | None, idle: timedelta) -> list[Row]:
    """The sessions that hold, of one user or of everybody, newest first."""
    return session.rows(
        "SELECT s.session_id, s.user_id, u.email, s.auth, s.created_at, s.seen_at, s.ends_at, s.address, s.agent"
        " FROM sessions s JOIN users u USING (tenant_id, user_id) WHERE s.kind = 'session' AND s.ends_at > now()"
        " AND s.seen_at > now() - %(idle)s AND u.disabled_at IS NULL"
        " AND (%(user)s::uuid IS NULL OR s.user_id = %(user)s) ORDER BY s.seen_at DESC LIMIT 500",
        {"user": user_id, "idle": idle},
    )


def end_one(session: Session, session_id: UUID, user_id: UUID | None) -> UUID | None:
    """End a session by its id, of this user only if one is given; whose it was."""
    row = session.one(
        "DELETE FROM sessions WHERE session_id = %(id)s AND kind = 'session'"
        " AND (%(user)s::uuid IS NULL OR user_id = %(user)s) RETURNING user_id",
        {"id": session_id, "user": user_id},
    )
    return row.user_id if row else None


def end_all(session: Session, user_id: UUID, *, but: bytes = b"") -> int:
    """End every session, half session and code of a user, but the one with this hash."""
    return session.run("DELETE FROM sessions WHERE user_id = %s AND session_hash <> %s", (user_id, but))


def sweep_sessions(session: Session, idle: timedelta) -> None:
    """Remove what ended by itself."""
    session.run(
        "DELETE FROM sessions WHERE ends_at < now() OR (kind = 'session' AND seen_at < now() - %s)",
        (idle,),
    )


def visit(session: Session, hashed: bytes, idle: timedelta) -> Row | None:
    """Who holds this session, while it holds."""
    return session.one(
        "SELECT u.user_id, u.email, u.roles, u.kind, u.zone, t.name, t.slug, s.session_id, s.auth, s.strong_at,"
        " s.in_utc, now() AS now FROM sessions s JOIN users u USING (tenant_id, user_id)"
        " JOIN tenants t USING (tenant_id) WHERE s.session_hash = %s AND s.kind = 'session' AND s.ends_at > now()"
        " AND s.seen_at > now() - %s AND u.disabled_at IS NULL",
        (hashed, idle),
    )


def half(session: Session, hashed: bytes) -> Row | None:
    """Who has given the first of two factors, while that holds."""
    return session.one(
        "SELECT u.user_id, u.email, u.kind, t.slug, s.auth FROM sessions s JOIN users u USING (tenant_id, user_id)"
        " JOIN tenants t USING (tenant_id) WHERE s.session_hash = %s AND s.kind = 'half' AND s.ends_at > now()"
        " AND u.disabled_at IS NULL",
        (hashed,),
    )


def touch(session: Session, hashed: bytes) -> None:
    """The session was used; written at most once in ten seconds."""
    session.run(
        "UPDATE sessions SET seen_at = now() WHERE session_hash = %s AND seen_at < now() - interval '10 seconds'",
        (hashed,),
    )
