"""The overview, an incident, operations and charts in a real browser: news in place, single keys, axe, phone, dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it brings no types

from router.core.access import ROLES
from router.flow import manage, signin
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import Edge, Tenant, Worker, build, tenant, webhook
from tests.web.browsing import LOOKS, WCAG, Arrive
from tests.web.test_pages import opened
from tests.web.test_signin_browser import arrive, browser, served  # noqa: F401 - fixtures

ANNA = "anna@clinic.test"
LOOK = "htmx.ajax('GET', document.querySelector('#poll').dataset.hxGet, {source: '#poll', swap: 'none'})"
"""What the page does by itself every fifteen seconds."""


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def clinic(runtime: Runtime) -> Iterator[Tenant]:
    """A channel, and two live incidents that it was told of."""
    with WebhookVendor() as vendor, Worker(runtime) as worker:
        made = tenant(runtime, slug="clinic", channels={"hook": webhook(vendor)}, privacy="detect")
        edge = Edge(runtime)
        opened(made, edge, title="first", severity="warning")
        opened(made, edge, title="second", severity="warning")
        worker.drain(*edge.rung)
        manage.add_user(runtime, made.tenant_id, ANNA, ROLES, "test")
        yield made


def code(clinic: Tenant) -> str:
    return signin.offer(clinic.runtime, clinic.tenant_id, ANNA).text


@pytest.mark.system_part("chromium")
def test_news_come_into_place_while_somebody_reads_and_please_axe_everywhere(
    clinic: Tenant,
    arrive: Arrive,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    anna = arrive(viewport={"width": 1280, "height": 700})
    page = anna.signs_in_with(code(clinic))
    page.get_by_role("heading", name="Live incidents").wait_for()
    reads = page.get_by_role("link", name="first")
    reads.focus()
    stands = reads.bounding_box()
    opened(clinic, Edge(clinic.runtime), title="third", severity="critical")
    page.evaluate(LOOK)
    news = page.get_by_role("status").get_by_role("link", name="1 new incident – show")
    news.wait_for()
    assert [each.inner_text() for each in page.get_by_role("heading", level=2).all()] == ["second", "first"]
    assert reads.evaluate("each => each === document.activeElement"), "the focus stays where it is"
    assert reads.bounding_box() == stands, "nothing that is read moves"
    news.click()
    page.get_by_role("link", name="third").wait_for()
    assert anna.complaints == []
    anna.goes_to("/charts")  # a page of the same origin without a script
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0], "nothing is kept in the browser"
    anna.goes_to("/")

    incident_id = page.get_by_role("link", name="third").get_attribute("href")
    faults, axe, shots = [], Axe(), tmp_path / "pages"
    for path, name in (
        ("/?state=all", "overview"),
        (str(incident_id), "incident"),
        (f"{incident_id}/alerts", "alerts"),
        (f"{incident_id}/deliveries", "deliveries"),
        ("/operations", "operations"),
        ("/charts?span=7d", "charts"),
    ):
        anna.goes_to(path)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        for scheme, width in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=shots / f"{name}-{scheme}-{width}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            faults += [f"{name} is {wide} px wide on a screen of {width}"] if wide > width else []
            faults += [f"{name}: {said}" for said in anna.complaints]
            if (scheme, width) in {LOOKS[0], LOOKS[-1]}:
                found = axe.run(page, options=WCAG)
                faults += [f"{name} {scheme}: {found.generate_report()}"] if found.violations_count else []
            anna.complaints.clear()  # axe itself is a script that our policy refuses now and then
    assert faults == []
