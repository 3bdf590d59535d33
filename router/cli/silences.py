"""`alertveil silences`: keep channels quiet about alerts for a while, see which silences hold, end one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from router.flow.silence import Shown, Tried
    from router.runtime import Runtime

app = typer.Typer(help="Keep channels quiet for a while.", rich_markup_mode=None, no_args_is_help=True)

Matchers = Annotated[list[str], typer.Argument(metavar="MATCHER...", help="Like 'alertname=\"DiskFull\"'; all hold.")]


@app.command()
def add(  # noqa: PLR0913 - one a fact of the silence
    matchers: Matchers,
    *,
    lasts: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long, like 30m, 2h or 7d.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Or its end, like 2026-12-31T18:00Z.")] = "",
    starts: Annotated[str, typer.Option("--from", metavar="TIME", help="Its beginning; now without it.")] = "",
    reason: Annotated[str, typer.Option(help="Why; whoever misses an alert reads it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would take.")] = False,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Silence alerts; what lasts when it is over is told then, and an end is told at once."""
    from router.flow import manage, silence

    wish = silence.Wish(matchers, reason, _time(starts), _time(until), _span(lasts))
    if not dry_run and (wish.ends_at is None) == (wish.lasts is None):
        raise Refused("Say how long it lasts with --for, or when it ends with --until.", 2)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "silence")
        try:
            if dry_run:
                _show_tried(silence.try_out(runtime, tenant_id, matchers), as_json=as_json)
                return
            made = silence.create(runtime, tenant_id, wish, actor=as_ or actor, auth=reach.host())
        except manage.NotUsable as error:
            raise Refused(str(error), 2) from None
    if as_json:
        say.line(_line(made))
    else:
        say.text(f"{made.short_id} is {made.state}, until {say.word(made.ends_at)} UTC.")


@app.command("list")
def list_(
    *,
    tenant: Slug = None,
    over: Annotated[bool, typer.Option("--over", help="Those that are over, too.")] = False,
    as_json: Json = False,
) -> None:
    """Silences, the newest first."""
    from router.flow import silence

    with reach.runtime() as runtime:
        found = silence.page(runtime, reach.tenant(runtime, tenant), over=over, most=1000)
    if as_json:
        say.line([_line(each) for each in found])
        return
    say.table(
        ("silence", "state", "until (UTC)", "by", "matchers", "why"),
        [
            (each.short_id, each.state, each.ends_at, each.created_by, " ".join(each.matchers), each.reason)
            for each in found
        ],
        nothing="Nothing is silenced.",
    )


@app.command()
def expire(
    named: Annotated[str, typer.Argument(metavar="SILENCE", help="SIL-… as the list names it, or the uuid.")],
    *,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """End a silence now; what it kept quiet and still lasts is told within seconds."""
    from router.flow import silence

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "silence")
        silence_id = _ident(runtime, tenant_id, named)
        ended = silence.expire(runtime, tenant_id, silence_id, actor=as_ or actor, auth=reach.host())
    if as_json:
        say.line(_line(ended))
    else:
        say.text(f"{ended.short_id} is over.")


def _ident(runtime: Runtime, tenant_id: UUID, text: str) -> UUID:
    from router.flow import silence

    tail = text.strip().lower().removeprefix("sil-")
    if len(tail) == 8 and all(each in "0123456789abcdef" for each in tail):  # noqa: PLR2004 - as SIL-… has them
        return silence.named(runtime, tenant_id, tail)
    try:
        return UUID(text.strip())
    except ValueError:
        raise Refused("A silence is named SIL- and eight characters, or by its uuid.", 2) from None


def _time(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused("A time is written like 2026-12-31T18:00Z.", 2) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _span(text: str) -> timedelta | None:
    from router.core.config import duration

    if not text.strip():
        return None
    found = duration(text.strip())
    if found is None:
        raise Refused("A span reads like 30m, 2h or 7d.", 2)
    return found


def _line(each: Shown) -> dict[str, object]:
    found = asdict(each)
    return {"id": found.pop("silence_id"), **found}


def _show_tried(tried: Tried, *, as_json: bool) -> None:
    if as_json:
        say.line({"id": None, **asdict(tried)})
        return
    say.table(
        ("incident", "status", "severity", "alerts", "title"),
        [
            (each.short_id, each.status, each.severity, "all" if each.whole else each.alerts, each.title)
            for each in (*tried.open, *tried.recent)
        ],
        nothing="It would take nothing of what is open or came lately.",
    )
    say.text(f"Tried on {tried.looked_at[0]} incidents and {tried.looked_at[1]} alerts; nothing was changed.")
