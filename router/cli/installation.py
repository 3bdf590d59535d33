"""Commands about the installation as a whole: its schema and configuration, and the words that serve.

Every command imports what it needs when it runs, so that a short one does not pay for a long one's libraries.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import Json

if TYPE_CHECKING:
    from router.settings import Settings


def add(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command("up", help="Everything in one: embedded database and broker, web, worker.")(up)
    app.command("web", help="Serve ingest, pages and health.")(web)
    app.command("worker", help="Deliver what is due.")(worker)
    app.command("beat", help="Ring upkeep once a second, for workers that do not.")(beat)
    app.command("migrate")(migrate)
    app.command("apply")(far.anywhere(apply))
    app.command("doctor")(doctor)
    app.command("bench", help="Measure speed and memory; prints a table and JSON.")(bench)


def up() -> None:
    """Shown in the help only: `main` hands this word to the supervisor."""


def web(
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print no set-up code; it is in DATA_DIR/sign-in.txt.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Shown in the help only: `main` hands this word to `serving`."""


def worker(
    *,
    beat: Annotated[bool, typer.Option("--beat", help="Ring upkeep too.")] = False,
    name: Annotated[str, typer.Option(help="The worker's name in its logs.")] = "",
    as_json: Json = False,
) -> None:
    """Shown in the help only: `main` hands this word to `serving`."""


def beat(*, as_json: Json = False) -> None:
    """Shown in the help only: `main` hands this word to `serving`."""


def migrate(*, as_json: Json = False) -> None:
    """Bring the schema up to date, as the owner of the database."""
    from router import settings
    from router.store import migrate as schema

    config = settings.read()
    if not config.owner_database_url:
        raise Refused("Set ALERTVEIL_OWNER_DATABASE_URL: the schema is changed by the database's owner only.", 2)
    changed = schema.migrate(config.owner_database_url, config.database_url or None, config.auditor_database_url)
    if changed and config.database_url:
        _note_schema(config)
    if as_json:
        say.line({"id": schema.newest(), "changed": changed})
    else:
        say.text(f"The schema is at {schema.newest()}{'' if changed else ' already'}.")


def _note_schema(config: Settings) -> None:
    """Write down that the schema changed; where the keystore is out of reach, the next worker does it."""
    from router import wiring
    from router.flow import audit_keep
    from router.keys import KeystoreDown
    from router.settings import SettingsError
    from router.store.session import DatabaseDown, UnsafeRole

    with contextlib.suppress(KeystoreDown, DatabaseDown, UnsafeRole, SettingsError):
        runtime = wiring.build(config, connections=2)
        try:
            audit_keep.note_schema(runtime, reach.host())
        finally:
            runtime.close()


def apply(
    *,
    file: Annotated[Path, typer.Option("--file", "-f", help="The configuration, or - for standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Make the configuration what a file says; the same file twice changes nothing."""
    text, base = _read(file)
    there = far.far()
    if there is not None:
        done = _put(there, text, file, dry_run=dry_run)
    else:
        from router.core.config import ConfigError
        from router.flow import apply as flow

        with reach.runtime() as runtime:
            actor = reach.acting(runtime, None, None, "operate")
            try:
                made = flow.apply(runtime, text, dry_run=dry_run, actor=actor, environ=os.environ, base_dir=base)
            except ConfigError as error:
                for line, sentence in error.problems:
                    say.aside(f"{file}:{line}: {sentence}")
                raise typer.Exit(2) from None
        tenants = [{"id": id_, "slug": slug, "version": made.versions[slug]} for slug, id_ in made.ids.items()]
        done = Applied(tenants, list(made.changes), list(made.warnings))
    if as_json:
        warnings = [{"line": line, "text": sentence} for line, sentence in done.warnings]
        first = done.tenants[0]["id"] if done.tenants else None
        found = {"id": first, "tenants": done.tenants, "changes": done.changes, "warnings": warnings}
        say.line({**found, "dry_run": dry_run})
        return
    for line, sentence in done.warnings:
        say.aside(f"{file}:{line}: warning: {sentence}")
    say.text(*(done.changes or ["Nothing to change."]))
    if dry_run and done.changes:
        say.text("Nothing was changed: this was a dry run.")


class Applied(NamedTuple):
    """What came of a configuration: tenants with their versions, changes in words, warnings with their lines."""

    tenants: list[dict[str, object]]
    changes: list[str]
    warnings: list[tuple[int, str]]


def _put(there: far.Far, text: str, file: Path, *, dry_run: bool) -> Applied:
    """Replace the tenant's configuration on a server, unless somebody changes it meanwhile.

    Secrets are read here, as `apply` does, and go along; `*_file` is not followed.
    """
    import yaml

    from router.client import Refused as Said
    from router.client.api import ConfigurationChange

    try:
        secrets = far.secrets_of(yaml.safe_load(text))
    except yaml.YAMLError:
        secrets = {}  # the server says in which line it cannot be read
    there.client.get_config()
    change = ConfigurationChange(config=text, secrets=secrets, dry_run=dry_run)
    try:
        made = there.client.put_config(change, match=there.client.etag)
    except Said as error:
        if not error.errors:
            raise
        for each in error.errors:
            line, _, sentence = each.removeprefix("line ").partition(": ")
            say.aside(f"{file}:{line}: {sentence}" if sentence else f"{file}: {each}")
        raise typer.Exit(2) from None
    tenant = {"id": made.id, "slug": there.tenant().slug, "version": made.version}
    return Applied([tenant], made.changes, list(zip(made.warning_lines, made.warnings, strict=True)))


def doctor(*, as_json: Json = False) -> None:
    """Look for what is wrong, and say what to do; fails when something is."""
    from router import settings, wiring
    from router.flow import doctor as flow

    config = settings.read()
    around = flow.Surroundings(config.insecure_transport, config.kill_switch, config.egress_allow)
    runtime = wiring.build(config, connections=2, check=False)
    try:
        found = flow.examine(runtime, around)
    finally:
        runtime.close()
    failed = any(each.level == "error" for each in found)
    if as_json:
        say.line({"ok": not failed, "findings": [each._asdict() for each in found]})
    else:
        say.table(("level", "what", "finding"), found, nothing="Nothing was looked at.")
    if failed:
        raise typer.Exit(1)


def bench() -> None:
    """Shown in the help only: `main` hands this word to the bench."""


def _read(file: Path) -> tuple[str, Path]:
    """A configuration's text, and the directory that its relative paths start from."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise Refused(f"{file} cannot be read: {reason}.", 2) from None
    try:
        return raw.decode(), Path.cwd() if str(file) == "-" else file.absolute().parent
    except UnicodeDecodeError:
        raise Refused(f"{file} is not UTF-8 text.", 2) from None
