"""What a program that keeps channels does: makes one, reads it back, plans, changes by revision, takes it away."""

from __future__ import annotations

import base64
from typing import Any

from channels.registry import CHANNELS
from router.core import form
from router.local.vendors.webhook import WebhookVendor
from tests.api.conftest import Machine, MachineOf
from tests.flow.builder import Superuser, Tenant

SECRET, OTHER = ("whsec_" + base64.b64encode(each * 32).decode() for each in (b"a", b"b"))


def made(machine: Machine, url: str = "https://hooks.clinic.test/a", name: str = "keeper") -> Any:  # noqa: ANN401 - JSON
    body = {"name": name, "kind": "webhook", "settings": {"url": url}, "secrets": {"secret": SECRET}}
    assert machine.post("/channels", body) == 201, machine.answer.text
    return machine.json


def test_a_channel_is_made_read_back_changed_by_revision_and_taken_away(
    clinic: Tenant, machine: MachineOf, hook: WebhookVendor, superuser: Superuser
) -> None:
    keeper = machine("operator")
    one = made(keeper, f"{hook.url}/a")
    here = f"/channels/{one['id']}"
    assert keeper.get(here) == 200
    assert keeper.json["name"] == "keeper"
    assert keeper.get(f"{here}/settings") == 200
    assert keeper.json == one
    assert keeper.answer.headers["etag"] == '"v1"'
    assert one["settings"] == {"url": f"{hook.url}/a", "vendor": None}
    assert [(each["name"], each["held"]) for each in one["credentials"]] == [
        ("secret", True),
        ("previous_secret", False),
    ]
    assert keeper.get(f"{here}/settings", if_none_match='"v1"') == 304
    assert keeper.post(f"{here}/test") == 200
    assert keeper.json["delivered"]

    change = {"name": "renamed", "settings": {"url": f"{hook.url}/b"}, "secrets": {"secret": OTHER}}
    assert keeper.post(f"{here}/plan", change) == 200
    assert [(each["field"], each["now"]) for each in keeper.json["changes"]] == [
        ("name", "renamed"),
        ("url", f"{hook.url}/… (another path)"),
        ("secret", "replaced"),
    ]
    assert keeper.json["moves"]
    assert keeper.send("PUT", here, change) == 428
    assert keeper.send("PUT", here, change, if_match='"v7"') == 412
    assert keeper.send("PUT", here, change, if_match='"v1"') == 200
    now = keeper.json
    assert (now["id"], now["name"], now["settings"]["url"]) == (one["id"], "renamed", f"{hook.url}/b")
    assert keeper.send("PUT", here, {**change, "secrets": {}}, if_match=f'"v{now["revision"]}"') == 200
    assert keeper.json == now
    assert [each["what"] for each in keeper.items("/channels/renamed/history")] == ["change", "add"]
    assert not {SECRET, OTHER} & set(keeper.answer.text.split('"'))

    clinic.set(routes=[([], ["renamed"], [], False)])
    assert keeper.send("DELETE", here, if_match=f'"v{now["revision"]}"') == 409
    assert keeper.problem == "in-use"
    clinic.set(routes=[([], ["hook"], [], False)])
    assert keeper.send("DELETE", here, if_match='"v1"') == 412
    assert keeper.send("DELETE", here, if_match=f'"v{now["revision"]}"') == 200
    assert keeper.get(f"{here}/settings") == 404
    rows = superuser.rows("SELECT actor, via FROM channel_changes WHERE what <> 'pause'")
    assert {row.via for row in rows} == {"api"}
    assert all(row.actor.startswith("token:") for row in rows)


def test_making_one_twice_with_one_key_makes_one(clinic: Tenant, machine: MachineOf) -> None:
    keeper = machine("operator")
    body = {"name": "once", "kind": "webhook", "settings": {"url": "https://a.test/"}, "secrets": {"secret": SECRET}}
    assert keeper.post("/channels", body, idempotency_key="k1") == 201
    first = keeper.json
    assert keeper.post("/channels", body, idempotency_key="k1") == 201
    assert keeper.json == first
    assert keeper.post("/channels", body) == 422
    assert keeper.json["errors"] == ["name: Another channel has this name: choose a different one."]
    assert len(clinic.rows("SELECT FROM channels WHERE name = 'once'")) == 1


def test_every_fault_is_told_by_its_field_and_none_repeats_what_was_sent(machine: MachineOf) -> None:
    keeper = machine("operator")
    relay = {"host": "hunter2 .", "port": 70000, "tls": "hunter2"}
    body = {"name": "hunter2 !", "kind": "email", "settings": {"to": ["hunter2"], "from": 7, "smtp": relay}}
    assert keeper.post("/channels", body) == 422
    assert {each.partition(":")[0] for each in keeper.json["errors"]} == {"name", "from", "smtp.port", "smtp.tls"}
    assert "hunter2" not in keeper.answer.text
    for body in (
        {"name": "x", "kind": "carrier pigeon", "settings": {}},
        {"name": "x", "kind": "slack", "settings": {"channel": "C0123456789", "token": SECRET}},
        {"name": "x", "kind": "slack", "settings": {"channel": "C0123456789"}, "secrets": {"pin": SECRET}},
        {"name": "x", "kind": "webhook", "settings": {"url": "https://a.test/"}, "secrets": {"secret": "whsec_x"}},
    ):
        assert keeper.post("/channels", body) == 422
        assert SECRET not in keeper.answer.text


def test_the_kinds_tell_what_each_is_set_by(machine: MachineOf) -> None:

    told = {each["kind"]: each["fields"] for each in machine("viewer").items("/channel-kinds")}
    assert {kind: [each["name"] for each in fields] for kind, fields in told.items()} == {
        kind: [each.name for each in form.fields(spec)] for kind, spec in CHANNELS.items()
    }
