"""The words of the Makefile, with stand-ins for what they start."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"setup", "up", "test", "check", "format", "bench", "chaos", "fuzz", "docs", "lock", "help"}

STAND_IN = """#!/bin/sh
trap 'echo stopped >&2; exit 0' TERM
echo "ready http://127.0.0.1:1 $*${PYTHONDONTWRITEBYTECODE+ without bytecode}"
while :; do sleep 0.02; done
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The Makefile, set up already, around an `alertveil` that says what happens to it."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "setup.sh").write_text("exit 0\n")
    program = tmp_path / ".venv" / "bin" / "alertveil"
    program.parent.mkdir(parents=True)
    program.write_text(STAND_IN)
    program.chmod(0o755)
    return tmp_path


def said(pipe: IO[str] | None) -> str:
    """The next line of a pipe; empty when none comes within ten seconds or the pipe was closed."""
    assert pipe is not None
    return pipe.readline() if select.select([pipe], [], [], 10)[0] else ""


@pytest.fixture
def up(project: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # as container images like to set it
    command = ["make", "up", "ARGS=--port 9000"]
    with subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        yield started
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)


def test_help_names_every_word_with_a_sentence() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    listed = {line.split()[1]: line.split(maxsplit=2)[2] for line in told.splitlines()}
    assert listed.keys() == WORDS
    assert all(len(sentence) > 15 for sentence in listed.values())


def test_the_first_line_of_make_up_is_the_programs_own(up: subprocess.Popen[str]) -> None:
    assert said(up.stdout) == "ready http://127.0.0.1:1 up --port 9000\n"


def test_what_make_starts_keeps_its_bytecode_so_that_the_next_process_starts_at_once(up: subprocess.Popen[str]) -> None:
    assert "without bytecode" not in said(up.stdout)


def test_a_sigterm_to_make_stops_the_program_and_make_waits_for_it(up: subprocess.Popen[str]) -> None:
    assert said(up.stdout).startswith("ready")
    up.send_signal(signal.SIGTERM)
    up.wait(10)
    assert said(up.stderr) == "stopped\n"


@pytest.mark.system_part("util-linux")
def test_a_make_that_is_killed_leaves_nothing_running(
    up: subprocess.Popen[str], system_part: Callable[[str], Path]
) -> None:
    assert system_part("util-linux").exists()
    assert said(up.stdout).startswith("ready")
    up.kill()
    assert said(up.stderr) == "stopped\n"
    assert said(up.stderr) == "", "its end of the pipe is closed: it is gone"


@pytest.mark.parametrize("python", ["/nonexistent/python3", "/bin/false"])
def test_a_python_that_does_not_fit_is_refused_with_what_to_do(python: str) -> None:
    environment = {**os.environ, "PYTHON": python}
    command = ["sh", str(ROOT / "tools" / "setup.sh")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "is no working Python 3.11 to 3.14: name another one" in done.stderr


def test_where_no_python_fits_one_sentence_says_how_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to(shutil.which("dirname") or "")
    shell = shutil.which("sh") or ""
    done = subprocess.run(
        [shell, str(ROOT / "tools" / "setup.sh")],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Alertveil needs Python 3.11 to 3.14, and none was found")
