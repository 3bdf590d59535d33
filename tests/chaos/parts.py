"""Our own processes, started the way a deployment starts them: `alertveil web` and `alertveil worker`."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

ALERTVEIL = str(Path(sys.executable).with_name("alertveil"))


def eventually(look: Callable[[], Any], seconds: float = 30.0) -> Any:  # noqa: ANN401 - whatever was looked for
    """The first true answer of `look`, or its last one after `seconds`."""
    ends = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < ends:
        time.sleep(0.02)  # another process is asked, who rings no bell for us
    return found


_PORTS = itertools.count(21_000 + 1_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0))
"""Below those that systems give away (32,768 and up on Linux, 49,152 on macOS), and apart by test process: one that was
free a moment ago would otherwise be a neighbour's by the time its process listens."""


def free_port() -> int:
    for port in _PORTS:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError


class Part:
    """One process of ours; everything that it says goes to a file."""

    def __init__(self, environment: Mapping[str, str], *words: str, log: Path) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ALERTVEIL_")}
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [ALERTVEIL, *words], env={**inherited, **environment}, stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def said(self) -> str:
        return self.log.read_text()

    def worked(self) -> float:
        """Seconds of CPU time that the process has used so far: unlike the wall's, no busy machine makes it longer."""
        if os.uname().sysname == "Linux":
            clock = (~self.process.pid << 3) | 2  # as clock_getcpuclockid(3) makes it
            return float(time.clock_gettime(clock))
        used = subprocess.check_output(["ps", "-o", "time=", "-p", str(self.process.pid)], text=True)
        return sum(float(part) * 60.0**place for place, part in enumerate(reversed(used.strip().split(":"))))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class Web(Part):
    """A web process that serves."""

    def __init__(self, environment: Mapping[str, str], *, log: Path) -> None:
        self.port = free_port()
        super().__init__({**environment, "ALERTVEIL_HTTP_PORT": str(self.port)}, "web", log=log)
        if not eventually(self.answers):
            self.kill()
            raise AssertionError(self.said)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """(status, body, headers by lower-case name) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def send(self, path: str, key: str, event: object) -> tuple[int, Any]:
        """One JSON event with a source's key: (status, the answer's JSON)."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        status, body, _ = self.ask("POST", path, json.dumps(event).encode(), headers)
        return status, json.loads(body)
