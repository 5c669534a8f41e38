"""Budget documents that cut, move, freeze, reverse and carry over; drafts of them may be withdrawn. 三（二）

`post_batch` moves the programme's own money only as a confirmed document says.
"""

import sqlalchemy as sa
from alembic import op

from services.funding.migrations.post_batch_v2 import POST_BATCH as POST_BATCH_V2
from services.funding.migrations.post_batch_v3 import POST_BATCH
from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = "('appropriation', 'cut', 'transfer', 'freeze', 'unfreeze', 'reversal', 'carry_over')"
STANDING = "status IN ('drafted', 'confirmed')"
CHECKS = {
    "status": "status IN ('drafted', 'confirmed', 'withdrawn', 'reversed')",
    "kind": f"kind IN {KINDS}",
    "confirmed": "(status IN ('confirmed', 'reversed')) = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)",
    "withdrawn": "(status = 'withdrawn') = (withdrawn_by IS NOT NULL AND withdrawn_at IS NOT NULL"
    " AND withdraw_reason IS NOT NULL)",
    "to_year": "(kind IN ('transfer', 'carry_over')) = (to_year IS NOT NULL)",
    "two_years": "to_year <> year",
    "reverses": "(kind = 'reversal') = (reverses IS NOT NULL)",
}
REPLACED = {
    "status": "status IN ('drafted', 'confirmed')",
    "confirmed": "(status = 'confirmed') = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)",
}

COLUMNS = (
    sa.Column("kind", sa.Text, nullable=False, server_default="appropriation"),
    sa.Column("document_on", sa.Date),
    sa.Column("to_year", sa.Integer),
    sa.Column("reverses", sa.Uuid, sa.ForeignKey("appropriation.id", name="fk_appropriation_reverses_appropriation")),
    sa.Column("withdrawn_by", sa.Text),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    sa.Column("withdraw_reason", sa.Text),
)

# What the ledger took from a document stays granted: a confirmed document is reversed by another one.
STEPS = """
CREATE OR REPLACE FUNCTION funding.confirm_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision CONSTANT text[] := '{status,confirmed_by,confirmed_at,withdrawn_by,withdrawn_at,withdraw_reason}';
    step CONSTANT text := CASE TG_OP WHEN 'UPDATE' THEN OLD.status || ' ' ELSE '' END || NEW.status;
    kept CONSTANT text[] := CASE step WHEN 'confirmed reversed' THEN '{status}'::text[] ELSE decision END;
BEGIN
    IF step <> ALL ('{drafted,drafted confirmed,drafted withdrawn,confirmed reversed}')
       OR TG_OP = 'UPDATE' AND to_jsonb(OLD) - kept <> to_jsonb(NEW) - kept
       OR NEW.status = 'reversed' AND NOT EXISTS (
           SELECT FROM funding.appropriation WHERE reverses = NEW.id AND status = 'confirmed') THEN
        RAISE EXCEPTION 'a budget document is drafted, then confirmed unchanged or withdrawn; reversed by another one'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
STEPS_BEFORE = """
CREATE OR REPLACE FUNCTION funding.confirm_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    confirmation CONSTANT text[] := '{status,confirmed_by,confirmed_at}';
BEGIN
    IF TG_OP = 'INSERT' AND NEW.status <> 'drafted' OR TG_OP = 'UPDATE' AND
       (OLD.status <> 'drafted' OR to_jsonb(OLD) - confirmation <> to_jsonb(NEW) - confirmation) THEN
        RAISE EXCEPTION 'an appropriation is drafted, then confirmed unchanged'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

