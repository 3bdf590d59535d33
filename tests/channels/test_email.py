"""Mail: what a relay can say and do, and what a reader gets."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import ssl
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from channels import egress
from channels import email as mail
from channels.contract import Delivered, DigestLine, Message, Outcome, Reason, Rejected, Retry, SafeText, Sender
from channels.email import SPEC, EmailConfig
from channels.kit import Kit
from router.local.vendors.base import Fault, Vendor
from router.local.vendors.smtp import SmtpVendor
from tests.channels import exam

LOGIN = ("relay-user", "correct-horse-battery")
SECRETS = {"smtp_username": LOGIN[0], "smtp_password": LOGIN[1]}
ALICE, BOB = "alice@acme.example", "bob@acme.example"


def settings(vendor: Vendor) -> Mapping[str, Any]:
    tls = vendor.mode if isinstance(vendor, SmtpVendor) else "none"
    return {
        "to": [ALICE, BOB],
        "from": "alerts@acme.example",
        "smtp": {"host": vendor.name, "port": vendor.port, "tls": tls},
    }


def elsewhere(config: Mapping[str, Any], host: str, port: int) -> Mapping[str, Any]:
    return {**config, "smtp": {**config["smtp"], "host": host, "port": port}}


class TestExam(exam.Exam):
    table = exam.Table(
        spec=SPEC,
        vendor=SmtpVendor,
        config=settings,
        secrets=SECRETS,
        tls={"mode": "starttls", "login": LOGIN},
        public_ports=(25, 465, 587, 2525),
        place=elsewhere,
    )


class TestExamWithTlsFromTheFirstByte(exam.Exam):
    table = exam.Table(
        spec=SPEC,
        vendor=SmtpVendor,
        config=settings,
        secrets=SECRETS,
        tls={"mode": "implicit"},
        public_ports=(465,),
        place=elsewhere,
    )


@pytest.fixture
def vendor() -> Iterator[SmtpVendor]:
    with SmtpVendor() as vendor:
        yield vendor


@pytest.fixture
def kit() -> Iterator[Kit]:
    kit = Kit(exam.LOOPBACK)
    yield kit
    kit.close()


def open_to(vendor: SmtpVendor, kit: Kit, **changes: Any) -> Sender:  # noqa: ANN401 - config
    return SPEC.open(msgspec.convert({**settings(vendor), **changes}, EmailConfig), SECRETS, kit)


def one(sender: Sender, **changes: Any) -> Outcome:  # noqa: ANN401 - any field
    [outcome] = sender.send([exam.message(**changes)])
    return outcome


def test_a_batch_goes_over_one_connection(vendor: SmtpVendor, kit: Kit) -> None:
    outcomes = open_to(vendor, kit).send([exam.message(key=f"dlv-{n}") for n in range(5)])
    assert [type(outcome) for outcome in outcomes] == [Delivered] * 5
    assert vendor.connections == 1
    assert [captured.recipients for captured in vendor.received] == [(ALICE, BOB)] * 5


def test_the_message_id_is_the_same_on_every_attempt_and_the_thread_is_the_incident(
    vendor: SmtpVendor, kit: Kit
) -> None:
    sender = open_to(vendor, kit)
    vendor.faults.append(Fault(drop="after"))
    one(sender)
    one(sender)
    one(sender, key="dlv-2", kind="resolve", status="resolved", summary="[RESOLVED] app: it (INC-7K2M4Q)")
    first, again, resolved = (captured.mail for captured in vendor.received)
    assert first is not None
    assert again is not None
    assert resolved is not None
    assert first["Message-ID"] == again["Message-ID"] == "<dlv-0001@acme.example>"
    assert resolved["Message-ID"] == "<dlv-2@acme.example>"
    root = f"<incident.{exam.message().incident_id}@acme.example>"
    assert {mail["References"] for mail in (first, again, resolved)} == {root}
    assert first["Auto-Submitted"] == "auto-generated"
    assert resolved["Subject"] == "[RESOLVED] app: it (INC-7K2M4Q)"


@pytest.mark.parametrize(
    ("stage", "code", "expected"),
    [
        ("connect", 421, Retry(Reason.SERVER_ERROR, status=421)),
        ("connect", 554, Retry(Reason.SERVER_ERROR, status=554)),
        ("mail", 451, Retry(Reason.SERVER_ERROR, status=451)),
        ("mail", 550, Rejected(Reason.REFUSED, status=550)),
        ("mail", 530, Rejected(Reason.CREDENTIAL, disable=True, status=530)),
        ("dot", 421, Retry(Reason.SERVER_ERROR, status=421)),
        ("dot", 451, Retry(Reason.SERVER_ERROR, status=451)),
        ("dot", 552, Rejected(Reason.TOO_LARGE, status=552)),
        ("dot", 554, Rejected(Reason.REFUSED, status=554)),
    ],
)
def test_a_relay_s_no_has_its_outcome_and_the_next_mail_goes(
    vendor: SmtpVendor,
    kit: Kit,
    stage: Any,  # noqa: ANN401 - a literal
    code: int,
    expected: Outcome,
) -> None:
    vendor.faults.append(Fault(stage=stage, status=code))
    sender = open_to(vendor, kit)
    assert one(sender) == expected
    assert isinstance(one(sender, key="dlv-2"), Delivered)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (450, Retry(Reason.SERVER_ERROR, status=450)),
        (452, Retry(Reason.SERVER_ERROR, status=452)),
        (550, Rejected(Reason.DESTINATION, disable=True, status=550)),
        (552, Rejected(Reason.DESTINATION, status=552)),
    ],
)
def test_when_nobody_can_get_it_the_outcome_is_the_recipients(
    vendor: SmtpVendor, kit: Kit, code: int, expected: Outcome
) -> None:
    vendor.always = Fault(stage="rcpt", status=code)
    sender = open_to(vendor, kit)
    assert one(sender) == expected
    vendor.always = None
    assert isinstance(one(sender, key="dlv-2"), Delivered)


def test_a_recipient_who_must_wait_is_tried_again_alone(vendor: SmtpVendor, kit: Kit) -> None:
    vendor.faults.append(Fault(stage="rcpt", status=450, recipient=BOB))
    sender = open_to(vendor, kit)
    first = one(sender)
    assert isinstance(first, Retry)
    assert first.refs
    assert ALICE not in str(first.refs)
    assert isinstance(one(sender, refs=first.refs), Delivered)
    assert [captured.recipients for captured in vendor.received] == [(ALICE,), (BOB,)]


def test_who_got_one_mail_still_gets_the_next(vendor: SmtpVendor, kit: Kit) -> None:
    vendor.faults.append(Fault(stage="rcpt", status=450, recipient=BOB))
    sender = open_to(vendor, kit)
    first = one(sender)
    assert isinstance(first, Retry)
    one(sender, key="dlv-2", refs=first.refs)
    assert vendor.received[1].recipients == (ALICE, BOB)


def test_a_recipient_who_does_not_exist_keeps_it_from_nobody(vendor: SmtpVendor, kit: Kit) -> None:
    vendor.faults.append(Fault(stage="rcpt", status=550, recipient=BOB))
    outcome = one(open_to(vendor, kit))
    assert outcome == Delivered({"mail_refused": "1"}, "<dlv-0001@acme.example>", 250)
    assert vendor.received[0].recipients == (ALICE,)


def test_a_connection_that_ends_between_two_mails_is_made_again(vendor: SmtpVendor, kit: Kit) -> None:
    vendor.faults.append(Fault(drop="after"))
    outcomes = open_to(vendor, kit).send([exam.message(), exam.message(key="dlv-2")])
    assert outcomes[0] == Retry(Reason.DISCONNECTED, maybe_delivered=True)
    assert isinstance(outcomes[1], Delivered)
    assert vendor.connections == 2


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt"])
def test_a_cut_before_the_text_was_sent_delivered_nothing(vendor: SmtpVendor, kit: Kit, stage: Any) -> None:  # noqa: ANN401 - a Fault or two
    vendor.faults.append(Fault(stage=stage, drop="before"))
    assert one(open_to(vendor, kit)) == Retry(Reason.DISCONNECTED)


@pytest.mark.parametrize("fault", [Fault(stage="connect", hang=True), Fault(stage="connect", drip=0.05)])
def test_a_relay_that_never_greets_is_left_in_time(vendor: SmtpVendor, fault: Fault) -> None:
    vendor.faults.append(fault)
    with exam.within(exam.SHORT):
        assert one(open_to(vendor, Kit(exam.LOOPBACK, longest=exam.SHORT))) == Retry(Reason.TIMEOUT)


def secured(tmp_path: Path, **how: Any) -> tuple[SmtpVendor, Kit]:  # noqa: ANN401 - the vendor's
    """A relay with a good certificate, and a kit that trusts it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("relay.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    vendor = SmtpVendor(tls=context, name="relay.example", **how)
    return vendor, Kit(exam.LOOPBACK, tmp_path / "ca.pem", lambda _, __: ["127.0.0.1"])


@pytest.mark.parametrize("status", [None, 454, 502])
def test_mail_that_wants_starttls_does_not_leave_without(vendor: SmtpVendor, kit: Kit, status: int | None) -> None:
    if status is not None:
        vendor.faults.append(Fault(stage="starttls", status=status))
    changed = {"smtp": {"host": vendor.host, "port": vendor.port, "tls": "starttls"}}
    assert one(open_to(vendor, kit, **changed)) == Retry(Reason.TLS)
    assert vendor.count == 0


def test_a_log_in_that_fails_switches_the_channel_off(tmp_path: Path) -> None:
    vendor, kit = secured(tmp_path, mode="starttls", login=("someone", "else"))
    with vendor:
        assert one(open_to(vendor, kit)) == Rejected(Reason.CREDENTIAL, disable=True, status=535)


def test_a_log_in_that_cannot_be_checked_now_is_tried_again(tmp_path: Path) -> None:
    vendor, kit = secured(tmp_path, mode="starttls", login=LOGIN)
    with vendor:
        vendor.always = Fault(stage="auth", status=454)
        assert one(open_to(vendor, kit)) == Retry(Reason.SERVER_ERROR, status=454)


def test_a_password_never_leaves_without_tls(vendor: SmtpVendor, kit: Kit) -> None:
    """The relay offers AUTH in the clear; we send mail without logging in, and it is for the relay to say no."""
    assert isinstance(one(open_to(vendor, kit)), Delivered)
    assert vendor.logins == []
    with SmtpVendor(login=LOGIN) as wants_login:
        assert one(open_to(wants_login, kit)) == Rejected(Reason.CREDENTIAL, disable=True, status=530)
        assert wants_login.logins == []


def test_addresses_beyond_ascii_need_and_get_smtputf8(vendor: SmtpVendor, kit: Kit) -> None:
    changed = {"to": ["jürgen@bücher.example"]}
    assert isinstance(one(open_to(vendor, kit, **changed)), Delivered)
    assert vendor.received[0].recipients == ("jürgen@xn--bcher-kva.example",)
    with SmtpVendor(utf8=False) as old:
        assert one(open_to(old, kit, **changed)) == Rejected(Reason.BAD_CONFIG)
        assert isinstance(one(open_to(old, kit, to=["rita@bücher.example"])), Delivered)


def test_a_digest_lists_its_incidents(vendor: SmtpVendor, kit: Kit) -> None:
    lines = tuple(DigestLine(f"INC-{n}", "error", "open", SafeText("x"), f"https://a.example/{n}") for n in range(3))
    one(open_to(vendor, kit), digest=lines)
    text = parts(vendor.received[0].body)[0]
    assert [f"INC-{n}" in text for n in range(3)] == [True] * 3


def parts(raw: bytes) -> tuple[str, str]:
    """The text and the HTML of a mail, decoded."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    text, rich = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert text is not None
    assert rich is not None
    return text.get_content(), rich.get_content()


class Reader(HTMLParser):
    """What a person sees of an HTML mail, and what a program would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = ""
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in {"src", "background", "srcset"}]

    def handle_data(self, data: str) -> None:
        self.seen += data


