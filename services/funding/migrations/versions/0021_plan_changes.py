"""Issued plans are amended or cancelled by a document; versions of their items; the construction period is required."""

import sqlalchemy as sa
from alembic import op

from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

CHECKS = {
    ("investment_plan", "status"): (
        "status IN ('drafted', 'issued', 'withdrawn')", "status IN ('drafted', 'issued', 'withdrawn', 'cancelled')",
    ),
    ("plan_item", "status"): (
        "status IN ('planned', 'dropped')", "status IN ('planned', 'dropped', 'superseded', 'removed')",
    ),
}  # fmt: skip
TABLE = (
    """
    CREATE TABLE plan_change (
        id UUID NOT NULL,
        plan_id UUID NOT NULL,
        district TEXT NOT NULL,
        kind TEXT NOT NULL,
        document_no TEXT NOT NULL,
        document_on DATE,
        reason TEXT NOT NULL,
        items JSONB NOT NULL,
        status TEXT NOT NULL,
        drafted_by TEXT NOT NULL,
        drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        decision_reason TEXT,
        CONSTRAINT pk_plan_change PRIMARY KEY (id),
        CONSTRAINT ck_plan_change_status CHECK (status IN ('drafted', 'issued', 'withdrawn')),
        CONSTRAINT ck_plan_change_kind CHECK (kind IN ('amend', 'cancel')),
        CONSTRAINT ck_plan_change_two_people CHECK (decided_by <> drafted_by OR status <> 'issued'),
        CONSTRAINT ck_plan_change_decided CHECK (
            (status = 'drafted') = (decided_by IS NULL AND decided_at IS NULL)),
        CONSTRAINT fk_plan_change_plan_id_investment_plan FOREIGN KEY(plan_id) REFERENCES investment_plan (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_plan_change_open ON plan_change (plan_id) WHERE status = 'drafted'",
    "CREATE INDEX ix_plan_change_plan_id ON plan_change (plan_id)",
    "GRANT SELECT, INSERT, UPDATE (status, decided_by, decided_at, decision_reason) ON plan_change TO app_funding",
)


def upgrade() -> None:
    for (table, name), (_, after) in CHECKS.items():
        _constrain(table, name, after)
    for statement in TABLE:
        op.execute(statement)
    protect(op, "plan_change", "funding")
    let_sealer_read(op, "plan_change", "funding")
    op.add_column("plan_item", sa.Column("number", sa.Integer, nullable=False, server_default="1"))
    op.add_column("plan_item", sa.Column("change_id", sa.Uuid))
    op.add_column("plan_item", sa.Column("year", sa.Integer))
    # Row-level security binds the owner too.
    for table in ("plan_item", "investment_plan"):
        op.execute(f"CREATE POLICY upgrade_fills ON {table} FOR ALL TO owner_funding USING (true)")
    op.execute("UPDATE plan_item i SET year = p.year FROM investment_plan p WHERE p.id = i.plan_id")
    for table in ("plan_item", "investment_plan"):
        op.execute(f"DROP POLICY upgrade_fills ON {table}")
    op.alter_column("plan_item", "year", nullable=False)


def downgrade() -> None:
    op.drop_column("plan_item", "year")
    op.drop_column("plan_item", "change_id")
    op.drop_column("plan_item", "number")
    op.drop_table("plan_change")
    for (table, name), (before, _) in CHECKS.items():
        _constrain(table, name, before)


def _constrain(table: str, name: str, condition: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
