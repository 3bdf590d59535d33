"""Incidents that another edge tokenized: read strictly, and no token in them means anything to us yet."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from router.sources.contract import RawAlert, WrongShape
from router.sources.registry import FORMATS

NOW = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)

INCIDENT: dict[str, Any] = {
    "key": "export-nightly",
    "status": "open",
    "severity": "error",
    "title": "row for <EMAIL_7K2M4QXW9R> rejected",
    "description": "see job 9",
    "labels": {"service": "export"},
    "details": {"rows": [1]},
    "links": [{"text": "Job", "url": "https://jobs.example.test/9"}],
    "starts_at": "2026-01-05T10:00:00Z",
    "occurred_at": "2026-01-05T10:01:00Z",
}


def parse(body: object) -> list[RawAlert]:
    return FORMATS["tokenized"].parse(orjson.dumps(body), {}, NOW)


def test_one_incident() -> None:
    (alert,) = parse({"incident": INCIDENT})
    assert (alert.signal, alert.severity, alert.dedup_key) == ("firing", "error", "export-nightly")
    assert alert.title == "row for <EMAIL_7K2M4QXW9R> rejected"
    assert (alert.labels, alert.details) == ({"service": "export"}, {"rows": [1]})
    assert alert.links == (("Job", "https://jobs.example.test/9"),)
    assert alert.episode == "2026-01-05T10:00:00+00:00"


@pytest.mark.parametrize(
    ("status", "signal"),
    [("open", "firing"), ("acknowledged", "acknowledged"), ("investigating", "acknowledged"), ("resolved", "resolved")],
)
def test_each_status_is_a_signal(status: str, signal: str) -> None:
    (alert,) = parse({"incident": INCIDENT | {"status": status}})
    assert alert.signal == signal


def test_several_incidents() -> None:
    assert len(parse([{"incident": INCIDENT}, {"incident": INCIDENT | {"key": "b"}}])) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (INCIDENT, "incident: expected an object"),
        ({"incident": INCIDENT, "Zebulon": 1}, "nothing beside it"),
        ([{"incident": INCIDENT}, {"incident": []}], r"\[1\].incident: expected an object"),
        ({"incident": INCIDENT | {"Zebulon": 1}}, "does not know"),
        ({"incident": INCIDENT | {"status": "Zebulon"}}, "incident.status: expected one of open"),
        ({"incident": INCIDENT | {"severity": None}}, "incident.severity: expected one of critical"),
        ({"incident": INCIDENT | {"key": ""}}, "incident.key: expected text"),
        ({"incident": INCIDENT | {"title": 5}}, "incident.title: expected text"),
        ({"incident": INCIDENT | {"description": {"a": 1}}}, "incident.description: expected text"),
        ({"incident": INCIDENT | {"labels": {"a": ["Zebulon"]}}}, "incident.labels: expected text"),
        ({"incident": INCIDENT | {"labels": ["Zebulon"]}}, "incident.labels: expected an object"),
        ({"incident": INCIDENT | {"starts_at": "Zebulon"}}, "incident.starts_at: expected an RFC 3339"),
        ({"incident": INCIDENT | {"links": [{"url": "javascript:Zebulon"}]}}, "incident.links: expected an array"),
        ({"incident": INCIDENT | {"links": "Zebulon"}}, "incident.links: expected an array"),
    ],
)
def test_another_shape_is_named_and_not_repeated(body: object, words: str) -> None:
    with pytest.raises(WrongShape, match=words) as caught:
        parse(body)
    assert "Zebulon" not in str(caught.value)
