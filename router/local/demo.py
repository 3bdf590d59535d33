"""Fills the demo workspace: a tenant `demo`, its sources, and four channels that lead to the local receivers.

Runs as `python -m router.local.demo --data-dir …` once everything serves. It applies a configuration file that a person
can read and change (`DATA_DIR/demo/config.yaml`), and on a fresh data directory asks the inbox to send the samples.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from router.local import private
from router.local.private import LocalError

TENANT = "demo"
USER = "you@meridian.example"
SOURCES = ("prod-alertmanager", "sentry", "app", "events")
_INBOX_SECONDS = 20.0


def key_of(data_dir: Path, source: str) -> str:
    """The key that a demo source authenticates with."""
    return _secret(data_dir / "demo" / f"source-{source}.key", lambda: private.random_text(24))


def slack_token(data_dir: Path) -> str:
    """The token that the demo's Slack takes."""
    return _secret(data_dir / "demo" / "slack.token", lambda: f"xoxb-{private.random_text(20)}")


def routing_key(data_dir: Path) -> str:
    """The demo's PagerDuty integration key: 32 characters, as PagerDuty's are."""
    return _secret(data_dir / "demo" / "pagerduty.key", lambda: private.random_text(16))


def webhook_secret(data_dir: Path) -> str:
    """The demo webhook's signing secret."""
    return _secret(
        data_dir / "demo" / "webhook.secret", lambda: "whsec_" + base64.b64encode(os.urandom(32)).decode("ascii")
    )


def configuration(data_dir: Path, ports: Mapping[str, int]) -> str:
    """The demo's configuration file. `ports` are the receivers': slack, pagerduty, smtp, webhook."""
    place = data_dir / "demo"

    def file(name: str) -> str:
        return json.dumps(str(place / name))  # JSON strings are YAML strings, whatever is in the path

    return f"""\
# The demo workspace of `alertveil up`, written by it. Yours looks the same, with your own addresses and keys.
tenants:
  - slug: {TENANT}
    name: Meridian Health (demo)
    privacy: strict
    sources:
      - name: prod-alertmanager
        format: alertmanager
        key_file: {file("source-prod-alertmanager.key")}
      - name: sentry
        format: sentry
        key_file: {file("source-sentry.key")}
      - name: app
        format: generic
        key_file: {file("source-app.key")}
      - name: events
        format: pagerduty
        key_file: {file("source-events.key")}
    channels:
      - name: oncall-slack
        kind: slack
        channel: C0DEMO00001
        token_file: {file("slack.token")}
        base_url: http://127.0.0.1:{ports["slack"]}/api/
      - name: pager
        kind: pagerduty
        routing_key_file: {file("pagerduty.key")}
        events_url: http://127.0.0.1:{ports["pagerduty"]}
      - name: mail
        kind: email
        to: [oncall@meridian.example]
        from: alertveil@meridian.example
        smtp: {{host: 127.0.0.1, port: {ports["smtp"]}, tls: none}}
      - name: hook
        kind: webhook
        url: http://127.0.0.1:{ports["webhook"]}/alerts
        secret_file: {file("webhook.secret")}
    routes:
      - match: ['severity=~"critical|error|warning"']
        channels: [oncall-slack, pager, mail, hook]
      - channels: [hook]
"""


def fill(data_dir: Path, apply: Sequence[str]) -> None:
    """Write and apply the configuration if it changed, and have the samples sent if they never were.

    `apply` is the command that takes `-f FILE`.

    Raises:
        LocalError: the inbox does not answer, or the configuration is refused.
    """
    place = private.directory(data_dir / "demo")
    inbox, ports = _inbox(data_dir)
    for source in SOURCES:
        key_of(data_dir, source)
    slack_token(data_dir)
    routing_key(data_dir)
    webhook_secret(data_dir)
    text = configuration(data_dir, ports)
    private.write(place / "config.yaml", text.encode())
    state = private.read_json(place / "state.json")
    database = _mark_of_database(data_dir)
    if state.get("database") != database:
        state = {"database": database}
    applied = hashlib.sha256(text.encode()).hexdigest()
    if state.get("applied") != applied:
        done = subprocess.run([*apply, "-f", str(place / "config.yaml")], capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise LocalError(f"The demo configuration was refused: {said[-1] if said else 'no reason given'}")
        state["applied"] = applied
        private.write_json(place / "state.json", state)
    if not state.get("sent"):
        _ask_to_send(inbox)
        private.write_json(place / "state.json", {**state, "sent": True})


def let_in(data_dir: Path, add: Sequence[str]) -> None:
    """Add the demo's user and write to DATA_DIR/sign-in.txt how to sign in: a fresh one-time code at every start.

    `add` takes `--tenant --email --role … --link --json`. The code is in no argument and in no log.
    Raises LocalError when the user could not be added.
    """
    roles = [word for role in ("responder", "operator", "admin") for word in ("--role", role)]
    command = [*add, "--tenant", TENANT, "--email", USER, *roles, "--link", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        said = json.loads(done.stdout)
        line = f"Sign in     {said['url']}   with the code {said['code']} (one hour, once)\n"
    except (ValueError, KeyError, TypeError):
        raise LocalError("The demo's user could not be added, so nobody can sign in yet.") from None
    private.write(data_dir / "sign-in.txt", line.encode())


def _secret(path: Path, make: Callable[[], str]) -> str:
    """A random text, made once and kept in a file of mode 0600."""
    if not path.exists():
        private.directory(path.parent)
        private.write(path, f"{make()}\n".encode())
    return path.read_text().strip()


def _mark_of_database(data_dir: Path) -> str:
    """Tells one database from another: the demo is filled once in each."""
    try:
        made = str((data_dir / "postgres" / "PG_VERSION").stat().st_mtime_ns)
    except OSError:
        made = ""
    return hashlib.sha256(f"{made} {os.environ.get('ALERTVEIL_DATABASE_URL', '')}".encode()).hexdigest()


def _inbox(data_dir: Path) -> tuple[str, dict[str, int]]:
    """The inbox's URL and the receivers' ports, once it answers."""
    deadline = time.monotonic() + _INBOX_SECONDS
    while time.monotonic() < deadline:
        found = private.read_json(data_dir / "inbox.json")
        url, ports = found.get("http_url"), found.get("ports")
        if isinstance(url, str) and isinstance(ports, dict):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if _request(url, "GET", "/healthz") == http.HTTPStatus.OK:
                    return url, {str(name): int(port) for name, port in ports.items()}
        time.sleep(0.05)
    raise LocalError(f"The demo inbox does not answer; see {data_dir / 'log' / 'inbox.log'}.")


def _ask_to_send(inbox: str) -> None:
    try:
        status = _request(inbox, "POST", "/send")
    except (OSError, http.client.HTTPException):
        status = 0
    if status not in {http.HTTPStatus.SEE_OTHER, http.HTTPStatus.ACCEPTED}:
        raise LocalError("The demo inbox did not take the order to send the samples.")


def _request(url: str, method: str, path: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=5)
    try:
        connection.request(method, path, headers={"Origin": url} if method == "POST" else {})
        return connection.getresponse().status
    finally:
        connection.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Fill the demo workspace of a data directory. Returns 0, or 1 with one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m router.local.demo")
    parser.add_argument("--data-dir", type=Path, required=True)
    options = parser.parse_args(argv)
    script = Path(sys.executable).with_name("alertveil")
    try:
        (options.data_dir / "sign-in.txt").unlink(missing_ok=True)
        fill(options.data_dir.absolute(), [str(script), "apply"])
        let_in(options.data_dir.absolute(), [str(script), "users", "add"])
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
