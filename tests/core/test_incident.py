"""What alerts, people and quiet do to an incident: told as stories, then left to chance."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from channels.contract import SafeText, Severity
from router.core.alert import RANK, SafeAlert, Signal
from router.core.incident import LATE_WITHIN, REOPEN_WITHIN, Action, Change, Incident, Why, absorb, act, key_mark
from tests.examples import examples

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(
    key: str = "x",
    signal: Signal = "firing",
    *,
    at: datetime = NOW,
    severity: Severity = "error",
    timed: bool = True,
    episode: str = "",
) -> SafeAlert:
    return SafeAlert(
        alert_id=UUID(int=1),
        source_id=UUID(int=2),
        source="am",
        signal=signal,
        key=key.encode().ljust(32, b"\0"),
        identity=f"{key}{signal}{episode}".encode(),
        timed=timed,
        severity=severity,
        title=SafeText(f"{key} {severity}"),
        description=SafeText(""),
        labels={"key": key},
        details={},
        links=(),
        fields=(),
        tokens=(),
        received_at=at,
    )


class Story:
    """One group key's incidents over time, with the memory of stored alerts that the database keeps."""

    def __init__(self) -> None:
        self.incident: Incident | None = None
        self.stored: dict[bytes, tuple[UUID, int]] = {}
        self.opened = 0

    def hear(self, heard: SafeAlert) -> Change | None:
        self.opened += 1
        current = self.incident
        seen = self.stored.get(heard.identity)
        ever = heard.timed and heard.signal == "resolved"
        duplicate = (
            seen is not None
            and current is not None
            and seen[0] == current.incident_id
            and (ever or seen[1] == current.generation)
        )
        change = absorb(current, heard, group_key=b"g", new_id=UUID(int=self.opened), duplicate=duplicate)
        if change is not None:
            self.incident = replace(change.incident, new=False)
            if change.keep:
                place = (change.incident.incident_id, change.incident.generation)
                assert self.stored.get(heard.identity) != place, "an alert is stored once a generation"
                self.stored[heard.identity] = place
        return change

    def do(self, action: Action, at: datetime) -> Change:
        assert self.incident is not None
        change = act(self.incident, action, "user:1", at)
        self.incident = change.incident
        return change

    def fall_quiet(self, at: datetime) -> None:
        """What the quiet sweep's statement does."""
        assert self.incident is not None
        self.incident = replace(
            self.incident,
            status="resolved",
            revision=self.incident.revision + 1,
            resolved_at=at,
            ended_by="quiet",
        )


def whys(*heard: SafeAlert) -> list[tuple[Why, str | None] | None]:
    story = Story()
    changes = [story.hear(each) for each in heard]
    return [(change.why, change.kind) if change else None for change in changes]


def test_an_incident_lives_from_its_first_alert_to_the_last_resolve() -> None:
    assert whys(
        alert("x"),
        alert("y"),
        alert("x", "resolved"),
        alert("y", "resolved"),
    ) == [
        (Why.OPENED, "trigger"),
        (Why.JOINED, "update"),
        (Why.PARTLY, "update"),
        (Why.ENDED, "resolve"),
    ]


def test_a_resolve_or_acknowledgement_of_nothing_is_nothing() -> None:
    assert whys(alert("x", "resolved"), alert("x", "acknowledged")) == [None, None]


def test_a_resolve_of_a_stranger_does_not_end_the_incident() -> None:
    assert whys(alert("x"), alert("y", "resolved")) == [(Why.OPENED, "trigger"), (Why.UNKNOWN_END, None)]


def test_the_same_alert_again_is_heard_but_not_news() -> None:
    story = Story()
    story.hear(alert("x"))
    change = story.hear(alert("x", at=NOW + MINUTE))
    assert change is not None
    assert (change.why, change.kind, change.keep, change.revised) == (Why.DUPLICATE, None, False, False)
    assert (change.incident.count, change.incident.last_alert_at) == (1, NOW + MINUTE)


def test_a_more_severe_alert_raises_the_incident_and_a_milder_one_never_lowers_it() -> None:
    story = Story()
    story.hear(alert("x", severity="warning"))
    raised = story.hear(alert("x", severity="critical", episode="2"))
    milder = story.hear(alert("x", severity="info", episode="3"))
    assert raised is not None
    assert milder is not None
    assert (raised.why, raised.kind, raised.incident.title) == (Why.RAISED, "update", "x critical")
    assert (milder.why, milder.kind, milder.incident.severity) == (Why.REPEATED, None, "critical")


def test_a_late_copy_after_a_partial_resolve_does_not_keep_the_incident_open() -> None:
    assert whys(
        alert("x"),
        alert("y"),
        alert("x", "resolved"),
        alert("x"),
        alert("y", "resolved"),
    )[3:] == [(Why.STALE, None), (Why.ENDED, "resolve")]


