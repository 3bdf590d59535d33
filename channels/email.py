"""Mail through the customer's own relay: text and HTML, threaded by incident, one connection for a batch.

Reply codes after RFC 5321 §4.2.1: 4yz may pass later, 5yz never will.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import html
import re
import smtplib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from time import monotonic
from typing import Annotated, Literal

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
from channels.text import clip, headline, moment, one_line

_SUBJECT, _PREHEADER, _TEXT, _FIELD = 200, 150, 20_000, 1_000  # characters
_MOST_RECIPIENTS = 50
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)  # RFC 5321 §4.5.2
_COLOURS = {"critical": "#b3261e", "error": "#b3541e", "warning": "#7a5d00", "info": "#1e5aa8"}
_ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:\"@\x00-\x1f\x7f]{1,64}@[^\s<>()\[\]\\,;:\"@\x00-\x1f\x7f]{1,253}")


class Smtp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The relay. With `starttls` and `implicit` its certificate must be good; log-in data never leave without TLS."""

    host: Annotated[
        str, msgspec.Meta(title="Relay", description="the mail server's name", examples=["smtp.example.org"])
    ]
    port: Annotated[int, msgspec.Meta(title="Port", description="587 as a rule, 465 with implicit", ge=1, le=65535)] = (
        587
    )
    tls: Annotated[
        Literal["starttls", "implicit", "none"],
        msgspec.Meta(title="TLS", description="none sends in the clear: no log-in, and never plaintext"),
    ] = "starttls"


