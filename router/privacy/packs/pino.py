"""pino: a module with `redact` paths by key and a last look at the line that is about to be written."""

from __future__ import annotations

import json
from typing import Final

from router.privacy.packs.base import ANY_CASE, PackRules, header, spellings

TOOL: Final = "pino"
DEEP: Final = 4
"""Levels of nesting that the paths reach: pino has a `*` for one level and none for any."""


def write(rules: PackRules) -> str:
    """A CommonJS module: `pino({ ...require('./alertveil.cjs') })`."""
    how = ("pino 9 or later: const logger = pino({ ...require('./alertveil.cjs') })",)
    cannot = rules.cannot(
        f"keys deeper than {DEEP} levels, and keys that are written in another way than the usual five",
        "expressions in linear time: JavaScript's engine goes back, so the shapes below are bounded",
        *rules.unsaid_in("JavaScript"),
    )
    kinds = {name: kind for key, kind in rules.keys().items() for name in spellings(key)}
    shapes = [
        [shape.regex.removeprefix(ANY_CASE), "gi" if shape.regex.startswith(ANY_CASE) else "g", f"[{shape.kind}]"]
        for shape in rules.shapes_in("JavaScript")
    ]
    return (
        header(TOOL, rules, how, cannot, mark="// ")
        + "'use strict'\n\n"
        + f"const kinds = {json.dumps(kinds, indent=2)}\n\n"
        + f"const shapes = {json.dumps(shapes, indent=2)}"
        + ".map(([source, flags, text]) => [new RegExp(source, flags), text])\n\n"
        + f"const prefixes = Array.from({{ length: {DEEP} }}, (_, depth) => '*.'.repeat(depth))\n"
        + 'const quoted = (key) => (/^[A-Za-z_$][\\w$]*$/.test(key) ? key : `["${key}"]`)\n'
        + "const path = (prefix, key) => (quoted(key)[0] === '[' ? prefix.slice(0, -1) : prefix) + quoted(key)\n\n"
        + "module.exports = {\n"
        + "  redact: {\n"
        + "    paths: prefixes.flatMap((prefix) => Object.keys(kinds).map((key) => path(prefix, key))),\n"
        + "    censor: (value, path) => (value == null ? value : `[${kinds[path[path.length - 1]] || 'TEXT'}]`)\n"
        + "  },\n"
        + "  hooks: {\n"
        + "    streamWrite: (line) => shapes.reduce((text, [shape, by]) => text.replace(shape, by), line)\n"
        + "  }\n"
        + "}\n"
    )
