"""Dead letters, operator records, and a topic for messages other than events."""

from alembic import op

from shared.storage.ddl import create_delivery

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_delivery(op, "eligibility")
