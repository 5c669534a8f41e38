"""Loan facts in versions, claims for interest with their settlement lines, and calculations.

Statements that were settled once become decided claims under the same id, their lines accepted lines; the statements
themselves stay as an archive, since they are sealed and were paid.
"""

import sqlalchemy as sa
from alembic import op

from shared.storage.ddl import append_only, protect
from shared.storage.ddl_forms import bank_v1, identifier_v1
from shared.storage.ddl_sealing import let_sealer_read

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LOAN = """
ALTER TABLE loan ALTER COLUMN annual_rate DROP NOT NULL,
    ADD COLUMN contract_key TEXT,
    ADD COLUMN spread_bp NUMERIC(9, 4),
    ADD COLUMN day_count_basis INTEGER,
    ADD COLUMN settlement_day INTEGER,
    ADD COLUMN share NUMERIC(7, 6) NOT NULL DEFAULT 1,
    ADD COLUMN extensions JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN drawdowns JSONB,
    ADD COLUMN repayments JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN withdrawn_by TEXT,
    ADD COLUMN withdrawn_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN withdraw_reason TEXT;

ALTER TABLE loan NO FORCE ROW LEVEL SECURITY;

UPDATE loan SET settlement_day = 20, drawdowns = jsonb_build_array(
    jsonb_build_object('on', drawn_on, 'amount_yuan', principal_yuan::text)
)
"""

LOAN_DONE = """
ALTER TABLE loan ALTER COLUMN contract_key SET NOT NULL, ALTER COLUMN drawdowns SET NOT NULL,
    ADD CONSTRAINT ck_loan_day_count_basis CHECK (day_count_basis IN (360, 365)),
    ADD CONSTRAINT ck_loan_share CHECK (share > 0 AND share <= 1),
    ADD CONSTRAINT ck_loan_settlement_day CHECK (settlement_day BETWEEN 1 AND 31),
    ADD CONSTRAINT ck_loan_fixed_rate CHECK (annual_rate IS NOT NULL OR rate_type = 'floating'),
    ADD CONSTRAINT ck_loan_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL)
        AND (withdrawn_at IS NULL) = (withdraw_reason IS NULL));

DROP INDEX uq_loan_bank_contract_no;

CREATE UNIQUE INDEX uq_loan_contract_key ON loan (contract_key) WHERE withdrawn_at IS NULL;

CREATE TABLE loan_version (
    id UUID NOT NULL,
    loan_id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    number INTEGER NOT NULL,
    facts JSONB NOT NULL,
    reason TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_loan_version PRIMARY KEY (id),
    CONSTRAINT fk_loan_version_loan_id_loan FOREIGN KEY(loan_id) REFERENCES loan (id),
    CONSTRAINT fk_loan_version_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);

CREATE UNIQUE INDEX uq_loan_version_loan_id_number ON loan_version (loan_id, number);

CREATE INDEX ix_loan_version_application_id ON loan_version (application_id);

INSERT INTO loan_version (id, loan_id, application_id, district, applicant_uscc, number, facts, reason, recorded_by,
                          recorded_at)
SELECT gen_random_uuid(), id, application_id, district, applicant_uscc, 1, jsonb_build_object(
    'bank', bank, 'contract_no', contract_no, 'principal_yuan', principal_yuan::text, 'rate_type', rate_type,
    'annual_rate', annual_rate::text, 'spread_bp', NULL, 'term_months', term_months, 'tenor', tenor,
    'repriced_on', to_jsonb(repriced_on), 'day_count_basis', NULL, 'settlement_day', 20, 'share', '1',
    'extensions', extensions, 'drawdowns', drawdowns, 'repayments', repayments
), '登记', registered_by, registered_at FROM loan;

ALTER TABLE loan FORCE ROW LEVEL SECURITY
"""

