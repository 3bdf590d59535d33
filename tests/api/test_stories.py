"""What a machine does with the API: reads by pages, acts once, changes the configuration that it has read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from router.core.quarter import Quarter
from router.flow import api as flow
from router.flow import tokens
from router.flow.api import Marks
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import listing
from router.web.api.operation import cursor
from tests.api.conftest import OLGA, PETRA, Machine, MachineOf, opened
from tests.flow.builder import EMAIL, NAME, Edge, Superuser, Tenant, Worker, tenant, webhook

FILE = """
tenants:
  - slug: clinic
    privacy: {privacy}
    sources:
      - {{name: app, format: generic, key_env: APP_KEY}}
    channels:
      - {{name: hook, kind: webhook, url: "{url}", secret_env: HOOK_SECRET}}
    routes:
      - channels: [hook]
"""
SECRETS = {"APP_KEY": "clinic-app-".ljust(40, "k"), "HOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


# -- who asks ---------------------------------------------------------------------------------------------------------


def test_without_a_token_that_holds_nothing_is_told(runtime: Runtime) -> None:
    nobody = Machine(runtime)
    assert nobody.get("/incidents") == 401
    assert nobody.problem == "unauthorized"
    assert nobody.answer.headers["www-authenticate"] == 'Bearer realm="alertveil"'
    stranger = Machine(runtime, "av_k3t9x2ma_" + "a" * 43 + "_000000")
    assert stranger.get("/incidents") == 401
    assert 'error="invalid_token"' in stranger.answer.headers["www-authenticate"]
    assert stranger.token not in stranger.answer.text


def test_a_token_learns_who_it_is(machine: MachineOf) -> None:
    viewer = machine("viewer")
    assert viewer.get("/me") == 200
    assert viewer.json["deeds"] == ["see"]
    assert viewer.json["tenant"]["slug"] == "clinic"


def test_a_token_ends_itself_and_no_other(machine: MachineOf) -> None:
    first, second = machine("viewer"), machine("admin")
    first.get("/me")
    token_id = first.json["id"]
    assert second.send("DELETE", f"/tokens/{token_id}") == 403
    assert second.problem == "fresh-proof"
    assert first.send("DELETE", f"/tokens/{token_id}") == 200
    assert first.get("/me") == 401


def test_what_nobody_serves_is_a_problem_too(machine: MachineOf) -> None:
    viewer = machine("viewer")
    assert viewer.get("/nothing") == 404
    assert viewer.problem == "not-found"
    assert viewer.get("/nothing%0Amore") == 404
    assert viewer.problem == "not-found"
    assert viewer.send("PATCH", "/incidents") == 405
    assert viewer.problem == "method"
    assert viewer.answer.headers["allow"] == "GET, HEAD"


def test_a_refusal_is_in_the_audit_under_the_id_of_the_request(machine: MachineOf, superuser: Superuser) -> None:
    viewer = machine("viewer")
    assert viewer.send("PUT", "/kill-switch", {"on": True}) == 403
    assert viewer.problem == "forbidden"
    (row,) = superuser.rows("SELECT decision, request_id, details FROM audit_events WHERE action = 'api.call'")
    assert (row.decision, row.request_id) == ("denied", viewer.json["request_id"])
    assert row.details == {"operation": "put_kill_switch"}


# -- reading ----------------------------------------------------------------------------------------------------------


def test_a_list_is_whole_and_in_order_page_by_page_while_rows_come_in(
    clinic: Tenant, edge: Edge, machine: MachineOf
) -> None:
    made = [opened(clinic, edge, str(number)) for number in range(5)]
    viewer = machine("viewer")
    assert viewer.get("/incidents?limit=2") == 200
    seen = [each["id"] for each in viewer.json["items"]]
    cursor = viewer.json["next"]
    opened(clinic, edge, "late")
    while cursor:
        assert viewer.get(f"/incidents?limit=2&cursor={cursor}") == 200
        seen += [each["id"] for each in viewer.json["items"]]
        cursor = viewer.json["next"]
    assert seen == made[::-1]


def test_an_incident_holds_tokens_where_people_were(clinic: Tenant, edge: Edge, machine: MachineOf) -> None:
    incident_id = opened(clinic, edge, message=f"{NAME} at {EMAIL}")
    viewer = machine("viewer")
    assert viewer.get(f"/incidents/{incident_id}") == 200
    assert "<EMAIL_" in viewer.json["description"]
    assert [each["why"] for each in viewer.items(f"/incidents/{incident_id}/timeline")] == ["opened"]
    (alert,) = viewer.items(f"/incidents/{incident_id}/alerts")
    assert any(token.startswith("<EMAIL_") for token in alert["tokens"])
    assert NAME not in viewer.answer.text
    assert EMAIL not in viewer.answer.text


def test_a_note_is_written_once_tokenized_and_read_by_everybody_of_the_tenant(
    clinic: Tenant, edge: Edge, machine: MachineOf
) -> None:
    here = f"/incidents/{opened(clinic, edge)}/notes"
    rita, viewer = machine("responder"), machine("viewer")
    asked = {"text": f"called {NAME}\nat {EMAIL}"}
    assert [rita.post(here, asked, idempotency_key="one") for _ in range(2)] == [201, 201]
    for number in range(3):
        assert rita.post(here, {"text": f"the queue drains, step {number}"}) == 201
    assert rita.post(here, {"text": " "}) == 422
    assert rita.post(here, {"text": "x" * 501}) == 422
    assert viewer.post(here, {"text": "me too"}) == 403
    notes = viewer.items(here)
    assert [each["text"] for each in notes[:3]] == [f"the queue drains, step {number}" for number in (2, 1, 0)]
    assert [NAME in notes[3]["text"], EMAIL in notes[3]["text"], "<EMAIL_" in notes[3]["text"]] == [False, False, True]
    assert {each["actor"] for each in notes} == {row.actor for row in clinic.rows("SELECT actor FROM notes")}
    assert len(clinic.rows("SELECT FROM audit_events WHERE action = 'incident.note'")) == len(notes) == 4
    assert viewer.get("/incidents/019a48c2-3d51-7a04-9f6e-2b1c5d8e7f30/notes") == 404


def test_what_did_not_change_is_not_sent_again(clinic: Tenant, edge: Edge, machine: MachineOf) -> None:
    incident_id = opened(clinic, edge)
    responder = machine("responder")
    responder.get(f"/incidents/{incident_id}")
    tag = responder.answer.headers["etag"]
    assert responder.get(f"/incidents/{incident_id}", if_none_match=tag) == 304
    assert responder.answer.content == b""
    assert responder.post(f"/incidents/{incident_id}/acknowledge") == 200
    assert responder.get(f"/incidents/{incident_id}", if_none_match=tag) == 200


def test_every_list_of_a_tenant_that_has_everything_can_be_read(
    runtime: Runtime, clinic: Tenant, edge: Edge, machine: MachineOf
) -> None:
    incident_id = opened(clinic, edge)
    with Worker(runtime) as worker:
        worker.drain(clinic.lane("hook"))
    reader = machine("privacy_officer", "admin", by=PETRA)
    (delivery,) = reader.items("/deliveries?state=delivered&channel=hook")
    assert delivery["id"] == f"{incident_id}/hook/1"
    assert reader.get(f"/deliveries/{delivery['id']}") == 200
    assert [each["outcome"] for each in reader.json["history"]] == ["delivered"]
    assert [each["name"] for each in reader.items("/channels")] == ["hook"]
    assert [each["name"] for each in reader.items("/sources")] == ["app"]
    assert [each["channels"] for each in reader.items("/routes")] == [["hook"]]
    assert [each["email"] for each in reader.items("/users")] == [OLGA, PETRA]
    assert [each["roles"] for each in reader.items("/tokens")] == [["privacy_officer", "admin"]]
    assert {each["action"] for each in reader.items("/audit/events")} >= {"user.add", "token.add"}
    assert reader.get("/channels/hook") == 200
    assert reader.json["mode"] == "tokens"
    assert reader.get("/health") == 200
    assert reader.json["database"] is True


def test_an_incident_is_found_by_what_people_call_it_live_or_over_and_in_its_tenant_alone(
    runtime: Runtime, clinic: Tenant, edge: Edge, machine: MachineOf
) -> None:
    live, over = opened(clinic, edge, "1"), opened(clinic, edge, "2")
    assert machine("responder").post(f"/incidents/{over}/resolve") == 200
    reader, stranger = machine(), machine(by="host:other", where=tenant(runtime, slug="other"))
    for incident_id in (live, over):
        name = f"/incidents?short_id=INC-{incident_id[-8:].upper()}"
        assert [each["id"] for each in reader.items(name)] == [incident_id]
        assert stranger.items(name) == []
    assert reader.items("/incidents?short_id=INC-00000000") == []


def test_narrowed_lists_of_deliveries_are_whole_though_each_page_looks_among_few(
    clinic: Tenant, edge: Edge, machine: MachineOf, hook: WebhookVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.set(
        channels={"other": webhook(hook)},
        routes=[(['severity="error"'], ["hook"], [], True), ([], ["other"], [], False)],
    )
    incidents = [opened(clinic, edge, str(number), severity="error" if number == 0 else "info") for number in range(7)]
    for action in ("acknowledge", "resolve"):
        assert machine("responder").post(f"/incidents/{incidents[0]}/{action}") == 200
    reader = machine()
    every = reader.items("/deliveries")
    of_hook = [each for each in every if each["channel"] == "hook"]
    assert (len(every), len(of_hook)) == (12, 3)
    monkeypatch.setattr(listing, "LOOK", 2)
    assert reader.items("/deliveries?channel=hook") == of_hook
    assert reader.get("/deliveries?channel=hook&limit=2") == 200
    assert (reader.json["items"], reader.json["next"] is None) == ([], False), "nothing among the first two"
    for state in ("pending", "superseded", "delivered", "dead"):
        for channel in ("hook", "other"):
            fits = [each for each in every if (each["state"], each["channel"]) == (state, channel)]
            assert reader.items(f"/deliveries?state={state}&channel={channel}") == fits
    told = reader.items(f"/incidents/{incidents[0]}/deliveries")
    assert [(each["revision"], each["channel"]) for each in told] == [
        (revision, channel) for revision in (3, 2, 1) for channel in ("hook", "other")
    ]


def test_a_cursor_that_no_page_gave_out_is_refused(machine: MachineOf) -> None:
    reader = machine("admin")
    for path in ("/incidents", "/deliveries", "/optins", "/tokens", "/audit/events", "/channels"):
        assert reader.get(f"{path}?cursor=WyJub25zZW5zZSIsMV0") == 400, path
        assert reader.problem == "malformed"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=many", f"status={EMAIL}", f"{EMAIL}=1", "limit=1&limit=2", "severity=%00"]
)
def test_a_query_that_does_not_fit_is_refused_and_not_repeated(machine: MachineOf, query: str) -> None:
    viewer = machine("viewer")
    assert viewer.get(f"/incidents?{query}") == 400
    assert viewer.problem == "malformed"
    assert EMAIL not in viewer.answer.text


# -- acting -----------------------------------------------------------------------------------------------------------


def test_an_incident_goes_its_way(clinic: Tenant, edge: Edge, machine: MachineOf) -> None:
    incident_id = opened(clinic, edge)
    responder = machine("responder")
    for word, status in (
        ("acknowledge", "acknowledged"),
        ("investigate", "investigating"),
        ("resolve", "resolved"),
        ("reopen", "open"),
    ):
        assert responder.post(f"/incidents/{incident_id}/{word}") == 200
        assert responder.json["status"] == status
    timeline = responder.items(f"/incidents/{incident_id}/timeline")
    responder.get("/me")
    assert {each["actor"] for each in timeline} == {"source", f"token:{responder.json['id']}"}


def test_a_channel_is_tested_paused_and_resumed(machine: MachineOf, hook: WebhookVendor) -> None:
    operator = machine("operator")
    assert operator.post("/channels/hook/test") == 200
    assert operator.json["delivered"] is True
    assert len(hook.received) == 1
    assert operator.post("/channels/hook/pause", {"reason": "maintenance"}) == 200
    operator.get("/channels/hook")
    assert operator.json["state"] == "paused"
    assert operator.post("/channels/hook/resume") == 200
    operator.get("/channels/hook")
    assert operator.json["state"] == "ready"


def test_a_delivery_is_made_due_again(clinic: Tenant, edge: Edge, machine: MachineOf) -> None:
    incident_id = opened(clinic, edge)
    operator = machine("operator")
    assert operator.post(f"/deliveries/{incident_id}/hook/1/retry") == 200
    assert operator.post("/deliveries/recover", {"since": "2026-01-01T00:00:00Z", "channel": "hook"}) == 200
    assert operator.json == {"count": 0}
    assert operator.post("/deliveries/recover", {"since": "0001-01-01T00:00:00+23:00"}) == 422


def test_the_kill_switch_is_thrown_once(machine: MachineOf) -> None:
    officer = machine("privacy_officer")
    for changed in (True, False):
        assert officer.send("PUT", "/kill-switch", {"on": True}) == 200
        assert officer.json["changed"] is changed
    officer.get("/tenant")
    assert officer.json["kill_switch"] is True


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, b"{", {}),
        (400, b"\xff", {}),
        (422, b'{"reason": 1}', {}),
        (422, b'{"reason": ""}', {}),
        (422, b'{"reason": "x", "zq.canary@leakmail.test": 1}', {}),
        (422, b'{"reason": "x\\u0000"}', {}),
        (422, b"{}", {}),
        (415, b"reason=x", {"content_type": "application/x-www-form-urlencoded"}),
        (413, b" " * (2 * 1024 * 1024 + 1), {}),
    ],
)
def test_a_body_that_does_not_fit_is_refused_and_not_repeated(
    machine: MachineOf, status: int, body: bytes, headers: dict[str, str]
) -> None:
    operator = machine("operator")
    assert operator.post("/channels/hook/pause", body, **{"content_type": "application/json", **headers}) == status
    assert operator.problem
    assert EMAIL not in operator.answer.text
    operator.get("/channels/hook")
    assert operator.json["state"] == "ready"


# -- once -------------------------------------------------------------------------------------------------------------


def test_a_request_sent_again_with_its_key_is_done_once(machine: MachineOf, hook: WebhookVendor) -> None:
    operator, key = machine("operator"), str(uuid4())
    assert operator.post("/channels/hook/test", idempotency_key=key) == 200
    first = operator.json
    assert operator.post("/channels/hook/test", idempotency_key=key) == 200
    assert operator.json == first
    assert operator.answer.headers["idempotent-replayed"] == "true"
    assert len(hook.received) == 1


def test_a_refusal_is_kept_with_its_key(machine: MachineOf) -> None:
    operator, key = machine("operator"), str(uuid4())
    assert operator.post("/channels/other/resume", idempotency_key=key) == 404
    assert operator.post("/channels/other/resume", idempotency_key=key) == 404
    assert operator.answer.headers["idempotent-replayed"] == "true"
    assert operator.json["type"].endswith(":not-found")


def test_a_key_belongs_to_one_request_and_one_token(machine: MachineOf) -> None:
    operator, key = machine("operator"), str(uuid4())
    assert operator.post("/channels/hook/pause", {"reason": "one"}, idempotency_key=key) == 200
    assert operator.post("/channels/hook/pause", {"reason": "two"}, idempotency_key=key) == 422
    assert operator.problem == "key-reused"
    assert operator.post("/channels/hook/resume", idempotency_key=key) == 422
    assert machine("operator").post("/channels/hook/resume", idempotency_key=key) == 200


def test_a_request_under_way_is_not_done_twice_and_one_that_was_lost_may_come_again(
    runtime: Runtime, clinic: Tenant, machine: MachineOf, hook: WebhookVendor
) -> None:
    operator, key = machine("operator"), str(uuid4())
    caller = tokens.authenticate(runtime, operator.token)
    assert caller is not None
    marks = Marks.of(operator.token, key, b"POST", b"/api/v1/channels/hook/test", b"")
    assert flow.begin(runtime, caller, marks) is None
    assert operator.post("/channels/hook/test", idempotency_key=key) == 409
    assert operator.problem == "under-way"
    assert hook.received == []
    with runtime.database.tenant(clinic.tenant_id) as session:
        session.run("UPDATE api_answers SET began_at = now() - interval '61 seconds'")
    assert operator.post("/channels/hook/test", idempotency_key=key) == 200
    assert len(hook.received) == 1


def test_of_several_at_once_with_one_key_one_is_done(runtime: Runtime, machine: MachineOf, hook: WebhookVendor) -> None:
    token, key = machine("operator").token, str(uuid4())
    with ThreadPoolExecutor(4) as pool:
        clients = [Machine(runtime, token) for _ in range(4)]
        found = list(pool.map(lambda each: each.post("/channels/hook/test", idempotency_key=key), clients))
    assert set(found) <= {200, 409}
    assert len(hook.received) == 1


def test_what_the_table_of_answers_holds_tells_nothing_of_the_request(machine: MachineOf, superuser: Superuser) -> None:
    operator, key = machine("operator"), str(uuid4())
    operator.post("/channels/hook/pause", {"reason": f"for {EMAIL}"}, idempotency_key=key)
    (row,) = superuser.rows("SELECT *, expires_at - began_at AS kept FROM api_answers")
    assert row.kept == timedelta(hours=24)
    whole = repr(row)
    assert EMAIL not in whole
    assert key not in whole
    assert operator.token not in whole


def test_an_answer_is_forgotten_after_a_day(runtime: Runtime, clinic: Tenant, machine: MachineOf) -> None:
    operator, key = machine("operator"), str(uuid4())
    operator.post("/channels/hook/resume", idempotency_key=key)
    with runtime.database.tenant(clinic.tenant_id) as session:
        session.run("UPDATE api_answers SET expires_at = now() - interval '1 second'")
    assert operator.post("/channels/hook/pause", {"reason": "x"}, idempotency_key=key) == 200


# -- the configuration ------------------------------------------------------------------------------------------------


def test_the_configuration_is_read_changed_and_read_back_without_a_secret(
    machine: MachineOf, hook: WebhookVendor
) -> None:
    operator = machine("operator")
    operator.get("/config")
    tag = operator.answer.headers["etag"]
    change = {"config": FILE.format(privacy="sealed", url=f"{hook.url}/hook"), "secrets": SECRETS}
    assert operator.send("PUT", "/config", {**change, "dry_run": True}, if_match=tag) == 200, operator.answer.text
    assert operator.json["changes"]
    assert operator.get("/config", if_none_match=tag) == 304
    assert operator.send("PUT", "/config", change, if_match=tag) == 200
    assert operator.get("/config") == 200
    assert operator.json["privacy"] == "sealed"
    assert not any(secret in operator.answer.text for secret in SECRETS.values())


def test_a_change_of_what_somebody_else_changed_is_refused(machine: MachineOf, hook: WebhookVendor) -> None:
    operator = machine("operator")
    change = {"config": FILE.format(privacy="sealed", url=f"{hook.url}/hook"), "secrets": SECRETS}
    assert operator.send("PUT", "/config", change) == 428
    operator.get("/config")
    tag = operator.answer.headers["etag"]
    operator.post("/channels/hook/pause", {"reason": "x"})
    assert operator.send("PUT", "/config", change, if_match=tag) == 412
    assert operator.problem == "changed"
    operator.get("/config")
    assert operator.json["privacy"] == "strict"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("slug: clinic", "slug: other"), "and no other"),
        (("privacy: sealed", "privacy: sealed\n    retention: {values: 2d}"), "privacy officer"),
        (("key_env: APP_KEY", "key_file: /etc/hostname"), "key"),
        (("privacy: sealed", f"privacy: {EMAIL}"), "privacy"),
    ],
)
def test_a_configuration_reaches_no_further_than_its_token(
    machine: MachineOf, hook: WebhookVendor, change: tuple[str, str], said: str
) -> None:
    operator = machine("operator")
    operator.get("/config")
    tag = operator.answer.headers["etag"]
    text = FILE.format(privacy="sealed", url=f"{hook.url}/hook").replace(*change)
    assert operator.send("PUT", "/config", {"config": text, "secrets": SECRETS}, if_match=tag) == 422
    assert said in operator.answer.text
    assert EMAIL not in operator.answer.text
    operator.get("/config")
    assert operator.json["privacy"] == "strict"


# -- opt-ins, agreements, reviews -------------------------------------------------------------------------------------


def agreement(officer: Machine) -> str:
    today = datetime.now(UTC).date()
    paper = {
        "vendor": "acme hooks",
        "service": "receivers",
        "signed": str(today - timedelta(days=30)),
        "expires": str(today + timedelta(days=200)),
    }
    assert officer.post("/baas", paper) == 201, officer.answer.text
    return str(officer.json["id"])


def wish(baa_id: str) -> dict[str, Any]:
    until = datetime.now(UTC) + timedelta(days=20)
    return {"channel": "hook", "types": ["EMAIL"], "purpose": "triage", "baa_id": baa_id, "until": until.isoformat()}


def test_an_agreement_is_filed_and_retired(machine: MachineOf) -> None:
    officer = machine("privacy_officer")
    baa_id = agreement(officer)
    assert [(each["id"], each["state"]) for each in officer.items("/baas")] == [(baa_id, "in force")]
    assert officer.post(f"/baas/{baa_id}/retire") == 200
    assert officer.json == {"id": baa_id, "falls_back": []}
    assert officer.post(f"/baas/{baa_id}/retire") == 404


def test_an_opt_in_is_asked_for_in_a_persons_name_alone(machine: MachineOf) -> None:
    baa_id = agreement(machine("privacy_officer"))
    hosts = machine("operator")
    assert hosts.post("/optins", wish(baa_id)) == 403
    assert hosts.problem == "no-person"
    officers = machine("operator", by=PETRA)
    assert officers.post("/optins", wish(baa_id)) == 403, "her own roles do not let her ask"
    assert officers.problem == "refused"


def test_opt_ins_and_tokens_go_on_after_the_last_line_seen(machine: MachineOf) -> None:
    reader = machine("admin")
    for _ in range(4):
        machine("viewer")
    found = [each["created_at"] for each in reader.items("/tokens")]
    assert len(found) == 5
    assert found == sorted(found, reverse=True)
    place = cursor(datetime.now(UTC).isoformat(), uuid4())
    assert reader.get(f"/optins?state=active&channel=hook&cursor={place}") == 200
    assert reader.json == {"items": [], "next": None}


def test_no_token_approves(machine: MachineOf) -> None:
    officer = machine("privacy_officer", by=PETRA)
    assert officer.post(f"/optins/{uuid4()}/approve") == 403
    assert officer.problem == "fresh-proof"
    assert "sign in to the pages" in officer.json["detail"]


def test_a_search_for_a_value_keeps_it_out_of_addresses_logs_and_answers(
    machine: MachineOf, superuser: Superuser, caplog: pytest.LogCaptureFixture
) -> None:
    auditor = machine("auditor")
    assert auditor.post("/disclosures/search", {"by": "value", "what": EMAIL}) == 200
    assert auditor.json == {"items": []}
    assert auditor.post("/disclosures/search", {"by": "incident", "what": EMAIL}) == 422
    assert EMAIL not in auditor.answer.text
    assert EMAIL not in caplog.text
    (row,) = superuser.rows("SELECT request_id, details::text FROM audit_events WHERE action = 'disclosures.search'")
    assert row.request_id
    assert EMAIL not in row.details


def test_a_review_is_opened_and_read(machine: MachineOf) -> None:
    reviewer = machine("reviewer", by="rufus@clinic.test")
    quarter = str(Quarter.of(datetime.now(UTC)))
    assert reviewer.post("/reviews", {"quarter": quarter}) == 200
    assert reviewer.json["made"] is True
    assert reviewer.get(f"/reviews/{quarter}") == 200
    assert reviewer.json["kind"] == "interim"
    assert reviewer.items(f"/reviews/{quarter}/items") == []
    assert [each["quarter"] for each in reviewer.items("/reviews")] == [quarter]
    assert reviewer.get("/reviews/2026Q9") == 404
    assert reviewer.post(f"/reviews/{quarter}/sign") == 403
    assert reviewer.problem == "fresh-proof"


def test_strangers_see_nothing_of_each_other(runtime: Runtime, clinic: Tenant, edge: Edge, machine: MachineOf) -> None:
    incident_id = opened(clinic, edge)
    other = tenant(runtime, slug="other")
    stranger = machine("operator", "privacy_officer", "responder", where=other)
    assert stranger.items("/incidents") == []
    assert stranger.get(f"/incidents/{incident_id}") == 404
    assert stranger.post(f"/incidents/{incident_id}/resolve") == 404
    assert stranger.post(f"/deliveries/{incident_id}/hook/1/retry") == 404
    assert stranger.post("/channels/hook/pause", {"reason": "x"}) == 404
    assert stranger.send("PUT", "/kill-switch", {"on": True}) == 200
    viewer = machine("viewer")
    viewer.get("/tenant")
    assert viewer.json["kill_switch"] is False
