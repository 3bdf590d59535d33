"""`alertveil channels`: how the ways out are doing, and what they send."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from router.cli import far, reach, say
from router.cli.deliveries import when
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from uuid import UUID

    from router.runtime import Runtime

app = typer.Typer(help="See, test, pause and resume channels.", rich_markup_mode=None, no_args_is_help=True)

COUNTED = 1000  # of a larger number it is only said that it is this or more

Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's name.")]


@app.command("list")
@far.anywhere
def list_(*, tenant: Slug = None, as_json: Json = False) -> None:
    """Channels and how each is doing."""
    found, modes = _every(tenant)
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
@far.anywhere
def show(channel: Name, *, tenant: Slug = None, as_json: Json = False) -> None:
    """One channel."""
    every, modes = _every(tenant)
    found = next((each for each in every if each.name == channel), None)
    if found is None:
        raise Refused("There is no such channel in this tenant; `alertveil channels list` shows them.")
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
@far.anywhere
def try_out(channel: Name, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Send a made-up message now and say what came of it; fails when it was not delivered."""
    there = far.far(tenant, as_)
    if there is not None:
        far_one = there.client.test_channel(channel)
        key, delivered, reason, why = far_one.key, far_one.delivered, far_one.reason, far_one.words
        latency_ms, answered = far_one.latency_ms, far_one.status
    else:
        from router.flow import manage, overview

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "operate")
            tried = manage.test(runtime, tenant_id, channel, actor)
        key, delivered, reason, why = tried.key, tried.delivered, tried.reason, overview.in_a_phrase(tried.reason)
        latency_ms, answered = tried.latency_ms, tried.outcome.status
    took = f"{latency_ms:.0f} ms"
    if as_json:
        found = {"id": key, "delivered": delivered, "reason": reason, "status": answered}
        say.line({**found, "latency_ms": round(latency_ms, 1)})
    elif delivered:
        say.text(f"{channel} took the test message in {took}.")
    if not delivered:
        status = f", status {answered}" if answered else ""
        raise Refused(f"{channel} did not take the test message: {why}{status} ({took}).")


@app.command()
@far.anywhere
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
    if types and incident is not None:
        raise Refused("Plaintext is previewed with made-up values only: leave out --incident.", 2)
    there = far.far(tenant)
    if there is not None:
        from router.client.api import Preview

        named = there.incident(incident) if incident is not None else None
        with far.usage() if types else contextlib.nullcontext():
            sides = there.client.preview_channel(channel, Preview(incident_id=named, types=types or []))
        if types:
            _both(sides, as_json=as_json)
            return
        payload = sides.tokens
    else:
        from router.flow import manage

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            if types:
                _both(_sides(runtime, tenant_id, channel, types), as_json=as_json)
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
@far.anywhere
def pause(
    channel: Name,
    *,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody who looks.")] = "no reason given",
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Send nothing more there; what is due waits."""
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import ChannelPause

        done = there.client.pause_channel(channel, ChannelPause(reason=reason)).id
    else:
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
@far.anywhere
def resume(
    channel: Name,
    *,
    recover: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="And send again what died there since: 90m, 6h, 2d, or a time."),
    ] = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Let it go on, whoever or whatever paused it; what waits is sent, and with --recover what died."""
    since = when(recover, datetime.now(UTC), "--recover") if recover is not None else None
    recovered = 0
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import Recovery

        made = there.client.resume_channel(channel)
        done, died = made.id, made.died
        if since is not None:
            recovered = there.client.recover_deliveries(Recovery(since=since, channel=str(done))).count
    else:
        from router.flow import channel_health, manage

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "operate")
            done = manage.resume(runtime, tenant_id, channel, actor)
            died = channel_health.recoverable(runtime, tenant_id, done)[1]
            if since is not None:
                recovered = manage.recover(runtime, tenant_id, since, str(done), actor)
    if as_json:
        say.line({"id": done, "state": "ready", "died": max(0, died - recovered), "recovered": recovered})
        return
    say.text(f"{channel} goes on; what waits is sent now.")
    if since is not None:
        say.text(f"{recovered} that died {'is' if recovered == 1 else 'are'} due again.")
    elif died:
        say.text(
            f"{died if died < COUNTED else f'{COUNTED} or more'} died there in the last 7 days and"
            f" {'is' if died == 1 else 'are'} not sent again by this: `alertveil deliveries recover --since 7d"
            f" --channel {channel}` does that."
        )


def _every(tenant: str | None) -> tuple[Sequence[Any], Mapping[str, str]]:
    """Channels by name, and what each of them gets."""
    there = far.far(tenant)
    if there is not None:
        every = sorted(there.client.list_channels(page=far.PAGE), key=lambda each: each.name)
        return every, {each.name: each.mode for each in every}
    from router.flow import optin, overview

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        return overview.channels(runtime, tenant_id), optin.modes(runtime, tenant_id)


def _sides(runtime: Runtime, tenant_id: UUID, channel: str, types: list[str]) -> Any:  # noqa: ANN401 - preview.Sides
    from router.flow import optin, preview

    try:
        return preview.side_by_side(runtime, tenant_id, channel, types)
    except optin.Unusable as error:
        raise Refused(str(error), 2) from None


def _both(sides: Any, *, as_json: bool) -> None:  # noqa: ANN401 - preview.Sides, or the client's
    """Tokens beside plaintext of nobody, and what to know before asking for it."""
    if as_json:
        names = ("channel", "types", "tokens", "plaintext", "told", "cannot")
        say.line({**{name: getattr(sides, name) for name in names}, "known": far.known(sides.known)})
        return
    for name, payload in (("tokens", sides.tokens), (f"with {', '.join(sides.types)}", sides.plaintext)):
        say.text(f"--- {name} (made up)")
        say.text(orjson.dumps(payload, option=orjson.OPT_INDENT_2, default=str).decode())
    if sides.cannot:
        say.text(f"It cannot be opted in: {sides.cannot}.")
    if sides.told:
        say.text("Who reads there: " + ", ".join(f"{name} {value}" for name, value in sorted(sides.told.items())))
    say.text(*(f"Know: {each.text} ({each.source})" for each in sides.known))


LINE = (
    "name", "kind", "title", "leads_to", "vendor", "state", "tone", "why", "last", "last_ok_at", "waiting", "delivered",
    "retried", "dead", "routes",
)  # fmt: skip


def _line(each: Any, modes: Mapping[str, str]) -> dict[str, object]:  # noqa: ANN401 - overview.Channel, or the client's
    words = modes.get(each.name, "tokens")
    mode = "plaintext" if words.startswith("plaintext") else "tokens"
    named = {name: getattr(each, name) for name in LINE}
    return {"id": each.channel_id if hasattr(each, "channel_id") else each.id, **named, "mode": mode, "gets": words}
