"""The pages of accounts as browsers meet them: who sees which, what headers answers have, which forms are taken."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from starlette.routing import Route

from router import settings
from router.core.access import ROLES, Deed, may
from router.flow import accounts, manage, signin
from router.runtime import Runtime
from router.store import users
from router.web.app import Web
from router.web.outer import AT_ONCE, Outer
from tests.conftest import Database
from tests.flow.builder import Superuser, Tenant, build, environment, tenant
from tests.web import reading

OURS = "https://alerts.clinic.test"
GUARDED: dict[str, Deed] = {"/people": "manage", "/people/{user_id:uuid}": "manage", "/tokens": "tokens"}
"""Pages that one deed guards; the others are everybody's who is signed in."""


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
    """The whole web process's application."""
    return Web(runtime, settings.read(environment(database.app_url, tmp_path, ALERTVEIL_PUBLIC_URL=OURS)))


@pytest.fixture
def clinic(runtime: Runtime) -> Tenant:
    return tenant(runtime, slug="clinic")


class Browser:
    """One person's browser at our public address."""

    def __init__(self, web: Web) -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url=OURS, trust_env=False)
        self.answer = httpx.Response(0)

    def sign_in(self, where: Tenant, *roles: str, email: str = "anna@clinic.test") -> Browser:
        manage.add_user(where.runtime, where.tenant_id, email, roles or ("viewer",), "test")
        code = signin.offer(where.runtime, where.tenant_id, email).text
        assert self.send("POST", "/sign-in", data={"code": code}) == 303
        return self

    def send(self, method: str, path: str, **more: Any) -> int:  # noqa: ANN401 - httpx's own
        request = self.client.build_request(method, path, **more)
        self.answer = asyncio.run(self.client.send(request))
        return self.answer.status_code

    def post(self, path: str, on: str, **fields: Any) -> int:  # noqa: ANN401 - a text or several
        """Send a form with the token that the page `on` holds."""
        self.send("GET", on)
        return self.send("POST", path, data={"csrf": self.csrf, **fields}, headers={"origin": OURS})

    @property
    def csrf(self) -> str:
        return reading.csrf(self.answer.text)

    def all(self, tag: str) -> list[Any]:
        return reading.elements(self.answer.text, tag)

    def words(self) -> str:
        return reading.words(self.answer.text)


def paths(web: Web, method: str) -> list[str]:
    return sorted(
        {route.path for route in web.rest.routes if isinstance(route, Route) and method in (route.methods or ())}
    )


def filled(path: str) -> str:
    return re.sub(r"\{\w+(:\w+)?\}", lambda found: str(uuid4()) if found[1] else "roles", path)


def lives(where: Tenant, email: str) -> UUID:
    with where.runtime.database.tenant(where.tenant_id) as session:
        row = users.by_email(session, email)
    assert row is not None
    found: UUID = row.user_id
    return found


def graded(headers: httpx.Headers) -> list[str]:
    """What a security review would find missing in an answer (OWASP ASVS 5.0 §3.4, secure headers project)."""
    policy = {part.split()[0]: part.split()[1:] for part in headers.get("content-security-policy", "x").split(";")}
    faults = []
    if policy.get("default-src") != ["'none'"] or policy.get("frame-ancestors") != ["'none'"]:
        faults.append("policy open by default")
    if any(
        word.startswith(("'unsafe", "*", "http:", "https:", "data:", "blob:"))
        for each in policy.values()
        for word in each
    ):
        faults.append("policy lets inline or foreign content in")
    if (
        policy.get("base-uri") != ["'none'"]
        or policy.get("object-src") != ["'none'"]
        or policy.get("form-action") != ["'self'"]
    ):
        faults.append("policy without base-uri, object-src, form-action")
    wanted = {
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
    }
    faults += [name for name, value in wanted.items() if headers.get(name) != value]
    if "camera=()" not in headers.get("permissions-policy", ""):
        faults.append("permissions-policy")
    return faults


