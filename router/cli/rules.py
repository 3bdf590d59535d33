"""`alertveil rules`: a tenant's rules in the configuration language of other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import Json, Slug

app = typer.Typer(help="A tenant's rules, for other tools.", rich_markup_mode=None, no_args_is_help=True)

Tool = Literal[
    "sentry",
    "datadog-agent",
    "datadog-tracer",
    "pino",
    "logback",
    "otel-collector",
    "vector",
    "fluent-bit",
    "scrubbers",
]


@app.callback()
def root() -> None:
    """Keep `export` a word of its own."""


@app.command("export")
@far.anywhere
def export(
    *,
    tool: Annotated[Tool, typer.Option("--for", help="Whose language; `scrubbers` is our own, which says everything.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write here; else standard output.")
    ] = None,
    tenant: Slug = None,
    as_json: Json = False,
) -> None:
    """Write the tenant's rules as that tool's configuration; its header says what the tool cannot be told."""
    from router.flow import rules as flow

    with reach.runtime() as runtime:
        try:
            made = flow.export(runtime, reach.tenant(runtime, tenant), tool)
        except flow.NoTenant as error:
            raise Refused(str(error)) from None
    if out is not None:
        try:
            out.write_text(made.text, encoding="utf-8")
        except OSError as error:
            raise Refused(f"{out} cannot be written: {(error.strerror or 'unknown error').lower()}.", 2) from None
    if as_json:
        shown = {"file": str(out or made.file), "version": made.version, "cannot": made.notes}
        say.line({"id": str(out or made.file), **shown, "text": None if out else made.text})
        return
    if out is None:
        sys.stdout.write(made.text)
    for note in made.notes:
        say.aside(f"It cannot say: {note}.")
