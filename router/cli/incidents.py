"""`alertveil incidents`: see what is wrong, and act on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from uuid import UUID

    from router.core.incident import Action

app = typer.Typer(help="See incidents, and act on them.", rich_markup_mode=None, no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="INC-… as people say it, or the uuid.")]
Status = Literal["live", "open", "acknowledged", "investigating", "resolved", "all"]
Severity = Literal["critical", "error", "warning", "info"]
LIVE = ("open", "acknowledged", "investigating")
ALERTS = 5  # the newest ones that `show` holds
NOTE_BYTES = 4096  # longer than any note may be, so that one that is too long is refused and not cut
EVENT = ("revision", "at", "why", "actor", "hush")
NOTE = ("at", "actor", "text")
ALERT = ("alert_id", "signal", "severity", "payload", "tokens", "received_at", "source")


@app.command("list")
@far.anywhere
def list_(
    *,
    tenant: Slug = None,
    status: Annotated[
        Status, typer.Option(help="Which ones: live is all that is not resolved, all is the resolved ones too.")
    ] = "live",
    severity: Annotated[Severity | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    after: Annotated[str | None, typer.Option(metavar="INCIDENT", help="Go on after this one.")] = None,
    as_json: Json = False,
) -> None:
    """Incidents that are not resolved, the newest first; --status all lists the resolved ones too."""
    from router.core.incident import short_id

    there = far.far(tenant)
    if there is not None:
        rows = there.incidents(status, severity, after, limit)
    else:
        from router.store import listing

        statuses = {"live": LIVE, "all": (*LIVE, "resolved")}.get(status, (status,))
        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            with runtime.database.tenant(tenant_id) as session:
                last = reach.incident(session, after) if after else None
                rows = listing.incidents(session, statuses=statuses, severity=severity, after=last, most=limit)
    if as_json:
        say.line([_line(row) for row in rows])
        return
    say.table(
        ("incident", "severity", "status", "alerts", "last alert (UTC)", "source", "title"),
        [
            (short_id(row.incident_id), row.severity, row.status, row.count, row.last_alert_at, row.source, row.title)
            for row in rows
        ],
        nothing="No incidents." if status == "all" else f"No incidents are {status}; --status all lists every one.",
    )
    if len(rows) == limit:
        say.text(f"There may be more: --after {short_id(rows[-1].incident_id)}")


@app.command()
@far.anywhere
def show(incident: Id, *, tenant: Slug = None, as_json: Json = False) -> None:
    """One incident: what it is, its timeline, and what each channel was told."""
    there = far.far(tenant)
    found = there.whole(incident, ALERTS) if there is not None else _near(incident, tenant)
    one = found.incident
    if as_json:
        say.line(_whole(found))
        return
    say.facts(
        {
            "incident": f"{one.short_id}  {one.incident_id}",
            "severity": one.severity,
            "status": one.status,
            "title": one.title,
            "description": one.description,
            "source": one.source,
            "alerts": one.count,
            "opened": one.opened_at,
            "last alert": one.last_alert_at,
            "resolved": one.resolved_at,
            "quiet timer": found.quiet,
        }
    )
    say.text("")
    if one.fields:
        say.facts(dict(one.fields))
        say.text("")
    say.table(
        ("revision", "at (UTC)", "who", "what"),
        [(row.revision, row.at, row.actor, _why(row)) for row in found.events],
        nothing="Its timeline is empty.",
    )
    if found.notes:
        say.text("")
        say.table(("at (UTC)", "who", "note"), [(row.at, row.actor, row.text) for row in found.notes], nothing="")
    say.text("")
    say.table(
        ("channel", "revision", "what", "attempts", "came of it"),
        [(each.channel, each.revision, each.kind, each.attempted, each.told.words) for each in found.deliveries],
        nothing="No channel was told.",
    )


@app.command()
@far.anywhere
def ack(incident: Id, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Take it: somebody is on it."""
    _act(incident, tenant, "ack", as_, as_json=as_json)


