"""Every page there is: none is left out of what browser stories look at, and their HTML is what the standard says."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.routing import Route

from router.core.access import ROLES
from router.flow import channel, hooks, silence, words
from router.flow.hand import By
from router.flow.hooks import Wanted
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web.app import Web
from router.web.pages import look
from tests.flow.builder import Tenant, tenant
from tests.hooks.conftest import SECRET
from tests.web import (
    test_channel_pages,
    test_configuring_pages,
    test_governance_pages,
    test_overview_browser,
    test_people_browser,
    test_signin_browser,
)
from tests.web.test_governance_pages import (  # noqa: F401 - fixtures
    authority,
    clinic,
    hook,
    places,
    runtime,
    superuser,
    surroundings,
    web,
)
from tests.web.test_signin_pages import Browser, lives

NO_PAGES = {
    "/healthz": "for a load balancer",
    "/metrics": "for Prometheus",
    "/news": "parts of the overview",
    "/readyz": "for a load balancer",
    "/sign-in/provider": "leads to the identity provider",
    "/sign-in/provider/answer": "leads back from it",
    "/static/{name}": "files",
}
"""What is served to a GET and is no page, and what it is."""

STORIES = (
    test_channel_pages,
    test_configuring_pages,
    test_governance_pages,
    test_overview_browser,
    test_people_browser,
    test_signin_browser,
)


def served(web: Web) -> set[str]:  # noqa: F811 - a fixture's value
    """The route of every page."""
    found = {route.path for route in web.rest.routes if isinstance(route, Route) and "GET" in (route.methods or ())}
    assert found >= set(NO_PAGES)
    return found - set(NO_PAGES)


def test_a_browser_story_looks_at_every_page(web: Web) -> None:  # noqa: F811 - a fixture
    looked_at = {route for story in STORIES for route, _, _ in story.LOOKED_AT}
    assert looked_at == served(web), "a new page goes into LOOKED_AT of the module whose story stops at it"
    names = [name for story in STORIES for _, _, name in story.LOOKED_AT]
    assert sorted(names) == sorted(set(names)), "two screenshots would have one name"


@pytest.fixture
def ids(
    clinic: Tenant,  # noqa: F811 - a fixture
    places: dict[str, str],  # noqa: F811 - a fixture
    runtime: Runtime,  # noqa: F811 - a fixture
    hook: WebhookVendor,  # noqa: F811 - a fixture
) -> dict[str, str]:
    """The clinic has one of everything: its id by the name that routes have for it."""
    by = channel.By(clinic.tenant_id, "olga@clinic.test", ["operator"], "page")
    settings = {"url": f"{hook.url}/in"}
    made = channel.create(runtime, by, "webhook", channel.Wish("pager", settings, {"secret": SECRET}))
    channel.change(runtime, by, made, channel.Wish("pager", {**settings, "vendor": "Acme"}), 1)
    told = hooks.add(runtime, clinic.tenant_id, Wanted("status", hook.url, ["incident.*"]), SECRET, actor="test")
    wish = silence.Wish(["service=db"], "the archive is moved", lasts=timedelta(hours=2))
    silence.create(runtime, clinic.tenant_id, wish, actor="olga@clinic.test")
    words.add_pattern(runtime, clinic.tenant_id, words.Pattern("MEMBER_ID", r"ACM-\d{8}"), By("olga@clinic.test"))
    words.add_word(runtime, clinic.tenant_id, "istio", By("olga@clinic.test"))
    return {
        **places,
        "at": "0",
        "channel_id": str(made),
        "hook_id": str(told.hook_id),
        "incident_id": places["incident"],
        "kind": "interim",
        "optin_id": places["optin"],
        "source_id": str(clinic.sources["app"]),
    }


def address(route: str, known: dict[str, str]) -> str:
    """A route with the ids that it has a name for."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: known.get(found[1], str(uuid4())), route)


