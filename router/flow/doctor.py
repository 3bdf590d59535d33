"""What is wrong with this installation and what to do about it: one finding a check, no value in any of them."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from router.core.audit import INSTANCE
from router.flow import audit_keep, audit_nightly
from router.flow.status import LATE
from router.keys import KeystoreDown
from router.runtime import Runtime
from router.store import audit, config, hooks, lanes, listing, migrate, upkeep
from router.store.session import DatabaseDown, Session, UnsafeRole

Level = Literal["ok", "warn", "error"]

OLDEST_REDIS: Final = (6, 2)
"""kombu 5.7 needs Redis 6.2 commands; the embedded Valkey says 7.2."""

SKEW: Final = 2.0
"""Seconds that this host's clock may differ from the database's: leases and timers are on the database's."""

OVERDUE: Final = 60.0
"""Seconds for which the oldest due delivery may wait before something is wrong (design §9 bundles from there on)."""

UNSIGNED: Final = 600.0
"""Seconds within which audit checkpoints are signed (design §10)."""

UNVERIFIED: Final = 2 * 86400.0
"""Seconds for which no row of the audit may be verified before something is wrong: a night's work is due each day."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Finding(NamedTuple):
    """One check: how bad, of what, and a sentence."""

    level: Level
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What only the environment says."""

    insecure_transport: bool
    kill_switch: bool
    egress_allow: Sequence[Network]


def examine(runtime: Runtime, around: Surroundings) -> list[Finding]:
    """Every finding, the good ones too. Never raises for what is broken: that is what it is for."""
    return _look(runtime, around, names=True)


def shared(runtime: Runtime, around: Surroundings) -> list[Finding]:
    """What people of every tenant may read of the installation that they share: no tenant is named. Never raises."""
    return _look(runtime, around, names=False)


def _look(runtime: Runtime, around: Surroundings, *, names: bool) -> list[Finding]:
    found = [*_environment(around)]
    try:
        found.append(_role(runtime))
        with runtime.database.several() as session:
            found += [*_schema(session), *_clock(session), *_heartbeats(session), _workers(session)]
            if names:
                found += _channels(session)
            found += _audit(session, names=names)
        found.append(_verified(runtime, names=names))
    except DatabaseDown as error:
        found.append(
            Finding("error", "database", f"It does not answer as it should (SQLSTATE {error.sqlstate or 'none'}).")
        )
    return [*found, _keystore(runtime), _broker(runtime)]


def _environment(around: Surroundings) -> Iterator[Finding]:
    if around.insecure_transport:
        yield Finding(
            "warn", "transport", "ALERTVEIL_INSECURE_TRANSPORT is on: hops to other hosts may be in the clear."
        )
    else:
        yield Finding("ok", "transport", "Every hop is local or encrypted.")
    if any(network.overlaps(loop) for network in around.egress_allow for loop in _loops(network)):
        yield Finding(
            "warn", "egress", "ALERTVEIL_EGRESS_ALLOW holds loopback: a webhook can reach services on this host."
        )
    else:
        yield Finding("ok", "egress", "Destinations cannot be on this host.")
    if around.kill_switch:
        yield Finding("warn", "kill switch", "ALERTVEIL_KILL_SWITCH is on: every channel gets tokens.")


def _loops(network: Network) -> list[Network]:
    return [ipaddress.ip_network("127.0.0.0/8" if network.version == 4 else "::1/128")]  # noqa: PLR2004


def _role(runtime: Runtime) -> Finding:
    try:
        runtime.database.check_role()
    except UnsafeRole as error:
        return Finding("error", "role", str(error))
    return Finding("ok", "role", "The application's role is held by row-level security.")


def _schema(session: Session) -> Iterator[Finding]:
    made = session.one("SELECT to_regclass('public.alembic_version') IS NOT NULL AS made")
    row = session.one("SELECT version_num FROM public.alembic_version") if made and made.made else None
    if row is None or row.version_num != migrate.newest():
        yield Finding("error", "schema", "It is not the one this version needs: run `alertveil migrate`.")
    else:
        yield Finding("ok", "schema", f"It is at {row.version_num}, as this version needs.")


def _clock(session: Session) -> Iterator[Finding]:
    before = time.time()
    row = session.one("SELECT extract(epoch FROM clock_timestamp())::float8 AS now")
    skew = abs(row.now - (before + time.time()) / 2) if row else 0.0
    if skew > SKEW:
        yield Finding("warn", "clock", f"This host and the database are {skew:.0f} s apart: set both by NTP.")
    else:
        yield Finding("ok", "clock", "This host and the database agree on the time.")


def _heartbeats(session: Session) -> Iterator[Finding]:
    row = upkeep.state(session)
    if row.upkeep_age is None or row.upkeep_age > LATE:
        yield Finding("error", "upkeep", f"Nobody has kept up for {_span(row.upkeep_age)}: start `alertveil worker`.")
    else:
        yield Finding("ok", "upkeep", f"It ran {_span(row.upkeep_age)} ago.")
    if row.ingest_age is None:
        yield Finding("warn", "ingest", "It was never seen accepting: start `alertveil web`.")
    elif row.ingest_age > LATE:
        yield Finding(
            "error", "ingest", f"It was last seen accepting {_span(row.ingest_age)} ago: start `alertveil web`."
        )
    else:
        yield Finding("ok", "ingest", f"It was seen accepting {_span(row.ingest_age)} ago.")
    if row.oldest_due is not None and row.oldest_due > OVERDUE:
        text = f"The oldest delivery that is due waits for {_span(row.oldest_due)}: see `alertveil deliveries list`."
        yield Finding("warn", "deliveries", text)
    else:
        yield Finding("ok", "deliveries", "Nothing that is due waits.")
    if row.kill_switch:
        yield Finding("warn", "kill switch", "The installation's is on: every channel gets tokens.")


