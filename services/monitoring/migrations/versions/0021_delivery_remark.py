"""Remark of a delivery against the newest quarterly report. 二（三）1"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("project_file", sa.Column("delivery_remark", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("project_file", "delivery_remark")
