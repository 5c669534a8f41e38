"""Meters, readings and findings of readings out of bounds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.storage.ddl import append_only, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("meter_no", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("low", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("high", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('electricity_kwh', 'gas_m3', 'heat_gj', 'pv_output_kwh', 'progress_ratio')", name="ck_meter_kind"
        ),
        sa.CheckConstraint("period IN ('hour', 'day', 'month')", name="ck_meter_period"),
        sa.CheckConstraint("low <= high", name="ck_meter_low_below_high"),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["project_file.declaration_id"], name="fk_meter_declaration_id_project_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_meter"),
        sa.UniqueConstraint("declaration_id", "meter_no", name="uq_meter_declaration_id_meter_no"),
    )
    protect(op, "meter", "monitoring", applicant=True)
    op.create_table(
        "reading",
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("out_of_range", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_reading_meter_id_meter"),
        sa.PrimaryKeyConstraint("meter_id", "measured_at", name="pk_reading"),
    )
    protect(op, "reading", "monitoring", applicant=True)
    append_only(op, "reading", "monitoring")
    op.create_table(
        "reading_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("threshold", sa.Text(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name="ck_reading_finding_state"),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_reading_finding_meter_id_meter"),
        sa.PrimaryKeyConstraint("id", name="pk_reading_finding"),
        sa.UniqueConstraint("meter_id", "measured_on", name="uq_reading_finding_meter_id_measured_on"),
    )
    op.create_index("ix_reading_finding_declaration_id", "reading_finding", ["declaration_id"], unique=False)
    protect(op, "reading_finding", "monitoring", applicant=True)
