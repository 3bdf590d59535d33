"""The declarative file becomes the configuration: checked whole, compared with what holds, written in one transaction.

When `apply` returns, the next request and the next attempt in every process see it, because each of them confirms the
tenant's version in its own transaction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID, uuid4

import msgspec
import orjson

from channels.contract import ChannelConfig, Spec
from channels.registry import CHANNELS
from router.core import config as file
from router.core import form
from router.core.audit import Event
from router.core.config import (
    ChannelConfigEntry,
    Config,
    ConfigError,
    PatternConfig,
    Retention,
    SourceConfig,
    TenantConfig,
)
from router.core.form import Change
from router.core.routing import Route, parse_matcher
from router.flow.edge import derive
from router.flow.intake import hash_key
from router.keys import TenantKeys
from router.privacy.rules import RuleRefused, compile_rules, spelled_out, too_broad
from router.privacy.tokenizer import looks_like_phi
from router.runtime import Runtime
from router.sources.registry import FORMATS
from router.store import channels, config
from router.store.session import Conflict, Row, Session
from router.vault import open_credentials, open_signing, seal_credentials, seal_edge_key, seal_signing

MAX_SECRET = 64 * 1024
"""Bytes of a `*_file` that are read."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What the file changed, in words without a secret; nothing was written when `dry_run` or when it changed nothing.

    `versions` are the tenants' configuration versions afterwards, by slug, and `ids` their ids.
    """

    changes: tuple[str, ...]
    warnings: tuple[tuple[int, str], ...]
    versions: Mapping[str, int]
    ids: Mapping[str, UUID]


MAX_TOLD = 200
"""Changes that one audit event lists; `config_changes` has all of them."""


_CHANNEL_LINE: Final = re.compile(r"[+~-] \S+: channel ([A-Za-z0-9._-]+)[ :]")


class KeyTaken(Exception):  # noqa: N818 - says what is the matter
    """A source's key is another source's already. Keys tell sources apart, so each needs its own."""


class _Rehearsed(Exception):  # noqa: N818 - control flow: a dry run rolls back
    """Everything was tried and nothing is to be kept."""


@dataclass(frozen=True, slots=True)
class Only:
    """A file that comes from one tenant: it names this tenant alone, and replaces the version that its author read."""

    slug: str
    version: int


class Stale(Exception):  # noqa: N818 - says what is the matter
    """Somebody changed the configuration since it was read."""


class OutOfReach(Exception):  # noqa: N818 - says what is the matter
    """The file changes what one tenant's own file may not."""


