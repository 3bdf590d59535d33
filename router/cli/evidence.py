"""What an auditor asks for: who saw a value, who holds which role, and one signed file with a quarter's evidence."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from router.core.quarter import Quarter


evidence = typer.Typer(
    help="One signed file with the evidence of a quarter, and its verification.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

DISCLOSURE = (
    "at", "kind", "who", "token", "incident_id", "incident", "purpose", "reason", "grant_id", "channel", "vendor",
    "optin_id", "baa_id", "revision", "attempt", "outcome", "match",
)  # fmt: skip
FAILED = 3
"""Exit code of a verification that did not hold (design §6)."""

InQuarter = Annotated[
    str | None, typer.Option("--quarter", metavar="Q", help="As 2026Q4; else the one that is running.")
]


def add(app: typer.Typer, audit: typer.Typer, users: typer.Typer) -> None:
    """Hang these commands into the tree."""
    audit.command("disclosures")(far.anywhere(disclosures))
    users.command("report")(users_report)
    app.add_typer(evidence, name="evidence")


def users_report(
    *,
    quarter: InQuarter = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Who holds which role, who joined and left, and who has not used what they hold."""
    from router.flow import access_report
    from router.flow import evidence as flow

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        reach.acting(runtime, tenant_id, as_, "audit")
        found = access_report.access(runtime, tenant_id, _quarter(quarter))
    if as_json:
        say.line(flow.as_json(found))
        return
    if as_csv:
        sys.stdout.write(flow.people_csv(found).decode())
        return
    say.table(
        ("user", "roles", "joined (UTC)", "last used (UTC)", "look at"),
        [
            (each.email, each.roles if each.active else "disabled", each.joined_at, each.last_used_at, each.flags)
            for each in found.report.holders
        ],
        nothing="No users yet; `alertveil users add` adds one.",
    )
    for each in found.report.changes:
        roles = f": {', '.join(each.roles)}" if each.roles else ""
        say.text(f"{say.word(each.at)}  {each.email} {each.step}{roles} (by {each.by})")


@evidence.command()
def export(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The zip to write.")],
    quarter: InQuarter = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Write the bundle; exit 3 when the audit in it does not hold, which the bundle then says itself."""
    from router import settings
    from router.core.quarter import Quarter
    from router.flow import evidence as flow

    config = settings.read()
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "export")
        wanted = flow.Wanted(
            quarter=_quarter(quarter) or Quarter.of(datetime.now(UTC)),
            actor=actor,
            auth=reach.host() if as_ else "",
            hops=settings.hops(config),
            host_approvals=config.host_may_stand_in,
        )
        try:
            made = flow.export(runtime, tenant_id, output, wanted)
        except OSError as error:
            raise Refused(f"{output} cannot be written: {(error.strerror or 'unknown error').lower()}.") from None
    if as_json:
        line = {"id": made.bundle_id, "file": output, "files": made.files, "sha256": made.signed, "key": made.key}
        say.line({**line, "notes": made.notes, "fault": made.fault.text if made.fault else None})
    else:
        say.text(f"{output} holds {made.files} files, signed with key {made.key}.", *made.notes)
    if made.fault is not None:
        raise typer.Exit(FAILED)


@evidence.command()
@far.anywhere
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip.")],
    *,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Believe the keys of this PEM file, not the pinned one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the signature, every file, and the audit inside; exit 3 and what does not hold. Needs no database."""
    from router import settings
    from router.cli.audit import believed
    from router.flow import evidence as flow
    from router.flow.audit_files import Files

    files = Files(settings.read().data_dir)
    try:
        with file.open("rb") as source:
            found = flow.verify(source, believed(files, public_key), files)
    except flow.NoBundle as error:
        raise Refused(str(error), FAILED) from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {(error.strerror or 'unknown error').lower()}.", 2) from None
    if as_json:
        say.line({"ok": not found.faults, **asdict(found)})
    elif found.faults:
        say.text(*(f"{say.paint('FAILED', 'red')}: {each}" for each in found.faults))
    else:
        say.text(
            f"{say.paint('ok', 'green')}: {found.tenant}, {found.quarter}, made {found.made_at}: {found.files} files "
            f"signed and unchanged, {found.audit_rows} rows of audit hold."
        )
    if found.faults:
        raise typer.Exit(FAILED)


def _quarter(text: str | None) -> Quarter | None:
    from router.core.quarter import NotAQuarter, Quarter

    if text is None:
        return None
    try:
        return Quarter.parse(text)
    except NotAQuarter as error:
        raise Refused(str(error), 2) from None


def disclosures(
    *,
    days: Annotated[int, typer.Option(metavar="N", help="How far back to look.")] = 90,
    user: Annotated[str | None, typer.Option(metavar="EMAIL", help="What this person revealed.")] = None,
    channel: Annotated[str | None, typer.Option(metavar="NAME", help="What went out through this channel.")] = None,
    vendor: Annotated[str | None, typer.Option(metavar="NAME", help="What went to this vendor.")] = None,
    incident: Annotated[str | None, typer.Option(metavar="ID", help="What was disclosed of this incident.")] = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Who saw a value, and where it went. The value is read from standard input and kept nowhere."""
    given = {"user": user, "channel": channel, "vendor": vendor, "incident": incident}
    named = [name for name, what in given.items() if what is not None]
    if len(named) > 1:
        raise Refused("Ask for one thing at a time: a value, or --user, --channel, --vendor or --incident.", 2)
    by, what = (named[0], given[named[0]] or "") if named else ("value", _value())
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import Search

        sought = str(there.incident(what)) if by == "incident" else what
        with far.usage():
            search = Search(by=by, what=sought, days=days)  # type: ignore[arg-type]  # the options' names are the words
            found: list[Any] = there.client.search_disclosures(search).items
    else:
        from router.flow import disclosures as flow

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            if by == "incident":
                with runtime.database.tenant(tenant_id) as session:
                    what = str(reach.incident(session, what))
            asker = flow.Asker(as_.strip().lower() if as_ else reach.host(), as_, reach.host() if as_ else "")
            try:
                question = flow.Question(by, what, days)  # type: ignore[arg-type]  # as above
                found = flow.search(runtime, tenant_id, question, asker)
            except flow.NothingSought as error:
                raise Refused(str(error), 1 if isinstance(error, flow.NeverThere) else 2) from None
    if as_json:
        say.line([{name: getattr(each, name) for name in DISCLOSURE} for each in found])
        return
    say.table(
        ("when (UTC)", "kind", "who", "where", "incident", "token", "why"),
        [
            (
                each.at,
                each.kind,
                each.who,
                each.channel or "page or terminal",
                each.incident,
                each.token + (" (in parts)" if each.match == "parts" else ""),
                each.reason,
            )
            for each in found
        ],
        nothing=f"Nobody was shown it, and it left nowhere, in the last {days} days.",
    )


def _value() -> str:
    if sys.stdin.isatty():
        raise Refused("The value to look for is read from standard input, so that no history keeps it.", 2)
    return sys.stdin.read(100_000)
