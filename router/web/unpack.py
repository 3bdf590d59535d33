"""Unpacks a request's body, never more of it than may be: a small body can stand for gigabytes.

Brotli is among the packings because Sentry's Python SDK packs so by itself in a process that has the module `brotli`,
and does not try again in another way.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final

import brotli

_WINDOW_GZIP: Final = 31
_WINDOW_ZLIB: Final = 15
_WINDOW_RAW: Final = -15
_MEMBERS: Final = 256  # of one body; each costs a copy of what is left of it
_METHOD: Final = 8
_CHECK: Final = 31
"""How a zlib stream begins (RFC 1950 §2.2): compression method 8, and two bytes that 31 divides."""


class TooLarge(Exception):  # noqa: N818 - what it is
    """There is more inside than may be."""


class Packed(Exception):  # noqa: N818 - what it still is
    """It is not packed in this way, or ends early."""


def packing(header: bytes) -> str:
    """The packing that a `Content-Encoding` names, in lower case; '' for none, the list as it is for more than one.

    RFC 9110 §8.4.1: the header is a list, `identity` in it means nothing, and `x-gzip` is `gzip`.
    """
    named = [each.strip() for each in header.decode("latin-1").lower().split(",")]
    packings = ["gzip" if each == "x-gzip" else each for each in named if each not in {"", "identity"}]
    return ", ".join(packings)


def unpack(body: bytes, encoding: str, most: int) -> bytes:
    """The body inside, never more than `most` bytes of it in memory. `encoding` is one of ENCODINGS.

    Raises:
        TooLarge: see there.
        Packed: see there.
    """
    return ENCODINGS[encoding](body, most)


def _gzip(body: bytes, most: int) -> bytes:
    return _inflate(body, most, _WINDOW_GZIP)


def _deflate(body: bytes, most: int) -> bytes:
    """RFC 9110 means zlib's format by `deflate`; some clients send the raw stream."""
    is_zlib = len(body) > 1 and body[0] & 0x0F == _METHOD and int.from_bytes(body[:2], "big") % _CHECK == 0
    return _inflate(body, most, _WINDOW_ZLIB if is_zlib else _WINDOW_RAW)


def _inflate(body: bytes, most: int, window: int) -> bytes:
    """One stream, or of gzip any number of members behind each other (RFC 1952 §2.2); what follows must be one too."""
    parts: list[bytes] = []
    room = most
    for _ in range(_MEMBERS):
        machine = zlib.decompressobj(wbits=window)
        try:
            plain = machine.decompress(body, room + 1)
        except zlib.error:
            raise Packed from None
        if len(plain) > room:
            raise TooLarge
        if not machine.eof:
            raise Packed
        parts.append(plain)
        room -= len(plain)
        body = machine.unused_data
        if not body:
            return parts[0] if len(parts) == 1 else b"".join(parts)
        if window != _WINDOW_GZIP:
            break
    raise Packed


def _brotli(body: bytes, most: int) -> bytes:
    machine = brotli.Decompressor()
    try:
        plain = machine.process(body, output_buffer_limit=most + 1)
    except brotli.error:
        raise Packed from None
    if len(plain) > most or not machine.can_accept_more_data():
        raise TooLarge
    if not machine.is_finished():
        raise Packed
    return bytes(plain)


ENCODINGS: Final[dict[str, Callable[[bytes, int], bytes]]] = {"gzip": _gzip, "deflate": _deflate, "br": _brotli}
"""What `Content-Encoding` may say here, and who unpacks it."""
