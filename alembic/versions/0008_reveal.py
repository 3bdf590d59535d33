"""Reveals by people, and one row for every token that was ever granted to anybody, written where grants are written.

`disclosures` is filled by a trigger on the vault's grants, so whichever function allows plaintext (a reveal by a person
or a delivery under an opt-in) leaves its rows in the same transaction and none can be forgotten. A row keeps the
value's blind index, so that a disclosure is found by its value after retention swept the ciphertext away.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

DISCLOSURES = f"""
CREATE TABLE disclosures (
  tenant_id uuid NOT NULL,
  grant_id uuid NOT NULL,
  token text NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('reveal', 'delivery')),
  index_version integer,
  blind bytea,
  actor text NOT NULL,
  user_id uuid,
  purpose text NOT NULL,
  reason text NOT NULL,
  incident_id uuid NOT NULL,
  channel_id uuid,
  vendor text,
  vendor_key text GENERATED ALWAYS AS (lower(vendor)) STORED,  -- row-level security bars an index on lower()
  optin_id uuid,
  baa_id uuid,
  revision integer,
  attempt integer,
  PRIMARY KEY (tenant_id, grant_id, token)
);
ALTER TABLE disclosures ENABLE ROW LEVEL SECURITY;
ALTER TABLE disclosures FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON disclosures USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});
CREATE INDEX disclosures_value ON disclosures (tenant_id, blind, at);
CREATE INDEX disclosures_token ON disclosures (tenant_id, token, at);
CREATE INDEX disclosures_time ON disclosures (tenant_id, at, grant_id, token);
CREATE INDEX disclosures_user ON disclosures (tenant_id, user_id, at) WHERE user_id IS NOT NULL;
CREATE INDEX disclosures_incident ON disclosures (tenant_id, incident_id, at);
CREATE INDEX disclosures_channel ON disclosures (tenant_id, channel_id, at) WHERE channel_id IS NOT NULL;
CREATE INDEX disclosures_optin ON disclosures (tenant_id, optin_id, at) WHERE optin_id IS NOT NULL;
CREATE INDEX disclosures_vendor ON disclosures (tenant_id, vendor_key, at) WHERE vendor_key IS NOT NULL;
GRANT SELECT, INSERT, DELETE ON disclosures TO alertveil_vault;
GRANT SELECT ON disclosures TO alertveil_app;
GRANT SELECT (tenant_id, grant_id, token, at, kind, actor, user_id, purpose, reason, incident_id, channel_id, vendor,
  optin_id, baa_id, revision, attempt) ON disclosures TO alertveil_auditor;
GRANT SELECT (tenant_id, user_id, roles, disabled_at) ON users TO alertveil_vault;
"""

VAULT = f"""
SET ROLE alertveil_vault;
ALTER TABLE vault.grants ADD COLUMN user_id uuid;
-- Only reveals have a user, and none was made before this migration: the index is built over nothing.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX grants_user ON vault.grants (tenant_id, user_id, at) WHERE user_id IS NOT NULL;

-- Runs as whoever writes the grant, which only the vault's own functions can. A delivery's grant names its channel.
CREATE FUNCTION vault.tell_disclosures() RETURNS trigger
LANGUAGE plpgsql SET search_path = vault, pg_temp AS $$
BEGIN
  INSERT INTO public.disclosures (tenant_id, grant_id, token, at, kind, index_version, blind, actor, user_id, purpose,
    reason, incident_id, channel_id, vendor, optin_id, baa_id, revision, attempt)
  SELECT NEW.tenant_id, NEW.grant_id, t.token, NEW.at,
    CASE WHEN NEW.channel_id IS NULL THEN 'reveal' ELSE 'delivery' END, e.index_version, e.blind, NEW.actor,
    NEW.user_id, NEW.purpose, NEW.reason, NEW.incident_id, NEW.channel_id, NEW.vendor, NEW.optin_id, NEW.baa_id,
    NEW.revision, NEW.attempt
  FROM (SELECT DISTINCT unnest(NEW.tokens) AS token) t
  LEFT JOIN LATERAL (SELECT f.index_version, f.blind FROM vault.entries f
    WHERE f.tenant_id = NEW.tenant_id AND f.token = t.token LIMIT 1) e ON true;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION vault.tell_disclosures() FROM PUBLIC;
