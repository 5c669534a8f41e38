"""Clawback requests and the receipts of recovered money. 四（一）1, 政府投资条例 art. 34"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import CLAWBACK_STATUSES
from shared.errors import WrongStatus
from shared.normal_forms import normal_identifier
from shared.storage.normal_columns import Normalised
from shared.storage.versions import Part


class ClawbackRequest(Base, Part):
    """Proposal to recover money, decided by a supervisor; `recovered_yuan` adds up the receipts."""

    __tablename__ = "clawback_request"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'demanded', 'rejected', 'recovered')", name="status"),
        CheckConstraint("amount_yuan > 0 AND recovered_yuan BETWEEN 0 AND amount_yuan", name="amount"),
        Index("ix_clawback_request_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    ground: Mapped[str]
    clause: Mapped[str]
    amount_yuan: Mapped[Decimal]
    reason: Mapped[str]
    evidence: Mapped[str]
    status: Mapped[str] = mapped_column(default="requested")
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
    recovered_yuan: Mapped[Decimal]

    def decide(self, status: str, subject: str, at: datetime, reason: str | None) -> None:
        """Record the decision. Raises WrongStatus for a request decided before."""
        if self.status != "requested":
            raise WrongStatus(
                f"该追回事项{CLAWBACK_STATUSES[self.status]}，不能重复决定；如需再次追回请另行提出", current=self.status
            )
        self.status, self.decided_by, self.decided_at, self.decision_reason = status, subject, at, reason

    def recover(self, yuan: Decimal) -> None:
        """Add recovered money. Raises WrongStatus before the demand, and for more than is outstanding."""
        if self.status != "demanded":
            raise WrongStatus(
                f"该追回事项{CLAWBACK_STATUSES[self.status]}，只有已决定追回的事项可以登记收回", current=self.status
            )
        outstanding = self.amount_yuan - self.recovered_yuan
        if yuan > outstanding:
            raise WrongStatus(
                f"收回金额超出尚未收回的金额，最多 {outstanding:,.2f} 元",
                field="/body/amount_yuan",
                remaining=str(outstanding),
            )
        self.recovered_yuan += yuan
        if self.recovered_yuan == self.amount_yuan:
            self.status = "recovered"


class Recovery(Base, Part, Normalised):
    """Bank receipt of recovered money; append-only."""

    __tablename__ = "recovery"
    __table_args__ = (
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("uq_recovery_receipt_key", "receipt_key", "application_id", "amount_yuan", unique=True),
        Index("ix_recovery_clawback_id", "clawback_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant
    normal_columns = {"receipt_key": lambda row: normal_identifier(row.bank_receipt_no)}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    clawback_id: Mapped[UUID] = mapped_column(ForeignKey("clawback_request.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    amount_yuan: Mapped[Decimal]
    bank_receipt_no: Mapped[str]
    receipt_key: Mapped[str | None]
    repeat_reason: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    transfer_id: Mapped[UUID] = mapped_column(unique=True)
