"""A filter for handlers of the standard library's `logging`, and a way to log an error that cannot say too much.

The filter sits on handlers because a logger's filters never see what its children log. It sees the message with its
arguments, `extra`, exception and stack as one event, so a value that a key gives away is replaced in the sentence too.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final
from uuid import UUID

from router.privacy.scrubbers.errors import describe, full_name, new_error_id
from router.privacy.scrubbers.hashed import KeyedHash
from router.privacy.scrubbers.plain import plain, text_of
from router.privacy.scrubbers.scrubber import Scrubber

OWN: Final = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}
"""Attributes that every record has (docs.python.org, library/logging, LogRecord attributes); the others are `extra`."""
NAMES: Final = (
    "name",
    "threadName",
    "processName",
    "taskName",
    "funcName",
    "pathname",
    "filename",
    "module",
    "levelname",
)
ROLES: Final = {f"record.{name}": "name" for name in NAMES}
WITHHELD: Final = "A log record could not be tokenized and was withheld."
_DONE: Final = "_tokenized_by"
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


class TokenizingFilter(logging.Filter):
    """Replaces PHI in every record that passes a handler; a record that cannot be judged is withheld, never passed.

    From Python 3.12 on the handler gets a copy, and other handlers see the record as it was. Before that a filter can
    only change the record itself, so handlers after this one see the tokens as well. `withheld` counts.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber
        self.withheld = 0

    def filter(self, record: logging.LogRecord) -> logging.LogRecord | bool:  # type: ignore[override]  # 3.12's
        """The record with tokens in place of PHI."""
        if record.__dict__.get(_DONE) is self._scrubber:
            return True
        if sys.version_info >= (3, 12):
            record = copy.copy(record)
        try:
            self._replace(record)
        except Exception:  # noqa: BLE001 - whatever it was, it must neither pass nor be told
            self.withheld += 1
            withhold(record)
        record.__dict__[_DONE] = self._scrubber
        return record if sys.version_info >= (3, 12) else True

    def _replace(self, record: logging.LogRecord) -> None:
        extra = {key: value for key, value in record.__dict__.items() if key not in OWN and key != _DONE}
        event = {
            "record": {name: found for name in NAMES if isinstance(found := record.__dict__.get(name), str)},
            "message": said(record),
            "arguments": _telling(record.args),
            "extra": extra,
            "error": _error(record, self._scrubber),
            "stack": record.stack_info,
        }
        done = self._scrubber.event(event, ROLES)
        for name, value in done["record"].items():
            record.__dict__[name] = value
        record.msg, record.args = done["message"], ()
        record.exc_info, record.exc_text, record.stack_info = None, done["error"], done["stack"]
        record.__dict__.pop("message", None)  # a formatter of another handler may have left it
        for key in extra:
            del record.__dict__[key]
        record.__dict__.update({key: value for key, value in done["extra"].items() if key not in OWN})


def withhold(record: logging.LogRecord) -> None:
    """Leave of a record only where and when it was made."""
    for key in set(record.__dict__) - OWN:
        del record.__dict__[key]
    record.msg, record.args = WITHHELD, ()
    record.exc_info = record.exc_text = record.stack_info = None
    record.name = record.threadName = record.processName = "withheld"


def said(record: logging.LogRecord) -> str:
    """A record's message; when template and arguments do not fit, both of them."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - somebody's __str__, or too few arguments
        return f"{text_of(record.msg)} {plain(record.args)}"


def _telling(arguments: object) -> Any:  # noqa: ANN401 - JSON
    """Arguments whose keys say what they are; a bare text says nothing that the message does not."""
    if isinstance(arguments, Mapping):
        return arguments
    if isinstance(arguments, tuple):
        return [each for each in arguments if not isinstance(each, str | int | float | bool | None)]
    return None


def _error(record: logging.LogRecord, scrubber: Scrubber) -> str | None:
    if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
        return describe(record.exc_info[1], scrubber)
    return scrubber.sealed(record.exc_text) if record.exc_text else None


def install(scrubber: Scrubber, handlers: Iterable[logging.Handler] | None = None) -> int:
    """Put the filter on these handlers, or on every handler there is now; returns how many have it.

    Call it after logging was set up. A handler that is added later is told by `unguarded`.

    Raises:
        ValueError: there is no handler at all.
    """
    found = list(handlers) if handlers is not None else all_handlers()
    if not found:
        raise ValueError("There is no log handler yet: set up logging first, then install the filter.")
    for handler in found:
        if not any(isinstance(each, TokenizingFilter) for each in handler.filters):
            handler.filters.insert(0, TokenizingFilter(scrubber))  # before filters that look at the message
    return len(found)


def unguarded() -> list[logging.Handler]:
    """Handlers that write without the filter, for a start-up check."""
    return [
        handler
        for handler in all_handlers()
        if not isinstance(handler, logging.NullHandler)
        and not any(isinstance(each, TokenizingFilter) for each in handler.filters)
    ]


def all_handlers() -> list[logging.Handler]:
    """Every handler of every logger, and the one that logging falls back to."""
    loggers = [logging.root, *(each for each in logging.root.manager.loggerDict.values())]
    found = [handler for each in loggers if isinstance(each, logging.Logger) for handler in each.handlers]
    if logging.lastResort is not None:
        found.append(logging.lastResort)
    return list(dict.fromkeys(found))


Identifier = KeyedHash | UUID | Enum


def log_error(
    logger: logging.Logger,
    error: BaseException,
    *,
    keep: Callable[[str, BaseException], object] | None = None,
    level: int = logging.ERROR,
    **identifiers: Identifier,
) -> str:
    """Log that an error happened: its class, an error id, and identifiers; there is no place for a message.

    `keep` is given the error id and the error, to store it sealed (see docs/scrubbers.md); when it fails, the line
    says so and the error is still logged. Identifiers are keyed hashes, UUIDs or members of an Enum.

    Returns:
        The error id.

    Raises:
        TypeError: an identifier is of another type. The value is not repeated.
    """
    for name, value in identifiers.items():
        if not isinstance(value, Identifier):
            raise TypeError(f"The identifier {name!r} is neither a KeyedHash nor a UUID nor a member of an Enum.")
        if not _IDENTIFIER.fullmatch(name) or name in OWN:
            raise TypeError("An identifier's name is lower-case letters, digits and _, and none that a record has.")
    error_id = new_error_id()
    kept = keep is not None
    if keep is not None:
        try:
            keep(error_id, error)
        except Exception:  # noqa: BLE001 - the store is down; the line must still come, and without its reason
            kept = False
    shown = {name: value.name if isinstance(value, Enum) else str(value) for name, value in identifiers.items()}
    logger.log(
        level,
        "%s %s",
        full_name(type(error)),
        error_id,
        extra={**shown, "error_class": full_name(type(error)), "error_id": error_id, "error_kept": kept},
        stacklevel=2,
    )
    return error_id
