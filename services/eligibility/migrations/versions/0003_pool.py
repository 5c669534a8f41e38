"""Pool-entry assessment: conflicts of interest, score sheets, recognised investment, the pool. 三（二）"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.storage.ddl import append_only, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def case() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("declaration_id", sa.Uuid, sa.ForeignKey("review.declaration_id"), nullable=False),
        sa.Column("district", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "conflict_declaration",
        *case(),
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reviewer", "reviewer_name", "position", "statement")),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("declaration_id", "number", name="uq_conflict_declaration_declaration_id_number"),
        sa.CheckConstraint("position IN ('none', 'conflict')", "ck_conflict_declaration_position"),
    )
    op.create_table(
        "score_sheet",
        *case(),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reviewer", "reviewer_name", "opinion")),
        sa.Column("marks", JSONB, nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("declaration_id", "round", "reviewer", name="uq_score_sheet_declaration_id_round_reviewer"),
    )
    op.create_table(
        "recognised_investment",
        *case(),
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("applicant_uscc", "opinion", "recognised_by")),
        sa.Column("recognised_by_name", sa.Text, nullable=False),
        *(sa.Column(name, JSONB, nullable=False) for name in ("components", "readings")),
        *(
            sa.Column(name, sa.Numeric(18, 2), nullable=False)
            for name in ("declared_total_yuan", "assessed_total_yuan")
        ),
        sa.Column("recognised_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("declaration_id", "number", name="uq_recognised_investment_declaration_id_number"),
    )
    op.create_table(
        "pool_entry",
        sa.Column("declaration_id", sa.Uuid, sa.ForeignKey("review.declaration_id"), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("district", "applicant_uscc", "declaration_no")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("project_name", "applicant_name")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("year", "rank")),
        sa.Column("score", sa.Numeric(5, 2), nullable=False),
        sa.Column("declared_investment_yuan", sa.Numeric(18, 2), nullable=False),
        sa.Column("assessed_investment_yuan", sa.Numeric(18, 2), nullable=False),
        sa.Column("entered_on", sa.Date, nullable=False),
        sa.Column("left_on", sa.Date),
        sa.CheckConstraint("score BETWEEN 0 AND 100", "ck_pool_entry_score"),
    )
    op.create_index("ix_pool_entry_year_rank", "pool_entry", ["year", "rank"], postgresql_where="left_on IS NULL")
    for table in ("conflict_declaration", "score_sheet"):
        protect(op, table, "eligibility")
    for table in ("recognised_investment", "pool_entry"):
        protect(op, table, "eligibility", applicant=True)
    for table in ("conflict_declaration", "score_sheet", "recognised_investment"):
        append_only(op, table, "eligibility")
