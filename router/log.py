"""Structured logs from an allow-list of keys: one JSON object a line on stderr, and nothing that a payload could be in.

A record's own message is a fixed text of ours; what varies travels in `extra` under the keys below. Exception texts are
left out: the class says what happened, and a text may quote a value.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

ALLOWED: Final = (
    "attempt",
    "cause",
    "channel",
    "count",
    "delivery",
    "incident",
    "kind",
    "milliseconds",
    "owner",
    "part",
    "path",
    "reason",
    "source",
    "sqlstate",
    "status",
    "tenant",
    "version",
)
"""The only keys that a log line may carry besides time, level, logger and message."""

QUIET: Final = (
    "alembic",
    "amqp",
    "asyncio",
    "celery",
    "httpcore",
    "httpx",
    "kombu",
    "psycopg",
    "psycopg.pool",
    "redis",
    "slack_sdk",
    "sqlalchemy",
    "urllib3",
    "uvicorn",
)
"""Libraries that log what they carry when asked to be verbose: warnings and above only, whatever the level."""


class Formatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's fixed parts and its allowed extras."""
        ours = record.name.partition(".")[0] in {"router", "channels"}
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # A library's message is a template that it fills with what it carries: only the template is ours to show.
            "message": record.getMessage() if ours and not record.args else str(record.msg)[:200] if ours else "…",
        }
        for key in ALLOWED:
            value = record.__dict__.get(key)
            if value is not None:
                line[key] = value if isinstance(value, int | float | bool) else str(value)[:200]
        if record.exc_info and record.exc_info[0] is not None:
            line["cause"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str) -> None:
    """Send this process's logs to stderr in our form, and keep the libraries quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
