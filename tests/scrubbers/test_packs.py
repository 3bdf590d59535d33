"""Rule packs, each in the hands of the tool it is for, or of that tool's own library."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import re2
import yaml

from router.cli.rules import Tool
from router.privacy.packs import fluentbit, vector
from router.privacy.packs.base import EVERYWHERE, KEYS, SHAPES, PackRules, assignments, spellings
from router.privacy.packs.registry import PACKS
from router.privacy.risks.risk import kind_of
from router.privacy.scrubbers import Scrubber
from tests.cli.conftest import Alertveil, Said, alertveil, clinic, edge, hook, runtime, superuser
from tests.flow.builder import Tenant
from tests.scrubbers.canary import EMAIL, MRN, NAME, PHONE, SSN, leaked

__all__ = ["alertveil", "clinic", "edge", "hook", "runtime", "superuser"]

MEMBER = "ACM-77341902"
RULES = PackRules(
    tenant="clinic",
    level="strict",
    version="7",
    patterns=[("MEMBER_ID", r"(?i)acm-\d{8}"), ("MRN", r"\{Q'[0-9{]{2,4}\}"), ("CODE", r"\Q$1\E(?P<x>[[:alpha:]])")],
    safe_words=["kubelet"],
    fields={"carton": "PATIENT_ID", "labels.lane": "seal", "npi": "safe"},
)
SENTENCE = f"mail to {EMAIL} or {PHONE}, ssn {SSN}, {MRN}, {MEMBER}, retry 3 of 5 in 30s"
EVENT = {
    "msg": SENTENCE,
    "patient_name": NAME,
    "request": {"firstName": "Zebulon", "body": {"last-name": "Quackenbush", "mrn": 77341902}},
    "carton": "kx77341902",
    "retries": 3,
}
Part = Callable[[str], Path]


def still_readable(text: str) -> None:
    """The harmless words are there, and nothing of the canary."""
    assert not leaked(text)
    assert "77341902" not in text
    assert "retry 3 of 5 in 30s" in text


def run(*words: object, **more: Any) -> str:  # noqa: ANN401 - subprocess's own
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def python(library: Path, code: str, *arguments: object) -> str:
    """Run a program with the libraries that stand beside `library`."""
    return run(sys.executable, "-c", code, *arguments, env={**os.environ, "PYTHONPATH": str(library.parent)})


@pytest.mark.parametrize("tool", [each for each in PACKS if each not in {"sentry", "scrubbers"}])
def test_the_header_says_whose_rules_and_what_the_tool_cannot_be_told(tool: str) -> None:
    text = PACKS[tool].write(RULES)
    top = text[:3000]
    assert "tenant clinic" in top
    assert "level strict, version 7" in top
    for cannot in (*EVERYWHERE, "`strict`", "safe words", "labels.lane"):
        assert cannot.split(":")[0] in top, cannot
    assert text == PACKS[tool].write(RULES), "the same rules, the same file"


def test_what_sentrys_file_cannot_say_is_told_beside_it() -> None:
    notes = "\n".join(PACKS["sentry"].notes(RULES))
    assert all(note in PACKS["sentry"].write(RULES) for note in EVERYWHERE)
    assert "`strict`" in notes
    assert "labels.lane" in notes


def test_every_key_of_the_packs_is_one_that_the_tokenizer_takes() -> None:
    for keys in KEYS.values():
        for key in keys:
            for spelling in spellings(key)[:2]:
                assert kind_of(spelling), spelling


def test_every_shape_runs_in_linear_time_and_finds_its_own() -> None:
    for shape in SHAPES:
        re2.compile(shape.regex)
    secrets = "Bearer abcdefgh12345 eyJhbGciOi.eyJhbGciOi.abcdefgh"
    text = f'{SENTENCE} patient_name="{NAME}" {secrets} 4111 1111 1111 1111 10.20.30.40'
    found = {shape.kind for shape in RULES.shapes if re2.search(shape.regex, text)}
    assert found == {shape.kind for shape in SHAPES} | {"MEMBER_ID"}
    for shape in [*assignments(RULES.keys()), *RULES.shapes]:
        by = r"\1[X]" if "(?i)(" in shape.regex else "[X]"
        text = re2.sub(shape.regex, by, text)
    still_readable(text)


@pytest.mark.system_part("sentry-relay from PyPI")
def test_sentrys_own_relay_takes_the_rules_and_replaces(system_part: Part, tmp_path: Path) -> None:
    (tmp_path / "pii.json").write_text(PACKS["sentry"].write(RULES))
    event = {
        "logentry": {"formatted": SENTENCE},
        "exception": {"values": [{"type": "ValueError", "value": f"no row for {EMAIL}"}]},
        "request": {"url": "https://app.example/x", "data": {"patient_name": NAME}, "headers": [["Cookie", "a=b"]]},
        "extra": EVENT,
        "breadcrumbs": {"values": [{"message": SENTENCE}]},
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    code = (
        "import json, sys\n"
        "from sentry_relay.processing import pii_strip_event, validate_pii_config\n"
        "config, event = (open(name).read() for name in sys.argv[1:])\n"
        "validate_pii_config(config)\n"
        "found = pii_strip_event(json.loads(config), json.loads(event))\n"
        "found.pop('_meta')\n"
        "print(json.dumps(found))"
    )
    out = python(system_part("sentry-relay from PyPI"), code, tmp_path / "pii.json", tmp_path / "event.json")
    still_readable(out)
    assert json.loads(out)["extra"]["request"]["firstName"] == "[PERSON]"


@pytest.mark.system_part("pino from npm")
@pytest.mark.system_part("nodejs")
def test_pino_writes_no_phi(system_part: Part, tmp_path: Path) -> None:
    (tmp_path / "alertveil.cjs").write_text(PACKS["pino"].write(RULES))
    fields = json.dumps({key: value for key, value in EVENT.items() if key != "msg"})
    (tmp_path / "app.cjs").write_text(
        "const pino = require('pino')\n"
        "const logger = pino({ ...require('./alertveil.cjs') }, pino.destination(1))\n"
        f"logger.info({fields}, {json.dumps(SENTENCE)})\n"
        f"logger.error(new Error({json.dumps(SENTENCE)}))\n"
    )
    modules = system_part("pino from npm").parent
    out = run(system_part("nodejs"), tmp_path / "app.cjs", env={**os.environ, "NODE_PATH": str(modules)})
    still_readable(out)
    first = json.loads(out.splitlines()[0])
    assert first["carton"] == "[PATIENT_ID]"
    assert first["retries"] == 3


PROGRAM = """
import org.slf4j.LoggerFactory;

