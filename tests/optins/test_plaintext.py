"""Plaintext leaves only where two people said so, only of the types they named, and only through a committed grant."""

from __future__ import annotations

from router.local.vendors.webhook import WebhookVendor
from tests.flow.builder import EMAIL, Edge, Superuser, Worker
from tests.optins.conftest import PHONE, Clinic, bounced, told


def test_an_opted_in_channel_gets_the_types_that_were_named_and_tokens_of_the_others(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    optin_id = clinic.opt_in("EMAIL")
    bounced(clinic, edge, text=f"mail to {EMAIL} and call {PHONE}")
    worker.drain(*edge.rung)
    (message,) = told(hook)
    assert EMAIL in message["description"]
    assert PHONE not in message["description"]
    assert "<PHONE_" in message["description"]
    assert message["mode"] == "plaintext"
    (row,) = clinic.tenant.rows("SELECT mode, policy, optin_id FROM attempts WHERE outcome = 'delivered'")
    assert tuple(row) == ("plaintext", "plaintext: opted in", optin_id)
