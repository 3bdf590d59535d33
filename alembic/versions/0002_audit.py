"""Audit events, the chain behind them, signed checkpoints and the wrapped keys of all three.

Events and chain are two tables, so that neither is ever updated: the application may only insert and select. They are
owned by `alertveil_system`, which nobody can log in as; its doors make months ahead and drop those that are over.
What concerns the whole installation stands under the nil tenant id, in the same tables and under the same policy.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    "audit_events": """
CREATE TABLE audit_events (
  tenant_id uuid NOT NULL,
  at timestamptz NOT NULL,
  event_id uuid NOT NULL,
  actor text NOT NULL,
  auth text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  decision text NOT NULL CHECK (decision IN ('allowed', 'denied')),
  reason text NOT NULL,
  request_id text NOT NULL,
  details json NOT NULL,  -- json, not jsonb: the text that was authenticated is the text that is kept
  mac bytea NOT NULL,
  mac_version integer NOT NULL,
  made_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (tenant_id, at, event_id)
) PARTITION BY RANGE (at)""",
    "audit_chain": """
CREATE TABLE audit_chain (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  event_id uuid NOT NULL,
  hash bytea NOT NULL,
  link bytea NOT NULL,
  PRIMARY KEY (tenant_id, seq),
  UNIQUE (tenant_id, event_id)
)""",
    "audit_checkpoints": """
CREATE TABLE audit_checkpoints (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('checkpoint', 'start')),
  statement text NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (tenant_id, seq, at, kind)
)""",
    "audit_keys": """
CREATE TABLE audit_keys (
  tenant_id uuid NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('mac', 'sign')),
  version integer NOT NULL,
  wrapped bytea NOT NULL,
  wrapped_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, purpose, version)
)""",
    # One row, under the nil tenant. `passed`: every event of an older transaction is in a chain.
    "audit_state": """
CREATE TABLE audit_state (
  tenant_id uuid PRIMARY KEY,
  passed xid8 NOT NULL DEFAULT '0',
  kept_at timestamptz NOT NULL DEFAULT 'epoch'
)""",
}

INDEXES = """
CREATE INDEX audit_events_made_in ON audit_events (made_in);
CREATE INDEX audit_events_actor ON audit_events (tenant_id, actor, at, event_id);
CREATE INDEX audit_events_object ON audit_events (tenant_id, object, at, event_id);
CREATE INDEX audit_events_action ON audit_events (tenant_id, action, at, event_id);
CREATE INDEX audit_events_channel ON audit_events (tenant_id, (details ->> 'channel'), at, event_id)
  WHERE details ->> 'channel' IS NOT NULL;
CREATE INDEX audit_events_incident ON audit_events (tenant_id, (details ->> 'incident'), at, event_id)
  WHERE details ->> 'incident' IS NOT NULL;
"""

GRANTS = """
INSERT INTO audit_state (tenant_id) VALUES ('00000000-0000-0000-0000-000000000000');
GRANT SELECT, INSERT ON audit_events, audit_chain, audit_checkpoints, audit_keys TO alertveil_app;
GRANT UPDATE (wrapped, wrapped_by) ON audit_keys TO alertveil_app;
GRANT SELECT, UPDATE ON audit_state TO alertveil_app;
GRANT SELECT ON audit_events, audit_chain, audit_checkpoints, audit_state TO alertveil_auditor;
"""

OWNER = """
CREATE SCHEMA audit AUTHORIZATION alertveil_system;
GRANT USAGE ON SCHEMA audit TO alertveil_app, alertveil_auditor;
GRANT CREATE ON SCHEMA public TO alertveil_system;
ALTER TABLE audit_events OWNER TO alertveil_system;
ALTER TABLE audit_chain OWNER TO alertveil_system;
ALTER TABLE audit_checkpoints OWNER TO alertveil_system;
REVOKE CREATE ON SCHEMA public FROM alertveil_system;
"""

DOORS = f"""
SET ROLE alertveil_system;
CREATE POLICY system ON public.audit_events FOR SELECT TO alertveil_system USING (true);
CREATE POLICY system ON public.audit_chain FOR SELECT TO alertveil_system USING (true);

CREATE TABLE audit.events_else PARTITION OF public.audit_events DEFAULT;
ALTER TABLE audit.events_else ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.events_else FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit.events_else USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});
GRANT SELECT ON audit.events_else TO alertveil_app, alertveil_auditor;

-- Months from this one on that have no partition yet get one; how many were made. A partition is made apart and then
-- attached, so that no writer waits for it.
CREATE FUNCTION door.audit_months(p_ahead integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  month timestamp;
  name text;
  made integer := 0;
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  FOR back IN 0 .. least(p_ahead, 24) LOOP
    month := first + back * interval '1 month';
    name := 'events_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass('audit.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I.%I (LIKE public.audit_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', 'audit',
      name);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE audit.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON audit.%I USING (tenant_id = (SELECT nullif(current_setting('
      '''app.tenant_id'', true), '''')::uuid)) WITH CHECK (tenant_id = (SELECT nullif(current_setting('
      '''app.tenant_id'', true), '''')::uuid))', name);
    EXECUTE format('GRANT SELECT ON audit.%I TO alertveil_app, alertveil_auditor', name);
    EXECUTE format('ALTER TABLE public.audit_events ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', name,
      month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- Tenants with events in no chain yet, of transactions not passed.
CREATE FUNCTION door.audit_unchained(p_passed xid8) RETURNS TABLE (tenant_id uuid, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.tenant_id, min(e.at) FROM public.audit_events e
  WHERE e.made_in >= p_passed AND NOT EXISTS (
    SELECT FROM public.audit_chain c WHERE c.tenant_id = e.tenant_id AND c.event_id = e.event_id)
  GROUP BY e.tenant_id ORDER BY e.tenant_id
$$;

REVOKE ALL ON FUNCTION door.audit_months(integer), door.audit_unchained(xid8) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.audit_months(integer), door.audit_unchained(xid8) TO alertveil_app;
SELECT door.audit_months(3);
RESET ROLE;
"""


def upgrade() -> None:
    """Create the tables, hand them to their owner, and make the first months."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(INDEXES)
    op.execute("SELECT set_config('app.tenant_id', '00000000-0000-0000-0000-000000000000', true)")
    op.execute(GRANTS)
    op.execute("SELECT set_config('app.tenant_id', '', true)")
    op.execute(OWNER)
    op.execute(DOORS)


def downgrade() -> None:
    """Refuse: audit is append-only."""
    raise NotImplementedError("The audit's migration is not undone: drop the database instead.")
