"""How fast one process tokenizes: `python -m router.bench.tokenizing SECONDS` prints alerts a second, and findings.

The whole of the edge's work on a payload but storage: parse, detect, propose tokens, put them in place.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

import msgspec

from router.bench import alerts
from router.flow.intake import draft
from router.privacy.rules import compile_rules
from router.sources.registry import FORMATS


class Rate(msgspec.Struct, frozen=True):
    """Alerts a second, and how many values were taken out of each."""

    payloads: float
    findings: float


def measure(seconds: float) -> Rate:
    """Tokenize distinct alerts, one a body, strictly, for `seconds`."""
    form, rules, now = FORMATS["alertmanager"], compile_rules("strict"), datetime.now(UTC)
    bodies = alerts.bodies("tok", 20_000, 1)
    done = found = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for body in bodies[done % len(bodies) :][:50]:
            for raw in form.parse(body, {}, now):
                found += len(draft(raw, rules, form).found)
                done += 1
    return Rate(done / (time.perf_counter() - began), found / done)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(measure(float(sys.argv[1]))))
