"""The quarterly review: who is in it, who may judge whom, what is still open, and the one record that everything shows.

A review's population is every opt-in that was active for a moment of its scope. It is frozen at a *cut-off* (the end of
the quarter; for an interim review the moment it was opened) and reconciled against the review before it: previous + new
− ended = now. Rules: design §10. Everything here is a pure function; time is an argument.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from router.core.quarter import Quarter

Verdict = Literal["keep", "modify", "revoke"]
VERDICTS: Final[tuple[Verdict, ...]] = ("keep", "modify", "revoke")
Kind = Literal["final", "interim"]
State = Literal["open", "closed", "superseded", "signed"]
"""open: decisions are taken · closed: the due date passed, what was undecided is suspended, the signature is missing ·
superseded: an interim review that the final one took over before it was signed · signed: immutable."""

SCHEMA: Final = "urn:alertveil:schema:review:1"
"""What docs/schemas/review.schema.json is called, and what every record names."""

GRACE: Final = timedelta(days=14)
"""What a review that was opened late leaves for decisions at least, though the 30 days after its quarter are over."""

MODIFY_WITHIN: Final = timedelta(days=14)
"""From a decision `modify` to the end of the opt-in as it was: time for a new request that two people agree on."""

UNUSED: Final = timedelta(days=90)
"""An opt-in that nothing went out under for so long has no shown need any more."""

REMIND_BEFORE: Final = tuple(timedelta(days=days) for days in (14, 7, 3, 1))
"""Days before the due date on which whoever has undecided items is reminded."""

MAX_CATCH_UP: Final = 8
"""Quarters that are opened late at most, should nothing have run for years."""


class Flag(StrEnum):
    """What makes an item one to look at twice: never kept in bulk, listed under the exceptions where it says so."""

    BREAK_GLASS = "break-glass"
    SINGLE_CUSTODY = "single custody"
    NO_REVIEWER = "no independent reviewer"
    UNUSED = "unused for 90 days"
    BAA_ENDING = "BAA ends before the next review closes"
    BAA_GONE = "BAA not in force"
    LEFT = "requester or approver has left"
    CHANGED = "changed since the last review"
    SUSPENDED = "was suspended"


EXCEPTIONAL: Final = frozenset({Flag.BREAK_GLASS, Flag.SINGLE_CUSTODY, Flag.NO_REVIEWER, Flag.BAA_GONE})
"""Flags that stand among the report's exceptions whatever was decided."""


class Ground(StrEnum):
    """Why something about a review cannot be done: the sentence that the person reads."""

    SIGNED = "The review is signed: nothing of it changes any more."
    SUPERSEDED = "The final review of this quarter took over; decide there."
    PAST_DUE = "The review's due date has passed: what was undecided is suspended to tokens and needs a new request."
    SELF = "You asked for this opt-in or approved it; somebody else has to judge it."
    NO_REASON = "A decision needs a reason."
    NOT_BEGUN = "The quarter has not begun."
    UNDECIDED = "There are items without a decision; the review can be signed when all are decided or it is past due."
    NO_BULK_KEEP = "An item with a flag is kept one by one, with a reason of its own."


