"""Runs `alertveil up` with the stand-in parts as a process of its own, the way a person or a program does."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

STAND_IN = Path(__file__).with_name("stand_in.py")
SECONDS = 20.0


def ordinary_user() -> list[str]:
    """Words that run a command as somebody who is not root; none when we are nobody special ourselves."""
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"] if os.geteuid() == 0 else []


class Up:
    """One `up` on one data directory."""

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        prefix: list[str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ALERTVEIL_")}
        self.process = subprocess.Popen(
            [*(prefix or []), sys.executable, str(STAND_IN), "up", "--port", "0", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**inherited, "ALERTVEIL_DATA_DIR": str(data_dir), **(environ or {})},
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        assert gone(self.data_dir), of(self.data_dir)

    def ready(self) -> list[str]:
        """Wait for the ready line; everything on standard output until then."""
        assert self.process.stdout is not None
        said = b""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if select.select([self.process.stdout], [], [], 1)[0]:
                more = os.read(self.process.stdout.fileno(), 4096)  # past the buffer, which select does not see
                said += more
                lines = said.decode().splitlines()
                if said.endswith(b"\n") and lines[-1].startswith("ready "):
                    return lines
                if not more:
                    break
        self.process.kill()
        raise AssertionError(f"never ready: {said!r} {self.process.communicate()}")

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Signal it and wait: (exit status, seconds it took)."""
        began = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(SECONDS)
        return self.process.returncode, time.monotonic() - began

    def refused(self) -> str:
        """The one sentence of an `up` that does not start; it exits 1 and says nothing else."""
        out, err = self.process.communicate(timeout=SECONDS)
        assert self.process.returncode == 1, (out, err)
        assert out == ""
        *progress, last = err.splitlines()
        assert not any("Traceback" in line for line in progress)
        return last.removeprefix("alertveil: ")

    def run_file(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data_dir / "run.json").read_bytes())
        return found

    def pid(self, part: str) -> int:
        return int(self.run_file()["pids"][part])


def eventually(check: Callable[[], bool], seconds: float = 20.0) -> bool:
    """True as soon as `check` is, False if it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)  # polls another process
    return True


def of(data_dir: Path) -> dict[int, str]:
    """Every live process that belongs to a data directory, by its environment, command line or working directory."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            told = (entry / "environ").read_bytes() + command + bytes((entry / "cwd").readlink())
        except OSError:
            continue
        if command and os.fsencode(data_dir) in told:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return found


def gone(data_dir: Path, seconds: float = 10.0) -> bool:
    """Is nothing of it left within `seconds`?"""
    return eventually(lambda: not of(data_dir), seconds)
