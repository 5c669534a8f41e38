"""Files of funded projects and their fund movements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.storage.ddl import append_only, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "project_file",
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_no", sa.Text(), nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("project_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("applicant_name", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("award_yuan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("released_yuan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("returned_yuan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("demanded_yuan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("recovered_yuan", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("components", postgresql.JSONB(), nullable=False),
        sa.Column("targets", postgresql.JSONB(), nullable=False),
        sa.Column("simulated", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ruleset", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("first_released_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("delivery_proof", sa.Text(), nullable=True),
        sa.Column("evaluation_due_on", sa.Date(), nullable=True),
        sa.Column("evaluation_state", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'under_way') = (delivered_on IS NULL)", name="ck_project_file_delivered_has_a_day"
        ),
        sa.CheckConstraint(
            "evaluation_state IN ('running', 'upcoming', 'overdue', 'issued')", name="ck_project_file_evaluation_state"
        ),
        sa.CheckConstraint("status IN ('under_way', 'delivered', 'evaluated')", name="ck_project_file_status"),
        sa.PrimaryKeyConstraint("declaration_id", name="pk_project_file"),
    )
    op.create_index("ix_project_file_applicant_uscc", "project_file", ["applicant_uscc"], unique=False)
    op.create_index(
        "ix_project_file_district_declaration_id", "project_file", ["district", "declaration_id"], unique=False
    )
    protect(op, "project_file", "monitoring", applicant=True)
    op.create_table(
        "fund_movement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_yuan", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=True),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('released', 'held', 'lifted', 'returned', 'demanded', 'recovered')", name="ck_fund_movement_kind"
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["project_file.declaration_id"], name="fk_fund_movement_declaration_id_project_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_fund_movement"),
    )
    op.create_index("ix_fund_movement_declaration_id", "fund_movement", ["declaration_id"], unique=False)
    protect(op, "fund_movement", "monitoring", applicant=True)
    append_only(op, "fund_movement", "monitoring")
