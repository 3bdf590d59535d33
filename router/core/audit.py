"""What was decided, by whom and why, as bytes that can be authenticated, chained and checked by anybody.

An event's canonical form is JSON as RFC 8785 writes it, for values that hold no fractions: keys in order, no spaces,
UTF-8. Its MAC is HMAC-SHA-256 over these bytes under a key that the database does not hold. Its place in the chain is
`SHA-256(previous hash ‖ sequence, 8 bytes big-endian ‖ MAC ‖ canonical form)`, and a second MAC ties that hash to us: a
chain that somebody computes anew after a deletion is found at the row, not only at the next checkpoint.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import orjson

JSON: TypeAlias = bool | int | str | Sequence["JSON"] | Mapping[str, "JSON"] | None
"""What an event's details may hold: no fractions, whose text differs from one language to the next."""

INSTANCE: Final = UUID(int=0)
"""The chain of what concerns the whole installation: its kill switch, its schema, its keys."""

VERSION: Final = 1

THROUGH: Final = " through "
"""Between a user and the host identity that acts for them, as the command line and the history of changes write it."""

_TIE: Final = b"alertveil link v1|"
_ACTION: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_BIGGEST: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8259 §6)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One decision or change of state.

    An actor that reads "ana@acme.example through host:root" becomes the actor "ana@acme.example" with that `auth`.
    `action` reads "optin.approve", `object` "optin:<uuid>"; `reason` is tokenized text, never a value. `details` keys
    that name what else is concerned are `channel`, `incident`, `optin`, `user`, with ids as values; the first two are
    searchable.

    Raises:
        ValueError: the action or decision is none, or the details hold a fraction. No value is repeated.
    """

    action: str
    actor: str
    object: str
    decision: str = "allowed"
    reason: str = ""
    auth: str = ""
    request_id: str = ""
    details: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action):
            raise ValueError("An audit event's action is dotted lower-case words.")
        if self.decision not in {"allowed", "denied"}:
            raise ValueError("An audit event's decision is allowed or denied.")
        if THROUGH in self.actor:
            actor, _, auth = self.actor.partition(THROUGH)
            object.__setattr__(self, "actor", actor)
            object.__setattr__(self, "auth", self.auth or auth)
        object.__setattr__(self, "details", {_text(key): _plain(value) for key, value in self.details.items()})
        for name in ("actor", "object", "reason", "auth", "request_id"):
            object.__setattr__(self, name, _text(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it is stored: `details` is its canonical text, `mac` 32 bytes under the key of `mac_version`."""

    event_id: UUID
    at: datetime
    actor: str
    auth: str
    action: str
    object: str
    decision: str
    reason: str
    request_id: str
    details: bytes
    mac: bytes
    mac_version: int


def entry(key: bytes, mac_version: int, tenant_id: UUID, event_id: UUID, at: datetime, event: Event) -> Entry:
    """The event as it is stored, authenticated under `key`; `at` is aware."""
    bare = Entry(
        event_id=event_id,
        at=at,
        actor=event.actor,
        auth=event.auth,
        action=event.action,
        object=event.object,
        decision=event.decision,
        reason=event.reason,
        request_id=event.request_id,
        details=orjson.dumps(event.details, option=orjson.OPT_SORT_KEYS),
        mac=b"",
        mac_version=mac_version,
    )
    return replace(bare, mac=authenticate(key, canonical(tenant_id, bare)))


def canonical(tenant_id: UUID, entry: Entry) -> bytes:
    """The bytes that are authenticated and chained."""
    return form(str(tenant_id), str(entry.event_id), moment(entry.at), entry.details, entry)


