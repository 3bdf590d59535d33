"""Webhooks by the Standard Webhooks specification: a thin JSON body, signed, with the same id on every attempt.

The specification is at https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from channels import egress, kit
from channels.contract import (
    ChannelConfig,
    Credential,
    Message,
    Mode,
    Outcome,
    Reason,
    Rejected,
    Secrets,
    Sender,
    Spec,
    Traits,
)
from channels.text import clip

BODY_LIMIT = 20_000
"""Bytes; "Payload size" in the specification asks for less than 20 kB."""

_TITLE, _DESCRIPTION, _FIELD = 500, 4_000, 1_000  # characters
_SHORTEST_SECRET = 16  # bytes: less can be searched through. The specification's own secrets have 24 to 64.
_TYPES = {
    "trigger": "incident.triggered",
    "update": "incident.updated",
    "acknowledge": "incident.acknowledged",
    "resolve": "incident.resolved",
    "test": "test",
}


class WebhookConfig(ChannelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to post. The secret `secret` (whsec_…) signs, and so does `previous_secret` while receivers change over."""

    url: Annotated[
        str,
        msgspec.Meta(
            title="URL",
            description="https address that takes the POST",
            examples=["https://hooks.example.org/alerts"],
            max_length=2000,
            extra={"key_in_path": True},
        ),
    ]
    vendor: Annotated[
        Annotated[str, msgspec.Meta(max_length=100)] | None,
        msgspec.Meta(title="Vendor", description="whose service this is, for the BAA"),
    ] = None

    def __post_init__(self) -> None:
        with egress.about("url"):
            egress.parse_url(self.url)


class Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, in tokens unless `mode` says otherwise."""

    incident_id: str
    short_id: str
    revision: int
    status: str
    severity: str
    title: str
    reason: str
    source: str
    tenant: str
    count: int
    first_seen: datetime
    last_seen: datetime
    mode: Mode
    url: str = ""
    description: str = ""
    fields: dict[str, str] = {}
    repeat: bool = False
    with_trigger: bool = False


class Body(msgspec.Struct, frozen=True):
    """The body as the specification lays it out."""

    type: str
    timestamp: datetime
    data: Data


def payload(message: Message) -> Body:
    """What is posted for a message."""
    return Body(
        _TYPES[message.kind],
        message.last_seen,
        Data(
            incident_id=message.incident_id,
            short_id=message.short_id,
            revision=message.revision,
            status=message.status,
            severity=message.severity,
            title=clip(message.title, _TITLE),
            reason=clip(message.reason, _TITLE),
            source=message.source,
            tenant=message.tenant,
            count=message.count,
            first_seen=message.first_seen,
            last_seen=message.last_seen,
            mode=message.mode,
            url=message.url,
            description=clip(message.description, _DESCRIPTION),
            fields={name: clip(value, _FIELD) for name, value in message.fields},
            repeat=message.repeat,
            with_trigger=message.with_trigger,
        ),
    )


def encode(body: Body) -> bytes:
    """The body's bytes; fields and then the description give way when they are too many."""
    data = msgspec.json.encode(body)
    if len(data) > BODY_LIMIT:
        thinner = msgspec.structs.replace(body, data=msgspec.structs.replace(body.data, fields={}))
        data = msgspec.json.encode(thinner)
        if len(data) > BODY_LIMIT:
            data = msgspec.json.encode(
                msgspec.structs.replace(thinner, data=msgspec.structs.replace(thinner.data, description=""))
            )
    return data


def signer(secret: str) -> hmac.HMAC:
    """HMAC-SHA256 under the bytes that a `whsec_…` secret encodes. Raises egress.Unsendable."""
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or len(key) < _SHORTEST_SECRET:
        raise egress.Unsendable("The webhook secret must be whsec_ followed by base64 of 24 to 64 random bytes.")
    return hmac.new(key, digestmod="sha256")


def sign(signers: Sequence[hmac.HMAC], key: str, timestamp: int, body: bytes) -> str:
    """The webhook-signature header: one `v1,…` for each signer, separated by spaces."""
    content = b"%b.%d.%b" % (key.encode("ascii"), timestamp, body)
    found = []
    for keyed in signers:
        fresh = keyed.copy()  # the key is worked in already, which halves the cost
        fresh.update(content)
        found.append("v1," + binascii.b2a_base64(fresh.digest(), newline=False).decode("ascii"))
    return " ".join(found)


_TOLD = 256
"""Bodies kept by incident, each BODY_LIMIT at most: those that several destinations are told within moments."""

_told: dict[str, tuple[Message, bytes]] = {}


