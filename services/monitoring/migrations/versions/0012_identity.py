"""Scopes of API keys, revoked tokens, the directory of people, and tickets of event streams."""

from alembic import op

from shared.storage.ddl_identity import create_identity

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_READS = (
    "read:events",
    "read:files",
    "read:findings",
    "read:inspections",
    "read:meters",
    "read:quarters",
    "read:reading-findings",
)
_WRITES = ("write:readings",)
"""Scopes of this version: what keys without scopes could read, and write."""


def upgrade() -> None:
    create_identity(op, "monitoring", _READS, _WRITES)