def test_an_untimed_alert_that_comes_back_within_its_group_must_resolve_again() -> None:
    """The same content twice is all that such a source can send, so it cannot be taken for a copy."""
    story = Story()
    for each in (
        alert("x", timed=False),
        alert("y", timed=False),
        alert("x", "resolved", timed=False),
    ):
        story.hear(each)
    back = story.hear(alert("x", timed=False))
    assert back is not None
    assert (back.why, back.kind, back.keep, back.incident.count) == (Why.JOINED, "update", False, 2)
    gone = story.hear(alert("y", "resolved", timed=False))
    assert gone is not None
    assert gone.why is Why.PARTLY
    ended = story.hear(alert("x", "resolved", timed=False))
    assert ended is not None
    assert (ended.why, ended.kind, ended.keep) == (Why.ENDED, "resolve", False)


@pytest.mark.parametrize(("later", "why"), [(LATE_WITHIN, Why.STALE), (LATE_WITHIN + MINUTE, Why.REOPENED)])
def test_an_episode_that_its_source_ended_is_stale_at_first_and_back_after_a_while(later: timedelta, why: Why) -> None:
    story = Story()
    story.hear(alert("x"))
    story.hear(alert("x", "resolved"))
    change = story.hear(alert("x", at=NOW + later))
    assert change is not None
    assert change.why is why


def test_what_went_quiet_and_fires_again_is_reopened_with_its_history() -> None:
    story = Story()
    story.hear(alert("x"))
    story.fall_quiet(NOW + 30 * MINUTE)
    change = story.hear(alert("x", at=NOW + 31 * MINUTE))
    assert change is not None
    assert (change.why, change.kind, change.keep) == (Why.REOPENED, "trigger", True)
    assert (change.incident.generation, change.incident.count, change.incident.opened_at) == (1, 2, NOW)


def test_a_late_resolve_of_an_earlier_time_does_not_end_a_reopened_incident() -> None:
    story = Story()
    for each in (
        alert("x", episode="1"),
        alert("x", "resolved", episode="1"),
        alert("x", episode="2", at=NOW + MINUTE),
    ):
        story.hear(each)
    late = story.hear(alert("x", "resolved", episode="1", at=NOW + MINUTE))
    assert late is not None
    assert (late.why, late.incident.status) == (Why.DUPLICATE, "open")


def test_after_a_day_it_is_a_new_incident() -> None:
    story = Story()
    first = story.hear(alert("x"))
    story.hear(alert("x", "resolved"))
    later = NOW + REOPEN_WITHIN + MINUTE
    assert story.hear(alert("x", "resolved", at=later, episode="2")) is None
    second = story.hear(alert("x", at=later))
    assert first is not None
    assert second is not None
    assert (second.why, second.incident.incident_id == first.incident.incident_id) == (Why.OPENED, False)


def test_people_acknowledge_investigate_resolve_and_reopen() -> None:
    story = Story()
    story.hear(alert("x"))
    told = [(change.why, change.kind) for change in (story.do(each, NOW) for each in ("ack", "ack", "investigate"))]
    assert told == [
        (Why.ACKNOWLEDGED, "acknowledge"),
        (Why.NO_CHANGE, None),
        (Why.INVESTIGATING, "acknowledge"),
    ]
    assert [story.do(each, NOW).kind for each in ("resolve", "resolve", "reopen")] == ["resolve", None, "trigger"]


@pytest.mark.parametrize("quiet", [False, True])
def test_an_incident_that_a_person_reopened_still_ends_with_the_resolve_of_its_last_alert(*, quiet: bool) -> None:
    story = Story()
    for each in ("x", "y", "z"):
        story.hear(alert(each))
    if quiet:
        story.fall_quiet(NOW + 30 * MINUTE)
    else:
        story.do("resolve", NOW + 30 * MINUTE)
    story.hear(alert("x", "resolved", at=NOW + 31 * MINUTE))
    story.do("reopen", NOW + 32 * MINUTE)
    told = [story.hear(alert(each, "resolved", at=NOW + 33 * MINUTE)) for each in ("y", "z")]
    assert [(each.why, each.kind) for each in told if each] == [(Why.PARTLY, "update"), (Why.ENDED, "resolve")]


SEVERITIES = st.sampled_from(sorted(RANK))
KEYS = st.sampled_from(["x", "y"])


