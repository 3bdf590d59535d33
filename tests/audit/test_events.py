"""What people do leaves an event; taking alerts in and delivering their tokens leaves none."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from router.cli import tree
from router.core.audit import INSTANCE
from router.flow import audit, manage
from router.flow.respond import respond
from router.flow.snapshot import Snapshots
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Worker, build, environment, tenant, webhook

ALERT = {"title": f"Intake failed for {NAME}", "message": f"mail {EMAIL}, {MRN}", "severity": "critical"}


@pytest.fixture
def parts(database: Database, tmp_path: Path) -> Any:  # noqa: ANN401 - a generator of a tuple
    runtime = build(database.app_url, tmp_path)
    with WebhookVendor() as vendor, Superuser(database.superuser_url) as superuser:
        yield runtime, tenant(runtime, slug="clinic", channels={"hook": webhook(vendor)}), superuser
    runtime.close()


def events(runtime: Runtime, tenant: Any, **wanted: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - filters
    found = audit.page(runtime, tenant, audit.Wanted(**wanted)).events
    return [(each.action, each.actor, each.decision) for each in reversed(found)]


def test_an_alert_that_comes_in_and_goes_out_in_tokens_leaves_no_event(parts: Any) -> None:  # noqa: ANN401 - the tuple above
    runtime, clinic, superuser = parts
    edge = Edge(runtime)
    with Worker(runtime) as worker:
        edge.take(clinic.post(ALERT))
        worker.drain(*edge.rung)
    assert clinic.rows("SELECT state FROM deliveries")[0].state == "delivered"
    assert superuser.one("SELECT count(*) AS n FROM audit_events").n == 0


def test_what_people_do_leaves_an_event_with_who_did_it_and_no_value(parts: Any) -> None:  # noqa: ANN401 - the tuple above
    runtime, clinic, superuser = parts
    edge = Edge(runtime)
    (receipt,) = edge.take(clinic.post(ALERT))
    tenant_id, incident = clinic.tenant_id, receipt.incident_id
    assert incident is not None
    ana = "ana@clinic.test through host:root"
    for action in ("ack", "investigate", "resolve", "reopen"):
        respond(runtime, Snapshots(), lambda _: None, tenant_id, incident, action, ana)
    manage.pause(runtime, tenant_id, "hook", f"for {NAME}", ana)
    manage.pause(runtime, tenant_id, "hook", "again", ana)
    manage.resume(runtime, tenant_id, "hook", ana)
    manage.test(runtime, tenant_id, "hook", ana)
    manage.retry(runtime, tenant_id, incident, "hook", 5, ana)
    manage.recover(runtime, tenant_id, runtime_start(superuser), None, ana)
    manage.switch(runtime, tenant_id, on=True, actor=ana)
    manage.switch(runtime, None, on=True, actor="host:root")
    done = events(runtime, tenant_id)
    assert [action for action, _, _ in done] == [
        "incident.ack",
        "incident.investigate",
        "incident.resolve",
        "incident.reopen",
        "channel.pause",
        "channel.resume",
        "channel.test",
        "delivery.retry",
        "delivery.recover",
        "kill_switch.on",
        "kill_switch.on",
    ]
    assert {actor for _, actor, _ in done[:-1]} == {"ana@clinic.test"}
    assert [action for action, _, _ in events(runtime, INSTANCE)] == ["kill_switch.on"]
    assert {row.auth for row in superuser.rows("SELECT auth FROM audit_events WHERE actor LIKE 'ana@%%'")} == {
        "host:root"
    }
    kept = str(superuser.rows("SELECT * FROM audit_events"))
    assert not any(value in kept for value in (NAME, EMAIL, MRN, "Quackenbush"))


def runtime_start(superuser: Superuser) -> Any:  # noqa: ANN401 - a moment
    return superuser.one("SELECT pg_postmaster_start_time() AS at").at


def test_the_audit_is_read_by_what_is_sought_a_page_at_a_time(parts: Any) -> None:  # noqa: ANN401 - the tuple above
    runtime, clinic, _ = parts
    for number in range(5):
        manage.pause(runtime, clinic.tenant_id, "hook", "", f"p{number}@clinic.test")
        manage.resume(runtime, clinic.tenant_id, "hook", "ana@clinic.test")
    channel = clinic.channels["hook"]
    assert len(events(runtime, clinic.tenant_id, channel=channel, actor="ana@clinic.test")) == 5
    assert len(events(runtime, clinic.tenant_id, action="channel.pause")) == 5
    assert events(runtime, clinic.tenant_id, decision="denied") == []
    seen, before = [], ""
    while True:
        page = audit.page(runtime, clinic.tenant_id, audit.Wanted(), before=before, most=3)
        seen += [each.id for each in page.events]
        before = page.before
        if not before:
            break
    assert (len(seen), len(set(seen))) == (10, 10)
    with pytest.raises(audit.NoSuchPage):
        audit.page(runtime, clinic.tenant_id, audit.Wanted(), before="x")


def test_a_channels_events_are_those_that_filtering_all_would_leave(parts: Any) -> None:  # noqa: ANN401 - the tuple above
    runtime, clinic, _ = parts
    tenant_id, channel = clinic.tenant_id, clinic.channels["hook"]
    for number in range(4):
        manage.pause(runtime, tenant_id, "hook", "", f"p{number}@clinic.test")
        manage.resume(runtime, tenant_id, "hook", "ana@clinic.test")
    manage.add_user(runtime, tenant_id, "vera@clinic.test", ["viewer"], "ana@clinic.test")
    every = audit.page(runtime, tenant_id, audit.Wanted()).events
    ours = [each for each in every if each.details.get("channel") == str(channel)]
    assert len(ours) == 8 < len(every)
    middle = ours[3].at
    cases: list[tuple[dict[str, Any], Callable[[audit.Shown], bool]]] = [
        ({}, lambda _: True),
        ({"action": "channel.pause"}, lambda each: each.action == "channel.pause"),
        ({"actor": "p2@clinic.test"}, lambda each: each.actor == "p2@clinic.test"),
        ({"since": middle}, lambda each: each.at >= middle),
        ({"until": middle}, lambda each: each.at < middle),
        ({"object": f"channel:{channel}"}, lambda _: True),
        ({"object": f"channel:{channel}", "incident": uuid4()}, lambda _: False),
        ({"decision": "denied"}, lambda _: False),
    ]
    for wanted, fits in cases:
        asked = audit.Wanted(channel=channel, **wanted)
        page = audit.page(runtime, tenant_id, asked, most=3)
        seen = [*page.events]
        while page.before:
            page = audit.page(runtime, tenant_id, asked, before=page.before, most=3)
            seen += page.events
        assert seen == [each for each in ours if fits(each)], wanted
    assert audit.page(runtime, tenant(runtime, slug="other").tenant_id, audit.Wanted(channel=channel)).events == ()


def test_acting_for_a_user_without_the_role_is_a_recorded_denial(
    parts: Any,  # noqa: ANN401 - the tuple above
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime, clinic, _ = parts
    manage.add_user(runtime, clinic.tenant_id, "vera@clinic.test", ["viewer"], "host:root")
    for name, value in environment(database.app_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    assert tree.run(["channels", "pause", "hook", "--as", "vera@clinic.test"]) == 1
    (denied,) = audit.page(runtime, clinic.tenant_id, audit.Wanted(decision="denied")).events
    assert (denied.actor, denied.auth) == ("vera@clinic.test", f"host:{getpass.getuser()}")
    assert denied.details == {"deed": "operate"}
