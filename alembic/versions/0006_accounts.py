"""What proves that a person is who they say, API tokens, and a brake on guessing.

Every stored proof is a hash, a public key, or sealed under the tenant's key.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    # What proves that it is them. `secret`: a password's argon2id text, a TOTP key sealed under the tenant's key of
    # `key_version`, a passkey's public key (COSE), a recovery code's hash. `counter`: the last time step that a TOTP
    # code was taken for, or a passkey's own count. A TOTP key counts once a first code confirmed it.
    "factors": """
CREATE TABLE factors (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  factor_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('password', 'totp', 'passkey', 'recovery')),
  name text NOT NULL DEFAULT '',
  handle bytea,
  secret bytea NOT NULL,
  key_version integer,
  counter bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  confirmed_at timestamptz,
  used_at timestamptz,
  PRIMARY KEY (tenant_id, user_id, factor_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users
)""",
    "api_tokens": """
CREATE TABLE api_tokens (
  tenant_id uuid NOT NULL REFERENCES tenants,
  token_id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  hash bytea NOT NULL,
  roles text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  used_at timestamptz,
  PRIMARY KEY (tenant_id, token_id)
)""",
}

# Neither belongs to a tenant: guesses come before anybody knows whose account is meant. Both hold hashes only.
WITHOUT_TENANT = """
CREATE TABLE throttle (
  key bytea PRIMARY KEY,
  level double precision NOT NULL,
  taken boolean NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_tokens_made ON api_tokens (tenant_id, created_at, token_id);
CREATE INDEX throttle_at ON throttle (at);
CREATE TABLE challenges (
  hash bytea PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('passkey', 'set_up')),
  ends_at timestamptz NOT NULL
);
CREATE INDEX challenges_ends ON challenges (ends_at);
"""

INDEXES = """
CREATE UNIQUE INDEX factors_one ON factors (tenant_id, user_id, kind)
  WHERE kind IN ('password', 'totp') AND confirmed_at IS NOT NULL;
CREATE UNIQUE INDEX factors_handle ON factors (tenant_id, handle) WHERE kind = 'passkey';
CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (hash);
"""

DOORS = """
GRANT SELECT ON api_tokens TO alertveil_system;
CREATE POLICY system ON api_tokens FOR SELECT TO alertveil_system USING (true);
SET ROLE alertveil_system;

CREATE FUNCTION door.users_by_subject(p_subject text) RETURNS TABLE (tenant_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.tenant_id, u.user_id FROM public.users u WHERE u.subject = p_subject
$$;

CREATE FUNCTION door.token_by_hash(p_hash bytea) RETURNS TABLE (tenant_id uuid, token_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id, t.token_id FROM public.api_tokens t
  WHERE t.hash = p_hash AND t.revoked_at IS NULL AND t.expires_at > now()
$$;

-- Before the first person there is nobody who could let the next one in.
CREATE FUNCTION door.anyone() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.users)
$$;

REVOKE ALL ON FUNCTION door.users_by_subject(text), door.token_by_hash(bytea), door.anyone() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.users_by_subject(text), door.token_by_hash(bytea), door.anyone() TO alertveil_app;
RESET ROLE;
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON factors, throttle, challenges TO alertveil_app;
GRANT SELECT, INSERT, UPDATE ON api_tokens TO alertveil_app;
GRANT SELECT (tenant_id, token_id, name, prefix, roles, created_by, created_at, expires_at, revoked_at, used_at)
  ON api_tokens TO alertveil_auditor;
"""


def upgrade() -> None:
    """Add what accounts need."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(WITHOUT_TENANT)
    op.execute(INDEXES)
    op.execute(GRANTS)
    op.execute(DOORS)


def downgrade() -> None:
    """Refuse: accounts are not thrown away by a migration."""
    raise NotImplementedError("Accounts are not thrown away: restore the backup of before instead.")
