"""Which channels are being drained in this process right now: one thread a channel, and never two for the same."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

log = logging.getLogger(__name__)

Lane = tuple[UUID, UUID]

THREADS = 32
"""Channels drained at once: as many as may have one delivery out each."""


class Lanes:
    """Drains lanes that were rung, each again when it was rung meanwhile or when its rate lets more through."""

    def __init__(self, drain: Callable[[UUID, UUID], float | None], *, threads: int = THREADS) -> None:
        self._drain = drain
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lane")
        self._lock = threading.Condition()
        self._running: set[Lane] = set()
        self._again: set[Lane] = set()
        self._later: list[tuple[float, Lane]] = []
        self._stopping = False
        self._alarm = threading.Thread(target=self._wake, name="lane-alarm", daemon=True)
        self._alarm.start()

    def ring(self, lanes: Iterable[Lane]) -> None:
        """These may have something due. Returns at once."""
        with self._lock:
            for lane in lanes:
                if self._stopping:
                    return
                if lane in self._running:
                    self._again.add(lane)
                else:
                    self._running.add(lane)
                    self._pool.submit(self._run, lane)

    def stop(self, seconds: float) -> bool:
        """Start nothing more and wait for what runs; True when all of it ended in time."""
        ends = time.monotonic() + seconds
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
            while self._running and (left := ends - time.monotonic()) > 0:
                self._lock.wait(left)
            done = not self._running
        self._pool.shutdown(wait=False, cancel_futures=True)
        return done

    def _run(self, lane: Lane) -> None:
        try:
            while True:
                soon = self._drain(*lane)
                with self._lock:
                    if lane in self._again and not self._stopping:
                        self._again.discard(lane)
                        continue
                    self._running.discard(lane)
                    self._again.discard(lane)
                    if soon is not None:
                        heapq.heappush(self._later, (time.monotonic() + soon, lane))
                    self._lock.notify_all()
                    return
        except Exception as error:  # noqa: BLE001 - a bug in one lane must not end its thread's pool; the sweep rings again
            log.error("lane failed", extra={"cause": type(error).__name__})
            with self._lock:
                self._running.discard(lane)
                self._again.discard(lane)
                self._lock.notify_all()

    def _wake(self) -> None:
        """Ring lanes whose rate lets more through now."""
        while True:
            with self._lock:
                if self._stopping:
                    return
                now = time.monotonic()
                due = []
                while self._later and self._later[0][0] <= now:
                    due.append(heapq.heappop(self._later)[1])
                wait = self._later[0][0] - now if self._later else None
                if not due:
                    self._lock.wait(wait)
                    continue
            self.ring(due)
