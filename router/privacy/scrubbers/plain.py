"""Makes JSON of whatever somebody logs, without trusting it: no code of the object runs but its own `str`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from router.privacy.scrubbers.hashed import KeyedHash

Json = Any

DEEPEST: Final = 20
MOST: Final = 10_000
"""Values of one structure; what comes after them is left out."""
LONGEST: Final = 1 << 16
"""Characters of an object's own text that are looked at."""
_AS_TEXT = (date, datetime, time, timedelta, Decimal, UUID, PurePath)


def plain(value: Any) -> Json:  # noqa: ANN401 - anything that is logged
    """`value` as dicts, lists, texts, numbers, truth values and None. Never raises."""
    return _plain(value, 0, [MOST])


def text_of(value: object) -> str:
    """An object's own text, cut; its type's name when it has none."""
    try:
        return str(value)[:LONGEST]
    except Exception:  # noqa: BLE001 - somebody's __str__
        return f"<{type(value).__name__}>"


def _plain(value: Any, depth: int, left: list[int]) -> Json:  # noqa: ANN401 - as above
    left[0] -= 1
    kind = type(value)
    if kind in {str, bool, float} or value is None:
        return value
    if kind is int:
        return value if -(1 << 63) <= value < 1 << 64 else str(value)  # what JSON's readers take
    if depth > DEEPEST or left[0] < 0:
        return "<TEXT>" if isinstance(value, (Mapping, list, tuple, AbstractSet)) else text_of(value)
    if isinstance(value, (KeyedHash, *_AS_TEXT)):
        return text_of(value)
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1, left)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:LONGEST]).decode("utf-8", "replace")
    return _inside(value, depth, left)


def _inside(value: Any, depth: int, left: list[int]) -> Json:  # noqa: ANN401 - as above
    try:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {each.name: getattr(value, each.name, None) for each in dataclasses.fields(value)}
        if isinstance(value, Mapping):
            return {text_of(key): _plain(each, depth + 1, left) for key, each in list(value.items()) if left[0] > 0}
        if isinstance(value, (list, tuple, AbstractSet)):
            return [_plain(each, depth + 1, left) for each in list(value) if left[0] > 0]
    except Exception:  # noqa: BLE001 - somebody's mapping
        return f"<{type(value).__name__}>"
    return text_of(value)
