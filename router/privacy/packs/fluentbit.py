"""Fluent Bit: a Lua filter, since its own filters replace no part of a text."""

from __future__ import annotations

import json
from typing import Final

from router.privacy.packs.base import SHAPES, PackRules, header

TOOL: Final = "Fluent Bit"


def script(rules: PackRules) -> str:
    """The Lua 5.1 program (what LuaJIT takes): `alertveil(tag, timestamp, record)` gives 2 and the record, changed."""
    keys = {key.replace("_", "").replace("-", "").lower(): kind for key, kind in rules.keys().items()}
    lines = ["local keys = {"]
    lines += [f"  [{json.dumps(key)}] = {json.dumps(f'[{kind}]')}," for key, kind in sorted(keys.items())]
    lines += ["}", "local shapes = {"]
    lines += [f"  {{{_lua(shape.lua)}, {_lua(f'[{shape.kind}]')}}}," for shape in SHAPES if shape.lua]
    lines += [
        "}",
        "local function clean(value, depth)",
        "  if type(value) == 'string' then",
        "    for _, shape in ipairs(shapes) do value = string.gsub(value, shape[1], shape[2]) end",
        "    return value",
        "  end",
        "  if type(value) ~= 'table' then return value end",
        "  if depth > 32 then return '[TEXT]' end",
        "  local found = {}",
        "  for key, each in pairs(value) do",
        "    local kind = type(key) == 'string' and keys[string.lower(string.gsub(key, '[_%-]', ''))]",
        "    if kind and type(each) ~= 'table' then found[key] = kind else found[key] = clean(each, depth + 1) end",
        "  end",
        "  return found",
        "end",
        "function alertveil(tag, timestamp, record)",
        "  return 2, timestamp, clean(record, 0)",
        "end",
    ]
    return "\n".join(lines) + "\n"


def write(rules: PackRules) -> str:
    """A part of `fluent-bit.yaml` with one filter."""
    how = ("Merge it into fluent-bit.yaml (2.2 or later) as the first filter.",)
    cannot = rules.cannot(
        *(
            f"the tenant's pattern for {kind}: Lua has patterns of its own and no expressions"
            for kind, _ in rules.patterns
        ),
        "`key=value` inside a text: only the shapes are sought there",
    )
    body = "".join(f"          {line}\n" for line in script(rules).splitlines())
    return (
        header(TOOL, rules, how, cannot)
        + "pipeline:\n  filters:\n    - name: lua\n      match: '*'\n      call: alertveil\n      code: |\n"
        + body
    )


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
