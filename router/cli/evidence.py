"""What an auditor asks for: who saw a value, who holds which role, and one signed file with a quarter's evidence."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from router.flow.disclosures import Question


def add(audit: typer.Typer) -> None:
    """Hang these commands into the tree."""
    audit.command("disclosures")(disclosures)


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
    from router.flow import disclosures as flow

    given = {"user": user, "channel": channel, "vendor": vendor, "incident": incident}
    named = [name for name, what in given.items() if what is not None]
    if len(named) > 1:
        raise Refused("Ask for one thing at a time: a value, or --user, --channel, --vendor or --incident.", 2)
    question = _question(named[0], given[named[0]] or "", days) if named else _value(days)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        if question.by == "incident":
            with runtime.database.tenant(tenant_id) as session:
                question = _question("incident", str(reach.incident(session, question.what)), days)
        asker = flow.Asker(as_.strip().lower() if as_ else reach.host(), as_, reach.host() if as_ else "")
        try:
            found = flow.search(runtime, tenant_id, question, asker)
        except flow.NothingSought as error:
            raise Refused(str(error), 2) from None
    if as_json:
        say.line([asdict(each) for each in found])
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


def _question(by: str, what: str, days: int) -> Question:
    from router.flow.disclosures import Question

    return Question(by, what, days)  # type: ignore[arg-type]  # the names of the options are the words


def _value(days: int) -> Question:
    if sys.stdin.isatty():
        raise Refused("The value to look for is read from standard input, so that no history keeps it.", 2)
    return _question("value", sys.stdin.read(100_000), days)
