"""May plaintext leave, through this channel, now? Only where everything says yes; whatever else is the case: tokens.

Rules: design §8 and promise 2. This is the decision at the render of an attempt. When it says plaintext, the database's
grant function reads the same facts again in its own transaction before it hands out a single value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from channels.contract import Severity
from router.core.alert import RANK
from router.core.incident import Incident

State = Literal["requested", "active", "expiring", "expired", "revoked", "suspended", "rejected"]

SECRET: Final = "SECRET"  # noqa: S105 - the type of tokens that stand for credentials
"""Tokens of this type are never opened for a channel, whatever was approved."""


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
    OPTED_IN = "plaintext: opted in"


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
    came through one host identity; it stands as an exception in every review.
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


@dataclass(frozen=True, slots=True)
class Baa:
    """A business associate agreement with a vendor for one of its services, in force from one moment to another."""

    baa_id: UUID
    tenant_id: UUID
    vendor: str
    service: str
    signed_at: datetime
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
    return Plaintext(best.types, best.optin_id)


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
    if not baa.signed_at <= now < baa.expires_at:
        return Ground.BAA_LAPSED
    if channel.vendor:
        return None if channel.vendor.casefold() == baa.vendor.casefold() else Ground.BAA_VENDOR
    return None if optin.vendor_confirmed is True else Ground.BAA_VENDOR


def _reach(optin: OptIn, incident: Incident) -> Ground:
    return Ground.SEVERITY if RANK[incident.severity] < RANK[optin.lowest_severity] else Ground.OPTED_IN
