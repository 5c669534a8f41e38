"""Reviews of declarations, decision records by rule set, and settlements. 二, 三（二）"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.storage.ddl import append_only, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STAGES = ("in_review", "passed", "rejected", "in_pool", "kept_out", "returned", "closed")
OCCASIONS = ("forwarded", "received", "settled", "edition_chosen", "reassessed")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, values))})"


def upgrade() -> None:
    op.create_table(
        "ruleset",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("doc_no", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "review",
        sa.Column("declaration_id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("district", "applicant_uscc", "declaration_no")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("project_name", "applicant_name")),
        *(sa.Column(name, JSONB, nullable=False) for name in ("project", "facts", "exceptions")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("round", "version")),
        sa.Column("accepted_on", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("stage", "decision")),
        *(sa.Column(name, sa.Date) for name in ("received_on", "concluded_on")),
        *(sa.Column(name, sa.Text) for name in ("library_exception_reason", "construction_status")),
        *(sa.Column(name, sa.Text) for name in ("chosen_edition", "conclusion_reason")),
        sa.CheckConstraint(one_of("stage", STAGES), "ck_review_stage"),
        sa.CheckConstraint(one_of("decision", ("eligible", "ineligible", "undetermined")), "ck_review_decision"),
    )
    op.create_index("ix_review_newest", "review", ["accepted_on", "declaration_id"])
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("declaration_id", sa.Uuid, sa.ForeignKey("review.declaration_id"), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("number", "round")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("district", "applicant_uscc", "occasion")),
        sa.Column("as_of", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("as_of_kind", "edition", "engine", "decision")),
        sa.Column("ruleset", sa.Text, sa.ForeignKey("ruleset.hash")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("summary", "made_by")),
        sa.Column("record", JSONB, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("declaration_id", "number", name="uq_assessment_declaration_id_number"),
        sa.CheckConstraint(one_of("occasion", OCCASIONS), "ck_assessment_occasion"),
    )
    op.create_table(
        "settlement",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("declaration_id", sa.Uuid, sa.ForeignKey("review.declaration_id"), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("number", "round")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("district", "applicant_uscc", "rule", "clause")),
        sa.Column("holds", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("settled_by", "settled_by_name")),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("declaration_id", "number", name="uq_settlement_declaration_id_number"),
    )
    append_only(op, "ruleset", "eligibility")
    for table in ("review", "assessment", "settlement"):
        protect(op, table, "eligibility", applicant=True)
    for table in ("assessment", "settlement"):
        append_only(op, table, "eligibility")
