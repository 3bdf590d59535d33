"""The dependency audit fails on a finding, and tells an unreachable database from a clean answer."""

from __future__ import annotations

import json

import pytest

from tools import audit

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
SKIPPED = {"name": "celery", "skip_reason": "Dependency not found on PyPI and could not be audited: celery (5.7.0)"}
BAD = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-2024-1", "aliases": ["CVE-2024-0001"], "fix_versions": ["3.1.3"], "description": ""}],
}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_finding_is_named_with_the_version_that_mends_it() -> None:
    assert audit.read(report(CLEAN, BAD)).findings == ("jinja2 3.1.2: PYSEC-2024-1 (mended in 3.1.3)",)


def test_a_clean_answer_is_an_answer() -> None:
    assert audit.read(report(CLEAN)) == audit.Answer(asked=True)


@pytest.mark.parametrize("said", ["", "Traceback (most recent call last):", report(SKIPPED, SKIPPED)])
def test_a_database_that_says_nothing_about_any_package_was_not_asked(said: str) -> None:
    assert not audit.read(said).asked


def test_a_package_it_does_not_know_is_told() -> None:
    answer = audit.read(report(CLEAN, SKIPPED))
    assert answer.asked
    assert answer.unknown == ("celery",)


def test_an_accepted_advisory_counts_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(audit.ACCEPTED, "CVE-2024-0001", "we render no template of a user's")
    assert audit.read(report(BAD)).findings == ()
