"""The overview, an incident, operations and charts in a real browser: news in place, single keys, axe, phone, dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from router.core.access import ROLES
from router.flow import manage, signin
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import Edge, Tenant, Worker, build, tenant, webhook
from tests.web.browsing import Arrive, Stop, browser  # noqa: F401 - a fixture
from tests.web.test_pages import opened
from tests.web.test_signin_browser import arrive, served  # noqa: F401 - fixtures

ANNA = "anna@clinic.test"
LOOKED_AT: tuple[Stop, ...] = (
    ("/", "/?state=all", "overview"),
    ("/incidents/{incident_id:uuid}", "/incidents/{incident}", "incident"),
    ("/incidents/{incident_id:uuid}/alerts", "/incidents/{incident}/alerts", "alerts"),
    ("/incidents/{incident_id:uuid}/deliveries", "/incidents/{incident}/deliveries", "deliveries"),
    ("/operations", "/operations", "operations"),
    ("/charts", "/charts?span=7d", "charts"),
)
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

    incident_id = str(page.get_by_role("link", name="third").get_attribute("href")).rpartition("/")[2]
    faults = []
    for _, path, name in LOOKED_AT:
        anna.goes_to(path.format(incident=incident_id))
        page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
        faults += anna.looks_well(name)
    assert faults == []
