"""Grafana's webhook: unified alerting per alert, dashboards' alerts before it, and a contact point's signature."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from tests.sources.canary import EMAIL, LEVELS, SAID, edge, leaks, one, parse, rubbish, shows, taken_or_refused

FIRING: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "Queue depth", "grafana_folder": "Lab feeds", "queue": "hl7-in", "user": EMAIL},
    "annotations": {"summary": "HL7 queue is growing", "description": SAID},
    "startsAt": "2026-01-05T10:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "https://grafana.example.test/alerting/grafana/abc/view?orgId=1",
    "fingerprint": "c0ffee0011223344",
    "silenceURL": "https://grafana.example.test/alerting/silence/new?matcher=user%3Dzq.canary%40leakmail.test",
    "dashboardURL": "https://grafana.example.test/d/hl7?orgId=1",
    "panelURL": "",
    "imageURL": "https://grafana.example.test/shots/zebulon-quackenbush.png",
    "embeddedImage": "aVZCT1J3MEtHZ28=",
    "values": {"A": 3, "B": 12.5},
    "valueString": f"[ var='A' labels={{user={EMAIL}}} value=3 ]",
    "ruleUID": "ab12cd34ef",
    "orgId": 1,
}
RESOLVED = {**FIRING, "status": "resolved", "endsAt": "2026-01-05T10:12:00Z"}
WEBHOOK: dict[str, Any] = {
    "receiver": "router",
    "status": "firing",
    "orgId": 1,
    "version": "1",
    "groupKey": '{}:{alertname="Queue depth"}',
    "truncatedAlerts": 2,
    "title": "[FIRING:1, RESOLVED:1] Queue depth " + EMAIL,
    "state": "alerting",
    "message": SAID,
    "externalURL": "https://grafana.example.test/",
    "groupLabels": {"alertname": "Queue depth"},
    "commonLabels": {"alertname": "Queue depth"},
    "commonAnnotations": {},
    "alerts": [FIRING, {**RESOLVED, "fingerprint": "1122334455667788"}],
}
DASHBOARD: dict[str, Any] = {
    "dashboardId": 1,
    "evalMatches": [{"value": 91.5, "metric": "disk", "tags": {"patient": EMAIL}}],
    "imageUrl": "https://grafana.example.test/shots/zebulon.png",
    "message": SAID,
    "orgId": 1,
    "panelId": 2,
    "ruleId": 7,
    "ruleName": "Disk of the archive",
    "ruleUrl": "https://grafana.example.test/d/hZ7BuVbWz/archive?tab=alert",
    "state": "alerting",
    "tags": {"service": "archive", "severity": "critical"},
    "title": "[Alerting] Disk of the archive",
}


def test_each_alert_is_read_by_itself_with_its_links_and_without_pictures() -> None:
    firing, resolved = parse("grafana", WEBHOOK)
    assert (firing.signal, resolved.signal) == ("firing", "resolved")
    assert firing.title == "Queue depth: HL7 queue is growing"
    assert [text for text, _ in firing.links] == ["Source", "Dashboard", "Silence", "Grafana"]
    assert set(firing.details) == {"values", "valueString", "ruleUID", "orgId", "truncatedAlerts"}


def test_a_resolve_ends_the_episode_that_fired() -> None:
    again = {**WEBHOOK, "alerts": [FIRING]}
    firing, end = one("grafana", again), one("grafana", {**WEBHOOK, "alerts": [RESOLVED]})
    assert firing.dedup_key == end.dedup_key
    assert end.episode.startswith(firing.episode)
    assert one("grafana", again) == firing, "sent again it is the same"


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_a_patient_is_kept_and_structure_is(level: Any) -> None:  # noqa: ANN401 - a level
    alerts = [*edge("grafana", WEBHOOK, level), *edge("grafana", DASHBOARD, level)]
    assert not leaks(alerts)
    assert alerts[0]["labels"]["alertname"] == "Queue depth"
    assert alerts[0]["details"]["ruleUID"] == "ab12cd34ef"
    assert alerts[0]["details"]["values"] == {"A": 3, "B": 12.5}
    assert alerts[2]["labels"]["severity"] == "critical"


@pytest.mark.parametrize(
    ("state", "signal"), [("alerting", "firing"), ("no_data", "firing"), ("ok", "resolved"), ("paused", None)]
)
def test_a_dashboards_alert_has_one_state(state: str, signal: str | None) -> None:
    alerts = parse("grafana", {**DASHBOARD, "state": state})
    assert [alert.signal for alert in alerts] == [signal] * (signal is not None)
    assert {alert.dedup_key for alert in alerts} <= {"rule 1/7"}


def test_a_payload_template_of_ones_own_is_read_like_plain_json() -> None:
    alert = one("grafana", {"title": "Queue", "state": "ok", "alert_uid": "q"})
    assert (alert.title, alert.signal, alert.dedup_key) == ("Queue", "resolved", "q")


def test_the_signature_of_a_contact_point() -> None:
    secret, body = b"grafana-secret-test", b'{"status":"firing"}'
    header = b"x-grafana-alerting-signature"
    plain = b"1eef98a43cc2e92d30d6fdfc14e7d9f0a6b22a06aaba6a6743db8fe1c3e706e4"
    assert shows("grafana", secret, {header: plain}, body)
    assert not shows("grafana", secret, {header: plain}, body + b" ")
    assert not shows("grafana", secret, {}, body)


@pytest.mark.parametrize(("at", "holds"), [("2026-01-05T10:02", True), ("2026-01-05T09:40", False)])
def test_a_signed_time_has_to_be_fresh(at: str, holds: bool) -> None:  # noqa: FBT001 - expected
    seconds = str(int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())).encode()
    made = hmac.new(b"s", seconds + b":{}", hashlib.sha256).hexdigest().encode()
    headers = {b"x-grafana-alerting-signature": made, b"x-signed-at": seconds}
    assert shows("grafana", b"s", headers, b"{}", timestamp_header="X-Signed-At") is holds
    assert not shows("grafana", b"s", headers, b"{}"), "without the header's name the time is not part of it"


@given(rubbish("alerts", "labels", "annotations", "status", "state", "ruleId", "ruleName", "tags", "values", "message"))
def test_any_body_is_taken_or_refused(body: object) -> None:
    taken_or_refused("grafana", body)
