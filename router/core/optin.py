"""May plaintext leave, through this channel, now? Only where everything says yes; whatever else is the case: tokens.

Rules: design §8 and promise 2. This is the decision at the render of an attempt. When it says plaintext, the database's
grant function reads the same facts again in its own transaction before it hands out a single value.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from channels.contract import Severity
from router.core.alert import RANK
from router.core.incident import Incident

State = Literal["requested", "active", "expiring", "expired", "revoked", "suspended", "rejected"]

SECRET: Final = "SECRET"  # noqa: S105 - the type of tokens that stand for credentials
"""Tokens of this type are never opened for a channel, whatever was approved."""

WHOLE: Final = "TEXT"
"""A token that stands for a whole text of unknown content: to open it would be to open everything."""

BREAK_GLASS: Final = timedelta(minutes=15)
"""How long one person alone may open a channel in an emergency (45 CFR 164.312(a)(2)(ii)); it is always reviewed."""

WARNINGS: Final = (14, 3, 1)
"""Days before its end at which an opt-in is warned of; from the first on it is expiring."""

REMINDERS: Final = (60, 30, 7)
"""Days before its end at which an agreement is reminded of."""


class Ground(StrEnum):
    """Why a decision came out as it did: the words of the attempt's row, the page and the review.

    In the order in which they are checked, so that of several opt-ins the one that came furthest is the reason given.
    """

    ERROR = "tokens: the policy could not be decided"
    KILL_SWITCH = "tokens: the installation's kill switch is on"
    TENANT_KILL_SWITCH = "tokens: the tenant's kill switch is on"
    NO_OPT_IN = "tokens: nobody opted this channel in"
    REQUESTED = "tokens: the opt-in waits for its approval"
    REJECTED = "tokens: the opt-in was rejected"
    REVOKED = "tokens: the opt-in was revoked"
    SUSPENDED = "tokens: the opt-in is suspended"
    EXPIRED = "tokens: the opt-in has ended"
    NOT_YET = "tokens: the opt-in has not begun"
    ONE_PERSON = "tokens: the opt-in lacks a second person"
    NO_TYPES = "tokens: the opt-in names no type of token that may be opened"
    DESTINATION = "tokens: the destination is not the one that was opted in"
    NOT_ENCRYPTED = "tokens: the way to the destination is not encrypted"
    NO_BAA = "tokens: the opt-in's business associate agreement is not on file"
    BAA_RETIRED = "tokens: the business associate agreement was retired"
    BAA_LAPSED = "tokens: the business associate agreement is not in force"
    BAA_VENDOR = "tokens: the business associate agreement is with another vendor"
    SEVERITY = "tokens: the incident is less severe than what was opted in"
    DIGEST = "tokens: a digest never holds more"
    NOTHING = "tokens: nothing in the message is of a type that was opted in"
    CHANGED = "tokens: the policy changed between the decision and the grant"
    ALTERED = "tokens: the opt-in was changed past its two persons"
    REFUSED = "tokens: the database refused the grant"
    TRIPWIRE = "tokens: the finished message held more than what was opted in"
    OPTED_IN = "plaintext: opted in"
    BREAK_GLASS = "plaintext: somebody broke the glass"


_ORDER: Final = {ground: place for place, ground in enumerate(Ground)}
_INACTIVE: Final[Mapping[State, Ground]] = {
    "requested": Ground.REQUESTED,
    "rejected": Ground.REJECTED,
    "revoked": Ground.REVOKED,
    "suspended": Ground.SUSPENDED,
    "expired": Ground.EXPIRED,
}
_ACTIVE: Final = frozenset({"active", "expiring"})


@dataclass(frozen=True, slots=True)
class Channel:
    """What a decision needs to know of a channel.

    `identity` is that of the destination about to be used (Spec.identity), as one hash; `vendor` is empty when the
    channel names none; `encrypted`: the way there always is.
    """

    channel_id: UUID
    identity: bytes
    vendor: str
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose policy it is."""

    tenant_id: UUID
    kill_switch: bool = False


