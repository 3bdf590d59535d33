"""`alertveil reveal` and the searches, as somebody at a terminal uses them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from router.cli import tree
from tests.conftest import Database
from tests.flow.builder import EMAIL, Superuser, environment
from tests.reveal.conftest import Clinic, Events


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command prints
        assert (self.code, self.err, self.out.count("\n")) == (0, "", 1), self
        return json.loads(self.out)


Alertveil = Callable[..., Said]


@pytest.fixture
def alertveil(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Alertveil:
    """Runs one command in this process, on a host whose user may stand in for others."""
    for name, value in environment(database.app_url, tmp_path, ALERTVEIL_HOST_APPROVALS="on").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.umask", lambda _: 0)

    def run(*words: object) -> Said:
        capsys.readouterr()
        code = tree.run([str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return run


def test_a_reveal_prints_the_values_of_one_grant(alertveil: Alertveil, clinic: Clinic, superuser: Superuser) -> None:
    incident, tokens = clinic.alert()
    words = [
        "reveal",
        "--tenant",
        "clinic",
        "--incident",
        incident,
        "--reason",
        "triage",
        "--as",
        "responder@clinic.test",
    ]
    words += [word for token in tokens for word in ("--token", token)]
    said = alertveil(*words, "--json").json
    assert EMAIL in [each["value"] for each in said["values"]]
    assert [row.grant_id for row in superuser.rows("SELECT grant_id::text FROM vault.grants")] == [said["id"]]
    plain = alertveil(*words)
    assert (plain.code, plain.err) == (0, "")
    assert EMAIL in plain.out


def test_the_host_may_not_stand_in_where_the_database_is_named_and_the_attempt_is_recorded(
    alertveil: Alertveil, clinic: Clinic, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALERTVEIL_HOST_APPROVALS")
    incident, tokens = clinic.alert()
    said = alertveil(
        "reveal", "--incident", incident, "--token", tokens[0], "--reason", "triage", "--as", "responder@clinic.test"
    )
    assert (said.code, said.out) == (1, "")
    assert "ALERTVEIL_HOST_APPROVALS" in said.err
    assert [event.decision for event in events("reveal")] == ["denied"]


@pytest.mark.parametrize("given", [EMAIL, "<EMAIL_X>", ""])
def test_what_is_no_token_is_a_usage_error_that_does_not_repeat_it(
    alertveil: Alertveil, clinic: Clinic, given: str
) -> None:
    incident, _ = clinic.alert()
    said = alertveil(
        "reveal", "--incident", incident, "--token", given, "--reason", "x", "--as", "responder@clinic.test"
    )
    assert (said.code, said.out) == (2, "")
    assert EMAIL not in said.err


def test_who_saw_it_is_asked_with_the_value_on_standard_input(
    alertveil: Alertveil, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, tokens = clinic.alert()
    clinic.reveal(incident, *tokens)
    ask = ["audit", "disclosures", "--tenant", "clinic", "--days", "90"]
    monkeypatch.setattr("sys.stdin", io.StringIO("ZQ.CANARY@leakmail.test\n"))
    (found,) = alertveil(*ask, "--json").json
    assert (found["kind"], found["who"], found["incident_id"]) == ("reveal", "responder@clinic.test", str(incident))
    monkeypatch.setattr("sys.stdin", io.StringIO("nobody@leakmail.test"))
    assert alertveil(*ask, "--json").json == []
    assert len(alertveil(*ask, "--incident", incident, "--json").json) == len(tokens)
    table = alertveil(*ask, "--user", "responder@clinic.test", "--as", "auditor@clinic.test")
    assert (table.code, table.err) == (0, "")
    assert tokens[0] in table.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--user", "a@b.test", "--vendor", "slack"], 2),
        (["--days", "0"], 2),
        (["--user", "nobody@clinic.test"], 1),
        (["--channel", "nowhere"], 1),
        (["--vendor", "slack", "--as", "viewer@clinic.test"], 1),
    ],
)
def test_a_search_that_cannot_be_made_says_why(
    alertveil: Alertveil, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    assert clinic.people
    monkeypatch.setattr("sys.stdin", io.StringIO(EMAIL))
    said = alertveil("audit", "disclosures", *words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith("alertveil: ")
    assert EMAIL not in said.err


def test_a_reveal_is_a_persons(alertveil: Alertveil, clinic: Clinic) -> None:
    incident, tokens = clinic.alert()
    said = alertveil("reveal", "--incident", incident, "--token", tokens[0], "--reason", "x")
    assert (said.code, "--as" in said.err) == (2, True)


def test_without_its_keystore_a_reveal_says_so_and_grants_nothing(
    alertveil: Alertveil, clinic: Clinic, superuser: Superuser, tmp_path: Path
) -> None:
    incident, tokens = clinic.alert()
    (tmp_path / "keystore.json").unlink()
    said = alertveil(
        "reveal", "--incident", incident, "--token", tokens[0], "--reason", "triage", "--as", "responder@clinic.test"
    )
    assert (said.code, "keystore" in said.err) == (1, True)
    assert superuser.one("SELECT count(*) AS n FROM vault.grants").n == 0


def test_the_access_report_is_printed_for_people_programs_and_spreadsheets(
    alertveil: Alertveil, clinic: Clinic
) -> None:
    report = alertveil("users", "report", "--json").json
    assert report["by_role"] == dict.fromkeys(clinic.people, 1)
    assert {user["email"] for user in report["users"]} == {f"{role}@clinic.test" for role in clinic.people}
    sheet = alertveil("users", "report", "--csv", "--as", "auditor@clinic.test")
    assert sheet.code == 0
    assert sheet.out.startswith('"user","kind","state","roles"')
    assert "privacy_officer@clinic.test" in alertveil("users", "report").out
    assert alertveil("users", "report", "--as", "viewer@clinic.test").code == 1
    assert alertveil("users", "report", "--quarter", "2026-Q9").code == 2


def test_evidence_is_written_and_verified_and_believes_no_key_of_its_own(
    alertveil: Alertveil, clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, tokens = clinic.alert()
    clinic.reveal(incident, *tokens)
    zipped = tmp_path / "evidence.zip"
    made = alertveil("evidence", "export", "--tenant", "clinic", "-o", zipped, "--json").json
    assert made["fault"] is None
    seen = alertveil("evidence", "verify", zipped, "--json").json
    assert (seen["ok"], seen["tenant"], seen["files"]) == (True, "clinic", made["files"])
    assert alertveil("evidence", "verify", zipped).out.startswith("ok: clinic")
    key = (tmp_path / "audit-public-key.pem").rename(tmp_path / "trusted.pem")
    monkeypatch.setenv("ALERTVEIL_DATA_DIR", str(tmp_path / "elsewhere"))
    unbelieved = alertveil("evidence", "verify", zipped)
    assert (unbelieved.code, "proves nothing" in unbelieved.out) == (3, True)
    assert alertveil("evidence", "verify", zipped, "--public-key", key).code == 0
    zipped.write_bytes(zipped.read_bytes()[:-200])
    assert alertveil("evidence", "verify", zipped, "--public-key", key).code == 3
    assert alertveil("evidence", "verify", tmp_path / "nowhere.zip").code == 2


def test_evidence_is_for_those_who_may_take_it_out(alertveil: Alertveil, clinic: Clinic, tmp_path: Path) -> None:
    assert clinic.people
    refused = alertveil("evidence", "export", "-o", tmp_path / "e.zip", "--as", "operator@clinic.test")
    assert refused.code == 1
    assert not (tmp_path / "e.zip").exists()
    assert alertveil("evidence", "export", "-o", tmp_path / "no" / "e.zip").code == 1
    assert alertveil("evidence", "export", "-o", tmp_path / "e.zip", "--as", "auditor@clinic.test").code == 0