CONFIG = msgspec.convert({"to": [ALICE], "from": "alerts@acme.example", "smtp": {"host": "relay.example"}}, EmailConfig)


def composed(message: Message) -> bytes:
    return mail.compose(CONFIG, message, dt.datetime(2026, 1, 5, 10, 0, tzinfo=dt.UTC)).as_bytes()


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_text_can_add_a_header_or_a_recipient(text: str, name: str) -> None:
    raw = composed(
        exam.message(summary=text, title=text, description=text, reason=text, fields=((name, text),), source=text)
    )
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert parsed.keys() == [
        "Subject", "From", "To", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "Auto-Submitted",
        "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert parsed["To"] == ALICE
    assert not parsed.defects
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.text(alphabet="<>&\"'/ab= script", max_size=200))
def test_no_text_becomes_markup_and_nothing_is_fetched(text: str) -> None:
    reader = Reader()
    reader.feed(parts(composed(exam.message(title=text, description=text, reason=text, fields=((text, text),))))[1])
    assert set(reader.tags) <= {
        "html", "head", "meta", "title", "body", "div", "table", "tr", "td", "h1", "p", "b", "a"
    }  # fmt: skip
    assert reader.fetched == []


def test_tokens_arrive_whole_in_both_parts_and_in_the_subject() -> None:
    raw = composed(exam.message(description=" ".join(exam.TOKENS) * 200))
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    text, rich = parts(raw)
    reader = Reader()
    reader.feed(rich)
    for token in exam.TOKENS:
        assert text.count(token) >= 200
        assert reader.seen.count(token) >= 200
    assert exam.TOKENS[0] in parsed["Subject"]


