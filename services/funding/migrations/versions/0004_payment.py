"""Budgets, investment plans, interest statements and releases."""

from alembic import op

from shared.storage.ddl import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE appropriation (
    id UUID NOT NULL,
    district TEXT NOT NULL,
    year INTEGER NOT NULL,
    document_no TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    note TEXT,
    status TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_by TEXT,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_appropriation PRIMARY KEY (id),
    CONSTRAINT ck_appropriation_status CHECK (status IN ('drafted', 'confirmed')),
    CONSTRAINT ck_appropriation_amount CHECK (amount_yuan > 0)
);

CREATE UNIQUE INDEX uq_appropriation_year_document_no ON appropriation (year, document_no);

CREATE TABLE investment_plan (
    id UUID NOT NULL,
    district TEXT NOT NULL,
    year INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    plan_no TEXT,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    total_yuan NUMERIC(18, 2) NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    issued_by TEXT,
    issued_on DATE,
    version INTEGER NOT NULL,
    CONSTRAINT pk_investment_plan PRIMARY KEY (id),
    CONSTRAINT ck_investment_plan_status CHECK (status IN ('drafted', 'issued', 'withdrawn')),
    CONSTRAINT uq_investment_plan_plan_no UNIQUE (plan_no)
);

CREATE UNIQUE INDEX uq_investment_plan_year_batch ON investment_plan (year, batch) WHERE status = 'issued';

CREATE TABLE plan_item (
    id UUID NOT NULL,
    plan_id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    status TEXT NOT NULL,
    project_name TEXT NOT NULL,
    content_and_scale TEXT NOT NULL,
    construction_period TEXT,
    total_investment_yuan NUMERIC(18, 2) NOT NULL,
    year_investment_yuan NUMERIC(18, 2) NOT NULL,
    fund_source TEXT NOT NULL,
    mode TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    completed_decision TEXT,
    CONSTRAINT pk_plan_item PRIMARY KEY (id),
    CONSTRAINT ck_plan_item_status CHECK (status IN ('planned', 'dropped')),
    CONSTRAINT fk_plan_item_plan_id_investment_plan FOREIGN KEY(plan_id) REFERENCES investment_plan (id),
    CONSTRAINT fk_plan_item_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);

CREATE INDEX ix_plan_item_plan_id ON plan_item (plan_id);

CREATE UNIQUE INDEX uq_plan_item_application_id ON plan_item (application_id) WHERE status = 'planned';

CREATE TABLE interest_statement (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    number INTEGER NOT NULL,
    lines JSONB NOT NULL,
    results JSONB NOT NULL,
    so_far JSONB NOT NULL,
    readings JSONB NOT NULL,
    payable_yuan NUMERIC(18, 2) NOT NULL,
    status TEXT NOT NULL,
    submitted_by TEXT NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_reason TEXT,
    CONSTRAINT pk_interest_statement PRIMARY KEY (id),
    CONSTRAINT ck_interest_statement_status CHECK (status IN ('computed', 'flagged', 'accepted', 'rejected')),
    CONSTRAINT fk_interest_statement_application_id_application FOREIGN KEY(application_id) REFERENCES
        application (id)
);

CREATE UNIQUE INDEX uq_interest_statement_application_id_number ON interest_statement (application_id, number);

CREATE TABLE release_request (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    instalment INTEGER NOT NULL,
    condition TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    clause TEXT NOT NULL,
    statement_id UUID,
    evidence TEXT NOT NULL,
    status TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_reason TEXT,
    transfer_id UUID,
    CONSTRAINT pk_release_request PRIMARY KEY (id),
    CONSTRAINT ck_release_request_status CHECK (status IN ('requested', 'paid', 'rejected')),
    CONSTRAINT ck_release_request_paid_has_transfer CHECK ((status = 'paid') = (transfer_id IS NOT NULL)),
    CONSTRAINT ck_release_request_amount CHECK (amount_yuan > 0),
    CONSTRAINT fk_release_request_application_id_application FOREIGN KEY(application_id) REFERENCES application
        (id),
    CONSTRAINT fk_release_request_statement_id_interest_statement FOREIGN KEY(statement_id) REFERENCES
        interest_statement (id),
    CONSTRAINT uq_release_request_transfer_id UNIQUE (transfer_id)
);

CREATE INDEX ix_release_request_application_id ON release_request (application_id);

CREATE UNIQUE INDEX uq_release_request_open ON release_request (application_id) WHERE status = 'requested';

CREATE UNIQUE INDEX uq_release_request_statement_id ON release_request (statement_id) WHERE status <> 'rejected';
"""


def upgrade() -> None:
    for statement in TABLES.split(";")[:-1]:
        op.execute(statement)
    for table in ("plan_item", "interest_statement", "release_request"):
        protect(op, table, "funding", applicant=True)
    for table in ("appropriation", "investment_plan"):
        protect(op, table, "funding")


def downgrade() -> None:
    op.execute("DROP TABLE release_request, interest_statement, plan_item, investment_plan, appropriation")
