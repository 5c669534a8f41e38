"""Orders to correct are extended or withdrawn, fines and interest are withdrawn by two persons."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE correction_order ADD COLUMN first_due_on DATE, ADD COLUMN extension_reason TEXT, "
    "ADD COLUMN withdrawn_by TEXT, ADD COLUMN withdrawn_at TIMESTAMPTZ, ADD COLUMN withdraw_reason TEXT, "
    "DROP CONSTRAINT ck_correction_order_status, ADD CONSTRAINT ck_correction_order_status "
    "CHECK (status IN ('ordered', 'proved', 'corrected', 'uncorrected', 'withdrawn'))",
    "ALTER TABLE penalty ADD COLUMN withdrawal_asked_by TEXT, ADD COLUMN withdrawal_asked_at TIMESTAMPTZ, "
    "ADD COLUMN withdrawal_reason TEXT, ADD COLUMN withdrawn_by TEXT, ADD COLUMN withdrawn_at TIMESTAMPTZ, "
    "ADD CONSTRAINT ck_penalty_two_people CHECK (withdrawn_by <> withdrawal_asked_by)",
    "DROP INDEX uq_penalty_document_key",
    "DROP INDEX uq_penalty_receipt_key",
    "CREATE UNIQUE INDEX uq_penalty_document_key ON penalty (application_id, kind, document_key) "
    "WHERE withdrawn_at IS NULL",
    "CREATE UNIQUE INDEX uq_penalty_receipt_key ON penalty (receipt_key) WHERE withdrawn_at IS NULL",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in _STATEMENTS:
        op.execute(statement)
