"""Builds a tenant with what it configures, an edge that takes alerts in and workers that deliver, all in this process.

Everything is real: the database, the vault, the senders, the vendors' servers. Only threads are left out, so that a
test says when something is drained.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg.rows import namedtuple_row

from channels.registry import CHANNELS
from router import keys, settings, wiring
from router.core.retry import Health
from router.flow import notice
from router.flow.delivery import Drain
from router.flow.edge import derive
from router.flow.intake import Intake, Post, Receipt, hash_key
from router.flow.snapshot import Snapshots
from router.local.vendors.pagerduty import PagerDutyVendor
from router.local.vendors.slack import SlackVendor
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.measures import Measures
from router.runtime import Runtime
from router.store import config, users
from router.store.deliveries import OWNER_LOCK
from router.vault import Asked, Opened, seal_credentials, seal_edge_key

NAME = "Zebulon Quackenbush"
MRN = "MRN-77341902"
EMAIL = "zq.canary@leakmail.test"
SSN = "219-09-9999"
"""The canary patient, as every test of this project knows them."""

NOWHERE = "redis://127.0.0.1:9/0"
"""A broker that is not there: nothing in these tests depends on one."""

Lane = tuple[UUID, UUID]
Route = tuple[list[str], list[str], list[str], bool]


@dataclass(frozen=True)
class Way:
    """Where a channel leads."""

    kind: str
    config: Mapping[str, Any]
    secrets: Mapping[str, str]


def webhook(vendor: WebhookVendor, path: str = "/hook") -> Way:
    secret = "whsec_" + base64.b64encode(b"a webhook secret of 32 bytes ...").decode()
    return Way("webhook", {"url": vendor.url + path}, {"secret": secret})


def pagerduty(vendor: PagerDutyVendor, key: str = "R" * 32) -> Way:
    return Way("pagerduty", {"events_url": vendor.url}, {"routing_key": key})


def slack(vendor: SlackVendor, channel: str = "C0ALERTS01") -> Way:
    return Way("slack", {"channel": channel, "base_url": vendor.base_url}, {"token": "xoxb-1-test"})


def email(vendor: SmtpVendor, to: str = "oncall@clinic.test") -> Way:
    relay = {"host": vendor.host, "port": vendor.port, "tls": "none"}
    return Way("email", {"to": [to], "from": "alertveil@clinic.test", "smtp": relay}, {})


def environment(database_url: str, directory: Path, redis_url: str = NOWHERE, **more: str) -> dict[str, str]:
    """The environment of a process of ours, in tests as in production."""
    keys.init_file(directory / "keystore.json")
    return {
        "ALERTVEIL_DATABASE_URL": database_url,
        "ALERTVEIL_REDIS_URL": redis_url,
        "ALERTVEIL_DATA_DIR": str(directory),
        "ALERTVEIL_KEYSTORE": str(directory / "keystore.json"),
        "ALERTVEIL_EGRESS_ALLOW": "127.0.0.0/8",
        **more,
    }


def build(database_url: str, directory: Path, redis_url: str = NOWHERE, **more: str) -> Runtime:
    """What a process is made of."""
    return wiring.build(settings.read(environment(database_url, directory, redis_url, **more)))


@dataclass
class Tenant:
    """A tenant and what a test needs to speak for it."""

    runtime: Runtime
    tenant_id: UUID
    slug: str
    keys: dict[str, str] = field(default_factory=dict)
    sources: dict[str, UUID] = field(default_factory=dict)
    channels: dict[str, UUID] = field(default_factory=dict)

    def lane(self, name: str) -> Lane:
        return self.tenant_id, self.channels[name]

    def post(self, *events: Mapping[str, Any], source: str = "app") -> Post:
        """One request with these events."""
        body = json.dumps(events[0] if len(events) == 1 else events).encode()
        return Post(self.keys[source], body, self.slug, source)

    def set(
        self,
        *,
        sources: Mapping[str, str] | None = None,
        channels: Mapping[str, Way] | None = None,
        routes: Sequence[Route] | None = None,
        quiet: timedelta | None = timedelta(minutes=30),
        privacy: str | None = None,
        bump: bool = True,
    ) -> Self:
        """Change the configuration as `apply` does: in one transaction that ends with a new version.

        `sources` is name -> format, `channels` name -> way; what is named is added or changed, the rest stays.
        """
        with self.runtime.database.tenant(self.tenant_id) as session:
            vault_keys = self.runtime.vault.keys(session, self.tenant_id)
            for name, form in (sources or {}).items():
                source_id = self.sources.setdefault(name, uuid4())
                key = self.keys.setdefault(name, f"{self.slug}-{name}-".ljust(40, "k"))
                config.put_source(
                    session,
                    self.tenant_id,
                    source_id,
                    name=name,
                    format_name=form,
                    key_hash=hash_key(key),
                    edge_key=seal_edge_key(vault_keys, source_id, derive(key)),
                    edge_key_version=vault_keys.data_version,
                    mapping={},
                    quiet_after=quiet,
                )
            for name, way in (channels or {}).items():
                if name not in self.channels:
                    self.channels[name] = uuid4()
                    config.add_channel(session, self.tenant_id, self.channels[name], name, way.kind, "")
                spec = CHANNELS[way.kind]
                made = msgspec.convert(dict(way.config), spec.config)
                identity = json.dumps(spec.identity(made, way.secrets), sort_keys=True).encode()
                destination_id = uuid4()
                config.point(
                    session,
                    self.tenant_id,
                    self.channels[name],
                    destination_id,
                    kind=way.kind,
                    vendor="",
                    config=json.dumps(way.config).encode(),
                    secrets=seal_credentials(vault_keys, destination_id, dict(way.secrets)),
                    key_version=vault_keys.data_version,
                    identity=hashlib.sha256(identity).digest(),
                )
            if routes is not None:
                config.put_routes(session, self.tenant_id, list(routes))
            if privacy is not None:
                config.set_tenant(session, name=self.slug, privacy=privacy, patterns=[], safe_words=[])
            if bump:
                config.bump(session, "test", ["changed"])
        self.runtime.vault.adopt(vault_keys)
        return self

    def retire_channel(self, name: str) -> None:
        with self.runtime.database.tenant(self.tenant_id) as session:
            config.retire_channel(session, self.channels[name])
            config.bump(session, "test", [f"channel {name} retired"])

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What this tenant sees."""
        with self.runtime.database.tenant(self.tenant_id) as session:
            return session.rows(statement, values)


