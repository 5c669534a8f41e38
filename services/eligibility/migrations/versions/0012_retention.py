"""Ended revocations, settled dead letters and the names of ended API keys may be erased by age."""

from alembic import op

from shared.storage.ddl_retention import keep_again, let_age_erase

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    let_age_erase(op)


def downgrade() -> None:
    keep_again(op)
