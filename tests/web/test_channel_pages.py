"""Channels by page: added, tested, changed after a look at what that does, looked after, taken out; who may do it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from channels.registry import CHANNELS
from router.core import form
from router.core.access import ROLES, Deed, may
from router.core.reveal import Proof
from router.flow import baa, channel, manage, optin, signin
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import Edge, Superuser, Tenant, Worker, build, tenant
from tests.web.browsing import Arrive, Stop, browser  # noqa: F401 - a fixture
from tests.web.test_pages import Browser
from tests.web.test_signin_browser import arrive, served  # noqa: F401 - fixtures

SECRET, OTHER = ("whsec_" + base64.b64encode(each * 32).decode() for each in (b"a", b"b"))
OLGA = "olga@clinic.test"


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
def hook() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def clinic(runtime: Runtime) -> Tenant:
    return tenant(runtime, slug="clinic")


@pytest.fixture
def olga(runtime: Runtime, clinic: Tenant) -> Browser:
    return Browser(runtime).sign_in(clinic, "operator", email=OLGA)


def submit(who: Browser, on: str, to: str, **fields: str) -> int:
    """Send a form with the token that the page `on` holds; a dot in a field's name is written as two underscores."""
    who.get(on)
    return who.post(to, None, csrf=who.csrf, **{name.replace("__", "."): text for name, text in fields.items()})


def added(olga: Browser, url: str, name: str = "hook") -> str:
    """Olga adds a webhook; the path of its page."""
    status = submit(
        olga, "/channels/new?kind=webhook", "/channels", kind="webhook", name=name, set__url=url, secret__secret=SECRET
    )
    assert status == 303, olga.words()
    return olga.location.partition("?")[0]


def fields_of(who: Browser) -> dict[str, Any]:
    """What the page's forms ask for, by name."""
    return {str(each.get("name")): each for tag in ("input", "select", "textarea") for each in who.all(tag)}


def test_a_form_asks_for_every_field_of_the_kinds_model_with_its_label_help_and_need(olga: Browser) -> None:
    for kind in CHANNELS:
        asks_for_its_model(olga, kind)


def asks_for_its_model(olga: Browser, kind: str) -> None:
    olga.get(f"/channels/new?kind={kind}")
    shown, labels = fields_of(olga), {each.get("for"): "".join(each.itertext()) for each in olga.all("label")}
    for field in form.fields(CHANNELS[kind]):
        one = shown[("secret." if field.sort == "secret" else "set.") + field.name]
        assert field.title in labels[one.get("id")]
        assert (one.get("required") is not None) == (field.required and field.sort != "choice"), field.name
        if field.help:
            assert one.get("aria-describedby") == f"{one.get('id')}-help"
            assert field.help.replace("`", "") in olga.words(), "code is marked as code"
        if field.sort == "secret":
            assert (one.get("type"), one.get("value")) == ("password", None)
    assert submit(olga, f"/channels/new?kind={kind}", "/channels", kind=kind, name="") == 422
    needed = {each.title for each in form.fields(CHANNELS[kind]) if each.required} | {"Name"}
    said = {each.text for each in olga.all("a") if str(each.get("href", "")).startswith("#f-")}
    assert said == needed


def test_what_was_typed_is_kept_and_credentials_are_not(olga: Browser) -> None:
    status = submit(
        olga, "/channels/new?kind=webhook", "/channels", kind="webhook", name="no name",
        set__url="https://hooks.clinic.test/in", secret__secret=SECRET,
    )  # fmt: skip
    assert status == 422
    shown = fields_of(olga)
    assert shown["set.url"].get("value") == "https://hooks.clinic.test/in"
    assert shown["name"].get("value") == "no name"
    assert shown["name"].get("aria-invalid") == "true"
    assert "1 to 63 letters" in olga.words()
    assert SECRET not in olga.text


