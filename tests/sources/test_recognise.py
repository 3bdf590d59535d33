"""Files that name no source: a vendor's body is known by its shape, and then its structure passes at `strict`."""

from __future__ import annotations

import io
from typing import Any

import orjson
import pytest
from hypothesis import given

from router.privacy.rules import compile_rules
from router.privacy.scrub import scrub_ndjson
from router.privacy.tokens import ThrowawayMint
from router.sources.recognise import recognise
from tests.sources.canary import leaks, rubbish
from tests.sources.test_cloudwatch import ALARM, EVENT, sns
from tests.sources.test_datadog import DEFAULT, OURS
from tests.sources.test_grafana import WEBHOOK as GRAFANA
from tests.sources.test_opsgenie import CREATE
from tests.sources.test_opsgenie import WEBHOOK as OPSGENIE
from tests.sources.test_sentry import ALERT, ISSUE, RULE, hook
from tests.sources.test_sentry_sdk import EVENT as OF_SDK

BODIES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "grafana": (GRAFANA, ("Queue depth", "c0ffee0011223344", "ab12cd34ef")),
    "sentry rule": (RULE, ("5d3b9e1a0c7f4e6b8a2d1c0f9e8d7c6b", "intake/views.py", "ValueError", "intake.views.create")),
    "sentry issue": (hook("created", issue=ISSUE), ("INTAKE-4Z", "ValueError", "intake.views.create")),
    "sentry metric": (hook("critical", **ALERT), ("2026-01-05T09:55:00Z", "count()")),
    "sentry event": (OF_SDK, ("5d3b9e1a0c7f4e6b8a2d1c0f9e8d7c6b", "intake/views.py", "intake@3.1.0")),
    "datadog": (OURS, ("Triggered", "8842551903", "1767607200000")),
    "datadog default": (DEFAULT, ("query_alert_monitor", "1767607200000")),
    "sns": (sns(ALARM), ("Notification", "6c1a7a3e-0000-5000-8000-000000000001", "2026-01-05T10:00:01.000Z")),
    "alarm": (ALARM, ("portal-5xx-critical", "111122223333", "HTTPCode_ELB_5XX", "AWS/ApplicationELB")),
    "eventbridge": (EVENT, ("c4c1c1c9-6542-e61b-6ef0-8c4d36933a92", "portal-5xx-critical")),
    "opsgenie": (CREATE, ("P2",)),
    "opsgenie webhook": (OPSGENIE, ("052652ac-5d1c-464a-812a-7dd18bbfba8c-1767607200000", "Create")),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_known_body_keeps_its_structure_and_nothing_of_a_patient(what: str) -> None:
    body, kept = BODIES[what]
    target = io.BytesIO()
    line = orjson.dumps(body)
    assert recognise(body) is not None
    assert scrub_ndjson(io.BytesIO(line), target, compile_rules("strict"), ThrowawayMint(), recognise) == 1
    out = target.getvalue().decode()
    assert [value for value in kept if value not in out] == []
    assert not leaks(out)
    assert set(orjson.loads(out)) == set(body), "a file keeps its fields"


@pytest.mark.parametrize(
    "body", [{}, [], "x", {"message": "x"}, {"alerts": []}, {"data": {}, "action": "x"}, {"type": 1}]
)
def test_what_is_of_no_shape_is_not_guessed(body: object) -> None:
    assert recognise(body) is None


@given(
    rubbish("data", "action", "event", "alerts", "alert", "priority", "message", "alias", "event_action", "routing_key")
)
def test_any_value_is_known_or_not(body: object) -> None:
    assert recognise(body) is None or isinstance(body, dict)
