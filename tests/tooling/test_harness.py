"""The harness keeps its own promises: a closed network, and no test that is silently left out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

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


PART_TEST = """
import pytest

@pytest.mark.system_part("chromium")
def test_in_a_browser(system_part):
    assert system_part("chromium").exists()
"""


def run_part_test(tmp_path: Path, path: str, **env: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "conftest.py").symlink_to(ROOT / "tests" / "conftest.py")
    (tmp_path / "test_part.py").write_text(PART_TEST)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    command += ["-p", "no:cacheprovider", str(tmp_path / "test_part.py")]
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "ALERTVEIL_"))}
    environment = {**clean, "PATH": path, **env}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)


def test_a_test_whose_system_part_is_missing_is_listed_with_what_to_install(tmp_path: Path) -> None:
    done = run_part_test(tmp_path, path=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "not run: install chromium (1 tests)" in done.stdout


def test_a_missing_system_part_fails_where_everything_must_run(tmp_path: Path) -> None:
    done = run_part_test(tmp_path, path=str(tmp_path), ALERTVEIL_TEST_ALL="1")
    assert done.returncode == 1, done.stdout
    assert "chromium is not installed" in done.stdout


def test_a_test_whose_system_part_is_there_runs(tmp_path: Path) -> None:
    chromium = tmp_path / "bin" / "chromium"
    chromium.parent.mkdir()
    chromium.write_text("#!/bin/sh\n")
    chromium.chmod(0o755)
    done = run_part_test(tmp_path, path=str(chromium.parent), ALERTVEIL_TEST_ALL="1")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
