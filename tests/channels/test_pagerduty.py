"""PagerDuty's Events API v2: one alert an incident, opened and closed through the same key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from channels import pagerduty
from channels.contract import Delivered, Reason, Rejected, Retry, SafeText, Sender
from channels.kit import Kit
from channels.pagerduty import SPEC, PagerDutyConfig
from router.local.vendors.base import Fault
from router.local.vendors.pagerduty import PagerDutyVendor, problems_of
from tests.channels import exam

KEY = "R0123456789abcdef0123456789SECRT"
DEDUP = "alertveil-acme-health-8d7f3c0e-6c53-4f1f-9a53-0a0b0c0d0e0f"


def elsewhere(_: Mapping[str, Any], host: str, port: int) -> Mapping[str, Any]:
    bracketed = f"[{host}]" if ":" in host else host
    scheme = "http" if host.startswith("127.") or port > 10_000 else "https"
    return {"events_url": f"{scheme}://{bracketed}:{port}"}


class TestExam(exam.HttpExam):
    table = exam.Table(
        spec=SPEC,
        vendor=PagerDutyVendor,
        config=lambda vendor: {"events_url": vendor.url},
        secrets={"routing_key": KEY},
        # Only 202 with "success" in its body means that the event is queued.
        statuses={
            status: Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=status) for status in (200, 201, 204, 226)
        },
        lies=Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=200),
        place=elsewhere,
    )


@pytest.fixture
def vendor() -> Iterator[PagerDutyVendor]:
    with PagerDutyVendor() as vendor:
        yield vendor


@pytest.fixture
def sender(vendor: PagerDutyVendor) -> Iterator[Sender]:
    kit = Kit(exam.LOOPBACK)
    yield SPEC.open(PagerDutyConfig(events_url=vendor.url), {"routing_key": KEY}, kit)
    kit.close()


def test_an_incident_opens_is_acknowledged_and_closes_under_one_key(vendor: PagerDutyVendor, sender: Sender) -> None:
    for kind, status, state in [
        ("trigger", "open", "triggered"),
        ("acknowledge", "acknowledged", "acknowledged"),
        ("resolve", "resolved", "resolved"),
    ]:
        [outcome] = sender.send([exam.message(kind=kind, status=status, key=f"dlv-{kind}")])
        assert outcome == Delivered({"dedup_key": DEDUP}, DEDUP, 202)
        assert vendor.alerts == {(KEY, DEDUP): state}


def test_a_resolve_whose_trigger_never_left_sends_both_in_order(vendor: PagerDutyVendor, sender: Sender) -> None:
    sender.send([exam.message(kind="resolve", status="resolved", with_trigger=True)])
    assert [captured.json()["event_action"] for captured in vendor.received] == ["trigger", "resolve"]
    assert vendor.alerts == {(KEY, DEDUP): "resolved"}


def test_the_resolve_waits_until_its_trigger_was_taken(vendor: PagerDutyVendor, sender: Sender) -> None:
    vendor.faults.append(Fault(status=503))
    [outcome] = sender.send([exam.message(kind="resolve", status="resolved", with_trigger=True)])
    assert outcome == Retry(Reason.SERVER_ERROR, status=503)
    assert vendor.count == 1


def test_a_test_message_leaves_nobody_paged(vendor: PagerDutyVendor, sender: Sender) -> None:
    sender.send([exam.message(kind="test", summary="[TEST] alertveil: nothing is broken")])
    assert list(vendor.alerts.values()) == ["resolved"]
    assert vendor.received[0].json()["payload"]["summary"] == "[TEST] alertveil: nothing is broken"


def test_the_event_has_the_documented_fields(vendor: PagerDutyVendor, sender: Sender) -> None:
    sender.send(
        [
            exam.message(
                fields=(("service", "portal"), ("environment", "prod"), ("alertname", "Fhir"), ("reason", "theirs")),
                links=(("Runbook", "https://runbooks.example/fhir"),),
            )
        ]
    )
    event = vendor.received[0].json()
    assert event["client_url"] == "https://alertveil.example/i/INC-7K2M4Q"
    assert event["links"] == [{"href": "https://runbooks.example/fhir", "text": "Runbook"}]
    assert event["payload"]["severity"] == "critical"
    assert event["payload"]["timestamp"] == "2026-01-05T10:04:00Z"
    assert {name: event["payload"][name] for name in ("component", "group", "class")} == {
        "component": "portal",
        "group": "prod",
        "class": "Fhir",
    }
    assert event["payload"]["custom_details"]["label_reason"] == "theirs"
    assert event["payload"]["summary"] == exam.message().summary


def test_the_summary_and_the_key_are_tokens_even_when_the_details_are_not() -> None:
    [event] = pagerduty.events(exam.message(title=exam.PATIENT[0]))
    assert not any(word in event["payload"]["summary"] + event["dedup_key"] for word in exam.PATIENT)
    assert exam.PATIENT[0] in event["payload"]["custom_details"]["description"]


def test_a_summary_of_any_length_fits() -> None:
    [event] = pagerduty.events(exam.message(summary=SafeText("ä" * 5000)))
    assert len(event["payload"]["summary"]) == 1024


def test_an_event_over_the_limit_loses_its_details_and_still_goes_out() -> None:
    [event] = pagerduty.events(exam.message(fields=tuple((f"l{n}", SafeText("ü" * 7000)) for n in range(60))))
    body = pagerduty.encode(event, KEY)
    assert problems_of(json.loads(body), len(body)) == []
    assert list(json.loads(body)["payload"]["custom_details"]) == ["note"]


def test_an_unknown_routing_key_switches_the_channel_off(vendor: PagerDutyVendor, sender: Sender) -> None:
    vendor.bad_keys.add(KEY)
    assert sender.send([exam.message()]) == [Rejected(Reason.CREDENTIAL, disable=True, status=400)]


def test_a_400_about_one_event_is_final_for_that_event(vendor: PagerDutyVendor, sender: Sender) -> None:
    vendor.faults.append(Fault(status=400, body=b'{"status":"invalid event","errors":["\'payload.source\' is blank"]}'))
    assert sender.send([exam.message()]) == [Rejected(Reason.REFUSED, status=400)]


def test_a_202_without_success_in_its_body_is_not_believed(vendor: PagerDutyVendor, sender: Sender) -> None:
    vendor.faults.append(Fault(status=202, body=b"<html>Welcome to the proxy</html>"))
    assert sender.send([exam.message()]) == [Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=202)]


@pytest.mark.parametrize("given", ["", "/", "/v2/enqueue"])
def test_the_events_url_may_name_the_host_or_the_endpoint(vendor: PagerDutyVendor, given: str) -> None:
    kit = Kit(exam.LOOPBACK)
    sender = SPEC.open(PagerDutyConfig(events_url=vendor.url + given), {"routing_key": KEY}, kit)
    assert isinstance(sender.send([exam.message()])[0], Delivered)
    kit.close()


def test_an_opt_in_is_bound_to_a_hash_of_the_key() -> None:
    identity = SPEC.identity(PagerDutyConfig(), {"routing_key": KEY})
    assert identity != SPEC.identity(PagerDutyConfig(), {"routing_key": KEY[::-1]})
    assert KEY not in str(identity)
