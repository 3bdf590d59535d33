"""PagerDuty's Events API v2, for senders that only change the URL.

Shape: PagerDuty/api-schema `reference/events-v2/openapiv3.json` and developer-docs `docs/events-API-v2`. `routing_key`
is the source's credential: the edge reads it to know the source, and it is never part of an alert. `dedup_key` may hold
PHI (`login-fail/<address>`), which is why an alert's key is stored as a keyed hash only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from router.sources import fields
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Signal, WrongShape

_SIGNALS: Final[Mapping[Json, Signal]] = {"trigger": "firing", "acknowledge": "acknowledged", "resolve": "resolved"}
_LABELS: Final = ("source", "component", "group", "class")
_TOP: Final = frozenset(
    ["routing_key", "event_action", "dedup_key", "payload", "links", "images", "client", "client_url"]
)
_PAYLOAD: Final = frozenset(("summary", "severity", "timestamp", "custom_details", *_LABELS))


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has neither
    """The one alert of an event. Without a `dedup_key` a trigger stands for itself.

    Raises:
        Malformed: not strict JSON.
        WrongShape: the event misses what PagerDuty requires: `event_action`, for a trigger `payload.summary`, for the
            others `dedup_key`.
    """
    event = read(body)
    if type(event) is not dict:
        raise WrongShape("the body: expected an Events v2 object")
    action = event.get("event_action")
    signal = _SIGNALS.get(action) if type(action) is str else None
    if signal is None:
        raise WrongShape("event_action: expected `trigger`, `acknowledge` or `resolve`")
    key = event.get("dedup_key")
    if key is not None and type(key) is not str:
        raise WrongShape("dedup_key: expected text")
    payload = event.get("payload")
    if payload is None:
        payload = {}
    if type(payload) is not dict:
        raise WrongShape("payload: expected an object")
    summary = payload.get("summary")
    if signal == "firing" and (type(summary) is not str or not summary.strip()):
        raise WrongShape("payload.summary: expected text")
    if signal != "firing" and not key:
        raise WrongShape("dedup_key: expected text; without it there is nothing to acknowledge or resolve")
    labels, odd = fields.labels({name: payload[name] for name in _LABELS if name in payload})
    return [
        RawAlert(
            signal=signal,
            dedup_key=key or "",
            episode="",
            severity=fields.severity(payload.get("severity")),
            title=fields.text(summary) or f"Event to {action}",
            description="",
            labels=labels,
            details=_details(event, payload, odd),
            links=_links(event),
            starts_at=fields.time(payload.get("timestamp")),
        )
    ]


def _details(event: dict[str, Json], payload: dict[str, Json], odd: dict[str, Json]) -> dict[str, Json]:
    custom = payload.get("custom_details")
    details: dict[str, Json] = dict(custom) if type(custom) is dict else {}
    if custom is not None and type(custom) is not dict:
        details["custom_details"] = custom
    beside = odd | {name: payload[name] for name in payload if name not in _PAYLOAD}
    if beside:
        details["payload"] = [details["payload"], beside] if "payload" in details else beside
    if client := event.get("client"):
        details.setdefault("client", client)
    for name in event.keys() - _TOP:
        details.setdefault(name, event[name])
    return details


def _links(event: dict[str, Json]) -> tuple[tuple[str, str], ...]:
    links: list[tuple[str, str]] = []
    for name, address, text in (("links", "href", "text"), ("images", "src", "alt")):
        given = event.get(name)
        links.extend(
            (fields.text(entry.get(text)) or name[:-1].title(), entry[address])
            for entry in (given if type(given) is list else ())
            if type(entry) is dict and fields.is_link(entry.get(address))
        )
    if fields.is_link(client := event.get("client_url")):
        links.append(("Client", client))
    return tuple(links)


FORMAT: Final = Format(
    name="pagerduty",
    title="PagerDuty Events API v2",
    parse=parse,
    # summary, source, component and custom_details may hold anything; the text of a link is the sender's too.
    roles={
        "labels.component": "name",
        "labels.class": "name",
        "labels.group": "name",
        "details.client": "name",
        "links.*.url": "url",
    },
    explicit_resolve=True,
    repeats_every=None,
)
