"""Ways in, by hand: made with a key that is shown once, changed, given another key that overlaps, paused, retired.

A key is made here and never chosen by a person: it is random, kept as a hash, and shown to whoever made it this once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from router.core.config import QUIET_AFTER, SourceConfig, TenantConfig, slow
from router.core.render import spoken
from router.flow import hand
from router.flow.edge import derive
from router.flow.hand import By
from router.flow.intake import hash_key
from router.flow.manage import NotFound, NotPossible, NotUsable
from router.runtime import Runtime
from router.sources.registry import FORMATS
from router.store import config, sources
from router.store.session import Conflict, Row, Session
from router.vault import open_signing, seal_edge_key, seal_signing

OVERLAP: Final = timedelta(days=1)
"""How long a key that was replaced holds, when nobody says otherwise."""

LONGEST_OVERLAP: Final = timedelta(days=7)

MOST: Final = 500
"""Sources of a tenant that are made by hand."""

_KEY: Final = "KEY"
_SIGNING: Final = "SIGNING"


@dataclass(frozen=True, slots=True)
class Wish:
    """A source as it should be, in the file's own words. `quiet_after` reads like `30m`, or `off`.

    `signing` is the secret that its sender signs with: empty leaves the one there is, `no_signing` takes it away.
    """

    name: str
    format: str
    quiet_after: str = "30m"
    mapping: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    signing: str = field(default="", repr=False)
    no_signing: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A source for people and machines. `alerts` in the last day, `counted` of them at most looked at.

    `warning`: what will surprise somebody, '' when nothing. `old_key_until`: the key before this one holds until then.
    """

    source_id: UUID
    name: str
    format: str
    title: str
    quiet_after: timedelta | None
    paused_at: datetime | None
    last_alert_at: datetime | None
    alerts: int
    counted: bool
    mapping: Mapping[str, str]
    fields: Mapping[str, str]
    settings: Mapping[str, str]
    signed: bool
    old_key_until: datetime | None
    warning: str


@dataclass(frozen=True, slots=True)
class Made:
    """A source and its new key, which is shown this once. `old_key_until`: the one before it holds until then."""

    source_id: UUID
    name: str
    format: str
    key: str = field(repr=False)
    old_key_until: datetime | None = None


def every(runtime: Runtime, tenant_id: UUID) -> list[Shown]:
    """The tenant's sources by name, and how each is doing. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = config.sources(session)
        lately = sources.lately(session)
    return [_shown(row, lately) for row in rows]


def one(runtime: Runtime, tenant_id: UUID, source_id: UUID) -> Shown:
    """One source. Raises NotFound, DatabaseDown."""
    for each in every(runtime, tenant_id):
        if each.source_id == source_id:
            return each
    raise _none()


def create(runtime: Runtime, tenant_id: UUID, wish: Wish, by: By) -> Made:
    """Make a source, with a key of its own.

    Raises:
        NotUsable: with everything that is not right; nothing was made.
        NotPossible: there are too many.
        DatabaseDown, KeystoreDown: nothing was made.
    """
    source_id, key = uuid4(), new_key()
    new = _read(wish, key, None)
    try:
        with runtime.database.tenant(tenant_id) as session:
            tenant = hand.lock(session)
            if len(config.sources(session)) >= MOST:
                raise NotPossible(f"A tenant has at most {MOST} sources: retire one that is not used.")
            _put(runtime, session, tenant_id, source_id, new)
            old, now = _one(), _one(_kept(new))
            hand.record(runtime, session, tenant, old, now, by, "source.add", f"source:{source_id}")
    except Conflict:
        raise NotUsable(
            "There is a source of this name already: names stand in addresses, so each is its own."
        ) from None
    return Made(source_id, new.name, new.format, key)


def change(runtime: Runtime, tenant_id: UUID, source_id: UUID, wish: Wish, by: By) -> None:
    """Change a source; its name, which stands in its address, and its key stay.

    Raises:
        NotFound: this tenant has no such source.
        NotUsable: with everything that is not right; nothing was changed.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        tenant = hand.lock(session)
        row = _row(session, source_id)
        keys = runtime.vault.newest_keys(session, tenant_id)
        held = "" if row.signing is None else open_signing(keys, source_id, bytes(row.signing), row.signing_version)
        old = SourceConfig(row.name, row.format, "", row.quiet_after, row.mapping, row.fields, row.settings, held)
        new = _read(wish, new_key(), old)
        sources.change(
            session,
            source_id,
            format_name=new.format,
            mapping=dict(new.mapping),
            fields=dict(new.fields),
            settings=dict(new.settings),
            quiet_after=new.quiet_after,
            signing=seal_signing(keys, source_id, new.signing) if new.signing else None,
            signing_version=keys.data_version if new.signing else None,
        )
        hand.record(
            runtime,
            session,
            tenant,
            _one(_kept(old)),
            _one(_kept(new)),
            by,
            "source.change",
            f"source:{source_id}",
        )
    runtime.vault.adopt(keys)


