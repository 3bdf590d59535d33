"""Takes out the fields that a tenant wants dropped, before anything else looks at the event."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import Any, Final

Json = Any
DEEPEST: Final = 64
_OF_AN_ALERT: Final = ("details.", "labels.")


def paths_of(path: str) -> tuple[str, ...]:
    """The dotted paths by which a rule may call a field: as it stands in an alert, and as it stood in what was sent."""
    return (path, path.partition(".")[2]) if path.startswith(_OF_AN_ALERT) else (path,)


def without(event: Json, names: Sequence[str]) -> Json:
    """`event` without the fields that `names` match: a bare key wherever it stands, or a dotted path with `*`.

    An item of a list counts as `*`. The fields of an alert itself (title, description, labels, details, links) stay,
    emptied, because everything after this expects them.
    """
    bare = frozenset(name for name in names if "." not in name and "*" not in name)
    paths = tuple(name for name in names if "." in name or "*" in name)
    return _without(event, bare, paths, (), 0)


def _without(value: Json, bare: frozenset[str], paths: tuple[str, ...], at: tuple[str, ...], depth: int) -> Json:
    if depth > DEEPEST:
        return value
    if isinstance(value, dict):
        found = {}
        for key, each in value.items():
            here = (*at, key)
            if key in bare or any(
                fnmatch.fnmatchcase(name, path) for name in paths_of(".".join(here)) for path in paths
            ):
                if not at:
                    found[key] = type(each)() if isinstance(each, dict | list | str) else None
                continue
            found[key] = _without(each, bare, paths, here, depth + 1)
        return found
    if isinstance(value, list):
        return [_without(each, bare, paths, (*at, "*"), depth + 1) for each in value]
    return value
