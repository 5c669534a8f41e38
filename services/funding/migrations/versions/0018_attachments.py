"""Papers of records, and the acts that rest on them."""

from alembic import op

from shared.storage.ddl_attachments import create_attachments, drop_attachments

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_attachments(op, "funding")


def downgrade() -> None:
    drop_attachments(op)
