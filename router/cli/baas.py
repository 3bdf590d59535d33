"""`alertveil baas`: which agreements there are, until when, and which channels hold tokens only when one is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

app = typer.Typer(help="Business associate agreements.", rich_markup_mode=None, no_args_is_help=True)

LARGEST = 64 * 1024 * 1024
"""Bytes of a document that are read for its hash."""


@app.command()
@far.anywhere
def add(  # noqa: PLR0913 - one a fact of the agreement
    *,
    vendor: Annotated[str, typer.Option(metavar="V", help="With whom, as a channel's `vendor:` names it.")],
    service: Annotated[str, typer.Option(metavar="S", help="What it covers.")],
    signed: Annotated[str, typer.Option(metavar="DAY", help="Like 2026-01-31.")],
    expires: Annotated[str, typer.Option(metavar="DAY", help="The last day on which it holds.")],
    effective: Annotated[str | None, typer.Option(metavar="DAY", help="When it begins to hold, if later.")] = None,
    plan: Annotated[str, typer.Option(help="The vendor's plan that it is for.")] = "",
    counterparty: Annotated[str, typer.Option(help="Who signed for the vendor.")] = "",
    document: Annotated[Path | None, typer.Option(metavar="FILE", help="The paper; its SHA-256 is kept.")] = None,
    link: Annotated[str, typer.Option(metavar="URL", help="Where the paper is stored.")] = "",
    contact: Annotated[list[str] | None, typer.Option(help="Whom to notify; may be given several times.")] = None,
    sub_processor: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """File an agreement; a renewed one is filed anew."""
    from router.core.vendors import facts

    facts_of_it: dict[str, Any] = {
        "vendor": vendor,
        "service": service,
        "signed": day(signed),
        "expires": day(expires),
        "effective": day(effective) if effective else None,
        "plan": plan,
        "counterparty": counterparty,
        "document_sha256": hashlib.sha256(_read(document)).hexdigest() if document else "",
        "link": link,
        "contacts": contact or [],
        "sub_processors": sub_processor or [],
    }
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import NewBaa

        with far.usage():
            baa_id = there.client.add_baa(NewBaa(**facts_of_it)).id
    else:
        from router.flow import baa, optin

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "baa")
            try:
                baa_id = baa.add(runtime, tenant_id, baa.Paper(**facts_of_it), actor=as_ or actor, auth=reach.host())
            except optin.Unusable as error:
                raise Refused(str(error), 2) from None
    if as_json:
        say.line({"id": baa_id, "known": [each._asdict() for each in facts(vendor)]})
        return
    say.text(f"Filed: {vendor} {service}, through {expires}. Its id is {baa_id}.")
    say.text(*(f"Know: {each.text} ({each.source})" for each in facts(vendor)))


@app.command("list")
@far.anywhere
def list_(*, tenant: Slug = None, as_json: Json = False) -> None:
    """Agreements, until when each holds, and what falls back to tokens when it is over."""
    there = far.far(tenant)
    if there is not None:
        every = there.client.list_baas(page=far.PAGE)
        found: list[Any] = sorted(every, key=lambda each: (each.retired_at is not None, each.expires_at))
    else:
        from router.flow import baa

        with reach.runtime() as runtime:
            found = baa.every(runtime, reach.tenant(runtime, tenant))
    if as_json:
        say.line([_line(each) for each in found])
        return
    say.table(
        ("vendor", "service", "plan", "state", "through (UTC)", "would fall back", "id"),
        [
            (
                each.vendor,
                each.service,
                each.plan,
                each.state if each.intact else "changed behind our back",
                each.expires_at,
                each.falls_back,
                _id(each),
            )
            for each in found
        ],
        nothing="No agreements: every channel holds tokens. `alertveil baas add` files one.",
    )


@app.command()
@far.anywhere
def retire(
    agreement: Annotated[str, typer.Argument(metavar="ID", help="The agreement, as `baas list` names it.")],
    *,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Take an agreement out of use: every opt-in under it is suspended at once."""
    there = far.far(tenant, as_)
    baa_id = ident(agreement)
    if there is not None:
        fallen: Sequence[str] = there.client.retire_baa(baa_id).falls_back
    else:
        from router.flow import baa

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "baa")
            fallen = baa.retire(runtime, tenant_id, baa_id, actor=as_ or actor, auth=reach.host())
    if as_json:
        say.line({"id": baa_id, "fell_back": list(fallen)})
    elif fallen:
        say.text(f"Retired. These hold tokens only from now on: {', '.join(fallen)}.")
    else:
        say.text("Retired. No channel relied on it.")


def ident(text: str) -> UUID:
    """An id as a person typed it. Raises Refused."""
    try:
        return UUID(text.strip())
    except ValueError:
        raise Refused("An id is a uuid, as the list shows it.", 2) from None


def day(text: str) -> date:
    """A day as a person typed it. Raises Refused."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("A day is written like 2026-12-31.", 2) from None
    if found == date.max:
        raise Refused("The calendar ends with this day: say an earlier one.", 2)
    return found


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            found = opened.read(LARGEST + 1)
    except OSError as error:
        raise Refused(f"The document cannot be read: {(error.strerror or 'unknown error').lower()}.", 2) from None
    if len(found) > LARGEST:
        raise Refused("The document is larger than 64 MiB.", 2)
    return found


def _id(each: Any) -> UUID:  # noqa: ANN401 - baa.Shown, or the client's
    found: UUID = each.id if hasattr(each, "id") else each.baa_id
    return found


LINE = (
    "vendor", "service", "plan", "counterparty", "signed_on", "effective_at", "expires_at", "state", "days_left",
    "document_hash", "document_link", "contacts", "sub_processors", "added_by", "retired_at", "falls_back", "intact",
)  # fmt: skip


def _line(each: Any) -> dict[str, object]:  # noqa: ANN401 - as above
    from router.core.vendors import facts

    named = {name: getattr(each, name) for name in LINE}
    return {"id": _id(each), **named, "expires": each.expires_at, "known": far.known(facts(each.vendor))}
