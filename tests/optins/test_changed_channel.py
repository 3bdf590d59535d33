"""A channel changed by hand: what it suspends is said before it is saved, and done in the name of who saved it."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from router.flow import channel, optin
from router.flow.channel import By, Wish
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.flow.builder import Edge, Worker
from tests.optins.conftest import OFFICER, OPERATOR, Clinic, bounced, clinic_with, told

SECRET, OTHER = ("whsec_" + base64.b64encode(each * 32).decode() for each in (b"a", b"b"))


@pytest.fixture
def clinic(runtime: Runtime) -> Clinic:
    return clinic_with(runtime, {})


def olga(clinic: Clinic) -> By:
    return By(clinic.tenant_id, OPERATOR, ["operator"], "page", auth="session:x by code")


def opened(clinic: Clinic, hook: WebhookVendor) -> tuple[UUID, UUID]:
    """A webhook that an operator added, and an opt-in there that two people agreed to."""
    wish = Wish("hook", {"url": f"{hook.url}/a"}, {"secret": SECRET})
    made = channel.create(clinic.runtime, olga(clinic), "webhook", wish)
    clinic.tenant.set(routes=[([], ["hook"], [], False)])
    return made, clinic.opt_in("EMAIL")


def test_another_destination_suspends_the_opt_in_and_the_page_knew(
    clinic: Clinic, hook: WebhookVendor, edge: Edge, worker: Worker
) -> None:
    made, optin_id = opened(clinic, hook)
    bounced(clinic, edge)
    worker.drain((clinic.tenant_id, made))
    planned = channel.plan(clinic.runtime, olga(clinic), made, Wish("hook", {"url": f"{hook.url}/b"}))
    assert [(each.optin_id, each.types) for each in planned.suspends] == [(optin_id, ("EMAIL",))]
    assert clinic.shown(optin_id).state == "active"

    channel.save(clinic.runtime, olga(clinic), made, planned.draft)
    shown = clinic.shown(optin_id)
    assert (shown.state, shown.why, shown.state_by) == (
        "suspended",
        "the channel's destination was changed",
        OPERATOR,
    )
    ((actor, decision, _, _),) = clinic.events("optin.suspend")
    assert (actor, decision) == (OPERATOR, "allowed")
    ((_, _, _, details),) = [each for each in clinic.events("channel.change") if each[1] == "allowed"]
    assert details["suspended"] == 1
    bounced(clinic, edge, "2")
    worker.drain((clinic.tenant_id, made))
    assert [each["mode"] for each in told(hook)] == ["plaintext", "tokens"]


@pytest.mark.parametrize(
    ("wish", "suspends"),
    [
        (Wish("other-name", {}), 0),
        (Wish("hook", {}, {"secret": OTHER, "previous_secret": SECRET}), 0),
        (Wish("hook", {"vendor": "Somebody else"}), 1),
        (Wish("hook", {"query": "?a=b"}), 0),
    ],
    ids=["another name", "a new credential of the same receiver", "another vendor", "another query"],
)
def test_only_another_identity_or_vendor_suspends(
    clinic: Clinic, hook: WebhookVendor, wish: Wish, suspends: int
) -> None:
    made, optin_id = opened(clinic, hook)
    settings = {"url": f"{hook.url}/a{wish.settings.get('query', '')}", "vendor": wish.settings.get("vendor")}
    planned = channel.plan(clinic.runtime, olga(clinic), made, Wish(wish.name, settings, wish.secrets))
    assert planned.changes
    assert len(planned.suspends) == suspends
    channel.save(clinic.runtime, olga(clinic), made, planned.draft)
    assert clinic.shown(optin_id).state == ("suspended" if suspends else "active")


def test_a_request_that_waits_is_counted_and_no_longer_fits(clinic: Clinic, hook: WebhookVendor) -> None:
    made, _ = opened(clinic, hook)
    waiting = clinic.ask("PHONE")
    planned = channel.plan(clinic.runtime, olga(clinic), made, Wish("hook", {"url": f"{hook.url}/b"}))
    assert planned.waits == 1
    channel.save(clinic.runtime, olga(clinic), made, planned.draft)
    with pytest.raises(optin.Refused, match="leads elsewhere"):
        clinic.approve(waiting, OFFICER)


def test_taking_a_channel_out_of_use_suspends_what_it_carried_in_the_name_of_who_did(
    clinic: Clinic, hook: WebhookVendor
) -> None:
    made, optin_id = opened(clinic, hook)
    clinic.tenant.set(routes=[])
    channel.remove(clinic.runtime, olga(clinic), made)
    shown = clinic.shown(optin_id)
    assert (shown.state, shown.state_by) == ("suspended", OPERATOR)
