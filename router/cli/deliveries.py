"""`alertveil deliveries`: what left, what waits, what died, and sending it again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.incidents import delivery_line
from router.cli.reach import As, Json, Slug

app = typer.Typer(help="See deliveries, and send them again.", rich_markup_mode=None, no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="DELIVERY", help="INCIDENT/CHANNEL/REVISION, as `list` shows it.")]
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
State = Literal["pending", "delivered", "dead", "superseded", "suppressed"]


@app.command("list")
@far.anywhere
def list_(
    *,
    tenant: Slug = None,
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    channel: Annotated[str | None, typer.Option(metavar="CHANNEL", help="Only to this channel.")] = None,
    incident: Annotated[str | None, typer.Option(metavar="INCIDENT", help="Only of this incident.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    after: Annotated[str | None, typer.Option(metavar="DELIVERY", help="Go on after this one.")] = None,
    as_json: Json = False,
) -> None:
    """Deliveries, those of the newest incidents first."""
    there = far.far(tenant)
    if there is not None:
        found: list[Any] = there.deliveries(state=state, channel=channel, incident=incident, after=after, most=limit)
    else:
        from router.flow import manage, overview
        from router.store import listing

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            with runtime.database.tenant(tenant_id) as session:
                if incident is not None:
                    rows = [
                        row
                        for row in listing.deliveries_of(session, reach.incident(session, incident))
                        if state in (None, row.state) and channel in (None, row.channel)
                    ][:limit]
                else:
                    last = None
                    if after is not None:
                        row = manage.delivery(session, *_parts(reach.full(session, after)))
                        last = (row.incident_id, row.channel_id, row.revision)
                    only = manage.channel_id(session, channel) if channel is not None else None
                    rows, last = listing.deliveries(session, state=state, channel_id=only, after=last, most=limit)
                    while len(rows) < limit and last is not None:
                        further, last = listing.deliveries(
                            session, state=state, channel_id=only, after=last, most=limit - len(rows)
                        )
                        rows += further
        found = [overview.in_words(row, ()) for row in rows]
    if as_json:
        lines = [delivery_line(each) for each in found]
        for line in lines:
            del line["attempt_log"]
        say.line(lines)
        return
    say.table(
        ("delivery", "what", "attempts", "came of it"),
        [(each.id, each.kind, each.attempted, each.told.words) for each in found],
        nothing="No deliveries." if state is None else f"No deliveries are {state}.",
    )
    if len(found) == limit and incident is None:
        say.text(f"There may be more: --after {found[-1].id}")


@app.command()
@far.anywhere
def show(delivery: Id, *, tenant: Slug = None, as_json: Json = False) -> None:
    """One delivery with every attempt: when, what came of it, and what policy said."""
    there = far.far(tenant)
    if there is not None:
        found: Any = there.delivery(*_parts(there.full(delivery)))
    else:
        from router.flow import manage, overview
        from router.store import listing

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            with runtime.database.tenant(tenant_id) as session:
                row = manage.delivery(session, *_parts(reach.full(session, delivery)))
                attempts = listing.attempts(session, row.incident_id, row.channel_id, row.revision)
        found = overview.in_words(row, attempts)
    if as_json:
        say.line(delivery_line(found))
        return
    say.facts(
        {
            "delivery": found.id,
            "kind": found.kind,
            "state": found.told.words,
            "attempts": found.attempted,
            "next attempt": found.next_attempt_at,
            "done": found.done_at,
            "remote id": found.remote_id,
        }
    )
    say.text("")
    say.table(
        ("attempt", "at (UTC)", "ms", "outcome", "reason", "status", "policy"),
        [
            (each.number, each.started_at, each.latency_ms, each.outcome, each.reason, each.status, each.policy)
            for each in found.attempts
        ],
        nothing="Nothing was tried yet.",
    )


@app.command()
@far.anywhere
def retry(delivery: Id, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Make a dead or waiting delivery due now, on a fresh schedule."""
    there = far.far(tenant, as_)
    if there is not None:
        parts = _parts(there.full(delivery))
        is_held = there.client.retry_delivery(*parts).held
    else:
        from router.flow import manage

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "operate")
            with runtime.database.tenant(tenant_id) as session:
                parts = _parts(reach.full(session, delivery))
            is_held = bool(manage.retry(runtime, tenant_id, *parts, actor).held)
    name = f"{parts[0]}/{parts[1]}/{parts[2]}"
    if as_json:
        say.line({"id": name, "state": "pending"})
    else:
        held = f" The channel is paused: `alertveil channels resume {parts[1]}` lets it go." if is_held else ""
        say.text(f"{name} is due now.{held}")


@app.command()
@far.anywhere
def recover(
    *,
    since: Annotated[str, typer.Option(metavar="WHEN", help="90m, 6h, 2d, or a time such as 2026-01-31T08:00Z.")],
    channel: Annotated[str | None, typer.Option(metavar="CHANNEL", help="Only to this channel.")] = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Make everything due again that died since then, unless something newer followed it."""
    moment = when(since, datetime.now(UTC))
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import Recovery

        tenant_id = there.tenant().id
        count = there.client.recover_deliveries(Recovery(since=moment, channel=channel)).count
    else:
        from router.flow import manage

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "operate")
            count = manage.recover(runtime, tenant_id, moment, channel, actor)
    if as_json:
        say.line({"id": tenant_id, "recovered": count})
    else:
        say.text(f"{count} {'delivery is' if count == 1 else 'deliveries are'} due again.")


def when(text: str, now: datetime, option: str = "--since") -> datetime:
    """A moment: a span before now (`90m`, `6h`, `2d`) or an ISO 8601 time, UTC unless it says. Raises Refused."""
    span = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    try:
        if span is not None:
            return now - int(span[1]) * UNITS[span[2]]
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Refused(f"{option} takes 90m, 6h, 2d, or a time such as 2026-01-31T08:00Z.", 2) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _parts(name: str) -> tuple[UUID, str, int]:
    """Incident, channel name and revision of a delivery's id. Raises Refused."""
    incident, _, rest = name.partition("/")
    channel, _, revision = rest.rpartition("/")
    try:
        return UUID(incident), channel, int(revision)
    except ValueError:
        raise Refused(
            "A delivery is named INCIDENT/CHANNEL/REVISION, as `alertveil deliveries list` shows it.", 2
        ) from None
