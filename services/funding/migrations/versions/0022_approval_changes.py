"""Changes of an approval, and what they take from an award."""

from alembic import op

from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE funding.approval_change (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    kind TEXT NOT NULL,
    proposal JSONB NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    checked_by TEXT,
    checked_at TIMESTAMP WITH TIME ZONE,
    check_opinion TEXT,
    reviewed_by TEXT,
    reviewed_at TIMESTAMP WITH TIME ZONE,
    review_opinion TEXT,
    recognised JSONB NOT NULL,
    award_yuan NUMERIC(18, 2),
    cut_yuan NUMERIC(18, 2) NOT NULL,
    recover_yuan NUMERIC(18, 2) NOT NULL,
    derivation TEXT[] NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_reason TEXT,
    return_reason TEXT,
    CONSTRAINT pk_approval_change PRIMARY KEY (id),
    CONSTRAINT ck_approval_change_kind CHECK (kind IN ('content', 'entity', 'site', 'schedule')),
    CONSTRAINT ck_approval_change_status CHECK (
        status IN ('requested', 'checked', 'reviewed', 'returned', 'withdrawn', 'approved', 'refused')),
    CONSTRAINT ck_approval_change_amounts CHECK (cut_yuan >= 0 AND recover_yuan >= 0),
    CONSTRAINT ck_approval_change_decided CHECK ((status IN ('approved', 'refused')) = (decided_by IS NOT NULL)),
    CONSTRAINT ck_approval_change_two_people CHECK (decided_by <> checked_by AND decided_by <> reviewed_by),
    CONSTRAINT fk_approval_change_application_id_application
        FOREIGN KEY (application_id) REFERENCES funding.application (id)
);

CREATE INDEX ix_approval_change_application_id ON funding.approval_change (application_id);

CREATE UNIQUE INDEX uq_approval_change_open ON funding.approval_change (application_id)
    WHERE status IN ('requested', 'checked', 'reviewed', 'returned')
"""


def upgrade() -> None:
    for statement in _TABLE.split(";\n"):
        op.execute(statement)
    protect(op, "approval_change", "funding", applicant=True)
    let_sealer_read(op, "approval_change", "funding")
    op.execute("ALTER TABLE funding.application ADD COLUMN reduced_yuan NUMERIC(18, 2) NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE funding.application DROP COLUMN reduced_yuan")
    op.execute("DROP TABLE funding.approval_change")
