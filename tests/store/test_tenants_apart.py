"""The database keeps tenants apart by itself: its own catalog says so, so a table added tomorrow is held to it too."""

# ruff: noqa: S608 - the names in these statements come from the catalog

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store.session import Database, DatabaseDown, UnsafeRole
from tests.conftest import Database as Migrated
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, Worker, build, tenant, webhook

DOORS = {
    "door.anyone()",
    "door.audit_drop(p_month date)",
    "door.audit_months(p_ahead integer)",
    (
        "door.audit_of_channel(p_channel text, p_at timestamp with time zone, p_event uuid,"
        " p_since timestamp with time zone, p_actor text, p_actions text[], p_objects text[], p_decision text,"
        " p_most integer)"
    ),
    "door.audit_over()",
    "door.audit_unchained(p_passed xid8)",
    "door.due_hooks()",
    "door.due_lanes()",
    "door.incidents_called(p_tail text)",
    "door.policy_tenants()",
    "door.quiet_tenants()",
    "door.retention_tenants()",
    "door.review_tenants(p_now timestamp with time zone)",
    "door.session_by_hash(p_hash bytea)",
    "door.silence_tenants()",
    "door.source_by_key(p_hash bytea)",
    "door.tenant_by_slug(p_slug text)",
    "door.tenant_ids()",
    "door.token_by_hash(p_hash bytea)",
    "door.users_by_login(p_email text)",
    "door.users_by_subject(p_subject text)",
}
"""All that works without a tenant, or looks under the entered one where the policy bars an index; they return ids."""

VAULT = {
    "vault.approve_optin(p_optin uuid, p_approver uuid, p_by text, p_via text, p_facts jsonb)",
    (
        "vault.ask_optin(p_optin uuid, p_channel uuid, p_types text[], p_severity text, p_purpose text, p_baa uuid,"
        " p_until timestamp with time zone, p_requester uuid, p_by text, p_via text, p_destination text, p_facts jsonb,"
        " p_break_glass boolean)"
    ),
    "vault.bind_optin(p_optin uuid, p_mac bytea, p_mac_version integer)",
    "vault.channel_strays()",
    (
        "vault.disclose(p_version bigint, p_optin uuid, p_channel uuid, p_destination uuid, p_identity bytea,"
        " p_refused text, p_wanted json)"
    ),
    "vault.end_optin(p_optin uuid, p_state text, p_by text, p_reason text)",
    "vault.hold_optin(p_optin uuid)",
    "vault.keep_optin(p_optin uuid, p_reviewer uuid, p_by text, p_types text[], p_until timestamp with time zone)",
    "vault.look_optin(p_optin uuid, p_every interval)",
    "vault.remind_baa(p_baa uuid, p_days integer)",
    "vault.retire_baa(p_baa uuid, p_by text)",
    "vault.told_optin(p_optin uuid)",
    "vault.warn_optin(p_optin uuid, p_days integer)",
    "vault.fetch_error(p_grant uuid, p_actor text)",
    ("vault.keep_error(p_error uuid, p_kind text, p_tokens text[], p_key integer, p_sealed bytea, p_days integer)"),
    "vault.list_errors(p_limit integer)",
    ("vault.request_error(p_grant uuid, p_error uuid, p_user uuid, p_actor text, p_reason text, p_refused text)"),
    "vault.add_key(p_purpose text, p_version integer, p_wrapped bytea, p_wrapped_by text)",
    "vault.begin_pass()",
    "vault.census()",
    "vault.erase(p_blinds json)",
    "vault.fetch(p_grant uuid, p_actor text)",
    "vault.keys()",
    (
        "vault.request_reveal(p_grant uuid, p_incident uuid, p_tokens text[], p_user uuid, p_actor text,"
        " p_purpose text, p_reason text, p_refused text)"
    ),
    "vault.reveal_counts(p_user uuid)",
    "vault.rewrap_key(p_purpose text, p_version integer, p_wrapped bytea, p_wrapped_by text)",
    "vault.seal(p_index integer, p_key integer, p_entries json)",
    "vault.seal_again(p_index integer, p_key integer, p_entries json)",
    "vault.shred_key(p_version integer)",
    "vault.shred_tenant()",
    "vault.stop_sealing()",
    "vault.sweep_ended(p_most integer)",
    "vault.sweep_incidents(p_rows integer)",
    "vault.sweep_records(p_most integer)",
    "vault.sweep_values(p_index integer, p_blind bytea, p_most integer)",
}
"""All that reaches the vault."""

WITHOUT_TENANT = {
    "instance": "switches and heartbeats of the installation, nobody's data",
    "alembic_version": "which schema this is",
    "measures": "counts and times for /metrics: names, kinds and numbers, nobody's data",
    "challenges": "hashes of questions asked before anybody knows who answers",
    "throttle": "hashes of what is guessed at too often, before anybody knows whose it is",
}

