"""What was decided, by whom and why, as bytes that can be authenticated, chained and checked by anybody.

An event's canonical form is JSON as RFC 8785 writes it, for values that hold no fractions: keys in order, no spaces,
UTF-8. Its MAC is HMAC-SHA-256 over these bytes under a key that the database does not hold. Its place in the chain is
`SHA-256(previous hash ‖ sequence, 8 bytes big-endian ‖ MAC ‖ canonical form)`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, TypeAlias
from uuid import UUID

import orjson

JSON: TypeAlias = bool | int | str | Sequence["JSON"] | Mapping[str, "JSON"] | None
"""What an event's details may hold: no fractions, whose text differs from one language to the next."""

INSTANCE: Final = UUID(int=0)
"""The chain of what concerns the whole installation: its kill switch, its schema, its keys."""

VERSION: Final = 1

_ACTION: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_BIGGEST: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8259 §6)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One decision or change of state.

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
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def authenticate(key: bytes, canonical_form: bytes) -> bytes:
    """The event's MAC, 32 bytes."""
    return hmac.digest(key, canonical_form, "sha256")


def genesis(tenant_id: UUID) -> bytes:
    """What stands before the first link of a tenant's chain."""
    return hashlib.sha256(f"alertveil audit v1|{tenant_id}".encode()).digest()


def link(previous: bytes, seq: int, mac: bytes, canonical_form: bytes) -> bytes:
    """The hash of the event that is the `seq`-th of its chain."""
    return hashlib.sha256(previous + seq.to_bytes(8, "big") + mac + canonical_form).digest()


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