def rotate(runtime: Runtime, tenant_id: UUID, source_id: UUID, by: By, overlap: timedelta = OVERLAP) -> Made:
    """Give a source another key; the one it has holds for `overlap` more, so that its tool can be moved over.

    Raises:
        NotFound: this tenant has no such source.
        NotUsable: the overlap is negative or longer than a week.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise NotUsable(f"The old key holds for {LONGEST_OVERLAP.days} days more at most.")
    key = new_key()
    with runtime.database.tenant(tenant_id) as session:
        hand.lock(session)
        row = _row(session, source_id)
        keys = runtime.vault.newest_keys(session, tenant_id)
        config.rotate_source(
            session,
            source_id,
            key_hash=hash_key(key),
            edge_key=seal_edge_key(keys, source_id, derive(key)),
            edge_key_version=keys.data_version,
            overlap=overlap,
        )
        until = _row(session, source_id).old_key_until
        words = f"~ source {row.name}: key changed, the one before holds for {spoken(overlap)}"
        hand.note(runtime, session, tenant_id, [words], by, "source.rotate", f"source:{source_id}")
    runtime.vault.adopt(keys)
    return Made(source_id, row.name, row.format, key, until if overlap else None)


def end_old_key(runtime: Runtime, tenant_id: UUID, source_id: UUID, by: By) -> None:
    """End the key before the last rotation now. Raises NotFound, DatabaseDown, KeystoreDown."""
    with runtime.database.tenant(tenant_id) as session:
        hand.lock(session)
        row = _row(session, source_id)
        if sources.end_old_key(session, source_id):
            words = f"~ source {row.name}: the key before the last rotation ended"
            hand.note(runtime, session, tenant_id, [words], by, "source.end_old_key", f"source:{source_id}")


def pause(runtime: Runtime, tenant_id: UUID, source_id: UUID, by: By, *, paused: bool) -> None:
    """Pause a source, so that its alerts are refused, or let it go on; its quiet clock stands still meanwhile.

    Raises:
        NotFound: this tenant has no such source.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    word = "pause" if paused else "resume"
    with runtime.database.tenant(tenant_id) as session:
        hand.lock(session)
        row = _row(session, source_id)
        if config.pause_source(session, source_id, paused=paused):
            words = f"~ source {row.name}: {word}d"
            hand.note(runtime, session, tenant_id, [words], by, f"source.{word}", f"source:{source_id}")


