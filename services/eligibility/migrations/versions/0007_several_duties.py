"""Several duties of one person on a case, those of earlier acts included."""

from alembic import op

from shared.storage.ddl import several_duties

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_DUTY_OF_ACT = {
    "choose_edition": "choose_edition",
}


def upgrade() -> None:
    several_duties(op, _DUTY_OF_ACT)
