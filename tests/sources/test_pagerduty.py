"""PagerDuty's Events v2 shape: trigger, acknowledge, resolve, and a routing key that goes nowhere."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from router.sources.contract import RawAlert, WrongShape
from router.sources.registry import FORMATS

NOW = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"

EVENT: dict[str, Any] = {
    "routing_key": KEY,
    "event_action": "trigger",
    "dedup_key": "portal/login/42",
    "payload": {
        "summary": "Login failures for jane.roe@example.test",
        "source": "portal-web-1",
        "severity": "error",
        "timestamp": "2026-01-05T10:00:00Z",
        "component": "auth",
        "custom_details": {"mrn": "00482913", "count": 5},
    },
    "links": [{"href": "https://runbooks.example.test/auth", "text": "Runbook"}, {"href": "javascript:x"}, "odd"],
    "images": [{"src": "https://img.example.test/1.png"}],
    "client": "portal",
    "client_url": "https://portal.example.test",
}


def parse(body: object) -> RawAlert:
    (alert,) = FORMATS["pagerduty"].parse(orjson.dumps(body), {}, NOW)
    return alert


def test_a_trigger() -> None:
    alert = parse(EVENT)
    assert (alert.signal, alert.severity, alert.dedup_key) == ("firing", "error", "portal/login/42")
    assert alert.title == "Login failures for jane.roe@example.test"
    assert alert.labels == {"source": "portal-web-1", "component": "auth"}
    assert alert.details == {"mrn": "00482913", "count": 5, "client": "portal"}
    assert alert.links == (
        ("Runbook", "https://runbooks.example.test/auth"),
        ("Image", "https://img.example.test/1.png"),
        ("Client", "https://portal.example.test"),
    )
    assert alert.starts_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert alert.episode == "", "the time of an event is no time of its problem: every repeat has another"


def test_the_routing_key_is_in_no_field() -> None:
    alert = parse(EVENT)
    assert KEY not in repr([getattr(alert, name) for name in alert.__dataclass_fields__])


@pytest.mark.parametrize(("action", "signal"), [("acknowledge", "acknowledged"), ("resolve", "resolved")])
def test_what_follows_a_trigger_needs_no_payload(action: str, signal: str) -> None:
    alert = parse({"routing_key": KEY, "event_action": action, "dedup_key": "k"})
    assert (alert.signal, alert.dedup_key) == (signal, "k")


def test_odd_parts_are_kept_as_details() -> None:
    alert = parse(
        {
            "event_action": "trigger",
            "payload": {"summary": "s", "source": ["a"], "extra": 1, "custom_details": "text"},
            "more": 2,
        }
    )
    assert alert.details == {"custom_details": "text", "payload": {"extra": 1, "source": ["a"]}, "more": 2}
    assert alert.dedup_key == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([EVENT], "the body"),
        ({}, "event_action"),
        ({"event_action": "Zebulon"}, "event_action"),
        ({"event_action": ["trigger"]}, "event_action"),
        ({"event_action": "trigger"}, "payload.summary"),
        ({"event_action": "trigger", "payload": {"summary": "  "}}, "payload.summary"),
        ({"event_action": "trigger", "payload": "Zebulon"}, "payload: expected"),
        ({"event_action": "resolve"}, "dedup_key"),
        ({"event_action": "resolve", "dedup_key": 7}, "dedup_key"),
    ],
)
def test_an_event_that_pagerduty_would_refuse_is_refused(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse(body)
    assert "Zebulon" not in str(caught.value)
