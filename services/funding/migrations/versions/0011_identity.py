"""Scopes of API keys, revoked tokens, the directory of people, and tickets of event streams."""

from alembic import op

from shared.storage.ddl_identity import create_identity

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_READS = ("read:applications", "read:events")
_WRITES = ()
"""Scopes of this version: what keys without scopes could read, and write."""


def upgrade() -> None:
    create_identity(op, "funding", _READS, _WRITES)
