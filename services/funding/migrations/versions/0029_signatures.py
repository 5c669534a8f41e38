"""Two signatures on approvals and changes whose amount needs them."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_FIRST = "ADD COLUMN signed_by TEXT, ADD COLUMN signed_at TIMESTAMPTZ, ADD COLUMN countersign_from_yuan NUMERIC(18, 2)"
_STATEMENTS = (
    f"ALTER TABLE application {_FIRST}",
    f"ALTER TABLE approval_change {_FIRST}",
    "ALTER TABLE approval ADD COLUMN first_signed_by TEXT, ADD COLUMN first_signed_on DATE, "
    "ADD COLUMN countersign_from_yuan NUMERIC(18, 2)",
    "ALTER TABLE approval_change ADD CONSTRAINT ck_approval_change_two_signatures "
    "CHECK (status <> 'approved' OR decided_by <> signed_by)",
    "ALTER TABLE approval ADD CONSTRAINT ck_approval_first_signature CHECK ("
    "(first_signed_by IS NULL) = (countersign_from_yuan IS NULL) "
    "AND (first_signed_by IS NULL) = (first_signed_on IS NULL))",
    "ALTER TABLE approval ADD CONSTRAINT ck_approval_two_signatures "
    "CHECK (first_signed_by <> approved_by AND award_yuan >= countersign_from_yuan)",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in _STATEMENTS:
        op.execute(statement)
