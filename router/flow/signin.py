"""People come in: what they know and have becomes a session, a session says who asks, and nothing readable is stored.

Ways in: a one-time code from the host (one hour, once) or from an administrator; a password and then a second factor;
a passkey; an identity provider (`router.flow.oidc`). A session ends after 15 minutes without a click or 8 hours in all.
The database keeps SHA-256 hashes of codes and sessions. A code has 60 random bits, so its hash cannot be turned back
within its hour. What is grave asks for a proof not older than five minutes: `stepped_up`.

Every way costs the same time whether there is such an account or not, and every try is counted first (`brake`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import pyotp

from router.core.audit import Event
from router.core.clock import UTC_CLOCK, Clock, clock
from router.core.password import normal
from router.flow import brake
from router.runtime import Runtime
from router.store import config, factors, users
from router.store.session import Session

if TYPE_CHECKING:
    from argon2 import PasswordHasher

CODE_HOLDS: Final = timedelta(hours=1)
HALF_HOLDS: Final = timedelta(minutes=5)
IDLE: Final = timedelta(minutes=15)
SESSION_HOLDS: Final = timedelta(hours=8)
BREAK_GLASS_HOLDS: Final = timedelta(hours=1)
STEP_UP: Final = timedelta(minutes=5)

HOST: Final = "a one-time code of the host"
BREAK_GLASS: Final = "break-glass"
PASSKEY: Final = "passkey"
PASSWORD: Final = "password"  # noqa: S105 - a word, no password
SECOND: Final = "one-time password"
RECOVERY: Final = "recovery code"

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH: Final = 12
RECOVERY_LENGTH: Final = 16
_SAID: Final = 200


class NoSuchUser(Exception):  # noqa: N818 - the answer
    """This tenant has no such user, or the user is disabled."""


class Knock(NamedTuple):
    """Where somebody knocks from: a network address and the browser's name, as a list of sessions shows them."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """A one-time code, shown once."""

    user_id: UUID
    text: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """Who asks. `csrf` goes into every form of this session; `strong_at` is when they last proved who they are.

    `zone`: the time zone they chose, empty for none; `in_utc`: this session shows UTC instead.
    """

    tenant_id: UUID
    user_id: UUID
    email: str
    roles: tuple[str, ...]
    tenant: str
    slug: str
    csrf: str
    session_id: UUID
    auth: str
    kind: str
    strong_at: datetime | None
    zone: str = ""
    in_utc: bool = False

    @property
    def clock(self) -> Clock:
        """Which clock this session reads and writes: its user's, or UTC's for as long as it shows that."""
        return UTC_CLOCK if self.in_utc else clock(self.zone)

    @property
    def context(self) -> str:
        """How they came in, as audit events carry it."""
        return f"session:{self.session_id} by {self.auth}"


def stepped_up(visitor: Visitor, now: datetime | None = None) -> bool:
    """Did this session's user prove who they are within five minutes: reveal, approve, sign, export and keys ask it."""
    return visitor.strong_at is not None and (now or datetime.now(UTC)) - visitor.strong_at <= STEP_UP


# -- codes ------------------------------------------------------------------------------------------------------------


def offer(runtime: Runtime, tenant_id: UUID, email: str, *, actor: str = "host", auth: str = HOST) -> Code:
    """A fresh code for a user. One that an administrator gives does not replace a second factor the user has.

    Raises:
        NoSuchUser: this tenant has no such user, or it is the break-glass account, which is opened another way.
        DatabaseDown: none was made.
    """
    with runtime.database.tenant(tenant_id) as session:
        user = users.by_email(session, email.strip().lower())
        if user is None or user.disabled_at is not None or user.kind != "person":
            raise NoSuchUser("There is no such user in this tenant; `alertveil users add` adds one.")
        code = put_code(session, tenant_id, user.user_id, auth)
        runtime.audit.write(session, tenant_id, Event("signin.code", actor, f"user:{user.user_id}", auth=auth))
    return code


def put_code(session: Session, tenant_id: UUID, user_id: UUID, auth: str) -> Code:
    """Make a code for a user of the entered tenant; `auth` is what its session will say of itself."""
    text = random_text(_LENGTH)
    ends_at = users.add_session(session, tenant_id, user_id, digest(text), "code", CODE_HOLDS, auth=auth)
    return Code(user_id, grouped(text), ends_at)


