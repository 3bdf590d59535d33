"""One signed file that an auditor checks without us: what is in it, that it holds, and that no change goes unseen."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from router.core.checkpoint import Trusted, pem
from router.core.quarter import Quarter
from router.flow import evidence as flow
from router.flow import manage
from router.flow.audit_files import Files
from router.local.vendors.webhook import WebhookVendor
from router.reports.evidence import PIECES, cell, table
from router.runtime import Runtime
from tests.flow.builder import EMAIL, MRN, NAME, Superuser, webhook
from tests.reveal.conftest import Clinic

NOW = Quarter.of(datetime.now(UTC))
WANTED = flow.Wanted(NOW, "host:ops", hops=[("to the database", "does not leave the host")])


@pytest.fixture
def bundle(clinic: Clinic, tmp_path: Path) -> Path:
    """The evidence of a clinic in which somebody revealed, somebody was refused, and a channel was made."""
    with WebhookVendor() as vendor:
        clinic.tenant.set(channels={"hook": webhook(vendor)})
    incident, tokens = clinic.alert(message=f"patient {NAME} {MRN} {EMAIL}")
    clinic.reveal(incident, *tokens, reason=f"treatment: {NAME} asked")
    with pytest.raises(Exception, match="roles allow no reveal"):
        clinic.reveal(incident, *tokens, role="viewer")
    manage.add_user(clinic.runtime, clinic.tenant_id, "=cmd|calc!a1@clinic.test", ["viewer"], "host:ops")
    target = tmp_path / "evidence.zip"
    made = flow.export(clinic.runtime, clinic.tenant_id, target, WANTED)
    assert made.fault is None
    return target


def contents(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def trust(runtime: Runtime) -> Trusted:
    found = Files(runtime.data_dir).pinned()
    assert found is not None
    return found


def verify(bundle: Path, trusted: Trusted | None) -> flow.Verified:
    with bundle.open("rb") as file:
        return flow.verify(file, trusted, None)


def again(bundle: Path, change: Callable[[dict[str, bytes]], Any]) -> Path:
    """The bundle packed again after somebody changed what is in it."""
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    folder = next(iter(files)).partition("/")[0]
    inside = {name.partition("/")[2]: content for name, content in files.items()}
    change(inside)
    changed = bundle.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in inside.items():
            archive.writestr(f"{folder}/{name}", content)
    return changed


def test_it_holds_every_piece_that_its_table_names(bundle: Path) -> None:
    names = set(contents(bundle))
    assert {"README.md", "mapping.csv", "manifest.json", "public-key.pem", "SHA256SUMS", "SHA256SUMS.sig"} <= names
    for piece in PIECES:
        assert any(name.startswith(piece.path) for name in names), piece.path
        assert all((piece.cfr, piece.soc2, piece.iso, piece.gdpr)), piece.path
    assert {name.partition("/")[0] + "/" for name in names if "/" in name} == {piece.path for piece in PIECES}
    mapped = rows(contents(bundle)["mapping.csv"])
    assert [row["piece"] for row in mapped] == [piece.path for piece in PIECES]


def test_what_happened_stands_in_it_and_no_patients_data(bundle: Path, clinic: Clinic) -> None:
    files = contents(bundle)
    shown = rows(files["disclosures/disclosures.csv"])
    assert {row["who"] for row in shown} == {"responder@clinic.test"}
    assert {row["kind"] for row in shown} == {"reveal"}
    assert [row["action"] for row in rows(files["denials/denials.csv"])] == ["reveal"]
    assert {row["for"] for row in rows(files["keys/keys.csv"])} >= {"data", "index"}
    assert "values are kept for" in {row["what"] for row in rows(files["retention/state.csv"])}
    assert [row["channel"] for row in rows(files["inventory/channels.csv"])] == ["hook"]
    assert {"hop": "to the database", "protection": "does not leave the host"} in rows(files["transport/hops.csv"])
    assert "| viewer |" in files["access/roles.md"].decode() or "viewer" in files["access/roles.md"].decode()
    assert len(files["audit/audit.jsonl"].splitlines()) > 3
    everything = b"\n".join(files.values()).decode("utf-8", "replace")
    for value in (NAME, "Quackenbush", "77341902", EMAIL, *clinic.tenant.keys.values()):
        assert value not in everything


def test_a_spreadsheet_runs_nothing_of_it(bundle: Path) -> None:
    for name, content in contents(bundle).items():
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(content.decode())):
                assert not any(each.startswith(("=", "+", "-", "@", "\t", "\r")) for each in row), name
    people = rows(contents(bundle)["access/access-report.csv"])
    assert any(row["user"].startswith("'=cmd") for row in people)
    assert table(("a",), [("=1+1",), ("+1",), ("-1",), ("@x",), ("\t=1",), (["=1", "2"],)]) == (
        b'"a"\r\n"\'=1+1"\r\n"\'+1"\r\n"\'-1"\r\n"\'@x"\r\n"\'\t=1"\r\n"\'=1; 2"\r\n'
    )
    assert cell({"a": [1, True], "b": None}) == "a=1; yes; b="


def test_it_verifies_against_the_key_that_the_host_pinned(bundle: Path, runtime: Runtime) -> None:
    found = verify(bundle, trust(runtime))
    assert (found.faults, found.tenant, found.quarter) == ((), "clinic", str(NOW))
    assert found.files == len(contents(bundle)) - 2
    assert found.audit_rows >= 3


def test_the_key_inside_proves_nothing(bundle: Path) -> None:
    (fault,) = verify(bundle, None).faults
    assert "a key that comes with the evidence proves nothing" in fault


def test_another_key_is_not_believed(bundle: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key()
    (fault,) = verify(bundle, {"other": other}).faults
    assert "not signed by a key that is trusted here" in fault


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: files.update({"denials/denials.csv": b""}), "denials/denials.csv was changed."),
        (lambda files: files.pop("disclosures/disclosures.csv"), "disclosures/disclosures.csv is missing."),
        (lambda files: files.update({"reviews/fine.pdf": b"%PDF"}), "reviews/fine.pdf is in the bundle and not in its"),
        (
            lambda files: files.update({"SHA256SUMS": files["SHA256SUMS"].replace(b"a", b"b", 1)}),
            "not signed by a key that is trusted",
        ),
        (lambda files: files.update({"SHA256SUMS.sig": bytes(64)}), "not signed by a key that is trusted"),
    ],
)
def test_whatever_is_changed_is_told(
    bundle: Path, runtime: Runtime, change: Callable[[dict[str, bytes]], Any], says: str
) -> None:
    faults = verify(again(bundle, change), trust(runtime)).faults
    assert any(says in fault for fault in faults), faults


def test_somebody_who_signs_it_anew_is_not_believed(bundle: Path, runtime: Runtime) -> None:
    mine = Ed25519PrivateKey.generate()

    def forge(files: dict[str, bytes]) -> None:
        files["public-key.pem"] = pem(mine.public_key())
        files["SHA256SUMS.sig"] = mine.sign(files["SHA256SUMS"])

    assert verify(again(bundle, forge), trust(runtime)).faults


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all"])
def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path, runtime: Runtime, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    del runtime
    with pytest.raises(flow.NoBundle):
        verify(tmp_path / "x.zip", None)


def test_the_page_of_python_in_its_readme_checks_it(bundle: Path, runtime: Runtime, tmp_path: Path) -> None:
    (script,) = re.findall(r"^```python\n(.*?)^```", contents(bundle)["README.md"].decode(), re.MULTILINE | re.DOTALL)
    (tmp_path / "check.py").write_text(script)
    key = Files(runtime.data_dir)
    assert key.pinned()
    for which, holds in ((bundle, True), (again(bundle, lambda files: files.update({"mapping.csv": b"x"})), False)):
        folder = tmp_path / which.stem
        with zipfile.ZipFile(which) as archive:
            archive.extractall(folder)
        (unpacked,) = folder.iterdir()
        done = subprocess.run(
            [sys.executable, "check.py", str(unpacked), str(runtime.data_dir / "audit-public-key.pem")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is holds, done.stderr
        assert ("signed and unchanged" in done.stdout) is holds


def test_an_audit_that_was_edited_is_told_and_the_bundle_says_so_itself(
    clinic: Clinic, superuser: Superuser, tmp_path: Path
) -> None:
    incident, tokens = clinic.alert()
    clinic.reveal(incident, *tokens)
    superuser.run("UPDATE audit_events SET actor = 'somebody.else@clinic.test' WHERE action = 'reveal'")
    target = tmp_path / "evidence.zip"
    made = flow.export(clinic.runtime, clinic.tenant_id, target, WANTED)
    assert made.fault is not None
    assert "THE AUDIT DOES NOT HOLD" in contents(target)["README.md"].decode()
    assert json.loads(contents(target)["audit/verification.json"])["holds"] is False
    (fault,) = verify(target, trust(clinic.runtime)).faults
    assert fault.startswith("The audit in it does not hold")


def test_that_it_was_taken_is_in_the_audit_with_its_hash(
    bundle: Path, superuser: Superuser, clinic: Clinic, tmp_path: Path
) -> None:
    del bundle
    made = flow.export(clinic.runtime, clinic.tenant_id, tmp_path / "second.zip", WANTED)
    events = superuser.rows("SELECT * FROM audit_events WHERE action = 'evidence.export' ORDER BY at")
    assert len(events) == 2
    assert events[1].details == {"quarter": str(NOW), "sha256": made.signed, "files": made.files}
    assert (tmp_path / "second.zip").stat().st_mode & 0o777 == 0o600


def test_only_what_the_quarter_saw_is_in_it(clinic: Clinic, tmp_path: Path, superuser: Superuser) -> None:
    incident, tokens = clinic.alert()
    clinic.reveal(incident, *tokens)
    superuser.run("UPDATE disclosures SET at = %s", [NOW.starts_at - timedelta(seconds=1)])
    flow.export(clinic.runtime, clinic.tenant_id, tmp_path / "now.zip", WANTED)
    assert rows(contents(tmp_path / "now.zip")["disclosures/disclosures.csv"]) == []
    before = flow.Wanted(NOW.previous, "host:ops")
    flow.export(clinic.runtime, clinic.tenant_id, tmp_path / "before.zip", before)
    found = rows(contents(tmp_path / "before.zip")["disclosures/disclosures.csv"])
    assert {row["token"] for row in found} == set(tokens)
    assert json.loads(contents(tmp_path / "before.zip")["manifest.json"])["complete"] is True


def test_a_switched_off_protection_stands_out(clinic: Clinic, tmp_path: Path) -> None:
    off = "SWITCHED OFF: ALERTVEIL_INSECURE_TRANSPORT is on"
    wanted = flow.Wanted(NOW, "host:ops", hops=[("refusal of unencrypted hops", off)])
    made = flow.export(clinic.runtime, clinic.tenant_id, tmp_path / "e.zip", wanted)
    assert any("ALERTVEIL_INSECURE_TRANSPORT" in note for note in made.notes)
    assert off in contents(tmp_path / "e.zip")["README.md"].decode()
