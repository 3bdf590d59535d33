"""Retention, legal holds, and the end of keys: what is removed when, by functions that check the rule themselves.

The application may not delete. It asks these functions, which belong to `alertveil_vault` and remove only what the
tenant's own periods, its holds and the six years of records (45 CFR 164.316(b)(2)(i)) let go; each call is bounded.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    # A hold without an incident is the whole tenant's.
    "holds": """
CREATE TABLE holds (
  tenant_id uuid NOT NULL REFERENCES tenants,
  hold_id uuid NOT NULL,
  incident_id uuid,
  reason text NOT NULL,
  placed_by text NOT NULL,
  placed_at timestamptz NOT NULL DEFAULT now(),
  lifted_by text,
  lifted_at timestamptz,
  PRIMARY KEY (tenant_id, hold_id)
)""",
    # Where a tenant's sweep stands: the database's clock as it was seen, and a pass over the vault from its first entry
    # to its last.
    "retention": """
CREATE TABLE retention (
  tenant_id uuid PRIMARY KEY REFERENCES tenants,
  next_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz,
  unsteady_at timestamptz,
  pass_began_at timestamptz,
  pass_xid xid8,
  pass_index integer NOT NULL DEFAULT 0,
  pass_blind bytea NOT NULL DEFAULT '',
  pass_ended_at timestamptz,
  incidents bigint NOT NULL DEFAULT 0,
  rows bigint NOT NULL DEFAULT 0,
  entries bigint NOT NULL DEFAULT 0,
  keys bigint NOT NULL DEFAULT 0
)""",
}

GRANTS = """
CREATE INDEX holds_live ON holds (tenant_id, incident_id) WHERE lifted_at IS NULL;
GRANT SELECT, INSERT ON holds TO alertveil_app;
GRANT UPDATE (lifted_by, lifted_at) ON holds TO alertveil_app;
GRANT SELECT, INSERT, UPDATE ON retention TO alertveil_app;
GRANT UPDATE (secrets, key_version) ON destinations TO alertveil_app;
GRANT SELECT ON holds, retention TO alertveil_auditor;
GRANT SELECT ON holds, retention, tenants TO alertveil_vault;
GRANT UPDATE (offboarded_at) ON tenants TO alertveil_vault;
GRANT SELECT, UPDATE, DELETE ON incidents TO alertveil_vault;
GRANT SELECT, DELETE ON alerts, incident_events, deliveries, attempts, threads TO alertveil_vault;
GRANT SELECT ON retention TO alertveil_system;
CREATE POLICY system ON retention FOR SELECT TO alertveil_system USING (true);
"""

VAULT = f"""
SET ROLE alertveil_vault;
-- Tokens that a pass must spare, collected when it begins. `value`: the ciphertext too, not the token alone.
CREATE TABLE vault.needed (
  tenant_id uuid NOT NULL,
  token text NOT NULL,
  value boolean NOT NULL,
  PRIMARY KEY (tenant_id, token)
);
-- Values removed at a person's request. Their tokens are shown on; the same value gets another token from then on.
CREATE TABLE vault.erased (
  tenant_id uuid NOT NULL,
  token text NOT NULL,
  kind text NOT NULL,
  index_version integer NOT NULL,
  blind bytea NOT NULL,
  erased_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, token)
);
CREATE INDEX erased_time ON vault.erased (tenant_id, erased_at);
ALTER TABLE vault.needed ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.needed FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.needed USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});
ALTER TABLE vault.erased ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.erased FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.erased USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});

-- Value keys under which nothing has been sealed for this long: a successor was made before.
CREATE FUNCTION vault.over(p_tenant uuid, p_for interval) RETURNS integer[]
LANGUAGE sql STABLE SET search_path = vault, pg_temp AS $$
  SELECT coalesce(array_agg(k.version), '{{}}') FROM vault.data_keys k
  WHERE k.tenant_id = p_tenant AND k.purpose = 'value' AND EXISTS (SELECT FROM vault.data_keys s
    WHERE s.tenant_id = p_tenant AND s.purpose = 'value' AND s.version > k.version AND s.created_at < now() - p_for)
$$;

CREATE FUNCTION vault.held(p_tenant uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = vault, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.holds h
    WHERE h.tenant_id = p_tenant AND h.incident_id IS NULL AND h.lifted_at IS NULL)
$$;

