"""The sweep's decisions: a clock that jumped removes nothing, and the key that seals now is never over."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from router.core.retention import BACK, JUMP, SETTLED, Clock, Epoch, Why, look, over, pass_due

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

steps = st.timedeltas(min_value=timedelta(seconds=1), max_value=JUMP)
spans = st.timedeltas(min_value=timedelta(days=1), max_value=timedelta(days=400))


def test_the_first_look_finds_a_steady_clock() -> None:
    verdict = look(Clock(), START, held=False)
    assert (verdict.go, verdict.why, verdict.jumped) == (True, Why.STEADY, False)


@given(st.lists(steps, max_size=20))
def test_a_clock_that_walks_is_never_distrusted(walk: list[timedelta]) -> None:
    now, clock = START, look(Clock(), START, held=False).clock
    for step in walk:
        now += step
        verdict = look(clock, now, held=False)
        assert verdict.go
        clock = verdict.clock


@given(
    st.one_of(
        st.timedeltas(min_value=JUMP + MINUTE, max_value=timedelta(days=4000)),
        st.timedeltas(min_value=-timedelta(days=4000), max_value=-BACK - MINUTE),
    )
)
def test_after_a_jump_nothing_is_removed_for_three_days_of_a_steady_clock(jump: timedelta) -> None:
    clock = Clock(START, None)
    now = START + jump
    verdict = look(clock, now, held=False)
    assert (verdict.go, verdict.why, verdict.jumped) == (False, Why.JUMPED, True)
    waited = timedelta(0)
    while waited + timedelta(hours=12) < SETTLED:
        waited += timedelta(hours=12)
        verdict = look(verdict.clock, now + waited, held=False)
        assert not verdict.go
        assert not verdict.jumped
    verdict = look(verdict.clock, now + SETTLED, held=False)
    assert verdict.go
    assert verdict.clock.unsteady_at is None


def test_a_second_jump_starts_the_wait_anew() -> None:
    first = look(Clock(START, None), START + 31 * 24 * 60 * MINUTE, held=False)
    back = look(first.clock, START + MINUTE, held=False)
    assert back.jumped
    later = look(back.clock, START + MINUTE + timedelta(hours=23), held=False)
    assert not later.go


def test_a_hold_of_the_tenant_stops_the_sweep_and_leaves_the_clock_trusted() -> None:
    verdict = look(Clock(START, None), START + MINUTE, held=True)
    assert (verdict.go, verdict.why, verdict.jumped) == (False, Why.HELD, False)


@given(st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=800)), max_size=24), spans)
def test_a_key_is_over_when_a_successor_is_older_than_values_are_kept(ages: list[timedelta], kept: timedelta) -> None:
    epochs = [Epoch(version, START - age) for version, age in enumerate(sorted(ages, reverse=True), 1)]
    found = over(epochs, START, kept)
    if epochs:
        assert epochs[-1].version not in found, "the newest key seals now"
    for epoch, successor in itertools.pairwise(epochs):
        assert (epoch.version in found) == any(
            each.created_at < START - kept for each in epochs if each.version > epoch.version
        )
        if epoch.version in found:
            assert successor.version == epoch.version + 1


@given(st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=800)), max_size=24), spans, spans)
def test_keeping_longer_never_ends_a_key_sooner(ages: list[timedelta], kept: timedelta, more: timedelta) -> None:
    epochs = [Epoch(version, START - age) for version, age in enumerate(sorted(ages, reverse=True), 1)]
    assert set(over(epochs, START, kept + more)) <= set(over(epochs, START, kept))


def test_a_pass_is_due_once_a_day_and_after_a_clock_that_was_ahead() -> None:
    assert pass_due(None, START)
    assert not pass_due(START - timedelta(hours=23), START)
    assert pass_due(START - timedelta(days=1), START)
    assert pass_due(START + timedelta(days=30), START)
