"""The last look before the socket: is there still something in the finished text that surely is PHI or a credential."""

from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes
from router.privacy.rules import Rules
from router.privacy.text import Reader
from router.privacy.tokenizer import Finding
from router.privacy.tokens import TOKEN

_QUIET: Final = frozenset({"DIAGNOSIS", "MEDICATION", "PERSON", "WARD", "ADDRESS", "AGE", "DATE", "IP", "USERNAME", "NPI", "ZIP", "NATIONAL_ID"})
_ANY: Final = re.compile(r"[@]|[0-9][0-9 .()-]{5,}[0-9]|eyJ|BEGIN |(?i:bearer|basic |password|secret|token=|api_?key|AKIA|gh[pousr]_|xox|sk_|sk-)")
_ESCAPED: Final = re.compile(r"&lt;([A-Z][A-Z_]{1,15}_[0-9A-HJKMNP-TV-Z]{10})&gt;|\\u003[cC]([A-Z][A-Z_]{1,15}_[0-9A-HJKMNP-TV-Z]{10})\\u003[eE]")
_DETECTOR: Final = Reader(strict=False, safe=frozenset(), patterns=())


def scan(text: str, rules: Rules) -> list[Finding]:
    """Shapes with validators, credentials and the tenant's own patterns; tokens and their escaped forms are not findings.

    Names, words and dates are not sought: the edge replaced them, and a rendered message is full of ours. `path` of a
    finding is `start:end` in `text`.
    """
    found: list[Finding] = []
    if _ANY.search(text) is not None:
        masked = _ESCAPED.sub(lambda match: " " * len(match[0]), TOKEN.sub(lambda match: " " * len(match[0]), text))
        for span in _DETECTOR.read(masked):
            if span.kind in _QUIET or span.rule not in {"shape", "key"} or (span.rule == "key" and span.kind not in {"SECRET", "SSN", "CREDIT_CARD", "MRN"}):
                continue
            value = text[span.start : span.end]
            if TOKEN.search(value) or _ESCAPED.search(value):
                continue
            found.append(Finding(span.kind, value, shapes.normal(span.kind, value), span.rule, f"{span.start}:{span.end}"))
    for kind, pattern in rules.reader.patterns:
        for match in pattern.finditer(text):
            if match.end() > match.start() and not TOKEN.search(match.group()):
                found.append(Finding(kind, match.group(), shapes.normal(kind, match.group()), "pattern", f"{match.start()}:{match.end()}"))
    return found
