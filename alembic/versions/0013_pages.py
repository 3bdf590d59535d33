"""What the pages read: an index for every list of incidents, notes that people write, and counts by the hour.

`hours` is a roll-up that upkeep keeps behind the hot path: charts read some hundred short rows and never the alerts.
Its counting finds new rows through BRIN indexes, which cost an insert next to nothing.
"""

from alembic import op

revision = "0013"
down_revision = "0014"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    # What a person wrote to an incident, tokenized at strict before it came here.
    "notes": """
CREATE TABLE notes (
  tenant_id uuid NOT NULL REFERENCES tenants,
  incident_id uuid NOT NULL,
  note_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (tenant_id, incident_id, note_id)
)""",
    # One row an hour in which something happened. `failed`: attempts that did not deliver. `disclosed`: deliveries that
    # were granted plaintext, `revealed`: reveals to a person.
    "hours": """
CREATE TABLE hours (
  tenant_id uuid NOT NULL REFERENCES tenants,
  hour timestamptz NOT NULL,
  alerts integer NOT NULL DEFAULT 0,
  delivered integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  disclosed integer NOT NULL DEFAULT 0,
  revealed integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, hour)
)""",
    # Up to when `hours` has counted; the row is locked by whoever counts.
    "counted": """
CREATE TABLE counted (
  tenant_id uuid NOT NULL PRIMARY KEY REFERENCES tenants,
  upto timestamptz NOT NULL
)""",
}

GRANTS = """
GRANT SELECT, INSERT ON notes TO alertveil_app;
GRANT SELECT, DELETE ON notes TO alertveil_vault;
GRANT SELECT, INSERT, UPDATE ON hours, counted TO alertveil_app;
GRANT SELECT ON notes, hours, counted TO alertveil_auditor;
"""

# One bounded step of retention, as migration 0005 made it, and the notes of the incidents that go.
SWEEP = f"""
SET ROLE alertveil_vault;
CREATE OR REPLACE FUNCTION vault.sweep_incidents(p_rows integer) RETURNS TABLE (incidents integer, rows integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  kept interval;
  ended boolean;
  due uuid[];
  step integer;
  total integer := 0;
BEGIN
  SELECT t.keep_incidents, t.offboarded_at IS NOT NULL INTO kept, ended FROM public.tenants t WHERE t.tenant_id = mine;
  IF kept IS NULL OR vault.held(mine) THEN
    RETURN QUERY SELECT 0, 0;
    RETURN;
  END IF;
  IF ended THEN
    SELECT array_agg(d.incident_id) INTO due FROM (SELECT i.incident_id FROM public.incidents i
      WHERE i.tenant_id = mine ORDER BY i.incident_id LIMIT 200 FOR UPDATE SKIP LOCKED) d;
  ELSE
    SELECT array_agg(d.incident_id) INTO due FROM (SELECT i.incident_id FROM public.incidents i
      WHERE i.tenant_id = mine AND i.status = 'resolved' AND i.resolved_at < now() - kept
        AND NOT EXISTS (SELECT FROM public.holds h
          WHERE h.tenant_id = mine AND h.incident_id = i.incident_id AND h.lifted_at IS NULL)
        AND NOT EXISTS (SELECT FROM public.deliveries d
          WHERE d.tenant_id = mine AND d.incident_id = i.incident_id AND d.state = 'pending')
      ORDER BY i.resolved_at LIMIT 200 FOR UPDATE SKIP LOCKED) d;
  END IF;
  IF due IS NULL THEN
    RETURN QUERY SELECT 0, 0;
    RETURN;
  END IF;
  DELETE FROM public.alerts a USING (SELECT b.incident_id, b.alert_id FROM public.alerts b
    WHERE b.tenant_id = mine AND b.incident_id = ANY (due) LIMIT p_rows) o
  WHERE a.tenant_id = mine AND a.incident_id = o.incident_id AND a.alert_id = o.alert_id;
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM public.attempts a USING (SELECT b.incident_id, b.channel_id, b.revision, b.number FROM public.attempts b
    WHERE b.tenant_id = mine AND b.incident_id = ANY (due) AND b.mode = 'tokens' LIMIT p_rows) o
  WHERE a.tenant_id = mine AND a.incident_id = o.incident_id AND a.channel_id = o.channel_id
    AND a.revision = o.revision AND a.number = o.number;
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM public.deliveries a USING (SELECT b.incident_id, b.channel_id, b.revision FROM public.deliveries b
    WHERE b.tenant_id = mine AND b.incident_id = ANY (due) LIMIT p_rows) o
  WHERE a.tenant_id = mine AND a.incident_id = o.incident_id AND a.channel_id = o.channel_id
    AND a.revision = o.revision;
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM public.incident_events a USING (SELECT b.incident_id, b.revision FROM public.incident_events b
    WHERE b.tenant_id = mine AND b.incident_id = ANY (due) LIMIT p_rows) o
  WHERE a.tenant_id = mine AND a.incident_id = o.incident_id AND a.revision = o.revision;
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM public.notes a WHERE a.tenant_id = mine AND a.incident_id = ANY (due);
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM public.threads a WHERE a.tenant_id = mine AND a.incident_id = ANY (due);
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM public.incidents i WHERE i.tenant_id = mine AND i.incident_id = ANY (due)
    AND NOT EXISTS (SELECT FROM public.alerts a WHERE a.tenant_id = mine AND a.incident_id = i.incident_id)
    AND NOT EXISTS (SELECT FROM public.attempts a
      WHERE a.tenant_id = mine AND a.incident_id = i.incident_id AND a.mode = 'tokens')
    AND NOT EXISTS (SELECT FROM public.deliveries d WHERE d.tenant_id = mine AND d.incident_id = i.incident_id)
    AND NOT EXISTS (SELECT FROM public.incident_events e WHERE e.tenant_id = mine AND e.incident_id = i.incident_id);
  GET DIAGNOSTICS step = ROW_COUNT;
  RETURN QUERY SELECT step, total + step;
END $$;
RESET ROLE;
"""

