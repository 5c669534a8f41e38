"""Credit of entities: grounds, ratings, decisions, repairs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.storage.ddl import append_only, protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("rated_on", sa.Date(), nullable=True),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="ck_entity_grade"),
        sa.PrimaryKeyConstraint("id", name="pk_entity"),
        sa.UniqueConstraint("applicant_uscc", name="uq_entity_applicant_uscc"),
    )
    protect(op, "entity", "monitoring", applicant=True)
    op.create_table(
        "credit_ground",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("grave", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "code IN ('G1', 'G2', 'G3', 'G4', 'G5', 'G6', 'G7', 'G8', 'G9', 'G10')", name="ck_credit_ground_code"
        ),
        sa.CheckConstraint("state IN ('standing', 'withdrawn', 'repaired')", name="ck_credit_ground_state"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_ground"),
        sa.UniqueConstraint("applicant_uscc", "code", "source", name="uq_credit_ground_applicant_uscc_code_source"),
    )
    protect(op, "credit_ground", "monitoring", applicant=True)
    op.create_table(
        "credit_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposal", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("objection_due_on", sa.Date(), nullable=False),
        sa.Column("objection", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("state IN ('noticed', 'objected', 'decided')", name="ck_credit_rating_state"),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name="fk_credit_rating_entity_id_entity"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_rating"),
    )
    op.create_index(
        "ux_credit_rating_one_open",
        "credit_rating",
        ["applicant_uscc"],
        unique=True,
        postgresql_where="state <> 'decided'",
    )
    protect(op, "credit_rating", "monitoring", applicant=True)
    op.create_table(
        "credit_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("computed_grade", sa.Text(), nullable=False),
        sa.Column("grounds", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("repaired", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name="fk_credit_decision_entity_id_entity"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_decision"),
        sa.UniqueConstraint("applicant_uscc", "number", name="uq_credit_decision_applicant_uscc_number"),
    )
    protect(op, "credit_decision", "monitoring", applicant=True)
    append_only(op, "credit_decision", "monitoring")
    op.create_table(
        "credit_repair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("applicant_uscc", sa.Text(), nullable=False),
        sa.Column("ground_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'accepted', 'rejected')", name="ck_credit_repair_state"),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name="fk_credit_repair_entity_id_entity"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_repair"),
    )
    protect(op, "credit_repair", "monitoring", applicant=True)
