"""Outbox, event log, inbox and audit records."""

from alembic import op

from shared.storage.ddl import create_infrastructure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_infrastructure(op, "intake")
