"""Amazon SNS is asked who it is: only what its certificate signed for the topic that a source names is believed.

A source with a `topic_arn` takes nothing else: its key stands in the address, since SNS sends no headers, and addresses
are written down in more places than headers are. A subscription is confirmed for that topic alone, at Amazon's own host
of the topic's region, through the guarded way out, and the audit keeps it.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from prometheus_client import Counter

from router.core.audit import Event
from router.flow.intake import NotDurable, Unvouched
from router.keys import KeystoreDown
from router.runtime import Runtime
from router.sources import cloudwatch, fields
from router.store.session import DatabaseDown

if TYPE_CHECKING:
    import httpx

DEADLINE: Final = 8.0
"""Seconds for one request to Amazon: SNS itself waits 15 for our answer."""

KEPT: Final = timedelta(hours=24)
"""How long a certificate is used before it is asked for again; Amazon changes them about once a year."""

FRESH: Final = timedelta(hours=2)
"""How old a message may be, by the time that it is signed with: SNS gives up after an hour of retries."""

_MOST_CERTIFICATES: Final = 32
_LONGEST: Final = 64 * 1024
_OK: Final = 200
_HASHES: Final = {"1": hashes.SHA1, "2": hashes.SHA256}  # SNS guide, "SignatureVersion"

OUTCOMES: Final = Counter("alertveil_sns_messages", "Messages of Amazon SNS that were checked.", ["outcome"])


class NotSigned(Exception):  # noqa: N818 - says what is the matter
    """It is not what Amazon SNS signed for the source's topic (403). The text says what is missing."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """The message is Amazon's. `confirmed`: it asked to confirm the subscription, which was done; it holds no alert."""

    confirmed: bool


class Sns:
    """Vouches for messages; keeps Amazon's certificates for a while. Thread-safe."""

    def __init__(self, runtime: Runtime, client: Callable[[], httpx.Client] | None = None) -> None:
        """`client` makes an HTTP client; the default leaves through the runtime's kit and so through its guard."""
        self._runtime = runtime
        self._client = client or (lambda: runtime.kit.client(DEADLINE))
        self._certificates: OrderedDict[str, tuple[datetime, x509.Certificate]] = OrderedDict()
        self._lock = threading.Lock()

    def vouch(self, asked: Unvouched, body: bytes) -> Vouched:
        """Check that `body` is a message of the source's topic signed by Amazon, and confirm it if that is its wish.

        Raises:
            Malformed, WrongShape: it is no message at all.
            NotSigned: it is not Amazon's, or of another topic.
            NotDurable: Amazon could not be asked; SNS sends again.
        """
        topic = asked.settings["topic_arn"]
        found = cloudwatch.message(body)
        try:
            self._check(found, topic, datetime.now(UTC))
        except NotSigned:
            OUTCOMES.labels("refused").inc()
            raise
        if found is None or found.kind != cloudwatch.CONFIRMATION:
            OUTCOMES.labels("signed").inc()
            return Vouched(confirmed=False)
        place = cloudwatch.confirmation_place(found, topic)
        if place is None:
            OUTCOMES.labels("refused").inc()
            raise NotSigned("SubscribeURL: expected the address where Amazon SNS confirms this source's topic.")
        self._get(place)
        event = Event(
            "source.confirm",
            "alertveil",
            f"source:{asked.source_id}",
            reason="Amazon SNS asked for it, signed, for the topic that the source names",
            details={"source": str(asked.source_id)},
        )
        try:
            with self._runtime.database.tenant(asked.tenant_id) as session:
                self._runtime.audit.write(session, asked.tenant_id, event)
        except (DatabaseDown, KeystoreDown):
            raise NotDurable from None
        OUTCOMES.labels("confirmed").inc()
        return Vouched(confirmed=True)

    def _check(self, found: cloudwatch.Message | None, topic: str, now: datetime) -> None:
        if found is None:
            raise NotSigned(
                "Raw message delivery carries no signature: turn it off, or take `topic_arn` off the source."
            )
        if found.topic != topic:
            raise NotSigned("TopicArn: expected the topic that this source names.")
        place = cloudwatch.certificate_place(found, topic)
        if place is None:
            raise NotSigned("SigningCertURL: expected a certificate at Amazon SNS in the topic's region.")
        certificate = self._certificate(place, now)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotSigned("The certificate that it is signed with does not hold now.")
        if not verified(found, certificate):
            raise NotSigned("Signature: expected the one that Amazon SNS makes of this message.")
        sent = fields.time(found.fields.get("Timestamp"))
        if sent is None or abs(now - sent) > FRESH:
            raise NotSigned("Timestamp: expected one of the last two hours; Amazon SNS sends nothing older.")

    def _certificate(self, place: str, now: datetime) -> x509.Certificate:
        with self._lock:
            held = self._certificates.get(place)
        if held is not None and now - held[0] < KEPT:
            return held[1]
        try:
            certificate = x509.load_pem_x509_certificate(self._get(place))
        except ValueError:
            raise NotSigned("SigningCertURL: there is no certificate there.") from None
        with self._lock:
            self._certificates[place] = (now, certificate)
            if len(self._certificates) > _MOST_CERTIFICATES:
                self._certificates.popitem(last=False)
        return certificate

    def _get(self, url: str) -> bytes:
        """What Amazon answers there. Raises NotDurable."""
        import httpx  # noqa: PLC0415 - memory that an edge without SNS does without

        try:
            with self._client() as client:
                answer = client.get(url)
        except (httpx.HTTPError, OSError):
            raise NotDurable from None
        if answer.status_code != _OK or len(answer.content) > _LONGEST:
            raise NotDurable
        return answer.content


def verified(found: cloudwatch.Message, certificate: x509.Certificate) -> bool:
    """Whether the certificate's key made the message's signature: RSA PKCS #1 v1.5 over SHA-1 or SHA-256."""
    algorithm = _HASHES.get(found.version)
    key = certificate.public_key()
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(
            base64.b64decode(found.signature, validate=True),
            cloudwatch.signed_text(found),
            padding.PKCS1v15(),
            algorithm(),
        )
    except (InvalidSignature, binascii.Error):
        return False
    return True