def test_every_answer_of_every_route_has_every_header_signed_in_or_not(web: Web, clinic: Tenant) -> None:
    stranger, anna = Browser(web), Browser(web).sign_in(clinic, *ROLES)
    tried = 0
    for browser in (stranger, anna):
        for method in ("GET", "POST"):
            for path in [*paths(web, method), "/there/is/no/such/page"]:
                if path == "/sign-out":
                    continue
                browser.send(method, filled(path))
                tried += 1
                assert graded(browser.answer.headers) == [], (method, path)
                cached = browser.answer.headers["cache-control"]
                assert cached == "no-store" or path.startswith("/static/"), (method, path)
                assert "server" not in browser.answer.headers
    assert tried > 60


SCRIPTS = {
    "/": {"no-store.js", "htmx.js"},  # news of incidents
    "/account": {"zone.js"},  # offers the browser's own zone
    "/account/passkey": {"passkey.js"},
    "/prove/passkey": {"passkey.js"},
    "/sign-in/passkey": {"passkey.js"},
}
"""Every page that has a script where there is nothing to review and no token to copy, and its files."""


def test_few_pages_have_a_script_and_only_files_of_ours(web: Web, clinic: Tenant) -> None:
    anna = Browser(web).sign_in(clinic, *ROLES)
    with_script = {}
    for path in paths(web, "GET"):
        if path.startswith(("/static", "/healthz", "/readyz", "/metrics", "/sign-in/provider")):
            continue
        anna.send("GET", filled(path))
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", anna.answer.text), path
        scripts = [each.get("src") for each in anna.all("script")]
        if scripts:
            files = [re.fullmatch(r"/static/([a-z-]+\.js)\?v=[0-9a-f]{12}", src or "") for src in scripts]
            assert all(files), path
            with_script[path] = {found[1] for found in files if found}
            assert "script-src 'self'" in anna.answer.headers["content-security-policy"]
            if path != "/":  # htmx makes markup of what we answer
                assert "require-trusted-types-for 'script'" in anna.answer.headers["content-security-policy"]
        else:
            assert "script-src" not in anna.answer.headers["content-security-policy"], path
    assert with_script == SCRIPTS


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_for_the_roles_that_the_table_names(web: Web, clinic: Tenant, role: str) -> None:
    anna = Browser(web).sign_in(clinic, role)
    me = str(lives(clinic, "anna@clinic.test"))
    for path in ("/account", "/roles", "/channels", "/people", "/people/{user_id:uuid}", "/tokens"):
        status = anna.send("GET", path.replace("{user_id:uuid}", me))
        allowed = path not in GUARDED or may([role], GUARDED[path])
        assert status == (200 if allowed else 403), path


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_no_form_of_an_administrator_works_for_another_role(
    web: Web, clinic: Tenant, superuser: Superuser, role: str
) -> None:
    Browser(web).sign_in(clinic, email="eve@clinic.test")
    eve = lives(clinic, "eve@clinic.test")
    anna = Browser(web).sign_in(clinic, role)
    before = superuser.rows("SELECT user_id, roles, disabled_at FROM users ORDER BY 1")
    for path, fields in (
        ("/people", {"email": "new@clinic.test", "role": "admin"}),
        (f"/people/{eve}/roles", {"role": "admin"}),
        (f"/people/{eve}/disable", {}),
        (f"/people/{eve}/reset", {}),
        (f"/people/{eve}/code", {}),
        ("/tokens", {"name": "x", "role": "admin", "days": "30"}),
        (f"/tokens/{uuid4()}/revoke", {}),
    ):
        assert anna.post(path, "/account", **fields) == 403, path
        assert "Your roles do not allow this" in anna.words()
    assert superuser.rows("SELECT user_id, roles, disabled_at FROM users ORDER BY 1") == before
    assert superuser.rows("SELECT 1 FROM api_tokens") == []