def exchange(runtime: Runtime, code: str, knock: Knock = Knock()) -> str | None:  # noqa: B008 - immutable
    """The secret of a fresh session for a code that holds, which it ends; None: it does not hold.

    The session is only half of one, as after a password, when an administrator gave the code and the user has a second
    factor: nobody becomes somebody else by inviting them again.

    Raises:
        Throttled: too many tries from this address.
        DatabaseDown: nothing was decided.
    """
    brake.spend(runtime, knock.address)
    text = plain(code)
    if len(text) != _LENGTH:
        return None
    with runtime.database.several() as session:
        found = users.session_owner(session, digest(text))
        if found is None:
            return None
        tenant_id, user_id = found
        session.enter(tenant_id)
        auth = users.end_session(session, digest(text), "code")
        user = users.by_id(session, user_id)
        if auth is None or user is None or user.disabled_at is not None:
            return None
        brake.forgive(session, knock.address)
        of_host = auth in {HOST, BREAK_GLASS}
        if not of_host and factors.has_second(session, user_id):
            return _half(session, tenant_id, user_id, auth, knock)
        return enter(runtime, session, tenant_id, user_id, auth, knock)


# -- password and second factor ---------------------------------------------------------------------------------------


def with_password(runtime: Runtime, knock: Knock, email: str, password: str, slug: str = "") -> str | None:
    """The secret of half a session for a right password; None: something about it is wrong, and nobody is told what.

    One address may be a user of several tenants: then `slug` says which is meant. A password counts only for a user who
    has a second factor.

    Raises:
        Throttled: too many tries.
        DatabaseDown: nothing was decided.
    """
    address = email.strip().lower()
    account = f"password {address}"
    brake.spend(runtime, knock.address, account)
    with runtime.database.several() as session:
        wanted = config.tenant_by_slug(session, slug.strip().lower()) if slug.strip() else None
        named = bool(slug.strip())
        found = [row for row in users.by_login(session, address) if not named or row.tenant_id == wanted]
        stored, usable = None, False
        if len(found) == 1:
            session.enter(found[0].tenant_id)
            row = factors.one(session, found[0].user_id, "password")
            user = users.by_id(session, found[0].user_id)
            stored = bytes(row.secret).decode() if row else None
            usable = user is not None and user.kind == "person" and factors.has_second(session, user.user_id)
    right = check_password(stored, password)
    if len(found) != 1:
        return None
    tenant_id, user_id = found[0]
    with runtime.database.tenant(tenant_id) as session:
        if not (right and usable):
            why = "no second factor is set up" if right else "the password was wrong"
            _refused(runtime, session, tenant_id, user_id, address, PASSWORD, why, knock)
            return None
        if stored is not None and hasher().check_needs_rehash(stored):
            factors.rehash(session, user_id, hasher().hash(normal(password)).encode())
        factors.used(session, user_id, "password")
        return _half(session, tenant_id, user_id, PASSWORD, knock)


def waiting(runtime: Runtime, secret: str) -> str | None:
    """The address of whoever gave the first of two factors; None: nobody did, or it is too long ago."""
    if not secret:
        return None
    with runtime.database.several() as session:
        found = users.session_owner(session, digest(secret))
        if found is None:
            return None
        session.enter(found[0])
        row = users.half(session, digest(secret))
        return row.email if row else None


def with_second(runtime: Runtime, knock: Knock, half: str, code: str) -> str | None:
    """The secret of a session for half a one and a one-time password or recovery code; None: it is not right.

    Raises:
        Throttled: too many tries.
        DatabaseDown, KeystoreDown: nothing was decided.
    """
    hashed = digest(half)
    with runtime.database.several() as session:
        found = users.session_owner(session, hashed)
    if found is None:
        return None
    tenant_id, user_id = found
    account = f"second {tenant_id} {user_id}"
    brake.spend(runtime, knock.address, account)
    with runtime.database.tenant(tenant_id) as session:
        row = users.half(session, hashed)
        if row is None:
            return None
        how = take_second(runtime, session, tenant_id, user_id, code)
        if how is None:
            _refused(runtime, session, tenant_id, user_id, row.email, SECOND, "the second factor was wrong", knock)
            return None
        users.end_session(session, hashed, "half")
        brake.forgive(session, knock.address, account)
        brake.forgive(session, knock.address, f"password {row.email}")
        return enter(runtime, session, tenant_id, user_id, f"{row.auth} and {how}", knock)


