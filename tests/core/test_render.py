"""Messages: the same words every time, tokens whole, plaintext only where a decision allows it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from channels.contract import Message, SafeText
from channels.text import TOKEN
from router.core import render
from router.core.incident import Incident, Why

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
INCIDENT_ID = UUID("0190a0b0-0000-7000-8000-00001a2b3c4d")
TOKEN_TEXT = "<EMAIL_7K2M4QXW9R>"
PLAIN = "zq.canary@leakmail.test"

INCIDENT = Incident(
    incident_id=INCIDENT_ID,
    group_key=b"g",
    source_id=UUID(int=1),
    source="prod-alertmanager",
    status="open",
    severity="critical",
    title=SafeText(f"Export failed\nfor {TOKEN_TEXT}"),
    description=SafeText(f"row of {TOKEN_TEXT} and <WORD_0000000001>"),
    labels={"service": "export"},
    links=(("Runbook", "https://runbooks.example.test/x"), ("Source", "http://prom:9090/graph")),
    fields=(("user", TOKEN_TEXT), (TOKEN_TEXT, "1")),
    revision=3,
    generation=0,
    count=4,
    firing=frozenset(),
    opened_at=NOW - timedelta(hours=1),
    last_alert_at=NOW,
)


def message(incident: Incident = INCIDENT, **changed: Any) -> Message:  # noqa: ANN401 - whatever message takes
    facts: dict[str, Any] = {
        "kind": "trigger",
        "key": "k",
        "why": Why.OPENED,
        "mode": "tokens",
        "tenant": "acme",
        "url": "https://alertveil.example.test/i",
        "refs": {},
        "repeat": False,
        "with_trigger": False,
        "quiet_after": None,
    }
    return render.message(incident, **facts | changed)


def test_the_summary_has_one_grammar() -> None:
    told = message()
    assert told.summary == f"[CRITICAL] prod-alertmanager: Export failed for {TOKEN_TEXT} (INC-1A2B3C4D)"
    ended = message(replace(INCIDENT, status="resolved", ended_by="source"), kind="resolve", why=Why.ENDED)
    assert ended.summary.startswith("[RESOLVED] prod-alertmanager: Export failed")
    assert ended.reason == "resolved by its source"


@given(st.text(max_size=400), st.sampled_from(["critical", "error", "warning", "info"]))
def test_whatever_the_title_the_summary_can_be_taken_apart(title: str, severity: Any) -> None:  # noqa: ANN401 - literal
    summary = message(replace(INCIDENT, title=SafeText(title), severity=severity)).summary
    assert re.fullmatch(r"\[(CRITICAL|ERROR|WARNING|INFO)\] prod-alertmanager: [^\n\r]* \(INC-1A2B3C4D\)", summary)
    assert len(summary) < 250


def test_a_quiet_end_says_that_nobody_fixed_anything() -> None:
    quiet = replace(INCIDENT, status="resolved", ended_by="quiet", resolved_at=NOW)
    told = message(quiet, kind="resolve", why=Why.QUIET, quiet_after=timedelta(minutes=30))
    assert told.reason == "auto-resolved: no alert for 30 minutes; it went quiet, nobody said that it is fixed"
    assert "quiet" in message(quiet, kind="resolve", why=Why.QUIET).reason


def test_the_facts_of_the_incident_are_in_the_message() -> None:
    told = message(repeat=True, with_trigger=True, refs={"ts": "1"})
    assert (told.incident_id, told.revision, told.count, told.severity) == (str(INCIDENT_ID), 3, 4, "critical")
    assert (told.first_seen, told.last_seen) == (INCIDENT.opened_at, NOW)
    assert (told.repeat, told.with_trigger, told.refs) == (True, True, {"ts": "1"})
    assert told.links == (("Runbook", "https://runbooks.example.test/x"),)


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (f"https://x.test/p?email={TOKEN_TEXT}&n=1#a", "https://x.test/p?email=%3CEMAIL_7K2M4QXW9R%3E&n=1#a"),
        ('https://x.test/a b?q={"k":"é"}|%20', "https://x.test/a%20b?q=%7B%22k%22:%22%C3%A9%22%7D%7C%20"),
        ("https://[2001:db8::1]:8443/~a", "https://[2001:db8::1]:8443/~a"),
    ],
)
def test_a_link_is_an_address_that_no_vendor_refuses_and_nothing_cuts(link: str, told: str) -> None:
    assert message(replace(INCIDENT, links=(("Source", link),))).links == (("Source", told),)


def test_tokens_stay_tokens_without_a_decision() -> None:
    told = message(values={TOKEN_TEXT: PLAIN})
    assert PLAIN not in repr(told)


def test_plaintext_stands_only_where_it_may() -> None:
    told = message(mode="plaintext", values={TOKEN_TEXT: PLAIN})
    assert told.title == f"Export failed\nfor {PLAIN}"
    assert told.description == f"row of {PLAIN} and <WORD_0000000001>"
    assert told.fields == (("user", PLAIN), (PLAIN, "1"))
    elsewhere = msgspec.structs.replace(told, title=SafeText(""), description=SafeText(""), fields=())
    assert PLAIN not in repr(elsewhere)


def test_a_value_that_looks_like_a_token_is_not_opened_in_turn() -> None:
    told = message(mode="plaintext", values={TOKEN_TEXT: "<WORD_0000000001>", "<WORD_0000000001>": PLAIN})
    assert told.title == "Export failed\nfor <WORD_0000000001>"


def test_labels_come_first_and_nested_details_are_named_by_their_path() -> None:
    details = {
        "rows": [{"id": 1, "ok": True}, {"id": 2}],
        "tags": ["a", None, 2.5],
        "deep": {"er": {"x": "y"}, "z": 1},
        "none": None,
        "empty": {},
        "after": "w",
    }
    assert render.flatten({"service": "fhir", "blank": ""}, details) == (
        ("service", "fhir"),
        ("rows.0.id", "1"),
        ("rows.0.ok", "true"),
        ("rows.1.id", "2"),
        ("tags", "a, 2.5"),
        ("deep.er.x", "y"),
        ("deep.z", "1"),
        ("after", "w"),
    )


texts = st.lists(st.sampled_from(["a", " ", TOKEN_TEXT, "é", "<", "x" * 490]), max_size=6).map("".join)
trees = st.recursive(
    texts | st.none() | st.integers(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner)
)


@given(st.dictionaries(texts, texts, max_size=30), st.dictionaries(texts, trees, max_size=30))
def test_fields_are_bounded_and_their_tokens_whole(labels: dict[str, str], details: dict[str, Any]) -> None:
    fields = render.flatten(labels, details)
    assert len(fields) <= render.MAX_FIELDS
    for name, value in fields:
        assert value
        assert len(name) <= render.MAX_NAME
        assert len(value) <= render.MAX_VALUE
        for text in (name, value):
            assert "<E" not in TOKEN.sub("", text), "half a token"


def test_a_digest_tells_each_incident_in_tokens() -> None:
    ended = replace(INCIDENT, incident_id=UUID(int=9), status="resolved", severity="info", count=1, source="app")
    told = render.digest([ended, INCIDENT], key="k", tenant="acme", url="u", page=lambda each: f"p/{each.hex[-2:]}")
    assert told.summary == "[DIGEST] acme: 2 incidents: 1 critical, 1 resolved"
    assert (told.severity, told.status, told.mode, told.count) == ("critical", "open", "tokens", 5)
    assert [(line.status, line.url) for line in told.digest] == [("resolved", "p/09"), ("open", "p/4d")]
    assert "\n" not in told.digest[1].title
    with pytest.raises(ValueError, match="needs incidents"):
        render.digest([], key="k", tenant="acme", url="u", page=str)


def test_a_test_says_that_it_is_one() -> None:
    told = render.test(incident_id=INCIDENT_ID, key="k", tenant="acme", channel="hook", url="", now=NOW)
    assert told.kind == "test"
    assert told.summary.startswith("[TEST] ")
    assert "TEST" in told.title
    assert len(TOKEN.findall(told.description)) == 1


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_spans_are_spoken(span: timedelta, words: str) -> None:
    assert render.spoken(span) == words
