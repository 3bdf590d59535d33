"""Datadog: the agent's `datadog.yaml`, and the environment of a tracer."""

from __future__ import annotations

import json
from typing import Final

from router.privacy.packs.base import ANY_CASE, PackRules, alternatives, assignments, header

AGENT: Final = "the Datadog Agent"
TRACER: Final = "Datadog's tracers"


def write_agent(rules: PackRules) -> str:
    """A part of `datadog.yaml`: masks in logs, replacements in the tags of spans, obfuscation of queries."""
    how = ("Merge it into datadog.yaml (docs.datadoghq.com, Agent, data security), then restart the agent.",)
    cannot = rules.cannot(
        "attributes of a JSON log by their key: a log is one text here, in which `key: value` is sought",
        "attributes of spans by their key alone: the expressions below see values",
    )
    lines = ["logs_config:", "  processing_rules:"]
    shapes = [*((shape, "${1}") for shape in assignments(rules.keys())), *((shape, "") for shape in rules.shapes)]
    for number, (shape, before) in enumerate(shapes, 1):
        lines += [
            "    - type: mask_sequences",
            f"      name: alertveil_{number}_{shape.kind.lower()}",
            f"      pattern: {json.dumps(shape.regex)}",
            f"      replace_placeholder: {json.dumps(f'{before}[{shape.kind}]')}",
        ]
    lines += ["apm_config:", "  replace_tags:"]
    for shape, before in shapes:
        lines += [
            '    - name: "*"',
            f"      pattern: {json.dumps(shape.regex)}",
            f"      repl: {json.dumps(f'{before}[{shape.kind}]')}",
        ]
    lines += [
        "  obfuscation:",
        "    credit_cards: {enabled: true, luhn: true}",
        "    http: {remove_query_string: true, remove_paths_with_digits: true}",
        "    elasticsearch: {enabled: true}",
        "    mongodb: {enabled: true}",
        "    redis: {enabled: true, remove_all_args: true}",
        "    memcached: {enabled: true}",
        "    remove_stack_traces: true",
    ]
    return header(AGENT, rules, how, cannot) + "\n".join(lines) + "\n"


def write_tracer(rules: PackRules) -> str:
    """An environment file: what tracers of every language read (docs.datadoghq.com, library configuration)."""
    how = (
        "Give it to the process as its environment: Compose's `env_file` and systemd's `EnvironmentFile` take it",
        "as it is; `docker run --env-file` and Kubernetes keep the quotes, so leave them out there.",
    )
    cannot = rules.cannot(
        "tags, resources and error messages: only query strings and what the security product collects are looked at",
        "the tenant's patterns in anything but query strings",
        *rules.unsaid_in("every tracer"),
    )
    keys = rf"(?:{alternatives(sorted(rules.keys()))})"
    shapes = rules.shapes_in("every tracer")
    values = "|".join(shape.regex.removeprefix(ANY_CASE).replace("'", r"\x27") for shape in shapes)
    query = rf"(?i)(?:\b{keys}(?:=|%3D)[^&]+|{values})"
    pairs = {
        "DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP": query,
        "DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP": rf"(?i)^{keys}$",
        "DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP": rf"(?i)(?:{values})",
        "DD_TRACE_CLIENT_IP_ENABLED": "false",
        "DD_TRACE_HEADER_TAGS": "",
    }
    return header(TRACER, rules, how, cannot) + "".join(f"{name}='{value}'\n" for name, value in pairs.items())
