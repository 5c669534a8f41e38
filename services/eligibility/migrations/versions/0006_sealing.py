"""Leaves and checkpoints that seal the records of the service."""

from alembic import op

from shared.storage.ddl_sealing import create_sealing

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SEALED = (
    "assessment",
    "conflict_declaration",
    "district_standard",
    "pool_entry",
    "recognised_investment",
    "review",
    "ruleset",
    "score_sheet",
    "settlement",
)


def upgrade() -> None:
    create_sealing(op, "eligibility", _SEALED)
