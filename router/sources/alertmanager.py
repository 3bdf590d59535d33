"""Alertmanager's webhook (version "4"), and the array that Prometheus posts to `/api/v2/alerts`.

Both are read per alert: a group stays `firing` while one of its alerts fires, so its status would hide the resolves.
Shapes: prometheus/alertmanager `template/template.go`, `notify/webhook/webhook.go`, `api/v2/openapi.yaml`. Since 0.32
the webhook's body can be templated by its owner, so every key may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson

from router.sources import fields
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Signal, WrongShape

_REPEAT_INTERVAL = 4 * 3600.0  # Alertmanager's default, docs/configuration.md

# groupKey, groupLabels, commonLabels and commonAnnotations only repeat the alerts; receiver names this very webhook.
_GROUP_KEYS: Final = frozenset(
    [
        "version",
        "groupKey",
        "truncatedAlerts",
        "status",
        "receiver",
        "notification_reason",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "routeLabels",
        "externalURL",
        "alerts",
    ]
)
_ALERT_KEYS: Final = frozenset(
    ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint", "updatedAt", "receivers"]
)
_LINKS: Final = {"runbook_url": "Runbook", "dashboard_url": "Dashboard"}
_SHOWN: Final = frozenset({"summary", "description", *_LINKS})


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has no mapping
    """One RawAlert per alert in `body`; an empty list of alerts is none.

    Raises:
        Malformed: not strict JSON.
        WrongShape: neither an array of alerts nor an object with `alerts` (or, templated, with labels of its own).
    """
    value = read(body)
    if type(value) is list:
        return [alert(item, f"[{index}]", _NO_GROUP, now) for index, item in enumerate(value)]
    if type(value) is not dict:
        raise WrongShape("the body: expected Alertmanager's webhook object or an array of alerts")
    given = value.get("alerts")
    if given is None:
        if "labels" not in value and "commonLabels" not in value:
            raise WrongShape("alerts: expected an array of alerts")
        return [alert(_whole(value), "the body", value, now)]
    if type(given) is not list:
        raise WrongShape("alerts: expected an array of alerts")
    alerts = [alert(item, f"alerts[{index}]", value, now) for index, item in enumerate(given)]
    if alerts and (value.get("truncatedAlerts") or not _GROUP_KEYS.issuperset(value)):
        # Kept with the first alert only: copied to each, a large body would grow by its square.
        alerts[0].details.update(_beside(value))
    return alerts


_NO_GROUP: Final[dict[str, Json]] = {}


def _whole(group: dict[str, Json]) -> dict[str, Json]:
    """A templated body without `alerts`, read as one alert."""
    own = {name: value for name, value in group.items() if name in _ALERT_KEYS or name not in _GROUP_KEYS}
    return {"labels": group.get("commonLabels"), "annotations": group.get("commonAnnotations")} | own


def _beside(group: dict[str, Json]) -> dict[str, Json]:
    """What the group says beside its alerts: how many it left out, and keys that a template added."""
    extra = {name: group[name] for name in group if name not in _GROUP_KEYS}
    if group.get("truncatedAlerts"):
        extra["truncatedAlerts"] = group["truncatedAlerts"]
    return extra


def alert(item: Json, where: str, group: dict[str, Json], now: datetime) -> RawAlert:
    """One alert of `group` (`{}`: of none); `where` names it in an error. Grafana shapes its alerts the same way."""
    if type(item) is not dict:
        raise WrongShape(f"{where}: expected an object")
    labels, rest = fields.labels(_object(item, "labels", where))
    notes = _object(item, "annotations", where)
    fingerprint = item.get("fingerprint")
    if type(fingerprint) is not str or not fingerprint:
        if not labels:
            raise WrongShape(f"{where}.labels: expected at least one label with a value")
        # The label set is the identity of an alert for Prometheus; sorted, so that its order means nothing.
        fingerprint = orjson.dumps(labels, option=orjson.OPT_SORT_KEYS).decode()
    begins, ends = item.get("startsAt"), fields.time(item.get("endsAt"))
    starts = fields.time(begins)
    name = labels.get("alertname", "")
    summary = fields.text(notes.get("summary"))
    signal = _signal(item, group, ends, now)
    return RawAlert(
        signal=signal,
        dedup_key=fingerprint,
        episode=fields.episode(signal, starts, ends),
        severity=fields.severity(labels.get("severity")),
        title=f"{name}: {summary}" if name and summary else name or summary or "Alert without a name",
        description=fields.text(notes.get("description")),
        labels=labels,
        details=_details(item, notes, rest),
        links=_links(item, notes, group),
        starts_at=starts,
        ends_at=ends,
    )


def _object(item: dict[str, Json], name: str, where: str) -> dict[str, Json]:
    value = item.get(name)
    if type(value) is dict:
        return value
    if value is None:
        return {}
    raise WrongShape(f"{where}.{name}: expected an object")


def _signal(item: dict[str, Json], group: dict[str, Json], ends: datetime | None, now: datetime) -> Signal:
    """The alert's own status, else its group's, else, as the API has none, whether its end has passed."""
    for status in (item.get("status"), group.get("status")):
        if status == "resolved":
            return "resolved"
        if status == "firing":
            return "firing"
    return "resolved" if ends is not None and ends <= now else "firing"


def _details(item: dict[str, Json], notes: dict[str, Json], labels: dict[str, Json]) -> dict[str, Json]:
    details: dict[str, Json] = {}
    if not _ALERT_KEYS.issuperset(item):
        details.update((name, item[name]) for name in item if name not in _ALERT_KEYS)
    if notes and (rest := {name: value for name, value in notes.items() if not _is_shown(name, value)}):
        details["annotations"] = rest
    if labels:
        details["labels"] = labels
    return details


def _is_shown(name: str, value: Json) -> bool:
    """Whether the alert shows this annotation elsewhere: as its title, its description or a link."""
    if name in _LINKS:
        return fields.is_link(value)
    return name in _SHOWN and type(value) is str


def _links(item: dict[str, Json], notes: dict[str, Json], group: dict[str, Json]) -> tuple[tuple[str, str], ...]:
    links = [(_LINKS[name], notes[name]) for name in notes if name in _LINKS and fields.is_link(notes[name])]
    if fields.is_link(source := item.get("generatorURL")):
        links.append(("Source", source))
    if fields.is_link(outside := group.get("externalURL")):
        links.append(("Alertmanager", outside))
    return tuple(links)


FORMAT: Final = Format(
    name="alertmanager",
    title="Prometheus Alertmanager",
    parse=parse,
    # Everything else is free text: annotations are templated with query results, any label may hold a value from one,
    # and the query of generatorURL is PromQL with label values.
    roles={
        **fields.NAME_ROLES,
        "labels.prometheus": "name",
        "labels.endpoint": "name",
        "labels.device": "name",
        "labels.mountpoint": "name",
        "details.truncatedAlerts": "number",
        "links.*.text": "name",
        "links.*.url": "url",
    },
    explicit_resolve=True,
    repeats_every=_REPEAT_INTERVAL,
)
