"""Tokenizes files that never enter the product: plain text line by line, or one JSON value a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final

import orjson

from router.privacy.rules import Rules
from router.privacy.tokenizer import Mint, tokenize

Json = Any
Recognise = Callable[[Json], Mapping[str, str] | None]
MAX_LINE: Final = 4 << 20
"""Bytes of one line that are read as a whole; a longer one becomes one token."""
_NO_ROLES: Final[Mapping[str, str]] = {}


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Lines without their end and whether they were whole; the rest of an over-long line is read and dropped."""
    while True:
        line = stream.readline(MAX_LINE)
        if not line:
            return
        if line.endswith(b"\n") or len(line) < MAX_LINE:
            yield line.rstrip(b"\r\n"), True
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE)
        yield b"", False


def scrub_text(
    source: BinaryIO, target: BinaryIO, rules: Rules, mint: Mint, progress: Callable[[int], None] | None = None
) -> int:
    """Tokenize `source` into `target` line by line; returns the lines written. `progress` gets their count at times.

    Bytes that are no UTF-8 are read as replacement characters. A line longer than MAX_LINE becomes `<TEXT_…>`.
    """
    count = 0
    for line, whole in _lines(source):
        text = line.decode("utf-8", "replace")
        if not whole:
            text = mint.token("TEXT", "", f"line {count}")
        elif text:
            text = str(tokenize(text, rules, _NO_ROLES, mint).event)
        target.write(text.encode("utf-8", "replace") + b"\n")
        count += 1
        if progress is not None and count % 1000 == 0:
            progress(count)
    return count


def scrub_ndjson(
    source: BinaryIO,
    target: BinaryIO,
    rules: Rules,
    mint: Mint,
    recognise: Recognise | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Tokenize one JSON value a line, in order; returns the lines written.

    `recognise` gives the roles of a value whose source format it knows by shape. A line that is no JSON (or no UTF-8,
    or too long) comes out as a JSON string: its text tokenized. Blank lines are kept.
    """
    count = 0
    for line, whole in _lines(source):
        if not whole:
            target.write(orjson.dumps(mint.token("TEXT", "", f"line {count}")) + b"\n")
        elif not line.strip():
            target.write(b"\n")
        else:
            target.write(_value(line, rules, mint, recognise) + b"\n")
        count += 1
        if progress is not None and count % 1000 == 0:
            progress(count)
    return count


def _value(line: bytes, rules: Rules, mint: Mint, recognise: Recognise | None) -> bytes:
    try:
        value = orjson.loads(line)
    except (orjson.JSONDecodeError, RecursionError):
        value = line.decode("utf-8", "replace")
        return orjson.dumps(tokenize(value, rules, _NO_ROLES, mint).event)
    roles = recognise(value) if recognise is not None else None
    return orjson.dumps(tokenize(value, rules, roles or _NO_ROLES, mint).event)
