"""Sentry's webhooks: alert rules, issues and metric alerts of its integration platform, and the older WebHooks plugin.

Shapes: getsentry/sentry-docs `docs/organization/integrations/integration-platform/webhooks`. The body says by its parts
which resource it is of, so the header `Sentry-Hook-Resource`, which no signature covers, is not needed. An alert rule
and its issue have one identity: the issue's resolve ends what the rule opened.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from router.sources import fields, sentry_event
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Signal, Signed, WrongShape

_ISSUE: Final[Mapping[str, Signal]] = {
    "created": "firing",
    "unresolved": "firing",
    "resolved": "resolved",
    "archived": "resolved",  # somebody decided that it needs nobody
    "ignored": "resolved",  # what `archived` was called until 2023
    "assigned": "acknowledged",
}
_METRIC: Final[Mapping[str, Signal]] = {
    "critical": "firing",
    "warning": "firing",
    "open": "firing",
    "resolved": "resolved",
}
_SILENT: Final = frozenset(["installation", "comment", "seer", "preprod_artifact"])
"""Resources that are no alerts: taken with a 2xx, or Sentry stops sending all of them."""
_ISSUE_KEPT: Final = (
    "shortId",
    "substatus",
    "priority",
    "issueType",
    "issueCategory",
    "count",
    "userCount",
    "firstSeen",
    "lastSeen",
    "metadata",
)
_METRIC_KEPT: Final = ("identifier", "status", "date_started", "date_detected", "date_closed", "alert_rule")
_RULE_DROPPED: Final = frozenset(["created_by", "owner", "triggers", "projects", "organization_id", "snooze"])


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has neither
    """The alert of a hook; none when its resource is none (an installation, a comment).

    Raises:
        Malformed: not strict JSON.
        WrongShape: no hook of Sentry's, or an action that it does not have.
    """
    hook = read(body)
    if type(hook) is not dict:
        raise WrongShape("the body: expected Sentry's webhook object")
    data = hook.get("data")
    if type(data) is not dict:
        if type(hook.get("event")) is dict:
            return [_plugin(hook, hook["event"])]
        raise WrongShape("data: expected an object")
    action = fields.text(hook.get("action"))
    for name in ("event", "error"):
        if type(event := data.get(name)) is dict:
            return [_event(data, event)]
    if type(issue := data.get("issue")) is dict and "comment" not in data:
        return [_issue(issue, action)]
    if type(metric := data.get("metric_alert")) is dict:
        return [_metric(data, metric, action)]
    if "comment" in data or not _SILENT.isdisjoint(data) or "installation" in hook:
        return []
    raise WrongShape("data: expected one of event, issue, metric_alert")


def _event(data: dict[str, Json], event: dict[str, Json]) -> RawAlert:
    issue = fields.text(event.get("issue_id"))
    labels, odd = sentry_event.labels(event)
    if rule := fields.text(data.get("triggered_rule")):
        labels["rule"] = rule
    if not labels.get("alertname") and (kind := _kind(event.get("metadata"))):
        labels["alertname"] = kind
    details = sentry_event.details(event)
    if odd:
        details["tags"] = odd
    return RawAlert(
        signal="firing",
        dedup_key=f"issue {issue}" if issue else sentry_event.identity(event),
        episode=fields.text(event.get("event_id")),
        severity=fields.severity(event.get("level")),
        title=fields.text(event.get("title")) or sentry_event.title(event) or "An event without a title",
        description=sentry_event.message(event) or sentry_event.where(event),
        labels=labels,
        details=details,
        links=_links(("Event", event.get("web_url"))),
        starts_at=fields.time(event.get("timestamp")) or fields.time(event.get("datetime")),
    )


def _plugin(hook: dict[str, Json], event: dict[str, Json]) -> RawAlert:
    """The WebHooks plugin puts the event beside the project and the issue's id."""
    raw = _event({}, {"issue_id": fields.text(hook.get("id")), "culprit": hook.get("culprit"), **event})
    labels = dict(raw.labels)
    if project := fields.text(hook.get("project_slug") or hook.get("project")):
        labels["project"] = project
    rules = hook.get("triggering_rules")
    if type(rules) is list and rules and (rule := fields.text(rules[0])):
        labels["rule"] = rule
    return RawAlert(
        signal="firing",
        dedup_key=raw.dedup_key,
        episode=raw.episode,
        severity=fields.severity(hook.get("level") or event.get("level")),
        title=raw.title,
        description=raw.description or fields.text(hook.get("message")),
        labels=labels,
        details=raw.details,
        links=_links(("Issue", hook.get("url"))),
        starts_at=raw.starts_at,
    )


