"""What a responder sees and does: overview, news, filters, an incident whole, operations, charts; what a page costs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from router.core.access import ROLES
from router.flow import charts, overview
from router.local.vendors.base import Fault
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web.pages import look
from tests.conftest import Database
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Tenant, Worker, build, tenant, webhook
from tests.web.test_pages import ALERT, Browser, opened

HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
"""SHA-256 of htmx 2.0.11's dist/htmx.min.js as its registry has it; ours has its licence in a line before."""


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def clinic(runtime: Runtime) -> Tenant:
    return tenant(runtime, slug="clinic", privacy="detect")


@pytest.fixture
def edge(runtime: Runtime) -> Edge:
    return Edge(runtime)


@pytest.fixture
def anna(runtime: Runtime, clinic: Tenant) -> Browser:
    return Browser(runtime).sign_in(clinic, *ROLES)


def attributes(browser: Browser, name: str) -> list[str]:
    return [each.get(name) for tag in ("div", "p", "span", "dl", "ol") for each in browser.all(tag) if each.get(name)]


def table(browser: Browser) -> list[tuple[str, ...]]:
    """Every row of every table, as the words of its cells."""
    return [
        tuple(" ".join("".join(cell.itertext()).split()) for cell in row if cell.tag in {"td", "th"})
        for row in browser.all("tr")
    ]


def poll(browser: Browser) -> str:
    (path,) = attributes(browser, "data-hx-get")
    return str(path)


def rows(browser: Browser) -> str:
    return "".join(f"&row={each.get('value')}" for each in browser.all("input") if each.get("name") == "row")


# -- news -------------------------------------------------------------------------------------------------------------


def test_news_tell_how_many_have_come_and_leave_the_list_where_it_is(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
) -> None:
    first = opened(clinic, edge)
    anna.get("/")
    path, shown = poll(anna), rows(anna)
    opened(clinic, edge, title="second")
    opened(clinic, edge, title="third")
    assert anna.get(path + shown) == 200
    assert "2 new incidents – show" in anna.words()
    assert f"state-{first}" in attributes(anna, "id")
    assert not [each for each in attributes(anna, "id") if each.startswith("state-") and first not in each]
    assert "second" not in anna.text, "what came is counted, and shown when it is asked for"


def test_the_live_region_is_written_only_when_its_words_change(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
) -> None:
    opened(clinic, edge)
    anna.get("/")
    path, shown = poll(anna), rows(anna)
    anna.get(path + shown)
    assert "news" not in attributes(anna, "id"), "nothing has come, so there is nothing to say"
    opened(clinic, edge, title="second")
    anna.get(path + shown)
    assert "news" in attributes(anna, "id")
    anna.get(poll(anna) + shown)
    assert anna.text == "" or "news" not in attributes(anna, "id"), "it was said"


def test_a_line_that_is_read_says_that_its_incident_is_over(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
) -> None:
    incident_id = opened(clinic, edge)
    anna.get("/")
    path, shown = poll(anna), rows(anna)
    anna.act(incident_id, "resolve")
    anna.get(path + shown)
    (status,) = [each for each in anna.all("span") if each.get("id") == f"status-{incident_id}"]
    assert status.text == "resolved"


def test_news_for_whom_the_session_is_over_lead_to_the_door(runtime: Runtime) -> None:
    stranger = Browser(runtime)
    assert stranger.get("/news") == 204
    assert stranger.headers["hx-redirect"] == "/sign-in"
    assert stranger.text == ""


def test_the_script_is_the_pinned_one() -> None:
    licence, _, body = look.static("htmx.js")[0].partition(b"\n")
    assert b"htmx 2.0.11" in licence
    assert b"Zero-Clause BSD" in licence
    assert hashlib.sha256(body).hexdigest() == HTMX


# -- filters ----------------------------------------------------------------------------------------------------------


FILTERS = {
    "": {"disk", "queue"},
    "severity=critical": {"disk"},
    "state=resolved": {"over"},
    "state=all": {"disk", "queue", "over"},
    "state=acknowledged": set(),
    "state=nonsense": {"disk", "queue"},
    "source=other": {"queue"},
    "channel=hook&state=all": {"disk", "over"},
    "channel=nowhere": set(),
    "text=dis": {"disk"},
    "text=BLUE": {"queue"},
    "text=service%3Dblue": {"queue"},
    "text=service%3Dblu": set(),
    "text=%25": set(),
}


