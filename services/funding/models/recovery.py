"""Money on its way back: returns, clawback, final accounts. 四（一）1, 政府投资条例 art. 34"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from shared.errors import SameOfficer, WrongStatus


class MoneyReturn(Base):
    """Money the project paid back of itself: one person records it, another confirms it came in."""

    __tablename__ = "money_return"
    __table_args__ = (
        CheckConstraint("status IN ('recorded', 'confirmed', 'rejected')", name="status"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("uq_money_return_bank_receipt_no", "bank_receipt_no", unique=True),
        Index("ix_money_return_application_id", "application_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    amount_yuan: Mapped[Decimal]
    bank_receipt_no: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="recorded")
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    transfer_id: Mapped[UUID | None] = mapped_column(unique=True)

    def decide(self, status: str, subject: str, at: datetime) -> None:
        """Raises SameOfficer for the one who recorded it, WrongStatus when it is done."""
        if self.status != "recorded":
            raise WrongStatus("该笔退款已办结", current=self.status)
        if self.recorded_by == subject:
            raise SameOfficer("退款登记人不得自行确认")
        self.status, self.decided_by, self.decided_at = status, subject, at


class ClawbackRequest(Base):
    """A proposal to recover money, decided by someone else; what comes in is counted on it."""

    __tablename__ = "clawback_request"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'demanded', 'rejected', 'recovered')", name="status"),
        CheckConstraint("amount_yuan > 0 AND recovered_yuan BETWEEN 0 AND amount_yuan", name="amount"),
        Index("ix_clawback_request_application_id", "application_id"),
    )

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
        """Raises WrongStatus when it was decided before."""
        if self.status != "requested":
            raise WrongStatus("该追回事项已办结", current=self.status)
        self.status, self.decided_by, self.decided_at, self.decision_reason = status, subject, at, reason

    def recover(self, yuan: Decimal) -> None:
        """Count money that came in. Raises WrongStatus before the demand and past it."""
        if self.status != "demanded":
            raise WrongStatus("追回尚未决定或已全部收回", current=self.status)
        if yuan > self.amount_yuan - self.recovered_yuan:
            raise WrongStatus("收回金额超出尚未收回的金额", remaining=str(self.amount_yuan - self.recovered_yuan))
        self.recovered_yuan += yuan
        if self.recovered_yuan == self.amount_yuan:
            self.status = "recovered"


class Recovery(Base):
    """A bank receipt of recovered money."""

    __tablename__ = "recovery"
    __table_args__ = (
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("uq_recovery_bank_receipt_no", "bank_receipt_no", unique=True),
        Index("ix_recovery_clawback_id", "clawback_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    clawback_id: Mapped[UUID] = mapped_column(ForeignKey("clawback_request.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    amount_yuan: Mapped[Decimal]
    bank_receipt_no: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    transfer_id: Mapped[UUID] = mapped_column(unique=True)


class FinalAccounts(Base):
    """The final accounts of a project and the grant they bear out; a lower one proposes a return (I4). 二（四）1"""

    __tablename__ = "final_accounts"
    __table_args__ = (Index("ix_final_accounts_application_id", "application_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    document_no: Mapped[str]
    components: Mapped[list[dict[str, Any]]]
    base_yuan: Mapped[Decimal]
    award_yuan: Mapped[Decimal]
    derivation: Mapped[list[str]]
    lower: Mapped[bool]
    proposed_return_yuan: Mapped[Decimal]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
