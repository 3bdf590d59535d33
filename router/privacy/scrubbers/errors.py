"""What of an exception may be told: its class and where it happened; its message only when its class declares it.

A message is written where the value is at hand, so it is sealed unless somebody who knows every place that raises the
class has said `@harmless`. The declaration is for that class alone: a subclass has other authors.
"""

from __future__ import annotations

import errno
import os
import re
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

from router.privacy.scrubbers.plain import text_of

if TYPE_CHECKING:
    from router.privacy.scrubbers.scrubber import Scrubber

Error = TypeVar("Error", bound=type[BaseException])

_DECLARED: set[type[BaseException]] = set()
MOST_FRAMES: Final = 100
MOST_CAUSES: Final = 10
_FRAME: Final = re.compile(r'\s*(?:\|\s*)*File "[^"\n]{1,500}", line \d{1,7}(?:, in [^\n]{1,200})?')
_HEADING: Final = re.compile(
    r"Traceback \(most recent call last\):|During handling of the above exception, another exception occurred:"
    r"|The above exception was the direct cause of the following exception:"
)
_NAMED: Final = re.compile(
    r"(?:\s*\|\s*)*([A-Za-z_][A-Za-z0-9_]{0,99}(?:\.[A-Za-z_][A-Za-z0-9_<>]{0,99}){0,12})(?::|$)"
)


def harmless(kind: Error) -> Error:
    """Declare that the messages of this exception class, and not of its subclasses, never hold a value. A decorator."""
    _DECLARED.add(kind)
    return kind


def is_harmless(kind: type[BaseException], scrubber: Scrubber) -> bool:
    """Did somebody declare this very class."""
    return kind in _DECLARED or kind in scrubber.harmless


def declared(name: str, scrubber: Scrubber) -> bool:
    """As `is_harmless`, for trackers that know a class by its name only: `module.Class`, or a builtin's bare name."""
    return any(name == full_name(kind) for kind in (*_DECLARED, *scrubber.harmless))


def new_error_id() -> str:
    """A random UUID that names one error in logs, tracker and error store, and passes every filter of ours."""
    return str(uuid4())


def full_name(kind: type[BaseException]) -> str:
    """`module.Class`; builtins without their module."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def message(error: BaseException, scrubber: Scrubber) -> str:
    """An exception's message: as it is when its class is declared, what the system says of an errno, else a token."""
    said = text_of(error)
    if not said:
        return ""
    if is_harmless(type(error), scrubber):
        return scrubber.mild(said)
    if isinstance(error, OSError) and isinstance(error.errno, int) and error.errno in errno.errorcode:
        return f"[{errno.errorcode[error.errno]}] {os.strerror(error.errno)}"
    return scrubber.sealed(said)


def describe(error: BaseException, scrubber: Scrubber) -> str:
    """An exception and its causes as a traceback without source lines, locals and messages (see `message`).

    The names of files and functions are still to be tokenized with what stands beside them.
    """
    return "\n".join(_described(error, scrubber, set(), MOST_CAUSES))


def _described(error: BaseException, scrubber: Scrubber, seen: set[int], left: int) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen and left > 0:
        yield from _described(cause, scrubber, seen, left - 1)
        yield (
            "The above exception was the direct cause of the following exception:"
            if error.__cause__ is not None
            else "During handling of the above exception, another exception occurred:"
        )
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        for frame in traceback.StackSummary.extract(
            traceback.walk_tb(error.__traceback__), limit=-MOST_FRAMES, lookup_lines=False
        ):
            yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    said = message(error, scrubber)
    yield full_name(type(error)) + (f": {said}" if said else "")
    yield from (scrubber.sealed(text_of(note)) for note in getattr(error, "__notes__", ())[:MOST_CAUSES])
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions[: max(left, 0)]:
            if id(inner) not in seen:
                yield f"In a group with {len(error.exceptions)} exceptions:"
                yield from _described(inner, scrubber, seen, left - 1)


def seal_traceback(text: str, scrubber: Scrubber) -> str:
    """A Python traceback that was made into text already: frames and class names stay, the rest is sealed.

    Source lines go, because the text does not tell them from the lines of a message. A message may have several
    lines: whatever is neither heading, frame nor class name is part of one. A text that is no traceback is one token.
    """
    if "Traceback (most recent call last)" not in text:
        return scrubber.sealed(text)
    kept: list[str] = []
    after_frame = False
    for line in text.splitlines():
        if _FRAME.fullmatch(line) or _HEADING.fullmatch(line.strip(" |+-")):
            kept.append(line)
            after_frame = _FRAME.fullmatch(line) is not None
        elif after_frame and line.startswith((" ", "|")):
            continue  # source, or the carets below it
        elif (named := _NAMED.match(line)) is not None:
            rest = line[named.end() :].strip()
            name = named[1]
            said = "" if not rest else scrubber.mild(rest) if declared(name, scrubber) else scrubber.sealed(rest)
            kept.append(name + (f": {said}" if said else ""))
            after_frame = False
        elif line.strip():
            kept.append(scrubber.sealed(line))
            after_frame = False
    return "\n".join(kept)
