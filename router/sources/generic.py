"""Plain JSON: one object or an array of objects, in the words of GoAlert's and Grafana OnCall's generic webhooks.

Title, message and state are found under the names that those two and most home-made senders use; a source's own
`mapping` says by JSON pointer (RFC 6901) where they are in another shape. Fields that mean nothing to us are kept under
`details`, so nothing a sender says is lost. No template is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from router.sources import fields
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Signal, WrongShape

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "summary", "subject", "name"),
    "description": ("description", "message", "body", "text"),
    "status": ("status", "state", "action", "event_action"),
    "severity": ("severity", "level", "priority"),
    "dedup_key": ("dedup_key", "dedup", "alert_uid", "alias", "fingerprint"),
    "starts_at": ("starts_at", "startsAt", "started_at"),
    "ends_at": ("ends_at", "endsAt"),
    "link": ("link", "url", "link_to_upstream_details"),
    "image": ("image_url",),
    "runbook": ("runbook", "runbook_url"),
}
"""What we look for, and the top-level names it may have, in order."""

_LINKS: Final = {"link": "Source", "image": "Image", "runbook": "Runbook"}

_WORDS: Final[Mapping[Signal, str]] = {
    "firing": "firing alerting alert trigger triggered open opened active problem down pending new failing failed"
    " create",
    "resolved": "resolved resolve ok okay close closed recovered recovery recover normal up cleared clear inactive"
    " success succeeded healthy fixed",
    "acknowledged": "acknowledged acknowledge ack acked",
}
SIGNALS: Final = {word: signal for signal, words in _WORDS.items() for word in words.split()}
"""What senders write for the three things an alert can say."""


_INDEX = re.compile(r"0|[1-9][0-9]{0,5}")


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - every end is told
    """One RawAlert per object in `body`.

    `mapping` names JSON pointers for FIELDS and for `labels.<name>`; where one leads nowhere, the usual names
    are tried.

    Raises:
        Malformed: not strict JSON.
        WrongShape: not an object or an array of objects, an object without any title or description, or labels that
            are no object.
    """
    value = read(body)
    if type(value) is list:
        return [alert(item, f"[{index}]", mapping) for index, item in enumerate(value)]
    return [alert(value, "the body", mapping)]


def alert(item: Json, where: str, mapping: Mapping[str, str]) -> RawAlert:
    """The alert in one object; `where` names the object in an error."""
    if type(item) is not dict:
        raise WrongShape(f"{where}: expected an object")
    rest = dict(item)
    found = {name: _find(name, item, rest, mapping) for name in FIELDS}
    labels = _labels(item, rest, where, mapping)
    status = found["status"]
    signal = SIGNALS.get(status.strip().lower()) if type(status) is str else None
    if signal is None and status is not None:
        rest["status"] = status  # a word of the sender's own, an HTTP status: worth keeping, but no signal
    description = fields.text(found["description"])
    if not description and type(rest.get("details")) is str:
        description = rest.pop("details")
    title = fields.text(found["title"]) or labels.get("alertname", "") or description.strip().partition("\n")[0]
    if not title:
        raise WrongShape(f"{where}: expected a text field `title`, `summary`, `message` or `description`")
    signal = signal or "firing"
    starts, ends = fields.time(found["starts_at"]), fields.time(found["ends_at"])
    return RawAlert(
        signal=signal,
        dedup_key=fields.text(found["dedup_key"]),
        episode=fields.episode(signal, starts, ends),
        severity=fields.severity(found["severity"] or labels.get("severity")),
        title=title,
        description=description,
        labels=labels,
        details=_flat(rest),
        links=_links(found, rest),
        starts_at=starts,
        ends_at=ends,
    )


def _find(name: str, item: dict[str, Json], rest: dict[str, Json], mapping: Mapping[str, str]) -> Json:
    """The value of one of FIELDS, taken out of `rest` when it stood at the top."""
    if name in mapping:
        value = point(item, mapping[name])
        if value is not None and type(value) is not dict and type(value) is not list:
            rest.pop(mapping[name][1:], None)
            return value
    for known in FIELDS[name]:
        value = item.get(known)
        if value is not None and value != "" and type(value) is not dict and type(value) is not list:
            rest.pop(known, None)
            return value
    return None


def _labels(item: dict[str, Json], rest: dict[str, Json], where: str, mapping: Mapping[str, str]) -> dict[str, str]:
    """`labels`, then fields at the top whose name is a customary label (`service`, `environment`), then the mapping."""
    given = rest.pop("labels", None)
    if given is not None and type(given) is not dict:
        raise WrongShape(f"{where}.labels: expected an object")
    labels, odd = fields.labels(given or {})
    if odd:
        rest["labels"] = odd
    for name in fields.NAMES:
        if name in rest and name not in labels and (value := fields.text(rest[name])):
            labels[name] = value
            del rest[name]
    for name, pointer in mapping.items():
        if name.startswith("labels.") and (value := fields.text(point(item, pointer))):
            labels[name[7:]] = value
            rest.pop(pointer[1:], None)
    return labels


def _links(found: dict[str, Json], rest: dict[str, Json]) -> tuple[tuple[str, str], ...]:
    """What is a web address becomes a link; what only looked like one by its name stays a detail."""
    links = []
    for name, text in _LINKS.items():
        value = found[name]
        if fields.is_link(value):
            links.append((text, value))
        elif value is not None:
            rest[name] = value
    return tuple(links)


def _flat(rest: dict[str, Json]) -> dict[str, Json]:
    """A `details` object is what we would call details too, unless its names and those beside it overlap."""
    inner = rest.get("details")
    if type(inner) is not dict or not inner.keys().isdisjoint(rest):
        return rest
    del rest["details"]
    return rest | inner


def point(value: Json, pointer: str) -> Json:
    """What a JSON pointer leads to; None when it leads nowhere."""
    for step in _steps(pointer):
        if type(value) is dict:
            value = value.get(step)
        elif type(value) is list and _INDEX.fullmatch(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


@lru_cache(maxsize=1024)
def _steps(pointer: str) -> tuple[str, ...]:
    """RFC 6901: `~1` is a slash, `~0` a tilde; decoded in this order."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


FORMAT: Final = Format(
    name="generic",
    title="Plain JSON",
    parse=parse,
    # A sender we know nothing of: only what its name says, and only after the shape check.
    roles={
        **fields.NAME_ROLES,
        "details.timestamp": "time",
        "details.time": "time",
        "details.trace_id": "id",
        "details.span_id": "id",
        "details.request_id": "id",
        "details.status": "enum",
        "links.*.text": "name",
        "links.*.url": "url",
    },
    explicit_resolve=False,
    repeats_every=None,
    mapping_keys=frozenset({*FIELDS, "labels.*"}),
)
