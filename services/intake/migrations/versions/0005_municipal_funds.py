"""Register of other municipal money of projects (二（五）)."""

from alembic import op

from shared.storage.ddl import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE municipal_fund_programme (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    authority TEXT NOT NULL,
    note TEXT,
    added_by TEXT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_municipal_fund_programme PRIMARY KEY (id),
    CONSTRAINT uq_municipal_fund_programme_name UNIQUE (name)
);
CREATE TABLE municipal_funding_record (
    id UUID NOT NULL,
    programme_id UUID NOT NULL,
    programme_name TEXT NOT NULL,
    district TEXT NOT NULL,
    project_code TEXT,
    entity_uscc TEXT NOT NULL,
    entity_name TEXT NOT NULL,
    address TEXT,
    entity_place TEXT,
    amount_yuan NUMERIC(18, 2) NOT NULL,
    funded_on DATE NOT NULL,
    source TEXT NOT NULL,
    registered_by TEXT NOT NULL,
    registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_municipal_funding_record PRIMARY KEY (id),
    CONSTRAINT fk_municipal_funding_record_programme FOREIGN KEY(programme_id) REFERENCES municipal_fund_programme (id)
);
CREATE INDEX ix_municipal_funding_record_entity_place ON municipal_funding_record (entity_place);
CREATE INDEX ix_municipal_funding_record_entity_uscc ON municipal_funding_record (entity_uscc);
CREATE INDEX ix_municipal_funding_record_project_code ON municipal_funding_record (project_code)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in _TABLES.split(";"):
        op.execute(statement)
    protect(op, "municipal_funding_record", "intake")
