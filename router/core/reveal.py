"""May this person see what stands behind these tokens, and has anybody been looking at more than they usually do?

Rules: design §2 (roles), §3 promise 3, §6 (host rule). The database reads the roles and the tokens' incident again in
`vault.request_reveal`; a refusal here is handed to it, so that it is recorded like one of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from router.core.access import may

SHOWN_FOR: Final = timedelta(seconds=60)
"""How long a page shows revealed values (design §2.2 of the screens: 60 s, then they are gone)."""

FRESH: Final = timedelta(minutes=5)
"""How old the last strong sign-in of a session may be."""

OPEN_AFTER_END: Final = timedelta(hours=24)
"""How long after its end an incident may still be revealed on by those who respond to it; later it is a matter for the
privacy officer. The same day during which an alert reopens the incident (router.core.incident.REOPEN_WITHIN)."""

MOST_TOKENS: Final = 100
"""Tokens of one grant, as the database has it."""

REASONS: Final[dict[str, str]] = {
    "triage": "to find out which record the alert is about and mend it",
    "treatment": "a patient's care waits for it",
    "patient-request": "the patient asked (45 CFR 164.524)",
    "privacy-investigation": "a privacy or security incident is looked into",
    "legal": "the law requires it (45 CFR 164.512(a))",
    "other": "something else, said in the text",
}
"""What a person picks from; the text beside it says the rest."""


class Refusal(StrEnum):
    """Why nothing is shown, as the grant, the audit event and the page say it."""

    HOST = "reveals through the host are off here: ALERTVEIL_HOST_APPROVALS is not on"
    ROLE = "this person's roles allow no reveal"
    STEP_UP = "a fresh sign-in is needed"
    RESOLVED = "the incident ended more than 24 hours ago: from then on only a privacy officer reveals on it"


@dataclass(frozen=True, slots=True)
class Proof:
    """How the person proved who they are.

    `text` goes into the audit event (`host:<os user>`, `session:…`). `kind` host: through a shell, where the host rule
    holds; session: through the page, where the last strong sign-in must be fresh.
    """

    kind: Literal["host", "session"]
    text: str
    strong_at: datetime | None = None
    host_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the tenant."""

    user_id: UUID
    email: str
    roles: tuple[str, ...]
    disabled: bool = False


def refusal(person: Person, proof: Proof, resolved_at: datetime | None, now: datetime) -> Refusal | None:
    """Why this person may not reveal on an incident that ended at `resolved_at` (None: it has not); None: they may."""
    if proof.kind == "host" and not proof.host_allowed:
        return Refusal.HOST
    if person.disabled or not may(person.roles, "reveal"):
        return Refusal.ROLE
    if needs_step_up(proof, now):
        return Refusal.STEP_UP
    if resolved_at is not None and now - resolved_at > OPEN_AFTER_END and "privacy_officer" not in person.roles:
        return Refusal.RESOLVED
    return None


def needs_step_up(proof: Proof, now: datetime) -> bool:
    """Must this session sign in again before it reveals. A host's user has no session; the host rule is for them."""
    return proof.kind == "session" and (proof.strong_at is None or now - proof.strong_at > FRESH)


def parse_reason(text: str) -> tuple[str, str]:
    """(reason of the list, the rest) of `triage: which record is it`; a text that names none is `other`.

    Raises:
        ValueError: there is no text, or `other` says nothing more.
    """
    word, colon, rest = text.strip().partition(":")
    code = word.strip().casefold().replace(" ", "-")
    if code in REASONS and (colon or not rest):
        said = rest.strip()
    else:
        code, said = "other", text.strip()
    if code == "other" and not said:
        raise ValueError("A reason is needed: one of the list, a text, or both as `triage: text`.")
    return code, said


@dataclass(frozen=True, slots=True)
class Counts:
    """What one person was granted: tokens in the last hour and day, their usual number a day, denials in an hour."""

    hour: int
    day: int
    usual: float
    denied: int


HOUR_FLOOR: Final = 20
DAY_FLOOR: Final = 50
DENIED_FLOOR: Final = 5
TIMES_USUAL: Final = 3
"""From where on it is unusual: our own choice. One incident rarely needs more than a handful of values, so twenty in an
hour are several incidents' worth, and five refusals in an hour are no slip. Whoever reveals much by profession has a
usual number, and the alert comes at three times that."""


def unusual(counts: Counts) -> str | None:
    """The sentence for the privacy officer when the rate is unusual, else None."""
    if counts.hour > max(HOUR_FLOOR, TIMES_USUAL * counts.usual):
        return f"{counts.hour} tokens in one hour, where {counts.usual:.1f} a day are usual"
    if counts.day > max(DAY_FLOOR, TIMES_USUAL * counts.usual):
        return f"{counts.day} tokens in one day, where {counts.usual:.1f} are usual"
    if counts.denied >= DENIED_FLOOR:
        return f"{counts.denied} denied attempts in one hour"
    return None


def spelled(tokens: Iterable[str]) -> list[str]:
    """Tokens as they stand in the vault: each once, and with the angle brackets that a shell makes awkward to type."""
    found = [token.strip().strip("<>") for token in tokens]
    return list(dict.fromkeys(f"<{token}>" for token in found))