class Words(Protocol):
    """The plain columns of an event."""

    @property
    def action(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def auth(self) -> str: ...
    @property
    def decision(self) -> str: ...
    @property
    def object(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def request_id(self) -> str: ...


def form(tenant: str, event_id: str, at: str, details: bytes | str, words: Words) -> bytes:
    """The canonical form out of columns, ids and time as text: a million of these are made to verify a million rows."""
    return orjson.dumps(
        {
            "action": words.action,
            "actor": words.actor,
            "at": at,
            "auth": words.auth,
            "decision": words.decision,
            "details": orjson.Fragment(details),
            "id": event_id,
            "object": words.object,
            "reason": words.reason,
            "request_id": words.request_id,
            "tenant": tenant,
            "v": VERSION,
        }
    )


def moment(at: datetime) -> str:
    """A time to the microsecond in UTC, always with six digits."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def authenticate(key: bytes, canonical_form: bytes) -> bytes:
    """The event's MAC, 32 bytes."""
    return hmac.digest(key, canonical_form, "sha256")


def genesis(tenant_id: UUID) -> bytes:
    """What stands before the first link of a tenant's chain."""
    return hashlib.sha256(f"alertveil audit v1|{tenant_id}".encode()).digest()


def chained(previous: bytes, seq: int, mac: bytes, canonical_form: bytes) -> bytes:
    """The hash of the event that is the `seq`-th of its chain."""
    return hashlib.sha256(previous + seq.to_bytes(8, "big") + mac + canonical_form).digest()


def tie(key: bytes, hashed: bytes) -> bytes:
    """The MAC that ties a link's hash to the holder of the key; no canonical form starts as this does."""
    return hmac.digest(key, _TIE + hashed, "sha256")


@dataclass(frozen=True, slots=True)
class Link:
    """An event's place in its tenant's chain; `tie` is a MAC over `hash` under the key of `mac_version`."""

    seq: int
    at: datetime
    event_id: UUID
    hash: bytes
    tie: bytes
    mac_version: int


def chain(
    tenant_id: UUID, seq: int, hashed: bytes, entries: Iterable[Entry], *, key: bytes, mac_version: int
) -> list[Link]:
    """Links for entries in their order, after the link `seq` whose hash is `hashed` (0 and `genesis` for none)."""
    links = []
    for number, each in enumerate(entries, start=seq + 1):
        hashed = chained(hashed, number, each.mac, canonical(tenant_id, each))
        links.append(Link(number, each.at, each.event_id, hashed, tie(key, hashed), mac_version))
    return links


class Sealed(NamedTuple):
    """What of an event is chained: its canonical form and its MAC under the key of `mac_version`."""

    form: bytes
    mac: bytes
    mac_version: int


class Row(NamedTuple):
    """A row of a chain as it is found: its link, and the event that it names if that is there."""

    seq: int
    event_id: str
    hash: bytes
    tie: bytes
    mac_version: int
    event: Sealed | None


class MacKey:
    """A key that computes many MACs: HMAC-SHA-256 with both of its pads hashed once (RFC 2104 §4)."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(each ^ 0x36 for each in block))
        self._outer = hashlib.sha256(bytes(each ^ 0x5C for each in block))

    def __repr__(self) -> str:
        return "<MacKey>"

    def fits(self, text: bytes, mac: bytes) -> bool:
        """Is this the MAC of the text."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return hmac.compare_digest(outer.digest(), mac)


Kind = Literal["missing", "changed", "moved", "forged", "replaced", "cut off", "outside", "unsigned"]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with a chain: at which row (None: an event in no row), and what it shows."""

    kind: Kind
    seq: int | None
    event_id: str | None
    text: str


class Walk:
    """Follows a tenant's chain from its start and says at the first row that it does not hold.

    Without `keys` (an export, away from the keystore) MACs are part of what is hashed but are not checked themselves.
    """

    __slots__ = ("_keys", "_tenant_id", "hash", "seq", "sound")

    def __init__(
        self, tenant_id: UUID, seq: int = 0, hashed: bytes | None = None, *, keys: Mapping[int, bytes] | None = None
    ) -> None:
        self._tenant_id = tenant_id
        self._keys = None if keys is None else {version: MacKey(key) for version, key in keys.items()}
        self.seq = seq
        self.hash = genesis(tenant_id) if hashed is None else hashed
        self.sound = seq  # the last row that a checkpoint confirmed

    def step(self, row: Row) -> Fault | None:
        """The next row."""
        number = self.seq + 1
        if row.seq != number:
            return Fault("missing", number, None, f"Row {number} is missing: after {self.seq} comes {row.seq}.")
        event = row.event
        if event is None:
            text = f"The event of row {number} is missing: it was deleted, or row {number} was made to name another."
            return Fault("missing", number, row.event_id, text)
        if self._keys is not None and not self._fits(event.mac_version, event.form, event.mac):
            text = f"Row {number} is not as it was written: its MAC does not fit its event."
            return Fault("changed", number, row.event_id, text)
        hashed = chained(self.hash, number, event.mac, event.form)
        if hashed != row.hash:
            text = (
                f"Row {number} does not follow from row {self.seq}: it was changed, or rows were removed, put in or "
                "changed places here."
            )
            return Fault("moved", number, row.event_id, text)
        if self._keys is not None and not self._fits(row.mac_version, _TIE + hashed, row.tie):
            text = f"Row {number} was chained by somebody without the key: rows were removed, put in or moved here."
            return Fault("moved", number, row.event_id, text)
        self.seq, self.hash = number, hashed
        return None

    def confirm(self, seq: int, hashed: bytes, at: datetime) -> Fault | None:
        """What a signed checkpoint says of the row just walked."""
        if seq == self.seq and not hmac.compare_digest(hashed, self.hash):
            first = self.sound + 1
            between = f"row {first}" if first == seq else f"between row {first} and row {seq}"
            text = (
                f"The chain was replaced {between}: the checkpoint of {moment(at)} has another hash for row {seq}, so "
                "an older copy was restored or the chain computed anew."
            )
            return Fault("replaced", first, None, text)
        self.sound = seq
        return None

    def cut(self, seq: int, at: datetime) -> Fault:
        """A signed checkpoint says that the chain had come further than it does."""
        text = (
            f"Row {self.seq + 1} is missing: the chain ends at {self.seq}, and the checkpoint of {moment(at)} says that"
            f" it had come to {seq}. Its end was cut off, or an older copy was restored."
        )
        return Fault("cut off", self.seq + 1, None, text)

    def outside(self, entry: Entry, *, passed: bool) -> Fault | None:
        """An event in no row: written by us just now, or put there by somebody else, or one whose row was removed."""
        form_ = canonical(self._tenant_id, entry)
        if self._keys is not None and not self._fits(entry.mac_version, form_, entry.mac):
            text = (
                f"The event of {moment(entry.at)} is in no row, and its MAC does not fit: somebody else put it there."
            )
            return Fault("outside", None, str(entry.event_id), text)
        if passed:
            text = (
                f"The event of {moment(entry.at)} is in no row although the chain has passed it: its row was removed."
            )
            return Fault("outside", None, str(entry.event_id), text)
        return None

    def _fits(self, version: int, text: bytes, mac: bytes) -> bool:
        key = (self._keys or {}).get(version)
        return key is not None and key.fits(text, mac)


def _text(value: str) -> str:
    """What Postgres cannot store becomes U+FFFD: an event is never lost over a character."""
    return _UNSTORABLE.sub("\ufffd", value)


def _plain(value: JSON) -> JSON:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        if abs(value) > _BIGGEST:
            raise ValueError("An audit event's details hold a number that JSON readers would round.")
        return value
    if isinstance(value, Mapping):
        return {_text(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    raise ValueError("An audit event's details hold something other than text, whole numbers, lists and mappings.")