class Pages:
    """HTML as people get it, a file for each page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def take(self, browser: Browser, name: str) -> None:
        assert browser.answer.headers["content-type"] == "text/html; charset=utf-8", name
        number = len(list(self.folder.iterdir()))
        file = self.folder / f"{number:03d}-{re.sub(r'[^a-z0-9-]+', '-', name.lower()).strip('-') or 'overview'}.html"
        file.write_text(browser.answer.text, encoding="utf-8")

    def every(self, web: Web, browser: Browser, known: dict[str, str], said: str) -> None:  # noqa: F811 - a fixture's value
        """Each page that there is, and one refusal of each kind: those are all alike."""
        refused = {301, 303}
        for route in sorted(served(web)):
            status = browser.send("GET", address(route, known))
            if status not in refused:
                self.take(browser, f"{said}{route}")
            refused |= {status} - {200}

    def faults(self, java: Path, jar: Path) -> list[str]:
        """What the Nu Html Checker, which is the W3C's, says about all of them, our style sheet and our picture."""
        for name in ("alertveil.css", "icon.svg"):
            (self.folder / name).write_bytes(look.static(name)[0])
        control = self.folder / "control.html"
        control.write_text("<!doctype html><html lang=en><title>Control</title><div><p>a</div></p></div>")
        quick = ("-Xss8m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # half the CPU in a run this short
        asked = ("--format", "json", "--stdout", "--exit-zero-always", "--also-check-css", "--also-check-svg")
        ran = subprocess.run(
            [java, *quick, "-jar", jar, *asked, self.folder], capture_output=True, check=True, text=True, timeout=100
        )
        found = [
            f"{Path(each['url']).name}: {each['message']} {' '.join(each.get('extract', '').split())}"
            for each in json.loads(ran.stdout)["messages"]
        ]
        ours = [each for each in found if not each.startswith(f"{control.name}:")]
        assert len(ours) < len(found), "the checker reads what it is given"
        return ours


@pytest.mark.system_part("vnu-jar from npm")
@pytest.mark.system_part("default-jdk-headless")
def test_the_w3cs_own_checker_finds_nothing_wrong_with_any_page(
    web: Web,  # noqa: F811 - a fixture
    clinic: Tenant,  # noqa: F811 - a fixture
    runtime: Runtime,  # noqa: F811 - a fixture
    ids: dict[str, str],
    system_part: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    """Full pages, empty ones, refusals, what forms answer, and the report of a review: one start of the checker."""
    pages = Pages(tmp_path / "html")
    anna = Browser(web)
    pages.every(web, anna, ids, "stranger")
    anna.send("POST", "/sign-in", data={"code": "0000-0000-0000"})
    pages.take(anna, "sign-in refused")
    anna.sign_in(clinic, *ROLES)
    pages.every(web, anna, {**ids, "user_id": str(lives(clinic, "anna@clinic.test"))}, "full")
    other = tenant(runtime, slug="other")
    pages.every(web, Browser(web).sign_in(other, "viewer", email="victor@other.test"), {"at": "0"}, "empty")
    pages.every(web, Browser(web).sign_in(other, *ROLES, email="boss@other.test"), {"at": "0"}, "new")
    here, quarter = f"/incidents/{ids['incident_id']}", f"/reviews/{ids['quarter']}"
    sample = json.dumps({"title": "Zebulon Quackenbush waits", "severity": "critical"})
    forms: list[tuple[str, str, dict[str, Any]]] = [
        (f"{here}/reveal", here, {"token": f"<{ids['token'].strip('<>')}>", "reason": "triage"}),
        (f"{here}/reveal", here, {"reason": "other"}),
        (f"{here}/note", here, {"note": ""}),
        ("/silences/try", "/silences", {"matchers": "service=db"}),
        ("/sources", "/sources/new", {"name": "prod", "format": "generic"}),
        ("/sources", "/sources/new", {"name": "not a name", "format": "generic"}),
        (f"/sources/{ids['source_id']}/try", "/sources", {"sample": sample}),
        ("/routes/try", "/routes", {"labels": "service=db", "severity": "critical", "source": "app"}),
        ("/words/try", "/words", {"sample": "istio", "type": "MEMBER_ID", "regex": r"ACM-\d{8}", "word": "envoy"}),
        ("/channels", "/channels", {"kind": "webhook", "name": "not a name"}),
        (f"/channels/{ids['channel_id']}/test", "/channels", {}),
        ("/hooks", "/hooks", {"name": "pager", "url": "https://a.example", "event": "incident.opened"}),
        (f"/opt-ins/{ids['waits']}/approve", "/opt-ins", {"name": "another"}),
        (f"{quarter}/sign", quarter, {"kind": "interim"}),
        (f"{quarter}/report", quarter, {"kind": "interim", "format": "html"}),
        ("/disclosures", "/disclosures", {"by": "incident", "what": ids["incident_id"], "days": "90"}),
        ("/audit/verify", "/audit", {}),
        ("/tokens", "/tokens", {"name": "laptop", "role": "viewer", "until": str(datetime.now(UTC).date())}),
    ]
    for path, on, fields in forms:
        if anna.post(path, on, **fields) != 303:
            pages.take(anna, f"answer {path.replace(ids['incident_id'], '')}")
    assert len(list(pages.folder.iterdir())) > 2 * len(served(web))
    java = system_part("default-jdk-headless").with_name("java")
    assert pages.faults(java, system_part("vnu-jar from npm") / "build/dist/vnu.jar") == []
