"""What a review freezes when it is opened: the population, the facts of every item, and the period's figures.

All of it is read in the caller's transaction, which sees one state of the database (`store.reviews.one_state`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from router.core import review
from router.core.quarter import Quarter
from router.core.review import Balance, Case, Earlier, Flag, History, Item, Population, Reviewer, Span, moment
from router.reports import review as report
from router.store import reviews
from router.store.reviews import NewItem
from router.store.session import Row, Session

COMPARED: Final = 4
"""Quarters that the report compares, this one included."""

SWITCHED: Final = ("kill_switch.on", "kill_switch.off")
"""Audit actions of the kill switch."""

INSTALLATION: Final = "installation"
"""The object of an audit event about the whole installation's switch."""

ORDINARY: Final = frozenset({"optin.request", "optin.approve", "optin.break_glass", "optin.warn", "optin.keep"})
"""What happens to every opt-in; anything else is a change that the next review looks at twice."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is written when a review is opened. `changed_at`: when an opt-in last changed other than ordinarily."""

    snapshot: review.Snapshot
    items: tuple[NewItem, ...]
    population: Population
    changed_at: Mapping[UUID, datetime]


@dataclass(frozen=True, slots=True)
class Opening:
    """Which review is opened, when and by whom."""

    review_id: UUID
    quarter: Quarter
    kind: review.Kind
    cut_off: datetime
    opened_at: datetime
    opened_by: str
    due_at: datetime


def freeze(session: Session, opening: Opening, final: Row | None, interim: Row | None) -> Frozen:
    """Read everything that a review of this tenant holds. `final` and `interim` are the reviews it goes on from."""
    quarter, cut_off = opening.quarter, opening.cut_off
    earlier = [_earlier(row) for row in (final, interim)]
    since = quarter.shifted(1 - COMPARED).starts_at
    histories = [
        History(row.optin_id, (Span(row.starts_at, row.until),))
        for row in reviews.histories(session, min([since, *(each.cut_off for each in earlier if each)]))
    ]
    population = review.population(histories, quarter, cut_off, *earlier)
    starts_at = population.starts_at
    facts = reviews.facts(session, population.members, starts_at, cut_off)
    people = reviews.people(session)
    persons = {row.user_id: row.person_id for row in people}
    emails = {row.user_id: row.email for row in people}
    cases = {row.optin_id: Case(row.optin_id, persons.get(row.requester), persons.get(row.approver)) for row in facts}
    asked = review.assign(
        [cases[row.optin_id] for row in facts if review.required(row.state, break_glass=row.break_glass)],
        _reviewers(people),
    )
    history = reviews.changes(session, population.members, starts_at, cut_off)
    changes = _changes(history)
    made: list[tuple[Item, NewItem]] = []
    for row in facts:
        item = _item(row, cut_off, emails.get(asked.get(row.optin_id) or UUID(int=0), ""), changes[row.optin_id])
        flags = _flags(row, item, opening, changes[row.optin_id])
        item = replace(item, flags=tuple(flags))
        new = NewItem(
            row.optin_id, row.requester, row.approver, asked.get(row.optin_id), item.required, tuple(item.flags)
        )
        made.append((item, new))
    tenant = reviews.tenant(session)
    assert tenant is not None  # noqa: S101 - the caller entered it
    snapshot = review.Snapshot(
        review_id=str(opening.review_id),
        tenant=tenant.slug,
        tenant_name=tenant.name,
        quarter=str(quarter),
        kind=opening.kind,
        starts_at=moment(starts_at),
        cut_off=moment(cut_off),
        opened_at=moment(opening.opened_at),
        opened_by=opening.opened_by,
        due_at=moment(opening.due_at),
        balances=tuple(_sum(balance) for balance in population.balances),
        items=tuple(item for item, _ in made),
        agreements=_agreements(session, facts, starts_at, cut_off),
        weeks=review.weeks(
            histories, quarter, cut_off, reviews.weekly(session, quarter.starts_at, cut_off, review.WEEKS)
        ),
        seasons=_seasons(session, histories, quarter, cut_off, tenant.created_at),
        switches=_switches(session, starts_at, cut_off),
        denials=tuple(
            review.Denials(action=row.action, count=row.count, actors=row.actors, last_at=moment(row.last_at))
            for row in reviews.denials(session, starts_at, cut_off)
        ),
        reveals=reviews.reveals(session, starts_at, cut_off),
    )
    changed_at = {_optin(row): row.at for row in history if row.action not in ORDINARY}  # the last one stays
    return Frozen(snapshot, tuple(new for _, new in made), population, changed_at)


def _earlier(row: Row | None) -> Earlier | None:
    if row is None:
        return None
    frozen = report.load_snapshot(row.snapshot)
    carried = frozenset(UUID(each) for each in frozen.balances[0].now_ids)
    return Earlier(row.cut_off, carried, f"{'interim ' if row.kind == 'interim' else ''}review {row.quarter}")


def _reviewers(people: Sequence[Row]) -> list[Reviewer]:
    return [
        Reviewer(row.user_id, row.person_id, dedicated="reviewer" in row.roles)
        for row in people
        if row.disabled_at is None and not {"reviewer", "privacy_officer"}.isdisjoint(row.roles)
    ]


