"""Leaves and checkpoints that seal the records of the service."""

from alembic import op

from shared.storage.ddl_sealing import create_sealing

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SEALED = (
    "correction",
    "declaration",
    "declaration_round",
    "entity_credit",
    "library_entry_version",
    "material",
    "municipal_fund_programme",
    "municipal_funding_record",
    "opinion",
    "project_identity",
    "quarter_snapshot",
    "quarter_submission",
    "resource_version",
    "review_finding",
)


def upgrade() -> None:
    create_sealing(op, "intake", _SEALED)
