"""What tokenizing one event gives, and where its tokens come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Json = Any


class Mint(Protocol):
    """Where tokens come from: the vault's seal, or ThrowawayMint."""

    def token(self, kind: str, value: str, normal: str) -> str:
        """The token text; the same (kind, normal) is the same token."""
        ...


class Finding(NamedTuple):
    """One value that got a token: `rule` says why, `path` (dotted) where it was first seen."""

    kind: str
    value: str
    normal: str
    rule: str
    path: str

    def __repr__(self) -> str:
        return f"<Finding {self.kind} by {self.rule}>"


@dataclass(slots=True, repr=False)
class Tokenized:
    """`event`: the same structure with tokens in place. `counters`: what failed closed, by cause."""

    event: Json
    findings: tuple[Finding, ...]
    counters: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Tokenized {len(self.findings)} findings>"
