"""Field rules of tenants and sources, and the store of full errors behind their error ids.

An error's text is sealed before it comes here. Like a value of the vault it is opened only through a grant that is
written and committed first; the grant also names the tokens of the values in the text, so that whoever opened it stands
in the record of disclosures of each of them.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

FIELDS = """
ALTER TABLE tenants ADD COLUMN fields jsonb NOT NULL DEFAULT '{}';
ALTER TABLE sources ADD COLUMN fields jsonb NOT NULL DEFAULT '{}';
"""

ERRORS = f"""
SET ROLE alertveil_vault;
CREATE TABLE vault.errors (
  tenant_id uuid NOT NULL,
  error_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  kind text NOT NULL,
  tokens text[] NOT NULL,
  key_version integer NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (tenant_id, error_id)
);
CREATE INDEX errors_time ON vault.errors (tenant_id, at);
ALTER TABLE vault.errors ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.errors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON vault.errors USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});

-- Keeps an error, unless its id is known, and lets go of those past their time.
CREATE FUNCTION vault.keep_error(
  p_error uuid, p_kind text, p_tokens text[], p_key integer, p_sealed bytea, p_days integer)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
BEGIN
  DELETE FROM vault.errors e WHERE e.tenant_id = mine AND e.at < now() - make_interval(days => p_days);
  INSERT INTO vault.errors (tenant_id, error_id, kind, tokens, key_version, sealed)
  VALUES (mine, p_error, p_kind, p_tokens, p_key, p_sealed) ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;

CREATE FUNCTION vault.list_errors(p_limit integer) RETURNS TABLE (error_id uuid, at timestamptz, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  SELECT e.error_id, e.at, e.kind FROM vault.errors e WHERE e.tenant_id = {TENANT} ORDER BY e.at DESC LIMIT p_limit
$$;

-- A person asks for an error. As with tokens, the caller can add a refusal and cannot take one away.
CREATE FUNCTION vault.request_error(
  p_grant uuid, p_error uuid, p_user uuid, p_actor text, p_reason text, p_refused text)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  verdict text := coalesce(nullif(p_refused, ''), 'allowed');
  held text[] := '{{}}';
BEGIN
  IF mine IS NULL THEN
    RETURN 'no tenant';
  END IF;
  IF verdict <> 'allowed' THEN
    NULL;
  ELSIF coalesce(p_actor, '') = '' OR coalesce(p_reason, '') = '' THEN
    verdict := 'an actor and a reason are needed';
  ELSIF NOT EXISTS (
    SELECT FROM public.users u WHERE u.tenant_id = mine AND u.user_id = p_user AND u.disabled_at IS NULL
      AND u.roles && ARRAY['responder', 'operator', 'privacy_officer']) THEN
    verdict := 'this person''s roles allow no reveal';
  ELSE
    SELECT e.tokens INTO held FROM vault.errors e WHERE e.tenant_id = mine AND e.error_id = p_error;
    IF NOT FOUND THEN
      verdict := 'there is no such error';
    END IF;
  END IF;
  INSERT INTO vault.grants (tenant_id, grant_id, actor, user_id, purpose, reason, incident_id, tokens, allowed, verdict)
  VALUES (mine, p_grant, coalesce(p_actor, ''), p_user, 'error', coalesce(p_reason, ''), p_error,
          coalesce(held, '{{}}'), verdict = 'allowed', verdict);
  RETURN verdict;
END $$;

-- Once, by whoever asked, and only after the grant was committed: a rolled-back grant gives nothing.
CREATE FUNCTION vault.fetch_error(p_grant uuid, p_actor text)
RETURNS TABLE (error_id uuid, kind text, key_version integer, sealed bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine uuid := {TENANT};
  wanted uuid;
BEGIN
  UPDATE vault.grants g SET fetched_at = clock_timestamp()
  WHERE g.tenant_id = mine AND g.grant_id = p_grant AND g.actor = p_actor AND g.purpose = 'error' AND g.allowed
    AND g.fetched_at IS NULL AND g.made_in <> pg_current_xact_id() AND g.at > clock_timestamp() - interval '60 seconds'
  RETURNING g.incident_id INTO wanted;
  RETURN QUERY SELECT e.error_id, e.kind, e.key_version, e.sealed FROM vault.errors e
  WHERE e.tenant_id = mine AND e.error_id = wanted;
END $$;

REVOKE ALL ON FUNCTION vault.keep_error(uuid, text, text[], integer, bytea, integer), vault.list_errors(integer),
  vault.request_error(uuid, uuid, uuid, text, text, text), vault.fetch_error(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.keep_error(uuid, text, text[], integer, bytea, integer), vault.list_errors(integer),
  vault.request_error(uuid, uuid, uuid, text, text, text), vault.fetch_error(uuid, text) TO alertveil_app;
RESET ROLE;
"""


def upgrade() -> None:
    """Add the columns, the table and its doors."""
    op.execute(FIELDS)
    op.execute(ERRORS)


def downgrade() -> None:
    """Refuse: an error's text is gone with its table."""
    raise NotImplementedError("Kept errors are not dropped by a migration.")