def test_a_list_is_filtered_by_state_severity_source_channel_and_text(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
) -> None:
    with WebhookVendor() as vendor:
        clinic.set(
            sources={"other": "generic"},
            channels={"hook": webhook(vendor)},
            routes=[(["source=app"], ["hook"], [], False)],
        )
        edge.take(clinic.post({"title": "disk", "severity": "critical", "labels": {"service": "red"}}))
        edge.take(clinic.post({"title": "queue", "labels": {"service": "blue"}}, source="other"))
        (over,) = edge.take(clinic.post({"title": "over"}))
    anna.act(str(over.incident_id), "resolve")
    for query, seen in FILTERS.items():
        assert anna.get(f"/?{query}") == 200, query
        assert {"".join(each.itertext()) for each in anna.all("h2")} & {"disk", "queue", "over"} == seen, query


def test_a_search_that_looked_far_enough_says_so_and_goes_on_behind(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overview, "LOOK", 2)
    for title in ("needle", "hay 1", "hay 2"):
        edge.take(clinic.post({"title": title}))
    anna.get("/?state=all&text=needle")
    assert "Nothing among these 2 incidents" in anna.words()
    (further,) = [each.get("href") for each in anna.all("a") if "after=" in each.get("href", "")]
    anna.get(further)
    assert ["".join(each.itertext()) for each in anna.all("h2")] == ["needle"]


def test_what_looks_like_a_persons_data_is_not_searched_for_and_leaves_the_address(
    anna: Browser,
) -> None:
    assert anna.get(f"/?state=all&text={EMAIL}") == 303
    assert EMAIL not in anna.location
    anna.get(anna.location)
    assert "was not searched for" in anna.words()


# -- an incident ------------------------------------------------------------------------------------------------------


def test_a_timeline_tells_alerts_decisions_deliveries_notes_and_reveals_with_who_and_why(
    runtime: Runtime,
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
) -> None:
    with WebhookVendor() as vendor, Worker(runtime) as worker:
        clinic.set(channels={"hook": webhook(vendor)}, routes=[([], ["hook"], [], False)])
        incident_id = opened(clinic, edge)
        worker.drain(*edge.rung)
    here = f"/incidents/{incident_id}"
    anna.act(incident_id, "ack")
    anna.get(here)
    assert anna.post(f"{here}/note", csrf=anna.csrf, note=f"Called {NAME}, {MRN}; restarted the worker") == 303
    anna.get(here)
    (token,) = {row.tokens[0] for row in clinic.rows("SELECT tokens FROM alerts")}
    anna.post(f"{here}/reveal", csrf=anna.csrf, token=token, reason="triage")
    anna.get(here)
    said = anna.words()
    assert "revision 1, by its source" in said
    assert "revision acknowledged revision 2, by anna@clinic.test" in " ".join(said.split("just now "))
    assert "received, by app" in said
    assert re.search(r"hook sent tokens: .+ revision 1, attempt 1, by alertveil", said)
    assert "restarted" in said
    assert "note, by anna@clinic.test" in said
    assert "asked to see values: allowed" in said
    assert not [value for value in (*NAME.split(), MRN, EMAIL) if value in anna.text]


def test_a_note_is_kept_as_tokens_and_recorded(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
    superuser: Superuser,
) -> None:
    incident_id = opened(clinic, edge)
    anna.get("/")
    anna.post(f"/incidents/{incident_id}/note", csrf=anna.csrf, note=f"{NAME} {EMAIL}")
    (row,) = superuser.rows("SELECT actor, text FROM notes")
    assert row.actor == "anna@clinic.test"
    assert re.fullmatch(r"(<[A-Z_]+_[0-9A-Z]{10}> ?)+", row.text)
    assert [each.actor for each in clinic.rows("SELECT actor FROM audit_events WHERE action = 'incident.note'")] == [
        "anna@clinic.test"
    ]


@pytest.mark.parametrize("text", ["", "   ", "x" * 501])
def test_an_empty_or_endless_note_is_refused_with_words(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
    text: str,
) -> None:
    incident_id = opened(clinic, edge)
    anna.get("/")
    assert anna.post(f"/incidents/{incident_id}/note", csrf=anna.csrf, note=text) == 422
    assert "A note has 1 to 500 characters." in anna.words()


def test_each_token_has_the_rule_that_made_it(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
) -> None:
    incident_id = opened(clinic, edge)
    anna.get(f"/incidents/{incident_id}")
    found = {each[1:] for each in table(anna) if each[0].startswith("<")}
    assert ("e-mail address", "its shape") in found
    assert ("a person's name or part of one", "a word before it") in found


def test_a_dead_delivery_is_sent_again_from_the_incident(
    runtime: Runtime,
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
) -> None:
    with WebhookVendor() as vendor, Worker(runtime) as worker:
        clinic.set(channels={"hook": webhook(vendor)}, routes=[([], ["hook"], [], False)])
        vendor.faults.append(Fault(status=410))
        incident_id = opened(clinic, edge)
        worker.drain(*edge.rung)
        anna.get(f"/incidents/{incident_id}")
        assert "hook failed: the destination is gone" in anna.words()
        again = f"/incidents/{incident_id}/retry"
        assert anna.post(again, csrf=anna.csrf, channel="hook", revision="1") == 303
    assert clinic.rows("SELECT state FROM deliveries")[0].state == "pending"


