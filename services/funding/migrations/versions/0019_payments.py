"""Payee accounts, payment orders, receipts of the treasury and monthly closings; payments that the bank sent back."""

from alembic import op

from services.funding.migrations.post_batch_v4 import BEFORE, POST_BATCH
from shared.storage.ddl import append_only, protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OWNED = ("payee_account", "payment_line")
OF_THE_CITY = ("payment_order", "payment_order_file", "receipt_batch", "treasury_receipt", "month_closing")
WRITTEN_ONCE = ("payment_order_file", "receipt_batch")

TABLES = """
CREATE TABLE payee_account (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    number INTEGER NOT NULL,
    changes BOOLEAN NOT NULL,
    account_name TEXT NOT NULL,
    bank TEXT NOT NULL,
    bank_code TEXT,
    account_no TEXT NOT NULL,
    reason TEXT,
    status TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    checked_by TEXT,
    checked_at TIMESTAMP WITH TIME ZONE,
    confirmed_by TEXT,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    from_on DATE,
    decision_reason TEXT,
    CONSTRAINT pk_payee_account PRIMARY KEY (id),
    CONSTRAINT ck_payee_account_status CHECK (status IN ('entered', 'checked', 'confirmed', 'returned', 'withdrawn')),
    CONSTRAINT ck_payee_account_confirmed_has_a_day CHECK ((status = 'confirmed') = (from_on IS NOT NULL)),
    CONSTRAINT ck_payee_account_two_people CHECK (checked_by <> confirmed_by),
    CONSTRAINT ck_payee_account_change_is_checked CHECK (NOT changes OR status <> 'confirmed' OR checked_by IS
        NOT NULL),
    CONSTRAINT fk_payee_account_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);
CREATE UNIQUE INDEX uq_payee_account_application_id_number ON payee_account (application_id, number);
CREATE UNIQUE INDEX uq_payee_account_open ON payee_account (application_id) WHERE status IN ('entered',
    'checked');

CREATE TABLE payment_order (
    id UUID NOT NULL,
    district TEXT NOT NULL,
    order_no TEXT NOT NULL,
    status TEXT NOT NULL,
    layout TEXT NOT NULL,
    lines INTEGER NOT NULL,
    total_yuan NUMERIC(18, 2) NOT NULL,
    issued_by TEXT NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    overdue_since DATE,
    replaces_id UUID,
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdraw_reason TEXT,
    version INTEGER NOT NULL,
    CONSTRAINT pk_payment_order PRIMARY KEY (id),
    CONSTRAINT ck_payment_order_status CHECK (status IN ('issued', 'withdrawn')),
    CONSTRAINT ck_payment_order_withdrawn_with_reason CHECK ((status = 'withdrawn') = (withdraw_reason IS NOT NULL)),
    CONSTRAINT uq_payment_order_order_no UNIQUE (order_no),
    CONSTRAINT fk_payment_order_replaces_id_payment_order FOREIGN KEY(replaces_id) REFERENCES payment_order (id)
);
CREATE INDEX ix_payment_order_due_on ON payment_order (due_on, id);
CREATE UNIQUE INDEX uq_payment_order_replaces_id ON payment_order (replaces_id);

CREATE TABLE payment_line (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    order_no TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    application_id UUID NOT NULL,
    release_id UUID NOT NULL,
    payee_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    project_name TEXT NOT NULL,
    account_name TEXT NOT NULL,
    bank TEXT NOT NULL,
    bank_code TEXT,
    account_no TEXT NOT NULL,
    purpose TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    issued_on DATE NOT NULL,
    status TEXT NOT NULL,
    answered_on DATE,
    return_reason TEXT,
    CONSTRAINT pk_payment_line PRIMARY KEY (id),
    CONSTRAINT ck_payment_line_status CHECK (status IN ('ordered', 'paid', 'returned', 'withdrawn')),
    CONSTRAINT ck_payment_line_amount CHECK (amount_yuan > 0),
    CONSTRAINT ck_payment_line_answered_on_a_day CHECK (status NOT IN ('paid', 'returned') OR answered_on IS NOT
        NULL),
    CONSTRAINT fk_payment_line_order_id_payment_order FOREIGN KEY(order_id) REFERENCES payment_order (id),
    CONSTRAINT fk_payment_line_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT fk_payment_line_release_id_release_request FOREIGN KEY(release_id) REFERENCES release_request (id),
    CONSTRAINT fk_payment_line_payee_id_payee_account FOREIGN KEY(payee_id) REFERENCES payee_account (id)
);
CREATE INDEX ix_payment_line_application_id ON payment_line (application_id);
CREATE UNIQUE INDEX uq_payment_line_order_id_line_no ON payment_line (order_id, line_no);
CREATE UNIQUE INDEX uq_payment_line_release_id ON payment_line (release_id) WHERE status <> 'withdrawn';

CREATE TABLE payment_order_file (
    order_id UUID NOT NULL,
    format TEXT NOT NULL,
    district TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT pk_payment_order_file PRIMARY KEY (order_id, format),
    CONSTRAINT ck_payment_order_file_format CHECK (format IN ('csv', 'xlsx')),
    CONSTRAINT fk_payment_order_file_order_id_payment_order FOREIGN KEY(order_id) REFERENCES payment_order (id)
);

CREATE TABLE receipt_batch (
    id UUID NOT NULL,
    district TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    source TEXT NOT NULL,
    rows INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_receipt_batch PRIMARY KEY (id),
    CONSTRAINT uq_receipt_batch_sha256 UNIQUE (sha256)
);

CREATE TABLE treasury_receipt (
    id UUID NOT NULL,
    batch_id UUID NOT NULL,
    district TEXT NOT NULL,
    voucher_no TEXT NOT NULL,
    voucher_key TEXT NOT NULL,
    order_no TEXT,
    line_no INTEGER,
    account_no TEXT,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    result TEXT NOT NULL,
    result_on DATE NOT NULL,
    bank_reason TEXT,
    month TEXT NOT NULL,
    differences TEXT[] NOT NULL,
    status TEXT NOT NULL,
    line_id UUID,
    transfer_id UUID,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_by TEXT,
    settled_at TIMESTAMP WITH TIME ZONE,
    settle_reason TEXT,
    version INTEGER NOT NULL,
    CONSTRAINT pk_treasury_receipt PRIMARY KEY (id),
    CONSTRAINT ck_treasury_receipt_result CHECK (result IN ('paid', 'returned')),
    CONSTRAINT ck_treasury_receipt_status CHECK (status IN ('matched', 'open', 'accepted', 'voided')),
    CONSTRAINT ck_treasury_receipt_amount CHECK (amount_yuan > 0),
    CONSTRAINT ck_treasury_receipt_matched_has_line CHECK ((status = 'matched') = (line_id IS NOT NULL)),
    CONSTRAINT ck_treasury_receipt_settled_with_reason CHECK (settled_by IS NULL OR settle_reason IS NOT NULL),
    CONSTRAINT fk_treasury_receipt_batch_id_receipt_batch FOREIGN KEY(batch_id) REFERENCES receipt_batch (id),
    CONSTRAINT fk_treasury_receipt_line_id_payment_line FOREIGN KEY(line_id) REFERENCES payment_line (id)
);
CREATE INDEX ix_treasury_receipt_month ON treasury_receipt (month);
CREATE INDEX ix_treasury_receipt_result_on ON treasury_receipt (result_on, id);
CREATE UNIQUE INDEX uq_treasury_receipt_line_id ON treasury_receipt (line_id, result) WHERE status = 'matched';
CREATE UNIQUE INDEX uq_treasury_receipt_voucher_key ON treasury_receipt (voucher_key, result) WHERE status <>
    'voided';

CREATE TABLE month_closing (
    id UUID NOT NULL,
    district TEXT NOT NULL,
    month TEXT NOT NULL,
    status TEXT NOT NULL,
    days JSONB NOT NULL,
    open_items JSONB NOT NULL,
    prepared_by TEXT NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_by TEXT,
    closed_at TIMESTAMP WITH TIME ZONE,
    reopening_by TEXT,
    reopening_at TIMESTAMP WITH TIME ZONE,
    reopening_reason TEXT,
    reopened_by TEXT,
    reopened_at TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    CONSTRAINT pk_month_closing PRIMARY KEY (id),
    CONSTRAINT ck_month_closing_status CHECK (status IN ('prepared', 'closed', 'reopening', 'reopened', 'withdrawn')),
    CONSTRAINT ck_month_closing_two_people_close CHECK (closed_by <> prepared_by),
    CONSTRAINT ck_month_closing_two_people_reopen CHECK (reopened_by <> reopening_by)
);
CREATE UNIQUE INDEX uq_month_closing_month ON month_closing (month) WHERE status IN ('prepared', 'closed',
    'reopening');
"""

