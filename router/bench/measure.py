"""What is measured: one run of a load against one system, as a row of figures."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from router.bench import machine
from router.bench.peers import Bare
from router.bench.rig import CHANNELS, BenchError, Sink, send
from router.bench.sender import Load
from router.bench.tokenizing import Rate


class System(Protocol):
    """What takes alerts over HTTP. `member`: what names an alert in a notification; `receipts`: so do its answers."""

    @property
    def name(self) -> str: ...
    @property
    def member(self) -> str: ...
    @property
    def receipts(self) -> bool: ...
    @property
    def port(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> dict[str, str]: ...
    def parts(self) -> dict[str, set[int]]: ...


class Cell(NamedTuple):
    """A shape of load: alerts in a body, keep-alive senders."""

    size: int
    senders: int

    def __str__(self) -> str:
        return f"{self.size} a body, {self.senders} senders"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one system.

    Rates are a second; the clock of both starts with the first byte sent. `accepted` ends with the last answer,
    `delivered` with the last notification at the sink, so an alert counts once all four channels have it. `lost`:
    notifications that had not arrived when nobody waited any longer. `answer_ms`: p50 and p99 of the senders' wait.
    `arrival_ms`: p50 and p99 from when an alert was to be sent to each of its arrivals, only at a fixed rate.
    `cpu_us`: CPU per alert, by part.
    """

    system: str
    cell: str
    alerts: int
    statuses: dict[str, int]
    accepted: float
    delivered: float
    lost: int
    answer_ms: tuple[float, float]
    arrival_ms: tuple[float, float] | None
    cpu_us: dict[str, int]


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds, nearest rank; zeros of nothing."""
    ranked = sorted(seconds)
    if not ranked:
        return 0.0, 0.0
    p50, p99 = (ranked[min(len(ranked) - 1, int(len(ranked) * share))] for share in (0.50, 0.99))
    return round(p50 * 1000, 2), round(p99 * 1000, 2)


def flow(system: System, sink: Sink, cell: Cell, run: str, alerts: int, rate: float = 0.0) -> Run:
    """Alerts in at one end, notifications at the other; with a `rate` in bodies a second, however slow answers are."""
    meter = _Meter(system.parts(), sink)
    sink.begin(system.member)
    sent = send(
        Load(
            port=system.port,
            path=system.path,
            headers=system.headers,
            run=run,
            alerts=alerts,
            size=cell.size,
            senders=cell.senders,
            rate=rate,
            receipts=system.receipts and rate > 0,
        )
    )
    wanted = sent.accepted * CHANNELS
    sink.wait(wanted)
    seen = sink.report()
    arrival = [at - sent.sent[name] for name, times in seen.arrivals.items() if name in sent.sent for at in times]
    return Run(
        system=system.name,
        cell=str(cell) if not rate else f"{rate * cell.size:.0f} alerts/s",
        alerts=sent.accepted,
        statuses=sent.statuses,
        accepted=round(sent.accepted / max(1e-9, sent.ended - sent.began), 1),
        delivered=round(seen.total / CHANNELS / max(1e-9, seen.last - sent.began), 1),
        lost=max(0, wanted - seen.total),
        answer_ms=percentiles(sent.waits),
        arrival_ms=percentiles(arrival) if rate else None,
        cpu_us=meter.cost(sent.accepted),
    )


def bare(system: Bare, sink: Sink, run: str, alerts: int) -> Run:
    """The same for Celery, which has no HTTP endpoint: what counts as accepted is published."""
    meter = _Meter(system.parts(), sink)
    sink.begin("trace_id")
    began, ended = system.publish(run, alerts)
    sink.wait(alerts * CHANNELS)
    seen = sink.report()
    return Run(
        system=system.name,
        cell="a task per delivery",
        alerts=alerts,
        statuses={},
        accepted=round(alerts / max(1e-9, ended - began), 1),
        delivered=round(seen.total / CHANNELS / max(1e-9, seen.last - began), 1),
        lost=max(0, alerts * CHANNELS - seen.total),
        answer_ms=(0.0, 0.0),
        arrival_ms=None,
        cpu_us=meter.cost(alerts),
    )


def tokenizer(seconds: float, corpora: Sequence[Path] = ()) -> Rate:
    """The tokenizer's speed, and its accuracy on labelled `corpora`, in one process of its own. Raises BenchError."""
    done = subprocess.run(
        [*machine.executable("router.bench.tokenizing"), str(seconds), *map(str, corpora)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BenchError("The tokenizer broke off.")
    return msgspec.json.decode(done.stdout, type=Rate)


class _Meter:
    """CPU of a system and of the sink, from now on."""

    def __init__(self, parts: Mapping[str, set[int]], sink: Sink) -> None:
        self._parts = {**parts, "sink": {sink.pid}}
        self._before = {name: machine.cpu_seconds(pids) for name, pids in self._parts.items()}

    def cost(self, alerts: int) -> dict[str, int]:
        """Microseconds per alert, by part; a part that cannot be read is left out."""
        found = {}
        for name, pids in self._parts.items():
            began, ended = self._before[name], machine.cpu_seconds(pids)
            if began is not None and ended is not None and alerts:
                found[name] = round((ended - began) / alerts * 1e6)
        return found
