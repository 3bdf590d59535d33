"""`alertveil tenants`, `alertveil users` and the kill switch: who there is, who is signed in, and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from uuid import UUID

    from router.flow.signin import Code
    from router.runtime import Runtime

tenants = typer.Typer(help="The tenants of this installation.", rich_markup_mode=None, no_args_is_help=True)
users = typer.Typer(help="A tenant's users.", rich_markup_mode=None, no_args_is_help=True)
break_glass = typer.Typer(
    help="The account for emergencies: sealed until a code of the host opens it, and everybody is told.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

TENANT = ("id", "slug", "name", "privacy", "kill_switch", "version")
Email = Annotated[str, typer.Option("--email", metavar="EMAIL", help="The user's e-mail address.")]


def add(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(tenants, name="tenants")
    users.add_typer(break_glass, name="break-glass")
    app.add_typer(users, name="users")
    app.command("kill-switch")(far.anywhere(kill_switch))


@tenants.command("list")
@far.anywhere
def tenants_list(*, as_json: Json = False) -> None:
    """Every tenant of this installation; with --url the token's own."""
    there = far.far()
    if there is not None:
        found: list[Any] = [there.tenant()]
    else:
        from router.flow import manage

        with reach.runtime() as runtime:
            found = list(manage.tenants(runtime))
    if as_json:
        say.line([{name: getattr(each, name) for name in TENANT} for each in found])
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
        actor, auth = _by(runtime, tenant_id, as_)
        try:
            user_id = manage.add_user(runtime, tenant_id, email, role, actor, auth)
        except manage.NotUsable as error:
            raise Refused(str(error), 2) from None
        code = signin.offer(runtime, tenant_id, email, actor=actor) if link else None
        page = _door(runtime)
    if as_json:
        say.line({"id": user_id, **(_linked(code, page) if code else {})})
        return
    say.text(f"{email} is a user.")
    say.text(
        _invitation(code, page) if code else f"`alertveil users link --email {email}` gives a code to sign in with."
    )


@users.command("list")
@far.anywhere
def users_list(*, tenant: Slug = None, as_json: Json = False) -> None:
    """The tenant's users and their roles."""
    there = far.far(tenant)
    if there is not None:
        found: list[Any] = list(there.client.list_users(page=far.PAGE))
    else:
        from router.store import users as rows

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            with runtime.database.tenant(tenant_id) as session:
                found = rows.every(session)
    named = "user_id" if there is None else "id"
    if as_json:
        say.line(
            [
                {
                    "id": getattr(row, named),
                    "email": row.email,
                    "roles": list(row.roles),
                    "kind": row.kind,
                    "factors": list(row.factors),
                    "sessions": row.sessions,
                    "created_at": row.created_at,
                    "seen_at": row.seen_at,
                    "disabled_at": row.disabled_at,
                    "zone": row.zone or "UTC",
                }
                for row in found
            ]
        )
        return
    say.table(
        ("user", "roles", "last sign-in (UTC)", "id"),
        [
            (row.email, "disabled" if row.disabled_at else row.roles, row.seen_at or "never", getattr(row, named))
            for row in found
        ],
        nothing="No users yet; `alertveil users add` adds one.",
    )


@users.command("link")
def users_link(*, email: Email, tenant: Slug = None, as_json: Json = False) -> None:
    """A code with which a user signs in to the pages, within an hour and once."""
    from router.flow import signin

    with reach.runtime() as runtime:
        code = signin.offer(runtime, reach.tenant(runtime, tenant), email, actor=reach.host())
        page = _door(runtime)
    if as_json:
        say.line({"id": code.user_id, **_linked(code, page)})
    else:
        say.text(_invitation(code, page))


