"""Stories of several people at real browsers, on one running product: an opt-in, a review, who saw a value, hooks.

Every story has a tenant of its own. Requests of ours, alerts among them, go over HTTP to the whole web application.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pypdf
import pytest
import trustme
from playwright.sync_api import Browser, Error

from router import settings
from router.core.clock import clock
from router.core.quarter import Quarter
from router.core.reveal import Proof
from router.flow import baa, manage, optin, signin
from router.local.postgres import RunningPostgres
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web.app import Web
from tests.conftest import copied
from tests.flow.builder import EMAIL, Superuser, Tenant, Worker, build, environment, tenant, webhook
from tests.web.browsing import LOOKS, Arrive, Person, Stop, arriving, serving, shared_browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.system_part("chromium")

OLGA, PETRA, RITA, RUFUS, RENATE, AUDREY = (
    f"{name}@clinic.test" for name in ("olga", "petra", "rita", "rufus", "renate", "audrey")
)
PHONE = {"java_script_enabled": False, "viewport": {"width": 360, "height": 800}}
LOOKED_AT: tuple[Stop, ...] = (
    ("/hooks", "/hooks", "hooks"),
    ("/hooks/{hook_id:uuid}", "/hooks/{hook}", "hook"),
    ("/reviews/{quarter}/{kind}", "/reviews/{quarter}/interim", "signed"),
)
QUARTER = str(Quarter.of(datetime.now(UTC)))


@dataclass(frozen=True)
class Product:
    """What runs: the web application, what it is made of, and a receiver of webhooks over TLS."""

    runtime: Runtime
    url: str
    hook: WebhookVendor
    superuser: Superuser

    def clinic(self, slug: str, *names: str) -> Tenant:
        """A tenant whose channels lead to the receiver."""
        ways = {name: webhook(self.hook, f"/{slug}/{name}") for name in names}
        return tenant(self.runtime, slug=slug, channels=ways)

    def code(self, clinic: Tenant, email: str, *roles: str) -> str:
        """A one-time code of the host for somebody who has these roles now."""
        manage.add_user(self.runtime, clinic.tenant_id, email, roles, "test")
        return signin.offer(self.runtime, clinic.tenant_id, email).text

    def alert(self, clinic: Tenant, uid: str) -> str:
        """A monitor sends an alert about the canary's address; the incident's id."""
        answer = httpx.post(
            f"{self.url}/ingest/{clinic.slug}/app",
            json={"title": "bounced", "alert_uid": uid, "message": f"mail to {EMAIL}"},
            headers={"authorization": f"Bearer {clinic.keys['app']}"},
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["alerts"][0]["incident_id"])

    def got(self, clinic: Tenant, name: str) -> str:
        """What a channel's receiver got last, when everything that is due has been sent."""
        with Worker(self.runtime) as worker:
            worker.drain(clinic.lane(name))
        return self.hook.received[-1].body.decode()

    def forgets_proofs(self) -> None:
        """Everybody proved who they are too long ago."""
        self.superuser.run("UPDATE sessions SET strong_at = now() - interval '6 minutes'")