def test_subject_and_preheader_are_tokens_even_when_the_text_is_not() -> None:
    raw = composed(exam.message(title=exam.PATIENT[0]))
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    head = "".join(f"{name}: {value}" for name, value in parsed.items())
    preheader = parts(raw)[1].partition("display:none")[2].partition("</div>")[0]
    assert not any(word in head + preheader for word in exam.PATIENT)
    assert exam.PATIENT[0] in parts(raw)[0]


def test_text_and_html_tell_the_same() -> None:
    text, rich = parts(composed(exam.message(links=(("Runbook", "https://runbooks.example/fhir"),), repeat=True)))
    reader = Reader()
    reader.feed(rich)
    for told in ("critical", "prod-alertmanager", "2026-01-05T10:04:00Z", "INC-7K2M4Q", "Runbook", "may be a repeat"):
        assert told in text
        assert told in reader.seen
    assert "https://runbooks.example/fhir" in text
    assert "https://runbooks.example/fhir" in rich


def test_a_line_that_starts_with_a_dot_arrives(vendor: SmtpVendor, kit: Kit) -> None:
    one(open_to(vendor, kit), description=".\n..\n.hidden")
    assert ".\n..\n.hidden" in parts(vendor.received[0].body)[0].replace("\r\n", "\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"to": []},
        {"to": ["alice@acme.example\r\nBcc: eve@evil.example"]},
        {"to": ["Alice <alice@acme.example>"]},
        {"to": ["alice@acme.example,eve@evil.example"]},
        {"from": "nobody"},
        {"smtp": {"host": "relay.example", "tls": "maybe"}},
        {"smtp": {"host": "relay example"}},
        {"smtp": {"host": "relay.example", "port": 0}},
        {"smtp": {"host": "relay.example", "password": "x"}},
    ],
)
def test_settings_that_cannot_work_are_refused_when_they_are_set(changes: Mapping[str, Any]) -> None:
    good = {"to": [ALICE], "from": "alerts@acme.example", "smtp": {"host": "relay.example"}}
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({**good, **changes}, EmailConfig)
    assert "evil" not in str(raised.value)


def test_half_a_log_in_is_refused_without_being_repeated(kit: Kit) -> None:
    with pytest.raises(egress.Unsendable) as raised:
        SPEC.open(CONFIG, {"smtp_password": LOGIN[1]}, kit)
    assert LOGIN[1] not in str(raised.value)


def test_an_opt_in_is_bound_to_recipients_relay_and_tls() -> None:
    assert SPEC.identity(CONFIG, {}) == {"to": ALICE, "relay": "relay.example:587", "tls": "starttls"}
