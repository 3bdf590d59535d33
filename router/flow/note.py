"""A person writes a note to an incident: what they saw or tried. It is tokenized at strict before it is kept."""

from __future__ import annotations

import os
import time
from uuid import UUID

from router.core.audit import Event
from router.core.ident import time_ordered
from router.flow.manage import NotPossible
from router.flow.respond import NoSuchIncident
from router.flow.snapshot import Snapshots
from router.privacy.said import LONGEST, said
from router.runtime import Runtime
from router.store import incidents


def add(
    runtime: Runtime,
    snapshots: Snapshots,
    tenant_id: UUID,
    incident_id: UUID,
    text: str,
    actor: str,
    *,
    auth: str = "",
) -> UUID:
    """Keep a note; its id. What looks like somebody's data in it becomes throw-away tokens, which nobody can open.

    Raises:
        NotPossible: there is no text, or it is longer than LONGEST.
        NoSuchIncident: this tenant has none with this id.
        DatabaseDown: nothing was kept.
    """
    words = " ".join(text.split())
    if not words or len(words) > LONGEST:
        raise NotPossible(f"A note has 1 to {LONGEST} characters.")
    note_id = time_ordered(time.time_ns() // 1_000_000, os.urandom(10))
    with runtime.database.tenant(tenant_id) as session:
        moment = incidents.moment(session)
        snapshot = snapshots.fresh(session, tenant_id, moment.version) if moment else None
        if snapshot is None or incidents.by_id(session, incident_id) is None:
            raise NoSuchIncident("There is no such incident in this tenant.")
        incidents.add_note(session, tenant_id, incident_id, note_id, actor, said(words, snapshot.rules))
        details = {"incident": str(incident_id), "note": str(note_id)}
        runtime.audit.write(
            session, tenant_id, Event("incident.note", actor, f"incident:{incident_id}", auth=auth, details=details)
        )
    return note_id
