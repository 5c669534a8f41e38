"""Tables of the seals in every schema: leaves, checkpoints, those of other services, and parts of transactions."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.storage.metadata import new_metadata

metadata = new_metadata()

transaction_part = Table(
    "transaction_part",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("written_in", BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")),
)
"""Savepoints. A row written after a savepoint carries the savepoint's transaction number (xmin), as this row does."""

seal_layout = Table(
    "seal_layout",
    metadata,
    Column("id", SmallInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("columns", ARRAY(Text), nullable=False),
    Column("personal", ARRAY(Text), nullable=False),
    UniqueConstraint("kind", "columns", "personal"),
)

seal_leaf = Table(
    "seal_leaf",
    metadata,
    Column("tree_index", BigInteger, primary_key=True, autoincrement=False),
    Column("layout", SmallInteger, ForeignKey("seal_layout.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("rests_on", Text, nullable=False),
    Column("salts", ARRAY(LargeBinary), nullable=False),
    Column("digests", ARRAY(LargeBinary), nullable=False),
    Index("ix_seal_leaf_key", "key", "layout"),
)

seal_checkpoint = Table(
    "seal_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("subtrees", ARRAY(LargeBinary), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

foreign_checkpoint = Table(
    "foreign_checkpoint",
    metadata,
    Column("origin", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("fault", Text),
    PrimaryKeyConstraint("origin", "size", "root"),
)
