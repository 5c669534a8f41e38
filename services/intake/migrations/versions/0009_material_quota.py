"""Index of an applicant's files, whose total size is limited."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_material_applicant_uscc", "material", ["applicant_uscc"], schema="intake")