CLAIMS = """
CREATE TABLE interest_calculation (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    number INTEGER NOT NULL,
    cause TEXT NOT NULL,
    inputs_hash TEXT NOT NULL,
    inputs JSONB NOT NULL,
    result JSONB NOT NULL,
    total_yuan NUMERIC(18, 2),
    computed_by TEXT NOT NULL,
    computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_interest_calculation PRIMARY KEY (id),
    CONSTRAINT ck_interest_calculation_total CHECK (total_yuan >= 0),
    CONSTRAINT fk_interest_calculation_application_id_application FOREIGN KEY(application_id) REFERENCES
        application (id)
);

CREATE UNIQUE INDEX uq_interest_calculation_application_id_number ON interest_calculation (application_id, number);

CREATE TABLE interest_claim (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    number INTEGER NOT NULL,
    period_from DATE NOT NULL,
    period_to DATE NOT NULL,
    status TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    draft JSONB NOT NULL,
    filings INTEGER NOT NULL,
    filed_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    inputs_hash TEXT,
    calculation_id UUID,
    due_yuan NUMERIC(18, 2),
    amount_yuan NUMERIC(18, 2),
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_interest_claim PRIMARY KEY (id),
    CONSTRAINT ck_interest_claim_status CHECK (status IN ('draft', 'filed', 'checked', 'verified', 'decided',
        'returned', 'withdrawn', 'refused')),
    CONSTRAINT ck_interest_claim_period CHECK (period_from <= period_to),
    CONSTRAINT ck_interest_claim_amount CHECK (amount_yuan >= 0 AND amount_yuan <= greatest(due_yuan, 0)),
    CONSTRAINT ck_interest_claim_decided CHECK ((status = 'decided') = (amount_yuan IS NOT NULL)
        AND (amount_yuan IS NULL) = (due_yuan IS NULL) AND (amount_yuan IS NULL) = (decided_at IS NULL)),
    CONSTRAINT fk_interest_claim_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT fk_interest_claim_calculation_id_interest_calculation FOREIGN KEY(calculation_id) REFERENCES
        interest_calculation (id)
);

CREATE UNIQUE INDEX uq_interest_claim_application_id_number ON interest_claim (application_id, number);

CREATE UNIQUE INDEX uq_interest_claim_open ON interest_claim (application_id)
    WHERE status IN ('draft', 'filed', 'checked', 'verified', 'returned');

CREATE TABLE interest_line (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    line_id UUID NOT NULL,
    number INTEGER NOT NULL,
    claim_id UUID NOT NULL,
    filing INTEGER NOT NULL,
    loan_id UUID NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    facts JSONB NOT NULL,
    reason TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdraw_reason TEXT,
    CONSTRAINT pk_interest_line PRIMARY KEY (id),
    CONSTRAINT ck_interest_line_period CHECK (from_on <= to_on),
    CONSTRAINT ck_interest_line_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL)
        AND (withdrawn_at IS NULL) = (withdraw_reason IS NULL)),
    CONSTRAINT ck_interest_line_corrected_with_reason CHECK (number = 1 OR reason IS NOT NULL),
    CONSTRAINT fk_interest_line_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT fk_interest_line_claim_id_interest_claim FOREIGN KEY(claim_id) REFERENCES interest_claim (id),
    CONSTRAINT fk_interest_line_loan_id_loan FOREIGN KEY(loan_id) REFERENCES loan (id)
);

CREATE UNIQUE INDEX uq_interest_line_claim_id_filing_line_id ON interest_line (claim_id, filing, line_id);

CREATE INDEX ix_interest_line_application_id ON interest_line (application_id);

CREATE INDEX ix_interest_line_loan_id ON interest_line (loan_id);

CREATE TABLE accepted_remark (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    claim_id UUID NOT NULL,
    key TEXT NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL,
    accepted_by TEXT NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_accepted_remark PRIMARY KEY (id),
    CONSTRAINT fk_accepted_remark_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT fk_accepted_remark_claim_id_interest_claim FOREIGN KEY(claim_id) REFERENCES interest_claim (id)
);

CREATE UNIQUE INDEX uq_accepted_remark_claim_id_key ON accepted_remark (claim_id, key);

CREATE INDEX ix_accepted_remark_application_id ON accepted_remark (application_id);

ALTER TABLE release_request ADD COLUMN claim_id UUID,
    ADD CONSTRAINT fk_release_request_claim_id_interest_claim FOREIGN KEY(claim_id) REFERENCES interest_claim (id);

CREATE UNIQUE INDEX uq_release_request_claim_id ON release_request (claim_id)
    WHERE status NOT IN ('returned', 'rejected')
"""

