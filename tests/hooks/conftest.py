"""What the stories of hooks share: a clinic that takes alerts, and a receiver that checks every signature."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from standardwebhooks.webhooks import Webhook

from router.flow import hooks, notice, outbox
from router.flow.hooks import Shown, Wanted
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store.deliveries import OWNER_LOCK
from tests.conftest import Database
from tests.flow.builder import Edge, Superuser, Tenant, build, tenant

SECRET = "whsec_" + base64.b64encode(b"the secret of a hook, 32 bytes .").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of it, 32 bytes .").decode()


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
def edge(runtime: Runtime) -> Edge:
    return Edge(runtime)


@pytest.fixture
def clinic(runtime: Runtime) -> Tenant:
    """A tenant without channels: its hooks are all that is told."""
    return tenant(runtime, slug="clinic")


@pytest.fixture
def receiver() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


def hook(clinic: Tenant, receiver: WebhookVendor, *events: str, name: str = "status page") -> Shown:
    wanted = Wanted(name, f"{receiver.url}/{name.replace(' ', '-')}", events or ("incident.*",))
    return hooks.add(clinic.runtime, clinic.tenant_id, wanted, SECRET, actor="test")


def told(receiver: WebhookVendor, secret: str = SECRET) -> list[dict[str, Any]]:
    """What the receiver was told, every signature checked as its own library checks it; `id` is the webhook-id."""
    found = []
    for each in receiver.received:
        headers = {name.lower(): value for name, value in each.headers.items()}
        body = Webhook(secret).verify(each.body, headers)
        found.append({**body, "id": headers["webhook-id"]})
    return found


class Teller:
    """A worker's outbox without threads; `die` ends it as kill -9 does."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.owner = int.from_bytes(os.urandom(4), "big") >> 1
        self._session = runtime.database.hold()
        self._session.execute("SELECT pg_advisory_lock(%s, %s)", (OWNER_LOCK, self.owner))
        told = partial(notice.hook_health, runtime, lambda _: None)
        self.outbox = outbox.Outbox(runtime, lambda: self.owner, told)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def tell(self, clinic: Tenant, shown: Shown) -> float | None:
        return self.outbox.lane(clinic.tenant_id, shown.hook_id)

    def die(self) -> None:
        """The session ends with the process; the server needs a moment to see it."""
        if self._session.closed:
            return
        self._session.close()
        gone = False
        while not gone:
            with self.runtime.database.several() as session:
                gone = not session.rows(
                    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
                    (OWNER_LOCK, self.owner),
                )


@pytest.fixture
def teller(runtime: Runtime) -> Iterator[Teller]:
    with Teller(runtime) as made:
        yield made


def rows(clinic: Tenant, shown: Shown) -> list[Any]:
    """The hook's events, the oldest first."""
    return hooks.events(clinic.runtime, clinic.tenant_id, shown.hook_id, state=None, before=None, most=500)[::-1]
