"""An unattended `make up` in this directory, as a newcomer would type it: ready, one alert through, a clean stop.

Run by .ci/run in a fresh clone. Fails with one sentence that says which step did not hold, and with the ends of the
logs; ends whatever it started in any case.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
RECEIVERS = {"slack", "pagerduty", "smtp", "webhook"}
CANARY = ("Zebulon Quackenbush", "MRN-77341902", "zq.canary@leakmail.test")
ALERT = {
    "title": "SmokeCheck: eligibility of Zebulon Quackenbush failed",
    "description": "MRN-77341902, zq.canary@leakmail.test",
    "severity": "critical",
    "labels": {"alertname": "SmokeCheck", "service": "smoke"},
}


class Broken(Exception):  # noqa: N818 - says what is
    """A step that did not hold."""


def until(step: str, seconds: float, look: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever was looked for
    """The first true answer of `look`, asked ten times a second. Raises Broken after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise Broken(f"{step}: not after {seconds:.0f} s")


def ready_line(up: subprocess.Popen[bytes], said: Path) -> str | None:
    """The URL of the `ready` line on standard output, once it is there."""
    if up.poll() is not None:
        raise Broken(f"make up ended with status {up.returncode} before it was ready")
    lines = said.read_text(errors="replace").splitlines()
    return next((line.removeprefix("ready ") for line in lines if line.startswith("ready ")), None)


def send(url: str, key: str) -> list[Any]:
    """Send the alert to the demo's generic source; the accepted alerts."""
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{url}/ingest/demo/app",
        json.dumps(ALERT).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    try:
        with DIRECT.open(request, timeout=10) as answer:
            accepted: list[Any] = json.load(answer)["alerts"]
            if answer.status != 202 or len(accepted) != 1:  # noqa: PLR2004 - what the contract promises
                raise Broken(f"the alert was answered with {answer.status} and {len(accepted)} accepted")
            return accepted
    except urllib.error.URLError as error:
        raise Broken(f"the alert was not accepted: {getattr(error, 'code', None) or error.reason}") from None


def reached(inbox: str, incident: str) -> tuple[set[str], str]:
    """The receivers that show this incident, and the page that says so."""
    with DIRECT.open(inbox, timeout=10) as answer:
        page: str = answer.read().decode()
    _, _, card = page.partition(f'<article aria-labelledby="{incident}">')
    panes = re.findall(
        r'<section class="pane (\w+)"><h3>[^<]*<small>\d+ requests?</small>', card.partition("</article>")[0]
    )
    return set(panes), page


def running(pids: set[int]) -> set[int]:
    """Those of `pids` that still run; a zombie does not."""
    alive = set()
    for pid in pids:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            alive.add(pid)
    return alive


def children(pid: int) -> set[int]:
    """Every process below `pid`."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    parents = {int(own): int(parent) for own, parent in (line.split() for line in listed.splitlines())}
    found = {pid}
    while more := {own for own, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def journey(data: Path, said: Path, up: subprocess.Popen[bytes]) -> None:
    """The steps, in order. Raises Broken at the first that does not hold."""
    began = time.monotonic()
    url = until("the line `ready <url>`", 300, lambda: ready_line(up, said))
    print(f"ready after {time.monotonic() - began:.1f} s: {url}")

    (alert,) = send(url, (data / "demo" / "source-app.key").read_text().strip())
    began = time.monotonic()
    inbox = json.loads((data / "inbox.json").read_text())["http_url"]
    incident = f"INC-{alert['incident_id'][-8:].upper()}"
    until("every channel of the demo shows the alert", 60, lambda: reached(inbox, incident)[0] == RECEIVERS)
    print(f"the alert reached {len(RECEIVERS)} channels after {time.monotonic() - began:.1f} s")
    page = reached(inbox, incident)[1]
    if found := [value for value in CANARY if value in page]:
        raise Broken(f"{len(found)} of {len(CANARY)} canary values reached a channel in the clear")
    print("none of the patient's values did")


def stop(data: Path, up: subprocess.Popen[bytes]) -> None:
    """SIGTERM to make, and nothing is left within ten seconds. Raises Broken when something is."""
    run = json.loads((data / "run.json").read_text())
    started = {int(pid) for pid in run["pids"].values()} | children(up.pid)
    began = time.monotonic()
    up.send_signal(signal.SIGTERM)
    try:
        up.wait(10)
    except subprocess.TimeoutExpired:
        raise Broken("make up does not stop within 10 s of SIGTERM") from None
    until("nothing is left running", 2, lambda: not running(started))
    print(f"{len(started)} processes stopped after {time.monotonic() - began:.1f} s, none is left")


def main() -> int:
    """0 when every step held."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs below is ended too
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="alertveil-smoke-") as place:
        data, said, told = Path(place, "data"), Path(place, "stdout"), Path(place, "stderr")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ALERTVEIL_")}
        environment["ALERTVEIL_DATA_DIR"] = str(data)
        with said.open("wb") as out, told.open("wb") as err:
            up = subprocess.Popen(
                ["make", "up", f"ARGS=--port {port}"], stdout=out, stderr=err, env=environment, start_new_session=True
            )
        try:
            journey(data, said, up)
            stop(data, up)
        except Broken as broken:
            print(f"make up: {broken}")
            for log in (told, *sorted(data.glob("log/*.log"))):
                print(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
            return 1
        finally:
            below = children(up.pid) if up.poll() is None else set()
            for pid in (up.pid, *below) if up.poll() is None else ():
                os.kill(pid, signal.SIGKILL)
            up.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
