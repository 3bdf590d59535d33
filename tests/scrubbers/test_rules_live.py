"""A tenant's own rules: checked with their line, live at the next request, and never open when one of them fails."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import re2

from router.core.config import ConfigError
from router.flow.apply import apply
from router.flow.intake import Intake, Post, Receipt
from router.flow.patterns import BROKEN, PatternWatch
from router.flow.snapshot import Snapshots
from router.privacy.dropped import without
from router.privacy.guarded import FAILURES, PROBE, Guarded
from router.privacy.rules import Rules, compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint
from router.privacy.tripwire import scan
from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import Superuser, build

KEY = "clinic-app-".ljust(40, "k")
FILE = """tenants:
  - slug: clinic
    sources:
      - {name: app, format: generic, key_env: KEY}
"""


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


class Clinic:
    """The tenant of the file, as another process meets it: one that has its own snapshots."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self.runtime = runtime
        self.database = database
        self.snapshots = Snapshots()
        self.rung: set[Any] = set()
        watch = PatternWatch(runtime, self.snapshots, self.rung.update)
        self.intake = Intake(runtime.database, runtime.vault, self.snapshots, self.rung.update, watch.look)

    def apply(self, more: str) -> Any:  # noqa: ANN401 - what apply says
        return apply(
            self.runtime,
            FILE + more,
            dry_run=False,
            actor="host:tester",
            environ={**os.environ, "KEY": KEY},
            base_dir=Path("/"),
        )

    def take(self, **event: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Send an event; what was stored of its details."""
        (answer,) = self.intake.take([Post(KEY, json.dumps(event).encode(), "clinic", "app")])
        assert isinstance(answer, list), answer
        receipt: Receipt = answer[0]
        with Superuser(self.database.superuser_url) as superuser:
            row = superuser.one("SELECT payload FROM alerts WHERE alert_id = %s", [receipt.alert_id])
        stored: dict[str, Any] = row.payload
        return stored


@pytest.fixture
def clinic(runtime: Runtime, database: Database) -> Clinic:
    return Clinic(runtime, database)


def problems(clinic: Clinic, more: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as refused:
        clinic.apply(more)
    return list(refused.value.problems)


def test_every_refused_rule_is_told_with_its_line_and_reason(clinic: Clinic) -> None:
    found = problems(
        clinic,
        """    patterns:
      - {type: MEMBER_ID, regex: 'ACM-\\d{8}'}
      - {type: MEMBER_ID, regex: '(?<=x)y'}
      - {type: NONSENSE, regex: 'N-\\d+'}
      - {type: MRN, regex: '((a{1,1000}){1,1000}){1,1000}'}
    safe_words: [kubelet, "123"]
    fields:
      patient.ref: PATIENT_ID
      note: maybe
""",
    )
    assert [line for line, _ in found] == [7, 8, 9, 10, 13]
    said = [sentence for _, sentence in found]
    assert "RE2" in said[0]
    assert "token type that does not exist" in said[1]
    assert "RE2" in said[2]
    assert "letter" in said[3]
    assert "safe, free or seal" in said[4]


def test_rules_hold_for_the_next_request_of_a_process_that_had_older_ones(clinic: Clinic) -> None:
    clinic.apply("    safe_words: [zorbly]\n")
    before = clinic.take(title="intake", message="zorbly quuxed with ZX-4411-B", extra={"build": "blorp-api"})
    assert "zorbly" in before["description"]
    clinic.apply(
        "    patterns: [{type: MEMBER_ID, regex: 'ZX-[0-9]+-B'}]\n"
        "    safe_words: [quuxed]\n"
        "    fields: {build: safe, carton: PATIENT_ID, raw: drop, remark: seal, extra.cart.lane: seal}\n"
    )
    after = clinic.take(
        title="intake again",
        message="zorbly quuxed with ZX-4411-B",
        extra={
            "build": "blorp-api",
            "carton": "worker",
            "raw": "anything",
            "remark": ["failed"],
            "cart": {"lane": {"a": "queue"}},
        },
    )
    assert "zorbly" not in after["description"]
    assert "quuxed with <MEMBER_ID_" in after["description"]
    kept = json.dumps(after)
    assert '"build": "blorp-api"' in kept
    assert '"carton": "<PATIENT_ID_' in kept
    assert '"remark": ["<TEXT_' in kept
    assert '"lane": {"a": "<TEXT_' in kept
    assert "anything" not in kept


def test_a_sources_field_rules_are_that_sources_own_and_go_before_the_tenants(
    runtime: Runtime, database: Database
) -> None:
    clinic = Clinic(runtime, database)
    text = FILE.replace("key_env: KEY}", "key_env: KEY, fields: {lane: safe, raw: free}}")
    apply(
        runtime,
        text + "    fields: {lane: seal, raw: drop, spot: seal}\n",
        dry_run=False,
        actor="host:tester",
        environ={"KEY": KEY},
        base_dir=Path("/"),
    )
    stored = json.dumps(
        clinic.take(title="x", message="y", lane="blorp-api", raw="worker failed", spot="worker failed")
    )
    assert '"lane": "blorp-api"' in stored
    assert '"raw": "worker failed"' in stored
    assert '"spot": "<TEXT_' in stored


def test_the_same_file_twice_changes_nothing_and_a_change_is_a_version_and_an_audit_event(clinic: Clinic) -> None:
    more = "    fields: {carton: PATIENT_ID, 'labels.*': free}\n    patterns: [{type: MRN, regex: 'Q-\\d{6}'}]\n"
    first, second = clinic.apply(more), clinic.apply(more)
    assert second.changes == ()
    assert "+ clinic: field carton: PATIENT_ID" in "\n".join(first.changes)
    clinic.apply(more.replace("Q-", "R-"))
    with Superuser(clinic.database.superuser_url) as superuser:
        rows = superuser.rows("SELECT details FROM audit_events WHERE action = 'config.apply' ORDER BY event_id")
    versions = [json.loads(row.details)["version"] if isinstance(row.details, str) else row.details for row in rows]
    assert len(versions) == 2


class Stumbling:
    """An engine that fails, or takes its time, on demand."""

    def __init__(self) -> None:
        self.fails = True
        self.asked = 0
        self.real = re2.compile(r"ZX-\d+")

    def finditer(self, text: str) -> Any:  # noqa: ANN401 - matches
        self.asked += 1
        if self.fails:
            raise RuntimeError(text)
        return self.real.finditer(text)


def spans(found: list[Any]) -> list[str]:
    return [each.group() for each in found]


def test_a_pattern_that_fails_takes_the_text_and_is_not_run_any_more() -> None:
    engine = Stumbling()
    pattern = Guarded(engine, 1)
    for _ in range(FAILURES + 5):
        assert spans(pattern.finditer("one <MRN_7K2M4QXW9R> two\nthree")) == ["one ", " two", "three"]
    assert engine.asked == FAILURES
    assert pattern.is_open


def test_an_open_breaker_lets_one_text_in_many_try_and_closes_when_it_works() -> None:
    engine = Stumbling()
    pattern = Guarded(engine, 1)
    for _ in range(FAILURES):
        pattern.finditer("x")
    engine.fails = False
    answers = [spans(pattern.finditer("a ZX-1 b")) for _ in range(PROBE + 1)]
    assert answers[0] == ["a ZX-1 b"]
    assert answers[-1] == ["ZX-1"]
    assert not pattern.is_open


def test_a_pattern_that_burns_too_much_time_counts_as_failing() -> None:
    ticks = itertools.count(0, 1)
    engine = Stumbling()
    engine.fails = False
    pattern = Guarded(engine, 1, clock=lambda: float(next(ticks)))
    for _ in range(FAILURES):
        assert spans(pattern.finditer("a ZX-1 b")) == ["a ZX-1 b"]
    assert pattern.is_open


def broken(rules: Rules) -> Stumbling:
    """Make the first pattern of these rules fail."""
    engine = Stumbling()
    _, pattern = rules.reader.patterns[0]
    pattern._pattern = engine  # noqa: SLF001 - an engine that fails cannot be had otherwise
    return engine


def test_the_tokenizer_and_the_tripwire_let_nothing_pass_meanwhile() -> None:
    rules = compile_rules("detect", patterns=[("MEMBER_ID", r"ZX-\d+")])
    broken(rules)
    event = {"message": "the number ZX-4411 is late", "port": 8080, "other": {"text": "all is well"}}
    for _ in range(FAILURES + 2):
        message, port, other = tokenize(event, rules, {}, ThrowawayMint()).event.values()
        assert message.startswith("<MEMBER_ID_")
        assert port == 8080
        assert "well" not in str(other)
    assert [finding.value for finding in scan("see ZX-4411", rules)] == ["see ZX-4411"]


def test_people_are_told_once_when_a_pattern_breaks_and_when_it_works_again(clinic: Clinic, database: Database) -> None:
    clinic.apply("    patterns: [{type: MEMBER_ID, regex: 'ZX-[0-9]+'}]\n")
    clinic.take(title="first")
    tenant_id = next(iter(clinic.snapshots._held))  # noqa: SLF001 - the process's own copy
    held = clinic.snapshots.held(tenant_id)
    assert held is not None
    engine = broken(held.rules)
    for number in range(3):
        clinic.take(title=f"late {number}", message="the number ZX-4411 is late")
    engine.fails = False
    for number in range(3):
        stored = clinic.take(title=f"later {number}", message="the number ZX-4411 is late")
        assert "ZX-4411" not in json.dumps(stored)
    with Superuser(database.superuser_url) as superuser:
        rows = superuser.rows("SELECT title, status FROM incidents WHERE title LIKE '%%attern%%'")
    assert [(row.title, row.status) for row in rows] == [("Patterns that keep failing: 1", "open")]
    assert BROKEN.labels(str(tenant_id))._value.get() == 1  # noqa: SLF001 - how the library's own tests read it
    for _ in range(PROBE):
        held.rules.reader.patterns[0][1].finditer("text")
    clinic.take(title="well again")
    with Superuser(database.superuser_url) as superuser:
        (row,) = superuser.rows(
            "SELECT status FROM incidents WHERE group_key = (SELECT group_key FROM incidents"
            " WHERE title LIKE '%%attern%%' LIMIT 1)"
        )
    assert row.status == "resolved"
    assert BROKEN.labels(str(tenant_id))._value.get() == 0  # noqa: SLF001 - as above


def test_dropped_fields_go_by_key_anywhere_or_by_path() -> None:
    event = {"details": {"a": {"raw": 1, "b": [{"raw": 2, "c": 3}]}, "keep": {"b": 1}}, "labels": {"raw": "x"}}
    assert without(event, ["raw"]) == {"details": {"a": {"b": [{"c": 3}]}, "keep": {"b": 1}}, "labels": {}}
    assert without(event, ["details.keep.*", "labels"])["details"]["keep"] == {}
    assert without(event, ["labels"])["labels"] == {}
    assert without(event, ["keep.b"])["details"]["keep"] == {}
