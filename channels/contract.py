"""What a channel is given and what it answers: finished Messages in, one Outcome each out. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Literal, NewType, Protocol, TypeVar, runtime_checkable

import msgspec

if TYPE_CHECKING:
    from channels.kit import Kit, Ready

SafeText = NewType("SafeText", str)
"""Text that may leave: tokens instead of PHI, or plaintext that a policy decision allowed. Only `render` makes it."""

Severity = Literal["critical", "error", "warning", "info"]
Status = Literal["open", "acknowledged", "investigating", "resolved"]
Kind = Literal["trigger", "update", "acknowledge", "resolve", "test"]
Mode = Literal["tokens", "plaintext"]


class Reason(StrEnum):
    """Why an attempt ended as it did: a closed list, so that rows, metrics and pages use the same words."""

    DELIVERED = "delivered"
    RATE_LIMITED = "rate_limited"  # the vendor asked to wait
    SERVER_ERROR = "server_error"  # 5xx or the vendor's own word for it
    TIMEOUT = "timeout"  # no whole answer before the deadline
    CONNECT = "connect"  # no connection, so nothing was sent
    DNS = "dns"
    TLS = "tls"  # certificate or handshake refused
    DISCONNECTED = "disconnected"  # cut after bytes were sent
    EGRESS_DENIED = "egress_denied"  # address, port or scheme outside the rules
    REDIRECT = "redirect"  # 3xx is a failure and is not followed
    CREDENTIAL = "credential"  # key, token or password refused
    DESTINATION = "destination"  # the channel, mailbox or endpoint is gone
    REFUSED = "refused"  # this message was refused; others may pass
    TOO_LARGE = "too_large"
    BAD_ANSWER = "bad_answer"  # an answer the vendor does not document, a lying 200 too
    BAD_CONFIG = "bad_config"  # cannot be sent as configured
    BUG = "bug"  # our own renderer or sender raised


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination took it. `refs` is kept for later revisions (Slack channel and ts), `remote_id` for people."""

    refs: Mapping[str, str] = field(default_factory=dict)
    remote_id: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Not taken now; trying again may help.

    `after`: seconds the destination asked to wait, unbounded (core.retry bounds it). `maybe_delivered`: bytes were
    sent and no answer came, so the next attempt may repeat the message. `counts` is False where the vendor says that
    a refusal is no failure (a Slack 429). `refs`: what the attempt learned all the same; merged over the message's own
    refs, it comes back with the next attempt (mail: which recipients have it already).
    """

    reason: Reason
    after: float | None = None
    maybe_delivered: bool = False
    counts: bool = True
    status: int | None = None
    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Final. `disable` is True when the destination is dead for every message, False when only this one was refused."""

    reason: Reason
    disable: bool = False
    status: int | None = None


Outcome = Delivered | Retry | Rejected


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One incident in a bundled message; always tokens."""

    short_id: str
    severity: Severity
    status: Status
    title: SafeText
    url: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One incident revision, rendered for one channel.

    `summary` and `reason` are always tokens (subjects, preheaders, Slack fallback text, PagerDuty summary);
    `title`, `description` and `fields` may hold plaintext that a decision allowed. `refs` is what earlier deliveries
    of this incident to this destination left (empty: nothing reached it yet). Times are aware UTC datetimes.
    """

    kind: Kind
    key: str  # idempotency: the same on every attempt of this delivery, ASCII [A-Za-z0-9_-]
    incident_id: str  # uuid; identity on the other side (PagerDuty dedup_key, mail thread) derives from it
    short_id: str  # for people: INC-7K2M4Q
    revision: int
    status: Status
    severity: Severity
    summary: SafeText
    title: SafeText
    description: SafeText
    reason: SafeText  # why this revision was sent, in words
    source: str
    tenant: str  # slug
    fields: tuple[tuple[str, SafeText], ...]  # labels and details worth showing, already flat, in order
    url: str  # the incident's page; empty when there is no public URL
    count: int  # alerts so far
    first_seen: datetime
    last_seen: datetime
    mode: Mode = "tokens"
    repeat: bool = False  # an earlier attempt may have arrived: say so
    with_trigger: bool = False  # a resolve whose trigger never left: tell both
    refs: Mapping[str, str] = {}
    links: tuple[tuple[str, str], ...] = ()  # (text, https url), tokens only
    digest: tuple[DigestLine, ...] = ()  # not empty: this message bundles these incidents


class ChannelConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `apply` takes for a channel, without its secrets. Subclasses add fields with `msgspec.Meta` titles."""


C = TypeVar("C", bound=ChannelConfig)
Secrets = Mapping[str, str]
"""Credentials by field name, opened from the vault for one send. Never logged, never in a repr."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` messages at once, then `per_second`."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Traits:
    """What delivery needs to know about a kind of channel to plan for it.

    `batch`: messages that one `send` may take at once. `deadline`: seconds that one message may take. `bundles`: more
    than 60 waiting become a digest. `updates`: a later revision changes the first message instead of adding one.
    """

    batch: int
    deadline: float
    concurrent: bool = False  # a batch is sent side by side, so that it takes no longer than one message
    rate: Rate | None = None
    bundles: bool = False
    updates: bool = False


class Sender(Protocol):
    """An open way to one destination. `send` answers in the order of `messages`, never raises, logs no content.

    The messages of one call are of different incidents, so they may be sent in any order or side by side.
    """

    def send(self, messages: Sequence[Message]) -> list[Outcome]: ...


@runtime_checkable
class Starter(Protocol):
    """A sender that can send without waiting, where its destination was talked to before.

    `ready` makes what is to be sent, and sends nothing; it answers None where a connection would have to be made
    first: then `send`.
    """

    def ready(self, messages: Sequence[Message]) -> Ready | None: ...


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret as a person is asked for it: `title` names the field, `help` says what it is and where to get it."""

    title: str
    help: str


@dataclass(frozen=True, slots=True)
class Spec(Generic[C]):
    """Everything the rest of the product knows about a kind of channel.

    `open` does no I/O and raises ValueError when config or secrets cannot work; its text names the rule that is broken
    and holds no value, so it may be shown. `inspect` asks the vendor what it says about the destination now (Slack: the
    team, whether the channel is shared), for the drift watch; empty when it does not say.
    """

    kind: str
    title: str
    config: type[C]
    # Required credential fields; `apply` fills them from `<field>_env` or `<field>_file`. A field inside a mapping is
    # joined with an underscore: `smtp: {username_env: X}` is the secret `smtp_username`.
    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    traits: Traits
    describe: Callable[[C], str]  # one line for people, no secret in it
    identity: Callable[[C, Secrets], dict[str, str]]  # design §8: what an opt-in is bound to; keys only as hashes
    encrypted: Callable[[C], bool]  # is the way there always encrypted
    preview: Callable[[C, Message], Any]  # pure: the payload as the vendor documents it, JSON-serialisable
    open: Callable[[C, Secrets, Kit], Sender]
    inspect: Callable[[C, Secrets, Kit], Mapping[str, str]] | None = None
    about: str = ""  # one sentence for whoever chooses among the kinds
    asks: Mapping[str, Credential] = field(default_factory=dict)  # by secret: how a form asks for it
    # The server that is shown the credentials, '' when none is. Where it changes they are asked for again, so that
    # nobody gets at a credential they do not know by leading the channel to a server of their own. None: any setting.
    server: Callable[[C], str] | None = None
    # What will surprise somebody who sets a channel up so, as the rest of a sentence without a value; '' for nothing.
    caution: Callable[[C, Secrets], str] = lambda _config, _secrets: ""
