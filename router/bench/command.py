"""The command: read the options, make the runs, print what they say."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from router.bench import machine, measure, peers, report
from router.bench.plan import FULL, QUICK, Plan, Round, sink
from router.bench.rig import CHANNELS, BenchError, product
from router.bench.tokenizing import Rate
from router.local.private import LocalError

PARTS = ("flow", "latency", "tokenizer", "celery", "alertmanager")


STDOUT = Path("-")


def options_of(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for: `quick`, `json` (None, a file, or STDOUT), `only`, `corpus`."""
    parser = argparse.ArgumentParser(prog="alertveil bench", description="Speed, latency and memory on this machine.")
    parser.add_argument("--quick", action="store_true", help="under 90 seconds, one round of fewer loads")
    parser.add_argument(
        "--json",
        type=Path,
        nargs="?",
        const=STDOUT,
        metavar="FILE",
        help="write every figure there; without FILE as one line on standard output, and nothing else",
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="repeats; default: all (flow: without peers)")
    parser.add_argument(
        "--corpus",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="score the tokenizer on labelled payloads; repeats",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure on embedded parts in a directory of its own, print the table. Returns 0, or 1 when a part broke off."""
    options = options_of(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    tell = _tell_nobody if options.json == STDOUT else _tell
    try:
        found = _measure(quick=options.quick, only=frozenset(options.only or PARTS), corpora=options.corpus, tell=tell)
    except (BenchError, LocalError) as error:
        sys.stderr.write(f"alertveil bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 1
    put(found, options.json)
    return 0


def put(found: report.Report, target: Path | None) -> None:
    """The table on standard output and the figures in `target`; or these alone, on one line, where it is STDOUT."""
    as_json = msgspec.json.encode(found)
    if target == STDOUT:
        sys.stdout.write(as_json.decode() + "\n")
        return
    sys.stdout.write(report.text(found))
    if target is not None:
        target.write_bytes(msgspec.json.format(as_json, indent=2) + b"\n")


def _measure(
    *, quick: bool, only: frozenset[str], corpora: Sequence[Path], tell: Callable[[str], None]
) -> report.Report:
    began = time.monotonic()
    scale = QUICK if quick else FULL
    present = {"alertmanager": peers.alertmanager_version() or "not run: not installed"}
    if (missing := peers.celery_missing()) or "celery" not in only:
        present["celery"] = f"not run: {missing or 'not asked for'}"
    else:
        present["celery"] = "a task for each alert and channel, two solo workers, urllib3"
    if "alertmanager" not in only:
        present["alertmanager"] = "not run: not asked for"
    beside = not present["alertmanager"].startswith("not run")
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="alertveil-bench-") as place, sink() as receiver:
        directory = Path(place)
        facts = machine.facts(directory)
        tell("starting the product")
        with product(directory / "data", receiver.port) as running:
            plan = Plan(scale, began, running, receiver, directory, lambda run: tell(_progress(run)))
            memory = {"idle": plan.memory()}
            plan.warm()
            if not present["celery"].startswith("not run"):
                rounds += plan.celery()
            if "latency" in only:
                rounds += plan.latency(alertmanager=beside)
            if only & {"flow", "alertmanager"}:
                rounds += plan.flows(alertmanager=beside)
            memory["after load"] = plan.memory()
        rate: Rate | None = measure.tokenizer(scale.seconds, corpora) if "tokenizer" in only else None
    runs = [run for each in rounds for run in each.runs]
    pairs = dict.fromkeys((each.what, each.runs[1].system) for each in rounds)
    return report.Report(
        machine=facts,
        peers=present,
        rows=report.rows(runs, CHANNELS),
        ratios=[
            ratio
            for what, peer in pairs
            for ratio in report.ratios(what, [r.runs for r in rounds if (r.what, r.runs[1].system) == (what, peer)])
        ],
        memory_mb=memory,
        tokenizer=rate,
        skipped=plan.skipped,
        runs=runs,
    )


def _interrupt(*_: object) -> None:
    """Asked to stop: leave through every `finally`, so that nothing is left behind."""
    raise KeyboardInterrupt


def _progress(run: measure.Run) -> str:
    return f"{run.cell}: {run.system} {run.delivered:.0f} alerts/s delivered"


def _tell_nobody(_: str) -> None:
    """Whoever reads the figures by program reads nothing beside them."""


def _tell(text: str) -> None:
    """Progress, for people, on standard error."""
    sys.stderr.write(f"alertveil bench: {text}\n")
    sys.stderr.flush()
