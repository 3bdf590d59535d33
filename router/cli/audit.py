"""`alertveil audit`: read what was decided, prove that it still says what was written, and hand it to somebody else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from uuid import UUID

    from router.core.checkpoint import Trusted
    from router.flow.audit_files import Files
    from router.flow.audit_verify import Found
    from router.runtime import Runtime

app = typer.Typer(help="Read, verify and export the audit.", rich_markup_mode=None, no_args_is_help=True)

EVENT = (
    "id", "seq", "at", "actor", "auth", "action", "object", "decision", "reason", "request_id", "details", "hash",
)  # fmt: skip
FAILED = 3
"""Exit code of a verification that did not hold (design §6)."""

Installation = Annotated[bool, typer.Option("--installation", help="What concerns the whole installation.")]


@app.command()
@far.anywhere
def verify(
    *,
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="Only this tenant's; else every chain.")] = None,
    file: Annotated[Path | None, typer.Option(metavar="EXPORT", help="An export instead, or - for stdin.")] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Believe the keys of this PEM file, not the pinned one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every row, the chain and every checkpoint; exit 3 and the first bad row when something does not hold."""
    from router import settings
    from router.flow.audit_files import Files

    if tenant is not None and file is not None:
        raise Refused("--file says by itself whose audit it is: leave --tenant out.", 2)
    if file is None and far.aimed():
        far.refuse(["audit", "verify"])
    if file is not None:
        from router.flow.audit_export import NotAnExport, verify_file

        files = Files(settings.read().data_dir)
        try:
            with _source(file) as source:
                found = [verify_file(source, believed(files, public_key), files)]
        except NotAnExport as error:  # nobody can tell an export whose first line was changed from something else
            raise Refused(str(error), FAILED) from None
    else:
        from router.flow import audit_verify

        with reach.runtime() as runtime:
            trusted = believed(Files(runtime.data_dir), public_key)
            if tenant is not None:
                found = [audit_verify.verify(runtime, reach.tenant(runtime, tenant), trusted)]
            else:
                found = list(audit_verify.everything(runtime, trusted))
    holds = all(each.fault is None for each in found)
    if as_json:
        say.line({"ok": holds, "chains": [_line(each) for each in found]})
    else:
        for each in found:
            say.text(*_sentences(each))
    if not holds:
        raise typer.Exit(FAILED)


