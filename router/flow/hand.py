"""A person changes one thing of the configuration by hand: read by the file's own check, told in the file's own words.

The file that `alertveil apply` takes and a hand write the same rows, and whoever is last wins: `apply` makes sources,
routes, words and patterns what its file says, and its difference shows what of a hand's it undoes
(`docs/decisions/0007`). So a page says when a file was applied, and how a file would say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import yaml

from router.core import config as file
from router.core.audit import JSON, Event
from router.core.config import Config, ConfigError, TenantConfig
from router.flow.apply import refused
from router.flow.manage import NotFound, NotUsable
from router.privacy.tokenizer import looks_like_phi
from router.runtime import Runtime
from router.sources.registry import FORMATS
from router.store import channels, config
from router.store.session import Row, Session

WIDE: Final = 100
"""Characters of a line of YAML."""


@dataclass(frozen=True, slots=True)
class By:
    """Who changes it: the actor of the audit event, and how they came in."""

    actor: str
    auth: str = ""
    request_id: str = ""


class Filed(NamedTuple):
    """When a configuration file of this tenant was last applied, and by whom."""

    at: datetime
    by: str


def read(
    given: Mapping[str, Any], *, secrets: Mapping[str, str] | None = None, names: Sequence[str] = ()
) -> tuple[TenantConfig, tuple[str, ...]]:
    """The parts of a tenant in `given`, as the file's check reads them, and its warnings.

    `secrets` are the values behind the `*_env` in `given`, `names` the channels that routes may lead to.

    Raises:
        NotUsable: with every problem, as sentences.
    """
    held = secrets or {}

    def secret(kind: Literal["env", "file"], name: str) -> str:
        if kind != "env":
            raise OSError("no file is read here")
        return held[name]

    try:
        return file.part(
            given,
            FORMATS,
            secret,
            channels=names,
            looks_like_phi=lambda word: looks_like_phi(word) is not None,
            refused=refused,
        )
    except ConfigError as error:
        sentences = [sentence[:1].upper() + sentence[1:] for _, sentence in error.problems]
        raise NotUsable(" ".join(f"{each}." for each in sentences)) from None


def lock(session: Session) -> Row:
    """The entered tenant's row, locked: one change at a time. Raises NotFound."""
    row = config.tenant(session, lock=True)
    if row is None:
        raise NotFound("There is no such tenant.")
    return row


def record(
    runtime: Runtime,
    session: Session,
    tenant: Row,
    old: TenantConfig,
    new: TenantConfig,
    by: By,
    action: str,
    object_: str,
) -> bool:
    """A new version with what differs, and its audit event; False: nothing differs, and nothing is written."""
    found = [f"{each.sign} {each.text}" for each in file.diff(Config((old,)), Config((new,)))]
    if not found:
        return False
    note(runtime, session, tenant.tenant_id, found, by, action, object_)
    return True


def note(
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    changes: Sequence[str],
    by: By,
    action: str,
    object_: str,
    **more: JSON,
) -> None:
    """The same for changes that are told in words already."""
    version = config.bump(session, by.actor, changes)
    told = event(action, by, object_, version=version, changes=list(changes), **more)
    runtime.audit.write(session, tenant_id, told)


def event(action: str, by: By, object_: str, **details: JSON) -> Event:
    """The audit event of something that this person did."""
    return Event(action, by.actor, object_, auth=by.auth, request_id=by.request_id, details=details)


def filed(runtime: Runtime, tenant_id: UUID) -> Filed | None:
    """The last file that was applied, if one ever was. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = channels.filing(session)
    return Filed(row.filed_at, row.filed_by or "") if row is not None and row.filed_at is not None else None


_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's where PyYAML was built with it: the one in Python takes a third of a page with a hundred routes."""


def as_file(what: str, entries: Sequence[Mapping[str, Any] | str]) -> str:
    """How the configuration file says the same: YAML to copy."""
    return yaml.dump({what: list(entries)}, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=WIDE)
