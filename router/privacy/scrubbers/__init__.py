"""Tokenizes where logs, errors and traces are born, with the same engine as the edge and nothing but that engine.

Importing this package brings neither a database nor a broker nor any of the libraries that it serves. Each integration
is a module of its own: `logs`, `structured`, `sentry`, `otel`, `datadog`.
"""

from router.privacy.scrubbers.errors import describe, harmless, is_harmless, new_error_id
from router.privacy.scrubbers.hashed import KeyedHash
from router.privacy.scrubbers.logs import TokenizingFilter, install, log_error, unguarded
from router.privacy.scrubbers.scrubber import Scrubber

__all__ = [
    "KeyedHash",
    "Scrubber",
    "TokenizingFilter",
    "describe",
    "harmless",
    "install",
    "is_harmless",
    "log_error",
    "new_error_id",
    "unguarded",
]
