"""What a tool such as Terraform does with everything that is configured: create, read, plan nothing, update, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.conftest import Machine, MachineOf
from tests.flow.builder import Tenant

SECRET = "whsec_" + "TWZLUTlyOEdLWXFyVHdqVVBEOElMUFpJbzJMYUxhU3c="
Body = Mapping[str, Any]


def revision(machine: Machine, here: str) -> Mapping[str, str]:
    """The If-Match of a resource that has a revision of its own."""
    assert machine.get(f"{here}/settings") == 200
    return {"if_match": machine.answer.headers["etag"]}


def nothing(_: Machine, __: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Resource:
    """`made` and `wanted` are what is sent; `read` turns what is read back into the words of what was sent."""

    place: str
    made: Body
    wanted: Body
    read: Callable[[Any], Body]
    secret: Body
    match: Callable[[Machine, str], Mapping[str, str]] = nothing
    shown: str = ""


def same(*names: str) -> Callable[[Any], Body]:
    return lambda found: {name: found[name] for name in names}


def source(found: Any) -> Body:  # noqa: ANN401 - JSON
    return {**same("format", "mapping", "fields")(found), "quiet_after": f"{found['quiet_after_seconds'] / 60:.0f}m"}


def channel(found: Any) -> Body:  # noqa: ANN401 - JSON
    assert {each["name"] for each in found["credentials"] if each["held"]} == {"secret"}
    return {"name": found["name"], "settings": {"url": found["settings"]["url"]}}


HOOK = {"name": "status", "url": "https://status.clinic.test/a", "events": ["incident.opened"], "enabled": True}
SOURCE = {"format": "generic", "quiet_after": "10m", "mapping": {}, "fields": {"note": "drop"}}
CHANNEL = {"name": "keeper", "settings": {"url": "https://hooks.clinic.test/a"}}
RESOURCES = {
    "hook": Resource(
        "/hooks",
        HOOK,
        {**HOOK, "name": "pager", "events": ["incident.opened", "optin.revoked"], "enabled": False},
        same(*HOOK),
        {"secret": SECRET},
    ),
    "source": Resource("/sources", SOURCE, {**SOURCE, "quiet_after": "45m"}, source, {"name": "prod"}),
    "channel": Resource(
        "/channels",
        CHANNEL,
        {**CHANNEL, "name": "renamed"},
        channel,
        {"kind": "webhook", "secrets": {"secret": SECRET}},
        revision,
        "/settings",
    ),
}


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_resource_reads_back_what_was_sent_and_the_same_again_changes_nothing(
    clinic: Tenant, machine: MachineOf, kind: str
) -> None:
    keeper, one = machine("operator"), RESOURCES[kind]

    def version() -> int:
        (row,) = clinic.rows("SELECT config_version FROM tenants")
        return int(row.config_version)

    def plan(wanted: Body) -> Body:
        """What is not as it should be."""
        assert keeper.get(f"{here}{one.shown}") == 200
        assert SECRET not in keeper.answer.text
        found = one.read(keeper.json)
        return {name: value for name, value in wanted.items() if found[name] != value}

    assert keeper.post(one.place, {**one.made, **one.secret}, idempotency_key="once") == 201, keeper.answer.text
    stable = keeper.json["id"]
    here = f"{one.place}/{stable}"
    assert plan(one.made) == {}
    assert plan(one.wanted)
    began = version()
    body = {**one.made, "secrets": {}} if kind == "channel" else one.made
    assert keeper.send("PUT", here, body, **one.match(keeper, here)) == 200, keeper.answer.text
    assert version() == began
    body = {**one.wanted, "secrets": {}} if kind == "channel" else one.wanted
    for _ in range(2):
        assert keeper.send("PUT", here, body, **one.match(keeper, here)) == 200, keeper.answer.text
        assert SECRET not in keeper.answer.text
        assert version() == began + 1
    assert plan(one.wanted) == {}
    assert keeper.json["id"] == stable
    assert keeper.send("DELETE", here, **one.match(keeper, here)) == 200
    assert keeper.get(f"{here}{one.shown}") == 404
    assert keeper.send("DELETE", here, if_match='"v1"') == 404


@pytest.mark.parametrize(
    ("place", "one", "other", "read"),
    [
        (
            "/routes",
            {"routes": [{"matchers": ['severity="error"'], "channels": ["hook"], "group_by": ["service"]}]},
            {"routes": []},
            lambda found: {
                "routes": [
                    {name: each[name] for name in ("matchers", "channels", "group_by")} for each in found["items"]
                ]
            },
        ),
        (
            "/words",
            {"patterns": [{"type": "MEMBER_ID", "regex": r"ACM-\d{8}"}], "safe_words": ["istio"]},
            {"patterns": [], "safe_words": []},
            lambda found: {name: found[name] for name in ("patterns", "safe_words")},
        ),
    ],
)
def test_a_list_is_replaced_as_a_whole_and_the_same_again_changes_nothing(
    clinic: Tenant, machine: MachineOf, place: str, one: Body, other: Body, read: Callable[[Any], Body]
) -> None:
    del clinic
    keeper = machine("operator")

    def put(wanted: Body) -> str:
        assert keeper.get("/config") == 200
        tag = keeper.answer.headers["etag"]
        assert keeper.send("PUT", place, wanted, if_match=tag) == 200, keeper.answer.text
        assert keeper.get(place) == 200
        assert read(keeper.json) == wanted
        assert keeper.get("/config") == 200
        return str(keeper.answer.headers["etag"])

    first = put(one)
    assert put(one) == first
    assert put(other) != first
