"""PagerDuty's Events API v2: one alert an incident, opened and closed through the same key.

Endpoint, fields and limits: https://developer.pagerduty.com/docs/events-api-v2-overview.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from time import monotonic
from typing import Annotated, Any

import msgspec

from channels import egress, kit
from channels.contract import (
    ChannelConfig,
    Credential,
    Delivered,
    Message,
    Outcome,
    Rate,
    Reason,
    Rejected,
    Retry,
    Secrets,
    Spec,
    Traits,
)
from channels.text import clip, headline, moment

_SUMMARY, _DEDUP, _EVENT = 1024, 255, 512_000  # characters, characters, bytes
_LINK = 200  # characters of a link's text
_DETAIL = 8_000
_LABELS = {"component": ("service", "component"), "group": ("environment", "env", "cluster"), "class": ("alertname",)}


class PagerDutyConfig(ChannelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which service region. The secret `routing_key` is an Events API v2 integration key."""

    events_url: Annotated[
        str, msgspec.Meta(title="Events URL", description="https://events.eu.pagerduty.com in the EU", max_length=2000)
    ] = "https://events.pagerduty.com"
    vendor: Annotated[str, msgspec.Meta(title="Vendor", description="for the BAA", max_length=100)] = "pagerduty"

    def __post_init__(self) -> None:
        with egress.about("events_url"):
            egress.parse_url(self.events_url)


def dedup_key(message: Message) -> str:
    """The same for every revision of an incident, and never made of alert text."""
    return clip(f"alertveil-{message.tenant}-{message.incident_id}", _DEDUP)


def events(message: Message) -> list[dict[str, Any]]:
    """What is sent for a message, in order, without the routing key.

    A resolve whose trigger never left sends both; a test opens an alert and closes it, so that nobody stays paged.
    """
    if message.kind in ("trigger", "update"):
        return [_trigger(message)]
    close = _close(message, "acknowledge" if message.kind == "acknowledge" else "resolve")
    return [_trigger(message), close] if message.with_trigger or message.kind == "test" else [close]


def _close(message: Message, action: str) -> dict[str, Any]:
    return {"event_action": action, "dedup_key": dedup_key(message)}


def _trigger(message: Message) -> dict[str, Any]:
    labels = dict(message.fields)
    ours: dict[str, Any] = {
        "description": clip(message.description, _DETAIL),
        "reason": message.reason,
        "incident": message.short_id,
        "alerts": message.count,
        "first_seen": moment(message.first_seen),
        "mode": message.mode,
    }
    if message.repeat:
        ours["repeat"] = "This may be a repeat."
    theirs = {name if name not in ours else f"label_{name}": clip(value, _DETAIL) for name, value in message.fields}
    payload: dict[str, Any] = {
        "summary": clip(headline(message), _SUMMARY),
        "source": message.source or "alertveil",
        "severity": message.severity,
        "timestamp": moment(message.last_seen),
        "custom_details": theirs | ours,
    }
    for name, candidates in _LABELS.items():
        value = next((labels[label] for label in candidates if label in labels), None)
        if value:
            payload[name] = clip(value, _DEDUP)
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": dedup_key(message),
        "payload": payload,
        "client": "Alertveil",
    }
    if message.url:
        event["client_url"] = message.url
    if message.links:
        event["links"] = [{"href": url, "text": clip(text, _LINK)} for text, url in message.links]
    return event


def encode(event: dict[str, Any], routing_key: str) -> bytes:
    """The event's bytes under the documented 512 kB; custom_details give way when they are too many."""
    data = msgspec.json.encode({"routing_key": routing_key, **event})
    if len(data) > _EVENT:
        details = {
            "note": "Details left out: the event was larger than PagerDuty takes. Open the incident to see them."
        }
        event = {**event, "payload": {**event["payload"], "custom_details": details}}
        data = msgspec.json.encode({"routing_key": routing_key, **event})
    return data


