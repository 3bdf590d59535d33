"""People and switches: users and their roles, the kill switch, and what the installation holds."""

from __future__ import annotations

from typing import NamedTuple

from router.runtime import Runtime
from router.store import config


class TenantKeys(NamedTuple):
    """The newest key versions of a tenant and the keystore key that wraps them."""

    tenant: str
    data_version: int
    index_version: int
    wrapped_by: str


def tenant_keys(runtime: Runtime) -> list[TenantKeys]:
    """The keys of every tenant that has any, none of them opened. Raises DatabaseDown."""
    found = []
    with runtime.database.several() as session:
        for tenant_id in config.tenant_ids(session):
            session.enter(tenant_id)
            tenant = config.tenant(session)
            rows = session.rows("SELECT purpose, version, wrapped_by FROM vault.keys()")
            if tenant is None or not rows:
                continue
            newest = {row.purpose: row.version for row in rows}  # vault.keys() orders by version
            by = sorted({row.wrapped_by for row in rows})
            found.append(TenantKeys(tenant.slug, newest.get("data", 0), newest.get("index", 0), ", ".join(by)))
    return found
