"""Evaluations; issued ones are immutable."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.storage.ddl import append_only, protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference_on", sa.Date(), nullable=False),
        sa.Column("actuals", postgresql.JSONB(), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=False),
        sa.Column("score", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("targets_met", sa.Boolean(), nullable=True),
        sa.Column("evaluated_by", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('computed', 'issued', 'acknowledged')", name="ck_evaluation_state"),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["project_file.declaration_id"], name="fk_evaluation_declaration_id_project_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation"),
        sa.UniqueConstraint("declaration_id", name="uq_evaluation_declaration_id"),
    )
    protect(op, "evaluation", "monitoring", applicant=True)
    op.create_table(
        "issued_evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["project_file.declaration_id"], name="fk_issued_evaluation_declaration_id_project_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_issued_evaluation"),
        sa.UniqueConstraint("declaration_id", name="uq_issued_evaluation_declaration_id"),
    )
    protect(op, "issued_evaluation", "monitoring", applicant=True)
    append_only(op, "issued_evaluation", "monitoring")
