"""Records for the green exchange."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.storage.ddl import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "green_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("factor_set", sa.Text(), nullable=False),
        sa.Column("accounted_on", sa.Date(), nullable=False),
        sa.Column("account", postgresql.JSONB(), nullable=False),
        sa.Column("before_tco2", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("after_tco2", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("reduction_tco2", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=True),
        sa.Column("attachments", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("exchange_no", sa.Text(), nullable=True),
        sa.Column("neutrality_certificate_no", sa.Text(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'sent', 'registered', 'returned')", name="ck_green_record_state"),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["project_file.declaration_id"], name="fk_green_record_declaration_id_project_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_green_record"),
        sa.UniqueConstraint("declaration_id", "round", name="uq_green_record_declaration_id_round"),
    )
    op.create_index(
        "ux_green_record_one_live",
        "green_record",
        ["declaration_id"],
        unique=True,
        postgresql_where="state <> 'returned'",
    )
    protect(op, "green_record", "monitoring", applicant=True)
