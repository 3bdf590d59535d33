"""What a tenant has configured: read whole as one version, written by `apply` and by people's switches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from router.store.session import Row, Session

DIED = timedelta(days=7)
"""What died longer ago stays where it died when its channel is led elsewhere; nor do pages offer to send it again."""


def tenant_by_slug(session: Session, slug: str) -> UUID | None:
    """The tenant of a slug; needs no tenant."""
    row = session.one("SELECT door.tenant_by_slug(%s) AS tenant_id", (slug,))
    return row.tenant_id if row else None


def tenant_ids(session: Session) -> list[UUID]:
    """Every tenant's id; needs no tenant."""
    return [row.tenant_id for row in session.rows("SELECT tenant_id FROM door.tenant_ids()")]


def source_by_key(session: Session, key_hash: bytes) -> tuple[UUID, UUID] | None:
    """(tenant, source) of an ingest key's hash; needs no tenant."""
    row = session.one("SELECT tenant_id, source_id FROM door.source_by_key(%s)", (key_hash,))
    return (row.tenant_id, row.source_id) if row else None


def tenant(session: Session, *, lock: bool = False) -> Row | None:
    """The entered tenant's row."""
    return session.one(
        "SELECT tenant_id, slug, name, privacy, patterns, safe_words, fields, kill_switch, config_version, keep_values,"
        " keep_incidents FROM tenants" + (" FOR UPDATE" if lock else "")
    )


def sources(session: Session) -> list[Row]:
    """The tenant's sources that are not retired, by name."""
    return session.rows(
        "SELECT source_id, name, format, key_hash, edge_key, edge_key_version, mapping, fields, quiet_after, paused_at,"
        " old_key_hash, old_key_until, old_edge_key, old_edge_key_version, settings, signing, signing_version"
        " FROM sources WHERE retired_at IS NULL ORDER BY name"
    )


def routes(session: Session) -> list[Row]:
    """The tenant's routes in order."""
    return session.rows("SELECT position, matchers, channels, group_by, go_on FROM routes ORDER BY position")


def channels(session: Session) -> list[Row]:
    """The tenant's channels that are not retired, with where they lead now, by name."""
    return session.rows(
        "SELECT c.channel_id, c.name, c.kind, c.vendor, c.destination_id, c.paused_at, c.pause_reason, d.config,"
        " d.identity, d.secrets, d.key_version FROM channels c JOIN destinations d USING (tenant_id, destination_id)"
        " WHERE c.retired_at IS NULL ORDER BY c.name"
    )


def add_tenant(session: Session, tenant_id: UUID, slug: str, name: str) -> None:
    """Add a tenant; the session must have entered its id. Raises Conflict when the slug is taken."""
    session.run(
        "INSERT INTO tenants (tenant_id, slug, name, config_version) VALUES (%s, %s, %s, 0)", (tenant_id, slug, name)
    )


def set_tenant(
    session: Session,
    *,
    name: str,
    privacy: str,
    patterns: list[Any],
    safe_words: list[str],
    fields: dict[str, str] | None = None,
) -> None:
    """Write the tenant's own settings."""
    session.run(
        "UPDATE tenants SET name = %s, privacy = %s, patterns = %s, safe_words = %s, fields = %s",
        (name, privacy, _json(patterns), _json(safe_words), _json(fields or {})),
    )


def set_words(session: Session, *, patterns: list[Any], safe_words: list[str]) -> None:
    """Write the tenant's own patterns and safe words."""
    session.run("UPDATE tenants SET patterns = %s, safe_words = %s", (_json(patterns), _json(safe_words)))


def set_retention(session: Session, values: timedelta, incidents: timedelta) -> None:
    """Write how long the tenant's values and incidents are kept after their end."""
    session.run("UPDATE tenants SET keep_values = %s, keep_incidents = %s", (values, incidents))


def bump(session: Session, actor: str, changes: Sequence[str]) -> int:
    """A new configuration version, with who made it and what changed: every process sees it at its next step."""
    row = session.one("UPDATE tenants SET config_version = config_version + 1 RETURNING tenant_id, config_version")
    if row is None:
        return 0
    session.run(
        "INSERT INTO config_changes (tenant_id, version, actor, changes) VALUES (%s, %s, %s, %s)",
        (row.tenant_id, row.config_version, actor, _json(list(changes))),
    )
    return int(row.config_version)