def test_whoever_is_not_signed_in_sees_no_page_and_sends_no_form(web: Web, clinic: Tenant) -> None:
    del clinic
    stranger = Browser(web)
    public = ("/static", "/healthz", "/readyz", "/metrics", "/sign-in", "/sign-out", "/set-up", "/api")
    for method in ("GET", "POST"):
        for path in paths(web, method):
            if path == "/news":  # what a page asks for by itself: nothing, and where to go
                assert (stranger.send(method, path), stranger.answer.text) == (204, "")
                assert stranger.answer.headers["hx-redirect"] == "/sign-in"
            elif not path.startswith(public):
                assert stranger.send(method, filled(path)) == 303, path
                assert stranger.answer.headers["location"].startswith("/sign-in")


def test_a_stranger_from_another_tenant_meets_nobody(web: Web, clinic: Tenant, runtime: Runtime) -> None:
    Browser(web).sign_in(clinic, email="eve@clinic.test")
    eve = lives(clinic, "eve@clinic.test")
    boss = Browser(web).sign_in(tenant(runtime, slug="other"), "admin", email="boss@other.test")
    assert boss.send("GET", f"/people/{eve}") == 404
    for change in ("roles", "disable", "reset", "code"):
        assert boss.post(f"/people/{eve}/{change}", "/account", role="viewer") == 404
    boss.send("GET", "/people")
    assert "eve@clinic.test" not in boss.answer.text


def test_forms_are_taken_from_our_own_pages_with_the_sessions_token_alone(web: Web, clinic: Tenant) -> None:
    boss = Browser(web).sign_in(clinic, "admin", email="boss@clinic.test")
    boss.send("GET", "/people")
    token = boss.csrf
    fields = {"email": "new@clinic.test", "role": "viewer"}
    for csrf, headers in (
        ("", {"origin": OURS}),
        ("0" * 64, {"origin": OURS}),
        (token, {"origin": "https://evil.test"}),
        (token, {"origin": "null"}),
        (token, {"origin": OURS, "sec-fetch-site": "cross-site"}),
        (token, {"origin": OURS, "sec-fetch-site": "same-site"}),
    ):
        assert boss.send("POST", "/people", data={"csrf": csrf, **fields}, headers=headers) == 403
    assert boss.send("POST", "/people", data={"csrf": token, **fields}, headers={"origin": OURS}) == 200


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/second", "/sign-in/passkey", "/set-up"])
def test_nobody_is_signed_in_from_another_site(web: Web, path: str) -> None:
    assert Browser(web).send("POST", path, data={"code": "x"}, headers={"origin": "https://evil.test"}) == 403


def test_an_invited_person_comes_in_with_the_code_that_the_page_showed_once(web: Web, clinic: Tenant) -> None:
    boss = Browser(web).sign_in(clinic, "admin", email="boss@clinic.test")
    assert boss.post("/people", "/people", email="New@clinic.test", role=["reviewer", "auditor"]) == 200
    (code,) = re.findall(r"<code>((?:\w{4}-){2}\w{4})</code>", boss.answer.text)
    assert code not in str(boss.answer.request.url)
    new = Browser(web)
    assert new.send("POST", "/sign-in", data={"code": code}, headers={"origin": OURS}) == 303
    new.send("GET", "/account")
    assert "new@clinic.test, reviewer, auditor" in new.words()
    boss.send("GET", "/people")
    assert code not in boss.answer.text


def test_a_token_is_shown_once_and_then_by_its_beginning(web: Web, clinic: Tenant) -> None:
    boss = Browser(web).sign_in(clinic, "admin")
    assert boss.post("/tokens", "/tokens", name="terraform", role="operator", days="90") == 200
    (text,) = re.findall(r"<code>(av_\w+)</code>", boss.answer.text)
    boss.send("GET", "/tokens")
    assert text[:11] in boss.words()
    assert text not in boss.answer.text


