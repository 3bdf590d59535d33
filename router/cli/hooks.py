"""`alertveil hooks`: which systems of your own are told what, and what came of it."""

from __future__ import annotations

import base64
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer

from router.cli import far, reach, say
from router.cli.baas import ident
from router.cli.deliveries import when
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.core.access import Deed
    from router.runtime import Runtime

app = typer.Typer(
    help="Systems of your own that are told of incidents, opt-ins and reviews.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Hook = Annotated[str, typer.Argument(metavar="HOOK", help="The hook's name or id.")]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="TYPE", help="Such as incident.opened or incident.*; may be given several times."),
]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", metavar="FILE", help="The whsec_… secret, - for standard input; else a new one."),
]
LINE = (
    "name", "url", "events", "enabled", "state", "why", "waiting", "delivered", "dead", "counted", "last", "last_ok_at",
    "created_at", "changed_at", "rotated_at",
)  # fmt: skip
EVENT = (
    "type", "subject", "at", "sequence", "state", "attempts", "next_attempt_at", "done_at", "uncertain", "reason",
    "status",
)  # fmt: skip


@app.command()
@far.anywhere
def add(
    *,
    name: Annotated[str, typer.Option(metavar="NAME", help="What people call it.")],
    url: Annotated[str, typer.Option(metavar="URL", help="The https address that takes the POST.")],
    event: Events = None,
    secret_file: SecretFile = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Have a system told from now on. A new secret is printed, this once."""
    events, secret = event or ["incident.*"], _secret(secret_file)
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import NewHook

        with far.usage():
            shown: Any = there.client.add_hook(NewHook(name=name, url=url, events=events, secret=secret))
    else:
        from router.core.hook import NotUsable
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id, actor, auth = _by(runtime, tenant, as_, "configure")
            try:
                wanted = hooks.Wanted(name, url, events)
                shown = hooks.add(runtime, tenant_id, wanted, secret, actor=actor, auth=auth)
            except NotUsable as error:
                raise Refused(str(error), 2) from None
    made = {} if secret_file else {"secret": secret}
    if as_json:
        say.line({"id": _id(shown), **made})
        return
    say.text(f"{shown.name} is told of {', '.join(shown.events)}.")
    say.text(*(f"{each}\nIt is shown this once; the receiver checks signatures with it." for each in made.values()))


@app.command("list")
@far.anywhere
def list_(*, tenant: Slug = None, as_json: Json = False) -> None:
    """Hooks and how each is doing."""
    found = _every(tenant)
    if as_json:
        say.line([_line(each) for each in found])
        return
    say.table(
        ("hook", "state", "told", "waiting", "failed", "last", "events", "leads to"),
        [
            (
                each.name,
                each.state,
                each.delivered,
                each.waiting,
                each.dead,
                each.last,
                _short(each.events),
                _place(each.url),
            )
            for each in found
        ],
        nothing="No hooks: no system of your own is told. `alertveil hooks add` adds one.",
    )
    say.text(*(f"{each.name}: {each.why}" for each in found if each.why))


@app.command()
@far.anywhere
def show(hook: Hook, *, tenant: Slug = None, as_json: Json = False) -> None:
    """One hook."""
    each = _one(hook, tenant)
    if as_json:
        say.line(_line(each))
        return
    say.facts(
        {
            "hook": each.name,
            "id": _id(each),
            "leads to": each.url,
            "events": each.events,
            "state": each.state,
            "why": each.why,
            "told": each.delivered,
            "waiting": each.waiting,
            "failed": each.dead,
            "newest sequence": each.counted,
            "last": each.last,
            "last told": each.last_ok_at,
            "secret changed": each.rotated_at or each.created_at,
        }
    )


@app.command()
@far.anywhere
def change(
    hook: Hook,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Another name.")] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Another address.")] = None,
    event: Events = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether anything is written for it at all.")
    ] = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Change what is said; the rest stays. What had paused it is forgotten."""
    there = far.far(tenant, as_)
    each = _one(hook, tenant)
    wanted: dict[str, Any] = {
        "name": name or each.name,
        "url": url or each.url,
        "events": event or list(each.events),
        "enabled": each.enabled if enabled is None else enabled,
    }
    if there is not None:
        from router.client.api import HookChange

        with far.usage():
            shown: Any = there.client.put_hook(_id(each), HookChange(**wanted))
        changed = shown.changed_at != each.changed_at
    else:
        from router.core.hook import NotUsable
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id, actor, auth = _by(runtime, tenant, as_, "configure")
            try:
                made = hooks.Wanted(**wanted)
                shown, changed = hooks.change(runtime, tenant_id, _id(each), made, actor=actor, auth=auth)
            except NotUsable as error:
                raise Refused(str(error), 2) from None
    if as_json:
        say.line({"id": _id(shown), "changed": changed})
    else:
        say.text(f"{shown.name} is told of {', '.join(shown.events)}{'' if changed else ', as before'}.")


@app.command()
@far.anywhere
def rotate(
    hook: Hook, *, secret_file: SecretFile = None, tenant: Slug = None, as_: As = None, as_json: Json = False
) -> None:
    """Sign with another secret from now on, and with the one before it for a day more."""
    secret = _secret(secret_file)
    there = far.far(tenant, as_)
    hook_id = _id(_one(hook, tenant))
    if there is not None:
        from router.client.api import HookSecret

        with far.usage():
            there.client.put_hook_secret(hook_id, HookSecret(secret=secret))
    else:
        from router.core.hook import NotUsable
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id, actor, auth = _by(runtime, tenant, as_, "configure")
            try:
                hooks.rotate(runtime, tenant_id, hook_id, secret, actor=actor, auth=auth)
            except NotUsable as error:
                raise Refused(str(error), 2) from None
    made = {} if secret_file else {"secret": secret}
    if as_json:
        say.line({"id": hook_id, **made})
        return
    say.text("The new secret signs; the one before it does, too, for 24 hours.", *made.values())


@app.command()
@far.anywhere
def remove(hook: Hook, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Tell it nothing more; what it was still to be told is dropped."""
    there = far.far(tenant, as_)
    each = _one(hook, tenant)
    if there is not None:
        there.client.remove_hook(_id(each))
    else:
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id, actor, auth = _by(runtime, tenant, as_, "configure")
            hooks.remove(runtime, tenant_id, _id(each), actor=actor, auth=auth)
    if as_json:
        say.line({"id": _id(each), "removed": True})
    else:
        say.text(f"{each.name} is told nothing more.")


@app.command("test")
@far.anywhere
def try_out(hook: Hook, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Send a `test` event now and say what came of it; fails when it was not taken."""
    there = far.far(tenant, as_)
    each = _one(hook, tenant)
    if there is not None:
        tried: Any = there.client.test_hook(_id(each))
        event_id, why = tried.id, tried.words
    else:
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id, actor, auth = _by(runtime, tenant, as_, "operate")
            tried = hooks.try_out(runtime, tenant_id, _id(each), actor=actor, auth=auth)
        event_id, why = tried.event_id, tried.words
    if as_json:
        named = {name: getattr(tried, name) for name in ("delivered", "reason", "status", "latency_ms")}
        say.line({"id": event_id, **named})
    elif tried.delivered:
        say.text(f"{each.name} took the test event in {tried.latency_ms:.0f} ms.")
    if not tried.delivered:
        status = f", status {tried.status}" if tried.status else ""
        raise Refused(f"{each.name} did not take the test event: {why}{status} ({tried.latency_ms:.0f} ms).")


@app.command()
@far.anywhere
def resume(hook: Hook, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Let a paused hook go on; what waits is sent."""
    there = far.far(tenant, as_)
    each = _one(hook, tenant)
    if there is not None:
        there.client.resume_hook(_id(each))
    else:
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id, actor, auth = _by(runtime, tenant, as_, "operate")
            hooks.resume(runtime, tenant_id, _id(each), actor=actor, auth=auth)
    if as_json:
        say.line({"id": _id(each), "state": "ready"})
    else:
        say.text(f"{each.name} goes on; what waits is sent now.")


@app.command()
@far.anywhere
def events(
    hook: Hook,
    *,
    state: Annotated[Literal["pending", "delivered", "dead"] | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    tenant: Slug = None,
    as_json: Json = False,
) -> None:
    """What a hook was told and is still to be told, the newest first."""
    there = far.far(tenant)
    hook_id = _id(_one(hook, tenant))
    if there is not None:
        from itertools import islice

        every: Iterator[Any] = there.client.list_hook_events(hook_id, state=state, page=min(limit, far.PAGE))
        found = [(each.id, each) for each in islice(every, limit)]
    else:
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            rows = hooks.events(runtime, tenant_id, hook_id, state=state, before=None, most=limit)
        found = [(each.event_id, each) for each in rows]
    if as_json:
        lines = [{"id": event_id, **{name: getattr(each, name) for name in EVENT}} for event_id, each in found]
        for line in lines:
            line["next_attempt_at"] = line["next_attempt_at"] if line["state"] == "pending" else None
        say.line(lines)
        return
    say.table(
        ("sequence", "event", "state", "attempts", "at (UTC)", "of", "id"),
        [
            (each.sequence, each.type, each.state, each.attempts, each.at, each.subject, event_id)
            for event_id, each in found
        ],
        nothing="It was told nothing yet.",
    )


@app.command()
@far.anywhere
def replay(
    hook: Hook,
    *,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="What died since 90m, 6h, 2d, or a time like 2026-01-31T08:00Z.")
    ] = None,
    event: Annotated[str | None, typer.Option(metavar="ID", help="This one, whatever came of it.")] = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Tell it again under the same id: one event, or everything that died since then."""
    if (since is None) == (event is None):
        raise Refused("Say what to tell again: --since or --event.", 2)
    moment = when(since, datetime.now(UTC)) if since else None
    event_id = ident(event) if event else None
    there = far.far(tenant, as_)
    hook_id = _id(_one(hook, tenant))
    if there is not None:
        from router.client.api import HookReplay

        count = there.client.replay_hook_events(hook_id, HookReplay(event_id=event_id, since=moment)).count
    else:
        from router.flow import hooks

        with reach.runtime() as runtime:
            tenant_id, actor, auth = _by(runtime, tenant, as_, "operate")
            count = hooks.replay(runtime, tenant_id, hook_id, since=moment, event_id=event_id, actor=actor, auth=auth)
    if as_json:
        say.line({"id": hook_id, "replayed": count})
    else:
        say.text(f"{count} {'event is' if count == 1 else 'events are'} told again.")


def _every(tenant: str | None) -> list[Any]:
    there = far.far(tenant)
    if there is not None:
        return sorted(there.client.list_hooks(page=far.PAGE), key=lambda each: each.name)
    from router.flow import hooks

    with reach.runtime() as runtime:
        return list(hooks.every(runtime, reach.tenant(runtime, tenant)))


def _one(hook: str, tenant: str | None) -> Any:  # noqa: ANN401 - hooks.Shown, or the client's
    for each in _every(tenant):
        if hook in {each.name, str(_id(each))}:
            return each
    raise Refused("There is no such hook in this tenant; `alertveil hooks list` shows them.")


def _by(runtime: Runtime, tenant: str | None, email: str | None, deed: Deed) -> tuple[UUID, str, str]:
    """(tenant, actor, auth) of an audit event."""
    tenant_id = reach.tenant(runtime, tenant)
    actor = reach.acting(runtime, tenant_id, email, deed)
    return (tenant_id, email.strip().lower(), reach.host()) if email else (tenant_id, actor, "")


def _secret(file: Path | None) -> str:
    """A secret out of a file or standard input, else a new one: 32 random bytes, as Standard Webhooks writes them."""
    if file is None:
        return "whsec_" + base64.b64encode(os.urandom(32)).decode()
    try:
        return (sys.stdin.read(4096) if str(file) == "-" else file.read_text(encoding="ascii")).strip()
    except (OSError, UnicodeDecodeError):
        raise Refused("The file with the secret cannot be read.", 2) from None


def _id(each: Any) -> UUID:  # noqa: ANN401 - as above
    found: UUID = each.hook_id if hasattr(each, "hook_id") else each.id
    return found


def _line(each: Any) -> dict[str, object]:  # noqa: ANN401 - as above
    return {"id": _id(each), **{name: getattr(each, name) for name in LINE}}


def _place(url: str) -> str:
    """Where it leads, without a path, which may hold a key."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _short(events: Any) -> str:  # noqa: ANN401 - a list or a tuple
    return events[0] if len(events) == 1 else f"{events[0]} and {len(events) - 1} more"