def test_a_channel_is_added_tested_and_listed_with_its_success(
    olga: Browser, clinic: Tenant, runtime: Runtime, hook: WebhookVendor
) -> None:
    olga.get("/channels")
    assert "will not send anything" in olga.words()
    here = added(olga, f"{hook.url}/in/k3y")
    olga.get(here + "?done=made")
    assert "Two steps are left" in olga.words()
    assert submit(olga, here, f"{here}/test") == 200
    assert "It took the test message in" in olga.words()
    assert hook.received[-1].json()["type"] == "test"
    clinic.set(routes=[([], ["hook"], [], False)])
    edge = Edge(runtime)
    edge.take(clinic.post({"title": "queue is full"}))
    with Worker(runtime) as worker:
        worker.drain(*edge.rung)
    olga.get("/channels")
    assert "Success100 % of 1 attempt in 24 h" in olga.words()
    olga.get(here)
    assert "Success100 % of 1 attempt in 24 h" in olga.words()
    assert re.search(r"INC-[0-9A-F]{8} trigger, revision 1 sent", olga.words())
    assert f"{hook.url}/…" in olga.words()
    assert "k3y" not in olga.text
    assert SECRET not in olga.text
    assert f"set 20{datetime.now(UTC):%y}" in olga.words()
    assert f"by {OLGA}" in olga.words()


def test_what_a_channel_receives_is_drawn_with_pills_beside_values_of_nobody(
    olga: Browser, clinic: Tenant, runtime: Runtime
) -> None:
    ways: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
        "slack": ({"channel": "C0123456789"}, {"token": "xoxb-1-2-x"}),
        "pagerduty": ({}, {"routing_key": "R" * 32}),
        "email": ({"to": ["a@clinic.test"], "from": "b@clinic.test", "smtp": {"host": "relay.test"}}, {}),
        "webhook": ({"url": "https://hooks.clinic.test/a"}, {"secret": SECRET}),
    }
    assert ways.keys() == CHANNELS.keys()
    by = channel.By(clinic.tenant_id, OLGA, ["operator"], "page")
    for kind, (settings, secrets) in ways.items():
        made = channel.create(runtime, by, kind, channel.Wish(kind, settings, secrets))
        assert olga.get(f"/channels/{made}?type=EMAIL&type=MRN") == 200
        tokens, plaintext = [
            each for each in olga.all("div") if str(each.get("class", "")).startswith(f"vendor {kind}")
        ]
        assert {"EMAIL", "MRN"} <= pills(tokens)
        assert not list(tokens.iter("mark"))
        assert {each.text for each in plaintext.iter("mark")} == {"alex@example.test", "MRN-00000000"}
        assert pills(plaintext)


def pills(drawn: Any) -> set[str]:  # noqa: ANN401 - an element
    """Types of the tokens that are drawn as pills."""
    return {each.text[1:].rpartition("_")[0] for each in drawn.iter("span") if each.get("class") == "token"}


def test_a_change_is_looked_at_saved_and_stands_in_the_history(olga: Browser, clinic: Tenant) -> None:
    here = added(olga, "https://hooks.clinic.test/a")
    olga.get(f"{here}/edit")
    assert fields_of(olga)["set.url"].get("value") == "https://hooks.clinic.test/a"
    change = {"name": "pager", "set__url": "https://hooks.clinic.test/b", "revision": "1", "secret__secret": OTHER}
    assert submit(olga, f"{here}/edit", f"{here}/edit", **change) == 200
    assert "https://hooks.clinic.test/… (another path)" in olga.words()
    assert "Signing secretwas set, never shown → will be replaced" in olga.words()
    assert "It is another destination" in olga.words()
    assert OTHER not in olga.text
    draft = str(fields_of(olga)["draft"].get("value"))
    carried = {name: str(each.get("value")) for name, each in fields_of(olga).items() if name.startswith("set.")}
    assert carried == {"set.url": "https://hooks.clinic.test/b"}
    assert [row.name for row in clinic.rows("SELECT name FROM channels")] == ["hook"]

    assert submit(olga, here, f"{here}/edit", again="yes", name="pager", set__url=carried["set.url"]) == 200
    assert fields_of(olga)["name"].get("value") == "pager"
    assert submit(olga, here, f"{here}/save", draft=draft) == 303
    assert submit(olga, here, f"{here}/save", draft=draft) == 409
    olga.get(here)
    assert "changed olga@clinic.test in the page" in olga.words()
    assert submit(olga, f"{here}/edit", f"{here}/edit", **{**change, "revision": "1"}) == 409
    unchanged = {**change, "revision": "3", "secret__secret": ""}
    assert submit(olga, f"{here}/edit", f"{here}/edit", **unchanged) == 200
    assert "Nothing differs" in olga.words()


