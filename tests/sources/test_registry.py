"""What holds for every format in the list."""

from datetime import UTC, datetime

import pytest

from router.sources import fields
from router.sources.contract import Format, Malformed
from router.sources.registry import FORMATS

ROLES = {"name", "id", "time", "number", "enum", "url", "code", "free", "drop"}


@pytest.mark.parametrize("known", FORMATS.values(), ids=lambda known: known.name)
def test_roles_are_words_of_the_contract_over_its_fields(known: Format) -> None:
    assert set(known.roles.values()) <= ROLES
    assert {path.partition(".")[0] for path in known.roles} <= {"title", "description", "labels", "details", "links"}
    assert "title" not in known.roles, "a title is always free text"
    assert "description" not in known.roles


@pytest.mark.parametrize("known", FORMATS.values(), ids=lambda known: known.name)
def test_every_format_reads_strictly(known: Format) -> None:
    with pytest.raises(Malformed):
        known.parse(b'{"a":1,"a":2}', {}, datetime(2026, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "critical"),
        ("FATAL", "critical"),
        ("P1", "critical"),
        ("high", "error"),
        ("warn", "warning"),
        ("P3", "warning"),
        ("none", "info"),
        ("", "error"),
        (None, "error"),
        (["critical"], "error"),
        ("team-a", "error"),
    ],
)
def test_severities_of_other_tools(word: object, severity: str) -> None:
    assert fields.severity(word) == severity


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-05T10:00:00Z", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05T12:00:00+02:00", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05 10:00:00", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        (1767607200, datetime(2026, 1, 5, 10, tzinfo=UTC)),
        (1767607200000, datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        (0, None),
        (1e300, None),
        (-1, None),
        (True, None),
        ("Zebulon", None),
    ],
)
def test_times_of_other_tools(value: object, moment: datetime | None) -> None:
    assert fields.time(value) == moment
