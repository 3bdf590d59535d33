"""Incidents, their alerts and their timeline: one statement a batch, whatever its size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from channels.contract import SafeText
from router.core.alert import SafeAlert
from router.core.incident import Change, Incident
from router.store.session import Row, Session, packed

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
    "firing": "bigint[]",
    "told": "json",
    "opened_at": "timestamptz",
    "last_alert_at": "timestamptz",
    "resolved_at": "timestamptz",
    "ended_by": "text",
}
_FIXED = {"incident_id", "group_key", "opened_at"}
_CHANGING = [name for name in _TYPES if name not in _FIXED]


_GIVEN = "json_to_recordset(%s::json) AS n (" + ", ".join(f"{name} {kind}" for name, kind in _TYPES.items()) + ")"
_READ = ", ".join(f"n.{name}" for name in _TYPES)
_WRITE = ", ".join(f"n.{name}" for name in _CHANGING)

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


def latest(session: Session, group_keys: Iterable[bytes]) -> Callable[[], dict[bytes, Incident]]:
    """The latest incident of each group key, locked in key order until the transaction ends.

    Sent without waiting; the answer is there when the returned function is called. Looked up key by key: a plan made
    while the table was small would walk all of a tenant's incidents.
    """
    cursor = session.queue(
        f"SELECT i.* FROM unnest(%s::bytea[]) AS k CROSS JOIN LATERAL (SELECT {COLUMNS} FROM incidents"
        " WHERE latest AND tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"
        " AND group_key = k LIMIT 1 FOR UPDATE) i",
        (sorted(group_keys),),
    )
    return lambda: {bytes(row.group_key): from_row(row) for row in cursor.fetchall()}


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


def insert(
    session: Session, tenant_id: UUID, incidents: Sequence[Incident], replaced: Sequence[UUID] = ()
) -> Callable[[], int]:
    """Add new incidents in place of `replaced` ones, which are their group's latest no longer.

    Sent without waiting. The returned function says how many were added: fewer than given when another process opened
    one of them first.
    """
    if replaced:
        session.queue("UPDATE incidents SET latest = false WHERE incident_id = ANY (%s)", (list(replaced),))
    if not incidents:
        return int
    cursor = session.queue(
        f"INSERT INTO incidents (tenant_id, {', '.join(_TYPES)}) SELECT %s, {_READ} FROM {_GIVEN}"
        " ORDER BY n.group_key ON CONFLICT (tenant_id, group_key) WHERE latest DO NOTHING",
        (tenant_id, _given(incidents)),
    )
    return lambda: cursor.rowcount


def update(session: Session, incidents: Sequence[Incident]) -> None:
    """Write the new state of locked incidents."""
    if not incidents:
        return
    session.queue(
        f"UPDATE incidents i SET ({', '.join(_CHANGING)}) = ({_WRITE}) FROM {_GIVEN}"
        " WHERE i.incident_id = n.incident_id AND i.incident_id = ANY (%s)",
        (_given(incidents), [each.incident_id for each in incidents]),
    )


def add_alerts(session: Session, tenant_id: UUID, kept: Sequence[tuple[Incident, SafeAlert]]) -> Callable[[], int]:
    """Store alerts with the tokens that sealing them produced; tells afterwards how many were new."""
    if not kept:
        return int
    cursor = session.queue(
        "INSERT INTO alerts (tenant_id, incident_id, alert_id, identity, generation, source_id, signal, severity,"
        " payload, received_at, tokens)"
        " SELECT %s, n.* FROM json_to_recordset(%s::json) AS n (incident_id uuid, alert_id uuid, identity bytea,"
        " generation int, source_id uuid, signal text, severity text, payload json, received_at timestamptz,"
        " tokens text[]) ON CONFLICT (tenant_id, identity, incident_id, generation) DO NOTHING",
        (
            tenant_id,
            packed(
                [
                    {
                        "incident_id": incident.incident_id,
                        "alert_id": alert.alert_id,
                        "identity": alert.identity,
                        "generation": incident.generation,
                        "source_id": alert.source_id,
                        "signal": alert.signal,
                        "severity": alert.severity,
                        "payload": payload(alert),
                        "received_at": alert.received_at,
                        "tokens": alert.tokens,
                    }
                    for incident, alert in kept
                ]
            ),
        ),
    )
    return lambda: cursor.rowcount


def add_events(session: Session, tenant_id: UUID, changes: Sequence[tuple[Change, str | None]]) -> None:
    """One line of the timeline for each new revision, with why, who, and why nobody was told (if so)."""
    if not changes:
        return
    session.queue(
        "INSERT INTO incident_events (tenant_id, incident_id, revision, why, actor, hush)"
        " SELECT %s, n.* FROM json_to_recordset(%s::json) AS n (incident_id uuid, revision int, why text, actor text,"
        " hush text)",
        (
            tenant_id,
            packed(
                [
                    {
                        "incident_id": change.incident.incident_id,
                        "revision": change.incident.revision,
                        "why": change.why.value,
                        "actor": change.actor,
                        "hush": hush,
                    }
                    for change, hush in changes
                ]
            ),
        ),
    )


def add_note(session: Session, tenant_id: UUID, incident_id: UUID, note_id: UUID, actor: str, text: str) -> None:
    """Store what a person wrote, tokenized."""
    session.run(
        "INSERT INTO notes (tenant_id, incident_id, note_id, actor, text) VALUES (%s, %s, %s, %s, %s)",
        (tenant_id, incident_id, note_id, actor, text),
    )


def payload(alert: SafeAlert) -> dict[str, Any]:
    """What is kept of an alert."""
    return {
        "title": alert.title,
        "description": alert.description,
        "labels": alert.labels,
        "details": alert.details,
        "links": alert.links,
        "starts_at": alert.starts_at,
        "rules": alert.rules,
    }


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
        told={_id(channel): _id(destination) for channel, destination in row.told.items()},
    )


@lru_cache(maxsize=4096)
def _id(text: str) -> UUID:
    """A channel's or destination's id: there are few of them, and each is read with every incident it was told."""
    return UUID(text)


def _given(incidents: Sequence[Incident]) -> str:
    """The rows that _GIVEN reads."""
    return packed(
        [
            {
                "incident_id": each.incident_id,
                "group_key": each.group_key,
                "source_id": each.source_id,
                "source": each.source,
                "status": each.status,
                "severity": each.severity,
                "title": each.title,
                "description": each.description,
                "labels": each.labels,
                "links": each.links,
                "fields": each.fields,
                "revision": each.revision,
                "generation": each.generation,
                "count": each.count,
                "firing": list(each.firing),
                "told": {str(channel): str(destination) for channel, destination in each.told.items()},
                "opened_at": each.opened_at,
                "last_alert_at": each.last_alert_at,
                "resolved_at": each.resolved_at,
                "ended_by": each.ended_by,
            }
            for each in incidents
        ]
    )
