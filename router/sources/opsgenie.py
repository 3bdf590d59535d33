"""Opsgenie, from both sides: its Alert API, for tools that only change the address, and its outgoing webhook.

Shapes: opsgenie-go-sdk-v2 `alert` package; the webhook's by Opsgenie's "Webhook integration" page. The edge writes an
action of the API (`POST /v2/alerts/{alias}/close`) as the webhook says it, so here is one reading of both. An alias may
hold PHI, which is why it is kept as a keyed hash only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson

from channels.contract import Severity
from router.sources import fields
from router.sources.body import read
from router.sources.contract import Format, Json, RawAlert, Signal, WrongShape

_ACTIONS: Final[Mapping[str, Signal | None]] = {
    "create": "firing",
    "acknowledge": "acknowledged",
    "takeownership": "acknowledged",
    "assignownership": "acknowledged",
    "close": "resolved",
    "delete": "resolved",
    # Something about an alert that is still open: its own state is told again.
    "escalate": "firing",
    "unacknowledge": "firing",
    "updatepriority": "firing",
    "updatemessage": "firing",
    "updatedescription": "firing",
    # Nothing that tells an incident anything.
    "addnote": None,
    "addtags": None,
    "removetags": None,
    "adddetails": None,
    "removedetails": None,
    "addrecipient": None,
    "addteam": None,
    "addresponder": None,
    "executecustomaction": None,
    "customaction": None,
    "snooze": None,
    "snoozeended": None,
}
API_ACTIONS: Final = frozenset({"close", "acknowledge"})
"""What `POST /v2/alerts/{alias}/<action>` may do here."""

PRIORITIES: Final[Mapping[str, Severity]] = {
    "P1": "critical",
    "P2": "error",
    "P3": "warning",
    "P4": "info",
    "P5": "info",
}
_USUAL: Final = "P3"  # the API's default
_SHOWN: Final = frozenset(
    ["message", "alias", "description", "details", "priority", "alertId", "id", "createdAt", "updatedAt"]
)
_DROPPED: Final = frozenset(
    ["userId", "username", "user", "insertedAt", "tinyId", "visibleTo", "responders", "teams", "recipients", "actions"]
)
"""Who pressed what, and whom Opsgenie told: people's names, and no part of what is broken."""


def action(body: bytes, name: str, alias: str) -> bytes:
    """The body of an API action as the webhook says it. `name` is one of API_ACTIONS.

    Raises:
        Malformed: not strict JSON; an empty body is none.
        WrongShape: no object.
    """
    given = read(body) if body.strip() else {}
    if type(given) is not dict:
        raise WrongShape("the body: expected an object")
    note = {name: given[name] for name in ("note", "source") if given.get(name)}
    return orjson.dumps({"action": name, "alert": {"alias": alias, **note}})


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has neither
    """The alert of a call or of a webhook; none of one that only notes, tags or snoozes.

    Raises:
        Malformed: not strict JSON.
        WrongShape: neither shape, no `message` to create, or no alias or id to close or acknowledge.
    """
    value = read(body)
    if type(value) is not dict:
        raise WrongShape("the body: expected an object")
    given = value.get("alert")
    if given is None and "action" not in value:
        return [_alert(value, "firing", "", _USUAL)]
    told = value.get("action")
    if type(told) is not str or told.lower() not in _ACTIONS:
        raise WrongShape("action: expected one of Opsgenie's, like `Create`, `Acknowledge` or `Close`")
    if type(given) is not dict:
        raise WrongShape("alert: expected an object")
    signal = _ACTIONS[told.lower()]
    return [] if signal is None else [_alert(given, signal, "alert.", "")]


def _alert(given: dict[str, Json], signal: Signal, where: str, usual: str) -> RawAlert:
    message = fields.text(given.get("message"))
    if signal == "firing" and not message.strip():
        raise WrongShape(f"{where}message: expected text")
    own = fields.text(given.get("alertId") or given.get("id"))
    key = fields.text(given.get("alias")) or own
    if signal != "firing" and not key:
        raise WrongShape(f"{where}alias: expected text; without it there is nothing to close or acknowledge")
    created, updated = _time(given.get("createdAt")), _time(given.get("updatedAt"))
    priority = fields.text(given.get("priority")) or usual
    labels, odd = fields.labels({name: given[name] for name in ("entity", "source") if name in given})
    details = _details(given)
    if odd:
        details["alert"] = odd
    return RawAlert(
        signal=signal,
        dedup_key=key,
        episode=f"{own} {updated or created}" if own and (updated or created) else "",
        severity=PRIORITIES.get(priority.strip().upper(), fields.UNSTATED),
        title=message or f"Alert to {'close' if signal == 'resolved' else 'acknowledge'}",
        description=fields.text(given.get("description")),
        labels=labels,
        details=details,
        starts_at=created,
        ends_at=updated if signal == "resolved" else None,
    )


def _time(value: Json) -> datetime | None:
    """Opsgenie counts milliseconds in its webhooks, and nanoseconds in `updatedAt` of some."""
    if type(value) is int and value > _NANOSECONDS:
        value //= 1_000_000
    return fields.time(value)


_NANOSECONDS: Final = 10**17


def _details(given: dict[str, Json]) -> dict[str, Json]:
    details: dict[str, Json] = {}
    if priority := given.get("priority"):
        details["priority"] = priority
    custom = given.get("details")
    if type(custom) is dict:
        details.update((name, value) for name, value in custom.items() if name not in details)
    elif custom:
        details["details"] = custom
    for name, value in given.items():
        if (
            name not in _SHOWN
            and name not in _DROPPED
            and name not in {"entity", "source"}
            and value not in ("", None, [])
        ):
            details.setdefault(name, value)
    return details


FORMAT: Final = Format(
    name="opsgenie",
    title="Opsgenie's Alert API and webhook",
    parse=parse,
    # message, alias, entity, tags and custom details hold whatever the sender put there.
    roles={
        **fields.NAME_ROLES,
        "labels.source": "name",
        "details.priority": "enum",
    },
    explicit_resolve=True,
    repeats_every=None,
)
