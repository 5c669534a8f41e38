"""Working days of the city's review left when a received declaration is returned. 三（一）"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("correction", sa.Column("days_left", sa.SmallInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("correction", "days_left")