@pytest.fixture(scope="module")
def product(postgres: RunningPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    more = {"ALERTVEIL_EGRESS_CA_FILE": str(folder / "ca.pem")}
    with (
        copied(postgres) as database,
        WebhookVendor(tls=context) as hook,
        Superuser(database.superuser_url) as superuser,
    ):
        runtime = build(database.app_url, folder, **more)
        web = Web(runtime, settings.read(environment(database.app_url, folder, **more)))
        with serving(web, lifespan="on") as url:
            yield Product(runtime, url, hook, superuser)


@pytest.fixture
def arrive(browser: Browser, product: Product) -> Iterator[Arrive]:
    with arriving(browser, product.url) as make:
        yield make


def go_into(person: Person, area: str, place: str = "") -> None:
    """Go to an area by the header that a desk has, and to one of its places by the line below."""
    person.page.get_by_role("navigation", name="Areas").get_by_role("link", name=area).click()
    if place:
        person.page.get_by_role("navigation", name=area).get_by_role("link", name=place).click()


def open_menu(person: Person, place: str) -> None:
    """Go to a place by the menu that a phone has instead of the row of areas, with keys alone."""
    person.page.get_by_text("Menu", exact=True).press("Enter")
    person.page.get_by_role("link", name=place, exact=True).press("Enter")


def test_an_opt_in_is_asked_for_on_a_phone_without_a_script_approved_at_a_desk_and_ended_on_the_phone(
    arrive: Arrive, product: Product
) -> None:
    clinic = product.clinic("west", "hook")
    petra, olga = arrive(viewport={"width": 1280, "height": 900}), arrive(**PHONE)
    petra.signs_in_with(product.code(clinic, PETRA, "privacy_officer"))
    page = petra.page
    go_into(petra, "Opt-ins")
    assert "every channel gets tokens" in petra.reads()
    go_into(petra, "Opt-ins", "Agreements")
    for label, text in {
        "Vendor": "Acme Hooks",
        "Service it covers": "receivers",
        "Signed on": "2026-01-02",
        "Last day, UTC": str(date.today() + timedelta(days=300)),  # noqa: DTZ011 - any day far away
    }.items():
        page.get_by_label(label, exact=True).fill(text)
    faults = petra.keeps("agreement-form")
    page.get_by_role("button", name="File it").click()
    page.get_by_role("heading", name="Acme Hooks: receivers").wait_for()

    olga.signs_in_with(product.code(clinic, OLGA, "operator"))
    open_menu(olga, "Opt-ins")
    phone = olga.page
    phone.get_by_role("link", name="Ask for an opt-in").click()
    phone.get_by_label("Channel", exact=True).select_option("hook")
    phone.get_by_role("checkbox", name=re.compile(r"^EMAIL\b")).check()
    phone.get_by_role("button", name="Show what would leave").click()
    assert "alex@example.test" in phone.get_by_role("region", name="With this opt-in: EMAIL").inner_text()
    phone.get_by_label("Purpose").fill("the front desk calls people back from there")
    phone.get_by_label("From which severity up").select_option("info")
    faults += olga.keeps("opt-in-story-ask")
    phone.get_by_role("button", name="Ask a privacy officer to approve").click()
    phone.get_by_role("heading", name="hook: EMAIL").wait_for()
    assert phone.get_by_role("button", name="Approve").count() == 0, "who asks decides nothing"
    here = phone.url
    product.alert(clinic, "1")
    assert EMAIL not in product.got(clinic, "hook"), "what is asked for changes nothing"

    product.forgets_proofs()
    go_into(petra, "Opt-ins")
    assert "Waiting for a second person (1)" in petra.reads()
    faults += petra.keeps("opt-in-story-waiting")
    page.get_by_role("link", name="hook: EMAIL").click()
    assert page.get_by_role("button", name="Approve").count() == 0, "the proof is too old"
    page.get_by_role("link", name="Prove it is you").click()
    faults += petra.keeps("opt-in-story-prove")
    petra.proves_it_with(product.code(clinic, PETRA, "privacy_officer"))
    assert page.url == here
    page.get_by_label("Type the channel's name").fill("another")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("alert").wait_for()
    faults += petra.keeps("opt-in-story-refused")
    page.get_by_label("Type the channel's name").fill("hook")
    page.get_by_label("Why (may stay empty)").fill("agreed with the front desk")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text(f"approve by {PETRA}").wait_for()
    faults += petra.keeps("opt-in-story-in-force")
    product.alert(clinic, "2")
    assert EMAIL in product.got(clinic, "hook")

    phone.reload()
    phone.get_by_label("Why", exact=True).fill("the front desk has its own list now")
    phone.get_by_role("button", name="Revoke now").click()
    phone.get_by_text(f"revoked by {OLGA}").wait_for()
    faults += olga.keeps("opt-in-story-revoked")
    product.alert(clinic, "3")
    assert EMAIL not in product.got(clinic, "hook")
    assert faults == []


def agreed(product: Product, clinic: Tenant, baa_id: UUID, channel: str, *types: str) -> None:
    """An opt-in that Olga asked for and Petra approved on the host."""
    shell = Proof("host", "host:test", host_allowed=True)
    until = datetime.now(UTC) + timedelta(days=5)
    wish = optin.Wish(channel, types, f"people of {channel} call back", baa_id, until)
    asked = optin.request(product.runtime, clinic.tenant_id, OLGA, shell, wish)
    optin.approve(product.runtime, clinic.tenant_id, PETRA, shell, asked.optin_id)


def test_a_review_is_decided_by_keys_and_by_form_signed_by_a_second_person_and_taken_away_as_a_pdf(
    arrive: Arrive, product: Product
) -> None:
    clinic = product.clinic("north", "day", "night", "pager")
    for email, role in ((OLGA, "operator"), (PETRA, "privacy_officer")):
        manage.add_user(product.runtime, clinic.tenant_id, email, [role], "test")
    paper = baa.Paper("Acme Hooks", "receivers", date(2026, 1, 2), date.today() + timedelta(days=300))  # noqa: DTZ011 - any day far away
    baa_id = baa.add(product.runtime, clinic.tenant_id, paper, actor="host:test")
    agreed(product, clinic, baa_id, "day", "EMAIL")
    agreed(product, clinic, baa_id, "night", "EMAIL", "PHONE")
    agreed(product, clinic, baa_id, "pager", "PHONE")

    rufus = arrive(viewport={"width": 1280, "height": 900})
    page = rufus.signs_in_with(product.code(clinic, RUFUS, "reviewer"))
    go_into(rufus, "Opt-ins", "Reviews")
    assert "No review yet" in rufus.reads()
    faults = rufus.keeps("review-story-none")
    page.get_by_label("Quarter").select_option(QUARTER)
    page.get_by_role("button", name="Open it").click()
    page.get_by_text("0 of 3 that want a decision have one").wait_for()

    def item(name: str) -> Any:  # noqa: ANN401 - a Locator
        return page.locator("[data-item]", has=page.get_by_role("link", name=re.compile(f"^{name}:")))

    item("day").get_by_role("link").first.focus()
    page.keyboard.press("k")
    page.keyboard.type("used every week")
    page.keyboard.press("Enter")
    page.get_by_text("1 of 3 that want a decision have one").wait_for()
    item("night").get_by_role("checkbox", name="EMAIL").check()
    item("night").get_by_role("link").first.focus()
    page.keyboard.press("m")
    page.keyboard.type("nobody there telephones")
    page.keyboard.press("Enter")
    page.get_by_text("2 of 3 that want a decision have one").wait_for()
    item("pager").get_by_label("Reason").fill("not used once")
    item("pager").get_by_role("button", name="Revoke at once").click()
    page.get_by_text("3 of 3 that want a decision have one").wait_for()
    for name, verdict in {"day": "keep", "night": "modify", "pager": "revoke"}.items():
        assert f"{verdict} by {RUFUS}" in item(name).inner_text()
    assert [row.state for row in clinic.rows("SELECT state FROM optins ORDER BY purpose")].count("revoked") == 1
    faults += rufus.keeps("review-story-decided")

    renate = arrive(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    other = renate.signs_in_with(product.code(clinic, RENATE, "reviewer"))
    renate.goes_to(f"/reviews/{QUARTER}")
    other.get_by_role("checkbox", name=re.compile("I declare this")).check()
    faults += renate.keeps("review-story-sign")
    other.get_by_role("button", name="Sign the review").click()
    other.get_by_text("Nothing of it changes any more").wait_for()
    renate.goes_to(f"/reviews/{QUARTER}/interim")
    faults += renate.looks_well("review-story-signed")
    (shown,) = re.findall(r"record: ([0-9a-f]{64})", renate.reads())
    with other.expect_download() as waited:
        other.get_by_role("button", name="PDF").click()
    assert waited.value.suggested_filename == f"review-north-{QUARTER}.pdf"
    content = Path(waited.value.path()).read_bytes()
    assert content.startswith(b"%PDF-")
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(content)).pages)
    plain = "".join(text.replace("\u200b", "").split())
    assert {shown in plain, RENATE in plain, RUFUS in plain} == {True}
    (row,) = clinic.rows("SELECT reason, details FROM audit_events WHERE action = 'review.export'")
    assert hashlib.sha256(content).hexdigest() in json.dumps(row.details) or shown in json.dumps(row.details)
    page.reload()
    assert page.get_by_role("button", name="Keep").count() == 0, "what is signed is decided"
    assert faults == []


