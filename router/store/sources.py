"""How a tenant's sources are doing, and what a person changes of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from router.store.session import Session

COUNTED: Final = 5_000
"""Alerts of the last day that are counted one by one, over all sources of a tenant."""

LOOKED: Final = 1_000
"""Newest incidents that are looked at for a source's last alert."""


class Lately(NamedTuple):
    """By source: its alerts of the last day and its last one. `whole` False: there were more than are counted."""

    alerts: Mapping[UUID, int]
    last: Mapping[UUID, datetime]
    whole: bool


def lately(session: Session) -> Lately:
    """What the entered tenant's sources sent lately: bounded, whatever came in.

    An incident had an alert within the day when it is live and was heard of since, or was resolved since; both are read
    from their indexes, and each one's alerts from the primary key, where ids sort by time (UUID version 7).
    """
    rows = session.rows(
        "WITH heard AS ((SELECT incident_id FROM incidents WHERE status <> 'resolved'"
        " AND last_alert_at > now() - interval '1 day' ORDER BY last_alert_at DESC LIMIT %(most)s) UNION"
        " (SELECT incident_id FROM incidents WHERE status = 'resolved' AND resolved_at > now() - interval '1 day'"
        " ORDER BY resolved_at DESC LIMIT %(most)s)),"
        " found AS (SELECT a.source_id, a.received_at FROM heard h CROSS JOIN LATERAL"
        " (SELECT b.source_id, b.received_at FROM alerts b"
        " WHERE b.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"
        " AND b.incident_id = h.incident_id AND b.received_at > now() - interval '1 day'"
        " ORDER BY b.alert_id DESC LIMIT %(most)s) a LIMIT %(most)s)"
        " SELECT source_id, count(*) AS alerts, max(received_at) AS last FROM found GROUP BY source_id",
        {"most": COUNTED},
    )
    older = session.rows(
        "SELECT source_id, max(last_alert_at) AS last FROM (SELECT source_id, last_alert_at FROM incidents"
        " ORDER BY incident_id DESC LIMIT %s) i GROUP BY source_id",
        (LOOKED,),
    )
    last = {row.source_id: row.last for row in older}
    last |= {row.source_id: max(row.last, last.get(row.source_id, row.last)) for row in rows}
    alerts = {row.source_id: int(row.alerts) for row in rows}
    return Lately(alerts, last, sum(alerts.values()) < COUNTED)


def change(  # noqa: PLR0913 - one a column
    session: Session,
    source_id: UUID,
    *,
    format_name: str,
    mapping: Mapping[str, str],
    fields: Mapping[str, str],
    settings: Mapping[str, str],
    quiet_after: timedelta | None,
    signing: bytes | None,
    signing_version: int | None,
) -> None:
    """Change a source; its name and its keys stay."""
    session.run(
        "UPDATE sources SET format = %s, mapping = %s, fields = %s, settings = %s, quiet_after = %s, signing = %s,"
        " signing_version = %s WHERE source_id = %s",
        (
            format_name,
            _json(mapping),
            _json(fields),
            _json(settings),
            quiet_after,
            signing,
            signing_version,
            source_id,
        ),
    )


def end_old_key(session: Session, source_id: UUID) -> bool:
    """The key before the last rotation holds no longer; True when it did."""
    return bool(
        session.run(
            "UPDATE sources SET old_key_until = NULL WHERE source_id = %s AND old_key_until > now()", (source_id,)
        )
    )


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(value)).decode()
