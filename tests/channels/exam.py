"""The exam that every channel sits: what a destination can do to a sender, and what must come of it.

A new channel's test file fills in a `Table` and inherits `HttpExam`, or `Exam` when it speaks no HTTP::

    class TestExam(exam.HttpExam):
        table = exam.Table(spec=SPEC, vendor=WebhookVendor, config=lambda vendor: {"url": vendor.url}, secrets={…})

Every test ends by looking for the patient and the secrets in outcomes, representations, log records and output.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import pytest
import trustme

from channels.contract import (
    Delivered,
    Message,
    Outcome,
    Reason,
    Rejected,
    Retry,
    SafeText,
    Sender,
    Spec,
)
from channels.kit import Kit
from router.local.vendors.base import Fault, Vendor
from router.local.vendors.webhook import WebhookVendor

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PATIENT = ("Zebulon Quackenbush", "MRN-77341902", "zq.canary@leakmail.test", "219-09-9999")
TOKENS = ("<EMAIL_7K2M4QXW9R>", "<MRN_0123456789>", "<NAME_ABCDEFGHJK>")
NOW = dt.datetime(2026, 1, 5, 10, 0, tzinfo=dt.UTC)

SHORT = 0.75
"""Seconds that a kit allows where a test waits for its deadline."""

SLACK_TIME = 5.0
"""Seconds above the deadline that a busy machine may take to notice it."""


def message(**changes: Any) -> Message:  # noqa: ANN401 - any field
    """A trigger whose details hold the patient, as a decision may allow, and whose summary holds tokens."""
    fields: dict[str, Any] = {
        "kind": "trigger",
        "key": "dlv-0001",
        "incident_id": "8d7f3c0e-6c53-4f1f-9a53-0a0b0c0d0e0f",
        "short_id": "INC-7K2M4Q",
        "revision": 1,
        "status": "open",
        "severity": "critical",
        "summary": f"[CRITICAL] prod-alertmanager: FHIR 5xx above 5% for {TOKENS[0]} (INC-7K2M4Q)",
        "title": f"FHIR 5xx above 5% for {TOKENS[0]}",
        "description": f"last lookup: {PATIENT[0]} {PATIENT[1]} {PATIENT[2]} {PATIENT[3]} & {TOKENS[1]}",
        "reason": "first alert of this incident",
        "source": "prod-alertmanager",
        "tenant": "acme-health",
        "fields": (("alertname", "FhirErrors"), ("patient", PATIENT[0]), ("user", TOKENS[2])),
        "url": "https://alertveil.example/i/INC-7K2M4Q",
        "count": 3,
        "first_seen": NOW,
        "last_seen": NOW + dt.timedelta(minutes=4),
        "mode": "plaintext",
    }
    return Message(**fields | changes)


@dataclass(frozen=True)
class Table:
    """What the exam needs to know about a channel.

    `config` makes the config mapping, as it stands in the file, for a vendor; `place` changes the host and port in it.
    `statuses` and `lies` name the outcomes
    that this vendor's documentation puts in place of the usual ones.
    """

    spec: Spec[Any]
    vendor: Callable[..., Vendor]
    config: Callable[[Vendor], Mapping[str, Any]]
    secrets: Mapping[str, str]
    place: Callable[[Mapping[str, Any], str, int], Mapping[str, Any]]
    statuses: Mapping[int, Outcome] = field(default_factory=dict)
    lies: Outcome | None = None  # for a 200 that is none; None: this vendor's body says nothing
    tls: Mapping[str, Any] = field(default_factory=dict)  # how the vendor is started to speak TLS
    cut_before: Fault = field(default_factory=lambda: Fault(drop="before"))
    cut_after: Fault = field(default_factory=lambda: Fault(drop="after"))
    public_ports: Sequence[int] = (443, 8443)


class Witness(logging.Handler):
    """Everything that was said during a test, and the words that must not be in it.

    It listens by itself: pytest's log fixture forgets a test's records before its fixtures end.
    """

    def __init__(self, table: Table, output: pytest.CaptureFixture[str]) -> None:
        super().__init__(logging.DEBUG)
        self._forbidden = [*PATIENT, *table.secrets.values()]
        self._output = output
        self._said: list[str] = []

    def __enter__(self) -> Self:
        """Listen to every logger, as loud as an operator who hunts a bug would turn them."""
        root = logging.getLogger()
        self._level_before = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening. Raises AssertionError when a forbidden word was said."""
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level_before)
        self._said += self._output.readouterr()
        for word in self._forbidden:
            assert not any(word in line for line in self._said), "a patient's data or a secret was said"

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's text, arguments and exception."""
        self._said.append(f"{record.getMessage()} {record.args!r} {record.exc_info!r}")

    def saw(self, *things: object) -> None:
        """Put what was returned or made before the witness."""
        self._said += [repr(thing) + str(thing) for thing in things]


