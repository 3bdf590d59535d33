"""A customer's own system is told what happened: signed, counted, in ids and words of closed lists."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import jsonschema  # type: ignore[import-untyped]  # the library has none
import pytest

from router.core import hook as core
from router.core.incident import Action
from router.core.quarter import Quarter
from router.flow import hooks, keys, manage, respond, review, upkeep
from router.flow.hooks import Wanted
from router.flow.manage import NotFound, NotPossible
from router.flow.outbox import _body
from router.local.vendors.base import Fault
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import hooks as store
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Tenant, tenant
from tests.hooks.conftest import OTHER, SECRET, Teller, hook, rows, told


def alert(uid: str = "1", **more: str) -> dict[str, str]:
    return {"title": f"mail of {NAME} to {EMAIL} bounced", "alert_uid": uid, "severity": "error", **more}


def act(clinic: Tenant, edge: Edge, incident_id: UUID | None, action: Action) -> None:
    assert incident_id is not None
    ring = edge.rung.update
    respond.respond(clinic.runtime, edge.snapshots, ring, clinic.tenant_id, incident_id, action, "olga@clinic.test")


def test_an_incident_is_told_from_its_beginning_to_its_end(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, teller: Teller
) -> None:
    page = hook(clinic, receiver)
    (receipt,) = edge.take(clinic.post(alert()))
    assert (clinic.tenant_id, page.hook_id) in edge.rung
    act(clinic, edge, receipt.incident_id, "ack")
    act(clinic, edge, receipt.incident_id, "investigate")
    act(clinic, edge, receipt.incident_id, "resolve")
    act(clinic, edge, receipt.incident_id, "reopen")
    act(clinic, edge, receipt.incident_id, "resolve")
    teller.tell(clinic, page)
    found = sorted(told(receiver), key=lambda each: each["data"]["sequence"])
    assert [each["type"].partition(".")[2] for each in found] == [
        "opened", "acknowledged", "investigating", "resolved", "reopened", "resolved",
    ]  # fmt: skip
    assert [each["data"]["sequence"] for each in found] == [1, 2, 3, 4, 5, 6]
    assert [each["data"]["incident"]["revision"] for each in found] == [1, 2, 3, 4, 5, 6]
    assert {each["data"]["incident"]["id"] for each in found} == {str(receipt.incident_id)}
    assert {(each["data"]["tenant_id"], each["data"]["hook_id"]) for each in found} == {
        (str(clinic.tenant_id), str(page.hook_id))
    }
    for each in found:
        given = {name: value for name, value in each.items() if name != "id"}
        jsonschema.Draft202012Validator(core.schema()).validate(given)


def test_nobody_is_told_anything_that_somebody_wrote(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, teller: Teller, superuser: Superuser
) -> None:
    page = hook(clinic, receiver)
    edge.take(clinic.post(alert(description=f"{MRN} {NAME}", note=EMAIL)))
    teller.tell(clinic, page)
    sent = b"".join(each.body + str(each.headers).encode() for each in receiver.received).decode()
    kept = str(superuser.rows("SELECT * FROM hook_events"))
    assert receiver.count == 1
    for text in (*NAME.split(), EMAIL, MRN, "bounced", "<EMAIL_", "<PERSON_"):
        assert text not in sent + kept


def test_a_hook_is_told_of_what_it_wants_and_of_nothing_before_it_was_there(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, teller: Teller
) -> None:
    edge.take(clinic.post(alert("before")))
    opened = hook(clinic, receiver, "incident.opened", name="opened")
    ends = hook(clinic, receiver, "incident.resolved", name="ends")
    disabled = Wanted("off", receiver.url, ["incident.*"], enabled=False)
    off = hooks.add(clinic.runtime, clinic.tenant_id, disabled, SECRET, actor="test")
    edge.take(clinic.post(alert("1"), alert("2"), alert("1", status="resolved")))
    for each in (opened, ends, off):
        teller.tell(clinic, each)
    assert [row.type for row in rows(clinic, opened)] == ["incident.opened", "incident.opened"]
    assert [row.type for row in rows(clinic, ends)] == ["incident.resolved"]
    assert rows(clinic, off) == []
    assert receiver.count == 3


def test_without_a_hook_ingest_says_nothing_more_to_the_database(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, superuser: Superuser
) -> None:
    """Counted by the server: statements on the outbox while alerts come in."""
    scans = (
        "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) AS count FROM pg_stat_all_tables"
        " WHERE relname IN ('hooks', 'hook_events')"
    )
    edge.take(clinic.post(alert("first")))  # the configuration is read with it
    superuser.run("SELECT pg_stat_force_next_flush()")
    with clinic.runtime.database.several() as session:
        session.run("SELECT pg_stat_force_next_flush()")
    before = superuser.one(scans).count
    for uid in "123":
        edge.take(clinic.post(alert(uid)))
    with clinic.runtime.database.several() as session:
        session.run("SELECT pg_stat_force_next_flush()")
    assert superuser.one(scans).count == before
    hook(clinic, receiver, "optin.*")
    edge.take(clinic.post(alert("4")))
    assert clinic.rows("SELECT FROM hook_events") == []


def test_a_worker_that_dies_between_sending_and_recording_repeats_once_under_the_same_id(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, runtime: Runtime, teller: Teller
) -> None:
    page = hook(clinic, receiver)
    edge.take(clinic.post(alert()))
    doomed = Teller(runtime)
    with runtime.database.tenant(clinic.tenant_id) as session:
        claim = store.claim(session, page.hook_id, owner=doomed.owner, token=uuid4(), most=32)
    assert claim is not None
    way = doomed.outbox._way(clinic.tenant_id, page.hook_id, claim.lane.revision)  # noqa: SLF001 - it dies in between
    assert way is not None
    runtime.kit.post_many([way.request(row.event_id, _body(clinic.tenant_id, page.hook_id, row)) for row in claim.due])
    teller.tell(clinic, page)
    assert receiver.count == 1  # the lease of somebody alive is respected
    doomed.die()
    teller.tell(clinic, page)
    teller.tell(clinic, page)
    first, again = told(receiver)
    assert first == again
    (row,) = rows(clinic, page)
    assert (row.state, row.uncertain, row.attempts) == ("delivered", True, 2)


def test_what_is_not_taken_is_tried_again_then_dead_then_told_when_somebody_says_so(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, teller: Teller, superuser: Superuser
) -> None:
    page = hook(clinic, receiver)
    receiver.always = Fault(status=503)
    edge.take(clinic.post(alert()))
    teller.tell(clinic, page)
    teller.tell(clinic, page)
    (row,) = rows(clinic, page)
    assert (row.state, row.attempts, row.reason, row.status) == ("pending", 1, "server_error", 503)
    assert timedelta(seconds=3) < row.next_attempt_at - datetime.now(UTC) < timedelta(seconds=7)
    superuser.run("UPDATE hook_events SET next_attempt_at = now(), first_tried_at = now() - interval '25 hours'")
    teller.tell(clinic, page)
    assert rows(clinic, page)[0].state == "dead"
    assert hooks.one(clinic.runtime, clinic.tenant_id, page.hook_id).dead == 1
    receiver.always = None
    since = datetime.now(UTC) - timedelta(hours=1)
    assert hooks.replay(clinic.runtime, clinic.tenant_id, page.hook_id, since=since, actor="test") == 1
    teller.tell(clinic, page)
    assert rows(clinic, page)[0].state == "delivered"
    assert len({each["id"] for each in told(receiver)}) == 1


def test_a_receiver_that_only_fails_is_paused_and_goes_on_when_it_answers_again(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, teller: Teller, superuser: Superuser
) -> None:
    page = hook(clinic, receiver)
    receiver.always = Fault(status=503)
    edge.take(clinic.post(alert("1")))
    edge.take(clinic.post(alert("2")))
    teller.tell(clinic, page)
    superuser.run("UPDATE hooks SET failing_since = now() - interval '2 hours'")
    superuser.run("UPDATE hook_events SET next_attempt_at = now()")
    teller.tell(clinic, page)
    assert hooks.one(clinic.runtime, clinic.tenant_id, page.hook_id).state == "paused"
    people = "SELECT status, title FROM incidents WHERE source = 'alertveil'"
    assert [tuple(row) for row in clinic.rows(people)] == [
        ("open", "Hook status page is paused: its events are not taken (server_error)")
    ]
    before = receiver.count
    superuser.run("UPDATE hook_events SET next_attempt_at = now()")
    teller.tell(clinic, page)
    assert receiver.count == before
    receiver.always = None
    superuser.run("UPDATE hooks SET probe_at = now()")
    teller.tell(clinic, page)
    assert hooks.one(clinic.runtime, clinic.tenant_id, page.hook_id).state == "ready"
    assert [row.state for row in rows(clinic, page)][:2] == ["delivered", "delivered"]
    assert [row.status for row in clinic.rows(people)] == ["resolved"]
    said = [row.action for row in clinic.rows("SELECT action FROM audit_events WHERE action LIKE 'hook.%' ORDER BY at")]
    assert said == ["hook.add", "hook.pause", "hook.resume"]


def test_a_new_secret_signs_at_once_and_the_one_before_for_a_day(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, teller: Teller, superuser: Superuser, runtime: Runtime
) -> None:
    page = hook(clinic, receiver)
    for _ in range(2):  # asked again after a lost answer it changes nothing
        hooks.rotate(runtime, clinic.tenant_id, page.hook_id, OTHER, actor="test")
    edge.take(clinic.post(alert()))
    teller.tell(clinic, page)
    assert told(receiver) == told(receiver, OTHER)
    superuser.run("UPDATE hooks SET rotated_at = now() - interval '25 hours', revision = revision + 1")
    keys.rotate(runtime, clinic.tenant_id, "data", "test")  # secrets are sealed again
    receiver.clear()
    edge.take(clinic.post(alert(status="resolved")))
    teller.tell(clinic, page)
    assert len(told(receiver, OTHER)) == 1
    with pytest.raises(Exception, match="signature"):
        told(receiver)


def test_upkeep_rings_for_what_nobody_rang_for(
    clinic: Tenant, edge: Edge, receiver: WebhookVendor, teller: Teller, runtime: Runtime
) -> None:
    page = hook(clinic, receiver)
    edge.take(clinic.post(alert()))
    rung: set[tuple[object, object]] = set()
    upkeep.run(runtime.database, rung.update)
    assert rung == {(clinic.tenant_id, page.hook_id)}
    assert teller.outbox.has(clinic.tenant_id, page.hook_id)
    assert not teller.outbox.has(clinic.tenant_id, uuid4())


def test_what_cannot_be_a_hook_is_refused_in_a_sentence(clinic: Tenant) -> None:
    def add(
        name: str = "x",
        url: str = "https://a.example",
        events: tuple[str, ...] = ("incident.*",),
        secret: str = SECRET,
    ) -> None:
        hooks.add(clinic.runtime, clinic.tenant_id, Wanted(name, url, events), secret, actor="test")

    for wrong in (
        {"name": "<script>"},
        {"url": "not an address"},
        {"url": "https://user:hunter2@a.example"},
        {"events": ("incident.exploded",)},
        {"events": ()},
        {"secret": "hunter2"},
    ):
        with pytest.raises(core.NotUsable) as refused:
            add(**wrong)
        assert "hunter2" not in str(refused.value)
    add()
    with pytest.raises(NotPossible):
        add()


def test_a_stranger_sees_and_changes_no_hook(clinic: Tenant, receiver: WebhookVendor, runtime: Runtime) -> None:
    page = hook(clinic, receiver)
    other = tenant(runtime, slug="other")
    assert hooks.every(runtime, other.tenant_id) == []
    with pytest.raises(NotFound):
        hooks.one(runtime, other.tenant_id, page.hook_id)
    assert hooks.remove(runtime, other.tenant_id, page.hook_id, actor="test") is False
    assert hooks.remove(runtime, clinic.tenant_id, page.hook_id, actor="test") is True
    with pytest.raises(NotFound):
        hooks.events(runtime, clinic.tenant_id, page.hook_id, state=None, before=None, most=5)


def test_opt_ins_and_reviews_are_told_by_what_the_audit_says(
    clinic: Tenant, receiver: WebhookVendor, teller: Teller, runtime: Runtime
) -> None:
    manage.add_user(runtime, clinic.tenant_id, "petra@clinic.test", ["privacy_officer"], "test")
    page = hook(clinic, receiver, "review.*", "optin.*")
    opened = review.open_review(runtime, clinic.tenant_id, Quarter.of(datetime.now(UTC)), "petra@clinic.test")
    teller.tell(clinic, page)
    (one,) = told(receiver)
    assert one["type"] == "review.opened"
    assert one["data"]["review"] == {
        "id": str(opened.review_id), "quarter": opened.quarter, "kind": "interim",
    }  # fmt: skip


def test_every_event_of_an_opt_in_or_review_has_its_word() -> None:
    """What audits a change of one either is told or stands here with its reason."""
    said = set()
    for file in Path(core.__file__).parents[1].glob("flow/*.py"):
        said |= set(re.findall(r'"((?:optin|review)\.[a-z_]+)"', file.read_text(encoding="utf-8")))
    untold = {
        "review.export": "nothing changed",
        "review.supersede": "the final review's own opening says so",
    }
    assert said - set(core._AUDITED) - set(untold) == set()  # noqa: SLF001 - the table itself is what is held


def test_the_published_schema_is_the_one_that_is_sent() -> None:
    published = Path(core.__file__).parents[2] / "docs/schemas/event.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == core.schema()
