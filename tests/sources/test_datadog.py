"""Datadog's webhook: our template, Datadog's default, and what a template of somebody's own may say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from router.sources.contract import WrongShape
from tests.sources.canary import EMAIL, LEVELS, NAME, SAID, edge, leaks, one, parse, rubbish, taken_or_refused

OURS: dict[str, Any] = {
    "dd": "v1",
    "transition": "Triggered",
    "cycle_key": "8842551903",
    "aggreg_key": "f1e2d3c4",
    "monitor_id": "123456",
    "event_id": "7312345678901234567",
    "title": "Login failures high",
    "message": f"%%%\n5 failures for {NAME}\n%%%",
    "status": f"login.failures over user:{EMAIL} was > 5.0 on average during the last 5m",
    "priority": "P2",
    "type": "error",
    "scope": f"service:portal,user:{EMAIL}",
    "tags": f"env:prod,monitor,service:portal,user:{EMAIL}",
    "hostname": "$HOSTNAME",
    "date": "1767607200000",
    "link": "https://app.datadoghq.com/monitors/123456?to_ts=1767607300000",
    "org_id": "42",
}
DEFAULT: dict[str, Any] = {
    "body": f"%%%\n{SAID}\n%%%",
    "last_updated": "1767607200000",
    "event_type": "query_alert_monitor",
    "title": f"[P1] [Triggered on {{host:web-1,user:{EMAIL}}}] Queue depth",
    "date": "1767607200000",
    "org": {"id": "42", "name": f"Clinic of {NAME}"},
    "id": "7312345678901234567",
}


def test_our_template_becomes_an_alert_with_its_tags_as_labels() -> None:
    alert = one("datadog", OURS)
    assert (alert.signal, alert.severity, alert.title) == ("firing", "error", "Login failures high")
    assert alert.labels == {"env": "prod", "service": "portal", "user": EMAIL, "alertname": "Login failures high"}
    assert alert.description == f"5 failures for {NAME}"
    assert alert.details["tags"] == ["monitor"]
    assert [text for text, _ in alert.links] == ["Datadog"]


@pytest.mark.parametrize(
    ("transition", "signal"),
    [
        ("Re-Triggered", "firing"),
        ("No Data", "firing"),
        ("Renotify", "firing"),
        ("Warn", "firing"),
        ("Recovered", "resolved"),
    ],
)
def test_a_transition_and_its_cycle(transition: str, signal: str) -> None:
    alert = one("datadog", {**OURS, "transition": transition, "event_id": "2", "title": "[Recovered] other words"})
    assert (alert.signal, alert.dedup_key) == (signal, one("datadog", OURS).dedup_key)


def test_a_retry_is_the_same_alert_and_a_renotification_another() -> None:
    again = one("datadog", {**OURS, "transition": "Renotify", "event_id": "7312345678901234568"})
    assert one("datadog", OURS) == one("datadog", OURS)
    assert again.episode != one("datadog", OURS).episode


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"priority": "P1"}, "critical"),
        ({"transition": "Warn", "priority": "P1"}, "warning"),
        ({"priority": "$ALERT_PRIORITY", "type": "warning"}, "warning"),
        ({"priority": "normal", "type": "info"}, "info"),
        ({"priority": "", "type": "$ALERT_TYPE"}, "error"),
    ],
)
def test_severity(more: dict[str, str], severity: str) -> None:
    assert one("datadog", {**OURS, **more}).severity == severity


def test_datadogs_default_says_it_all_in_its_title() -> None:
    fired = one("datadog", DEFAULT)
    ended = one("datadog", {**DEFAULT, "title": f"[Recovered on {{host:web-1,user:{EMAIL}}}] Queue depth", "id": "9"})
    tried = one("datadog", {**DEFAULT, "title": "[TEST] [P3] [Recovered on {host:web-1}] Queue depth"})
    assert (tried.signal, tried.title) == ("resolved", "Queue depth")
    elsewhere = one("datadog", {**DEFAULT, "title": "[Triggered on {host:web-2}] Queue depth"})
    assert (fired.signal, ended.signal) == ("firing", "resolved")
    assert fired.dedup_key == ended.dedup_key != elsewhere.dedup_key
    assert (fired.title, fired.labels["host"], fired.labels["alertname"]) == ("Queue depth", "web-1", "Queue depth")


def test_names_of_variables_are_understood_in_any_spelling() -> None:
    spelt = {"ALERT_TRANSITION": "Recovered", "$ALERT_CYCLE_KEY": "8842551903", "alert_title": "Login failures high"}
    alert = one("datadog", {**spelt, "text_only_msg": "over", "$TAGS[env]": "prod"})
    assert (alert.signal, alert.dedup_key) == ("resolved", one("datadog", OURS).dedup_key)
    assert (alert.title, alert.description) == ("Login failures high", "over")


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_a_patient_is_kept(level: Any) -> None:  # noqa: ANN401 - a level
    more = {"logs_sample": {"m": SAID}, "snapshot": "https://p.datadoghq.com/zebulon.png", "user": NAME}
    alerts = [*edge("datadog", {**OURS, **more}, level), *edge("datadog", DEFAULT, level)]
    assert not leaks(alerts)
    assert {"logs_sample", "snapshot", "user", "dd"}.isdisjoint(alerts[0]["details"])
    assert (alerts[0]["details"]["transition"], alerts[0]["details"]["monitor_id"]) == ("Triggered", "123456")
    assert "org" not in alerts[1]["details"] or "name" not in alerts[1]["details"]["org"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "the body"),
        ({"transition": NAME, "title": "x"}, "transition: expected"),
        ({"transition": "Triggered", "title": "$ALERT_TITLE", "message": ""}, "title: expected"),
        ({NAME: 1}, "title: expected"),
    ],
)
def test_another_shape_is_named_and_not_repeated(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse("datadog", body)
    assert not leaks(str(caught.value))


@given(rubbish("transition", "title", "tags", "date", "priority", "scope", "message", "event_title", "cycle_key", "$X"))
def test_any_body_is_taken_or_refused(body: object) -> None:
    taken_or_refused("datadog", body)
