"""The last look before the socket: is there still something in the finished text that surely is PHI or a credential."""

# ruff: noqa: E501 - expressions read better whole
from __future__ import annotations

import re
from typing import Final

import re2

from router.privacy import shapes
from router.privacy.rules import Rules
from router.privacy.tokenizer import Finding
from router.privacy.tokens import TOKEN

# One pass of the linear engine over the bytes; a hit is told apart below. No groups, so RE2 needs only its DFA.
_SOUGHT: Final = b"|".join(
    (
        rb"[A-Za-z0-9._%+-]{1,64}(?:@|%40|&#64;)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,12}\b",
        rb"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        rb"-----BEGIN [A-Z0-9 ]{1,40}-----",
        rb"(?i:bearer|basic) [A-Za-z0-9._~+/-]{8,}",
        rb"(?i:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|client[_-]?secret|auth[_-]?token|access[_-]?token|session[_-]?id)[\"'\\]{0,3} ?[=:] ?[\"'\\]{0,3}[^\s\"'\\<>,;&]{6,}",
        rb"\b(?:AKIA|ASIA)[A-Z0-9]{12,20}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abeoprs]-[A-Za-z0-9-]{8,}|\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|\bAIza[A-Za-z0-9_-]{30,}",
        rb"(?i:\bmrn)[ :=#-]{0,3}[0-9]{5,12}\b",
        rb"(?i:\bssn)[\"' :=#-]{0,4}[0-9]{9}\b",
        rb"(?:\+?[0-9]{1,3}[ .-])?\(?[0-9]{3}\)?[ .-][0-9]{2,3}[ .-][0-9]{4}\b",
        rb"\b[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,4}\b|\b3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}\b",
    )
)
_ESCAPED: Final = re.compile(
    r"&lt;[A-Z][A-Z_]{1,15}_[0-9A-HJKMNP-TV-Z]{10}&gt;|\\u003[cC][A-Z][A-Z_]{1,15}_[0-9A-HJKMNP-TV-Z]{10}\\u003[eE]|%3C[A-Z][A-Z_]{1,15}_[0-9A-HJKMNP-TV-Z]{10}%3E"
)
_PHONE: Final = re.compile(r"(?:\+?[0-9]{1,3}[ .-])?\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}")
_SSN: Final = re.compile(r"[0-9]{3}([ .-])[0-9]{2}\1[0-9]{4}")
_STANDS_APART: Final = re.compile(r"[0-9A-Za-z_-]")


def _scanner() -> re2._Regexp:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.log_errors = False
    return re2.compile(_SOUGHT, options)


_SCANNER: Final = _scanner()


def scan(text: str, rules: Rules) -> list[Finding]:
    """Shapes with validators, credentials and the tenant's own patterns; tokens and their escaped forms are not findings.

    Names, words and dates are not sought: the edge replaced them, and a rendered message is full of ours. `path` of a
    finding is `start:end` in `text`.
    """
    masked = TOKEN.sub(_blank, text)
    if "_" in masked:
        masked = _ESCAPED.sub(_blank, masked)
    raw = masked.encode("latin-1", "replace")  # one byte a character, so places stay
    found: list[Finding] = []
    for match in _SCANNER.finditer(raw):
        start, end = match.span()
        kind = _kind(masked[start:end], masked[start - 1 : start], masked[end : end + 1])
        if kind:
            found.append(_finding(text, start, end, kind, "shape"))
    for kind, pattern in rules.reader.patterns:
        found.extend(
            _finding(text, hit.start(), hit.end(), kind, "pattern")
            for hit in pattern.finditer(text)
            if hit.end() > hit.start() and not TOKEN.search(hit.group())
        )
    return found


def _kind(piece: str, before: str, after: str) -> str:
    """What a hit is; '' when its validator says it is nothing."""
    if "@" in piece or "%40" in piece or "&#64;" in piece:
        return "EMAIL"
    if piece[:3].lower() == "mrn":
        return "MRN"
    if piece[:3].lower() == "ssn":
        return "SSN"
    if piece[0].isalpha() or piece[0] == "-":
        return "SECRET"
    if _STANDS_APART.match(before) or _STANDS_APART.match(after):
        return ""
    digits = "".join(char for char in piece if char.isdigit())
    if _SSN.fullmatch(piece.strip()):
        return "SSN"
    if _PHONE.fullmatch(piece):
        return "PHONE"
    return "CREDIT_CARD" if shapes.luhn_ok(digits) and not shapes.EPOCH.fullmatch(digits) else ""


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _finding(text: str, start: int, end: int, kind: str, rule: str) -> Finding:
    value = text[start:end]
    return Finding(kind, value, shapes.normal(kind, value), rule, f"{start}:{end}")
