"""Full errors behind their ids: kept sealed, opened only through a committed grant."""

from __future__ import annotations

from uuid import UUID

from router.store.session import Row, Session

KEPT_DAYS = 90
"""How long an error is kept: long enough for the incident it belongs to, and no record of anything."""


def keep(session: Session, *, error_id: UUID, kind: str, tokens: list[str], key_version: int, sealed: bytes) -> bool:
    """Keep an error of the entered tenant; False when its id is known already. Those past their time are removed."""
    row = session.one(
        "SELECT vault.keep_error(%s, %s, %s, %s, %s, %s) AS kept",
        (error_id, kind, tokens, key_version, sealed, KEPT_DAYS),
    )
    return bool(row and row.kept)


def newest(session: Session, limit: int) -> list[Row]:
    """(error_id, at, kind), newest first."""
    return session.rows("SELECT error_id, at, kind FROM vault.list_errors(%s)", (limit,))


def ask(
    session: Session, *, grant_id: UUID, error_id: UUID, user_id: UUID, actor: str, reason: str, refused: str
) -> str:
    """Write the grant that allows or refuses an error; the verdict."""
    row = session.one(
        "SELECT vault.request_error(%s, %s, %s, %s, %s, %s) AS verdict",
        (grant_id, error_id, user_id, actor, reason, refused),
    )
    return str(row.verdict) if row else "no answer"


def fetch(session: Session, grant_id: UUID, actor: str) -> Row | None:
    """(error_id, kind, key_version, sealed) of a grant that another transaction committed, once."""
    return session.one("SELECT error_id, kind, key_version, sealed FROM vault.fetch_error(%s, %s)", (grant_id, actor))