# As migration 0002 made it, with a plan that holds however long the audit is: a range with two ends is taken for a
# short one and read from its index, and each event's row in the chain is looked up alone.
UNCHAINED = """
SET ROLE alertveil_system;
CREATE OR REPLACE FUNCTION door.audit_unchained(p_passed xid8) RETURNS TABLE (tenant_id uuid, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.tenant_id, min(e.at) FROM public.audit_events e
  LEFT JOIN LATERAL (SELECT true AS chained FROM public.audit_chain c
    WHERE c.tenant_id = e.tenant_id AND c.event_id = e.event_id LIMIT 1) c ON true
  WHERE e.made_in >= p_passed AND e.made_in <= '18446744073709551615'::xid8 AND c.chained IS NULL
  GROUP BY e.tenant_id ORDER BY e.tenant_id
$$;
RESET ROLE;
"""

# Made beside the traffic. `incidents_by`: any list of incidents is a merge of its statuses' and severities' newest.
INDEXES = {
    "incidents_by": "ON incidents (tenant_id, status, severity, incident_id)",
    "alerts_when": "ON alerts USING brin (received_at) WITH (pages_per_range = 16, autosummarize = on)",
    "attempts_when": "ON attempts USING brin (started_at) WITH (pages_per_range = 16, autosummarize = on)",
}


def upgrade() -> None:
    """Add tables and indexes."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(GRANTS)
    op.execute(SWEEP)
    op.execute(UNCHAINED)
    with op.get_context().autocommit_block():
        # It waits for what began earlier and holds nothing up meanwhile, so it may wait.
        op.execute("SET lock_timeout = 0")
        for name, rest in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # one that an earlier try left unfinished
            op.execute(f"CREATE INDEX CONCURRENTLY {name} {rest}")
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Refuse: what people wrote to an incident is part of its record."""
    raise NotImplementedError("Notes are not dropped by a migration.")
