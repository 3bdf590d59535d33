"""Accounts: a person looks after what proves who they are; an administrator after who there is and what they may do.

Whoever changes what proves a person, their own or another's, has just proved who they are (`signin.stepped_up`). Nobody
changes their own roles or disables themselves, and an administrator's invitation does not replace a second factor that
somebody has. The break-glass account is sealed: nothing opens it but a code of the host, and that is told to everybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid4

import pyotp

from router.core.access import ROLES, Deed, may
from router.core.audit import JSON, Event
from router.core.clock import UTC_CLOCK, known
from router.core.password import fault, normal
from router.flow import brake, herald, manage, signin
from router.flow.herald import Word
from router.flow.manage import NotFound, NotPossible
from router.flow.signin import Code, Knock, Visitor
from router.flow.snapshot import Snapshots
from router.privacy.said import said
from router.runtime import Runtime
from router.store import config, factors, incidents, users
from router.store.session import Row, Session

RECOVERY_CODES: Final = 10
SET_UP_HOLDS: Final = 3600
"""Seconds that the code of first-run set-up holds."""

BREAK_GLASS_ROLES: Final = ("responder", "operator", "admin")
"""What an emergency needs; never the role that approves or signs, so it is nobody's second person."""

FIRST_ROLES: Final = ("responder", "operator", "admin")
"""The first user's: enough to set the rest up and to invite a privacy officer."""


_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class NotAllowed(Exception):  # noqa: N818 - the answer
    """The visitor's roles do not allow it; the refusal is recorded. The text says who may."""


class ProveFirst(Exception):  # noqa: N818 - the answer
    """It is allowed, once the visitor has proved again who they are."""


class Factor(NamedTuple):
    """Something that proves who its owner is."""

    factor_id: UUID
    kind: str
    name: str
    created_at: datetime
    used_at: datetime | None


class SessionLine(NamedTuple):
    """One session that holds."""

    session_id: UUID
    user_id: UUID
    email: str
    auth: str
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


class Person(NamedTuple):
    """One user as an administrator sees them."""

    user_id: UUID
    email: str
    kind: str
    subject: str
    roles: tuple[str, ...]
    factors: tuple[str, ...]
    sessions: int
    created_at: datetime
    seen_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """What a person sees of their own account."""

    factors: tuple[Factor, ...]
    recovery_left: int
    sessions: tuple[SessionLine, ...]

    @property
    def second(self) -> bool:
        """Is there a factor that the person has, rather than knows."""
        return any(each.kind in {"totp", "passkey"} for each in self.factors)

    def of(self, kind: str) -> list[Factor]:
        """The factors of one kind."""
        return [each for each in self.factors if each.kind == kind]


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """A TOTP key that waits for its first code; `uri` is what an authenticator app reads."""

    key: str
    uri: str


# -- one's own --------------------------------------------------------------------------------------------------------


def account(runtime: Runtime, visitor: Visitor) -> Account:
    """What the visitor's account is made of. Raises DatabaseDown."""
    with runtime.database.tenant(visitor.tenant_id) as session:
        rows = factors.of(session, visitor.user_id)
        held = users.sessions(session, visitor.user_id, signin.IDLE)
    shown = [
        Factor(row.factor_id, row.kind, row.name, row.created_at, row.used_at) for row in rows if row.kind != "recovery"
    ]
    return Account(tuple(shown), sum(row.kind == "recovery" for row in rows), tuple(map(_session_line, held)))


def set_password(runtime: Runtime, visitor: Visitor, secret: str, password: str) -> None:
    """Give the visitor this password; their other sessions end.

    Raises:
        ProveFirst: the visitor has to prove who they are once more.
        NotPossible: the password is no good, or there is no second factor yet, without which it would not count.
        DatabaseDown: nothing was changed.
    """
    _proved(visitor)
    why = fault(password, visitor.email, visitor.slug, visitor.tenant)
    if why is not None:
        raise NotPossible(why)
    hashed = signin.hasher().hash(normal(password)).encode()
    with runtime.database.tenant(visitor.tenant_id) as session:
        if not factors.has_second(session, visitor.user_id):
            raise NotPossible("Add an authenticator app or a passkey first: a password alone signs nobody in.")
        factors.set_password(session, visitor.tenant_id, visitor.user_id, uuid4(), hashed)
        ended = users.end_all(session, visitor.user_id, but=signin.digest(secret))
        _write(runtime, session, visitor, "factor.add", {"kind": "password", "sessions_ended": ended})