@app.command()
@far.anywhere
def investigate(incident: Id, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Look into it, and hold its quiet timer meanwhile."""
    _act(incident, tenant, "investigate", as_, as_json=as_json)


@app.command()
@far.anywhere
def resolve(incident: Id, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Say that it is over."""
    _act(incident, tenant, "resolve", as_, as_json=as_json)


@app.command()
@far.anywhere
def reopen(incident: Id, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Say that it is not over."""
    _act(incident, tenant, "reopen", as_, as_json=as_json)


@app.command()
@far.anywhere
def note(incident: Id, *, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Write what standard input says to it; what looks like somebody's data becomes tokens that nobody can open."""
    import sys

    text = sys.stdin.buffer.read(NOTE_BYTES).decode("utf-8", "replace")
    if not text.strip():
        raise Refused("Standard input holds no note.", 2)
    if "\0" in text:
        raise Refused("Standard input holds no text: there is a NUL character in it.", 2)
    there = far.far(tenant, as_)
    note_id, incident_id = there.note(incident, text) if there is not None else _note(incident, tenant, text, as_)
    if as_json:
        say.line({"id": note_id, "incident": incident_id})
    else:
        say.text("Written down.")


def _note(incident: str, tenant: str | None, text: str, as_: str | None) -> tuple[UUID, UUID]:
    """Write a note to an incident of this host's installation; the note's id and the incident's. Raises Refused."""
    from router.flow import note as flow
    from router.flow.manage import NotPossible
    from router.flow.snapshot import Snapshots

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "respond")
        with runtime.database.tenant(tenant_id) as session:
            incident_id = reach.incident(session, incident)
        try:
            return flow.add(runtime, Snapshots(), tenant_id, incident_id, text, actor), incident_id
        except NotPossible as error:
            raise Refused(str(error), 2) from None


def _near(incident: str, tenant: str | None) -> Any:  # noqa: ANN401 - overview.Whole
    """One incident of this host's installation. Raises Refused."""
    from router.flow import overview

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        with runtime.database.tenant(tenant_id) as session:
            incident_id = reach.incident(session, incident)
        found = overview.incident(runtime, tenant_id, incident_id)
    if found is None:
        raise reach.no_incident()
    return found


def _act(incident: str, tenant: str | None, action: Action, as_: str | None, *, as_json: bool) -> None:
    there = far.far(tenant, as_)
    if there is not None:
        acted = there.act(incident, action)
        _acted(acted.id, acted.status, acted.revision, changed=acted.changed, as_json=as_json)
        return
    from router.flow import respond
    from router.flow.snapshot import Snapshots

    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "respond")
        with runtime.database.tenant(tenant_id) as session:
            incident_id = reach.incident(session, incident)
        change = respond.respond(runtime, Snapshots(), runtime.broker.ring, tenant_id, incident_id, action, actor)
    done = change.incident
    _acted(done.incident_id, done.status, done.revision, changed=change.kind is not None, as_json=as_json)


def _acted(incident_id: UUID, status: str, revision: int, *, changed: bool, as_json: bool) -> None:
    from router.core.incident import short_id

    if as_json:
        say.line({"id": incident_id, "status": status, "revision": revision, "changed": changed})
    else:
        say.text(f"{short_id(incident_id)} is {status}{'' if changed else ' already'}.")


def _line(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a named tuple of the list's columns
    from router.core.incident import short_id

    return {
        "id": row.incident_id,
        "short_id": short_id(row.incident_id),
        "status": row.status,
        "severity": row.severity,
        "title": row.title,
        "source": row.source,
        "count": row.count,
        "revision": row.revision,
        "opened_at": row.opened_at,
        "last_alert_at": row.last_alert_at,
    }


def _whole(found: Any) -> dict[str, Any]:  # noqa: ANN401 - overview.Whole, which this module does not import
    one = found.incident
    return {
        **_line(one),
        "description": one.description,
        "labels": one.labels,
        "fields": dict(one.fields),
        "links": [{"text": text, "url": url} for text, url in one.links],
        "resolved_at": one.resolved_at,
        "ended_by": one.ended_by,
        "quiet": found.quiet,
        "events": [{name: getattr(row, name) for name in EVENT} for row in found.events],
        "notes": [{name: getattr(row, name) for name in NOTE} for row in found.notes],
        "alerts": [{name: getattr(row, name) for name in ALERT} for row in found.alerts],
        "deliveries": [delivery_line(each) for each in found.deliveries],
    }


def delivery_line(each: Any) -> dict[str, Any]:  # noqa: ANN401 - overview.Delivery
    """A delivery and its attempts as JSON."""
    return {
        "id": each.id,
        "channel": each.channel,
        "channel_kind": each.channel_kind,
        "revision": each.revision,
        "kind": each.kind,
        "state": each.state,
        "reason": each.reason,
        "words": each.told.words,
        "attempts": each.attempted,
        "next_attempt_at": each.next_attempt_at,
        "done_at": each.done_at,
        "remote_id": each.remote_id,
        "attempt_log": [attempt_line(row) for row in each.attempts],
    }


def attempt_line(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a named tuple of an attempt's columns
    """An attempt as JSON."""
    return {
        "number": row.number,
        "started_at": row.started_at,
        "latency_ms": round(row.latency_ms, 1),
        "outcome": row.outcome,
        "reason": row.reason,
        "status": row.status,
        "mode": row.mode,
        "policy": row.policy,
        "repeat": row.repeat,
        "tripwire": row.tripwire,
    }


def _why(row: Any) -> str:  # noqa: ANN401 - a named tuple of an event's columns
    return f"{row.why} ({row.hush})" if row.hush else str(row.why)
