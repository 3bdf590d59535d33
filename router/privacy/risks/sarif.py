"""Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from router.privacy.risks.risk import RULES, Risk

LEVELS: Final[Mapping[str, str]] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def document(risks: Sequence[Risk], version: str) -> dict[str, Any]:
    """One run with its rules, and a result per finding. No snippet: a snippet would repeat the value."""
    names = list(RULES)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "alertveil",
                        "version": version,
                        "rules": [
                            {
                                "id": name,
                                "shortDescription": {"text": title},
                                "help": {"text": advice},
                            }
                            for name, (title, advice) in RULES.items()
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, names) for each in risks],
            }
        ],
    }


def _result(risk: Risk, names: Sequence[str]) -> dict[str, Any]:
    return {
        "ruleId": risk.rule,
        "ruleIndex": names.index(risk.rule),
        "level": LEVELS[risk.severity],
        "message": {"text": f"{RULES[risk.rule][0]}: {risk.what}. {risk.hipaa}. {RULES[risk.rule][1]}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": risk.path},
                    "region": {"startLine": risk.line, "startColumn": risk.column},
                }
            }
        ],
        # GitHub's code scanning orders by this property, 0.0 to 10.0.
        "properties": {"security-severity": f"{risk.score:.1f}", "hipaa": risk.hipaa, "type": risk.kind},
    }