def apply(
    runtime: Runtime,
    text: str,
    *,
    dry_run: bool,
    actor: str,
    environ: Mapping[str, str],
    base_dir: Path | None,
    only: Only | None = None,
) -> Applied:
    """Make the configuration what `text` says, for the tenants that it names.

    `*_env` are read from `environ`, `*_file` relative to `base_dir`; None: no file is read. A dry run does all of it
    and rolls back.

    Raises:
        Stale, OutOfReach: see there, and `only`; nothing was changed.
        ConfigError: the file cannot be used; nothing was changed.
        KeyTaken: see there; nothing was changed.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    wanted = file.parse(
        text,
        CHANNELS,
        FORMATS,
        lambda kind, name: read_secret(kind, name, environ, base_dir),
        looks_like_phi=lambda word: looks_like_phi(word) is not None,
        refused=refused,
        unusable=lambda spec, config, secrets: _unusable(runtime, spec, config, secrets),
    )
    _check_patterns(wanted)
    if only is not None and [each.slug for each in wanted.tenants] != [only.slug]:
        raise OutOfReach("The configuration must name the tenant of this token, and no other.")
    changes: list[str] = []
    versions: dict[str, int] = {}
    ids: dict[str, UUID] = {}
    opened: list[TenantKeys] = []
    try:
        with runtime.database.several() as session:
            for tenant in sorted(wanted.tenants, key=lambda each: each.slug):
                tenant_id, keys, found, touched = _apply_tenant(runtime, session, tenant, only)
                opened.append(keys)
                ids[tenant.slug] = tenant_id
                if found:
                    changes += _undoing(found, {**channels.by_hand(session), **_by_hand(session)})
                    versions[tenant.slug] = version = config.bump(session, actor, found)
                    _record(session, tenant_id, version, actor, touched)
                    runtime.audit.write(session, tenant_id, applied(actor, tenant_id, version, found))
                else:
                    versions[tenant.slug] = config.version(session)
                channels.filed(session, [each.name for each in tenant.channels], actor)
            if dry_run:
                raise _Rehearsed  # noqa: TRY301 - the transaction must see it to roll back
    except _Rehearsed:
        return Applied(tuple(changes), wanted.warnings, {}, {})
    except Conflict as conflict:
        if conflict.constraint == "sources_key":
            raise KeyTaken(
                "A source's key is in use by another source already: give each source its own key."
            ) from None
        raise
    for keys in opened:
        runtime.vault.adopt(keys)
    return Applied(tuple(changes), wanted.warnings, versions, ids)


def _unusable(runtime: Runtime, spec: Spec[Any], settings: ChannelConfig, secrets: Mapping[str, str]) -> str:
    """Why nothing could be sent through a channel that is set up like this, without a value of it; '' if it could."""
    try:
        spec.open(settings, secrets, runtime.kit)
    except ValueError as error:
        return str(error)
    return ""


def read_secret(kind: Literal["env", "file"], name: str, environ: Mapping[str, str], base_dir: Path | None) -> str:
    """A secret from the environment or a file (its last newline dropped). Raises LookupError or OSError."""
    if kind == "env":
        return environ[name]
    if base_dir is None:
        raise OSError("no file is read here")
    with (base_dir / name).open("rb") as opened:
        found = opened.read(MAX_SECRET + 1)
    if len(found) > MAX_SECRET:
        raise OSError("too large")
    return found.decode("utf-8", "strict").removesuffix("\n").removesuffix("\r")


def applied(actor: str, tenant_id: UUID, version: int, changes: Sequence[str]) -> Event:
    """The audit event of a new version: what changed, in the words of the difference, which hold no secret."""
    return Event(
        "config.apply",
        actor,
        f"tenant:{tenant_id}",
        details={"version": version, "changes": list(changes[:MAX_TOLD]), "count": len(changes)},
    )


def refused(what: Literal["pattern", "field", "word"], name: str, value: str) -> str:
    """Why the tokenizer's engine refuses one rule, as the rest of a sentence; '' when it takes it."""
    try:
        compile_rules(
            "strict",
            patterns=[(name, value)] if what == "pattern" else (),
            safe_words=[name] if what == "word" else (),
            field_rules={name: value} if what == "field" else None,
        )
    except RuleRefused as refusal:
        return str(refusal).partition(" 1 ")[2].removesuffix(".")
    if what == "pattern" and looks_like_phi(spelled_out(value)) is not None:
        return "names something that looks like PHI, and a pattern is kept in the clear; write the shape, not a value"
    if what == "pattern" and too_broad(value):
        return "is too broad: it matches what every alert is full of, like host names, times and severities"
    return ""


def _check_patterns(wanted: Config) -> None:
    """What the file's own check cannot know: whether the tokenizer's engine takes the patterns as a set."""
    for tenant in wanted.tenants:
        try:
            compile_rules(
                tenant.privacy,
                patterns=[(each.type, each.regex) for each in tenant.patterns],
                safe_words=tenant.safe_words,
                field_rules={name: verdict for name, verdict in tenant.fields.items() if verdict != "drop"},
            )
        except RuleRefused as refused:
            raise ConfigError([(1, f"tenant {tenant.slug}: {refused}")]) from None


class _Touched(NamedTuple):
    """What the file did to one channel."""

    channel_id: UUID
    name: str
    what: str
    changes: Sequence[Change]


class _Hand(NamedTuple):
    """A change that somebody made by hand."""

    what: str
    actor: str
    at: datetime


_OTHER_LINE = re.compile(r"[+~-] [a-z0-9-]+: (source [^:( ]+|route(?= \d)|pattern .+|safe word .+)")
_HAND_LINE = re.compile(r"[+~-] (source [^:( ]+|route(?= \d)|pattern .+|safe word .+)")
"""A line of the difference, of a file and of a hand (`router.flow.hand.record`), and what it is about."""


