"""Passkeys (WebAuthn Level 3): a key in the person's device, unlocked by it, that signs for this site alone.

A passkey is two factors in one, because the device asks for a fingerprint or a code first (user verification is
required). Each question is asked once, for five minutes, and only its hash is stored. The user handle that the device
keeps is the tenant's and the user's id, 32 bytes, so nobody types an address to sign in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from router.core.audit import JSON, Event
from router.flow import brake, signin
from router.flow.accounts import ProveFirst
from router.flow.manage import NotPossible
from router.flow.signin import Knock, Visitor
from router.runtime import Runtime
from router.store import factors, users
from router.store.session import Row, Session

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

QUESTION_HOLDS: Final = 300
"""Seconds within which a question is answered."""

MOST: Final = 10
"""Passkeys of one person."""

_NAME: Final = 60
_BYTES: Final = 8192


class Site(NamedTuple):
    """What a passkey is bound to: this site's name, and the origin that browsers say."""

    name: str
    origin: str

    @property
    def usable(self) -> bool:
        """Do browsers take passkeys here: over https, or on localhost; never on a bare address (WebAuthn §5.1.2)."""
        host = self.name
        by_address = host.replace(".", "").isdigit() or ":" in host
        return bool(host) and not by_address and (self.origin.startswith("https://") or host == "localhost")


def site(origin: str) -> Site:
    """The site that an origin is of."""
    parts = urlsplit(origin)
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def begin_adding(runtime: Runtime, visitor: Visitor, here: Site) -> str:
    """The question for `navigator.credentials.create`, as JSON.

    Raises:
        ProveFirst: the visitor has to prove who they are once more.
        NotPossible: browsers take no passkeys at this address, or there are too many already.
        DatabaseDown: nothing was asked.
    """
    import webauthn  # noqa: PLC0415 - a process that serves no pages does not carry it
    from webauthn.helpers import structs  # noqa: PLC0415 - as above

    _usable(here)
    if not signin.stepped_up(visitor):
        raise ProveFirst("Prove once more who you are.")
    with runtime.database.tenant(visitor.tenant_id) as session:
        held = [row for row in factors.of(session, visitor.user_id) if row.kind == "passkey"]
        if len(held) >= MOST:
            raise NotPossible(f"You have {MOST} passkeys; take one away first.")
        options = webauthn.generate_registration_options(
            rp_id=here.name,
            rp_name="Alertveil",
            user_id=_handle(visitor.tenant_id, visitor.user_id),
            user_name=visitor.email,
            user_display_name=f"{visitor.email} ({visitor.tenant})",
            exclude_credentials=_descriptors(held),
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
        )
        factors.ask(session, _question(options.challenge, visitor.user_id), "passkey", QUESTION_HOLDS)
    return webauthn.options_to_json(options)


