"""Hooks by page: added with a secret that is shown once, tried, changed and removed by whoever may."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest

from router import settings
from router.core.access import ROLES, Deed, may
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web.app import Web
from tests.conftest import Database
from tests.flow.builder import Edge, Tenant, environment, tenant
from tests.hooks.conftest import Teller, hook, told
from tests.web.test_signin_pages import OURS, Browser, graded


@pytest.fixture
def web(runtime: Runtime, database: Database, tmp_path: Path) -> Web:
    return Web(runtime, settings.read(environment(database.app_url, tmp_path, ALERTVEIL_PUBLIC_URL=OURS)))


def test_an_operator_has_a_system_told_and_sees_what_it_got(
    web: Web, clinic: Tenant, receiver: WebhookVendor, edge: Edge, teller: Teller
) -> None:
    olga = Browser(web).sign_in(clinic, "operator")
    assert olga.send("GET", "/hooks") == 200
    assert "No hooks" in olga.words()
    assert olga.post("/hooks", "/hooks", name="status", url="ftp://a.example", event="incident.opened") == 422
    assert olga.post("/hooks", "/hooks", name="status", url=f"{receiver.url}/a", event=["incident.opened"]) == 200
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/]+=*", olga.answer.text)
    assert "no-store" in olga.answer.headers["cache-control"]
    assert graded(olga.answer.headers) == []
    (row,) = clinic.rows("SELECT hook_id FROM hooks")
    here = f"/hooks/{row.hook_id}"
    edge.take(clinic.post({"title": "disk full", "alert_uid": "1"}))
    teller.outbox.lane(clinic.tenant_id, row.hook_id)
    assert [each["type"] for each in told(receiver, secret)] == ["incident.opened"]
    assert olga.send("GET", here) == 200
    assert "incident.opened" in olga.words()
    assert secret not in olga.answer.text
    assert olga.post(f"{here}/test", here) == 200
    assert "It took the test event" in olga.words()
    assert olga.post(f"{here}/rotate", here) == 200
    assert secret not in olga.answer.text
    assert "whsec_" in olga.answer.text
    both = {"name": "pager", "url": f"{receiver.url}/b", "event": ["incident.opened", "optin.revoked"]}
    assert olga.post(here, here, **both, enabled="no") == 303
    assert olga.send("GET", "/hooks") == 200
    assert "incident.opened, optin.revoked" in olga.words()
    assert olga.post(here, here, name="pager", url=f"{receiver.url}/b") == 422
    for deed in ("resume", "replay"):
        assert olga.post(f"{here}/{deed}", here) == 303
    assert olga.post(f"{here}/remove", here) == 303
    assert olga.send("GET", here) == 404
    said = [row.action for row in clinic.rows("SELECT action FROM audit_events WHERE action LIKE 'hook.%' ORDER BY at")]
    assert said == [f"hook.{each}" for each in ("add", "test", "rotate", "change", "replay", "remove")]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_changes_what_the_table_allows_and_a_stranger_nothing(
    web: Web, clinic: Tenant, receiver: WebhookVendor, runtime: Runtime, role: str
) -> None:
    page = hook(clinic, receiver)
    here = f"/hooks/{page.hook_id}"
    one = Browser(web).sign_in(clinic, role)
    for path in ("/hooks", here):
        assert one.send("GET", path) == 200
    deeds: dict[Deed, list[str]] = {
        "configure": ["/hooks", here, f"{here}/rotate", f"{here}/remove"],
        "operate": [f"{here}/test", f"{here}/resume", f"{here}/replay"],
    }
    for deed, paths in deeds.items():
        for path in paths if not may([role], deed) else ():
            assert one.post(path, "/account") == 403, path
    if role != ROLES[0]:
        return
    eve = Browser(web).sign_in(tenant(runtime, slug="other"), *ROLES, email="eve@other.test")
    assert eve.send("GET", here) == 404
    for path in (here, *(f"{here}/{each}" for each in ("rotate", "test", "resume", "replay", "remove"))):
        assert eve.post(path, "/account", name="x", url="https://a.example", event="incident.opened") == 404, path
    assert eve.post(f"/hooks/{uuid4()}/remove", "/account") == 404
    assert receiver.count == 0
