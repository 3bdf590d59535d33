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
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import orjson

JSON: TypeAlias = bool | int | str | Sequence["JSON"] | Mapping[str, "JSON"] | None
"""What an event's details may hold: no fractions, whose text differs from one language to the next."""

INSTANCE: Final = UUID(int=0)
"""The chain of what concerns the whole installation: its kill switch, its schema, its keys."""

VERSION: Final = 1

THROUGH: Final = " through "
"""Between a user and the host identity that acts for them, as the command line and the history of changes write it."""

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
        if not self.auth and THROUGH in self.actor:
            actor, _, auth = self.actor.partition(THROUGH)
            object.__setattr__(self, "actor", actor)
            object.__setattr__(self, "auth", auth)
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
    return orjson.dumps(
        {
            "action": entry.action,
            "actor": entry.actor,
            "at": moment(entry.at),
            "auth": entry.auth,
            "decision": entry.decision,
            "details": orjson.Fragment(entry.details),
            "id": str(entry.event_id),
            "object": entry.object,
            "reason": entry.reason,
            "request_id": entry.request_id,
            "tenant": str(tenant_id),
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
    return hmac.digest(key, b"alertveil link v1|" + hashed, "sha256")


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


def sealed(tenant_id: UUID, entry: Entry) -> Sealed:
    """A stored event as it was authenticated."""
    return Sealed(canonical(tenant_id, entry), entry.mac, entry.mac_version)


Kind = Literal["missing", "changed", "moved", "forged", "replaced", "cut off", "outside", "unsigned"]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with a chain: at which row (None: an event in no row), and what it shows."""

    kind: Kind
    seq: int | None
    event_id: UUID | None
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
        self._keys = keys
        self.seq = seq
        self.hash = genesis(tenant_id) if hashed is None else hashed
        self.sound = seq  # the last row that a checkpoint confirmed

    def step(self, link: Link, event: Sealed | None) -> Fault | None:
        """The next row; `event` is what it names, if it is there."""
        number = self.seq + 1
        if link.seq != number:
            return Fault("missing", number, None, f"Row {number} is missing: after {self.seq} comes {link.seq}.")
        if event is None:
            text = f"The event of row {number} is missing: it was deleted, or row {number} was made to name another."
            return Fault("missing", number, link.event_id, text)
        if self._keys is not None and not self._authentic(event):
            text = f"Row {number} is not as it was written: its MAC does not fit its event."
            return Fault("changed", number, link.event_id, text)
        hashed = chained(self.hash, number, event.mac, event.form)
        if not hmac.compare_digest(hashed, link.hash):
            text = (
                f"Row {number} does not follow from row {self.seq}: it was changed, or rows were removed, put in or "
                "changed places here."
            )
            return Fault("moved", number, link.event_id, text)
        if self._keys is not None and not self._tied(link):
            text = f"Row {number} was chained by somebody without the key: rows were removed, put in or moved here."
            return Fault("moved", number, link.event_id, text)
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
        if self._keys is not None and not self._authentic(sealed(self._tenant_id, entry)):
            text = (
                f"The event of {moment(entry.at)} is in no row, and its MAC does not fit: somebody else put it there."
            )
            return Fault("outside", None, entry.event_id, text)
        if passed:
            text = (
                f"The event of {moment(entry.at)} is in no row although the chain has passed it: its row was removed."
            )
            return Fault("outside", None, entry.event_id, text)
        return None

    def _authentic(self, event: Sealed) -> bool:
        key = (self._keys or {}).get(event.mac_version)
        return key is not None and hmac.compare_digest(authenticate(key, event.form), event.mac)

    def _tied(self, link: Link) -> bool:
        key = (self._keys or {}).get(link.mac_version)
        return key is not None and hmac.compare_digest(tie(key, link.hash), link.tie)


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
