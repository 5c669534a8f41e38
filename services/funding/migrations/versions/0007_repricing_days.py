"""Repricing days of loan contracts, for the reading that fixes the LPR on them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("repriced_on", ARRAY(sa.Date), nullable=False, server_default="{}")
    op.add_column("loan", column, schema="funding")
