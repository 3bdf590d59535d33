"""Reads a log file line by line and says which lines hold PHI; JSON lines by their keys, others as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from router.privacy.risks.risk import Risk, detector, risk
from router.privacy.rules import Rules
from router.privacy.tokenizer import tokenize

MOST_OF_ONE_KIND = 3
"""Findings of one type in one line; the rest says nothing new."""


class _Watch:
    """A mint that keeps where each value stands in the line, and not the value."""

    def __init__(self, line: str) -> None:
        self._line = line
        self.columns: dict[tuple[str, str], int] = {}

    def token(self, kind: str, value: str, normal: str) -> str:
        self.columns.setdefault((kind, normal), max(self._line.find(value), 0) + 1)
        return f"<{kind}_7K2M4QXW9R>"


def read(path: str, lines: Iterable[bytes], rules: Rules | None = None) -> Iterator[Risk]:
    """The findings of a file's lines; `rules` add a tenant's patterns. Never raises for what a line holds."""
    chosen = rules or detector()
    for number, raw in enumerate(lines, 1):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if not line.strip():
            continue
        event = _json(raw)
        watch = _Watch(line)
        counted: dict[str, int] = {}
        for found in tokenize(line if event is None else event, chosen, {}, watch).findings:
            counted[found.kind] = counted.get(found.kind, 0) + 1
            if counted[found.kind] <= MOST_OF_ONE_KIND:
                where = f" under {found.path}" if event is not None and found.path else ""
                column = watch.columns.get((found.kind, found.normal), 1)
                yield risk(path, (number, column), "phi-in-log", found.kind, f"{found.kind}{_safe(where)}")


def _json(raw: bytes) -> object | None:
    if raw.lstrip()[:1] not in {b"{", b"["}:
        return None
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value


def _safe(where: str) -> str:
    """A path of keys, without those that are data themselves."""
    return str(tokenize(where, detector(), {}, _Watch("")).event) if where else ""
