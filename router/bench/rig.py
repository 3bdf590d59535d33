"""The product as `alertveil up` runs it, in a directory of its own, with a tenant that has four webhooks."""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from router import settings, wiring
from router.bench import machine
from router.bench.sender import Load, Sent
from router.flow.intake import hash_key
from router.local import process
from router.store import config
from router.vault import seal_credentials, seal_edge_key

CHANNELS = 4
TENANT = "bench"
SOURCE = "alerts"

_UP_SECONDS = 120.0
_DRAIN_SECONDS = 60.0


class BenchError(Exception):
    """A part does not run as it should, so figures would not be what they say. The text says which part."""


class Arrived(NamedTuple):
    """What the sink saw: how many, when the first and the last, and when each alert's."""

    total: int
    first: float
    last: float
    arrivals: dict[str, list[float]]


class Sink:
    """The receiver process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            machine.executable("router.bench.sink"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for
        said = self._process.stdout.readline()
        if not said:
            raise BenchError("The sink does not start.")
        self.port = int(said)

    @property
    def pid(self) -> int:
        return self._process.pid

    def begin(self, name: str) -> None:
        """Forget what arrived; bodies name their alert in the JSON member `name`."""
        self._ask(f"/begin/{name}")

    def wait(self, count: int, seconds: float = _DRAIN_SECONDS) -> None:
        """Until `count` notifications are there, or `seconds` are over."""
        self._ask(f"/wait/{count}/{seconds}")

    def report(self) -> Arrived:
        """What arrived since `begin`."""
        found = json.loads(self._ask("/report"))
        return Arrived(found["count"], found["first"], found["last"], found["arrivals"])

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def _ask(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_DRAIN_SECONDS + 30)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()


def send(load: Load) -> Sent:
    """Run a load in a process of its own. Raises BenchError when it breaks off."""
    done = subprocess.run(
        machine.executable("router.bench.sender"), input=msgspec.json.encode(load), capture_output=True, check=False
    )
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise BenchError(f"The senders broke off: {' '.join(last)}")
    return msgspec.json.decode(done.stdout, type=Sent)


class Product:
    """The running product, ready to take alerts of the tenant `bench`."""

    name = "alertveil"
    member = "incident_id"
    receipts = True

    def __init__(self, pid: int, run: dict[str, str], key: str) -> None:
        self.pid = pid
        self.port = int(run["http_url"].rpartition(":")[2])
        self.redis_url = run["redis_url"]
        self.headers = {"Authorization": f"Bearer {key}"}
        self.path = f"/ingest/{TENANT}/{SOURCE}"
        self._parts = {name: int(pid) for name, pid in run.items() if name in {"web", "worker", "postgres", "redis"}}

    def __repr__(self) -> str:
        return "<Product>"

    def parts(self) -> dict[str, set[int]]:
        """Process ids by part: up, web, worker, postgres, redis."""
        return machine.by_part({"up": self.pid, **self._parts})


@contextlib.contextmanager
def product(data_dir: Path, sink_port: int) -> Iterator[Product]:
    """`alertveil up` on `data_dir`, configured for the bench; stopped when the block ends.

    Raises:
        BenchError: it does not come up.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALERTVEIL_")}
    environment |= {"ALERTVEIL_EGRESS_ALLOW": "127.0.0.0/8", "ALERTVEIL_LOG_LEVEL": "warning"}
    log = data_dir.parent / "up.log"
    up = process.spawn(
        [*UP, "--data-dir", str(data_dir), "--port", "0", "--no-demo"], log=log, env=environment, cwd=None
    )
    try:
        run = _running(up, data_dir, log)
        yield Product(up.pid, run, _configure(data_dir, run, sink_port))
    finally:
        process.stop(up, signal.SIGTERM, 15)


UP = machine.executable("router.local.supervisor")


def _running(up: subprocess.Popen[bytes], data_dir: Path, said: Path) -> dict[str, str]:
    deadline = time.monotonic() + _UP_SECONDS
    while time.monotonic() < deadline:
        if up.poll() is not None:
            raise BenchError(f"`alertveil up` ended: {said.read_text()[-500:]}")
        with contextlib.suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((data_dir / "run.json").read_bytes())
            pids = found.get("pids", {})
            flat = {name: str(value) for name, value in found.items() if name != "pids"}
            return {**flat, **{name: str(pid) for name, pid in pids.items()}}
        time.sleep(0.05)
    raise BenchError(f"`alertveil up` is not ready after {_UP_SECONDS:.0f} s: {said.read_text()[-500:]}")


def _configure(data_dir: Path, run: dict[str, str], sink_port: int) -> str:
    """The tenant, its source and its four channels; returns the source's key."""
    runtime = wiring.build(
        settings.read(
            {
                "ALERTVEIL_DATA_DIR": str(data_dir),
                "ALERTVEIL_DATABASE_URL": run["database_url"],
                "ALERTVEIL_REDIS_URL": run["redis_url"],
                "ALERTVEIL_EGRESS_ALLOW": str(ipaddress.ip_network("127.0.0.0/8")),
            }
        ),
        connections=1,
    )
    key = secrets.token_hex(24)
    tenant_id, source_id = uuid4(), uuid4()
    names = [f"hook-{number}" for number in range(1, CHANNELS + 1)]
    with runtime.database.several() as session:
        session.enter(tenant_id)
        config.add_tenant(session, tenant_id, TENANT, "Bench")
        keys = runtime.vault.keys(session, tenant_id)
        config.put_source(
            session,
            tenant_id,
            source_id,
            name=SOURCE,
            format_name="alertmanager",
            key_hash=hash_key(key),
            edge_key=seal_edge_key(keys, source_id, secrets.token_bytes(64)),
            edge_key_version=keys.data_version,
            mapping={},
            quiet_after=None,
        )
        for name in names:
            channel_id, destination_id = uuid4(), uuid4()
            config.add_channel(session, tenant_id, channel_id, name, "webhook", "")
            secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
            config.point(
                session,
                tenant_id,
                channel_id,
                destination_id,
                kind="webhook",
                vendor="",
                config=json.dumps({"url": f"http://127.0.0.1:{sink_port}/{name}"}).encode(),
                secrets=seal_credentials(keys, destination_id, {"secret": secret}),
                key_version=keys.data_version,
                identity=secrets.token_bytes(32),
            )
        config.put_routes(session, tenant_id, [([], names, [], False)])
        config.bump(session, "bench", ["four webhooks to the sink"])
    runtime.close()
    return key
