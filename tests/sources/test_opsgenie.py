"""Opsgenie's Alert API and its outgoing webhook: one reading of both."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given

from router.sources import opsgenie
from router.sources.contract import Malformed, WrongShape
from tests.sources.canary import EMAIL, LEVELS, MRN, NAME, SAID, edge, leaks, one, parse, rubbish, taken_or_refused

CREATE: dict[str, Any] = {
    "message": f"Lab feed stalled for {NAME}",
    "alias": f"labfeed/{MRN}",
    "description": SAID,
    "priority": "P2",
    "source": "labfeed",
    "entity": "hl7-in",
    "tags": ["prod", EMAIL],
    "details": {"mrn": MRN, "queue": "hl7-in"},
    "responders": [{"name": NAME, "type": "user"}],
    "user": EMAIL,
    "note": SAID,
}
WEBHOOK: dict[str, Any] = {
    "action": "Create",
    "alert": {
        "alertId": "052652ac-5d1c-464a-812a-7dd18bbfba8c-1767607200000",
        "tinyId": "23",
        "alias": f"labfeed/{MRN}",
        "message": f"Lab feed stalled for {NAME}",
        "description": SAID,
        "details": {"mrn": MRN},
        "entity": "hl7-in",
        "priority": "P1",
        "source": EMAIL,
        "tags": ["prod"],
        "userId": "daed1180-0ce8-438b-8f8e-57e1a5920a2d",
        "username": EMAIL,
        "createdAt": 1767607200000,
        "updatedAt": 1767607200123000000,
    },
    "source": {"name": EMAIL, "type": "API"},
    "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d",
    "integrationName": "Alertveil",
    "integrationType": "Webhook",
}


def webhook(action: str, **more: object) -> dict[str, Any]:
    return {**WEBHOOK, "action": action, "alert": {**WEBHOOK["alert"], **more}}


def test_what_the_api_creates_the_api_and_the_webhook_end() -> None:
    created = one("opsgenie", CREATE)
    closed = one("opsgenie", opsgenie.action(b'{"note":"done"}', "close", CREATE["alias"]))
    acked = one("opsgenie", opsgenie.action(b"", "acknowledge", CREATE["alias"]))
    assert (created.signal, created.severity, acked.signal, closed.signal) == (
        "firing",
        "error",
        "acknowledged",
        "resolved",
    )
    assert created.dedup_key == closed.dedup_key == acked.dedup_key == one("opsgenie", webhook("Close")).dedup_key
    assert created.labels == {"entity": "hl7-in", "source": "labfeed"}


@pytest.mark.parametrize(
    ("action", "signals"),
    [
        ("Create", ["firing"]),
        ("Acknowledge", ["acknowledged"]),
        ("Close", ["resolved"]),
        ("Delete", ["resolved"]),
        ("UpdatePriority", ["firing"]),
        ("AddNote", []),
        ("Snooze", []),
    ],
)
def test_actions_of_the_webhook(action: str, signals: list[str]) -> None:
    assert [alert.signal for alert in parse("opsgenie", webhook(action))] == signals


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "critical"), ("P2", "error"), ("P3", "warning"), ("P4", "info"), ("P5", "info"), (None, "warning")],
)
def test_priorities_and_the_apis_default(priority: str | None, severity: str) -> None:
    assert one("opsgenie", {**CREATE, "priority": priority}).severity == severity


def test_a_webhook_sent_again_is_the_same_and_a_later_change_is_not() -> None:
    assert one("opsgenie", WEBHOOK) == one("opsgenie", WEBHOOK)
    later = one("opsgenie", webhook("UpdatePriority", updatedAt=1767607300123000000))
    assert later.episode != one("opsgenie", WEBHOOK).episode


def test_without_an_alias_the_alerts_own_id_is_its_identity() -> None:
    assert one("opsgenie", webhook("Close", alias="")).dedup_key == WEBHOOK["alert"]["alertId"]
    assert one("opsgenie", {"message": "x"}).dedup_key == ""


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_a_patient_is_kept(level: Any) -> None:  # noqa: ANN401 - a level
    alerts = [*edge("opsgenie", CREATE, level), *edge("opsgenie", WEBHOOK, level)]
    assert not leaks(alerts)
    assert alerts[0]["details"]["priority"] == "P2"
    assert {"user", "responders", "username", "userId"}.isdisjoint(alerts[0]["details"] | alerts[1]["details"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "the body"),
        ({"alias": NAME}, "message: expected"),
        ({"action": NAME, "alert": {}}, "action: expected"),
        ({"action": "Close", "alert": NAME}, "alert: expected"),
        ({"action": "Close", "alert": {"message": NAME}}, "alert.alias: expected"),
        ({"action": "Create", "alert": {"alias": NAME}}, "alert.message: expected"),
    ],
)
def test_another_shape_is_named_and_not_repeated(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse("opsgenie", body)
    assert not leaks(str(caught.value))


@pytest.mark.parametrize(("body", "error"), [(b"[]", WrongShape), (b'{"note":1,"note":2}', Malformed)])
def test_an_action_reads_its_body_strictly(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        opsgenie.action(body, "close", "alias")


@given(rubbish("action", "alert", "message", "alias", "priority", "details", "tags", "createdAt", "updatedAt"))
def test_any_body_is_taken_or_refused(body: object) -> None:
    taken_or_refused("opsgenie", body)


def test_an_alias_is_written_as_the_webhook_says_it() -> None:
    assert orjson.loads(opsgenie.action(b'{"user":"x","source":"cron"}', "close", "a/b")) == {
        "action": "close",
        "alert": {"alias": "a/b", "source": "cron"},
    }