def set_zone(
    runtime: Runtime, tenant_id: UUID, email: str, zone: str, *, actor: str, auth: str = ""
) -> tuple[UUID, bool]:
    """Let a user read and write times in this IANA zone, UTC when it is empty; (their id, whether that changed it).

    Raises:
        NotPossible: this machine knows no zone of that name.
        NotFound: there is no such user.
        DatabaseDown: nothing was changed.
    """
    wanted = "" if zone.strip() == UTC_CLOCK.name else zone.strip()
    if wanted and not known(wanted):
        raise NotPossible("There is no such time zone here. Names are IANA's, like Europe/Berlin or America/New_York.")
    with runtime.database.tenant(tenant_id) as session:
        row = _named(session, email)
        users.set_zone(session, row.user_id, wanted)
        if row.zone != wanted:
            details: dict[str, JSON] = {"zone": wanted or UTC_CLOCK.name, "zone_before": row.zone or UTC_CLOCK.name}
            runtime.audit.write(
                session, tenant_id, Event("user.zone", actor, f"user:{row.user_id}", auth=auth, details=details)
            )
    return row.user_id, row.zone != wanted


def show_utc(runtime: Runtime, visitor: Visitor, *, on: bool) -> None:
    """Show the visitor's session times in UTC for now, or in their zone again. Raises DatabaseDown."""
    with runtime.database.tenant(visitor.tenant_id) as session:
        users.show_utc(session, visitor.session_id, on=on)


def begin_totp(runtime: Runtime, visitor: Visitor) -> Enrolment:
    """A fresh TOTP key for the visitor, sealed; it counts once `confirm_totp` has seen a code of it.

    Raises:
        ProveFirst: the visitor has to prove who they are once more.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    _proved(visitor)
    key = pyotp.random_base32()
    with runtime.database.tenant(visitor.tenant_id) as session:
        keys = runtime.vault.keys(session, visitor.tenant_id)
        context = signin.totp_context(visitor.tenant_id, visitor.user_id, keys.data_version)
        waiting = factors.one(session, visitor.user_id, "totp", confirmed=False)
        if waiting is not None:
            factors.remove(session, visitor.user_id, waiting.factor_id)
        factors.add(
            session,
            visitor.tenant_id,
            visitor.user_id,
            uuid4(),
            "totp",
            keys.seal(key.encode(), context),
            key_version=keys.data_version,
            confirmed=False,
        )
    runtime.vault.adopt(keys)
    return _enrolment(visitor, key)


def waiting_totp(runtime: Runtime, visitor: Visitor) -> Enrolment | None:
    """The TOTP key that waits for its first code, to show it once more. Raises DatabaseDown, KeystoreDown."""
    _proved(visitor)
    with runtime.database.tenant(visitor.tenant_id) as session:
        row = factors.one(session, visitor.user_id, "totp", confirmed=False)
        return _enrolment(visitor, _open(runtime, session, visitor, row)) if row is not None else None


def confirm_totp(runtime: Runtime, visitor: Visitor, secret: str, code: str, now: float) -> bool:
    """Take the waiting TOTP key into use when this is a code of it at `now` (seconds since 1970); other sessions end.

    Raises:
        ProveFirst: the visitor has to prove who they are once more.
        Throttled: too many tries.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    _proved(visitor)
    brake.spend(runtime, "", f"confirm {visitor.tenant_id} {visitor.user_id}")
    with runtime.database.tenant(visitor.tenant_id) as session:
        row = factors.one(session, visitor.user_id, "totp", confirmed=False)
        if row is None:
            return False
        step = signin.totp_step(_open(runtime, session, visitor, row), "".join(code.split()), row.counter, now)
        if step is None or not factors.confirm(session, visitor.user_id, row.factor_id, step):
            return False
        brake.forgive(session, "", f"confirm {visitor.tenant_id} {visitor.user_id}")
        ended = users.end_all(session, visitor.user_id, but=signin.digest(secret))
        _write(runtime, session, visitor, "factor.add", {"kind": "totp", "sessions_ended": ended})
    return True


