"""Frozen DDL of the dated figures, which migrations run; changes need a new function."""

from typing import Any

from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

_TABLES = """
CREATE TABLE series_batch (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    number INTEGER,
    figures JSONB NOT NULL,
    bases INTEGER[] NOT NULL,
    document_title TEXT NOT NULL,
    document_no TEXT,
    documented_on DATE,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered_by_name TEXT NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_by_name TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_reason TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT pk_series_batch PRIMARY KEY (id),
    CONSTRAINT uq_series_batch_kind_number UNIQUE (kind, number),
    CONSTRAINT ck_series_batch_origin CHECK (origin IN ('package', 'entered', 'imported')),
    CONSTRAINT ck_series_batch_status CHECK (status IN ('proposed', 'confirmed', 'returned', 'withdrawn')),
    CONSTRAINT ck_series_batch_numbered CHECK ((status = 'confirmed') = (number IS NOT NULL)),
    CONSTRAINT ck_series_batch_decided CHECK ((status = 'proposed') = (decided_at IS NULL))
);

CREATE TABLE series_head (
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    announced INTEGER NOT NULL,
    owned BOOLEAN NOT NULL,
    stamp BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    CONSTRAINT pk_series_head PRIMARY KEY (kind)
);

CREATE TABLE series_use (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    case_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT,
    act TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    figures TEXT[] NOT NULL,
    CONSTRAINT pk_series_use PRIMARY KEY (id)
);

CREATE INDEX ix_series_use_case_id ON series_use (case_id);
CREATE INDEX ix_series_use_figures ON series_use USING gin (figures);

CREATE TRIGGER series_batch_decided_once BEFORE UPDATE ON series_batch FOR EACH ROW
WHEN (OLD.status <> 'proposed') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER series_batch_kept BEFORE DELETE OR TRUNCATE ON series_batch
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER series_use_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON series_use
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def create_series(op: Any, service: str) -> None:
    """Create batches, heads and uses of dated figures. A decided batch never changes, and none is deleted."""
    for statement in _TABLES.split(";"):
        op.execute(statement)
    protect(op, "series_use", service, applicant=True)
    let_sealer_read(op, "series_use", service)
