"""Receipts of the treasury (国库回单), and the files and messages that brought them. 三（二）"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from services.funding.rules.code_lists import RECEIPT_RESULTS, RECEIPT_STATUSES
from shared.errors import WrongStatus


class ReceiptBatch(Base):
    """File or message that brought receipts, known by its digest; append-only."""

    __tablename__ = "receipt_batch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    rows: Mapped[int]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class TreasuryReceipt(Base):
    """Payment that the treasury made, or that the bank sent back (退票), as the treasury states it."""

    __tablename__ = "treasury_receipt"
    __table_args__ = (
        CheckConstraint(f"result IN {tuple(RECEIPT_RESULTS)}", name="result"),
        CheckConstraint(f"status IN {tuple(RECEIPT_STATUSES)}", name="status"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        CheckConstraint("(status = 'matched') = (line_id IS NOT NULL)", name="matched_has_line"),
        CheckConstraint("settled_by IS NULL OR settle_reason IS NOT NULL", name="settled_with_reason"),
        Index(
            "uq_treasury_receipt_voucher_key",
            "voucher_key",
            "result",
            unique=True,
            postgresql_where=text("status <> 'voided'"),
        ),
        Index(
            "uq_treasury_receipt_line_id",
            "line_id",
            "result",
            unique=True,
            postgresql_where=text("status = 'matched'"),
        ),
        Index("ix_treasury_receipt_result_on", "result_on", "id"),
        Index("ix_treasury_receipt_month", "month"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("receipt_batch.id"))
    district: Mapped[str]
    voucher_no: Mapped[str]
    voucher_key: Mapped[str]
    """Voucher number in the form in which spellings of one number are equal."""
    order_no: Mapped[str | None]
    line_no: Mapped[int | None]
    account_no: Mapped[str | None]
    amount_yuan: Mapped[Decimal]
    result: Mapped[str]
    result_on: Mapped[date]
    bank_reason: Mapped[str | None]
    month: Mapped[str]
    """Month into which it is booked, such as 2024-07: that of its day, or the first one that is not closed."""
    differences: Mapped[list[str]]
    status: Mapped[str]
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_line.id"))
    transfer_id: Mapped[UUID | None]
    """Transfer that the match of a returned payment posted."""
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    settle_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def settle(self, status: str, subject: str, at: datetime, reason: str) -> None:
        """Note a person's decision on the receipt, with its reason."""
        self.status, self.settled_by, self.settled_at, self.settle_reason = status, subject, at, reason

    def expect(self, *statuses: str) -> None:
        """Raise WrongStatus unless the receipt has one of these statuses."""
        if self.status not in statuses:
            expected = "、".join(RECEIPT_STATUSES[status] for status in statuses)
            raise WrongStatus(
                f"该回单当前为“{RECEIPT_STATUSES[self.status]}”，此操作须在“{expected}”时进行", current=self.status
            )
