"""Money that a project paid back voluntarily. 四（一）1"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import RETURN_STATUSES
from shared.errors import WrongStatus
from shared.normal_forms import normal_identifier
from shared.storage.normal_columns import Normalised
from shared.storage.versions import Part


class MoneyReturn(Base, Part, Normalised):
    """Money that a project paid back voluntarily; one finance officer records it, another confirms the receipt."""

    __tablename__ = "money_return"
    __table_args__ = (
        CheckConstraint("status IN ('recorded', 'confirmed', 'rejected')", name="status"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index(
            "uq_money_return_receipt_key",
            "receipt_key",
            "application_id",
            "amount_yuan",
            unique=True,
            postgresql_where=text("status <> 'rejected'"),
        ),
        Index("ix_money_return_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant
    normal_columns = {"receipt_key": lambda row: normal_identifier(row.bank_receipt_no)}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    amount_yuan: Mapped[Decimal]
    bank_receipt_no: Mapped[str]
    receipt_key: Mapped[str | None]
    repeat_reason: Mapped[str | None]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="recorded")
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    transfer_id: Mapped[UUID | None] = mapped_column(unique=True)

    def decide(self, status: str, subject: str, at: datetime) -> None:
        """Confirm or reject the return. Raises WrongStatus when it is decided already."""
        if self.status != "recorded":
            raise WrongStatus(
                f"该笔退款{RETURN_STATUSES[self.status]}，不能重复办理；如有误请另行登记", current=self.status
            )
        self.status, self.decided_by, self.decided_at = status, subject, at
