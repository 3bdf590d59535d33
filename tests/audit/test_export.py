"""An export is whole, verifies away from us, and shows at which row somebody changed it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from router.core import checkpoint
from router.flow import audit_verify
from router.flow.audit_export import verify_file
from router.flow.audit_files import Files
from tests.audit.conftest import Alertveil, Ledger

DOCS = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


@pytest.fixture
def exported(ledger: Ledger, alertveil: Alertveil, tmp_path: Path) -> list[str]:
    """The lines of an export of twenty-one rows: a head, rows with two checkpoints between them, and the end."""
    file = tmp_path / "export.jsonl"
    said = alertveil(ledger.house, "audit", "export", "--tenant", ledger.slug, "-o", file, "--json")
    assert said.json == {"id": str(ledger.tenant_id), "rows": 21, "checkpoints": 2, "fault": None}
    assert file.stat().st_mode & 0o077 == 0
    return file.read_text(encoding="utf-8").splitlines()


def judged(lines: list[str], ledger: Ledger) -> audit_verify.Found:
    pinned = checkpoint.trusted((ledger.runtime.data_dir / "audit-public-key.pem").read_bytes())
    return verify_file(io.BytesIO("".join(line + "\n" for line in lines).encode()), pinned, None)


def at(row: int) -> int:
    """The line of a row: after the head, and after the checkpoints of rows 8 and 16."""
    return row + (row > 8) + (row > 16)


def test_an_export_holds_all_rows_and_its_own_making(ledger: Ledger, exported: list[str]) -> None:
    found = judged(exported, ledger)
    assert (found.fault, found.rows, found.checkpoints) == (None, 21, 3)
    assert json.loads(exported[at(21)])["event"]["action"] == "audit.export"


def edited(lines: list[str]) -> list[str]:
    return [*lines[: at(5)], lines[at(5)].replace("ana@", "bob@"), *lines[at(5) + 1 :]]


def deleted(lines: list[str]) -> list[str]:
    return [*lines[: at(5)], *lines[at(5) + 1 :]]


def inserted(lines: list[str]) -> list[str]:
    return [*lines[: at(5)], lines[at(3)], *lines[at(5) :]]


def swapped(lines: list[str]) -> list[str]:
    return [*lines[: at(5)], lines[at(6)], lines[at(5)], *lines[at(6) + 1 :]]


def garbled(lines: list[str]) -> list[str]:
    return [*lines[: at(5)], "{", *lines[at(5) + 1 :]]


def moved_checkpoint(lines: list[str]) -> list[str]:
    return [*lines[: at(5)], lines[at(8) + 1], *lines[at(5) :]]


@pytest.mark.parametrize(
    ("tampering", "row"),
    [(edited, 5), (deleted, 5), (inserted, 5), (swapped, 5), (garbled, 5), (moved_checkpoint, 5)],
)
def test_the_first_bad_row_of_an_export_is_named(
    ledger: Ledger, exported: list[str], tampering: Callable[[list[str]], list[str]], row: int
) -> None:
    fault = judged(tampering(exported), ledger).fault
    assert fault is not None
    assert fault.seq == row


def test_an_export_cut_anywhere_after_its_head_has_no_end(ledger: Ledger, exported: list[str]) -> None:
    for length in range(1, len(exported)):
        fault = judged(exported[:length], ledger).fault
        assert fault is not None
        assert fault.kind == "cut off"


def test_nothing_may_stand_after_the_end(ledger: Ledger, exported: list[str]) -> None:
    fault = judged([*exported, exported[at(5)]], ledger).fault
    assert fault is not None


def test_a_key_that_came_with_the_export_is_not_believed(
    ledger: Ledger, exported: list[str], alertveil: Alertveil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "export.jsonl"
    assert alertveil(ledger.house, "audit", "verify", "--file", file).code == 0, "this host has pinned its key"
    strange = {**ledger.house.environment, "ALERTVEIL_DATA_DIR": str(tmp_path / "elsewhere")}
    monkeypatch.setitem(ledger.house.__dict__, "environment", strange)
    said = alertveil(ledger.house, "audit", "verify", "--file", file, "--json")
    assert (said.code, json.loads(said.out)["chains"][0]["fault"]["kind"]) == (3, "unsigned")
    key = tmp_path / "key.pem"
    key.write_text(json.loads(exported[0])["public_key"])
    assert alertveil(ledger.house, "audit", "verify", "--file", file, "--public-key", key).code == 0
    key.write_bytes(checkpoint.pem(Ed25519PrivateKey.generate().public_key()))
    assert alertveil(ledger.house, "audit", "verify", "--file", file, "--public-key", key).code == 3


def test_an_export_whose_first_line_was_changed_does_not_verify(
    ledger: Ledger, exported: list[str], alertveil: Alertveil, tmp_path: Path
) -> None:
    file = tmp_path / "export"
    for lines in (exported[1:], [exported[0][:-1], *exported[1:]], [], [exported[1], exported[0], *exported[2:]]):
        file.write_text("".join(line + "\n" for line in lines))
        said = alertveil(ledger.house, "audit", "verify", "--file", file)
        assert (said.code, said.out) == (3, ""), said
        assert "damaged" in said.err


def test_what_does_not_hold_is_exported_without_a_signed_end(
    ledger: Ledger, alertveil: Alertveil, tmp_path: Path
) -> None:
    ledger.superuser.run("UPDATE audit_events SET actor = 'bob' WHERE event_id = %s", [ledger.event_id(5)])
    file = tmp_path / "export.jsonl"
    said = alertveil(ledger.house, "audit", "export", "--tenant", ledger.slug, "-o", file, "--json")
    assert (said.code, json.loads(said.out)["fault"]["row"]) == (3, 5)
    assert alertveil(ledger.house, "audit", "verify", "--file", file).code == 3


def test_an_export_that_ends_before_what_this_host_saw_signed_was_cut(ledger: Ledger, exported: list[str]) -> None:
    kept = exported[: at(10) + 1]
    end = json.loads(kept[-1])
    _, private = ledger.runtime.audit.newest("sign")
    forged = checkpoint.sign(private, "export", ledger.tenant_id, 10, bytes.fromhex(end["hash"]), datetime.now(UTC))
    lines = [*kept, checkpoint.line(forged).decode()]
    assert judged(lines, ledger).fault is None, "nothing in it says that there was more"
    pinned = checkpoint.trusted((ledger.runtime.data_dir / "audit-public-key.pem").read_bytes())
    source = io.BytesIO("".join(line + "\n" for line in lines).encode())
    fault = verify_file(source, pinned, Files(ledger.runtime.data_dir)).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("cut off", 11)


def test_the_recipe_of_the_docs_verifies_an_export_without_us(
    ledger: Ledger, exported: list[str], tmp_path: Path
) -> None:
    (recipe,) = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    words = [sys.executable, "-c", recipe, tmp_path / "export.jsonl", ledger.runtime.data_dir / "audit-public-key.pem"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("21 rows hold, as of ")) == (0, True), done.stderr
    (tmp_path / "export.jsonl").write_text("\n".join(edited(exported)) + "\n", encoding="utf-8")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AssertionError: row 5" in done.stderr
