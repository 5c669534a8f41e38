"""Inspection plans, inspections and their findings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.storage.ddl import append_only, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inspection_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("drawn", postgresql.JSONB(), nullable=False),
        sa.Column("weights", postgresql.JSONB(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inspection_plan"),
        sa.UniqueConstraint("quarter", name="uq_inspection_plan_quarter"),
    )
    protect(op, "inspection_plan", "monitoring")
    append_only(op, "inspection_plan", "monitoring")
    op.create_table(
        "inspection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("risk_score", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=True),
        sa.Column("interest_statement", sa.Text(), nullable=True),
        sa.Column("inspected_on", sa.Date(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("(state = 'planned') = (inspector IS NULL)", name="ck_inspection_assigned_has_an_inspector"),
        sa.CheckConstraint("state IN ('planned', 'assigned', 'cleared', 'completed')", name="ck_inspection_state"),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["project_file.declaration_id"], name="fk_inspection_declaration_id_project_file"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["inspection_plan.id"], name="fk_inspection_plan_id_inspection_plan"),
        sa.PrimaryKeyConstraint("id", name="pk_inspection"),
    )
    op.create_index("ix_inspection_declaration_id", "inspection", ["declaration_id"], unique=False)
    protect(op, "inspection", "monitoring", applicant=True)
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("grave", sa.Boolean(), nullable=False),
        sa.Column("amount_yuan", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rectify_by", sa.Date(), nullable=False),
        sa.Column("overdue_since", sa.Date(), nullable=True),
        sa.Column("rectification", sa.Text(), nullable=True),
        sa.Column("rectified_on", sa.Date(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'rectified', 'closed')", name="ck_finding_state"),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name="fk_finding_inspection_id_inspection"),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
    )
    op.create_index("ix_finding_declaration_id", "finding", ["declaration_id"], unique=False)
    op.create_index("ix_finding_rectify_by", "finding", ["rectify_by"], unique=False, postgresql_where="state = 'open'")
    protect(op, "finding", "monitoring", applicant=True)
