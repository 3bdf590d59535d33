"""Plain JSON: both customary vocabularies, a mapping for every other shape, nothing lost."""

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.sources import generic
from router.sources.contract import RawAlert, WrongShape
from router.sources.registry import FORMATS

NOW = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)


def parse(body: object, mapping: Mapping[str, str] | None = None) -> list[RawAlert]:
    return FORMATS["generic"].parse(orjson.dumps(body), mapping or {}, NOW)


def test_grafana_oncalls_words() -> None:
    (alert,) = parse(
        {
            "title": "Nightly export failed",
            "message": "row for jane.roe@example.test rejected",
            "state": "alerting",
            "alert_uid": "export-nightly",
            "severity": "warning",
            "image_url": "https://img.example.test/1.png",
            "link_to_upstream_details": "https://jobs.example.test/9",
        }
    )
    assert (alert.signal, alert.severity, alert.dedup_key) == ("firing", "warning", "export-nightly")
    assert (alert.title, alert.description) == ("Nightly export failed", "row for jane.roe@example.test rejected")
    assert alert.links == (("Source", "https://jobs.example.test/9"), ("Image", "https://img.example.test/1.png"))
    assert alert.details == {}


def test_goalerts_words() -> None:
    (alert,) = parse(
        {"summary": "Disk full", "details": "on db-1", "action": "close", "dedup": "disk", "meta": {"rack": 4}}
    )
    assert (alert.signal, alert.title, alert.description, alert.dedup_key) == (
        "resolved",
        "Disk full",
        "on db-1",
        "disk",
    )
    assert alert.details == {"meta": {"rack": 4}}


def test_what_nobody_knows_is_kept_under_details() -> None:
    (alert,) = parse({"title": "t", "patient": {"mrn": "x"}, "details": {"rows": [1]}, "status": 502, "level": "P1"})
    assert alert.details == {"patient": {"mrn": "x"}, "rows": [1], "status": 502}
    assert (alert.signal, alert.severity) == ("firing", "critical")


def test_details_that_overlap_their_neighbours_stay_apart() -> None:
    (alert,) = parse({"title": "t", "rows": 1, "details": {"rows": 2}})
    assert alert.details == {"rows": 1, "details": {"rows": 2}}


def test_customary_names_at_the_top_are_labels_that_routes_can_match() -> None:
    (alert,) = parse({"title": "t", "environment": "prod", "service": "fhir", "labels": {"service": "own", "n": 3}})
    assert alert.labels == {"service": "own", "n": "3", "environment": "prod"}
    assert alert.details == {"service": "fhir"}


def test_an_array_is_one_alert_each() -> None:
    assert [alert.title for alert in parse([{"title": "a"}, {"message": "b\nmore"}])] == ["a", "b"]
    assert parse([]) == []


@pytest.mark.parametrize(
    ("word", "signal"),
    [("firing", "firing"), ("Resolved", "resolved"), (" OK ", "resolved"), ("ack", "acknowledged"), ("odd", "firing")],
)
def test_words_for_the_state(word: str, signal: str) -> None:
    (alert,) = parse({"title": "t", "status": word})
    assert alert.signal == signal
    assert alert.details == ({"status": "odd"} if word == "odd" else {})


def test_a_beginning_makes_the_episode() -> None:
    one, same, none = parse(
        [
            {"title": "t", "starts_at": "2026-01-05T10:00:00Z"},
            {"title": "t", "startsAt": 1767607200000},
            {"title": "t", "starts_at": "yesterday"},
        ]
    )
    assert one.starts_at == same.starts_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert (one.episode, none.episode, none.starts_at) == (same.episode, "", None)


MAPPING = {
    "title": "/event/name",
    "status": "/event/~1state",
    "severity": "/lvl",
    "dedup_key": "/ids/0",
    "labels.tier": "/tags/1",
}


def test_a_mapping_finds_fields_anywhere() -> None:
    body = {"event": {"name": "Feed stalled", "/state": "ok"}, "lvl": "fatal", "ids": ["feed-7"], "tags": ["a", "gold"]}
    (alert,) = parse(body, MAPPING)
    assert (alert.title, alert.signal, alert.severity, alert.dedup_key) == (
        "Feed stalled",
        "resolved",
        "critical",
        "feed-7",
    )
    assert alert.labels == {"tier": "gold"}
    assert "lvl" not in alert.details
    assert alert.details["event"] == body["event"]


def test_a_mapping_that_leads_nowhere_falls_back_to_the_usual_names() -> None:
    (alert,) = parse({"title": "usual", "event": 5, "ids": []}, MAPPING)
    assert (alert.title, alert.dedup_key, alert.labels) == ("usual", "", {})


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a/b": 1, "m~n": [10, {"": 2}], "01": 3}),
        ("/a~1b", 1),
        ("/m~0n/0", 10),
        ("/m~0n/1/", 2),
        ("/m~0n/01", None),
        ("/m~0n/-", None),
        ("/m~0n/9", None),
        ("/m~0n/٣", None),
        ("/01", 3),
        ("/missing/0", None),
        ("/a~1b/deeper", None),
    ],
)
def test_json_pointers_as_rfc_6901_has_them(pointer: str, value: object) -> None:
    assert generic.point({"a/b": 1, "m~n": [10, {"": 2}], "01": 3}, pointer) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Zebulon", "the body: expected an object"),
        ([{"title": "a"}, "Zebulon"], r"\[1\]: expected an object"),
        ({}, "expected a text field"),
        ({"patient": "Zebulon"}, "expected a text field"),
        ({"title": {"Zebulon": 1}}, "expected a text field"),
        ({"title": "t", "labels": ["Zebulon"]}, "labels: expected an object"),
    ],
)
def test_another_shape_is_named_and_not_repeated(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse(body)
    assert "Zebulon" not in str(caught.value)


scalars = st.none() | st.booleans() | st.integers(0, 9) | st.text("ab:/", max_size=4)
bodies = st.dictionaries(
    st.sampled_from([name for names in generic.FIELDS.values() for name in names] + ["labels", "details", "host", "x"]),
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2)
    ),
    max_size=8,
)


def leaves(value: object) -> set[str]:
    if isinstance(value, dict):
        return {leaf for inner in value.values() for leaf in leaves(inner)}
    if isinstance(value, list):
        return {leaf for inner in value for leaf in leaves(inner)}
    return {value} if isinstance(value, str) and value else set()


@given(bodies)
def test_every_text_a_sender_gives_is_kept_somewhere(body: dict[str, object]) -> None:
    try:
        (alert,) = parse(body)
    except WrongShape:
        return
    words = {"status", "state", "action", "event_action", "severity", "level", "priority"}
    times = {"starts_at", "startsAt", "started_at", "ends_at", "endsAt"}
    sent = leaves({name: value for name, value in body.items() if name not in words | times})
    kept = leaves([alert.title, alert.description, alert.dedup_key, alert.labels, alert.details])
    assert sent - kept <= {address for _, address in alert.links}
