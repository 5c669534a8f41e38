"""Orders to correct, and fines and interest that the competent authority decided."""

from alembic import op

from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE funding.correction_order (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    ground TEXT NOT NULL,
    clause TEXT NOT NULL,
    demand TEXT NOT NULL,
    due_on DATE NOT NULL,
    status TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    proof TEXT,
    proved_at TIMESTAMP WITH TIME ZONE,
    closed_by TEXT,
    closed_at TIMESTAMP WITH TIME ZONE,
    closing_reason TEXT,
    CONSTRAINT pk_correction_order PRIMARY KEY (id),
    CONSTRAINT ck_correction_order_status CHECK (status IN ('ordered', 'proved', 'corrected', 'uncorrected')),
    CONSTRAINT ck_correction_order_two_people CHECK (closed_by <> ordered_by),
    CONSTRAINT fk_correction_order_application_id_application
        FOREIGN KEY (application_id) REFERENCES funding.application (id)
);

CREATE INDEX ix_correction_order_application_id ON funding.correction_order (application_id);

CREATE TABLE funding.penalty (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    kind TEXT NOT NULL,
    ground TEXT NOT NULL,
    authority TEXT NOT NULL,
    document_no TEXT NOT NULL,
    decided_on DATE NOT NULL,
    base_yuan NUMERIC(18, 2) NOT NULL,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    bank_receipt_no TEXT,
    paid_on DATE,
    booked_by TEXT,
    booked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_penalty PRIMARY KEY (id),
    CONSTRAINT ck_penalty_kind CHECK (kind IN ('fine', 'interest')),
    CONSTRAINT ck_penalty_amount CHECK (amount_yuan > 0 AND base_yuan > 0),
    CONSTRAINT ck_penalty_paid CHECK ((paid_on IS NULL) = (bank_receipt_no IS NULL)),
    CONSTRAINT fk_penalty_application_id_application FOREIGN KEY (application_id) REFERENCES funding.application (id)
);

CREATE UNIQUE INDEX uq_penalty_document_no ON funding.penalty (application_id, kind, document_no);

CREATE UNIQUE INDEX uq_penalty_bank_receipt_no ON funding.penalty (bank_receipt_no)
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
    for table in ("correction_order", "penalty"):
        protect(op, table, "funding", applicant=True)
        let_sealer_read(op, table, "funding")


def downgrade() -> None:
    op.execute("DROP TABLE funding.penalty")
    op.execute("DROP TABLE funding.correction_order")
