"""What is silenced is told to nobody, its end reaches whoever heard of it, and after the silence what lasts is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from router.flow import silence
from router.flow.manage import NotFound, NotUsable
from router.flow.respond import respond
from router.flow.silence import Shown, Wish
from router.flow.snapshot import Snapshots
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Tenant, Worker, tenant, webhook

HOUR = timedelta(hours=1)
FIRING = {"title": "disk full", "alert_uid": "1", "severity": "error", "labels": {"service": "db"}}
OVER = {**FIRING, "status": "resolved"}


@pytest.fixture
def hook() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor) -> Tenant:
    return tenant(runtime, channels={"hook": webhook(hook)})


def silenced(clinic: Tenant, *matchers: str, **more: Any) -> Shown:  # noqa: ANN401 - a wish's own
    wish = Wish(matchers or ("service=db",), "planned work", **{"lasts": HOUR, **more})
    return silence.create(clinic.runtime, clinic.tenant_id, wish, actor="nina@clinic.test")


def ends(superuser: Superuser) -> None:
    """Every silence's time is over."""
    superuser.run("UPDATE silences SET starts_at = starts_at - interval '2 hours', ends_at = now()")


def upkeep(runtime: Runtime, worker: Worker) -> int:
    """One round, and what it rang for is delivered."""
    rung: set[Any] = set()
    told = silence.settle(runtime, Snapshots(), rung.update)
    worker.drain(*rung)
    return told


def kinds(hook: WebhookVendor) -> list[str]:
    return [each.json()["type"].removeprefix("incident.") for each in hook.received]


def untold(superuser: Superuser) -> list[str | None]:
    return [row.hush for row in superuser.rows("SELECT hush FROM incident_events ORDER BY revision")]


def test_a_silenced_trigger_is_not_sent_and_says_why(
    edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant, superuser: Superuser
) -> None:
    made = silenced(clinic)
    edge.take(clinic.post(FIRING))
    assert edge.rung == set()
    assert superuser.rows("SELECT 1 FROM deliveries") == []
    assert superuser.one("SELECT count(*) AS n FROM alerts").n == 1, "it is kept all the same"
    assert untold(superuser) == [f"silenced by nina@clinic.test ({made.short_id}): planned work"]
    edge.take(clinic.post({**FIRING, "alert_uid": "2", "labels": {"service": "web"}}))
    worker.drain(*edge.rung)
    assert kinds(hook) == ["triggered"]
    edge.take(clinic.post(OVER))
    assert edge.rung == set(), "nobody heard the beginning, so nobody hears the end"


def test_a_resolve_reaches_whoever_heard_the_trigger_though_a_silence_holds(
    edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant
) -> None:
    edge.take(clinic.post(FIRING))
    worker.drain(*edge.rung)
    silenced(clinic)
    edge.take(clinic.post({**FIRING, "severity": "critical", "message": "worse"}))
    assert edge.rung == set(), "an update is quiet"
    edge.take(clinic.post(OVER))
    worker.drain(*edge.rung)
    assert kinds(hook) == ["triggered", "resolved"]
    assert hook.received[0].json()["data"]["incident_id"] == hook.received[1].json()["data"]["incident_id"]


