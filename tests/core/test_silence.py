"""A silence: what it takes, when it holds, what it may not be made of, and that it never quiets an end."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core import routing, silence
from router.core.routing import Hush, Table, parse_matcher
from router.core.silence import AHEAD, LONGEST, Silence, SilenceError
from tests.core.test_routing import HOOK, MAIL, NOW, TABLE, change, told

MINUTE = timedelta(minutes=1)
ORDER = ("pending", "active", "expired")


def made(*matchers: str, begins: int = 0, lasts: int = 60) -> Silence:
    starts_at = NOW + begins * MINUTE
    return Silence(
        UUID(int=lasts), tuple(map(parse_matcher, matchers)), starts_at, starts_at + lasts * MINUTE, "deploy", "nina"
    )


def fit(*texts: str) -> tuple[routing.Matcher, ...]:
    return silence.matchers(texts, lambda text: "77341902" in text)


@given(
    st.integers(-100, 100),
    st.integers(1, 100),
    st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=8),
)
def test_it_only_goes_forward_and_holds_while_it_is_active(
    begins: int, lasts: int, steps: list[tuple[int, bool]]
) -> None:
    """Whatever passes and whenever somebody ends it: pending, active, expired, and never back."""
    one = made("a=b", begins=begins, lasts=lasts)
    now, before = NOW, 0
    for passed, ends in steps:
        now += passed * MINUTE
        if ends:
            one = one.ended(now)
            assert one.state(now) == "expired"
            assert one.ends_at <= now
        state = one.state(now)
        assert ORDER.index(state) >= before
        before = ORDER.index(state)
        assert one.holds({"a": "b"}, now) is (state == "active")
        assert not one.holds({"a": "c"}, now)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], "needs matchers"),
        (["  "], "needs matchers"),
        (["a=b"] * 21, "at most 20"),
        (["a"], "Matcher 1: 'a' is no matcher"),
        (["a=b", 'c=~"("'], "Matcher 2"),
        (['mrn="77341902"'], "Matcher 1 names something that looks like PHI"),
        (['environment!="prod"'], "take every alert"),
        (['alertname=~".+"', 'environment!~"dev"'], "take every alert"),
        (['a=~".*"'], "take every alert"),
        (['a=""'], "take every alert"),
    ],
)
def test_what_no_silence_is_made_of(texts: list[str], words: str) -> None:
    with pytest.raises(SilenceError, match=re.escape(words)) as refused:
        fit(*texts)
    assert "77341902" not in str(refused.value)


def test_one_matcher_that_names_something_is_enough() -> None:
    assert [str(each) for each in fit("alertname=~Disk.*", 'environment!="prod"')] == [
        'alertname=~"Disk.*"',
        'environment!="prod"',
    ]


@pytest.mark.parametrize(
    ("begins", "lasts", "good"),
    [
        (timedelta(0), MINUTE, True),
        (-MINUTE, timedelta(minutes=2), True),
        (AHEAD, LONGEST, True),
        (timedelta(0), timedelta(0), False),
        (timedelta(0), -MINUTE, False),
        (timedelta(minutes=-2), MINUTE, False),
        (timedelta(0), LONGEST + MINUTE, False),
        (AHEAD + MINUTE, MINUTE, False),
    ],
)
def test_its_times_have_bounds(begins: timedelta, lasts: timedelta, *, good: bool) -> None:
    try:
        silence.check_span(NOW + begins, NOW + begins + lasts, NOW)
    except SilenceError:
        assert not good
    else:
        assert good


def test_a_silenced_trigger_tells_nobody_and_says_why() -> None:
    table = Table(TABLE.routes, TABLE.targets, (made("severity=error"), made("severity=error", lasts=90)))
    plan = routing.plan(change("trigger", told(MAIL)), {"severity": "error"}, table, NOW)
    assert (plan.deliveries, plan.told, plan.hush) == ((), {}, Hush.SILENCED)
    assert plan.silence is table.silences[1], "the one that lasts longest"
    assert plan.why_none == "silenced by nina (SIL-0000005A): deploy"
    later = routing.plan(change("trigger"), {"severity": "error"}, table, NOW + 90 * MINUTE)
    assert later.deliveries


def test_a_silenced_update_tells_nobody_and_forgets_nobody() -> None:
    table = Table(TABLE.routes, TABLE.targets, (made("severity=error"),))
    plan = routing.plan(change("update", told(HOOK)), {"severity": "error"}, table, NOW)
    assert (plan.deliveries, plan.told, plan.hush) == ((), told(HOOK), Hush.SILENCED)


@given(
    st.sampled_from(["resolve", "acknowledge"]),
    st.sampled_from(["error", "critical", "info"]),
    st.integers(-90, 90),
    st.lists(st.sampled_from([HOOK, MAIL]), unique=True),
)
def test_no_silence_keeps_an_end_from_whoever_heard_the_beginning(
    kind: str, severity: str, begins: int, heard: list[routing.Target]
) -> None:
    known = {"severity": severity}
    table = Table(TABLE.routes, TABLE.targets, (made("severity=~error|critical", begins=begins),))
    loud = routing.plan(change(kind, told(*heard)), known, TABLE, NOW)  # type: ignore[arg-type]  # a kind
    assert routing.plan(change(kind, told(*heard)), known, table, NOW) == loud  # type: ignore[arg-type]  # a kind
    assert {each.channel_id for each in loud.deliveries} == {each.channel_id for each in heard}
