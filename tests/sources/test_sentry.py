"""Sentry's webhooks: what fires, what ends it, whose signature it carries, and what of an event is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from router.sources.contract import WrongShape
from tests.sources.canary import (
    EMAIL,
    LEVELS,
    MRN,
    NAME,
    SAID,
    edge,
    leaks,
    one,
    parse,
    rubbish,
    shows,
    taken_or_refused,
)

EVENT: dict[str, Any] = {
    "event_id": "5d3b9e1a0c7f4e6b8a2d1c0f9e8d7c6b",
    "issue_id": "7781",
    "issue_url": "https://sentry.example.test/api/0/organizations/acme/issues/7781/",
    "level": "error",
    "platform": "python",
    "timestamp": 1767607200.5,
    "title": f"ValueError: bad DOB 1971-02-30 for {NAME}",
    "culprit": "intake.views.create",
    "web_url": "https://sentry.example.test/organizations/acme/issues/7781/events/5d3b9e1a0c7f4e6b8a2d1c0f9e8d7c6b/",
    "environment": "prod",
    "release": "intake@3.1.0",
    "metadata": {"type": "ValueError", "value": SAID, "filename": "intake/views.py", "function": "create"},
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "value": SAID,
                "stacktrace": {
                    "frames": [
                        {
                            "filename": "intake/views.py",
                            "module": "intake.views",
                            "function": "create",
                            "lineno": 214,
                            "in_app": True,
                            "context_line": f"raise ValueError('{NAME}')",
                            "vars": {"mrn": MRN, "name": NAME},
                        }
                    ]
                },
            }
        ]
    },
    "user": {"email": EMAIL, "ip_address": "192.0.2.10"},
    "request": {
        "url": f"https://app.example.test/patients?mrn={MRN}",
        "method": "POST",
        "headers": [["Cookie", f"patient={EMAIL}"], ["User-Agent", "Mozilla/5.0"]],
        "cookies": [["patient", EMAIL]],
        "data": {"name": NAME},
    },
    "contexts": {"trace": {"trace_id": "a0fa8803753e40fd8124b21eeb2986b5", "op": "http.server"}},
    "breadcrumbs": {"values": [{"category": "query", "message": f"SELECT 1 WHERE name = '{NAME}'"}]},
    "tags": [["environment", "prod"], ["user", f"email:{EMAIL}"]],
    "extra": {"patient": NAME},
    "modules": {"django": "5.0"},
}
ISSUE: dict[str, Any] = {
    "id": "7781",
    "shortId": "INTAKE-4Z",
    "title": f"ValueError: bad DOB for {NAME}",
    "culprit": "intake.views.create",
    "level": "error",
    "platform": "python",
    "status": "resolved",
    "substatus": "ongoing",
    "metadata": {"type": "ValueError", "value": SAID, "title": SAID},
    "project": {"id": "1", "name": "Intake", "slug": "intake", "platform": "python"},
    "web_url": "https://sentry.example.test/organizations/acme/issues/7781/",
    "count": "12",
    "userCount": 3,
    "firstSeen": "2026-01-05T09:00:00Z",
    "lastSeen": "2026-01-05T10:00:00Z",
    "assignedTo": {"type": "user", "name": NAME, "email": EMAIL},
}
METRIC: dict[str, Any] = {
    "id": "4",
    "identifier": "4",
    "status": 20,
    "date_started": "2026-01-05T09:55:00Z",
    "date_closed": None,
    "projects": ["intake"],
    "alert_rule": {"id": "9", "name": "Error rate", "environment": "prod", "aggregate": "count()", "created_by": NAME},
}


def hook(action: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    actor = {"id": 7, "name": NAME, "type": "user"}
    return {
        "action": action,
        "actor": actor,
        "installation": {"uuid": "00000000-0000-4000-8000-000000000001"},
        "data": data,
    }


RULE = hook("triggered", event=EVENT, triggered_rule="API errors")
ALERT = {"metric_alert": METRIC, "description_title": f"Critical: Error rate {EMAIL}", "description_text": "12 errors"}
PLUGIN = {
    "id": "7781",
    "project": "intake",
    "project_slug": "intake",
    "level": "fatal",
    "culprit": "intake.views.create",
    "message": SAID,
    "url": "https://sentry.example.test/organizations/acme/issues/7781/",
    "triggering_rules": ["API errors"],
    "event": {name: value for name, value in EVENT.items() if name != "issue_id"},
}


def test_an_alert_rule_fires_and_the_issues_end_resolves_it() -> None:
    fired, ended = one("sentry", RULE), one("sentry", hook("resolved", issue=ISSUE))
    assert (fired.signal, fired.severity, ended.signal) == ("firing", "error", "resolved")
    assert fired.dedup_key == ended.dedup_key == one("sentry", PLUGIN).dedup_key == "issue 7781"
    assert fired.labels["alertname"] == ended.labels["alertname"] == "ValueError"
    assert (fired.labels["rule"], fired.labels["environment"]) == ("API errors", "prod")
    assert [text for text, _ in fired.links] == ["Event"]
    assert fired.description == "in create (intake/views.py:214)"


@pytest.mark.parametrize(
    ("action", "signal"),
    [
        ("created", "firing"),
        ("unresolved", "firing"),
        ("assigned", "acknowledged"),
        ("archived", "resolved"),
        ("ignored", "resolved"),
    ],
)
def test_what_happens_to_an_issue(action: str, signal: str) -> None:
    assert one("sentry", hook(action, issue=ISSUE)).signal == signal


@pytest.mark.parametrize(
    ("action", "signal", "severity"),
    [("critical", "firing", "critical"), ("warning", "firing", "warning"), ("resolved", "resolved", "error")],
)
def test_a_metric_alert_says_how_bad_it_is_by_its_action(action: str, signal: str, severity: str) -> None:
    alert = one("sentry", hook(action, **ALERT))
    assert (alert.signal, alert.severity, alert.dedup_key) == (signal, severity, "metric 4")
    assert alert.labels == {"alertname": "Error rate", "environment": "prod", "project": "intake"}


def test_two_events_of_an_issue_are_two_alerts_and_one_sent_again_is_one() -> None:
    other = hook("triggered", event={**EVENT, "event_id": "0" * 32}, triggered_rule="API errors")
    assert one("sentry", RULE) == one("sentry", RULE)
    assert one("sentry", RULE).episode != one("sentry", other).episode
    assert one("sentry", hook("critical", **ALERT)).episode != one("sentry", hook("warning", **ALERT)).episode


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_a_patient_is_kept_and_where_it_broke_is(level: Any) -> None:  # noqa: ANN401 - a level
    bodies = [RULE, PLUGIN, hook("created", issue=ISSUE), hook("critical", **ALERT)]
    alerts = [alert for body in bodies for alert in edge("sentry", body, level)]
    assert not leaks(alerts)
    details = alerts[0]["details"]
    frame = details["exception"][0]["frames"][0]
    assert (details["exception"][0]["type"], frame["filename"]) == ("ValueError", "intake/views.py")
    assert (frame["function"], frame["lineno"]) == ("create", 214)
    assert details["contexts"]["trace"]["trace_id"] == "a0fa8803753e40fd8124b21eeb2986b5"
    assert "cookies" not in details["request"]
    assert "modules" not in details
    assert alerts[2]["details"]["shortId"] == "INTAKE-4Z"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "created", "installation": {"uuid": "1"}, "data": {"installation": {"status": "installed"}}},
        hook("created", comment=SAID, issue_id=1),
        hook("created", comment={"id": 1}, issue=ISSUE),
    ],
)
def test_what_is_no_alert_is_taken_and_none(body: object) -> None:
    assert parse("sentry", body) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "the body"),
        ({"action": "x"}, "data: expected"),
        ({"action": "x", "data": {"what": 1}}, "data: expected one of"),
        (hook(NAME, issue=ISSUE), "action: expected one of"),
        (hook("created", issue={"title": NAME}), "data.issue.id"),
        (hook(NAME, metric_alert=METRIC), "action: expected one of"),
    ],
)
def test_another_shape_is_named_and_not_repeated(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse("sentry", body)
    assert not leaks(str(caught.value))


def test_the_signature_of_an_integration() -> None:
    body = b'{"action":"triggered","installation":{"uuid":"00000000-0000-4000-8000-000000000001"},"data":{}}'
    made = b"ccb15c42f4599c1adb2be079887addee962d7c379dc641965df205b87ceb2a45"
    secret, header = b"sentry-client-secret-test", b"sentry-hook-signature"
    assert shows("sentry", secret, {header: made}, body)
    assert not shows("sentry", secret, {header: made}, body.replace(b"triggered", b"resolved"))
    assert not shows("sentry", b"another", {header: made}, body)


@given(
    rubbish("action", "data", "event", "issue", "metric_alert", "exception", "values", "tags", "stacktrace", "frames")
)
def test_any_body_is_taken_or_refused(body: object) -> None:
    taken_or_refused("sentry", body)
