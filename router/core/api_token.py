"""How an API token reads: `av_`, eight characters that name it, its secret, and a checksum that tells a typing error.

`av_k3t9x2ma_<43 characters>_<6 characters>`: a fixed beginning and a checksum let secret scanners find leaked ones
without asking us (the way GitHub's tokens are made). 256 random bits, so a plain SHA-256 of it can be stored.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE: Final = re.compile(r"(av_[0-9a-z]{8}_[0-9A-Za-z]{43})_([0-9A-Za-z]{6})")
RANDOM: Final = 32 + 8
"""Random bytes that a token is made of: its secret's, and its name's."""


def compose(random: bytes) -> str:
    """A token out of `RANDOM` random bytes."""
    name = "".join(_ALPHABET[byte % 36].lower() for byte in random[32:RANDOM])
    body = f"av_{name}_{_base62(int.from_bytes(random[:32], 'big'), 43)}"
    return f"{body}_{_checksum(body)}"


def prefix(token: str) -> str:
    """What names a token without giving it away: `av_` and its eight characters."""
    return token[:11]


def well_formed(text: str) -> bool:
    """Has it the shape and checksum of a token of ours. It says nothing about whether there is such a token."""
    found = _SHAPE.fullmatch(text)
    return found is not None and _checksum(found[1]) == found[2]


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
