"""The first schema: tenants, what they configure, alerts, incidents, deliveries, and the vault apart from all of it.

Every tenant table has forced row-level security with the one policy `tenant`: rows of the tenant named by the setting
`app.tenant_id`, none when it is unset. Keys start with the tenant, so no constraint tells one tenant of another.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

ROLES = """
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['alertveil_app', 'alertveil_vault', 'alertveil_system', 'alertveil_auditor'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this cluster is being migrated at the same moment
      END;
    END IF;
  END LOOP;
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    FOREACH wanted IN ARRAY ARRAY['alertveil_vault', 'alertveil_system'] LOOP
      IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
        EXECUTE format('GRANT %I TO %I', wanted, current_user);
      ELSIF current_setting('server_version_num')::int >= 160000 THEN
        EXECUTE format('GRANT %I TO %I WITH SET TRUE', wanted, current_user);
      END IF;
    END LOOP;
  END IF;
END $$;
"""

# One row: what belongs to the whole installation. It holds switches and heartbeats, no tenant's data.
INSTANCE = """
CREATE TABLE instance (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  kill_switch boolean NOT NULL DEFAULT false,
  ingest_seen_at timestamptz,
  ingest_since timestamptz,
  upkeep_ran_at timestamptz NOT NULL DEFAULT 'epoch',
  upkeep_rung_at timestamptz NOT NULL DEFAULT 'epoch',
  oldest_due_at timestamptz
);
INSERT INTO instance DEFAULT VALUES;
"""

TABLES = {
    "tenants": """
CREATE TABLE tenants (
  tenant_id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text NOT NULL,
  privacy text NOT NULL DEFAULT 'strict' CHECK (privacy IN ('detect', 'strict', 'sealed')),
  patterns jsonb NOT NULL DEFAULT '[]',
  safe_words jsonb NOT NULL DEFAULT '[]',
  kill_switch boolean NOT NULL DEFAULT false,
  config_version bigint NOT NULL DEFAULT 1,
  keep_values interval NOT NULL DEFAULT '30 days',
  keep_incidents interval NOT NULL DEFAULT '180 days',
  offboarded_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
)""",
    # `subject` says who the person is: `local:…` for an account of this installation, `<issuer>|<sub>` for one that an
    # identity provider vouches for. It is unique in a tenant, so one person is one user.
    "users": """
CREATE TABLE users (
  tenant_id uuid NOT NULL REFERENCES tenants,
  user_id uuid NOT NULL,
  email text NOT NULL,
  subject text NOT NULL DEFAULT 'local:' || gen_random_uuid(),
  kind text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'break_glass')),
  roles text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz,
  disabled_at timestamptz,
  PRIMARY KEY (tenant_id, user_id),
  UNIQUE (tenant_id, email),
  UNIQUE (tenant_id, subject)
)""",
    # A one-time code, what the first of two factors gave, or a session; `auth`: how it was come by, `strong_at`: when
    # its user last proved who they are.
    "sessions": """
CREATE TABLE sessions (
  tenant_id uuid NOT NULL,
  session_hash bytea NOT NULL,
  user_id uuid NOT NULL,
  session_id uuid NOT NULL DEFAULT gen_random_uuid(),
  kind text NOT NULL CHECK (kind IN ('code', 'half', 'session')),
  auth text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  strong_at timestamptz,
  ends_at timestamptz NOT NULL,
  address text NOT NULL DEFAULT '',
  agent text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, session_hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users
)""",
    "sources": """
CREATE TABLE sources (
  tenant_id uuid NOT NULL REFERENCES tenants,
  source_id uuid NOT NULL,
  name text NOT NULL,
  format text NOT NULL,
  key_hash bytea NOT NULL,
  edge_key bytea NOT NULL,
  edge_key_version integer NOT NULL,
  mapping jsonb NOT NULL DEFAULT '{}',
  quiet_after interval,
  resumed_at timestamptz,
  paused_at timestamptz,
  retired_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, source_id)
)""",
    "routes": """
CREATE TABLE routes (
  tenant_id uuid NOT NULL REFERENCES tenants,
  position integer NOT NULL,
  matchers jsonb NOT NULL,
  channels jsonb NOT NULL,
  group_by jsonb NOT NULL,
  go_on boolean NOT NULL,
  PRIMARY KEY (tenant_id, position)
)""",
    "channels": """