class Life(RuleBasedStateMachine):
    """Sources fire and resolve, copies arrive late and in any order, people act, time passes."""

    timed = True

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()
        self.now = NOW
        self.sent: list[SafeAlert] = []
        self.firing: dict[str, str] = {}  # what truly fires at the source: key -> episode
        self.episodes = 0
        self.meddled = False  # people or quiet have ended it, so the source's view is not the whole story
        self.before: Incident | None = None

    def tell(self, heard: SafeAlert) -> Change | None:
        self.before = self.story.incident
        change = self.story.hear(heard)
        self.check(change)
        return change

    def check(self, change: Change | None) -> None:
        before = self.before
        if change is None:
            return
        after = change.incident
        same = before is not None and before.incident_id == after.incident_id
        grown = after.revision - (before.revision if before is not None and same else 0)
        assert grown == (1 if change.revised else 0), "a revision is one step, exactly when there is a reason for one"
        assert (change.kind is not None) is change.revised, "channels hear of each revision, and of nothing else"
        if before is not None and same:
            assert after.count >= before.count
            assert after.generation >= before.generation
            assert after.last_alert_at >= before.last_alert_at
            assert RANK[after.severity] >= RANK[before.severity] or change.why is Why.REOPENED
            assert after.opened_at == before.opened_at

    @rule(key=KEYS, severity=SEVERITIES)
    def fires(self, key: str, severity: Severity) -> None:
        if key in self.firing:
            return
        self.episodes += 1
        self.firing[key] = str(self.episodes) if self.timed else ""
        self.send(alert(key, "firing", at=self.now, severity=severity, timed=self.timed, episode=self.firing[key]))

    @rule(data=st.data())
    @precondition(lambda self: self.firing)
    def resolves(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.firing)))
        self.send(alert(key, "resolved", at=self.now, timed=self.timed, episode=self.firing.pop(key)))

    def send(self, heard: SafeAlert) -> None:
        self.sent.append(heard)
        self.tell(heard)

    @rule(data=st.data())
    @precondition(lambda self: self.sent and self.timed)
    def a_copy_arrives_late(self, data: st.DataObject) -> None:
        heard = data.draw(st.sampled_from(self.sent[-6:]))
        place = self.story.stored.get(heard.identity)
        incident = self.story.incident
        if place is None or incident is None or (heard.signal == "firing" and place[1] != incident.generation):
            return
        if self.now - heard.received_at > LATE_WITHIN:
            return
        before = incident
        change = self.tell(replace(heard, received_at=self.now))
        if change is not None and incident.ended_by in {None, "source"}:
            assert not change.revised, "a copy is never news"
            assert replace(change.incident, last_alert_at=before.last_alert_at) == before, "and changes nothing else"

    @rule(data=st.data())
    @precondition(lambda self: self.firing)
    def repeats(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.firing)))
        self.tell(alert(key, at=self.now, timed=self.timed, episode=self.firing[key]))
        assert self.story.incident is not None
        assert self.story.incident.status != "resolved" or self.story.incident.ended_by == "source"

    @rule(action=st.sampled_from(["ack", "investigate"]))
    @precondition(lambda self: self.story.incident is not None)
    def a_person_takes_it(self, action: Action) -> None:
        self.a_person_acts(action)

    @rule(action=st.sampled_from(["resolve", "reopen"]))
    @precondition(lambda self: self.story.incident is not None and self.episodes > 4)
    def a_person_acts(self, action: Action) -> None:
        self.before = self.story.incident
        change = self.story.do(action, self.now)
        self.check(change)
        self.meddled = self.meddled or action in {"resolve", "reopen"}

    @rule()
    @precondition(lambda self: self.episodes > 4)
    def it_falls_quiet(self) -> None:
        """Late in a life, since from then on less can be said about it; investigation holds it off."""
        if self.story.incident is None or self.story.incident.status not in {"open", "acknowledged"}:
            return
        self.story.fall_quiet(self.now)
        self.meddled = True

    @rule(minutes=st.sampled_from([1, 4, 20, 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @invariant()
    def an_end_has_its_time_and_its_author(self) -> None:
        incident = self.story.incident
        if incident is not None:
            ended = incident.status == "resolved"
            assert (incident.resolved_at is not None) is (incident.ended_by is not None) is ended

    @invariant()
    def what_its_source_ended_has_nothing_firing(self) -> None:
        incident = self.story.incident
        if incident is not None and incident.ended_by == "source":
            assert not incident.firing

    @invariant()
    def unless_others_meddle_it_is_open_exactly_while_something_fires(self) -> None:
        incident = self.story.incident
        if incident is not None and not self.meddled:
            assert incident.firing == {key_mark(alert(key).key) for key in self.firing}
            assert (incident.status != "resolved") is bool(self.firing)


class UntimedLife(Life):
    """The same with a source that gives no times."""

    timed = False


def configured(machine: type[Life]) -> Callable[[], Any]:
    case = machine.TestCase
    case.settings = settings(max_examples=examples(60), stateful_step_count=30, deadline=None)
    return case


TestLife = configured(Life)
TestUntimedLife = configured(UntimedLife)