def _issue(issue: dict[str, Json], action: str) -> RawAlert:
    if action not in _ISSUE:
        raise WrongShape(f"action: expected one of {', '.join(_ISSUE)}")
    known = fields.text(issue.get("id"))
    if not known:
        raise WrongShape("data.issue.id: expected text")
    labels: dict[str, str] = {}
    if kind := _kind(issue.get("metadata")):
        labels["alertname"] = kind
    for name in ("culprit", "logger", "platform"):
        if value := fields.text(issue.get(name)):
            labels[name] = value
    project = issue.get("project")
    if type(project) is dict and (slug := fields.text(project.get("slug") or project.get("name"))):
        labels["project"] = slug
    return RawAlert(
        signal=_ISSUE[action],
        dedup_key=f"issue {known}",
        episode="",
        severity=fields.severity(issue.get("level")),
        title=fields.text(issue.get("title")) or f"Issue {action}",
        description="",
        labels=labels,
        details={"action": action, **{name: issue[name] for name in _ISSUE_KEPT if issue.get(name) not in (None, "")}},
        links=_links(("Issue", issue.get("web_url") or issue.get("permalink"))),
        starts_at=fields.time(issue.get("firstSeen")),
    )


def _metric(data: dict[str, Json], metric: dict[str, Json], action: str) -> RawAlert:
    if action not in _METRIC:
        raise WrongShape(f"action: expected one of {', '.join(_METRIC)}")
    known = fields.text(metric.get("id"))
    if not known:
        raise WrongShape("data.metric_alert.id: expected text")
    rule = metric.get("alert_rule")
    name = ""
    details: dict[str, Json] = {each: metric[each] for each in _METRIC_KEPT if metric.get(each) not in (None, "")}
    labels: dict[str, str] = {}
    if type(rule) is dict:
        name = fields.text(rule.get("name"))
        details["alert_rule"] = {each: rule[each] for each in rule if each not in _RULE_DROPPED and rule[each]}
        if environment := fields.text(rule.get("environment")):
            labels["environment"] = environment
    if name:
        labels["alertname"] = name
    projects = metric.get("projects")
    if type(projects) is list and projects and (slug := fields.text(projects[0])):
        labels["project"] = slug
    signal = _METRIC[action]
    starts, ends = fields.time(metric.get("date_started")), fields.time(metric.get("date_closed"))
    return RawAlert(
        signal=signal,
        dedup_key=f"metric {known}",
        # A warning that becomes critical is one occurrence in two alerts.
        episode=fields.episode(signal, starts, ends) and f"{action} {fields.episode(signal, starts, ends)}",
        severity="critical" if action == "critical" else "warning" if action == "warning" else "error",
        title=fields.text(data.get("description_title")) or name or "A metric alert without a title",
        description=fields.text(data.get("description_text")),
        labels=labels,
        details=details,
        links=_links(("Alert", data.get("web_url"))),
        starts_at=starts,
        ends_at=ends,
    )


def _kind(metadata: Json) -> str:
    """The exception's type as an issue keeps it."""
    return fields.text(metadata.get("type")) if type(metadata) is dict else ""


def _links(*given: tuple[str, Json]) -> tuple[tuple[str, str], ...]:
    return tuple((text, url) for text, url in given if fields.is_link(url))


def proves(signed: Signed) -> bool:
    """Whether `Sentry-Hook-Signature` is the HMAC-SHA256 (hex) of the body under the integration's client secret."""
    given = signed.headers.get(b"sentry-hook-signature", b"").strip().lower()
    made = hmac.new(signed.secret, signed.body, hashlib.sha256).hexdigest().encode()
    return hmac.compare_digest(made, given)


FORMAT: Final = Format(
    name="sentry",
    title="Sentry webhooks",
    parse=parse,
    roles={
        **sentry_event.ROLES,
        "details.action": "enum",
        "details.shortId": "id",
        "details.substatus": "enum",
        "details.priority": "enum",
        "details.issueType": "enum",
        "details.issueCategory": "enum",
        "details.count": "number",
        "details.userCount": "number",
        "details.firstSeen": "time",
        "details.lastSeen": "time",
        "details.metadata.type": "code",
        "details.metadata.filename": "code",
        "details.metadata.function": "code",
        "details.metadata.title": "drop",  # the title again
        "details.identifier": "id",
        "details.status": "number",
        "details.date_started": "time",
        "details.date_detected": "time",
        "details.date_closed": "time",
        "details.alert_rule.aggregate": "code",
        "details.alert_rule.dataset": "name",
        "details.alert_rule.time_window": "number",
        "details.alert_rule.date_created": "time",
        "details.alert_rule.date_modified": "time",
    },
    explicit_resolve=True,
    repeats_every=None,
    secret="client_secret",  # noqa: S106 - what the file calls it
    proves=proves,
)
