"""A settlement without an answer withdraws the one before it."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE settlement ALTER COLUMN holds DROP NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE settlement ALTER COLUMN holds SET NOT NULL")
