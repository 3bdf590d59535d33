"""Opted-in destinations are watched: what the vendor says about one may change without anybody touching our settings.

Slack is asked about each opted-in channel every ten minutes; a certificate that fails on the way to any destination
speaks for itself. Either suspends the opt-ins there. A vendor that does not answer suspends nothing: an outage must not
read like an intruder, and plaintext still goes only to the identity that was opted in.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from channels.registry import CHANNELS
from router.core.optin import strayed
from router.flow import herald, optin
from router.flow.herald import Word
from router.keys import IntegrityFailure, KeystoreDown
from router.runtime import Runtime
from router.store import optins
from router.store.session import DatabaseDown, Row

log = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=10)
"""How often a vendor is asked about one destination: a handful of calls, far below Slack's tier 2 (20 a minute)."""


def run(runtime: Runtime) -> int:
    """Ask about every destination whose turn it is; how many opt-ins were suspended.

    Many processes may do this at once: each destination is asked about by one. No transaction is open meanwhile.

    Raises:
        DatabaseDown: the round stopped there; the next one goes on.
    """
    with runtime.database.several() as session:
        tenants = optins.tenants(session)
    suspended = 0
    for tenant_id in tenants:
        with runtime.database.tenant(tenant_id) as session:
            rows = [
                row
                for row in optins.open_ones(session)
                if row.state in {"active", "expiring"}
                and _answers(row.channel_kind)
                and optins.look(session, row.optin_id, EVERY)
            ]
        told: dict[str, Mapping[str, str]] = {}
        for row in rows:
            if row.channel not in told:
                told[row.channel] = _ask(runtime, tenant_id, row)
            why = strayed(row.facts, told[row.channel])
            if why is not None:
                suspended += _suspend(runtime, tenant_id, [row], why)
    return suspended


def certificate_failed(runtime: Runtime, tenant_id: UUID, channel_id: UUID) -> None:
    """The way to a channel's destination could not be verified: its opt-ins are suspended at once.

    Never raises: what is due there goes on with tokens, and the next failure says it again.
    """
    try:
        with runtime.database.tenant(tenant_id) as session:
            rows = [
                row
                for row in optins.open_ones(session)
                if row.channel_id == channel_id and row.state in {"active", "expiring"}
            ]
        if rows:
            _suspend(runtime, tenant_id, rows, "the destination's certificate could not be verified")
    except (DatabaseDown, KeystoreDown) as error:
        log.warning("opt-ins not suspended", extra={"cause": type(error).__name__, "channel": channel_id})


def _answers(kind: str) -> bool:
    spec = CHANNELS.get(kind)
    return spec is not None and spec.inspect is not None


def _ask(runtime: Runtime, tenant_id: UUID, row: Row) -> Mapping[str, str]:
    try:
        return optin.place(runtime, tenant_id, row.channel).look(runtime)
    except (optin.NotFound, optin.Unusable, KeystoreDown, IntegrityFailure) as error:
        log.warning("destination not looked at", extra={"cause": type(error).__name__, "channel": row.channel_id})
        return {}


def _suspend(runtime: Runtime, tenant_id: UUID, rows: list[Row], why: str) -> int:
    words: list[Word] = []
    with runtime.database.tenant(tenant_id) as session:
        done = [
            optin.end_in(runtime, session, tenant_id, row.optin_id, "suspended", why=why, words=words) for row in rows
        ]
    herald.mail(runtime, tenant_id, words)
    return done.count("")
