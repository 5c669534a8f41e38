"""Dated figures: batches that officers enter and confirm, and what was used by which act."""

from alembic import op

from shared.storage.ddl_series import create_series

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_series(op, "monitoring")
