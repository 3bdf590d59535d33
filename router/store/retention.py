"""Rows of keys, holds and sweeps: what removes is a function of the database that checks the rule itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from router.store.session import Row, Session, packed


def keys(session: Session) -> list[Row]:
    """The entered tenant's keys by purpose and version, destroyed ones without their key."""
    return session.rows(
        "SELECT purpose, version, epoch, wrapped, wrapped_by, created_at, rewrapped_at, shredded_at FROM vault.keys()"
    )


def rewrap(session: Session, purpose: str, version: int, wrapped: bytes, wrapped_by: str) -> None:
    """The same key, wrapped anew."""
    session.run("SELECT vault.rewrap_key(%s, %s, %s, %s)", (purpose, version, wrapped, wrapped_by))


def audit_wrapped_by(session: Session, name: str) -> bool:
    """Is an audit key wrapped by this one; `session` entered the installation."""
    return session.one("SELECT 1 AS held FROM audit_keys WHERE wrapped_by = %s LIMIT 1", (name,)) is not None


def credentials(session: Session) -> list[Row]:
    """Every destination's sealed credentials."""
    return session.rows("SELECT destination_id, secrets, key_version FROM destinations")


def edge_keys(session: Session) -> list[Row]:
    """Every source's sealed edge key."""
    return session.rows("SELECT source_id, edge_key, edge_key_version FROM sources")


def put_credentials(session: Session, sealed: Sequence[Mapping[str, Any]], version: int) -> None:
    """Credentials sealed again: `id` and `sealed` each."""
    session.run(
        "UPDATE destinations d SET secrets = n.sealed, key_version = %s"
        " FROM json_to_recordset(%s::json) AS n (id uuid, sealed bytea) WHERE d.destination_id = n.id",
        (version, packed(sealed)),
    )


def put_edge_keys(session: Session, sealed: Sequence[Mapping[str, Any]], version: int) -> None:
    """Edge keys sealed again: `id` and `sealed` each. Those that were replaced before end here."""
    session.run(
        "UPDATE sources s SET edge_key = n.sealed, edge_key_version = %s, old_edge_key = NULL"
        " FROM json_to_recordset(%s::json) AS n (id uuid, sealed bytea) WHERE s.source_id = n.id",
        (version, packed(sealed)),
    )


def signing_secrets(session: Session) -> list[Row]:
    """Every source's sealed signing secret, where it has one."""
    return session.rows("SELECT source_id, signing, signing_version FROM sources WHERE signing IS NOT NULL")


def put_signing_secrets(session: Session, sealed: Sequence[Mapping[str, Any]], version: int) -> None:
    """Signing secrets sealed again: `id` and `sealed` each."""
    session.run(
        "UPDATE sources s SET signing = n.sealed, signing_version = %s"
        " FROM json_to_recordset(%s::json) AS n (id uuid, sealed bytea) WHERE s.source_id = n.id",
        (version, packed(sealed)),
    )


def tenants_due(session: Session) -> list[UUID]:
    """Tenants whose sweep is due; needs no tenant."""
    return [row.tenant_id for row in session.rows("SELECT tenant_id FROM door.retention_tenants()")]


def turn(session: Session, tenant_id: UUID, wait: timedelta) -> Row | None:
    """Take the entered tenant's turn for `wait`; None: somebody else has it. The row is locked until the end."""
    session.run("INSERT INTO retention (tenant_id) VALUES (%s) ON CONFLICT DO NOTHING", (tenant_id,))
    return session.one(
        "UPDATE retention r SET next_at = now() + %s FROM (SELECT s.tenant_id FROM retention s"
        " WHERE s.tenant_id = %s AND s.next_at <= now() FOR UPDATE SKIP LOCKED) d, tenants t"
        " WHERE r.tenant_id = d.tenant_id AND t.tenant_id = d.tenant_id"
        " RETURNING now() AS now, r.seen_at, r.unsteady_at, r.pass_began_at, r.pass_index, r.pass_blind,"
        " r.pass_ended_at, t.keep_values, t.keep_incidents, t.offboarded_at, EXISTS (SELECT FROM holds h"
        " WHERE h.tenant_id = r.tenant_id AND h.incident_id IS NULL AND h.lifted_at IS NULL) AS held",
        (wait, tenant_id),
    )


def state(session: Session) -> Row | None:
    """The entered tenant's periods, holds and where its sweep stands."""
    return session.one(
        "SELECT t.slug, t.keep_values, t.keep_incidents, t.offboarded_at, r.seen_at, r.unsteady_at, r.pass_began_at,"
        " r.pass_ended_at, coalesce(r.incidents, 0) AS incidents, coalesce(r.rows, 0) AS rows,"
        " coalesce(r.entries, 0) AS entries, coalesce(r.keys, 0) AS keys, now() AS now,"
        " (SELECT count(*) FROM holds h WHERE h.lifted_at IS NULL) AS holds"
        " FROM tenants t LEFT JOIN retention r ON r.tenant_id = t.tenant_id"
    )