@dataclass(frozen=True, slots=True)
class OptIn:
    """What two people agreed to: these types, for this channel and destination, from this severity up, until then.

    `types` are token types by name, never all and never secrets. `vendor_confirmed`: the approver confirmed that the
    destination belongs to the agreement, for a channel that names no vendor. `single_custody`: request and approval
    came through one host identity; it stands as an exception in every review. `break_glass`: one privacy officer's
    alone, for BREAK_GLASS at most.
    """

    optin_id: UUID
    tenant_id: UUID
    channel_id: UUID
    identity: bytes
    types: frozenset[str]
    lowest_severity: Severity
    purpose: str
    baa_id: UUID
    requester: UUID
    approver: UUID | None
    starts_at: datetime
    ends_at: datetime
    state: State
    vendor_confirmed: bool = False
    single_custody: bool = False
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Baa:
    """A business associate agreement with a vendor for one of its services, in force from one moment to another."""

    baa_id: UUID
    tenant_id: UUID
    vendor: str
    service: str
    effective_at: datetime
    expires_at: datetime
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens, because of `reason`."""

    reason: Ground


@dataclass(frozen=True, slots=True)
class Plaintext:
    """Values of these token types in the clear, under this opt-in; every other type stays a token."""

    types: frozenset[str]
    optin_id: UUID
    reason: Ground = Ground.OPTED_IN


Decision = Tokens | Plaintext


def standing(optin: OptIn, now: datetime) -> State:
    """The state that people are shown at `now`: upkeep writes it down a little later than it is so."""
    if optin.state not in {"requested", *_ACTIVE, "suspended"}:
        return optin.state
    if now >= optin.ends_at:
        return "expired"
    if optin.state == "active" and optin.ends_at - now <= timedelta(days=WARNINGS[0]) and not optin.break_glass:
        return "expiring"
    return optin.state


def due(days: Sequence[int], told: Sequence[int], ends_at: datetime, now: datetime) -> int | None:
    """Which of these days' notices is to be given at `now`; None: none. A notice missed is not given late twice.

    `days` are in falling order. Only the nearest one counts: whoever was away for a week hears one sentence, not three.
    """
    left = ends_at - now
    if left <= timedelta(0):
        return None
    reached = [each for each in days if left <= timedelta(days=each)]
    return reached[-1] if reached and reached[-1] not in told else None


def strayed(before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """What is different about a destination from when it was opted in, for people; None: nothing that matters.

    Facts as `Spec.inspect` gives them. One that the vendor does not tell is no change: an outage or a scope that is
    missing must not read like an intruder. Members who are no guests may come and go.
    """
    for name, words in _FACTS.items():
        was, is_now = before.get(name, "false" if name in _BAD_WHEN_TRUE else None), now.get(name)
        if was is None or is_now is None or was == is_now:
            continue
        if name == "guests":
            bad = bool(set(is_now.split()) - set(was.split()))  # one who left is no harm
        elif name == "is_private":
            bad = is_now != "true"
        else:
            bad = name not in _BAD_WHEN_TRUE or is_now == "true"
        if bad:
            return words
    return None


_FACTS: Final[Mapping[str, str]] = {
    "team": "the channel belongs to another Slack workspace",
    "channel": "the channel's id changed",
    "is_private": "the channel was made public",
    "is_shared": "the channel was shared with another workspace",
    "is_ext_shared": "the channel was shared with another organisation",
    "is_pending_ext_shared": "the channel is about to be shared with another organisation",
    "is_org_shared": "the channel was shared within the organisation",
    "guests": "a guest was added to the channel",
}
_BAD_WHEN_TRUE: Final = frozenset({"is_shared", "is_ext_shared", "is_pending_ext_shared", "is_org_shared"})


def bound(optin: OptIn) -> tuple[str, ...]:
    """What two persons agreed to, as parts whose MAC tells whether anybody changed the row since."""
    return (
        "opt-in v1",
        str(optin.tenant_id),
        str(optin.optin_id),
        str(optin.channel_id),
        optin.identity.hex(),
        ",".join(sorted(optin.types)),
        optin.lowest_severity,
        optin.purpose,
        str(optin.baa_id),
        str(optin.requester),
        str(optin.approver),
        _second(optin.starts_at),
        _second(optin.ends_at),
        str(optin.vendor_confirmed),
        str(optin.single_custody),
        str(optin.break_glass),
    )


def bound_baa(baa: Baa) -> tuple[str, ...]:
    """The same for an agreement."""
    return (
        "baa v1",
        str(baa.tenant_id),
        str(baa.baa_id),
        baa.vendor,
        baa.service,
        _second(baa.effective_at),
        _second(baa.expires_at),
    )


def mac(key: bytes, parts: Sequence[str]) -> bytes:
    """HMAC-SHA-256 of `parts` (each with its length before it, so that none runs into the next)."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")


