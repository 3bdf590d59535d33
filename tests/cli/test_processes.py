"""The `alertveil` program itself: what it starts, what it carries with it, and what it reads and writes as a filter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flow.builder import EMAIL, MRN, NAME, environment

MAIN = "import sys; from router.cli import main; sys.exit(main())"


def run(*words: str, stdin: bytes = b"", given: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    bare = {key: value for key, value in os.environ.items() if not key.startswith("ALERTVEIL_")}
    return subprocess.run(
        [sys.executable, "-c", MAIN, *words],
        input=stdin,
        capture_output=True,
        env=bare | (given or {}),
        check=False,
        timeout=60,
    )


def test_up_becomes_the_supervisor() -> None:
    done = run("up", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(b"usage: alertveil up")
    assert run("up", "--bogus").returncode == 2


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_standard_stream_that_the_caller_closed_leads_nowhere(tmp_path: Path, closed: int) -> None:
    """The file that `keys init` makes would otherwise be standard output itself."""
    keystore = tmp_path / "keystore.json"
    words = [sys.executable, "-c", MAIN, "keys", "init", "--json"]
    shell = f'exec "$@" {closed}>&-'
    given = os.environ | {"ALERTVEIL_KEYSTORE": str(keystore), "ALERTVEIL_DATA_DIR": str(tmp_path)}
    done = subprocess.run(["sh", "-c", shell, "sh", *words], capture_output=True, env=given, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == (closed != 1)
    assert set(json.loads(keystore.read_bytes())) == {"current", "keys"}
    if closed == 0:
        nothing = subprocess.run(
            ["sh", "-c", shell, "sh", *words[:3], "scrub"], capture_output=True, env=given, check=False, timeout=60
        )
        assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, b"", b"")


def test_a_full_disk_behind_standard_output_is_a_sentence() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "--version"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (1, b"alertveil: It could not be written: no space left on device.\n")


@pytest.mark.parametrize("word", ["web", "worker"])
def test_a_service_carries_nothing_that_reads_command_lines(word: str) -> None:
    """Typer costs 10 MB, in a process that runs for months."""
    code = (
        f"import sys; sys.argv = ['alertveil', '{word}']; from router.cli import main; status = main();"
        "print(status, sorted({'typer', 'router.privacy'} & set(sys.modules)))"
    )
    bare = {key: value for key, value in os.environ.items() if not key.startswith("ALERTVEIL_")}
    nowhere = bare | {"ALERTVEIL_DATABASE_URL": "http://not-a-database"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=nowhere, check=False, timeout=60)
    assert done.stdout == b"1 []\n"
    assert done.stderr == b"alertveil: ALERTVEIL_DATABASE_URL is no postgresql:// URL.\n"


def test_a_service_that_cannot_reach_its_database_says_so_in_a_sentence(tmp_path: Path) -> None:
    given = environment("postgresql://app:hunter2secret@127.0.0.1:9/none", tmp_path)
    for words in (("web",), ("worker", "--beat", "--name", "w1")):
        done = run(*words, given=given)
        assert done.returncode == 1
        assert done.stderr.count(b"\n") == 1
        assert done.stderr.startswith(b"alertveil: Postgres cannot be reached, or takes no more connections")
        assert b"hunter2secret" not in done.stderr


def test_a_beat_that_waits_for_its_broker_ends_when_it_is_told_to(tmp_path: Path) -> None:
    given = os.environ | {"ALERTVEIL_REDIS_URL": "redis://127.0.0.1:9/0", "ALERTVEIL_DATA_DIR": str(tmp_path)}
    words = [sys.executable, "-c", MAIN, "beat"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=given) as beat:
        assert beat.stderr is not None
        assert b"celery.beat" in beat.stderr.readline(), "it looked for its broker"
        beat.terminate()
        assert beat.wait(30) == 0


def test_scrub_reads_text_and_writes_the_same_lines_in_tokens() -> None:
    text = f"2026-01-31 ERROR patient {NAME} <{EMAIL}> not found\n\nsame patient {NAME}\n"
    done = run("scrub", stdin=text.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().split("\n")
    assert len(lines) == 4
    assert not [value for value in (*NAME.split(), EMAIL) if value in done.stdout.decode()]
    assert "ERROR patient" in lines[0]


def test_scrub_takes_a_json_value_a_line_and_gives_one_back_in_order() -> None:
    values = [{"note": {"patient": NAME}, "n": 1}, [MRN], "plain words"]
    stdin = b"\n".join([*(json.dumps(value).encode() for value in values), b"", b"no json " + MRN.encode(), b""])
    done = run("scrub", "--ndjson", stdin=stdin)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, len(lines)) == (0, b"", 5)
    first, second, third = (json.loads(line) for line in lines[:3])
    assert (list(first), list(first["note"]), first["n"]) == (["note", "n"], ["patient"], 1)
    assert re.fullmatch(r"<[A-Z_]+_[0-9A-Z]{10}>", second[0])
    assert third == "plain words"
    assert lines[3] == b""
    assert isinstance(json.loads(lines[4]), str)
    assert not [value for value in (*NAME.split(), MRN) if value in done.stdout.decode()]


def test_scrub_knows_a_source_by_its_shape() -> None:
    """At `sealed` only structure passes, and only a format says what is structure."""
    alert = {
        "labels": {"alertname": "DatabaseDown", "note": "database is down"},
        "annotations": {"summary": "database is down"},
        "startsAt": "2026-01-31T08:00:00Z",
    }
    stdin = b"\n".join([json.dumps({"alerts": [alert]}).encode(), json.dumps({"alarms": [alert]}).encode()])
    done = run("scrub", "--ndjson", "--level", "sealed", stdin=stdin)
    known, unknown = (json.loads(line) for line in done.stdout.splitlines())
    (shown,) = known["alerts"]
    assert (shown["labels"]["alertname"], shown["startsAt"]) == ("DatabaseDown", "2026-01-31T08:00:00Z")
    assert shown["annotations"]["summary"].startswith("<")
    assert shown["labels"]["note"].startswith("<")
    assert unknown["alarms"][0]["labels"]["note"].startswith("<")


def test_a_reader_that_leaves_early_is_no_failure_to_report() -> None:
    command = f"{sys.executable} -c '{MAIN}' scrub | head -c 1"
    done = subprocess.run(
        ["sh", "-c", command], input=b"line\n" * 200_000, capture_output=True, check=False, timeout=60
    )
    assert done.stderr == b""


def test_keys_init_makes_a_file_for_its_owner_only_and_never_another(tmp_path: Path) -> None:
    given = {"ALERTVEIL_DATA_DIR": str(tmp_path / "data")}
    first, again = run("keys", "init", "--json", given=given), run("keys", "init", "--json", given=given)
    assert (json.loads(first.stdout)["made"], json.loads(again.stdout)["made"]) == (True, False)
    assert json.loads(first.stdout)["id"] == json.loads(again.stdout)["id"]
    assert (tmp_path / "data" / "keystore.json").stat().st_mode & 0o777 == 0o600


def test_migrate_needs_the_owner() -> None:
    done = run("migrate", given={"ALERTVEIL_DATABASE_URL": "postgresql://app@127.0.0.1:9/none"})
    assert done.returncode == 2
    assert done.stderr.startswith(b"alertveil: Set ALERTVEIL_OWNER_DATABASE_URL")
