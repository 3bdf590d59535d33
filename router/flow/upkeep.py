"""What must happen even when nothing comes in: ring again what is due, resolve what went quiet, sweep what is over.

Safe with none, one or three schedulers: one conditional statement a second lets one caller through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.core.hook import of_incidents
from router.core.incident import Change, Why
from router.store import deliveries, hooks, incidents, upkeep
from router.store.session import Database

QUIET_BATCH = 500
"""Incidents that one transaction auto-resolves at most."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one round did."""

    lanes: int = 0
    quiet: int = 0
    oldest_due_at: datetime | None = None


def run(database: Database, ring: Callable[[set[tuple[UUID, UUID]]], None]) -> Done | None:
    """One round; None: another process did it within the last second.

    Raises:
        DatabaseDown: the round stopped there; the next one goes on.
    """
    with database.several() as session:
        if not upkeep.take_turn(session):
            return None
        lanes = [*deliveries.due_lanes(session), *hooks.due(session)]
        oldest = min((due_at for _, _, due_at in lanes), default=None)
        upkeep.note_oldest(session, oldest)
        tenants = upkeep.quiet_tenants(session)
    ring({(tenant_id, channel_id) for tenant_id, channel_id, _ in lanes})
    quiet = 0
    for tenant_id in tenants:
        quiet += resolve_quiet(database, tenant_id, ring)
    return Done(len(lanes), quiet, oldest)


def resolve_quiet(database: Database, tenant_id: UUID, ring: Callable[[set[tuple[UUID, UUID]]], None]) -> int:
    """Resolve the tenant's incidents without an alert for their source's quiet time; how many there were.

    Quiet is decided by one conditional statement on the database's clock, and only over time in which ingest was
    accepting: an outage of ours is not quiet. Incidents under investigation stay.
    """
    with database.tenant(tenant_id) as session:
        gone = upkeep.take_quiet(session, QUIET_BATCH)
        changes = [Change(incident, Why.QUIET, "resolve", keep=False, actor="alertveil") for incident in gone]
        incidents.add_events(
            session,
            tenant_id,
            [(change, None if change.incident.told else "no channel was told") for change in changes],
        )
        planned = [
            deliveries.Planned(incident.incident_id, channel_id, destination_id, incident.revision, "resolve")
            for incident in gone
            for channel_id, destination_id in incident.told.items()
        ]
        deliveries.supersede(session, planned)
        deliveries.add(session, tenant_id, planned)
        hooks.note(session, tenant_id, of_incidents(changes))
        upkeep.forget_nonces(session)
    if planned:
        ring({(tenant_id, each.channel_id) for each in planned})
    return len(gone)