def retire(runtime: Runtime, tenant_id: UUID, source_id: UUID, by: By) -> None:
    """Take a source out of use: its keys open nothing any more; its incidents stay, and close as they would.

    Raises:
        NotFound: this tenant has no such source.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        tenant = hand.lock(session)
        row = _row(session, source_id)
        config.retire_source(session, source_id)
        old = SourceConfig(row.name, row.format, "", row.quiet_after, row.mapping, row.fields, row.settings)
        hand.record(runtime, session, tenant, _one(old), _one(), by, "source.remove", f"source:{source_id}")


def new_key() -> str:
    """A key for a source: 64 hexadecimal digits, 256 random bits. SDKs in browsers take nothing else in a DSN."""
    return secrets.token_hex(32)


def entry(shown: Shown) -> dict[str, Any]:
    """How a configuration file says this source."""
    found: dict[str, Any] = {
        "name": shown.name,
        "format": shown.format,
        "key_env": f"{shown.name.upper().replace('-', '_').replace('.', '_')}_KEY",
    }
    if shown.quiet_after != QUIET_AFTER:
        found["quiet_after"] = in_file(shown.quiet_after)
    for name, value in (("mapping", shown.mapping), ("fields", shown.fields)):
        if value:
            found[name] = dict(value)
    own = FORMATS.get(shown.format)
    if shown.signed and own is not None and own.secret:
        found[f"{own.secret}_env"] = found["key_env"].removesuffix("_KEY") + "_SECRET"
    return {**found, **shown.settings}


def in_file(span: timedelta | None) -> str:
    """A quiet time as the file writes it: `30m`, `4h`, `off`."""
    if span is None:
        return "off"
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _read(wish: Wish, key: str, old: SourceConfig | None) -> SourceConfig:
    """The wish as the file's check reads it. Raises NotUsable."""
    own = FORMATS.get(wish.format)
    given: dict[str, Any] = {
        "name": old.name if old else wish.name.strip(),
        "format": wish.format,
        "key_env": _KEY,
        "quiet_after": wish.quiet_after.strip() or "30m",
        **{name: value for name, value in wish.settings.items() if value},
    }
    if wish.mapping:
        given["mapping"] = dict(wish.mapping)
    if wish.fields:
        given["fields"] = dict(wish.fields)
    signing = wish.signing or ("" if wish.no_signing or old is None else old.signing)
    if signing and own is not None and own.secret:
        given[f"{own.secret}_env"] = _SIGNING
    tenant, _ = hand.read({"sources": [given]}, secrets={_KEY: key, _SIGNING: signing})
    return tenant.sources[0]


def _put(runtime: Runtime, session: Session, tenant_id: UUID, source_id: UUID, source: SourceConfig) -> None:
    keys = runtime.vault.newest_keys(session, tenant_id)
    config.put_source(
        session,
        tenant_id,
        source_id,
        name=source.name,
        format_name=source.format,
        key_hash=hash_key(source.key),
        edge_key=seal_edge_key(keys, source_id, derive(source.key)),
        edge_key_version=keys.data_version,
        mapping=dict(source.mapping),
        quiet_after=source.quiet_after,
        fields=dict(source.fields),
        settings=dict(source.settings),
        signing=seal_signing(keys, source_id, source.signing) if source.signing else None,
        signing_version=keys.data_version if source.signing else None,
    )


def _kept(source: SourceConfig) -> SourceConfig:
    """For the difference: the key is no part of it."""
    return replace(source, key="")


def _one(*found: SourceConfig) -> TenantConfig:
    return TenantConfig("", "", "strict", found, (), (), (), ())


def _row(session: Session, source_id: UUID) -> Row:
    for row in config.sources(session):
        if row.source_id == source_id:
            return row
    raise _none()


def _none() -> NotFound:
    return NotFound("There is no such source in this tenant.")


def _shown(row: Row, lately: sources.Lately) -> Shown:
    own = FORMATS.get(row.format)
    now = datetime.now(UTC)
    return Shown(
        row.source_id,
        row.name,
        row.format,
        own.title if own else "a format that this version does not know",
        row.quiet_after,
        row.paused_at,
        lately.last.get(row.source_id),
        lately.alerts.get(row.source_id, 0),
        lately.whole,
        row.mapping,
        row.fields,
        row.settings,
        row.signing is not None,
        row.old_key_until if row.old_key_until is not None and row.old_key_until > now else None,
        slow(own, own.title, row.quiet_after) if own else "",
    )
