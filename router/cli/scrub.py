"""`alertveil scrub`: files are tokenized before they are shared; and a tenant's rules are put to the test.

Everything but `--verify` and `--tenant` works offline: nothing is stored and no network is used.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import Json, Slug

if TYPE_CHECKING:
    from router.privacy.rules import Rules
    from router.privacy.tokenizer import Mint

Level = Literal["detect", "strict", "sealed"]


def add(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command("scrub")(far.anywhere(scrub))


def scrub(  # noqa: PLR0913 - one an option
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]…", help="Read these, one after the other, not standard input."),
    ] = None,
    *,
    level: Annotated[
        Level | None, typer.Option(help="What may pass; strict unless --rules or --tenant say more.")
    ] = None,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON value a line in, the same tokenized out.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Each file as one thing: a JSON document, or a text.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write here; it must be new.")] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A tenant's rules, from `rules export --for scrubbers`.")
    ] = None,
    tenant: Slug = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Run synthetic PHI through the tenant's rules; print a signed statement.")
    ] = False,
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check a statement's signature; needs no instance.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For --check; without it, the key pinned in DATA_DIR.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tokenize standard input, or files, to standard output. The same value is the same token within one run."""
    if check is not None:
        _check(check, public_key, as_json=as_json)
        return
    if verify:
        _verify(tenant, out, as_json=as_json)
        return
    if ndjson and whole:
        raise Refused("--ndjson and --whole exclude each other.", 2)
    from router.privacy.scrub import in_utf8
    from router.privacy.tokens import ThrowawayMint

    compiled, mint = _rules(level, rules, tenant), ThrowawayMint()
    lines = 0
    with _target(out, as_json=as_json) as target:
        for path in files or [Path("-")]:
            with _source(path) as opened:
                source = in_utf8(opened)
                lines += _one(source, target, compiled, mint, ndjson=ndjson, whole=whole)
        target.flush()
        if as_json:
            text = target.getvalue().decode() if isinstance(target, io.BytesIO) else None
            say.line({"id": str(out) if out else None, "lines": lines, "text": text})


def _one(source: BinaryIO, target: BinaryIO, rules: Rules, mint: Mint, *, ndjson: bool, whole: bool) -> int:
    from router.privacy.scrub import TooLarge, scrub_ndjson, scrub_text, scrub_whole
    from router.sources.recognise import recognise

    if whole:
        try:
            return scrub_whole(source, target, rules, mint, recognise)
        except TooLarge as error:
            raise Refused(str(error)) from None
    told = _told if sys.stderr.isatty() else None
    if ndjson:
        count = scrub_ndjson(source, target, rules, mint, recognise, told)
    else:
        count = scrub_text(source, target, rules, mint, told)
    if told is not None:
        sys.stderr.write("\r\x1b[K")
    return count


def _told(lines: int) -> None:
    sys.stderr.write(f"\r{lines:,} lines")
    sys.stderr.flush()


def _rules(level: Level | None, file: Path | None, tenant: str | None) -> Rules:
    from router.privacy.rules import RuleRefused, compile_rules

    if file is not None and tenant is not None:
        raise Refused("--rules and --tenant exclude each other.", 2)
    if file is not None:
        from router.privacy.scrubbers import Scrubber

        try:
            return Scrubber.from_file(file, level=level).rules
        except OSError as error:
            raise Refused(f"{file} cannot be read: {(error.strerror or 'unknown error').lower()}.", 2) from None
        except (ValueError, RuleRefused) as error:
            raise Refused(f"{file}: {error}", 2) from None
    if tenant is None:
        return compile_rules(level or "strict")
    from router.flow import snapshot

    with reach.runtime() as runtime, runtime.database.tenant(reach.tenant(runtime, tenant)) as session:
        held = snapshot.load(session)
    if held is None:
        raise Refused("There is no such tenant.")
    return held.rules


@contextlib.contextmanager
def _source(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = path.open("rb")
    except OSError as error:
        raise Refused(f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}.", 2) from None
    with opened:
        yield opened


@contextlib.contextmanager
def _target(path: Path | None, *, as_json: bool) -> Iterator[BinaryIO]:
    """Where the tokenized text goes; a file that is there already is not overwritten: it could be the source."""
    if path is None:
        yield io.BytesIO() if as_json else sys.stdout.buffer
        return
    try:
        opened = path.open("xb")
    except OSError as error:
        raise Refused(f"{path} cannot be made: {(error.strerror or 'unknown error').lower()}.", 2) from None
    with opened:
        yield opened


def _verify(tenant: str | None, out: Path | None, *, as_json: bool) -> None:
    from router.flow import scrub_check as flow

    with reach.runtime() as runtime:
        try:
            stated = flow.verify(runtime, reach.tenant(runtime, tenant), actor=reach.host())
        except flow.NoTenant as error:
            raise Refused(str(error)) from None
    line = stated.line().decode()
    if out is not None:
        with _target(out, as_json=False) as target:
            target.write(line.encode() + b"\n")
    if as_json or out is None:
        sys.stdout.write(line + "\n")
    if not as_json:
        count = sum(stated.came_out.values())
        told = f"{stated.samples} samples at {stated.level}: {count or 'nothing'} came out readable."
        (say.text if out is not None else say.aside)(told)
        for (kind, carrier), times in sorted(stated.came_out.items()):
            say.aside(f"{kind} in {carrier}: {times}")
    if stated.came_out:
        raise typer.Exit(3)


def _check(file: Path, public_key: Path | None, *, as_json: bool) -> None:
    from router import settings
    from router.core.checkpoint import NoKey, trusted
    from router.flow import scrub_check as flow
    from router.flow.audit_files import Files

    with _source(file) as source:
        line = source.read(1 << 20)
    try:
        if public_key is not None:
            with _source(public_key) as source:
                keys = trusted(source.read(1 << 16))
        else:
            keys = dict(Files(settings.read().data_dir).pinned() or {})
        stated = flow.check(line, keys)
    except (NoKey, flow.NotSigned) as error:
        raise Refused(str(error), 3) from None
    if as_json:
        say.line({"ok": not stated["came_out"], "statement": stated})
    else:
        say.facts({name: stated[name] for name in ("tenant", "level", "at", "samples", "engine", "rules", "key")})
        say.text("Nothing came out readable." if not stated["came_out"] else "Some of it came out readable.")
    if stated["came_out"]:
        raise typer.Exit(3)
