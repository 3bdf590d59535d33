"""How a command gets to what it acts on: the parts of a process, the tenant, and on whose behalf."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from router.cli.failure import Refused

if TYPE_CHECKING:
    from router.runtime import Runtime

Json = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")]
As = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="Act for this user of the tenant.")]
Slug = Annotated[str | None, typer.Option("--tenant", metavar="SLUG", help="Needed when there are several tenants.")]


@contextlib.contextmanager
def runtime(*, check: bool = True) -> Iterator[Runtime]:
    """The parts of a process, let go of at the end.

    Raises:
        SettingsError, UnsafeRole, DatabaseDown: as `wiring.build`.
    """
    from router import settings, wiring

    built = wiring.build(settings.read(), connections=2, check=check)
    try:
        yield built
    finally:
        built.close()


def actor(email: str | None = None) -> str:
    """Who acts: the named user and through whom, or the host's own user."""
    host = f"host:{_os_user()}"
    return f"{email} through {host}" if email else host


def tenant(built: Runtime, slug: str | None) -> UUID:
    """The tenant of a slug; without one the only tenant there is. Raises Refused."""
    from router.store import config

    with built.database.several() as session:
        if slug is not None:
            found = config.tenant_by_slug(session, slug)
            if found is None:
                raise Refused("There is no tenant with this slug; `alertveil tenants list` shows them.")
            return found
        every = config.tenant_ids(session)
    if len(every) == 1:
        return every[0]
    if not every:
        raise Refused("There is no tenant yet; `alertveil apply -f FILE` makes them.")
    raise Refused("There are several tenants: say which with --tenant.", 2)


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