# What is booked in a closed month stays as it is; a receipt that comes later is booked into an open one.
CLOSED_MONTHS = (
    """
    CREATE FUNCTION funding.refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        closed CONSTANT text := (SELECT max(month) FROM funding.month_closing WHERE status IN ('closed', 'reopening'));
    BEGIN
        IF NEW.month <= closed OR TG_OP = 'UPDATE' AND OLD.month <= closed AND OLD.status <> 'open' THEN
            RAISE EXCEPTION 'the month is closed' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER treasury_receipt_in_open_month BEFORE INSERT OR UPDATE ON funding.treasury_receipt
    FOR EACH ROW EXECUTE FUNCTION funding.refuse_closed_month()
    """,
)

# Releases from before payment orders were paid without one. The default fills them in, so that no row is written.
RELEASES = (
    "ALTER TABLE application ADD COLUMN bank_returned_yuan NUMERIC(18, 2) NOT NULL DEFAULT 0",
    "ALTER TABLE application ALTER COLUMN bank_returned_yuan DROP DEFAULT",
    "ALTER TABLE release_request ADD COLUMN paid_outside BOOLEAN NOT NULL DEFAULT true",
    "ALTER TABLE release_request ALTER COLUMN paid_outside DROP DEFAULT",
    "ALTER TABLE release_request ADD COLUMN replaces_id UUID",
    "ALTER TABLE release_request ADD CONSTRAINT fk_release_request_replaces_id_release_request"
    " FOREIGN KEY (replaces_id) REFERENCES release_request (id)",
    "CREATE UNIQUE INDEX uq_release_request_replaces_id ON release_request (replaces_id) WHERE status <> 'rejected'",
    "ALTER TABLE release_request DROP CONSTRAINT ck_release_request_status,"
    " DROP CONSTRAINT ck_release_request_paid_has_transfer",
    "ALTER TABLE release_request ADD CONSTRAINT ck_release_request_status"
    " CHECK (status IN ('requested', 'paid', 'returned', 'rejected'))",
    "ALTER TABLE release_request ADD CONSTRAINT ck_release_request_paid_has_transfer"
    " CHECK ((status IN ('paid', 'returned')) = (transfer_id IS NOT NULL))",
    "DROP INDEX uq_release_request_statement_id",
    "CREATE UNIQUE INDEX uq_release_request_statement_id ON release_request (statement_id)"
    " WHERE status NOT IN ('returned', 'rejected')",
)

