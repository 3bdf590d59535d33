"""A tenant's own words: shapes of PHI that become tokens, and harmless words that pass; each is tried before it counts.

Both are changed as lists. What is added has to run on the linear engine, name nobody, and be narrow enough to mean
something: the same objections meet a configuration file (`router.flow.apply.refused`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from router.core.config import PatternConfig, TenantConfig
from router.flow import hand, snapshot, tryout
from router.flow.apply import Stale
from router.flow.hand import By
from router.flow.manage import NotFound, NotUsable
from router.flow.tryout import Tried
from router.privacy.rules import RuleRefused, Rules, compile_rules
from router.runtime import Runtime
from router.store import config
from router.store.session import Row

_Lists = tuple[tuple["Pattern", ...], tuple[str, ...]]


class Pattern(NamedTuple):
    """A tenant's own shape of PHI: what matches `regex` becomes a token of this type."""

    type: str
    regex: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Both lists, and the tenant's level: safe words matter at `strict` alone."""

    patterns: tuple[Pattern, ...]
    safe_words: tuple[str, ...]
    level: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A sample as it is tokenized now and as it would be."""

    before: Tried
    after: Tried


def every(runtime: Runtime, tenant_id: UUID) -> Listed:
    """The tenant's words. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return _listed(config.tenant(session))


def add_pattern(runtime: Runtime, tenant_id: UUID, pattern: Pattern, by: By) -> None:
    """Add a shape of PHI; texts that come in from now on are read by it.

    Raises:
        NotUsable: with the reason; nothing was changed.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    _change(runtime, tenant_id, by, lambda found: ((*found.patterns, pattern), found.safe_words))


def remove_pattern(runtime: Runtime, tenant_id: UUID, pattern: Pattern, by: By) -> None:
    """Take a shape out. Raises NotFound, DatabaseDown, KeystoreDown."""

    def without(found: Listed) -> _Lists:
        if pattern not in found.patterns:
            raise NotFound("There is no such pattern any more.")
        return tuple(each for each in found.patterns if each != pattern), found.safe_words

    _change(runtime, tenant_id, by, without)


def add_word(runtime: Runtime, tenant_id: UUID, word: str, by: By) -> None:
    """Let a word pass. Raises as `add_pattern`."""
    _change(runtime, tenant_id, by, lambda found: (found.patterns, (*found.safe_words, word.strip())))


def remove_word(runtime: Runtime, tenant_id: UUID, word: str, by: By) -> None:
    """Let a word pass no longer. Raises NotFound, DatabaseDown, KeystoreDown."""

    def without(found: Listed) -> _Lists:
        if word not in found.safe_words:
            raise NotFound("There is no such safe word any more.")
        return found.patterns, tuple(each for each in found.safe_words if each != word)

    _change(runtime, tenant_id, by, without)


def put(
    runtime: Runtime,
    tenant_id: UUID,
    by: By,
    *,
    patterns: Sequence[Pattern] | None = None,
    safe_words: Sequence[str] | None = None,
    version: int | None = None,
) -> None:
    """Make a list, or both, this one; `version` is the configuration that it was read from.

    Raises:
        Stale: the configuration is another by now.
        NotUsable: with the reasons; nothing was changed.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    _change(
        runtime,
        tenant_id,
        by,
        lambda found: (
            found.patterns if patterns is None else tuple(patterns),
            found.safe_words if safe_words is None else tuple(safe_words),
        ),
        version=version,
    )


def try_out(
    runtime: Runtime, tenant_id: UUID, sample: str, *, pattern: Pattern | None = None, word: str = ""
) -> Compared:
    """A made-up sample as it is tokenized now, and as it would be with one more pattern or safe word.

    Tokens are throw-away ones, and nothing is written.

    Raises:
        NotUsable: the pattern or word would be refused; with the reason.
        SampleRefused: the sample is empty or too long.
        NotFound, DatabaseDown: the rules could not be read.
    """
    with runtime.database.tenant(tenant_id) as session:
        held = snapshot.load(session)
        row = config.tenant(session)
    if held is None or row is None:
        raise NotFound("There is no such tenant.")
    found = _listed(row)
    new = _read(
        (*found.patterns, pattern) if pattern else found.patterns,
        (*found.safe_words, word.strip()) if word.strip() else found.safe_words,
        found,
    )
    before = tryout.tokenized(sample, held.rules)
    return Compared(before, tryout.tokenized(sample, _compiled(held.rules, row, new)))


def _change(
    runtime: Runtime,
    tenant_id: UUID,
    by: By,
    edit: Callable[[Listed], _Lists],
    *,
    version: int | None = None,
) -> None:
    with runtime.database.tenant(tenant_id) as session:
        tenant = hand.lock(session)
        if version is not None and version != tenant.config_version:
            raise Stale("The configuration was changed since you read it: read it again, then change it.")
        found = _listed(tenant)
        patterns, words = edit(found)
        new = _read(patterns, words, found)
        config.set_words(
            session,
            patterns=[each._asdict() for each in patterns],
            safe_words=list(dict.fromkeys(new.safe_words)),
        )
        old = _only(found.patterns, found.safe_words)
        hand.record(runtime, session, tenant, old, new, by, "words.change", f"tenant:{tenant_id}")


def _read(patterns: Sequence[Pattern], words: Sequence[str], found: Listed) -> TenantConfig:
    """The lists as the file's check reads them, and as the engine takes them together. Raises NotUsable.

    What is there already is not looked at again: it may be older than an objection to it.
    """
    given = {
        "patterns": [each._asdict() for each in patterns if each not in found.patterns],
        "safe_words": [each for each in words if each not in found.safe_words],
    }
    hand.read(given)
    try:
        compile_rules("strict", patterns=patterns, safe_words=words)
    except RuleRefused as error:
        raise NotUsable(str(error)) from None
    return _only(patterns, words)


def _only(patterns: Sequence[Pattern], words: Sequence[str]) -> TenantConfig:
    shapes = tuple(PatternConfig(each.type, each.regex) for each in patterns)
    return TenantConfig("", "", "strict", (), (), (), shapes, tuple(words))


def _compiled(held: Rules, row: Row, new: TenantConfig) -> Rules:
    """The tenant's rules with these words in place of its own."""
    return compile_rules(
        row.privacy,
        patterns=[(each.type, each.regex) for each in new.patterns],
        safe_words=new.safe_words,
        field_rules={name: verdict for name, verdict in row.fields.items() if verdict != "drop"},
        literals=held.literals,
    )


def _listed(row: Row | None) -> Listed:
    if row is None:
        raise NotFound("There is no such tenant.")
    return Listed(
        tuple(Pattern(each["type"], each["regex"]) for each in row.patterns), tuple(row.safe_words), row.privacy
    )
