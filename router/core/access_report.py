"""Who held which role over a period, who joined, who left, whose roles changed, and who has not used what they hold.

What stands in the database is today's; the audit's events of after the period are taken back one by one, so that the
report of a past quarter says what was so when it ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

UNUSED: Final = timedelta(days=90)
"""How long somebody may go without signing in or acting before the report asks whether they still need their roles."""

POWERFUL: Final = frozenset({"operator", "privacy_officer", "admin"})
"""Roles that ask for a second factor."""

APART: Final = (("operator", "privacy_officer"), ("admin", "privacy_officer"))
"""Roles that one person should not hold together: one asks for or makes what the other approves."""

Step = Literal["joined", "left", "came back", "roles changed"]


@dataclass(frozen=True, slots=True)
class Account:
    """A user as they stand now. `factors`: kinds of what proves who they are; `outside`: an identity provider does.

    `acts` is None when nobody counted.
    """

    user_id: UUID
    email: str
    kind: str
    roles: tuple[str, ...]
    created_at: datetime
    seen_at: datetime | None
    disabled_at: datetime | None
    factors: frozenset[str]
    outside: bool
    acts: int | None = 0
    last_act_at: datetime | None = None
    reveals: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """An audit event about a user: `user.add`, `user.roles`, `user.disable` or `user.enable`."""

    at: datetime
    action: str
    user_id: UUID
    actor: str
    roles: tuple[str, ...] = ()
    roles_before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A step in somebody's access within the period, and who took it."""

    at: datetime
    email: str
    step: Step
    roles_before: tuple[str, ...]
    roles: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who held access at the end of the period, or lost it within."""

    user_id: UUID
    email: str
    kind: str
    roles: tuple[str, ...]
    active: bool
    joined_at: datetime
    left_at: datetime | None
    last_used_at: datetime | None
    acts: int | None
    reveals: int
    factors: tuple[str, ...]
    flags: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Report:
    """The access report of a period."""

    holders: tuple[Holder, ...]
    changes: tuple[Change, ...]

    @property
    def joiners(self) -> tuple[Change, ...]:
        """Who joined or came back."""
        return tuple(each for each in self.changes if each.step in {"joined", "came back"})

    @property
    def leavers(self) -> tuple[Change, ...]:
        """Who left."""
        return tuple(each for each in self.changes if each.step == "left")

    @property
    def by_role(self) -> Mapping[str, int]:
        """How many active people hold each role."""
        counted: dict[str, int] = {}
        for holder in self.holders:
            for role in holder.roles if holder.active else ():
                counted[role] = counted.get(role, 0) + 1
        return counted


def report(
    accounts: Sequence[Account], told: Sequence[Told], starts_at: datetime, ends_at: datetime, now: datetime
) -> Report:
    """The report of `starts_at` <= t < `ends_at`, or of the part of it that has passed."""
    end = min(ends_at, now)
    histories: dict[UUID, list[Told]] = {}
    for event in sorted(told, key=lambda each: each.at):
        histories.setdefault(event.user_id, []).append(event)
    holders, changes = [], []
    for account in accounts:
        if account.created_at >= end:
            continue
        history = histories.get(account.user_id, [])
        roles, left_at = _as_of(account, history, end)
        if left_at is None or left_at >= starts_at:
            holders.append(_holder(account, roles, left_at, end))
        changes += _changes(account, history, starts_at, end)
    holders.sort(key=lambda each: (not each.active, each.email))
    changes.sort(key=lambda each: (each.at, each.email))
    return Report(tuple(holders), tuple(changes))


def _as_of(account: Account, history: Sequence[Told], end: datetime) -> tuple[tuple[str, ...], datetime | None]:
    """(roles, when they left) at the end of the period: later events are taken back, the newest first."""
    roles, left_at = account.roles, account.disabled_at
    for event in reversed([each for each in history if each.at >= end]):
        if event.action == "user.roles":
            roles = event.roles_before
        elif event.action == "user.disable":
            left_at = None
        elif event.action == "user.enable":
            left_at = next(
                (each.at for each in reversed(history) if each.at < event.at and each.action == "user.disable"), None
            )
    if left_at is not None and left_at >= end:
        left_at = None
    return roles, left_at


def _holder(account: Account, roles: tuple[str, ...], left_at: datetime | None, end: datetime) -> Holder:
    # Signing in is an act too, so whoever was seen after the period and did nothing in it was last here at a time that
    # nothing tells any more: no date, and no flag.
    used = [at for at in (account.seen_at, account.last_act_at) if at is not None and at < end]
    last_used_at = max(used, default=None)
    later = account.seen_at is not None and account.seen_at >= end
    active = left_at is None
    flags = []
    if active and account.kind == "person":
        if last_used_at is None and not later and end - account.created_at > UNUSED:
            flags.append("never used")
        elif last_used_at is not None and end - last_used_at > UNUSED:
            flags.append("unused for 90 days")
        if POWERFUL & set(roles) and not account.outside and not account.factors & {"totp", "passkey"}:
            flags.append("no second factor")
        flags += [f"{one} and {other} in one hand" for one, other in APART if {one, other} <= set(roles)]
    if account.kind != "person":
        flags.append("account for emergencies")
    return Holder(
        user_id=account.user_id,
        email=account.email,
        kind=account.kind,
        roles=roles,
        active=active,
        joined_at=account.created_at,
        left_at=left_at,
        last_used_at=last_used_at,
        acts=account.acts,
        reveals=account.reveals,
        factors=tuple(sorted(account.factors | ({"identity provider"} if account.outside else set()))),
        flags=tuple(flags),
    )


def _changes(account: Account, history: Sequence[Told], starts_at: datetime, end: datetime) -> list[Change]:
    steps: dict[str, Step] = {
        "user.add": "joined",
        "user.roles": "roles changed",
        "user.disable": "left",
        "user.enable": "came back",
    }
    found = [
        Change(
            each.at,
            account.email,
            steps[each.action],
            each.roles_before,
            each.roles or (account.roles if each.action == "user.enable" else ()),
            each.actor,
        )
        for each in history
        if starts_at <= each.at < end and each.action in steps
    ]
    if starts_at <= account.created_at < end and not any(each.step == "joined" for each in found):
        first = next((each.roles_before for each in history if each.action == "user.roles"), account.roles)
        found.append(Change(account.created_at, account.email, "joined", (), first, "set-up"))
    return found
