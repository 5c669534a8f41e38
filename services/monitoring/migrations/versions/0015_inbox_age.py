"""Index by which old ids of received messages are found; BRIN, since they arrive in order of time."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_inbox_received_at ON inbox USING brin (received_at)")