# --- the population ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which an opt-in was active: from `starts_at` until just before `ends_at`; None: it still is."""

    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class History:
    """All the times in which one opt-in was active."""

    optin_id: UUID
    spans: tuple[Span, ...]

    def active_within(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Was it active for a moment of this half-open time."""
        return any(
            span.starts_at < ends_at
            and (span.ends_at is None or (span.ends_at > starts_at and span.ends_at > span.starts_at))
            for span in self.spans
        )

    def carried(self, moment: datetime) -> bool:
        """Was it active before this moment and on past it."""
        return any(span.starts_at < moment and (span.ends_at is None or span.ends_at > moment) for span in self.spans)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier review left: when it was cut off, which opt-ins it carried on, and what it is called."""

    cut_off: datetime
    carried: frozenset[UUID]
    name: str


@dataclass(frozen=True, slots=True)
class Balance:
    """previous + new − ended = now, over the time from `since` to the cut-off, opt-in by opt-in.

    `unaccounted`: opt-ins on which the earlier review's frozen list and today's history disagree, so a row was added,
    removed or moved in time behind our back.
    """

    since: datetime
    source: str
    previous: frozenset[UUID]
    new: frozenset[UUID]
    ended: frozenset[UUID]
    now: frozenset[UUID]
    unaccounted: frozenset[UUID]

    @property
    def holds(self) -> bool:
        """Does the sum come out and is nothing unaccounted."""
        return not self.unaccounted and (self.previous | self.new) - self.ended == self.now


@dataclass(frozen=True, slots=True)
class Population:
    """Every opt-in of a review, and the sums that show that none is missing."""

    starts_at: datetime
    cut_off: datetime
    members: frozenset[UUID]
    balances: tuple[Balance, ...]

    @property
    def reconciled(self) -> bool:
        """Does every sum come out."""
        return all(balance.holds for balance in self.balances)


def population(
    histories: Iterable[History],
    quarter: Quarter,
    cut_off: datetime,
    final: Earlier | None = None,
    interim: Earlier | None = None,
) -> Population:
    """The population of a review of `quarter` cut off at `cut_off`.

    `final` is the last final review before this quarter, `interim` the interim review of this same quarter. The scope
    starts where the last final review was cut off, if that was before the quarter: no opt-in falls between two reviews.
    Without one, what history says was active at the quarter's start is the opening balance, and says so.
    """
    known = {each.optin_id: each for each in histories}
    starts_at = min(quarter.starts_at, final.cut_off) if final else quarter.starts_at
    first = final or Earlier(
        starts_at,
        frozenset(key for key, each in known.items() if each.carried(starts_at)),
        "history (there is no earlier review)",
    )
    earlier = [first] + ([interim] if interim else [])
    return Population(
        starts_at=starts_at,
        cut_off=cut_off,
        members=frozenset(key for key, each in known.items() if each.active_within(starts_at, cut_off)),
        balances=tuple(_balance(known, each, cut_off) for each in earlier),
    )


def _balance(known: Mapping[UUID, History], earlier: Earlier, cut_off: datetime) -> Balance:
    since = earlier.cut_off
    now = frozenset(key for key, each in known.items() if each.carried(cut_off))
    met = frozenset(key for key, each in known.items() if each.active_within(since, cut_off))
    said = frozenset(key for key, each in known.items() if each.carried(since))
    new = (met | now) - earlier.carried
    return Balance(
        since=since,
        source=earlier.name,
        previous=earlier.carried,
        new=new,
        ended=(earlier.carried | new) - now,
        now=now,
        unaccounted=earlier.carried ^ said,
    )


# --- dates -------------------------------------------------------------------------------------------------------


def cut_off(quarter: Quarter, now: datetime) -> tuple[Kind, datetime] | None:
    """Whether a review opened now is final or interim, and where it is cut off; None: the quarter has not begun."""
    if now < quarter.starts_at:
        return None
    return ("final", quarter.ends_at) if now >= quarter.ends_at else ("interim", now)


def due_at(quarter: Quarter, opened_at: datetime) -> datetime:
    """Until when decisions are taken: 30 days after the quarter, and 14 days at least for one that was opened late."""
    return max(quarter.closes_at, opened_at + GRACE)


def missing(made_at: datetime, done: Collection[Quarter], now: datetime) -> list[Quarter]:
    """Ended quarters of a tenant made at `made_at` that have no final review yet, the oldest first.

    Quarters before the tenant's first one, or before its last final review, are over and stay as they are.
    """
    last = Quarter.of(now).previous
    first = max(done).next if done else Quarter.of(made_at)
    found: list[Quarter] = []
    while last >= first and len(found) < MAX_CATCH_UP:
        found.append(last)
        last = last.previous
    return found[::-1]


def reminder(due: datetime, reminded: int, now: datetime) -> int | None:
    """How many of the reminders are due by now, when that is more than were sent; None: nobody is reminded now."""
    reached = sum(now >= due - before for before in REMIND_BEFORE)
    return reached if reached > reminded and now < due else None


# --- who judges what ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """An item as far as independence needs it: the persons behind it. Two accounts of one person are one person."""

    optin_id: UUID
    requester: UUID | None
    approver: UUID | None


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who may decide items. `dedicated`: by the role `reviewer`, so asked before privacy officers are."""

    user_id: UUID
    person_id: UUID
    dedicated: bool


def independent(person_id: UUID, case: Case) -> bool:
    """Did this person neither ask for the opt-in nor approve it."""
    return person_id not in {case.requester, case.approver}


def assign(cases: Sequence[Case], reviewers: Sequence[Reviewer]) -> dict[UUID, UUID | None]:
    """Who is asked about which opt-in: the least loaded independent reviewer, dedicated ones first; None: nobody is.

    Cases that few may judge are given out first, so that nobody is loaded with what others could have taken. The same
    input gives the same answer.
    """
    load = {reviewer.user_id: 0 for reviewer in reviewers}
    able = {
        case.optin_id: [reviewer for reviewer in reviewers if independent(reviewer.person_id, case)] for case in cases
    }
    given: dict[UUID, UUID | None] = {}
    for case in sorted(cases, key=lambda case: (len(able[case.optin_id]), case.optin_id)):
        ranked = sorted(
            able[case.optin_id],
            key=lambda reviewer: (not reviewer.dedicated, load[reviewer.user_id], reviewer.user_id),
        )
        given[case.optin_id] = ranked[0].user_id if ranked else None
        if ranked:
            load[ranked[0].user_id] += 1
    return given


def may_decide(state: State, due: datetime, case: Case, person_id: UUID, reason: str, now: datetime) -> Ground | None:
    """Why this person cannot decide this item now; None: they can."""
    ground = _closed(state)
    if ground is None and (state == "closed" or now >= due):
        ground = Ground.PAST_DUE
    if ground is None and not independent(person_id, case):
        ground = Ground.SELF
    if ground is None and not reason.strip():
        ground = Ground.NO_REASON
    return ground


def may_sign(state: State, undecided: int) -> Ground | None:
    """Why the review cannot be signed; None: it can. A closed one can: what was undecided is suspended."""
    ground = _closed(state)
    if ground is None and undecided and state != "closed":
        ground = Ground.UNDECIDED
    return ground


def _closed(state: State) -> Ground | None:
    return {"signed": Ground.SIGNED, "superseded": Ground.SUPERSEDED}.get(state)


def bulk(verdict: Verdict, flags: Collection[str]) -> Ground | None:
    """Why an item with these flags is not decided together with others; None: it may be."""
    return Ground.NO_BULK_KEEP if verdict == "keep" and flags else None


# --- the record --------------------------------------------------------------------------------------------------
# Text, whole numbers, booleans and lists only, so that its canonical form is the same in every language, and moments as
# `2026-12-31T23:59:59Z`. Field names are those of docs/schemas/review.schema.json.


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened to an opt-in: when, what, by whom, and why as far as anybody said."""

    at: str
    what: str
    who: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One opt-in with the facts to judge it by, as they were at the cut-off."""

    optin_id: str
    channel: str
    channel_kind: str
    vendor: str
    destination: str
    types: tuple[str, ...]
    lowest_severity: str
    purpose: str
    baa: str
    baa_ends_on: str
    requester: str
    approver: str
    starts_at: str
    ends_at: str
    state: str
    ended_at: str
    ended_because: str
    break_glass: bool
    single_custody: bool
    deliveries: int
    tokens: int
    last_used_at: str
    reviewer: str
    required: bool
    flags: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A balance as the record keeps it."""

    since: str
    source: str
    previous: int
    new: int
    ended: int
    now: int
    new_ids: tuple[str, ...]
    ended_ids: tuple[str, ...]
    now_ids: tuple[str, ...]
    unaccounted_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A business associate agreement that was in force for a moment of the scope, or carries an opt-in of it."""

    baa_id: str
    vendor: str
    service: str
    signed_on: str
    ends_on: str
    retired_at: str
    document_sha256: str
    optins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One of the quarter's thirteen weeks (the last has six to eight days): what was active in it and what left."""

    starts_on: str
    active: int
    deliveries: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A whole quarter in numbers, for comparison."""

    quarter: str
    active: int
    deliveries: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    """Attempts of one sort that were refused."""

    action: str
    count: int
    actors: int
    last_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is frozen when a review is opened. Nothing of it changes afterwards; its hash is audited at once."""

    review_id: str
    tenant: str
    tenant_name: str
    quarter: str
    kind: Kind
    starts_at: str
    cut_off: str
    opened_at: str
    opened_by: str
    due_at: str
    balances: tuple[Sum, ...]
    items: tuple[Item, ...]
    agreements: tuple[Agreement, ...]
    weeks: tuple[Week, ...]
    seasons: tuple[Season, ...]
    switches: tuple[Change, ...]
    denials: tuple[Denials, ...]
    reveals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decided about an item, or the due date did. The last one counts; earlier ones stay."""

    optin_id: str
    at: str
    verdict: Literal["keep", "modify", "revoke", "suspend"]
    reason: str
    decided_by: str
    auth: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed what, and how they proved who they are."""

    at: str
    signed_by: str
    auth: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A review as a whole: what page, PDF, CSV, JSON and HTML show, and what the one hash is over."""

    schema: str
    snapshot: Snapshot
    snapshot_sha256: str
    state: State
    decisions: tuple[Decision, ...]
    disclosures_after_revocation: int
    signature: Signature | None

    @property
    def latest(self) -> dict[str, Decision]:
        """The decision that counts, for every opt-in that has one."""
        return {decision.optin_id: decision for decision in self.decisions}

    @property
    def undecided(self) -> list[Item]:
        """Items that need a decision and have none."""
        latest = self.latest
        return [item for item in self.snapshot.items if item.required and item.optin_id not in latest]


def canonical(value: object) -> bytes:
    """The one way to write a record down: keys sorted, no spaces, UTF-8, nothing escaped that needs none.

    Records hold no fractions, so this is what RFC 8785 gives, and what `jq -cSj .record` prints.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(value: Mapping[str, Any]) -> str:
    """The hash of a record or snapshot given as plain data, in hex."""
    return digest(canonical(value))


def digest(text: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text).hexdigest()


def moment(value: datetime | None) -> str:
    """A moment as records write it, in UTC to the second; empty for none."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""


def flags(
    item: Item, *, cut_off_at: datetime, next_close: datetime, baa_ends_at: datetime | None, left: bool
) -> list[Flag]:
    """What to look at twice, of an item whose flags are not filled in yet. `left`: requester or approver is disabled.

    `baa_ends_at` None: its agreement is retired or not on file. Age counts from the later of start and last use.
    """
    found: list[Flag] = []
    if item.break_glass:
        found.append(Flag.BREAK_GLASS)
    if item.single_custody:
        found.append(Flag.SINGLE_CUSTODY)
    if item.state in LIVE:
        used = datetime.fromisoformat(item.last_used_at or item.starts_at)
        if cut_off_at - used >= UNUSED:
            found.append(Flag.UNUSED)
        if baa_ends_at is None or baa_ends_at <= cut_off_at:
            found.append(Flag.BAA_GONE)
        elif baa_ends_at < next_close:
            found.append(Flag.BAA_ENDING)
        if left:
            found.append(Flag.LEFT)
    if item.state == "suspended":
        found.append(Flag.SUSPENDED)
    return found


WEEKS: Final = 13
"""Weeks that a quarter is drawn in: seven days each, the last one six to eight."""

LIVE: Final = frozenset({"active", "expiring"})
"""States of an opt-in in which something may go out. From every other one only a new request leads back."""


def required(state: str, *, break_glass: bool) -> bool:
    """Does an item need a decision: whatever may still let something out, and every use of break-glass."""
    return break_glass or state in LIVE


def weeks(
    histories: Sequence[History], quarter: Quarter, cut_off_at: datetime, counts: Mapping[int, tuple[int, int]]
) -> tuple[Week, ...]:
    """The quarter week by week up to the cut-off; `counts` is (deliveries, tokens) by a week's number, from 0."""
    made: list[Week] = []
    for number in range(WEEKS):
        start = quarter.starts_at + timedelta(days=7 * number)
        end = quarter.ends_at if number == WEEKS - 1 else start + timedelta(days=7)
        if start >= cut_off_at:
            break
        deliveries, tokens = counts.get(number, (0, 0))
        active = sum(each.active_within(start, min(end, cut_off_at)) for each in histories)
        made.append(Week(starts_on=start.date().isoformat(), active=active, deliveries=deliveries, tokens=tokens))
    return tuple(made)


def statement(record: Record) -> str:
    """What the signer declares."""
    snapshot = record.snapshot
    counted = dict.fromkeys((*VERDICTS, "suspend"), 0)
    for decision in record.latest.values():
        counted[decision.verdict] += 1
    return (
        f"I have examined the {'interim' if snapshot.kind == 'interim' else 'quarterly'} review {snapshot.quarter} of"
        f" {snapshot.tenant_name} with its {_count(len(snapshot.items), 'opt-in')}:"
        f" {counted['keep']} kept, {counted['modify']} to be modified, {counted['revoke']} revoked,"
        f" {counted['suspend']} suspended because nobody decided in time. To the best of my knowledge the population is"
        f" complete, every decision was made by a person who neither requested nor approved what they judged, and the"
        f" exceptions are those listed in the report."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