CREATE TABLE channels (
  tenant_id uuid NOT NULL REFERENCES tenants,
  channel_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  vendor text NOT NULL,
  destination_id uuid NOT NULL,
  paused_at timestamptz,
  pause_reason text,
  retired_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, channel_id)
)""",
    # Where a channel leads, as it was when a delivery was planned: never changed, so that a resolve goes where the
    # trigger went even after the channel was edited or deleted.
    "destinations": """
CREATE TABLE destinations (
  tenant_id uuid NOT NULL,
  destination_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  kind text NOT NULL,
  config jsonb NOT NULL,
  secrets bytea NOT NULL,
  key_version integer NOT NULL,
  identity bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, destination_id),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES channels
)""",
    # One row a channel: who drains it and what is out between send and record. A claim touches this row, not the
    # deliveries, and its lease token fences a worker that lost it.
    "lanes": """
CREATE TABLE lanes (
  tenant_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  lease_owner integer,
  lease_token uuid,
  lease_until timestamptz,
  out_incidents uuid[] NOT NULL DEFAULT '{}',
  out_revisions integer[] NOT NULL DEFAULT '{}',
  bucket double precision NOT NULL DEFAULT 'infinity',  -- as full as its destination's burst, whatever that is
  filled_at timestamptz NOT NULL DEFAULT now(),
  delivered bigint NOT NULL DEFAULT 0,
  retried bigint NOT NULL DEFAULT 0,
  dead bigint NOT NULL DEFAULT 0,
  failing integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  paused text,
  probe_at timestamptz,
  last_ok_at timestamptz,
  last_reason text,
  PRIMARY KEY (tenant_id, channel_id),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES channels
) WITH (fillfactor = 50)""",
    "incidents": """
CREATE TABLE incidents (
  tenant_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  group_key bytea NOT NULL,
  latest boolean NOT NULL DEFAULT true,
  source_id uuid NOT NULL,
  source text NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'investigating', 'resolved')),
  severity text NOT NULL CHECK (severity IN ('critical', 'error', 'warning', 'info')),
  title text NOT NULL,
  description text NOT NULL,
  labels json NOT NULL,
  links json NOT NULL,
  fields json NOT NULL,
  revision integer NOT NULL,
  generation integer NOT NULL,
  count integer NOT NULL,
  firing bigint[] NOT NULL,
  told json NOT NULL,
  opened_at timestamptz NOT NULL,
  last_alert_at timestamptz NOT NULL,
  resolved_at timestamptz,
  ended_by text,
  PRIMARY KEY (tenant_id, incident_id)
) WITH (fillfactor = 80)""",
    "incident_events": """
CREATE TABLE incident_events (
  tenant_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  revision integer NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  why text NOT NULL,
  actor text NOT NULL,
  hush text,
  PRIMARY KEY (tenant_id, incident_id, revision)
)""",
    "alerts": """
CREATE TABLE alerts (
  tenant_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  alert_id uuid NOT NULL,
  identity bytea NOT NULL,
  generation integer NOT NULL,
  source_id uuid NOT NULL,
  signal text NOT NULL,
  severity text NOT NULL,
  payload json NOT NULL,
  tokens text[] NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, incident_id, alert_id)
)""",
    "deliveries": """
CREATE TABLE deliveries (
  tenant_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  revision integer NOT NULL,
  destination_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('trigger', 'update', 'acknowledge', 'resolve', 'test')),
  state text NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'delivered', 'dead', 'superseded', 'suppressed')),
  attempts integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  first_tried_at timestamptz,
  done_at timestamptz,
  uncertain boolean NOT NULL DEFAULT false,
  reason text,
  remote_id text,
  PRIMARY KEY (tenant_id, incident_id, channel_id, revision)
) WITH (fillfactor = 80)""",
    "attempts": """
CREATE TABLE attempts (
  tenant_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  revision integer NOT NULL,
  number integer NOT NULL,
  started_at timestamptz NOT NULL,
  latency_ms real NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('delivered', 'retry', 'rejected')),
  reason text NOT NULL,
  status integer,
  mode text NOT NULL CHECK (mode IN ('tokens', 'plaintext')),
  policy text NOT NULL,
  repeat boolean NOT NULL,
  tripwire integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, incident_id, channel_id, revision, number)
)""",
    # What a destination gave back that later revisions need (Slack channel and ts), and the digest that told it.
    "threads": """
