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
  tie bytea NOT NULL,
  mac_version integer NOT NULL,
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
  signed_at timestamptz NOT NULL DEFAULT 'epoch',
  kept_at timestamptz NOT NULL DEFAULT 'epoch'
)""",
}

INDEXES = """
CREATE INDEX audit_events_made_in ON audit_events (made_in);
CREATE INDEX audit_events_actor ON audit_events (tenant_id, actor, at, event_id);
CREATE INDEX audit_events_object ON audit_events (tenant_id, object, at, event_id);
CREATE INDEX audit_events_action ON audit_events (tenant_id, action, at, event_id);
CREATE INDEX audit_events_denied ON audit_events (tenant_id, at) WHERE decision = 'denied';
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
    BEGIN
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
    EXCEPTION WHEN check_violation THEN
      NULL;  -- rows of that month stand in the partition for everything else: there they stay, and `doctor` says so
    END;
  END LOOP;
  RETURN made;
END $$;

-- The oldest month whose last day is six years and a day ago (45 CFR 164.316(b)(2)(i); the day is for transactions that
-- were open at midnight), and where each tenant's chain stands at its end. No row: nothing is over.
CREATE FUNCTION door.audit_over() RETURNS TABLE (month date, tenant_id uuid, seq bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  oldest date;
BEGIN
  SELECT min(to_date(substr(c.relname, 8), 'YYYY_MM')) INTO oldest FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.audit_events'::regclass AND c.relname <> 'events_else';
  IF oldest IS NULL OR (oldest + interval '1 month') AT TIME ZONE 'UTC' > now() - interval '6 years 1 day' THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT oldest, e.tenant_id, max(c.seq) FROM public.audit_events e
    LEFT JOIN public.audit_chain c ON c.tenant_id = e.tenant_id AND c.event_id = e.event_id
    WHERE e.at >= oldest::timestamp AT TIME ZONE 'UTC' AND e.at < (oldest + interval '1 month') AT TIME ZONE 'UTC'
    GROUP BY e.tenant_id;
  IF NOT FOUND THEN
    RETURN QUERY SELECT oldest, NULL::uuid, NULL::bigint;
  END IF;
END $$;

-- Drop that month, if it is over and a signed start stands at or after the end of every chain in it.
CREATE FUNCTION door.audit_drop(p_month date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  mine text := current_setting('app.tenant_id', true);
  ends timestamptz := (p_month + interval '1 month') AT TIME ZONE 'UTC';
  start bigint;
  over boolean := false;
  each record;
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  FOR each IN SELECT o.month, o.tenant_id, o.seq FROM door.audit_over() o LOOP
    IF each.month <> p_month THEN
      RETURN false;
    END IF;
    over := true;
    CONTINUE WHEN each.tenant_id IS NULL;
    PERFORM set_config('app.tenant_id', each.tenant_id::text, true);
    SELECT max(k.seq) INTO start FROM public.audit_checkpoints k
      WHERE k.tenant_id = each.tenant_id AND k.kind = 'start';
    IF start IS NULL OR each.seq IS NULL OR start < each.seq OR EXISTS (
      SELECT FROM public.audit_events e WHERE e.tenant_id = each.tenant_id
        AND e.at >= p_month::timestamp AT TIME ZONE 'UTC' AND e.at < ends AND NOT EXISTS (
          SELECT FROM public.audit_chain c WHERE c.tenant_id = e.tenant_id AND c.event_id = e.event_id))
    THEN
      PERFORM set_config('app.tenant_id', coalesce(mine, ''), true);
      RETURN false;
    END IF;
    DELETE FROM public.audit_chain c WHERE c.tenant_id = each.tenant_id AND c.seq <= start AND c.at < ends;
  END LOOP;
  PERFORM set_config('app.tenant_id', coalesce(mine, ''), true);
  IF NOT over THEN
    RETURN false;
  END IF;
  EXECUTE format('DROP TABLE %I.%I', 'audit', 'events_' || to_char(p_month, 'YYYY_MM'));
  RETURN true;
END $$;

-- Tenants with events in no chain yet, of transactions not passed.
CREATE FUNCTION door.audit_unchained(p_passed xid8) RETURNS TABLE (tenant_id uuid, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.tenant_id, min(e.at) FROM public.audit_events e
  WHERE e.made_in >= p_passed AND NOT EXISTS (
    SELECT FROM public.audit_chain c WHERE c.tenant_id = e.tenant_id AND c.event_id = e.event_id)
  GROUP BY e.tenant_id ORDER BY e.tenant_id
$$;

REVOKE ALL ON FUNCTION door.audit_months(integer), door.audit_unchained(xid8), door.audit_over(), door.audit_drop(date)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.audit_months(integer), door.audit_unchained(xid8), door.audit_over(),
  door.audit_drop(date) TO alertveil_app;
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