def test_who_saw_a_value_is_found_by_the_value_which_stays_in_no_address_and_no_history(
    arrive: Arrive, product: Product
) -> None:
    clinic = product.clinic("south")
    incident_id = product.alert(clinic, "1")
    rita = arrive(**PHONE)
    rita.signs_in_with(product.code(clinic, RITA, "responder"))
    phone = rita.goes_to(f"/incidents/{incident_id}")
    assert EMAIL not in phone.content()
    phone.get_by_role("checkbox", name=re.compile("EMAIL_")).check()
    phone.get_by_label("Why you need them").select_option("triage")
    faults = rita.keeps("reveal-story-incident")
    phone.get_by_role("button", name="Show the values for 60 seconds").click()
    phone.get_by_role("heading", name="Shown for 60 seconds").wait_for()
    assert phone.locator(".values").get_by_text(EMAIL).is_visible()
    faults += rita.keeps("reveal-story-shown")
    phone.get_by_role("link", name="Hide now").click()

    audrey = arrive(viewport={"width": 1280, "height": 900})
    page = audrey.signs_in_with(product.code(clinic, AUDREY, "auditor"))
    go_into(audrey, "Evidence", "Who saw a value")
    for value, name in (("nobody@clinic.test", "none"), (f" {EMAIL.upper()}", "found")):
        page.get_by_label("Which one").fill(value)
        page.get_by_role("button", name="Search").click()
        page.get_by_role("status").wait_for()
        faults += audrey.keeps(f"disclosure-story-{name}")
    assert "1 disclosure of this value in the last 90 days" in audrey.reads()
    assert f"{RITA} got <EMAIL_" in audrey.reads()
    assert EMAIL not in page.content().lower()
    page.get_by_role("link", name="INC-").click()
    assert "asked to see values: allowed" in audrey.reads()
    assert page.evaluate("[localStorage.length, sessionStorage.length, history.state]") == [0, 0, None]
    for person in (rita, audrey):
        assert EMAIL not in json.dumps([person.history(), person.asked]).lower()
        assert len(person.asked) > len(person.history()) > 3
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the answer was not kept, so the way back asks first
        page.go_back()
    assert faults == []