def test_when_a_silence_ends_what_lasts_is_told_once(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant, superuser: Superuser
) -> None:
    edge.take(clinic.post({**FIRING, "alert_uid": "known"}))
    worker.drain(*edge.rung)
    silenced(clinic)
    edge.take(
        clinic.post({**FIRING, "alert_uid": "known", "severity": "critical", "message": "worse"})
    )  # an update for who knows of it
    edge.take(clinic.post(FIRING))  # lasts, and nobody knows of it
    edge.take(clinic.post({**FIRING, "alert_uid": "3"}))  # is over before the silence is
    edge.take(clinic.post({**OVER, "alert_uid": "3"}))
    assert upkeep(runtime, worker) == 0
    assert kinds(hook) == ["triggered"]
    ends(superuser)
    assert upkeep(runtime, worker) == 2
    assert sorted(kinds(hook)[1:]) == ["triggered", "updated"]
    assert {each.json()["data"]["reason"] for each in hook.received[1:]} == {"its silence is over, and it still lasts"}
    assert upkeep(runtime, worker) == 0
    edge.take(clinic.post(OVER))
    worker.drain(*edge.rung)
    assert kinds(hook)[3:] == ["resolved"]
    (row,) = superuser.rows("SELECT told, settled_at FROM silences")
    assert tuple(row) == (2, None)
    superuser.run("UPDATE silences SET ends_at = now() - interval '3 minutes'")
    upkeep(runtime, worker)
    assert superuser.one("SELECT count(*) AS n FROM silences WHERE settled_at IS NOT NULL").n == 1
    (event,) = superuser.rows("SELECT actor, details FROM audit_events WHERE action = 'silence.end'")
    assert (event.actor, event.details["told"]) == ("alertveil", 2)


def test_what_another_silence_still_holds_goes_over_to_that_one(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant, superuser: Superuser
) -> None:
    first = silenced(clinic, lasts=2 * HOUR)
    edge.take(clinic.post(FIRING))
    silenced(clinic, "severity=error")
    silence.expire(runtime, clinic.tenant_id, first.silence_id, actor="nina@clinic.test")
    assert upkeep(runtime, worker) == 0
    assert hook.received == []
    ends(superuser)
    assert upkeep(runtime, worker) == 1
    assert kinds(hook) == ["triggered"]


def test_what_was_told_meanwhile_is_not_told_again(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant, superuser: Superuser
) -> None:
    silenced(clinic, "severity=error")
    edge.take(clinic.post(FIRING))
    edge.take(clinic.post({**FIRING, "severity": "critical", "message": "worse"}))  # no longer what was silenced
    worker.drain(*edge.rung)
    assert kinds(hook) == ["triggered"]
    ends(superuser)
    assert upkeep(runtime, worker) == 0
    assert superuser.rows("SELECT 1 FROM silenced") == []


def test_it_begins_when_it_says_and_every_process_sees_its_end_at_once(
    runtime: Runtime, edge: Edge, clinic: Tenant
) -> None:
    silenced(clinic, starts_at=datetime.now(UTC) + HOUR)
    edge.take(clinic.post(FIRING))
    assert edge.rung, "not yet"
    now = silenced(clinic)
    edge.take(clinic.post({**FIRING, "alert_uid": "2"}))
    assert not edge.rung
    ended = silence.expire(runtime, clinic.tenant_id, now.silence_id, actor="nina@clinic.test")
    assert (ended.state, ended.ended_by) == ("expired", "nina@clinic.test")
    edge.take(clinic.post({**FIRING, "alert_uid": "3"}))
    assert edge.rung
    again = silence.expire(runtime, clinic.tenant_id, now.silence_id, actor="olga@clinic.test")
    assert again == ended, "over is over"


def test_an_alert_reads_no_silence_of_its_own(edge: Edge, clinic: Tenant, superuser: Superuser) -> None:
    """They come with the version of the configuration that this process holds."""
    silenced(clinic, "service=web")
    edge.take(clinic.post(FIRING))
    superuser.run("REVOKE SELECT ON silences, silenced FROM alertveil_app")
    edge.take(clinic.post({**FIRING, "alert_uid": "2"}))
    assert edge.rung
    assert superuser.rows("SELECT 1 FROM silenced") == []


def test_an_incident_that_a_person_reopens_under_a_silence_is_told_when_it_is_over(
    runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, clinic: Tenant, superuser: Superuser
) -> None:
    (receipt,) = edge.take(clinic.post(FIRING))
    edge.take(clinic.post(OVER))
    worker.drain(clinic.lane("hook"))
    silenced(clinic)
    assert receipt.incident_id is not None
    respond(runtime, Snapshots(), lambda _: None, clinic.tenant_id, receipt.incident_id, "reopen", "nina")
    before = len(hook.received)
    ends(superuser)
    assert upkeep(runtime, worker) == 1
    assert kinds(hook)[before:] == ["triggered"]


