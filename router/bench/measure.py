"""What is measured: one run of a load against one system, as a row of figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from router.bench import machine
from router.bench.rig import CHANNELS, Product, Sink, send
from router.bench.sender import Load


class Cell(NamedTuple):
    """A shape of load: alerts in a body, keep-alive senders, and how many alerts a run has."""

    size: int
    senders: int
    alerts: int

    @property
    def name(self) -> str:
        return f"{self.size} a body, {self.senders} senders"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Rates are a second; the clock of both starts with the first byte sent.

    `accepted` ends with the last answer, `delivered` with the last notification at the sink (an alert counts once all
    its channels have it). `lost`: notifications that did not arrive in time. `cpu_us`: CPU per alert, by part.
    """

    system: str
    cell: str
    alerts: int
    statuses: dict[str, int]
    accepted: float
    delivered: float
    lost: int
    answer_ms: tuple[float, float]
    arrival_ms: tuple[float, float] | None = None
    cpu_us: dict[str, int]


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds, nearest rank; zeros of nothing."""
    ranked = sorted(seconds)
    if not ranked:
        return 0.0, 0.0
    p50, p99 = (ranked[min(len(ranked) - 1, int(len(ranked) * share))] for share in (0.50, 0.99))
    return round(p50 * 1000, 2), round(p99 * 1000, 2)


def flow(system: Product, sink: Sink, cell: Cell, run: str, rate: float = 0.0) -> Run:
    """Alerts in at one end, notifications at the other. With a `rate`, in bodies a second, latency wire to wire too."""
    sink.begin("incident_id")
    parts = {**system.parts(), "sink": {sink.pid}}
    before = {name: machine.cpu_seconds(pids) for name, pids in parts.items()}
    load = Load(
        port=system.port,
        path=system.path,
        headers=system.headers,
        run=run,
        alerts=cell.alerts,
        size=cell.size,
        senders=cell.senders,
        rate=rate,
        receipts=rate > 0,
    )
    sent = send(load)
    wanted = sent.accepted * CHANNELS
    sink.wait(wanted)
    seen = sink.report()
    after = {name: machine.cpu_seconds(pids) for name, pids in parts.items()}
    return Run(
        system="alertveil",
        cell=cell.name,
        alerts=sent.accepted,
        statuses=sent.statuses,
        accepted=sent.accepted / max(1e-9, sent.ended - sent.began),
        delivered=seen.count / CHANNELS / max(1e-9, seen.last - sent.began),
        lost=max(0, wanted - seen.count),
        answer_ms=percentiles(sent.waits),
        arrival_ms=percentiles([at - sent.sent[name] for name, times in seen.arrivals.items() for at in times])
        if rate
        else None,
        cpu_us=_cost(before, after, sent.accepted),
    )


def _cost(before: Mapping[str, float | None], after: Mapping[str, float | None], alerts: int) -> dict[str, int]:
    """Microseconds of CPU per alert, by part; parts that cannot be read are left out."""
    cost = {}
    for name, began in before.items():
        ended = after[name]
        if began is not None and ended is not None and alerts:
            cost[name] = round((ended - began) / alerts * 1e6)
    return cost
