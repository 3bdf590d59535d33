"""`alertveil tokens`: what machines come in with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from router.runtime import Runtime

app = typer.Typer(help="API tokens of a tenant.", rich_markup_mode=None, no_args_is_help=True)


@app.command("add")
def tokens_add(
    *,
    role: Annotated[list[str], typer.Option("--role", metavar="ROLE", help="May be given several times.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="The day it ends, such as 2027-03-31 (UTC).")],
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once."""
    from router.flow import tokens

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _by(runtime, tenant_id, as_)
        made = tokens.add(runtime, tenant_id, roles=role, until=_day(until), name=name, actor=actor, auth=auth)
    if as_json:
        say.line({"id": made.token_id, "token": made.text, "expires_at": made.expires_at})
        return
    say.text(made.text, f"It is shown this once. It holds until {made.expires_at:%Y-%m-%d %H:%M} UTC.")


@app.command("list")
@far.anywhere
def tokens_list(*, tenant: Slug = None, as_json: Json = False) -> None:
    """The tenant's tokens, by their beginnings."""
    there = far.far(tenant)
    if there is not None:
        found: list[Any] = list(there.client.list_tokens(page=far.PAGE))
    else:
        from router.flow import tokens

        with reach.runtime() as runtime:
            found = tokens.every(runtime, reach.tenant(runtime, tenant))
    named = "token_id" if there is None else "id"
    if as_json:
        say.line(
            [
                {
                    "id": getattr(row, named),
                    "name": row.name,
                    "prefix": row.prefix,
                    "roles": list(row.roles),
                    "created_by": row.created_by,
                    "created_at": row.created_at,
                    "expires_at": row.expires_at,
                    "revoked_at": row.revoked_at,
                    "used_at": row.used_at,
                }
                for row in found
            ]
        )
        return
    now = datetime.now(UTC)
    say.table(
        ("token", "name", "roles", "ends (UTC)", "last used (UTC)", "id"),
        [
            (
                row.prefix,
                row.name,
                row.roles,
                "revoked" if row.revoked_at else "ended" if row.expires_at <= now else row.expires_at,
                row.used_at or "never",
                getattr(row, named),
            )
            for row in found
        ],
        nothing="No API tokens yet; `alertveil tokens add` makes one.",
    )


@app.command("revoke")
@far.anywhere
def tokens_revoke(
    token: Annotated[UUID, typer.Argument(metavar="ID", help="As `tokens list` shows it.")],
    *,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """End a token at once; with --url the one that asks."""
    there = far.far(tenant, as_)
    if there is not None:
        ended = there.client.revoke_token(token).revoked
    else:
        from router.flow import tokens

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor, auth = _by(runtime, tenant_id, as_)
            ended = tokens.revoke(runtime, tenant_id, token, actor=actor, auth=auth)
    if as_json:
        say.line({"id": token, "revoked": ended})
    else:
        say.text("The token holds no longer." if ended else "The token was revoked already.")


def _by(runtime: Runtime, tenant_id: UUID, email: str | None) -> tuple[str, str]:
    """(actor, auth) of an audit event: a named user of the tenant through this host, or the host's own user."""
    if email is None:
        return reach.host(), ""
    reach.acting(runtime, tenant_id, email, "tokens")
    return email.strip().lower(), reach.host()


def _day(text: str) -> datetime:
    """A day means its end in UTC; a time with a zone means itself. Raises Refused."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("--until takes a day such as 2027-03-31, or a time with its zone.", 2) from None
    if found.tzinfo is None:
        if len(text) > len("2027-03-31"):
            raise Refused("--until takes a day such as 2027-03-31, or a time with its zone.", 2)
        return found.replace(hour=23, minute=59, second=59, tzinfo=UTC)
    return found
