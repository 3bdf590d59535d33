"""Who saw it? Every reveal and every plaintext delivery of one value, or by one person, channel, vendor or incident.

The question an auditor asks first. A value is turned into blind indexes in memory and forgotten; what is kept of the
search is who searched, by what kind of thing, over which days and how much was found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from router.core.access import may
from router.core.audit import JSON, Event
from router.core.incident import short_id
from router.flow.manage import NotFound
from router.privacy.spellings import Spelling, spellings
from router.runtime import Runtime
from router.store import disclosures, users
from router.store.disclosures import MOST, Sought
from router.store.session import Row, Session

By = Literal["value", "user", "channel", "vendor", "incident", "time"]

LONGEST: Final = timedelta(days=6 * 366)
"""How far back a search goes: records are kept six years (45 CFR 164.316(b)(2)(i))."""


class NotAllowed(Exception):  # noqa: N818 - the recorded answer
    """This person may not search disclosures. Recorded."""


class NothingSought(Exception):  # noqa: N818 - the answer
    """There is nothing to look for, or it is not there. The text says which."""


class NeverThere(NotFound, NothingSought):
    """What was named is well written, and nothing here was ever called that."""


class TooMany(Exception):  # noqa: N818 - the answer
    """More was found than one answer holds, and part of it would mislead."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who searches: a named user (`email`), or the host's own user when it is None; `auth` is how they proved it."""

    actor: str
    email: str | None = None
    auth: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is sought, over the last `days`.

    `by` says what `what` is: a value, a user's e-mail address or id, a channel's or vendor's name, an incident's id;
    nothing when everything of these days is wanted.
    """

    by: By
    what: str = field(repr=False, default="")
    days: int = 90


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One token that one person or one channel was granted in the clear.

    `match`: `value` when the token stands for the whole value that was sought, `parts` when every word of a name was
    disclosed on that incident, each by a token of its own; empty for other searches. `outcome` is that of the
    delivery's attempt, empty when it left no record, so treat it as sent.
    """

    at: datetime
    kind: Literal["reveal", "delivery"]
    who: str
    token: str
    incident_id: UUID
    incident: str
    purpose: str
    reason: str
    grant_id: UUID
    channel: str | None
    vendor: str | None
    optin_id: UUID | None
    baa_id: UUID | None
    revision: int | None
    attempt: int | None
    outcome: str | None
    match: str


def search(runtime: Runtime, tenant_id: UUID, question: Question, asker: Asker) -> list[Disclosure]:
    """Every disclosure, newest first. The search is in the audit before its answer is out.

    Raises:
        NotAllowed: the person's roles do not allow it; recorded.
        NothingSought, TooMany: see there.
        KeystoreDown, DatabaseDown: nothing was searched.
    """
    if not 0 < question.days <= LONGEST.days:
        raise NothingSought("The days to look back are 1 to 2196, six years.")
    allowed = True
    rows: list[Row] = []
    found: list[Disclosure] = []
    with runtime.database.tenant(tenant_id) as session:
        if asker.email is not None:
            user = users.by_email(session, asker.email.strip().lower())
            allowed = user is not None and user.disabled_at is None and may(user.roles, "disclosures")
        details: dict[str, JSON] = {"by": question.by, "days": question.days}
        if allowed:
            sought, spelled, named = _sought(runtime, session, tenant_id, question)
            rows = disclosures.found(session, sought)
            found = _matching(rows, spelled) if question.by == "value" else [_disclosure(row, "") for row in rows]
            details |= {**named, "found": len(found), "grants": len({each.grant_id for each in found})}
        runtime.audit.write(
            session,
            tenant_id,
            Event(
                "disclosures.search",
                asker.actor,
                f"tenant:{tenant_id}",
                decision="allowed" if allowed else "denied",
                auth=asker.auth,
                request_id=asker.request_id,
                details=details,
            ),
        )
    if not allowed:
        raise NotAllowed("Disclosures are searched by privacy officers and auditors. The attempt is recorded.")
    if len(rows) > MOST:
        raise TooMany(f"There are more than {MOST} disclosures in these days: look back over fewer of them.")
    return found


def _sought(
    runtime: Runtime, session: Session, tenant_id: UUID, question: Question
) -> tuple[Sought, Sequence[Spelling], dict[str, JSON]]:
    """What to look up, the spelling behind each blind index, and what the audit may say of it. Raises NothingSought."""
    until = datetime.now(UTC) + timedelta(minutes=1)  # the database's clock may be a little ahead
    since = until - timedelta(days=question.days)
    what = question.what.strip()
    match question.by:
        case "value":
            forms = spellings(question.what)
            if not forms:
                raise NothingSought("Nothing was given to look for: the value is read from standard input.")
            keys = runtime.vault.keys(session, tenant_id)
            pairs = [(blind, form) for form in forms for blind in keys.blinds(form.kind, form.normal)]
            return Sought(since, until, blinds=[blind for blind, _ in pairs]), [form for _, form in pairs], {}
        case "user":
            user_id = _user(session, what)
            return Sought(since, until, user_id=user_id), (), {"user": str(user_id)}
        case "channel":
            ids = disclosures.channels_named(session, what)  # also those out of use: their disclosures stay
            if not ids:
                raise NeverThere("This tenant never had such a channel.")
            return Sought(since, until, channel_ids=ids), (), {"channel": str(ids[-1])}
        case "vendor":
            return Sought(since, until, vendor=what.lower()), (), {}  # what was typed stays out of the audit
        case "incident":
            incident_id = UUID(what)
            return Sought(since, until, incident_id=incident_id), (), {"incident": str(incident_id)}
        case "time":
            return Sought(since, until), (), {}


def _user(session: Session, what: str) -> UUID:
    try:
        return UUID(what)
    except ValueError:
        row = users.by_email(session, what.lower())
    if row is None:
        raise NeverThere("This tenant never had such a user.")
    return row.user_id  # type: ignore[no-any-return]  # rows are named tuples


def _matching(rows: Sequence[Row], spelled: Sequence[Spelling]) -> list[Disclosure]:
    """Whole values as they are; a name's words only where all of them were disclosed on one incident."""
    wanted = {form.part for form in spelled} - {-1}
    seen: dict[UUID, set[int]] = defaultdict(set)
    for row in rows:
        seen[row.incident_id].add(spelled[row.place - 1].part)
    matched = []
    for row in rows:
        whole = spelled[row.place - 1].part < 0
        if whole or wanted <= seen[row.incident_id]:
            matched.append(_disclosure(row, "value" if whole else "parts"))
    return matched


def _disclosure(row: Row, match: str) -> Disclosure:
    return Disclosure(
        at=row.at,
        kind=row.kind,
        who=row.person or row.actor,
        token=row.token,
        incident_id=row.incident_id,
        incident=short_id(row.incident_id),
        purpose=row.purpose,
        reason=row.reason,
        grant_id=row.grant_id,
        channel=row.channel,
        vendor=row.vendor or None,
        optin_id=row.optin_id,
        baa_id=row.baa_id,
        revision=row.revision,
        attempt=row.attempt,
        outcome=row.outcome,
        match=match,
    )
