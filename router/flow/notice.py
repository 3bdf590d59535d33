"""A destination stopped working: its tenant's other channels are told, and told again when it is back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from channels.contract import SafeText
from router.core.alert import SafeAlert
from router.core.ident import time_ordered
from router.core.incident import absorb
from router.core.retry import Health
from router.flow.snapshot import Channel, Snapshots
from router.runtime import Runtime
from router.store import deliveries, incidents

SOURCE = "alertveil"
"""The source of what Alertveil itself has to say; no key opens it."""


def channel_health(
    runtime: Runtime,
    snapshots: Snapshots,
    ring: Callable[[set[tuple[UUID, UUID]]], None],
    tenant_id: UUID,
    channel_id: UUID,
    health: Health,
) -> None:
    """Open an incident for a channel that was paused, or resolve it when the channel works again.

    It goes to every other channel of the tenant, whatever the routes say: the one that would have told it is the one
    that is broken. Raises DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        moment = incidents.moment(session)
        snapshot = snapshots.fresh(session, tenant_id, moment.version) if moment else None
        if moment is None or snapshot is None or channel_id not in snapshot.channels:
            return
        keys = runtime.vault.keys(session, tenant_id)
        channel = snapshot.channels[channel_id]
        group_key = keys.mark("channel health", str(channel_id))
        alert = _alert(channel, health, group_key, tenant_id, moment.now)
        current = incidents.latest(session, [group_key])().get(group_key)
        new_id = time_ordered(time.time_ns() // 1_000_000, os.urandom(10))
        change = absorb(current, alert, group_key=group_key, new_id=new_id, duplicate=False)
        if change is None or change.kind is None:
            return
        incident, kind = change.incident, change.kind
        told = incident.told or {
            other.channel_id: other.destination_id
            for other in snapshot.channels.values()
            if other.channel_id != channel_id
        }
        change = replace(change, incident=replace(incident, told=told))
        if incident.new:
            incidents.insert(session, tenant_id, [change.incident])
        else:
            incidents.update(session, [change.incident])
        incidents.add_alerts(session, tenant_id, [(change.incident, alert)])
        incidents.add_events(session, tenant_id, [(change, None if told else "the tenant has no other channel")])
        planned = [
            deliveries.Planned(incident.incident_id, other, destination, incident.revision, kind)
            for other, destination in told.items()
        ]
        deliveries.supersede(session, planned)
        deliveries.add(session, tenant_id, planned)
    ring({(tenant_id, each.channel_id) for each in planned})


def _alert(channel: Channel, health: Health, key: bytes, tenant_id: UUID, now: datetime) -> SafeAlert:
    why = health.paused.value if health.paused else ""
    if health.paused and health.probe_at is None:
        next_step = f"Mend it, then run `alertveil channels resume {channel.name}`."
    else:
        next_step = "It is tried again every ten minutes and goes on by itself when it works."
    labels = {"channel": channel.name, "kind": channel.kind, "reason": why}
    return SafeAlert(
        alert_id=time_ordered(time.time_ns() // 1_000_000, os.urandom(10)),
        source_id=tenant_id,
        source=SOURCE,
        signal="firing" if health.paused else "resolved",
        key=key,
        identity=os.urandom(16),
        timed=False,
        severity="error",
        title=SafeText(f"Channel {channel.name} is paused: deliveries fail ({why})"),
        description=SafeText(f"What is due on it waits and is not lost. {next_step}"),
        labels=labels,
        details={},
        links=(),
        fields=tuple(labels.items()),
        tokens=(),
        received_at=now,
    )
