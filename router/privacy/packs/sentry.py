"""Sentry: server-side scrubbing in the PII rule language of Relay (docs.sentry.io, Advanced Data Scrubbing)."""

from __future__ import annotations

import json
from typing import Any

from router.privacy.packs.base import PackRules, alternatives, by_kind, header

TOOL = "Sentry's server-side data scrubbing"


def write(rules: PackRules) -> str:
    """A PII configuration. JSON has no comments, so what it cannot say stands in `vars`, which Relay passes over."""
    found: dict[str, Any] = {}
    names: list[str] = []
    for number, shape in enumerate(rules.shapes_in("Rust"), 1):
        name = f"alertveil_shape_{number}_{shape.kind.lower()}"
        found[name] = {"type": "pattern", "pattern": shape.regex, "redaction": _text(shape.kind)}
        names.append(name)
    for kind, keys in by_kind(rules.keys()).items():
        name = f"alertveil_keys_{kind.lower()}"
        found[name] = {
            "type": "redact_pair",
            "keyPattern": f"(?i)^(?:{alternatives(keys)})$",
            "redaction": _text(kind),
        }
        names.append(name)
    document = {
        "vars": {
            "hashKey": None,
            "header": header(TOOL, rules, (), notes(rules), mark="").splitlines(),
        },
        "rules": found,
        # `$string` alone leaves out what Relay protects by default (exception values, messages): named here.
        "applications": {
            "$string || $number || $object || $array": names,
            "$error.value": names,
            "$logentry.formatted": names,
            "$message": names,
        },
    }
    return json.dumps(document, indent=2) + "\n"


def notes(rules: PackRules) -> list[str]:
    """What this file cannot say; printed beside it, since JSON has no comments."""
    return rules.cannot(
        "keys of a type's name inside a text (`ssn=…`): only the shapes are sought there", *rules.unsaid_in("Rust")
    )


def _text(kind: str) -> dict[str, str]:
    return {"method": "replace", "text": f"[{kind}]"}
