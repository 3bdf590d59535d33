"""A structlog processor: the last but one before a renderer, on the handler's `ProcessorFormatter` or in the chain."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, MutableMapping
from typing import Any, Final

from router.privacy.scrubbers.errors import describe, seal_traceback
from router.privacy.scrubbers.plain import text_of
from router.privacy.scrubbers.scrubber import Scrubber

ROLES: Final = {"event": "free", "level": "enum", "logger": "name", "timestamp": "time", "func_name": "name"}
ALWAYS: Final = frozenset({"event", "level", "logger", "timestamp", "error_id", "error_class", "exception", "stack"})
WITHHELD: Final = "A log event could not be tokenized and was withheld."


class Processor:
    """Tokenizes an event dict: keys, values, exception and stack as one event.

    With `allowed`, every key that it does not name (beside event, level, logger, timestamp, error id, error class,
    exception and stack) becomes one token, whatever its value. Put it before the renderer, and before or after
    `format_exc_info`: an exception that was made into text already loses its source lines and messages too.
    """

    def __init__(self, scrubber: Scrubber, *, allowed: Collection[str] | None = None) -> None:
        self._scrubber = scrubber
        self._allowed = None if allowed is None else ALWAYS | frozenset(allowed)

    def __call__(
        self,
        logger: Any,  # noqa: ANN401 - structlog's own type
        method: str,
        event_dict: MutableMapping[str, Any],
    ) -> Mapping[str, Any]:
        """The event with tokens in place of PHI; when it cannot be judged, what is left of it is its level."""
        del logger
        try:
            return self._replaced(dict(event_dict))
        except Exception:  # noqa: BLE001 - whatever it was, it must neither pass nor be told
            return {"event": WITHHELD, "level": method}

    def _replaced(self, event: dict[str, Any]) -> dict[str, Any]:
        scrubber = self._scrubber
        # ProcessorFormatter's own entries: the record itself, which no renderer shows, and where it came from.
        carried = {key: event.pop(key) for key in ("_record", "_from_structlog", "_logger") if key in event}
        error = _error(event.pop("exc_info", None))
        if error is not None:
            event["exception"] = describe(error, scrubber)
        elif isinstance(event.get("exception"), str):
            event["exception"] = seal_traceback(event["exception"], scrubber)
        elif "exception" in event:  # a renderer's own structure, with locals in it
            event["exception"] = scrubber.sealed(text_of(event["exception"]))
        if self._allowed is not None:
            event = {
                key: value if key in self._allowed else scrubber.sealed(text_of(value)) for key, value in event.items()
            }
        found: dict[str, Any] = scrubber.event(event, ROLES)
        return found | carried


def _error(given: object) -> BaseException | None:
    """The exception of structlog's `exc_info`: itself, a tuple, or True for the one being handled."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple) and len(given) == 3 and isinstance(given[1], BaseException):  # noqa: PLR2004 - sys.exc_info()
        return given[1]
    return sys.exc_info()[1] if given else None
