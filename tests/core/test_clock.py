"""A reader's clock, against the calendar's own words: what it shows, what it means, where a night has an hour twice."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.clock import UTC_CLOCK, Clock, clock, known

ZONES = sorted(
    {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"}
    | {
        "America/Havana",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Africa/Casablanca",
    }
)
"""Whole hours, halves and quarters; half an hour of summer; midnight skipped and twice; a day left out; Ramadan."""

clocks = st.sampled_from([*map(clock, ZONES), UTC_CLOCK])
moments = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is beside
shown = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1))  # noqa: DTZ001 - what a clock shows has none


@given(clocks, moments)
def test_a_time_that_was_shown_leads_back_to_its_moment(each: Clock, at: datetime) -> None:
    found = each.moments(each.local(at))
    assert at in found
    assert list(found) == sorted(found)
    assert {each.local(one) for one in found} == {each.local(at)}


@given(clocks, shown)
def test_every_time_of_day_comes_once_or_twice_or_is_jumped_over(each: Clock, wanted: datetime) -> None:
    found = each.moments(wanted)
    first = each.first(wanted)
    assert len(found) <= 2
    if found:
        assert first == found[0]
    else:
        assert each.local(first - timedelta(seconds=1)) < wanted < each.local(first), "the jump is where it lands"


@given(clocks, st.dates(date(1990, 1, 1), date(2059, 1, 1)))
def test_days_follow_each_other_without_a_gap(each: Clock, day: date) -> None:
    begins, ends = each.day(day), each.day(day + timedelta(days=1))
    assert timedelta(0) <= ends - begins <= timedelta(hours=48)
    if begins < ends:  # else the zone left this day out, as Samoa did on 2011-12-30
        assert each.local(begins).date() == day
        assert each.local(begins - timedelta(microseconds=1)).date() < day


@given(clocks, moments)
def test_the_day_that_a_clock_shows_has_begun_and_the_next_one_not(each: Clock, at: datetime) -> None:
    own = each.local(at).date()
    again = timedelta(hours=1)  # in St. John's, to 2011, the last hour of a day came once more after its midnight
    assert each.day(own) <= at < each.day(own + timedelta(days=1)) + again


@given(clocks, moments, st.sampled_from([(1, 24), (6, 28), (24, 30)]))
def test_the_columns_of_a_chart_lead_up_to_now_in_whole_hours(
    each: Clock, now: datetime, span: tuple[int, int]
) -> None:
    hours, many = span
    found = each.marks(now, hours, many)
    assert len(found) == many
    assert all(at.replace(minute=0, second=0, microsecond=0) == at for at in found)
    assert found[-1] <= now < found[-1] + timedelta(hours=hours + 2)
    assert all(before <= after for before, after in pairwise(found))


@given(clocks, moments)
def test_what_is_written_says_the_moment_whole(each: Clock, at: datetime) -> None:
    text = each.full(at)
    said, _, offset = text.partition(" UTC")
    sign = -1 if offset.startswith("−") else 1
    hours, _, minutes = offset[1:].partition(":")
    off = sign * timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    assert (datetime.fromisoformat(said) - off).replace(tzinfo=UTC) == at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("zone", "text", "said"),
    [
        ("Europe/Berlin", "2026-11-22T15:04:05", "2026-11-22 16:04:05 UTC+1"),
        ("Europe/Berlin", "2026-07-22T15:04:05", "2026-07-22 17:04:05 UTC+2"),
        ("America/St_Johns", "2026-11-22T15:04:05", "2026-11-22 11:34:05 UTC−3:30"),
        ("Asia/Kathmandu", "2026-11-22T20:04:05", "2026-11-23 01:49:05 UTC+5:45"),
        ("Europe/London", "2026-11-22T15:04:05", "2026-11-22 15:04:05 UTC"),
        ("", "2026-11-22T15:04:05", "2026-11-22 15:04:05 UTC"),
    ],
)
def test_times_as_people_of_a_zone_write_them(zone: str, text: str, said: str) -> None:
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    assert clock(zone).full(at) == said
    assert clock(zone).minute(at) == f"{said[:16]}{said[19:]}"
    assert clock(zone).minute(at, at + timedelta(minutes=1)) == f"{said[11:16]}{said[19:]}"


def test_the_night_of_autumn_has_an_hour_twice_and_that_of_spring_none_of_it() -> None:
    berlin = clock("Europe/Berlin")
    assert berlin.moments(datetime(2026, 10, 25, 2, 30)) == (  # noqa: DTZ001 - what the clock shows
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    assert berlin.moments(datetime(2027, 3, 28, 2, 30)) == ()  # noqa: DTZ001 - what the clock shows
    assert berlin.first(datetime(2027, 3, 28, 2, 30)) == datetime(2027, 3, 28, 1, tzinfo=UTC)  # noqa: DTZ001 - the same
    assert clock("Africa/Cairo").day(date(2026, 4, 24)) == datetime(2026, 4, 23, 22, tzinfo=UTC), "it begins at one"


@pytest.mark.parametrize(
    "name",
    ["UTC", "localtime", "Factory", "posixrules", "posix/Europe/Berlin", "Europe", "Europe/", "europe/berlin", "../x",
     "/etc/localtime", "Europe/Berlin\n", "Mars/Olympus", "", "A" * 300, "Europe/B\0"],
)  # fmt: skip
def test_only_names_of_zones_are_zones(name: str) -> None:
    assert not known(name)
    assert clock(name) is UTC_CLOCK


def test_every_zone_that_the_system_knows_by_an_ordinary_name_is_one() -> None:
    refused = {name for name in zoneinfo.available_timezones() if not known(name)}
    assert refused <= {"UTC", "Factory", "localtime"}
