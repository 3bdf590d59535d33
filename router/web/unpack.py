"""Unpacks a request's body, never more of it than may be: a small body can stand for gigabytes.

Brotli is read where the system has libbrotlidec, since nothing else here needs a library for it. Sentry's Python SDK
packs so by itself in a process that has the module `brotli`, and does not try again in another way.
"""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable
from typing import Final

_WINDOW_GZIP: Final = 31
_WINDOW_ZLIB: Final = 15
_WINDOW_RAW: Final = -15
_METHOD: Final = 8
_CHECK: Final = 31
"""How a zlib stream begins (RFC 1950 §2.2): compression method 8, and two bytes that 31 divides."""


class TooLarge(Exception):  # noqa: N818 - what it is
    """There is more inside than may be."""


class Packed(Exception):  # noqa: N818 - what it still is
    """It is not packed in this way, or ends early."""


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
    machine = zlib.decompressobj(wbits=window)
    try:
        plain = machine.decompress(body, most + 1)
    except zlib.error:
        raise Packed from None
    if len(plain) > most:
        raise TooLarge
    if not machine.eof:
        raise Packed
    return plain


def _brotli_of_system(library: ctypes.CDLL) -> Callable[[bytes, int], bytes]:
    """google/brotli `c/include/brotli/decode.h`: one stream into one buffer of a size that is ours."""
    done, more_output = 1, 3
    library.BrotliDecoderCreateInstance.restype = ctypes.c_void_p
    library.BrotliDecoderCreateInstance.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.BrotliDecoderDestroyInstance.argtypes = [ctypes.c_void_p]
    library.BrotliDecoderDestroyInstance.restype = None
    size, place = ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_void_p)
    library.BrotliDecoderDecompressStream.argtypes = [ctypes.c_void_p, size, place, size, place, ctypes.c_void_p]
    library.BrotliDecoderDecompressStream.restype = ctypes.c_int

    def unpacked(body: bytes, most: int) -> bytes:
        state = library.BrotliDecoderCreateInstance(None, None, None)
        if not state:
            raise MemoryError
        try:
            source = ctypes.create_string_buffer(body, len(body) or 1)
            target = ctypes.create_string_buffer(most + 1)
            left_in, left_out = ctypes.c_size_t(len(body)), ctypes.c_size_t(most + 1)
            at_in, at_out = ctypes.c_void_p(ctypes.addressof(source)), ctypes.c_void_p(ctypes.addressof(target))
            said = library.BrotliDecoderDecompressStream(
                state, ctypes.byref(left_in), ctypes.byref(at_in), ctypes.byref(left_out), ctypes.byref(at_out), None
            )
            size = most + 1 - left_out.value
            if size > most or said == more_output:
                raise TooLarge
            if said != done or left_in.value:
                raise Packed
            return ctypes.string_at(target, size)
        finally:
            library.BrotliDecoderDestroyInstance(state)

    return unpacked


def _brotli() -> dict[str, Callable[[bytes, int], bytes]]:
    for name in ("libbrotlidec.so.1", "libbrotlidec.1.dylib"):
        try:
            return {"br": _brotli_of_system(ctypes.CDLL(name))}
        except OSError:
            continue
    return {}


ENCODINGS: Final[dict[str, Callable[[bytes, int], bytes]]] = {"gzip": _gzip, "deflate": _deflate, **_brotli()}
"""What `Content-Encoding` may say here, and who unpacks it."""
