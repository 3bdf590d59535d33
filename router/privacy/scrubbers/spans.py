"""What spans of every tracer have in common: names, tags and error texts, as one event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from router.privacy.scrubbers.errors import declared, seal_traceback
from router.privacy.scrubbers.plain import text_of
from router.privacy.scrubbers.scrubber import Scrubber

MESSAGES: Final = ("error.message", "error.msg", "exception.message")
STACKS: Final = ("error.stack", "exception.stacktrace")
TYPES: Final = ("error.type", "exception.type")


def sealed_errors(tags: Mapping[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    """Tags with error messages sealed, unless the class beside them is declared, and stacks without source."""
    found = dict(tags)
    kind = next((text_of(tags[name]) for name in TYPES if tags.get(name)), "").removeprefix("builtins.")
    for name in MESSAGES:
        if tags.get(name):
            said = text_of(tags[name])
            found[name] = scrubber.mild(said) if declared(kind, scrubber) else scrubber.sealed(said)
    for name in STACKS:
        if tags.get(name):
            found[name] = seal_traceback(text_of(tags[name]), scrubber)
    return found