def test_two_people_read_one_moment_on_two_clocks_and_a_token_is_copied_by_mouse_and_by_keys(
    arrive: Arrive, product: Product
) -> None:
    clinic = product.clinic("apart")
    incident_id = product.alert(clinic, "1")
    (row,) = clinic.rows("SELECT opened_at FROM incidents")
    desk = {"width": 1280, "height": 900}

    def reads_in(email: str, browsers: str, name: str) -> tuple[Person, str, str]:
        """Somebody takes their browser's zone, which it calls so; when the incident opened, by machine and in words."""
        person = arrive(viewport=desk, timezone_id=browsers)
        page = person.signs_in_with(product.code(clinic, email, "responder"))
        page.get_by_role("link", name="Choose your time zone").click()
        page.get_by_text(f"This browser is set to {name}.").wait_for()  # its script offers it once the page is there
        assert page.get_by_label("Time zone").input_value() == "UTC", "offered, never taken silently"
        page.get_by_role("button", name="Take that").click()
        assert page.get_by_label("Time zone").input_value() == browsers, "the list's own name for it"
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Times are in your zone from now on").wait_for()
        opened = person.goes_to(f"/incidents/{incident_id}").locator("main time").first
        return person, opened.get_attribute("datetime") or "", (opened.get_attribute("title") or "")[:19]

    _, one_moment, in_berlin = reads_in(OLGA, "Europe/Berlin", "Europe/Berlin")
    person, same_moment, in_kolkata = reads_in(RITA, "Asia/Kolkata", "Asia/Calcutta")
    assert one_moment == same_moment == f"{row.opened_at:%Y-%m-%dT%H:%M:%SZ}"
    assert (in_berlin, in_kolkata) == tuple(
        str(clock(zone).local(row.opened_at))[:19] for zone in ("Europe/Berlin", "Asia/Kolkata")
    )

    page = person.page
    person.context.grant_permissions(["clipboard-write"])
    pills = page.locator("main .token.copies")
    stops = page.locator("main .token[tabindex='0']:visible").count()
    assert 0 < stops < pills.count(), "not each is a stop for Tab"
    said = page.locator(".copied")
    assert said.get_attribute("aria-live") == "polite"
    assert said.inner_text() == "", "nothing is said before something is done"
    note = page.get_by_label("What you saw or did")
    table = page.get_by_role("region", name="Tokens of this alert").locator(".token")
    tree = page.locator(".tree .token").first
    for pill, by in ((tree, "mouse"), (table.last, "Enter")):
        if by == "mouse":
            pill.click()
        else:
            pill.press(by)
        page.get_by_text("Token copied").wait_for()
        assert pill.evaluate("each => each === document.activeElement"), "the focus stays"
        note.fill("")
        note.press("Control+V")
        assert note.input_value() == pill.inner_text().strip()
        assert re.fullmatch(r"<[A-Z_]+_[0-9A-Z]{10}>", note.input_value())
    here = page.locator("details[open] .token.copies")
    here.first.focus()
    page.keyboard.press("ArrowRight")
    assert here.nth(1).evaluate("each => each === document.activeElement")
    assert here.first.get_attribute("tabindex") == "-1", "Tab comes back to where one was"
    assert person.keeps("token-copied", LOOKS) + person.pleases("token-copied") == []

    page.get_by_role("checkbox", name=re.compile("EMAIL_")).check()
    page.get_by_role("button", name="Show the values for 60 seconds").click()
    page.get_by_role("heading", name="Shown for 60 seconds").wait_for()
    assert page.locator("script").count() == 0
    page.locator(".values .token").click()
    assert re.fullmatch(r"<EMAIL_\w{10}>", page.evaluate("getSelection().toString()")), "a click selects it whole"


