"""An incident that another edge has tokenized already: ours to route, and tokenized again, since a promise is no proof.

A token that came with it is only text here: shown as it stands, never opened, because it was not made for this incident
in this vault. One object or an array of them::

    {"incident": {
        "key":         text, required: what is broken, the same for every revision of the incident
        "status":      "open" | "acknowledged" | "investigating" | "resolved", required
        "severity":    "critical" | "error" | "warning" | "info", required
        "title":       text, required
        "description": text
        "labels":      object of text
        "details":     object of anything
        "links":       array of {"text", "url"}
        "starts_at":   RFC 3339, when this occurrence began: the same for all its revisions
        "occurred_at": RFC 3339, when this revision happened
    }}

Other keys are refused: what this edge does not know it cannot promise to pass on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from channels.contract import Severity
from router.sources import fields
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Signal, WrongShape

_SIGNALS: Final[Mapping[Json, Signal]] = {
    "open": "firing",
    "acknowledged": "acknowledged",
    "investigating": "acknowledged",
    "resolved": "resolved",
}
_SEVERITIES: Final[Mapping[Json, Severity]] = {
    "critical": "critical",
    "error": "error",
    "warning": "warning",
    "info": "info",
}
_KEYS: Final = frozenset(
    ["key", "status", "severity", "title", "description", "labels", "details", "links", "starts_at", "occurred_at"]
)


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has neither
    """One RawAlert per incident in `body`.

    Raises:
        Malformed: not strict JSON.
        WrongShape: not the shape above.
    """
    value = read(body)
    if type(value) is list:
        return [_alert(item, f"[{index}].") for index, item in enumerate(value)]
    return [_alert(value, "")]


def _alert(item: Json, where: str) -> RawAlert:
    incident = item.get("incident") if type(item) is dict and len(item) == 1 else None
    where += "incident"
    if type(incident) is not dict:
        raise WrongShape(f"{where}: expected an object, and nothing beside it")
    if not _KEYS.issuperset(incident):
        raise WrongShape(f"{where}: has a key that this edge does not know; it knows {', '.join(sorted(_KEYS))}")
    labels, odd = fields.labels(_object(incident, "labels", where))
    if odd:
        raise WrongShape(f"{where}.labels: expected text values")
    signal = _SIGNALS[_word(incident, "status", where, _SIGNALS)]
    starts, occurred = _time(incident, "starts_at", where), _time(incident, "occurred_at", where)
    return RawAlert(
        signal=signal,
        dedup_key=_text(incident, "key", where),
        episode=fields.episode(signal, starts, occurred),
        severity=_SEVERITIES[_word(incident, "severity", where, _SEVERITIES)],
        title=_text(incident, "title", where),
        description=_text(incident, "description", where) if incident.get("description") else "",
        labels=labels,
        details=dict(_object(incident, "details", where)),
        links=_links(incident, where),
        starts_at=starts or occurred,
        ends_at=occurred if signal == "resolved" else None,
    )


def _text(incident: dict[str, Json], name: str, where: str) -> str:
    value = incident.get(name)
    if type(value) is not str or not value.strip():
        raise WrongShape(f"{where}.{name}: expected text")
    return value


def _word(incident: dict[str, Json], name: str, where: str, known: Mapping[Json, object]) -> str:
    value = incident.get(name)
    if type(value) is not str or value not in known:
        raise WrongShape(f"{where}.{name}: expected one of {', '.join(known)}")
    return value


def _object(incident: dict[str, Json], name: str, where: str) -> dict[str, Json]:
    value = incident.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise WrongShape(f"{where}.{name}: expected an object")
    return value


def _time(incident: dict[str, Json], name: str, where: str) -> datetime | None:
    if incident.get(name) is None:
        return None
    moment = fields.time(incident[name])
    if moment is None:
        raise WrongShape(f"{where}.{name}: expected an RFC 3339 time")
    return moment


def _links(incident: dict[str, Json], where: str) -> tuple[tuple[str, str], ...]:
    given = incident.get("links")
    if given is None:
        return ()
    if type(given) is not list:
        raise WrongShape(f"{where}.links: expected an array of objects with text and url")
    links = []
    for entry in given:
        if type(entry) is not dict or not fields.is_link(entry.get("url")):
            raise WrongShape(f"{where}.links: expected an array of objects with text and url")
        links.append((fields.text(entry.get("text")) or "Link", entry["url"]))
    return tuple(links)


FORMAT: Final = Format(
    name="tokenized",
    title="An incident tokenized by another edge",
    parse=parse,
    roles={**fields.NAME_ROLES, "links.*.url": "url"},
    explicit_resolve=True,
    repeats_every=None,
)