# A statement that waited for a decision is filed anew by its owner: its claim is refused, with the reason.
STATEMENTS = """
INSERT INTO interest_claim (id, application_id, district, applicant_uscc, number, period_from, period_to, status,
                            drafted_by, drafted_at, draft, filings, filed_at, reason, due_yuan, amount_yuan,
                            decided_by, decided_at)
SELECT s.id, s.application_id, s.district, s.applicant_uscc, s.number,
       coalesce((SELECT min((line ->> 'from_on')::date) FROM jsonb_array_elements(s.lines) line),
                s.submitted_at::date),
       coalesce((SELECT max((line ->> 'to_on')::date) FROM jsonb_array_elements(s.lines) line), s.submitted_at::date),
       CASE WHEN s.status IN ('computed', 'accepted') THEN 'decided' ELSE 'refused' END,
       s.submitted_by, s.submitted_at, '[]', 1, s.submitted_at,
       CASE s.status WHEN 'flagged' THEN '改为按贴息申请办理时该结息单尚未核定，请重新申请' ELSE s.decision_reason END,
       CASE WHEN s.status IN ('computed', 'accepted') THEN s.payable_yuan END,
       CASE WHEN s.status IN ('computed', 'accepted') THEN s.payable_yuan END,
       coalesce(s.decided_by, s.submitted_by),
       CASE WHEN s.status IN ('computed', 'accepted') THEN coalesce(s.decided_at, s.submitted_at) END
FROM interest_statement s;

INSERT INTO interest_line (id, application_id, district, applicant_uscc, line_id, number, claim_id, filing, loan_id,
                           from_on, to_on, facts, recorded_by, recorded_at)
SELECT entry.id, s.application_id, s.district, s.applicant_uscc, entry.id, 1, s.id, 1, (line ->> 'loan_id')::uuid,
       (line ->> 'from_on')::date, (line ->> 'to_on')::date,
       jsonb_build_object(
           'loan_id', line -> 'loan_id', 'from_on', line -> 'from_on', 'to_on', line -> 'to_on',
           'end_day', 'included', 'balances', line -> 'balances', 'accumulated_balance', NULL,
           'rates', line -> 'rates', 'stated_interest_yuan', NULL, 'refunds', '[]'::jsonb,
           'payments', jsonb_build_array(jsonb_build_object(
               'paid_on', line -> 'to_on', 'paid_yuan', line -> 'interest_paid_yuan', 'voucher_no', '',
               'penalty_yuan', coalesce(line ->> 'penalty_yuan', '0.00'),
               'overdue_yuan', coalesce(line ->> 'overdue_yuan', '0.00'),
               'compound_yuan', coalesce(line ->> 'compound_yuan', '0.00')))),
       s.submitted_by, s.submitted_at
FROM interest_statement s
CROSS JOIN LATERAL jsonb_array_elements(s.lines) line
CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id, line) entry
JOIN loan ON loan.id = (line ->> 'loan_id')::uuid;

UPDATE release_request SET claim_id = statement_id WHERE statement_id IS NOT NULL
"""
READ = ("loan", "interest_statement", "release_request", "application")
NEW = ("loan_version", "interest_calculation", "interest_claim", "interest_line", "accepted_remark")


def upgrade() -> None:
    _run(LOAN)
    _keys()
    _run(LOAN_DONE)
    _run(CLAIMS)
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    _run(STATEMENTS)
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in NEW:
        protect(op, table, "funding", applicant=True)
        let_sealer_read(op, table, "funding")
    for table in ("loan_version", "interest_calculation", "accepted_remark", "interest_statement"):
        append_only(op, table, "funding")


def _run(statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)


def _keys() -> None:
    """Store what identifies each contract; one that is a second spelling of an earlier one keeps a key of its own."""
    connection = op.get_bind()
    taken: set[str] = set()
    for loan in connection.execute(sa.text("SELECT id, bank, contract_no FROM loan ORDER BY registered_at, id")):
        key = f"{bank_v1(loan.bank)}|{identifier_v1(loan.contract_no)}"
        key = f"{key} {loan.id}" if key in taken else key
        taken.add(key)
        connection.execute(sa.text("UPDATE loan SET contract_key = :key WHERE id = :id"), {"key": key, "id": loan.id})
