"""Quarterly ledger of each project; submissions are immutable."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.storage.ddl import append_only, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "project_quarter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("calendar_known", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("overdue_since", sa.Date(), nullable=True),
        sa.Column("report", postgresql.JSONB(), nullable=True),
        sa.Column("warnings", postgresql.JSONB(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("correct_by", sa.Date(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'submitted', 'returned', 'confirmed')", name="ck_project_quarter_state"),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["project_file.declaration_id"], name="fk_project_quarter_declaration_id_project_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_project_quarter"),
        sa.UniqueConstraint("declaration_id", "quarter", name="uq_project_quarter_declaration_id_quarter"),
    )
    op.create_index(
        "ix_project_quarter_due_on",
        "project_quarter",
        ["due_on"],
        unique=False,
        postgresql_where="state IN ('open', 'returned')",
    )
    protect(op, "project_quarter", "monitoring", applicant=True)
    op.create_table(
        "quarter_submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("quarter_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("investment_done_yuan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("subsidy_used_yuan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("warnings", postgresql.JSONB(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["quarter_id"], ["project_quarter.id"], name="fk_quarter_submission_quarter_id_project_quarter"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quarter_submission"),
        sa.UniqueConstraint("quarter_id", "round", name="uq_quarter_submission_quarter_id_round"),
    )
    op.create_index("ix_quarter_submission_file", "quarter_submission", ["declaration_id"], unique=False)
    protect(op, "quarter_submission", "monitoring", applicant=True)
    append_only(op, "quarter_submission", "monitoring")
