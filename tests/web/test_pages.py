"""How a person signs in and sees only their own tenant, what pages make of hostile text, and which forms are taken."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.applications import Starlette

from router.core.access import ROLES
from router.flow import manage, overview, signin
from router.flow.snapshot import Snapshots
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web import pages
from router.web.pages import guard, look
from router.web.pages.live import WITH_HTMX
from tests.conftest import Database
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Tenant, Worker, build, tenant, webhook
from tests.web import reading

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ALERT = {
    "title": f"Intake failed for patient {NAME} {HOSTILE}",
    "message": f"mail {EMAIL}, {MRN}",
    "severity": "critical",
}
HERE = "http://testserver"


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


class Browser:
    """One person's browser; `page` is what it shows, parsed as browsers do."""

    def __init__(self, runtime: Runtime, base_url: str = HERE) -> None:
        app = Starlette(routes=pages.routes(runtime, Snapshots()))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url, trust_env=False)
        self.runtime = runtime
        self.text = self.location = ""
        self.headers = httpx.Headers()

    def sign_in(self, where: Tenant, *roles: str, email: str = "anna@clinic.test") -> Browser:
        manage.add_user(self.runtime, where.tenant_id, email, roles or ("responder",), "test")
        code = signin.offer(self.runtime, where.tenant_id, email).text
        assert self.post("/sign-in", code=code) == 303
        return self

    def get(self, path: str, **headers: str) -> int:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self._took(self.client.build_request("GET", path, headers=named))

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> int:
        return self._took(self.client.build_request("POST", path, data=fields, headers=headers))

    def act(self, incident_id: UUID | str, action: str, headers: dict[str, str] | None = None) -> int:
        """Press a button of the incident's page, with the token that the page holds."""
        self.get("/")
        return self.post(f"/incidents/{incident_id}/{action}", headers=headers, csrf=self.csrf)

    @property
    def csrf(self) -> str:
        return reading.csrf(self.text)

    def all(self, tag: str) -> list[Any]:
        return reading.elements(self.text, tag)

    def words(self) -> str:
        """What a person reads."""
        return reading.words(self.text)

    def _took(self, request: httpx.Request) -> int:
        response = asyncio.run(self.client.send(request))
        self.text = response.text
        self.location = response.headers.get("location", "")
        self.headers = response.headers
        return response.status_code


def opened(where: Tenant, edge: Edge, **more: str) -> str:
    """The id of an incident that one alert opened."""
    return str(edge.take(where.post({**ALERT, **more}))[0].incident_id)


@pytest.fixture
def edge(runtime: Runtime) -> Edge:
    return Edge(runtime)


def test_a_code_lets_one_person_in_once(runtime: Runtime, clinic: Tenant) -> None:
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    code = signin.offer(runtime, clinic.tenant_id, "anna@clinic.test").text
    first, second = Browser(runtime), Browser(runtime)
    assert first.post("/sign-in", code=f" {code.lower()} ") == 303
    assert second.post("/sign-in", code=code) == 401
    assert "does not hold" in second.words()
    assert first.get("/") == 200
    assert second.get("/") == 303


def test_a_code_of_an_hour_ago_is_worth_nothing(runtime: Runtime, clinic: Tenant, superuser: Superuser) -> None:
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    code = signin.offer(runtime, clinic.tenant_id, "anna@clinic.test").text
    superuser.run("UPDATE sessions SET ends_at = ends_at - interval '1 hour'")
    assert Browser(runtime).post("/sign-in", code=code) == 401


def test_a_code_is_no_session_and_a_session_no_code(runtime: Runtime, clinic: Tenant) -> None:
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    code = signin.offer(runtime, clinic.tenant_id, "anna@clinic.test").text
    assert signin.visitor(runtime, code.replace("-", "")) is None
    secret = signin.exchange(runtime, code)
    assert secret is not None
    assert signin.exchange(runtime, secret) is None


def test_the_database_holds_neither_code_nor_session(runtime: Runtime, clinic: Tenant, superuser: Superuser) -> None:
    browser = Browser(runtime).sign_in(clinic)
    secret = browser.client.cookies["alertveil"]
    (row,) = superuser.rows("SELECT session_hash, sessions::text AS whole FROM sessions")
    assert bytes(row.session_hash) == hashlib.sha256(secret.encode()).digest()
    assert secret not in row.whole