def new_recovery(runtime: Runtime, visitor: Visitor) -> list[str]:
    """Ten fresh recovery codes, shown once, instead of those there are; each stands in for a second factor once.

    Raises:
        ProveFirst: the visitor has to prove who they are once more.
        NotPossible: there is no second factor yet that they could stand in for.
        DatabaseDown: nothing was changed.
    """
    _proved(visitor)
    made = [signin.random_text(signin.RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
    with runtime.database.tenant(visitor.tenant_id) as session:
        if not factors.has_second(session, visitor.user_id):
            raise NotPossible("Add an authenticator app first: recovery codes stand in for it.")
        ids = [uuid4() for _ in made]
        factors.set_recovery(session, visitor.tenant_id, visitor.user_id, ids, [signin.digest(each) for each in made])
        _write(runtime, session, visitor, "factor.add", {"kind": "recovery", "codes": RECOVERY_CODES})
    return [signin.grouped(each) for each in made]


def remove_factor(runtime: Runtime, visitor: Visitor, secret: str, factor_id: UUID) -> None:
    """Take one of the visitor's own factors away; with the last second factor go password and recovery codes.

    Raises:
        ProveFirst: the visitor has to prove who they are once more.
        NotFound: it is not there, or another's.
        DatabaseDown: nothing was changed.
    """
    _proved(visitor)
    with runtime.database.tenant(visitor.tenant_id) as session:
        kind = factors.remove(session, visitor.user_id, factor_id)
        if kind is None:
            raise NotFound("There is no such factor any more.")
        if not factors.has_second(session, visitor.user_id):
            factors.drop(session, visitor.user_id, "password", "recovery")
        ended = users.end_all(session, visitor.user_id, but=signin.digest(secret))
        _write(runtime, session, visitor, "factor.remove", {"kind": kind, "sessions_ended": ended})


def end_session(runtime: Runtime, visitor: Visitor, session_id: UUID) -> None:
    """End a session: one's own, or anybody's as an administrator.

    Raises:
        NotFound: it has ended already, or is another's and the visitor is no administrator.
        DatabaseDown: it was not ended.
    """
    everybodys = may(visitor.roles, "manage")
    with runtime.database.tenant(visitor.tenant_id) as session:
        whose = users.end_one(session, session_id, None if everybodys else visitor.user_id)
        if whose is None:
            raise NotFound("This session has ended already.")
        event = Event(
            "session.end",
            visitor.email,
            f"session:{session_id}",
            auth=visitor.context,
            details={"user": str(whose)},
        )
        runtime.audit.write(session, visitor.tenant_id, event)


# -- others' ----------------------------------------------------------------------------------------------------------


def people(runtime: Runtime, visitor: Visitor) -> list[Person]:
    """The tenant's users. Raises NotAllowed, DatabaseDown."""
    check(runtime, visitor, "manage", "user.list", fresh=False)
    with runtime.database.tenant(visitor.tenant_id) as session:
        return [_person(row) for row in users.every(session)]


def person(runtime: Runtime, visitor: Visitor, user_id: UUID) -> tuple[Person, list[SessionLine]]:
    """One user and their sessions. Raises NotAllowed, NotFound, DatabaseDown."""
    check(runtime, visitor, "manage", "user.list", fresh=False)
    with runtime.database.tenant(visitor.tenant_id) as session:
        for row in users.every(session):
            if row.user_id == user_id:
                return _person(row), [_session_line(each) for each in users.sessions(session, user_id, signin.IDLE)]
    raise NotFound("There is no such user in this tenant.")


def invite(runtime: Runtime, visitor: Visitor, email: str, roles: Sequence[str]) -> Code:
    """Add a user and give a code for them to sign in with the first time.

    Raises:
        NotAllowed, ProveFirst: it is an administrator's, with a fresh proof.
        NotPossible: there is such a user already, or the address or a role is no good.
        DatabaseDown: nothing was changed.
    """
    check(runtime, visitor, "manage", "user.add")
    with runtime.database.tenant(visitor.tenant_id) as session:
        if users.by_email(session, email.strip().lower()) is not None:
            raise NotPossible("There is a user with this address already: change their roles, or give a new code.")
    manage.add_user(runtime, visitor.tenant_id, email, roles, visitor.email)
    return signin.offer(
        runtime, visitor.tenant_id, email, actor=visitor.email, auth=f"a one-time code of {visitor.email}"
    )


def give_code(runtime: Runtime, visitor: Visitor, user_id: UUID) -> Code:
    """Another code for a user. Raises as `invite`, and NotFound."""
    row = _other(runtime, visitor, user_id, "signin.code")
    return signin.offer(
        runtime, visitor.tenant_id, row.email, actor=visitor.email, auth=f"a one-time code of {visitor.email}"
    )


def set_roles(runtime: Runtime, visitor: Visitor, user_id: UUID, roles: Sequence[str]) -> None:
    """Give a user these roles instead. Raises as `invite`, NotFound, and NotPossible for oneself."""
    row = _other(runtime, visitor, user_id, "user.roles")
    manage.add_user(runtime, visitor.tenant_id, row.email, roles, visitor.email)


def set_disabled(runtime: Runtime, visitor: Visitor, user_id: UUID, *, disabled: bool) -> None:
    """Disable a user, whose sessions end at once, or enable one. Raises as `set_roles`."""
    row = _other(runtime, visitor, user_id, "user.disable")
    disable(runtime, visitor.tenant_id, row.email, disabled=disabled, actor=visitor.email, auth=visitor.context)


def reset(runtime: Runtime, visitor: Visitor, user_id: UUID) -> None:
    """Take everything away that proves who a user is; their sessions end, and a code lets them begin anew.

    Raises as `set_roles`.
    """
    row = _other(runtime, visitor, user_id, "factor.reset")
    forget_factors(runtime, visitor.tenant_id, row.email, actor=visitor.email, auth=visitor.context)


def disable(
    runtime: Runtime, tenant_id: UUID, email: str, *, disabled: bool, actor: str, auth: str = ""
) -> tuple[UUID, bool]:
    """Disable or enable a user; (their id, whether that changed it). Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = _named(session, email)
        changed = users.set_disabled(session, row.user_id, disabled=disabled)
        ended = users.end_all(session, row.user_id) if disabled else 0
        if changed:
            action = "user.disable" if disabled else "user.enable"
            event = Event(action, actor, f"user:{row.user_id}", auth=auth, details={"sessions_ended": ended})
            runtime.audit.write(session, tenant_id, event)
            config.bump(session, actor, [f"user {row.email}: {'disabled' if disabled else 'enabled'}"])
    return row.user_id, changed


def forget_factors(runtime: Runtime, tenant_id: UUID, email: str, *, actor: str, auth: str = "") -> UUID:
    """Take a user's password, second factors, passkeys and recovery codes away; their sessions end.

    Raises NotFound, DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        row = _named(session, email)
        gone = factors.drop(session, row.user_id)
        ended = users.end_all(session, row.user_id)
        details = {"factors": gone, "sessions_ended": ended}
        event = Event("factor.reset", actor, f"user:{row.user_id}", auth=auth, details=details)
        runtime.audit.write(session, tenant_id, event)
    return row.user_id  # type: ignore[no-any-return]  # rows are named tuples


def sessions(runtime: Runtime, tenant_id: UUID, email: str | None) -> list[SessionLine]:
    """The sessions that hold, of one user or of the whole tenant. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        user_id = _named(session, email).user_id if email else None
        return [_session_line(row) for row in users.sessions(session, user_id, signin.IDLE)]


def end_sessions(runtime: Runtime, tenant_id: UUID, email: str, *, actor: str, auth: str = "") -> tuple[UUID, int]:
    """End every session of a user; (their id, how many). Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = _named(session, email)
        ended = users.end_all(session, row.user_id)
        event = Event("session.end", actor, f"user:{row.user_id}", auth=auth, details={"sessions_ended": ended})
        runtime.audit.write(session, tenant_id, event)
    return row.user_id, ended


# -- break-glass ------------------------------------------------------------------------------------------------------


def seal_break_glass(runtime: Runtime, tenant_id: UUID, email: str, *, actor: str, auth: str = "") -> UUID:
    """Make the tenant's break-glass account, or seal it again: no session, no code, nothing that could open it.

    Raises:
        NotPossible: the address is a person's.
        DatabaseDown: nothing was changed.
    """
    address = email.strip().lower()
    with runtime.database.tenant(tenant_id) as session:
        row = users.by_email(session, address)
        if row is not None and row.kind != "break_glass":
            raise NotPossible("This address is a person's account: give the break-glass account an address of its own.")
    if row is None:
        manage.add_user(runtime, tenant_id, address, BREAK_GLASS_ROLES, actor)
    with runtime.database.tenant(tenant_id) as session:
        row = _named(session, address)
        users.set_kind(session, row.user_id, "break_glass")
        factors.drop(session, row.user_id)
        ended = users.end_all(session, row.user_id)
        event = Event("break_glass.seal", actor, f"user:{row.user_id}", auth=auth, details={"sessions_ended": ended})
        runtime.audit.write(session, tenant_id, event)
        lanes = herald.put(runtime, session, tenant_id, [_alarm(row.user_id, sounding=False)])
    runtime.broker.ring(lanes)
    return row.user_id  # type: ignore[no-any-return]  # rows are named tuples


def open_break_glass(runtime: Runtime, tenant_id: UUID, reason: str, *, actor: str, auth: str = "") -> Code:
    """A code that opens the break-glass account for an hour, told to everybody.

    An incident on every channel, in the same transaction, and mail to every privacy officer where there is a relay.

    Raises:
        NotFound: the tenant has no break-glass account.
        NotPossible: no reason was given.
        DatabaseDown: it stays sealed.
    """
    if not reason.strip():
        raise NotPossible("Say why with a reason; it is kept, so it holds nobody's data.")
    with runtime.database.tenant(tenant_id) as session:
        rows = [row for row in users.every(session) if row.kind == "break_glass" and row.disabled_at is None]
        if not rows:
            raise NotFound("There is no break-glass account; `alertveil users break-glass seal` makes one.")
        moment = incidents.moment(session)
        snapshot = Snapshots().fresh(session, tenant_id, moment.version) if moment else None
        if snapshot is None:
            raise NotFound("There is no such tenant.")
        code = signin.put_code(session, tenant_id, rows[0].user_id, signin.BREAK_GLASS)
        officers = users.with_role(session, "privacy_officer")
        event = Event(
            "break_glass.open",
            actor,
            f"user:{code.user_id}",
            reason=said(reason, snapshot.rules),
            auth=auth,
            details={"told": [str(row.user_id) for row in officers]},
        )
        runtime.audit.write(session, tenant_id, event)
        word = _alarm(code.user_id, sounding=True)
        lanes = herald.put(runtime, session, tenant_id, [word])
    runtime.broker.ring(lanes)
    herald.mail(runtime, tenant_id, [word])
    return code


def _alarm(user_id: UUID, *, sounding: bool) -> Word:
    """What is told of the break-glass account: it names the account by id, and nobody."""
    return Word(
        topic=("break-glass account", str(user_id)),
        severity="critical",
        title="The break-glass account was opened" if sounding else "The break-glass account is sealed again",
        description="Somebody with the host opened the account that is for emergencies. See who and why in the audit; "
        "when the emergency is over, `alertveil users break-glass seal` ends its sessions.",
        labels={"user": str(user_id)},
        firing=sounding,
        wakes=True,
        path="/people",
    )


# -- the first person -------------------------------------------------------------------------------------------------


def set_up_code(runtime: Runtime) -> str | None:
    """A code that lets the first person set up a tenant in the page, for an hour; None: there is somebody already.

    Raises DatabaseDown.
    """
    text = signin.random_text(12)
    with runtime.database.several() as session:
        if users.anyone(session):
            return None
        factors.ask(session, signin.digest(text), "set_up", SET_UP_HOLDS)
    return signin.grouped(text)


def fresh(runtime: Runtime) -> bool:
    """Is there nobody yet. Raises DatabaseDown."""
    with runtime.database.several() as session:
        return not users.anyone(session)


def set_up(runtime: Runtime, knock: Knock, code: str, slug: str, name: str, email: str) -> str | None:
    """Make the first tenant and its first user; the secret of their session, or None when the code does not hold.

    A tenant of this slug that a configuration file made already gets its first user.

    Raises:
        NotPossible: there is somebody already, or a field is no good. The code holds still.
        Throttled: too many tries.
        DatabaseDown: nothing was made.
    """
    brake.spend(runtime, knock.address, "set up")
    address, wanted = manage.usable_address(email), slug.strip().lower()
    if not _SLUG.fullmatch(wanted):
        raise NotPossible("A tenant's short name has small letters, digits and hyphens, 63 at most.")
    with runtime.database.several() as session:
        if users.anyone(session):
            raise NotPossible("There is a user already: ask an administrator for an invitation.")
        if not factors.answered(session, signin.digest(signin.plain(code)), "set_up"):
            return None
        tenant_id = config.tenant_by_slug(session, wanted)
        new = tenant_id is None
        tenant_id = tenant_id or uuid4()
        session.enter(tenant_id)
        if new:
            config.add_tenant(session, tenant_id, wanted, name.strip()[:200] or wanted)
        user_id = users.put(session, tenant_id, uuid4(), address, FIRST_ROLES)
        config.bump(session, address, [f"user {address}: {', '.join(FIRST_ROLES)}"])
        brake.forgive(session, knock.address, "set up")
        details: dict[str, JSON] = {"tenant_made": new, "roles": FIRST_ROLES}
        event = Event("set_up", address, f"user:{user_id}", auth="the code of first-run set-up", details=details)
        runtime.audit.write(session, tenant_id, event)
        return signin.enter(runtime, session, tenant_id, user_id, signin.HOST, knock)


# -- what they share --------------------------------------------------------------------------------------------------


def check(runtime: Runtime, visitor: Visitor, deed: Deed, action: str, *, fresh: bool = True) -> None:
    """Let the visitor do this or say why not; a refusal for want of a role is recorded.

    Raises:
        NotAllowed: no role of theirs allows it.
        ProveFirst: it needs a proof of who they are that is not older than five minutes.
    """
    if not may(visitor.roles, deed):
        with runtime.database.tenant(visitor.tenant_id) as session:
            event = Event(
                action,
                visitor.email,
                f"tenant:{visitor.tenant_id}",
                "denied",
                f"no role that allows {deed}",
                auth=visitor.context,
            )
            runtime.audit.write(session, visitor.tenant_id, event)
        raise NotAllowed("Your roles do not allow this; the page of roles says whose do.")
    if fresh:
        _proved(visitor)


def _proved(visitor: Visitor) -> None:
    if not signin.stepped_up(visitor):
        raise ProveFirst("Prove once more who you are.")


def _other(runtime: Runtime, visitor: Visitor, user_id: UUID, action: str) -> Row:
    check(runtime, visitor, "manage", action)
    if user_id == visitor.user_id:
        raise NotPossible("Nobody changes their own rights: another administrator does.")
    with runtime.database.tenant(visitor.tenant_id) as session:
        row = users.by_id(session, user_id)
    if row is None:
        raise NotFound("There is no such user in this tenant.")
    if row.kind == "break_glass":
        raise NotPossible("The break-glass account is looked after on the host: `alertveil users break-glass`.")
    return row


def _named(session: Session, email: str) -> Row:
    row = users.by_email(session, email.strip().lower())
    if row is None:
        raise NotFound("There is no such user in this tenant; `alertveil users list` shows them.")
    return row


def _open(runtime: Runtime, session: Session, visitor: Visitor, row: Row) -> str:
    keys = runtime.vault.keys(session, visitor.tenant_id, data=row.key_version)
    context = signin.totp_context(visitor.tenant_id, visitor.user_id, row.key_version)
    return keys.unseal(bytes(row.secret), row.key_version, context).decode()


def _enrolment(visitor: Visitor, key: str) -> Enrolment:
    uri = pyotp.TOTP(key).provisioning_uri(name=visitor.email, issuer_name=f"Alertveil {visitor.slug}")
    return Enrolment(" ".join(key[at : at + 4] for at in range(0, len(key), 4)), uri)


def _write(runtime: Runtime, session: Session, visitor: Visitor, action: str, details: dict[str, str | int]) -> None:
    event = Event(action, visitor.email, f"user:{visitor.user_id}", auth=visitor.context, details=details)
    runtime.audit.write(session, visitor.tenant_id, event)


def _person(row: Row) -> Person:
    return Person(
        row.user_id,
        row.email,
        row.kind,
        row.subject,
        tuple(role for role in ROLES if role in row.roles),
        tuple(sorted(row.factors)),
        row.sessions,
        row.created_at,
        row.seen_at,
        row.disabled_at,
    )


def _session_line(row: Row) -> SessionLine:
    return SessionLine(
        row.session_id,
        row.user_id,
        row.email,
        row.auth,
        row.address,
        row.agent,
        row.created_at,
        row.seen_at,
        row.ends_at,
    )
