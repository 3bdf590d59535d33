"""A tokenized alert: all that the product ever keeps of what a source sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from channels.contract import SafeText, Severity

Signal = Literal["firing", "resolved", "acknowledged"]

RANK: dict[Severity, int] = {"info": 0, "warning": 1, "error": 2, "critical": 3}
"""Severities from least to most urgent."""


class SafeAlert(msgspec.Struct, frozen=True):
    """One alert after the tokenizer. `key` tells what is broken, `identity` this very alert; both are keyed hashes.

    `details` is the tokenized JSON tree as the source shaped it; `tokens` are those that sealing this alert produced.
    """

    alert_id: UUID
    source_id: UUID
    source: str
    signal: Signal
    key: bytes
    identity: bytes
    timed: bool  # the source gave an episode (startsAt), so a late copy can be told from a new occurrence
    severity: Severity
    title: SafeText
    description: SafeText
    labels: dict[str, str]
    details: dict[str, Any]
    links: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]  # labels and details flat, in order, clipped: what a message shows
    tokens: tuple[str, ...]
    received_at: datetime
    starts_at: datetime | None = None
    rules: tuple[str, ...] = ()  # why each of `tokens` became one
