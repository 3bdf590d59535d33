"""Hooks: subscriptions of a tenant's own systems, and the outbox of what each of them is still to be told.

An event is written in the transaction that made the change, for every hook that wants its type. The hook's row is its
lane: who sends for it now, what is out, and how far it has counted.
"""

from alembic import op

revision = "0011"
down_revision = "0013"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    "hooks": """
CREATE TABLE hooks (
  tenant_id uuid NOT NULL REFERENCES tenants,
  hook_id uuid NOT NULL,
  name text NOT NULL,
  url text NOT NULL,
  events text[] NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  secrets bytea NOT NULL,
  key_version integer NOT NULL,
  revision integer NOT NULL DEFAULT 1,
  rotated_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  counted bigint NOT NULL DEFAULT 0,
  lease_owner integer,
  lease_token uuid,
  lease_until timestamptz,
  out_events uuid[] NOT NULL DEFAULT '{}',
  delivered bigint NOT NULL DEFAULT 0,
  dead bigint NOT NULL DEFAULT 0,
  failing_since timestamptz,
  paused text,
  probe_at timestamptz,
  last_ok_at timestamptz,
  last_reason text,
  PRIMARY KEY (tenant_id, hook_id)
) WITH (fillfactor = 50)""",
    # `sequence` is given when the hook's sender first sees the event, so that it has no gap and no writer waits for
    # another. `facts` holds ids and words of closed lists, nothing that anybody wrote.
    "hook_events": """
CREATE TABLE hook_events (
  tenant_id uuid NOT NULL,
  hook_id uuid NOT NULL,
  event_id uuid NOT NULL,
  type text NOT NULL,
  subject uuid NOT NULL,
  facts json NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  sequence bigint,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  first_tried_at timestamptz,
  done_at timestamptz,
  uncertain boolean NOT NULL DEFAULT false,
  reason text,
  status integer,
  PRIMARY KEY (tenant_id, hook_id, event_id)
) WITH (fillfactor = 80)""",
}

INDEXES = """
CREATE UNIQUE INDEX hooks_name ON hooks (tenant_id, name) WHERE removed_at IS NULL;
CREATE INDEX hook_events_due ON hook_events (tenant_id, hook_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX hook_events_uncounted ON hook_events (tenant_id, hook_id, event_id) WHERE sequence IS NULL;
CREATE INDEX hook_events_done ON hook_events (tenant_id, hook_id, done_at) WHERE state <> 'pending';
"""

# As door.due_lanes: one probe a hook that has anything pending.
DOOR = """
GRANT SELECT ON hook_events TO alertveil_system;
CREATE POLICY system ON hook_events FOR SELECT TO alertveil_system USING (true);
SET ROLE alertveil_system;
CREATE FUNCTION door.due_hooks() RETURNS TABLE (tenant_id uuid, hook_id uuid, due_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH RECURSIVE hook AS (
    (SELECT e.tenant_id, e.hook_id, e.next_attempt_at FROM public.hook_events e WHERE e.state = 'pending'
     ORDER BY e.tenant_id, e.hook_id, e.next_attempt_at LIMIT 1)
    UNION ALL
    SELECT n.tenant_id, n.hook_id, n.next_attempt_at FROM hook CROSS JOIN LATERAL (
      SELECT e.tenant_id, e.hook_id, e.next_attempt_at FROM public.hook_events e
      WHERE e.state = 'pending' AND (e.tenant_id, e.hook_id) > (hook.tenant_id, hook.hook_id)
      ORDER BY e.tenant_id, e.hook_id, e.next_attempt_at LIMIT 1) n
  )
  SELECT hook.tenant_id, hook.hook_id, hook.next_attempt_at FROM hook WHERE hook.next_attempt_at <= now()
$$;
REVOKE ALL ON FUNCTION door.due_hooks() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.due_hooks() TO alertveil_app;
RESET ROLE;
"""


def upgrade() -> None:
    """Add hooks and their outbox."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(INDEXES)
    op.execute("GRANT SELECT, INSERT, UPDATE ON hooks TO alertveil_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON hook_events TO alertveil_app")
    op.execute(DOOR)


def downgrade() -> None:
    """Take them away, with what was still to be told."""
    op.execute("DROP FUNCTION door.due_hooks()")
    op.execute("DROP TABLE hook_events")
    op.execute("DROP TABLE hooks")
