"""Leaves and checkpoints that seal the records of the service."""

from alembic import op

from shared.storage.ddl_sealing import create_sealing

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SEALED = (
    "credit_decision",
    "credit_ground",
    "credit_rating",
    "credit_repair",
    "entity",
    "evaluation",
    "finding",
    "fund_movement",
    "green_record",
    "inspection",
    "inspection_plan",
    "issued_evaluation",
    "meter",
    "project_file",
    "project_quarter",
    "quarter_submission",
    "reading",
    "reading_finding",
)


def upgrade() -> None:
    create_sealing(op, "monitoring", _SEALED)
