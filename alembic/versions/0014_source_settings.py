"""What a source has beyond its key: settings that only its format knows, and the secret that its sender signs with.

The secret is sealed under the tenant's data key, like a channel's credentials, and sealed again when that is rotated.
"""

from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE sources ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
ALTER TABLE sources ADD COLUMN signing bytea;
ALTER TABLE sources ADD COLUMN signing_version integer;
"""


def upgrade() -> None:
    """Add the columns."""
    op.execute(COLUMNS)


def downgrade() -> None:
    """Take them away, with the secrets."""
    op.execute("ALTER TABLE sources DROP COLUMN signing_version, DROP COLUMN signing, DROP COLUMN settings")
