"""What every pack is made from: keys and shapes that all of the tools can express, and the tenant's own rules.

The shapes use what RE2, Rust's regex, Go, Java and JavaScript share: no look-around, no back-references, bounded
repetitions. A place holder reads `[TYPE]` and not like a token: none of these tools can make one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "PERSON": (
        "patient_name",
        "first_name",
        "last_name",
        "middle_name",
        "full_name",
        "given_name",
        "family_name",
        "surname",
        "maiden_name",
    ),
    "ADDRESS": ("address", "street_address", "home_address"),
    "ZIP": ("zip", "zip_code", "postal_code"),
    "DOB": ("dob", "date_of_birth", "birth_date"),
    "PHONE": ("phone", "phone_number", "mobile_phone", "telephone"),
    "FAX": ("fax", "fax_number"),
    "EMAIL": ("email", "email_address"),
    "SSN": ("ssn", "social_security_number"),
    "MRN": ("mrn", "medical_record_number"),
    "MEMBER_ID": ("member_id", "subscriber_id", "policy_number"),
    "PATIENT_ID": ("patient_id",),
    "ACCOUNT": ("account_number",),
    "LICENSE": ("license_number",),
    "NPI": ("npi",),
    "VIN": ("vin",),
    "IP": ("ip_address", "client_ip"),
    "DIAGNOSIS": ("diagnosis", "diagnosis_code"),
    "MEDICATION": ("medication",),
    "SECRET": (
        "password",
        "passwd",
        "api_key",
        "access_token",
        "refresh_token",
        "client_secret",
        "authorization",
        "cookie",
        "set_cookie",
    ),
}
"""Type -> keys in snake_case; the tokenizer's own table of keys is far longer (tests compare the two)."""


class Shape(NamedTuple):
    """A regular expression of the common part of all engines, and the type that it finds."""

    kind: str
    regex: str
    lua: str = ""  # the same as a Lua pattern, where one can say it


