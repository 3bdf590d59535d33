"""Alerts for the load: each one distinct, some 350 bytes, with three values in it that are PHI and are made up.

A body is an array of alerts as Prometheus posts it, so that the product and Alertmanager are sent the same bytes.
"""

from __future__ import annotations

import hashlib

import orjson

_GIVEN = ("Maria", "James", "Aisha", "Chen", "Olga", "Mateo", "Priya", "Noah", "Fatima", "Liam", "Yuki", "Grace")
_FAMILY = ("Santos", "Okafor", "Lindqvist", "Nguyen", "Petrov", "Garcia", "Sharma", "Cohen", "Haddad", "Byrne", "Mori")
_SERVICES = ("patient-portal", "lab-results", "e-prescribing", "scheduling", "billing-export", "hl7-bridge")
_SEVERITIES = ("critical", "warning", "error", "warning")

PHI = 3
"""Values in each alert that the tokenizer takes out: a person, a medical record number, an email address."""


def alert(run: str, number: int) -> dict[str, dict[str, str]]:
    """Alert `number` of a run; another run or number is another alert, of another patient."""
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number % len(_FAMILY)]
    service = _SERVICES[number % len(_SERVICES)]
    node = number % 40
    salt = sum(run.encode()) * 7919
    record = 10_000_000 + (salt + number * 7) % 89_999_999
    return {
        "labels": {
            "alertname": "RequestFailures",
            "severity": _SEVERITIES[number % len(_SEVERITIES)],
            "service": service,
            "instance": f"{service}-{node:02d}:9100",
            "trace_id": uid(run, number),
        },
        "annotations": {
            "summary": f"{service} fails more than 5% of requests",
            "description": f"Last failure: patient {given} {family}, MRN {record}, "
            f"{given.lower()}.{family.lower()}{run}{number}@example.org, after 12 attempts in 5m",
        },
    }


def uid(run: str, number: int) -> str:
    """The label `trace_id`, by which a notification is told from others: 32 hexadecimal digits, as traces have."""
    return hashlib.blake2b(f"{run}-{number}".encode(), digest_size=16).hexdigest()


def bodies(run: str, alerts: int, size: int) -> list[bytes]:
    """Bodies of `size` alerts each, together `alerts` of them or up to a body more."""
    count = -(-alerts // size)
    return [
        orjson.dumps([alert(run, number) for number in range(start * size, (start + 1) * size)])
        for start in range(count)
    ]
