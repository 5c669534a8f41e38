"""Decisions on district standards: the city's confirmation or refusal, the district's withdrawal."""

from alembic import op

from shared.storage.ddl import append_only, protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE standard_decision (
    id UUID NOT NULL,
    standard_id UUID NOT NULL,
    number INTEGER NOT NULL,
    district TEXT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_by_name TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_standard_decision PRIMARY KEY (id),
    CONSTRAINT uq_standard_decision_standard_id_number UNIQUE (standard_id, number),
    CONSTRAINT ck_standard_decision_decision CHECK (decision IN ('confirmed', 'not_confirmed', 'withdrawn')),
    CONSTRAINT fk_standard_decision_standard_id_district_standard
        FOREIGN KEY (standard_id) REFERENCES district_standard (id)
)
"""


def upgrade() -> None:
    op.execute(_TABLE)
    protect(op, "standard_decision", "eligibility")
    append_only(op, "standard_decision", "eligibility")
    let_sealer_read(op, "standard_decision", "eligibility")


def downgrade() -> None:
    op.execute("DROP TABLE standard_decision")
