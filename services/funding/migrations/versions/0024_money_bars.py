"""Bars of other municipal money, and what identifies the works that the money went to. 二（五）

Entries that excluded a project before this version, by its declaration or code, become bars on it.
"""

from alembic import op

from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_STATEMENTS = """
ALTER TABLE public_money
    ADD COLUMN title_certificate_no TEXT,
    ADD COLUMN building_id TEXT,
    ADD COLUMN address TEXT,
    ADD COLUMN works TEXT[] NOT NULL DEFAULT '{}',
    ADD COLUMN intake_version INTEGER;

CREATE TABLE money_bar (
    id UUID NOT NULL,
    application_id UUID NOT NULL,
    money_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    basis TEXT NOT NULL,
    status TEXT NOT NULL,
    evidence TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_by TEXT,
    settled_at TIMESTAMP WITH TIME ZONE,
    settlement TEXT,
    settlement_document_no TEXT,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_reason TEXT,
    CONSTRAINT pk_money_bar PRIMARY KEY (id),
    CONSTRAINT ck_money_bar_status CHECK (status IN ('undetermined', 'barred', 'lift_proposed', 'lifted', 'fallen')),
    CONSTRAINT ck_money_bar_basis CHECK (basis IN ('declaration', 'project_code', 'certificate', 'building',
        'place_and_works', 'entity', 'entity_and_place')),
    CONSTRAINT fk_money_bar_application_id_application FOREIGN KEY(application_id) REFERENCES application (id),
    CONSTRAINT fk_money_bar_money_id_public_money FOREIGN KEY(money_id) REFERENCES public_money (id)
);

CREATE INDEX ix_money_bar_application_id ON money_bar (application_id);

CREATE INDEX ix_money_bar_money_id ON money_bar (money_id);

CREATE UNIQUE INDEX uq_money_bar_open ON money_bar (application_id, money_id)
    WHERE status IN ('undetermined', 'barred', 'lift_proposed');

UPDATE public_money SET intake_version = 1
    WHERE kind = 'other_municipal'
    AND EXISTS (SELECT FROM act WHERE act.case_id = public_money.id AND act.act = 'enter_municipal_money');

INSERT INTO money_bar (id, application_id, money_id, district, applicant_uscc, basis, status, evidence, raised_by,
        raised_at)
    SELECT gen_random_uuid(), a.id, m.id, a.district, a.applicant_uscc,
           CASE WHEN m.application_id = a.id THEN 'declaration' ELSE 'project_code' END, 'barred',
           '升级前已登记的其他市级财政性资金', m.recorded_by, m.recorded_at
    FROM public_money m JOIN application a ON m.application_id = a.id OR m.project_code = a.project_code
    WHERE m.kind = 'other_municipal' AND m.withdrawn_at IS NULL AND a.status NOT IN ('declined', 'closed')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    unfenced = ("public_money", "application", "act")
    for table in unfenced:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in _STATEMENTS.split(";"):
        op.execute(statement)
    for table in unfenced:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    protect(op, "money_bar", "funding", applicant=True)
    let_sealer_read(op, "money_bar", "funding")
