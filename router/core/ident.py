"""Ids that sort by the time they were made (RFC 9562 UUID version 7), so that new rows land side by side."""

from __future__ import annotations

from uuid import UUID


def time_ordered(milliseconds: int, random: bytes) -> UUID:
    """A version 7 UUID from Unix milliseconds and ten random bytes."""
    value = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(random, "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return UUID(int=value)
