"""What `/metrics` says: one set of numbers for all processes, the rules and the dashboard that read them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from router.flow import status
from router.local.vendors.webhook import WebhookVendor
from router.measures import ARRIVING, EDGE, SENDING, Measures, exposed
from router.runtime import Runtime
from router.store.session import DatabaseDown
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Worker, build, tenant, webhook

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
OTHERS = {"alertveil_ingest_refused_total", "alertveil_ingest_seconds_bucket"}
"""What a web process counts for itself; the rest is what the database says."""
NAME = re.compile(r"\balertveil_[a-z_]+\b")


def told(runtime: Runtime) -> dict[tuple[str, ...], float]:
    """Every sample of the numbers that the database holds, by its name and its labels' values."""
    families = text_string_to_metric_families(status.metrics(runtime).decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_a_worker_and_an_edge_are_counted_in_one_place(
    database: Database, tmp_path: Path, runtime: Runtime, edge: Edge, worker: Worker
) -> None:
    with WebhookVendor() as hook:
        clinic = tenant(runtime, sources={"app": "generic"}, channels={"hook": webhook(hook)})
        edge.take(clinic.post({"title": f"bounced: {EMAIL}", "alert_uid": "1"}))
        edge.take(clinic.post({"title": f"bounced again: {EMAIL}", "alert_uid": "2"}))
        edge.take(clinic.post({"title": f"bounced again: {EMAIL}", "alert_uid": "2"}))
        worker.drain(clinic.lane("hook"))
        assert len(hook.received) == 2
    edge.measures.count(EDGE, "taken", by=3)
    edge.measures.write(runtime.database)  # as another process would
    with_another = build(database.app_url, tmp_path)
    with_another.measures.count(EDGE, "taken")
    with_another.measures.write(with_another.database)
    with_another.close()
    found = told(runtime)
    assert found["alertveil_ingest_events_total", "generic", "kept"] == 2
    assert found["alertveil_ingest_events_total", "generic", "duplicate"] == 1
    assert found["alertveil_tokens_created_total", "EMAIL"] == 1, "the same value again is no new token"
    assert found["alertveil_deliveries_total", "webhook", "delivered", "tokens"] == 2
    assert found["alertveil_deliveries_total", "webhook", "delivered", "plaintext"] == 0
    assert found["alertveil_delivery_duration_seconds_count", "webhook"] == 2
    assert found["alertveil_delivery_end_to_end_seconds_count", "webhook"] == 2
    assert found["alertveil_delivery_end_to_end_seconds_bucket", "webhook", "+Inf"] == 2
    assert found["alertveil_delivery_end_to_end_seconds_sum", "webhook"] > 0
    assert found["alertveil_edge_messages_total", "taken"] == 4
    assert found["alertveil_optins", "active"] == 0
    counted = {key: value for key, value in found.items() if key[0].endswith(("_total", "_count", "_sum", "_bucket"))}
    assert counted.items() <= told(runtime).items(), "asking changes nothing"


def test_what_could_not_be_written_is_written_later(database: Database, tmp_path: Path, runtime: Runtime) -> None:
    away = build(database.app_url, tmp_path)
    mine = Measures()
    mine.observe(SENDING, 0.3, "slack", times=2)
    away.database.close()
    broken = type(away.database)("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseDown):
        mine.write(broken)
    mine.observe(SENDING, 0.2, "slack")
    mine.write(runtime.database)
    mine.write(runtime.database)  # nothing is left to write
    found = told(runtime)
    assert found["alertveil_delivery_duration_seconds_count", "slack"] == 3
    assert found["alertveil_delivery_duration_seconds_sum", "slack"] == pytest.approx(0.8)
    assert found["alertveil_delivery_duration_seconds_bucket", "slack", "0.25"] == 1
    away.close()


@given(st.lists(st.floats(0, 10_000), max_size=30))
def test_a_bucket_holds_what_took_no_longer_than_its_bound(seconds: list[float]) -> None:
    counts = [0] * (len(ARRIVING.bounds) + 1)
    mine = Measures()
    for each in seconds:
        mine.observe(ARRIVING, each, "slack")
    (counts,) = mine.pending().values() or (counts,)
    lines = "\n".join(exposed({(ARRIVING.name, ("slack",)): (counts, sum(seconds))})) + "\n"
    (family,) = (each for each in text_string_to_metric_families(lines) if each.name == ARRIVING.name)
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            assert sample.value == sum(each <= float(sample.labels["le"]) for each in seconds)
    assert {sample.value for sample in family.samples if sample.name.endswith("_count")} == {len(seconds)}


def test_the_rules_and_the_dashboard_read_numbers_that_there_are(runtime: Runtime) -> None:
    text = status.metrics(runtime).decode()
    there = (
        OTHERS
        | {name + end for name in NAME.findall(text) for end in ("", "_bucket")}
        | {"alertveil_tokenizer_failed_closed_total"}
    )
    rules = yaml.safe_load((MONITORING / "alertveil.rules.yml").read_text())
    board = json.loads((MONITORING / "grafana.json").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    named = {name for expression in asked for name in NAME.findall(expression)}
    assert len(named) > 15
    assert named <= there
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert {"summary", "action"} <= set(rule["annotations"]), rule["alert"]
    docs = set(NAME.findall((MONITORING.parent / "operations.md").read_text()))
    assert {name.removesuffix("_bucket") for name in named} <= docs
