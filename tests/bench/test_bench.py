"""The bench's parts do what they say. None of this is timed: a figure is no test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from router.bench import alerts, command, machine, measure, peers, report
from router.bench.measure import Cell, Run
from router.bench.plan import QUICK, Plan
from router.bench.rig import CHANNELS, BenchError, Sink, product, send
from router.bench.sender import Load
from router.flow.intake import draft
from router.privacy.rules import compile_rules
from router.sources.registry import FORMATS


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    running = Sink()
    yield running
    running.close()


def load(port: int, *, rate: float = 0.0) -> Load:
    return Load(port=port, path="/x", headers={"X-Run": "t"}, run="t", alerts=60, size=3, senders=4, rate=rate)


def run(system: str, accepted: float, delivered: float, cell: str = "1 a body, 4 senders") -> Run:
    return Run(
        system=system,
        cell=cell,
        alerts=10,
        statuses={"202": 9, "503": 1},
        accepted=accepted,
        delivered=delivered,
        lost=2,
        answer_ms=(1.0, 2.0),
        arrival_ms=None,
        cpu_us={"web": 5},
    )


def test_every_alert_of_the_load_is_another_patients_and_all_three_values_are_taken_out() -> None:
    form, rules = FORMATS["alertmanager"], compile_rules("strict")
    (body,) = alerts.bodies("r1", 40, 40)
    seen: set[str] = set()
    for raw in form.parse(body, {}, datetime.now(UTC)):
        made = draft(raw, rules, form)
        assert {"PERSON", "MRN", "EMAIL"} <= {found.kind for found in made.found}
        text = orjson.dumps(made.event).decode()
        for found in made.found:
            assert found.value not in text
        seen.update(found.value for found in made.found if found.kind in {"MRN", "EMAIL"})
    assert len(seen) == 80
    assert 250 < len(body) / 40 < 450


def test_bodies_hold_as_many_alerts_as_asked_for_and_none_twice() -> None:
    bodies = alerts.bodies("r2", 25, 10)
    uids = [alert["labels"]["trace_id"] for body in bodies for alert in orjson.loads(body)]
    assert [len(orjson.loads(body)) for body in bodies] == [10, 10, 10]
    assert len(set(uids)) == 30
    assert uids[7] == alerts.uid("r2", 7)


def test_what_the_senders_send_is_what_the_sink_counts(sink: Sink) -> None:
    sink.begin("trace_id")
    sent = send(load(sink.port))
    sink.wait(20)
    seen = sink.report()
    assert sent.accepted == 60
    assert sent.statuses == {"200": 20}
    assert len(sent.waits) == 20
    assert seen.total == 20
    assert set(seen.arrivals) == {alerts.uid("t", number) for number in range(0, 60, 3)}
    assert sent.began <= seen.first <= seen.last <= sent.ended


def test_at_a_fixed_rate_an_alert_is_late_from_the_moment_it_was_due(sink: Sink) -> None:
    sink.begin("trace_id")
    sent = send(load(sink.port, rate=400.0))
    sink.wait(20)
    seen = sink.report()
    assert sent.sent[alerts.uid("t", 3)] - sent.sent[alerts.uid("t", 0)] == pytest.approx(1 / 400, abs=2e-3)
    assert all(at >= sent.sent[name] for name, times in seen.arrivals.items() for at in times)


def test_a_server_that_hangs_up_under_load_ends_the_run_rather_than_slow_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for _ in range(4):
                server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(BenchError, match="closed a connection"):
            send(load(server.getsockname()[1]))


def test_a_tree_of_processes_is_found_and_measured() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        found = machine.by_part({"tests": os.getpid(), "child": child.pid})
        assert child.pid in machine.tree(os.getpid()) or sys.platform != "linux"
        assert found["child"] == {child.pid}
        assert child.pid not in found["tests"]
        if sys.platform == "linux":
            assert (machine.pss_mb(found["child"]) or 0) > 1
            assert (machine.cpu_seconds(found["tests"]) or 0) > 0
    finally:
        child.communicate(b"\n")


def test_the_machine_is_described(tmp_path: Path) -> None:
    facts = machine.facts(tmp_path)
    assert facts["cores"] == os.cpu_count()
    assert facts["fsync_us"] > 0
    assert list(tmp_path.iterdir()) == []


def test_percentiles_are_of_what_was_measured() -> None:
    assert measure.percentiles([number / 1000 for number in range(1, 101)]) == (51.0, 100.0)
    assert measure.percentiles([]) == (0.0, 0.0)


def test_a_row_has_medians_ranges_and_what_was_lost_or_refused() -> None:
    row = report.row([run("alertveil", 10, 5), run("alertveil", 30, 9), run("alertveil", 20, 7)], CHANNELS)
    assert (row.accepted.least, row.accepted.median, row.accepted.most) == (10, 20, 30)
    assert row.notifications.median == 28
    assert (row.lost, row.refused, row.runs) == (6, 3, 3)


def test_ratios_are_formed_within_a_round() -> None:
    first = [run("alertveil", 10, 10), run("peer", 20, 5), run("peer", 20, 5), run("alertveil", 30, 30)]
    second = [run("alertveil", 80, 40), run("peer", 20, 5), run("peer", 20, 5), run("alertveil", 80, 40)]
    (found,) = report.ratios("cell", [first, second])
    assert (found.accepted.least, found.accepted.most) == (1.0, 4.0)
    assert (found.delivered.least, found.delivered.median, found.delivered.most) == (4.0, 6.0, 8.0)
    assert report.ratios("cell", [[run("alertveil", 1, 1), run("alertveil", 1, 1)]]) == []


def test_as_json_the_figures_are_one_line_and_all_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = report.Report(
        machine=machine.facts(tmp_path),
        peers={},
        rows=[],
        ratios=[],
        memory_mb={},
        tokenizer=None,
        skipped=[],
        runs=[run("a", 1, 1)],
    )
    command.put(found, command.options_of(["--quick", "--json"]).json)
    said = capsys.readouterr()
    assert (said.out.count("\n"), said.err) == (1, "")
    file = tmp_path / "bench.json"
    command.put(found, command.options_of(["--json", str(file)]).json)
    assert orjson.loads(file.read_bytes()) == orjson.loads(said.out)


def test_the_table_says_what_was_left_out_and_what_could_not_be_read(tmp_path: Path) -> None:
    text = report.text(
        report.Report(
            machine=machine.facts(tmp_path),
            peers={"alertmanager": "not run: not installed"},
            rows=report.rows([run("alertveil", 10, 5)], CHANNELS),
            ratios=[],
            memory_mb={"idle": {"web": 50.0, "redis": 2.5}, "after load": {"web": None}},
            tokenizer=None,
            skipped=["celery: 2 of 3 rounds"],
            runs=[],
        )
    )
    assert "memory idle: 52 MB PSS (web 50, redis 2)" in text
    assert "memory after load: not readable here" in text
    assert "peer not run: alertmanager: not run: not installed" in text
    assert "left out for lack of time: celery: 2 of 3 rounds" in text


def test_an_alert_goes_through_the_real_product_into_four_channels_and_nothing_is_lost(
    tmp_path: Path, sink: Sink
) -> None:
    with product(tmp_path / "data", sink.port) as running:
        assert running.parts().keys() == {"up", "web", "worker", "postgres", "redis"}
        found = measure.flow(running, sink, Cell(5, 2), "real", 20, 100.0)
        assert found.statuses == {"202": 4}
        assert (found.alerts, found.lost) == (20, 0)
        assert found.arrival_ms is not None
        assert found.arrival_ms[0] > 0
        plan = Plan(QUICK._replace(limit=-1.0), 0.0, running, sink, tmp_path, lambda _: None)
        assert list(plan.flows(alertmanager=False)) == []
        assert len(plan.skipped) == len(QUICK.cells)
        with peers.celery(tmp_path, running.redis_url, sink) as bare:
            other = measure.bare(bare, sink, "bare", 5)
        assert (other.alerts, other.lost) == (5, 0)


@pytest.mark.system_part("prometheus-alertmanager")
def test_alertmanager_tells_each_alert_to_four_channels(tmp_path: Path, sink: Sink) -> None:
    with peers.alertmanager(tmp_path, sink) as running:
        found = measure.flow(running, sink, Cell(5, 2), "am", 20)
    assert found.statuses == {"200": 4}
    assert (found.alerts, found.lost) == (20, 0)
