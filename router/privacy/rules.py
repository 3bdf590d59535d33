"""A tenant's privacy rules, compiled once: level, patterns, safe words, field rules and literals under one version."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

import re2

from router.privacy.dropped import paths_of
from router.privacy.guarded import Guarded
from router.privacy.text import Reader
from router.privacy.tokens import KINDS

if TYPE_CHECKING:
    from router.privacy.memory import Memory

Level = Literal["detect", "strict", "sealed"]
LEVELS: Final[tuple[str, ...]] = get_args(Level)
MAX_PATTERNS: Final = 200
MAX_PATTERN: Final = 1_000
MAX_SAFE_WORDS: Final = 10_000
_PATTERN_MEMORY: Final = 4 << 20  # bytes RE2 may use for one tenant pattern


class RuleRefused(Exception):  # noqa: N818 - what happened to the rule
    """A rule cannot be used. One sentence that names the rule by its place or field, never a value."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Rules:
    """Compiled rules. Made by `compile_rules` only; safe to share between threads."""

    level: Level
    version: str
    reader: Reader
    field_rules: tuple[tuple[str, str], ...]
    literals: Mapping[str, frozenset[str]]
    memory: Memory = field(compare=False)

    def __repr__(self) -> str:
        return f"<Rules {self.level} {self.version}>"

    @property
    def broken_patterns(self) -> tuple[int, ...]:
        """The tenant's patterns, by position from 1, that failed so often that texts are tokens instead."""
        return tuple(pattern.position for _, pattern in self.reader.patterns if pattern.is_open)

    def field_rule(self, path: str, key: str) -> str:
        """What the tenant says of a field: a kind, `safe`, `free`, `seal`, or '' when nothing."""
        names = {key, *paths_of(path)}
        for pattern, verdict in self.field_rules:
            if pattern in names or ("*" in pattern and any(fnmatch.fnmatchcase(name, pattern) for name in names)):
                return verdict
        return ""


FIELD_VERDICTS: Final = frozenset({"safe", "free", "seal"}) | KINDS.keys()


def compile_rules(
    level: str,
    patterns: Sequence[tuple[str, str]] = (),
    safe_words: Sequence[str] = (),
    field_rules: Mapping[str, str] | None = None,
    literals: Mapping[str, frozenset[str]] | None = None,
    version: str = "",
) -> Rules:
    """Rules ready to use.

    `patterns`: (kind, RE2 expression). `safe_words`: single words that pass at `strict`. `field_rules`: dotted path
    (with `*`) or bare key -> a kind (always that token), `safe` (a structural field), `free` (text) or `seal` (one
    token). `literals`: label -> values that pass for it at every level. `version`: what caches are keyed by; derived
    when empty.

    Raises:
        RuleRefused: a rule that is unknown, too large, or that the linear engine cannot run.
    """
    from router.privacy.memory import Memory  # noqa: PLC0415 - memory knows nothing of rules, rules hold one

    if level not in LEVELS:
        raise RuleRefused("The privacy level must be detect, strict or sealed.")
    if len(patterns) > MAX_PATTERNS:
        raise RuleRefused(f"There are more than {MAX_PATTERNS} patterns.")
    compiled = tuple((kind, _compile(index, kind, expression)) for index, (kind, expression) in enumerate(patterns, 1))
    safe = frozenset(_safe_word(index, word) for index, word in enumerate(safe_words, 1))
    if len(safe) > MAX_SAFE_WORDS:
        raise RuleRefused(f"There are more than {MAX_SAFE_WORDS} safe words.")
    fields = tuple((field_rules or {}).items())
    for index, (name, verdict) in enumerate(fields, 1):
        if verdict not in FIELD_VERDICTS:
            raise RuleRefused(f"Field rule {index} says neither a token type nor safe, free or seal.")
        if not name or len(name) > 200:  # noqa: PLR2004
            raise RuleRefused(f"Field rule {index} has no usable path.")
    passing = {label: frozenset(values) for label, values in (literals or {}).items()}
    if not version:
        parts = [level, list(patterns), sorted(safe), list(fields), {k: sorted(v) for k, v in sorted(passing.items())}]
        version = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    reader = Reader(strict=level != "detect", safe=safe, patterns=compiled)
    return Rules(level, version, reader, fields, passing, Memory(reader))  # type: ignore[arg-type]  # checked against LEVELS


HARMLESS: Final = (
    "kubelet",
    "error",
    "critical",
    "503",
    "payment-service",
    "GET /healthz HTTP/1.1",
    "10.0.12.7:9100",
    "2026-11-22T10:00:00Z",
    "eu-central-1",
    "DiskFull",
    "connection refused",
    "95.2%",
    "default/api-6c9f8d7b4-x2x4z",
    "17",
)
"""What alerts are full of and no pattern of PHI is meant for."""

_SYNTAX: Final = re.compile(r"\\.|\[[^\]]*\]|\{[^}]*\}|\(\?[^:)]*[:)]?|[()|?*+^$.]")


def too_broad(expression: str) -> bool:
    """Does a pattern match half of what is harmless everywhere: then its tokens would say nothing.

    For patterns that `compile_rules` takes.
    """
    pattern = re2.compile(expression)
    return 2 * sum(pattern.search(text) is not None for text in HARMLESS) >= len(HARMLESS)


def spelled_out(expression: str) -> str:
    """The text that a pattern names as it stands, without its syntax: a pattern is kept in the clear."""
    return " ".join(_SYNTAX.sub(_meant, expression).split())


def _meant(syntax: re.Match[str]) -> str:
    r"""A mark that is escaped stands for itself: `zq\.canary@leakmail\.test` is an address."""
    return syntax[0][1] if syntax[0][0] == "\\" and not syntax[0][1].isalnum() else " "


def _compile(index: int, kind: str, expression: str) -> Guarded:
    if kind not in KINDS:
        raise RuleRefused(f"Pattern {index} names a token type that does not exist.")
    if not expression or len(expression) > MAX_PATTERN:
        raise RuleRefused(f"Pattern {index} is empty or longer than {MAX_PATTERN} characters.")
    options = re2.Options()
    options.max_mem = _PATTERN_MEMORY
    options.log_errors = False
    try:
        pattern = re2.compile(expression, options)
    except re2.error:
        raise RuleRefused(
            f"Pattern {index} cannot run on the linear engine (RE2): no look-around, no back-references, bounded size."
        ) from None
    if pattern.search("") is not None:
        raise RuleRefused(f"Pattern {index} matches the empty text.")
    return Guarded(pattern, index)


def _safe_word(index: int, word: str) -> str:
    low = word.strip().casefold()
    if not low or len(low) > 64 or any(char.isspace() for char in low) or not any(char.isalpha() for char in low):  # noqa: PLR2004
        raise RuleRefused(f"Safe word {index} is not a single word with a letter in it.")
    return low