CREATE TRIGGER disclosures AFTER INSERT ON vault.grants FOR EACH ROW WHEN (NEW.allowed)
  EXECUTE FUNCTION vault.tell_disclosures();

-- A person asks. The caller can add a refusal of its own (p_refused) and cannot take one away: who may reveal, and that
-- the tokens belong to the incident, is read here again. A denial returns like an allowance, so that its row is
-- committed with it; nothing here raises on a denial.
CREATE FUNCTION vault.request_reveal(
  p_grant uuid, p_incident uuid, p_tokens text[], p_user uuid, p_actor text, p_purpose text, p_reason text,
  p_refused text)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  verdict text := coalesce(nullif(p_refused, ''), 'allowed');
BEGIN
  IF mine IS NULL THEN
    RETURN 'no tenant';
  END IF;
  IF verdict <> 'allowed' THEN
    NULL;
  ELSIF coalesce(cardinality(p_tokens), 0) = 0 OR cardinality(p_tokens) > 100 THEN
    verdict := 'one to one hundred tokens can be asked for at once';
  ELSIF coalesce(p_actor, '') = '' OR coalesce(p_reason, '') = '' OR coalesce(p_purpose, '') = '' THEN
    verdict := 'an actor, a purpose and a reason are needed';
  ELSIF NOT EXISTS (
    SELECT FROM public.users u WHERE u.tenant_id = mine AND u.user_id = p_user AND u.disabled_at IS NULL
      AND u.roles && ARRAY['responder', 'operator', 'privacy_officer']) THEN
    verdict := 'this person''s roles allow no reveal';
  ELSIF EXISTS (SELECT FROM unnest(p_tokens) AS t (token) WHERE t.token LIKE '<SECRET\\_%') THEN
    verdict := 'secrets are never opened';
  ELSIF EXISTS (
    SELECT FROM unnest(p_tokens) AS t (token) WHERE NOT EXISTS (
      SELECT FROM public.alerts a
      WHERE a.tenant_id = mine AND a.incident_id = p_incident AND t.token = ANY (a.tokens))) THEN
    verdict := 'a token does not belong to this incident';
  END IF;
  INSERT INTO vault.grants (tenant_id, grant_id, actor, user_id, purpose, reason, incident_id, tokens, allowed, verdict)
  VALUES (mine, p_grant, coalesce(p_actor, ''), p_user, coalesce(p_purpose, ''), coalesce(p_reason, ''), p_incident,
          coalesce(p_tokens, '{{}}'), verdict = 'allowed', verdict);
  RETURN verdict;
END $$;

-- How much one person was granted lately, and in the four weeks before.
CREATE FUNCTION vault.reveal_counts(p_user uuid)
RETURNS TABLE (last_hour bigint, last_day bigint, four_weeks bigint, denied bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  SELECT coalesce(sum(cardinality(g.tokens)) FILTER (WHERE g.allowed AND g.at > now() - interval '1 hour'), 0),
    coalesce(sum(cardinality(g.tokens)) FILTER (WHERE g.allowed AND g.at > now() - interval '1 day'), 0),
    coalesce(sum(cardinality(g.tokens)) FILTER (WHERE g.allowed AND g.at <= now() - interval '1 day'), 0),
    count(*) FILTER (WHERE NOT g.allowed AND g.at > now() - interval '1 hour')
  FROM vault.grants g WHERE g.tenant_id = {TENANT} AND g.user_id = p_user AND g.at > now() - interval '29 days'
$$;
REVOKE ALL ON FUNCTION vault.request_reveal(uuid, uuid, text[], uuid, text, text, text, text),
  vault.reveal_counts(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.request_reveal(uuid, uuid, text[], uuid, text, text, text, text),
  vault.reveal_counts(uuid) TO alertveil_app;
RESET ROLE;
"""


def upgrade() -> None:
    """Make the table, the trigger that fills it, and the door for people."""
    op.execute(DISCLOSURES)
    op.execute(VAULT)


def downgrade() -> None:
    """Refuse: what was disclosed to whom is kept six years (45 CFR 164.316(b)(2)(i))."""
    raise NotImplementedError("Records of disclosures are not dropped by a migration.")
