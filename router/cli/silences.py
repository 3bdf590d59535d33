"""`alertveil silences`: keep channels quiet about alerts for a while, see which silences hold, end one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from router.cli.far import Far

app = typer.Typer(help="Keep channels quiet for a while.", rich_markup_mode=None, no_args_is_help=True)

MOST: Final = 1000
"""Silences that a list shows."""

Matchers = Annotated[list[str], typer.Argument(metavar="MATCHER...", help="Like 'alertname=\"DiskFull\"'; all hold.")]


@app.command()
@far.anywhere
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
    begins, ends, span = _time(starts), _time(until), _span(lasts)
    if not dry_run and (ends is None) == (span is None):
        raise Refused("Say how long it lasts with --for, or when it ends with --until.", 2)
    there = far.far(tenant, as_)
    if there is not None:
        _far_add(there, matchers, reason, (begins, ends, span), dry_run=dry_run, as_json=as_json)
        return
    from router.flow import manage, silence

    wish = silence.Wish(matchers, reason, begins, ends, span)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "silence")
        try:
            if dry_run:
                tried = silence.try_out(runtime, tenant_id, matchers)
                _show_tried(tried, tried.looked_at, as_json=as_json)
                return
            made = silence.create(runtime, tenant_id, wish, actor=as_ or actor, auth=reach.host())
        except manage.NotUsable as error:
            raise Refused(str(error), 2) from None
    _say_made(made, as_json=as_json)


@app.command("list")
@far.anywhere
def list_(
    *,
    tenant: Slug = None,
    over: Annotated[bool, typer.Option("--over", help="Those that are over, too.")] = False,
    as_json: Json = False,
) -> None:
    """Silences, the newest first."""
    there = far.far(tenant)
    found: Sequence[Any]
    if there is not None:
        found = list(islice(there.client.list_silences(over=over), MOST))
    else:
        from router.flow import silence

        with reach.runtime() as runtime:
            found = silence.page(runtime, reach.tenant(runtime, tenant), over=over, most=MOST)
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
@far.anywhere
def expire(
    named: Annotated[str, typer.Argument(metavar="SILENCE", help="SIL-… as the list names it, or the uuid.")],
    *,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """End a silence now; what it kept quiet and still lasts is told within seconds."""
    there = far.far(tenant, as_)
    ended: Any
    if there is not None:
        every = there.client.list_silences(over=True)
        ended = there.client.expire_silence(_ident(named, lambda tail: _called(every, tail)))
    else:
        from router.flow import silence

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "silence")
            silence_id = _ident(named, lambda tail: silence.named(runtime, tenant_id, tail))
            ended = silence.expire(runtime, tenant_id, silence_id, actor=as_ or actor, auth=reach.host())
    if as_json:
        say.line(_line(ended))
    else:
        say.text(f"{ended.short_id} is over.")


def _far_add(
    there: Far,
    matchers: list[str],
    reason: str,
    times: tuple[datetime | None, datetime | None, timedelta | None],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Try or make a silence through a server."""
    from router.client.api import NewSilence, SilenceTry

    begins, ends, span = times
    with far.usage():
        if dry_run:
            tried = there.client.try_silence(SilenceTry(matchers=matchers))
            _show_tried(tried, (tried.incidents_looked_at, tried.alerts_looked_at), as_json=as_json)
            return
        seconds = int(span.total_seconds()) if span is not None else None
        wish = NewSilence(matchers=matchers, reason=reason, starts_at=begins, ends_at=ends, lasts_seconds=seconds)
        _say_made(there.client.add_silence(wish), as_json=as_json)


def _called(found: Iterable[Any], tail: str) -> UUID:
    """The silence of a server's list that is called SIL- and this tail. Raises Refused."""
    for each in found:
        if each.id.hex[-8:] == tail:
            return UUID(str(each.id))
    raise Refused("There is no such silence in this tenant; `alertveil silences list --over` shows them.")


def _ident(text: str, named: Callable[[str], UUID]) -> UUID:
    """The id of a silence as a person typed it; `named` knows those that are called by their tail. Raises Refused."""
    tail = text.strip().lower().removeprefix("sil-")
    if len(tail) == 8 and all(each in "0123456789abcdef" for each in tail):  # noqa: PLR2004 - as SIL-… has them
        return named(tail)
    try:
        return UUID(text.strip())
    except ValueError:
        raise Refused("A silence is named SIL- and eight characters, or by its uuid.", 2) from None


def _say_made(made: Any, *, as_json: bool) -> None:  # noqa: ANN401 - the flow's or the client's
    if as_json:
        say.line(_line(made))
    else:
        say.text(f"{made.short_id} is {made.state}, until {say.word(made.ends_at)} UTC.")


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


def _line(each: Any) -> dict[str, object]:  # noqa: ANN401 - the flow's or the client's
    names = [
        "short_id",
        "state",
        "matchers",
        "starts_at",
        "ends_at",
        "reason",
        "created_by",
        "created_at",
        "ended_by",
        "told",
    ]
    return {"id": getattr(each, "silence_id", None) or each.id, **{name: getattr(each, name) for name in names}}


def _show_tried(tried: Any, looked_at: tuple[int, int], *, as_json: bool) -> None:  # noqa: ANN401 - the flow's or the client's
    every = [*tried.open, *tried.recent]
    if as_json:
        names = ["short_id", "title", "status", "severity", "source", "whole", "alerts", "last_alert_at"]
        lines = [
            {
                "id": getattr(each, "incident_id", None) or each.id,
                **{name: getattr(each, name) for name in names},
            }
            for each in every
        ]
        say.line(
            {
                "id": None,
                "matchers": tried.matchers,
                "open": lines[: len(tried.open)],
                "recent": lines[len(tried.open) :],
                "alerts": tried.alerts,
                "looked_at": looked_at,
            }
        )
        return
    say.table(
        ("incident", "status", "severity", "alerts", "title"),
        [
            (each.short_id, each.status, each.severity, "all" if each.whole else each.alerts, each.title)
            for each in every
        ],
        nothing="It would take nothing of what is open or came lately.",
    )
    say.text(f"Tried on {looked_at[0]} incidents and {looked_at[1]} alerts; nothing was changed.")
