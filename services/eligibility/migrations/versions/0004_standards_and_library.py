"""District standards by date, and the copy of the library for simulations. 四（一）2, 四（二）3"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.storage.ddl import append_only, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "district_standard",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("district", "parameter", "document_no")),
        sa.Column("value", sa.Numeric(18, 4), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("set_by", "set_by_name")),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("district", "number", name="uq_district_standard_district_number"),
        sa.CheckConstraint("value >= 0", "ck_district_standard_value"),
    )
    op.create_table(
        "library_project",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("district", "external_id", "project_name")),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("left_on", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "stock_resource",
        sa.Column("resource_id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("district", "external_id")),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_stock_resource_own_id", "stock_resource", ["district", "external_id"])
    for table in ("district_standard", "library_project", "stock_resource"):
        protect(op, table, "eligibility")
    append_only(op, "district_standard", "eligibility")
