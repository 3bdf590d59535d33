"""Incidents by what people call them, and audit events by channel, each from an index.

Both look for what an expression gives, and under row-level security no such index is ever used: only a comparison that
cannot leak may be tried before the policy. So two doors look there under the entered tenant and return ids only; what
the ids name is read under the policy as ever.
"""

from alembic import op

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

DOORS = f"""
SET ROLE alertveil_system;
-- Up to two incidents of the entered tenant whose id ends so, the newest first. What is over is in an index whose order
-- is asked for, so that no plan walks the primary key from its newest end instead; live ones are few and all looked at.
CREATE FUNCTION door.incidents_called(p_tail text) RETURNS TABLE (incident_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT q.incident_id FROM (
    (SELECT i.incident_id FROM public.incidents i WHERE i.tenant_id = {TENANT} AND i.status = 'resolved'
       AND right(i.incident_id::text, 8) >= p_tail AND right(i.incident_id::text, 8) <= p_tail
     ORDER BY right(i.incident_id::text, 8) DESC, i.incident_id DESC LIMIT 2)
    UNION ALL
    SELECT i.incident_id FROM public.incidents i WHERE i.tenant_id = {TENANT} AND i.status <> 'resolved'
      AND right(i.incident_id::text, 8) = p_tail) q
  ORDER BY q.incident_id DESC LIMIT 2
$$;

-- Events of the entered tenant that concern a channel, the newest first, before one and since a time; what is null of
-- the rest is not asked for. An event has one object: two of them fit none. The bounds are whole keys of the index, and
-- so is the order: no other index is taken for it.
CREATE FUNCTION door.audit_of_channel(p_channel text, p_at timestamptz, p_event uuid, p_since timestamptz, p_actor text,
  p_actions text[], p_objects text[], p_decision text, p_most integer)
RETURNS TABLE (at timestamptz, event_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.at, e.event_id FROM public.audit_events e
  WHERE e.tenant_id = {TENANT} AND e.details ->> 'channel' IS NOT NULL AND e.at >= p_since
    AND (e.details ->> 'channel', e.at, e.event_id) < (p_channel, p_at, p_event)
    AND (e.details ->> 'channel', e.at) >= (p_channel, p_since)
    AND (p_actor IS NULL OR e.actor = p_actor) AND (p_actions IS NULL OR e.action = ANY (p_actions))
    AND (p_objects IS NULL OR e.object = ALL (p_objects)) AND (p_decision IS NULL OR e.decision = p_decision)
  ORDER BY e.details ->> 'channel' DESC, e.at DESC, e.event_id DESC LIMIT p_most
$$;

REVOKE ALL ON FUNCTION door.incidents_called(text), door.audit_of_channel(text, timestamptz, uuid, timestamptz,
  text, text[], text[], text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.incidents_called(text), door.audit_of_channel(text, timestamptz, uuid, timestamptz,
  text, text[], text[], text, integer) TO alertveil_app;
RESET ROLE;
"""

# Only of what is over: a name's end is random, and so is its place in the index; each incident pays for that once, when
# it ends, and an alert that comes in never does.
CALLED = "ON incidents (tenant_id, right(incident_id::text, 8), incident_id) WHERE status = 'resolved'"


def upgrade() -> None:
    """Add the doors, and the index beside the traffic."""
    op.execute(DOORS)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS incidents_called")
        op.execute(f"CREATE INDEX CONCURRENTLY incidents_called {CALLED}")
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Take them away: names and channels are looked for row by row again."""
    op.execute("DROP INDEX incidents_called")
    op.execute("DROP FUNCTION door.incidents_called(text)")
    op.execute(
        "DROP FUNCTION door.audit_of_channel(text, timestamptz, uuid, timestamptz, text, text[], text[], text, integer)"
    )
