"""`make chaos`: kill workers without warning under load, and Redis and web on the way; count what was lost or repeated.

Promise 4 in figures: what was answered with 202 reaches its channel whatever dies, and what is sent twice, because a
worker died between sending and recording, says so and carries the same idempotency key (PagerDuty, which shows no such
word, gets the same dedup key). Prints a table, or with --json one object; ends with 1 when an alert was lost, a repeat
was not marked, or one kill repeated more than a worker may have out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from redis import Redis
from redis.exceptions import RedisError

from router.local.vendors.base import Fault
from router.local.vendors.pagerduty import PagerDutyVendor
from router.local.vendors.webhook import WebhookVendor

ALERTVEIL = str(Path(sys.executable).with_name("alertveil"))
KEY = "chaos-source-key-" + os.urandom(16).hex()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of a receiver that lives as long as this run
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
CONFIG = """
tenants:
  - slug: chaos
    name: Chaos
    sources:
      - {{name: load, format: generic, key_env: CHAOS_KEY}}
    channels:
      - {{name: hook-1, kind: webhook, url: "{url}/1", secret_env: CHAOS_SECRET}}
      - {{name: hook-2, kind: webhook, url: "{url}/2", secret_env: CHAOS_SECRET}}
      - {{name: hook-3, kind: webhook, url: "{url}/3", secret_env: CHAOS_SECRET}}
      - {{name: page, kind: pagerduty, events_url: "{pages}", routing_key_env: CHAOS_ROUTING_KEY}}
    routes:
      - {{match: [severity=critical], channels: [hook-1, hook-2, hook-3, page]}}
      - channels: [hook-1, hook-2, hook-3]
"""
HOOKS = ("/1", "/2", "/3")
WORKERS = 2
"""Workers of this program's own beside the instance's one: it starts them again at once, where the supervisor, which
cannot know that somebody kills on purpose, waits longer from one time to the next."""

OUT = 32
"""Deliveries that a worker may have sent and not yet recorded (design §9): no kill may repeat more."""

PAGED = 40
"""One alert in so many is critical and goes to PagerDuty too, whose key takes 120 a minute."""


class Tally:
    """What was accepted, and what arrived how often. Kept outside the receiver, which forgets old messages."""

    def __init__(self) -> None:
        self.accepted: set[str] = set()
        self.paged: set[str] = set()
        self.refused = 0
        self.arrived: dict[str, set[str]] = {hook: set() for hook in HOOKS}
        self.pages: set[str] = set()
        self.copies: Counter[str] = Counter()
        self.page_copies: Counter[str] = Counter()
        self.unmarked = 0
        self.fresh = threading.Event()

    def take(self, captured: Any) -> None:  # noqa: ANN401 - what the receiver captured
        """Count one message."""
        data = captured.json()["data"]
        key = captured.headers["webhook-id"]
        self.copies[key] += 1
        if self.copies[key] > 1 and not data.get("repeat"):
            self.unmarked += 1
        self.arrived[captured.target].add(data["incident_id"])
        self.fresh.set()

    def page(self, captured: Any) -> None:  # noqa: ANN401 - what the receiver captured
        """Count one event for PagerDuty; its dedup key ends with the incident's id."""
        key = captured.json()["dedup_key"]
        self.page_copies[key] += 1
        self.pages.add(key[-36:])

    @property
    def repeated(self) -> int:
        """Messages beyond the first of each key, on every channel."""
        return sum(count - 1 for copies in (self.copies, self.page_copies) for count in copies.values())

    @property
    def missing(self) -> int:
        """Deliveries of accepted alerts that did not arrive, on every channel."""
        return sum(len(self.accepted - found) for found in self.arrived.values()) + len(self.paged - self.pages)