CREATE TABLE threads (
  tenant_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  destination_id uuid NOT NULL,
  refs jsonb NOT NULL,
  PRIMARY KEY (tenant_id, incident_id, destination_id)
)""",
    "edge_nonces": """
CREATE TABLE edge_nonces (
  tenant_id uuid NOT NULL,
  source_id uuid NOT NULL,
  nonce text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, source_id, nonce)
)""",
    "config_changes": """
CREATE TABLE config_changes (
  tenant_id uuid NOT NULL REFERENCES tenants,
  version bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  changes jsonb NOT NULL,
  PRIMARY KEY (tenant_id, version)
)""",
}

INDEXES = """
CREATE UNIQUE INDEX sources_key ON sources (key_hash) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX sources_name ON sources (tenant_id, name) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX channels_name ON channels (tenant_id, name) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX sessions_hash ON sessions (session_hash);
CREATE INDEX users_email ON users (email);
CREATE INDEX users_by_subject ON users (subject);
CREATE INDEX sessions_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_ends ON sessions (tenant_id, ends_at);
CREATE INDEX destinations_channel ON destinations (tenant_id, channel_id);
CREATE UNIQUE INDEX incidents_latest ON incidents (tenant_id, group_key) WHERE latest;
CREATE INDEX incidents_live ON incidents (tenant_id, last_alert_at) WHERE status <> 'resolved';
CREATE UNIQUE INDEX alerts_identity ON alerts (tenant_id, identity, incident_id, generation);
CREATE INDEX deliveries_due ON deliveries (tenant_id, channel_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (tenant_id, incident_id, channel_id, revision) WHERE state = 'dead';
CREATE INDEX incidents_resolved ON incidents (tenant_id, resolved_at) WHERE status = 'resolved';
CREATE INDEX attempts_plaintext ON attempts (tenant_id, started_at) WHERE mode = 'plaintext';
CREATE INDEX edge_nonces_seen ON edge_nonces (tenant_id, seen_at);
"""

VAULT = f"""
GRANT USAGE ON SCHEMA public TO alertveil_vault, alertveil_system, alertveil_app, alertveil_auditor;
CREATE SCHEMA vault AUTHORIZATION alertveil_vault;
GRANT SELECT ON alerts TO alertveil_vault;
SET ROLE alertveil_vault;
-- value: seals what the tokenizer took out, one a month, so that retention can end with the key. data: seals what the
-- configuration keeps (credentials, edge keys). index: makes blind indexes. A destroyed key's row stays as the record.
CREATE TABLE vault.data_keys (
  tenant_id uuid NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('value', 'data', 'index')),
  version integer NOT NULL,
  epoch date NOT NULL DEFAULT date_trunc('month', now() AT TIME ZONE 'UTC')::date,
  wrapped bytea,
  wrapped_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  rewrapped_at timestamptz,
  shredded_at timestamptz,
  PRIMARY KEY (tenant_id, purpose, version),
  CHECK ((wrapped IS NULL) = (shredded_at IS NOT NULL))
);
-- Which keys seal now, until when, in one row a tenant: what vault.seal confirms.
CREATE TABLE vault.newest_keys (
  tenant_id uuid PRIMARY KEY,
  value_version integer NOT NULL DEFAULT 0,
  index_version integer NOT NULL DEFAULT 0,
  value_until timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE TABLE vault.entries (
  tenant_id uuid NOT NULL,
  index_version integer NOT NULL,
  blind bytea NOT NULL,
  token text NOT NULL,
  kind text NOT NULL,
  key_version integer NOT NULL,
  sealed bytea,  -- NULL: swept; the token and its blind index stay while a disclosure of the value is kept
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, index_version, blind),
  UNIQUE (tenant_id, token)
);
CREATE TABLE vault.grants (
  tenant_id uuid NOT NULL,
  grant_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  made_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
  actor text NOT NULL,
  purpose text NOT NULL,
  reason text NOT NULL,
  incident_id uuid NOT NULL,
  tokens text[] NOT NULL,
  allowed boolean NOT NULL,
  verdict text NOT NULL,
  fetched_at timestamptz,
  PRIMARY KEY (tenant_id, grant_id)
);
CREATE INDEX grants_time ON vault.grants (tenant_id, at);
ALTER TABLE vault.data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.data_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.data_keys USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});
ALTER TABLE vault.newest_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.newest_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.newest_keys USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});
ALTER TABLE vault.entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.entries USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});
ALTER TABLE vault.grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.grants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.grants USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});

