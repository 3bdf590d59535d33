"""PagerDuty's Events API v2: it checks events as documented and keeps what state each alert is in."""

from __future__ import annotations

import json
from typing import Any

from router.local.vendors.base import Captured, Fault, HttpVendor, Reply

_ACTIONS = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}
_SEVERITIES = {"critical", "error", "warning", "info"}
_SUMMARY, _DEDUP, _EVENT = 1024, 255, 512_000


class PagerDutyVendor(HttpVendor):
    """Takes POST /v2/enqueue (https://developer.pagerduty.com/docs/events-api-v2-overview).

    `alerts` is (routing key, dedup key) -> triggered, acknowledged or resolved. As with PagerDuty, a resolve of
    something that is not there is answered like any other and changes nothing.
    """

    kind = "pagerduty"

    def __init__(self, host: str = "127.0.0.1", port: int = 0, **rest: Any) -> None:  # noqa: ANN401 - as Vendor
        super().__init__(host, port, **rest)
        self.alerts: dict[tuple[str, str], str] = {}
        self.bad_keys: set[str] = set()

    def answer(self, captured: Captured, fault: Fault | None) -> Reply:
        """202, or 400 with what is wrong."""
        if captured.method != "POST" or captured.target != "/v2/enqueue":
            return Reply(404, b'{"status":"not found"}')
        if fault is not None and fault.status not in (None, 202):
            return Reply(fault.status, b'{"status":"fault"}')
        try:
            event = captured.json()
        except ValueError:
            return _invalid("The body is no JSON.")
        problems = problems_of(event, len(captured.body))
        if problems:
            return _invalid(*problems)
        if event["routing_key"] in self.bad_keys:
            return _invalid("Invalid routing key")
        place = (event["routing_key"], event.get("dedup_key") or f"made-up-{self.count}")
        if event["event_action"] == "trigger" or self.alerts.get(place, "resolved") != "resolved":
            self.alerts[place] = _ACTIONS[event["event_action"]]
        body = {"status": "success", "message": "Event processed", "dedup_key": place[1]}
        return Reply(202, json.dumps(body).encode())


def problems_of(event: Any, size: int) -> list[str]:  # noqa: ANN401 - what a client sent
    """What the API documents as wrong with an event."""
    if not isinstance(event, dict):
        return ["The event is no object."]
    found = []
    if not isinstance(event.get("routing_key"), str) or not event["routing_key"]:
        found.append("'routing_key' is missing or blank")
    if event.get("event_action") not in _ACTIONS:
        found.append("'event_action' is missing or unknown")
    if len(str(event.get("dedup_key") or "")) > _DEDUP:
        found.append("'dedup_key' is too long")
    if size > _EVENT:
        found.append("the event is too large")
    if event.get("event_action") == "trigger":
        payload = event.get("payload")
        if not isinstance(payload, dict):
            return [*found, "'payload' is missing"]
        if not isinstance(payload.get("summary"), str) or not 0 < len(payload["summary"]) <= _SUMMARY:
            found.append("'payload.summary' is missing, blank or too long")
        if not payload.get("source"):
            found.append("'payload.source' is missing or blank")
        if payload.get("severity") not in _SEVERITIES:
            found.append("'payload.severity' is invalid")
    elif not event.get("dedup_key"):
        found.append("'dedup_key' is missing or blank")
    return found


def _invalid(*errors: str) -> Reply:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return Reply(400, json.dumps(body).encode())
