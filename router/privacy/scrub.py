"""Tokenizes files that never enter the product: plain text line by line, one JSON value a line, or a whole file."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import orjson

from router.privacy.rules import Rules
from router.privacy.tokenizer import Mint, tokenize

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Json = Any
Recognise = Callable[[Json], Mapping[str, str] | None]
MAX_LINE: Final = 4 << 20
"""Bytes of one line that are read as a whole; a longer one becomes one token."""
MAX_WHOLE: Final = 64 << 20
"""Bytes of a file that is read as a whole."""
WINDOW: Final = 32_000
"""Characters of a whole text that are judged together: half of what the tokenizer reads of one text."""
_NO_ROLES: Final[Mapping[str, str]] = {}
_KEY_BEGINS: Final = b"-----BEGIN "
_KEY_ENDS: Final = b"-----END "
_LONGEST_KEY: Final = 400  # lines: a 16,384-bit RSA key has about 200


class TooLarge(Exception):  # noqa: N818 - what it is
    """A file is too large to be read as a whole."""


def in_utf8(stream: BinaryIO) -> BinaryIO:
    """A file as UTF-8, whatever its byte order mark says it is; without that mark. What has none is left as it is."""
    if not isinstance(stream, BufferedReader):
        return stream
    start = stream.peek(len(codecs.BOM_UTF8))
    if start.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return cast("BinaryIO", BufferedReader(_Recoded(stream)))
    return stream


class _Recoded(RawIOBase):
    """UTF-16 bytes read as UTF-8 ones, a piece at a time."""

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer).cast("B")
        while not self._left:
            piece = self._stream.read1(1 << 16)
            self._left = self._decoder.decode(piece, final=not piece).encode("utf-8", "replace")
            if not piece:
                break
        taken = self._left[: len(room)]
        self._left = self._left[len(room) :]
        room[: len(taken)] = taken
        return len(taken)


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, bytes, bool]]:
    """Lines, how each ended, and whether they were whole; the rest of an over-long line is read and dropped."""
    while True:
        line = stream.readline(MAX_LINE)
        if not line:
            return
        whole = line.endswith(b"\n") or len(line) < MAX_LINE
        while line and not whole and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE)
        text = line.rstrip(b"\r\n")
        yield text if whole else b"", line[len(text) :], whole


def scrub_text(
    source: BinaryIO, target: BinaryIO, rules: Rules, mint: Mint, progress: Callable[[int], None] | None = None
) -> int:
    """Tokenize `source` into `target` line by line; returns the lines written. `progress` gets their count at times.

    Bytes that are no UTF-8 are read as replacement characters. A line longer than MAX_LINE becomes `<TEXT_…>`, and so
    does each line of a private key or certificate, whose lines say nothing of what they are.
    """
    count = in_key = 0
    for line, end, whole in _lines(source):
        text = line.decode("utf-8", "replace")
        if not whole:
            text = mint.token("TEXT", "", f"line {count}")
        elif in_key and _KEY_ENDS not in line:
            text = mint.token("SECRET", "", text) if text.strip() else text
            in_key -= 1
        elif text:
            text = str(tokenize(text, rules, _NO_ROLES, mint).event)
            in_key = _LONGEST_KEY if _KEY_BEGINS in line and _KEY_ENDS not in line else 0
        target.write(text.encode("utf-8", "replace") + end)
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
    for line, end, whole in _lines(source):
        if not whole:
            target.write(orjson.dumps(mint.token("TEXT", "", f"line {count}")))
        elif line.strip():
            target.write(_value(line, rules, mint, recognise))
        target.write(end)
        count += 1
        if progress is not None and count % 1000 == 0:
            progress(count)
    return count


def scrub_whole(
    source: BinaryIO, target: BinaryIO, rules: Rules, mint: Mint, recognise: Recognise | None = None
) -> int:
    """Tokenize a file as one thing: a JSON document stays one, and a value found in it is replaced everywhere in it.

    A text is judged WINDOW characters at a time, cut between lines, so that what spans lines (a CSV's header and rows,
    an HL7 message, a traceback) is seen together. Returns the parts written.

    Raises:
        TooLarge: there are more than MAX_WHOLE bytes; nothing was written.
    """
    raw = source.read(MAX_WHOLE + 1)
    if len(raw) > MAX_WHOLE:
        raise TooLarge(
            f"A file of more than {MAX_WHOLE >> 20} MiB is not read as a whole: scrub it line by line, without --whole."
        )
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        windows = _windows(raw.decode("utf-8", "replace"))
        target.writelines(
            str(tokenize(window, rules, _NO_ROLES, mint).event).encode("utf-8", "replace") for window in windows
        )
        return len(windows)
    roles = recognise(value) if recognise is not None else None
    target.write(orjson.dumps(tokenize(value, rules, roles or _NO_ROLES, mint).event) + b"\n")
    return 1


def _windows(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(text):
        end = min(at + WINDOW, len(text))
        if end < len(text):
            line = text.rfind("\n", at, end)
            end = line + 1 if line >= at else end
        found.append(text[at:end])
        at = end
    return found


def _value(line: bytes, rules: Rules, mint: Mint, recognise: Recognise | None) -> bytes:
    try:
        value = orjson.loads(line)
    except (orjson.JSONDecodeError, RecursionError):
        value = line.decode("utf-8", "replace")
        return orjson.dumps(tokenize(value, rules, _NO_ROLES, mint).event)
    roles = recognise(value) if recognise is not None else None
    return orjson.dumps(tokenize(value, rules, roles or _NO_ROLES, mint).event)
