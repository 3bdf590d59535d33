"""Brings a database to the newest schema as its owner, and lets the application and auditor roles in."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from alembic import command

SCRIPTS = Path(__file__).resolve().parents[2] / "alembic"
LOCK = 741_100
"""The advisory lock that keeps two `migrate` from running at once."""


class MigrationError(Exception):
    """The database cannot be migrated as asked. The text says what to do."""


def newest() -> str:
    """The revision this code needs."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head() or ""


def migrate(owner_url: str, app_url: str | None = None, auditor_url: str | None = None) -> bool:
    """Upgrade to the newest schema and grant the group roles to the login roles named in the other URLs.

    Safe to run again and at once with another; True when something was upgraded.

    Raises:
        MigrationError: the owner lacks a right, or the database is newer than this code.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_lock(%s)", (LOCK,))
            connection.commit()
            changed = _upgrade(connection)
            for url, group in ((app_url, "alertveil_app"), (auditor_url, "alertveil_auditor")):
                if url:
                    _admit(connection, _user(url), group)
            return changed
    except psycopg.errors.InsufficientPrivilege:
        raise MigrationError(
            "The owner role may not create roles or schemas: give it CREATEROLE and make it the database's owner, or "
            "create the roles alertveil_app, alertveil_vault, alertveil_system and alertveil_auditor beforehand and "
            "make it a member of them."
        ) from None
    except psycopg.OperationalError:
        raise MigrationError("The database did not answer; is it running, and is the owner's URL right?") from None
    finally:
        engine.dispose()


def behind(url: str) -> bool:
    """True when the database at `url` has no schema or an older one than this code needs."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('public.alembic_version')").fetchone()
        if found is None or found[0] is None:
            return True
        row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
        return row is None or row[0] != newest()


def _upgrade(connection: Connection) -> bool:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    if before is not None and before not in known:
        raise MigrationError("The database is newer than this Alertveil: install the version that made it.")
    # A migration that waits for a lock stops the traffic behind it: give up early and say so.
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    connection.commit()
    command.upgrade(config, "head")
    connection.exec_driver_sql("GRANT SELECT ON public.alembic_version TO alertveil_app")
    connection.commit()
    return before != newest()


def _admit(connection: Connection, user: str, group: str) -> None:
    if user == group:
        return
    raw = connection.connection.driver_connection
    if raw is None or not raw.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,)).fetchone():
        raise MigrationError(f"The login role that is to become a member of {group} does not exist: create it first.")
    member = raw.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", (user, group)).fetchone()
    if not member or not member[0]:
        raw.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(user)))
    raw.commit()


def _user(url: str) -> str:
    return str(conninfo_to_dict(url).get("user") or "")
