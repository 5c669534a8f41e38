"""Frozen DDL of the tables in shared/storage/tables.py, which migrations run; changes need a new function."""

from typing import Any

_TABLES = """
CREATE TABLE act (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    case_id UUID NOT NULL,
    act TEXT NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    role TEXT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT,
    detail JSONB NOT NULL,
    CONSTRAINT pk_act PRIMARY KEY (id)
);

CREATE INDEX ix_act_case_id ON act (case_id);

CREATE TABLE api_key (
    id TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    name TEXT NOT NULL,
    districts TEXT[] NOT NULL,
    writes BOOLEAN NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_by TEXT,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_reason TEXT,
    CONSTRAINT pk_api_key PRIMARY KEY (id)
);

CREATE TABLE duty (
    case_id UUID NOT NULL,
    actor TEXT NOT NULL,
    duty TEXT NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_duty PRIMARY KEY (case_id, actor)
);

CREATE TABLE event_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id UUID NOT NULL,
    aggregate_type TEXT NOT NULL,
    aggregate_id UUID NOT NULL,
    agg_seq BIGINT NOT NULL,
    type TEXT NOT NULL,
    district TEXT NOT NULL,
    applicant_uscc TEXT,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    payload BYTEA NOT NULL,
    position BIGINT,
    CONSTRAINT pk_event_log PRIMARY KEY (id),
    CONSTRAINT uq_event_log_aggregate_id_agg_seq UNIQUE (aggregate_id, agg_seq),
    CONSTRAINT uq_event_log_event_id UNIQUE (event_id),
    CONSTRAINT uq_event_log_position UNIQUE (position)
);

CREATE INDEX ix_event_log_unplaced ON event_log (id) WHERE position IS NULL;

CREATE TABLE idempotency_key (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status SMALLINT,
    headers JSONB,
    body BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_idempotency_key PRIMARY KEY (tenant, key)
);

CREATE TABLE inbox (
    event_id UUID NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_inbox PRIMARY KEY (event_id)
);

CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id UUID NOT NULL,
    shard SMALLINT NOT NULL,
    aggregate_type TEXT NOT NULL,
    aggregate_id UUID NOT NULL,
    agg_seq BIGINT NOT NULL,
    type TEXT NOT NULL,
    payload BYTEA NOT NULL,
    headers JSONB NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (id)
);

CREATE TABLE parked (
    event_id UUID NOT NULL,
    source TEXT NOT NULL,
    aggregate_id UUID NOT NULL,
    agg_seq BIGINT NOT NULL,
    message JSONB NOT NULL,
    error TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    parked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_parked PRIMARY KEY (event_id)
);

CREATE INDEX ix_parked_stream ON parked (source, aggregate_id, agg_seq);

CREATE TABLE stream_head (
    aggregate_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    CONSTRAINT pk_stream_head PRIMARY KEY (aggregate_id)
);

CREATE TABLE stream_seen (
    source TEXT NOT NULL,
    aggregate_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    CONSTRAINT pk_stream_seen PRIMARY KEY (source, aggregate_id)
);
"""

_DELIVERY = """
ALTER TABLE outbox ADD COLUMN topic TEXT;

CREATE TABLE dead_letter (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    topic TEXT,
    partition INTEGER,
    "offset" BIGINT,
    event_id UUID,
    source TEXT,
    type TEXT,
    aggregate_id UUID,
    agg_seq BIGINT,
    record JSONB NOT NULL,
    error TEXT NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    settlement TEXT,
    CONSTRAINT pk_dead_letter PRIMARY KEY (id),
    CONSTRAINT ck_dead_letter_settlement
        CHECK (settlement IN ('replayed', 'dropped') AND (settlement IS NULL) = (settled_at IS NULL))
);

CREATE INDEX ix_dead_letter_open ON dead_letter (at) WHERE settled_at IS NULL;

CREATE TABLE operation (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    operation_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    operator TEXT NOT NULL,
    login TEXT NOT NULL,
    command TEXT NOT NULL,
    arguments JSONB NOT NULL,
    reason TEXT,
    outcome TEXT NOT NULL,
    detail JSONB NOT NULL,
    CONSTRAINT pk_operation PRIMARY KEY (id)
);

UPDATE stream_seen SET seq = head.seq - 1
FROM (SELECT source, aggregate_id, min(agg_seq) AS seq FROM parked GROUP BY source, aggregate_id) AS head
WHERE stream_seen.source = head.source AND stream_seen.aggregate_id = head.aggregate_id AND stream_seen.seq >= head.seq
"""

_REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

