"""Datadog's webhook integration: our template, Datadog's own default, or one of the customer's with the usual names.

The body is whatever the template says (docs.datadoghq.com/integrations/webhooks), so a value is looked for under the
variable's name in any spelling (`$ALERT_TRANSITION`, `alert_transition`, `transition`), and one that Datadog did not
fill in, which then reads `$NAME` literally, is missing. Samples of logs, snapshots and whoever pressed a button are
never kept; the template in docs/sources.md does not send them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from channels.contract import Severity
from router.sources import fields
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Signal, WrongShape

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "transition": ("transition", "alert_transition"),
    "cycle": ("cycle_key", "alert_cycle_key"),
    "aggregate": ("aggreg_key", "aggregation_key"),
    "monitor": ("monitor_id", "alert_id"),
    "title": ("title", "alert_title", "monitor_name"),
    "event_title": ("event_title",),
    "type": ("type", "alert_type"),
    "priority": ("priority", "alert_priority"),
    "scope": ("scope", "alert_scope"),
    "message": ("message", "text_only_msg", "body", "event_msg", "text", "msg"),
    "event": ("event_id", "id"),
    "date": ("date", "last_updated"),
    "link": ("link", "url"),
    "host": ("hostname", "host"),
    "tags": ("tags",),
}
"""What we look for, and the names it may have, in order."""

_DROPPED: Final = frozenset(
    [
        "dd",
        "snapshot",
        "logs_sample",
        "email",
        "user",
        "username",
        "org_name",
        "last_updated",
        "event_msg",
        "text_only_msg",
        "event_title",
    ]
)
"""Keys that repeat what is kept, or hold what no alert needs: log lines, pictures, a person."""

_KNOWN: Final = _DROPPED | {each for names in _NAMES.values() for each in names}

_TRANSITIONS: Final[Mapping[str, Signal]] = {
    "triggered": "firing",
    "re-triggered": "firing",
    "warn": "firing",
    "re-warn": "firing",
    "no data": "firing",
    "re-no data": "firing",
    "renotify": "firing",
    "recovered": "resolved",
    "success": "resolved",
}
_TYPES: Final[Mapping[str, Severity]] = {"error": "error", "warning": "warning", "success": "info", "info": "info"}
_PRIORITY = re.compile(r"[Pp][1-5]")
_HEAD = re.compile(r"(?:\[(?:TEST|P[1-5])\] ){0,2}\[([A-Za-z -]{2,20}?)(?: on \{([^{}]{0,1000})\})?\] ?(.*)", re.DOTALL)
"""How Datadog begins the title of an event: `[P2] [Triggered on {host:a}] Name`."""
_UNFILLED = re.compile(r"\$[A-Z][A-Z0-9_]*(?:\[[^\]]*\])?")
_MOST_TAGS: Final = 100


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has neither
    """The one alert of a notification.

    Raises:
        Malformed: not strict JSON.
        WrongShape: not an object, one without a title or message, or a transition that Datadog does not have.
    """
    value = read(body)
    if type(value) is not dict:
        raise WrongShape("the body: expected a JSON object; docs/sources.md has the template")
    given = {name.lstrip("$").lower(): each for name, each in value.items() if not _empty(each)}
    found = {name: _find(given, names) for name, names in _NAMES.items()}
    named, event_title = fields.text(found["title"]), fields.text(found["event_title"])
    head = _HEAD.fullmatch(event_title or named)
    told = fields.text(found["transition"]) or (head[1] if head and head[1].lower() in _TRANSITIONS else "")
    signal = _TRANSITIONS.get(told.strip().lower()) if told else "firing"
    if signal is None:
        raise WrongShape("transition: expected $ALERT_TRANSITION, like `Triggered` or `Recovered`")
    name = named
    if (inner := _HEAD.fullmatch(named)) and inner[1].lower() in _TRANSITIONS:
        name = inner[3]
    description = _plain(fields.text(found["message"]))
    title = name or event_title or description.partition("\n")[0]
    if not title:
        raise WrongShape("title: expected text; docs/sources.md has the template")
    scope = fields.text(found["scope"]) or (head[2] or "" if head else "")
    labels, bare = _labels(found, scope)
    if name:
        labels["alertname"] = name
    return [
        RawAlert(
            signal=signal,
            dedup_key=_identity(found, name, scope),
            episode=fields.text(found["event"]) or fields.text(found["date"]),
            severity=_severity(told, found),
            title=title,
            description=description,
            labels=labels,
            details=_details(given, told, scope, bare, found),
            links=(("Datadog", found["link"]),) if fields.is_link(found["link"]) else (),
            starts_at=fields.time(_number(found["date"])),
        )
    ]


def _empty(value: Json) -> bool:
    """Nothing there, or a variable that Datadog left as it stands in the template."""
    return value in (None, "", [], {}) or (type(value) is str and _UNFILLED.fullmatch(value.strip()) is not None)


def _find(given: dict[str, Json], names: tuple[str, ...]) -> Json:
    return next((given[name] for name in names if name in given), None)


def _number(value: Json) -> Json:
    """A template makes text of every number."""
    return int(value) if type(value) is str and value.isascii() and value.isdigit() and len(value) <= 15 else value  # noqa: PLR2004


def _plain(text: str) -> str:
    """$EVENT_MSG fences its Markdown with %%%."""
    return text.removeprefix("%%%").removesuffix("%%%").strip() if text.startswith("%%%") else text


def _severity(told: str, found: dict[str, Json]) -> Severity:
    """A monitor that only warns is a warning whatever its priority; else the priority, else the kind of event."""
    if told.lower() in {"warn", "re-warn"}:
        return "warning"
    priority = fields.text(found["priority"]).strip()
    if _PRIORITY.fullmatch(priority):
        return fields.severity(priority)
    return _TYPES.get(fields.text(found["type"]).strip().lower(), fields.UNSTATED)


def _identity(found: dict[str, Json], name: str, scope: str) -> str:
    """The cycle links a trigger with its recovery; without it what the monitor watches does, then its name."""
    if cycle := fields.text(found["cycle"]):
        return f"cycle {cycle}"
    if monitor := fields.text(found["monitor"]):
        return f"monitor {monitor} {scope}"
    if aggregate := fields.text(found["aggregate"]):
        return f"aggregate {aggregate}"
    return f"name {name} {scope}" if name else ""


def _labels(found: dict[str, Json], scope: str) -> tuple[dict[str, str], list[str]]:
    """Tags as labels, the first of a key; and the tags that have no key."""
    tags = found["tags"]
    listed = [fields.text(each) for each in tags] if type(tags) is list else fields.text(tags).split(",")
    labels: dict[str, str] = {}
    bare: list[str] = []
    for tag in [*listed, *scope.split(",")][:_MOST_TAGS]:
        key, colon, value = tag.strip().partition(":")
        if colon and key and value:
            labels.setdefault(key, value)
        elif key and key != "*":
            bare.append(tag.strip())
    if host := fields.text(found["host"]):
        labels.setdefault("host", host)
    return labels, bare


def _details(given: dict[str, Json], told: str, scope: str, bare: list[str], found: dict[str, Json]) -> dict[str, Json]:
    own: dict[str, Json] = {
        "transition": told,
        "monitor_id": found["monitor"],
        "priority": found["priority"],
        "type": found["type"],
        "scope": scope,
        "date": found["date"],
        "event_id": found["event"],
        "tags": bare,
    }
    details = {name: value for name, value in own.items() if not _empty(value)}
    return details | {name: value for name, value in given.items() if name not in _KNOWN}


FORMAT: Final = Format(
    name="datadog",
    title="Datadog webhooks",
    parse=parse,
    # The scope, tags and titles carry group-by values, which may be a person's; Datadog itself strips them for
    # organisations under HIPAA.
    roles={
        **fields.NAME_ROLES,
        "details.transition": "enum",
        "details.monitor_id": "id",
        "details.priority": "enum",
        "details.type": "enum",
        "details.date": "time",
        "details.event_id": "id",
        "details.event_type": "name",
        "details.status": "free",
        "details.org_id": "id",
        "details.org.id": "id",
        "details.org.name": "drop",
        "links.*.text": "name",
        "links.*.url": "url",
    },
    explicit_resolve=True,
    repeats_every=None,
)
