"""A person sees what stands behind tokens of one incident: asked, recorded, committed, and only then opened.

A refusal is recorded like an allowance: a grant that allows nothing, and an audit event. What was opened is returned to
the caller's memory and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from router.core import reveal as core
from router.core.audit import Event
from router.core.reveal import Counts, Person, Proof
from router.flow import herald, notice
from router.flow.snapshot import Snapshots
from router.measures import REVEALS
from router.privacy.said import said
from router.privacy.tokens import is_token
from router.runtime import Runtime
from router.store import disclosures, incidents, measures, users
from router.store.session import Session
from router.vault import Asked, Opened

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, noarchive",
}
"""What a response with revealed values carries, so that neither a cache nor the history keeps it."""


class NotAToken(Exception):  # noqa: N818 - the answer
    """What was given is no token. It is not repeated: it may be the value itself."""


class NoReason(Exception):  # noqa: N818 - the answer
    """The reason says nothing."""


class NoSuchPerson(Exception):  # noqa: N818 - the answer
    """This tenant has no such user."""


class Refused(Exception):  # noqa: N818 - the recorded answer
    """Nothing is shown, and the attempt is recorded. The text says why; `grant_id` names the record."""

    def __init__(self, why: str, grant_id: UUID, *, step_up: bool = False) -> None:
        super().__init__(f"Not revealed: {why}. The attempt is recorded.")
        self.why = why
        self.grant_id = grant_id
        self.step_up = step_up


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks to see which tokens of which incident, and why.

    `reason` is one of core.reveal.REASONS, a text, or `triage: text`; it is tokenized before anything is kept.
    """

    tenant_id: UUID
    incident_id: UUID
    tokens: Sequence[str]
    reason: str = field(repr=False)
    email: str
    proof: Proof
    request_id: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Revealed:
    """What one grant opened. `gone` are tokens whose value retention has removed; `until` is when a page hides it."""

    grant_id: UUID
    opened: tuple[Opened, ...]
    gone: tuple[str, ...]
    until: datetime

    def __repr__(self) -> str:
        return f"<Revealed {len(self.opened)} of grant {self.grant_id}>"


def reveal(runtime: Runtime, snapshots: Snapshots, ring: notice.Ring, ask: Ask) -> Revealed:
    """Show what stands behind the tokens, once the grant that says so is committed.

    Raises:
        NotAToken, NoReason, NoSuchPerson: what was asked makes no sense; there is nothing to record it on.
        Refused: this person may not, or the tokens are not this incident's. Recorded.
        KeystoreDown, IntegrityFailure, DatabaseDown: nothing is shown.
    """
    tokens = core.spelled(ask.tokens)
    if not tokens or not all(map(is_token, tokens)):
        raise NotAToken("A token reads <TYPE_XXXXXXXXXX>, as the incident shows it.")
    try:
        code, text = core.parse_reason(ask.reason)
    except ValueError as error:
        raise NoReason(str(error)) from None
    grant_id = uuid4()
    with runtime.database.tenant(ask.tenant_id) as session:
        keys = runtime.vault.keys(session, ask.tenant_id)  # a keystore that is down refuses before anything is granted
        person = _person(session, ask.email)
        moment = incidents.moment(session)
        snapshot = snapshots.fresh(session, ask.tenant_id, moment.version) if moment else None
        if moment is None or snapshot is None:
            raise NoSuchPerson("There is no such user in this tenant.")
        incident = incidents.by_id(session, ask.incident_id)
        refused = core.refusal(person, ask.proof, incident.resolved_at if incident else None, moment.now)
        reason = f"{code}: {said(text, snapshot.rules)}" if text else code
        verdict = runtime.vault.ask_reveal(
            session,
            Asked(
                grant_id=grant_id,
                incident_id=ask.incident_id,
                tokens=tokens[: core.MOST_TOKENS + 1],  # one too many is refused there, and no more need be kept
                user_id=person.user_id,
                actor=person.email,
                purpose=f"reveal:{code}",
                reason=reason,
                refused=refused.value if refused else "",
            ),
        )
        allowed = verdict == "allowed"
        runtime.audit.write(
            session,
            ask.tenant_id,
            Event(
                "reveal",
                person.email,
                f"incident:{ask.incident_id}",
                decision="allowed" if allowed else "denied",
                reason=reason,
                auth=ask.proof.text,
                request_id=ask.request_id,
                details={
                    "incident": str(ask.incident_id),
                    "user": str(person.user_id),
                    "grant": str(grant_id),
                    "tokens": tokens[: core.MOST_TOKENS],
                    "verdict": verdict,
                    "roles": list(person.roles),
                },
            ),
        )
        if allowed and ask.proof.kind == "host":
            # Whoever has the host stood in for the person: that it was possible is an event of its own (design §6).
            details = {"user": str(person.user_id), "grant": str(grant_id)}
            stood_in = Event(
                "host.reveal", person.email, f"incident:{ask.incident_id}", auth=ask.proof.text, details=details
            )
            runtime.audit.write(session, ask.tenant_id, stood_in)
        words, lanes = _watch(runtime, session, ask.tenant_id, person, len(tokens) if allowed else 0)
        measures.add(session, [measures.Added(REVEALS.name, ("allowed" if allowed else "denied",), [1])])
    runtime.vault.adopt(keys)
    ring(lanes)
    if not allowed:
        herald.mail(runtime, ask.tenant_id, words)
        raise Refused(verdict, grant_id, step_up=refused is core.Refusal.STEP_UP)
    with runtime.database.tenant(ask.tenant_id) as session:
        opened = runtime.vault.fetch(session, keys, grant_id, person.email)
    herald.mail(runtime, ask.tenant_id, words)
    shown = {each.token for each in opened}
    return Revealed(
        grant_id,
        tuple(sorted(opened, key=lambda each: tokens.index(each.token))),
        tuple(token for token in tokens if token not in shown),
        moment.now + core.SHOWN_FOR,
    )


def _person(session: Session, email: str) -> Person:
    row = users.by_email(session, email.strip().lower())
    if row is None:
        raise NoSuchPerson("There is no such user in this tenant.")
    return Person(row.user_id, row.email, tuple(row.roles), disabled=row.disabled_at is not None)


def _watch(
    runtime: Runtime, session: Session, tenant_id: UUID, person: Person, granted: int
) -> tuple[list[herald.Word], set[tuple[UUID, UUID]]]:
    """Tell of an unusual rate, by this grant of so many tokens (0: a denial): what to mail, and which lanes to ring.

    The incident goes on with every further one; mail goes out for the one that made the rate unusual.
    """
    row = disclosures.counts(session, person.user_id)
    after = Counts(int(row.last_hour), int(row.last_day), float(row.four_weeks) / 28, int(row.denied))
    what = core.unusual(after)
    if what is None:
        return [], set()
    before = replace(after, hour=after.hour - granted, day=after.day - granted, denied=after.denied - (not granted))
    word = herald.unusual_reveals(person.user_id, what)
    return [word] if core.unusual(before) is None else [], herald.put(runtime, session, tenant_id, [word])
