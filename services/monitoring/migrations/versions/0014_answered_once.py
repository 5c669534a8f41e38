"""The kept answer of an idempotency key never changes."""

from alembic import op

from shared.storage.ddl import create_answered_once

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_answered_once(op)


def downgrade() -> None:
    op.execute("DROP TRIGGER answered_once ON idempotency_key")