def take_second(runtime: Runtime, session: Session, tenant_id: UUID, user_id: UUID, code: str) -> str | None:
    """Use a one-time password or a recovery code up; which it was, or None when it is neither.

    A one-time password of the step before or after now is taken (RFC 6238 §5.2), each step once.
    """
    text = plain(code)
    if len(text) == RECOVERY_LENGTH:
        return RECOVERY if factors.burn(session, user_id, digest(text)) else None
    row = factors.one(session, user_id, "totp")
    digits = "".join(code.split())
    if row is None:
        return None
    keys = runtime.vault.keys(session, tenant_id, data=row.key_version)
    key = keys.unseal(bytes(row.secret), row.key_version, totp_context(tenant_id, user_id, row.key_version))
    step = totp_step(key.decode(), digits, row.counter, time.time())
    return SECOND if step is not None and factors.advance(session, user_id, row.factor_id, step) else None


def totp_step(key: str, digits: str, last: int, now: float) -> int | None:
    """The time step that these digits belong to, if it is after `last` and next to `now` (seconds); else None."""
    totp = pyotp.TOTP(key)
    current = int(now // totp.interval)
    right = None
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode()) and step > last:
            right = step
    return right


def totp_context(tenant_id: UUID, user_id: UUID, version: int) -> bytes:
    """What a sealed TOTP key is bound to."""
    return f"alertveil totp v1|{tenant_id}|{user_id}|{version}".encode()


# -- proving it again -------------------------------------------------------------------------------------------------


def prove(runtime: Runtime, knock: Knock, visitor: Visitor, secret: str, password: str, code: str) -> str | None:
    """The session's new secret once its user gave password and second factor again, or a fresh code of the host.

    None: it is not right. A code of an administrator proves nothing here.

    Raises:
        Throttled: too many tries.
        DatabaseDown, KeystoreDown: nothing was decided.
    """
    account = f"step up {visitor.tenant_id} {visitor.user_id}"
    brake.spend(runtime, knock.address, account)
    with runtime.database.tenant(visitor.tenant_id) as session:
        row = factors.one(session, visitor.user_id, "password")
    right = check_password(bytes(row.secret).decode() if row else None, password) if password else False
    with runtime.database.tenant(visitor.tenant_id) as session:
        how = None
        if right:
            second = take_second(runtime, session, visitor.tenant_id, visitor.user_id, code)
            how = f"{PASSWORD} and {second}" if second else None
        elif not password and _own_code(session, visitor.user_id, plain(code)):
            how = HOST
        if how is None:
            _refused(
                runtime, session, visitor.tenant_id, visitor.user_id, visitor.email, "step up", "it was wrong", knock
            )
            return None
        brake.forgive(session, knock.address, account)
        return again(runtime, session, visitor, secret, how)


def again(runtime: Runtime, session: Session, visitor: Visitor, secret: str, how: str) -> str | None:
    """Write that this session's user proved who they are just now; its new secret, or None when it ended meanwhile."""
    new = secrets.token_urlsafe(32)
    if not users.strengthen(session, digest(secret), digest(new), how):
        return None
    event = Event(
        "signin.step_up", visitor.email, f"user:{visitor.user_id}", auth=f"session:{visitor.session_id} by {how}"
    )
    runtime.audit.write(session, visitor.tenant_id, event)
    return new


def _own_code(session: Session, user_id: UUID, text: str) -> bool:
    if len(text) != _LENGTH:
        return False
    found = users.session_owner(session, digest(text))
    return found is not None and found[1] == user_id and users.end_session(session, digest(text), "code") == HOST


# -- sessions ---------------------------------------------------------------------------------------------------------