def test_an_old_proof_leads_to_a_new_one_and_back(web: Web, clinic: Tenant, superuser: Superuser) -> None:
    boss = Browser(web).sign_in(clinic, "admin")
    superuser.run("UPDATE sessions SET strong_at = now() - interval '6 minutes'")
    assert boss.post("/tokens", "/tokens", name="terraform", role="operator", days="90") == 303
    assert boss.answer.headers["location"] == "/prove?next=/tokens"
    before = boss.client.cookies["__Host-alertveil"]
    code = signin.offer(clinic.runtime, clinic.tenant_id, "anna@clinic.test").text
    assert boss.post("/prove", "/prove?next=/tokens", code=code, next="/tokens") == 303
    assert boss.answer.headers["location"] == "/tokens"
    assert boss.client.cookies["__Host-alertveil"] != before
    assert boss.post("/tokens", "/tokens", name="terraform", role="operator", days="90") == 200


def test_wrong_and_unknown_look_the_same(web: Web, clinic: Tenant, runtime: Runtime) -> None:
    Browser(web).sign_in(clinic)
    said = []
    for email in ("anna@clinic.test", "nobody@clinic.test"):
        browser = Browser(web)
        assert browser.send("POST", "/sign-in", data={"email": email, "password": "wrong wrong wrong"}) == 401
        said.append((browser.answer.text, sorted(browser.answer.headers)))
    assert said[0] == said[1]
    assert runtime.identity is None


def test_too_many_tries_are_told_when_to_come_back(web: Web, clinic: Tenant) -> None:
    del clinic
    browser = Browser(web)
    found = [
        browser.send("POST", "/sign-in", data={"email": "anna@clinic.test", "password": "wrong wrong wrong"})
        for _ in range(6)
    ]
    assert found == [401] * 5 + [429]
    assert 50 <= int(browser.answer.headers["retry-after"]) <= 60


def test_the_first_person_sets_up_in_the_page(web: Web, runtime: Runtime) -> None:
    browser = Browser(web)
    browser.send("GET", "/sign-in")
    assert "Nobody is here yet" in browser.words()
    fields = {"slug": "clinic", "name": "The Clinic", "email": "anna@clinic.test"}
    assert browser.send("POST", "/set-up", data={"code": "0000-0000-0000", **fields}) == 401
    code = accounts.set_up_code(runtime)
    assert browser.send("POST", "/set-up", data={"code": code, **fields}) == 303
    browser.send("GET", browser.answer.headers["location"])
    assert "You have no second factor yet" in browser.words()
    assert Browser(web).send("GET", "/set-up") == 404


def test_signing_out_has_the_browser_forget(web: Web, clinic: Tenant) -> None:
    anna = Browser(web).sign_in(clinic)
    assert anna.post("/sign-out", "/account") == 303
    assert anna.answer.headers["clear-site-data"] == '"cache", "storage"'
    assert anna.send("GET", "/account") == 303


def test_one_address_does_not_take_the_pages_away_from_the_others() -> None:
    now = 0.0

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401, ARG001 - as ASGI has them
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    outer = Outer(app, "", clock=lambda: now)

    def status(address: str, path: str = "/") -> int:
        told: list[int] = []

        async def send(message: Any) -> None:  # noqa: ANN401 - as ASGI has it
            told.append(message.get("status", 0))

        scope = {"type": "http", "path": path, "client": (address, 1), "scheme": "http"}
        asyncio.run(outer(scope, None, send))  # type: ignore[arg-type]  # nothing is received
        return told[0]

    assert {status("192.0.2.1") for _ in range(int(AT_ONCE))} == {200}
    assert status("192.0.2.1") == 429
    assert status("192.0.2.1", "/healthz") == 200
    assert status("192.0.2.2") == 200
    now = 1.0
    assert status("192.0.2.1") == 200
