"""What every test gets: real parts on loopback, a closed network, and a guard against hanging."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg.conninfo import conninfo_to_dict
from redis import Redis

from router.local.postgres import AUDIT, DATABASE, OWNER, SUPERUSER, WEB, EmbeddedPostgres, RunningPostgres
from router.local.valkey import EmbeddedValkey, RunningValkey
from router.store.migrate import migrate
from tests import memory
from tests.loading import pytest_collection
from tests.order import pytest_collection_modifyitems, pytest_xdist_auto_num_workers
from tests.system_parts import pytest_runtest_setup, pytest_terminal_summary, system_part

__all__ = [
    "pytest_collection",
    "pytest_collection_modifyitems",
    "pytest_runtest_setup",
    "pytest_terminal_summary",
    "pytest_xdist_auto_num_workers",
    "system_part",
]

slow_is_fine = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None, suppress_health_check=slow_is_fine)
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=slow_is_fine)
settings.register_profile("fuzz", max_examples=5_000, deadline=None, suppress_health_check=slow_is_fine)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

memory.use()


@dataclass(frozen=True, repr=False)
class Database:
    """A migrated, empty database: a libpq URL for each role that production has, and the superuser's to look inside."""

    app_url: str
    owner_url: str
    auditor_url: str
    superuser_url: str


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    """This test process's own cluster; its database `alertveil` is migrated: the template of `database`."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres")).start()
    with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # no test pulls the plug; one that does starts its own
        connection.execute("SELECT pg_reload_conf()")
        # Every connection of a test proves its password anew, and the usual 4096 rounds are 7 ms of it.
        connection.execute("SET scram_iterations = 1")
        for role in (WEB, OWNER, AUDIT, SUPERUSER):
            password = conninfo_to_dict(server.url(role))["password"]
            connection.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
    migrate(server.url(OWNER), server.url(WEB), server.url(AUDIT))
    yield server
    server.stop()


copies = itertools.count(1)


@contextmanager
def copied(postgres: RunningPostgres) -> Iterator[Database]:
    """A database of its own, migrated and empty; gone afterwards, whoever is still connected."""
    name = f"test_{next(copies)}"
    with psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} OWNER {OWNER} STRATEGY file_copy")
        yield Database(*(postgres.url(role, name) for role in (WEB, OWNER, AUDIT, SUPERUSER)))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[Database]:
    """This test's own."""
    with copied(postgres) as made:
        yield made


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningValkey]:
    """This test process's own broker."""
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey")).start()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_server: RunningValkey) -> str:
    """The URL of an empty broker, for redis-py and Celery alike."""
    with Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url
