"""Webhooks, by the Standard Webhooks specification and its own library."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from channels import egress, webhook
from channels.contract import Delivered, Reason, Rejected
from channels.kit import Kit
from channels.webhook import SPEC, WebhookConfig
from router.local.vendors.base import Fault
from router.local.vendors.webhook import WebhookVendor
from tests.channels import exam

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def elsewhere(_: Mapping[str, Any], host: str, port: int) -> Mapping[str, Any]:
    bracketed = f"[{host}]" if ":" in host else host
    scheme = "http" if host.startswith("127.") or port > 10_000 else "https"
    return {"url": f"{scheme}://{bracketed}:{port}/hook"}


class TestExam(exam.HttpExam):
    table = exam.Table(
        spec=SPEC,
        vendor=WebhookVendor,
        config=lambda vendor: {"url": f"{vendor.url}/hook"},
        secrets={"secret": SECRET},
        place=elsewhere,
    )


@pytest.fixture
def vendor() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def kit() -> Iterator[Kit]:
    kit = Kit(exam.LOOPBACK)
    yield kit
    kit.close()


def config(vendor: WebhookVendor) -> WebhookConfig:
    return WebhookConfig(url=f"{vendor.url}/hook?team=care")


def test_a_receiver_can_verify_the_signature_with_the_specification_s_library(vendor: WebhookVendor, kit: Kit) -> None:
    SPEC.open(config(vendor), {"secret": SECRET}, kit).send([exam.message()])
    [captured] = vendor.received
    assert Webhook(SECRET).verify(captured.body, captured.headers) == captured.json()
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET).verify(captured.body, captured.headers)


def test_while_secrets_change_over_both_verify(vendor: WebhookVendor, kit: Kit) -> None:
    SPEC.open(config(vendor), {"secret": SECRET, "previous_secret": OLD_SECRET}, kit).send([exam.message()])
    [captured] = vendor.received
    for secret in (SECRET, OLD_SECRET):
        assert Webhook(secret).verify(captured.body, captured.headers)


@pytest.mark.parametrize(
    ("secret", "key", "timestamp", "body", "signature"),
    [
        (SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}',
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        (OLD_SECRET, "evt_01TESTINCIDENT", 1767225600,
         (b'{"type":"incident.resolved","timestamp":"2026-01-01T00:00:00Z","data":{"incident_id":"inc_1",'
         b'"user":"<EMAIL_a3f9>"}}'),
         "v1,PayMwZ+BZzbAMrorFqSrS/fqj3ogh3Kx8E6H66EkQis="),
    ],
)  # fmt: skip
def test_known_signatures_come_out(secret: str, key: str, timestamp: int, body: bytes, signature: str) -> None:
    assert webhook.sign([webhook.signer(secret)], key, timestamp, body) == signature


def test_the_id_stays_and_the_timestamp_is_that_of_the_attempt(vendor: WebhookVendor, kit: Kit) -> None:
    sender = SPEC.open(config(vendor), {"secret": SECRET}, kit)
    vendor.faults.append(Fault(status=500))
    sender.send([exam.message()])
    sender.send([exam.message()])
    first, second = vendor.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "dlv-0001"
    assert abs(int(second.headers["webhook-timestamp"]) - time.time()) < 5
    assert second.target == "/hook?team=care"


def test_the_body_is_thin_and_names_what_happened(vendor: WebhookVendor, kit: Kit) -> None:
    sender = SPEC.open(config(vendor), {"secret": SECRET}, kit)
    sender.send([exam.message(kind="resolve", status="resolved", with_trigger=True, repeat=True)])
    body = vendor.received[0].json()
    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == "incident.resolved"
    assert body["timestamp"] == "2026-01-05T10:04:00Z"
    assert body["data"]["incident_id"] == exam.message().incident_id
    assert body["data"]["mode"] == "plaintext"
    assert body["data"]["with_trigger"] is True
    assert body["data"]["repeat"] is True
    assert body["data"]["fields"]["user"] == exam.TOKENS[2]


@pytest.mark.parametrize(
    "other",
    [
        {"key": "dlv-0002", "refs": {"x": "1"}},
        {"title": "Another title"},
        {"description": "Another description"},
        {"fields": (("user", "another"),)},
        {"tenant": "another"},
        {"revision": 9},
        {"repeat": True},
        {"mode": "plaintext", "title": "Zebulon Quackenbush"},
    ],
)
def test_a_body_that_was_made_before_is_taken_for_the_same_message_alone(
    vendor: WebhookVendor, kit: Kit, other: dict[str, Any]
) -> None:
    """Destinations share a body; whatever differs in a message is in its own, and no plaintext is ever kept."""
    sender = SPEC.open(config(vendor), {"secret": SECRET}, kit)
    first = exam.message(mode="tokens")
    for message in (first, msgspec.structs.replace(first, **other), first):
        sender.send([message])
        assert vendor.received[-1].json() == json.loads(webhook.encode(webhook.payload(message)))
    assert all(message.mode == "tokens" for message, _ in webhook._told.values())  # noqa: SLF001 - what is kept is the point


def test_a_body_of_any_size_stays_under_20_kb() -> None:
    long = exam.message(description="y" * 50_000, fields=tuple((f"label{n}", "z" * 900) for n in range(200)))
    body = webhook.encode(webhook.payload(long))
    assert len(body) <= webhook.BODY_LIMIT
    assert json.loads(body)["data"]["incident_id"] == long.incident_id


def test_410_switches_the_channel_off(vendor: WebhookVendor, kit: Kit) -> None:
    vendor.faults.append(Fault(status=410))
    [outcome] = SPEC.open(config(vendor), {"secret": SECRET}, kit).send([exam.message()])
    assert outcome == Rejected(Reason.DESTINATION, disable=True, status=410)


def test_a_key_that_would_start_another_header_is_not_sent(vendor: WebhookVendor, kit: Kit) -> None:
    outcomes = SPEC.open(config(vendor), {"secret": SECRET}, kit).send(
        [exam.message(key="a\r\nX-Evil: 1"), exam.message()]
    )
    assert outcomes[0] == Rejected(Reason.BUG)
    assert isinstance(outcomes[1], Delivered)
    assert "x-evil" not in vendor.received[0].headers


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%"])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str, kit: Kit) -> None:
    with pytest.raises(egress.Unsendable) as raised:
        SPEC.open(WebhookConfig(url="https://hooks.example/x"), {"secret": secret or "whsec_="}, kit)
    assert "whsec_ followed by" in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://a.example/", "https://user:pw@a.example/", "https://a.example/#x", "https://0x7f.1/"),
        *("https://2130706433/", "https://127.1/", "https://a.example:0/", "https://a.example:99999/", "https:///x"),
        *("https://a b.example/", "javascript:alert(1)", "https://a.example\\@b.example/", "https://bücher.example/"),
        *("https://-a.example/", "https://a.example:/", "https://[::1%25eth0]/", "https://a.example/\n", ""),
    ],
)
def test_a_url_that_can_be_read_in_two_ways_is_refused_when_it_is_set(url: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({"url": url}, WebhookConfig)
    assert not url or url not in str(raised.value)


def test_an_opt_in_is_bound_to_scheme_host_port_and_path() -> None:
    identity = SPEC.identity(WebhookConfig(url="https://Hooks.example/a/b?key=1"), {})
    assert identity == {"scheme": "https", "host": "hooks.example", "port": "443", "path": "/a/b"}


def test_the_description_shows_no_path_because_a_path_may_be_a_key() -> None:
    assert SPEC.describe(WebhookConfig(url="https://hooks.example/T000/B000/XXXX")) == "https://hooks.example:443"


def test_the_key_is_the_decoded_bytes_with_or_without_padding() -> None:
    unpadded = "whsec_" + base64.b64encode(b"k" * 25).decode().rstrip("=")
    assert webhook.signer(unpadded).digest() == hmac.new(b"k" * 25, digestmod="sha256").digest()
