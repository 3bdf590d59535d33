"""Tells a source's body by its shape, and says which of its fields are structure, for files that name no source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from router.sources import alertmanager, cloudwatch, datadog, grafana, opsgenie, pagerduty, sentry, sentry_event
from router.sources.contract import Roles


def recognise(value: Any) -> Roles | None:  # noqa: ANN401 - any JSON value
    """The roles of the fields of this body as it stands on the wire; None: no shape that is known here.

    What passes is less than at the edge, where a source is configured: only what the shape makes certain.
    """
    if not isinstance(value, dict):
        return None
    name = _name(value)
    return _ROLES[name] if name else None


def _name(value: Mapping[str, Any]) -> str | None:
    """The format of a body, in its part that is of one shape."""
    alerts = value.get("alerts")
    if isinstance(alerts, list) and alerts and all(_is_alert(alert) for alert in alerts):
        return "grafana" if {"orgId", "state"} <= value.keys() else "alertmanager"
    if value.get("event_action") in ("trigger", "acknowledge", "resolve") and "routing_key" in value:
        return "pagerduty"
    data = value.get("data")
    if isinstance(data, dict) and isinstance(value.get("action"), str):
        return next((f"sentry {part}" for part in _HOOKS if isinstance(data.get(part), dict)), None)
    if isinstance(value.get("event_id"), str) and "platform" in value and not _THROWN.isdisjoint(value):
        return "sentry"
    return _of_amazon(value) or _of_opsgenie(value) or _of_datadog(value)


def _of_amazon(value: Mapping[str, Any]) -> str | None:
    if {"Type", "MessageId", "TopicArn", "Message"} <= value.keys():
        return "sns"
    if {"AlarmName", "NewStateValue"} <= value.keys():
        return "alarm"
    return "eventbridge" if value.get("detail-type") == "CloudWatch Alarm State Change" else None


def _of_opsgenie(value: Mapping[str, Any]) -> str | None:
    alert = value.get("alert")
    if isinstance(alert, dict) and isinstance(value.get("action"), str) and "alertId" in alert:
        return "opsgenie webhook"
    return (
        "opsgenie"
        if value.get("priority") in list(opsgenie.PRIORITIES) and {"message", "alias"} <= value.keys()
        else None
    )


def _of_datadog(value: Mapping[str, Any]) -> str | None:
    if {"transition", "cycle_key"} <= value.keys() or {"alert_transition", "alert_id"} <= value.keys():
        return "datadog"
    return "datadog" if {"body", "last_updated", "event_type", "title", "date", "org", "id"} <= value.keys() else None


def _is_alert(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, dict) and isinstance(value.get("labels"), dict) and "startsAt" in value


def _below(roles: Roles, *prefixes: str, part: str = "labels.") -> Roles:
    """The roles of one part of an alert, where a body holds it."""
    kept = {path: role for path, role in roles.items() if path.startswith(part) and role != "drop"}
    found = {path.removeprefix(part): role for path, role in kept.items()}
    return {f"{prefix}.{name}" if prefix else name: role for prefix in prefixes for name, role in found.items()}


def _event(prefix: str) -> Roles:
    """The roles of a Sentry event that stands under `prefix` (with its dot)."""
    code = ("filename", "module", "function")
    frames = {f"stacktrace.frames.*.{name}": "code" for name in code} | {"stacktrace.frames.*.lineno": "number"}
    thrown = {f"exception.values.*.{name}": role for name, role in {"type": "code", "module": "code", **frames}.items()}
    kept = ("details.request.", "details.contexts.", "details.breadcrumbs.")
    rest = {
        path.removeprefix("details."): role
        for path, role in sentry_event.ROLES.items()
        if path.startswith(kept) and role != "drop"
    }
    own = {
        "event_id": "id",
        "issue_id": "id",
        "level": "enum",
        "platform": "name",
        "environment": "name",
        "release": "id",
        "logger": "code",
        "server_name": "name",
        "transaction": "code",
        "culprit": "code",
        "datetime": "time",
        "timestamp": "time",
        "received": "time",
        "web_url": "url",
        "url": "url",
        "issue_url": "url",
        "metadata.type": "code",
        "metadata.filename": "code",
        "metadata.function": "code",
        "sdk.name": "name",
        "sdk.version": "number",
    }
    values = {path.replace("breadcrumbs.*", "breadcrumbs.values.*"): role for path, role in rest.items()}
    return {prefix + path: role for path, role in {**own, **thrown, **rest, **values}.items()}


_HOOK: Final[Roles] = {"action": "enum", "actor.type": "enum", "installation.uuid": "id"}
_HOOKS: Final = ("event", "error", "issue", "metric_alert")
_THROWN: Final = frozenset({"exception", "logentry", "message"})

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

_ALARM: Final[Roles] = {
    "AlarmName": "name",
    "AWSAccountId": "id",
    "NewStateValue": "enum",
    "OldStateValue": "enum",
    "StateChangeTime": "time",
    "Region": "name",
    "AlarmArn": "id",
    **{
        path.removeprefix("details.").replace("trigger.", "Trigger."): role
        for path, role in cloudwatch.FORMAT.roles.items()
        if path.startswith("details.trigger.")
    },
}

_ROLES: Final[Mapping[str, Roles]] = {
    "alertmanager": _ALERTMANAGER,
    "grafana": {
        **_ALERTMANAGER,
        **_below(grafana.FORMAT.roles, "alerts.*.labels", "commonLabels", "groupLabels"),
        "state": "enum",
        "orgId": "number",
        "alerts.*.orgId": "number",
        "alerts.*.ruleUID": "id",
        "alerts.*.values.*": "number",
        "alerts.*.dashboardURL": "url",
        "alerts.*.panelURL": "url",
        "alerts.*.silenceURL": "url",
    },
    "pagerduty": {
        **_below(pagerduty.FORMAT.roles, "payload"),
        "event_action": "enum",
        "client": "name",
        "client_url": "url",
        "payload.severity": "enum",
        "payload.timestamp": "time",
        "links.*.href": "url",
    },
    "sentry event": {**_HOOK, **_event("data.event.")},
    "sentry error": {**_HOOK, **_event("data.error.")},
    "sentry issue": {
        **_HOOK,
        **_below(sentry.FORMAT.roles, "data.issue", part="details."),
        "data.issue.id": "id",
        "data.issue.level": "enum",
        "data.issue.status": "enum",
        "data.issue.platform": "name",
        "data.issue.logger": "code",
        "data.issue.culprit": "code",
        "data.issue.project.slug": "name",
        "data.issue.project.name": "name",
        "data.issue.project.id": "id",
        "data.issue.web_url": "url",
        "data.issue.permalink": "url",
        "data.issue.metadata.title": "free",
    },
    "sentry metric_alert": {
        **_HOOK,
        **_below(sentry.FORMAT.roles, "data.metric_alert", part="details."),
        "data.metric_alert.id": "id",
        "data.web_url": "url",
    },
    "sentry": _event(""),
    "sns": {
        "Type": "enum",
        "MessageId": "id",
        "TopicArn": "id",
        "Timestamp": "time",
        "SignatureVersion": "number",
        "SigningCertURL": "url",
    },
    "alarm": _ALARM,
    "eventbridge": {
        "version": "number",
        "id": "id",
        "detail-type": "name",
        "source": "name",
        "account": "id",
        "time": "time",
        "region": "name",
        "resources.*": "id",
        "detail.alarmName": "name",
        "detail.state.value": "enum",
        "detail.state.timestamp": "time",
        "detail.previousState.value": "enum",
        "detail.previousState.timestamp": "time",
    },
    "opsgenie": {"priority": "enum", "source": "name"},
    "opsgenie webhook": {
        "action": "enum",
        "source.type": "enum",
        "integrationId": "id",
        "integrationName": "name",
        "integrationType": "enum",
        "alert.alertId": "id",
        "alert.tinyId": "id",
        "alert.priority": "enum",
        "alert.source": "name",
        "alert.createdAt": "time",
        "alert.updatedAt": "time",
    },
    "datadog": {
        **_below(datadog.FORMAT.roles, "", part="details."),
        "alert_transition": "enum",
        "alert_id": "id",
        "alert_type": "enum",
        "alert_priority": "enum",
        "cycle_key": "id",
        "aggreg_key": "id",
        "last_updated": "time",
        "hostname": "name",
        "id": "id",
        "dd": "name",
        "link": "url",
        "org.name": "free",
    },
}
"""By the part of a body that is of one shape. Nothing is dropped here: a file keeps all its fields."""
