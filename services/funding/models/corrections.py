"""Orders to correct, and fines and interest that the competent authority decided. 政府投资条例 art. 34"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.change_codes import CORRECTION_STATUSES, PENALTY_KINDS
from shared.errors import WrongStatus
from shared.normal_forms import normal_identifier
from shared.storage.normal_columns import Normalised
from shared.storage.versions import Part


class CorrectionOrder(Base, Part):
    """Order to correct by a day (责令改正): proved by the owner, closed by another officer than who ordered it."""

    __tablename__ = "correction_order"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(CORRECTION_STATUSES)}", name="status"),
        CheckConstraint("closed_by <> ordered_by", name="two_people"),
        Index("ix_correction_order_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    ground: Mapped[str]
    clause: Mapped[str]
    demand: Mapped[str]
    due_on: Mapped[date]
    status: Mapped[str] = mapped_column(default="ordered")
    ordered_by: Mapped[str]
    ordered_at: Mapped[datetime]
    proof: Mapped[str | None]
    proved_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str | None]

    def expect_open(self) -> None:
        """Raise WrongStatus for an order that was closed."""
        if self.status not in ("ordered", "proved"):
            raise WrongStatus(
                f"该责令改正{CORRECTION_STATUSES[self.status]}，不能再办理；如有新的问题请另行责令",
                current=self.status,
            )

    def prove(self, proof: str, at: datetime) -> None:
        """Record the owner's proof, which a later one replaces while the order is open."""
        self.expect_open()
        self.status, self.proof, self.proved_at = "proved", proof, at

    def close(self, status: str, subject: str, at: datetime, today: date, reason: str) -> None:
        """Close the order. Raises WrongStatus before the deadline for an order that was not followed."""
        self.expect_open()
        if status == "uncorrected" and today <= self.due_on and self.status == "ordered":
            raise WrongStatus(f"改正期限至 {self.due_on}，期满仍未改正的方可认定", current=self.status)
        self.status, self.closed_by, self.closed_at, self.closing_reason = status, subject, at, reason


class Penalty(Base, Part, Normalised):
    """Fine or interest on recovered money, as the competent authority decided it; apart from the money of the grant."""

    __tablename__ = "penalty"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(PENALTY_KINDS)}", name="kind"),
        CheckConstraint("amount_yuan > 0 AND base_yuan > 0", name="amount"),
        CheckConstraint("(paid_on IS NULL) = (bank_receipt_no IS NULL)", name="paid"),
        Index("uq_penalty_document_key", "application_id", "kind", "document_key", unique=True),
        Index("uq_penalty_receipt_key", "receipt_key", unique=True),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant
    normal_columns = {  # noqa: RUF012 - constant
        "document_key": lambda row: normal_identifier(row.document_no),
        "receipt_key": lambda row: normal_identifier(row.bank_receipt_no) if row.bank_receipt_no else None,
    }

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    kind: Mapped[str]
    ground: Mapped[str]
    authority: Mapped[str]
    document_no: Mapped[str]
    decided_on: Mapped[date]
    base_yuan: Mapped[Decimal]
    """Defrauded or misused sum that a fine is measured by, or principal on which interest is due."""
    amount_yuan: Mapped[Decimal]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    bank_receipt_no: Mapped[str | None]
    document_key: Mapped[str | None]
    receipt_key: Mapped[str | None]
    paid_on: Mapped[date | None]
    booked_by: Mapped[str | None]
    booked_at: Mapped[datetime | None]

    def pay(self, receipt: str, on: date, subject: str, at: datetime) -> None:
        """Record the payment, once. Raises WrongStatus."""
        if self.paid_on is not None:
            raise WrongStatus(f"该笔款项已于 {self.paid_on} 缴清，不能重复登记", current="paid")
        self.bank_receipt_no, self.paid_on, self.booked_by, self.booked_at = receipt, on, subject, at
