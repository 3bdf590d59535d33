"""The one list of the tools that rules are written for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from router.privacy.packs import datadog, fluentbit, logback, otel, pino, sentry, vector
from router.privacy.packs.base import PackRules


class Pack(NamedTuple):
    """How a tool's file is made, what it is usually called, and what must be told beside it when it has no comments."""

    write: Callable[[PackRules], str]
    file: str
    notes: Callable[[PackRules], list[str]] = lambda _: []


def scrubbers(rules: PackRules) -> str:
    """The rules for our own scrubbers: all of them, as `Scrubber.from_file` reads them."""
    return (
        json.dumps(
            {
                "tenant": rules.tenant,
                "version": rules.version,
                "level": rules.level,
                "patterns": [{"type": kind, "regex": regex} for kind, regex in rules.patterns],
                "safe_words": list(rules.safe_words),
                "fields": {name: "seal" if each == "drop" else each for name, each in rules.fields.items()},
            },
            indent=2,
        )
        + "\n"
    )


PACKS: Final[Mapping[str, Pack]] = {
    "sentry": Pack(sentry.write, "alertveil-sentry.json", sentry.notes),
    "datadog-agent": Pack(datadog.write_agent, "alertveil-datadog.yaml"),
    "datadog-tracer": Pack(datadog.write_tracer, "alertveil-datadog.env"),
    "pino": Pack(pino.write, "alertveil.cjs"),
    "logback": Pack(logback.write, "alertveil-logback.xml"),
    "otel-collector": Pack(otel.write, "alertveil-otel.yaml"),
    "vector": Pack(vector.write, "alertveil-vector.yaml"),
    "fluent-bit": Pack(fluentbit.write, "alertveil-fluent-bit.yaml"),
    "scrubbers": Pack(scrubbers, "alertveil-rules.json"),
}
