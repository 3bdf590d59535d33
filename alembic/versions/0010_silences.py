"""Silences, and what each kept quiet; a source's key before the last rotation, which holds for a while longer."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    # `settled_at`: over, and everybody who was to be told of what it kept quiet has been.
    "silences": """
CREATE TABLE silences (
  tenant_id uuid NOT NULL REFERENCES tenants,
  silence_id uuid NOT NULL,
  matchers jsonb NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  reason text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_by text,
  settled_at timestamptz,
  told integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, silence_id)
)""",
    # Only what a silence kept quiet has a row: where none holds, an alert writes nothing here.
    "silenced": """
CREATE TABLE silenced (
  tenant_id uuid NOT NULL,
  silence_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  revision integer NOT NULL,
  PRIMARY KEY (tenant_id, silence_id, incident_id)
)""",
}

GRANTS = """
CREATE INDEX silences_unsettled ON silences (tenant_id, ends_at) WHERE settled_at IS NULL;
GRANT SELECT, INSERT ON silences, silenced TO alertveil_app;
GRANT UPDATE (ends_at, ended_by, settled_at, told) ON silences TO alertveil_app;
GRANT UPDATE (revision) ON silenced TO alertveil_app;
GRANT DELETE ON silenced TO alertveil_app;
GRANT SELECT ON silences TO alertveil_auditor, alertveil_system;
CREATE POLICY system ON silences FOR SELECT TO alertveil_system USING (true);
"""

# A key that was replaced holds until `old_key_until`, so that a tool can be moved over without losing an alert.
SOURCES = """
ALTER TABLE sources ADD COLUMN old_key_hash bytea, ADD COLUMN old_key_until timestamptz,
  ADD COLUMN old_edge_key bytea, ADD COLUMN old_edge_key_version integer;
"""

# Made beside the traffic: every alert reads its source.
OLD_KEYS = (
    "CREATE INDEX CONCURRENTLY sources_old_key ON sources (old_key_hash)"
    " WHERE old_key_hash IS NOT NULL AND retired_at IS NULL"
)

DOORS = """
SET ROLE alertveil_system;
-- Tenants with a silence that is over and not settled.
CREATE FUNCTION door.silence_tenants() RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id FROM public.tenants t WHERE EXISTS (
    SELECT FROM public.silences s WHERE s.tenant_id = t.tenant_id AND s.settled_at IS NULL AND s.ends_at <= now())
$$;
REVOKE ALL ON FUNCTION door.silence_tenants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.silence_tenants() TO alertveil_app;

-- The key in use wins over one that was replaced.
CREATE OR REPLACE FUNCTION door.source_by_key(p_hash bytea) RETURNS TABLE (tenant_id uuid, source_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  (SELECT s.tenant_id, s.source_id FROM public.sources s WHERE s.key_hash = p_hash AND s.retired_at IS NULL)
  UNION ALL
  (SELECT s.tenant_id, s.source_id FROM public.sources s
   WHERE s.old_key_hash = p_hash AND s.old_key_hash IS NOT NULL AND s.old_key_until > now() AND s.retired_at IS NULL)
  LIMIT 1
$$;
RESET ROLE;
"""


def upgrade() -> None:
    """Add the tables, the columns and the doors."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(GRANTS)
    op.execute(SOURCES)
    op.execute(DOORS)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS sources_old_key")
        op.execute(OLD_KEYS)
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Refuse: silences and what they kept quiet would be forgotten."""
    raise NotImplementedError("Silences are not undone by a migration.")