def _headers(key: str, timestamp: int, signature: str) -> bytes:
    """The three headers of the specification. Raises egress.Unsendable for a key that is no such thing."""
    if not (key.isascii() and key.isprintable()):
        raise egress.Unsendable("A header holds a character that HTTP does not allow.")
    return f"webhook-id: {key}\r\nwebhook-timestamp: {timestamp}\r\nwebhook-signature: {signature}\r\n".encode("ascii")


class WebhookSender:
    """Posts to one URL, side by side."""

    def __init__(self, config: WebhookConfig, secrets: Secrets, out: kit.Kit) -> None:
        self._out = out
        self._prepared = kit.prepare(config.url, [("Content-Type", "application/json")])
        found = {"secret": secrets["secret"], "previous_secret": secrets.get("previous_secret", "")}
        self._signers = []
        for name, secret in found.items():
            if secret:
                with egress.about(name):
                    self._signers.append(signer(secret))

    def __repr__(self) -> str:
        return "<WebhookSender>"

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """One POST for each message, all within the deadline."""
        places, requests = self._requests(messages)
        return self._outcomes(len(messages), places, self._out.post_many(requests, SPEC.traits.deadline))

    def ready(self, messages: Sequence[Message]) -> kit.Ready | None:
        """See contract.Starter."""
        if not self._out.warm(self._prepared):
            return None
        places, requests = self._requests(messages)
        deadline = SPEC.traits.deadline
        return kit.Ready(requests, deadline, lambda answers: self._outcomes(len(messages), places, answers))

    def _requests(self, messages: Sequence[Message]) -> tuple[list[int], list[kit.Request]]:
        """What is posted for those messages that can be built, and their places among all."""
        timestamp = int(time.time())
        requests: list[kit.Request] = []
        places = []
        for place, message in enumerate(messages):
            try:
                body = self._body(message)
                headers = _headers(message.key, timestamp, sign(self._signers, message.key, timestamp, body))
            except Exception:  # noqa: BLE001, S112 - a message that cannot be built is its own outcome; its text stays here
                continue
            requests.append((self._prepared, headers, body))
            places.append(place)
        return places, requests

    def _body(self, message: Message) -> bytes:
        """The body; destinations that are told the same one after the other share it, unless it is plaintext."""
        if message.mode == "plaintext":
            return encode(payload(message))
        known = _told.get(message.incident_id)
        # All that differs between two destinations is in neither body.
        if known is not None and msgspec.structs.replace(message, key=known[0].key, refs=known[0].refs) == known[0]:
            return known[1]
        body = encode(payload(message))
        if len(_told) >= _TOLD:
            _told.clear()
        _told[message.incident_id] = (message, body)
        return body

    @staticmethod
    def _outcomes(count: int, places: Sequence[int], answers: Sequence[kit.Answer]) -> list[Outcome]:
        outcomes: list[Outcome] = [Rejected(Reason.BUG)] * count
        for place, answer in zip(places, answers, strict=True):
            outcomes[place] = kit.outcome(answer)
        return outcomes


def _describe(config: WebhookConfig) -> str:
    place = egress.parse_url(config.url).place
    return f"{'https' if place.tls else 'http'}://{place.host}:{place.port}"  # a path may hold a key


def _identity(config: WebhookConfig, _: Secrets) -> dict[str, str]:
    url = egress.parse_url(config.url)
    return {
        "scheme": "https" if url.place.tls else "http",
        "host": url.place.host,
        "port": str(url.place.port),
        "path": url.target.partition("?")[0],
    }


def _preview(_: WebhookConfig, message: Message) -> Any:  # noqa: ANN401 - JSON
    return msgspec.json.decode(encode(payload(message)))


def _open(config: WebhookConfig, secrets: Secrets, out: kit.Kit) -> Sender:
    return WebhookSender(config, secrets, out)


SPEC = Spec(
    kind="webhook",
    title="Webhook",
    config=WebhookConfig,
    secrets=("secret",),
    optional_secrets=("previous_secret",),
    traits=Traits(batch=32, deadline=15.0, concurrent=True),
    describe=_describe,
    identity=_identity,
    encrypted=lambda config: config.url.startswith("https:"),
    preview=_preview,
    open=_open,
    about="A signed JSON body to your own https address, by the Standard Webhooks specification.",
    asks={
        "secret": Credential(
            "Signing secret", "whsec_ and what `openssl rand -base64 32` prints; the receiver checks with it"
        ),
        "previous_secret": Credential(
            "Previous signing secret", "signs as well while receivers change over; take it away afterwards"
        ),
    },
    server=lambda _: "",  # it signs and is never sent
)
