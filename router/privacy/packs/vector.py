"""Vector: a remap transform whose VRL program replaces by key and by shape in the whole event."""

from __future__ import annotations

from typing import Final

from router.privacy.packs.base import PackRules, alternatives, by_kind, header

TOOL: Final = "Vector"


def program(rules: PackRules) -> str:
    """The VRL program: the event as JSON text, replaced in, and read again; an event that cannot be read is dropped."""
    lines = ["text = encode_json(.)"]
    for kind, keys in by_kind(rules.keys()).items():
        names = alternatives(keys)
        value = r'(?:"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*)'
        lines.append(f"""text = replace(text, r'(?i)("(?:{names})":){value}', "$1\\"[{kind}]\\"")""")
        rest = r'[^\s"\\,;&}\]]+'
        lines.append(f"""text = replace(text, r'(?i)(\\b(?:{names})[=:]\\s?){rest}', "$1[{kind}]")""")
    lines += [f"""text = replace(text, r'{_raw(shape.regex)}', "[{shape.kind}]")""" for shape in rules.shapes]
    lines.append(". = parse_json!(text)")
    return "\n".join(lines) + "\n"


def _raw(regex: str) -> str:
    """An expression between the quotes of a VRL regex literal."""
    return regex.replace("'", r"\x27")


def write(rules: PackRules) -> str:
    """A part of `vector.yaml` with one transform."""
    how = ("Merge it into vector.yaml, set `inputs`, and let every sink read from `alertveil`.",)
    cannot = rules.cannot("lists and objects under a key that names PHI: what is in them is judged by itself")
    body = "".join(f"      {line}\n" for line in program(rules).splitlines())
    return (
        header(TOOL, rules, how, cannot)
        + "transforms:\n  alertveil:\n    type: remap\n    inputs: []\n    drop_on_error: true\n"
        + "    drop_on_abort: true\n    source: |\n"
        + body
    )
