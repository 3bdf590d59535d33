"""What the stories of the API share: a clinic with people, tokens of every role, and a machine that sends requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from router.flow import manage, tokens
from router.flow.snapshot import Snapshots
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.web import api
from router.web.outer import Outer
from tests.conftest import Database
from tests.flow.builder import Edge, Superuser, Tenant, build, tenant, webhook

OLGA, PETRA = "olga@clinic.test", "petra@clinic.test"


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
def clinic(runtime: Runtime, hook: WebhookVendor) -> Tenant:
    """One channel that leads to a webhook receiver, an operator and a privacy officer."""
    made = tenant(runtime, slug="clinic", channels={"hook": webhook(hook)})
    manage.add_user(runtime, made.tenant_id, OLGA, ["operator"], "test")
    manage.add_user(runtime, made.tenant_id, PETRA, ["privacy_officer"], "test")
    return made


@pytest.fixture
def edge(runtime: Runtime) -> Edge:
    return Edge(runtime)


class Machine:
    """A client with a token; `answer` is the last one it got."""

    def __init__(self, runtime: Runtime, token: str = "") -> None:
        self.app = Outer(Starlette(routes=[api.mount(runtime, Snapshots())]), "")
        self.token = token
        self.answer = httpx.Response(0)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> int:  # noqa: ANN401 - JSON
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        if self.token:
            named.setdefault("authorization", f"Bearer {self.token}")
        more = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here", trust_env=False) as client:
                return await client.request(method, f"/api/v1{path}", headers=named, **more)

        self.answer = asyncio.run(ask())
        return self.answer.status_code

    def get(self, path: str, **headers: str) -> int:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> int:  # noqa: ANN401 - JSON
        return self.send("POST", path, body, **headers)

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return self.answer.json()

    @property
    def problem(self) -> str:
        """The name of the problem that the last answer was."""
        assert self.answer.headers["content-type"] == "application/problem+json"
        assert self.json["status"] == self.answer.status_code
        assert self.json["request_id"] == self.answer.headers["x-request-id"]
        return str(self.json["type"]).removeprefix("urn:alertveil:problem:")

    def items(self, path: str) -> list[Any]:
        """Everything of a list, two lines a page."""
        found: list[Any] = []
        cursor = ""
        while True:
            sign = "&" if "?" in path else "?"
            assert self.get(f"{path}{sign}limit=2&cursor={cursor}") == 200, self.answer.text
            found += self.json["items"]
            if self.json["next"] is None:
                return found
            cursor = self.json["next"]


MachineOf = Callable[..., Machine]


@pytest.fixture
def machine(runtime: Runtime, clinic: Tenant) -> MachineOf:
    """`machine("operator", by=OLGA)`: a client whose token Olga made."""

    def make(*roles: str, by: str = "host:test", where: Tenant = clinic) -> Machine:
        until = datetime.now(UTC) + timedelta(days=1)
        made = tokens.add(runtime, where.tenant_id, roles=roles or ("viewer",), until=until, actor=by)
        return Machine(runtime, made.text)

    return make


def opened(clinic: Tenant, edge: Edge, uid: str = "1", **more: str) -> str:
    """The id of an incident that one alert opened."""
    (receipt,) = edge.take(clinic.post({"title": "queue is full", "alert_uid": uid, "severity": "error", **more}))
    return str(receipt.incident_id)
