"""Payment orders (支付申请) to the treasury, their lines and files. 三（二）, 政府投资条例 art. 19"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import PAYMENT_LINE_STATUSES, PAYMENT_ORDER_STATUSES
from shared.errors import WrongStatus
from shared.storage.versions import Part


class PaymentOrder(Base):
    """Order to the treasury to pay a batch of releases. It never changes; a wrong one is withdrawn and issued anew."""

    __tablename__ = "payment_order"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(PAYMENT_ORDER_STATUSES)}", name="status"),
        CheckConstraint("(status = 'withdrawn') = (withdraw_reason IS NOT NULL)", name="withdrawn_with_reason"),
        Index("uq_payment_order_replaces_id", "replaces_id", unique=True),
        Index("ix_payment_order_due_on", "due_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    order_no: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default="issued")
    layout: Mapped[str]
    """Day from which the layout of its files holds."""
    lines: Mapped[int]
    total_yuan: Mapped[Decimal]
    issued_by: Mapped[str]
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    """Last working day on which the treasury's answer is in time."""
    overdue_since: Mapped[date | None]
    """Day after `due_on`, once it has come without an answer to every line."""
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class

    def withdraw(self, subject: str, at: datetime, reason: str) -> None:
        """Withdraw the order. Raises WrongStatus when it is withdrawn already."""
        if self.status != "issued":
            raise WrongStatus("该支付申请已撤回，请按新的支付申请办理", current=self.status)
        self.status, self.withdrawn_by, self.withdrawn_at, self.withdraw_reason = "withdrawn", subject, at, reason


class PaymentLine(Base, Part):
    """Release of an order with the payee account as it was on the day of issue."""

    __tablename__ = "payment_line"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(PAYMENT_LINE_STATUSES)}", name="status"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        CheckConstraint("status NOT IN ('paid', 'returned') OR answered_on IS NOT NULL", name="answered_on_a_day"),
        Index("uq_payment_line_order_id_line_no", "order_id", "line_no", unique=True),
        Index("uq_payment_line_release_id", "release_id", unique=True, postgresql_where=text("status <> 'withdrawn'")),
        Index("ix_payment_line_application_id", "application_id"),
    )
    shown_in = {PaymentOrder: "order_id", Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("payment_order.id"))
    order_no: Mapped[str]
    line_no: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    release_id: Mapped[UUID] = mapped_column(ForeignKey("release_request.id"))
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("payee_account.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    project_name: Mapped[str]
    account_name: Mapped[str]
    bank: Mapped[str]
    bank_code: Mapped[str | None]
    account_no: Mapped[str]
    purpose: Mapped[str]
    amount_yuan: Mapped[Decimal]
    issued_on: Mapped[date]
    status: Mapped[str] = mapped_column(default="ordered")
    answered_on: Mapped[date | None]
    """Day on which the treasury paid, or on which the bank sent the payment back."""
    return_reason: Mapped[str | None]

    def answer(self, status: str, on: date | None, reason: str | None = None) -> None:
        """Note the treasury's answer, or with `ordered` that there is none."""
        self.status, self.answered_on, self.return_reason = status, on, reason


class PaymentOrderFile(Base):
    """File of an order as it was sent to the treasury; append-only."""

    __tablename__ = "payment_order_file"
    __table_args__ = (CheckConstraint("format IN ('csv', 'xlsx')", name="format"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("payment_order.id"), primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
