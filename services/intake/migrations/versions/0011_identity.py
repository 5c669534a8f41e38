"""Scopes of API keys, revoked tokens, the directory of people, and tickets of event streams."""

from alembic import op

from shared.storage.ddl_identity import create_identity

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_READS = (
    "read:declarations",
    "read:events",
    "read:library-entries",
    "read:materials",
    "read:quarters",
    "read:resources",
    "read:undertakings",
)
_WRITES = ("write:library-entries", "write:resources")
"""Scopes of this version: what keys without scopes could read, and write."""


def upgrade() -> None:
    create_identity(op, "intake", _READS, _WRITES)
