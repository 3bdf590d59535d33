"""What the API remembers: the answers to requests that came with an Idempotency-Key, for a day.

Key and request are kept as HMACs under the caller's own token, which the database holds as a hash only, so nobody who
reads the table learns what was sent. Answers hold tokens like every row of ours, and no secret.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLE = """
CREATE TABLE api_answers (
  tenant_id uuid NOT NULL REFERENCES tenants,
  token_id uuid NOT NULL,
  key_mac bytea NOT NULL,
  request_mac bytea NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
  status integer,
  kind text,
  body bytea,
  PRIMARY KEY (tenant_id, token_id, key_mac)
)"""

INDEXES = """
CREATE INDEX api_answers_expires ON api_answers (tenant_id, expires_at);
"""


def upgrade() -> None:
    """Add what the API needs."""
    op.execute(TABLE)
    op.execute("ALTER TABLE api_answers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE api_answers FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON api_answers USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(INDEXES)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON api_answers TO alertveil_app")


def downgrade() -> None:
    """Forget the answers; a request that is sent again is done again."""
    op.execute("DROP INDEX optins_asked, api_tokens_made")
    op.execute("DROP TABLE api_answers")
