"""Several duties of one person on a case, those of earlier acts included."""

from alembic import op

from shared.storage.ddl import several_duties

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DUTY_OF_ACT = {
    "register_other_funds": "register_money",
}


def upgrade() -> None:
    several_duties(op, _DUTY_OF_ACT)
