"""Replaces what is PHI in one event by tokens, and keeps everything else as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.privacy.findings import Finding, Json, Mint, Tokenized
from router.privacy.keys import NOTHING
from router.privacy.memory import PATHS, Place
from router.privacy.rules import Rules
from router.privacy.text import Reader
from router.privacy.told import Told

__all__ = ["Finding", "Mint", "Tokenized", "looks_like_phi", "tokenize"]

_FORMATS: Final = 64
"""Sets of roles whose key paths are remembered: one a source format and mapping."""
_NO_ROLES: Final[Mapping[str, str]] = {}
_DOUBTED: Final = frozenset({"PERSON", "PHONE"})
"""What is taken for PHI in a literal, where nothing else can speak for it."""
_LITERALS: Final = Reader(strict=False, safe=frozenset(), patterns=())


def tokenize(event: Json, rules: Rules, roles: Mapping[str, str], mint: Mint) -> Tokenized:
    """`event` with tokens instead of PHI.

    `roles`: dotted path (`*` for any key or index) -> name id time number enum url code free drop. One event is one
    propagation scope: a value found once is replaced wherever it stands. Never raises for what the event holds: what
    cannot be judged within the budgets becomes one token and is counted.
    """
    work = Told(rules, mint)
    root = _root(rules, roles)
    box: list[Json] = [event]
    rules.reader.judged = {}  # another thread's event may take it away or share it: what is missing is judged again
    try:
        work.walk(box, 0, event, root, 0)
        work.tell()
        work.propagate()
        work.finish()
    finally:
        rules.reader.judged = None
    return Tokenized(box[0], tuple(work.findings.values()), work.counters)


def looks_like_phi(text: str) -> str | None:
    """The kind that the detector sees in a short text, or None. For literals of routes and silences."""
    spans = _LITERALS.read(text, likely=True)
    return next((span.kind for span in spans if span.sure or span.kind in _DOUBTED), None)


def _root(rules: Rules, roles: Mapping[str, str]) -> Place:
    if not roles:
        roles = _NO_ROLES
    known = rules.memory.roots.get(id(roles))
    if known is not None and known[0] is roles and rules.memory.paths < PATHS:
        return known[1]
    states = tuple((tuple(path.split(".")), 0, role) for path, role in roles.items())
    place = Place((), NOTHING, "", exact=False, rule="", states=states)
    if len(rules.memory.roots) >= _FORMATS or rules.memory.paths >= PATHS:
        rules.memory.roots.clear()
        rules.memory.paths = 0
    rules.memory.roots[id(roles)] = (roles, place)
    return place
