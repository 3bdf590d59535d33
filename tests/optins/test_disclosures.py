"""What left in plaintext is found by its value, its channel and its opt-in's vendor, and stands in the evidence."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

from router.core.quarter import Quarter
from router.flow import disclosures as flow
from router.flow import evidence
from router.flow.disclosures import Asker, Disclosure, Question
from router.local.vendors.base import Fault
from router.local.vendors.webhook import WebhookVendor
from tests.flow.builder import EMAIL, Edge, Superuser, Worker
from tests.optins.conftest import PHONE, Clinic, bounced


def search(clinic: Clinic, by: flow.By, what: str) -> list[Disclosure]:
    return flow.search(clinic.runtime, clinic.tenant_id, Question(by, what), Asker("host:ops"))


def test_a_plaintext_delivery_is_found_by_the_value_that_left(clinic: Clinic, edge: Edge, worker: Worker) -> None:
    optin_id = clinic.opt_in("EMAIL")
    receipt = bounced(clinic, edge, text=f"mail to {EMAIL} and call {PHONE}")
    worker.drain(*edge.rung)
    (found,) = search(clinic, "value", EMAIL.upper())
    assert (found.kind, found.who, found.incident_id) == ("delivery", "service:delivery", receipt.incident_id)
    assert (found.channel, found.vendor, found.optin_id, found.baa_id) == (
        "hook", "Acme Hooks", optin_id, clinic.baa_id,
    )  # fmt: skip
    assert (found.revision, found.attempt, found.outcome) == (1, 1, "delivered")
    assert search(clinic, "channel", "hook") == search(clinic, "vendor", "acme hooks")
    assert search(clinic, "value", PHONE) == []


def test_each_attempt_is_a_disclosure_of_its_own_with_what_came_of_it(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic.opt_in("EMAIL")
    hook.faults.append(Fault(status=503))
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    superuser.due_now()
    worker.drain(clinic.tenant.lane("hook"))
    assert [(row.attempt, row.outcome) for row in search(clinic, "value", EMAIL)] == [(2, "delivered"), (1, "retry")]


def test_what_was_refused_to_a_channel_is_no_disclosure(clinic: Clinic, edge: Edge, worker: Worker) -> None:
    clinic.revoke(clinic.opt_in("EMAIL"))
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    assert search(clinic, "value", EMAIL) == []


def test_the_evidence_tells_of_opt_ins_and_what_left_under_them(
    clinic: Clinic, edge: Edge, worker: Worker, tmp_path: Path
) -> None:
    optin_id = clinic.opt_in("EMAIL")
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    wanted = evidence.Wanted(Quarter.of(datetime.now(UTC)), "host:ops")
    evidence.export(clinic.runtime, clinic.tenant_id, tmp_path / "e.zip", wanted)
    with zipfile.ZipFile(tmp_path / "e.zip") as archive:
        files = {name.partition("/")[2]: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    for name in ("optins/optins.csv", "optins/history.csv", "disclosures/disclosures.csv", "inventory/channels.csv"):
        assert str(optin_id) in files[name], name
    assert str(clinic.baa_id) in files["optins/baas.csv"]
    assert "plaintext of some types" in files["inventory/channels.csv"]
    assert not any(EMAIL in content for content in files.values())
