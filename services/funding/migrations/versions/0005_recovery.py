"""Returns, clawbacks, final accounts, other public money and bank referrals."""

from alembic import op

from shared.storage.ddl import append_only, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE money_return (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    bank_receipt_no TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    transfer_id UUID,
    CONSTRAINT pk_money_return PRIMARY KEY (id),
    CONSTRAINT ck_money_return_status CHECK (status IN ('recorded', 'confirmed', 'rejected')),
    CONSTRAINT ck_money_return_amount CHECK (amount_yuan > 0),
    CONSTRAINT fk_money_return_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT uq_money_return_transfer_id UNIQUE (transfer_id)
);

CREATE INDEX ix_money_return_application_id ON money_return (application_id);

CREATE UNIQUE INDEX uq_money_return_bank_receipt_no ON money_return (bank_receipt_no);

CREATE TABLE clawback_request (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    ground TEXT NOT NULL,
    clause TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    status TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_reason TEXT,
    recovered_yuan NUMERIC(18, 2) NOT NULL,
    CONSTRAINT pk_clawback_request PRIMARY KEY (id),
    CONSTRAINT ck_clawback_request_status CHECK (status IN ('requested', 'demanded', 'rejected', 'recovered')),
    CONSTRAINT ck_clawback_request_amount CHECK (amount_yuan > 0 AND recovered_yuan BETWEEN 0 AND amount_yuan),
    CONSTRAINT fk_clawback_request_application_id_application FOREIGN KEY(application_id) REFERENCES
        application (id)
);

CREATE INDEX ix_clawback_request_application_id ON clawback_request (application_id);

CREATE TABLE recovery (
    id UUID NOT NULL,
    clawback_id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    bank_receipt_no TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    transfer_id UUID NOT NULL,
    CONSTRAINT pk_recovery PRIMARY KEY (id),
    CONSTRAINT ck_recovery_amount CHECK (amount_yuan > 0),
    CONSTRAINT fk_recovery_clawback_id_clawback_request FOREIGN KEY(clawback_id) REFERENCES clawback_request (id),
    CONSTRAINT fk_recovery_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT uq_recovery_transfer_id UNIQUE (transfer_id)
);

CREATE INDEX ix_recovery_clawback_id ON recovery (clawback_id);

CREATE UNIQUE INDEX uq_recovery_bank_receipt_no ON recovery (bank_receipt_no);

CREATE TABLE final_accounts (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    document_no TEXT NOT NULL,
    components JSONB NOT NULL,
    base_yuan NUMERIC(18, 2) NOT NULL,
    award_yuan NUMERIC(18, 2) NOT NULL,
    derivation TEXT[] NOT NULL,
    lower BOOLEAN NOT NULL,
    proposed_return_yuan NUMERIC(18, 2) NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_final_accounts PRIMARY KEY (id),
    CONSTRAINT fk_final_accounts_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);

CREATE INDEX ix_final_accounts_application_id ON final_accounts (application_id);

CREATE TABLE public_money (
    id UUID NOT NULL,
    application_id UUID,
    district TEXT NOT NULL,
    kind TEXT NOT NULL,
    programme TEXT NOT NULL,
    project_code TEXT,
    applicant_uscc TEXT NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    granted_on DATE NOT NULL,
    document_no TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdraw_reason TEXT,
    CONSTRAINT pk_public_money PRIMARY KEY (id),
    CONSTRAINT ck_public_money_kind CHECK (kind IN ('other_municipal', 'district_investment', 'district_rent',
        'district_operating', 'first_set_equipment')),
    CONSTRAINT ck_public_money_amount CHECK (amount_yuan > 0)
);

CREATE INDEX ix_public_money_applicant_uscc ON public_money (applicant_uscc);

CREATE INDEX ix_public_money_application_id ON public_money (application_id);

CREATE INDEX ix_public_money_project_code ON public_money (project_code);

CREATE TABLE bank_referral (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    bank TEXT NOT NULL,
    owner_consent BOOLEAN NOT NULL,
    consent_document TEXT NOT NULL,
    wanted_yuan NUMERIC(18, 2) NOT NULL,
    collateral TEXT,
    referred_by TEXT NOT NULL,
    referred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT,
    granted_yuan NUMERIC(18, 2),
    outcome_note TEXT,
    outcome_by TEXT,
    outcome_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_bank_referral PRIMARY KEY (id),
    CONSTRAINT ck_bank_referral_outcome CHECK (outcome IN ('granted', 'refused', 'withdrawn')),
    CONSTRAINT ck_bank_referral_owner_consent CHECK (owner_consent),
    CONSTRAINT fk_bank_referral_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);

CREATE INDEX ix_bank_referral_application_id ON bank_referral (application_id);
"""


def upgrade() -> None:
    for statement in TABLES.split(";")[:-1]:
        op.execute(statement)
    for table in ("money_return", "clawback_request", "recovery", "final_accounts", "public_money", "bank_referral"):
        protect(op, table, "funding", applicant=True)
    append_only(op, "recovery", "funding")
    append_only(op, "final_accounts", "funding")


def downgrade() -> None:
    op.execute("DROP TABLE bank_referral, public_money, final_accounts, recovery, clawback_request, money_return")