def until(what: str, seconds: float, look: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever was looked for
    """The first true answer of `look`. Raises TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)
    return found


def pids(data: Path) -> dict[str, int]:
    """The processes of the running instance; empty while the file is not there."""
    try:
        found: dict[str, int] = json.loads((data / "run.json").read_text())["pids"]
    except OSError:
        return {}
    return found


def load(url: str, per_second: float, tally: Tally, stop: threading.Event) -> None:
    """Send alerts, each an incident of its own, until told to stop; what is not answered with 202 promises nothing."""
    number = 0
    while not stop.wait(random.expovariate(per_second)):
        number += 1
        severity = "error" if number % PAGED else "critical"
        body = {"title": f"Chaos {number}", "dedup_key": f"chaos-{number}", "severity": severity}
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
        request = urllib.request.Request(f"{url}/ingest/chaos/load", json.dumps(body).encode(), headers)  # noqa: S310 - loopback
        try:
            with DIRECT.open(request, timeout=10) as answer:
                incident_id = json.load(answer)["alerts"][0]["incident_id"]
                tally.accepted.add(incident_id)
                if severity == "critical":
                    tally.paged.add(incident_id)
        except (urllib.error.URLError, OSError, ValueError):
            tally.refused += 1


class Workers:
    """Workers of our own on the instance's database and broker."""

    def __init__(self, environment: dict[str, str], log: IO[bytes]) -> None:
        self._environment = environment
        self._log = log
        self._running = [self._start() for _ in range(WORKERS)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([ALERTVEIL, "worker"], env=self._environment, stdout=self._log, stderr=self._log)

    def kill(self, chance: random.Random) -> None:
        """SIGKILL for one of them, and another in its place."""
        place = chance.randrange(WORKERS)
        self._running[place].kill()
        self._running[place].wait()
        self._running[place] = self._start()

    def stop(self) -> None:
        """End them all."""
        for each in self._running:
            each.terminate()
        for each in self._running:
            each.wait(20)


def kill(data: Path, part: str) -> bool:
    """SIGKILL for a part of the instance; True when it was there. Its supervisor starts it again."""
    victim = pids(data).get(part)
    if victim is None:
        return False
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def flush(data: Path) -> bool:
    """FLUSHALL: every bell and all that Celery keeps is gone."""
    with Redis.from_url(json.loads((data / "run.json").read_text())["redis_url"]) as broker:
        try:
            return bool(broker.flushall())
        except RedisError:
            return False  # it was killed and is just coming back


def run(kills: int, per_second: float, seed: int) -> dict[str, Any]:
    """One run; the figures."""
    chance = random.Random(seed)
    tally = Tally()
    with (
        tempfile.TemporaryDirectory(prefix="alertveil-chaos-") as place,
        WebhookVendor(on_message=tally.take) as hook,
        PagerDutyVendor(on_message=tally.page) as pager,
        contextlib.ExitStack() as stack,
    ):
        hook.always = Fault(delay=0.01)  # a destination that takes its time: more dies between sending and recording
        data = Path(place, "data")
        environment = {**os.environ, "ALERTVEIL_DATA_DIR": str(data), "ALERTVEIL_EGRESS_ALLOW": "127.0.0.0/8"}
        log = stack.enter_context(Path(place, "up.log").open("wb"))
        up = subprocess.Popen([ALERTVEIL, "up", "--no-demo", "--port", "0"], env=environment, stdout=log, stderr=log)
        workers = None
        try:
            until("the instance is ready", 120, lambda: "worker" in pids(data))
            url = json.loads((data / "run.json").read_text())["http_url"]
            config = Path(place, "config.yaml")
            config.write_text(CONFIG.format(url=hook.url, pages=pager.url))
            secrets = {"CHAOS_KEY": KEY, "CHAOS_SECRET": SECRET, "CHAOS_ROUTING_KEY": "R" * 32}
            subprocess.run(
                [ALERTVEIL, "apply", "-f", str(config)],
                check=True,
                env={**environment, **secrets},
                stdout=subprocess.DEVNULL,
            )
            workers = Workers(environment, log)
            stop = threading.Event()
            sender = threading.Thread(target=load, args=(url, per_second, tally, stop))
            sender.start()
            began = time.monotonic()
            killed: Counter[str] = Counter()
            repeated = most = 0
            while killed["worker"] < kills:
                tally.fresh.clear()
                tally.fresh.wait(120)  # something is delivered between two kills, so every worker had work
                time.sleep(chance.uniform(0.2, 2.0))  # a worker needs a second to start, and shall die at any age
                most, repeated = max(most, tally.repeated - repeated), tally.repeated
                part = chance.choices(["worker", "instance's worker", "redis", "web", "flushed"], [40, 2, 1, 1, 2])[0]
                if part == "worker":
                    workers.kill(chance)
                    killed[part] += 1
                elif part == "flushed":
                    killed[part] += flush(data)
                else:
                    killed[part] += kill(data, part.removeprefix("instance's "))
            stop.set()
            sender.join()
            with contextlib.suppress(TimeoutError):  # what has not arrived by then is counted as lost
                until("everything arrived", 300, lambda: tally.missing == 0)
            return {
                "seed": seed,
                "seconds": round(time.monotonic() - began, 1),
                "killed": dict(killed),
                "accepted": len(tally.accepted),
                "of these paged": len(tally.paged),
                "not accepted": tally.refused,
                "lost": tally.missing,
                "repeated": tally.repeated,
                "most repeated between two kills": max(most, tally.repeated - repeated),
                "repeats not marked": tally.unmarked,
            }
        finally:
            if workers is not None:
                workers.stop()
            up.terminate()
            up.wait(20)


def main() -> int:
    """0 when nothing was lost, every repeat was marked, and no kill repeated more than a worker may have out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200, help="workers to kill (default: 200, some six minutes)")
    parser.add_argument("--per-second", type=float, default=20.0, help="alerts a second on average")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    figures = run(options.kills, options.per_second, options.seed)
    if options.json:
        print(json.dumps(figures))
    else:
        flat = {**{f"killed: {part}": count for part, count in figures.pop("killed").items()}, **figures}
        print("\n".join(f"{name:<36}{value:>10}" for name, value in flat.items()))
    good = figures["lost"] == figures["repeats not marked"] == 0 and figures["most repeated between two kills"] <= OUT
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
