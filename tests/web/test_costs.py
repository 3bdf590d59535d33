"""What a page or list costs does not grow with what there is: statements counted, sizes bounded, for every one of them.

The same statements that tools/large.py fills its million incidents with make two tenants here, one with a little of
everything and one with many times that, and both are asked for every page and list that there is a route for. How long
each takes with a million incidents is measured by the tool.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest

from router import settings
from router.core.access import ROLES
from router.flow import accounts, manage, signin, tokens
from router.runtime import Runtime
from router.store.wire import Pipeline
from router.web.app import Web
from tests.conftest import Database
from tests.flow.builder import build, environment
from tools import large

FEW = large.Sizes(
    incidents=12, live=6, alerts=3, revisions=11, told_of=12, events=40, channels=8, sources=4, routes=3, agreements=1,
    hooks=1, told_to_hooks=2, people=30, sessions=1, tokens=1, optins=4, reviews=1, silences=40, changes=1, values=2,
    errors=1, answers=1, nonces=1,
)  # fmt: skip
MANY = large.Sizes(
    incidents=120, live=60, alerts=60, revisions=60, told_of=120, events=120, channels=20, sources=8, routes=12,
    agreements=3, hooks=3, told_to_hooks=60, people=60, sessions=2, tokens=60, optins=30, reviews=3, silences=60,
    changes=5, values=100, errors=20, answers=20, nonces=20,
)  # fmt: skip


class Cost(NamedTuple):
    """What one answer took."""

    status: int
    statements: tuple[str, ...]
    size: int


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that this process sends."""
    monkeypatch.setattr(Pipeline, "send", Pipeline.send)  # put back afterwards
    return large.Counted().sent


def costs(runtime: Runtime, web: Web, tenant_id: UUID, sent: list[str]) -> dict[str, Cost]:
    """Every page and list of a tenant, as somebody who may see all of it."""
    manage.add_user(runtime, tenant_id, f"all@{tenant_id}.test", ROLES, "test")
    # Somebody whose times are longer on the page, and who costs no statement more than others.
    accounts.set_zone(runtime, tenant_id, f"all@{tenant_id}.test", "Asia/Kolkata", actor="test")
    cookie = signin.exchange(runtime, signin.offer(runtime, tenant_id, f"all@{tenant_id}.test").text) or ""
    until = datetime.now(UTC) + timedelta(days=1)
    token = tokens.add(runtime, tenant_id, roles=list(ROLES), until=until, actor="test").text

    async def ask() -> dict[str, Cost]:
        found = {}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(web.rest),
            base_url="http://testserver",
            cookies={"alertveil": cookie},
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
        ) as client:
            for form, path in large.asked(web, large.names_of(runtime, tenant_id)):
                sent.clear()
                answer = await client.get(path)
                found[form] = Cost(answer.status_code, tuple(sent), len(gzip.compress(answer.content, 6)))
        return found

    return asyncio.run(ask())


def test_no_page_or_list_sends_more_statements_for_more_rows_nor_grows_beyond_its_bound(
    database: Database, tmp_path: Path, sent: list[str]
) -> None:
    runtime = build(database.app_url, tmp_path)
    web = Web(runtime, settings.read(environment(database.app_url, tmp_path)))

    made = [
        large.make(runtime, database.superuser_url, *each, lambda _: None) for each in (("few", FEW), ("many", MANY))
    ]
    few, many = (costs(runtime, web, tenant_id, sent) for tenant_id in made)
    runtime.close()
    assert {form: cost.status for form, cost in many.items() if cost.status not in {200, 303, 422}} == {}
    assert {form: cost.status for form, cost in many.items()} == {form: cost.status for form, cost in few.items()}
    grown = {
        form: list((Counter(cost.statements) - Counter(few[form].statements)).elements())
        for form, cost in many.items()
        if len(cost.statements) != len(few[form].statements)
    }
    assert grown == {}
    assert max(len(cost.statements) for cost in many.values()) < 40
    assert {form: cost.size for form, cost in many.items() if cost.size > 60_000} == {}
