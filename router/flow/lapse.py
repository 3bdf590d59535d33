"""What time does to opt-ins and agreements: warned of, ended, suspended with the agreement that carried them.

Nothing rests on it being on time: the decision and the grant look at the clock themselves. This writes down what is so,
tells people, and says of what the database did by itself why it did.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from router.core.audit import JSON, Event
from router.core.optin import REMINDERS, WARNINGS, due
from router.flow import herald, optin
from router.flow.herald import Word
from router.flow.optin import SYSTEM
from router.runtime import Runtime
from router.store import optins
from router.store.session import Row, Session

_DAY = timedelta(days=1)


def run(runtime: Runtime) -> int | None:
    """One round; how many things were told of. None: another process did it within the last ten seconds.

    Raises:
        DatabaseDown, KeystoreDown: the round stopped there; the next one goes on.
    """
    with runtime.database.several() as session:
        if not optins.take_turn(session):
            return None
        tenants = optins.tenants(session)
    return sum(tend(runtime, tenant_id) for tenant_id in tenants)


def tend(runtime: Runtime, tenant_id: UUID) -> int:
    """One tenant's opt-ins and agreements; how many things were told of. Raises as `run`."""
    words: list[Word] = []
    with runtime.database.tenant(tenant_id) as session:
        for row in optins.untold(session):
            words += _tell(runtime, session, tenant_id, row)
        for row in optins.open_ones(session):
            words += _opt_in(runtime, session, tenant_id, row)
        for row in optins.baas(session):
            words += _agreement(runtime, session, tenant_id, row)
    herald.mail(runtime, tenant_id, words)
    return len(words)


def _tell(runtime: Runtime, session: Session, tenant_id: UUID, row: Row) -> list[Word]:
    """The database suspended it by itself: now the audit knows, and people hear of it."""
    if not optins.tell(session, row.optin_id):
        return []
    runtime.audit.write(
        session,
        tenant_id,
        Event(
            "optin.suspend",
            SYSTEM,
            f"optin:{row.optin_id}",
            reason=row.state_reason,
            details={"channel": str(row.channel_id), "optin": str(row.optin_id), "at": row.state_at.isoformat()},
        ),
    )
    optin.changed(session, SYSTEM, f"opt-in of channel {row.channel} suspended: {row.state_reason}")
    words = [herald.suspended(row, row.state_reason)]
    herald.put(runtime, session, tenant_id, words)
    return words


def _opt_in(runtime: Runtime, session: Session, tenant_id: UUID, row: Row) -> list[Word]:
    words: list[Word] = []
    if row.ends_at <= row.now:
        optin.end_in(runtime, session, tenant_id, row.optin_id, "expired", why="its end was reached", words=words)
    elif row.state in {"active", "expiring"} and row.baa_expires_at <= row.now:
        why = "its business associate agreement has lapsed"
        optin.end_in(runtime, session, tenant_id, row.optin_id, "suspended", why=why, words=words)
    elif row.state in {"active", "expiring"} and not row.break_glass:
        days = due(_ahead(WARNINGS, row.bound_at, row.ends_at), row.warned, row.ends_at, row.now)
        if days is not None and optins.warn(session, row.optin_id, days):
            words.append(herald.expiring(row, _left(row.ends_at, row.now)))
            details: dict[str, JSON] = {"channel": str(row.channel_id), "optin": str(row.optin_id), "days": days}
            runtime.audit.write(
                session, tenant_id, Event("optin.warn", SYSTEM, f"optin:{row.optin_id}", details=details)
            )
            herald.put(runtime, session, tenant_id, words)
    return words


def _agreement(runtime: Runtime, session: Session, tenant_id: UUID, row: Row) -> list[Word]:
    if row.retired_at is not None:
        return []
    lapsed = row.expires_at <= row.now
    days = 0 if lapsed else due(_ahead(REMINDERS, row.added_at, row.expires_at), row.reminded, row.expires_at, row.now)
    if days is None or days in row.reminded or not optins.remind(session, row.baa_id, days):
        return []
    words = [herald.lapsed(row) if lapsed else herald.reminder(row, _left(row.expires_at, row.now))]
    action = "baa.lapse" if lapsed else "baa.remind"
    runtime.audit.write(session, tenant_id, Event(action, SYSTEM, f"baa:{row.baa_id}", details={"days": days}))
    herald.put(runtime, session, tenant_id, words)
    return words


def _ahead(days: Sequence[int], agreed_at: datetime, ends_at: datetime) -> list[int]:
    """Those of `days` that lay ahead when it was agreed: nobody is warned of what they just chose."""
    return [each for each in days if ends_at - each * _DAY > agreed_at]


def _left(ends_at: datetime, now: datetime) -> int:
    return max(1, math.ceil((ends_at - now) / _DAY))
