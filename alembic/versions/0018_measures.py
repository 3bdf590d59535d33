"""What `/metrics` says of all processes together: each adds up counts and times for itself, and adds them here.

And deliveries that went out in plaintext are counted apart.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MEASURES = """
CREATE TABLE measures (
  name text NOT NULL,
  labels text[] NOT NULL,
  counts bigint[] NOT NULL,  -- a counter has one, a histogram one a bucket
  total double precision NOT NULL,  -- seconds that a histogram has seen in all
  PRIMARY KEY (name, labels)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON measures TO alertveil_app;
"""

COLUMNS = ("plain_delivered", "plain_retried", "plain_dead")


def upgrade() -> None:
    """Add the table and three columns with a constant default, so no row is written."""
    op.execute(MEASURES)
    for column in COLUMNS:
        op.execute(f"ALTER TABLE lanes ADD COLUMN {column} bigint NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Take both away."""
    for column in COLUMNS:
        op.execute(f"ALTER TABLE lanes DROP COLUMN {column}")
    op.execute("DROP TABLE measures")
