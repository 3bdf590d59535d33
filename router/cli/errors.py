"""`alertveil errors`: full errors behind their ids; kept from standard input, opened for a named person."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

app = typer.Typer(help="Full errors behind their error ids, sealed.", rich_markup_mode=None, no_args_is_help=True)


@app.command("keep")
def keep(
    *,
    kind: Annotated[
        str, typer.Option("--class", metavar="NAME", help="The error's class, which anybody may see.")
    ] = "",
    error: Annotated[str | None, typer.Option("--id", metavar="UUID", help="Its error id; a new one without.")] = None,
    tenant: Slug = None,
    as_json: Json = False,
) -> None:
    """Seal the error on standard input behind its id."""
    from router.flow import errors as flow

    text = sys.stdin.buffer.read(flow.LONGEST).decode("utf-8", "replace")
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        try:
            kept = flow.keep_error(
                runtime, tenant_id, text, kind=kind, error_id=_id(error) if error else None, actor=reach.host()
            )
        except flow.EmptyError as empty:
            raise Refused(str(empty), 2) from None
    if as_json:
        say.line({"id": kept.error_id, "new": kept.new})
    else:
        say.text(f"Kept as {kept.error_id}." if kept.new else f"{kept.error_id} is kept already; nothing was changed.")


@app.command("list")
def listed(
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The newest so many.")] = 50,
    tenant: Slug = None,
    as_json: Json = False,
) -> None:
    """Show which errors are kept: ids and classes, no text."""
    from router.flow import errors as flow

    with reach.runtime() as runtime:
        found = flow.newest(runtime, reach.tenant(runtime, tenant), limit)
    if as_json:
        say.line([asdict(each) for each in found])
        return
    say.table(
        ("error", "when (UTC)", "class"), [(each.error_id, each.at, each.kind) for each in found], nothing="None kept."
    )


@app.command("open")
def opened(
    error: Annotated[str, typer.Argument(metavar="ID", help="The error id of the log line.")],
    *,
    reason: Annotated[str, typer.Option(metavar="R", help="As for a reveal. Never a patient's data.")],
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Show a full error to a person who may reveal. Every attempt is recorded, the refused ones too."""
    from router import settings
    from router.core.reveal import Proof
    from router.flow import errors as flow
    from router.flow.reveal import NoReason

    if as_ is None:
        raise Refused("An error is opened by a person: say whose with --as EMAIL.", 2)
    config = settings.read()
    with reach.runtime() as runtime:
        proof = Proof("host", reach.host(), host_allowed=config.host_may_stand_in)
        try:
            shown = flow.open_error(
                runtime, reach.tenant(runtime, tenant), _id(error), email=as_, reason=reason, proof=proof
            )
        except NoReason as none:
            raise Refused(str(none), 2) from None
    if as_json:
        say.line({"id": shown.error_id, "grant": shown.grant_id, "class": shown.kind, "text": shown.text})
    else:
        say.text(shown.text.rstrip("\n"))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("An error id is a UUID, as the log line shows it.", 2) from None