def enter(
    runtime: Runtime, session: Session, tenant_id: UUID, user_id: UUID, auth: str, knock: Knock, *, strong: bool = True
) -> str:
    """Open a session for a user of the entered tenant; its secret. `strong`: they proved who they are just now."""
    secret = secrets.token_urlsafe(32)
    user = users.by_id(session, user_id)
    users.sweep_sessions(session, IDLE)
    users.add_session(
        session,
        tenant_id,
        user_id,
        digest(secret),
        "session",
        BREAK_GLASS_HOLDS if auth == BREAK_GLASS else SESSION_HOLDS,
        auth=auth,
        strong=strong,
        address=knock.address[:_SAID],
        agent=knock.agent[:_SAID],
    )
    users.seen(session, user_id)
    actor = user.email if user else ""
    details = {"address": knock.address[:_SAID], "agent": knock.agent[:_SAID]}
    runtime.audit.write(session, tenant_id, Event("signin", actor, f"user:{user_id}", auth=auth, details=details))
    return secret


def visitor(runtime: Runtime, secret: str, *, seen: bool = True) -> Visitor | None:
    """Whose session this is; None: nobody's, or it ended. `seen`: a click, so the idle clock starts again."""
    if not secret:
        return None
    hashed = digest(secret)
    with runtime.database.several() as session:
        found = users.session_owner(session, hashed)
        if found is None:
            return None
        session.enter(found[0])
        row = users.visit(session, hashed, IDLE)
        if row is None:
            return None
        if seen:
            users.touch(session, hashed)
    return Visitor(
        tenant_id=found[0],
        user_id=row.user_id,
        email=row.email,
        roles=tuple(row.roles),
        tenant=row.name,
        slug=row.slug,
        csrf=hmac.digest(secret.encode(), b"alertveil csrf v1", "sha256").hex(),
        session_id=row.session_id,
        auth=row.auth,
        kind=row.kind,
        strong_at=row.strong_at,
        zone=row.zone,
        in_utc=row.in_utc,
    )


def leave(runtime: Runtime, secret: str) -> None:
    """End a session."""
    with runtime.database.several() as session:
        found = users.session_owner(session, digest(secret))
        if found is not None:
            session.enter(found[0])
            row = users.visit(session, digest(secret), IDLE)
            if users.end_session(session, digest(secret), "session") is not None and row is not None:
                event = Event("signout", row.email, f"user:{row.user_id}", auth=f"session:{row.session_id}")
                runtime.audit.write(session, found[0], event)


# -- what they share --------------------------------------------------------------------------------------------------


@cache
def hasher() -> PasswordHasher:
    """argon2id with 19 MiB, two passes, one lane: the OWASP Password Storage sheet's first choice (RFC 9106's need more
    memory than a small box has for several sign-ins at once)."""  # noqa: D205, D209 - one sentence and its source
    from argon2 import PasswordHasher as Hasher  # noqa: PLC0415 - a process that signs nobody in does not carry it

    return Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has: what is checked when there is no account, so that it takes as long."""
    return hasher().hash(secrets.token_urlsafe(32))


def check_password(stored: str | None, password: str) -> bool:
    """Is it the password behind this hash. Without a hash it takes as long, and is not."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - see hasher

    try:
        hasher().verify(stored or _nobodys(), normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def random_text(length: int) -> str:
    """Random characters that people read and type without mistakes (Crockford's base 32), 5 bits each."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def grouped(text: str) -> str:
    """In groups of four."""
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def plain(code: str) -> str:
    """A code as it was made, however it was typed."""
    return code.upper().translate(_LIKE)


def digest(secret: str) -> bytes:
    """What the database keeps of a code or session."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _half(session: Session, tenant_id: UUID, user_id: UUID, auth: str, knock: Knock) -> str:
    secret = secrets.token_urlsafe(32)
    users.add_session(
        session,
        tenant_id,
        user_id,
        digest(secret),
        "half",
        HALF_HOLDS,
        auth=auth,
        address=knock.address[:_SAID],
        agent=knock.agent[:_SAID],
    )
    return secret


def _refused(
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    user_id: UUID,
    email: str,
    how: str,
    why: str,
    knock: Knock,
) -> None:
    details = {"address": knock.address[:_SAID], "agent": knock.agent[:_SAID]}
    event = Event("signin", email, f"user:{user_id}", "denied", why, auth=how, details=details)
    runtime.audit.write(session, tenant_id, event)