@pytest.mark.parametrize(
    "ended",
    [
        "UPDATE sessions SET seen_at = now() - interval '15 minutes 1 second'",
        "UPDATE sessions SET ends_at = now()",
        "UPDATE users SET disabled_at = now()",
    ],
    ids=["idle", "eight hours", "disabled"],
)
def test_a_session_ends(runtime: Runtime, clinic: Tenant, superuser: Superuser, ended: str) -> None:
    browser = Browser(runtime).sign_in(clinic)
    assert browser.get("/") == 200
    superuser.run(ended)
    assert browser.get("/") == 303
    assert browser.location == "/sign-in"


def test_a_session_holds_for_eight_hours_at_most(runtime: Runtime, clinic: Tenant, superuser: Superuser) -> None:
    Browser(runtime).sign_in(clinic)
    assert superuser.one("SELECT ends_at - created_at AS holds FROM sessions").holds == timedelta(hours=8)


def test_looking_for_news_is_no_click(runtime: Runtime, clinic: Tenant, superuser: Superuser) -> None:
    browser = Browser(runtime).sign_in(clinic)
    superuser.run("UPDATE sessions SET seen_at = now() - interval '10 minutes'")
    idle = "SELECT now() - seen_at > interval '9 minutes' AS idle FROM sessions"
    assert browser.get("/news") == 200
    assert superuser.one(idle).idle
    browser.get("/")
    assert not superuser.one(idle).idle


def test_signing_out_ends_the_session_everywhere(runtime: Runtime, clinic: Tenant) -> None:
    browser = Browser(runtime).sign_in(clinic)
    secret = browser.client.cookies["alertveil"]
    browser.get("/")
    assert browser.post("/sign-out", csrf=browser.csrf) == 303
    assert "alertveil" not in browser.client.cookies
    assert signin.visitor(runtime, secret) is None


def test_the_cookie_is_for_this_host_over_https_only(database: Database, tmp_path: Path) -> None:
    runtime = build(database.app_url, tmp_path, ALERTVEIL_PUBLIC_URL="https://alerts.clinic.test")
    browser = Browser(runtime, "https://alerts.clinic.test").sign_in(tenant(runtime))
    (cookie,) = browser.headers.get_list("set-cookie")
    runtime.close()
    assert cookie.startswith("__Host-alertveil=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert browser.headers["strict-transport-security"]


@pytest.mark.parametrize("goal", ["//evil.test/", "https://evil.test/", "/incidents/../..//evil.test", "/metrics"])
def test_signing_in_leads_to_pages_of_ours_only(runtime: Runtime, clinic: Tenant, goal: str) -> None:
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    code = signin.offer(runtime, clinic.tenant_id, "anna@clinic.test").text
    browser = Browser(runtime)
    browser.post("/sign-in", code=code, next=goal)
    assert browser.location == "/"


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back_to_the_incident(
    runtime: Runtime, clinic: Tenant, edge: Edge
) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime)
    assert browser.get(f"/incidents/{incident_id}") == 303
    assert browser.location == f"/sign-in?next=/incidents/{incident_id}"
    browser.get(browser.location)
    (goal,) = {each.get("value") for each in browser.all("input") if each.get("name") == "next"}
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    browser.post("/sign-in", code=signin.offer(runtime, clinic.tenant_id, "anna@clinic.test").text, next=goal)
    assert browser.location == f"/incidents/{incident_id}"