def remember(session: Session, **given: Any) -> None:  # noqa: ANN401 - one value a column
    """Columns of the entered tenant's sweep; counters are added to."""
    counters = {"incidents", "rows", "entries", "keys"}
    parts = [f"{name} = {name} + %({name})s" if name in counters else f"{name} = %({name})s" for name in given]
    session.run(f"UPDATE retention SET {', '.join(parts)}", given)


def sooner(session: Session, wait: timedelta) -> None:
    """There is more to do: the next turn comes in `wait`."""
    session.run("UPDATE retention SET next_at = now() + %s", (wait,))


def begin_again(session: Session) -> None:
    """A hold was placed: what a pass under way has collected holds no more."""
    session.run("UPDATE retention SET pass_began_at = NULL, pass_index = 0, pass_blind = ''")


def sweep_incidents(session: Session, most: int) -> tuple[int, int]:
    """(incidents, rows of theirs) removed by one bounded step."""
    row = session.one("SELECT incidents, rows FROM vault.sweep_incidents(%s)", (most,))
    return (row.incidents, row.rows) if row else (0, 0)


def begin_pass(session: Session) -> int:
    """Collect the tokens that a pass must spare; how many."""
    row = session.one("SELECT vault.begin_pass() AS needed")
    session.run(
        "UPDATE retention SET pass_began_at = now(), pass_xid = pg_current_xact_id(), pass_index = 0, pass_blind = ''"
    )
    return int(row.needed) if row else 0


def sweep_values(session: Session, index: int, blind: bytes, most: int) -> Row | None:
    """One page of a pass; None under a hold of the tenant."""
    return session.one(
        "SELECT last_index, last_blind, looked, swept, dropped FROM vault.sweep_values(%s, %s, %s)",
        (index, blind, most),
    )


def sweep_records(session: Session, most: int) -> int:
    """Records removed that have been kept for six years."""
    row = session.one("SELECT vault.sweep_records(%s) AS gone", (most,))
    return int(row.gone) if row else 0


def sweep_ended(session: Session, most: int) -> int:
    """Vault entries removed of an off-boarded tenant."""
    row = session.one("SELECT vault.sweep_ended(%s) AS gone", (most,))
    return int(row.gone) if row else 0


def stop_sealing(session: Session) -> None:
    """Return when nobody seals for the entered tenant any more; it goes on when this transaction ends."""
    session.one("SELECT vault.stop_sealing()")


def shred_key(session: Session, version: int) -> bool:
    """Destroy a value key that is over; False when the database finds that it is not."""
    row = session.one("SELECT vault.shred_key(%s) AS gone", (version,))
    return bool(row and row.gone)


def shred_tenant(session: Session) -> list[Row]:
    """Destroy every key of the entered tenant; nothing when a hold is on or all are destroyed."""
    return session.rows(
        "SELECT purpose, version, epoch, created_at, shredded_at, fingerprint FROM vault.shred_tenant()"
    )


def census(session: Session) -> Row | None:
    """How many values are kept, open, erased, and how many keys live."""
    return session.one("SELECT entries, sealed, erased, keys FROM vault.census()")


def erase(session: Session, blinds: Sequence[tuple[int, bytes]]) -> list[Row]:
    """Remove values by their blind indexes: (token, kind, erased) of each that was there."""
    given = packed([{"version": version, "blind": blind} for version, blind in blinds])
    return session.rows("SELECT token, kind, erased FROM vault.erase(%s::json)", (given,))


def place_hold(
    session: Session, tenant_id: UUID, hold_id: UUID, incident_id: UUID | None, reason: str, actor: str
) -> None:
    """Add a hold."""
    session.run(
        "INSERT INTO holds (tenant_id, hold_id, incident_id, reason, placed_by) VALUES (%s, %s, %s, %s, %s)",
        (tenant_id, hold_id, incident_id, reason, actor),
    )


def lift_hold(session: Session, hold_id: UUID, actor: str) -> bool:
    """End a hold; False when there is none with this id that is on."""
    return bool(
        session.run(
            "UPDATE holds SET lifted_by = %s, lifted_at = now() WHERE hold_id = %s AND lifted_at IS NULL",
            (actor, hold_id),
        )
    )


def holds(session: Session) -> list[Row]:
    """Every hold of the entered tenant, those that are on first."""
    return session.rows(
        "SELECT hold_id, incident_id, reason, placed_by, placed_at, lifted_by, lifted_at FROM holds"
        " ORDER BY lifted_at IS NOT NULL, placed_at"
    )


def suppress_pending(session: Session, reason: str) -> int:
    """Deliveries that will never be sent, because their tenant has ended."""
    return session.run(
        "UPDATE deliveries SET state = 'suppressed', reason = %s, done_at = now() WHERE state = 'pending'", (reason,)
    )


def count_incidents(session: Session) -> int:
    """How many incidents the entered tenant has."""
    row = session.one("SELECT count(*) AS n FROM incidents")
    return int(row.n) if row else 0


def end_sessions(session: Session) -> None:
    """Sign everybody of the entered tenant out."""
    session.run("DELETE FROM sessions")