def _channels(session: Session) -> Iterator[Finding]:
    paused, waiting = [], []
    for tenant_id in config.tenant_ids(session):
        session.enter(tenant_id)
        tenant = config.tenant(session)
        if tenant is None:
            continue
        if tenant.kill_switch:
            yield Finding("warn", "kill switch", f"The one of {tenant.slug} is on: its channels get tokens.")
        paused += [
            f"{tenant.slug}/{row.name}"
            for row in listing.channels(session)
            if row.paused_at is not None or row.paused is not None
        ]
        waiting += [f"{tenant.slug}/{row.name}" for row in hooks.every(session) if row.paused is not None]
    if paused:
        yield Finding("warn", "channels", f"Paused: {', '.join(paused)}. `alertveil channels list` says why.")
    else:
        yield Finding("ok", "channels", "None is paused.")
    if waiting:
        yield Finding("warn", "hooks", f"Paused: {', '.join(waiting)}. `alertveil hooks list` says why.")
    else:
        yield Finding("ok", "hooks", "None is paused.")


def _workers(session: Session) -> Finding:
    live = lanes.workers(session)
    if not live:
        # No error by itself: one that is being restarted is away for seconds, and upkeep tells when none comes back.
        return Finding("warn", "workers", "None is alive, so nothing is delivered: start `alertveil worker`.")
    return Finding("ok", "workers", f"{live} {'is' if live == 1 else 'are'} alive.")


def _audit(session: Session, *, names: bool) -> Iterator[Finding]:
    unchained, signed = audit.lag(session)
    session.enter(INSTANCE)
    broken = audit.newest(session, audit_keep.UNSIGNED)
    if broken is not None and broken.age < UNSIGNED:
        which = ", ".join(sorted(f"{tenant} ({kind})" for tenant, kind in broken.details["tenants"].items()))
        text = f"A chain does not hold{f': {which}' if names else ''}. Run `alertveil audit verify`."
        yield Finding("error", "audit", text)
    if unchained > LATE:
        text = f"Events wait for their chain for {_span(unchained)}: start `alertveil worker`."
        yield Finding("error", "audit", text)
    elif signed is not None and signed > UNSIGNED:
        yield Finding("error", "audit", f"Nothing was signed for {_span(signed)}: the log of the worker says why.")
    else:
        text = "Every event is chained" + ("." if signed is None else f", and it was signed {_span(signed)} ago.")
        yield Finding("ok", "audit", text)


def _verified(runtime: Runtime, *, names: bool) -> Finding:
    """What the nightly verification found, and whether it runs."""
    found = audit_nightly.seen(runtime)
    if found is None:
        return Finding("warn", "verification", "What it found cannot be read without the keystore.")
    if found.forged:
        text = "The record of it was not written by us. Run `alertveil audit verify`; the next pass begins anew."
        return Finding("error", "verification", text)
    if found.broken:
        which = ", ".join(f"{tenant} ({kind})" for tenant, kind in found.broken)
        text = f"A chain does not hold{f': {which}' if names else ''}. Run `alertveil audit verify`."
        return Finding("error", "verification", text)
    if found.held_at is None:
        return Finding("ok", "verification", "No row was verified yet: a worker begins by itself.")
    age = (datetime.now(UTC) - found.held_at).total_seconds()
    if age > UNVERIFIED:
        text = f"No row of the audit was verified for {_span(age)}: the log of the worker says why."
        return Finding("warn", "verification", text)
    if found.whole_at is None:
        return Finding("ok", "verification", "The first pass over every row of the audit is under way.")
    whole = _span((datetime.now(UTC) - found.whole_at).total_seconds())
    return Finding("ok", "verification", f"Every row of the audit held when a pass over all of them ended {whole} ago.")


def _keystore(runtime: Runtime) -> Finding:
    try:
        runtime.keys.keystore.check()
    except KeystoreDown as error:
        return Finding("error", "keystore", str(error))
    return Finding("ok", "keystore", "It opens, and only its owner can read it.")


def _broker(runtime: Runtime) -> Finding:
    version = runtime.broker.version()
    if version is None:
        return Finding("error", "redis", "It does not answer: bells ring on the sweep only, and other edges wait.")
    parts = re.match(r"(\d+)\.(\d+)", version)
    if parts is None or (int(parts[1]), int(parts[2])) < OLDEST_REDIS:
        return Finding("error", "redis", "It is older than 6.2, which Celery needs.")
    return Finding("ok", "redis", f"It answers and speaks version {parts[0]}.")


def _span(seconds: float | None) -> str:
    """Seconds as a person says them."""
    if seconds is None or seconds > 10 * 365 * 86400:  # the epoch stands for never
        return "ever"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
