"""Tables of declarations, rounds, numbers, project identities and credit grades (三（一）)."""

from alembic import op

from shared.storage.ddl import append_only, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE declaration (
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    declaration_no TEXT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    applicant_name TEXT NOT NULL,
    project_name TEXT NOT NULL,
    project_code TEXT,
    project_type TEXT,
    address TEXT,
    library_entry_id UUID,
    operation_mode TEXT,
    loan_bank TEXT,
    loan_amount_yuan NUMERIC(18, 2),
    loan_term_months SMALLINT,
    loan_annual_rate NUMERIC(7, 6),
    facts JSONB NOT NULL,
    simulated TEXT[] NOT NULL,
    stage TEXT NOT NULL,
    round SMALLINT NOT NULL,
    undertaking_version TEXT,
    undertaken_by TEXT,
    undertaken_at TIMESTAMP WITH TIME ZONE,
    submitted_on DATE,
    accepted_on DATE,
    forwarded_on DATE,
    received_on DATE,
    due_on DATE,
    assessed BOOLEAN NOT NULL,
    funds_held BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_declaration PRIMARY KEY (id),
    CONSTRAINT ck_declaration_stage_known
        CHECK (stage IN ('draft', 'returned', 'submitted', 'accepted', 'opinion_requested', 'opinion_given',
        'forwarded', 'received', 'assessed', 'review_passed', 'pooled', 'approved', 'released', 'delivered',
        'evaluated', 'clawback_demanded', 'clawback_recovered', 'withdrawn', 'refused', 'rejected',
        'declined')),
    CONSTRAINT ck_declaration_operation_mode_known CHECK (operation_mode IN ('own', 'joint', 'lease')),
    CONSTRAINT uq_declaration_declaration_no UNIQUE (declaration_no)
);
CREATE INDEX ix_declaration_applicant_uscc_id ON declaration (applicant_uscc, id);
CREATE INDEX ix_declaration_district_id ON declaration (district, id);
CREATE TABLE declaration_round (
    id UUID NOT NULL,
    declaration_id UUID NOT NULL,
    round SMALLINT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    stated JSONB NOT NULL,
    facts JSONB NOT NULL,
    simulated TEXT[] NOT NULL,
    materials JSONB NOT NULL,
    undertaking JSONB NOT NULL,
    warnings JSONB NOT NULL,
    submitted_by TEXT NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_declaration_round PRIMARY KEY (id),
    CONSTRAINT uq_declaration_round_declaration_id_round UNIQUE (declaration_id, round),
    CONSTRAINT fk_declaration_round_declaration_id_declaration FOREIGN KEY(declaration_id) REFERENCES declaration (id)
);
CREATE TABLE declaration_counter (
    district TEXT NOT NULL,
    year SMALLINT NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT pk_declaration_counter PRIMARY KEY (district, year)
);
CREATE TABLE project_identity (
    declaration_id UUID NOT NULL,
    declaration_no TEXT NOT NULL,
    district TEXT NOT NULL,
    entity_uscc TEXT NOT NULL,
    project_code TEXT,
    entity_place TEXT,
    live BOOLEAN NOT NULL,
    approval_no TEXT,
    approved_on DATE,
    CONSTRAINT pk_project_identity PRIMARY KEY (declaration_id)
);
CREATE INDEX ix_project_identity_entity_place ON project_identity (entity_place);
CREATE INDEX ix_project_identity_entity_uscc ON project_identity (entity_uscc);
CREATE INDEX ix_project_identity_project_code ON project_identity (project_code);
CREATE TABLE entity_credit (
    applicant_uscc TEXT NOT NULL,
    district TEXT NOT NULL,
    name TEXT NOT NULL,
    grade TEXT NOT NULL,
    decided_on DATE NOT NULL,
    CONSTRAINT pk_entity_credit PRIMARY KEY (applicant_uscc)
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in _TABLES.split(";"):
        op.execute(statement)
    for table in ("declaration", "declaration_round", "entity_credit"):
        protect(op, table, "intake", applicant=True)
    for table in ("declaration_counter", "project_identity"):
        protect(op, table, "intake")
    append_only(op, "declaration_round", "intake")
