"""How what is due on a channel goes out: in order, once, again when it must, and marked when it may be a repeat."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import SafeText
from router.core import render
from router.core.retry import SCHEDULE
from router.flow import delivery, manage
from router.flow.clean import Clean
from router.flow.delivery import pace
from router.flow.desk import OUT, Budget, crew
from router.flow.respond import respond
from router.local.vendors.base import Captured, Fault, Reply
from router.local.vendors.pagerduty import PagerDutyVendor
from router.local.vendors.slack import SlackVendor
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.privacy.rules import compile_rules
from router.runtime import Runtime
from router.store import deliveries
from tests.flow.builder import Edge, Superuser, Worker, email, pagerduty, slack, tenant, webhook

FIRING = {"title": "db down", "alert_uid": "1"}
RESOLVED = {**FIRING, "state": "ok"}
LOUDER = {**FIRING, "severity": "critical", "message": "worse"}


@pytest.fixture
def hook() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def pager() -> Iterator[PagerDutyVendor]:
    with PagerDutyVendor() as vendor:
        yield vendor


def kinds(captured: list[Captured]) -> list[str]:
    """What a webhook receiver was told, in order."""
    return [each.json()["type"] for each in captured]


def actions(captured: list[Captured]) -> list[str]:
    """What PagerDuty was told, in order."""
    return [each.json()["event_action"] for each in captured]


def test_a_lane_that_lags_behind_finds_what_the_others_have_read(
    runtime: Runtime, edge: Edge, hook: WebhookVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much was read since: what a claim asks for is not let go while it is asked for."""
    monkeypatch.setattr(deliveries, "HELD", 0)
    clinic = tenant(runtime, channels={"hook": webhook(hook), "other": webhook(hook)})
    for number in range(3):
        edge.take(clinic.post({**FIRING, "alert_uid": str(number)}))
    held: dict[UUID, deliveries.Held] = {}
    token = uuid4()
    with runtime.database.tenant(clinic.tenant_id) as session:
        ahead, behind = (row.channel_id for row in session.rows("SELECT channel_id FROM lanes ORDER BY channel_id"))
        for lane, most in ((ahead, 3), (behind, 1), (behind, 3)):
            wants = {lane: deliveries.Want(most)}
            found = deliveries.claim(session, wants, owner=1, token=token, pace=pace, held=held, at=0.0)
            assert len({due.incident.incident_id for due in found[lane].due}) == most