def test_a_link_in_slack_arrives_without_the_strict_cookie_and_is_loaded_once_more(runtime: Runtime) -> None:
    browser = Browser(runtime)
    path = f"/incidents/{uuid4()}"
    assert browser.get(path, sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 200
    (again,) = [each.get("content") for each in browser.all("meta") if each.get("http-equiv") == "refresh"]
    assert again == f"0;url={path}"
    assert browser.get(path, sec_fetch_site="same-origin", sec_fetch_mode="navigate") == 303


def test_the_live_list_tells_severity_title_quiet_timer_and_channels_in_words(
    runtime: Runtime, clinic: Tenant, edge: Edge
) -> None:
    with WebhookVendor() as vendor, Worker(runtime) as worker:
        clinic.set(channels={"hook": webhook(vendor)}, routes=[([], ["hook"], [], False)])
        opened(clinic, edge)
        worker.drain(*edge.rung)
    browser = Browser(runtime).sign_in(clinic)
    browser.get("/")
    said = browser.words()
    assert re.search(r"critical open INC-[0-9A-F]{8} Intake failed for", said)
    assert "1 alert last just now resolves itself in 30 min if nothing more comes" in said
    assert "hook sent" in said


def test_the_most_severe_come_first_and_pages_follow_each_other_without_loss(
    runtime: Runtime, clinic: Tenant, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "PAGE", 2)
    for number, severity in enumerate(["info", "critical", "warning", "error", "critical"]):
        edge.take(clinic.post({"title": f"number {number}", "severity": severity}))
    browser = Browser(runtime).sign_in(clinic)
    seen, path = [], "/"
    while path:
        browser.get(path)
        seen += ["".join(each.itertext()) for each in browser.all("h2")]
        path = next((each.get("href") for each in browser.all("a") if "after=" in each.get("href", "")), "")
    assert seen == ["number 4", "number 1", "number 3", "number 2", "number 0"]


def test_hostile_text_stays_text_and_a_token_is_a_pill_that_copies_whole(
    runtime: Runtime, clinic: Tenant, edge: Edge
) -> None:
    incident_id = opened(clinic, edge)
    (alert,) = clinic.rows("SELECT tokens FROM alerts")
    browser = Browser(runtime).sign_in(clinic)
    for path in ("/", f"/incidents/{incident_id}"):
        browser.get(path)
        assert HOSTILE in browser.words()
        assert [each.get("src") for each in browser.all("script")] == (
            [look.mark("no-store.js"), look.mark("htmx.js")] if path == "/" else [look.mark("copy.js")]
        )
        assert {each.get("src") for each in browser.all("img")} == {look.mark("icon.svg")}
        shown = {"".join(each.itertext()) for each in browser.all("span") if each.get("class") == "token"}
        assert shown
        assert shown <= set(alert.tokens)


def test_every_rule_of_the_tokenizer_has_words_for_people() -> None:
    rules = {
        constant.value
        for file in (Path(look.__file__).parents[2] / "privacy").glob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Span" and len(call.args) > 3
        for constant in ast.walk(call.args[3])
        if isinstance(constant, ast.Constant) and len(str(constant.value)) > 1  # else a word's flag
    }
    assert len(rules) > 20
    assert rules - {"inner"} <= set(look.RULES), "`inner` marks what is read again and leaves no token"


def test_no_page_shows_the_patient(runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime).sign_in(clinic)
    for path in ("/", f"/incidents/{incident_id}", "/channels"):
        browser.get(path)
        assert not [value for value in (*NAME.split(), EMAIL, MRN) if value in browser.text]


def test_one_tenant_sees_and_touches_nothing_of_another(runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    other = Browser(runtime).sign_in(tenant(runtime, slug="other"), *ROLES)
    other.get("/")
    assert "No live incidents" in other.words()
    assert other.get(f"/incidents/{incident_id}") == 404
    assert "Intake failed" not in other.text
    assert other.act(incident_id, "resolve") == 404
    assert clinic.rows("SELECT status FROM incidents")[0].status == "open"


@pytest.mark.parametrize(
    ("action", "status"),
    [("ack", "acknowledged"), ("investigate", "investigating"), ("resolve", "resolved")],
)
def test_a_responder_acts_and_the_timeline_names_them(
    runtime: Runtime, clinic: Tenant, edge: Edge, action: str, status: str
) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime).sign_in(clinic)
    assert browser.act(incident_id, action, {"origin": HERE}) == 303
    browser.get(browser.location)
    assert f"critical {status}" in browser.words()
    assert "revision 2, by anna@clinic.test" in browser.words()


def test_a_resolved_incident_can_be_reopened_from_its_page(runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime).sign_in(clinic)
    browser.act(incident_id, "resolve")
    assert browser.act(incident_id, "reopen") == 303
    assert clinic.rows("SELECT status FROM incidents")[0].status == "open"


def test_who_may_only_look_has_no_buttons_and_none_works(runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime).sign_in(clinic, "viewer", "auditor", "admin")
    browser.get(f"/incidents/{incident_id}")
    assert [each.get("action") for each in browser.all("form")] == ["/sign-out"]
    assert browser.act(incident_id, "resolve") == 403
    assert clinic.rows("SELECT status FROM incidents")[0].status == "open"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(
    runtime: Runtime, clinic: Tenant, edge: Edge, headers: dict[str, str]
) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime).sign_in(clinic)
    assert browser.act(incident_id, "resolve", headers) == 403
    assert clinic.rows("SELECT status FROM incidents")[0].status == "open"
    assert Browser(runtime).post("/sign-in", headers=headers, code="0000-0000-0000") == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_this_sessions_token_is_refused(
    runtime: Runtime, clinic: Tenant, edge: Edge, token: str
) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime).sign_in(clinic)
    assert browser.post(f"/incidents/{incident_id}/resolve", csrf=token) == 403
    assert clinic.rows("SELECT status FROM incidents")[0].status == "open"


