"""Opt-ins, reveals, reviews and evidence by page: what people do there, what they see, who may, what is recorded."""

from __future__ import annotations

import io
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import trustme

from router import settings
from router.core.access import ROLES, Deed, may
from router.core.clock import clock
from router.core.quarter import Quarter
from router.flow import accounts, audit_export, audit_keep, baa, evidence, manage, review, signin
from router.flow.audit_files import Files
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web.app import Web
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, Worker, build, environment, tenant, webhook
from tests.web.browsing import Arrive, Stop, browser  # noqa: F401 - a fixture
from tests.web.test_signin_browser import arrive, served  # noqa: F401 - fixtures
from tests.web.test_signin_pages import OURS, Browser

OLGA, PETRA, RITA, RUFUS, AUDREY = (f"{name}@clinic.test" for name in ("olga", "petra", "rita", "rufus", "audrey"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Whom the product trusts, and the certificate of everything on this machine."""
    made = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return file, context


@pytest.fixture
def surroundings(authority: tuple[Path, ssl.SSLContext]) -> dict[str, str]:
    return {"ALERTVEIL_PUBLIC_URL": OURS, "ALERTVEIL_EGRESS_CA_FILE": str(authority[0])}


@pytest.fixture
def runtime(database: Database, tmp_path: Path, surroundings: dict[str, str]) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path, **surroundings)
    yield made
    made.close()


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def web(runtime: Runtime, database: Database, tmp_path: Path, surroundings: dict[str, str]) -> Web:
    return Web(runtime, settings.read(environment(database.app_url, tmp_path, **surroundings)))


@pytest.fixture
def hook(authority: tuple[Path, ssl.SSLContext]) -> Iterator[WebhookVendor]:
    with WebhookVendor(tls=authority[1]) as vendor:
        yield vendor


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor) -> Tenant:
    """One channel, to a webhook receiver over TLS."""
    return tenant(runtime, slug="clinic", channels={"hook": webhook(hook)})


def bounced(clinic: Tenant, uid: str = "1") -> tuple[UUID, str]:
    """An incident that an alert about the canary's address opened, and the token that stands for it."""
    (receipt,) = Edge(clinic.runtime).take(
        clinic.post({"title": "bounced", "alert_uid": uid, "message": f"mail to {EMAIL}"})
    )
    assert receipt.incident_id is not None
    (row,) = clinic.rows("SELECT tokens FROM alerts WHERE alert_id = %s", [receipt.alert_id])
    return receipt.incident_id, next(each for each in row.tokens if "EMAIL" in each)


def events(clinic: Tenant, action: str) -> list[tuple[str, str]]:
    """(actor, decision) of every audit event of an action, oldest first."""
    return [
        (row.actor, row.decision)
        for row in clinic.rows(
            "SELECT actor, decision FROM audit_events WHERE action = %s ORDER BY at, event_id", [action]
        )
    ]


def stale(superuser: Superuser) -> None:
    """Everybody proved who they are too long ago."""
    superuser.run("UPDATE sessions SET strong_at = now() - interval '6 minutes'")


# -- reveals ------------------------------------------------------------------------------------------------------


def test_a_responder_sees_values_once_for_a_minute_and_it_is_recorded(web: Web, clinic: Tenant) -> None:
    incident_id, token = bounced(clinic)
    here = f"/incidents/{incident_id}"
    rita = Browser(web).sign_in(clinic, "responder", email=RITA)
    rita.send("GET", here)
    assert EMAIL not in rita.answer.text
    offered = [each.get("value") for each in rita.all("input") if each.get("name") == "token"]
    assert f"<{token.strip('<>')}>" in offered

    assert rita.post(f"{here}/reveal", here, token=offered, reason="triage", text="which mailbox") == 200
    assert EMAIL in rita.words()
    assert rita.answer.headers["cache-control"] == "no-store"
    assert rita.answer.headers["refresh"] == f"60;url={here}"
    assert EMAIL not in str(rita.answer.url)
    assert events(clinic, "reveal") == [(RITA, "allowed")]

    rita.send("GET", here)
    assert EMAIL not in rita.answer.text
    audrey = Browser(web).sign_in(clinic, "auditor", email=AUDREY)
    audrey.send("GET", here)
    assert "asked to see values: allowed triage: which mailbox" in audrey.words()


def test_a_refused_reveal_says_why_shows_nothing_and_is_recorded(
    web: Web, clinic: Tenant, superuser: Superuser
) -> None:
    incident_id, token = bounced(clinic)
    here = f"/incidents/{incident_id}"
    audrey = Browser(web).sign_in(clinic, "auditor", email=AUDREY)
    assert audrey.post(f"{here}/reveal", here, token=token, reason="legal") == 403
    assert "this person's roles allow no reveal. The attempt is recorded." in audrey.words()
    assert events(clinic, "reveal") == [(AUDREY, "denied")]

    rita = Browser(web).sign_in(clinic, "responder", email=RITA)
    for fields in ({"reason": "triage"}, {"token": token, "reason": "other"}, {"token": EMAIL, "reason": "triage"}):
        assert rita.post(f"{here}/reveal", here, **fields) == 422
        assert EMAIL not in rita.answer.text
    stale(superuser)
    assert rita.post(f"{here}/reveal", here, token=token, reason="triage") == 303
    assert rita.answer.headers["location"] == f"/prove?next={here}"
    assert events(clinic, "reveal") == [(AUDREY, "denied")]


# -- opt-ins ------------------------------------------------------------------------------------------------------


def filed(clinic: Tenant) -> UUID:
    """An agreement with whoever runs the receivers."""
    today = datetime.now(UTC).date()
    paper = baa.Paper("Acme Hooks", "receivers", date(today.year - 1, 1, 1), today + timedelta(days=365))
    return baa.add(clinic.runtime, clinic.tenant_id, paper, actor="host:test")


def asked(web: Web, clinic: Tenant, baa_id: UUID) -> str:
    """Olga asks for e-mail addresses in `hook` by page; where the opt-in is."""
    olga = Browser(web).sign_in(clinic, "operator", email=OLGA)
    step = "/opt-ins/new?channel=hook&type=EMAIL"
    until = datetime.now(UTC).date() + timedelta(days=5)
    wish = {"channel": "hook", "type": "EMAIL", "purpose": "call back", "baa": str(baa_id), "severity": "info"}
    assert olga.post("/opt-ins", step, until=str(until), **wish) == 303
    return str(olga.answer.headers["location"])


def test_two_people_open_an_opt_in_by_pages_and_one_ends_it(web: Web, clinic: Tenant, hook: WebhookVendor) -> None:
    baa_id = filed(clinic)
    olga = Browser(web).sign_in(clinic, "operator", email=OLGA)
    assert olga.send("GET", "/opt-ins") == 200
    assert "No opt-ins: every channel gets tokens" in olga.words()
    olga.send("GET", "/opt-ins/new?channel=hook&type=EMAIL")
    assert "alex@example.test" in olga.words()
    assert "A webhook needs https and an agreement" in olga.words()

    accounts.set_zone(clinic.runtime, clinic.tenant_id, OLGA, "America/New_York", actor="test")
    olga.send("GET", "/opt-ins/new?channel=hook&type=EMAIL")
    assert "Last day, in America/New_York" in olga.words()
    here = asked(web, clinic, baa_id)
    (row,) = clinic.rows("SELECT ends_at FROM optins")
    assert row.ends_at == clock("America/New_York").day(datetime.now(UTC).date() + timedelta(days=6)), "all of it, hers"
    petra = Browser(web).sign_in(clinic, "privacy_officer", email=PETRA)
    accounts.set_zone(clinic.runtime, clinic.tenant_id, PETRA, "Asia/Kolkata", actor="test")
    petra.send("GET", "/opt-ins")
    assert "Waiting for a second person (1)" in petra.words()
    petra.send("GET", here)
    assert "alex@example.test" in petra.words()
    assert petra.post(f"{here}/approve", here, name="another") == 422
    assert petra.post(f"{here}/approve", here, name="hook", reason="agreed") == 303
    petra.send("GET", "/opt-ins")
    assert "In force (1)" in petra.words()
    assert "days left" in petra.words()
    petra.send("GET", "/channels")
    assert f"plaintext of EMAIL until {clock('Asia/Kolkata').minute(row.ends_at)}" in petra.words()
    petra.send("GET", here)
    assert f"approve by {PETRA} allowed agreed" in petra.words()

    bounced(clinic)
    with Worker(clinic.runtime) as worker:
        worker.drain(clinic.lane("hook"))
        assert EMAIL in hook.received[-1].body.decode()
        assert olga.post(f"{here}/revoke", here, reason="over") == 303
        bounced(clinic, "2")
        worker.drain(clinic.lane("hook"))
        assert EMAIL not in hook.received[-1].body.decode()
    olga.send("GET", here)
    assert f"revoked by {OLGA}: over" in olga.words()
    assert events(clinic, "optin.approve") == [(PETRA, "allowed")]


def test_one_person_cannot_be_both_and_a_stale_proof_approves_nothing(
    web: Web, clinic: Tenant, superuser: Superuser
) -> None:
    here = asked(web, clinic, filed(clinic))
    olga = Browser(web).sign_in(clinic, "operator", "privacy_officer", email=OLGA)
    olga.send("GET", here)
    assert "another privacy officer decides it" in olga.words()
    assert olga.post(f"{here}/approve", here, name="hook") == 403
    assert "The attempt is recorded" in olga.words()
    assert events(clinic, "optin.approve") == [(OLGA, "denied")]

    petra = Browser(web).sign_in(clinic, "privacy_officer", email=PETRA)
    stale(superuser)
    assert petra.post(f"{here}/approve", here, name="hook") == 303
    assert petra.answer.headers["location"] == f"/prove?next={here}"
    assert petra.post(f"{here}/reject", here, reason="not needed") == 303
    petra.send("GET", "/opt-ins")
    assert "rejected" in petra.words()


def test_an_agreement_is_filed_shown_and_retired_and_the_kill_switch_thrown(web: Web, clinic: Tenant) -> None:
    petra = Browser(web).sign_in(clinic, "privacy_officer", email=PETRA)
    paper = {"vendor": "Slack", "service": "messages", "signed": "2026-01-02", "expires": "2030-01-01"}
    assert petra.post("/baas", "/baas", **{**paper, "expires": "2020-01-01"}) == 422
    assert "ends before it begins" in petra.words()
    assert petra.post("/baas", "/baas", contacts="a@slack.test\nb@slack.test", **paper) == 303
    petra.send("GET", "/baas")
    assert "Slack: messages" in petra.words()
    assert "a@slack.test, b@slack.test" in petra.words()
    (row,) = clinic.rows("SELECT baa_id FROM baas")
    assert petra.post(f"/baas/{row.baa_id}/retire", "/baas") == 303
    petra.send("GET", "/baas")
    assert "retired" in petra.words()
    assert petra.post(f"/baas/{uuid4()}/retire", "/baas") == 404

    assert petra.post("/opt-ins/kill-switch", "/opt-ins", state="on") == 303
    petra.send("GET", "/opt-ins")
    assert "kill switch on" in petra.words()
    assert events(clinic, "kill_switch.on") == [(PETRA, "allowed")]
    olga = Browser(web).sign_in(clinic, "operator", email=OLGA)
    assert olga.post("/opt-ins/kill-switch", "/opt-ins", state="off") == 403
    assert olga.post("/baas", "/baas", **paper) == 403
    assert events(clinic, "baa.add")[-1] == (OLGA, "denied")


# -- reviews ------------------------------------------------------------------------------------------------------


def test_a_review_goes_by_page_from_its_opening_to_the_signed_pdf(
    web: Web, clinic: Tenant, superuser: Superuser
) -> None:
    here = asked(web, clinic, filed(clinic))
    petra = Browser(web).sign_in(clinic, "privacy_officer", email=PETRA)
    assert petra.post(f"{here}/approve", here, name="hook") == 303

    rufus = Browser(web).sign_in(clinic, "reviewer", email=RUFUS)
    rufus.send("GET", "/reviews")
    assert "No review yet" in rufus.words()
    quarter = str(Quarter.of(datetime.now(UTC)))
    assert rufus.post("/reviews", "/reviews", quarter=quarter) == 303
    path = f"/reviews/{quarter}"
    rufus.send("GET", path)
    assert "hook: EMAIL" in rufus.words()
    assert f"Asked for by{OLGA}" in rufus.words()
    assert "0 of 1 that want a decision have one" in rufus.words()

    petra.send("GET", path)
    assert "somebody else judges it" in petra.words()
    item = here.rpartition("/")[2]
    assert petra.post(f"{path}/decide", path, item=item, verdict="keep", reason="fine") == 403
    assert "You asked for this opt-in or approved it" in petra.words()
    assert rufus.post(f"{path}/sign", path, agreed="yes", kind="interim") == 403
    assert rufus.post(f"{path}/decide", path, item=item, verdict="keep", reason="") == 403
    assert rufus.post(f"{path}/decide", path, item="rest", verdict="keep", reason="used weekly") == 303
    rufus.send("GET", path)
    assert "1 of 1 that want a decision have one" in rufus.words()

    stale(superuser)
    assert rufus.post(f"{path}/sign", path, agreed="yes", kind="interim") == 303
    assert rufus.answer.headers["location"] == f"/prove?next={path}"
    superuser.run("UPDATE sessions SET strong_at = now()")
    assert rufus.post(f"{path}/sign", path, kind="interim") == 422
    assert rufus.post(f"{path}/sign", path, agreed="yes", kind="interim") == 303
    rufus.send("GET", path)
    (shown,) = set(re.findall(r"record: ([0-9a-f]{64})", rufus.words()))
    assert f"by {RUFUS}. Nothing of it changes any more" in rufus.words()

    for form, start in (("pdf", b"%PDF-"), ("json", b"{"), ("csv", b""), ("html", b"<!doctype html>")):
        assert rufus.post(f"{path}/report", path, format=form, kind="interim") == 200
        assert rufus.answer.content.lstrip(b"\xef\xbb\xbf")[: len(start)].lower() == start.lower()
        assert rufus.answer.headers["x-record-sha256"] == shown
        assert f'filename="review-clinic-{quarter}.{form}"' in rufus.answer.headers["content-disposition"]
        assert rufus.answer.headers["cache-control"] == "no-store"
    assert events(clinic, "review.sign") == [(RUFUS, "denied"), (RUFUS, "allowed")]
    assert len(events(clinic, "review.export")) == 4


# -- evidence -----------------------------------------------------------------------------------------------------


def test_a_disclosure_is_found_by_its_value_which_comes_back_nowhere(web: Web, clinic: Tenant) -> None:
    incident_id, token = bounced(clinic)
    here = f"/incidents/{incident_id}"
    rita = Browser(web).sign_in(clinic, "responder", email=RITA)
    assert rita.post(f"{here}/reveal", here, token=token, reason="triage") == 200

    audrey = Browser(web).sign_in(clinic, "auditor", email=AUDREY)
    assert audrey.post("/disclosures", "/disclosures", by="value", what=EMAIL.upper(), days="90") == 200
    assert "1 disclosure of this value in the last 90 days" in audrey.words()
    assert f"{RITA} got" in audrey.words()
    assert EMAIL not in audrey.answer.text.lower()
    assert audrey.answer.headers["cache-control"] == "no-store"
    assert audrey.post("/disclosures", "/disclosures", by="value", what="nobody@clinic.test") == 200
    assert "Nobody was shown it" in audrey.words()
    assert audrey.post("/disclosures", "/disclosures", by="incident", what=str(incident_id)) == 200
    assert "1 disclosure of this incident" in audrey.words()
    for by, what in (("value", " "), ("user", "nobody@x.test"), ("incident", "none"), ("planet", "x")):
        assert audrey.post("/disclosures", "/disclosures", by=by, what=what) == 422
    assert rita.post("/disclosures", here, by="value", what=EMAIL) == 403
    assert events(clinic, "disclosures.search") == [(AUDREY, "allowed")] * 3 + [(RITA, "denied")]


def test_the_audit_is_read_filtered_verified_and_taken_out(
    web: Web, clinic: Tenant, runtime: Runtime, superuser: Superuser
) -> None:
    petra = Browser(web).sign_in(clinic, "privacy_officer", email=PETRA)
    petra.post("/opt-ins/kill-switch", "/opt-ins", state="on")
    petra.post("/opt-ins/kill-switch", "/opt-ins", state="off")
    audit_keep.chain(runtime)
    audit_keep.sign(runtime, now=True)
    audrey = Browser(web).sign_in(clinic, "auditor", email=AUDREY)
    audrey.send("GET", "/audit?action=kill_switch.on")
    assert f"allowed kill_switch.on by {PETRA}" in audrey.words()
    assert "kill_switch.off" not in audrey.words()
    assert "signed up to row" in audrey.words()
    for wrong in ("before=none", "since=yesterday"):
        assert audrey.send("GET", f"/audit?{wrong}") == 422
    assert audrey.post("/audit/verify", "/audit") == 200
    assert "the chain holds; 1 checkpoint holds" in audrey.words()

    assert audrey.post("/audit/export", "/audit") == 200
    assert 'filename="audit-clinic.jsonl"' in audrey.answer.headers["content-disposition"]
    trusted = Files(runtime.data_dir).pinned()
    exported = audit_export.verify_file(io.BytesIO(audrey.answer.content), trusted, Files(runtime.data_dir))
    assert exported.fault is None
    assert audrey.post("/evidence", "/evidence", quarter="2026Q9") == 422
    assert audrey.post("/evidence", "/evidence", quarter=str(Quarter.of(datetime.now(UTC)))) == 200
    bundle = evidence.verify(io.BytesIO(audrey.answer.content), trusted, Files(runtime.data_dir))
    assert bundle.faults == ()
    assert list(runtime.data_dir.glob("export-*")) == []

    superuser.run("ALTER TABLE audit_events DISABLE TRIGGER USER")
    superuser.run("UPDATE audit_events SET actor = 'nobody' WHERE action = 'kill_switch.on'")
    assert audrey.post("/audit/verify", "/audit") == 200
    assert "It does not hold: the first bad row is" in audrey.words()
    stale(superuser)
    for path in ("/audit/export", "/evidence"):
        assert audrey.post(path, "/audit") == 303
        assert audrey.answer.headers["location"].startswith("/prove?next=/")


# -- who may ------------------------------------------------------------------------------------------------------

READ: dict[str, Deed] = {
    "/opt-ins": "see",
    "/opt-ins/{optin}": "see",
    "/baas": "see",
    "/incidents/{incident}": "see",
    "/incidents/{incident}/alerts": "see",
    "/incidents/{incident}/deliveries": "see",
    "/operations": "see",
    "/charts": "see",
    "/reviews": "audit",
    "/reviews/{quarter}": "audit",
    "/audit": "audit",
    "/access": "audit",
    "/disclosures": "disclosures",
    "/evidence": "export",
}
WRITTEN: dict[str, Deed] = {
    "/incidents/{incident}/reveal": "reveal",
    "/incidents/{incident}/note": "respond",
    "/incidents/{incident}/retry": "operate",
    "/opt-ins": "request",
    "/opt-ins/{optin}/approve": "approve",
    "/opt-ins/{optin}/reject": "approve",
    "/opt-ins/{optin}/revoke": "revoke",
    "/opt-ins/kill-switch": "switch",
    "/baas": "baa",
    "/baas/{optin}/retire": "baa",
    "/reviews": "review",
    "/reviews/{quarter}/decide": "review",
    "/reviews/{quarter}/sign": "sign",
    "/reviews/{quarter}/report": "export",
    "/audit/verify": "audit",
    "/audit/export": "export",
    "/disclosures": "disclosures",
    "/evidence": "export",
}


@pytest.fixture
def places(web: Web, clinic: Tenant) -> dict[str, str]:
    """One of everything: an incident, an opt-in in force, one that waits, an open review."""
    incident_id, token = bounced(clinic)
    baa_id = filed(clinic)
    here = asked(web, clinic, baa_id)
    petra = Browser(web).sign_in(clinic, "privacy_officer", email=PETRA)
    assert petra.post(f"{here}/approve", here, name="hook") == 303
    quarter = Quarter.of(datetime.now(UTC))
    review.open_review(clinic.runtime, clinic.tenant_id, quarter, "test")
    waits = asked(web, clinic, baa_id)
    return {
        "waits": waits.rpartition("/")[2],
        "incident": str(incident_id),
        "token": token,
        "optin": here.rpartition("/")[2],
        "quarter": str(quarter),
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_page_and_form_is_for_the_roles_that_the_table_names(
    web: Web, clinic: Tenant, places: dict[str, str], role: str
) -> None:
    anna = Browser(web).sign_in(clinic, role)
    for path, deed in READ.items():
        assert anna.send("GET", path.format(**places)) == (200 if may([role], deed) else 403), path
    asks = may([role], "request") or may([role], "approve")
    assert anna.send("GET", "/opt-ins/new") == (200 if asks else 403)
    for path, deed in WRITTEN.items():
        if not may([role], deed):
            status = anna.post(path.format(**places), "/account", token=places["token"], reason="legal",
                               channel="hook", type="EMAIL", purpose="x", baa=str(uuid4()), severity="info",
                               until=str(datetime.now(UTC).date()), state="on", verdict="keep", item="rest",
                               name="hook")  # fmt: skip
            assert status == 403, path
    assert [row.state for row in clinic.rows("SELECT state FROM optins ORDER BY state")] == ["active", "requested"]


def test_a_stranger_from_another_tenant_finds_nothing(
    web: Web, clinic: Tenant, runtime: Runtime, places: dict[str, str]
) -> None:
    del clinic
    boss = Browser(web).sign_in(tenant(runtime, slug="other"), *ROLES, email="boss@other.test")
    for path in ("/incidents/{incident}", "/opt-ins/{optin}", "/reviews/{quarter}", "/reviews/{quarter}/interim"):
        assert boss.send("GET", path.format(**places)) == 404, path
    for path in WRITTEN:
        if "{" in path:
            status = boss.post(path.format(**places), "/account", token=places["token"], reason="legal",
                               name="hook", verdict="keep", item="rest", agreed="yes", format="pdf",
                               channel="hook", revision="1")  # fmt: skip
            assert status in {403, 404}, path
    boss.send("GET", "/opt-ins")
    assert "hook" not in boss.words()
    assert OLGA not in boss.words()


# -- in a real browser --------------------------------------------------------------------------------------------

ANNA = "anna.with.every.role@clinic.test"
LOOKED_AT: tuple[Stop, ...] = (
    ("/opt-ins", "/opt-ins", "opt-ins"),
    ("/opt-ins/new", "/opt-ins/new?channel=hook&type=EMAIL&type=PHONE", "opt-in-new"),
    ("/opt-ins/{optin_id:uuid}", "/opt-ins/{optin}", "opt-in"),
    ("/opt-ins/{optin_id:uuid}", "/opt-ins/{waits}", "opt-in-waits"),
    ("/baas", "/baas", "baas"),
    ("/reviews", "/reviews", "reviews"),
    ("/reviews/{quarter}", "/reviews/{quarter}", "review"),
    ("/audit", "/audit", "audit"),
    ("/disclosures", "/disclosures", "disclosures"),
    ("/access", "/access", "access"),
    ("/evidence", "/evidence", "evidence"),
)


def code(clinic: Tenant) -> str:
    """A fresh one-time code for somebody who may do everything."""
    manage.add_user(clinic.runtime, clinic.tenant_id, ANNA, ROLES, "test")
    return signin.offer(clinic.runtime, clinic.tenant_id, ANNA).text


@pytest.mark.system_part("chromium")
def test_without_a_script_and_by_keyboard_values_are_shown_and_the_style_sheet_hides_them(
    arrive: Arrive,  # noqa: F811 - a fixture
    clinic: Tenant,
) -> None:
    incident_id, _ = bounced(clinic)
    anna = arrive(java_script_enabled=False)
    anna.signs_in_with(code(clinic))
    page = anna.goes_to(f"/incidents/{incident_id}")
    page.locator("input[name=token]").first.focus()
    for _ in range(page.locator("input[name=token]").count()):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    page.keyboard.press("t")  # the list of reasons
    page.keyboard.press("Tab")
    page.keyboard.type("which mailbox")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Shown for 60 seconds").wait_for()
    assert page.locator(".values").get_by_text(EMAIL).is_visible()
    assert page.locator(".fading").evaluate("each => getComputedStyle(each).animationDelay") == "60s"
    page.evaluate("document.getAnimations().forEach(each => each.finish())")
    assert not page.locator(".values").get_by_text(EMAIL).is_visible()
    page.get_by_role("link", name="Hide now").click()
    assert EMAIL not in page.content()


@pytest.mark.system_part("chromium")
def test_pages_please_axe_fit_a_phone_in_light_and_dark_and_keep_our_policy(
    clinic: Tenant,
    places: dict[str, str],  # made before the browser starts, whose event loop allows no other
    arrive: Arrive,  # noqa: F811 - a fixture
) -> None:
    anna = arrive(viewport={"width": 1280, "height": 900})
    anna.signs_in_with(code(clinic))
    faults = []
    for _, path, name in LOOKED_AT:
        anna.goes_to(path.format(**places))
        assert "clinic" in anna.page.locator(".tenant").inner_text()
        faults += anna.looks_well(name)
    assert faults == []


@pytest.mark.system_part("chromium")
def test_single_keys_of_a_review_decide_nothing_by_themselves_and_can_be_turned_off(
    clinic: Tenant,
    places: dict[str, str],  # made before the browser starts
    arrive: Arrive,  # noqa: F811 - a fixture
) -> None:
    anna = arrive()
    anna.signs_in_with(code(clinic))
    page = anna.goes_to(f"/reviews/{places['quarter']}")
    item = page.locator("[data-item]").first
    reason, box = item.get_by_label("Reason"), page.get_by_label("Single keys")
    page.keyboard.press("k")
    assert not reason.evaluate("each => each === document.activeElement"), "no item has the focus"
    box.uncheck()
    item.get_by_role("link").first.focus()
    page.keyboard.press("r")
    assert not reason.evaluate("each => each === document.activeElement"), "they are off"
    box.check()
    item.get_by_role("link").first.focus()
    page.keyboard.press("k")
    assert reason.evaluate("each => each === document.activeElement")
    page.keyboard.type("kept; more later")
    assert reason.input_value() == "kept; more later", "a letter that is written is a letter"
    page.keyboard.press("Enter")
    page.get_by_text(f"keep by {ANNA}").wait_for()
    assert anna.complaints == []