def test_an_alert_reaches_its_channel_and_every_attempt_says_why_it_went_out_in_tokens(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    (told,) = hook.received
    assert told.json()["type"] == "incident.triggered"
    (attempt,) = clinic.rows("SELECT outcome, reason, status, mode, policy, repeat FROM attempts")
    assert tuple(attempt) == ("delivered", "delivered", 204, "tokens", "tokens: nobody opted this channel in", False)


def test_a_newer_revision_supersedes_one_that_has_not_left(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    edge.take(clinic.post(LOUDER))
    worker.drain(*edge.rung)
    (told,) = hook.received
    assert (told.json()["type"], told.json()["data"]["revision"]) == ("incident.triggered", 2)
    states = clinic.rows("SELECT revision, state FROM deliveries ORDER BY revision")
    assert [tuple(row) for row in states] == [(1, "superseded"), (2, "delivered")]


def test_a_resolve_that_overtakes_its_trigger_tells_both(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    edge.take(clinic.post(FIRING))
    edge.take(clinic.post(RESOLVED))
    worker.drain(*edge.rung)
    assert actions(pager.received) == ["trigger", "resolve"]
    assert len({each.json()["dedup_key"] for each in pager.received}) == 1
    assert list(pager.alerts.values()) == ["resolved"]


def test_trigger_and_resolve_in_one_request_tell_both_too(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    edge.take(clinic.post(FIRING, RESOLVED))
    worker.drain(*edge.rung)
    assert actions(pager.received) == ["trigger", "resolve"]


def test_an_incident_that_comes_back_before_its_resolve_left_is_told_in_order(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    edge.take(clinic.post(RESOLVED))
    edge.take(clinic.post({**FIRING, "message": "again"}))
    worker.drain(*edge.rung)
    assert actions(pager.received) == ["trigger", "resolve", "trigger"]
    assert list(pager.alerts.values()) == ["triggered"]


def test_a_resolve_that_waits_for_its_next_attempt_is_not_overtaken(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    edge.take(clinic.post(RESOLVED))
    pager.faults.append(Fault(status=500))
    worker.drain(*edge.rung)
    edge.take(clinic.post({**FIRING, "message": "again"}))
    worker.drain(*edge.rung)
    assert actions(pager.received) == ["trigger", "resolve", "resolve", "trigger"]
    assert list(pager.alerts.values()) == ["triggered"]


def test_a_reopening_that_nobody_heard_of_is_told_with_its_end(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    for body in (FIRING, RESOLVED):
        edge.take(clinic.post(body))
        worker.drain(*edge.rung)
    edge.take(clinic.post({**FIRING, "message": "again"}))
    edge.take(clinic.post({**RESOLVED, "message": "again"}))
    worker.drain(*edge.rung)
    assert actions(pager.received) == ["trigger", "resolve", "trigger", "resolve"]


def test_a_resolve_of_what_never_arrived_anywhere_is_not_sent(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    edge.take(clinic.post(FIRING))
    pager.faults.append(Fault(status=400))
    worker.drain(*edge.rung)
    edge.take(clinic.post(RESOLVED))
    worker.drain(*edge.rung)
    assert actions(pager.received) == ["trigger"]
    states = clinic.rows("SELECT state, reason FROM deliveries ORDER BY revision")
    assert [tuple(row) for row in states] == [("dead", "refused"), ("suppressed", "never_announced")]


def test_attempts_follow_the_schedule_until_it_works(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    hook.always = Fault(status=500)
    edge.take(clinic.post(FIRING))
    waits = []
    for _ in range(len(SCHEDULE) + 1):
        worker.drain(clinic.lane("hook"))
        row = superuser.one("SELECT next_attempt_at - now() AS wait, state FROM deliveries")
        assert row.state == "pending"
        waits.append(row.wait)
        superuser.due_now()
    for wait, planned in zip(waits, (*SCHEDULE, SCHEDULE[-1]), strict=True):
        assert planned * 0.79 < wait < planned * 1.21
    hook.always = None
    worker.drain(clinic.lane("hook"))
    assert superuser.one("SELECT state FROM deliveries").state == "delivered"
    attempts = clinic.rows("SELECT number, outcome, reason, status FROM attempts ORDER BY number")
    assert [row.number for row in attempts] == list(range(1, len(SCHEDULE) + 3))
    assert {tuple(row[1:]) for row in attempts[:-1]} == {("retry", "server_error", 500)}
    assert len({each.headers["webhook-id"] for each in hook.received}) == 1


def test_after_a_day_of_attempts_a_delivery_is_dead_and_says_so(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    hook.always = Fault(status=503)
    edge.take(clinic.post(FIRING))
    worker.drain(clinic.lane("hook"))
    superuser.run("UPDATE deliveries SET first_tried_at = now() - interval '24 hours', tries = 30")
    superuser.due_now()
    worker.drain(clinic.lane("hook"))
    assert tuple(superuser.one("SELECT state, reason FROM deliveries")) == ("dead", "server_error")


def test_retry_after_is_kept_and_bounded(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    hook.faults += [Fault(status=503, retry_after="90"), Fault(status=503, retry_after="999999999")]
    edge.take(clinic.post(FIRING))
    worker.drain(clinic.lane("hook"))
    wait = superuser.one("SELECT next_attempt_at - now() AS wait FROM deliveries").wait
    assert timedelta(seconds=80) < wait <= timedelta(seconds=91)
    superuser.due_now()
    worker.drain(clinic.lane("hook"))
    wait = superuser.one("SELECT next_attempt_at - now() AS wait FROM deliveries").wait
    assert timedelta(minutes=55) < wait <= timedelta(hours=1)


def test_a_429_of_slack_is_no_try(runtime: Runtime, edge: Edge, worker: Worker, superuser: Superuser) -> None:
    with SlackVendor() as vendor:
        clinic = tenant(runtime, channels={"chat": slack(vendor)})
        vendor.faults += [Fault(status=429, retry_after="1")] * 3
        edge.take(clinic.post(FIRING))
        for _ in range(3):
            worker.drain(clinic.lane("chat"))
            superuser.due_now()
        assert tuple(superuser.one("SELECT state, attempts, tries FROM deliveries")) == ("pending", 3, 0)
        superuser.run("UPDATE lanes SET bucket = 1")
        worker.drain(clinic.lane("chat"))
    assert tuple(superuser.one("SELECT state, attempts, tries FROM deliveries")) == ("delivered", 4, 1)


def test_what_may_have_arrived_is_repeated_as_such_with_the_same_key(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    hook.faults.append(Fault(drop="after"))
    edge.take(clinic.post(FIRING))
    worker.drain(clinic.lane("hook"))
    superuser.due_now()
    worker.drain(clinic.lane("hook"))
    first, second = hook.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert ("repeat" in first.json()["data"], second.json()["data"]["repeat"]) == (False, True)
    attempts = clinic.rows("SELECT reason, repeat FROM attempts ORDER BY number")
    assert [tuple(row) for row in attempts] == [("disconnected", False), ("delivered", True)]


def test_a_lane_passes_on_as_soon_as_its_workers_session_is_gone_and_what_was_out_is_marked(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    with Worker(runtime) as killed:
        hook.faults.append(Fault(hang=True))
        thread = threading.Thread(target=killed.drain, args=edge.rung, daemon=True)
        thread.start()
        assert len(hook.wait_for(1)) == 1
        worker.drain(*edge.rung)
        assert len(hook.received) == 1, "the lane is leased to a worker that lives"
        killed.die()
        worker.drain(*edge.rung)
        first, second = hook.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert second.json()["data"]["repeat"] is True
        hook.cut_all()  # the zombie's send ends, and its record must not count
        thread.join()
    (row,) = clinic.rows("SELECT state, attempts, uncertain FROM deliveries")
    assert tuple(row) == ("delivered", 2, True)
    attempts = clinic.rows("SELECT number, outcome, repeat FROM attempts")
    assert [tuple(row) for row in attempts] == [(2, "delivered", True)]


def test_a_lease_that_ran_out_passes_on_though_its_worker_lives(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    with Worker(runtime) as frozen:
        hook.faults.append(Fault(hang=True))
        thread = threading.Thread(target=frozen.drain, args=edge.rung, daemon=True)
        thread.start()
        hook.wait_for(1)
        superuser.run("UPDATE lanes SET lease_until = now() - interval '1 second'")
        worker.drain(*edge.rung)
        assert len(hook.received) == 2
        hook.cut_all()
        thread.join()
    assert superuser.one("SELECT count(*) AS n FROM attempts").n == 1


def test_a_trigger_that_is_out_when_its_worker_dies_counts_as_reached_for_the_resolve(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    edge.take(clinic.post(FIRING))
    with Worker(runtime) as killed:
        pager.faults.append(Fault(hang=True))
        thread = threading.Thread(target=killed.drain, args=edge.rung, daemon=True)
        thread.start()
        pager.wait_for(1)
        edge.take(clinic.post(RESOLVED))
        killed.die()
        worker.drain(*edge.rung)
        pager.cut_all()
        thread.join()
    assert actions(pager.received) == ["trigger", "resolve"]


def test_one_poisonous_incident_is_dead_and_its_neighbours_go_out(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    superuser.run("UPDATE incidents SET links = '[[1, 2]]', fields = '[[1, {}]]'")
    edge.take(clinic.post({"title": "neighbour", "alert_uid": "2"}))
    worker.drain(*edge.rung)
    assert [each.json()["data"]["title"] for each in hook.received] == ["neighbour"]
    states = clinic.rows("SELECT state, reason FROM deliveries ORDER BY state")
    assert [tuple(row) for row in states] == [("dead", "bug"), ("delivered", "delivered")]


def test_credentials_that_do_not_open_stop_their_destination_and_no_other(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    superuser.run("UPDATE deliveries SET uncertain = true")  # it may have been told there, so it stays there
    superuser.run("UPDATE destinations SET secrets = set_byte(secrets, 20, get_byte(secrets, 20) # 1)")
    clinic.set(channels={"hook": webhook(hook, "/new")})
    edge.take(clinic.post({"title": "neighbour", "alert_uid": "2"}))
    worker.drain(*edge.rung)
    assert [each.target for each in hook.received] == ["/new"]
    states = clinic.rows("SELECT state, reason, attempts FROM deliveries ORDER BY state DESC")
    assert [tuple(row) for row in states] == [("pending", "bad_config", 1), ("delivered", "delivered", 1)]


def test_without_the_keystore_a_delivery_waits_and_goes_out_when_it_is_back(
    runtime: Runtime, edge: Edge, hook: WebhookVendor, superuser: Superuser, tmp_path: Path
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    (tmp_path / "keystore.json").rename(tmp_path / "away.json")
    runtime.keys.forget(clinic.tenant_id)  # as a worker that started after the loss has none; others go on
    with Worker(runtime) as worker:
        worker.drain(*edge.rung)
        row = superuser.one("SELECT state, attempts, uncertain, next_attempt_at > now() AS waits FROM deliveries")
        assert tuple(row) == ("pending", 0, False, True)
        (tmp_path / "away.json").rename(tmp_path / "keystore.json")
        superuser.due_now()
        worker.drain(*edge.rung)
    assert "repeat" not in hook.received[0].json()["data"]


def test_a_destination_takes_no_more_than_its_rate(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": str(n)} for n in range(45))))
    soon = worker.drain(*edge.rung)
    assert 30 <= len(pager.received) <= 33  # a burst of 30, and 1.5 a second while it lasts
    assert soon is not None
    assert 0 < soon <= 1 / 1.5
    assert set(actions(pager.received)) == {"trigger"}


def test_slack_with_a_queue_gets_a_digest_and_resolves_reach_it(
    runtime: Runtime, edge: Edge, worker: Worker, superuser: Superuser
) -> None:
    with SlackVendor() as vendor:
        clinic = tenant(runtime, channels={"chat": slack(vendor)})
        edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": str(n)} for n in range(70))))
        worker.drain(*edge.rung)
        assert [each.target for each in vendor.received] == ["/api/chat.postMessage"]
        assert "70 incidents" in json.dumps(vendor.received[0].json())
        delivered = superuser.one("SELECT count(*) AS n FROM deliveries WHERE state = 'delivered'").n
        assert delivered == 70
        superuser.run("UPDATE lanes SET bucket = 3")
        edge.take(clinic.post({"title": "disk 7 full", "alert_uid": "7", "state": "ok"}))
        worker.drain(*edge.rung)
        last = vendor.received[-1].json()
        assert "disk 7 full" in json.dumps(last)
        assert len(vendor.received) == 2


def test_mail_with_a_queue_gets_a_digest(runtime: Runtime, edge: Edge, worker: Worker, superuser: Superuser) -> None:
    with SmtpVendor() as vendor:
        clinic = tenant(runtime, channels={"mail": email(vendor)})
        edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": str(n)} for n in range(61))))
        worker.drain(*edge.rung)
        (told,) = vendor.received
        assert told.mail is not None
        assert "61 incidents" in str(told.mail["Subject"])
    attempts = superuser.one("SELECT count(*) AS n, count(DISTINCT policy) AS grounds FROM attempts")
    assert tuple(attempts) == (61, 1)


def test_a_short_queue_is_told_one_by_one(runtime: Runtime, edge: Edge, worker: Worker) -> None:
    with SmtpVendor() as vendor:
        clinic = tenant(runtime, channels={"mail": email(vendor)})
        edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": str(n)} for n in range(20))))
        worker.drain(*edge.rung)
        assert len(vendor.received) == 20


def test_a_destination_that_only_fails_is_paused_its_tenant_told_elsewhere_and_it_comes_back_by_itself(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, pager: PagerDutyVendor, superuser: Superuser
) -> None:
    clinic = tenant(
        runtime, channels={"hook": webhook(hook), "page": pagerduty(pager)}, routes=[([], ["hook"], [], False)]
    )
    hook.always = Fault(status=500)
    edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": str(n)} for n in range(3))))
    worker.drain(clinic.lane("hook"))
    assert worker.noticed == []
    superuser.run("UPDATE lanes SET failing_since = failing_since - interval '61 minutes'")
    superuser.due_now()
    worker.drain(clinic.lane("hook"))
    assert [health.paused for health in worker.noticed] == ["server_error"]
    assert worker.rung == {clinic.lane("page")}
    worker.drain(clinic.lane("page"))
    assert "Channel hook is paused" in pager.received[-1].json()["payload"]["summary"]

    before = len(hook.received)
    superuser.run("UPDATE deliveries SET next_attempt_at = now() WHERE state = 'pending'")
    worker.drain(clinic.lane("hook"))
    assert len(hook.received) == before, "its queue waits"
    superuser.due_now()
    worker.drain(clinic.lane("hook"))
    assert len(hook.received) == before + 1, "a probe is one delivery"

    hook.always = None
    superuser.due_now()
    worker.drain(clinic.lane("hook"))
    left = "SELECT count(*) AS n FROM deliveries WHERE state = 'pending' AND channel_id = %s"
    assert superuser.one(left, [clinic.channels["hook"]]).n == 0
    worker.drain(clinic.lane("page"))
    assert actions(pager.received) == ["trigger", "resolve"]


def test_a_dead_destination_is_paused_at_once_and_stays_so_until_a_person_resumes_it_or_names_another(
    runtime: Runtime,
    edge: Edge,
    worker: Worker,
    hook: WebhookVendor,
    pager: PagerDutyVendor,
    superuser: Superuser,
) -> None:
    routes: Any = [([], ["hook"], [], False)]
    clinic = tenant(runtime, channels={"hook": webhook(hook), "page": pagerduty(pager)}, routes=routes)
    hook.faults.append(Fault(status=410))
    edge.take(clinic.post(FIRING))
    worker.drain(clinic.lane("hook"))
    assert [(health.paused, health.probe_at) for health in worker.noticed] == [("destination", None)]
    edge.take(clinic.post({"title": "next", "alert_uid": "2"}))
    worker.drain(clinic.lane("hook"), clinic.lane("page"))
    assert len(hook.received) == 1
    manage.resume(runtime, clinic.tenant_id, "hook", "host:ops")
    worker.drain(clinic.lane("hook"), clinic.lane("page"))
    assert superuser.one("SELECT paused FROM lanes WHERE channel_id = %s", [clinic.channels["hook"]]).paused is None
    assert actions(pager.received) == ["trigger", "resolve"], "what told of the pause is over as soon as the pause is"

    paused = ("SELECT paused FROM lanes WHERE channel_id = %s", [clinic.channels["hook"]])
    hook.faults.append(Fault(status=410))
    edge.take(clinic.post({"title": "third", "alert_uid": "3"}))
    worker.drain(clinic.lane("hook"))
    assert superuser.one(*paused).paused == "destination"
    clinic.set(channels={"hook": webhook(hook, "/new"), "page": pagerduty(pager)}, routes=routes)
    worker.drain(clinic.lane("hook"))
    assert superuser.one(*paused).paused is None


def test_one_bad_message_never_pauses_its_destination(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    hook.always = Fault(status=500)
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    for _ in range(5):
        superuser.run("UPDATE lanes SET failing_since = failing_since - interval '2 hours'")
        superuser.due_now()
        worker.drain(*edge.rung)
    assert worker.noticed == []
    assert superuser.one("SELECT paused FROM lanes").paused is None


def test_a_slow_destination_holds_up_no_other(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook), "page": pagerduty(pager)})
    hook.faults.append(Fault(hang=True))
    edge.take(clinic.post(FIRING))
    thread = threading.Thread(target=worker.drain, args=[clinic.lane("hook")], daemon=True)
    thread.start()
    hook.wait_for(1)
    worker.drain(clinic.lane("page"))
    assert actions(pager.received) == ["trigger"]
    hook.cut_all()
    thread.join()


@given(st.integers(1, 6), st.lists(st.tuples(st.booleans(), st.integers(1, 90)), max_size=60))
def test_lanes_that_drain_at_once_never_have_more_out_than_the_budget(
    lanes: int, steps: list[tuple[bool, int]]
) -> None:
    budget = Budget()
    out: list[int] = []
    for _ in range(lanes):
        budget.enter()
    for more, wanted in steps:
        if more or not out:
            taken = budget.spare(wanted)
            assert taken <= wanted
            assert taken or sum(out) == OUT
            out += [taken] if taken else []
        else:
            budget.put(out.pop())
        assert sum(out) <= OUT
    for each in out:
        budget.put(each)
    assert budget.take(OUT) == min(OUT // 2, OUT // max(2, lanes))


def test_five_lanes_with_long_queues_leave_room_for_a_sixth() -> None:
    budget = Budget()
    for _ in range(5):
        budget.enter()
        budget.take(80)
    budget.enter()
    assert budget.take(80) >= 1  # at once: a wait would hang this test


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_sent_and_not_recorded_is_never_more_than_the_budget(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser, channels: int
) -> None:
    clinic = tenant(runtime, channels={f"hook-{n}": webhook(hook) for n in range(channels)})
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)  # from here on the desk sends: for some lanes, while what others sent is recorded
    edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": f"disk {n}"} for n in range(79))))
    out: list[int] = []
    hook.on_message = lambda _: out.append(len(hook.received) - superuser.one("SELECT count(*) AS n FROM attempts").n)
    worker.drain(*edge.rung)
    assert len(hook.received) == 80 * channels
    assert 0 < max(out) <= OUT
    delivered = clinic.rows("SELECT count(*) AS n FROM deliveries WHERE state = 'delivered'")
    assert [row.n for row in delivered] == [80 * channels]
    assert {row.out for row in clinic.rows("SELECT cardinality(out_incidents) AS out FROM lanes")} == {0}


@given(st.lists(st.integers(1, 64), max_size=6), st.integers(0, 6))
def test_half_of_the_lanes_send_while_the_other_half_is_recorded_where_not_all_can_be_out_at_once(
    left: list[int], back: int
) -> None:
    now = crew(left, back)
    if sum(left) <= OUT:
        assert now == len(left), "nobody waits for nothing"
    else:
        assert now >= 1, "somebody sends"
        assert 2 * now <= len(left) + back + 1, "and half is recorded meanwhile"


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("UPDATE instance SET kill_switch = true", {"tokens: the installation's kill switch is on"}),
        ("UPDATE lanes SET lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute'", set()),
    ],
    ids=["kill switch", "lease lost"],
)
def test_what_was_made_ready_while_a_record_was_on_its_way_leaves_only_if_that_changed_nothing(
    runtime: Runtime,
    edge: Edge,
    worker: Worker,
    hook: WebhookVendor,
    superuser: Superuser,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    after: set[str],
) -> None:
    monkeypatch.setattr(delivery, "QUICK", 20.0)
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)  # from here on the desk sends

    def once(_: Captured) -> None:
        if len(hook.received) > 1 + OUT // 2:  # the first piece is its lane's whole first claim; this is the second
            hook.on_message = None
            superuser.run(change)

    edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": str(n + 2)} for n in range(80))))
    hook.on_message = once
    worker.drain(*edge.rung)
    usual = "tokens: nobody opted this channel in"
    told = clinic.rows("SELECT policy, count(*) AS n FROM attempts GROUP BY policy")
    assert {row.policy for row in told} - {usual} == after
    left = sum(row.n for row in told if row.policy == usual) if after else len(hook.received)
    assert left <= 1 + 2 * (OUT // 2), "the piece that was out, and none after it"


def test_a_destination_that_takes_its_time_does_not_hold_up_one_that_answers_at_once(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    """Both are known by then, so that the same thread begins to send to both."""
    with WebhookVendor() as other:
        clinic = tenant(runtime, channels={"slow": webhook(hook), "fast": webhook(other)})
        edge.take(clinic.post(FIRING))
        worker.drain(clinic.lane("slow"), clinic.lane("fast"))
        told, go_on = threading.Event(), threading.Event()

        def linger(_: Captured) -> None:
            told.set()
            go_on.wait()

        hook.on_message = linger
        edge.take(clinic.post(*({"title": f"disk {n} full", "alert_uid": f"disk {n}"} for n in range(40))))
        slow = threading.Thread(target=worker.drain, args=[clinic.lane("slow")], daemon=True)
        slow.start()
        told.wait()
        try:
            worker.drain(clinic.lane("fast"))
            assert len(other.received) == 41
        finally:
            go_on.set()
            slow.join()
        assert len(hook.received) == 41
        states = clinic.rows("SELECT DISTINCT state FROM deliveries")
        assert [row.state for row in states] == ["delivered"]


@pytest.mark.parametrize("change", ["route", "edited", "retired"])
def test_a_resolve_goes_where_the_trigger_went(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor, change: str
) -> None:
    with WebhookVendor() as other:
        clinic = tenant(runtime, channels={"page": pagerduty(pager, "A" * 32)})
        edge.take(clinic.post(FIRING))
        worker.drain(*edge.rung)
        match change:
            case "route":
                clinic.set(channels={"other": webhook(other)}, routes=[([], ["other"], [], False)])
            case "edited":
                clinic.set(channels={"page": pagerduty(pager, "B" * 32)})
            case _:
                clinic.retire_channel("page")
        edge.take(clinic.post(RESOLVED))
        worker.drain(*edge.rung)
        told = [(each.json()["event_action"], each.json()["routing_key"][0]) for each in pager.received]
        assert told == [("trigger", "A"), ("resolve", "A")]
        assert pager.received[0].json()["dedup_key"] == pager.received[1].json()["dedup_key"]
        assert other.received == []


def test_the_kill_switch_bites_at_the_next_attempt(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    superuser.run("UPDATE tenants SET kill_switch = true")
    edge.take(clinic.post({"title": "second", "alert_uid": "2"}))
    worker.drain(*edge.rung)
    superuser.run("UPDATE instance SET kill_switch = true")
    edge.take(clinic.post({"title": "third", "alert_uid": "3"}))
    worker.drain(*edge.rung)
    policies = [row.policy for row in clinic.rows("SELECT policy FROM attempts ORDER BY started_at")]
    assert policies == [
        "tokens: nobody opted this channel in",
        "tokens: the tenant's kill switch is on",
        "tokens: the installation's kill switch is on",
    ]


def test_a_person_who_acts_is_told_of_everywhere(
    runtime: Runtime, edge: Edge, worker: Worker, pager: PagerDutyVendor
) -> None:
    clinic = tenant(runtime, channels={"page": pagerduty(pager)})
    (receipt,) = edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    assert receipt.incident_id is not None
    for action in ("ack", "investigate", "resolve", "reopen"):
        rung: set[Any] = set()
        respond(runtime, edge.snapshots, rung.update, clinic.tenant_id, receipt.incident_id, action, "user:nina")
        worker.drain(*rung)
    assert actions(pager.received) == ["trigger", "acknowledge", "acknowledge", "resolve", "trigger"]
    timeline = clinic.rows("SELECT revision, why, actor FROM incident_events ORDER BY revision")
    assert [row.actor for row in timeline] == ["source", *["user:nina"] * 4]
    assert [row.revision for row in timeline] == [1, 2, 3, 4, 5]


def test_many_lanes_look_at_their_messages_at_once_and_none_stumbles_over_another() -> None:
    clean, rules = Clean(size=2), compile_rules("strict", version="1")
    one = render.test(
        incident_id=uuid4(), key="k", tenant="acme", channel="hook", url="", now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as lanes:
            looks = lanes.map(
                lambda number: clean.look(msgspec.structs.replace(one, title=SafeText(f"retries: {number}")), rules),
                range(4000),
            )
            assert {trips for _, trips in looks} == {0}
    finally:
        sys.setswitchinterval(before)


class Rotated(SlackVendor):
    """A workspace where one token holds, and every other one was taken back."""

    token = "xoxb-1-test"

    def answer(self, captured: Captured, fault: Fault | None) -> Reply:
        if captured.headers["authorization"] != f"Bearer {self.token}":
            return super().answer(captured, Fault(error="invalid_auth"))
        return super().answer(captured, fault)


def test_after_a_rotated_credential_what_waits_what_died_and_what_was_told_before_go_out(
    runtime: Runtime, edge: Edge, worker: Worker, superuser: Superuser
) -> None:
    def fire(title: str, **more: str) -> None:
        edge.take(clinic.post({"title": title, "alert_uid": title, **more}))
        go()

    def go() -> None:
        superuser.run("UPDATE lanes SET bucket = 5")  # the rate is another story's
        superuser.due_now()
        worker.drain(clinic.lane("slack"))

    def state() -> tuple[dict[str, int], str | None]:
        counted = clinic.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
        (lane,) = clinic.rows("SELECT paused FROM lanes")
        return {row.state: row.n for row in counted}, lane.paused

    with Rotated() as vendor:
        clinic = tenant(runtime, channels={"slack": slack(vendor)})
        fire("told before")
        vendor.token = "xoxb-1-renewed"
        fire("refused")
        fire("waits")
        assert state() == ({"delivered": 1, "dead": 1, "pending": 1}, "credential")
        way = slack(vendor)
        clinic.set(channels={"slack": replace(way, secrets={"token": vendor.token})})
        go()
        assert state() == ({"delivered": 2, "dead": 1}, None), "what waited is not refused for the old one"
        assert manage.recover(runtime, clinic.tenant_id, datetime.now(UTC) - timedelta(hours=1), "slack", "test") == 1
        go()
        assert state() == ({"delivered": 3}, None)
        fire("told before", state="ok")
        assert state() == ({"delivered": 3, "pending": 1}, None), "what it was told with is not taken any more"
        go()
        assert state() == ({"delivered": 4}, None)
        (channel, first) = min(vendor.messages)
        assert "RESOLVED" in vendor.messages[channel, first]["text"], "the end stands where the beginning was told"