def _by_hand(session: Session) -> dict[str, _Hand]:
    """The newest change of each source, pattern and safe word, and of the routes, that no file made since the last."""
    found = {}
    for row in config.since_filed(session):
        for line in row.changes:
            if named := _HAND_LINE.match(line):
                found[named[1]] = _Hand("change", row.actor, row.at)
    return found


def _undoing(found: Sequence[str], by_hand: Mapping[str, Row]) -> list[str]:
    """The difference, where it goes over what somebody did by hand since the last file with who that was and when."""
    told = []
    for line in found:
        named = _CHANNEL_LINE.match(line) or _OTHER_LINE.match(line)
        hand = by_hand.get(named[1]) if named else None
        told.append(
            line if hand is None else f"{line} [undoes {hand.what} by {hand.actor}, {hand.at:%Y-%m-%d %H:%M} UTC]"
        )
    return told


def _record(session: Session, tenant_id: UUID, version: int, actor: str, touched: Sequence[_Touched]) -> None:
    for each in touched:
        channels.record(
            session,
            tenant_id,
            each.channel_id,
            version=version,
            actor=actor,
            via="file",
            what=each.what,
            name=each.name,
            fields=each.changes,
        )


def _apply_tenant(
    runtime: Runtime, session: Session, tenant: TenantConfig, only: Only | None
) -> tuple[UUID, TenantKeys, list[str], list[_Touched]]:
    tenant_id = config.tenant_by_slug(session, tenant.slug)
    new = tenant_id is None
    if tenant_id is None:
        tenant_id = uuid4()
    session.enter(tenant_id)
    if new:
        config.add_tenant(session, tenant_id, tenant.slug, tenant.name)
    config.tenant(session, lock=True)
    keys = runtime.vault.newest_keys(session, tenant_id)
    held = Held.read(session, keys)
    if only is not None and held.tenant.config_version != only.version:
        raise Stale("The configuration was changed since you read it: read it again and put your change into it.")
    if only is not None and tenant.retention != Retention(held.tenant.keep_values, held.tenant.keep_incidents):
        raise OutOfReach(
            "How long things are kept is set by a privacy officer with a fresh proof: leave `retention` as it is."
        )
    shown = replace(tenant, sources=tuple(replace(each, key=hash_key(each.key).hex()) for each in tenant.sources))
    old = None if new else Config((held.as_config(),))
    found = [str(each) for each in file.diff(old, Config((shown,)))]
    touched = _write(session, tenant_id, keys, tenant, held) if found else []
    return tenant_id, keys, found, touched


@dataclass(frozen=True, slots=True)
class Held:
    """A tenant's configuration as it stands, in the file's own terms; a source's key is its hash in hex."""

    tenant: Any
    sources: dict[str, tuple[UUID, SourceConfig]]
    channels: dict[str, tuple[UUID, ChannelConfigEntry]]
    routes: tuple[Route, ...]

    @classmethod
    def read(cls, session: Session, keys: TenantKeys) -> Held:
        """What the entered tenant has configured."""
        return cls(
            tenant=config.tenant(session),
            sources={
                row.name: (
                    row.source_id,
                    SourceConfig(
                        row.name,
                        row.format,
                        bytes(row.key_hash).hex(),
                        row.quiet_after,
                        row.mapping,
                        row.fields,
                        row.settings,
                        ""
                        if row.signing is None
                        else open_signing(keys, row.source_id, bytes(row.signing), row.signing_version),
                    ),
                )
                for row in config.sources(session)
            },
            channels={
                row.name: (row.channel_id, entry)
                for row in config.channels(session)
                if (entry := _entry(row, keys)) is not None
            },
            routes=tuple(
                Route(
                    tuple(parse_matcher(text) for text in row.matchers),
                    tuple(row.channels),
                    tuple(row.group_by) or None,
                    row.go_on,
                )
                for row in config.routes(session)
            ),
        )

    def as_config(self) -> TenantConfig:
        """As the file would say it."""
        return TenantConfig(
            slug=self.tenant.slug,
            name=self.tenant.name,
            privacy=self.tenant.privacy,
            sources=tuple(source for _, source in self.sources.values()),
            channels=tuple(channel for _, channel in self.channels.values()),
            routes=self.routes,
            patterns=tuple(PatternConfig(each["type"], each["regex"]) for each in self.tenant.patterns),
            safe_words=tuple(self.tenant.safe_words),
            fields=self.tenant.fields,
            retention=Retention(self.tenant.keep_values, self.tenant.keep_incidents),
        )