def test_a_system_of_ones_own_is_told_and_the_pages_of_hooks_please_axe(arrive: Arrive, product: Product) -> None:
    clinic = product.clinic("east", "hook")
    olga = arrive(viewport={"width": 1280, "height": 900})
    page = olga.signs_in_with(product.code(clinic, OLGA, "operator"))
    go_into(olga, "Channels", "Hooks")
    faults = olga.keeps("hooks-none")
    page.get_by_label("Name").fill("status-page")
    page.get_by_label("Address").fill(f"{product.hook.url}/told")
    page.get_by_role("checkbox", name="optin.approved").check()
    page.get_by_role("button", name="Add").click()
    secret = page.locator(".shown code").inner_text()
    assert secret.startswith("whsec_")
    faults += olga.keeps("hook-secret") + olga.pleases("hook-secret")
    page.get_by_role("button", name="Send a test event").click()
    assert "It took the test event" in page.get_by_role("status").inner_text()
    assert product.hook.received[-1].json()["type"] == "test"
    assert secret not in page.content()
    product.alert(clinic, "1")
    (row,) = clinic.rows("SELECT hook_id FROM hooks")
    for route, path, name in LOOKED_AT:
        if route.startswith("/hooks"):
            olga.goes_to(path.format(hook=row.hook_id))
            faults += olga.looks_well(name)
    assert "incident.opened" in olga.reads()
    page.evaluate("document.querySelector('.menu').open = true")
    faults += olga.keeps("menu", (("light", 320), ("dark", 360))) + olga.pleases("menu", LOOKS[-1])
    assert faults == []
