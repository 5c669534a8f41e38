"""Entries of public money are registered once, however their document is spelled. 二（五）, 四（二）2

Keys are those that rows written from now on have. Entries equal to an earlier one
keep their row, with their id in the key, and say so in `repeat_reason`.
"""

import sqlalchemy as sa
from alembic import op

from shared.storage.ddl_forms import identifier_v1, name_v1

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_UPDATE = sa.text(
    "UPDATE public_money SET entry_key = :key, document_key = :document, repeat_reason = :repeat WHERE id = :id"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE public_money NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "ALTER TABLE public_money ADD COLUMN document_key TEXT, ADD COLUMN entry_key TEXT, "
        "ADD COLUMN repeat_reason TEXT"
    )
    _key_entries()
    op.execute("ALTER TABLE public_money ALTER COLUMN entry_key SET NOT NULL")
    op.execute("CREATE INDEX ix_public_money_document_key ON public_money (document_key)")
    op.execute(
        "CREATE UNIQUE INDEX uq_public_money_entry_key ON public_money (entry_key) "
        "WHERE withdrawn_at IS NULL AND intake_version IS NULL"
    )
    op.execute("ALTER TABLE public_money FORCE ROW LEVEL SECURITY")


def _entry_key(row: sa.Row[*tuple[object, ...]]) -> str:
    """Return what makes two entries one: kind, document or else programme, project, payee, amount and day."""
    document = identifier_v1(row.document_no) if row.document_no else f"资金 {name_v1(row.programme)}"
    project = str(row.application_id or row.project_code or "")
    amount, day = f"{row.amount_yuan:.2f}", row.granted_on.isoformat()
    return "|".join((row.kind, document, project, row.applicant_uscc, amount, day))


def _key_entries() -> None:
    seen: set[str] = set()
    for row in op.get_bind().execute(sa.text("SELECT * FROM public_money ORDER BY recorded_at, id")):
        key, document = _entry_key(row), identifier_v1(row.document_no) if row.document_no else None
        values = {"id": row.id, "key": key, "document": document, "repeat": None}
        if key in seen and row.withdrawn_at is None:
            values |= {"key": f"{key}|{row.id}", "repeat": "升级前已登记，与另一条记录相同，请核对"}
        seen |= {key} if row.withdrawn_at is None else set()
        op.get_bind().execute(_UPDATE, values)
