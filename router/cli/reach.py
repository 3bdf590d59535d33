"""How a command gets to what it acts on: the parts of a process, the tenant, and on whose behalf."""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from router.cli import far
from router.cli.failure import Refused

if TYPE_CHECKING:
    from router.core.access import Deed
    from router.runtime import Runtime
    from router.store.session import Session

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

    if far.aimed():
        raise Refused("With --url this is asked of the server, and nothing of this host is used.", 2)
    built = wiring.build(settings.read(), connections=2, check=check)
    try:
        yield built
    finally:
        built.close()


def acting(built: Runtime, tenant_id: UUID | None, email: str | None, deed: Deed) -> str:
    """Who acts: the host's own user, or a named user of the tenant through it, whose roles allow the deed.

    Raises:
        Refused: the tenant has no such user, or the user's roles do not allow it.
    """
    if email is None or tenant_id is None:
        return host()
    from router.core.access import may
    from router.core.audit import Event
    from router.store import users

    with built.database.tenant(tenant_id) as session:
        user = users.by_email(session, email.strip().lower())
    if user is None or user.disabled_at is not None:
        raise Refused("--as names nobody who is a user of this tenant.")
    if not may(user.roles, deed):
        refusal = "The roles of the user that --as names do not allow this."
        with built.database.tenant(tenant_id) as session:
            event = Event(
                "access", user.email, f"tenant:{tenant_id}", "denied", refusal, host(), details={"deed": deed}
            )
            built.audit.write(session, tenant_id, event)
        raise Refused(refusal)
    return f"{user.email} through {host()}"


def host() -> str:
    """The host's own user, as audit events name them."""
    return f"host:{_os_user()}"


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


def incident(session: Session, text: str) -> UUID:
    """An incident of the entered tenant, by INC-… or uuid. Raises Refused."""
    from router.store import listing

    short = far.SHORT.fullmatch(text.strip().lower())
    if short is None:
        try:
            return UUID(text)
        except ValueError:
            raise Refused("An incident is named INC- and eight characters, or by its uuid.", 2) from None
    found = listing.by_short_id(session, short[1])
    if not found:
        raise no_incident()
    if len(found) > 1:
        raise Refused("More than one incident is called that; name it by its uuid.", 2)
    return found[0]


def full(session: Session, delivery: str) -> str:
    """A delivery's id with its incident's uuid in place of INC-…. Raises Refused."""
    short, slash, rest = delivery.partition("/")
    return f"{incident(session, short)}{slash}{rest}"


def no_incident() -> Refused:
    """The answer for an incident that is not there."""
    return Refused("There is no such incident in this tenant; `alertveil incidents list` shows them.")


def _os_user() -> str:
    """By the process's own id: the environment could name anybody, and single custody is told by this."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
