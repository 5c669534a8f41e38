"""Tables that every service has in its schema: outbox, inbox, acts, duties, keys, people, operations and seals."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.storage import attachment_tables, series_tables

metadata = series_tables.series_batch.metadata
"""Metadata of the tables here, of those of the seals, of attachments and of the dated figures."""

attachment = metadata.tables[attachment_tables.Attachment.__tablename__]
attachment_use = metadata.tables[attachment_tables.AttachmentUse.__tablename__]

stream_head = Table(
    "stream_head",
    metadata,
    Column("aggregate_id", Uuid, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

event_log = Table(
    "event_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("aggregate_type", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("agg_seq", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("applicant_uscc", Text),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("position", BigInteger, unique=True),
    Column("written_in", BigInteger, server_default=text("((pg_current_xact_id())::text)::bigint")),
    UniqueConstraint("aggregate_id", "agg_seq"),
    Index("ix_event_log_unplaced", "id", postgresql_where=text("position IS NULL")),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("aggregate_type", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("agg_seq", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("topic", Text),
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Index("ix_inbox_received_at", "received_at", postgresql_using="brin"),
)

stream_seen = Table(
    "stream_seen",
    metadata,
    Column("source", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("source", "aggregate_id"),
)

parked = Table(
    "parked",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("agg_seq", BigInteger, nullable=False),
    Column("message", JSONB, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False),
    Index("ix_parked_stream", "source", "aggregate_id", "agg_seq"),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("topic", Text),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Column("event_id", Uuid),
    Column("source", Text),
    Column("type", Text),
    Column("aggregate_id", Uuid),
    Column("agg_seq", BigInteger),
    Column("record", JSONB, nullable=False),
    Column("error", Text, nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    Column("settlement", Text),
    CheckConstraint(
        "settlement IN ('replayed', 'dropped') AND (settlement IS NULL) = (settled_at IS NULL)",
        name="settlement",
    ),
    Index("ix_dead_letter_open", "at", postgresql_where=text("settled_at IS NULL")),
)

operation = Table(
    "operation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("operation_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("operator", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("arguments", JSONB, nullable=False),
    Column("reason", Text),
    Column("outcome", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
)

act = Table(
    "act",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", Uuid, nullable=False, index=True),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("applicant_uscc", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("reason", Text),
    Column("detail", JSONB, nullable=False),
)

duty = Table(
    "duty",
    metadata,
    Column("case_id", Uuid, nullable=False),
    Column("actor", Text, nullable=False),
    Column("duty", Text, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("case_id", "actor", "duty"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("districts", ARRAY(Text), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("last_used_on", Date),
    Column("revoked_by", Text),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_reason", Text),
    CheckConstraint("cardinality(districts) > 0 AND cardinality(scopes) > 0", name="granted"),
)

revoked_token = Table(
    "revoked_token",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("token_id", Text),
    Column("subject", Text),
    Column("revoked_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("operator", Text, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("(token_id IS NULL) <> (subject IS NULL)", name="one_thing"),
    Index("ix_revoked_token_until", "until"),
)

person = Table(
    "person",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("districts", ARRAY(Text), nullable=False),
    Column("uscc", Text),
    Column("recorded_by", Text),
    Column("seen_on", Date),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", Text),
    Column("closed_reason", Text),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed"),
    CheckConstraint("(closed_at IS NULL) = (closed_reason IS NULL)", name="closed_reason"),
)

stream_ticket = Table(
    "stream_ticket",
    metadata,
    Column("ticket_hash", LargeBinary, primary_key=True),
    Column("actor", JSONB, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

agent = Table(
    "agent",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("applicant_uscc", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("withdrawn_reason", Text),
    CheckConstraint("starts_on <= ends_on", name="period"),
    CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    Index("ix_agent_subject", "subject", "applicant_uscc"),
)
