"""`alertveil tenants …` about an end: how long things are kept, holds, a person's erasure, a tenant's off-boarding."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from uuid import UUID

import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from datetime import timedelta

    from router.runtime import Runtime

Reason = Annotated[str, typer.Option(metavar="R", help="Why; kept with tokens in place of anybody's data.")]
MOST = 64 * 1024


def add(tenants: typer.Typer) -> None:
    """Hang these commands under `alertveil tenants`."""
    tenants.command("retention")(retention)
    tenants.command("hold")(hold)
    tenants.command("holds")(holds)
    tenants.command("release")(release)
    tenants.command("erase")(erase)
    tenants.command("offboard")(offboard)


def retention(*, tenant: Slug = None, as_json: Json = False) -> None:
    """How long the tenant's incidents and values are kept, what stops the sweep, and what it has removed."""
    from router.flow import retention as flow

    with reach.runtime() as runtime:
        found = flow.state(runtime, reach.tenant(runtime, tenant))
    if as_json:
        kept = {
            "keep_values": found.keep_values.total_seconds(),
            "keep_incidents": found.keep_incidents.total_seconds(),
        }
        say.line({**asdict(found), **kept})
        return
    say.facts(
        {
            "tenant": found.tenant,
            "incidents are kept for": _days(found.keep_incidents),
            "values are kept for": _days(found.keep_values),
            "the sweep waits": found.waits,
            "holds": found.holds,
            "off-boarded": found.offboarded_at,
            "last pass over the vault": found.last_pass_at,
            "values kept": found.kept["values"],
            "tokens kept": found.kept["entries"],
            "values erased on request": found.kept["erased"],
            "incidents removed": found.removed["incidents"],
            "vault entries swept": found.removed["entries"],
            "keys destroyed": found.removed["keys"],
        }
    )


def hold(
    *,
    reason: Reason,
    incident: Annotated[
        str | None, typer.Option(metavar="INC", help="Only this incident; the whole tenant without.")
    ] = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Place a legal hold: nothing it covers is removed until it is released."""
    from router.flow import retention as flow

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _who(runtime, tenant_id, as_)
        with runtime.database.tenant(tenant_id) as session:
            incident_id = reach.incident(session, incident) if incident is not None else None
        placed = flow.hold(runtime, tenant_id, incident_id, reason, actor, auth)
    if as_json:
        say.line({"id": placed, "incident": incident_id})
    else:
        say.text(f"The hold {placed} is on {'this incident' if incident_id else 'the whole tenant'}.")


def holds(*, tenant: Slug = None, as_json: Json = False) -> None:
    """Every hold, those that are on first."""
    from router.flow import retention as flow

    with reach.runtime() as runtime:
        found = flow.holds(runtime, reach.tenant(runtime, tenant))
    if as_json:
        say.line([{"id": row.hold_id, **{name: getattr(row, name) for name in row._fields[1:]}} for row in found])
        return
    say.table(
        ("on", "incident", "since (UTC)", "by", "until (UTC)", "id", "reason"),
        [
            (
                row.lifted_at is None,
                row.incident_id or "whole tenant",
                row.placed_at,
                row.placed_by,
                row.lifted_at,
                row.hold_id,
                row.reason,
            )
            for row in found
        ],
        nothing="There are no holds.",
    )


def release(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="The hold, as `tenants holds` names it.")],
    *,
    reason: Reason,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Release a hold: what it covered is removed when its time is over."""
    from router.flow import retention as flow

    try:
        named = UUID(hold_id)
    except ValueError:
        raise Refused("A hold is named by its uuid; `alertveil tenants holds` shows it.", 2) from None
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _who(runtime, tenant_id, as_)
        flow.lift(runtime, tenant_id, named, reason, actor, auth)
    if as_json:
        say.line({"id": named})
    else:
        say.text("The hold is released.")


def erase(*, reason: Reason, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Remove a person's values, one a line on standard input; their tokens are shown on and never open again."""
    from router.flow import retention as flow

    given = sys.stdin.buffer.read(MOST + 1)
    if len(given) > MOST:
        raise Refused("That is too much for one person's values: 64 KiB at most.", 2)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _who(runtime, tenant_id, as_)
        done = flow.erase(runtime, tenant_id, given.decode("utf-8", "replace").splitlines(), reason, actor, auth)
    if as_json:
        say.line({"id": done.id, "tokens": done.tokens, "held": done.held})
    else:
        say.text(*([f"{token} never opens again." for token in done.tokens] or ["No value of these is kept."]))
        for token in done.held:
            say.aside(f"{token} is under a legal hold and was left.")
    if done.held:
        raise typer.Exit(1)


def offboard(
    tenant: Annotated[str, typer.Argument(metavar="SLUG", help="The tenant to end.")],
    *,
    reason: Annotated[str, typer.Option(metavar="R", help="Why; needed with --confirm.")] = "",
    confirm: Annotated[str | None, typer.Option(metavar="CODE", help="The code that the first run printed.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where the proof goes, as JSON.")] = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """End a tenant for good: destroy its keys and prove it. The first run only says what would go, and a code."""
    from router.flow import retention as flow

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor, auth = _who(runtime, tenant_id, as_)
        if confirm is None:
            plan = flow.plan_offboarding(runtime, tenant_id)
            if as_json:
                say.line(asdict(plan))
                return
            say.text(
                f"This destroys {plan.keys} keys of {plan.tenant}: {plan.values} values and every credential never open"
                " again,",
                f"its sources are refused, and {plan.incidents} incidents go. The audit stays. So far nothing changed.",
                f"To do it: alertveil tenants offboard {plan.tenant} --reason … --confirm {plan.confirm}",
            )
            return
        with _for_proof(output) as target:
            proof = flow.offboard(runtime, tenant_id, confirm, reason, actor, auth)
            if target is not None:
                target.write(proof.document())
    if as_json:
        say.line(asdict(proof))
        return
    say.text(f"{len(proof.keys)} keys of {proof.tenant} are destroyed; {proof.keys_left} are left.")
    say.text(f"The proof is in {output}." if output is not None else proof.document().decode().rstrip())


@contextlib.contextmanager
def _for_proof(path: Path | None) -> Iterator[BinaryIO | None]:
    """The file that the proof goes to, there before anything is destroyed; gone again when nothing was."""
    if path is None:
        yield None
        return
    try:
        target = path.open("xb")
    except FileExistsError:
        raise Refused("The file for the proof is there already: name another.", 2) from None
    except OSError as error:
        raise Refused(f"{path} cannot be made: {(error.strerror or 'unknown error').lower()}.", 2) from None
    try:
        with target:
            yield target
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _who(runtime: Runtime, tenant_id: UUID, email: str | None) -> tuple[str, str]:
    """Who acts, and through what; a named user needs the role."""
    if email is None:
        return reach.host(), ""
    reach.acting(runtime, tenant_id, email, "erase")
    return email.strip().lower(), reach.host()


def _days(span: timedelta) -> str:
    return f"{span.days} days"