@app.command("list")
@far.anywhere
def list_(  # noqa: PLR0913 - one option a filter
    *,
    tenant: Slug = None,
    installation: Installation = False,
    actor: Annotated[str | None, typer.Option(metavar="WHO", help="Only what this user or host did.")] = None,
    action: Annotated[str | None, typer.Option(metavar="ACTION", help="Only this, such as optin.approve.")] = None,
    channel: Annotated[str | None, typer.Option(metavar="CHANNEL", help="Only what concerns this channel.")] = None,
    incident: Annotated[str | None, typer.Option(metavar="INCIDENT", help="Only what concerns this one.")] = None,
    denied: Annotated[bool, typer.Option("--denied", help="Only what was refused.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 50,
    before: Annotated[str, typer.Option(metavar="CURSOR", help="Go on before this, as the last page said.")] = "",
    as_json: Json = False,
) -> None:
    """What was decided, newest first."""
    there = far.far(tenant)
    if there is not None:
        if installation:
            raise Refused("What concerns the whole installation is read on the host: a token leads to one tenant.", 2)
        wanted: dict[str, Any] = {
            "actor": actor,
            "action": action,
            "channel": there.client.get_channel(channel).id if channel else None,
            "incident": there.incident(incident) if incident else None,
            "decision": "denied" if denied else None,
        }
        with far.usage():
            lines = there.client.list_audit_events(**wanted, page=limit, cursor=before)
            events: list[Any] = lines.one_page()
        more = lines.cursor or ""
    else:
        from router.flow import audit as flow
        from router.flow import manage

        with reach.runtime() as runtime:
            tenant_id = _chain(runtime, tenant, installation=installation)
            with runtime.database.tenant(tenant_id) as session:
                asked = flow.Wanted(
                    actor=actor,
                    action=action,
                    channel=manage.channel_id(session, channel) if channel else None,
                    incident=reach.incident(session, incident) if incident else None,
                    decision="denied" if denied else None,
                )
            try:
                found = flow.page(runtime, tenant_id, asked, before=before, most=limit)
            except flow.NoSuchPage as error:
                raise Refused(str(error), 2) from None
        events, more = list(found.events), found.before
    if as_json:
        say.line({"events": [{name: getattr(each, name) for name in EVENT} for each in events], "before": more})
        return
    say.table(
        ("row", "at (UTC)", "who", "action", "decision", "object"),
        [(each.seq, each.at, each.actor, each.action, each.decision, each.object) for each in events],
        nothing="Nothing of that kind was decided yet.",
    )
    if more:
        say.text(f"There is more: --before {more}")


@app.command()
def export(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to, or - for stdout.")],
    tenant: Slug = None,
    installation: Installation = False,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Write a tenant's whole audit to a file that verifies without us; exit 3 when what is stored does not hold."""
    from router.flow.audit_export import export as flow

    if str(output) == "-" and as_json:
        raise Refused("--json says what was written, so the export itself cannot go to standard output too.", 2)
    with reach.runtime() as runtime:
        tenant_id = _chain(runtime, tenant, installation=installation)
        actor = reach.acting(runtime, tenant_id, as_, "export")
        if str(output) == "-":
            done = flow(runtime, tenant_id, sys.stdout.buffer, actor=actor)
            sys.stdout.flush()
        else:
            fresh = output.with_name(f".{output.name}.{os.getpid()}")
            try:
                with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                    done = flow(runtime, tenant_id, target, actor=actor)
                fresh.replace(output)
            except OSError as error:
                raise Refused(f"{output} cannot be written: {(error.strerror or 'unknown error').lower()}.") from None
            finally:
                fresh.unlink(missing_ok=True)
    if as_json:
        fault = {"kind": done.fault.kind, "row": done.fault.seq, "text": done.fault.text} if done.fault else None
        say.line({"id": tenant_id, "rows": done.rows, "checkpoints": done.checkpoints, "fault": fault})
    elif str(output) != "-":
        say.text(f"{output} holds {_count(done.rows, 'row')} and {_count(done.checkpoints, 'checkpoint')}.")
    if done.fault is not None:
        if not as_json:
            say.aside(f"It has no signed end, because what is stored does not hold: {done.fault.text}")
        raise typer.Exit(FAILED)


@app.command()
def sign(*, as_json: Json = False) -> None:
    """Chain what is new and sign a checkpoint of every chain now, without waiting for the next round."""
    from router.flow import audit_keep

    with reach.runtime() as runtime:
        chained = audit_keep.chain(runtime)
        refused = audit_keep.sign(runtime, now=True)
    if as_json:
        problems = [{"tenant": each.tenant_id, "row": each.fault.seq, "text": each.fault.text} for each in refused]
        say.line({"id": "checkpoint", "chained": chained, "refused": problems})
    else:
        say.text(f"{_count(chained, 'event')} chained, and every chain that holds is signed.")
        say.text(*(f"Not signed: {each.fault.text}" for each in refused))
    if refused:
        raise typer.Exit(FAILED)


@app.command()
def key(*, as_json: Json = False) -> None:
    """Print the public key that this host trusts, to be kept where nobody here can change it."""
    from router import settings
    from router.core import checkpoint
    from router.flow.audit_files import Files

    pinned = Files(settings.read().data_dir).pinned()
    if pinned is None:
        raise Refused("No key is pinned yet: it is when the first checkpoint is signed (`alertveil audit sign`).")
    if as_json:
        say.line([{"id": name, "public_key": checkpoint.pem(each).decode()} for name, each in pinned.items()])
        return
    sys.stdout.write("".join(checkpoint.pem(each).decode() for each in pinned.values()))


def _chain(runtime: Runtime, tenant: str | None, *, installation: bool) -> UUID:
    from router.core.audit import INSTANCE

    if not installation:
        return reach.tenant(runtime, tenant)
    if tenant is not None:
        raise Refused("Say --tenant or --installation, not both.", 2)
    return INSTANCE


def believed(files: Files, file: Path | None) -> Trusted | None:
    """The public keys of `file`, else those that this host has pinned. Raises Refused."""
    from router.core.checkpoint import NoKey, trusted

    try:
        return trusted(file.read_bytes()) if file is not None else files.pinned()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {(error.strerror or 'unknown error').lower()}.", 2) from None
    except NoKey as error:
        raise Refused(str(error), 2) from None


def _source(file: Path) -> BinaryIO:
    if str(file) == "-":
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise Refused(f"{file} cannot be read: {(error.strerror or 'unknown error').lower()}.", 2) from None


def _line(found: Found) -> dict[str, Any]:
    """What was found, for programs."""
    fault = found.fault
    return {
        "id": found.tenant_id,
        "tenant": found.tenant or None,
        "ok": fault is None,
        "rows": found.rows,
        "first": found.first,
        "last": found.last,
        "checkpoints": found.checkpoints,
        "signed_to": found.signed_to,
        "signed_at": found.signed_at,
        "unchained": found.unchained,
        "unchained_since": found.unchained_since,
        "fault": {"kind": fault.kind, "row": fault.seq, "event": fault.event_id, "text": fault.text} if fault else None,
    }


def _sentences(found: Found) -> list[str]:
    """What was found, for people."""
    whose = f"Tenant {found.tenant}" if found.tenant else "The installation"
    if found.fault is not None:
        row = f"first bad row {found.fault.seq}" if found.fault.seq is not None else "it does not hold"
        return [f"{whose}: {say.paint('FAILED', 'red')}, {row}. {found.fault.text}"]
    if not found.rows and not found.unchained:
        return [f"{whose}: nothing yet."]
    held = (
        f"{_count(found.rows, 'row')} ({found.first} to {found.last}), the chain holds" if found.rows else "no row yet"
    )
    lines = [f"{whose}: {say.paint('ok', 'green')}, {held}; {_signed(found)}."]
    if found.unchained:
        events = _count(found.unchained, "event")
        lines.append(f"  {events} not chained yet, since {say.word(found.unchained_since)} UTC; the MACs fit.")
    return lines


def _signed(found: Found) -> str:
    if not found.checkpoints:
        return "nothing is signed yet"
    after = found.last - found.signed_to
    rest = f", {_count(after, 'row')} after it not signed yet" if after else ""
    held = f"{_count(found.checkpoints, 'checkpoint')} hold{'s' if found.checkpoints == 1 else ''}"
    return f"{held}, the last at row {found.signed_to} of {say.word(found.signed_at)} UTC{rest}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}".replace(",", " ")
