"""People come in: a one-time code becomes a session, a session says who asks, and nothing readable of either is stored.

Limits: a code holds for an hour and once; a session ends after 15 minutes without a click or 8 hours in all. Database
and page keep SHA-256 hashes only. A code has 60 random bits, so its hash cannot be turned back within its hour.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from router.runtime import Runtime
from router.store import users

CODE_HOLDS: Final = timedelta(hours=1)
IDLE: Final = timedelta(minutes=15)
SESSION_HOLDS: Final = timedelta(hours=8)

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH: Final = 12


class NoSuchUser(Exception):  # noqa: N818 - the answer
    """This tenant has no such user, or the user is disabled."""


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """A one-time code, shown once."""

    user_id: UUID
    text: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """Who asks. `csrf` goes into every form of this session."""

    tenant_id: UUID
    user_id: UUID
    email: str
    roles: tuple[str, ...]
    tenant: str
    slug: str
    csrf: str


def offer(runtime: Runtime, tenant_id: UUID, email: str) -> Code:
    """A fresh code for a user.

    Raises:
        NoSuchUser: this tenant has no such user.
        DatabaseDown: none was made.
    """
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    with runtime.database.tenant(tenant_id) as session:
        user = users.by_email(session, email.strip().lower())
        if user is None or user.disabled_at is not None:
            raise NoSuchUser("There is no such user in this tenant; `alertveil users add` adds one.")
        ends_at = users.add_session(session, tenant_id, user.user_id, _hash(text), "code", CODE_HOLDS)
    return Code(user.user_id, "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4)), ends_at)


def exchange(runtime: Runtime, code: str) -> str | None:
    """The secret of a fresh session for a code that holds, which it ends; None: it does not hold."""
    text = code.upper().translate(_LIKE)
    if len(text) != _LENGTH:
        return None
    secret = secrets.token_urlsafe(32)
    with runtime.database.several() as session:
        found = users.session_owner(session, _hash(text))
        if found is None:
            return None
        tenant_id, user_id = found
        session.enter(tenant_id)
        if not users.end_session(session, _hash(text), "code"):
            return None
        users.sweep_sessions(session, IDLE)
        users.add_session(session, tenant_id, user_id, _hash(secret), "session", SESSION_HOLDS)
    return secret


def visitor(runtime: Runtime, secret: str, *, seen: bool = True) -> Visitor | None:
    """Whose session this is; None: nobody's, or it ended. `seen`: a click, so the idle clock starts again."""
    if not secret:
        return None
    hashed = _hash(secret)
    with runtime.database.several() as session:
        found = users.session_owner(session, hashed)
        if found is None:
            return None
        session.enter(found[0])
        row = users.visit(session, hashed, IDLE)
        if row is None:
            return None
        if seen:
            users.touch(session, hashed)
    return Visitor(
        tenant_id=found[0],
        user_id=row.user_id,
        email=row.email,
        roles=tuple(row.roles),
        tenant=row.name,
        slug=row.slug,
        csrf=hmac.digest(secret.encode(), b"alertveil csrf v1", "sha256").hex(),
    )


def leave(runtime: Runtime, secret: str) -> None:
    """End a session."""
    with runtime.database.several() as session:
        found = users.session_owner(session, _hash(secret))
        if found is not None:
            session.enter(found[0])
            users.end_session(session, _hash(secret), "session")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