-- Every version there ever was; a destroyed one without its key. `fresh`: made in this month, by the database's clock.
CREATE FUNCTION vault.keys() RETURNS TABLE (purpose text, version integer, epoch date, wrapped bytea, wrapped_by text,
  created_at timestamptz, rewrapped_at timestamptz, shredded_at timestamptz, fresh boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  SELECT k.purpose, k.version, k.epoch, k.wrapped, k.wrapped_by, k.created_at, k.rewrapped_at, k.shredded_at,
    k.epoch >= date_trunc('month', now() AT TIME ZONE 'UTC')::date
  FROM vault.data_keys k WHERE k.tenant_id = {TENANT} ORDER BY k.purpose, k.version
$$;

-- Whoever seals holds this lock shared; whoever changes what a value's token hangs on (a new index key, an erasure, a
-- key's end) holds it alone, so that both see what the other has committed.
CREATE FUNCTION vault.gate(p_tenant uuid) RETURNS bigint LANGUAGE sql IMMUTABLE SET search_path = vault, pg_temp AS $$
  SELECT hashtextextended(p_tenant::text, 741105)
$$;

-- Index keys end only with their tenant: where one was destroyed, no key is ever made again.
CREATE FUNCTION vault.add_key(p_purpose text, p_version integer, p_wrapped bytea, p_wrapped_by text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
BEGIN
  IF p_purpose = 'index' AND p_version > 1 THEN
    PERFORM pg_advisory_xact_lock(vault.gate(mine));
  END IF;
  INSERT INTO vault.data_keys (tenant_id, purpose, version, wrapped, wrapped_by)
  SELECT mine, p_purpose, p_version, p_wrapped, p_wrapped_by
  WHERE NOT EXISTS (SELECT FROM vault.data_keys k
    WHERE k.tenant_id = mine AND k.purpose = 'index' AND k.shredded_at IS NOT NULL)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO vault.newest_keys (tenant_id) VALUES (mine) ON CONFLICT DO NOTHING;
  UPDATE vault.newest_keys n SET
    index_version = CASE p_purpose WHEN 'index' THEN p_version ELSE n.index_version END,
    value_version = CASE p_purpose WHEN 'value' THEN p_version ELSE n.value_version END,
    value_until = CASE p_purpose WHEN 'value' THEN
      (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' ELSE n.value_until END
  WHERE n.tenant_id = mine AND p_purpose IN ('value', 'index');
  RETURN true;
END $$;

CREATE FUNCTION vault.rewrap_key(p_purpose text, p_version integer, p_wrapped bytea, p_wrapped_by text) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  WITH changed AS (
    UPDATE vault.data_keys SET wrapped = p_wrapped, wrapped_by = p_wrapped_by, rewrapped_at = now()
    WHERE tenant_id = {TENANT} AND purpose = p_purpose AND version = p_version AND shredded_at IS NULL RETURNING 1)
  SELECT EXISTS (SELECT FROM changed)
$$;

-- Same value, same token: the row that was there first wins, and the caller learns its token. Two statements, so that
-- the second sees what another transaction committed while the first waited for it. `again`: the entry's ciphertext is
-- of an older key or swept, and the caller must seal it again (vault.seal_again). The caller's keys must be the newest
-- ones of this month: otherwise nothing is sealed, and the answer is one row without a token.
CREATE FUNCTION vault.seal(
  p_index integer, p_key integer, p_entries json)
RETURNS TABLE (proposed text, token text, again boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine uuid := {TENANT};
BEGIN
  -- An expression and no query: this runs for every batch. Only while somebody holds the gate alone is it waited for.
  IF NOT pg_try_advisory_xact_lock_shared(hashtextextended(mine::text, 741105)) THEN
    PERFORM pg_advisory_xact_lock_shared(vault.gate(mine));
  END IF;
  PERFORM FROM vault.newest_keys n
  WHERE n.tenant_id = mine AND n.index_version = p_index AND n.value_version = p_key AND n.value_until > now();
  IF NOT FOUND THEN
    RETURN QUERY SELECT '', NULL::text, true;
    RETURN;
  END IF;
  IF p_index > 1 THEN
    -- A value known under an older index key moves to the newest and keeps its token.
    UPDATE vault.entries e SET index_version = p_index, blind = moved.blind
    FROM (SELECT i.blind, f.index_version, f.blind AS was
      FROM json_to_recordset(p_entries) AS i (blind bytea, older json)
      CROSS JOIN LATERAL json_to_recordset(i.older) AS o (version integer, blind bytea)
      CROSS JOIN LATERAL (SELECT g.index_version, g.blind FROM vault.entries g
        WHERE g.tenant_id = mine AND g.index_version = o.version AND g.blind = o.blind FOR UPDATE) f) moved
    WHERE e.tenant_id = mine AND e.index_version = moved.index_version AND e.blind = moved.was;
  END IF;
  INSERT INTO vault.entries (tenant_id, index_version, blind, token, kind, key_version, sealed)
  SELECT mine, p_index, i.blind, i.token, i.kind, p_key, i.sealed
  FROM json_to_recordset(p_entries) AS i (blind bytea, token text, kind text, sealed bytea)
  ORDER BY i.blind
  ON CONFLICT (tenant_id, index_version, blind) DO NOTHING;
  RETURN QUERY
  -- Looked up one by one: a plan made while the table was small would read all of it.
  SELECT i.token, e.token, e.again FROM json_to_recordset(p_entries) AS i (blind bytea, token text)
  CROSS JOIN LATERAL (SELECT f.token, f.key_version <> p_key OR f.sealed IS NULL AS again FROM vault.entries f
    WHERE f.tenant_id = mine AND f.index_version = p_index AND f.blind = i.blind LIMIT 1) e
  WHERE e.token <> i.token OR e.again;
END $$;

-- The ciphertexts of known values, sealed under the key that vault.seal has just confirmed in this transaction; how
-- many there were to replace. Row by row in the caller's order: a value comes here once a month.
CREATE FUNCTION vault.seal_again(p_index integer, p_key integer, p_entries json) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  given record;
  kept integer := 0;
BEGIN
  FOR given IN SELECT i.blind, i.token, i.sealed
    FROM json_to_recordset(p_entries) AS i (blind bytea, token text, sealed bytea) ORDER BY i.blind
  LOOP
    UPDATE vault.entries e SET key_version = p_key, sealed = given.sealed
    WHERE e.tenant_id = mine AND e.index_version = p_index AND e.blind = given.blind AND e.token = given.token;
    IF FOUND THEN
      kept := kept + 1;
    END IF;
  END LOOP;
  RETURN kept;
END $$;

-- Only for a grant that is committed (so not of this transaction), fresh, unused and the same actor's.
CREATE FUNCTION vault.fetch(p_grant uuid, p_actor text)
RETURNS TABLE (token text, kind text, key_version integer, sealed bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine uuid := {TENANT};
  wanted text[];
BEGIN
  UPDATE vault.grants g SET fetched_at = clock_timestamp()
  WHERE g.tenant_id = mine AND g.grant_id = p_grant AND g.actor = p_actor AND g.allowed AND g.fetched_at IS NULL
    AND g.made_in <> pg_current_xact_id() AND g.at > clock_timestamp() - interval '60 seconds'
  RETURNING g.tokens INTO wanted;
  IF wanted IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT e.token, e.kind, e.key_version, e.sealed FROM vault.entries e
  WHERE e.tenant_id = mine AND e.token = ANY (wanted);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vault FROM PUBLIC;
GRANT USAGE ON SCHEMA vault TO alertveil_app, alertveil_auditor;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA vault TO alertveil_app;
GRANT SELECT ON vault.grants TO alertveil_auditor;
RESET ROLE;
"""

# What works without a tenant: this closed list, and it returns ids only.
DOORS = """
GRANT SELECT ON tenants, users, sessions, sources, deliveries, incidents TO alertveil_system;
CREATE POLICY system ON tenants FOR SELECT TO alertveil_system USING (true);
CREATE POLICY system ON users FOR SELECT TO alertveil_system USING (true);
CREATE POLICY system ON sessions FOR SELECT TO alertveil_system USING (true);
CREATE POLICY system ON sources FOR SELECT TO alertveil_system USING (true);
CREATE POLICY system ON deliveries FOR SELECT TO alertveil_system USING (true);
CREATE POLICY system ON incidents FOR SELECT TO alertveil_system USING (true);
CREATE SCHEMA door AUTHORIZATION alertveil_system;
SET ROLE alertveil_system;

CREATE FUNCTION door.tenant_by_slug(p_slug text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id FROM public.tenants t WHERE t.slug = p_slug
$$;

CREATE FUNCTION door.tenant_ids() RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id FROM public.tenants t ORDER BY t.tenant_id
$$;

CREATE FUNCTION door.source_by_key(p_hash bytea) RETURNS TABLE (tenant_id uuid, source_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.tenant_id, s.source_id FROM public.sources s WHERE s.key_hash = p_hash AND s.retired_at IS NULL
$$;

CREATE FUNCTION door.session_by_hash(p_hash bytea) RETURNS TABLE (tenant_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.tenant_id, s.user_id FROM public.sessions s WHERE s.session_hash = p_hash AND s.ends_at > now()
$$;

CREATE FUNCTION door.users_by_login(p_email text) RETURNS TABLE (tenant_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.tenant_id, u.user_id FROM public.users u WHERE u.email = p_email AND u.disabled_at IS NULL
$$;

-- A loose index scan: one probe a channel that has anything pending, however long its queue is.
CREATE FUNCTION door.due_lanes() RETURNS TABLE (tenant_id uuid, channel_id uuid, due_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH RECURSIVE lane AS (
    (SELECT d.tenant_id, d.channel_id, d.next_attempt_at FROM public.deliveries d WHERE d.state = 'pending'
     ORDER BY d.tenant_id, d.channel_id, d.next_attempt_at LIMIT 1)
    UNION ALL
    SELECT n.tenant_id, n.channel_id, n.next_attempt_at FROM lane CROSS JOIN LATERAL (
      SELECT d.tenant_id, d.channel_id, d.next_attempt_at FROM public.deliveries d
      WHERE d.state = 'pending' AND (d.tenant_id, d.channel_id) > (lane.tenant_id, lane.channel_id)
      ORDER BY d.tenant_id, d.channel_id, d.next_attempt_at LIMIT 1) n
  )
  SELECT lane.tenant_id, lane.channel_id, lane.next_attempt_at FROM lane WHERE lane.next_attempt_at <= now()
$$;

-- Tenants with a live incident that has been silent for a second at least; whether it is quiet is decided under the
-- tenant.
CREATE FUNCTION door.quiet_tenants() RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id FROM public.tenants t WHERE EXISTS (
    SELECT FROM public.incidents i WHERE i.tenant_id = t.tenant_id AND i.status <> 'resolved'
      AND i.last_alert_at < now() - interval '1 second')
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA door FROM PUBLIC;
GRANT USAGE ON SCHEMA door TO alertveil_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA door TO alertveil_app;
RESET ROLE;
"""

GRANTS = """
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON tenants, users, sources, routes, channels, destinations, lanes, incidents,
  incident_events, alerts, deliveries, attempts, threads, edge_nonces, config_changes, sessions TO alertveil_app;
GRANT DELETE ON routes, edge_nonces, sessions TO alertveil_app;
REVOKE UPDATE ON alerts, attempts, incident_events, config_changes, destinations FROM alertveil_app;
GRANT SELECT, UPDATE ON instance TO alertveil_app;
GRANT SELECT ON instance, tenants, users, sources, routes, channels, incidents, incident_events, alerts, deliveries,
  attempts, config_changes TO alertveil_auditor;
"""


def upgrade() -> None:
    """Create everything."""
    op.execute(ROLES)
    op.execute(INSTANCE)
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(INDEXES)
    op.execute(GRANTS)
    op.execute(VAULT)
    op.execute(DOORS)


def downgrade() -> None:
    """Refuse: dropping the vault is a decision for a person with a backup, not for a migration."""
    raise NotImplementedError("The first migration is not undone: drop the database instead.")
