"""Index for the status of a library project, which follows its declaration. 四（一）2"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_declaration_library_entry_id", "declaration", ["library_entry_id"])


def downgrade() -> None:
    op.drop_index("ix_declaration_library_entry_id", "declaration")
