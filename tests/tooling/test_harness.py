"""The harness keeps its own promises: a closed network, and no test that is silently left out."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from tests.conftest import Database

ROOT = Path(__file__).resolve().parents[2]


def test_a_test_cannot_reach_beyond_this_machine() -> None:
    with pytest.raises(Exception, match="tried to use socket"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_a_test_can_reach_a_server_on_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        near, _ = server.accept()
        with near:
            client.sendall(b"here")
            assert near.recv(4) == b"here"


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_a_migrated_database_without_another_tests_rows(database: Database, turn: str) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("UPDATE instance SET kill_switch = NOT kill_switch")
        assert connection.execute("SELECT kill_switch FROM instance").fetchone() == (True,), turn


def test_the_application_role_of_the_test_database_is_held_by_row_level_security(database: Database) -> None:
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False,)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_an_empty_broker(valkey: str, turn: str) -> None:
    with Redis.from_url(valkey) as client:
        assert client.dbsize() == 0
        client.set("left", turn)


PART_TEST = """
import pytest

@pytest.mark.system_part("chromium")
def test_in_a_browser(system_part):
    assert system_part("chromium").exists()
"""


def run_part_test(folder: Path, path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_part.py").write_text(PART_TEST)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  system_part(name): needs a program\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.system_parts", "-p", "no:cacheprovider", "test_part.py"]
    # Nothing of this run's own environment: no plugins, no programs, no wish to run everything.
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), "PATH": str(path), **env}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment)


def test_a_test_whose_system_part_is_missing_is_listed_with_what_to_install(tmp_path: Path) -> None:
    done = run_part_test(tmp_path, path=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "not run: install chromium (1 tests)" in done.stdout


def test_a_missing_system_part_fails_where_everything_must_run(tmp_path: Path) -> None:
    done = run_part_test(tmp_path, path=tmp_path, ALERTVEIL_TEST_ALL="1")
    assert done.returncode == 1, done.stdout
    assert "chromium is not installed" in done.stdout


def test_a_test_whose_system_part_is_there_runs(tmp_path: Path) -> None:
    chromium = tmp_path / "bin" / "chromium"
    chromium.parent.mkdir()
    chromium.write_text("#!/bin/sh\n")
    chromium.chmod(0o755)
    done = run_part_test(tmp_path, path=chromium.parent, ALERTVEIL_TEST_ALL="1")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
