"""`alertveil reviews` as scripts and people use it: opened, decided, signed and taken out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.cli.conftest import Alertveil
from tests.flow.builder import NAME
from tests.reviews.clinic import INES, NOW, ROSA, VERA, Clinic

QUARTER = ("--tenant", "riverside", "--quarter", NOW)


def test_a_quarter_from_opening_to_four_files_with_one_hash(
    clinic: Clinic, alertveil: Alertveil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, gone = (clinic.optin(name, NOW.starts_at, NOW.closes_at) for name in ("pager", "claims"))
    opened = alertveil("reviews", "open", *QUARTER, "--json").json
    assert (opened["quarter"], opened["kind"], opened["items"]) == (str(NOW), "interim", 2)
    shown = alertveil("reviews", "show", *QUARTER, "--json").json
    assert shown["id"] == opened["id"]
    assert {item["id"]: item["decision"] for item in shown["items"]} == {str(keep): None, str(gone): None}
    assert shown["balances"][0]["now"] == 2
    decided = alertveil(
        "reviews", "decide", keep, "keep", *QUARTER, "--reason", "used weekly", "--as", ROSA, "--json"
    ).json
    assert (decided["id"], decided["decision"]) == (str(keep), "keep")
    said = alertveil("reviews", "decide", gone, "revoke", *QUARTER, "--reason", f"asked by {NAME}", "--as", VERA)
    assert (said.code, said.err) == (0, "")
    assert clinic.state(gone) == "revoked"
    refused = alertveil("reviews", "sign", *QUARTER, "--as", VERA)
    assert refused.code == 1
    assert "ALERTVEIL_HOST_APPROVALS" in refused.err
    monkeypatch.setenv("ALERTVEIL_HOST_APPROVALS", "on")
    signed = alertveil("reviews", "sign", *QUARTER, "--as", VERA, "--json").json
    assert signed["id"] == opened["id"]
    files = {}
    for form in ("pdf", "csv", "json", "html"):
        path = tmp_path / f"review.{form}"
        done = alertveil("reviews", "export", *QUARTER, "--format", form, "-o", path, "--json").json
        assert (done["sha256"], done["bytes"]) == (signed["sha256"], path.stat().st_size)
        files[form] = path.read_bytes()
    record = json.loads(files["json"])["record"]
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == signed["sha256"]
    pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(files["pdf"])).pages)
    assert signed["sha256"] in pages.replace("\n", "")
    assert signed["sha256"] in files["html"].decode()
    lines = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    assert [line["record_sha256"] for line in lines] == [signed["sha256"]] * 2
    assert not [form for form, content in files.items() if b"uackenbush" in content]
    (listed,) = alertveil("reviews", "list", "--json").json
    assert (listed["state"], listed["sha256"], listed["signed_by"], listed["undecided"]) == (
        "signed", signed["sha256"], VERA, 0,
    )  # fmt: skip
    exports = clinic.audit("review.export")
    assert [each.details["format"] for each in exports] == ["pdf", "csv", "json", "html"]
    assert clinic.audit("review.sign")[0].auth.startswith("host:")


def test_a_review_decided_and_signed_from_one_shell_says_so(
    clinic: Clinic, alertveil: Alertveil, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALERTVEIL_HOST_APPROVALS", "on")
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    alertveil("reviews", "open", *QUARTER)
    alertveil("reviews", "decide", item, "keep", *QUARTER, "--reason", "used", "--as", ROSA)
    alertveil("reviews", "sign", *QUARTER, "--as", ROSA)
    assert alertveil("reviews", "export", *QUARTER, "--format", "html", "-o", tmp_path / "r.html").code == 0
    text = (tmp_path / "r.html").read_text()
    for exception in ("Decided from a shell", "Signed from a shell", "One person decided and signed"):
        assert exception in text


def test_people_read_a_table(clinic: Clinic, alertveil: Alertveil) -> None:
    assert "No reviews yet" in alertveil("reviews", "list").out
    clinic.optin("pager", NOW.starts_at, NOW.closes_at, single_custody=True)
    said = alertveil("reviews", "open", *QUARTER)
    assert said.out.startswith(f"An interim review of {NOW} is open with 1 opt-ins")
    assert "is there already: it is open" in alertveil("reviews", "open", *QUARTER).out
    shown = alertveil("reviews", "show", *QUARTER).out
    assert "0 + 1 new - 0 ended = 1, 0 unaccounted" in shown
    assert "single custody" in shown
    assert "undecided" in shown


def test_what_cannot_be_is_said_in_a_sentence(alertveil: Alertveil) -> None:
    decide = ("decide", "x", "keep", "--quarter", NOW, "--reason", "r")
    of_now = ("--quarter", NOW)
    for words, status, said in (
        (("open", "--quarter", "2026"), 2, "written like 2026Q4"),
        (("open", "--quarter", "2099Q4"), 1, "not begun"),
        (("open", *of_now, "--as", INES), 1, "roles"),
        (("show", *of_now), 1, "no review of this quarter"),
        ((*decide, "--as", ROSA), 1, "no review"),
        (decide, 2, ""),
        (("decide", "x", "revoke", *of_now, "--reason", "r", "--as", ROSA, "--types", "MRN"), 2, "ends at once"),
        ((*decide, "--as", ROSA, "--types", "MRN"), 2, "keep leaves the types"),
        (("decide", "x", "maybe", *of_now, "--reason", "r", "--as", ROSA), 2, ""),
        (("sign", *of_now, "--as", "nobody@clinic.test"), 1, "no review"),
        (("export", *of_now, "--format", "docx", "-o", "x"), 2, ""),
    ):
        answer = alertveil("reviews", *words)
        assert answer.code == status, words
        assert said in answer.err, words
        assert "Traceback" not in answer.err, words


def test_a_tampered_review_fails_verification(
    clinic: Clinic, alertveil: Alertveil, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALERTVEIL_HOST_APPROVALS", "on")
    alertveil("reviews", "open", *QUARTER)
    assert alertveil("reviews", "sign", *QUARTER, "--as", ROSA).code == 0
    clinic.superuser.run("ALTER TABLE reviews DISABLE TRIGGER stays")
    clinic.superuser.run(
        "UPDATE reviews SET record = record || ' ',"
        " record_sha256 = encode(sha256(convert_to(record || ' ', 'UTF8')), 'hex')"
    )
    for words in (("show",), ("export", "--format", "pdf", "-o", tmp_path / "x.pdf")):
        answer = alertveil("reviews", *words, *QUARTER)
        assert answer.code == 3
        assert "somebody changed it" in answer.err
    assert not (tmp_path / "x.pdf").exists()