def since_filed(session: Session) -> list[Row]:
    """The versions made since a configuration file was applied last, the newest 1000 of them, oldest first."""
    return session.rows(
        "SELECT * FROM (SELECT c.version, c.at, c.actor, c.changes FROM config_changes c"
        " JOIN tenants t USING (tenant_id) WHERE c.at > coalesce(t.filed_at, '-infinity')"
        " ORDER BY c.version DESC LIMIT 1000) h ORDER BY h.version"
    )


def version(session: Session) -> int:
    """The entered tenant's configuration version."""
    row = session.one("SELECT config_version FROM tenants")
    return 0 if row is None else int(row.config_version)


def put_source(  # noqa: PLR0913 - one a column
    session: Session,
    tenant_id: UUID,
    source_id: UUID,
    *,
    name: str,
    format_name: str,
    key_hash: bytes,
    edge_key: bytes,
    edge_key_version: int,
    mapping: dict[str, str],
    quiet_after: timedelta | None,
    fields: dict[str, str] | None = None,
    settings: dict[str, str] | None = None,
    signing: bytes | None = None,
    signing_version: int | None = None,
) -> None:
    """Add or change a source. Another key ends the one before it at once, also one that was to hold for a while."""
    session.run(
        "INSERT INTO sources (tenant_id, source_id, name, format, key_hash, edge_key, edge_key_version, mapping,"
        " quiet_after, fields, settings, signing, signing_version)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, source_id) DO UPDATE SET format = excluded.format, key_hash = excluded.key_hash,"
        " edge_key = excluded.edge_key, edge_key_version = excluded.edge_key_version, mapping = excluded.mapping,"
        " quiet_after = excluded.quiet_after, fields = excluded.fields, settings = excluded.settings,"
        " signing = excluded.signing, signing_version = excluded.signing_version,"
        " old_key_until = CASE WHEN sources.key_hash = excluded.key_hash THEN sources.old_key_until END",
        (
            tenant_id,
            source_id,
            name,
            format_name,
            key_hash,
            edge_key,
            edge_key_version,
            _json(mapping),
            quiet_after,
            _json(fields or {}),
            _json(settings or {}),
            signing,
            signing_version,
        ),
    )


def rotate_source(
    session: Session, source_id: UUID, *, key_hash: bytes, edge_key: bytes, edge_key_version: int, overlap: timedelta
) -> None:
    """Give a source a new key; the one it had holds for `overlap` more."""
    session.run(
        "UPDATE sources SET old_key_hash = key_hash, old_key_until = now() + %s, old_edge_key = edge_key,"
        " old_edge_key_version = edge_key_version, key_hash = %s, edge_key = %s, edge_key_version = %s"
        " WHERE source_id = %s",
        (overlap, key_hash, edge_key, edge_key_version, source_id),
    )


def pause_source(session: Session, source_id: UUID, *, paused: bool) -> bool:
    """Pause or resume a source; True when that changed anything. When it resumes, quiet is counted from then."""
    return bool(
        session.run(
            "UPDATE sources SET paused_at = CASE WHEN %(paused)s THEN now() END,"
            " resumed_at = CASE WHEN %(paused)s THEN resumed_at ELSE now() END"
            " WHERE source_id = %(source)s AND (paused_at IS NOT NULL) <> %(paused)s",
            {"paused": paused, "source": source_id},
        )
    )


def retire_source(session: Session, source_id: UUID) -> None:
    """Take a source out of use; its incidents stay."""
    session.run("UPDATE sources SET retired_at = now() WHERE source_id = %s", (source_id,))


def add_channel(session: Session, tenant_id: UUID, channel_id: UUID, name: str, kind: str, vendor: str) -> None:
    """Add a channel and its lane; `point` says where it leads."""
    session.run(
        "INSERT INTO channels (tenant_id, channel_id, name, kind, vendor, destination_id, revision)"
        " VALUES (%s, %s, %s, %s, %s, %s, 0)",
        (tenant_id, channel_id, name, kind, vendor, channel_id),
    )
    session.run("INSERT INTO lanes (tenant_id, channel_id) VALUES (%s, %s)", (tenant_id, channel_id))