def test_a_value_that_a_silence_names_passes_for_its_label_while_it_lasts(
    runtime: Runtime, edge: Edge, worker: Worker, clinic: Tenant, superuser: Superuser
) -> None:
    odd = {**FIRING, "labels": {"comment": "quillfeather"}}
    labels = "SELECT payload->'labels'->>'comment' AS comment FROM alerts ORDER BY alert_id DESC LIMIT 1"
    edge.take(clinic.post(odd))
    assert superuser.one(labels).comment.startswith("<")
    silenced(clinic, "comment=quillfeather")
    edge.take(clinic.post({**odd, "alert_uid": "2"}))
    assert superuser.one(labels).comment == "quillfeather"
    assert not edge.rung
    superuser.run("UPDATE silences SET ends_at = now() - interval '3 minutes'")
    upkeep(runtime, worker)
    edge.take(clinic.post({**odd, "alert_uid": "3"}))
    assert superuser.one(labels).comment.startswith("<")


def test_a_token_can_be_silenced(edge: Edge, clinic: Tenant, superuser: Superuser) -> None:
    about = {**FIRING, "labels": {"mailbox": EMAIL}}
    edge.take(clinic.post(about))
    token = superuser.one("SELECT payload->'labels'->>'mailbox' AS token FROM alerts").token
    silenced(clinic, f'mailbox="{token}"')
    edge.take(clinic.post({**about, "alert_uid": "2"}))
    assert not edge.rung
    edge.take(clinic.post({**about, "alert_uid": "3", "labels": {"mailbox": "other@leakmail.test"}}))
    assert edge.rung


@pytest.mark.parametrize("value", [EMAIL, MRN, NAME])
def test_no_silence_is_made_of_a_patient(clinic: Tenant, superuser: Superuser, value: str) -> None:
    for wish in (f'label="{value}"', f'label=~".*{value}.*"'):
        with pytest.raises(NotUsable, match="looks like PHI") as refused:
            silenced(clinic, wish)
        assert value not in str(refused.value)
    shown = silence.create(
        clinic.runtime, clinic.tenant_id, Wish(["service=db"], f"asked by {value}", lasts=HOUR), actor="nina"
    )
    assert value not in shown.reason
    assert (
        superuser.rows("SELECT 1 FROM audit_events WHERE action = 'silence.create' AND reason LIKE %s", [f"%{value}%"])
        == []
    )


def test_what_it_would_take_is_seen_before(edge: Edge, clinic: Tenant, superuser: Superuser) -> None:
    edge.take(clinic.post(FIRING))
    edge.take(clinic.post({**FIRING, "alert_uid": "2", "labels": {"service": "web"}}))
    edge.take(clinic.post({**FIRING, "alert_uid": "3"}))
    edge.take(clinic.post({**OVER, "alert_uid": "3"}))
    tried = silence.try_out(clinic.runtime, clinic.tenant_id, ["service=db"])
    assert (len(tried.open), len(tried.recent), tried.alerts) == (1, 1, 2)
    assert tried.looked_at == (3, 3)
    assert superuser.rows("SELECT 1 FROM silences") == []
    assert 'service="db"' in silence.like(clinic.runtime, clinic.tenant_id, tried.open[0].incident_id)


def test_another_tenants_silence_is_nothing_here(runtime: Runtime, edge: Edge, clinic: Tenant) -> None:
    made = silenced(clinic)
    stranger = tenant(runtime)
    for silence_id in (made.silence_id, uuid4()):
        with pytest.raises(NotFound):
            silence.expire(runtime, stranger.tenant_id, silence_id, actor="eve@evil.test")
    assert silence.page(runtime, stranger.tenant_id, over=True) == []
    with pytest.raises(NotUsable, match="Say why"):
        silence.create(runtime, clinic.tenant_id, Wish(["a=b"], " ", lasts=HOUR), actor="nina")
    edge.take(clinic.post(FIRING))
    assert not edge.rung
