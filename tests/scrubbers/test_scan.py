"""`alertveil scan` as a developer and a CI job meet it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.flow.scan import scan
from router.privacy.risks import braces, logfiles, python
from router.privacy.risks.risk import LETTERS, RULES, WEIGHTS, kind_of, severity
from router.privacy.tokens import KINDS
from tests.cli.conftest import Said, alertveil
from tests.scrubbers.canary import EMAIL, MRN, NAME, SSN, leaked

__all__ = ["alertveil"]


def found(source: str, language: str = "python") -> list[tuple[int, str, str]]:
    risks = (
        python.read("x.py", source)
        if language == "python"
        else braces.read("x", source, "java" if language == "java" else "javascript")
    )
    return [(each.line, each.rule, each.kind) for each in risks]


@pytest.mark.parametrize(
    ("source", "rule", "kind"),
    [
        ('log.info("x %s", patient.ssn)', "phi-logged", "SSN"),
        ("self._logger.warning(f\"x {row['mrn']}\")", "phi-logged", "MRN"),
        ('logging.error("x " + date_of_birth)', "phi-logged", "DOB"),
        ('logger.info("x", extra={"email": value})', "phi-logged", "EMAIL"),
        ('structlog.get_logger().info("x", patient_name=value)', "phi-logged", "PERSON"),
        ('log.info("%s", form.get("ssn"))', "phi-logged", "SSN"),
        ('log.info("%s", patient.get_ssn())', "phi-logged", "SSN"),
        ('log.info("loading %s", patient)', "object-logged", ""),
        ('log.info("%s", request.json())', "object-logged", ""),
        ("log.debug(json.dumps(payload))", "object-logged", ""),
        ('log.debug("%s", locals())', "object-logged", ""),
        ('log.info(f"after {count} tries")', "message-built", ""),
        ('log.exception("boom")', "exception-logged", ""),
        ('log.error("boom", exc_info=True)', "exception-logged", ""),
        ("print(patient.email)", "phi-printed", "EMAIL"),
        ('log.info("x %s", patient.name)', "phi-logged", "PERSON"),
        ('assert dob, f"no {dob}"', "phi-in-exception", "DOB"),
        ('raise ValueError(f"no row for {mrn}")', "phi-in-exception", "MRN"),
        ('sentry_sdk.set_user({"email": e})', "phi-in-tracker", "EMAIL"),
        ('span.set_attribute("patient.mrn", number)', "phi-in-tracker", "MRN"),
        ("sentry_sdk.init(send_default_pii=True)", "tracker-takes-all", ""),
        ('sentry_sdk.init(max_request_body_size="always")', "tracker-takes-all", ""),
        ('get(f"https://x.example/p?ssn={ssn}")', "phi-in-url", "SSN"),
        ('create_engine("x", echo=True)', "sql-echo", ""),
        ("hashlib.sha256(ssn.encode())", "unkeyed-hash", "SSN"),
        (f'X = "{SSN}"', "phi-in-source", "SSN"),
    ],
)
def test_what_python_would_give_away_is_found(source: str, rule: str, kind: str) -> None:
    assert (1, rule, kind) in found(source)


@pytest.mark.parametrize(
    "source",
    [
        'log.info("retry %d of %d", attempt, limit)',
        'log.info("patient loaded", extra={"who": scrubber.hash("MRN", mrn)})',
        'log.info("%d rows", len(patients))',
        'log.info("x", extra={"email": redact(email)})',
        'raise ValueError("the ssn has nine digits")',
        "sentry_sdk.init(dsn=dsn, send_default_pii=False)",
        "hashlib.sha256(api_key.encode())",
        "hmac.new(key, ssn.encode(), hashlib.sha256)",
        'create_engine("x", echo=False)',
        'catalog.info("x", ssn)',
        '"""Says what an ssn is, such as 219-09-9999."""',
    ],
)
def test_what_python_does_right_is_left_alone(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize(
    ("source", "rule", "kind"),
    [
        ("console.log(`x ${patient.mrn}`)", "phi-logged", "MRN"),
        ('logger.info({ dob: p.d }, "x")', "phi-logged", "DOB"),
        ("this.logger.error('x', user.email)", "phi-logged", "EMAIL"),
        ("console.log('body', req.body)", "object-logged", ""),
        ("logger.info('after ' + count)", "message-built", ""),
        ("Sentry.setTag('mrn', n)", "phi-in-tracker", "MRN"),
        ("scope.setUser({ email: e })", "phi-in-tracker", "EMAIL"),
        ("Sentry.init({ sendDefaultPii: true })", "tracker-takes-all", ""),
        ("throw new Error(`no ${patient.ssn}`)", "phi-in-exception", "SSN"),
    ],
)
def test_what_javascript_would_give_away_is_found(source: str, rule: str, kind: str) -> None:
    assert (1, rule, kind) in found(source, "javascript")


@pytest.mark.parametrize(
    "source",
    [
        "// console.log(patient.ssn)",
        "/* logger.info(req.body) */",
        "console.log('patient.ssn is never logged', count)",
        "logger.info({ who: mask(ssn) }, 'x')",
        "Sentry.init({ sendDefaultPii: false })",
        "blog.info(patient.ssn)",
    ],
)
def test_what_javascript_does_right_is_left_alone(source: str) -> None:
    assert found(source, "javascript") == []


@pytest.mark.parametrize(
    ("source", "rule", "kind"),
    [
        ('log.info("x {}", patient.getSsn());', "phi-logged", "SSN"),
        ('log.info("x {}", patient.getName());', "phi-logged", "PERSON"),
        ('LOGGER.warn("x " + dateOfBirth);', "phi-logged", "DOB"),
        ('log.debug("x {}", patient);', "object-logged", ""),
        ("System.out.println(request);", "phi-printed", ""),
        ("e.printStackTrace();", "exception-logged", ""),
        ('MDC.put("mrn", id);', "phi-in-tracker", "MRN"),
        ('throw new IllegalStateException("x " + firstName);', "phi-in-exception", "PERSON"),
    ],
)
def test_what_java_would_give_away_is_found(source: str, rule: str, kind: str) -> None:
    assert (1, rule, kind) in found(source, "java")


@given(st.text(alphabet="`${}()[]\"'\\/*\n log.info(patient.ssn,", max_size=120))
def test_no_source_makes_the_reader_stumble(source: str) -> None:
    for language in ("javascript", "java"):
        for line, rule, _ in found(source, language):
            assert 1 <= line <= source.count("\n") + 1
            assert rule in RULES


def test_log_files_are_read_by_text_and_by_keys_and_values_are_not_repeated() -> None:
    lines = [
        b"all is well\n",
        json.dumps({"msg": "x", "patient": {"mrn": MRN, "name": NAME}}).encode() + b"\n",
        f"mail {EMAIL} for ssn {SSN}\n".encode(),
        b"\xff\xfe broken\n",
    ]
    risks = list(logfiles.read("app.log", lines))
    assert {(each.line, each.kind) for each in risks} >= {(2, "MRN"), (2, "PERSON"), (3, "EMAIL"), (3, "SSN")}
    assert not [each for each in risks if each.line in {1, 4}]
    assert not leaked(str(risks))
    place = next(each for each in risks if each.kind == "EMAIL")
    assert place.column == 6
    assert next(each for each in risks if each.kind == "SSN").hipaa == "45 CFR 164.514(b)(2)(i)(G)"
    assert next(each for each in risks if each.kind == "MRN").what == "MRN under patient.mrn"


def test_folders_are_walked_and_what_is_not_ours_is_left(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("log.info(ssn)")
    (tmp_path / "src" / "broken.py").write_text("def (:")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "b.js").write_text("console.log(ssn)")
    with gzip.open(tmp_path / "app.log.1.gz", "wb") as file:
        file.write(f"ssn {SSN}\n".encode())
    (tmp_path / "wide.log").write_bytes(f"ssn {SSN}\n".encode("utf-16"))
    (tmp_path / "cut.log.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    (tmp_path / "picture.log").write_bytes(b"\x89PNG\x00\x01" + SSN.encode())
    done = scan([tmp_path])
    assert {(Path(each.path).name, each.rule) for each in done.risks} == {
        ("a.py", "phi-logged"),
        ("app.log.1.gz", "phi-in-log"),
        ("wide.log", "phi-in-log"),
    }
    assert {Path(path).name for path, _ in done.unread} == {"broken.py", "cut.log.gz", "picture.log"}
    assert scan([tmp_path], ["*.py", "*.gz", "wide.*"]).risks == []


def test_the_exit_code_and_the_outputs_are_made_for_ci(alertveil: object, tmp_path: Path) -> None:
    run = alertveil
    assert callable(run)
    file = tmp_path / "a.log"
    file.write_text(f"at 10 from 203.0.113.7 for {NAME}\nmail {EMAIL}\n")
    told: Said = run("scan", file)
    assert told.code == 1
    assert not leaked(told.out + told.err)
    assert run("scan", file, "--fail-on", "critical").code == 0
    assert run("scan", file, "--fail-on", "never", "--json").json["counts"]["high"] >= 1
    assert run("scan", tmp_path / "none").code == 2
    document = tmp_path / "out.sarif"
    run("scan", file, "--sarif", document)
    sarif = json.loads(document.read_text())
    assert sarif["version"] == "2.1.0"
    (only,) = sarif["runs"]
    rules = [each["id"] for each in only["tool"]["driver"]["rules"]]
    assert only["results"]
    for result in only["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
    assert not leaked(document.read_bytes())
    (tmp_path / "clean.log").write_text("all is well\n")
    assert run("scan", tmp_path / "clean.log").out.startswith("Nothing was found.")


def test_every_type_has_a_weight_or_a_reason_and_scores_become_words() -> None:
    assert set(LETTERS) <= set(KINDS)
    assert set(WEIGHTS) == set(KINDS) - {"WORD", "NUMBER", "CODE", "TEXT"}
    assert [severity(score) for score in (1, 3, 4, 6, 7, 8, 9, 10)] == [
        "low",
        "low",
        "medium",
        "medium",
        "high",
        "high",
        "critical",
        "critical",
    ]
    assert kind_of("retries") == ""
    assert kind_of("x" * 100) == ""
