"""Incidents, their alerts and their timeline: one statement a batch, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from channels.contract import SafeText
from router.core.alert import SafeAlert
from router.core.incident import Change, Incident
from router.store.session import Row, Session

_TYPES = {
    "incident_id": "uuid",
    "group_key": "bytea",
    "source_id": "uuid",
    "source": "text",
    "status": "text",
    "severity": "text",
    "title": "text",
    "description": "text",
    "labels": "json",
    "links": "json",
    "fields": "json",
    "revision": "int",
    "generation": "int",
    "count": "int",
    "firing": "text",  # an array of arrays does not unnest: each travels as its literal
    "told": "json",
    "opened_at": "timestamptz",
    "last_alert_at": "timestamptz",
    "resolved_at": "timestamptz",
    "ended_by": "text",
}
_FIXED = {"incident_id", "group_key", "opened_at"}
_CHANGING = [name for name in _TYPES if name not in _FIXED]


def _column(name: str) -> str:
    return "n.firing::bigint[]" if name == "firing" else f"n.{name}"


_UNNEST = "unnest(" + ", ".join(f"%s::{kind}[]" for kind in _TYPES.values()) + ") AS n (" + ", ".join(_TYPES) + ")"
_READ = ", ".join(_column(name) for name in _TYPES)
_WRITE = ", ".join(_column(name) for name in _CHANGING)

COLUMNS = ", ".join(_TYPES)
"""What `from_row` reads."""


class Moment(NamedTuple):
    """What a transaction needs to know first: which configuration holds, and the database's time."""

    version: int
    kill_switch: bool
    now: datetime


def moment(session: Session) -> Moment | None:
    """The tenant's configuration version, its kill switch (or the global one) and the time; None: no such tenant."""
    row = session.one(
        "SELECT t.config_version, t.kill_switch OR i.kill_switch AS kill_switch, now() AS now"
        " FROM tenants t, instance i"
    )
    return Moment(row.config_version, row.kill_switch, row.now) if row else None


def latest(session: Session, group_keys: Iterable[bytes]) -> dict[bytes, Incident]:
    """The latest incident of each group key, locked in key order until the transaction ends."""
    rows = session.rows(
        f"SELECT {COLUMNS} FROM incidents WHERE latest AND group_key = ANY (%s) ORDER BY group_key FOR UPDATE",
        (sorted(group_keys),),
    )
    return {bytes(row.group_key): from_row(row) for row in rows}


def by_id(session: Session, incident_id: UUID, *, lock: bool = False) -> Incident | None:
    """One incident, locked when it is about to be changed."""
    row = session.one(
        f"SELECT {COLUMNS} FROM incidents WHERE incident_id = %s" + (" FOR UPDATE" if lock else ""), (incident_id,)
    )
    return from_row(row) if row else None


class Known(NamedTuple):
    """An alert that is stored already."""

    alert_id: UUID
    incident_id: UUID
    generation: int


def known(session: Session, identities: Iterable[bytes], incident_ids: Iterable[UUID]) -> dict[bytes, Known]:
    """Alerts that these incidents hold already, the newest generation of each identity."""
    rows = session.rows(
        "SELECT DISTINCT ON (identity) identity, alert_id, incident_id, generation FROM alerts"
        " WHERE identity = ANY (%s) AND incident_id = ANY (%s) ORDER BY identity, generation DESC",
        (list(identities), list(incident_ids)),
    )
    return {bytes(row.identity): Known(row.alert_id, row.incident_id, row.generation) for row in rows}


def insert(session: Session, tenant_id: UUID, incidents: Sequence[Incident]) -> int:
    """Add new incidents; fewer than given come back when another process opened one of them first."""
    if not incidents:
        return 0
    session.run(
        "UPDATE incidents SET latest = false WHERE latest AND group_key = ANY (%s) AND status = 'resolved'",
        ([incident.group_key for incident in incidents],),
    )
    return session.run(
        f"INSERT INTO incidents (tenant_id, {', '.join(_TYPES)}) SELECT %s, {_READ} FROM {_UNNEST}"
        " ORDER BY n.group_key ON CONFLICT (tenant_id, group_key) WHERE latest DO NOTHING",
        (tenant_id, *_arrays(incidents)),
    )


def update(session: Session, incidents: Sequence[Incident]) -> int:
    """Write the new state of locked incidents."""
    if not incidents:
        return 0
    return session.run(
        f"UPDATE incidents i SET ({', '.join(_CHANGING)}) = ({_WRITE}) FROM {_UNNEST}"
        " WHERE i.incident_id = n.incident_id AND i.incident_id = ANY (%s)",
        (*_arrays(incidents), [each.incident_id for each in incidents]),
    )