def tenant(
    runtime: Runtime,
    *,
    slug: str | None = None,
    sources: Mapping[str, str] | None = None,
    channels: Mapping[str, Way] | None = None,
    routes: Sequence[Route] | None = None,
    quiet: timedelta | None = timedelta(minutes=30),
    privacy: str = "strict",
) -> Tenant:
    """A new tenant. Without more words: one generic source `app`, and every alert goes to every channel."""
    made = Tenant(runtime, uuid4(), slug or "t" + uuid4().hex[:8])
    with runtime.database.tenant(made.tenant_id) as session:
        config.add_tenant(session, made.tenant_id, made.slug, made.slug)
    everywhere: list[Route] = [([], list(channels or {}), [], False)]
    return made.set(
        sources=sources or {"app": "generic"},
        channels=channels,
        routes=everywhere if routes is None else routes,
        quiet=quiet,
        privacy=privacy,
    )


class Denied(Exception):  # noqa: N818 - the recorded answer
    """The vault's verdict when it grants nothing."""


NINA = "nina@clinic.test"


def nina(made: Tenant) -> UUID:
    """A responder of the tenant."""
    with made.runtime.database.tenant(made.tenant_id) as session:
        return users.put(session, made.tenant_id, uuid4(), NINA, ["responder"])


def reveal(
    made: Tenant, incident_id: UUID, *tokens: str, actor: str = NINA, reason: str = "patient called"
) -> list[Opened]:
    """What the vault opens for a responder: grant, commit, fetch. Raises Denied."""
    vault, database, grant = made.runtime.vault, made.runtime.database, uuid4()
    asked = Asked(grant, incident_id, tokens, nina(made), actor, "treatment", reason)
    with database.tenant(made.tenant_id) as session:
        keys = vault.keys(session, made.tenant_id)
        verdict = vault.ask_reveal(session, asked)
    if verdict != "allowed":
        raise Denied(verdict)
    with database.tenant(made.tenant_id) as session:
        return vault.fetch(session, keys, grant, actor)


