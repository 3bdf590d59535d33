"""Sends the sample alerts to the demo's sources, as their tools would: one HTTP request each."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from router.local.inbox.record import Record, Sent, short_of
from router.local.samples import Sample, samples

_ATTEMPTS = 5
_PAUSE = 0.5  # seconds before a refused or unanswered request is sent again
_DELIVERY_SECONDS = 12.0  # a resolve is more telling once its trigger has arrived
_AGAIN = frozenset({0, 429, 503})


def send_all(record: Record, target: str, key_of: Callable[[str], str]) -> None:
    """Send every sample to the instance at `target` (its base URL), and keep what was sent with its answer."""
    told: list[str] = []
    for sample in samples(datetime.now(UTC)):
        if sample.after_delivery:
            record.wait_for(told[-1:], _DELIVERY_SECONDS)
        status = 0
        incidents: tuple[str, ...] = ()
        for _ in range(_ATTEMPTS):
            status, incidents = _post(target, sample, key_of(sample.source))
            if status not in _AGAIN:
                break
            time.sleep(_PAUSE)
        told.extend(incidents)
        record.add_sent(Sent(time.time(), sample.source, sample.title, sample.body, sample.phi, status, incidents))


def _post(target: str, sample: Sample, key: str) -> tuple[int, tuple[str, ...]]:
    """The answer's status (0: none) and the short ids of the incidents that the alerts went to."""
    parts = urlsplit(target)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False  # it is this machine's own listener, reached by its address
        context.verify_mode = ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=10, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"/ingest/demo/{sample.source}", sample.body.encode(), headers)
        response = connection.getresponse()
        found = json.loads(response.read())
        alerts = found.get("alerts", []) if isinstance(found, dict) else []
        return response.status, tuple(dict.fromkeys(short_of(alert["incident_id"]) for alert in alerts))
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return 0, ()
    finally:
        connection.close()
