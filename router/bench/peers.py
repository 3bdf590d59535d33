"""The systems beside which the product is measured: Alertmanager, and Celery with a task for each delivery."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec
import redis

from router.bench import bare, machine
from router.bench.rig import CHANNELS, BenchError, Sink
from router.broker import redis_url
from router.local import process

BARE_WORKERS = 2
_READY_SECONDS = 20.0

_ALERTMANAGER = """\
route:
  receiver: four
  group_by: [trace_id]
  group_wait: 0s
receivers:
  - name: four
    webhook_configs:
"""


def urls(sink: Sink) -> list[str]:
    """The four channels."""
    return [f"http://127.0.0.1:{sink.port}/hook-{number}" for number in range(1, CHANNELS + 1)]


def alertmanager_program() -> str | None:
    """Where Alertmanager is, under upstream's name or Debian's."""
    return shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


def alertmanager_version() -> str:
    """What it says of itself; empty when it is not installed."""
    program = alertmanager_program()
    if program is None:
        return ""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return ((said.stdout or said.stderr).splitlines() or [""])[0]


class Alertmanager:
    """A fresh Alertmanager: one group for each alert, told at once, by one receiver with four webhooks."""

    name = "alertmanager"
    member = "trace_id"
    path = "/api/v2/alerts"
    receipts = False

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port
        self.headers: dict[str, str] = {}

    def parts(self) -> dict[str, set[int]]:
        """Process ids by part."""
        return {"alertmanager": {self.pid}}


@contextlib.contextmanager
def alertmanager(directory: Path, sink: Sink) -> Iterator[Alertmanager]:
    """Start one with an empty memory; stopped when the block ends. Raises BenchError."""
    program = alertmanager_program()
    if program is None:
        raise BenchError("Alertmanager is not installed.")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    place = directory / "alertmanager"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    hooks = "".join(f"      - url: {url}\n        send_resolved: false\n" for url in urls(sink))
    (place / "config.yml").write_text(_ALERTMANAGER + hooks)
    running = process.spawn(
        [
            program,
            f"--config.file={place / 'config.yml'}",
            f"--storage.path={place}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=error",
        ],
        log=place / "log",
        env={"PATH": os.defpath, "HOME": str(place)},
    )
    try:
        if not process.wait_until(lambda: _ready(port) or running.poll() is not None, _READY_SECONDS, _nothing):
            raise BenchError("Alertmanager does not get ready.")
        if running.poll() is not None:
            raise BenchError(f"Alertmanager ended: {process.tail(place / 'log', 300)}")
        yield Alertmanager(running.pid, port)
    finally:
        process.stop(running, signal.SIGTERM, 5)


class Bare:
    """Celery workers with the pool that was fastest (solo, one process each), on the product's own Redis."""

    name = "celery"

    def __init__(self, pids: set[int], broker: str, sink: Sink) -> None:
        self._pids = pids
        self._broker = broker
        self._urls = urls(sink)

    def __repr__(self) -> str:
        return "<Bare>"

    def parts(self) -> dict[str, set[int]]:
        """Process ids by part."""
        return {"celery": self._pids}

    def publish(self, run: str, alerts: int) -> tuple[float, float]:
        """Publish from one producer; when it began and ended, monotonic. Raises BenchError."""
        done = subprocess.run(
            machine.executable("router.bench.bare"),
            input=msgspec.json.encode(bare.Batch(run=run, alerts=alerts, urls=self._urls)),
            capture_output=True,
            check=False,
            env=_environment(self._broker),
        )
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise BenchError(f"The Celery producer broke off: {' '.join(last)}")
        began, ended = done.stdout.split()
        return float(began), float(ended)


def celery_missing() -> str:
    """Why the Celery peer cannot run here; empty when it can."""
    return "" if find_spec("urllib3") else "urllib3 is not installed"


@contextlib.contextmanager
def celery(directory: Path, broker: str, sink: Sink) -> Iterator[Bare]:
    """Start the workers; stopped when the block ends. Raises BenchError."""
    command = [
        *(sys.executable, "-m", "celery", "-A", "router.bench.bare", "worker", "-P", "solo", "-Q", bare.QUEUE),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR"),
    ]
    running = [
        process.spawn(
            [*command, "-n", f"bare{number}@%h"],
            log=directory / f"celery-{number}.log",
            env=_environment(broker),
            cwd=str(directory),
        )
        for number in range(BARE_WORKERS)
    ]
    try:
        yield Bare({each.pid for each in running}, broker, sink)
    finally:
        for each in running:
            process.stop(each, signal.SIGTERM, 5)
        with contextlib.suppress(redis.RedisError):
            redis.Redis.from_url(redis_url(broker)).delete(bare.QUEUE, bare.QUEUE + "-nobody")


def _environment(broker: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALERTVEIL_")}
    return {**kept, bare.BROKER: broker}


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _nothing() -> None:
    """Nothing happens between two looks."""