def test_an_incident_without_end_is_told_a_page_at_a_time(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overview, "ENTRIES", 4)
    incident_id = opened(clinic, edge, dedup_key="one")
    for number in range(6):
        edge.take(clinic.post({**ALERT, "dedup_key": "one", "number": number}))
    seen, path = 0, f"/incidents/{incident_id}"
    while path:
        anna.get(path)
        seen += sum("received, by app" in "".join(each.itertext()) for each in anna.all("li"))
        path = next((each.get("href") for each in anna.all("a") if "before=" in each.get("href", "")), "")
    assert seen == 7
    anna.get(f"/incidents/{incident_id}/alerts")
    assert len([each for each in anna.all("details") if "card" in each.get("class", "")]) == 7
    assert anna.get(f"/incidents/{incident_id}/deliveries") == 200
    assert anna.get(f"/incidents/{uuid4()}/alerts") == 404


# -- operations and charts --------------------------------------------------------------------------------------------


def test_operations_say_what_is_stuck_and_what_to_do(
    clinic: Tenant,
    edge: Edge,
    anna: Browser,
    superuser: Superuser,
) -> None:
    with WebhookVendor() as vendor:
        clinic.set(channels={"hook": webhook(vendor)}, routes=[([], ["hook"], [], False)])
        opened(clinic, edge)
    superuser.run("UPDATE deliveries SET next_attempt_at = now() - interval '5 minutes'")
    anna.get("/operations")
    found = table(anna)
    assert ("look at it", "workers", "None is alive, so nothing is delivered: start alertveil worker.") in found
    assert ("hook", "ready", "1", "1", "5 min", "0", "No worker has it: look at the workers above.") in found
    assert found[1][0] == "broken", "what is broken stands first"
    assert [each[:2] for each in found if each[0] in {"data", "index", "value"}] == [
        ("data", "1"),
        ("index", "1"),
        ("value", "1"),
    ]


def test_operations_name_no_other_tenant(
    runtime: Runtime,
    clinic: Tenant,
    superuser: Superuser,
) -> None:
    with WebhookVendor() as vendor:
        tenant(runtime, slug="rival", channels={"rival-hook": webhook(vendor)})
    superuser.run("UPDATE tenants SET kill_switch = true WHERE slug = 'rival'")
    superuser.run("UPDATE lanes SET paused = 'credential'")
    anna = Browser(runtime).sign_in(clinic, "viewer")
    anna.get("/operations")
    assert "rival" not in anna.text


def count_all(made: Tenant) -> None:
    while charts.count(made.runtime, made.tenant_id):
        pass


def test_hours_are_counted_once_however_often_and_whoever_counts(
    runtime: Runtime,
    clinic: Tenant,
    edge: Edge,
    superuser: Superuser,
) -> None:
    for number in range(3):
        edge.take(clinic.post({"title": f"number {number}"}))
    count_all(clinic)
    assert clinic.rows("SELECT 1 AS one FROM hours") == [], "what is younger than a minute and a half may still come"
    superuser.run("UPDATE alerts SET received_at = received_at - interval '3 hours'")
    superuser.run("UPDATE counted SET upto = upto - interval '5 hours'")
    for _ in range(3):
        count_all(clinic)
    assert [row.alerts for row in clinic.rows("SELECT alerts FROM hours")] == [3]
    assert tenant(runtime).rows("SELECT 1 AS one FROM hours") == []


def test_a_chart_is_one_image_with_its_sum_in_words_and_a_table_behind_it(
    clinic: Tenant,
    anna: Browser,
    superuser: Superuser,
) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    superuser.run(
        "INSERT INTO hours (tenant_id, hour, alerts, delivered, failed, disclosed) VALUES (%s, %s, 41, 82, 1, 2)",
        [clinic.tenant_id, hour],
    )
    for span, many in (("24h", 24), ("7d", 28), ("30d", 30)):
        anna.get(f"/charts?span={span}")
        images = {each.get("aria-label") for each in anna.all("{http://www.w3.org/2000/svg}svg") or svgs(anna)}
        assert any(each.startswith("Alerts received: 41 in all, at most 41") for each in images), images
        table, quarters = anna.all("tbody")
        assert len(list(table)) == many
        assert [cell.text for row in table for cell in row.iter("td") if cell.text != "0"] == ["41", "82", "1"]
        assert [cell.text for cell in list(quarters)[-1].iter("td")] == ["2", "0"]


def svgs(browser: Browser) -> list[Any]:
    return [each for each in browser.all("svg") if "chart" in each.get("class", "")]
