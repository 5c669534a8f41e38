"""Applications, approvals, holds, loans, credit grades and number series."""

from alembic import op

from shared.storage.ddl import append_only, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE application (
    id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    applicant_name TEXT NOT NULL,
    declaration_no TEXT NOT NULL,
    project_name TEXT NOT NULL,
    project_code TEXT,
    project JSONB NOT NULL,
    facts JSONB NOT NULL,
    components JSONB NOT NULL,
    score NUMERIC(18, 2) NOT NULL,
    rank INTEGER NOT NULL,
    entered_on DATE NOT NULL,
    ruleset TEXT NOT NULL,
    as_of DATE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT NOT NULL,
    mode TEXT,
    justification TEXT,
    budget_year INTEGER,
    base_yuan NUMERIC(18, 2),
    uncapped_yuan NUMERIC(18, 2),
    award_yuan NUMERIC(18, 2),
    cap_yuan NUMERIC(18, 2),
    derivation TEXT[],
    clause TEXT,
    approved_on DATE,
    construction_status TEXT,
    construction_started_on DATE,
    completed_on DATE,
    progress NUMERIC(9, 6),
    evaluated_on DATE,
    targets_met BOOLEAN,
    reservation TEXT,
    reserved_yuan NUMERIC(18, 2) NOT NULL,
    released_yuan NUMERIC(18, 2) NOT NULL,
    returned_yuan NUMERIC(18, 2) NOT NULL,
    demanded_yuan NUMERIC(18, 2) NOT NULL,
    recovered_yuan NUMERIC(18, 2) NOT NULL,
    instalments_paid INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_application PRIMARY KEY (id),
    CONSTRAINT ck_application_status CHECK (status IN ('received', 'drafted', 'approved', 'declined',
        'planned', 'releasing', 'released', 'closed')),
    CONSTRAINT ck_application_mode CHECK (mode IN ('investment_grant', 'interest_subsidy')),
    CONSTRAINT ck_application_award_within_cap CHECK (award_yuan <= cap_yuan)
);

CREATE INDEX ix_application_applicant_uscc ON application (applicant_uscc);

CREATE INDEX ix_application_status ON application (status, id);

CREATE TABLE approval (
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    approval_no TEXT NOT NULL,
    mode TEXT NOT NULL,
    base_yuan NUMERIC(18, 2) NOT NULL,
    award_yuan NUMERIC(18, 2) NOT NULL,
    derivation TEXT[] NOT NULL,
    clause TEXT NOT NULL,
    justification TEXT NOT NULL,
    readings JSONB NOT NULL,
    approved_by TEXT NOT NULL,
    approved_on DATE NOT NULL,
    CONSTRAINT pk_approval PRIMARY KEY (application_id),
    CONSTRAINT ck_approval_mode CHECK (mode IN ('investment_grant', 'interest_subsidy')),
    CONSTRAINT fk_approval_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT uq_approval_approval_no UNIQUE (approval_no)
);

CREATE TABLE hold (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    source TEXT NOT NULL,
    ground TEXT NOT NULL,
    clause TEXT NOT NULL,
    severity TEXT NOT NULL,
    reason TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_by TEXT,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lift_reason TEXT,
    CONSTRAINT pk_hold PRIMARY KEY (id),
    CONSTRAINT ck_hold_severity CHECK (severity IN ('review', 'stop')),
    CONSTRAINT fk_hold_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);

CREATE INDEX ix_hold_open ON hold (application_id) WHERE lifted_at IS NULL;

CREATE UNIQUE INDEX uq_hold_application_id_source ON hold (application_id, source);

CREATE TABLE loan (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    bank TEXT NOT NULL,
    contract_no TEXT NOT NULL,
    principal_yuan NUMERIC(18, 2) NOT NULL,
    rate_type TEXT NOT NULL,
    annual_rate NUMERIC(7, 6) NOT NULL,
    term_months INTEGER NOT NULL,
    tenor TEXT,
    drawn_on DATE NOT NULL,
    registered_by TEXT NOT NULL,
    registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_loan PRIMARY KEY (id),
    CONSTRAINT ck_loan_tenor CHECK (tenor IN ('1Y', '5Y')),
    CONSTRAINT ck_loan_rate_type CHECK (rate_type IN ('fixed', 'floating')),
    CONSTRAINT fk_loan_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);

CREATE INDEX ix_loan_application_id ON loan (application_id);

CREATE UNIQUE INDEX uq_loan_bank_contract_no ON loan (bank, contract_no);

CREATE TABLE entity_grade (
    uscc TEXT NOT NULL,
    entity_id UUID NOT NULL,
    district TEXT NOT NULL,
    name TEXT NOT NULL,
    grade TEXT NOT NULL,
    grounds TEXT[] NOT NULL,
    decided_on DATE NOT NULL,
    CONSTRAINT pk_entity_grade PRIMARY KEY (uscc)
);

CREATE TABLE number_series (
    name TEXT NOT NULL,
    year INTEGER NOT NULL,
    district TEXT NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT pk_number_series PRIMARY KEY (name, year)
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";")[:-1]:
        op.execute(statement)
    for table in ("application", "approval", "hold", "loan"):
        protect(op, table, "funding", applicant=True)
    for table in ("entity_grade", "number_series"):
        protect(op, table, "funding")
    append_only(op, "approval", "funding")


def downgrade() -> None:
    op.execute("DROP TABLE number_series, entity_grade, loan, hold, approval, application")
