"""What became of each channel, change by change and by whom; which configuration file keeps it; its newest attempts.

A row of `channel_changes` is never changed: fields as people may see them, of a secret only that it was replaced.
"""

from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

# `version`: the tenant's configuration version that the change made. `via`: an applied file, a page, or the API.
# `fields`: [field, title, was, now, is it a secret].
CHANGES = f"""
CREATE TABLE channel_changes (
  tenant_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  version bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  via text NOT NULL CHECK (via IN ('file', 'page', 'api', 'command')),
  what text NOT NULL CHECK (what IN ('add', 'change', 'pause', 'resume', 'remove')),
  name text NOT NULL,
  reason text NOT NULL DEFAULT '',
  fields jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (tenant_id, channel_id, version),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES channels
);
ALTER TABLE channel_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE channel_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON channel_changes USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT});
GRANT SELECT, INSERT ON channel_changes TO alertveil_app;
GRANT SELECT ON channel_changes TO alertveil_auditor;
"""

# `revision` rises with every change of what is configured, so that nobody overwrites what they have not seen.
# `filed_at`: when a file that names it was last applied.
COLUMNS = """
ALTER TABLE channels ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE channels ADD COLUMN filed_at timestamptz;
ALTER TABLE tenants ADD COLUMN filed_at timestamptz;
ALTER TABLE tenants ADD COLUMN filed_by text;
"""

# Made beside the traffic: attempts are many.
NEWEST = "CREATE INDEX CONCURRENTLY attempts_newest ON attempts (tenant_id, channel_id, started_at)"


def upgrade() -> None:
    """Add the table, the columns and the index."""
    op.execute(CHANGES)
    op.execute(COLUMNS)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS attempts_newest")
        op.execute(NEWEST)
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    """Refuse: who changed what would be gone with its table."""
    raise NotImplementedError("A history is not dropped by a migration.")