@users.command("disable")
def users_disable(*, email: Email, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Let a user in no more; their sessions end at once."""
    _switch(email, tenant, as_, as_json=as_json, disabled=True)


@users.command("enable")
def users_enable(*, email: Email, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Let a user in again."""
    _switch(email, tenant, as_, as_json=as_json, disabled=False)


def _switch(email: str, tenant: str | None, as_: str | None, *, as_json: bool, disabled: bool) -> None:
    from router.flow import accounts

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _by(runtime, tenant_id, as_)
        user_id, changed = accounts.disable(runtime, tenant_id, email, disabled=disabled, actor=actor, auth=auth)
    if as_json:
        say.line({"id": user_id, "disabled": disabled, "changed": changed})
    else:
        say.text(f"{email} is {'disabled' if disabled else 'enabled'}{'' if changed else ' already'}.")


@users.command("zone")
def users_zone(
    zone: Annotated[str, typer.Argument(metavar="ZONE", help="IANA's name, like Europe/Berlin; or UTC.")],
    *,
    email: Email,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """The time zone in which pages show a user times and read theirs; what machines read stays in UTC."""
    from router.flow import accounts

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _by(runtime, tenant_id, as_)
        user_id, changed = accounts.set_zone(runtime, tenant_id, email, zone, actor=actor, auth=auth)
    if as_json:
        say.line({"id": user_id, "zone": zone.strip() or "UTC", "changed": changed})
    else:
        say.text(f"{email} reads times in {zone.strip() or 'UTC'}{'' if changed else ' already'}.")


@users.command("reset")
def users_reset(*, email: Email, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Take a user's password, second factors, passkeys and recovery codes away, and end their sessions."""
    from router.flow import accounts

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _by(runtime, tenant_id, as_)
        user_id = accounts.forget_factors(runtime, tenant_id, email, actor=actor, auth=auth)
    if as_json:
        say.line({"id": user_id})
    else:
        say.text(f"{email} begins anew; `alertveil users link --email {email}` gives a code to sign in with.")


@users.command("sessions")
def users_sessions(
    *,
    email: Annotated[str | None, typer.Option("--email", metavar="EMAIL", help="Only this user's.")] = None,
    end: Annotated[bool, typer.Option("--end", help="End all of this user's.")] = False,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Who is signed in, where from and since when."""
    from router.flow import accounts

    if end:
        _end_sessions(email, tenant, as_, as_json=as_json)
        return
    with reach.runtime() as runtime:
        found = accounts.sessions(runtime, reach.tenant(runtime, tenant), email)
    if as_json:
        say.line([{"id": each.session_id, **each._asdict()} for each in found])
        return
    say.table(
        ("user", "last seen (UTC)", "came in by", "browser", "address", "id"),
        [(each.email, each.seen_at, each.auth, each.agent, each.address, each.session_id) for each in found],
        nothing="Nobody is signed in.",
    )


def _end_sessions(email: str | None, tenant: str | None, as_: str | None, *, as_json: bool) -> None:
    from router.flow import accounts

    if email is None:
        raise Refused("Say whose sessions to end, with --email.", 2)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _by(runtime, tenant_id, as_)
        user_id, ended = accounts.end_sessions(runtime, tenant_id, email, actor=actor, auth=auth)
    if as_json:
        say.line({"id": user_id, "ended": ended})
    else:
        say.text(f"{email} is signed in nowhere.")


@users.command("set-up-code")
def users_set_up_code(*, as_json: Json = False) -> None:
    """A code that lets the first person set up a tenant in the page, within an hour and once."""
    from router.flow import accounts

    with reach.runtime() as runtime:
        code = accounts.set_up_code(runtime)
        page = f"{runtime.public_url}/set-up"
    if code is None:
        raise Refused("There is a user already; `alertveil users link` gives a code to sign in with.")
    if as_json:
        say.line({"id": "set-up", "code": code, "url": page})
    else:
        say.text(f"Set up at {page} with the code {code} (one hour, once)")


@break_glass.command("seal")
def break_glass_seal(
    *,
    email: Annotated[str, typer.Option("--email", metavar="EMAIL", help="An address that is nobody's.")],
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Make the tenant's break-glass account, or end its sessions and seal it again."""
    from router.flow import accounts

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _by(runtime, tenant_id, as_)
        user_id = accounts.seal_break_glass(runtime, tenant_id, email, actor=actor, auth=auth)
    if as_json:
        say.line({"id": user_id, "sealed": True})
    else:
        say.text(f"{email} is sealed: only `alertveil users break-glass open` opens it, for an hour.")


@break_glass.command("open")
def break_glass_open(
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="R", help="Why. It is kept, so it names no patient.")],
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Print a code that opens the break-glass account for an hour. Every channel and every privacy officer is told."""
    from router.flow import accounts

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _by(runtime, tenant_id, as_)
        code = accounts.open_break_glass(runtime, tenant_id, reason, actor=actor, auth=auth)
        page = _door(runtime)
    if as_json:
        say.line({"id": code.user_id, **_linked(code, page)})
        return
    say.text(_invitation(code, page), "Everybody has been told. `alertveil users break-glass seal` ends it.")


def _by(runtime: Runtime, tenant_id: UUID, email: str | None) -> tuple[str, str]:
    """(actor, auth) of an audit event: a named user of the tenant through this host, or the host's own user."""
    if email is None:
        return reach.host(), ""
    reach.acting(runtime, tenant_id, email, "manage")
    return email.strip().lower(), reach.host()


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
    there = far.far(tenant, as_)
    if there is not None:
        if tenant is None:
            raise Refused("The installation's kill switch is thrown on the host; say which tenant's with --tenant.", 2)
        from router.client.api import KillSwitch

        switched = there.client.put_kill_switch(KillSwitch(on=state == "on"))
        whose_id, changed = str(switched.id), switched.changed
    else:
        from router.flow import manage

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant) if tenant is not None else None
            actor = _switcher(runtime, tenant_id, as_)
            changed = manage.switch(runtime, tenant_id, on=state == "on", actor=actor)
        whose_id = str(tenant_id) if tenant_id is not None else "installation"
    if as_json:
        say.line({"id": whose_id, "state": state, "changed": changed})
    else:
        whose = f"of {tenant}" if tenant else "of the installation"
        say.text(f"The kill switch {whose} is {state}{'' if changed else ' already'}.")


def _switcher(runtime: Runtime, tenant_id: UUID | None, email: str | None) -> str:
    """Who throws it. A privacy officer of any tenant stops everybody at once: nobody looks for a second one first.

    The host's user could throw the installation's switch without a name, so asking for more would protect nothing.
    """
    if tenant_id is not None or email is None:
        return reach.acting(runtime, tenant_id, email, "switch")
    from router.core.access import may
    from router.flow import manage
    from router.store import users

    known = None
    for each in manage.tenants(runtime):
        with runtime.database.tenant(each.id) as session:
            user = users.by_email(session, email.strip().lower())
        if user is not None and user.disabled_at is None:
            known = each.id
            if may(user.roles, "switch"):
                break
    if known is None:
        raise Refused("--as names nobody who is a user of any tenant.")
    return reach.acting(runtime, known, email, "switch")
