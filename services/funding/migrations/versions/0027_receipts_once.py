"""Bank receipts and budget documents are registered once, however they are spelled. 四（一）1, 三（二）

Receipts of recoveries from before stay as they were booked, without a key: the table is append-only.
"""

import sqlalchemy as sa
from alembic import op

from shared.storage.ddl_forms import identifier_v1

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_KEYS = """
ALTER TABLE money_return ADD COLUMN receipt_key TEXT, ADD COLUMN repeat_reason TEXT;
ALTER TABLE recovery ADD COLUMN receipt_key TEXT, ADD COLUMN repeat_reason TEXT;
ALTER TABLE appropriation ADD COLUMN document_key TEXT;
DROP INDEX uq_money_return_bank_receipt_no;
DROP INDEX uq_recovery_bank_receipt_no
"""
_INDEXES = """
CREATE UNIQUE INDEX uq_money_return_receipt_key ON money_return (receipt_key, application_id, amount_yuan)
    WHERE status <> 'rejected';
CREATE UNIQUE INDEX uq_recovery_receipt_key ON recovery (receipt_key, application_id, amount_yuan);
CREATE UNIQUE INDEX uq_appropriation_document_key ON appropriation (year, kind, document_key, to_year, reverses)
    NULLS NOT DISTINCT WHERE status IN ('drafted', 'confirmed') AND document_key IS NOT NULL
"""
ENDED = "'rejected', 'withdrawn', 'reversed'"
_FENCED = ("money_return", "appropriation")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in _FENCED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER")
    for statement in _KEYS.split(";"):
        op.execute(statement)
    _key("money_return", "bank_receipt_no", "receipt_key", ("application_id", "amount_yuan"))
    _key("appropriation", "document_no", "document_key", ("year", "kind", "to_year", "reverses"))
    for statement in _INDEXES.split(";"):
        op.execute(statement)
    for table in _FENCED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY, ENABLE TRIGGER USER")


def _key(table: str, number: str, key: str, beside: tuple[str, ...]) -> None:
    """Fill a key; a row that is equal to an earlier one, or ended, keeps its id in it."""
    seen: set[tuple[object, ...]] = set()
    update = sa.text(f"UPDATE {table} SET {key} = :key WHERE id = :id")
    for row in op.get_bind().execute(sa.text(f"SELECT * FROM {table} ORDER BY status IN ({ENDED}), id")).mappings():
        form = identifier_v1(row[number])
        whole = (form, *(row[name] for name in beside))
        op.get_bind().execute(update, {"id": row["id"], "key": f"{form}|{row['id']}" if whole in seen else form})
        seen.add(whole)
