"""When nothing comes in: the quiet are resolved and told so, the due are rung for, by any number of beats."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from router.flow import status, upkeep
from router.flow.respond import respond
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import upkeep as rows
from tests.conftest import Database
from tests.flow.builder import Edge, Superuser, Tenant, Worker, build, tenant, webhook

FIRING = {"title": "db down", "alert_uid": "1"}


@pytest.fixture
def hook() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor) -> Tenant:
    return tenant(runtime, channels={"hook": webhook(hook)})


def passes(superuser: Superuser, minutes: int) -> None:
    """The clock goes on while ingest accepts: everything that happened is `minutes` older."""
    age = timedelta(minutes=minutes)
    superuser.run("UPDATE incidents SET last_alert_at = last_alert_at - %s", [age])
    superuser.run(
        "UPDATE instance SET ingest_since = coalesce(ingest_since, now()) - %s, ingest_seen_at = now()", [age]
    )
    superuser.run("UPDATE instance SET upkeep_ran_at = 'epoch'")


def beat(runtime: Runtime) -> set[Any]:
    """One round of upkeep; the lanes it rang for."""
    rung: set[Any] = set()
    upkeep.run(runtime.database, rung.update)
    return rung


def state(superuser: Superuser) -> str:
    return str(superuser.one("SELECT status FROM incidents").status)


def test_thirty_quiet_minutes_resolve_an_incident_and_its_channel_hears_that_it_was_quiet_and_not_fixed(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant, superuser: Superuser
) -> None:
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    passes(superuser, 29)
    beat(runtime)
    assert state(superuser) == "open"
    passes(superuser, 2)
    worker.drain(*beat(runtime))
    assert tuple(superuser.one("SELECT status, ended_by FROM incidents")) == ("resolved", "quiet")
    told = hook.received[-1].json()
    assert told["type"] == "incident.resolved"
    assert told["data"]["reason"] == (
        "auto-resolved: no alert for 30 minutes; it went quiet, nobody said that it is fixed"
    )


def test_what_went_quiet_and_was_reopened_ends_when_its_source_says_so(
    runtime: Runtime, edge: Edge, clinic: Tenant, superuser: Superuser
) -> None:
    (receipt,) = edge.take(clinic.post(FIRING))
    assert receipt.incident_id is not None
    passes(superuser, 31)
    beat(runtime)
    assert state(superuser) == "resolved"
    respond(runtime, edge.snapshots, lambda _: None, clinic.tenant_id, receipt.incident_id, "reopen", "user:nina")
    edge.take(clinic.post({**FIRING, "status": "resolved"}))
    assert tuple(superuser.one("SELECT status, ended_by FROM incidents")) == ("resolved", "source")


def test_an_outage_of_ours_is_not_quiet(runtime: Runtime, edge: Edge, clinic: Tenant, superuser: Superuser) -> None:
    status.beat(runtime)
    edge.take(clinic.post(FIRING))
    passes(superuser, 50)
    superuser.run("UPDATE instance SET ingest_seen_at = now() - interval '61 seconds'")
    beat(runtime)
    assert state(superuser) == "open", "nobody accepts alerts now"
    status.beat(runtime)
    superuser.run("UPDATE instance SET upkeep_ran_at = 'epoch'")
    beat(runtime)
    assert state(superuser) == "open", "the clock has started again"
    passes(superuser, 31)
    beat(runtime)
    assert state(superuser) == "resolved"


@pytest.mark.parametrize(
    "held",
    [
        "UPDATE sources SET paused_at = now()",
        "UPDATE sources SET resumed_at = now() - interval '10 minutes'",
        "UPDATE sources SET quiet_after = NULL",
        "UPDATE sources SET quiet_after = '4 hours'",
    ],
)
def test_a_source_that_is_paused_just_resumed_slower_or_never_quiet_holds_its_incidents(
    runtime: Runtime, edge: Edge, clinic: Tenant, superuser: Superuser, held: str
) -> None:
    edge.take(clinic.post(FIRING))
    superuser.run(held)
    passes(superuser, 45)
    beat(runtime)
    assert state(superuser) == "open"


def test_an_investigation_holds_its_incident(
    runtime: Runtime, edge: Edge, clinic: Tenant, superuser: Superuser
) -> None:
    (receipt,) = edge.take(clinic.post(FIRING))
    assert receipt.incident_id is not None
    respond(runtime, edge.snapshots, lambda _: None, clinic.tenant_id, receipt.incident_id, "investigate", "nina")
    passes(superuser, 45)
    beat(runtime)
    assert state(superuser) == "investigating"


def test_an_alert_that_is_being_taken_in_keeps_its_incident_open(
    runtime: Runtime, edge: Edge, clinic: Tenant, superuser: Superuser
) -> None:
    edge.take(clinic.post(FIRING))
    passes(superuser, 45)
    with runtime.database.tenant(clinic.tenant_id) as session:
        session.run("UPDATE incidents SET last_alert_at = now()")
        beat(runtime)  # finds the row locked, and lets it be
    superuser.run("UPDATE instance SET upkeep_ran_at = 'epoch'")
    beat(runtime)
    assert state(superuser) == "open"


def test_an_alert_and_the_quiet_minute_at_once_never_end_with_the_resolve_told_last(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant, superuser: Superuser
) -> None:
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    for turn in range(5):
        passes(superuser, 45)
        barrier = threading.Barrier(2)

        def quiet(barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            beat(runtime)

        thread = threading.Thread(target=quiet)
        thread.start()
        post = clinic.post({**FIRING, "message": f"turn {turn}"})
        barrier.wait()
        edge.take(post)
        thread.join()
        worker.drain(clinic.lane("hook"))
        assert state(superuser) == "open"
        assert hook.received[-1].json()["type"] != "incident.resolved"


def test_three_beats_at_once_are_one_round(runtime: Runtime, superuser: Superuser) -> None:
    superuser.run("UPDATE instance SET upkeep_ran_at = 'epoch'")
    barrier, rounds = threading.Barrier(3), []

    def run() -> None:
        barrier.wait()
        rounds.append(upkeep.run(runtime.database, lambda _: None))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done is not None for done in rounds) == 1


def test_a_round_rings_for_whatever_is_due_in_any_tenant(
    runtime: Runtime, edge: Edge, hook: WebhookVendor, superuser: Superuser
) -> None:
    tenants = [tenant(runtime, channels={"hook": webhook(hook)}) for _ in range(3)]
    for each in tenants:
        edge.take(each.post(FIRING))
    superuser.run("UPDATE deliveries SET next_attempt_at = now() + interval '1 hour' WHERE tenant_id = %s",
                  [tenants[2].tenant_id])  # fmt: skip
    superuser.run("UPDATE instance SET upkeep_ran_at = 'epoch'")
    assert beat(runtime) == {each.lane("hook") for each in tenants[:2]}


def test_nonces_that_nobody_could_use_again_are_forgotten(
    runtime: Runtime, edge: Edge, clinic: Tenant, superuser: Superuser
) -> None:
    edge.take(clinic.post(FIRING))
    with runtime.database.tenant(clinic.tenant_id) as session:
        for nonce in ("old", "new"):
            rows.keep_nonce(session, clinic.tenant_id, clinic.sources["app"], nonce)
    superuser.run("UPDATE edge_nonces SET seen_at = now() - interval '11 minutes' WHERE nonce = 'old'")
    passes(superuser, 1)
    beat(runtime)
    assert [row.nonce for row in superuser.rows("SELECT nonce FROM edge_nonces")] == ["new"]


def test_readiness_says_what_is_down_and_how_late_it_is(
    runtime: Runtime, edge: Edge, clinic: Tenant, superuser: Superuser, tmp_path: Path
) -> None:
    status.beat(runtime)
    edge.take(clinic.post(FIRING))
    superuser.run("UPDATE deliveries SET next_attempt_at = now() - interval '90 seconds'")
    superuser.run("UPDATE instance SET upkeep_ran_at = 'epoch'")
    beat(runtime)
    found = status.ready(runtime)
    assert found.ready
    assert found.broker is False
    assert 89 < (found.oldest_due or 0) < 120
    (tmp_path / "keystore.json").unlink()
    assert not status.ready(runtime).ready


def test_an_unreachable_database_is_not_ready_and_raises_nothing(database: Database, tmp_path: Path) -> None:
    made = build(database.app_url, tmp_path)
    with Superuser(database.superuser_url) as superuser:
        name = superuser.one("SELECT current_database() AS name").name
        superuser.run(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        superuser.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'alertveil'")
    assert not status.ready(made).ready
    assert status.metrics(made) == b""
    made.close()
