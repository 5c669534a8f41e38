"""The kept answer of an idempotency key never changes."""

from alembic import op

from shared.storage.ddl import create_answered_once

<<<<<<<< HEAD:services/monitoring/migrations/versions/0012_answered_once.py
revision = "0013"
down_revision = "0012"
========
revision = "0010"
down_revision = "0012"
>>>>>>>> 9d89eb5 (wip3):services/intake/migrations/versions/0010_answered_once.py
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_answered_once(op)


def downgrade() -> None:
    op.execute("DROP TRIGGER answered_once ON idempotency_key")