CARRIED = (
    """
    CREATE TABLE carried_item (
        id UUID NOT NULL,
        appropriation_id UUID NOT NULL,
        application_id UUID NOT NULL,
        district TEXT NOT NULL,
        applicant_uscc TEXT NOT NULL,
        amount_yuan NUMERIC(18, 2) NOT NULL,
        carried_as TEXT,
        CONSTRAINT pk_carried_item PRIMARY KEY (id),
        CONSTRAINT ck_carried_item_amount CHECK (amount_yuan > 0),
        CONSTRAINT fk_carried_item_appropriation_id_appropriation FOREIGN KEY(appropriation_id)
            REFERENCES appropriation (id),
        CONSTRAINT fk_carried_item_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_carried_item_application_id ON carried_item (appropriation_id, application_id)",
    "CREATE INDEX ix_carried_item_application_id ON carried_item (application_id)",
    "GRANT SELECT, INSERT, UPDATE (carried_as) ON carried_item TO app_funding",
)

INDEXES = (
    "DROP INDEX uq_appropriation_year_document_no",
    "CREATE UNIQUE INDEX uq_appropriation_document ON appropriation (year, kind, document_no, to_year, reverses)"
    f" NULLS NOT DISTINCT WHERE {STANDING}",
    f"CREATE UNIQUE INDEX uq_appropriation_reverses ON appropriation (reverses) WHERE {STANDING}",
    "CREATE INDEX ix_appropriation_to_year ON appropriation (to_year) WHERE to_year IS NOT NULL",
    "GRANT UPDATE (withdrawn_by, withdrawn_at, withdraw_reason) ON appropriation TO app_funding",
)

# Code 9 is the frozen money of a year.
ACCOUNTS = {
    "account_code_check": "code BETWEEN 1 AND 9",
    "ck_account_budget_has_a_year": "(code IN (2, 9)) = (fiscal_year IS NOT NULL)",
    "ck_account_case_accounts_name_their_case": "(code BETWEEN 4 AND 8) = (case_id IS NOT NULL)",
}
ACCOUNTS_BEFORE = {
    "account_code_check": "code BETWEEN 1 AND 8",
    "ck_account_budget_has_a_year": "(code = 2) = (fiscal_year IS NOT NULL)",
    "ck_account_case_accounts_name_their_case": "(code >= 4) = (case_id IS NOT NULL)",
}


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("appropriation", column)
    for name in REPLACED:
        op.execute(f"ALTER TABLE appropriation DROP CONSTRAINT ck_appropriation_{name}")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_appropriation_{name}"), "appropriation", condition)
    op.add_column("application", sa.Column("arrangement", sa.Integer, nullable=False, server_default="1"))
    op.execute("GRANT UPDATE (arrangement) ON application TO app_funding")
    for statement in (*INDEXES, STEPS, *CARRIED):
        op.execute(statement)
    protect(op, "carried_item", "funding", applicant=True)
    let_sealer_read(op, "carried_item", "funding")
    _constrain(ACCOUNTS)
    _replace(POST_BATCH)


def downgrade() -> None:
    _replace(POST_BATCH_V2)
    _constrain(ACCOUNTS_BEFORE)
    op.drop_table("carried_item")
    op.drop_column("application", "arrangement")
    op.execute(STEPS_BEFORE)
    op.execute("DROP INDEX uq_appropriation_document")
    op.execute("DROP INDEX uq_appropriation_reverses")
    for name in CHECKS:
        op.execute(f"ALTER TABLE appropriation DROP CONSTRAINT ck_appropriation_{name}")
    for column in COLUMNS:
        op.drop_column("appropriation", column.name)
    for name, condition in REPLACED.items():
        op.create_check_constraint(op.f(f"ck_appropriation_{name}"), "appropriation", condition)
    op.execute("CREATE UNIQUE INDEX uq_appropriation_year_document_no ON appropriation (year, document_no)")


def _constrain(accounts: dict[str, str]) -> None:
    for name, condition in accounts.items():
        op.execute(f"ALTER TABLE funding_ledger.account DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE funding_ledger.account ADD CONSTRAINT {name} CHECK ({condition})")


def _replace(function: str) -> None:
    for statement in (
        "DROP FUNCTION funding_ledger.post_batch",
        function,
        "REVOKE ALL ON FUNCTION funding_ledger.post_batch FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION funding_ledger.post_batch TO app_funding",
    ):
        op.execute(statement)
