"""Which clock a person reads: their time zone, and whether a session shows UTC instead for now.

Empty is UTC. It is read with the session, in the statement that reads that anyway.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns: constant defaults, so no row is written."""
    op.execute("ALTER TABLE users ADD COLUMN zone text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE sessions ADD COLUMN in_utc boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Take them away: everybody reads UTC again."""
    op.execute("ALTER TABLE sessions DROP COLUMN in_utc")
    op.execute("ALTER TABLE users DROP COLUMN zone")