def add_alerts(session: Session, tenant_id: UUID, kept: Sequence[tuple[Incident, SafeAlert]]) -> int:
    """Store alerts with the tokens that sealing them produced; fewer come back when one was stored meanwhile."""
    if not kept:
        return 0
    return session.run(
        "INSERT INTO alerts (tenant_id, incident_id, alert_id, identity, generation, source_id, signal, severity,"
        " payload, received_at, tokens)"
        " SELECT %s, n.incident_id, n.alert_id, n.identity, n.generation, n.source_id, n.signal, n.severity,"
        " n.payload, n.received_at, n.tokens::text[]"
        " FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[], %s::int[], %s::uuid[], %s::text[], %s::text[], %s::json[],"
        " %s::timestamptz[], %s::text[]) AS n (incident_id, alert_id, identity, generation, source_id, signal,"
        " severity, payload, received_at, tokens)"
        " ON CONFLICT (tenant_id, identity, incident_id, generation) DO NOTHING",
        (
            tenant_id,
            [incident.incident_id for incident, _ in kept],
            [alert.alert_id for _, alert in kept],
            [alert.identity for _, alert in kept],
            [incident.generation for incident, _ in kept],
            [alert.source_id for _, alert in kept],
            [alert.signal for _, alert in kept],
            [alert.severity for _, alert in kept],
            [payload(alert) for _, alert in kept],
            [alert.received_at for _, alert in kept],
            ["{" + ",".join(f'"{token}"' for token in alert.tokens) + "}" for _, alert in kept],
        ),
    )


def add_events(session: Session, tenant_id: UUID, changes: Sequence[tuple[Change, str | None]]) -> None:
    """One line of the timeline for each new revision, with why, who, and why nobody was told (if so)."""
    if not changes:
        return
    session.run(
        "INSERT INTO incident_events (tenant_id, incident_id, revision, why, actor, hush)"
        " SELECT %s, n.* FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[], %s::text[]) AS n",
        (
            tenant_id,
            [change.incident.incident_id for change, _ in changes],
            [change.incident.revision for change, _ in changes],
            [change.why.value for change, _ in changes],
            [change.actor for change, _ in changes],
            [hush for _, hush in changes],
        ),
    )


def payload(alert: SafeAlert) -> str:
    """What is kept of an alert, as JSON text."""
    return orjson.dumps(
        {
            "title": alert.title,
            "description": alert.description,
            "labels": alert.labels,
            "details": alert.details,
            "links": alert.links,
            "starts_at": alert.starts_at,
        }
    ).decode()


def from_row(row: Row) -> Incident:
    """An incident as the core knows it, from a row with COLUMNS."""
    return Incident(
        incident_id=row.incident_id,
        group_key=bytes(row.group_key),
        source_id=row.source_id,
        source=row.source,
        status=row.status,
        severity=row.severity,
        title=SafeText(row.title),
        description=SafeText(row.description),
        labels=row.labels,
        links=tuple((text, url) for text, url in row.links),
        fields=tuple((name, value) for name, value in row.fields),
        revision=row.revision,
        generation=row.generation,
        count=row.count,
        firing=frozenset(row.firing),
        opened_at=row.opened_at,
        last_alert_at=row.last_alert_at,
        resolved_at=row.resolved_at,
        ended_by=row.ended_by,
        told={UUID(channel): UUID(destination) for channel, destination in row.told.items()},
    )


def _json(value: Any) -> str:  # noqa: ANN401 - JSON
    return orjson.dumps(value).decode()


def _told(told: Mapping[UUID, UUID]) -> str:
    return _json({str(channel): str(destination) for channel, destination in told.items()})


def _arrays(incidents: Sequence[Incident]) -> tuple[list[Any], ...]:
    """One array a column, in the order of _TYPES."""
    return (
        [each.incident_id for each in incidents],
        [each.group_key for each in incidents],
        [each.source_id for each in incidents],
        [each.source for each in incidents],
        [each.status for each in incidents],
        [each.severity for each in incidents],
        [each.title for each in incidents],
        [each.description for each in incidents],
        [_json(each.labels) for each in incidents],
        [_json(each.links) for each in incidents],
        [_json(each.fields) for each in incidents],
        [each.revision for each in incidents],
        [each.generation for each in incidents],
        [each.count for each in incidents],
        ["{" + ",".join(map(str, each.firing)) + "}" for each in incidents],
        [_told(each.told) for each in incidents],
        [each.opened_at for each in incidents],
        [each.last_alert_at for each in incidents],
        [each.resolved_at for each in incidents],
        [each.ended_by for each in incidents],
    )
