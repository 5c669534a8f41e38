"""Documents and receipts of fines and of interest on recovery are registered once, however they are spelled."""

import sqlalchemy as sa
from alembic import op

from shared.storage.ddl_forms import identifier_v1

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE penalty NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE penalty ADD COLUMN document_key TEXT, ADD COLUMN receipt_key TEXT")
    _key()
    op.execute("DROP INDEX uq_penalty_document_no")
    op.execute("DROP INDEX uq_penalty_bank_receipt_no")
    op.execute("CREATE UNIQUE INDEX uq_penalty_document_key ON penalty (application_id, kind, document_key)")
    op.execute("CREATE UNIQUE INDEX uq_penalty_receipt_key ON penalty (receipt_key)")
    op.execute("ALTER TABLE penalty FORCE ROW LEVEL SECURITY")


def _key() -> None:
    """Fill the keys; a row that is equal to an earlier one keeps its id in them."""
    seen: set[tuple[object, ...]] = set()
    update = sa.text("UPDATE penalty SET document_key = :document, receipt_key = :receipt WHERE id = :id")
    for row in op.get_bind().execute(sa.text("SELECT * FROM penalty ORDER BY recorded_at, id")):
        document = identifier_v1(row.document_no)
        receipt = identifier_v1(row.bank_receipt_no) if row.bank_receipt_no else None
        whole, paid = (row.application_id, row.kind, document), ("receipt", receipt)
        values = {
            "id": row.id,
            "document": f"{document}|{row.id}" if whole in seen else document,
            "receipt": f"{receipt}|{row.id}" if receipt and paid in seen else receipt,
        }
        op.get_bind().execute(update, values)
        seen |= {whole, paid}