def point(  # noqa: PLR0913 - one a column
    session: Session,
    tenant_id: UUID,
    channel_id: UUID,
    destination_id: UUID,
    *,
    kind: str,
    vendor: str,
    config: bytes,
    secrets: bytes,
    key_version: int,
    identity: bytes,
    keep_pause: bool = False,
) -> None:
    """Lead a channel to a new destination; an incident that the old one was told of is told its end there.

    What waits for the channel, or died there within DIED, and is of incidents that nobody was told of there yet, goes
    to the new one.

    `keep_pause`: a channel that a person paused stays so; one that stopped by itself is tried again either way.
    """
    session.run(
        "INSERT INTO destinations (tenant_id, destination_id, channel_id, kind, config, secrets, key_version, identity)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (tenant_id, destination_id, channel_id, kind, config.decode(), secrets, key_version, identity),
    )
    session.run(
        "UPDATE channels SET destination_id = %(destination)s, kind = %(kind)s, vendor = %(vendor)s,"
        " revision = revision + 1, paused_at = CASE WHEN %(keep)s THEN paused_at END,"
        " pause_reason = CASE WHEN %(keep)s THEN pause_reason END WHERE channel_id = %(channel)s",
        {"destination": destination_id, "kind": kind, "vendor": vendor, "keep": keep_pause, "channel": channel_id},
    )
    session.run(
        "UPDATE lanes SET failing = 0, failing_since = NULL, paused = NULL, probe_at = NULL WHERE channel_id = %s",
        (channel_id,),
    )
    session.run(
        "WITH moved AS (UPDATE deliveries d SET destination_id = %(destination)s WHERE d.channel_id = %(channel)s"
        " AND ((d.state = 'dead' AND d.done_at > now() - %(died)s) OR (d.state = 'pending'"
        # What is out with a worker at this moment may arrive at the old one.
        " AND NOT EXISTS (SELECT FROM lanes l WHERE l.tenant_id = d.tenant_id AND l.channel_id = d.channel_id"
        " AND d.incident_id = ANY (l.out_incidents))))"
        " AND NOT EXISTS (SELECT FROM deliveries r WHERE r.tenant_id = d.tenant_id AND r.incident_id = d.incident_id"
        " AND r.channel_id = d.channel_id AND (r.state = 'delivered' OR r.uncertain)) RETURNING d.incident_id)"
        " UPDATE incidents i SET"
        " told = (i.told::jsonb || jsonb_build_object(%(channel)s::text, %(destination)s::text))::json"
        " FROM (SELECT DISTINCT incident_id FROM moved) m WHERE i.incident_id = m.incident_id",
        {"destination": destination_id, "channel": channel_id, "died": DIED},
    )


def retire_channel(session: Session, channel_id: UUID) -> None:
    """Take a channel out of use; what it told is still told the end."""
    session.run("UPDATE channels SET retired_at = now() WHERE channel_id = %s", (channel_id,))


def put_routes(
    session: Session, tenant_id: UUID, found: Sequence[tuple[list[str], list[str], list[str], bool]]
) -> None:
    """Replace the routes: (matchers, channel names, group_by, continue) in order."""
    session.run("DELETE FROM routes")
    for position, (matchers, names, group_by, go_on) in enumerate(found):
        session.run(
            "INSERT INTO routes (tenant_id, position, matchers, channels, group_by, go_on)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (tenant_id, position, _json(matchers), _json(names), _json(group_by), go_on),
        )


def pause_channel(session: Session, channel_id: UUID, reason: str | None) -> bool:
    """Pause (with a reason) or resume (None) a channel; True when that changed anything."""
    changed = session.run(
        "UPDATE channels SET paused_at = CASE WHEN %(reason)s::text IS NULL THEN NULL ELSE now() END,"
        " pause_reason = %(reason)s WHERE channel_id = %(channel)s"
        " AND (paused_at IS NULL) <> (%(reason)s::text IS NULL)",
        {"reason": reason, "channel": channel_id},
    )
    if reason is None:
        session.run(
            "UPDATE lanes SET failing = 0, failing_since = NULL, paused = NULL, probe_at = NULL WHERE channel_id = %s",
            (channel_id,),
        )
    return bool(changed)


def kill_switch(session: Session) -> bool:
    """Is the installation's kill switch on."""
    row = session.one("SELECT kill_switch FROM instance")
    return bool(row and row.kill_switch)


def set_kill_switch(session: Session, *, on: bool, everywhere: bool) -> bool:
    """The tenant's kill switch, or the whole installation's; True when that changed it."""
    table = "instance" if everywhere else "tenants"
    return bool(session.run(f"UPDATE {table} SET kill_switch = %(on)s WHERE kill_switch <> %(on)s", {"on": on}))


def _json(value: Any) -> str:  # noqa: ANN401 - JSON
    return orjson.dumps(value).decode()
