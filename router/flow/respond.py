"""A person acknowledges, investigates, resolves or reopens an incident; its channels are told in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec.structs import replace

from router.core import routing
from router.core.audit import JSON, Event
from router.core.hook import of_incidents
from router.core.incident import Action, Change, act
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.store import deliveries, hooks, incidents, silences
from router.store.session import Session


class NoSuchIncident(Exception):  # noqa: N818 - the answer
    """This tenant has no such incident."""


def respond(
    runtime: Runtime,
    snapshots: Snapshots,
    ring: Callable[[set[tuple[UUID, UUID]]], None],
    tenant_id: UUID,
    incident_id: UUID,
    action: Action,
    actor: str,
) -> Change:
    """Act on an incident and tell its channels; the change says what came of it.

    Raises:
        NoSuchIncident: this tenant has none with this id.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        moment = incidents.moment(session)
        snapshot = snapshots.fresh(session, tenant_id, moment.version) if moment else None
        current = incidents.by_id(session, incident_id, lock=True)
        if current is None or moment is None or snapshot is None:
            raise NoSuchIncident("There is no such incident in this tenant.")
        change = act(current, action, actor, moment.now)
        if change.kind is None:
            return change
        facts = routing.facts(current.labels, current.severity, current.source)
        change = tell(session, tenant_id, change, routing.plan(change, facts, snapshot.table, moment.now))
        details: dict[str, JSON] = {"incident": str(incident_id), "revision": change.incident.revision}
        event = Event(f"incident.{action}", actor, f"incident:{incident_id}", details=details)
        runtime.audit.write(session, tenant_id, event)
    ring({(tenant_id, each) for each in (*change.incident.told, *snapshot.hooks)})
    return change


def tell(session: Session, tenant_id: UUID, change: Change, plan: routing.Plan) -> Change:
    """Write a change of a stored incident, its line in the timeline, and its deliveries."""
    (told,) = tell_all(session, tenant_id, [(change, plan)])
    return told


def tell_all(session: Session, tenant_id: UUID, found: Sequence[tuple[Change, routing.Plan]]) -> list[Change]:
    """The same of changes of several incidents, in as many statements."""
    told = [replace(change, incident=replace(change.incident, told=plan.told)) for change, plan in found]
    plans = [plan for _, plan in found]
    incidents.update(session, [change.incident for change in told])
    pairs = list(zip(told, plans, strict=True))
    incidents.add_events(session, tenant_id, [(change, plan.why_none) for change, plan in pairs])
    hooks.note(session, tenant_id, of_incidents(told))
    planned = [
        deliveries.Planned(
            change.incident.incident_id, each.channel_id, each.destination_id, change.incident.revision, each.kind
        )
        for change, plan in pairs
        for each in plan.deliveries
    ]
    deliveries.supersede(session, planned)
    deliveries.add(session, tenant_id, planned)
    silences.keep_quiet(
        session,
        tenant_id,
        {
            (plan.silence.silence_id, change.incident.incident_id): change.incident.revision
            for change, plan in pairs
            if plan.silence is not None
        },
    )
    return told
