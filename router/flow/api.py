"""What every request of the API passes: may this token do it, in whose name, and was it asked before.

A token does what its roles allow and never what needs a fresh proof of a person (`core.access.steps_up`). What only a
named person can do, asking for an opt-in or deciding an item of a review, is done in the name of the person who made
the token, within that person's roles too.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from router.core.access import RULES, Deed, may, steps_up
from router.core.audit import Event
from router.core.reveal import Proof
from router.flow.tokens import Caller
from router.runtime import Runtime
from router.store import api_answers, api_tokens, users


class NotAllowed(Exception):  # noqa: N818 - the recorded answer
    """The token's roles do not allow it. Recorded."""


class NeedsPerson(Exception):  # noqa: N818 - the recorded answer
    """It needs a fresh proof of a person, which no token gives. Recorded."""


class Nobody(Exception):  # noqa: N818 - the answer
    """It is done in a person's name, and the token was made by none of this tenant."""


class OtherRequest(Exception):  # noqa: N818 - the answer
    """The idempotency key was used for another request."""


class UnderWay(Exception):  # noqa: N818 - the answer
    """A request with this idempotency key has no answer yet."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given before."""

    status: int
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Marks:
    """A request's idempotency key and the request itself, under a MAC whose key only the caller has."""

    key: bytes
    request: bytes

    @classmethod
    def of(cls, secret: str, key: str, *request: bytes) -> Marks:
        """`secret` is the caller's own token; `request` is everything that tells this request from another."""
        own = secret.encode()
        whole = hashlib.sha256()
        for part in request:
            whole.update(len(part).to_bytes(8, "big") + part)
        return cls(
            hmac.digest(own, b"key\0" + key.encode(), "sha256"),
            hmac.digest(own, b"request\0" + whole.digest(), "sha256"),
        )


def allow(
    runtime: Runtime, caller: Caller, deed: Deed, operation: str, *, fresh: bool = True, request_id: str = ""
) -> None:
    """Let the token do this or say why not; refusals are recorded. `fresh`: the deed's fresh proof is asked for.

    Raises:
        NotAllowed: no role of the token allows it.
        NeedsPerson: one does, and a token cannot give the proof.
        DatabaseDown, KeystoreDown: nobody was let through.
    """
    role = may(caller.roles, deed)
    if role and not (fresh and steps_up(deed)):
        return
    why = "it needs a fresh proof of a person" if role else f"no role that allows {deed}"
    with runtime.database.tenant(caller.tenant_id) as session:
        event = Event(
            "api.call",
            caller.actor,
            f"tenant:{caller.tenant_id}",
            "denied",
            why,
            request_id=request_id,
            details={"operation": operation},
        )
        runtime.audit.write(session, caller.tenant_id, event)
    if role:
        raise NeedsPerson(
            f"To {RULES[deed].what}, a person proves who they are within minutes, which no token can:"
            " sign in to the pages, or use the command line on the host. The attempt is recorded."
        )
    allowed = ", ".join(sorted(RULES[deed].roles))
    raise NotAllowed(f"This token has no role that allows it; these do: {allowed}. The attempt is recorded.")


def person(runtime: Runtime, caller: Caller) -> str:
    """The e-mail address of the person who made the token.

    Raises:
        Nobody: a host made it, or the person is disabled or gone.
        DatabaseDown: nobody was found.
    """
    with runtime.database.tenant(caller.tenant_id) as session:
        token = api_tokens.by_id(session, caller.token_id)
        row = users.by_email(session, token.created_by) if token is not None else None
    if row is None or row.disabled_at is not None:
        raise Nobody(
            "This is done in a person's name, and this token was made by nobody of this tenant. Make one with"
            " `alertveil tokens add --as EMAIL`, or in the page."
        )
    return str(row.email)


def proof(caller: Caller) -> Proof:
    """How the person behind a token proved who they are: by having it, which is no fresh proof."""
    return Proof("session", caller.actor)


def begin(runtime: Runtime, caller: Caller, marks: Marks) -> Kept | None:
    """None: the caller does the request and then calls `end`; else the answer that was given before.

    Raises:
        OtherRequest, UnderWay: see there.
        DatabaseDown: nothing was begun.
    """
    with runtime.database.tenant(caller.tenant_id) as session:
        if api_answers.take(session, caller.tenant_id, caller.token_id, marks.key, marks.request):
            return None
        row = api_answers.held(session, caller.token_id, marks.key)
    if row is None or row.status is None:
        if row is not None and bytes(row.request_mac) != marks.request:
            raise OtherRequest("This Idempotency-Key was used for another request: take a new one.")
        raise UnderWay("A request with this Idempotency-Key is under way: ask again in a moment.")
    if bytes(row.request_mac) != marks.request:
        raise OtherRequest("This Idempotency-Key was used for another request: take a new one.")
    return Kept(row.status, row.kind, bytes(row.body))


def end(runtime: Runtime, caller: Caller, marks: Marks, answer: Kept | None) -> None:
    """Keep the answer for a day; None: nothing was done, and the same request may come again. Raises DatabaseDown."""
    with runtime.database.tenant(caller.tenant_id) as session:
        if answer is None:
            api_answers.forget(session, caller.token_id, marks.key)
        else:
            api_answers.keep(session, caller.token_id, marks.key, answer.status, answer.kind, answer.body)
            api_answers.sweep(session)
