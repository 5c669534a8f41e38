"""Tables of materials, first review, corrections and opinions (三（一）)."""

from alembic import op

from shared.storage.ddl import append_only, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE material (
    id UUID NOT NULL,
    declaration_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    kind TEXT NOT NULL,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    round INTEGER NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_role TEXT NOT NULL,
    uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    replaces UUID,
    removed_by TEXT,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_material PRIMARY KEY (id),
    CONSTRAINT fk_material_declaration_id_declaration FOREIGN KEY(declaration_id) REFERENCES declaration (id)
);
CREATE UNIQUE INDEX uq_material_present ON material (declaration_id, kind, sha256) WHERE removed_at IS NULL;
CREATE TABLE review_finding (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    declaration_id UUID NOT NULL,
    round SMALLINT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    thing TEXT NOT NULL,
    outcome TEXT NOT NULL,
    evidence TEXT NOT NULL,
    note TEXT,
    found_by TEXT NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_review_finding PRIMARY KEY (id),
    CONSTRAINT ck_review_finding_thing_known
        CHECK (thing IN ('truthfulness', 'compliance', 'construction_conditions', 'declaration_conditions',
        'materials')),
    CONSTRAINT ck_review_finding_outcome_known CHECK (outcome IN ('pass', 'correct', 'fail')),
    CONSTRAINT fk_review_finding_declaration_id_declaration FOREIGN KEY(declaration_id) REFERENCES declaration (id)
);
CREATE INDEX ix_review_finding_declaration_id ON review_finding (declaration_id);
CREATE TABLE correction (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    declaration_id UUID NOT NULL,
    round SMALLINT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    by_city BOOLEAN NOT NULL,
    reasons JSONB NOT NULL,
    correct_by DATE NOT NULL,
    returned_by TEXT NOT NULL,
    returned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_correction PRIMARY KEY (id),
    CONSTRAINT fk_correction_declaration_id_declaration FOREIGN KEY(declaration_id) REFERENCES declaration (id)
);
CREATE INDEX ix_correction_declaration_id ON correction (declaration_id);
CREATE TABLE opinion (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    declaration_id UUID NOT NULL,
    round SMALLINT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_on DATE NOT NULL,
    due_on DATE NOT NULL,
    position TEXT,
    text TEXT,
    material_id UUID,
    given_by TEXT,
    given_on DATE,
    given_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_opinion PRIMARY KEY (id),
    CONSTRAINT ck_opinion_position_known CHECK (position IN ('agree', 'disagree')),
    CONSTRAINT ck_opinion_given_whole CHECK ((position IS NULL) = (given_at IS NULL)),
    CONSTRAINT fk_opinion_declaration_id_declaration FOREIGN KEY(declaration_id) REFERENCES declaration (id)
);
CREATE INDEX ix_opinion_declaration_id ON opinion (declaration_id)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in _TABLES.split(";"):
        op.execute(statement)
    for table in ("material", "review_finding", "correction", "opinion"):
        protect(op, table, "intake", applicant=True)
    append_only(op, "review_finding", "intake")
    append_only(op, "correction", "intake")
