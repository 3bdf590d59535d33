"""The full text of an error, sealed behind its error id: kept here, and opened only as plaintext is opened anywhere.

Logs and trackers carry an error's class and id. Whoever needs the rest asks for it like for a token: a named person, a
reason, a grant that is committed before anything is opened, and a row in the record of disclosures for every value that
the text held.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from router.core import reveal as core
from router.core.audit import Event
from router.core.reveal import Person, Proof
from router.flow import snapshot
from router.flow.intake import Mint
from router.flow.reveal import NoReason, NoSuchPerson, Refused
from router.privacy.rules import Rules
from router.privacy.said import said
from router.privacy.scrubbers.errors import full_name
from router.privacy.tokenizer import tokenize
from router.runtime import Runtime
from router.store import errors, incidents, users
from router.store.session import DatabaseDown, Session
from router.vault import StaleKeys

LONGEST: Final = 256 * 1024
"""Bytes of an error's text that are kept; what is longer is cut at the end."""
_RACES: Final = 5
_LONGEST_CLASS: Final = 200


class EmptyError(Exception):
    """An error's text is empty."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An error that is kept; `new` is False when its id was known already and the first text stands."""

    error_id: UUID
    new: bool


@dataclass(frozen=True, slots=True, repr=False)
class OpenedError:
    """A full error on its way to the person who was granted it."""

    error_id: UUID
    grant_id: UUID
    kind: str
    text: str = field(repr=False)

    def __repr__(self) -> str:
        return f"<OpenedError {self.error_id}>"


@dataclass(frozen=True, slots=True)
class Listed:
    """An error that is kept, as anybody may see it."""

    error_id: UUID
    at: datetime
    kind: str


def text_of(error: BaseException) -> str:
    """A whole traceback with its messages and causes: what is sealed, and goes nowhere else."""
    return "".join(traceback.format_exception(error))


def keep_error(
    runtime: Runtime, tenant_id: UUID, text: str, *, kind: str = "", error_id: UUID | None = None, actor: str
) -> Kept:
    """Seal an error's text behind its id (a new one when none is given). `kind` is its class, told to anybody.

    The values that the tokenizer finds in it are sealed in the vault too, so that a later opening is found by them.

    Raises:
        EmptyError: there is no text.
        KeystoreDown, DatabaseDown: nothing was kept.
    """
    if not text.strip():
        raise EmptyError("There is no text to keep.")
    whole = text.encode("utf-8", "replace")[:LONGEST]
    chosen = error_id or uuid4()
    for _ in range(_RACES):
        try:
            return _keep(runtime, tenant_id, whole, kind, chosen, actor)
        except StaleKeys:
            continue
    raise DatabaseDown("40001")


def _keep(runtime: Runtime, tenant_id: UUID, whole: bytes, kind: str, error_id: UUID, actor: str) -> Kept:
    with runtime.database.tenant(tenant_id) as session:
        keys = runtime.vault.keys(session, tenant_id)
        rules = _rules(session)
        mint = Mint()
        tokenize(whole.decode("utf-8", "replace"), rules, {}, mint)
        found = list(mint.found.values())
        renamed = runtime.vault.seal(session, keys, found)()
        shown = said(kind, rules)[:_LONGEST_CLASS] or "Error"
        kept = errors.keep(
            session,
            error_id=error_id,
            kind=shown,
            tokens=[renamed.get(each.token, each.token) for each in found],
            key_version=keys.value_version,
            sealed=keys.seal_value(whole, _context(tenant_id, error_id, keys.value_version)),
        )
        if kept:
            runtime.audit.write(
                session, tenant_id, Event("error.keep", actor, f"error:{error_id}", details={"class": shown})
            )
    runtime.vault.adopt(keys)
    return Kept(error_id, kept)


def keeper(runtime: Runtime, tenant_id: UUID, actor: str) -> Callable[[str, BaseException], Kept]:
    """What `scrubbers.log_error(…, keep=…)` takes in a process that has a runtime."""

    def keep(error_id: str, error: BaseException) -> Kept:
        return keep_error(
            runtime, tenant_id, text_of(error), kind=full_name(type(error)), error_id=UUID(error_id), actor=actor
        )

    return keep


def open_error(
    runtime: Runtime,
    tenant_id: UUID,
    error_id: UUID,
    *,
    email: str,
    reason: str,
    proof: Proof,
    request_id: str = "",
) -> OpenedError:
    """Show the full error, once the grant that says so is committed. Refusals are recorded too.

    `email` is the person who asks, `reason` as for a reveal, `proof` how they showed who they are.

    Raises:
        NoReason, NoSuchPerson: what was asked makes no sense; there is nothing to record it on.
        Refused: this person may not, or there is no such error. Recorded.
        KeystoreDown, IntegrityFailure, DatabaseDown: nothing is shown.
    """
    try:
        code, words = core.parse_reason(reason)
    except ValueError as error:
        raise NoReason(str(error)) from None
    grant_id = uuid4()
    with runtime.database.tenant(tenant_id) as session:
        keys = runtime.vault.keys(session, tenant_id)  # a keystore that is down refuses before anything is granted
        row = users.by_email(session, email.strip().lower())
        if row is None:
            raise NoSuchPerson("There is no such user in this tenant.")
        person = Person(row.user_id, row.email, tuple(row.roles), disabled=row.disabled_at is not None)
        refused = core.refusal(person, proof, None, _now(session))
        told = f"{code}: {said(words, _rules(session))}" if words else code
        verdict = errors.ask(
            session,
            grant_id=grant_id,
            error_id=error_id,
            user_id=person.user_id,
            actor=person.email,
            reason=told,
            refused=refused.value if refused else "",
        )
        allowed = verdict == "allowed"
        runtime.audit.write(
            session,
            tenant_id,
            Event(
                "error.open",
                person.email,
                f"error:{error_id}",
                decision="allowed" if allowed else "denied",
                reason=told,
                auth=proof.text,
                request_id=request_id,
                details={"user": str(person.user_id), "grant": str(grant_id), "verdict": verdict},
            ),
        )
    if not allowed:
        raise Refused(verdict, grant_id, step_up=refused is core.Refusal.STEP_UP)
    with runtime.database.tenant(tenant_id) as session:
        found = errors.fetch(session, grant_id, person.email)
    if found is None:
        raise Refused("the error is not kept any more", grant_id)
    text = keys.unseal_value(
        bytes(found.sealed), found.key_version, _context(tenant_id, error_id, found.key_version)
    ).decode("utf-8", "replace")
    return OpenedError(error_id, grant_id, found.kind, text)


def newest(runtime: Runtime, tenant_id: UUID, limit: int) -> list[Listed]:
    """The errors that are kept, newest first: ids and classes, no text. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return [Listed(row.error_id, row.at, row.kind) for row in errors.newest(session, limit)]


def _rules(session: Session) -> Rules:
    """The entered tenant's rules, read with what is sealed or told by them."""
    held = snapshot.load(session)
    if held is None:
        raise NoSuchPerson("There is no such tenant.")
    return held.rules


def _now(session: Session) -> datetime:
    moment = incidents.moment(session)
    if moment is None:
        raise NoSuchPerson("There is no such tenant.")
    return moment.now


def _context(tenant_id: UUID, error_id: UUID, version: int) -> bytes:
    """What an error's ciphertext is bound to."""
    return f"alertveil error v1|{tenant_id}|{error_id}|{version}".encode()