def proves(keys: Mapping[int, bytes], version: int, found: bytes, parts: Sequence[str]) -> bool:
    """Is `found` the MAC of these parts under the key of this version; False when that key is not known."""
    key = keys.get(version)
    return key is not None and hmac.compare_digest(mac(key, parts), found)


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def decide(
    channel: Channel,
    optins: Sequence[OptIn],
    baas: Mapping[UUID, Baa],
    tenant: Tenant,
    kill_switch: bool,  # noqa: FBT001 - design §8 fixes the order
    incident: Incident,
    now: datetime,
) -> Decision:
    """Tokens or plaintext for `incident` on `channel` at `now`, and why. Never raises: an error is tokens too.

    One opt-in alone carries a decision, since a disclosure names the opt-in it was made under; where several would, it
    is the one that allows the most types, then the one that ends last.
    """
    try:
        return _decide(channel, optins, baas, tenant, incident, now, everywhere=kill_switch)
    except Exception:  # noqa: BLE001 - promise 2: an error in the policy is tokens, whatever the error is
        return Tokens(Ground.ERROR)


def _decide(
    channel: Channel,
    optins: Sequence[OptIn],
    baas: Mapping[UUID, Baa],
    tenant: Tenant,
    incident: Incident,
    now: datetime,
    *,
    everywhere: bool,
) -> Decision:
    if everywhere is not False:
        return Tokens(Ground.KILL_SWITCH)
    if tenant.kill_switch is not False:
        return Tokens(Ground.TENANT_KILL_SWITCH)
    furthest = Ground.NO_OPT_IN
    carrying: list[OptIn] = []
    for optin in optins:
        if optin.channel_id != channel.channel_id or optin.tenant_id != tenant.tenant_id:
            continue
        ground = _ground(optin, channel, baas.get(optin.baa_id), incident, now)
        furthest = max(furthest, ground, key=_ORDER.__getitem__)
        if ground is Ground.OPTED_IN:
            carrying.append(optin)
    if not carrying:
        return Tokens(furthest)
    best = max(carrying, key=lambda optin: (len(optin.types), optin.ends_at, optin.optin_id))
    return Plaintext(best.types, best.optin_id, Ground.BREAK_GLASS if best.break_glass else Ground.OPTED_IN)


def _ground(optin: OptIn, channel: Channel, baa: Baa | None, incident: Incident, now: datetime) -> Ground:
    """How far one opt-in of this channel gets."""
    return (
        _standing(optin, now) or _way(optin, channel) or _agreement(optin, channel, baa, now) or _reach(optin, incident)
    )


def _standing(optin: OptIn, now: datetime) -> Ground | None:
    if optin.state not in _ACTIVE:
        return _INACTIVE[optin.state]
    if now >= optin.ends_at:
        return Ground.EXPIRED
    if now < optin.starts_at:
        return Ground.NOT_YET
    if optin.approver is None or optin.approver == optin.requester:
        glass = optin.break_glass is True and optin.approver is None
        if not glass or optin.ends_at - optin.starts_at > BREAK_GLASS:
            return Ground.ONE_PERSON
    if not optin.types or any(not name.isupper() or name.startswith(SECRET) for name in optin.types):
        return Ground.NO_TYPES
    return None


def _way(optin: OptIn, channel: Channel) -> Ground | None:
    if not optin.identity or optin.identity != channel.identity:
        return Ground.DESTINATION
    if channel.encrypted is not True:
        return Ground.NOT_ENCRYPTED
    return None


def _agreement(optin: OptIn, channel: Channel, baa: Baa | None, now: datetime) -> Ground | None:
    if baa is None or baa.tenant_id != optin.tenant_id:
        return Ground.NO_BAA
    if baa.retired is not False:
        return Ground.BAA_RETIRED
    if not baa.effective_at <= now < baa.expires_at:
        return Ground.BAA_LAPSED
    if channel.vendor:
        return None if channel.vendor.casefold() == baa.vendor.casefold() else Ground.BAA_VENDOR
    return None if optin.vendor_confirmed is True else Ground.BAA_VENDOR


def _reach(optin: OptIn, incident: Incident) -> Ground:
    return Ground.SEVERITY if RANK[incident.severity] < RANK[optin.lowest_severity] else Ground.OPTED_IN
