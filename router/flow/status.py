"""Is it working: what /readyz, /metrics and `doctor` say, without a word of anybody's data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from router.flow import audit_nightly
from router.keys import KeystoreDown
from router.measures import exposed
from router.runtime import Runtime
from router.store import audit, lanes, measures, upkeep
from router.store.session import DatabaseDown

LATE: Final = 30.0
"""Seconds without upkeep after which it counts as stopped."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a process can say of its installation. Ages in seconds; None where there is nothing to say."""

    database: bool
    keystore: bool
    broker: bool
    upkeep_age: float | None
    ingest_age: float | None
    oldest_due: float | None
    kill_switch: bool
    audit_lag: float | None = None
    audit_holds: bool | None = None
    audit_verified_age: float | None = None

    @property
    def ready(self) -> bool:
        """Can an alert be accepted durably now. Late deliveries and a missing broker do not stop that."""
        return self.database and self.keystore

    def as_json(self) -> dict[str, Any]:
        """The answer of /readyz."""
        late = self.upkeep_age is None or self.upkeep_age > LATE
        worse = late or not self.broker or self.audit_holds is False
        return {
            "status": "down" if not self.ready else "degraded" if worse else "ready",
            "database": self.database,
            "keystore": self.keystore,
            "broker": self.broker,
            "upkeep_heartbeat_age_seconds": _rounded(self.upkeep_age),
            "ingest_heartbeat_age_seconds": _rounded(self.ingest_age),
            "oldest_due_delivery_seconds": _rounded(self.oldest_due) or 0.0,
            "kill_switch": self.kill_switch,
            "audit_unchained_seconds": _rounded(self.audit_lag),
            "audit_holds": self.audit_holds,
            "audit_verified_age_seconds": _rounded(self.audit_verified_age),
        }


def beat(runtime: Runtime) -> None:
    """Mark that ingest is accepting. Raises DatabaseDown."""
    with runtime.database.several() as session:
        upkeep.beat_ingest(session)


def ready(runtime: Runtime) -> Ready:
    """Look at the database, the keystore and the broker now; never raises."""
    try:
        with runtime.database.several() as session:
            row = upkeep.state(session)
            unchained, _ = audit.lag(session)
    except DatabaseDown:
        row, unchained = None, None
    try:
        runtime.keys.keystore.check()
        keystore = True
    except KeystoreDown:
        keystore = False
    verified = audit_nightly.seen(runtime)
    return Ready(
        database=row is not None,
        keystore=keystore,
        broker=runtime.broker.ping(),
        upkeep_age=row.upkeep_age if row else None,
        ingest_age=row.ingest_age if row else None,
        oldest_due=row.oldest_due if row else None,
        kill_switch=bool(row.kill_switch) if row else False,
        audit_lag=unchained,
        audit_holds=verified.holds if verified else None,
        audit_verified_age=_age(verified.held_at) if verified else None,
    )


def metrics(runtime: Runtime) -> bytes:
    """What the database knows, in Prometheus' text format; empty when it does not answer."""
    try:
        runtime.measures.write(runtime.database)
        with runtime.database.several() as session:
            row = upkeep.state(session)
            found = lanes.totals(session)
            unchained, signed = audit.lag(session)
            written = measures.everything(session)
    except DatabaseDown:
        return b""
    verified = audit_nightly.seen(runtime)
    now = time.time()
    lines = [
        *_gauge("alertveil_outbox_oldest_due_seconds", "Seconds that the oldest due delivery waits.", row.oldest_due),
        *_gauge("alertveil_upkeep_heartbeat_age_seconds", "Seconds since upkeep last ran.", row.upkeep_age),
        *_gauge("alertveil_ingest_heartbeat_age_seconds", "Seconds since ingest was seen accepting.", row.ingest_age),
        *_gauge("alertveil_kill_switch", "1 while the installation's kill switch is on.", float(row.kill_switch)),
        "# HELP alertveil_deliveries_total Attempts by what came of them.",
        "# TYPE alertveil_deliveries_total counter",
    ]
    lines += [
        f'alertveil_deliveries_total{{channel_kind="{kind}",outcome="{outcome}",mode="{mode}"}} {count}'
        for kind, outcome, mode, count in found.attempts
    ]
    lines += _gauge("alertveil_outbox_due", "Deliveries that are due, counted up to a thousand a channel.", found.due)
    lines += _gauge("alertveil_channels_paused", "Channels that are paused.", found.paused)
    lines += _gauge("alertveil_audit_unchained_seconds", "Age of the oldest audit event in no chain yet.", unchained)
    lines += _gauge("alertveil_audit_checkpoint_age_seconds", "Seconds since audit checkpoints were signed.", signed)
    lines += _gauge(
        "alertveil_scheduler_heartbeat_timestamp_seconds",
        "When upkeep last ran.",
        now - row.upkeep_age if row.upkeep_age is not None else None,
    )
    lines += _gauge(
        "alertveil_audit_last_checkpoint_timestamp_seconds",
        "When audit checkpoints were last signed; 0 when none was.",
        now - signed if signed is not None else None,
    )
    if verified is not None:
        lines += _gauge(
            "alertveil_audit_last_verification_timestamp_seconds",
            "When rows of the audit were last verified and held; 0 when none were.",
            verified.held_at.timestamp() if verified.held_at else None,
        )
        lines += _gauge(
            "alertveil_audit_last_full_verification_timestamp_seconds",
            "When a verification of every row of every chain last ended in which all held; 0 when none did.",
            verified.whole_at.timestamp() if verified.whole_at else None,
        )
        lines += _gauge(
            "alertveil_audit_broken_chains",
            "Chains that the nightly verification found not to hold; 1 when its record was changed.",
            float(len(verified.broken) or verified.forged),
        )
    lines += ["# HELP alertveil_optins Opt-ins that are open, by state.", "# TYPE alertveil_optins gauge"]
    lines += [f'alertveil_optins{{state="{state}"}} {count}' for state, count in found.optins.items()]
    lines += exposed({(each.name, tuple(each.labels)): (each.counts, each.total) for each in written})
    return ("\n".join(lines) + "\n").encode()


def _gauge(name: str, text: str, value: float | None) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value or 0.0}"]


def _age(at: datetime | None) -> float | None:
    return None if at is None else max(0.0, (datetime.now(UTC) - at).total_seconds())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