ANY_CASE: Final = "(?i)"
SHAPES: Final[tuple[Shape, ...]] = (
    Shape("SECRET", r"\b[Bb]earer [A-Za-z0-9._~+/-]{8,}", "[Bb]earer [%w%._~%+/%-]+"),
    Shape("SECRET", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", "eyJ[%w_%-]+%.[%w_%-]+%.[%w_%-]+"),
    Shape(
        "EMAIL",
        r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,12}",
        "[%w%._%%%+%-]+@[%w%-%.]+%.%a%a+",
    ),
    Shape("CREDIT_CARD", r"\b(?:[0-9]{4}[ -]){3}[0-9]{4}\b", "%d%d%d%d[ %-]%d%d%d%d[ %-]%d%d%d%d[ %-]%d%d%d%d"),
    Shape("SSN", r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", "%f[%d]%d%d%d%-%d%d%-%d%d%d%d%f[%D]"),
    Shape("PHONE", r"\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b", "%(?%d%d%d%)?[ %.%-]%d%d%d[ %.%-]%d%d%d%d"),
    Shape("MRN", r"\b[Mm][Rr][Nn][ :=#-]{0,3}[0-9]{5,12}\b", "[Mm][Rr][Nn][ :=#%-]*%d%d%d%d%d+"),
    Shape("IP", r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", "%f[%d]%d+%.%d+%.%d+%.%d+%f[%D]"),
)

_NOT_SAID_IN: Final[Mapping[str, re.Pattern[str]]] = {
    "JavaScript": re.compile(r"\(\?(?!:)|\\[pPQECAza]|\\x\{|\[\[:"),
    "every tracer": re.compile(r"\(\?(?!:)|\\[pPQECAza]|\\x\{|\[\[:"),
    "Java": re.compile(r"\(\?P|\\C|\[\[:"),
    "Rust": re.compile(r"\\[QEC]|\$[\w{]"),
}
"""What RE2 takes and another engine reads otherwise or not at all; one such expression would stop all of a pack."""

LEVEL_CANNOT: Final[Mapping[str, str]] = {
    "detect": "",
    "strict": "the level `strict`: words and numbers that are not known to be harmless pass here",
    "sealed": "the level `sealed`: free text passes here but for what the rules below name",
}
EVERYWHERE: Final = (
    "tokens: a value becomes its type in brackets, so two events of one patient cannot be told to belong together",
    "names, addresses, diagnoses and dates in free text, check digits, positional formats, encodings",
    "a value found under one key that stands elsewhere in the same event",
)


@dataclass(frozen=True, slots=True)
class PackRules:
    """A tenant's rules as plain data. `patterns`: (type, RE2 expression); `fields`: key or path -> verdict."""

    tenant: str = ""
    level: str = "strict"
    version: str = ""
    patterns: Sequence[tuple[str, str]] = ()
    safe_words: Sequence[str] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The tenant's patterns first, then everybody's."""
        return (*(Shape(kind, regex) for kind, regex in self.patterns), *SHAPES)

    def shapes_in(self, engine: str) -> tuple[Shape, ...]:
        """As `shapes`, without the tenant's patterns that this engine cannot run; `(?i)` may begin one."""
        said = [Shape(kind, regex) for kind, regex in self.patterns if self._is_said(regex, engine)]
        return (*said, *SHAPES)

    def unsaid_in(self, engine: str) -> list[str]:
        """The patterns that `shapes_in` leaves out, for the header."""
        return [
            f"the tenant's pattern {number} for {kind}: {engine} has other expressions"
            for number, (kind, regex) in enumerate(self.patterns, 1)
            if not self._is_said(regex, engine)
        ]

    @staticmethod
    def _is_said(regex: str, engine: str) -> bool:
        return _NOT_SAID_IN[engine].search(regex.removeprefix(ANY_CASE)) is None

    @property
    def bare_fields(self) -> dict[str, str]:
        """Field rules for a bare key that take its value, with what stands in its place."""
        return {
            name: "TEXT" if verdict in {"seal", "drop"} else verdict
            for name, verdict in self.fields.items()
            if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,60}", name) and verdict not in {"safe", "free"}
        }

    def keys(self) -> dict[str, str]:
        """Key (snake_case, or as the tenant wrote it) -> type; without the keys that the tenant calls safe or free."""
        loose = {name for name, verdict in self.fields.items() if verdict in {"safe", "free"}}
        found = {key: kind for kind, keys in KEYS.items() for key in keys if key not in loose}
        return found | self.bare_fields

    def cannot(self, *more: str) -> list[str]:
        """What a tool cannot say of these rules: what none can, what this level and these rules need, and `more`."""
        found = [*EVERYWHERE, *filter(None, [LEVEL_CANNOT[self.level]]), *more]
        if self.safe_words:
            found.append("safe words: nothing is taken here because it is unknown, so they have nothing to say")
        other = [
            name
            for name, verdict in self.fields.items()
            if name not in self.bare_fields and verdict not in {"safe", "free"}
        ]
        if other:
            found.append(f"field rules by path: {', '.join(' '.join(name.split()) for name in other)}")
        return found


def spellings(key: str) -> list[str]:
    """A key as people write it: snake_case, camelCase, PascalCase, kebab-case and Train-Case."""
    words = re.split(r"[_-]", key)
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    pascal = "".join(word.capitalize() for word in words)
    kebab, train = "-".join(words), "-".join(word.capitalize() for word in words)
    return list(dict.fromkeys([key, camel, pascal, kebab, train]))


def by_kind(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """Type -> its keys."""
    found: dict[str, list[str]] = {}
    for key, kind in keys.items():
        found.setdefault(kind, []).append(key)
    return found


def alternatives(keys: Sequence[str]) -> str:
    """Keys as one alternation that takes every way to write them; to be matched without regard to case."""
    return "|".join(re.escape(key).replace("_", "[_-]?").replace(r"\-", "[_-]?") for key in sorted(keys))


def assignments(keys: Mapping[str, str]) -> list[Shape]:
    """`key=value`, `key: "value"` and `"key":"value"` in a text, one expression a type; group 1 is what stays."""
    return [
        Shape(
            kind,
            r"""(?i)(\b(?:"""
            + alternatives(names)
            + r""")\b["']?\s{0,2}[:=]\s{0,2})(?:"[^"]{1,500}"|'[^']{1,500}'|[^\s"',;&\x7d\]]{1,500})""",
        )
        for kind, names in by_kind(keys).items()
    ]


def header(tool: str, rules: PackRules, how: Sequence[str], cannot: Sequence[str], mark: str = "# ") -> str:
    """The comment at the top of a pack: whose rules, where the file goes, and what it cannot say."""
    whose = f" of tenant {rules.tenant}" if rules.tenant else ""
    version = f", version {rules.version}" if rules.version else ""
    lines = [
        f"Alertveil's rules{whose} (level {rules.level}{version}) for {tool}.",
        "Made by `alertveil rules export`; make it again after `alertveil apply`.",
        *how,
        "",
        f"What {tool} cannot be told, and therefore lets pass:",
        *(f"- {each}" for each in cannot),
        "It is a second net. What must not leave is tokenized before it gets here.",
    ]
    return "".join(f"{mark}{line}".rstrip() + "\n" for line in lines)
