"""Every operation for every role and for a stranger: the table of rights says who may, and nothing else does."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from router.core.access import ROLES, RULES
from router.flow import manage
from router.runtime import Runtime
from router.web.api import OPERATIONS
from router.web.api.operation import Operation
from tests.api.conftest import Machine, MachineOf, opened
from tests.flow.builder import Edge, Superuser, Tenant, tenant

CLOSED = {"approve_optin", "sign_review", "add_user", "disable_user", "add_token", "revoke_token"}
"""What needs a fresh proof of a person; a token is revoked by itself without one, and here another one is asked for."""


def address(operation: Operation, incident_id: str) -> str:
    """Where it is done, on what the clinic has or on what nobody has."""
    known = {"incident": incident_id, "channel": "hook", "revision": "1", "quarter": "2026Q1"}
    return re.sub(r"{(\w+)}", lambda found: known.get(found[1], str(uuid4())), operation.path)


def body(operation: Operation) -> Any:  # noqa: ANN401 - JSON
    return json.loads(msgspec.json.encode(operation.body_example)) if operation.body else None


def ask(machine: Machine, operation: Operation, incident_id: str) -> int:
    more = {"if_match": '"v999999"'} if operation.matched else {}
    return machine.send(operation.method, address(operation, incident_id), body(operation), **more)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_what_the_table_allows_and_nothing_else(
    clinic: Tenant, edge: Edge, machine: MachineOf, role: str
) -> None:
    incident_id = opened(clinic, edge)
    client = machine(role)
    for operation in OPERATIONS:
        status = ask(client, operation, incident_id)
        told = client.problem if status >= 400 else ""
        deed = "tokens" if operation.name == "revoke_token" else operation.deed
        allowed = deed is None or role in RULES[deed].roles
        if operation.name in CLOSED:
            assert (status, told) == (403, "fresh-proof" if allowed else "forbidden"), operation.name
        elif not allowed:
            assert (status, told) == (403, "forbidden"), operation.name
        else:
            assert told != "forbidden", operation.name
            assert status < 500, (operation.name, client.answer.text)


def test_a_stranger_changes_and_sees_nothing_here(
    runtime: Runtime, clinic: Tenant, edge: Edge, machine: MachineOf, superuser: Superuser
) -> None:
    incident_id = opened(clinic, edge)
    own = tenant(runtime, slug="other")
    manage.add_user(runtime, own.tenant_id, "otto@other.test", list(ROLES), "test")
    stranger = machine(*ROLES, by="otto@other.test", where=own)
    state = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) AS sum FROM {} t WHERE tenant_id = %s"
    tables = ("tenants", "incidents", "channels", "deliveries", "optins", "baas", "users", "api_tokens", "audit_events")
    before = {name: superuser.one(state.format(name), [clinic.tenant_id]).sum for name in tables}
    for operation in OPERATIONS:
        status = ask(stranger, operation, incident_id)
        assert status < 500, (operation.name, stranger.answer.text)
        assert not {"clinic", "olga@clinic.test", "hook"} & set(re.findall(r'"([^"]+)"', stranger.answer.text)), (
            operation.name
        )
        if "{incident}" in operation.path or "{channel}" in operation.path:
            assert status == 404, operation.name
    after = {name: superuser.one(state.format(name), [clinic.tenant_id]).sum for name in tables}
    assert after == before


def test_nothing_is_told_without_a_token(runtime: Runtime, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    nobody = Machine(runtime)
    for operation in OPERATIONS:
        assert ask(nobody, operation, incident_id) == 401, operation.name
        assert nobody.problem == "unauthorized"
