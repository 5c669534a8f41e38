"""Scopes of API keys, revoked tokens, the directory of people, and tickets of event streams."""

from alembic import op

from shared.storage.ddl_identity import create_identity

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_READS = ("read:assessments", "read:district-standards", "read:events", "read:rulesets")
_WRITES = ()
"""Scopes of this version: what keys without scopes could read, and write."""


def upgrade() -> None:
    create_identity(op, "eligibility", _READS, _WRITES)
