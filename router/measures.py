"""What this process counts and times, until it is written beside what the others did: `/metrics` shows them as one.

A worker serves no HTTP, so what it counted for itself nobody could read.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from router.store import measures
from router.store.measures import Added
from router.store.session import Database


@dataclass(frozen=True, slots=True, eq=False)  # each is one of a kind, and found by that a few times a delivery
class Measure:
    """A counter, or with `bounds` (seconds, ascending) a histogram. `name` is without what Prometheus puts after it."""

    name: str
    text: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...] = ()


EVENTS: Final = Measure("alertveil_ingest_events", "Alerts taken in.", ("source_kind", "outcome"))
TOKENS: Final = Measure("alertveil_tokens_created", "Values that got a token for the first time.", ("kind",))
REVEALS: Final = Measure("alertveil_reveals", "Asks to see what stands behind tokens.", ("decision",))
EDGE: Final = Measure("alertveil_edge_messages", "Incidents from other edges.", ("outcome",))
TRIPPED: Final = Measure(
    "alertveil_tripwire_replaced", "Findings that the last look before the socket replaced by tokens.", ()
)
SENDING: Final = Measure(
    "alertveil_delivery_duration_seconds",
    "Seconds from handing messages to a channel to its answer.",
    ("channel_kind",),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
ARRIVING: Final = Measure(
    "alertveil_delivery_end_to_end_seconds",
    "Seconds from the commit that asked for a delivery to its success, retries included.",
    ("channel_kind",),
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0),
)
ALL: Final = (EVENTS, TOKENS, REVEALS, EDGE, TRIPPED, SENDING, ARRIVING)


class Measures:
    """What was counted and not written yet. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[Measure, tuple[str, ...]], list[int]] = {}
        self._totals: dict[tuple[Measure, tuple[str, ...]], float] = {}

    def count(self, measure: Measure, *labels: str, by: int = 1) -> None:
        """So many more."""
        with self._lock:
            self._of(measure, labels)[0] += by

    def observe(self, measure: Measure, seconds: float, *labels: str, times: int = 1) -> None:
        """It took so long, so many times."""
        with self._lock:
            self._of(measure, labels)[bisect_left(measure.bounds, seconds)] += times
            key = (measure, labels)
            self._totals[key] = self._totals.get(key, 0.0) + seconds * times

    def write(self, database: Database) -> None:
        """Add what is here to what all processes counted. Raises DatabaseDown: it is here still."""
        with self._lock:
            counts, totals = self._counts, self._totals
            if not counts:
                return
            self._counts, self._totals = {}, {}
        added = [
            Added(measure.name, labels, each, totals.get((measure, labels), 0.0))
            for (measure, labels), each in counts.items()
        ]
        try:
            with database.several() as session:
                measures.add(session, added)
        except BaseException:
            with self._lock:
                for key, each in counts.items():
                    mine = self._of(*key)
                    mine[:] = [a + b for a, b in zip(mine, each, strict=True)]
                for key, total in totals.items():
                    self._totals[key] = self._totals.get(key, 0.0) + total
            raise

    def pending(self) -> dict[tuple[Measure, tuple[str, ...]], list[int]]:
        """What is not written yet: counts by measure and labels."""
        with self._lock:
            return {key: list(each) for key, each in self._counts.items()}

    def _of(self, measure: Measure, labels: tuple[str, ...]) -> list[int]:
        found = self._counts.get((measure, labels))
        if found is None:
            found = self._counts[measure, labels] = [0] * (len(measure.bounds) + 1)
        return found


def exposed(found: dict[tuple[str, tuple[str, ...]], tuple[list[int], float]]) -> Iterator[str]:
    """Lines of Prometheus' text format for ALL, of what was written: by (name, labels), (counts, seconds in all).

    https://prometheus.io/docs/instrumenting/exposition_formats/
    """
    for measure in ALL:
        mine = [(labels, each) for (name, labels), each in found.items() if name == measure.name]
        name = measure.name if measure.bounds else f"{measure.name}_total"
        yield f"# HELP {name} {measure.text}"
        yield f"# TYPE {name} {'histogram' if measure.bounds else 'counter'}"
        for labels, (counts, total) in mine:
            pairs = [f'{label}="{value}"' for label, value in zip(measure.labels, labels, strict=True)]
            if not measure.bounds:
                yield f"{name}{_braced(pairs)} {counts[0]}"
                continue
            upto = 0
            for bound, count in zip((*map(str, measure.bounds), "+Inf"), counts, strict=True):
                upto += count
                yield f"{name}_bucket{_braced([*pairs, _LE % bound])} {upto}"
            yield f"{name}_sum{_braced(pairs)} {total}"
            yield f"{name}_count{_braced(pairs)} {upto}"


_LE: Final = 'le="%s"'


def _braced(pairs: list[str]) -> str:
    return "{" + ",".join(pairs) + "}" if pairs else ""
