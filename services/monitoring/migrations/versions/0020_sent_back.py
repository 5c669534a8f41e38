"""Movements of money that the bank sent back."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_KINDS = "'held', 'lifted', 'returned', 'demanded', 'recovered'"


def _allow(kinds: str) -> None:
    op.execute("ALTER TABLE fund_movement DROP CONSTRAINT ck_fund_movement_kind")
    op.execute(f"ALTER TABLE fund_movement ADD CONSTRAINT ck_fund_movement_kind CHECK (kind IN ({kinds}))")


def upgrade() -> None:
    _allow(f"'released', 'sent_back', 'undone', {_KINDS}")


def downgrade() -> None:
    _allow(f"'released', {_KINDS}")
