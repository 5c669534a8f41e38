"""Double-entry ledger: accounts, append-only transfers, and the function that moves money.

`post_batch` is the only writer and runs as the owner; the service's role may execute it and read the tables.
A transfer moves fen from the debited account to the credited one. 二（四）, 三（二）
"""

from alembic import op

from services.funding.migrations.post_batch_v1 import POST_BATCH

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ACCOUNT = """
CREATE TABLE funding_ledger.account (
    id bigint PRIMARY KEY,
    ledger integer NOT NULL,
    code smallint NOT NULL CHECK (code BETWEEN 1 AND 8),
    fiscal_year smallint,
    case_id uuid,
    credit_limit bigint CHECK (credit_limit > 0),
    debits_posted bigint NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    debits_pending bigint NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    credits_posted bigint NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    credits_pending bigint NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    version bigint NOT NULL DEFAULT 0,
    opened_at timestamptz NOT NULL,
    CONSTRAINT ck_account_never_overdrawn CHECK (code IN (1, 3) OR debits_posted + debits_pending <= credits_posted),
    CONSTRAINT ck_account_within_limit CHECK (credits_posted + credits_pending <= credit_limit),
    CONSTRAINT ck_account_budget_has_a_year CHECK ((code = 2) = (fiscal_year IS NOT NULL)),
    CONSTRAINT ck_account_case_accounts_name_their_case CHECK ((code >= 4) = (case_id IS NOT NULL)),
    CONSTRAINT ck_account_award_has_a_cap CHECK ((code = 4) = (credit_limit IS NOT NULL))
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
"""

# No foreign key to account: every insert would take a key-share lock on the hot budget row. The function checks.
TRANSFER = """
CREATE TABLE funding_ledger.transfer (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    batch bigint NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 3),
    debit_account bigint NOT NULL,
    credit_account bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    pending_id uuid,
    purpose text NOT NULL,
    case_id uuid,
    posted_at timestamptz NOT NULL,
    CONSTRAINT ck_transfer_two_accounts CHECK (debit_account <> credit_account),
    CONSTRAINT ck_transfer_resolutions_name_their_pending CHECK ((kind >= 2) = (pending_id IS NOT NULL))
)
"""

RESOLUTION = """
CREATE TABLE funding_ledger.resolution (
    pending_id uuid PRIMARY KEY,
    transfer_id uuid NOT NULL UNIQUE
)
"""

INDEXES = (
    "CREATE INDEX ix_transfer_debit ON funding_ledger.transfer (debit_account, seq)",
    "CREATE INDEX ix_transfer_credit ON funding_ledger.transfer (credit_account, seq)",
    "CREATE INDEX ix_transfer_case ON funding_ledger.transfer (case_id, seq)",
    "CREATE INDEX ix_account_case ON funding_ledger.account (case_id) WHERE case_id IS NOT NULL",
    "CREATE SEQUENCE funding_ledger.batch_number CACHE 1",
)

APPEND_ONLY = (
    """
    CREATE FUNCTION funding_ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only: % on % refused', TG_OP, TG_TABLE_NAME;
    END $$
    """,
    """
    CREATE TRIGGER transfer_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON funding_ledger.transfer
    FOR EACH STATEMENT EXECUTE FUNCTION funding_ledger.refuse_change()
    """,
    """
    CREATE TRIGGER resolution_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON funding_ledger.resolution
    FOR EACH STATEMENT EXECUTE FUNCTION funding_ledger.refuse_change()
    """,
    """
    CREATE TRIGGER accounts_stay_open BEFORE DELETE OR TRUNCATE ON funding_ledger.account
    FOR EACH STATEMENT EXECUTE FUNCTION funding_ledger.refuse_change()
    """,
)

OPEN_ACCOUNTS = """
CREATE FUNCTION funding_ledger.open_accounts(
    p_ids bigint[], p_ledger integer, p_codes smallint[], p_fiscal_years smallint[], p_cases uuid[],
    p_limits bigint[], p_at timestamptz
) RETURNS smallint[] LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, funding_ledger, pg_temp
AS $$
DECLARE
    v_opened bigint[];
    v_result smallint[];
BEGIN
    WITH opened AS (
        INSERT INTO account (id, ledger, code, fiscal_year, case_id, credit_limit, opened_at)
        SELECT w.id, p_ledger, w.code, w.fiscal_year, w.case_id, w.credit_limit, p_at
        FROM unnest(p_ids, p_codes, p_fiscal_years, p_cases, p_limits) w(id, code, fiscal_year, case_id, credit_limit)
        ORDER BY w.id
        ON CONFLICT (id) DO NOTHING
        RETURNING id
    )
    SELECT array_agg(id) INTO v_opened FROM opened;

    -- A new statement sees what a concurrent session opened first.
    SELECT array_agg(CASE
        WHEN w.id = ANY (v_opened) THEN 0
        WHEN (a.ledger, a.code, a.fiscal_year, a.case_id, a.credit_limit)
             IS NOT DISTINCT FROM (p_ledger, w.code, w.fiscal_year, w.case_id, w.credit_limit) THEN 1
        ELSE 2 END ORDER BY w.n)
    INTO v_result
    FROM unnest(p_ids, p_codes, p_fiscal_years, p_cases, p_limits)
         WITH ORDINALITY w(id, code, fiscal_year, case_id, credit_limit, n)
    JOIN account a ON a.id = w.id;
    RETURN coalesce(v_result, '{}');
END $$
"""

GRANTS = (
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA funding_ledger FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION funding_ledger.open_accounts, funding_ledger.post_batch TO app_funding",
    "GRANT SELECT ON ALL TABLES IN SCHEMA funding_ledger TO app_funding",
)


def upgrade() -> None:
    for statement in (ACCOUNT, TRANSFER, RESOLUTION, *INDEXES, *APPEND_ONLY, OPEN_ACCOUNTS, POST_BATCH, *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION funding_ledger.post_batch, funding_ledger.open_accounts")
    op.execute("DROP TABLE funding_ledger.resolution, funding_ledger.transfer, funding_ledger.account")
    op.execute("DROP FUNCTION funding_ledger.refuse_change")
    op.execute("DROP SEQUENCE funding_ledger.batch_number")