public class App {
  public static void main(String[] given) {
    var logger = LoggerFactory.getLogger("claims.Intake");
    logger.info("told: {}", given[0]);
    logger.error("failed", new IllegalStateException(given[0], new RuntimeException(given[0])));
  }
}
"""


@pytest.mark.system_part("liblogback-java")
@pytest.mark.system_part("default-jdk-headless")
def test_logback_writes_no_phi(system_part: Part, tmp_path: Path) -> None:
    (tmp_path / "alertveil-logback.xml").write_text(PACKS["logback"].write(RULES))
    (tmp_path / "logback.xml").write_text(
        '<configuration><include file="alertveil-logback.xml"/>'
        '<root level="INFO"><appender-ref ref="ALERTVEIL"/></root></configuration>'
    )
    (tmp_path / "App.java").write_text(PROGRAM)
    jars = system_part("liblogback-java").parent
    path = ":".join(str(jars / f"{name}.jar") for name in ("logback-classic", "logback-core", "slf4j-api"))
    out = run(
        system_part("default-jdk-headless").with_name("java"),
        "-cp",
        f"{path}:.",
        "-Dlogback.configurationFile=logback.xml",
        "App.java",
        f'{SENTENCE} patient_name="{NAME}" carton=kx77341902',
        cwd=tmp_path,
    )
    assert "ERROR in" not in out, out
    still_readable(out)
    assert "told: mail to [EMAIL]" in out
    assert "java.lang.IllegalStateException" in out
    assert "Caused by: java.lang.RuntimeException" in out


@pytest.mark.system_part("vrl-python from PyPI")
def test_vectors_language_takes_the_program_and_replaces(system_part: Part, tmp_path: Path) -> None:
    document = yaml.safe_load(PACKS["vector"].write(RULES))
    transform = document["transforms"]["alertveil"]
    assert (transform["type"], transform["drop_on_error"]) == ("remap", True)
    assert transform["source"].strip() == vector.program(RULES).strip()
    assert re.search(r"\$[\w{]", transform["source"]) is None, "Vector would take it for a variable of the environment"
    (tmp_path / "program.vrl").write_text(transform["source"])
    (tmp_path / "event.json").write_text(json.dumps(EVENT | {"note": 'password="hunter2" and "quotes"'}))
    code = (
        "import json, sys, vrl_python\n"
        "program, event = (open(name).read() for name in sys.argv[1:])\n"
        "print(json.dumps(vrl_python.VRLRuntime().execute(program, json.loads(event)).processed_event))"
    )
    out = python(system_part("vrl-python from PyPI"), code, tmp_path / "program.vrl", tmp_path / "event.json")
    still_readable(out)
    found = json.loads(out)
    assert found["retries"] == 3
    assert found["request"]["body"]["mrn"] == "[MRN]"


@pytest.mark.system_part("lua5.1")
def test_fluent_bits_filter_runs_and_replaces(system_part: Part, tmp_path: Path) -> None:
    document = yaml.safe_load(PACKS["fluent-bit"].write(RULES))
    (only,) = document["pipeline"]["filters"]
    assert (only["name"], only["call"]) == ("lua", "alertveil")
    assert only["code"].strip() == fluentbit.script(RULES).strip()
    (tmp_path / "filter.lua").write_text(only["code"])
    record = {key: value for key, value in EVENT.items() if key != "msg"}
    table = re.sub(r'"([^"]+)":', r'["\1"]=', json.dumps(record))
    without_member = SENTENCE.replace(MEMBER, "no member")
    (tmp_path / "run.lua").write_text(
        "dofile('filter.lua')\n"
        f"local record = {table}\nrecord.msg = {json.dumps(without_member)}\n"
        "local code, at, found = alertveil('app', 1, record)\n"
        "assert(code == 2 and at == 1 and found.retries == 3)\n"
        "local function show(t)\n"
        "  for k, v in pairs(t) do if type(v) == 'table' then show(v) else print(k, v) end end\n"
        "end\n"
        "show(found)\n"
    )
    out = run(system_part("lua5.1"), "run.lua", cwd=tmp_path)
    still_readable(out)
    assert "[PATIENT_ID]" in out


AGENT_KEYS = {
    "logs_config": {"processing_rules"},
    "apm_config": {"replace_tags", "obfuscation"},
}
"""What of `datadog.yaml` the pack sets (docs.datadoghq.com: advanced log collection, trace data security)."""


def test_the_datadog_agents_file_has_its_shape_and_its_expressions_replace() -> None:
    document = yaml.safe_load(PACKS["datadog-agent"].write(RULES))
    assert {key: set(value) for key, value in document.items()} == AGENT_KEYS
    text = f'{SENTENCE} patient_name="{NAME}" carton=kx77341902'
    for rule in document["logs_config"]["processing_rules"]:
        assert set(rule) == {"type", "name", "pattern", "replace_placeholder"}
        assert rule["type"] == "mask_sequences"
        text = re2.sub(rule["pattern"], rule["replace_placeholder"].replace("${1}", r"\1"), text)
    still_readable(text)
    text = SENTENCE
    for rule in document["apm_config"]["replace_tags"]:
        assert set(rule) == {"name", "pattern", "repl"}
        text = re2.sub(rule["pattern"], rule["repl"].replace("${1}", r"\1"), text)
    still_readable(text)


def test_ddtrace_redacts_query_strings_by_the_environment_of_the_pack() -> None:
    lines = [line for line in PACKS["datadog-tracer"].write(RULES).splitlines() if line and line[0] != "#"]
    pairs = {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}
    code = (
        "import sys\n"
        "from ddtrace import config\n"
        "from ddtrace.internal.utils.http import redact_url\n"
        "print(redact_url(sys.argv[1], config._obfuscation_query_string_pattern))\n"
        "print(config._trace_http_header_tags if hasattr(config, '_trace_http_header_tags') else '')"
    )
    url = f"https://app.example/x?page=2&ssn={SSN}&patientName=Zebulon&mail={EMAIL}&m={MEMBER}&lang=en"
    out = run(sys.executable, "-c", code, url, env={**os.environ, **pairs})
    assert not leaked(out)
    assert MEMBER not in out
    assert "page=2" in out
    assert "lang=en" in out
    for name in ("DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP", "DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP"):
        re2.compile(pairs[name])
    assert re2.search(pairs["DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP"], "firstName")


STATEMENT = re.compile(
    r'(?:replace_pattern\((?:log\.body|span\.name|span\.status\.message), "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)'
    r'|replace_all_patterns\((?:log|span|spanevent)\.attributes, "value", "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\))'
    r"(?: where IsString\(log\.body\))?"
)
"""The statements of OTTL that the pack uses (opentelemetry-collector-contrib, pkg/ottl)."""


def test_the_collectors_file_has_its_shape_and_its_expressions_replace() -> None:
    document = yaml.safe_load(PACKS["otel-collector"].write(RULES))
    assert set(document) == {"processors"}
    redaction = document["processors"]["redaction/alertveil"]
    assert set(redaction) == {"allow_all_keys", "blocked_key_patterns", "blocked_values", "summary"}
    (keys,) = redaction["blocked_key_patterns"]
    for key in ("patient.mrn", "firstName", "email", "carton"):
        assert re2.search(keys, key), key
    for key in ("service.name", "retries", "npi"):
        assert not re2.search(keys, key), key
    for value in redaction["blocked_values"]:
        re2.compile(value)
    transform = document["processors"]["transform/alertveil"]
    assert transform["error_mode"] == "propagate"
    text = f'{SENTENCE} patient_name="{NAME}"'
    for group in transform["log_statements"] + transform["trace_statements"]:
        assert group["context"] in {"log", "span", "spanevent"}
        for statement in group["statements"]:
            parts = STATEMENT.fullmatch(statement)
            assert parts is not None, statement
            regex, by = (json.loads(f'"{each}"') for each in parts.groups() if each is not None)
            text = re2.sub(regex.replace("$$", "$"), by.replace("$$1", r"\1"), text)
    still_readable(text)


def test_our_own_scrubbers_read_the_tenants_rules(alertveil: Alertveil, clinic: Tenant, tmp_path: Path) -> None:
    config = tmp_path / "clinic.yaml"
    config.write_text(
        "tenants:\n  - slug: clinic\n    patterns: [{type: MEMBER_ID, regex: 'ACM-[0-9]{8}'}]\n"
        "    safe_words: [zorbly]\n    fields: {carton: PATIENT_ID, raw: drop}\n"
    )
    assert alertveil("apply", "-f", config).code == 0
    file = tmp_path / "rules.json"
    answer = alertveil("rules", "export", "--for", "scrubbers", "-o", file, "--json").json
    assert answer["id"] == str(file)
    scrubber = Scrubber.from_file(file)
    done = scrubber.event({"message": f"zorbly met {MEMBER}", "carton": "worker", "raw": "worker failed"})
    assert done["message"].startswith("zorbly met <MEMBER_ID_")
    assert done["carton"].startswith("<PATIENT_ID_")
    assert done["raw"].startswith("<TEXT_")
    log = tmp_path / "app.log"
    log.write_text(f"zorbly met {MEMBER}\n")
    assert alertveil("scrub", "--rules", file, log).out.startswith("zorbly met <MEMBER_ID_")
    assert alertveil("scrub", "--tenant", clinic.slug, log).out.startswith("zorbly met <MEMBER_ID_")
    file.write_text("{}")
    assert alertveil("scrub", "--rules", file, log).code == 2
    with pytest.raises(ValueError, match="rules export"):
        Scrubber.from_file(file)


@pytest.mark.usefixtures("clinic")
def test_the_command_writes_every_tools_file(alertveil: Alertveil, tmp_path: Path) -> None:
    assert set(get_args(Tool)) == set(PACKS)
    for tool in PACKS:
        told: Said = alertveil("rules", "export", "--for", tool)
        assert told.code == 0
        assert "clinic" in told.out or "cannot say" in told.err
    assert alertveil("rules", "export", "--for", "sentry", "-o", tmp_path / "no" / "x").code == 2
