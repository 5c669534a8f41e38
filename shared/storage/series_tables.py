"""Tables of the dated figures in every schema: batches, the head of each kind, and what was used by which act."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.storage.seal_tables import metadata

series_batch = Table(
    "series_batch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("number", Integer),
    Column("figures", JSONB, nullable=False),
    Column("bases", ARRAY(Integer), nullable=False),
    Column("document_title", Text, nullable=False),
    Column("document_no", Text),
    Column("documented_on", Date),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("entered_by_name", Text, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text),
    Column("decided_by_name", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_reason", Text),
    Column("version", Integer, nullable=False, server_default=text("1")),
    UniqueConstraint("kind", "number"),
    CheckConstraint("origin IN ('package', 'entered', 'imported')", name="origin"),
    CheckConstraint("status IN ('proposed', 'confirmed', 'returned', 'withdrawn')", name="status"),
    CheckConstraint("(status = 'confirmed') = (number IS NOT NULL)", name="numbered"),
    CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided"),
)
"""Figures of one kind that were entered together, with their document. `bases` are the versions that they follow."""

series_head = Table(
    "series_head",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("announced", Integer, nullable=False),
    Column("owned", Boolean, nullable=False),
    Column("stamp", BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")),
)
"""The last batch of each kind without a gap before it, the last one announced, and the stamp of the last move."""

series_use = Table(
    "series_use",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("district", Text, nullable=False),
    Column("applicant_uscc", Text),
    Column("act", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("figures", ARRAY(Text), nullable=False),
    Index("ix_series_use_case_id", "case_id"),
    Index("ix_series_use_figures", "figures", postgresql_using="gin"),
)
"""Names of the versions that an act or decision has read."""
