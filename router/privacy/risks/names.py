"""What names in source code say: which hold whole objects, which functions make a value harmless."""

from __future__ import annotations

import re
from typing import Final

OBJECTS: Final = frozenset(
    [
        "patient",
        "patients",
        "member",
        "members",
        "subscriber",
        "beneficiary",
        "encounter",
        "appointment",
        "claim",
        "claims",
        "prescription",
        "person",
        "user",
        "users",
        "customer",
        "row",
        "rows",
        "record",
        "records",
        "request",
        "req",
        "response",
        "resp",
        "res",
        "payload",
        "body",
        "form",
        "event",
        "message",
        "data",
        "params",
        "query",
        "headers",
        "cookies",
        "session",
        "context",
        "ctx",
        "document",
        "resource",
        "bundle",
        "dto",
        "entity",
        "model",
    ]
)
"""Names of variables that hold everything about somebody, or whatever a client sent."""
STRONG: Final = frozenset(
    [
        "patient",
        "patients",
        "member",
        "members",
        "subscriber",
        "beneficiary",
        "encounter",
        "appointment",
        "claim",
        "claims",
        "prescription",
        "person",
        "request",
        "req",
        "payload",
        "body",
        "form",
        "row",
        "rows",
        "record",
        "records",
        "user",
        "users",
        "customer",
        "cookies",
        "headers",
    ]
)
"""Those among them that hold PHI in a health application more often than not."""
_HARMLESS: Final = re.compile(
    r"(?:^|_|\b)(?:scrub|scrubbed|redact|redacted|mask|masked|tokenize|tokenized|hash|hashed|hmac|sanitize|sanitized|"
    r"len|count|type|isinstance|bool|id)(?:$|_|\b)",
    re.IGNORECASE,
)
LOGGERS: Final = re.compile(
    r"(?i)(?:^|[._])(?:_*(?:app|audit|access|root)?_?log(?:ger|ging)?|structlog|loguru|winston|pino|bunyan|log4js|loglevel|lg)$"
)
_CAMEL: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def makes_harmless(function: str) -> bool:
    """Does a call of this function give away nothing of its argument, by its name."""
    return _HARMLESS.search("_".join(_CAMEL.findall(function))) is not None


def is_logger(name: str) -> bool:
    """Is this dotted name one that people give a logger."""
    return LOGGERS.search(name) is not None


def is_object(name: str) -> bool:
    """Does a variable of this name hold a whole object."""
    return _last(name) in OBJECTS


def is_strong(name: str) -> bool:
    """Does it hold PHI more often than not."""
    return _last(name) in STRONG


def _last(name: str) -> str:
    words = _CAMEL.findall(name)
    return words[-1].lower() if words else name.lower()
