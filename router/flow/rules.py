"""A tenant's rules leave as a file in another tool's language."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from router.privacy.packs.base import PackRules
from router.privacy.packs.registry import PACKS
from router.runtime import Runtime
from router.store import config


@dataclass(frozen=True, slots=True)
class Exported:
    """A pack: its text, the file name it usually has, and what must be told beside it."""

    text: str
    file: str
    notes: tuple[str, ...]
    version: int


class NoTenant(Exception):  # noqa: N818 - the answer
    """There is no such tenant."""


def export(runtime: Runtime, tenant_id: UUID, tool: str) -> Exported:
    """The rules of a tenant as they stand, for a tool of `packs.registry.PACKS`.

    Raises:
        NoTenant: see there.
        DatabaseDown: they could not be read.
    """
    with runtime.database.tenant(tenant_id) as session:
        row = config.tenant(session)
    if row is None:
        raise NoTenant("There is no such tenant.")
    rules = PackRules(
        tenant=row.slug,
        level=row.privacy,
        version=str(row.config_version),
        patterns=tuple((each["type"], each["regex"]) for each in row.patterns),
        safe_words=tuple(row.safe_words),
        fields=row.fields,
    )
    pack = PACKS[tool]
    return Exported(pack.write(rules), pack.file, tuple(pack.notes(rules)), row.config_version)
