"""A real worker process tells a hook, and after kill -9 the next one goes on."""

from __future__ import annotations

from pathlib import Path

from router.local.vendors.webhook import WebhookVendor
from tests.chaos.parts import Part
from tests.conftest import Database
from tests.flow.builder import Edge, Tenant, environment
from tests.hooks.conftest import hook, told


def test_a_worker_process_tells_and_a_second_one_goes_on_after_it(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, database: Database, tmp_path: Path, valkey: str
) -> None:
    hook(clinic, receiver)
    given = environment(database.app_url, tmp_path, valkey)
    edge.take(clinic.post({"title": "disk full", "alert_uid": "1"}))
    with Part(given, "worker", "--beat", log=tmp_path / "one.log") as first:
        assert len(receiver.wait_for(1, 60)) == 1, first.said
        first.kill()
    edge.take(clinic.post({"title": "disk full", "alert_uid": "2"}))
    with Part(given, "worker", "--beat", log=tmp_path / "two.log") as second:
        assert len(receiver.wait_for(2, 60)) >= 2, second.said
    assert {each["data"]["sequence"] for each in told(receiver)} == {1, 2}
