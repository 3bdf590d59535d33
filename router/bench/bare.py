"""The peer that teams write themselves: one Celery task for each alert and channel, which posts and returns.

As a module it is the Celery application, worker side; as a program (`python -m router.bench.bare`) the one producer: a
`Batch` as JSON on standard input, when it began and ended on standard output. Content travels through Redis in the
clear, nothing is kept, an alert is lost with its worker: that is the point of comparison, not a recommendation.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import msgspec
import orjson
import urllib3
from celery import Celery

from router.bench import alerts

QUEUE = "alertveil-bench-bare"
BROKER = "ALERTVEIL_BENCH_BROKER"

app = Celery("bare", broker=os.environ.get(BROKER, "memory://"))
app.conf.update(task_ignore_result=True, task_default_queue=QUEUE, broker_connection_retry_on_startup=True)

_POOL = urllib3.PoolManager()


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What the producer publishes: `alerts` alerts of a run, each to every URL."""

    run: str
    alerts: int
    urls: list[str]


@app.task(name="bare.send")
def send(url: str, alert: dict[str, Any]) -> None:
    """Post one alert to one channel."""
    _POOL.request("POST", url, body=orjson.dumps(alert), headers={"Content-Type": "application/json"})


def main() -> int:
    """Publish a batch, one apply_async after the other, as a web handler would."""
    batch = msgspec.json.decode(sys.stdin.buffer.read(), type=Batch)
    made = [alerts.alert(batch.run, number) for number in range(batch.alerts)]
    send.apply_async((batch.urls[0], made[0]), queue=QUEUE + "-nobody")  # opens the connection before the clock starts
    began = time.monotonic()
    for one in made:
        for url in batch.urls:
            send.apply_async((url, one))
    sys.stdout.write(f"{began} {time.monotonic()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
