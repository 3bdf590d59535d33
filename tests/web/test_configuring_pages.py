"""Silences, sources, routes, safe words and patterns by page: what people do there, what is shown once, who may."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from router import settings
from router.core.access import ROLES, Deed, may
from router.flow import accounts, manage, signin, silence, words
from router.flow.hand import By
from router.flow.intake import Post, Unauthorized
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web.app import Web
from tests.conftest import Database
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Tenant, Worker, build, environment, tenant, webhook
from tests.web.browsing import Arrive, Stop, browser  # noqa: F401 - a fixture
from tests.web.test_signin_browser import arrive, served  # noqa: F401 - fixtures
from tests.web.test_signin_pages import OURS, Browser

OLGA, RITA = "olga@clinic.test", "rita@clinic.test"
FIRING = {"title": "disk full", "alert_uid": "1", "severity": "error", "labels": {"service": "db"}}


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path, ALERTVEIL_PUBLIC_URL=OURS)
    yield made
    made.close()


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def web(runtime: Runtime, database: Database, tmp_path: Path) -> Web:
    return Web(runtime, settings.read(environment(database.app_url, tmp_path, ALERTVEIL_PUBLIC_URL=OURS)))


@pytest.fixture
def clinic(runtime: Runtime) -> Iterator[Tenant]:
    """Two channels, and one route that takes everything to the first."""
    with WebhookVendor() as hook:
        ways = {"hook": webhook(hook), "pager": webhook(hook, "/pager")}
        yield tenant(runtime, slug="clinic", channels=ways, routes=[([], ["hook"], [], False)])


@pytest.fixture
def olga(web: Web, clinic: Tenant) -> Browser:
    return Browser(web).sign_in(clinic, "operator", email=OLGA)


def actions(clinic: Tenant) -> list[tuple[str, str]]:
    """(actor, action) of what was changed, oldest first."""
    rows = clinic.rows("SELECT actor, action FROM audit_events WHERE decision = 'allowed' ORDER BY at, event_id")
    return [
        (row.actor, row.action) for row in rows if row.action.split(".")[0] in {"source", "routes", "words", "silence"}
    ]


def test_a_silence_is_tried_made_and_ended(web: Web, clinic: Tenant, runtime: Runtime) -> None:
    edge = Edge(runtime)
    (receipt,) = edge.take(clinic.post(FIRING))
    rita = Browser(web).sign_in(clinic, "responder", email=RITA)
    assert rita.send("GET", f"/silences?like={receipt.incident_id}") == 200
    assert 'service="db"' in rita.answer.text.replace("&#34;", '"')
    assert rita.post("/silences/try", "/silences", matchers="service=db") == 200
    assert "1 open incident" in rita.words()
    assert "Nothing was changed" in rita.words()
    for wrong in ({"matchers": "service=db"}, {"matchers": f'name="{NAME}"', "reason": "x"}, {"reason": "x"}):
        assert rita.post("/silences", "/silences", lasts="2h", **wrong) == 422
        assert NAME not in "".join(each.text or "" for each in rita.all("p"))
    assert rita.post("/silences", "/silences", matchers="service=db", reason=f"moving {EMAIL}", lasts="2h") == 303
    edge.take(clinic.post({**FIRING, "alert_uid": "2"}))
    assert not edge.rung
    rita.send("GET", "/silences")
    assert "quiet now" in rita.words()
    assert EMAIL not in rita.answer.text
    (row,) = clinic.rows("SELECT silence_id FROM silences")
    assert rita.post(f"/silences/{row.silence_id}/end", "/silences") == 303
    edge.take(clinic.post({**FIRING, "alert_uid": "3"}))
    assert edge.rung
    rita.send("GET", "/silences?over=1")
    assert f"Ended by{RITA}" in rita.words()
    assert actions(clinic) == [(RITA, "silence.create"), (RITA, "silence.expire")]


def test_a_sources_key_is_shown_once_with_the_words_for_its_tool(
    clinic: Tenant, olga: Browser, runtime: Runtime
) -> None:
    assert olga.post("/sources", "/sources/new", name="prod am", format="alertmanager") == 422
    assert "`name` is up to 63 letters" in olga.words()
    assert olga.post("/sources", "/sources/new", name="prod-am", format="alertmanager", quiet_after="30m") == 200
    (key,) = re.findall(r"<code>([0-9a-f]{64})</code>", olga.answer.text)
    assert olga.answer.headers["cache-control"] == "no-store"
    assert f"{OURS}/ingest/clinic/prod-am" in olga.words()
    olga.send("GET", "/sources")
    assert key not in olga.answer.text
    assert "Alertmanager repeats every 4 hours unless it is told otherwise" in olga.words()
    (row,) = clinic.rows("SELECT source_id FROM sources WHERE name = 'prod-am'")
    here = f"/sources/{row.source_id}"
    assert olga.post("/sources", "/sources/new", name="prod-am", format="generic") == 422
    assert "of this name already" in olga.words()

    edge = Edge(runtime)
    clinic.keys["prod-am"] = key
    body = json.dumps(
        {"alerts": [{"status": "firing", "labels": {"alertname": "Up"}, "startsAt": "2026-11-22T10:00:00Z"}]}
    )
    edge.take(Post(key, body.encode(), "clinic", "prod-am"))
    olga.send("GET", here)
    assert "Alerts in 24 h1" in olga.words()

    assert olga.post(f"{here}/rotate", here, overlap="1d") == 200
    (fresh,) = re.findall(r"<code>([0-9a-f]{64})</code>", olga.answer.text)
    for each in (key, fresh):
        edge.take(Post(each, body.encode(), "clinic", "prod-am"))
    assert olga.post(f"{here}/end-old-key", here) == 303
    assert isinstance(edge.refuse(Post(key, body.encode(), "clinic", "prod-am")), Unauthorized)
    edge.take(Post(fresh, body.encode(), "clinic", "prod-am"))
    assert olga.post(f"{here}/rotate", here, overlap="0") == 200
    assert isinstance(edge.refuse(Post(fresh, body.encode(), "clinic", "prod-am")), Unauthorized)

    assert olga.post(here, here, format="alertmanager", quiet_after="5h") == 303
    olga.send("GET", here)
    assert "repeats every" not in olga.words()
    assert "quiet_after: 5h" in olga.words()
    assert olga.post(f"{here}/pause", here) == 303
    assert olga.post(f"{here}/resume", here) == 303
    assert olga.post(f"{here}/retire", here, name="another") == 422
    assert olga.post(f"{here}/retire", here, name="prod-am") == 303
    assert olga.send("GET", here) == 404
    done = ["add", "rotate", "end_old_key", "rotate", "change", "pause", "resume", "remove"]
    assert actions(clinic) == [(OLGA, f"source.{each}") for each in done]
    assert key not in str(clinic.rows("SELECT details FROM audit_events"))


def test_a_body_is_tried_on_a_source_and_stored_nowhere(clinic: Tenant, olga: Browser, superuser: Superuser) -> None:
    here = f"/sources/{clinic.sources['app']}"
    state = "SELECT (SELECT count(*) FROM alerts) + (SELECT count(*) FROM vault.entries) AS n"
    before = superuser.one(state).n
    sample = json.dumps({"title": f"intake failed for {NAME}", "message": MRN, "severity": "critical", "service": "db"})
    assert olga.post(f"{here}/try", here, sample=sample) == 200
    shown = " ".join("".join(each.itertext()) for each in olga.all("article"))
    assert NAME not in shown
    assert MRN not in shown
    assert re.search(r"intake failed for <PERSON_\w{10}>", shown)
    assert "Route 1 → hook" in shown
    assert olga.post(f"{here}/try", here, sample="{") == 422
    assert "The source would refuse this" in olga.words()
    assert superuser.one(state).n == before


def test_routes_are_made_ordered_tried_and_never_changed_blindly(web: Web, clinic: Tenant, olga: Browser) -> None:
    def mark(who: Browser) -> str:
        who.send("GET", "/routes")
        return next(str(each.get("value")) for each in who.all("input") if each.get("name") == "mark")

    def matchers() -> list[Any]:
        return [row.matchers for row in clinic.rows("SELECT matchers FROM routes ORDER BY position")]

    critical = {"matchers": 'severity="critical"', "channel": "pager", "group_by": "service"}
    assert olga.post("/routes", "/routes", **{**critical, "mark": mark(olga), "channel": "nowhere"}) == 422
    assert "There is no channel `nowhere`" in olga.words() or "there is no channel `nowhere`" in olga.words()
    assert olga.post("/routes", "/routes", mark=mark(olga), **{**critical, "matchers": f'name="{NAME}"'}) == 422
    assert "looks like PHI" in olga.words()
    assert olga.post("/routes", "/routes", mark=mark(olga), **critical) == 303
    olga.send("GET", "/routes")
    assert "Route 2 is never reached: route 1 takes everything" in olga.words()
    seen = mark(olga)
    assert olga.post("/routes/1/up", "/routes", mark=seen) == 303
    assert matchers() == [['severity="critical"'], []]
    other = Browser(web).sign_in(clinic, "operator", email="oscar@clinic.test")
    assert other.post("/routes/0/remove", "/routes", mark=seen) == 409
    assert "changed the routes meanwhile" in other.words()

    assert olga.post("/routes/try", "/routes", labels="service=db", severity="critical", source="app") == 200
    assert "matches Route 1 → pager" in olga.words()
    assert "not reached Route 2 → hook" in olga.words()
    assert "service=db" in olga.words()
    assert olga.post("/routes/try", "/routes", labels="service=db", severity="info") == 200
    assert 'severity="critical" does not hold, the label reads info' in olga.words()
    changed = {"matchers": 'severity=~"critical|error"', "channel": ["pager", "hook"], "goes_on": "yes"}
    assert olga.post("/routes/0/change", "/routes/0", mark=mark(olga), **changed) == 303
    assert olga.post("/routes/1/remove", "/routes", mark=mark(olga)) == 303
    (row,) = clinic.rows("SELECT matchers, channels, go_on FROM routes")
    assert tuple(row) == (['severity=~"critical|error"'], ["pager", "hook"], True)
    assert olga.send("GET", "/routes/7") == 404
    assert {action for _, action in actions(clinic)} == {"routes.change"}


def test_words_and_patterns_are_tried_before_they_count(clinic: Tenant, olga: Browser) -> None:
    sample = {"sample": "quillfeather reports ACM-12345678"}
    pattern = {"type": "MEMBER_ID", "regex": r"ACM-\d{8}"}
    assert olga.post("/words/try", "/words", **sample, **pattern, word="quillfeather") == 200
    before, after = ("".join(each.itertext()) for each in olga.all("pre")[:2])
    assert re.fullmatch(r"<\w+> reports <\w+>", before)
    assert re.fullmatch(r"quillfeather reports <MEMBER_ID_\w{10}>", after)
    for refused, why in (
        ({**pattern, "regex": "(?=x)y"}, "RE2 takes: no look-around"),
        ({**pattern, "regex": r"\w+"}, "too broad"),
        ({**pattern, "regex": NAME}, "looks like PHI"),
        ({**pattern, "regex": "x*"}, "matches the empty text"),
    ):
        for path in ("/words/patterns", "/words/try"):
            assert olga.post(path, "/words", **sample, **refused) == 422, path
            assert why in olga.words()
    assert olga.post("/words/safe", "/words", word="Quackenbush Zebulon") == 422
    assert olga.post("/words/patterns", "/words", **pattern) == 303
    assert olga.post("/words/safe", "/words", word="quillfeather") == 303
    olga.send("GET", "/words")
    assert r"ACM-\d{8}" in olga.words()
    (row,) = clinic.rows("SELECT patterns, safe_words FROM tenants")
    assert (row.patterns, row.safe_words) == ([pattern], ["quillfeather"])
    assert olga.post("/words/patterns/remove", "/words", **pattern) == 303
    assert olga.post("/words/safe/remove", "/words", word="quillfeather") == 303
    assert olga.post("/words/safe/remove", "/words", word="quillfeather") == 404
    assert actions(clinic) == [(OLGA, "words.change")] * 4


CONFIGURE: dict[str, Deed] = {
    "/silences": "silence",
    "/silences/try": "silence",
    "/silences/{uuid}/end": "silence",
    "/sources": "configure",
    "/sources/{source}": "configure",
    "/sources/{source}/try": "configure",
    "/sources/{source}/rotate": "configure",
    "/sources/{source}/end-old-key": "configure",
    "/sources/{source}/retire": "configure",
    "/sources/{source}/pause": "operate",
    "/sources/{source}/resume": "operate",
    "/routes": "configure",
    "/routes/try": "configure",
    "/routes/0/up": "configure",
    "/routes/0/remove": "configure",
    "/words/try": "see",
    "/words/patterns": "configure",
    "/words/patterns/remove": "configure",
    "/words/safe": "configure",
    "/words/safe/remove": "configure",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_changes_what_the_table_allows_and_sees_every_list(
    web: Web, clinic: Tenant, superuser: Superuser, role: str
) -> None:
    state = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) AS sum FROM {} t"
    tables = ("silences", "sources", "routes", "tenants")
    before = {name: superuser.one(state.format(name)).sum for name in tables}
    one = Browser(web).sign_in(clinic, role)
    version = superuser.one("SELECT config_version FROM tenants").config_version
    for path in ("/silences", "/sources", f"/sources/{clinic.sources['app']}", "/routes", "/words"):
        assert one.send("GET", path) == 200, path
    for path, deed in CONFIGURE.items():
        where = path.replace("{uuid}", str(uuid4())).replace("{source}", str(clinic.sources["app"]))
        if not may([role], deed):
            assert one.post(where, "/account") == 403, path
            assert "Your roles do not allow this" in one.words()
    if not may([role], "configure"):
        assert one.post("/words/try", "/words", sample=f"retry for {NAME}") == 200
        assert re.fullmatch(r"retry for <PERSON_\w{10}>", "".join(one.all("pre")[0].itertext()))
        assert one.post("/words/try", "/words", sample="x", type="MRN", regex="Q-[0-9]") == 403
        assert one.send("GET", "/sources/new") == 403
        assert one.send("GET", "/routes/0") == 403
        assert superuser.one("SELECT config_version FROM tenants").config_version == version
        assert {name: superuser.one(state.format(name)).sum for name in tables[:3]} == {
            name: before[name] for name in tables[:3]
        }


def test_a_stranger_changes_nothing_here(web: Web, clinic: Tenant, runtime: Runtime) -> None:
    eve = Browser(web).sign_in(tenant(runtime, slug="other"), "operator", email="eve@other.test")
    here = f"/sources/{clinic.sources['app']}"
    assert eve.send("GET", here) == 404
    for deed in ("rotate", "pause", "end-old-key", "retire", "try"):
        assert eve.post(f"{here}/{deed}", "/account", name="app", sample="{}") == 404, deed
    assert eve.post(here, "/account", format="generic") == 404
    assert eve.post(f"/silences/{uuid4()}/end", "/account") == 404


@pytest.mark.system_part("chromium")
def test_from_the_printed_code_to_a_test_alert_seen_arriving(
    arrive: Arrive,  # noqa: F811 - the fixture
    runtime: Runtime,
) -> None:
    """The whole of first-run set-up, without a script, on a phone, left and taken up again in the middle."""
    code = accounts.set_up_code(runtime)
    assert code is not None
    with WebhookVendor() as hook, Worker(runtime) as worker:
        anna = arrive(java_script_enabled=False, viewport={"width": 360, "height": 800})
        page = anna.goes_to("/set-up")
        for label, text in {
            "Set-up code": code,
            "Organisation or team": "The Clinic",
            "Its short name": "clinic",
            "Your e-mail address": "anna@clinic.test",
        }.items():
            page.get_by_label(label).fill(text)
        page.get_by_role("button", name="Set up").click()
        page.get_by_role("heading", name="First steps of The Clinic").wait_for()
        page.get_by_label("Name", exact=True).fill("app")
        page.get_by_label("What sends to it").select_option("generic")
        page.get_by_role("button", name="Add it and show its key").click()
        key = page.locator(".shown code").inner_text()
        assert f"Bearer {key}" in page.locator("pre").inner_text()
        assert anna.keeps("first-run-key", (("light", 360),)) == []
        page.get_by_role("link", name="I have copied it").click()

        page.get_by_role("link", name="Add a channel").click()
        page.get_by_role("link", name="Webhook").click()
        page.get_by_label("Name", exact=True).fill("hook")
        page.get_by_label("URL").fill(f"{hook.url}/in")
        secret = "whsec_" + base64.b64encode(b"a webhook secret of 32 bytes ...").decode()
        page.get_by_label("Signing secret", exact=True).fill(secret)
        page.get_by_role("button", name="Add the channel").click()

        anna.goes_to("/start")
        page.get_by_role("button", name="Make the route").click()
        page.get_by_role("button", name="Send the test alert").click()
        page.get_by_text("This page loads itself again").wait_for()
        assert page.locator("li", has_text="A test alert, seen arriving").get_by_text("next").count() == 1
        assert anna.keeps("first-run-waiting", (("light", 360),)) == []
        (tenant_id,) = (each.id for each in manage.tenants(runtime))
        with runtime.database.tenant(tenant_id) as session:
            (lane,) = session.rows("SELECT tenant_id, channel_id FROM channels")
        worker.drain((lane.tenant_id, lane.channel_id))
        page.goto(f"{anna.url}/start")
        page.get_by_text("It went all the way").wait_for()
        assert anna.keeps("first-run-done", (("light", 360),)) == []
        page.get_by_role("link", name="INC-").click()
        assert "alex@example.test" not in page.content()
        body = hook.received[-1].body.decode()
        assert "Test alert: nothing is broken" in body
        assert "alex@example.test" not in body


LOOKED_AT: tuple[Stop, ...] = (
    ("/silences", "/silences", "silences"),
    ("/sources", "/sources", "sources"),
    ("/sources/new", "/sources/new", "source-new"),
    ("/sources/{source_id:uuid}", "/sources/{app}", "source"),
    ("/routes", "/routes", "routes"),
    ("/routes/{at}", "/routes/0", "route"),
    ("/words", "/words", "words"),
    ("/start", "/start", "start"),
)


@pytest.mark.system_part("chromium")
def test_pages_please_axe_and_fit_a_phone(
    arrive: Arrive,  # noqa: F811 - the fixture
    clinic: Tenant,
    runtime: Runtime,
) -> None:
    edge = Edge(runtime)
    edge.take(clinic.post(FIRING))
    manage.add_user(runtime, clinic.tenant_id, OLGA, ["operator"], "test")
    wish = silence.Wish(
        ["service=db", 'alertname=~"Disk.*|Inode.*|Volume.*"'], "the archive is moved", lasts=timedelta(hours=2)
    )
    silence.create(runtime, clinic.tenant_id, wish, actor=OLGA)
    words.add_pattern(runtime, clinic.tenant_id, words.Pattern("MEMBER_ID", r"ACM-\d{8}"), By(OLGA))
    words.add_word(runtime, clinic.tenant_id, "istio", By(OLGA))
    olga = arrive(color_scheme="light", viewport={"width": 1280, "height": 900})
    olga.signs_in_with(signin.offer(runtime, clinic.tenant_id, OLGA).text)
    sample = json.dumps({"title": f"intake failed for {NAME}", "message": MRN, "labels": {"service": "db"}})

    def tries(path: str) -> None:
        olga.goes_to(path)
        if path == "/silences":
            olga.page.get_by_label("Matchers").fill("service=db")
            olga.page.get_by_role("button", name="See what it would take").click()
        elif path == "/routes":
            olga.page.get_by_label("Labels, one").fill("service=db")
            olga.page.get_by_role("button", name="See where it would go").click()
        elif path == "/words":
            olga.page.get_by_label("regular expression").fill("ACM-[0-9]{8}")
            olga.page.get_by_label("A made-up text").fill("istio says ACM-12345678 of Zebulon Quackenbush")
            olga.page.get_by_role("button", name="See before and after").click()
        elif "source" in path and "new" not in path and path != "/sources":
            olga.page.get_by_label("A made-up body").fill(sample)
            olga.page.get_by_role("button", name="See what would become").click()

    faults = []
    for _, path, name in LOOKED_AT:
        tries(path.format(**clinic.sources))
        faults += olga.looks_well(name)
    assert faults == []
