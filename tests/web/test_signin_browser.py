"""A person signs in with a real browser: authenticator app, passkey, no script at all; nothing stays after leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette

from router.flow import manage, signin
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.store import users
from router.web import pages
from tests.conftest import Database
from tests.flow.builder import Superuser, Tenant, build, tenant
from tests.web.browsing import PASSWORD, Arrive, Stop, arriving, serving, shared_browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.system_part("chromium")
EMAIL = "anna@clinic.test"
OUTSIDE: tuple[Stop, ...] = (
    ("/sign-in", "/sign-in", "sign-in"),
    ("/set-up", "/set-up", "set-up"),
    ("/sign-in/passkey", "/sign-in/passkey", "sign-in-passkey"),
)
HALFWAY: tuple[Stop, ...] = (("/account/totp", "/account/totp", "account-totp"),)
BETWEEN: tuple[Stop, ...] = (("/sign-in/second", "/sign-in/second", "sign-in-second"),)
INSIDE: tuple[Stop, ...] = (
    ("/account", "/account", "account"),
    ("/people", "/people", "people"),
    ("/people/{user_id:uuid}", "/people/{eve}", "people-eve"),
    ("/tokens", "/tokens", "tokens"),
    ("/roles", "/roles", "roles"),
    ("/prove", "/prove", "prove"),
    ("/prove/passkey", "/prove/passkey", "prove-passkey"),
    ("/account/passkey", "/account/passkey", "account-passkey"),
)
LOOKED_AT = (*OUTSIDE, *HALFWAY, *BETWEEN, *INSIDE)


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
    made = tenant(runtime, slug="clinic")
    manage.add_user(runtime, made.tenant_id, EMAIL, ["responder", "admin"], "test")
    return made


@pytest.fixture
def served(runtime: Runtime) -> Iterator[str]:
    with serving(Starlette(routes=pages.routes(runtime, Snapshots()))) as url:
        yield url


@pytest.fixture
def arrive(browser: Browser, served: str) -> Iterator[Arrive]:
    with arriving(browser, served) as make:
        yield make


@pytest.fixture
def code(runtime: Runtime, clinic: Tenant) -> Callable[[], str]:
    return lambda: signin.offer(runtime, clinic.tenant_id, EMAIL).text


def test_without_any_script_a_person_sets_up_app_and_password_and_comes_in_with_them(
    arrive: Arrive, code: Callable[[], str]
) -> None:
    anna = arrive(java_script_enabled=False)
    anna.signs_in_with(code())
    key = anna.adds_the_app()
    anna.sets_a_password()
    anna.page.get_by_role("button", name="Make recovery codes").click()
    assert anna.page.locator(".codes li").count() == 10
    anna.signs_out()
    anna.page.get_by_label("E-mail address").fill(EMAIL)
    anna.page.locator("#password").fill(PASSWORD)
    anna.page.get_by_role("button", name="Sign in", exact=True).click()
    anna.page.get_by_label("Code of your authenticator app").fill(pyotp.TOTP(key).now())
    anna.page.get_by_role("button", name="Sign in").click()
    assert anna.page.get_by_role("heading", level=1).inner_text() == "Live incidents"
    anna.goes_to("/account/passkey")
    assert anna.page.get_by_role("button", name="Make the passkey").is_disabled()


def test_a_passkey_signs_in_and_proves_it_again(arrive: Arrive, code: Callable[[], str], superuser: Superuser) -> None:
    anna = arrive()
    device = anna.context.new_cdp_session(anna.page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    anna.signs_in_with(code())
    anna.goes_to("/account").get_by_role("link", name="Add a passkey").click()
    anna.page.get_by_label("What to call it").fill("Laptop")
    anna.page.get_by_role("button", name="Make the passkey").click()
    anna.page.wait_for_url("**/account?done=passkey")
    assert "Passkey: Laptop" in anna.page.locator("main").inner_text()
    anna.signs_out()

    anna.page.get_by_role("link", name="Use a passkey").click()
    anna.page.get_by_role("button", name="Use a passkey").click()
    anna.page.wait_for_url(anna.url + "/")
    assert superuser.one("SELECT auth FROM sessions WHERE kind = 'session'").auth == "passkey"

    superuser.run("UPDATE sessions SET strong_at = now() - interval '6 minutes'")
    anna.goes_to("/account/passkey")
    assert anna.page.url.endswith("/prove?next=/account/passkey")
    anna.page.get_by_role("link", name="Use a passkey").click()
    anna.page.get_by_role("button", name="Use a passkey").click()
    anna.page.wait_for_url("**/account/passkey")
    assert superuser.one("SELECT now() - strong_at < interval '1 minute' AS fresh FROM sessions").fresh
    assert superuser.one("SELECT count(*) AS n FROM challenges").n == 1, (
        "one question is open: the page's that is shown"
    )
    anna.page.get_by_role("button", name="Make the passkey").click()
    assert "holds a passkey of yours already" in anna.page.locator("[data-said]").inner_text()


def test_a_device_that_did_not_ask_its_owner_lets_nobody_in(arrive: Arrive, code: Callable[[], str]) -> None:
    anna = arrive()
    device = anna.context.new_cdp_session(anna.page)
    device.send("WebAuthn.enable")
    made = device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    anna.signs_in_with(code())
    anna.goes_to("/account/passkey").get_by_role("button", name="Make the passkey").click()
    anna.page.wait_for_url("**/account?done=passkey")
    anna.signs_out()
    device.send("WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": False})
    anna.goes_to("/sign-in/passkey").get_by_role("button", name="Use a passkey").click()
    anna.page.locator("[data-said]:not([hidden])").wait_for()
    assert anna.goes_to("/account").url.endswith("/sign-in?next=/account")


def test_after_signing_out_the_way_back_shows_nothing_and_nothing_was_kept(
    arrive: Arrive, code: Callable[[], str]
) -> None:
    anna = arrive()
    anna.signs_in_with(code())
    anna.goes_to("/people").get_by_text(EMAIL).first.wait_for()
    anna.goes_to("/account").get_by_text("Where you are signed in").wait_for()
    kept = anna.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie, history.state]")
    assert kept == [0, 0, "", None]
    anna.signs_out()
    for _ in range(3):
        anna.page.go_back()
        assert anna.page.get_by_role("heading", level=1).inner_text() == "Sign in"
        assert EMAIL not in anna.page.locator("main").inner_text()
    assert [cookie for cookie in anna.context.cookies() if "alertveil" in str(cookie["name"])] == []


def test_pages_please_axe_and_fit_a_phone_in_light_and_dark(
    arrive: Arrive, code: Callable[[], str], runtime: Runtime, clinic: Tenant
) -> None:
    manage.add_user(runtime, clinic.tenant_id, "eve.with.a.long.name@clinic.test", ["privacy_officer"], "test")
    with runtime.database.tenant(clinic.tenant_id) as session:
        eve = next(row.user_id for row in users.every(session) if row.email.startswith("eve"))
    anna = arrive(viewport={"width": 1280, "height": 900})
    faults = []

    def looks_at(stops: tuple[Stop, ...]) -> None:
        for _, path, name in stops:
            anna.goes_to(path.format(eve=eve))
            faults.extend(anna.looks_well(name))

    looks_at(OUTSIDE)
    anna.signs_in_with(code())
    anna.goes_to("/account").get_by_role("button", name="Add an authenticator app").click()
    looks_at(HALFWAY)
    key = anna.adds_the_app()
    anna.sets_a_password()
    looks_at(INSIDE)
    anna.signs_out()
    anna.page.get_by_label("E-mail address").fill(EMAIL)
    anna.page.locator("#password").fill(PASSWORD)
    anna.page.get_by_role("button", name="Sign in", exact=True).click()
    looks_at(BETWEEN)
    anna.page.get_by_label("Code of your authenticator app").fill(pyotp.TOTP(key).now())
    anna.page.get_by_role("button", name="Sign in").click()
    assert anna.page.get_by_role("heading", level=1).inner_text() == "Live incidents"
    assert faults == []
