"""Whatever happened, a review's population accounts for every opt-in, and nobody judges their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core import review
from router.core.quarter import NotAQuarter, Quarter, latest_end
from router.core.review import Case, Earlier, Ground, History, Population, Reviewer, Span

FIRST = Quarter(2026, 1)
START = FIRST.starts_at
YEAR = 400
"""Days that made-up histories spread over: a bit more than four quarters."""

ids = st.integers(1, 6).map(lambda number: UUID(int=number))
moments = st.integers(-60, YEAR).map(lambda day: START + timedelta(days=day))


@st.composite
def histories(draw: st.DrawFn) -> list[History]:
    """Opt-ins with one or more times in which they were active, none of which overlap."""
    made = []
    for number in range(draw(st.integers(0, 8))):
        cuts = sorted(draw(st.lists(moments, min_size=1, max_size=6, unique=True)))
        spans = [
            Span(start, cuts[place + 1] if place + 1 < len(cuts) else None)
            for place, start in enumerate(cuts)
            if place % 2 == 0
        ]
        made.append(History(UUID(int=number + 1), tuple(spans)))
    return made


def days(history: History) -> set[int]:
    """The days on which it was active, counted one by one: what the arithmetic must agree with."""
    found: set[int] = set()
    for span in history.spans:
        end = (span.ends_at - START).days if span.ends_at else YEAR + 1
        found |= set(range((span.starts_at - START).days, end))
    return found


def follow(given_: list[History], quarters: int) -> list[Population]:
    """One final review after the other."""
    earlier: Earlier | None = None
    made = []
    for number in range(quarters):
        quarter = FIRST.shifted(number)
        found = review.population(given_, quarter, quarter.ends_at, earlier)
        earlier = Earlier(quarter.ends_at, found.balances[0].now, f"review {quarter}")
        made.append(found)
    return made


@given(histories())
def test_every_quarter_reconciles_with_the_one_before(given_: list[History]) -> None:
    for found in follow(given_, 4):
        (balance,) = found.balances
        assert found.reconciled
        assert len(balance.previous) + len(balance.new) - len(balance.ended) == len(balance.now)
        assert balance.previous | balance.new == found.members
        assert balance.new.isdisjoint(balance.previous)


@given(histories())
def test_the_population_is_whatever_was_active_for_a_moment(given_: list[History]) -> None:
    for number, found in enumerate(follow(given_, 4)):
        quarter = FIRST.shifted(number)
        within = range((quarter.starts_at - START).days, (quarter.ends_at - START).days)
        assert found.members == {each.optin_id for each in given_ if days(each).intersection(within)}


@given(histories(), st.integers(1, 80))
def test_a_final_review_reconciles_from_the_interim_one(given_: list[History], day: int) -> None:
    quarter = FIRST.next
    before = follow(given_, 1)[0]
    final = Earlier(FIRST.ends_at, before.balances[0].now, "final")
    cut_off = quarter.starts_at + timedelta(days=day)
    interim = review.population(given_, quarter, cut_off, final)
    found = review.population(
        given_, quarter, quarter.ends_at, final, Earlier(cut_off, interim.balances[0].now, "interim")
    )
    assert interim.reconciled
    assert found.reconciled
    whole, rest = found.balances
    assert whole.now == rest.now
    assert interim.members <= found.members
    assert rest.new <= whole.new | whole.previous | interim.members, "what came back counts again"


@given(histories().filter(bool), st.data())
def test_a_row_that_vanished_or_came_out_of_nowhere_is_unaccounted(given_: list[History], data: st.DataObject) -> None:
    before = follow(given_, 1)[0]
    earlier = Earlier(FIRST.ends_at, before.balances[0].now, "final")
    victim = data.draw(st.sampled_from(given_))
    stranger = History(UUID(int=99), (Span(START, None),))
    left = [each for each in given_ if each != victim] + [stranger]
    found = review.population(left, FIRST.next, FIRST.next.ends_at, earlier)
    expected = {stranger.optin_id} | ({victim.optin_id} & before.balances[0].now)
    assert found.balances[0].unaccounted == expected
    assert not found.reconciled


@given(histories())
def test_nothing_falls_between_two_reviews_with_a_gap(given_: list[History]) -> None:
    first = follow(given_, 1)[0]
    later = FIRST.shifted(3)
    found = review.population(given_, later, later.ends_at, Earlier(FIRST.ends_at, first.balances[0].now, "final"))
    assert found.starts_at == FIRST.ends_at
    assert found.reconciled
    assert {each.optin_id for each in given_ if each.active_within(FIRST.ends_at, later.ends_at)} == found.members


@given(
    st.lists(st.tuples(st.none() | ids, st.none() | ids), max_size=12),
    st.lists(st.tuples(ids, st.booleans()), max_size=6, unique_by=lambda pair: pair[0]),
)
def test_nobody_is_asked_about_their_own_and_whoever_can_judge_is_found(
    parts: list[tuple[UUID | None, UUID | None]], people: list[tuple[UUID, bool]]
) -> None:
    cases = [Case(UUID(int=1000 + number), *pair) for number, pair in enumerate(parts)]
    reviewers = [Reviewer(UUID(int=person.int + 50), person, dedicated) for person, dedicated in people]
    persons = {each.user_id: each.person_id for each in reviewers}
    asked = review.assign(cases, reviewers)
    assert set(asked) == {case.optin_id for case in cases}
    assert asked == review.assign(list(reversed(cases)), list(reversed(reviewers)))
    for case in cases:
        able = {each.user_id for each in reviewers if review.independent(each.person_id, case)}
        whom = asked[case.optin_id]
        assert (whom in able) if able else whom is None
        if whom is not None:
            assert persons[whom] not in {case.requester, case.approver}


@given(st.integers(1, 5), st.integers(0, 20))
def test_items_are_shared_evenly_where_everybody_may_judge(people: int, items: int) -> None:
    reviewers = [Reviewer(UUID(int=number + 1), UUID(int=number + 1), dedicated=True) for number in range(people)]
    asked = review.assign([Case(UUID(int=100 + number), None, None) for number in range(items)], reviewers)
    load = [list(asked.values()).count(each.user_id) for each in reviewers]
    assert max(load) - min(load) <= 1


# --- dates ---


@given(st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive by hypothesis' rules
def test_a_moment_lies_in_its_quarter(at: datetime) -> None:
    quarter = Quarter.of(at)
    assert quarter.starts_at <= at < quarter.ends_at
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.next.previous == quarter
    assert quarter.ends_at < latest_end(at) == quarter.closes_at


def test_what_names_no_quarter_is_refused_and_not_repeated() -> None:
    for text in ("", "2026", "2026Q0", "2026Q5", "1999Q1", "2026-Q1", "Zebulon"):
        with pytest.raises(NotAQuarter, match=r"^A quarter is written like 2026Q4\.$"):
            Quarter.parse(text)


def test_the_cut_off_is_the_end_of_the_quarter_or_now() -> None:
    quarter = Quarter(2026, 4)
    second = timedelta(seconds=1)
    assert review.cut_off(quarter, quarter.starts_at - second) is None
    assert review.cut_off(quarter, quarter.ends_at - second) == ("interim", quarter.ends_at - second)
    assert review.cut_off(quarter, quarter.ends_at) == ("final", quarter.ends_at)
    assert review.cut_off(quarter, quarter.ends_at + 400 * timedelta(days=1)) == ("final", quarter.ends_at)


def test_thirty_days_are_left_to_decide_and_fourteen_after_a_late_opening() -> None:
    quarter = Quarter(2026, 4)
    assert review.due_at(quarter, quarter.ends_at) == datetime(2027, 1, 31, tzinfo=UTC)
    late = datetime(2027, 1, 25, tzinfo=UTC)
    assert review.due_at(quarter, late) == late + timedelta(days=14)


@given(st.lists(st.integers(0, 14), max_size=6), st.integers(0, 14), st.integers(0, 14))
def test_every_ended_quarter_since_the_last_review_is_missing(done: list[int], made: int, now: int) -> None:
    had = [FIRST.shifted(number) for number in done]
    at = FIRST.shifted(now).starts_at
    found = review.missing(FIRST.shifted(made).starts_at, had, at)
    first = max(done) + 1 if done else made
    assert found == [FIRST.shifted(number) for number in range(first, now)][-review.MAX_CATCH_UP :]


@given(st.lists(st.integers(0, 40 * 24), max_size=60))
def test_a_reminder_is_sent_once_and_only_before_it_is_due(hours: list[int]) -> None:
    due = datetime(2027, 1, 31, tzinfo=UTC)
    sent = 0
    for hour in sorted(hours):
        at = due - timedelta(days=30) + timedelta(hours=hour)
        reached = review.reminder(due, sent, at)
        if reached is not None:
            assert at < due
            assert sent < reached <= len(review.REMIND_BEFORE)
            sent = reached
    assert review.reminder(due, len(review.REMIND_BEFORE), due - timedelta(hours=1)) is None


def test_why_a_decision_is_refused() -> None:
    me, other = UUID(int=1), UUID(int=2)
    due = datetime(2027, 1, 31, tzinfo=UTC)
    before = due - timedelta(days=1)
    mine, theirs = Case(UUID(int=9), me, other), Case(UUID(int=9), other, None)
    assert review.may_decide("open", due, theirs, me, "used", before) is None
    assert review.may_decide("open", due, mine, me, "used", before) is Ground.SELF
    assert review.may_decide("open", due, theirs, me, " ", before) is Ground.NO_REASON
    assert review.may_decide("open", due, theirs, me, "used", due) is Ground.PAST_DUE
    assert review.may_decide("closed", due, theirs, me, "used", before) is Ground.PAST_DUE
    assert review.may_decide("signed", due, theirs, me, "used", before) is Ground.SIGNED
    assert review.may_decide("superseded", due, theirs, me, "used", before) is Ground.SUPERSEDED
    assert review.may_sign("open", 1) is Ground.UNDECIDED
    assert review.may_sign("closed", 1) is None
    assert review.may_sign("signed", 0) is Ground.SIGNED


def test_only_keep_is_refused_in_bulk_and_only_for_what_has_a_flag() -> None:
    assert review.bulk("keep", ["single custody"]) is Ground.NO_BULK_KEEP
    assert review.bulk("revoke", ["single custody"]) is None
    assert review.bulk("keep", []) is None
