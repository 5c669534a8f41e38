"""Budget money rests on confirmed appropriations, awards on approvals; `post_batch` refuses what no document grants.

Budget transfers posted before are bound to the appropriation that their purpose names. 三（二）
"""

import sqlalchemy as sa
from alembic import op

from services.funding.migrations.post_batch_v1 import POST_BATCH as POST_BATCH_V1
from services.funding.migrations.post_batch_v2 import POST_BATCH

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A confirmation is final: what the ledger took from a document stays granted.
CONFIRMED_ONCE = (
    """
    CREATE FUNCTION funding.confirm_once() RETURNS trigger LANGUAGE plpgsql AS $$
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
    """,
    """
    CREATE TRIGGER appropriation_confirmed_once BEFORE INSERT OR UPDATE ON funding.appropriation
    FOR EACH ROW EXECUTE FUNCTION funding.confirm_once()
    """,
    """
    CREATE TRIGGER appropriation_kept BEFORE DELETE OR TRUNCATE ON funding.appropriation
    FOR EACH STATEMENT EXECUTE FUNCTION funding.refuse_change()
    """,
)

# Row-level security binds the owner too, as which `post_batch` runs.
READS = (
    "CREATE POLICY ledger_reads ON funding.appropriation FOR SELECT TO owner_funding USING (true)",
    "CREATE POLICY ledger_reads ON funding.approval FOR SELECT TO owner_funding USING (true)",
)

# No foreign key crosses the schemas: `post_batch` looks the document up, and no appropriation is ever deleted.
DOCUMENTS = (
    "ALTER TABLE funding_ledger.transfer ADD COLUMN document_id uuid",
    "ALTER TABLE funding_ledger.transfer DISABLE TRIGGER transfer_is_append_only",
    """
    UPDATE funding_ledger.transfer t SET document_id = a.id
    FROM funding.appropriation a, funding_ledger.account d
    WHERE d.id = t.debit_account AND d.code = 1 AND a.status = 'confirmed'
      AND t.purpose = format('appropriation:%s:%s', a.year, a.document_no)
    """,
    "ALTER TABLE funding_ledger.transfer ENABLE TRIGGER transfer_is_append_only",
    "CREATE INDEX ix_transfer_document ON funding_ledger.transfer (document_id) WHERE document_id IS NOT NULL",
    """
    CREATE UNIQUE INDEX uq_account_programme ON funding_ledger.account (ledger, code, fiscal_year) NULLS NOT DISTINCT
    WHERE case_id IS NULL
    """,
    "CREATE UNIQUE INDEX uq_account_case ON funding_ledger.account (case_id, code) WHERE case_id IS NOT NULL",
    "DROP INDEX funding_ledger.ix_account_case",
)

FUNCTION = (
    "DROP FUNCTION funding_ledger.post_batch",
    POST_BATCH,
    "REVOKE ALL ON FUNCTION funding_ledger.post_batch FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION funding_ledger.post_batch TO app_funding",
)


def upgrade() -> None:
    # The confirmations before this version are recorded as acts only; those from now on are announced, too.
    op.add_column("appropriation", sa.Column("announced", sa.Boolean, nullable=False, server_default=sa.true()))
    for statement in READS:
        op.execute(statement)
    op.execute("CREATE POLICY upgrade_notes ON appropriation FOR UPDATE TO owner_funding USING (true)")
    op.execute("UPDATE appropriation SET announced = false WHERE status = 'confirmed'")
    op.execute("DROP POLICY upgrade_notes ON appropriation")
    confirmed = "(status = 'confirmed') = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)"
    op.create_check_constraint(op.f("ck_appropriation_confirmed"), "appropriation", confirmed)
    op.create_check_constraint(op.f("ck_appropriation_two_people"), "appropriation", "confirmed_by <> drafted_by")
    for statement in (*CONFIRMED_ONCE, *DOCUMENTS, *FUNCTION):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "DROP FUNCTION funding_ledger.post_batch",
        POST_BATCH_V1,
        "REVOKE ALL ON FUNCTION funding_ledger.post_batch FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION funding_ledger.post_batch TO app_funding",
        "CREATE INDEX ix_account_case ON funding_ledger.account (case_id) WHERE case_id IS NOT NULL",
        "DROP INDEX funding_ledger.uq_account_programme, funding_ledger.uq_account_case",
        "ALTER TABLE funding_ledger.transfer DROP COLUMN document_id",
        "DROP TRIGGER appropriation_kept ON appropriation",
        "DROP TRIGGER appropriation_confirmed_once ON appropriation",
        "DROP FUNCTION confirm_once",
        "ALTER TABLE appropriation DROP COLUMN announced, DROP CONSTRAINT ck_appropriation_confirmed,"
        " DROP CONSTRAINT ck_appropriation_two_people",
        "DROP POLICY ledger_reads ON appropriation",
        "DROP POLICY ledger_reads ON approval",
    ):
        op.execute(statement)
