"""Day of the first submission of a declaration, which corrections do not change."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("declaration", sa.Column("declared_on", sa.Date), schema="intake")
