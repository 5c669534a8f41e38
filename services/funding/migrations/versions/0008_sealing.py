"""Leaves and checkpoints that seal the records of the service."""

from alembic import op

from shared.storage.ddl_sealing import create_sealing

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SEALED = (
    "application",
    "appropriation",
    "approval",
    "bank_referral",
    "clawback_request",
    "entity_grade",
    "final_accounts",
    "hold",
    "interest_statement",
    "investment_plan",
    "loan",
    "money_return",
    "plan_item",
    "public_money",
    "recovery",
    "release_request",
    "funding_ledger.resolution",
    "funding_ledger.transfer",
)


def upgrade() -> None:
    create_sealing(op, "funding", _SEALED)
