"""Frozen DDL of attachments, which migrations run; changes need a new function."""

from typing import Any

from shared.storage.ddl import protect
from shared.storage.ddl_sealing import let_sealer_read

_ATTACHMENTS = """
CREATE TABLE attachment (
    id UUID NOT NULL,
    record TEXT NOT NULL,
    record_id UUID NOT NULL,
    case_id UUID NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT,
    kind TEXT NOT NULL,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_role TEXT NOT NULL,
    uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    replaces UUID,
    removed_by TEXT,
    removed_at TIMESTAMP WITH TIME ZONE,
    removed_reason TEXT,
    CONSTRAINT pk_attachment PRIMARY KEY (id),
    CONSTRAINT ck_attachment_removed
        CHECK ((removed_at IS NULL) = (removed_by IS NULL) AND (removed_at IS NULL) = (removed_reason IS NULL))
);

CREATE UNIQUE INDEX uq_attachment_present ON attachment (record_id, kind, sha256) WHERE removed_at IS NULL;

CREATE INDEX ix_attachment_applicant_uscc ON attachment (applicant_uscc);

CREATE INDEX ix_attachment_sha256 ON attachment (sha256);

CREATE TABLE attachment_use (
    attachment_id UUID NOT NULL,
    act_id UUID NOT NULL,
    act_table TEXT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT,
    used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_attachment_use PRIMARY KEY (attachment_id, act_id),
    CONSTRAINT fk_attachment_use_attachment_id_attachment FOREIGN KEY (attachment_id) REFERENCES attachment (id)
);

CREATE INDEX ix_attachment_use_act_id ON attachment_use (act_id)
"""


def create_attachments(op: Any, service: str) -> None:
    """Create the papers of records and the acts that rest on them; `upgrade` grants the rights."""
    for statement in _ATTACHMENTS.split(";"):
        op.execute(statement)
    for table in ("attachment", "attachment_use"):
        protect(op, table, service, applicant=True)
        let_sealer_read(op, table, service)


def drop_attachments(op: Any) -> None:
    """Undo `create_attachments`."""
    op.execute("DROP TABLE attachment_use")
    op.execute("DROP TABLE attachment")
