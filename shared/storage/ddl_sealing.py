"""Frozen DDL of leaves and checkpoints, which migrations run; changes need a new function."""

from collections.abc import Iterable
from typing import Any

from shared.storage.ddl import append_only

_SEALING = """
ALTER TABLE event_log ADD COLUMN written_in BIGINT;

ALTER TABLE event_log ALTER COLUMN written_in SET DEFAULT pg_current_xact_id()::text::bigint;

CREATE TABLE transaction_part (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    written_in BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    CONSTRAINT pk_transaction_part PRIMARY KEY (id)
);

CREATE TABLE seal_layout (
    id SMALLINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    columns TEXT[] NOT NULL,
    personal TEXT[] NOT NULL,
    CONSTRAINT pk_seal_layout PRIMARY KEY (id),
    CONSTRAINT uq_seal_layout_kind_columns_personal UNIQUE (kind, columns, personal)
);

CREATE TABLE seal_leaf (
    tree_index BIGINT NOT NULL,
    layout SMALLINT NOT NULL,
    key TEXT NOT NULL,
    hash BYTEA NOT NULL,
    rests_on TEXT NOT NULL,
    salts BYTEA[] NOT NULL,
    digests BYTEA[] NOT NULL,
    CONSTRAINT pk_seal_leaf PRIMARY KEY (tree_index),
    CONSTRAINT fk_seal_leaf_layout_seal_layout FOREIGN KEY (layout) REFERENCES seal_layout (id)
);

CREATE INDEX ix_seal_leaf_key ON seal_leaf (key, layout);

CREATE TABLE seal_checkpoint (
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    subtrees BYTEA[] NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_seal_checkpoint PRIMARY KEY (size)
);

CREATE TABLE foreign_checkpoint (
    origin TEXT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    note TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    fault TEXT,
    CONSTRAINT pk_foreign_checkpoint PRIMARY KEY (origin, size, root)
)
"""

_FORGET_SALT = """
CREATE FUNCTION forget_salt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) - 'salts' <> to_jsonb(NEW) - 'salts' THEN
        RAISE EXCEPTION 'seal_leaf is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def create_sealing(op: Any, service: str, sealed: Iterable[str]) -> None:
    """Create leaves and checkpoints, which only the sealer's role writes, and let that role read the sealed tables."""
    app, sealer = f"app_{service}", f"sealer_{service}"
    op.execute(_FORGET_SALT)
    for statement in _SEALING.split(";"):
        op.execute(statement)
    for table in ("seal_layout", "seal_leaf", "seal_checkpoint"):
        op.execute(f"REVOKE INSERT, UPDATE ON {table} FROM {app}")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {sealer}")
    for table in ("seal_layout", "seal_checkpoint", "foreign_checkpoint"):
        append_only(op, table, service)
    op.execute("CREATE TRIGGER seal_leaf_salts BEFORE UPDATE ON seal_leaf FOR EACH ROW EXECUTE FUNCTION forget_salt()")
    op.execute(
        "CREATE TRIGGER seal_leaf_kept BEFORE DELETE OR TRUNCATE ON seal_leaf "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"REVOKE SELECT, UPDATE ON transaction_part FROM {app}")
    op.execute(f"GRANT SELECT, DELETE ON transaction_part TO {sealer}")
    op.execute(f"GRANT SELECT ON foreign_checkpoint TO {sealer}")
    op.execute(f"GRANT SELECT ON SEQUENCE act_id_seq, event_log_id_seq, operation_id_seq TO {sealer}")
    for table in ("act", "duty", "event_log", "operation", "inbox", "dead_letter", "api_key", *sealed):
        let_sealer_read(op, table, service)


def let_sealer_read(op: Any, table: str, service: str) -> None:
    """Let the sealer's role read a table whole, row security or not."""
    sealer = f"sealer_{service}"
    op.execute(f"GRANT SELECT ON {table} TO {sealer}")
    op.execute(f"CREATE POLICY sealer_reads ON {table} FOR SELECT TO {sealer} USING (true)")