def test_the_token_of_another_session_is_not_this_ones(runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    anna, ben = Browser(runtime).sign_in(clinic), Browser(runtime).sign_in(clinic, email="ben@clinic.test")
    ben.get("/")
    assert anna.post(f"/incidents/{incident_id}/resolve", csrf=ben.csrf) == 403


def test_every_answer_forbids_foreign_scripts_frames_caches_and_holds_none_inline(
    runtime: Runtime, clinic: Tenant, edge: Edge
) -> None:
    incident_id = opened(clinic, edge)
    browser = Browser(runtime).sign_in(clinic)
    for path in ("/", f"/incidents/{incident_id}", "/channels", f"/incidents/{uuid4()}"):
        browser.get(path)
        allowed = WITH_HTMX if path == "/" else guard.WITH_SCRIPT if 'class="token"' in browser.text else guard.POLICY
        assert {name: browser.headers[name] for name in guard.HEADERS} == {
            **guard.HEADERS,
            "content-security-policy": allowed,
        }
        tree = reading.document(browser.text)
        names = {name for each in tree.iter() for name in each.attrib}
        assert not [name for name in names if name == "style" or name.startswith("on")]
        assert not [each for each in tree.iter() if each.tag in {"style", "iframe", "object"}]
        assert not [each for each in tree.iter("script") if each.text or not each.get("src", "").startswith("/static/")]


def test_a_stylesheet_may_be_kept_and_nothing_else_is_served_beside_it(runtime: Runtime) -> None:
    browser = Browser(runtime)
    assert browser.get(look.mark("alertveil.css")) == 200
    assert "immutable" in browser.headers["cache-control"]
    assert browser.get("/static/..%2fpages%2fguard.py") == 404
    assert browser.get("/static/pages.py") == 404


def test_a_form_that_is_too_long_or_no_form_is_refused_in_peace(runtime: Runtime) -> None:
    browser = Browser(runtime)
    assert browser.post("/sign-in", code="0" * 100_000) == 401
    assert browser.post("/sign-in", headers={"content-type": "application/json"}, code="0000") == 401


def test_channels_say_how_they_are_doing_and_why_one_is_paused(runtime: Runtime, clinic: Tenant) -> None:
    with WebhookVendor() as vendor:
        clinic.set(channels={"hook": webhook(vendor), "spare": webhook(vendor)}, routes=[([], ["hook"], [], False)])
    manage.pause(runtime, clinic.tenant_id, "hook", "moving house", "test")
    browser = Browser(runtime).sign_in(clinic)
    browser.get("/channels")
    assert "paused by hand: moving house" in browser.words()
    assert "No route leads here" in browser.words()
    assert "nothing sent yet" in browser.words()


def test_a_huge_payload_is_shown_in_part_and_says_so(runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}
    incident_id = opened(clinic, edge, many={"deep": deep, "list": list(range(2000))})  # type: ignore[arg-type]  # JSON
    browser = Browser(runtime).sign_in(clinic)
    assert browser.get(f"/incidents/{incident_id}") == 200
    assert "more than is shown here" in browser.words()
