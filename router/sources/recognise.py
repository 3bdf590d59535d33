"""Tells a source's body by its shape, and says which of its fields are structure, for files that name no source."""

from __future__ import annotations

from typing import Any, Final

from router.sources import alertmanager, pagerduty
from router.sources.contract import Roles


def recognise(value: Any) -> Roles | None:  # noqa: ANN401 - any JSON value
    """The roles of the fields of this body as it stands on the wire; None: no shape that is known here.

    What passes is less than at the edge, where a source is configured: only what the shape makes certain.
    """
    if not isinstance(value, dict):
        return None
    alerts = value.get("alerts")
    if isinstance(alerts, list) and alerts and all(_is_alert(alert) for alert in alerts):
        return _ALERTMANAGER
    if value.get("event_action") in {"trigger", "acknowledge", "resolve"} and "routing_key" in value:
        return _PAGERDUTY
    return None


def _is_alert(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, dict) and isinstance(value.get("labels"), dict) and "startsAt" in value


def _below(roles: Roles, *prefixes: str) -> Roles:
    """The roles of labels, where a body holds them."""
    labels = {path.removeprefix("labels."): role for path, role in roles.items() if path.startswith("labels.")}
    return {f"{prefix}.{name}": role for prefix in prefixes for name, role in labels.items()}


_ALERTMANAGER: Final[Roles] = {
    **_below(alertmanager.FORMAT.roles, "alerts.*.labels", "commonLabels", "groupLabels"),
    "status": "enum",
    "version": "number",
    "receiver": "name",
    "externalURL": "url",
    "truncatedAlerts": "number",
    "alerts.*.status": "enum",
    "alerts.*.startsAt": "time",
    "alerts.*.endsAt": "time",
    "alerts.*.fingerprint": "id",
    "alerts.*.generatorURL": "url",
}

_PAGERDUTY: Final[Roles] = {
    **_below(pagerduty.FORMAT.roles, "payload"),
    "event_action": "enum",
    "client": "name",
    "client_url": "url",
    "payload.severity": "enum",
    "payload.timestamp": "time",
    "links.*.href": "url",
}