GLOBAL_KEYS = {
    "tenants_slug_key": "a slug names its tenant in URLs, so it is one installation-wide name",
    "sources_key": "a key must lead to one source; SHA-256 of 32 random characters tells nothing",
    "api_tokens_hash": "a token must lead to one tenant; a hash of random bytes tells nothing",
    "sessions_hash": "a session must lead to one user; a hash of random bytes tells nothing",
}
"""Unique without the tenant, and why that tells nobody anything."""

TENANT_TABLES = (
    "SELECT c.oid, n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')"
)


@pytest.fixture
def superuser(database: Migrated) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def runtime(database: Migrated, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def clinic(runtime: Runtime) -> Iterator[Tenant]:
    """A tenant with rows in as many tables as one delivered alert touches."""
    with WebhookVendor() as vendor, Worker(runtime) as worker:
        made = tenant(runtime, channels={"hook": webhook(vendor)})
        edge = Edge(runtime)
        edge.take(made.post({"title": "bounced", "message": f"mail to {EMAIL}"}))
        worker.drain(*edge.rung)
        yield made


def test_every_table_is_a_tenants_or_says_why_not(superuser: Superuser) -> None:
    ours = {row.name for row in superuser.rows(TENANT_TABLES)}
    every = {f"{schema}.{name}" for schema, name in superuser.tables()}
    assert every - ours == {f"public.{name}" for name in WITHOUT_TENANT}


def test_every_tenant_table_has_forced_row_level_security_and_the_one_policy(superuser: Superuser) -> None:
    for table in superuser.rows(TENANT_TABLES):
        row = superuser.one("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s", [table.oid])
        assert tuple(row) == (True, True), table.name
        policies = {
            row.polname: row
            for row in superuser.rows(
                "SELECT polname, polcmd, polroles::regrole[]::text[] AS roles, pg_get_expr(polqual, polrelid) AS seen,"
                " pg_get_expr(polwithcheck, polrelid) AS written FROM pg_policy WHERE polrelid = %s",
                [table.oid],
            )
        }
        mine = policies.pop("tenant")
        assert (mine.polcmd, mine.roles) == ("*", ["-"]), table.name
        assert "app.tenant_id" in mine.seen, table.name
        assert mine.seen == mine.written, table.name
        # What is left is what the doors read, and only their owner may use it.
        assert all(row.polcmd == "r" and row.roles == ["alertveil_system"] for row in policies.values()), table.name


def test_every_key_starts_with_the_tenant(superuser: Superuser) -> None:
    tables = [row.oid for row in superuser.rows(TENANT_TABLES)]
    strays = {
        row.name
        for row in superuser.rows(
            "SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a"
            " ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indisunique AND i.indrelid = ANY (%s)"
            " AND a.attname <> 'tenant_id'",
            [tables],
        )
    }
    assert strays == set(GLOBAL_KEYS)
    foreign = superuser.rows(
        "SELECT k.conname FROM pg_constraint k"
        " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
        " WHERE k.contype = 'f' AND k.conrelid = ANY (%s) AND a.attname <> 'tenant_id'",
        [tables],
    )
    assert foreign == []


def test_without_a_tenant_nothing_is_seen(runtime: Runtime, clinic: Tenant, superuser: Superuser) -> None:
    assert superuser.one("SELECT count(*) AS n FROM incidents").n == 1
    for table in superuser.rows(TENANT_TABLES):
        if table.name.startswith("vault."):
            continue
        with runtime.database.several() as session:
            assert session.rows(f"SELECT 1 AS n FROM {table.name}") == [], table.name
        with runtime.database.several() as session:  # an earlier transaction of this connection had one
            session.enter(clinic.tenant_id)
        with runtime.database.several() as session:
            assert session.rows(f"SELECT 1 AS n FROM {table.name}") == [], table.name


def test_a_stranger_sees_changes_and_adds_nothing_of_anothers(
    runtime: Runtime, clinic: Tenant, superuser: Superuser
) -> None:
    stranger = tenant(runtime)
    filled = 0
    for table in superuser.rows(TENANT_TABLES):
        if table.name.startswith("vault."):
            continue
        theirs = superuser.rows(f"SELECT * FROM {table.name} WHERE tenant_id = %s", [clinic.tenant_id])
        filled += bool(theirs)
        count = f"SELECT count(*) AS n FROM {table.name} WHERE tenant_id = '{clinic.tenant_id}'"
        with runtime.database.tenant(stranger.tenant_id) as session:
            assert session.rows(count)[0].n == 0, table.name
        for statement in (
            f"UPDATE {table.name} SET tenant_id = '{clinic.tenant_id}'",  # mine becomes theirs
            f"INSERT INTO {table.name} (tenant_id) VALUES ('{clinic.tenant_id}')",
        ):
            with pytest.raises(DatabaseDown) as refused, runtime.database.tenant(stranger.tenant_id) as session:  # noqa: PT012 - how it ends is the story
                if session.run(statement) == 0:  # there was nothing of mine to give away
                    raise DatabaseDown("42501")
            assert refused.value.sqlstate == "42501", table.name
        after = superuser.rows(f"SELECT * FROM {table.name} WHERE tenant_id = %s", [clinic.tenant_id])
        assert after == theirs, table.name
    assert filled >= 10, "the clinic has rows to lose"


def test_the_functions_that_run_as_somebody_else_are_a_closed_list(superuser: Superuser) -> None:
    found = superuser.rows(
        "SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,"
        " p.proconfig, p.proowner::regrole::text AS owner, p.proacl::text[] AS acl FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef"
        " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    assert {row.name for row in found} == DOORS | VAULT
    for row in found:
        schema = "vault" if row.name in VAULT else "public"
        assert row.proconfig == [f"search_path={schema}, pg_temp"], row.name
        assert row.owner == ("alertveil_vault" if row.name in VAULT else "alertveil_system")
        assert row.acl is not None, f"{row.name}: PUBLIC may run what has no list"
        assert not any(entry.startswith("=") for entry in row.acl), row.name
        assert {entry.partition("=")[0] for entry in row.acl} <= {row.owner, "alertveil_app"}, row.name


def test_their_owners_can_neither_log_in_nor_pass_row_level_security(superuser: Superuser) -> None:
    rows = superuser.rows(
        "SELECT rolname, rolcanlogin OR rolsuper OR rolbypassrls AS unsafe FROM pg_roles"
        " WHERE rolname IN ('alertveil_app', 'alertveil_vault', 'alertveil_system', 'alertveil_auditor')"
    )
    assert {row.rolname: row.unsafe for row in rows} == dict.fromkeys(
        ("alertveil_app", "alertveil_vault", "alertveil_system", "alertveil_auditor"), False
    )


@pytest.mark.parametrize("table", ["vault.entries", "vault.data_keys", "vault.grants"])
@pytest.mark.parametrize("what", ["SELECT 1 AS n FROM {}", "DELETE FROM {}", "UPDATE {} SET tenant_id = tenant_id"])
def test_the_application_cannot_touch_the_vaults_tables(
    runtime: Runtime, clinic: Tenant, table: str, what: str
) -> None:
    with pytest.raises(DatabaseDown) as refused, runtime.database.tenant(clinic.tenant_id) as session:
        session.run(what.format(table))
    assert refused.value.sqlstate == "42501"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM attempts",
        "UPDATE attempts SET policy = 'x'",
        "DELETE FROM incident_events",
        "UPDATE alerts SET tokens = '{}'",
        "UPDATE destinations SET config = '{}'",
        "TRUNCATE incidents CASCADE",
        "CREATE TABLE public.mine (a int)",
        "SET ROLE alertveil_vault",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_the_application_may_not(runtime: Runtime, clinic: Tenant, statement: str) -> None:
    with pytest.raises(DatabaseDown) as refused, runtime.database.tenant(clinic.tenant_id) as session:
        session.run(statement)
    assert refused.value.sqlstate == "42501"


def test_a_role_that_row_level_security_would_not_hold_is_refused(database: Migrated) -> None:
    for url in (database.superuser_url, database.owner_url):
        unsafe = Database(url)
        with pytest.raises(UnsafeRole, match="could bypass row-level security"):
            unsafe.check_role()
        unsafe.close()


def test_a_connection_that_failed_for_one_tenant_serves_the_next_with_nothing_of_it(
    database: Migrated, clinic: Tenant
) -> None:
    lone = Database(database.app_url, size=1)
    for _ in range(3):
        with pytest.raises(RuntimeError), lone.tenant(clinic.tenant_id) as session:  # noqa: PT012 - how it ends is the story
            assert session.rows("SELECT count(*) AS n FROM incidents")[0].n == 1
            raise RuntimeError
        with pytest.raises(DatabaseDown), lone.tenant(clinic.tenant_id) as session:
            session.run("SELECT 1 / 0")
        with lone.several() as session:
            assert session.rows("SELECT count(*) AS n FROM incidents")[0].n == 0
        with lone.tenant(uuid4()) as session:
            assert session.rows("SELECT count(*) AS n FROM incidents")[0].n == 0
    lone.close()


def test_the_auditor_reads_under_a_tenant_and_writes_nothing(database: Migrated, clinic: Tenant) -> None:
    with psycopg.connect(database.auditor_url) as connection:

        def count(table: str) -> Any:  # noqa: ANN401 - a number
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            return row and row[0]

        assert count("attempts") == 0
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", [str(clinic.tenant_id)])
        assert count("attempts") == 1
        assert count("vault.grants") == 0
        connection.commit()
        for statement in ("DELETE FROM vault.grants", "SELECT 1 FROM vault.entries", "UPDATE incidents SET title = ''"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()