def add(runtime: Runtime, visitor: Visitor, secret: str, here: Site, name: str, answer: str) -> None:
    """Keep a passkey that a device of the visitor has just made; their other sessions end.

    Raises:
        ProveFirst: the visitor has to prove who they are once more.
        NotPossible: the answer does not hold.
        DatabaseDown: nothing was kept.
    """
    import webauthn  # noqa: PLC0415 - see begin_adding
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - as above

    if not signin.stepped_up(visitor):
        raise ProveFirst("Prove once more who you are.")
    wrong = NotPossible("The passkey was not taken: begin again.")
    found, challenge = _read(answer)
    with runtime.database.tenant(visitor.tenant_id) as session:
        asked = factors.answered(session, _question(challenge, visitor.user_id), "passkey")
    if not asked:
        raise wrong
    try:
        made = webauthn.verify_registration_response(
            credential=found,
            expected_challenge=challenge,
            expected_rp_id=here.name,
            expected_origin=here.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise wrong from None
    label = "".join(char for char in name if char.isprintable()).strip()[:_NAME] or "Passkey"
    with runtime.database.tenant(visitor.tenant_id) as session:
        factors.add(
            session,
            visitor.tenant_id,
            visitor.user_id,
            uuid4(),
            "passkey",
            made.credential_public_key,
            name=label,
            handle=made.credential_id,
            counter=made.sign_count,
        )
        ended = users.end_all(session, visitor.user_id, but=signin.digest(secret))
        details: dict[str, JSON] = {"kind": "passkey", "sessions_ended": ended}
        event = Event("factor.add", visitor.email, f"user:{visitor.user_id}", auth=visitor.context, details=details)
        runtime.audit.write(session, visitor.tenant_id, event)


def begin(runtime: Runtime, here: Site, knock: Knock, visitor: Visitor | None = None) -> str:
    """The question for `navigator.credentials.get`, as JSON; for a visitor who proves again who they are, about theirs.

    Raises:
        NotPossible: browsers take no passkeys at this address.
        Throttled, DatabaseDown: nothing was asked.
    """
    import webauthn  # noqa: PLC0415 - see begin_adding
    from webauthn.helpers import structs  # noqa: PLC0415 - as above

    _usable(here)
    brake.spend(runtime, f"passkey question {knock.address}")
    with runtime.database.several() as session:
        held: list[Row] = []
        if visitor is not None:
            session.enter(visitor.tenant_id)
            held = [row for row in factors.of(session, visitor.user_id) if row.kind == "passkey"]
        options = webauthn.generate_authentication_options(
            rp_id=here.name,
            allow_credentials=_descriptors(held),
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        factors.ask(
            session, _question(options.challenge, visitor.user_id if visitor else None), "passkey", QUESTION_HOLDS
        )
    return webauthn.options_to_json(options)


def sign_in(runtime: Runtime, here: Site, knock: Knock, answer: str) -> str | None:
    """The secret of a fresh session for a passkey's answer; None: it does not hold.

    Raises Throttled, DatabaseDown.
    """
    brake.spend(runtime, knock.address)
    found, challenge = _read(answer)
    whose = _whose(found)
    with runtime.database.several() as session:
        asked = factors.answered(session, _question(challenge, None), "passkey")
    if whose is None or not asked:
        return None
    tenant_id, user_id = whose
    with runtime.database.tenant(tenant_id) as session:
        user = users.by_id(session, user_id)
        if user is None or user.disabled_at is not None or user.kind != "person":
            return None
        if not _holds(session, user_id, here, found, challenge):
            details = {"address": knock.address, "agent": knock.agent}
            event = Event(
                "signin",
                user.email,
                f"user:{user_id}",
                "denied",
                "the passkey's answer was wrong",
                auth=signin.PASSKEY,
                details=details,
            )
            runtime.audit.write(session, tenant_id, event)
            return None
        brake.forgive(session, knock.address)
        return signin.enter(runtime, session, tenant_id, user_id, signin.PASSKEY, knock)


def prove(runtime: Runtime, here: Site, knock: Knock, visitor: Visitor, secret: str, answer: str) -> str | None:
    """The session's new secret once its user's passkey answered; None: it does not hold. Raises as `sign_in`."""
    brake.spend(runtime, knock.address)
    found, challenge = _read(answer)
    with runtime.database.tenant(visitor.tenant_id) as session:
        if not factors.answered(session, _question(challenge, visitor.user_id), "passkey"):
            return None
        if not _holds(session, visitor.user_id, here, found, challenge):
            return None
        brake.forgive(session, knock.address)
        return signin.again(runtime, session, visitor, secret, signin.PASSKEY)


def _holds(session: Session, user_id: UUID, here: Site, found: dict[str, Any], challenge: bytes) -> bool:
    import webauthn  # noqa: PLC0415 - see begin_adding
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - as above

    try:
        handle = webauthn.base64url_to_bytes(str(found.get("rawId", "")))
        row = factors.passkey(session, user_id, handle)
        if row is None:
            return False
        checked = webauthn.verify_authentication_response(
            credential=found,
            expected_challenge=challenge,
            expected_rp_id=here.name,
            expected_origin=here.origin,
            credential_public_key=bytes(row.secret),
            credential_current_sign_count=row.counter,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return False
    factors.count(session, user_id, row.factor_id, checked.new_sign_count)
    return True


def _read(answer: str) -> tuple[dict[str, Any], bytes]:
    """A device's answer and the question it says it answers; empty when it is none."""
    import webauthn  # noqa: PLC0415 - see begin_adding

    if len(answer) > _BYTES:
        return {}, b""
    try:
        found = json.loads(answer)
        said = json.loads(webauthn.base64url_to_bytes(found["response"]["clientDataJSON"]))
        return found, webauthn.base64url_to_bytes(said["challenge"])
    except (ValueError, TypeError, KeyError):
        return {}, b""


def _whose(found: dict[str, Any]) -> tuple[UUID, UUID] | None:
    """(tenant, user) of the handle that the device kept."""
    import webauthn  # noqa: PLC0415 - see begin_adding

    try:
        handle = webauthn.base64url_to_bytes(found["response"]["userHandle"])
        return UUID(bytes=handle[:16]), UUID(bytes=handle[16:])
    except (ValueError, TypeError, KeyError):
        return None


def _handle(tenant_id: UUID, user_id: UUID) -> bytes:
    return tenant_id.bytes + user_id.bytes


def _question(challenge: bytes, user_id: UUID | None) -> bytes:
    """What is stored of a question: its hash, with whom it was put to."""
    return signin.digest(f"{challenge.hex()} {user_id}")


def _descriptors(rows: Sequence[Row]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers import structs  # noqa: PLC0415 - see begin_adding

    return [structs.PublicKeyCredentialDescriptor(id=bytes(row.handle)) for row in rows]


def _usable(here: Site) -> None:
    if not here.usable:
        raise NotPossible(
            "Browsers take passkeys over https only, or on http://localhost: open this page under a name."
        )
