"""OpenTelemetry Collector (contrib): the redaction processor for attributes, the transform processor for bodies."""

from __future__ import annotations

import json
from typing import Final

from router.privacy.packs.base import PackRules, alternatives, assignments, header

TOOL: Final = "the OpenTelemetry Collector"


def write(rules: PackRules) -> str:
    """Two processors for a collector's configuration, to stand first in every pipeline."""
    how = (
        "Needs the contrib distribution. Name both processors first in each pipeline:",
        "processors: [redaction/alertveil, transform/alertveil, …]",
    )
    cannot = rules.cannot("the type in place of a value under a key: the redaction processor writes asterisks")
    lines = ["processors:", "  redaction/alertveil:", "    allow_all_keys: true", "    blocked_key_patterns:"]
    lines += [f"      - {json.dumps(f'(?i)^(?:.*[._-])?(?:{alternatives(sorted(rules.keys()))})$')}"]
    lines += ["    blocked_values:"]
    lines += [f"      - {json.dumps(shape.regex)}" for shape in rules.shapes]
    lines += ["    summary: info", "  transform/alertveil:", "    error_mode: propagate"]
    replaced = [
        *((shape.regex, f"$$1[{shape.kind}]") for shape in assignments(rules.keys())),
        *((shape.regex, f"[{shape.kind}]") for shape in rules.shapes),
    ]
    for signal, context, targets in (
        ("log_statements", "log", ("log.body",)),
        ("trace_statements", "span", ("span.name", "span.status.message")),
        ("trace_statements", "spanevent", ()),
    ):
        if f"    {signal}:" not in lines:
            lines.append(f"    {signal}:")
        lines += [f"      - context: {context}", "        statements:"]
        for regex, by in replaced:
            # The collector expands $ in its configuration, so $$ is one; OTTL strings are Go's.
            source = json.dumps(regex.replace("$", "$$"), ensure_ascii=False)
            for target in targets:
                guard = f" where IsString({target})" if target == "log.body" else ""
                lines.append(
                    "          - " + json.dumps(f"replace_pattern({target}, {source}, {json.dumps(by)}){guard}")
                )
            lines.append(
                "          - "
                + json.dumps(f'replace_all_patterns({context}.attributes, "value", {source}, {json.dumps(by)})')
            )
    return header(TOOL, rules, how, cannot) + "\n".join(lines) + "\n"
