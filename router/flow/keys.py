"""Keys are rotated while alerts come in and values are revealed: nothing waits, and what was sealed before still opens.

A new wrapping key wraps every tenant's own keys again, one tenant a transaction; what they seal is not touched. A new
data or value key seals from now on; credentials are sealed again at once, vault entries when their value comes by. A
new index key makes blind indexes from now on; values keep their tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from router.core.audit import INSTANCE, Event
from router.keys import CannotRotate, FileKeystore, TenantKeys, wrap_context
from router.runtime import Runtime
from router.store import config, hooks
from router.store import retention as rows
from router.store.session import DatabaseDown, Row, Session
from router.vault import (
    open_credentials,
    open_edge_key,
    open_signing,
    seal_credentials,
    seal_edge_key,
    seal_signing,
)

BUSY = "55P03"
"""Postgres' SQLSTATE for a lock that was waited for too long."""


class NotRotated(Exception):  # noqa: N818 - the answer
    """The keys are as they were. The text says why."""


@dataclass(frozen=True, slots=True)
class Version:
    """One key of a tenant: what it is for, its month, who wraps it, and since when it is destroyed (if it is)."""

    purpose: str
    version: int
    epoch: date
    wrapped_by: str
    created_at: datetime
    rewrapped_at: datetime | None
    shredded_at: datetime | None


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """A tenant's keys. The version numbers are those that seal now."""

    tenant: str
    id: UUID
    value_version: int
    data_version: int
    index_version: int
    wrapped_by: str
    keys: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Which key wraps now, and every tenant's keys; `behind` counts live keys that an older one wraps."""

    current: str
    tenants: tuple[TenantStatus, ...]
    behind: int


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: the new key's name or version, how many tenants and keys it concerned.

    `made` is False when the keystore makes no keys itself and everything was wrapped by the one it was given.
    """

    key: str
    made: bool
    tenants: int
    keys: int


def status(runtime: Runtime) -> Status:
    """Every tenant's keys, none of them opened. Raises DatabaseDown, KeystoreDown."""
    current = runtime.keys.keystore.current
    found = []
    with runtime.database.several() as session:
        for tenant_id in config.tenant_ids(session):
            session.enter(tenant_id)
            tenant = config.tenant(session)
            keys = rows.keys(session)
            if tenant is not None and keys:
                found.append(_status(tenant.slug, tenant_id, keys))
    behind = sum(key.wrapped_by != current for tenant in found for key in tenant.keys if key.shredded_at is None)
    return Status(current, tuple(found), behind)


def _status(slug: str, tenant_id: UUID, keys: Sequence[Row]) -> TenantStatus:
    live = [row for row in keys if row.shredded_at is None]
    newest = {row.purpose: row.version for row in live}  # ordered by version
    return TenantStatus(
        slug,
        tenant_id,
        newest.get("value", 0),
        newest.get("data", 0),
        newest.get("index", 0),
        ", ".join(sorted({row.wrapped_by for row in live})),
        tuple(
            Version(
                row.purpose,
                row.version,
                row.epoch,
                row.wrapped_by,
                row.created_at,
                row.rewrapped_at,
                row.shredded_at,
            )
            for row in keys
        ),
    )


def rotate_wrapping(runtime: Runtime, actor: str, auth: str = "") -> Rotated:
    """Have the keystore make a new key, then wrap every tenant's keys and the audit's by it.

    Stopped half-way it leaves keys wrapped by the old key, which still opens; run it again.

    Raises:
        NotRotated: the keystore makes no keys itself, and everything is wrapped by its current one already.
        KeystoreDown, DatabaseDown: as far as it came, everything opens.
    """
    keystore = runtime.keys.keystore
    before = status(runtime)
    made = True
    try:
        keystore.rotate()
    except CannotRotate as why:
        if before.behind == 0:
            raise NotRotated(str(why)) from None
        made = False
    current = keystore.current
    count = 0
    with runtime.database.tenant(INSTANCE) as session:
        count += runtime.audit.rewrap(session)
        event = Event(
            "key.rotate",
            actor,
            "keystore:wrapping",
            auth=auth,
            details={"purpose": "wrapping", "key": current, "made": made},
        )
        runtime.audit.write(session, INSTANCE, event)
    tenants = 0
    for tenant in before.tenants:
        wrapped = _rewrap(runtime, tenant.id, current, actor, auth)
        tenants += wrapped > 0
        count += wrapped
    return Rotated(current, made, tenants, count)


def _rewrap(runtime: Runtime, tenant_id: UUID, current: str, actor: str, auth: str) -> int:
    """One tenant's keys, each opened again before the old wrapping is given up."""
    keystore = runtime.keys.keystore
    with runtime.database.tenant(tenant_id) as session:
        live = [row for row in rows.keys(session) if row.shredded_at is None]
        for row in live:
            context = wrap_context(tenant_id, row.purpose, row.version)
            key = keystore.unwrap(bytes(row.wrapped), row.wrapped_by, context)
            wrapped = keystore.seal(key, context)
            if keystore.unwrap(wrapped.wrapped, wrapped.by, context) != key:
                raise NotRotated("The keystore did not give back what it wrapped; nothing of this tenant was changed.")
            rows.rewrap(session, row.purpose, row.version, wrapped.wrapped, wrapped.by)
        if live:
            event = Event(
                "key.rotate",
                actor,
                f"tenant:{tenant_id}",
                auth=auth,
                details={"purpose": "wrapping", "key": current, "keys": len(live)},
            )
            runtime.audit.write(session, tenant_id, event)
    return len(live)


