"""What a source format makes of a body: one RawAlert per alert, still in the clear, so its repr shows nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from channels.contract import Severity

Json = Any
"""A JSON value: None, bool, int, float, str, list, dict with str keys."""

Signal = Literal["firing", "resolved", "acknowledged"]

Roles = Mapping[str, str]
"""What the format says of its fields: dotted path (`labels.severity`, `*` for any key or index) -> role.

A link is `links.*.text` and `links.*.url`. A path that is named here wins over one with a `*`.

Roles: `name` (rule, service, host, metric or module names) · `id` (opaque ids, fingerprints, trace ids) · `time` ·
`number` · `enum` (a word of a small set) · `url` (host and path shape kept, query tokenized) · `code` (file, function,
exception class) · `free` (text; the default) · `drop` (never stored). A role other than `free` and `drop` still passes
a shape check, and what fails it is free text.
"""


class Malformed(Exception):  # noqa: N818 - says what the body is
    """The body is not what the format can be (HTTP 400). The text says what to do and repeats nothing of the body."""


class WrongShape(Exception):  # noqa: N818
    """Valid JSON of the wrong shape (HTTP 422). The text names the field and the expected type, never the value."""


@dataclass(slots=True, repr=False)  # not frozen: eleven guarded assignments would cost as much as reading the body
class RawAlert:
    """One alert as its source sent it, in the clear; lives in the edge process only.

    `dedup_key` is the source's own identity of what is broken (empty: derived after tokenization); `episode` tells two
    occurrences of it apart (Alertmanager's startsAt, for a resolve with its endsAt; empty when the source has no such
    thing). Times are aware UTC.
    """

    signal: Signal
    dedup_key: str
    episode: str
    severity: Severity
    title: str
    description: str
    labels: dict[str, str]
    details: dict[str, Json]
    links: tuple[tuple[str, str], ...] = ()  # (text, url)
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __repr__(self) -> str:
        return "<RawAlert>"


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """A request and what its source has to check its sender's signature with. Header names are lower-case bytes."""

    body: bytes
    headers: Mapping[bytes, bytes]
    secret: bytes
    settings: Mapping[str, str]
    now: datetime  # aware UTC

    def __repr__(self) -> str:
        return "<Signed>"


@dataclass(frozen=True, slots=True)
class Setting:
    """A word that the file may say of a source of one format; `says` completes "`name` is …" where it does not fit."""

    shape: re.Pattern[str]
    says: str


ANY_TYPE = "*/*"
"""In `Format.types`: its senders name their bodies as they like, so the media type says nothing."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way in.

    `parse(body, mapping, now)` raises Malformed or WrongShape; `mapping` is the source's own field mapping, and `now`
    (aware UTC) tells whether an alert that names its end is over.
    """

    name: str
    title: str
    parse: Callable[[bytes, Mapping[str, str], datetime], list[RawAlert]]
    roles: Roles  # over {"title","description","labels","details","links"}
    explicit_resolve: bool  # does the source say when it is over
    repeats_every: float | None  # seconds between its repeats by default; None: it never repeats
    mapping_keys: frozenset[str] = field(default_factory=frozenset)  # what a mapping may name (`labels.*`); empty: none
    types: frozenset[str] = field(default_factory=frozenset)  # media types its senders use beside those of JSON
    settings: Mapping[str, Setting] = field(default_factory=dict)  # what the file may say of such a source
    secret: str = ""  # what the file calls the secret that the sender signs with (`<secret>_env`); empty: it has none
    proves: Callable[[Signed], bool] | None = None  # whether a request carries the signature that `secret` makes
    vouched: bool = False  # with settings, a body is checked outside the transaction first (Amazon SNS)