def judge(answer: kit.Answer) -> Outcome:
    """What PagerDuty's answer means. 202 is "queued", told by its body; a 400 is never worth a second try."""
    if not isinstance(answer, kit.Response):
        return answer
    body = _Body()
    if answer.status in {202, 400}:
        try:
            body = msgspec.json.decode(answer.body, type=_Body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = _Body()
    if answer.status == 400 and any("routing" in text.lower() for text in [body.message, *body.errors]):  # noqa: PLR2004
        return Rejected(Reason.CREDENTIAL, disable=True, status=400)
    if 200 <= answer.status < 300:  # noqa: PLR2004
        if answer.status == 202 and body.status == "success":  # noqa: PLR2004 - the only success there is
            return Delivered(status=202)
        return Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=answer.status)
    return kit.outcome(answer)


class _Body(msgspec.Struct):
    """Of an answer, what decides. It is looked at and dropped: errors may repeat what we sent."""

    status: str = ""
    message: str = ""
    errors: list[str] = []


class PagerDutySender:
    """Sends the events of several incidents side by side, those of one incident one after the other."""

    def __init__(self, config: PagerDutyConfig, secrets: Secrets, out: kit.Kit) -> None:
        self._out = out
        self._routing_key = secrets["routing_key"]
        base = config.events_url.rstrip("/").removesuffix("/v2/enqueue")
        self._prepared = kit.prepare(f"{base}/v2/enqueue", [("Content-Type", "application/json")])

    def __repr__(self) -> str:
        return "<PagerDutySender>"

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """All within the deadline. A second event is sent only after its first was taken."""
        until = monotonic() + SPEC.traits.deadline
        outcomes: list[Outcome] = [Rejected(Reason.BUG)] * len(messages)
        rounds: list[list[tuple[int, bytes]]] = [[], []]
        for place, message in enumerate(messages):
            try:
                bodies = [encode(event, self._routing_key) for event in events(message)]
            except Exception:  # noqa: BLE001, S112 - a message that cannot be built is its own outcome; its text stays here
                continue
            for turn, body in enumerate(bodies):
                rounds[turn].append((place, body))
        for turn, planned in enumerate(rounds):
            due = [(place, body) for place, body in planned if turn == 0 or isinstance(outcomes[place], Delivered)]
            answers = self._out.post_many([(self._prepared, b"", body) for _, body in due], until - monotonic())
            for (place, _), answer in zip(due, answers, strict=True):
                outcomes[place] = judge(answer)
        return [
            Delivered({"dedup_key": dedup_key(message)}, dedup_key(message), outcome.status)
            if isinstance(outcome, Delivered)
            else outcome
            for message, outcome in zip(messages, outcomes, strict=True)
        ]


def _identity(config: PagerDutyConfig, secrets: Secrets) -> dict[str, str]:
    place = egress.parse_url(config.events_url).place
    digest = hashlib.sha256(b"pagerduty:" + secrets.get("routing_key", "").encode()).hexdigest()
    return {"host": place.host, "port": str(place.port), "routing_key": digest[:32]}


SPEC = Spec(
    kind="pagerduty",
    title="PagerDuty",
    config=PagerDutyConfig,
    secrets=("routing_key",),
    optional_secrets=(),
    # 120 events a minute and key, in any 60 s: 30 at once and 90 more leave room for none above it.
    traits=Traits(batch=8, deadline=15.0, concurrent=True, rate=Rate(1.5, 30)),
    describe=lambda config: f"PagerDuty at {egress.parse_url(config.events_url).place.host}",
    identity=_identity,
    encrypted=lambda config: config.events_url.startswith("https:"),
    preview=lambda _, message: events(message),
    open=PagerDutySender,
    about="An alert on a service, opened, acknowledged and resolved through the same key.",
    asks={
        "routing_key": Credential(
            "Integration key", "of an Events API v2 integration of the service; another key is another destination"
        )
    },
    server=lambda config: egress.parse_url(config.events_url).authority,
)