class EmailConfig(ChannelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """Who gets it, from whom, by which relay. Secrets, if it wants them: `smtp_username` and `smtp_password`."""

    to: Annotated[
        list[str],
        msgspec.Meta(
            title="To",
            description="who gets it, an address a line",
            min_length=1,
            max_length=_MOST_RECIPIENTS,
            examples=[["oncall@example.org"]],
        ),
    ]
    sender: Annotated[
        str,
        msgspec.Meta(
            title="From", description="an address that the relay lets us use", examples=["alertveil@example.org"]
        ),
    ]
    smtp: Annotated[Smtp, msgspec.Meta(title="SMTP relay")]
    vendor: Annotated[
        Annotated[str, msgspec.Meta(max_length=100)] | None,
        msgspec.Meta(title="Vendor", description="whose service this is, for the BAA"),
    ] = None

    def __post_init__(self) -> None:
        with egress.about("smtp.host"):
            egress.check_host(self.smtp.host.lower())
        for name, addresses in (("to", self.to), ("from", [self.sender])):
            with egress.about(name):
                if not all(map(_ADDRESS.fullmatch, addresses)):
                    raise egress.Unsendable("An address is no plain name@domain.")


def compose(config: EmailConfig, message: Message, now: datetime) -> EmailMessage:
    """The mail for a message. Subject and preheader are tokens, and the Message-ID is the same on every attempt."""
    sender, to = _plain(config.sender), [_plain(address) for address in config.to]
    domain = sender.rpartition("@")[2]
    wide = not all(address.isascii() for address in [sender, *to])
    mail = EmailMessage(policy=SMTPUTF8 if wide else SMTP)
    mail["Subject"] = clip(headline(message), _SUBJECT)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = now
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    # A thread's root that no mail has: every mail of an incident hangs under it, whichever arrives first.
    root = f"<incident.{message.incident_id}@{domain}>"
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["List-Id"] = f"<{message.tenant}.alertveil.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834
    mail["X-Auto-Response-Suppress"] = "All"  # Exchange's word for the same
    mail.set_content(_as_text(message), cte="quoted-printable")
    mail.add_alternative(_as_html(message), subtype="html", cte="quoted-printable")
    return mail


def _plain(address: str) -> str:
    """An address whose domain is ASCII; only a local part beyond ASCII needs SMTPUTF8 (RFC 6531)."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _notes(message: Message) -> list[str]:
    found: list[str] = [message.reason]
    if message.with_trigger:
        found.append("This incident opened and resolved before its first mail could leave.")
    if message.repeat:
        found.append("This mail may be a repeat.")
    return [note for note in found if note]


def _rows(message: Message) -> list[tuple[str, str]]:
    return [
        ("Status", message.status),
        ("Severity", message.severity),
        ("Source", message.source),
        ("Alerts", str(message.count)),
        ("First seen", moment(message.first_seen)),
        ("Last seen", moment(message.last_seen)),
        *((one_line(name), one_line(clip(value, _FIELD))) for name, value in message.fields),
    ]


def _as_text(message: Message) -> str:
    lines = [*_notes(message), ""]
    if message.digest:
        for line in message.digest:
            lines += [f"{line.short_id}  {line.severity}  {line.status}  {one_line(line.title)}", f"  {line.url}", ""]
        return "\n".join(lines)
    lines += [one_line(message.title), ""]
    if message.description:
        lines += [clip(message.description, _TEXT), ""]
    lines += [f"{name}: {value}" for name, value in _rows(message)]
    lines += ["", *(f"{text}: {url}" for text, url in _links(message))]
    lines += ["", f"{message.short_id}, revision {message.revision}, {message.mode}"]
    return "\n".join(lines)


def _links(message: Message) -> list[tuple[str, str]]:
    return [("Open incident", message.url), *message.links] if message.url else [*message.links]


def _as_html(message: Message) -> str:
    """Tables and inline styles, nothing fetched: what mail programs of every age show alike."""
    safe = html.escape
    cell = 'style="padding:4px 12px 4px 0;vertical-align:top;font:14px/20px sans-serif"'
    if message.digest:
        rows = [(f"{line.short_id} · {line.severity} · {line.status}", str(line.title)) for line in message.digest]
        title, description, links = message.summary, "", []
    else:
        rows = _rows(message)
        title, description, links = message.title, clip(message.description, _TEXT), _links(message)
    colour = "#2e6b34" if message.status == "resolved" else _COLOURS[message.severity]
    body = "".join(f"<tr><td {cell}><b>{safe(name)}</b></td><td {cell}>{safe(value)}</td></tr>" for name, value in rows)
    notes = "".join(f'<p style="margin:0 0 8px">{safe(note)}</p>' for note in _notes(message))
    buttons = "".join(
        f'<p style="margin:16px 0 0"><a href="{safe(url)}" style="color:#1e5aa8">{safe(text)}</a></p>'
        for text, url in links
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark"><title>{safe(headline(message))}</title></head>
<body style="margin:0;padding:16px">
<div style="display:none;max-height:0;overflow:hidden">{safe(one_line(clip(message.reason, _PREHEADER)))}</div>
<table role="presentation" width="600" style="max-width:600px;width:100%;border-collapse:collapse"><tr>
<td style="border-left:4px solid {colour};padding:8px 16px;font:14px/20px sans-serif">
<h1 style="font:bold 18px/24px sans-serif;margin:0 0 8px">{safe(title)}</h1>{notes}
<p style="white-space:pre-wrap;margin:0 0 8px">{safe(description)}</p>
<table role="presentation" style="border-collapse:collapse">{body}</table>{buttons}
<p style="margin:16px 0 0;font-size:12px">{safe(message.short_id)} · revision {message.revision} · {message.mode}</p>
</td></tr></table></body></html>
"""


class _Relay(smtplib.SMTP):
    """smtplib on a stream of the kit's: it neither connects nor looks names up by itself."""

    def __init__(self, stream: kit.Stream, host: str, name: str, *, secure: bool) -> None:
        super().__init__(local_hostname=name)
        self.stream = stream
        self._relay = host
        self.sock = stream  # type: ignore[assignment]  # a Stream stands for a socket
        self.secure = secure

    def greet(self) -> None:
        """Raises smtplib.SMTPException unless the relay welcomes us."""
        code, _ = self.getreply()
        if code != 220:  # noqa: PLR2004 - RFC 5321 §4.3.2
            raise smtplib.SMTPConnectError(code, b"")
        self.ehlo_or_helo_if_needed()

    def secure_with(self, context: ssl.SSLContext) -> None:
        """STARTTLS, then a fresh EHLO (RFC 3207 §4.2). Raises ssl.SSLError when it is not to be had."""
        if not self.has_extn("starttls"):
            raise ssl.SSLError("STARTTLS is not offered.")
        code, _ = self.docmd("STARTTLS")
        if code != 220:  # noqa: PLR2004 - RFC 3207 §4
            raise ssl.SSLError("STARTTLS was refused.")
        self.stream.start_tls(context, self._relay)
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.secure = True
        self.ehlo_or_helo_if_needed()


def refused(code: int, *, recipient: bool = False) -> Retry | Rejected:
    """What a relay's reply code means for the mail, or for one recipient of it."""
    if 400 <= code < 500:  # noqa: PLR2004 - transient, RFC 5321 §4.2.1
        return Retry(Reason.SERVER_ERROR, status=code)
    if code in {530, 534, 535, 538}:  # RFC 4954 §6
        return Rejected(Reason.CREDENTIAL, disable=True, status=code)
    full = code == 552  # noqa: PLR2004 - over a limit of size or storage
    if 500 <= code < 600:  # noqa: PLR2004 - permanent, RFC 5321 §4.2.1
        if recipient:
            return Rejected(Reason.DESTINATION, disable=not full, status=code)
        return Rejected(Reason.TOO_LARGE if full else Reason.REFUSED, status=code)
    return Retry(Reason.BAD_ANSWER, status=code)


class EmailSender:
    """Sends a batch over one connection."""

    def __init__(self, config: EmailConfig, secrets: Secrets, out: kit.Kit) -> None:
        self._config = config
        self._out = out
        self._login = (secrets.get("smtp_username", ""), secrets.get("smtp_password", ""))
        if bool(self._login[0]) != bool(self._login[1]):
            with egress.about("smtp_password" if self._login[0] else "smtp_username"):
                raise egress.Unsendable("A relay's user name and password come together: one of them is missing.")
        for name, part in zip(("smtp_username", "smtp_password"), self._login, strict=True):
            with egress.about(name):
                if not (part.isascii() and part.isprintable()):
                    raise egress.Unsendable("A relay's user name and password must be printable ASCII.")

    def __repr__(self) -> str:
        return "<EmailSender>"

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """All within the deadline. A connection that ends between two mails is made again for the next."""
        until = monotonic() + SPEC.traits.deadline
        outcomes: list[Outcome] = []
        relay: _Relay | None = None
        for message in messages:
            try:
                if relay is None:
                    relay = self._connect(until)
            except Exception as error:  # noqa: BLE001 - a relay's words may be in it; the outcome has none
                outcomes += [_failure(error)] * (len(messages) - len(outcomes))
                break
            outcome, alive = self._one(relay, message)
            outcomes.append(outcome)
            if not alive:
                relay.close()
                relay = None
        if relay is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                relay.putcmd("QUIT")  # its reply changes nothing, so nobody waits for it
            relay.close()
        return outcomes

    def _connect(self, until: float) -> _Relay:
        smtp = self._config.smtp
        implicit = smtp.tls == "implicit"
        stream = self._out.connect(smtp.host.lower(), smtp.port, tls=implicit, deadline=until - monotonic())
        try:
            relay = _Relay(stream, smtp.host.lower(), _plain(self._config.sender).rpartition("@")[2], secure=implicit)
            relay.greet()
            if smtp.tls == "starttls":
                relay.secure_with(self._out.context())
            if self._login[0] and relay.secure and relay.has_extn("auth"):
                relay.login(*self._login)
        except Exception as error:  # noqa: BLE001 - as in send
            stream.close()
            raise kit.Refused(_failure(error, expired=stream.expired)) from None
        return relay

    def _one(self, relay: _Relay, message: Message) -> tuple[Outcome, bool]:
        """The mail's outcome, and whether the connection can carry another."""
        try:
            mail = compose(self._config, message, datetime.now(UTC))
            wide = mail.policy is SMTPUTF8
            if wide and not relay.has_extn("smtputf8"):
                return Rejected(Reason.BAD_CONFIG), True
            data = mail.as_bytes()
        except Exception:  # noqa: BLE001 - it may hold the message; the outcome does not
            return Rejected(Reason.BUG), True
        envelope = _Envelope(self._config, message)
        try:
            outcome = envelope.hand_over(relay, data, wide=wide)
            if outcome.status == 421:  # noqa: PLR2004 - "closing transmission channel"
                return outcome, False
        except Exception as error:  # noqa: BLE001 - as above
            failure = _failure(error, expired=relay.stream.expired)
            if envelope.dot and isinstance(failure, Retry):
                failure = dataclasses.replace(failure, maybe_delivered=True)
            return failure, False
        if envelope.dot:
            return outcome, True
        try:
            relay.rset()
        except (OSError, smtplib.SMTPException):
            return outcome, False
        return outcome, True


class _Envelope:
    """One mail's way through the relay: who has it already, who is still to get it, and how far it came."""

    def __init__(self, config: EmailConfig, message: Message) -> None:
        self.key = message.key
        self.sender = _plain(config.sender)
        before = message.refs.get("mail_done", "") if message.refs.get("mail_key") == message.key else ""
        self.done = set(before.split())
        self.left = [address for address in map(_plain, config.to) if _mark(address) not in self.done]
        self.message_id = f"<{message.key}@{self.sender.rpartition('@')[2]}>"
        self.dot = False  # the relay may have taken the mail

    def hand_over(self, relay: _Relay, data: bytes, *, wide: bool) -> Outcome:
        """MAIL, RCPT for everyone left, DATA. Raises what smtplib and the stream raise."""
        if not self.left:
            return self._tally({})
        options = ["SMTPUTF8"] if wide else []
        if relay.has_extn("dsn"):  # RFC 3461: a bounce repeats the headers and not the body
            options += ["RET=HDRS", f"ENVID={self.key}"]
        code, _ = relay.mail(self.sender, options)
        if code != 250:  # noqa: PLR2004 - RFC 5321 §4.3.2
            return refused(code)
        codes = {address: relay.rcpt(address)[0] for address in self.left}
        taken = [address for address, code in codes.items() if code in (250, 251)]
        if taken:
            code, _ = relay.docmd("DATA")
            if code != 354:  # noqa: PLR2004 - RFC 5321 §4.3.2
                return refused(code)
            self.dot = True
            relay.send(_LEADING_DOT.sub(b"..", data) + b".\r\n")
            code, _ = relay.getreply()
            if code != 250:  # noqa: PLR2004 - RFC 5321 §4.3.2
                return refused(code)
            self.done.update(map(_mark, taken))
        return self._tally({address: code for address, code in codes.items() if address not in taken})

    def _tally(self, missed: dict[str, int]) -> Outcome:
        """One outcome for all recipients: whoever may still get it makes it a retry, for those alone."""
        later = next((code for code in missed.values() if isinstance(refused(code, recipient=True), Retry)), None)
        if later is not None:
            refs = {"mail_key": self.key, "mail_done": " ".join(sorted(self.done))}
            return Retry(Reason.SERVER_ERROR, status=later, refs=refs if self.done else {})
        if not self.done:
            return refused(next(iter(missed.values())), recipient=True)
        return Delivered({"mail_refused": str(len(missed))} if missed else {}, self.message_id, 250)


def _mark(address: str) -> str:
    """A recipient in `refs`, without the address."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:12]


def _failure(error: Exception, *, expired: bool = False) -> Retry | Rejected:
    """Why a connection could not be made or kept, from what was raised; its text is not looked at."""
    if isinstance(error, kit.Refused):
        return error.failure
    if expired:
        return Retry(Reason.TIMEOUT)
    if isinstance(error, ssl.SSLError):
        return Retry(Reason.TLS)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        late = 400 <= error.smtp_code < 500  # noqa: PLR2004 - RFC 4954 §6: 454 is temporary
        return (
            Retry(Reason.SERVER_ERROR, status=error.smtp_code)
            if late
            else Rejected(Reason.CREDENTIAL, disable=True, status=error.smtp_code)
        )
    if isinstance(error, smtplib.SMTPResponseException):
        known = 400 <= error.smtp_code < 600  # noqa: PLR2004
        return Retry(Reason.SERVER_ERROR if known else Reason.BAD_ANSWER, status=error.smtp_code)
    if isinstance(error, (smtplib.SMTPServerDisconnected, OSError)):
        return Retry(Reason.DISCONNECTED)
    if isinstance(error, smtplib.SMTPException):
        return Retry(Reason.BAD_ANSWER)
    return Rejected(Reason.BUG)


def _identity(config: EmailConfig, _: Secrets) -> dict[str, str]:
    return {
        "to": ", ".join(sorted(address.lower() for address in config.to)),
        "relay": f"{config.smtp.host.lower()}:{config.smtp.port}",
        "tls": config.smtp.tls,
    }


def _preview(config: EmailConfig, message: Message) -> dict[str, object]:
    mail = compose(config, message, message.last_seen)
    text, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    return {
        "headers": {name: str(value) for name, value in mail.items()},
        "text": text.get_content() if text is not None else "",
        "html": rich.get_content() if rich is not None else "",
    }


def _caution(config: EmailConfig, secrets: Secrets) -> str:
    if config.smtp.tls != "none":
        return ""
    clear = "sends in the clear (`tls: none`), so it never logs in to its relay and can never be opted in to plaintext"
    if secrets.get("smtp_username") or secrets.get("smtp_password"):
        return f"{clear}: its user name and password are not used; choose `starttls` or `implicit`"
    return f"{clear}; a relay that asks for a log-in refuses every mail"


SPEC = Spec(
    kind="email",
    title="Email",
    config=EmailConfig,
    secrets=(),
    optional_secrets=("smtp_username", "smtp_password"),
    traits=Traits(batch=10, deadline=30.0, rate=Rate(2.0, 30), bundles=True),
    describe=lambda config: "mail to " + ", ".join(config.to),
    identity=_identity,
    encrypted=lambda config: config.smtp.tls != "none",
    preview=_preview,
    open=EmailSender,
    about="Mail through your own relay, threaded by incident, text and HTML.",
    asks={
        "smtp_username": Credential("User name", "if the relay wants one; it goes only over TLS"),
        "smtp_password": Credential("Password", "comes with the user name"),
    },
    server=lambda config: f"{config.smtp.host.lower()}:{config.smtp.port} {config.smtp.tls}",
    caution=_caution,
)
