"""What the background looks for costs what there is of it: the tokens that a pass must spare, and signed starts.

The plan of a pass joined every incident with every alert; each of the four kinds of incidents that it wants has an
index, and a kind is a short range there: a range with two ends is taken for one, whatever its values.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

# As migration 0005 made it, incident by incident: live ones, those that ended within the time that values are kept,
# held ones, and those that the sweep of incidents has still to remove (a day more than it, for ids are made by another
# clock).
PASS = f"""
SET ROLE alertveil_vault;
CREATE OR REPLACE FUNCTION vault.begin_pass() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  values_kept interval;
  incidents_kept interval;
  cut uuid;
  step integer;
BEGIN
  SELECT t.keep_values, t.keep_incidents INTO values_kept, incidents_kept FROM public.tenants t
  WHERE t.tenant_id = mine;
  cut := vault.id_at(now() - values_kept + interval '1 minute');
  DELETE FROM vault.needed n WHERE n.tenant_id = mine;
  INSERT INTO vault.needed (tenant_id, token, value)
  SELECT mine, o.token, bool_or(o.value) FROM (
    SELECT a.token, i.value FROM (
      SELECT k.incident_id, bool_or(k.value) AS value FROM (
        SELECT j.incident_id, true AS value FROM public.incidents j
        WHERE j.tenant_id = mine AND j.status <> 'resolved' AND j.incident_id < cut
        UNION ALL
        SELECT j.incident_id, true FROM public.incidents j
        WHERE j.tenant_id = mine AND j.status = 'resolved' AND j.incident_id < cut
          AND j.resolved_at >= now() - values_kept AND j.resolved_at <= 'infinity'
        UNION ALL
        SELECT h.incident_id, true FROM public.holds h
        WHERE h.tenant_id = mine AND h.incident_id < cut AND h.lifted_at IS NULL
        UNION ALL
        SELECT j.incident_id, false FROM public.incidents j
        WHERE j.tenant_id = mine AND j.incident_id >= '00000000-0000-0000-0000-000000000000'
          AND j.incident_id < least(cut, vault.id_at(now() - incidents_kept + interval '1 day'))
          AND j.opened_at < now() - incidents_kept) k
      GROUP BY k.incident_id) i
    CROSS JOIN LATERAL (SELECT unnest(b.tokens) AS token FROM public.alerts b
      WHERE b.tenant_id = mine AND b.incident_id = i.incident_id OFFSET 0) a) o
  GROUP BY o.token;
  GET DIAGNOSTICS step = ROW_COUNT;
  RETURN step;
END $$;
RESET ROLE;
"""

# Whoever signs checkpoints waits for it, a second at the most, and nobody waits for them.
STARTS = """
GRANT CREATE ON SCHEMA public TO alertveil_system;
SET ROLE alertveil_system;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_checkpoints_starts ON public.audit_checkpoints (tenant_id, seq) WHERE kind = 'start';
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM alertveil_system;
"""


def upgrade() -> None:
    """Put the function in place, and make the index."""
    op.execute(PASS)
    op.execute(STARTS)


def downgrade() -> None:
    """Refuse: the function before it spares the same tokens, and reads everything for that."""
    raise NotImplementedError("A slower way to the same is not brought back by a migration.")
