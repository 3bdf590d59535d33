"""Alertmanager's webhook and the alerts API: one alert each, resolves included."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.sources.contract import RawAlert, WrongShape
from router.sources.registry import FORMATS

NOW = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)

WEBHOOK: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}/{team="care"}:{alertname="FhirErrors"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "router",
    "notification_reason": "first notification",
    "groupLabels": {"alertname": "FhirErrors"},
    "commonLabels": {"alertname": "FhirErrors", "severity": "critical", "tenant": "t-acme"},
    "commonAnnotations": {},
    "externalURL": "https://am.example.test",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "FhirErrors", "severity": "critical", "pod": "fhir-0"},
            "annotations": {
                "summary": "FHIR 5xx above 5%",
                "description": "last failing lookup: jane.roe@example.test",
                "runbook_url": "https://runbooks.example.test/fhir",
                "dashboard": "fhir-overview",
            },
            "startsAt": "2026-01-05T10:00:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://prom.example.test/graph?g0.expr=x",
            "fingerprint": "9f1c2d3e4a5b6c7d",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "FhirErrors", "severity": "critical", "pod": "fhir-1"},
            "annotations": {},
            "startsAt": "2026-01-05T09:50:00Z",
            "endsAt": "2026-01-05T10:04:00Z",
            "generatorURL": "",
            "fingerprint": "1a2b3c4d5e6f7081",
        },
    ],
}


def parse(body: object) -> list[RawAlert]:
    return FORMATS["alertmanager"].parse(orjson.dumps(body), {}, NOW)


def test_a_resolve_inside_a_firing_group_is_found() -> None:
    firing, resolved = parse(WEBHOOK)
    assert (firing.signal, resolved.signal) == ("firing", "resolved")
    assert (firing.dedup_key, resolved.dedup_key) == ("9f1c2d3e4a5b6c7d", "1a2b3c4d5e6f7081")
    assert resolved.ends_at == datetime(2026, 1, 5, 10, 4, tzinfo=UTC)
    assert firing.ends_at is None


def test_every_field_finds_its_place() -> None:
    alert = parse(WEBHOOK)[0]
    assert alert.title == "FhirErrors: FHIR 5xx above 5%"
    assert alert.description == "last failing lookup: jane.roe@example.test"
    assert alert.severity == "critical"
    assert alert.labels == {"alertname": "FhirErrors", "severity": "critical", "pod": "fhir-0"}
    assert alert.starts_at == datetime(2026, 1, 5, 10, 0, 0, 123456, tzinfo=UTC)
    assert alert.episode == "2026-01-05T10:00:00.123456+00:00"
    assert alert.details == {"annotations": {"dashboard": "fhir-overview"}}
    assert alert.links == (
        ("Runbook", "https://runbooks.example.test/fhir"),
        ("Source", "https://prom.example.test/graph?g0.expr=x"),
        ("Alertmanager", "https://am.example.test"),
    )


def test_an_alert_shows_nothing_of_itself_in_its_repr() -> None:
    assert repr(parse(WEBHOOK)[0]) == "<RawAlert>"


def test_the_alerts_api_says_by_its_end_whether_it_is_over() -> None:
    labels = {"alertname": "QueueDepth", "queue": "hl7"}
    over, firing, ongoing = parse(
        [
            {"labels": labels, "startsAt": "2026-01-05T09:00:00Z", "endsAt": "2026-01-05T10:05:00Z"},
            {"labels": labels, "startsAt": "2026-01-05T09:00:00Z", "endsAt": "2026-01-05T10:09:00Z"},
            {"labels": labels},
        ]
    )
    assert [over.signal, firing.signal, ongoing.signal] == ["resolved", "firing", "firing"]
    assert over.dedup_key == firing.dedup_key == ongoing.dedup_key
    assert (firing.episode, ongoing.episode) == ("2026-01-05T09:00:00+00:00", "")
    assert over.episode == "2026-01-05T09:00:00+00:00/2026-01-05T10:05:00+00:00"


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5), min_size=2, max_size=5), st.data()
)
def test_without_a_fingerprint_the_label_set_is_the_identity(labels: dict[str, str], data: st.DataObject) -> None:
    labels = {name.replace("\0", "0"): value.replace("\0", "0") for name, value in labels.items()}
    shuffled = dict(data.draw(st.permutations(list(labels.items()))))
    changed = labels | {next(iter(labels)): "something else"}
    one, same, other = parse([{"labels": labels}, {"labels": shuffled}, {"labels": changed}])
    assert one.dedup_key == same.dedup_key != other.dedup_key


def test_a_status_of_its_own_wins_over_the_clock() -> None:
    past = (NOW - timedelta(hours=1)).isoformat()
    (alert,) = parse({"alerts": [{"status": "firing", "labels": {"a": "b"}, "endsAt": past}]})
    assert alert.signal == "firing"


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        ({"alerts": [{"labels": {"alertname": "X"}}]}, "firing"),
        ({"status": "resolved", "alerts": [{"labels": {"alertname": "X"}}]}, "resolved"),
        ({"alerts": [{"labels": {"alertname": "X"}, "endsAt": "2026-01-05T10:00:00Z"}]}, "resolved"),
        ({"status": "resolved", "commonLabels": {"alertname": "X"}}, "resolved"),
        ({"labels": {"alertname": "X"}, "annotations": None, "startsAt": "soon"}, "firing"),
    ],
)
def test_a_templated_body_may_leave_keys_out(body: object, signal: str) -> None:
    (alert,) = parse(body)
    assert (alert.signal, alert.title, alert.labels) == (signal, "X", {"alertname": "X"})


def test_what_a_template_adds_is_kept() -> None:
    first, second = parse(
        {"tenant": "t-9", "truncatedAlerts": 3, "alerts": [{"labels": {"a": "1"}, "note": [1]}, {"labels": {"a": "2"}}]}
    )
    assert first.details == {"note": [1], "tenant": "t-9", "truncatedAlerts": 3}
    assert second.details == {}


def test_labels_that_are_no_text_become_text_or_details() -> None:
    (alert,) = parse([{"labels": {"a": 5, "b": True, "c": None, "d": "", "e": [1], "f": 0.5}}])
    assert alert.labels == {"a": "5", "b": "true", "f": "0.5"}
    assert alert.details == {"labels": {"e": [1]}}


@pytest.mark.parametrize("address", ["javascript:alert(1)", "", "ftp://x", "https://" + "x" * 3000, 7])
def test_only_web_addresses_become_links(address: object) -> None:
    (alert,) = parse([{"labels": {"a": "b"}, "generatorURL": address, "annotations": {"runbook_url": address}}])
    assert alert.links == ()
    assert alert.details == {"annotations": {"runbook_url": address}}


def test_no_alerts_are_no_alerts() -> None:
    assert parse([]) == []
    assert parse({"alerts": []}) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("text", "the body"),
        (7, "the body"),
        ({}, "alerts: expected an array"),
        ({"alerts": {}}, "alerts: expected an array"),
        ({"alerts": [1]}, r"alerts\[0\]: expected an object"),
        ({"alerts": [{"labels": {"a": "b"}}, {"labels": "Zebulon"}]}, r"alerts\[1\].labels: expected an object"),
        ([{"labels": {"a": "b"}, "annotations": ["Zebulon"]}], r"\[0\].annotations: expected an object"),
        ([{"labels": {"Zebulon": ""}}], r"\[0\].labels: expected at least one"),
    ],
)
def test_another_shape_is_named_by_its_field_and_not_repeated(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse(body)
    assert "Zebulon" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "firing", "resolved", "2026-01-05"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["alerts", "labels", "annotations", "status", "endsAt", "startsAt", "fingerprint", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_any_json_is_alerts_or_a_wrong_shape(body: object) -> None:
    try:
        alerts = parse(body)
    except WrongShape:
        return
    assert all(alert.dedup_key and alert.title for alert in alerts)