class Edge:
    """An edge process's intake; `rung` is every lane it rang for since the last `take`."""

    def __init__(self, runtime: Runtime) -> None:
        self.snapshots = Snapshots()
        self.rung: set[Lane] = set()
        self.measures = Measures()  # its own: it stands for another process
        self.intake = Intake(runtime.database, runtime.vault, self.snapshots, self.rung.update, measures=self.measures)

    def take(self, post: Post) -> list[Receipt]:
        """A post that must be accepted."""
        self.rung.clear()
        (answer,) = self.intake.take([post])
        assert not isinstance(answer, Exception), type(answer)
        return answer

    def refuse(self, post: Post) -> Exception:
        """A post that must be refused."""
        (answer,) = self.intake.take([post])
        assert isinstance(answer, Exception), answer
        return answer


class Worker:
    """A worker without threads: it drains a lane when told to, and can die like a killed one."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.snapshots = Snapshots()
        self.owner = int.from_bytes(os.urandom(4), "big") >> 1
        self.noticed: list[Health] = []
        self.rung: set[Lane] = set()
        self._session = runtime.database.hold()
        self._session.execute("SELECT pg_advisory_lock(%s, %s)", (OWNER_LOCK, self.owner))
        self._drain = Drain(runtime, self.snapshots, owner=self.owner, notice=self._notice)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def drain(self, *lanes: Lane) -> float | None:
        """Send what is due on these lanes; the last one's wait, when its rate ended it."""
        soon = None
        for lane in lanes:
            soon = self._drain.lane(*lane)
        return soon

    def die(self) -> None:
        """The database session ends, as it does with the process: nothing is given back.

        The server ends it a moment after the client hung up, so this asks until it has.
        """
        if self._session.closed:
            return
        self._session.close()
        gone = False
        while not gone:
            with self.runtime.database.several() as session:
                gone = not session.rows(
                    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
                    (OWNER_LOCK, self.owner),
                )

    def _notice(self, tenant_id: UUID, channel_id: UUID, health: Health) -> None:
        self.noticed.append(health)
        notice.channel_health(self.runtime, self.snapshots, self.rung.update, tenant_id, channel_id, health)


class Superuser:
    """Looks and reaches where the application cannot."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, row_factory=namedtuple_row)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._connection.execute(statement, values or None).fetchall()

    def one(self, statement: str, values: Sequence[Any] = ()) -> Any:  # noqa: ANN401 - whatever the statement gives
        (row,) = self.rows(statement, values)
        return row

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        self._connection.execute(statement, values or None)

    def due_now(self) -> None:
        """Every waiting delivery and probe is due: the time between has passed."""
        self.run("UPDATE deliveries SET next_attempt_at = now() WHERE state = 'pending'")
        self.run("UPDATE lanes SET probe_at = now() WHERE probe_at IS NOT NULL")

    def tables(self) -> Iterable[tuple[str, str]]:
        """Every table that is ours: (schema, name)."""
        return [
            (row.nspname, row.relname)
            for row in self.rows(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
                " AND n.nspname NOT LIKE 'pg_toast%'"
            )
        ]
