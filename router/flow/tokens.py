"""API tokens: a machine's way in, for one tenant, with some roles, until a day; shown once and kept as a hash.

A token never does what needs a fresh proof of a person (`core.access.steps_up`), whatever its roles, so roles that
are made of such deeds are still of use to it for the rest: an auditor's token reads the audit log and exports nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from router.core import api_token
from router.core.access import ROLES, Deed, may, steps_up
from router.core.audit import Event
from router.flow.manage import NotFound, NotPossible
from router.flow.signin import digest
from router.runtime import Runtime
from router.store import api_tokens
from router.store.session import Row

LONGEST: Final = timedelta(days=366)
"""A token ends within a year, so that a forgotten one does."""

_NAME: Final = 80


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A fresh token; `text` is shown once."""

    token_id: UUID
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Which token asks. `actor` is what audit events say."""

    tenant_id: UUID
    token_id: UUID
    name: str
    slug: str
    roles: tuple[str, ...]
    expires_at: datetime

    @property
    def actor(self) -> str:
        """How audit events name it."""
        return f"token:{self.token_id}"

    def may(self, deed: Deed) -> bool:
        """Does one of its roles allow the deed, and needs the deed no fresh proof of a person."""
        return not steps_up(deed) and may(self.roles, deed)


def add(
    runtime: Runtime,
    tenant_id: UUID,
    *,
    roles: Sequence[str],
    until: datetime,
    name: str = "",
    actor: str,
    auth: str = "",
) -> Made:
    """Make a token that holds until `until` (aware).

    Raises:
        NotPossible: a role is none of ours, or `until` is past or more than a year away.
        DatabaseDown: none was made.
    """
    if not roles or set(roles) - set(ROLES):
        raise NotPossible(f"Roles are {', '.join(ROLES)}; one at least.")
    left = until - datetime.now(UTC)
    if not timedelta() < left <= LONGEST:
        raise NotPossible("A token ends in the future, and within a year.")
    if len(name) > _NAME or not name.isprintable():
        raise NotPossible(f"A token's name has at most {_NAME} printable characters.")
    text = api_token.compose(secrets.token_bytes(api_token.RANDOM))
    token_id = uuid4()
    named = [role for role in ROLES if role in roles]
    with runtime.database.tenant(tenant_id) as session:
        api_tokens.add(
            session,
            tenant_id,
            token_id,
            name=name,
            prefix=api_token.prefix(text),
            hashed=digest(text),
            roles=named,
            created_by=actor,
            expires_at=until,
        )
        details = {"roles": named, "until": until.isoformat(timespec="seconds"), "prefix": api_token.prefix(text)}
        runtime.audit.write(
            session, tenant_id, Event("token.add", actor, f"token:{token_id}", auth=auth, details=details)
        )
    return Made(token_id, text, until)


def every(runtime: Runtime, tenant_id: UUID) -> list[Row]:
    """The tenant's tokens, newest first, without what they are made of. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return api_tokens.every(session)


def revoke(runtime: Runtime, tenant_id: UUID, token_id: UUID, *, actor: str, auth: str = "") -> bool:
    """End a token at once; False when it was revoked before.

    Raises:
        NotFound: the tenant has no such token.
        DatabaseDown: it was not ended.
    """
    with runtime.database.tenant(tenant_id) as session:
        if api_tokens.by_id(session, token_id) is None:
            raise NotFound("There is no such API token in this tenant; `alertveil tokens list` shows them.")
        ended = api_tokens.revoke(session, token_id)
        if ended:
            runtime.audit.write(session, tenant_id, Event("token.revoke", actor, f"token:{token_id}", auth=auth))
    return ended


def authenticate(runtime: Runtime, text: str) -> Caller | None:
    """Which token this is; None: none that holds. It is found by its hash, so the time it takes tells nothing.

    Raises DatabaseDown: nobody was let in.
    """
    if not api_token.well_formed(text):
        return None
    with runtime.database.several() as session:
        found = api_tokens.owner(session, digest(text))
        if found is None:
            return None
        tenant_id, token_id = found
        session.enter(tenant_id)
        row = api_tokens.by_id(session, token_id)
        if row is None:
            return None
        api_tokens.touch(session, token_id)
    return Caller(tenant_id, token_id, row.name, row.slug, tuple(row.roles), row.expires_at)
