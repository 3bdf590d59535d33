"""`alertveil channels`: how the ways out are doing, and what they send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from uuid import UUID

    from router.runtime import Runtime

app = typer.Typer(help="See, test, pause and resume channels.", rich_markup_mode=None, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's name.")]


@app.command("list")
def list_(*, tenant: Slug = None, as_json: Json = False) -> None:
    """Channels and how each is doing."""
    from router.flow import optin, overview

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        found = overview.channels(runtime, tenant_id)
        modes = optin.modes(runtime, tenant_id)
    if as_json:
        say.line([_line(each, modes) for each in found])
        return
    say.table(
        ("channel", "kind", "state", "waiting", "sent", "failed", "last", "leads to"),
        [
            (each.name, each.kind, each.state, each.waiting, each.delivered, each.dead, each.last, each.leads_to)
            for each in found
        ],
        nothing="No channels: nobody would be told of anything. Add some with `alertveil apply`.",
    )
    for each in found:
        if each.why:
            say.text(f"{each.name}: {each.why}")
        if modes.get(each.name, "tokens") != "tokens":
            say.text(f"{each.name} gets {modes[each.name]}")


@app.command()
def show(channel: Name, *, tenant: Slug = None, as_json: Json = False) -> None:
    """One channel."""
    from router.flow import optin, overview
    from router.flow.manage import NotFound

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        every = overview.channels(runtime, tenant_id)
        modes = optin.modes(runtime, tenant_id)
    found = next((each for each in every if each.name == channel), None)
    if found is None:
        raise NotFound("There is no such channel in this tenant; `alertveil channels list` shows them.")
    if as_json:
        say.line(_line(found, modes))
        return
    say.facts(
        {
            "channel": found.name,
            "kind": found.kind,
            "leads to": found.leads_to,
            "vendor": found.vendor,
            "state": found.state,
            "why": found.why,
            "last": found.last,
            "last delivered": found.last_ok_at,
            "waiting": found.waiting,
            "sent": found.delivered,
            "retried": found.retried,
            "failed": found.dead,
            "routes": found.routes,
            "gets": modes.get(found.name, "tokens"),
        }
    )


@app.command("test")
def try_out(channel: Name, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Send a made-up message now and say what came of it; fails when it was not delivered."""
    from router.flow import manage, overview

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "operate")
        tried = manage.test(runtime, tenant_id, channel, actor)
    took = f"{tried.latency_ms:.0f} ms"
    if as_json:
        say.line(
            {
                "id": tried.key,
                "delivered": tried.delivered,
                "reason": tried.reason,
                "status": tried.outcome.status,
                "latency_ms": round(tried.latency_ms, 1),
            }
        )
    elif tried.delivered:
        say.text(f"{channel} took the test message in {took}.")
    if not tried.delivered:
        status = f", status {tried.outcome.status}" if tried.outcome.status else ""
        why = overview.in_a_phrase(tried.reason)
        raise Refused(f"{channel} did not take the test message: {why}{status} ({took}).")


@app.command()
def preview(
    channel: Name,
    *,
    incident: Annotated[str | None, typer.Option(metavar="INCIDENT", help="This one; else a made-up one.")] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EMAIL,PHONE", help="Beside it, with made-up values, what an opt-in for these would show."
        ),
    ] = None,
    tenant: Slug = None,
    as_json: Json = False,
) -> None:
    """The payload as the vendor would get it: tokens only, nothing is sent."""
    from router.flow import manage

    if types and incident is not None:
        raise Refused("Plaintext is previewed with made-up values only: leave out --incident.", 2)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        if types:
            _both(runtime, tenant_id, channel, types, as_json=as_json)
            return
        incident_id = None
        if incident is not None:
            with runtime.database.tenant(tenant_id) as session:
                incident_id = reach.incident(session, incident)
        payload = manage.preview(runtime, tenant_id, channel, incident_id)
    if as_json:
        say.line(payload)
    else:
        say.text(orjson.dumps(payload, option=orjson.OPT_INDENT_2, default=str).decode())


@app.command()
def pause(
    channel: Name,
    *,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody who looks.")] = "no reason given",
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Send nothing more there; what is due waits."""
    from router.flow import manage

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "operate")
        done = manage.pause(runtime, tenant_id, channel, reason, actor)
    if as_json:
        say.line({"id": done, "state": "paused"})
    else:
        say.text(f"{channel} is paused; what is due waits for `alertveil channels resume {channel}`.")


@app.command()
def resume(channel: Name, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Let it go on, whoever or whatever paused it; what waits is sent."""
    from router.flow import manage

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "operate")
        done = manage.resume(runtime, tenant_id, channel, actor)
    if as_json:
        say.line({"id": done, "state": "ready"})
    else:
        say.text(f"{channel} goes on; what waits is sent now.")


def _both(runtime: Runtime, tenant_id: UUID, channel: str, types: list[str], *, as_json: bool) -> None:
    """Tokens beside plaintext of nobody, and what to know before asking for it."""
    from router.flow import optin, preview

    try:
        sides = preview.side_by_side(runtime, tenant_id, channel, types)
    except optin.Unusable as error:
        raise Refused(str(error), 2) from None
    known = [fact._asdict() for fact in sides.known]
    if as_json:
        say.line({**asdict(sides), "known": known})
        return
    for name, payload in (("tokens", sides.tokens), (f"with {', '.join(sides.types)}", sides.plaintext)):
        say.text(f"--- {name} (made up)")
        say.text(orjson.dumps(payload, option=orjson.OPT_INDENT_2, default=str).decode())
    if sides.cannot:
        say.text(f"It cannot be opted in: {sides.cannot}.")
    if sides.told:
        say.text("Who reads there: " + ", ".join(f"{name} {value}" for name, value in sorted(sides.told.items())))
    say.text(*(f"Know: {each.text} ({each.source})" for each in sides.known))


def _line(each: object, modes: Mapping[str, str]) -> dict[str, object]:
    found = asdict(each)  # type: ignore[call-overload]  # overview.Channel, which this module does not import
    words = modes.get(str(found["name"]), "tokens")
    mode = "plaintext" if words.startswith("plaintext") else "tokens"
    return {"id": found.pop("channel_id"), **found, "mode": mode, "gets": words}
