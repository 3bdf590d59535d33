"""API tokens of a tenant, by their hash alone before the tenant is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from router.store.session import Row, Session

_COLUMNS = "token_id, name, prefix, roles, created_by, created_at, expires_at, revoked_at, used_at"


def owner(session: Session, hashed: bytes) -> tuple[UUID, UUID] | None:
    """(tenant, token) of a token that holds; needs no tenant."""
    row = session.one("SELECT tenant_id, token_id FROM door.token_by_hash(%s)", (hashed,))
    return (row.tenant_id, row.token_id) if row else None


def by_id(session: Session, token_id: UUID) -> Row | None:
    """The entered tenant's token with this id, with its tenant's slug."""
    return session.one(
        f"SELECT {_COLUMNS}, (SELECT slug FROM tenants) AS slug FROM api_tokens WHERE token_id = %s", (token_id,)
    )


def every(session: Session) -> list[Row]:
    """The entered tenant's tokens, newest first; the last 500."""
    return session.rows(f"SELECT {_COLUMNS} FROM api_tokens ORDER BY created_at DESC, token_id LIMIT 500")


def page(session: Session, *, before: tuple[datetime, UUID] | None, most: int) -> list[Row]:
    """A page of the entered tenant's tokens, the newest first. `before`: time and id of the last seen."""
    return session.rows(
        f"SELECT {_COLUMNS} FROM api_tokens WHERE %(at)s::timestamptz IS NULL"
        " OR (created_at, token_id) < (%(at)s, %(id)s) ORDER BY created_at DESC, token_id DESC LIMIT %(most)s",
        {"at": before and before[0], "id": before and before[1], "most": most},
    )


def add(  # noqa: PLR0913 - one value a column
    session: Session,
    tenant_id: UUID,
    token_id: UUID,
    *,
    name: str,
    prefix: str,
    hashed: bytes,
    roles: Sequence[str],
    created_by: str,
    expires_at: datetime,
) -> None:
    """Keep a token's hash and what it may do."""
    session.run(
        "INSERT INTO api_tokens (tenant_id, token_id, name, prefix, hash, roles, created_by, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (tenant_id, token_id, name, prefix, hashed, list(roles), created_by, expires_at),
    )


def revoke(session: Session, token_id: UUID) -> bool:
    """End a token; True for the one caller who did."""
    return bool(
        session.run("UPDATE api_tokens SET revoked_at = now() WHERE token_id = %s AND revoked_at IS NULL", (token_id,))
    )


def touch(session: Session, token_id: UUID) -> None:
    """The token was used; written at most once a minute."""
    session.run(
        "UPDATE api_tokens SET used_at = now()"
        " WHERE token_id = %s AND (used_at IS NULL OR used_at < now() - interval '1 minute')",
        (token_id,),
    )
