"""Retries: the schedule, its end, and a destination that rests only when it is the destination that fails."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Delivered, Kind, Outcome, Reason, Rejected, Retry
from router.core import retry
from router.core.retry import Again, Dead, Done, Health, next_step

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_schedule_is_the_one_that_is_promised() -> None:
    at, waits, attempt = NOW, [], 1
    while isinstance(step := next_step(Retry(Reason.SERVER_ERROR), attempt, NOW, at, 0.0, kind="trigger"), Again):
        waits.append((step.at - at).total_seconds())
        at, attempt = step.at, step.attempt
    assert waits[:6] == [5, 30, 120, 600, 1800, 3600]
    assert set(waits[6:]) == {3600}
    assert attempt == 29, "the last attempt is in the 24th hour"
    assert step == Dead(Reason.SERVER_ERROR, gave_up=True)
    assert NOW + timedelta(hours=23) < at <= NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("outcome", "step"),
    [
        (Delivered(), Done()),
        (Rejected(Reason.REFUSED), Dead(Reason.REFUSED)),
        (Rejected(Reason.CREDENTIAL, disable=True), Dead(Reason.CREDENTIAL)),
        (Retry(Reason.TIMEOUT, maybe_delivered=True), Again(NOW + timedelta(seconds=5), 2, Reason.TIMEOUT, True)),
        (Retry(Reason.RATE_LIMITED, after=40), Again(NOW + timedelta(seconds=40), 2, Reason.RATE_LIMITED)),
        (Retry(Reason.RATE_LIMITED, after=1), Again(NOW + timedelta(seconds=5), 2, Reason.RATE_LIMITED)),
        (Retry(Reason.RATE_LIMITED, after=7 * 86400), Again(NOW + HOUR, 2, Reason.RATE_LIMITED)),
        (Retry(Reason.RATE_LIMITED, after=float("inf")), Again(NOW + HOUR, 2, Reason.RATE_LIMITED)),
        (Retry(Reason.RATE_LIMITED, after=2, counts=False), Again(NOW + timedelta(seconds=2), 1, Reason.RATE_LIMITED)),
        (Retry(Reason.RATE_LIMITED, after=0, counts=False), Again(NOW + timedelta(seconds=1), 1, Reason.RATE_LIMITED)),
        (Retry(Reason.RATE_LIMITED, after=-5), Again(NOW + timedelta(seconds=5), 2, Reason.RATE_LIMITED)),
        (Retry(Reason.RATE_LIMITED, after=float("nan")), Again(NOW + timedelta(seconds=5), 2, Reason.RATE_LIMITED)),
    ],
)
def test_the_step_after_a_first_attempt(outcome: Outcome, step: retry.Step) -> None:
    assert next_step(outcome, 1, NOW, NOW, 0.0, kind="update") == step


def test_a_test_is_answered_and_not_repeated() -> None:
    assert next_step(Retry(Reason.CONNECT), 1, NOW, NOW, 0.0, kind="test") == Dead(Reason.CONNECT)


moments = st.timedeltas(timedelta(0), timedelta(hours=30)).map(lambda later: NOW + later)
retries = st.builds(
    Retry,
    st.sampled_from(Reason),
    after=st.none() | st.floats(),
    maybe_delivered=st.booleans(),
    counts=st.booleans(),
)
kinds: st.SearchStrategy[Kind] = st.sampled_from(["trigger", "update", "acknowledge", "resolve"])


@given(retries, st.integers(1, 60), moments, st.floats(-1, 1), kinds)
def test_a_retry_is_later_soon_enough_and_never_after_the_day(
    outcome: Retry, attempt: int, now: datetime, jitter: float, kind: Kind
) -> None:
    step = next_step(outcome, attempt, NOW, now, jitter, kind=kind)
    if isinstance(step, Again):
        assert timedelta(seconds=1) <= step.at - now <= timedelta(minutes=72)
        assert step.at <= NOW + timedelta(hours=24)
        assert step.attempt == attempt + outcome.counts
        assert step.maybe_delivered is outcome.maybe_delivered
        if outcome.after is not None and 0 < outcome.after <= 3600:
            assert step.at - now >= timedelta(seconds=outcome.after)
    else:
        assert step == Dead(outcome.reason, gave_up=True, maybe_delivered=outcome.maybe_delivered)
        assert now - NOW > timedelta(hours=22, minutes=48)


@given(st.floats(-1, 1), st.integers(1, 40))
def test_jitter_is_a_fifth_either_way(jitter: float, attempt: int) -> None:
    step = next_step(Retry(Reason.SERVER_ERROR), attempt, NOW, NOW, jitter, kind="trigger")
    plain = next_step(Retry(Reason.SERVER_ERROR), attempt, NOW, NOW, 0.0, kind="trigger")
    assert isinstance(step, Again)
    assert isinstance(plain, Again)
    assert 0.799 <= (step.at - NOW) / (plain.at - NOW) <= 1.201


def test_a_destination_that_only_fails_for_an_hour_is_paused_probed_and_back_with_its_first_success() -> None:
    health = Health()
    for minutes in (0, 20, 40, 59):
        health = retry.pause(health, Retry(Reason.SERVER_ERROR), NOW + timedelta(minutes=minutes), alone=False)
        assert health.paused is None
    health = retry.pause(health, Retry(Reason.TIMEOUT), NOW + HOUR, alone=False)
    assert health == Health(NOW, Reason.TIMEOUT, NOW + HOUR + retry.PROBE_EVERY)
    assert not retry.may_send(health, NOW + HOUR)
    probe = NOW + HOUR + retry.PROBE_EVERY
    assert retry.may_send(health, probe)
    health = retry.pause(health, Retry(Reason.TIMEOUT), probe, alone=True)
    assert (health.paused, health.probe_at) == (Reason.TIMEOUT, probe + retry.PROBE_EVERY)
    assert retry.pause(health, Delivered(), probe, alone=True) == Health()


def test_one_success_starts_the_hour_again() -> None:
    health = retry.pause(Health(), Retry(Reason.SERVER_ERROR), NOW, alone=False)
    health = retry.pause(health, Delivered(), NOW + timedelta(minutes=50), alone=False)
    health = retry.pause(health, Retry(Reason.SERVER_ERROR), NOW + timedelta(minutes=90), alone=False)
    assert health.paused is None


def test_a_dead_destination_is_paused_at_once_until_a_person_resumes_it() -> None:
    health = retry.pause(Health(), Rejected(Reason.CREDENTIAL, disable=True), NOW, alone=True)
    assert health == Health(NOW, Reason.CREDENTIAL, None)
    assert not retry.may_send(health, NOW + timedelta(days=30))
    assert retry.pause(health, Retry(Reason.TIMEOUT), NOW + HOUR, alone=False).probe_at is None


@given(
    st.lists(
        st.sampled_from(
            [
                Rejected(Reason.REFUSED),
                Rejected(Reason.TOO_LARGE),
                Rejected(Reason.BUG),
                Retry(Reason.SERVER_ERROR),
                Retry(Reason.TIMEOUT, maybe_delivered=True),
                Retry(Reason.RATE_LIMITED, counts=False),
            ]
        ),
        max_size=30,
    )
)
def test_one_bad_message_never_pauses_a_destination(outcomes: list[Outcome]) -> None:
    health = Health()
    for number, outcome in enumerate(outcomes):
        health = retry.pause(health, outcome, NOW + number * HOUR, alone=True)
    assert health.paused is None


def test_a_destination_that_nobody_can_reach_is_paused_even_by_a_single_message() -> None:
    health = retry.pause(Health(), Retry(Reason.CONNECT), NOW, alone=True)
    assert retry.pause(health, Retry(Reason.CONNECT), NOW + HOUR, alone=True).paused is Reason.CONNECT


def test_a_rate_limit_is_no_failure() -> None:
    limited = Retry(Reason.RATE_LIMITED, counts=False)
    assert retry.pause(Health(), limited, NOW, alone=False) == Health()