def _entry(row: Any, keys: TenantKeys) -> ChannelConfigEntry | None:  # noqa: ANN401 - a row of config.channels
    spec = CHANNELS.get(row.kind)
    if spec is None:
        return None
    settings = msgspec.convert(row.config, spec.config)
    secrets = open_credentials(keys, row.destination_id, bytes(row.secrets), row.key_version)
    return ChannelConfigEntry(row.name, row.kind, row.vendor, settings, secrets, spec.describe(settings))


def _write(session: Session, tenant_id: UUID, keys: TenantKeys, tenant: TenantConfig, held: Held) -> list[_Touched]:
    config.set_tenant(
        session,
        name=tenant.name,
        privacy=tenant.privacy,
        patterns=[{"type": each.type, "regex": each.regex} for each in tenant.patterns],
        safe_words=list(tenant.safe_words),
        fields=dict(tenant.fields),
    )
    config.set_retention(session, tenant.retention.values, tenant.retention.incidents)
    _write_sources(session, tenant_id, keys, tenant, held)
    touched = _write_channels(session, tenant_id, keys, tenant, held)
    config.put_routes(
        session,
        tenant_id,
        [
            (
                [str(matcher) for matcher in route.matchers],
                list(route.channels),
                list(route.group_by or ()),
                route.go_on,
            )
            for route in tenant.routes
        ],
    )
    return touched


def _write_sources(session: Session, tenant_id: UUID, keys: TenantKeys, tenant: TenantConfig, held: Held) -> None:
    names = {each.name for each in tenant.sources}
    for name, (source_id, _) in held.sources.items():
        if name not in names:
            config.retire_source(session, source_id)
    for source in tenant.sources:
        source_id, was = held.sources.get(source.name, (uuid4(), None))
        hashed = hash_key(source.key)
        if was == replace(source, key=hashed.hex()):
            continue
        config.put_source(
            session,
            tenant_id,
            source_id,
            name=source.name,
            format_name=source.format,
            key_hash=hashed,
            edge_key=seal_edge_key(keys, source_id, derive(source.key)),
            edge_key_version=keys.data_version,
            mapping=dict(source.mapping),
            quiet_after=source.quiet_after,
            fields=dict(source.fields),
            settings=dict(source.settings),
            signing=seal_signing(keys, source_id, source.signing) if source.signing else None,
            signing_version=keys.data_version if source.signing else None,
        )


def _write_channels(
    session: Session, tenant_id: UUID, keys: TenantKeys, tenant: TenantConfig, held: Held
) -> list[_Touched]:
    touched = []
    names = {each.name for each in tenant.channels}
    for name, (channel_id, _) in held.channels.items():
        if name not in names:
            config.retire_channel(session, channel_id)
            touched.append(_Touched(channel_id, name, "remove", ()))
    for channel in tenant.channels:
        channel_id, was = held.channels.get(channel.name, (uuid4(), None))
        if was == channel:
            continue
        if was is None:
            config.add_channel(session, tenant_id, channel_id, channel.name, channel.kind, channel.vendor)
        destination_id = uuid4()
        config.point(
            session,
            tenant_id,
            channel_id,
            destination_id,
            kind=channel.kind,
            vendor=channel.vendor,
            config=msgspec.json.encode(channel.config),
            secrets=seal_credentials(keys, destination_id, dict(channel.secrets)),
            key_version=keys.data_version,
            identity=identity(channel),
        )
        same = was if was is not None and was.kind == channel.kind else None
        before = (same.config, same.secrets) if same else None
        changed = form.changes(CHANNELS[channel.kind], before, (channel.config, channel.secrets))
        touched.append(_Touched(channel_id, channel.name, "add" if was is None else "change", changed))
    return touched


def identity(channel: ChannelConfigEntry) -> bytes:
    """The destination's identity as one hash: what an opt-in is bound to (design §8)."""
    parts = CHANNELS[channel.kind].identity(channel.config, channel.secrets)
    text = orjson.dumps({"kind": channel.kind, **parts}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"alertveil destination v1\0" + text).digest()