-- The lowest id that an incident opened at this moment can have (RFC 9562, version 7: milliseconds first).
CREATE FUNCTION vault.id_at(p_at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = vault, pg_temp AS $$
  SELECT (lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- One bounded step: incidents that ended longer ago than the tenant keeps them, and all that hangs on them but the
-- record of plaintext that left. An off-boarded tenant's are due at once.
CREATE FUNCTION vault.sweep_incidents(p_rows integer) RETURNS TABLE (incidents integer, rows integer)
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

-- Before a pass: the tokens of incidents that are needed, though some value key that they may use is over.
CREATE FUNCTION vault.begin_pass() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  values_kept interval;
  incidents_kept interval;
  step integer;
BEGIN
  SELECT t.keep_values, t.keep_incidents INTO values_kept, incidents_kept FROM public.tenants t
  WHERE t.tenant_id = mine;
  DELETE FROM vault.needed n WHERE n.tenant_id = mine;
  INSERT INTO vault.needed (tenant_id, token, value)
  SELECT mine, o.token, bool_or(o.value) FROM (
    SELECT unnest(a.tokens) AS token, i.value
    FROM (SELECT j.incident_id, j.status <> 'resolved' OR j.resolved_at >= now() - values_kept
          OR EXISTS (SELECT FROM public.holds h
            WHERE h.tenant_id = mine AND h.incident_id = j.incident_id AND h.lifted_at IS NULL) AS value,
          j.opened_at
        FROM public.incidents j
        WHERE j.tenant_id = mine AND j.incident_id < vault.id_at(now() - values_kept + interval '1 minute')) i
    JOIN public.alerts a ON a.tenant_id = mine AND a.incident_id = i.incident_id
    WHERE i.value OR i.opened_at < now() - incidents_kept) o
  GROUP BY o.token;
  GET DIAGNOSTICS step = ROW_COUNT;
  RETURN step;
END $$;

-- One page of a pass, after (p_index, p_blind): ciphertexts under keys that are over go, and tokens that nothing kept
-- shows and no disclosure names. `looked` under p_most: this was the last page.
CREATE FUNCTION vault.sweep_values(p_index integer, p_blind bytea, p_most integer)
RETURNS TABLE (last_index integer, last_blind bytea, looked integer, swept integer, dropped integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine uuid := {TENANT};
  kept public.tenants;
  over integer[];
  gone integer[];
BEGIN
  SELECT * INTO kept FROM public.tenants t WHERE t.tenant_id = mine;
  IF kept.tenant_id IS NULL OR vault.held(mine) THEN
    RETURN;
  END IF;
  over := vault.over(mine, kept.keep_values);
  gone := vault.over(mine, greatest(kept.keep_incidents, kept.keep_values));
  RETURN QUERY
  WITH page AS MATERIALIZED (
    SELECT e.index_version, e.blind, e.token, e.key_version, e.sealed IS NOT NULL AS sealed
    FROM vault.entries e WHERE e.tenant_id = mine AND (e.index_version, e.blind) > (p_index, p_blind)
    ORDER BY e.index_version, e.blind LIMIT p_most),
  judged AS MATERIALIZED (
    SELECT p.*, n.value, n.token IS NOT NULL AS needed FROM page p
    LEFT JOIN LATERAL (SELECT m.token, m.value FROM vault.needed m
      WHERE m.tenant_id = mine AND m.token = p.token LIMIT 1) n ON true
    WHERE p.key_version = ANY (over)),
  swept AS (
    UPDATE vault.entries e SET sealed = NULL FROM judged j
    WHERE j.sealed AND j.value IS NOT TRUE AND e.tenant_id = mine AND e.index_version = j.index_version
      AND e.blind = j.blind AND e.key_version = j.key_version AND e.sealed IS NOT NULL
    RETURNING 1),
  dropped AS (
    DELETE FROM vault.entries e USING judged j
    WHERE NOT j.sealed AND NOT j.needed AND j.key_version = ANY (gone) AND e.tenant_id = mine
      AND e.index_version = j.index_version AND e.blind = j.blind AND e.sealed IS NULL
      AND NOT EXISTS (SELECT FROM public.disclosures d WHERE d.tenant_id = mine AND d.token = j.token)
    RETURNING 1)
  SELECT l.index_version, l.blind, (SELECT count(*) FROM page)::integer, (SELECT count(*) FROM swept)::integer,
    (SELECT count(*) FROM dropped)::integer
  FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT p.index_version, p.blind FROM page p
    ORDER BY p.index_version DESC, p.blind DESC LIMIT 1) l ON true;
END $$;

-- Returns when every transaction that was sealing has ended; from then to the end of this one nobody seals.
CREATE FUNCTION vault.stop_sealing() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(vault.gate({TENANT}));
  RETURN true;
END $$;

-- A value key's end: only one that is over and under which no ciphertext is left, and only when every transaction that
-- was under way when the pass began has ended, so that none of them can leave one. Its row stays as the record.
CREATE FUNCTION vault.shred_key(p_version integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  kept interval;
BEGIN
  SELECT t.keep_values INTO kept FROM public.tenants t WHERE t.tenant_id = mine;
  IF kept IS NULL OR vault.held(mine) OR NOT p_version = ANY (vault.over(mine, kept)) OR NOT EXISTS (
    SELECT FROM public.retention r
    WHERE r.tenant_id = mine AND r.pass_xid < pg_snapshot_xmin(pg_current_snapshot())) OR EXISTS (
    SELECT FROM vault.entries e WHERE e.tenant_id = mine AND e.key_version = p_version AND e.sealed IS NOT NULL) THEN
    RETURN false;
  END IF;
  UPDATE vault.data_keys k SET wrapped = NULL, shredded_at = now()
  WHERE k.tenant_id = mine AND k.purpose = 'value' AND k.version = p_version AND k.shredded_at IS NULL;
  RETURN FOUND;
END $$;

-- Records that have been kept for six years (45 CFR 164.316(b)(2)(i)), and a tenant's hold keeps them longer.
CREATE FUNCTION vault.sweep_records(p_most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  before timestamptz := now() - interval '6 years';
  step integer;
  total integer := 0;
BEGIN
  IF mine IS NULL OR vault.held(mine) THEN
    RETURN 0;
  END IF;
  DELETE FROM public.disclosures d USING (SELECT c.grant_id, c.token FROM public.disclosures c
    WHERE c.tenant_id = mine AND c.at < before ORDER BY c.at LIMIT p_most) o
  WHERE d.tenant_id = mine AND d.grant_id = o.grant_id AND d.token = o.token;
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM vault.grants g USING (SELECT c.grant_id FROM vault.grants c
    WHERE c.tenant_id = mine AND c.at < before ORDER BY c.at LIMIT p_most) o
  WHERE g.tenant_id = mine AND g.grant_id = o.grant_id
    AND NOT EXISTS (SELECT FROM public.disclosures d WHERE d.tenant_id = mine AND d.grant_id = g.grant_id);
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM public.attempts a USING (SELECT c.incident_id, c.channel_id, c.revision, c.number FROM public.attempts c
    WHERE c.tenant_id = mine AND c.mode = 'plaintext' AND c.started_at < before ORDER BY c.started_at LIMIT p_most) o
  WHERE a.tenant_id = mine AND a.incident_id = o.incident_id AND a.channel_id = o.channel_id
    AND a.revision = o.revision AND a.number = o.number;
  GET DIAGNOSTICS step = ROW_COUNT;
  total := total + step;
  DELETE FROM vault.erased r USING (SELECT c.token FROM vault.erased c
    WHERE c.tenant_id = mine AND c.erased_at < before ORDER BY c.erased_at LIMIT p_most) o
  WHERE r.tenant_id = mine AND r.token = o.token;
  GET DIAGNOSTICS step = ROW_COUNT;
  RETURN total + step;
END $$;

-- Values by blind index (one a version of the index key): their ciphertext goes for good. A token that a hold needs is
-- left, and told.
CREATE FUNCTION vault.erase(p_blinds json) RETURNS TABLE (token text, kind text, erased boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine uuid := {TENANT};
  whole boolean := vault.held(mine);
BEGIN
  PERFORM pg_advisory_xact_lock(vault.gate(mine));
  RETURN QUERY
  WITH found AS MATERIALIZED (
    SELECT e.index_version, e.blind, e.token, e.kind, whole OR EXISTS (SELECT FROM public.holds h
        JOIN public.alerts a ON a.tenant_id = mine AND a.incident_id = h.incident_id
        WHERE h.tenant_id = mine AND h.lifted_at IS NULL AND e.token = ANY (a.tokens)) AS held
    FROM json_to_recordset(p_blinds) AS b (version integer, blind bytea)
    CROSS JOIN LATERAL (SELECT f.index_version, f.blind, f.token, f.kind FROM vault.entries f
      WHERE f.tenant_id = mine AND f.index_version = b.version AND f.blind = b.blind LIMIT 1) e),
  kept AS (
    INSERT INTO vault.erased (tenant_id, token, kind, index_version, blind)
    SELECT mine, f.token, f.kind, f.index_version, f.blind FROM found f WHERE NOT f.held RETURNING 1),
  removed AS (
    DELETE FROM vault.entries e USING found f
    WHERE NOT f.held AND e.tenant_id = mine AND e.index_version = f.index_version AND e.blind = f.blind
    RETURNING e.token)
  SELECT f.token, f.kind, NOT f.held FROM found f;
END $$;

-- The end of a tenant: every key it ever had is destroyed in one transaction, so nothing of it opens again; what was
-- destroyed is told by a fingerprint of its wrapped form. None while a hold is on.
CREATE FUNCTION vault.shred_tenant()
RETURNS TABLE (purpose text, version integer, epoch date, created_at timestamptz, shredded_at timestamptz,
  fingerprint text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine uuid := {TENANT};
BEGIN
  PERFORM pg_advisory_xact_lock(vault.gate(mine));
  IF EXISTS (SELECT FROM public.holds h WHERE h.tenant_id = mine AND h.lifted_at IS NULL) THEN
    RETURN;
  END IF;
  UPDATE public.tenants t SET offboarded_at = now() WHERE t.tenant_id = mine AND t.offboarded_at IS NULL;
  DELETE FROM vault.newest_keys n WHERE n.tenant_id = mine;
  RETURN QUERY
  WITH before AS MATERIALIZED (
    SELECT k.purpose, k.version, k.wrapped FROM vault.data_keys k
    WHERE k.tenant_id = mine AND k.wrapped IS NOT NULL FOR UPDATE),
  ended AS (
    UPDATE vault.data_keys k SET wrapped = NULL, shredded_at = now() FROM before b
    WHERE k.tenant_id = mine AND k.purpose = b.purpose AND k.version = b.version
    RETURNING k.purpose, k.version, k.epoch, k.created_at, k.shredded_at, encode(sha256(b.wrapped), 'hex') AS print)
  SELECT e.purpose, e.version, e.epoch, e.created_at, e.shredded_at, e.print FROM ended e ORDER BY 1, 2;
END $$;

-- One bounded step of removing what an off-boarded tenant's keys had sealed.
CREATE FUNCTION vault.sweep_ended(p_most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  step integer;
BEGIN
  IF NOT EXISTS (SELECT FROM public.tenants t WHERE t.tenant_id = mine AND t.offboarded_at IS NOT NULL) THEN
    RETURN 0;
  END IF;
  DELETE FROM vault.entries e USING (SELECT f.index_version, f.blind FROM vault.entries f
    WHERE f.tenant_id = mine LIMIT p_most) o
  WHERE e.tenant_id = mine AND e.index_version = o.index_version AND e.blind = o.blind;
  GET DIAGNOSTICS step = ROW_COUNT;
  DELETE FROM vault.needed n WHERE n.tenant_id = mine;
  RETURN step;
END $$;

-- How many values are kept, how many of them still open, and how many were erased: for `keys status` and the proof.
CREATE FUNCTION vault.census() RETURNS TABLE (entries bigint, sealed bigint, erased bigint, keys bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  SELECT count(*), count(e.sealed),
    (SELECT count(*) FROM vault.erased r WHERE r.tenant_id = {TENANT}),
    (SELECT count(*) FROM vault.data_keys k WHERE k.tenant_id = {TENANT} AND k.wrapped IS NOT NULL)
  FROM vault.entries e WHERE e.tenant_id = {TENANT}
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vault FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.sweep_incidents(integer), vault.begin_pass(),
  vault.sweep_values(integer, bytea, integer), vault.stop_sealing(), vault.shred_key(integer),
  vault.sweep_records(integer), vault.erase(json), vault.shred_tenant(), vault.sweep_ended(integer), vault.census()
  TO alertveil_app;
RESET ROLE;
"""

DOOR = """
SET ROLE alertveil_system;
-- Tenants whose sweep is due, those that waited longest first.
CREATE FUNCTION door.retention_tenants() RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id FROM public.tenants t LEFT JOIN public.retention r ON r.tenant_id = t.tenant_id
  WHERE coalesce(r.next_at, '-infinity') <= now() ORDER BY coalesce(r.next_at, '-infinity') LIMIT 4
$$;
REVOKE ALL ON FUNCTION door.retention_tenants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.retention_tenants() TO alertveil_app;
RESET ROLE;
"""


def upgrade() -> None:
    """Make holds, the sweep's state and the functions that remove."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(GRANTS)
    op.execute(VAULT)
    op.execute(DOOR)


def downgrade() -> None:
    """Refuse: what was removed does not come back, and what is held must stay held."""
    raise NotImplementedError("Retention is not undone by a migration.")
