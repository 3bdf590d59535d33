"""Grafana's webhook: unified alerting (body version "1"), and what dashboards of Grafana 8 to 10 sent before it.

Unified alerting speaks Alertmanager's shape and adds to it, so it is read by the same function, per alert. Shapes:
grafana/alerting `receivers/webhook/v1/webhook.go`, `templates/template_data.go`, `http/hmac.go`. `message` and `title`
of the group repeat every label and annotation, so they are left out; pictures of panels can show a patient and cannot
be tokenized, so their addresses are never kept. A body that a custom payload template shaped is read like plain JSON.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from channels.contract import Severity
from router.sources import alertmanager, fields, generic
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Setting, Signal, Signed, WrongShape

_REPEAT_INTERVAL = 4 * 3600.0  # Grafana's default, grafana/grafana `pkg/services/ngalert/models/notifications.go`
_FRESH: Final = timedelta(minutes=5)

_LINKS: Final = {"dashboardURL": "Dashboard", "panelURL": "Panel", "silenceURL": "Silence"}
_PICTURES: Final = ("imageURL", "embeddedImage")
_STATES: Final[Mapping[Json, tuple[Signal, Severity] | None]] = {
    "alerting": ("firing", "error"),
    "no_data": ("firing", "warning"),
    "ok": ("resolved", "error"),
    "pending": None,
    "paused": None,
    "unknown": None,
}
"""Dashboard alerts' states; None: nothing is broken and nothing is over."""
_DASHBOARD: Final = frozenset(
    ["title", "ruleId", "ruleName", "ruleUrl", "state", "imageUrl", "message", "evalMatches", "orgId", "tags"]
)


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has no mapping
    """One RawAlert per alert in `body`; of a dashboard's alert one, or none when it only paused or waits.

    Raises:
        Malformed: not strict JSON.
        WrongShape: an object that is neither of Grafana's nor has a title of its own.
    """
    value = read(body)
    if type(value) is not dict:
        raise WrongShape("the body: expected Grafana's webhook object")
    given = value.get("alerts")
    if type(given) is list:
        alerts = [_alert(item, f"alerts[{index}]", value, now) for index, item in enumerate(given)]
        if alerts and value.get("truncatedAlerts"):
            alerts[0].details["truncatedAlerts"] = value["truncatedAlerts"]
        return alerts
    if given is not None:
        raise WrongShape("alerts: expected an array of alerts")
    if "ruleId" in value and "state" in value:
        return _dashboard(value)
    return [generic.alert(value, "the body", {})]


def _alert(item: Json, where: str, group: dict[str, Json], now: datetime) -> RawAlert:
    raw = alertmanager.alert(item, where, {"status": group.get("status")}, now)
    found = item if type(item) is dict else {}
    details = {name: each for name, each in raw.details.items() if name not in _LINKS and name not in _PICTURES}
    links = [(text, found[name]) for name, text in _LINKS.items() if fields.is_link(found.get(name))]
    if fields.is_link(outside := group.get("externalURL")):
        links.append(("Grafana", outside))
    return replace(raw, details=details, links=(*raw.links, *links))


def _dashboard(value: dict[str, Json]) -> list[RawAlert]:
    state = value["state"]
    if type(state) is not str or state not in _STATES:
        raise WrongShape(f"state: expected one of {', '.join(map(str, _STATES))}")
    found = _STATES[state]
    if found is None:
        return []
    name = fields.text(value.get("ruleName"))
    labels, odd = fields.labels(_object(value, "tags"))
    details: dict[str, Json] = {key: each for key, each in value.items() if key not in _DASHBOARD}
    if odd:
        details["tags"] = odd
    if value.get("evalMatches"):
        details["evalMatches"] = value["evalMatches"]
    link = value.get("ruleUrl")
    return [
        RawAlert(
            signal=found[0],
            dedup_key=f"rule {fields.text(value.get('orgId'))}/{fields.text(value['ruleId'])}",
            episode="",
            severity=fields.severity(labels["severity"]) if "severity" in labels else found[1],
            title=name or fields.text(value.get("title")) or "Alert without a name",
            description=fields.text(value.get("message")),
            labels={"alertname": name, **labels} if name else labels,
            details=details,
            links=(("Rule", link),) if fields.is_link(link) else (),
        )
    ]


def _object(value: dict[str, Json], name: str) -> dict[str, Json]:
    found = value.get(name)
    if found is None:
        return {}
    if type(found) is not dict:
        raise WrongShape(f"{name}: expected an object")
    return found


def proves(signed: Signed) -> bool:
    """Whether the body carries the HMAC-SHA256 (hex) of its contact point, fresh where that signs the time too.

    With `timestamp_header` the signature covers `<unix seconds>:<body>`, else the body alone (`http/hmac.go`).
    """
    given = signed.headers.get(b"x-grafana-alerting-signature", b"").strip().lower()
    message = signed.body
    if name := signed.settings.get("timestamp_header"):
        at = signed.headers.get(name.lower().encode(), b"")
        if not re.fullmatch(rb"[0-9]{1,12}", at):
            return False
        if abs(signed.now - datetime.fromtimestamp(int(at), UTC)) > _FRESH:
            return False
        message = at + b":" + message
    return hmac.compare_digest(hmac.new(signed.secret, message, hashlib.sha256).hexdigest().encode(), given)


FORMAT: Final = Format(
    name="grafana",
    title="Grafana Alerting",
    parse=parse,
    # As for Alertmanager, annotations and other labels hold what a query found, and `valueString` prints it again.
    roles={
        **alertmanager.FORMAT.roles,
        "labels.grafana_folder": "name",
        "labels.datasource_uid": "id",
        "labels.ref_id": "id",
        "labels.rulename": "name",
        "details.ruleUID": "id",
        "details.orgId": "number",
        "details.values.*": "number",
        "details.dashboardId": "number",
        "details.panelId": "number",
        "details.evalMatches.*.value": "number",
    },
    explicit_resolve=True,
    repeats_every=_REPEAT_INTERVAL,
    settings={"timestamp_header": Setting(re.compile(r"[A-Za-z0-9-]{1,64}"), "the name of an HTTP header")},
    secret="hmac_secret",  # noqa: S106 - what the file calls it
    proves=proves,
)