def _item(row: Row, cut_off: datetime, reviewer: str, changes: Sequence[review.Change]) -> Item:
    over = row.until <= cut_off
    state = row.state
    if not over:
        state = "active"
    elif state in review.LIVE:
        state = "expired"  # its end is past, and upkeep has not said so yet
    return Item(
        optin_id=str(row.optin_id),
        channel=row.channel,
        channel_kind=row.channel_kind,
        vendor=row.vendor,
        destination=row.destination,
        types=tuple(row.types),
        lowest_severity=row.lowest_severity,
        purpose=row.purpose,
        baa=", ".join(part for part in (row.baa_vendor, row.baa_service) if part),
        baa_ends_on=row.baa_ends_at.date().isoformat() if row.baa_ends_at else "",
        requester=row.requester_email,
        approver=row.approver_email or "",
        starts_at=moment(row.starts_at),
        ends_at=moment(row.ends_at),
        state=state,
        ended_at=moment(row.until) if over else "",
        ended_because=row.state_reason if over else "",
        break_glass=row.break_glass,
        single_custody=row.single_custody,
        deliveries=row.deliveries,
        tokens=row.tokens,
        last_used_at=moment(row.last_used_at),
        reviewer=reviewer,
        required=review.required(row.state, break_glass=row.break_glass),
        flags=(),
        changes=tuple(changes),
    )


def _flags(row: Row, item: Item, opening: Opening, changes: Sequence[review.Change]) -> list[Flag]:
    in_force = row.baa_ends_at is not None and row.baa_retired_at is None and row.baa_starts_at <= opening.cut_off
    found = review.flags(
        item,
        cut_off_at=opening.cut_off,
        next_close=opening.quarter.next.closes_at,
        baa_ends_at=row.baa_ends_at if in_force else None,
        left=row.somebody_left,
    )
    if item.required and not item.reviewer:
        found.append(Flag.NO_REVIEWER)
    if item.state in review.LIVE and any(f"optin.{each.what}" not in ORDINARY for each in changes):
        found.append(Flag.CHANGED)
    return found


def _changes(rows: Sequence[Row]) -> defaultdict[UUID, list[review.Change]]:
    found: defaultdict[UUID, list[review.Change]] = defaultdict(list)
    for row in rows:
        change = review.Change(at=moment(row.at), what=row.action.removeprefix("optin."), who=row.actor, why=row.reason)
        found[_optin(row)].append(change)
    return found


def _optin(row: Row) -> UUID:
    return UUID(row.object.removeprefix("optin:"))


def _sum(balance: Balance) -> review.Sum:
    def ids(which: Iterable[UUID]) -> tuple[str, ...]:
        return tuple(sorted(str(each) for each in which))

    return review.Sum(
        since=moment(balance.since),
        source=balance.source,
        previous=len(balance.previous),
        new=len(balance.new),
        ended=len(balance.ended),
        now=len(balance.now),
        new_ids=ids(balance.new),
        ended_ids=ids(balance.ended),
        now_ids=ids(balance.now),
        unaccounted_ids=ids(balance.unaccounted),
    )


def _agreements(
    session: Session, facts: Sequence[Row], starts_at: datetime, cut_off: datetime
) -> tuple[review.Agreement, ...]:
    used: defaultdict[UUID, int] = defaultdict(int)
    for row in facts:
        used[row.baa_id] += 1
    return tuple(
        review.Agreement(
            baa_id=str(row.baa_id),
            vendor=row.vendor,
            service=row.service,
            signed_on=row.signed_on.isoformat(),
            ends_on=row.expires_at.date().isoformat(),
            retired_at=moment(row.retired_at),
            document_sha256=row.document_hash,
            optins=used.get(row.baa_id, 0),
        )
        for row in reviews.agreements(session, list(used), starts_at, cut_off)
    )


def _seasons(
    session: Session, histories: Sequence[History], quarter: Quarter, cut_off: datetime, made_at: datetime
) -> tuple[review.Season, ...]:
    """This quarter and the ones before it, from the first in which there was anything."""
    counts: Mapping[str, tuple[int, int]] = reviews.quarterly(session, quarter.shifted(1 - COMPARED).starts_at, cut_off)
    seasons: list[review.Season] = []
    for back in range(COMPARED - 1, -1, -1):
        each = quarter.shifted(-back)
        until = min(each.ends_at, cut_off)
        active = sum(history.active_within(each.starts_at, until) for history in histories)
        deliveries, tokens = counts.get(str(each), (0, 0))
        if seasons or active or deliveries or back == 0 or made_at < each.ends_at:
            seasons.append(review.Season(quarter=str(each), active=active, deliveries=deliveries, tokens=tokens))
    return tuple(seasons)


def _switches(session: Session, starts_at: datetime, cut_off: datetime) -> tuple[review.Change, ...]:
    """Uses of the tenant's own switch and of the installation's, which every tenant's log holds."""
    found = []
    for row in reviews.events(session, SWITCHED, starts_at, cut_off):
        whose = "the installation" if row.object == INSTALLATION else "this tenant"
        what = f"{row.action.rpartition('.')[2]}, {whose}"
        found.append(review.Change(at=moment(row.at), what=what, who=row.actor, why=row.reason))
    return tuple(found)
