"""The figures as a table and as JSON: medians with their ranges, and ratios of runs that took turns. No verdict."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from router.bench import tokenizing
from router.bench.measure import Run
from router.bench.tokenizing import Rate


class Spread(msgspec.Struct, frozen=True):
    """The median of some runs, the least and the most."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{_short(self.median)} [{_short(self.least)}-{_short(self.most)}]"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """All runs of one system in one cell. `cpu_us`: median CPU per alert of all its parts, the sink left out."""

    system: str
    cell: str
    runs: int
    accepted: Spread
    delivered: Spread
    notifications: Spread
    lost: int
    refused: int
    answer_p50_ms: Spread
    answer_p99_ms: Spread
    arrival_p50_ms: Spread | None
    arrival_p99_ms: Spread | None
    cpu_us: dict[str, int]


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """The product's rate over a peer's, each A B B A round by itself."""

    cell: str
    peer: str
    accepted: Spread
    delivered: Spread


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One bench."""

    machine: dict[str, Any]
    peers: dict[str, str]
    rows: list[Row]
    ratios: list[Ratio]
    memory_mb: dict[str, dict[str, float | None]]
    tokenizer: Rate | None
    skipped: list[str]
    runs: list[Run]


def spread(values: Iterable[float]) -> Spread:
    """Median and range of at least one value."""
    found = sorted(values)
    return Spread(round(statistics.median(found), 2), round(found[0], 2), round(found[-1], 2))


def row(runs: Sequence[Run], channels: int) -> Row:
    """One line of the table, of runs of the same system and cell."""
    arrivals = [run.arrival_ms for run in runs if run.arrival_ms is not None]
    return Row(
        system=runs[0].system,
        cell=runs[0].cell,
        runs=len(runs),
        accepted=spread(run.accepted for run in runs),
        delivered=spread(run.delivered for run in runs),
        notifications=spread(run.delivered * channels for run in runs),
        lost=sum(run.lost for run in runs),
        refused=sum(count for run in runs for status, count in run.statuses.items() if not status.startswith("2")),
        answer_p50_ms=spread(run.answer_ms[0] for run in runs),
        answer_p99_ms=spread(run.answer_ms[1] for run in runs),
        arrival_p50_ms=spread(each[0] for each in arrivals) if arrivals else None,
        arrival_p99_ms=spread(each[1] for each in arrivals) if arrivals else None,
        cpu_us={
            part: int(statistics.median(run.cpu_us[part] for run in runs if part in run.cpu_us))
            for part in runs[0].cpu_us
        },
    )


def rows(runs: Sequence[Run], channels: int) -> list[Row]:
    """One line for each system in each cell, in the order of their first run."""
    kinds = dict.fromkeys((run.cell, run.system) for run in runs)
    return [row([run for run in runs if (run.cell, run.system) == kind], channels) for kind in kinds]


def ratios(cell: str, rounds: Sequence[Sequence[Run]]) -> list[Ratio]:
    """The product over its peer, for rounds in which they took turns; nothing when it ran alone."""
    accepted, delivered, peer = [], [], ""
    for turn in rounds:
        ours = [run for run in turn if run.system == "alertveil"]
        theirs = [run for run in turn if run.system != "alertveil"]
        if (
            ours and theirs and all(run.delivered and run.arrival_ms is None for run in theirs)
        ):  # no rate at a fixed one
            peer = theirs[0].system
            accepted.append(_mean(run.accepted for run in ours) / _mean(run.accepted for run in theirs))
            delivered.append(_mean(run.delivered for run in ours) / _mean(run.delivered for run in theirs))
    return [Ratio(cell=cell, peer=peer, accepted=spread(accepted), delivered=spread(delivered))] if peer else []


_HEADER = (
    f"{'load':<24}{'system':<14}{'runs':>4}  {'accepted/s':<20}{'delivered/s':<20}{'notifications/s':<20}"
    f"{'answer p50 ms':<20}{'lost':>4}{'refused':>8}  CPU µs/alert"
)


def text(report: Report) -> str:
    """The table for people."""
    facts = report.machine
    lines = [
        f"{facts['processor']}, {facts['cores']} cores, {facts['python']}",
        f"load {facts['load_at_start']} at start, fsync {facts['fsync_us']} µs",
        "Medians [range]; one alert goes to four webhook channels; clock from the first byte sent.",
        "",
        _HEADER,
    ]
    for each in report.rows:
        if each.arrival_p50_ms is None:
            cost = " ".join(f"{part} {used}" for part, used in each.cpu_us.items() if used)
            lines.append(
                f"{each.cell:<24}{each.system:<14}{each.runs:>4}  {each.accepted!s:<20}{each.delivered!s:<20}"
                f"{each.notifications!s:<20}{each.answer_p50_ms!s:<20}{each.lost:>4}{each.refused:>8}  {cost}"
            )
    if report.ratios:
        lines += ["", f"{'ratio alertveil / peer':<24}{'peer':<20}{'accepted':<20}{'delivered':<20}"]
        lines += [
            f"{each.cell:<24}{each.peer:<20}{each.accepted!s:<20}{each.delivered!s:<20}" for each in report.ratios
        ]
    timed = [each for each in report.rows if each.arrival_p50_ms is not None]
    if timed:
        lines += ["", f"{'latency wire to wire':<24}{'system':<20}{'p50 ms':<20}{'p99 ms':<20}"]
        lines += [f"{e.cell:<24}{e.system:<20}{e.arrival_p50_ms!s:<20}{e.arrival_p99_ms!s:<20}" for e in timed]
    for when, parts in report.memory_mb.items():
        lines += ["", _memory(when, parts)]
    if report.tokenizer:
        lines += ["", *tokenizing.lines(report.tokenizer)]
    lines += [f"peer not run: {name}: {why}" for name, why in report.peers.items() if why.startswith("not run")]
    lines += [f"left out for lack of time: {each}" for each in report.skipped]
    return "\n".join(lines) + "\n"


def _memory(when: str, parts: dict[str, float | None]) -> str:
    known = {name: size for name, size in parts.items() if size is not None}
    if len(known) < len(parts):
        return f"memory {when}: not readable here (/proc/*/smaps_rollup)"
    listed = ", ".join(f"{name} {size:.0f}" for name, size in known.items())
    return f"memory {when}: {sum(known.values()):.0f} MB PSS ({listed})"


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three figures are enough
