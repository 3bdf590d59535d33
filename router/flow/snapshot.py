"""One version of a tenant's configuration, compiled and ready, so that hot paths read no configuration tables."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from router.core import routing
from router.core.optin import Baa, OptIn
from router.sources.contract import Format
from router.sources.registry import FORMATS
from router.store import config, hooks, optins, silences
from router.store.session import Session

if TYPE_CHECKING:
    from router.privacy.rules import Level, Rules


@dataclass(frozen=True, slots=True)
class Source:
    """A way in, as the edge needs it."""

    source_id: UUID
    name: str
    format: Format | None  # None: a format that this version does not know
    mapping: Mapping[str, str]
    key_hash: bytes
    edge_key: bytes
    edge_key_version: int
    quiet_after: timedelta | None
    paused: bool
    rules: Rules | None = None  # with this source's own field rules; None: the tenant's
    drops: tuple[str, ...] = ()  # keys and paths that are taken out before anything else looks
    old_key_hash: bytes | None = None  # of the key before the last rotation,
    old_key_until: datetime | None = None  # which holds until then
    old_edge_key: bytes | None = None
    old_edge_key_version: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)  # what only its format knows
    signing: bytes | None = None  # the secret that its sender signs with, sealed
    signing_version: int = 0

    def opens(self, key_hash: bytes, now: datetime) -> bool:
        """Is this the hash of a key that lets an alert in."""
        if key_hash == self.key_hash:
            return True
        return key_hash == self.old_key_hash and self.old_key_until is not None and now < self.old_key_until


@dataclass(frozen=True, slots=True)
class Channel:
    """A way out, as routing needs it."""

    channel_id: UUID
    name: str
    kind: str
    vendor: str
    destination_id: UUID
    paused: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of one tenant."""

    tenant_id: UUID
    slug: str
    name: str
    version: int
    privacy: Level
    sources: Mapping[UUID, Source]
    channels: Mapping[UUID, Channel]
    table: routing.Table
    rules: Rules
    optins: Mapping[UUID, tuple[OptIn, ...]] = field(default_factory=dict)  # by channel
    baas: Mapping[UUID, Baa] = field(default_factory=dict)
    hooks: Mapping[UUID, frozenset[str]] = field(default_factory=dict)  # what each is told of

    def source_named(self, name: str) -> Source | None:
        """The source with this name."""
        return next((source for source in self.sources.values() if source.name == name), None)

    def channel_named(self, name: str) -> Channel | None:
        """The channel with this name."""
        return next((channel for channel in self.channels.values() if channel.name == name), None)


def load(session: Session) -> Snapshot | None:
    """The entered tenant's newest version; None: there is no such tenant."""
    tenant = config.tenant(session)
    if tenant is None:
        return None

    from router.privacy.rules import compile_rules  # noqa: PLC0415 - half a command's start, and most read no rules

    def compiled(own: Mapping[str, str], passing: Mapping[str, frozenset[str]], suffix: str) -> Rules:
        fields = {**own, **{name: verdict for name, verdict in tenant.fields.items() if name not in own}}
        return compile_rules(
            tenant.privacy,
            patterns=[(each["type"], each["regex"]) for each in tenant.patterns],
            safe_words=tenant.safe_words,
            # The first rule that matches holds, and the database keeps no order: the more exact one goes first.
            field_rules={
                name: fields[name]
                for name in sorted(fields, key=lambda each: ("*" in each, -len(each), each))
                if fields[name] != "drop"
            },
            literals=passing,
            version=f"{tenant.tenant_id}:{tenant.config_version}{suffix}",
        )

    channels = {
        row.channel_id: Channel(
            row.channel_id, row.name, row.kind, row.vendor, row.destination_id, row.paused_at is not None
        )
        for row in config.channels(session)
    }
    routes = tuple(
        routing.Route(
            tuple(routing.parse_matcher(text) for text in row.matchers),
            tuple(row.channels),
            tuple(row.group_by) or None,
            row.go_on,
        )
        for row in config.routes(session)
    )
    quiet = silences.lasting(session)
    named = routing.literals_of([*(each.matchers for each in routes), *(each.matchers for each in quiet)])
    opted: dict[UUID, tuple[OptIn, ...]] = {}
    for optin in optins.current(session):
        opted[optin.channel_id] = (*opted.get(optin.channel_id, ()), optin)
    return Snapshot(
        optins=opted,
        hooks={row.hook_id: frozenset(row.events) for row in hooks.subscribed(session)},
        baas=optins.agreements(session) if opted else {},
        tenant_id=tenant.tenant_id,
        slug=tenant.slug,
        name=tenant.name,
        version=tenant.config_version,
        privacy=tenant.privacy,
        sources={
            row.source_id: Source(
                row.source_id,
                row.name,
                FORMATS.get(row.format),
                row.mapping,
                bytes(row.key_hash),
                bytes(row.edge_key),
                row.edge_key_version,
                row.quiet_after,
                row.paused_at is not None,
                compiled(row.fields, named, f":{row.source_id}") if row.fields else None,
                tuple(name for name, verdict in {**tenant.fields, **row.fields}.items() if verdict == "drop"),
                bytes(row.old_key_hash) if row.old_key_hash is not None else None,
                row.old_key_until,
                bytes(row.old_edge_key) if row.old_edge_key is not None else None,
                row.old_edge_key_version or 0,
                row.settings,
                bytes(row.signing) if row.signing is not None else None,
                row.signing_version or 0,
            )
            for row in config.sources(session)
        },
        channels=channels,
        table=routing.Table(
            routes,
            {
                channel.name: routing.Target(channel.channel_id, channel.destination_id, channel.name)
                for channel in channels.values()
            },
            quiet,
        ),
        rules=compiled({}, named, ""),
    )


class Snapshots:
    """This process's snapshots. One is used only after the database confirmed its version in the same transaction."""

    def __init__(self) -> None:
        self._held: dict[UUID, Snapshot] = {}
        self._lock = threading.Lock()

    def held(self, tenant_id: UUID) -> Snapshot | None:
        """What this process holds, of whatever version."""
        return self._held.get(tenant_id)

    def fresh(self, session: Session, tenant_id: UUID, version: int | None = None) -> Snapshot | None:
        """The tenant's snapshot; read again when its version is not the one given. `session` entered the tenant."""
        held = self._held.get(tenant_id)
        if held is not None and (version is None or held.version == version):
            return held
        found = load(session)
        with self._lock:
            if found is None:
                self._held.pop(tenant_id, None)
            else:
                self._held[tenant_id] = found
        return found
