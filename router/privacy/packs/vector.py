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
        lines.append(_keeping(rf"""(?i)("(?:{names})":){value}""", f'\\"[{kind}]\\"'))
        rest = r'[^\s"\\,;&}\]]+'
        lines.append(_keeping(rf"(?i)(\b(?:{names})[=:]\s?){rest}", f"[{kind}]"))
    lines += [
        f"""text = replace(text, r'{_raw(shape.regex)}', "[{shape.kind}]")""" for shape in rules.shapes_in("Rust")
    ]
    lines.append(". = parse_json!(text)")
    return "\n".join(lines) + "\n"


def _keeping(regex: str, by: str) -> str:
    """A replacement that keeps group 1, without the `$1` that Vector 0.38 to 0.56 take for an environment variable."""
    return f"""text = replace_with(text, r'{regex}') -> |found| {{ join!([found.captures[0], "{by}"]) }}"""


def _raw(regex: str) -> str:
    """An expression between the quotes of a VRL regex literal."""
    return regex.replace("'", r"\x27")


def write(rules: PackRules) -> str:
    """A part of `vector.yaml` with one transform."""
    how = ("Merge it into vector.yaml, set `inputs`, and let every sink read from `alertveil`.",)
    cannot = rules.cannot(
        "lists and objects under a key that names PHI: what is in them is judged by itself", *rules.unsaid_in("Rust")
    )
    body = "".join(f"      {line}\n" for line in program(rules).splitlines())
    return (
        header(TOOL, rules, how, cannot)
        + "transforms:\n  alertveil:\n    type: remap\n    inputs: []\n    drop_on_error: true\n"
        + "    drop_on_abort: true\n    source: |\n"
        + body
    )
