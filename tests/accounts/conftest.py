"""What the stories of accounts share: a tenant, people in it, and their sessions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
import pytest

from router.flow import accounts, manage, signin
from router.flow.signin import Knock, Visitor
from router.runtime import Runtime
from router.store import users
from tests.conftest import Database
from tests.flow.builder import Superuser, Tenant, build, tenant

HERE = Knock("192.0.2.7", "Firefox on Linux")
PASSWORD = "a few words do well"


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
def clinic(runtime: Runtime) -> Tenant:
    return tenant(runtime, slug="clinic")


@dataclass
class Person:
    """A user with a session; `key` is the secret of their authenticator app."""

    runtime: Runtime
    tenant_id: UUID
    email: str
    secret: str
    key: str = ""

    @property
    def visitor(self) -> Visitor:
        found = signin.visitor(self.runtime, self.secret)
        assert found is not None, "the session has ended"
        return found

    @property
    def signed_in(self) -> bool:
        return signin.visitor(self.runtime, self.secret) is not None

    def code(self, step: int = 0) -> str:
        """What the authenticator app shows, `step` half minutes from now; each is taken once."""
        return pyotp.TOTP(self.key).at(time.time(), counter_offset=step)

    def with_second_factor(self) -> Person:
        """The authenticator app, set up like a person does it; it has used the code of half a minute ago."""
        self.key = accounts.begin_totp(self.runtime, self.visitor).key.replace(" ", "")
        assert accounts.confirm_totp(self.runtime, self.visitor, self.secret, self.code(-1), time.time())
        return self

    def with_password(self) -> Person:
        self.with_second_factor()
        accounts.set_password(self.runtime, self.visitor, self.secret, PASSWORD)
        return self

    def grown_stale(self) -> Person:
        """The last proof of who they are is six minutes old."""
        with self.runtime.database.tenant(self.tenant_id) as session:
            session.run("UPDATE sessions SET strong_at = now() - %s", (timedelta(minutes=6),))
        return self


Enter = Callable[..., Person]


@pytest.fixture
def enter(runtime: Runtime, clinic: Tenant) -> Enter:
    """`enter("anna@clinic.test", "admin")`: a user of the clinic who came in with a code of the host."""

    def make(email: str = "anna@clinic.test", *roles: str, where: Tenant = clinic) -> Person:
        manage.add_user(runtime, where.tenant_id, email, roles or ("viewer",), "test")
        secret = signin.exchange(runtime, signin.offer(runtime, where.tenant_id, email).text, HERE)
        assert secret is not None
        return Person(runtime, where.tenant_id, email, secret)

    return make


@pytest.fixture
def audited(superuser: Superuser) -> Callable[[str], list[Any]]:
    """`audited("signin")`: the audit events of an action, oldest first."""

    def look(action: str) -> list[Any]:
        return superuser.rows("SELECT * FROM audit_events WHERE action = %s ORDER BY at, event_id", [action])

    return look


def user_id(runtime: Runtime, where: Tenant, email: str) -> UUID:
    with runtime.database.tenant(where.tenant_id) as session:
        row = users.by_email(session, email)
    assert row is not None
    found: UUID = row.user_id
    return found