_PLACE_ONCE = """
CREATE FUNCTION place_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.position IS NOT NULL OR to_jsonb(OLD) - 'position' <> to_jsonb(NEW) - 'position' THEN
        RAISE EXCEPTION 'event_log is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def protect(op: Any, table: str, service: str, *, applicant: bool = False) -> None:
    """Enable row-level security by `district` and, with `applicant`, by `applicant_uscc`.

    The setting has no default: a session without an actor gets an error instead of all rows.
    """
    seen = "district = ANY ((SELECT current_setting('app.districts'))::text[])"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_district ON {table} TO app_{service} USING ({seen}) WITH CHECK ({seen})")
    if applicant:
        own = "(SELECT current_setting('app.applicant')) IN ('', applicant_uscc)"
        op.execute(
            f"CREATE POLICY own_applicant ON {table} AS RESTRICTIVE TO app_{service} USING ({own}) WITH CHECK ({own})"
        )


def append_only(op: Any, table: str, service: str) -> None:
    """Allow only inserts: revoke the privileges, and refuse changes by a trigger for roles that keep them."""
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM app_{service}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def create_infrastructure(op: Any, service: str) -> None:
    """Create outbox, event log, inbox and audit records with their privileges."""
    app, relay = f"app_{service}", f"relay_{service}"
    op.execute(_REFUSE_CHANGE)
    op.execute(_PLACE_ONCE)
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    protect(op, "event_log", service, applicant=True)
    protect(op, "act", service, applicant=True)
    append_only(op, "act", service)
    op.execute(f"REVOKE UPDATE ON event_log FROM {app}")
    op.execute(
        "CREATE TRIGGER event_log_placed_once BEFORE UPDATE ON event_log FOR EACH ROW EXECUTE FUNCTION place_once()"
    )
    op.execute(
        "CREATE TRIGGER event_log_kept BEFORE DELETE OR TRUNCATE ON event_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"CREATE POLICY relay_places ON event_log TO {relay} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT, UPDATE (position) ON event_log TO {relay}")
    op.execute(f"REVOKE SELECT, UPDATE ON outbox FROM {app}")
    op.execute(f"GRANT SELECT (id) ON outbox TO {app}")
    op.execute(f"GRANT SELECT, DELETE ON outbox TO {relay}")
    op.execute(f"GRANT DELETE ON parked, inbox, idempotency_key TO {app}")
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)")


def create_delivery(op: Any, service: str) -> None:
    """Create dead letters and operator records, and give the outbox a topic column for messages other than events."""
    app = f"app_{service}"
    for statement in _DELIVERY.split(";"):
        op.execute(statement)
    append_only(op, "operation", service)
    op.execute(f"REVOKE UPDATE ON dead_letter FROM {app}")
    op.execute(f"GRANT UPDATE (settled_at, settlement) ON dead_letter TO {app}")


_ADD_DUTIES = """
WITH added AS (
    INSERT INTO duty (case_id, actor, duty, taken_at)
    SELECT case_id, actor, taken.duty, min(at) FROM act JOIN (VALUES {acts}) AS taken (act, duty) USING (act)
    WHERE role <> 'system' GROUP BY case_id, actor, taken.duty ON CONFLICT DO NOTHING RETURNING case_id
)
INSERT INTO operation (operation_id, at, operator, login, command, arguments, reason, outcome, detail)
SELECT gen_random_uuid(), now(), 'migration', session_user, 'db migrate', '{{}}',
       'duties of acts that were recorded before they took one', 'done', jsonb_build_object('duties', count(*))
FROM added HAVING count(*) > 0
"""


def several_duties(op: Any, duty_of_act: dict[str, str]) -> None:
    """Let a person hold several duties on a case, and note those that acts recorded before would have taken.

    `duty_of_act` names the acts that took no duty until now. An operation record explains the added rows.
    """
    op.execute("ALTER TABLE duty DROP CONSTRAINT pk_duty, ADD CONSTRAINT pk_duty PRIMARY KEY (case_id, actor, duty)")
    op.execute("ALTER TABLE act NO FORCE ROW LEVEL SECURITY")
    op.execute(_ADD_DUTIES.format(acts=", ".join(f"('{act}', '{duty}')" for act, duty in duty_of_act.items())))
    op.execute("ALTER TABLE act FORCE ROW LEVEL SECURITY")


def add_versions(op: Any, service: str, *tables: str) -> None:
    """Give tables the version from which the ETag of their rows is made; rows that exist begin with 1."""
    for table in tables:
        op.execute(f"ALTER TABLE {service}.{table} ADD COLUMN version INTEGER NOT NULL DEFAULT 1")


def create_answered_once(op: Any) -> None:
    """Refuse to change the kept answer of an idempotency key: it is added once, and goes with its key."""
    op.execute(
        "CREATE TRIGGER answered_once BEFORE UPDATE ON idempotency_key FOR EACH ROW "
        "WHEN (OLD.status IS NOT NULL) EXECUTE FUNCTION refuse_change()"
    )