def test_the_page_says_which_opt_ins_a_change_suspends_before_anybody_saves_it(
    olga: Browser, clinic: Tenant, runtime: Runtime
) -> None:
    here = added(olga, "https://hooks.clinic.test/a")
    manage.add_user(runtime, clinic.tenant_id, "petra@clinic.test", ["privacy_officer"], "test")
    today = datetime.now(UTC).date()
    paper = baa.Paper("Acme", "receivers", date(today.year - 1, 1, 1), today + timedelta(days=365))
    agreement = baa.add(runtime, clinic.tenant_id, paper, actor="host:test")
    wish = optin.Wish("hook", ["EMAIL"], "call back", agreement, datetime.now(UTC) + timedelta(days=5))
    asked = optin.request(runtime, clinic.tenant_id, OLGA, Proof("host", "host:olga", host_allowed=True), wish)
    proof = Proof("host", "host:petra", host_allowed=True)
    optin.approve(runtime, clinic.tenant_id, "petra@clinic.test", proof, asked.optin_id)

    change = {"name": "hook", "set__url": "https://elsewhere.test/a", "revision": "1"}
    assert submit(olga, f"{here}/edit", f"{here}/edit", **change) == 200
    assert "This suspends one plaintext opt-in EMAIL, until" in olga.words()
    assert "the channel's destination was changed" in olga.words()
    assert optin.one(runtime, clinic.tenant_id, asked.optin_id).state == "expiring"
    draft = str(fields_of(olga)["draft"].get("value"))
    assert submit(olga, here, f"{here}/save", draft=draft) == 303
    olga.get(here)
    assert re.search(r"suspended EMAIL under Acme receivers asked for by olga@clinic.test", olga.words())
    assert optin.one(runtime, clinic.tenant_id, asked.optin_id).state_by == OLGA


def test_a_channel_is_paused_for_a_reason_and_goes_on(olga: Browser) -> None:
    here = added(olga, "https://hooks.clinic.test/a")
    assert submit(olga, here, f"{here}/pause", reason=" ") == 422
    assert submit(olga, here, f"{here}/pause", reason="moving house") == 303
    olga.get("/channels")
    assert "paused by hand: moving house" in olga.words()
    assert submit(olga, here, f"{here}/resume") == 303
    olga.get(here)
    assert "resumed olga@clinic.test" in olga.words()


def test_what_failed_for_good_is_shown_with_its_attempts_and_sent_again(
    olga: Browser, clinic: Tenant, runtime: Runtime, hook: WebhookVendor, superuser: Superuser
) -> None:
    here = added(olga, f"{hook.url}/in")
    clinic.set(routes=[([], ["hook"], [], False)])
    edge = Edge(runtime)
    edge.take(clinic.post({"title": "queue is full"}))
    lane = (clinic.tenant_id, UUID(here.rpartition("/")[2]))
    with Worker(runtime) as worker:
        worker.drain(lane)
        superuser.run("UPDATE deliveries SET state = 'dead', reason = 'refused', done_at = now() - interval '2 hours'")
        olga.get(here)
        assert "1 failed for good in the last 7 days" in olga.words()
        assert "failed: the message was refused" in olga.words()
        assert submit(olga, here, f"{here}/recover", hours="1") == 303
        assert superuser.one("SELECT state FROM deliveries").state == "dead"
        assert submit(olga, here, f"{here}/recover", hours="7") == 422
        assert submit(olga, here, f"{here}/recover", hours="6") == 303
        assert superuser.one("SELECT state FROM deliveries").state == "pending"
        superuser.run("UPDATE deliveries SET state = 'dead', done_at = now()")
        incident = str(superuser.one("SELECT incident_id FROM deliveries").incident_id)
        assert submit(olga, here, f"{here}/retry", incident=incident, revision="1") == 303
        worker.drain(lane)
    assert superuser.one("SELECT state FROM deliveries").state == "delivered"
    assert submit(olga, here, f"{here}/retry", incident=incident, revision="1") == 422
    assert submit(olga, here, f"{here}/retry", incident="x", revision="1") == 404


def test_a_channel_goes_after_its_name_was_typed_and_no_route_leads_there(olga: Browser, clinic: Tenant) -> None:
    here = added(olga, "https://hooks.clinic.test/a")
    clinic.set(routes=[([], ["hook"], [], False)])
    olga.get(f"{here}/remove")
    assert "A route leads here" in olga.words()
    assert submit(olga, here, f"{here}/remove", name="hook") == 422
    clinic.set(routes=[])
    assert submit(olga, here, f"{here}/remove", name="hok") == 422
    assert submit(olga, here, f"{here}/remove", name="hook") == 303
    olga.get(olga.location)
    assert "hook is out of use" in olga.words()
    assert olga.get(here) == 404


