"""Versions of the records that acts decide on, for their ETags."""

from alembic import op

from shared.storage.ddl import add_versions

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_versions(op, "funding", "public_money")
