"""How far the nightly verification of the audit has come, as one text under a MAC, and when it goes on."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = {
    "nightly": "text",
    "nightly_mac": "bytea",
    "nightly_key": "integer",  # the version of the MAC's key
    "nightly_due": "timestamptz NOT NULL DEFAULT 'epoch'",
}


def upgrade() -> None:
    """Add columns without a default or with a constant one, so no row is written."""
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE audit_state ADD COLUMN {name} {kind}")


def downgrade() -> None:
    """Take them away: the next version begins a pass anew."""
    for name in COLUMNS:
        op.execute(f"ALTER TABLE audit_state DROP COLUMN {name}")
