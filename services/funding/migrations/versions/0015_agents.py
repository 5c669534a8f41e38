"""Authorised agents of project owners."""

from alembic import op

from shared.storage.ddl_agents import create_agents

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_agents(op, "funding")
