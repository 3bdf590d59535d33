"""Amazon SNS before a source that names its topic: what Amazon signed comes in, a wish to confirm is granted once."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from channels.kit import Kit
from router.flow.apply import apply
from router.flow.intake import Intake, NotDurable, Post, Unvouched
from router.flow.snapshot import Snapshots
from router.flow.sns import NotSigned, Sns
from router.runtime import Runtime
from router.sources import cloudwatch
from tests.sources.test_cloudwatch import ALARM, OK, TOPIC, sns

KEY = "cloudwatch_".ljust(40, "k")
CONFIG = f"""
tenants:
  - slug: acme
    sources:
      - {{name: aws, format: cloudwatch, key_env: AWS_KEY, quiet_after: off, topic_arn: "{TOPIC}"}}
"""


def certificate(key: rsa.RSAPrivateKey, *, days: int = 30) -> bytes:
    """A certificate of this key that ends in so many days, as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """SNS of one region on this machine: it serves certificates, and counts who confirms."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.pages = {"/SimpleNotificationService-abc.pem": certificate(self.key)}
        self.pages["/SimpleNotificationService-old.pem"] = certificate(self.key, days=-1)
        self.asked: list[str] = []
        amazon = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                amazon.asked.append(f"{self.headers['Host']}{self.path}")
                page = b"<ConfirmSubscriptionResponse/>" if "ConfirmSubscription" in self.path else None
                page = page or amazon.pages.get(self.path)
                self.send_response(200 if page else 404)
                self.send_header("Content-Length", str(len(page or b"")))
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self) -> httpx.Client:
        """A client for which Amazon's name leads here."""
        port = self._server.server_port

        class Here(httpx.HTTPTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                assert request.url.host == "sns.us-east-1.amazonaws.com", "nobody else is ever asked"
                request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
                return super().handle_request(request)

        return httpx.Client(transport=Here(), trust_env=False)

    def signed(self, message: object, version: str = "2", **more: str) -> bytes:
        """A message as SNS sends it."""
        body = {**sns(message, SignatureVersion=version, Timestamp=datetime.now(UTC).isoformat()), **more}
        found = cloudwatch.message(orjson.dumps(body))
        assert found is not None
        how = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303 - SNS's version 1
        made = self.key.sign(cloudwatch.signed_text(found), padding.PKCS1v15(), how)
        return json.dumps({**body, "Signature": base64.b64encode(made).decode()}).encode()

    def asks(self, **more: str) -> bytes:
        """Its wish that the subscription be confirmed."""
        url = f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=tok"
        return self.signed(
            "You have chosen to subscribe",
            Type="SubscriptionConfirmation",
            Token="tok",
            **{"SubscribeURL": url, **more},
        )


@pytest.fixture(scope="module")
def amazon() -> Iterator[Amazon]:
    made = Amazon()
    yield made
    made.close()


class Source:
    """The source of the topic, and who vouches for its messages."""

    def __init__(self, runtime: Runtime, amazon: Amazon) -> None:
        applied = apply(runtime, CONFIG, dry_run=False, actor="t", environ={"AWS_KEY": KEY}, base_dir=None)
        self.runtime, self.tenant_id = runtime, applied.ids["acme"]
        self.sns = Sns(runtime, amazon.client)
        self.intake = Intake(runtime.database, runtime.vault, Snapshots(), lambda _: None)

    def take(self, body: bytes) -> Any:  # noqa: ANN401 - an answer
        """As the web process does: asked whether somebody vouches, and then once more."""
        post = Post(KEY, body, "acme", "aws", kind="text/plain")
        (answer,) = self.intake.take([post])
        assert isinstance(answer, Unvouched)
        if self.sns.vouch(answer, body).confirmed:
            return "confirmed"
        (answer,) = self.intake.take([dataclasses.replace(post, vouched=True)])
        return answer

    def statuses(self) -> list[str]:
        with self.runtime.database.tenant(self.tenant_id) as session:
            return [row.status for row in session.rows("SELECT status FROM incidents")]

    def confirmed(self) -> int:
        with self.runtime.database.tenant(self.tenant_id) as session:
            return len(session.rows("SELECT FROM audit_events WHERE action = 'source.confirm'"))


@pytest.fixture
def source(runtime: Runtime, amazon: Amazon) -> Source:
    amazon.asked.clear()
    return Source(runtime, amazon)


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_amazon_signed_comes_in_and_its_certificate_is_asked_for_once(
    source: Source, amazon: Amazon, version: str
) -> None:
    assert len(source.take(amazon.signed(ALARM, version))) == 1
    assert source.statuses() == ["open"]
    assert len(source.take(amazon.signed(OK, version))) == 1
    assert source.statuses() == ["resolved"]
    assert amazon.asked == ["sns.us-east-1.amazonaws.com/SimpleNotificationService-abc.pem"]


def test_a_wish_to_confirm_is_granted_and_audited(source: Source, amazon: Amazon) -> None:
    assert source.take(amazon.asks()) == "confirmed"
    assert [each.partition("?")[2].partition("&")[0] for each in amazon.asked] == ["", "Action=ConfirmSubscription"]
    assert source.confirmed() == 1
    assert source.statuses() == []


def test_what_amazon_did_not_sign_is_refused_and_nobody_is_asked_to_confirm(source: Source, amazon: Amazon) -> None:
    elsewhere = "https://sns.us-east-1.amazonaws.com.evil.test"
    forged = json.dumps({**json.loads(amazon.signed(ALARM)), "Message": json.dumps(OK)}).encode()
    for body, words in [
        (forged, "Signature: expected"),
        (amazon.signed(ALARM, Subject="other").replace(b'"other"', b'"another"'), "Signature: expected"),
        (json.dumps(ALARM).encode(), "Raw message delivery"),
        (amazon.signed(ALARM, TopicArn=TOPIC + "x"), "TopicArn"),
        (amazon.signed(ALARM, SigningCertURL=elsewhere + "/SimpleNotificationService-abc.pem"), "SigningCertURL"),
        (
            amazon.signed(
                ALARM, SigningCertURL="https://sns.us-east-1.amazonaws.com/SimpleNotificationService-old.pem"
            ),
            "does not hold now",
        ),
        (amazon.signed(ALARM, Timestamp="2026-01-05T10:00:01.000Z"), "Timestamp"),
        (amazon.signed(ALARM, SignatureVersion="3"), "Signature: expected"),
        (amazon.asks(SubscribeURL=elsewhere + "/?Action=ConfirmSubscription"), "SubscribeURL"),
        (amazon.asks().replace(b'"tok"', b'"kot"'), "Signature: expected"),
    ]:
        with pytest.raises(NotSigned, match=words) as refused:
            source.take(body)
        assert "Zebulon" not in str(refused.value)
    assert not [each for each in amazon.asked if "ConfirmSubscription" in each]
    assert (source.statuses(), source.confirmed()) == ([], 0)


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.8", "127.0.0.1"])
def test_the_way_out_is_guarded(source: Source, amazon: Amazon, address: str) -> None:
    kit = Kit(resolver=lambda _host, _port: [address])
    guarded = Sns(dataclasses.replace(source.runtime, kit=kit))
    (answer,) = source.intake.take([Post(KEY, amazon.asks(), "acme", "aws")])
    assert isinstance(answer, Unvouched)
    with pytest.raises(NotDurable):
        guarded.vouch(answer, amazon.asks())
    kit.close()