GRANTED = "GRANT EXECUTE ON FUNCTION funding_ledger.post_batch TO app_funding"
LEDGER = (
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT account_code_check",
    "ALTER TABLE funding_ledger.account ADD CONSTRAINT account_code_check CHECK (code BETWEEN 1 AND 10)",
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_case_accounts_name_their_case",
    "ALTER TABLE funding_ledger.account ADD CONSTRAINT ck_account_case_accounts_name_their_case"
    " CHECK ((code BETWEEN 4 AND 8 OR code = 10) = (case_id IS NOT NULL))",
    "DROP FUNCTION funding_ledger.post_batch",
    POST_BATCH,
    "REVOKE ALL ON FUNCTION funding_ledger.post_batch FROM PUBLIC",
    GRANTED,
)


def upgrade() -> None:
    for statement in TABLES.split(";")[:-1]:
        op.execute(statement)
    for table in OWNED:
        protect(op, table, "funding", applicant=True)
    for table in OF_THE_CITY:
        protect(op, table, "funding")
    for table in WRITTEN_ONCE:
        append_only(op, table, "funding")
    for table in (*OWNED, *OF_THE_CITY):
        let_sealer_read(op, table, "funding")
    for statement in (*CLOSED_MONTHS, *RELEASES, *LEDGER):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "DROP TABLE month_closing, treasury_receipt, receipt_batch, payment_order_file, payment_line, payment_order,"
        " payee_account",
        "DROP FUNCTION refuse_closed_month",
        "ALTER TABLE application DROP COLUMN bank_returned_yuan",
        "ALTER TABLE release_request DROP COLUMN paid_outside, DROP COLUMN replaces_id,"
        " DROP CONSTRAINT ck_release_request_status, DROP CONSTRAINT ck_release_request_paid_has_transfer",
        "ALTER TABLE release_request ADD CONSTRAINT ck_release_request_status"
        " CHECK (status IN ('requested', 'paid', 'rejected'))",
        "ALTER TABLE release_request ADD CONSTRAINT ck_release_request_paid_has_transfer"
        " CHECK ((status = 'paid') = (transfer_id IS NOT NULL))",
        "DROP INDEX uq_release_request_statement_id",
        "CREATE UNIQUE INDEX uq_release_request_statement_id ON release_request (statement_id)"
        " WHERE status <> 'rejected'",
        "DROP FUNCTION funding_ledger.post_batch",
        BEFORE,
        "REVOKE ALL ON FUNCTION funding_ledger.post_batch FROM PUBLIC",
        GRANTED,
        "ALTER TABLE funding_ledger.account DROP CONSTRAINT account_code_check",
        "ALTER TABLE funding_ledger.account ADD CONSTRAINT account_code_check CHECK (code BETWEEN 1 AND 9)",
        "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_case_accounts_name_their_case",
        "ALTER TABLE funding_ledger.account ADD CONSTRAINT ck_account_case_accounts_name_their_case"
        " CHECK ((code BETWEEN 4 AND 8) = (case_id IS NOT NULL))",
    ):
        op.execute(statement)
