"""Programmes by which districts support projects themselves."""

from alembic import op

from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE district_programme (
    id UUID NOT NULL,
    district TEXT NOT NULL,
    name TEXT NOT NULL,
    name_form TEXT NOT NULL,
    support_kind TEXT NOT NULL,
    support TEXT NOT NULL,
    scope TEXT NOT NULL,
    project_types TEXT[] NOT NULL,
    document_no TEXT NOT NULL,
    documented_on DATE NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    replaces UUID,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered_by_name TEXT NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_by_name TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_reason TEXT,
    ended_by TEXT,
    ended_by_name TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    end_reason TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT pk_district_programme PRIMARY KEY (id),
    CONSTRAINT ck_district_programme_status
        CHECK (status IN ('entered', 'confirmed', 'returned', 'withdrawn', 'replaced')),
    CONSTRAINT ck_district_programme_period CHECK (valid_to >= valid_from),
    CONSTRAINT ck_district_programme_two_people CHECK (decided_by <> entered_by OR status = 'withdrawn'),
    CONSTRAINT fk_district_programme_replaces_district_programme
        FOREIGN KEY (replaces) REFERENCES district_programme (id)
);

CREATE UNIQUE INDEX uq_district_programme_name_form ON district_programme (district, name_form, valid_from)
    WHERE status = 'confirmed'
"""


def upgrade() -> None:
    for statement in _TABLE.split(";\n"):
        op.execute(statement)
    protect(op, "district_programme", "eligibility")
    let_sealer_read(op, "district_programme", "eligibility")


def downgrade() -> None:
    op.execute("DROP TABLE district_programme")
