"""Matchers as Alertmanager reads them, and whom a change is told to."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Kind, SafeText
from router.core import routing
from router.core.incident import Change, Incident, Why
from router.core.routing import Hush, MatcherError, Planned, Route, Table, Target, parse_matcher

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
SPACE = UUID(int=7)


@pytest.mark.parametrize(
    ("text", "name", "operator", "value"),
    [
        ("a=b", "a", "=", "b"),
        (' a != "b c" ', "a", "!=", "b c"),
        ('severity=~"critical|error"', "severity", "=~", "critical|error"),
        ("a=", "a", "=", ""),
        ('a=""', "a", "=", ""),
        ("a=b c", "a", "=", "b c"),
        ("a=b=c", "a", "=", "b=c"),
        ("a=~=b", "a", "=~", "=b"),
        (r'a=~"\d+"', "a", "=~", r"\d+"),
        (r'a="x\"y\\z\n"', "a", "=", 'x"y\\z\n'),
        ('"quoted name"!~x', "quoted name", "!~", "x"),
        ("kubernetes.io/app=x", "kubernetes.io/app", "=", "x"),
    ],
)
def test_a_matcher_is_read(text: str, name: str, operator: str, value: str) -> None:
    matcher = parse_matcher(text)
    assert (matcher.name, matcher.operator, matcher.value) == (name, operator, value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected label"),
        ("a", "expected label"),
        ("=b", "expected label"),
        ("a b=c", "expected label"),
        ('a="b', "quotes do not close"),
        ('a="b", c="d"', "one matcher per line"),
        ('a=b"c', "double quotes"),
        ('a=~"("', "missing )"),
        ('a=~"(?=x)"', "RE2"),
        (r'a=~"(x)\1"', "RE2"),
        ('a=~"(?:(?:x{1000}){1000})"', "RE2"),
        ("a=" + "x" * 5000, "4096"),
    ],
)
def test_what_is_no_matcher_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(MatcherError, match=re.escape(words)):
        parse_matcher(text)


@pytest.mark.parametrize(
    ("text", "facts", "holds"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {}, False),
        ("a=", {}, True),
        ("a!=", {}, False),
        ("a!=b", {}, True),
        ("a=~b", {"a": "bb"}, False),
        ("a=~b+", {"a": "bb"}, True),
        ("a=~b+", {"a": "bbc"}, False),
        ("a=~b+", {"a": "abb"}, False),
        ("a=~.*", {}, True),
        ("a=~.+", {}, False),
        ("a!~.+", {}, True),
        ("a!~b|c", {"a": "c"}, False),
        ("a=~b|", {}, True),
        ("a=~b|c", {"a": "b|c"}, False),
        ("a=~a.c", {"a": "abc"}, True),
        ("a=~(?i)b", {"a": "B"}, True),
        (r'a=~"\w+@x"', {"a": "é@x"}, False),
    ],
)
def test_a_regex_is_anchored_and_a_missing_label_is_empty(text: str, facts: Mapping[str, str], *, holds: bool) -> None:
    assert parse_matcher(text).matches(facts) is holds


words = st.text("ab-_ .0", max_size=4)


@given(st.lists(words, min_size=1, max_size=4), words)
def test_alternatives_decided_without_the_engine_are_the_same(options: list[str], value: str) -> None:
    pattern = "|".join(options)
    expected = re.fullmatch(pattern, value) is not None
    assert parse_matcher(f'a=~"{pattern}"').matches({"a": value}) is expected
    assert parse_matcher(f'a!~"{pattern}"').matches({"a": value}) is not expected


@given(
    st.from_regex(r"[a-z][a-z.\-]{0,5}", fullmatch=True),
    st.sampled_from(["=", "!="]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.dictionaries(st.sampled_from("ab"), st.text("ab", max_size=2)),
)
def test_a_printed_matcher_reads_back_as_itself(name: str, operator: str, value: str, known: dict[str, str]) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    matcher = parse_matcher(f'{name}{operator}"{quoted}"')
    again = parse_matcher(str(matcher))
    assert (again.name, again.operator, again.value) == (name, operator, value)
    assert again.matches(known) is matcher.matches(known)


def target(name: str) -> Target:
    return Target(uuid5(SPACE, name), uuid5(SPACE, name + " destination"), name)


TARGETS = {name: target(name) for name in ("slack", "pager", "mail", "hook")}
SLACK, PAGER, MAIL, HOOK = TARGETS.values()


def route(*matchers: str, to: str, group_by: tuple[str, ...] | None = None, go_on: bool = False) -> Route:
    return Route(tuple(map(parse_matcher, matchers)), tuple(to.split()), group_by, go_on)


TABLE = Table(
    (
        route("environment=test", to="hook"),
        route('severity=~"critical|error"', to="slack pager", group_by=("alertname", "service"), go_on=True),
        route("source=app", to="mail slack", group_by=("host",), go_on=True),
        route("severity=critical", to="hook"),
        route(to="mail"),
    ),
    TARGETS,
)


def change(kind: Kind | None, told: Mapping[UUID, UUID] | None = None) -> Change:
    incident = Incident(
        incident_id=uuid5(SPACE, "incident"),
        group_key=b"g",
        source_id=SPACE,
        source="app",
        status="open",
        severity="error",
        title=SafeText("t"),
        description=SafeText(""),
        labels={},
        links=(),
        fields=(),
        revision=1,
        generation=0,
        count=1,
        firing=frozenset(),
        opened_at=NOW,
        last_alert_at=NOW,
        told=told or {},
    )
    return Change(incident, Why.OPENED, kind, keep=True)


def told(*targets: Target) -> dict[UUID, UUID]:
    return {one.channel_id: one.destination_id for one in targets}


def sends(*targets: Target, kind: Kind) -> tuple[Planned, ...]:
    return tuple(Planned(one.channel_id, one.destination_id, kind) for one in targets)


def test_the_first_match_ends_the_search() -> None:
    plan = routing.plan(change("trigger"), {"environment": "test", "severity": "critical"}, TABLE, NOW)
    assert plan.deliveries == sends(HOOK, kind="trigger")
    assert plan.told == told(HOOK)


def test_continue_adds_channels_once_each() -> None:
    known = routing.facts({"severity": "ignored"}, "critical", "app")
    assert routing.plan(change("trigger"), known, TABLE, NOW).deliveries == sends(
        SLACK, PAGER, MAIL, HOOK, kind="trigger"
    )


def test_the_first_match_gives_the_group_key_and_later_ones_never_do() -> None:
    known = routing.facts({"service": "fhir", "host": "h1"}, "error", "app")
    assert routing.group_fields(TABLE, known) == (("alertname", ""), ("service", "fhir"))
    assert routing.group_fields(TABLE, routing.facts({"host": "h1"}, "info", "app")) == (("host", "h1"),)
    assert routing.group_fields(TABLE, {"environment": "test"}) is None
    assert routing.group_fields(Table((), {}), known) is None


def test_our_severity_and_the_source_hide_labels_of_the_same_name() -> None:
    assert routing.facts({"severity": "page", "source": "x", "a": "b"}, "info", "app") == {
        "severity": "info",
        "source": "app",
        "a": "b",
    }


def test_an_update_reaches_all_who_know_and_announces_to_whom_it_matches_only_now() -> None:
    old = Target(SLACK.channel_id, uuid5(SPACE, "where slack was then"), "slack")
    plan = routing.plan(change("update", told(old)), {"severity": "error"}, TABLE, NOW)
    assert plan.deliveries == sends(old, kind="update") + sends(PAGER, MAIL, kind="trigger")
    assert plan.told == told(old, PAGER, MAIL)


@pytest.mark.parametrize("kind", ["resolve", "acknowledge"])
def test_a_resolve_goes_exactly_where_the_trigger_went_past_any_change_of_routes(kind: Kind) -> None:
    gone = target("a channel that is deleted")
    for table in (TABLE, Table((), {})):
        plan = routing.plan(change(kind, told(gone, MAIL)), {"environment": "test"}, table, NOW)
        assert plan.deliveries == sends(gone, MAIL, kind=kind)
        assert plan.told == told(gone, MAIL)


def test_an_incident_that_came_back_is_told_to_all_who_knew_it_where_they_are_today() -> None:
    gone = target("a channel that is deleted")
    old = Target(PAGER.channel_id, uuid5(SPACE, "where pager was then"), "pager")
    plan = routing.plan(change("trigger", told(old, gone)), {"severity": "info"}, TABLE, NOW)
    assert plan.deliveries == sends(PAGER, MAIL, kind="trigger")
    assert plan.told == told(PAGER, MAIL)


@pytest.mark.parametrize(
    ("kind", "table", "hush"),
    [
        (None, TABLE, Hush.NOTHING_NEW),
        ("trigger", Table((), TARGETS), Hush.NO_ROUTE),
        ("update", Table((), TARGETS), Hush.NO_ROUTE),
        ("trigger", Table((route(to="gone"),), TARGETS), Hush.NO_CHANNEL),
        ("resolve", TABLE, Hush.NEVER_ANNOUNCED),
    ],
)
def test_silence_has_its_reason(kind: Kind | None, table: Table, hush: Hush) -> None:
    plan = routing.plan(change(kind), {"severity": "error"}, table, NOW)
    assert (plan.deliveries, plan.told, plan.hush) == ((), {}, hush)


def test_literals_are_what_routes_name_and_no_regex() -> None:
    routes = [route("a=x", 'a=~"y|z"', "a!=", 'b=~"p.*"', "c!~q", to="mail")]
    assert routing.literals(routes) == {"a": frozenset("xyz"), "c": frozenset("q")}


kinds: st.SearchStrategy[Kind | None] = st.sampled_from([None, "trigger", "update", "acknowledge", "resolve"])
known_facts = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.sampled_from(["critical", "error", "info"]),
        "source": st.sampled_from(["app", "x"]),
        "environment": st.just("test"),
    },
)


@given(kinds, known_facts, st.sets(st.sampled_from(list(TARGETS.values()))))
def test_every_plan_keeps_the_rules(kind: Kind | None, known: dict[str, str], knew: set[Target]) -> None:
    before = told(*knew)
    plan = routing.plan(change(kind, before), known, TABLE, NOW)
    channels = [one.channel_id for one in plan.deliveries]
    assert len(channels) == len(set(channels)), "one delivery a channel"
    assert set(before) <= set(plan.told), "nobody who knows is forgotten"
    assert (plan.hush is None) is bool(plan.deliveries)
    assert all(plan.told[one.channel_id] == one.destination_id for one in plan.deliveries)
    if kind == "resolve":
        assert set(channels) == set(before)
    for one in plan.deliveries:
        assert one.kind == kind or (kind == "update" and one.kind == "trigger" and one.channel_id not in before)