def rotate(runtime: Runtime, tenant_id: UUID, what: Literal["data", "index"], actor: str, auth: str = "") -> Rotated:
    """A new data and value key, or a new index key, for one tenant.

    Raises:
        NotRotated: too much is being sealed at this moment, or another rotation was first; try again.
        KeystoreDown, DatabaseDown: nothing was changed.
    """
    try:
        with runtime.database.tenant(tenant_id) as session:
            config.tenant(session, lock=True)  # one rotation and one apply at a time
            keys = runtime.vault.newest_keys(session, tenant_id)
            done = _rotate_data(runtime, session, keys) if what == "data" else Rotated("", True, 1, 1)
            version = (keys.data_version if what == "data" else keys.index_version) + 1
            event = Event(
                "key.rotate",
                actor,
                f"tenant:{tenant_id}",
                auth=auth,
                details={"purpose": what, "version": version, "sealed_again": done.keys if what == "data" else 0},
            )
            runtime.audit.write(session, tenant_id, event)
            # Last, because from here to the commit nobody else of this tenant seals.
            if what == "index" and not runtime.vault.add_key(session, tenant_id, "index", version):
                raise NotRotated("Another rotation was first; look at `alertveil keys status`.")
    except DatabaseDown as error:
        if error.sqlstate != BUSY:
            raise
        raise NotRotated("Too much is being sealed at this moment; try again.") from None
    runtime.keys.forget(tenant_id)
    return Rotated(str(version), True, 1, done.keys)


def _rotate_data(runtime: Runtime, session: Session, keys: TenantKeys) -> Rotated:
    """New value and data keys, and what the configuration keeps sealed again under the latter."""
    tenant_id = keys.tenant_id
    vault = runtime.vault
    if not (
        vault.add_key(session, tenant_id, "value", keys.value_version + 1)
        and vault.add_key(session, tenant_id, "data", keys.data_version + 1)
    ):
        raise NotRotated("Another rotation was first; look at `alertveil keys status`.")
    newest = vault.newest_keys(session, tenant_id)
    credentials = [
        {
            "id": row.destination_id,
            "sealed": seal_credentials(
                newest,
                row.destination_id,
                open_credentials(newest, row.destination_id, bytes(row.secrets), row.key_version),
            ),
        }
        for row in rows.credentials(session)
    ]
    edges = [
        {
            "id": row.source_id,
            "sealed": seal_edge_key(
                newest,
                row.source_id,
                open_edge_key(newest, row.source_id, bytes(row.edge_key), row.edge_key_version),
            ),
        }
        for row in rows.edge_keys(session)
    ]
    signing = [
        {
            "id": row.source_id,
            "sealed": seal_signing(
                newest, row.source_id, open_signing(newest, row.source_id, bytes(row.signing), row.signing_version)
            ),
        }
        for row in rows.signing_secrets(session)
    ]
    hooked = [
        (
            row.hook_id,
            seal_credentials(
                newest, row.hook_id, open_credentials(newest, row.hook_id, bytes(row.secrets), row.key_version)
            ),
        )
        for row in hooks.sealed(session)
    ]
    hooks.put_sealed(session, hooked, newest.data_version)
    rows.put_credentials(session, credentials, newest.data_version)
    rows.put_edge_keys(session, edges, newest.data_version)
    rows.put_signing_secrets(session, signing, newest.data_version)
    return Rotated(str(newest.data_version), True, 1, len(credentials) + len(edges) + len(signing) + len(hooked))


def forget(runtime: Runtime, name: str, actor: str, auth: str = "") -> None:
    """Destroy an old wrapping key of the keystore file, so that not even a backup of the database opens with it.

    Raises:
        NotRotated: something live is wrapped by it still, it is current, or the keystore is no file.
        KeystoreDown, DatabaseDown: nothing was changed.
    """
    keystore = runtime.keys.keystore
    if not isinstance(keystore, FileKeystore):
        raise NotRotated("Old keys of this keystore are ended where it is kept, not here.")
    held = any(
        key.wrapped_by == name and key.shredded_at is None for tenant in status(runtime).tenants for key in tenant.keys
    )
    with runtime.database.tenant(INSTANCE) as session:
        if held or rows.audit_wrapped_by(session, name):
            raise NotRotated("Keys that are in use are wrapped by it: run `alertveil keys rotate --wrapping` first.")
        event = Event("key.forget", actor, f"keystore:{name}", auth=auth, details={"key": name})
        runtime.audit.write(session, INSTANCE, event)
        try:
            keystore.forget(name)
        except CannotRotate as why:
            raise NotRotated(str(why)) from None
