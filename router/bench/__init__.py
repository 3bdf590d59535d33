"""`alertveil bench`: how much goes through, how fast and at what cost, on this machine. It measures and does not judge."""

from __future__ import annotations

import argparse

import tempfile
from collections.abc import Sequence
from pathlib import Path

from router.bench import machine, measure, rig

QUICK = (measure.Cell(1, 32, 1000), measure.Cell(1, 4, 600), measure.Cell(100, 32, 2000))
GRID = tuple(measure.Cell(size, senders, 4000) for size in (1, 10, 100) for senders in (4, 32))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 0, or 1 when a part did not run as it should."""
    parser = argparse.ArgumentParser(prog="alertveil bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=["flow"])
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="alertveil-bench-") as place:
        directory = Path(place)
        print(machine.facts(directory))  # noqa: T201
        sink = rig.Sink()
        with rig.product(directory / "data", sink.port) as product:
            measure.flow(product, sink, measure.Cell(1, 32, 300), "warm")
            for round_ in range(2 if options.quick else 3):
                for number, cell in enumerate(QUICK if options.quick else GRID):
                    run = measure.flow(product, sink, cell, f"r{round_}c{number}")
                    print(  # noqa: T201
                        f"{run.cell:24} accepted {run.accepted:6.0f}/s  delivered {run.delivered:6.0f}/s  lost {run.lost}"
                        f"  answers {run.answer_ms}  cpu {run.cpu_us}"
                    )
            slow = measure.flow(product, sink, measure.Cell(1, 32, 500), "slow", rate=100.0)
            print("100/s:", slow)  # noqa: T201
            print({name: machine.pss_mb(pids) for name, pids in product.parts().items()})  # noqa: T201
        sink.close()
    return 0
