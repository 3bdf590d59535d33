"""What Alertveil itself has to say becomes an incident: a destination stopped working, a pattern fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from channels.contract import SafeText, Severity
from router.core.alert import SafeAlert
from router.core.ident import time_ordered
from router.core.incident import absorb
from router.core.retry import Health
from router.flow import outbox
from router.flow.snapshot import Channel, Snapshot, Snapshots
from router.runtime import Runtime
from router.store import deliveries, hooks, incidents
from router.store.session import Session

SOURCE = "alertveil"
"""The source of what Alertveil itself has to say; no key opens it."""

PAGING = frozenset({"pagerduty"})
"""Kinds of channels that wake people."""

Lane = tuple[UUID, UUID]
"""A tenant and a channel or hook of it."""

Ring = Callable[[set[Lane]], None]


def channel_health(
    runtime: Runtime,
    snapshots: Snapshots,
    ring: Ring,
    tenant_id: UUID,
    channel_id: UUID,
    health: Health,
) -> None:
    """Open an incident for a channel that was paused, or resolve it when the channel works again.

    It goes to every other channel of the tenant, whatever the routes say: the one that would have told it is the one
    that is broken. Raises DatabaseDown.
    """

    def alert(snapshot: Snapshot, key: bytes, now: datetime) -> SafeAlert | None:
        channel = snapshot.channels.get(channel_id)
        return _paused(channel, health, key, tenant_id, now) if channel is not None else None

    _tell(runtime, snapshots, ring, tenant_id, ("channel health", str(channel_id)), alert, besides=channel_id)


def broken_patterns(
    runtime: Runtime, snapshots: Snapshots, ring: Ring, tenant_id: UUID, positions: Sequence[int]
) -> None:
    """Open an incident that says which of the tenant's patterns keep failing; resolve it when none does.

    It goes to every channel of the tenant, whatever the routes say. Raises DatabaseDown.
    """

    def alert(_: Snapshot, key: bytes, now: datetime) -> SafeAlert:
        which = ", ".join(map(str, positions))
        return _alert(
            tenant_id,
            key,
            now,
            firing=bool(positions),
            severity="warning",
            title=f"Patterns that keep failing: {which}" if positions else "The tenant's patterns run again",
            description="Counted from 1 in the configuration file. Every text that such a pattern should see becomes a "
            "token meanwhile. Make the pattern simpler, then run `alertveil apply`.",
            labels={"patterns": which},
        )

    _tell(runtime, snapshots, ring, tenant_id, ("broken patterns",), alert)


def hook_health(runtime: Runtime, ring: Ring, tenant_id: UUID, hook_id: UUID, health: Health) -> None:
    """Open an incident for a hook that was paused, or resolve it when it goes on.

    It goes to the tenant's channels but those that wake people: what a system of theirs was to be told waits. Raises
    DatabaseDown.
    """
    why = health.paused.value if health.paused else ""
    with runtime.database.tenant(tenant_id) as session:
        row = hooks.by_id(session, hook_id)
        name = row.name if row else str(hook_id)
        if health.paused and health.probe_at is None:
            next_step = f"Mend its receiver, then run `alertveil hooks resume {name}`."
        else:
            next_step = "It is tried again every ten minutes and goes on by itself when it works."
        lanes = policy_in(
            runtime,
            session,
            tenant_id,
            ("hook health", str(hook_id)),
            severity="warning",
            title=f"Hook {name} is paused: its events are not taken ({why})",
            description=f"What it is to be told waits and is not lost. {next_step}",
            labels={"hook": name, "reason": why},
            firing=health.paused is not None,
            wakes=False,
        )
    ring(lanes)


def policy_in(  # noqa: PLR0913 - what is said, in its parts
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    topic: tuple[str, ...],
    *,
    severity: Severity,
    title: str,
    description: str,
    labels: dict[str, str],
    firing: bool = True,
    wakes: bool = True,
) -> set[tuple[UUID, UUID]]:
    """Open or end an incident about an opt-in, an agreement or a hook, within the caller's transaction.

    The words are ours and hold nobody's data. `wakes` is False for what can wait until morning: channels that page
    people are left out. Returns the lanes to ring for once the transaction is committed.
    """

    def alert(_: Snapshot, key: bytes, now: datetime) -> SafeAlert:
        return _alert(
            tenant_id, key, now, severity=severity, title=title, description=description, labels=labels, firing=firing
        )

    return _put(runtime, session, Snapshots(), tenant_id, topic, alert, without=frozenset() if wakes else PAGING)


def _tell(
    runtime: Runtime,
    snapshots: Snapshots,
    ring: Ring,
    tenant_id: UUID,
    topic: tuple[str, ...],
    build: Callable[[Snapshot, bytes, datetime], SafeAlert | None],
    *,
    besides: UUID | None = None,
) -> None:
    """Open, go on with or resolve the incident of a topic, and tell every channel of the tenant but `besides`."""
    with runtime.database.tenant(tenant_id) as session:
        lanes = _put(runtime, session, snapshots, tenant_id, topic, build, besides=besides)
    ring(lanes)


def _put(
    runtime: Runtime,
    session: Session,
    snapshots: Snapshots,
    tenant_id: UUID,
    topic: tuple[str, ...],
    build: Callable[[Snapshot, bytes, datetime], SafeAlert | None],
    *,
    besides: UUID | None = None,
    without: frozenset[str] = frozenset(),
) -> set[tuple[UUID, UUID]]:
    """The same within the caller's transaction; returns the lanes to ring for once it is committed."""
    moment = incidents.moment(session)
    snapshot = snapshots.fresh(session, tenant_id, moment.version) if moment else None
    if moment is None or snapshot is None:
        return set()
    group_key = runtime.vault.keys(session, tenant_id).mark(*topic)
    alert = build(snapshot, group_key, moment.now)
    if alert is None:
        return set()
    current = incidents.latest(session, [group_key])().get(group_key)
    new_id = time_ordered(time.time_ns() // 1_000_000, os.urandom(10))
    change = absorb(current, alert, group_key=group_key, new_id=new_id, duplicate=False)
    if change is None or change.kind is None:
        return set()
    incident, kind = change.incident, change.kind
    told = incident.told or {
        other.channel_id: other.destination_id
        for other in snapshot.channels.values()
        if other.channel_id != besides and other.kind not in without
    }
    change = replace(change, incident=replace(incident, told=told))
    if incident.new:
        incidents.insert(session, tenant_id, [change.incident])
    else:
        incidents.update(session, [change.incident])
    incidents.add_alerts(session, tenant_id, [(change.incident, alert)])
    incidents.add_events(session, tenant_id, [(change, None if told else "the tenant has no channel for it")])
    planned = [
        deliveries.Planned(incident.incident_id, other, destination, incident.revision, kind)
        for other, destination in told.items()
    ]
    deliveries.supersede(session, planned)
    deliveries.add(session, tenant_id, planned)
    told_hooks = outbox.tell(session, snapshot, [change])
    return {(tenant_id, each.channel_id) for each in planned} | {(tenant_id, each) for each in told_hooks}


def _paused(channel: Channel, health: Health, key: bytes, tenant_id: UUID, now: datetime) -> SafeAlert:
    why = health.paused.value if health.paused else ""
    if health.paused and health.probe_at is None:
        next_step = f"Mend it, then run `alertveil channels resume {channel.name}`."
    else:
        next_step = "It is tried again every ten minutes and goes on by itself when it works."
    return _alert(
        tenant_id,
        key,
        now,
        firing=health.paused is not None,
        severity="error",
        title=f"Channel {channel.name} is paused: deliveries fail ({why})",
        description=f"What is due on it waits and is not lost. {next_step}",
        labels={"channel": channel.name, "kind": channel.kind, "reason": why},
    )


def _alert(
    tenant_id: UUID,
    key: bytes,
    now: datetime,
    *,
    severity: Severity,
    title: str,
    description: str,
    labels: dict[str, str],
    firing: bool = True,
) -> SafeAlert:
    """Words of our own and nobody's data, so they are safe as they stand."""
    return SafeAlert(
        alert_id=time_ordered(time.time_ns() // 1_000_000, os.urandom(10)),
        source_id=tenant_id,
        source=SOURCE,
        signal="firing" if firing else "resolved",
        key=key,
        identity=os.urandom(16),
        timed=False,
        severity=severity,
        title=SafeText(title),
        description=SafeText(description),
        labels=labels,
        details={},
        links=(),
        fields=tuple(labels.items()),
        tokens=(),
        received_at=now,
    )