class Exam:
    """What holds for every channel, whatever it speaks."""

    table: ClassVar[Table]

    @pytest.fixture(autouse=True)
    def witness(self, capfd: pytest.CaptureFixture[str]) -> Iterator[Witness]:
        with Witness(self.table, capfd) as witness:
            yield witness

    @pytest.fixture
    def vendor(self) -> Iterator[Vendor]:
        with self.table.vendor() as vendor:
            yield vendor

    @pytest.fixture
    def kit(self, witness: Witness) -> Iterator[Kit]:
        kit = Kit(LOOPBACK)
        witness.saw(kit)
        yield kit
        kit.close()

    @pytest.fixture
    def hasty(self) -> Iterator[Kit]:
        kit = Kit(LOOPBACK, longest=SHORT)
        yield kit
        kit.close()

    def open(self, vendor: Vendor, kit: Kit, config: Mapping[str, Any] | None = None) -> Sender:
        """A sender as delivery opens it."""
        found = dict(config if config is not None else self.table.config(vendor))
        return self.table.spec.open(msgspec.convert(found, self.table.spec.config), self.table.secrets, kit)

    def send(self, sender: Sender, witness: Witness, *messages: Message) -> list[Outcome]:
        """Send and put what comes of it before the witness."""
        outcomes = sender.send(messages or [message()])
        witness.saw(sender, *outcomes)
        return outcomes

    def elsewhere(self, vendor: Vendor, host: str, port: int) -> Mapping[str, Any]:
        """The channel's config with another destination."""
        return self.table.place(self.table.config(vendor), host, port)

    def test_a_message_arrives(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert isinstance(outcome, Delivered)
        assert vendor.count == 1

    def test_a_batch_is_answered_in_order(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        size = self.table.spec.traits.batch
        batch = [message(key=f"dlv-{n}", incident_id=f"8d7f3c0e-6c53-4f1f-9a53-0a0b0c0d{n:04d}") for n in range(size)]
        outcomes = self.send(self.open(vendor, kit), witness, *batch)
        assert len(outcomes) == size
        assert all(isinstance(outcome, Delivered) for outcome in outcomes)
        assert vendor.count == size
        assert vendor.connections <= 8

    def test_a_message_that_cannot_be_built_spoils_no_other(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        broken = msgspec.structs.replace(message(), fields=None)  # broken on purpose
        outcomes = self.send(self.open(vendor, kit), witness, broken, message(key="dlv-0002"))
        assert outcomes[0] == Rejected(Reason.BUG)
        assert isinstance(outcomes[1], Delivered)

    def test_every_revision_and_kind_of_message_goes_out(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        sender = self.open(vendor, kit)
        refs: Mapping[str, str] = {}
        for revision, (kind, status) in enumerate(
            [
                ("trigger", "open"),
                ("update", "open"),
                ("acknowledge", "acknowledged"),
                ("update", "investigating"),
                ("resolve", "resolved"),
                ("test", "open"),
            ]
        ):
            [outcome] = self.send(
                sender,
                witness,
                message(kind=kind, status=status, revision=revision, key=f"dlv-{revision}", refs=refs, repeat=True),
            )
            assert isinstance(outcome, Delivered)
            refs = {**refs, **outcome.refs}

    def test_a_resolve_tells_of_a_trigger_that_never_left(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        [outcome] = self.send(
            self.open(vendor, kit), witness, message(kind="resolve", status="resolved", with_trigger=True)
        )
        assert isinstance(outcome, Delivered)

    def test_proxy_variables_are_not_obeyed(
        self, vendor: Vendor, kit: Kit, witness: Witness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with WebhookVendor() as proxy:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url)
                monkeypatch.setenv(name.lower(), proxy.url)
            [outcome] = self.send(self.open(vendor, kit), witness)
            assert isinstance(outcome, Delivered)
            assert proxy.connections == 0

    @pytest.mark.parametrize(
        "host",
        [
            *("127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.100.100.200"),
            *("168.63.129.16", "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.51.100.7"),
            *(
                "::1",
                "::",
                "::ffff:127.0.0.1",
                "fe80::1",
                "fd00:ec2::254",
                "64:ff9b::7f00:1",
                "2002:7f00:1::",
                "2001::1",
            ),
        ],
    )
    def test_addresses_inside_are_refused(self, vendor: Vendor, witness: Witness, host: str) -> None:
        kit = Kit()
        for port in self.table.public_ports:
            [outcome] = self.send(self.open(vendor, kit, self.elsewhere(vendor, host, port)), witness)
            assert outcome == Rejected(Reason.EGRESS_DENIED)

    def test_a_name_that_points_inside_is_refused(self, vendor: Vendor, witness: Witness) -> None:
        kit = Kit(resolver=lambda _, __: ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254"])
        config = self.elsewhere(vendor, "rebinds.example", self.table.public_ports[0])
        [outcome] = self.send(self.open(vendor, kit, config), witness)
        assert outcome == Rejected(Reason.EGRESS_DENIED)

    def test_other_ports_are_refused(self, vendor: Vendor, witness: Witness) -> None:
        kit = Kit(resolver=lambda _, __: ["9.9.9.9"])
        [outcome] = self.send(self.open(vendor, kit, self.elsewhere(vendor, "public.example", 6379)), witness)
        assert outcome == Rejected(Reason.EGRESS_DENIED)

    def test_only_vetted_addresses_of_a_name_are_connected_to(self, vendor: Vendor, witness: Witness) -> None:
        """A name that changes between two look-ups: there is no second one to fall for."""
        answers = iter([["10.0.0.1", "127.0.0.1", "169.254.169.254"], ["169.254.169.254"]])
        kit = Kit(LOOPBACK, resolver=lambda _, __: next(answers))
        config = self.elsewhere(vendor, "rebinds.example", vendor.port)
        [outcome] = self.send(self.open(vendor, kit, config), witness)
        assert isinstance(outcome, Delivered)
        kit.close()

    def test_an_address_that_does_not_answer_gives_way_to_the_next(self, vendor: Vendor, witness: Witness) -> None:
        kit = Kit(LOOPBACK, resolver=lambda _, __: ["127.77.77.77", "127.0.0.1"])
        [outcome] = self.send(self.open(vendor, kit, self.elsewhere(vendor, "two.example", vendor.port)), witness)
        assert isinstance(outcome, Delivered)
        kit.close()

    def test_nobody_listens(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            config = self.elsewhere(vendor, "127.0.0.1", free.getsockname()[1])
            [outcome] = self.send(self.open(vendor, kit, config), witness)
        assert outcome == Retry(Reason.CONNECT)

    def test_a_name_that_is_not_found_is_tried_again(self, vendor: Vendor, witness: Witness) -> None:
        def missing(_: str, __: int) -> list[str]:
            raise socket.gaierror

        [outcome] = self.send(
            self.open(vendor, Kit(resolver=missing), self.elsewhere(vendor, "gone.example", vendor.port)), witness
        )
        assert outcome == Retry(Reason.DNS)

    def test_a_resolver_that_hangs_does_not_hold_us(self, vendor: Vendor, witness: Witness) -> None:
        def hanging(_: str, __: int) -> list[str]:
            time.sleep(SHORT * 4)  # a resolver that hangs, on purpose
            return ["127.0.0.1"]

        kit = Kit(LOOPBACK, resolver=hanging, longest=SHORT)
        with within(SHORT):
            [outcome] = self.send(self.open(vendor, kit, self.elsewhere(vendor, "slow.example", vendor.port)), witness)
        assert outcome == Retry(Reason.DNS)
        assert vendor.connections == 0

    def test_a_destination_that_says_nothing_is_left_in_time(
        self, vendor: Vendor, hasty: Kit, witness: Witness
    ) -> None:
        vendor.faults.append(Fault(hang=True))
        with within(SHORT):
            [outcome] = self.send(self.open(vendor, hasty), witness)
        assert outcome == Retry(Reason.TIMEOUT, maybe_delivered=True)

    def test_a_destination_that_drips_is_left_in_time(self, vendor: Vendor, hasty: Kit, witness: Witness) -> None:
        vendor.faults.append(Fault(drip=0.05))
        with within(SHORT):
            [outcome] = self.send(self.open(vendor, hasty), witness)
        assert outcome == Retry(Reason.TIMEOUT, maybe_delivered=True)

    def test_a_cut_before_the_answer_may_have_delivered(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        vendor.faults.append(self.table.cut_before)
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert outcome == Retry(Reason.DISCONNECTED, maybe_delivered=True)

    def test_a_cut_after_the_message_was_taken_may_have_delivered(
        self, vendor: Vendor, kit: Kit, witness: Witness
    ) -> None:
        vendor.faults.append(self.table.cut_after)
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert outcome == Retry(Reason.DISCONNECTED, maybe_delivered=True)
        assert vendor.count == 1

    @pytest.mark.parametrize("flaw", ["foreign", "expired", "wrong host"])
    def test_a_bad_certificate_gets_nothing(self, flaw: str, tmp_path: Path, witness: Witness) -> None:
        ours, theirs = trustme.CA(), trustme.CA()
        issuer = theirs if flaw == "foreign" else ours
        name = "other.example" if flaw == "wrong host" else "vendor.example"
        past = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
        certificate = issuer.issue_cert(name, not_after=past if flaw == "expired" else None)
        outcome, vendor = self._over_tls(certificate, ours, tmp_path, witness)
        assert outcome == Retry(Reason.TLS)
        assert vendor.count == 0

    def test_a_certificate_of_a_named_authority_is_good(self, tmp_path: Path, witness: Witness) -> None:
        authority = trustme.CA()
        outcome, vendor = self._over_tls(authority.issue_cert("vendor.example"), authority, tmp_path, witness)
        assert isinstance(outcome, Delivered)
        assert vendor.received[0].tls

    def _over_tls(
        self, certificate: trustme.LeafCert, trusted: trustme.CA, tmp_path: Path, witness: Witness
    ) -> tuple[Outcome, Vendor]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        trusted.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        kit = Kit(LOOPBACK, tmp_path / "ca.pem", lambda _, __: ["127.0.0.1"])
        with self.table.vendor(tls=context, name="vendor.example", **self.table.tls) as vendor:
            [outcome] = self.send(self.open(vendor, kit), witness)
            kit.close()
        return outcome, vendor

    def test_the_spec_keeps_its_promises(self, vendor: Vendor, witness: Witness) -> None:
        spec = self.table.spec
        config = msgspec.convert(dict(self.table.config(vendor)), spec.config)
        identity = spec.identity(config, self.table.secrets)
        assert set(spec.secrets) <= set(self.table.secrets)
        assert spec.traits.deadline <= 30
        assert identity == spec.identity(config, self.table.secrets)
        assert all(isinstance(value, str) for value in identity.values())
        assert isinstance(spec.encrypted(config), bool)
        msgspec.json.encode(spec.preview(config, message()))
        witness.saw(identity, spec.describe(config), config)

    def test_tokens_survive_every_size_of_text(self, vendor: Vendor, witness: Witness) -> None:
        """What a reader sees holds whole tokens only, wherever a limit cuts."""
        spec = self.table.spec
        config = msgspec.convert(dict(self.table.config(vendor)), spec.config)
        for pad in range(30):
            text = SafeText("x" * pad + TOKENS[0] * 3000)
            long = message(title=text, description=text, summary=text, fields=(("label", text),) * 30)
            shown = readable(spec.preview(config, long))
            assert TOKENS[0] in shown
            assert "<EMAIL" not in shown.replace(TOKENS[0], "")
        witness.saw(spec.describe(config))


def readable(payload: Any) -> str:  # noqa: ANN401 - JSON
    """Every string of a payload as a reader sees it: entities resolved."""
    if isinstance(payload, Mapping):
        return "\n".join(readable(value) for value in payload.values())
    if isinstance(payload, list | tuple):
        return "\n".join(readable(value) for value in payload)
    return str(payload).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class within:  # noqa: N801 - reads as a phrase
    """Fails when the block takes longer than `seconds` and what a busy machine adds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        assert time.monotonic() - self._start < self._seconds + SLACK_TIME


# What a status means unless a vendor documents another meaning. Not the kit's own table, on purpose.
USUAL: Mapping[int, Outcome] = {
    **{status: Delivered(status=status) for status in (200, 201, 202, 204, 226)},
    **{status: Retry(Reason.REDIRECT, status=status) for status in (300, 301, 302, 303, 304, 307, 308)},
    **{
        status: Rejected(Reason.REFUSED, status=status) for status in (400, 402, 405, 406, 409, 415, 418, 422, 431, 451)
    },
    401: Rejected(Reason.CREDENTIAL, disable=True, status=401),
    403: Rejected(Reason.CREDENTIAL, status=403),
    404: Retry(Reason.DESTINATION, status=404),
    407: Rejected(Reason.CREDENTIAL, disable=True, status=407),
    408: Retry(Reason.SERVER_ERROR, status=408),
    410: Rejected(Reason.DESTINATION, disable=True, status=410),
    413: Rejected(Reason.TOO_LARGE, status=413),
    425: Retry(Reason.SERVER_ERROR, status=425),
    429: Retry(Reason.RATE_LIMITED, status=429),
    **{status: Retry(Reason.SERVER_ERROR, status=status) for status in (500, 501, 502, 503, 504, 507, 511, 599)},
    **{status: Retry(Reason.BAD_ANSWER, status=status) for status in (600, 999)},
}


class HttpExam(Exam):
    """What HTTP adds."""

    def test_every_status_has_its_outcome(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        sender = self.open(vendor, kit)
        for status, usual in USUAL.items():
            vendor.faults.append(Fault(status=status))
            [outcome] = self.send(sender, witness)
            expected = self.table.statuses.get(status, usual)
            assert (type(outcome), outcome.status) == (type(expected), expected.status), status
            if not isinstance(expected, Delivered):
                assert outcome == expected

    @pytest.mark.parametrize(
        ("value", "after"),
        [
            ("7", 7.0),
            ("0", 0.0),
            ("999999999", 999999999.0),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
            ("soon", None),
            ("-3", None),
            ("1e9", None),
        ],
    )
    def test_retry_after_is_read(
        self, vendor: Vendor, kit: Kit, witness: Witness, value: str, after: float | None
    ) -> None:
        vendor.faults.append(Fault(status=429, retry_after=value))
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert isinstance(outcome, Retry)
        assert (outcome.reason, outcome.after) == (Reason.RATE_LIMITED, after)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_a_failure_and_not_followed(
        self, vendor: Vendor, kit: Kit, witness: Witness, status: int
    ) -> None:
        with WebhookVendor() as trap:
            vendor.faults.append(Fault(status=status, location=f"{trap.url}/latest/meta-data"))
            [outcome] = self.send(self.open(vendor, kit), witness)
            assert outcome == Retry(Reason.REDIRECT, status=status)
            assert trap.connections == 0

    def test_http_beyond_the_allowed_networks_is_refused(self, vendor: Vendor, witness: Witness) -> None:
        kit = Kit(resolver=lambda _, __: ["9.9.9.9"])
        config = self.elsewhere(vendor, "public.example", 443)
        [outcome] = self.send(self.open(vendor, kit, plain(config)), witness)
        assert outcome == Rejected(Reason.EGRESS_DENIED)

    @pytest.mark.parametrize("status", [200, 202, 204, 400, 404, 429, 500])
    def test_what_a_destination_echoes_is_not_repeated(
        self, vendor: Vendor, kit: Kit, witness: Witness, status: int
    ) -> None:
        vendor.faults.append(Fault(status=status, echo=True))
        self.send(self.open(vendor, kit), witness)

    @pytest.mark.parametrize("body", [b"", b"<html>sign in</html>", b'{"ok":tr', b"[]", b"null", b'"ok"', b"\xff\xfe"])
    def test_a_200_that_is_none(self, vendor: Vendor, kit: Kit, witness: Witness, body: bytes) -> None:
        vendor.faults.append(Fault(status=200, body=body))
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert outcome == (self.table.lies or Delivered(status=200))

    def test_an_endless_answer_is_cut(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        vendor.faults.append(Fault(status=200, body=b"x" * 3_000_000))
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert outcome == (self.table.lies or Delivered(status=200))

    @pytest.mark.parametrize(
        "raw",
        [
            b"HTTP/1.1 2000 OK\r\n\r\n",
            b"HTTP/2 200\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
            b"HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\n folded: yes\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        ],
    )
    def test_an_answer_that_is_no_http_is_a_bad_answer(
        self, vendor: Vendor, kit: Kit, witness: Witness, raw: bytes
    ) -> None:
        vendor.faults.append(Fault(raw=raw))
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert outcome == Retry(Reason.BAD_ANSWER, maybe_delivered=True)

    def test_a_cut_in_the_middle_of_the_answer(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        vendor.faults.append(Fault(drop="middle"))
        [outcome] = self.send(self.open(vendor, kit), witness)
        assert outcome == Retry(Reason.DISCONNECTED, maybe_delivered=True)

    def test_connections_are_kept(self, vendor: Vendor, kit: Kit, witness: Witness) -> None:
        sender = self.open(vendor, kit)
        for number in range(5):
            self.send(sender, witness, message(key=f"dlv-{number}"))
        assert vendor.count == 5
        assert vendor.connections == 1

    def test_a_kept_connection_that_was_closed_is_replaced_without_a_second_copy(
        self, vendor: Vendor, kit: Kit, witness: Witness
    ) -> None:
        sender = self.open(vendor, kit)
        self.send(sender, witness)
        vendor.cut_all()  # type: ignore[attr-defined]  # HTTP vendors have it
        [outcome] = self.send(sender, witness, message(key="dlv-0002"))
        assert isinstance(outcome, Delivered)
        assert vendor.count == 2
        assert vendor.connections == 2


def plain(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config with http in place of https."""
    return {
        name: value.replace("https://", "http://") if isinstance(value, str) else value
        for name, value in config.items()
    }
