"""`alertveil tenants`, `alertveil users` and the kill switch: who there is, and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from uuid import UUID

    from router.flow.signin import Code
    from router.runtime import Runtime

tenants = typer.Typer(help="The tenants of this installation.", rich_markup_mode=None, no_args_is_help=True)
users = typer.Typer(help="A tenant's users.", rich_markup_mode=None, no_args_is_help=True)

Email = Annotated[str, typer.Option("--email", metavar="EMAIL", help="The user's e-mail address.")]


def add(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(tenants, name="tenants")
    app.add_typer(users, name="users")
    app.command("kill-switch")(kill_switch)


@tenants.command("list")
def tenants_list(*, as_json: Json = False) -> None:
    """Every tenant of this installation."""
    from router.flow import manage

    with reach.runtime() as runtime:
        found = manage.tenants(runtime)
    if as_json:
        say.line([each._asdict() for each in found])
        return
    say.table(
        ("tenant", "name", "privacy", "kill switch", "version", "id"),
        [
            (each.slug, each.name, each.privacy, "on" if each.kill_switch else "off", each.version, each.id)
            for each in found
        ],
        nothing="No tenants yet; `alertveil apply -f FILE` makes them.",
    )


@users.command("add")
def users_add(
    *,
    email: Email,
    role: Annotated[list[str], typer.Option("--role", metavar="ROLE", help="May be given several times.")],
    link: Annotated[bool, typer.Option("--link", help="Give a code to sign in with, too.")] = False,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Add a user; one who is there gets these roles instead."""
    from router.flow import manage, signin

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "manage")
        user_id = manage.add_user(runtime, tenant_id, email, role, actor)
        code = signin.offer(runtime, tenant_id, email) if link else None
        page = _door(runtime)
    if as_json:
        say.line({"id": user_id, **(_linked(code, page) if code else {})})
        return
    say.text(f"{email} is a user.")
    say.text(
        _invitation(code, page) if code else f"`alertveil users link --email {email}` gives a code to sign in with."
    )


@users.command("list")
def users_list(*, tenant: Slug = None, as_json: Json = False) -> None:
    """The tenant's users and their roles."""
    from router.store import users as rows

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        with runtime.database.tenant(tenant_id) as session:
            found = rows.every(session)
    if as_json:
        say.line(
            [
                {
                    "id": row.user_id,
                    "email": row.email,
                    "roles": list(row.roles),
                    "created_at": row.created_at,
                    "disabled_at": row.disabled_at,
                }
                for row in found
            ]
        )
        return
    say.table(
        ("user", "roles", "since (UTC)", "id"),
        [(row.email, "disabled" if row.disabled_at else row.roles, row.created_at, row.user_id) for row in found],
        nothing="No users yet; `alertveil users add` adds one.",
    )


@users.command("link")
def users_link(*, email: Email, tenant: Slug = None, as_json: Json = False) -> None:
    """A code with which a user signs in to the pages, within an hour and once."""
    from router.flow import signin

    with reach.runtime() as runtime:
        code = signin.offer(runtime, reach.tenant(runtime, tenant), email)
        page = _door(runtime)
    if as_json:
        say.line({"id": code.user_id, **_linked(code, page)})
    else:
        say.text(_invitation(code, page))


def _door(runtime: Runtime) -> str:
    """The address of the sign-in page, as far as it is known."""
    return f"{runtime.public_url}/sign-in"


def _linked(code: Code, page: str) -> dict[str, object]:
    return {"code": code.text, "url": page, "ends_at": code.ends_at}


def _invitation(code: Code, page: str) -> str:
    return f"Sign in at {page} with the code {code.text} (one hour, once)"


def kill_switch(
    state: Annotated[
        Literal["on", "off"], typer.Argument(help="on: every channel gets tokens, whatever was opted in.")
    ],
    *,
    tenant: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Only this tenant's; else the installation's.")
    ] = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Stop all plaintext at once, for a tenant or for everybody."""
    from router.flow import manage

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant) if tenant is not None else None
        actor = _switcher(runtime, tenant_id, as_)
        changed = manage.switch(runtime, tenant_id, on=state == "on", actor=actor)
    if as_json:
        say.line({"id": tenant_id or "installation", "state": state, "changed": changed})
    else:
        whose = f"of {tenant}" if tenant else "of the installation"
        say.text(f"The kill switch {whose} is {state}{'' if changed else ' already'}.")


def _switcher(runtime: Runtime, tenant_id: UUID | None, email: str | None) -> str:
    """Who throws it. The installation's switch concerns every tenant, so a user needs the role in every one."""
    if tenant_id is not None or email is None:
        return reach.acting(runtime, tenant_id, email, "switch")
    from router.flow import manage

    every = manage.tenants(runtime)
    if not every:
        raise Refused("There is no tenant yet whose user this could be.")
    return [reach.acting(runtime, each.id, email, "switch") for each in every][-1]
