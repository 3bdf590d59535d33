"""The tree of commands: every word, what it takes, and one place where whatever goes wrong becomes a sentence."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from typing import Annotated, Any, Final

import typer

from router.cli import (
    audit,
    baas,
    channels,
    deliveries,
    errors,
    evidence,
    failure,
    far,
    hooks,
    incidents,
    installation,
    keys,
    optins,
    people,
    retention,
    reveal,
    reviews,
    rules,
    say,
    scan,
    scrub,
    silences,
    tokens,
)

app = typer.Typer(
    help="HIPAA-safe alert fan-out: PHI becomes tokens at the edge, before anything is stored or sent.",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", envvar="ALERTVEIL_URL", help="Ask this server, not this host."),
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file", metavar="FILE", envvar="ALERTVEIL_TOKEN_FILE", help="The API token for --url is in there."
        ),
    ] = None,
) -> None:
    """Parse what stands before the word."""
    far.aim(url, token_file)
    if version:
        say.text(f"alertveil {metadata.version('alertveil')}")
        raise typer.Exit


installation.add(app)
scrub.add(app)
scan.add(app)
app.add_typer(rules.app, name="rules")
app.add_typer(incidents.app, name="incidents")
app.add_typer(channels.app, name="channels")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(hooks.app, name="hooks")
app.add_typer(errors.app, name="errors")
app.add_typer(silences.app, name="silences")
app.add_typer(baas.app, name="baas")
app.add_typer(optins.app, name="optins")
people.add(app)
retention.add(people.tenants)
app.add_typer(keys.app, name="keys")
app.add_typer(tokens.app, name="tokens")
app.add_typer(reviews.app, name="reviews")
reveal.add(app)
evidence.add(app, audit.app, people.users)
app.add_typer(audit.app, name="audit")


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""What Python makes of a byte in an argument that is not UTF-8 (PEP 383)."""


def run(words: Sequence[str]) -> int:
    """Run a command. Returns the exit code."""
    os.umask(0o077)
    command = _built()
    try:
        try:
            command(list(words), prog_name="alertveil")
        finally:
            sys.stdout.flush()  # here, where a disk that is full is a sentence, and not when the interpreter ends
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit is quiet too
        return 1
    except Exception as error:  # noqa: BLE001 - whatever it is: one sentence, and no traceback with values in it
        if isinstance(error, UnicodeEncodeError | TypeError) and any(_SURROGATE.search(each) for each in words):
            # A file may be called anything, so such a word is no mistake until somebody takes it for text.
            say.aside("alertveil: An argument is no text in UTF-8.")
            return 2
        say.aside(failure.sentence(error))
        return error.status if isinstance(error, failure.Refused) else 1
    finally:
        far.leave()
    return 0


@cache
def _built() -> Any:  # noqa: ANN401 - typer's own copy of click
    """The guarded tree, built once a process: it takes longer than most commands."""
    command = typer.main.get_command(app)
    _guard(command, [])
    return command


def _guard(command: Any, path: list[str]) -> None:  # noqa: ANN401 - a command or a group of typer's own copy of click
    """Let only marked commands run when a server is named: nothing is done here by mistake that was meant there."""
    for name, each in getattr(command, "commands", {}).items():
        _guard(each, [*path, name])
    inner = command.callback
    if getattr(command, "commands", None) is not None or inner is None or getattr(inner, far.ANYWHERE, False):
        return

    def guarded(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on
        if far.aimed():
            far.refuse(path)
        return inner(*args, **named)

    command.callback = guarded