READ: dict[str, Deed] = {
    "/channels": "see",
    "/channels/new": "configure",
    "/channels/new?kind=slack": "configure",
    "{here}": "see",
    "{here}/history": "see",
    "{here}/edit": "configure",
    "{here}/remove": "configure",
}
WRITTEN: dict[str, Deed] = {
    "/channels": "configure",
    "{here}/edit": "configure",
    "{here}/save": "configure",
    "{here}/remove": "configure",
    "{here}/test": "operate",
    "{here}/pause": "operate",
    "{here}/resume": "operate",
    "{here}/retry": "operate",
    "{here}/recover": "operate",
}


def test_every_page_and_form_is_for_the_roles_that_the_table_names(
    olga: Browser, clinic: Tenant, runtime: Runtime, superuser: Superuser
) -> None:
    here = added(olga, "https://hooks.clinic.test/a")
    held = "SELECT md5(string_agg(c::text, '')) AS sum FROM channels c"
    kept = superuser.one(held).sum
    for role in ROLES:
        anna = Browser(runtime).sign_in(clinic, role, email=f"{role}@clinic.test")
        for path, deed in READ.items():
            assert anna.get(path.format(here=here)) == (200 if may([role], deed) else 403), (role, path)
        anna.get(here)
        offered = {str(each.get("action")) for each in anna.all("form")}
        for path, deed in WRITTEN.items():
            if not may([role], deed):
                where = path.format(here=here)
                fields = {"kind": "webhook", "name": "hook", "reason": "x", "hours": "24", "draft": "x"}
                assert submit(anna, "/channels", where, **fields) == 403, (role, path)
                assert where not in offered, (role, path)
        if not may([role], "operate"):
            denied = superuser.rows(
                "SELECT action FROM audit_events WHERE decision = 'denied' AND actor = %s", [f"{role}@clinic.test"]
            )
            assert {"channel.add", "channel.change", "channel.remove", "channel.test", "channel.pause"} <= {
                row.action for row in denied
            }
    assert superuser.one(held).sum == kept


def test_a_stranger_from_another_tenant_finds_nothing(olga: Browser, runtime: Runtime, clinic: Tenant) -> None:
    here = added(olga, "https://hooks.clinic.test/a")
    boss = Browser(runtime).sign_in(tenant(runtime, slug="other"), *ROLES, email="boss@other.test")
    for path in READ:
        if "{here}" in path:
            assert boss.get(path.format(here=here)) == 404, path
    for path in WRITTEN:
        if "{here}" in path:
            fields = {"name": "hook", "reason": "x", "hours": "24", "incident": str(uuid4()), "revision": "1"}
            status = submit(boss, "/channels", path.format(here=here), draft="x", **fields)
            assert status in {404, 422}, path
    boss.get("/channels")
    assert "hook" not in boss.words()
    assert [row.name for row in clinic.rows("SELECT name FROM channels WHERE retired_at IS NULL")] == ["hook"]


# -- in a real browser --------------------------------------------------------------------------------------------


LOOKED_AT: tuple[Stop, ...] = (
    ("/channels", "/channels", "channels"),
    ("/channels/new", "/channels/new", "channel-kinds"),
    ("/channels/new", "/channels/new?kind=webhook", "channel-new"),
    ("/channels/{channel_id:uuid}", "/channels/{hook}?done=saved", "channel-webhook"),
    ("/channels/{channel_id:uuid}", "/channels/{oncall-slack}?done=made", "channel-slack"),
    ("/channels/{channel_id:uuid}/edit", "/channels/{hook}/edit", "channel-form"),
    ("/channels/{channel_id:uuid}/history", "/channels/{hook}/history", "channel-history"),
    ("/channels/{channel_id:uuid}/remove", "/channels/{mail}/remove", "channel-remove"),
)


def code(clinic: Tenant) -> str:
    """A fresh one-time code for an operator."""
    manage.add_user(clinic.runtime, clinic.tenant_id, OLGA, ["operator", "privacy_officer"], "test")
    return signin.offer(clinic.runtime, clinic.tenant_id, OLGA).text


