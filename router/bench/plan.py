"""Which runs are made, in which order: product and peer take turns, A B B A, so that both meet the same noise."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from router.bench import machine, measure, peers
from router.bench.measure import Cell, Run
from router.bench.rig import Product, Sink

RATE = 100.0
"""Alerts a second at which latency is measured."""


class Scale(NamedTuple):
    """How long it may take: cells, A B B A rounds of each, seconds a run is to last, seconds in all."""

    cells: tuple[Cell, ...]
    rounds: int
    seconds: float
    limit: float


FULL = Scale(tuple(Cell(size, senders) for size in (1, 10, 100) for senders in (4, 32)), 3, 4.0, 600.0)
QUICK = Scale((Cell(1, 32), Cell(1, 4), Cell(100, 4)), 1, 1.5, 60.0)

_LEAST, _MOST = 200, 20_000  # alerts of one run
_BRISK = 1000.0  # alerts a second, a first guess at Alertmanager's

Try = Callable[[str, int], Run]
"""(run, alerts) -> what came of it."""


class Round(NamedTuple):
    """Runs that took turns."""

    what: str
    runs: list[Run]


class Plan:
    """One bench on its way. `tell` hears of every run as it ends."""

    def __init__(
        self, scale: Scale, began: float, product: Product, sink: Sink, directory: Path, tell: Callable[[Run], None]
    ) -> None:
        self._scale = scale
        self._product = product
        self._sink = sink
        self._directory = directory
        self._tell = tell
        self._ends = began + scale.limit
        self._number = 0
        self._pace = 0.0  # alerts a second that the product delivered when warming up
        self.skipped: list[str] = []

    def warm(self) -> None:
        """Connections, caches and plans are made; not counted."""
        self._pace = self._product_flow(Cell(1, 32))("warm", _LEAST).delivered

    def flows(self, *, alertmanager: bool) -> Iterator[Round]:
        """Throughput, cell by cell, beside Alertmanager when it is to be there."""
        for cell in self._scale.cells:
            peer = self._alertmanager_flow(cell) if alertmanager else None
            yield from self._turns(
                str(cell), self._product_flow(cell), peer, least=max(_LEAST, cell.size * cell.senders)
            )

    def celery(self) -> Iterator[Round]:
        """Single alerts, beside a task for each delivery."""
        with peers.celery(self._directory, self._product.redis_url, self._sink) as bare:

            def peer(run: str, alerts: int) -> Run:
                return measure.bare(bare, self._sink, run, alerts)

            pace = peer("bare-warm", _LEAST // 4).delivered
            yield from self._turns("1 a body, 32 senders", self._product_flow(Cell(1, 32)), peer, pace=pace)

    def latency(self, *, alertmanager: bool) -> Iterator[Round]:
        """Wire to wire at a fixed rate that all can carry."""
        alerts = int(RATE * self._scale.seconds * 2)
        peer = self._alertmanager_flow(Cell(1, 32), RATE) if alertmanager else None
        yield from self._turns(f"{RATE:.0f} alerts/s", self._product_flow(Cell(1, 32), RATE), peer, alerts=alerts)

    def memory(self) -> dict[str, float | None]:
        """Megabytes of every part of the product, proportionally."""
        return {name: machine.pss_mb(pids) for name, pids in self._product.parts().items()}

    def _turns(
        self, what: str, product: Try, peer: Try | None, *, alerts: int = 0, least: int = _LEAST, pace: float = _BRISK
    ) -> Iterator[Round]:
        """Rounds of the product and its peer. A run is as long as it is to be, judged by the last one of its kind."""
        paces = {product: self._pace, peer: pace}
        for number in range(self._scale.rounds):
            if time.monotonic() > self._ends:
                self.skipped.append(f"{what}: {self._scale.rounds - number} of {self._scale.rounds} rounds")
                return
            runs = []
            for attempt in (product, peer, peer, product) if peer else (product, product):
                self._number += 1
                wanted = alerts or min(_MOST, max(least, int(paces[attempt] * self._scale.seconds)))
                run = attempt(f"r{self._number}", wanted)
                paces[attempt] = run.delivered
                self._tell(run)
                runs.append(run)
            yield Round(what, runs)

    def _product_flow(self, cell: Cell, rate: float = 0.0) -> Try:
        return lambda run, alerts: measure.flow(self._product, self._sink, cell, run, alerts, rate)

    def _alertmanager_flow(self, cell: Cell, rate: float = 0.0) -> Try:
        def attempt(run: str, alerts: int) -> Run:
            with self._fresh() as fresh:
                measure.flow(fresh, self._sink, cell, run + "w", cell.size)  # its connections
                return measure.flow(fresh, self._sink, cell, run, alerts, rate)

        return attempt

    def _fresh(self) -> AbstractContextManager[peers.Alertmanager]:
        return peers.alertmanager(self._directory, self._sink)


@contextlib.contextmanager
def sink() -> Iterator[Sink]:
    """A sink for as long as the block runs."""
    running = Sink()
    try:
        yield running
    finally:
        running.close()