@pytest.mark.system_part("chromium")
def test_a_person_adds_a_channel_by_keyboard_without_a_script_and_tests_it(
    clinic: Tenant,
    hook: WebhookVendor,
    arrive: Arrive,  # noqa: F811 - a fixture
) -> None:
    olga = arrive(java_script_enabled=False, viewport={"width": 320, "height": 800})
    olga.signs_in_with(code(clinic))
    page = olga.goes_to("/channels")
    page.get_by_role("link", name="Add the first channel").press("Enter")
    page.get_by_role("link", name="Webhook").press("Enter")
    page.get_by_label("Name", exact=True).fill("night shift")
    page.get_by_label("URL").fill(f"{hook.url}/in")
    page.get_by_label("Signing secret", exact=True).fill(SECRET)
    page.get_by_role("button", name="Add the channel").press("Enter")
    page.get_by_role("link", name="Name").press("Enter")
    assert page.evaluate("document.activeElement.id") == "f-name" or page.url.endswith("#f-name")
    assert page.get_by_label("URL").input_value() == f"{hook.url}/in"
    page.get_by_label("Name", exact=True).fill("night-shift")
    page.get_by_label("Signing secret", exact=True).fill(SECRET)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="night-shift is there").wait_for()
    page.get_by_role("button", name="Test").press("Enter")
    assert "It took the test message" in page.get_by_role("status").inner_text()
    assert [each.json()["type"] for each in hook.received] == ["test"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert SECRET not in page.content()


@pytest.mark.system_part("chromium")
def test_pages_please_axe_fit_a_phone_in_light_and_dark_and_keep_our_policy(
    clinic: Tenant,
    runtime: Runtime,
    superuser: Superuser,
    hook: WebhookVendor,
    arrive: Arrive,  # noqa: F811 - a fixture
) -> None:
    by = channel.By(clinic.tenant_id, OLGA, ["operator"], "page")
    made = {
        "oncall-slack": channel.create(
            runtime, by, "slack", channel.Wish("oncall-slack", {"channel": "C0123456789"}, {"token": "xoxb-1-2-x"})
        ),
        "hook": channel.create(
            runtime, by, "webhook", channel.Wish("hook", {"url": f"{hook.url}/in/key"}, {"secret": SECRET})
        ),
        "pager": channel.create(runtime, by, "pagerduty", channel.Wish("pager", {}, {"routing_key": "R" * 32})),
        "mail": channel.create(
            runtime,
            by,
            "email",
            channel.Wish(
                "mail",
                {"to": ["oncall@clinic.test"], "from": "alerts@clinic.test", "smtp": {"host": "relay.clinic.test"}},
                {"smtp_username": "alerts", "smtp_password": "hunter2"},
            ),
        ),
    }
    clinic.set(routes=[(['severity="critical"'], ["hook", "pager"], [], False), ([], ["hook"], [], False)])
    edge = Edge(runtime)
    for number in range(4):
        edge.take(clinic.post({"title": f"queue {number} is full", "alert_uid": str(number)}))
    with Worker(runtime) as worker:
        worker.drain((clinic.tenant_id, made["hook"]))
    edge.take(clinic.post({"title": "one more", "alert_uid": "x", "severity": "critical"}))
    superuser.run(
        "UPDATE deliveries SET state = 'dead', reason = 'refused', done_at = now() WHERE (incident_id, channel_id) ="
        " (SELECT min(incident_id::text)::uuid, %s FROM deliveries)",
        [made["hook"]],
    )
    manage.pause(runtime, clinic.tenant_id, "pager", "moving house", OLGA)
    channel.change(runtime, by, made["hook"], channel.Wish("hook", {"url": f"{hook.url}/out", "vendor": "Acme"}), 1)
    superuser.run("UPDATE tenants SET filed_at = now(), filed_by = 'host:root'")
    superuser.run("UPDATE channels SET filed_at = (SELECT filed_at FROM tenants LIMIT 1) WHERE name <> 'mail'")

    olga = arrive(viewport={"width": 1280, "height": 900})
    olga.signs_in_with(code(clinic))
    faults = []
    for _, path, name in LOOKED_AT:
        olga.goes_to(path.format(**made))
        faults += olga.looks_well(name)
    page = olga.goes_to(f"/channels/{made['mail']}/edit")
    page.get_by_label("Relay").fill("relay elsewhere")
    page.get_by_label("To", exact=True).fill("oncall@clinic.test\nnight@clinic.test")
    page.get_by_role("button", name="Look at the change").click()
    faults += olga.looks_well("channel-form-faults")
    page.get_by_label("Relay").fill("relay.clinic.test")
    page.get_by_role("button", name="Look at the change").click()
    page.get_by_role("heading", name="Check the change of mail").wait_for()
    faults += olga.looks_well("channel-check")
    assert faults == []
    assert superuser.rows("SELECT FROM channels WHERE name = 'mail' AND revision > 1") == []
