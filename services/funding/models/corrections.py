"""Orders to correct, and fines and interest that the competent authority decided. 政府投资条例 art. 34"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.change_codes import CORRECTION_STATUSES, PENALTY_KINDS
from shared.errors import Invalid, WrongStatus
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
    first_due_on: Mapped[date | None]
    """Deadline as it was ordered, once it was extended; each extension is an act with its reason."""
    extension_reason: Mapped[str | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]

    def extend(self, due_on: date, reason: str, today: date) -> None:
        """Set a later deadline, kept beside the first one. Raises Invalid for one that is not later."""
        self.expect_open()
        if due_on <= max(self.due_on, today):
            raise Invalid(f"新的期限须晚于今日和原期限 {self.due_on}", field="/body/due_on")
        self.first_due_on = self.first_due_on or self.due_on
        self.due_on, self.extension_reason = due_on, reason

    def withdraw(self, subject: str, at: datetime, reason: str) -> None:
        """Withdraw the order while it is open; nothing can rest on it."""
        self.expect_open()
        self.status, self.withdrawn_by, self.withdrawn_at, self.withdraw_reason = "withdrawn", subject, at, reason

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
        CheckConstraint("withdrawn_by <> withdrawal_asked_by", name="two_people"),
        Index(
            "uq_penalty_document_key",
            *("application_id", "kind", "document_key"),
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("uq_penalty_receipt_key", "receipt_key", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
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
    withdrawal_asked_by: Mapped[str | None]
    withdrawal_asked_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]

    def expect_standing(self) -> None:
        """Raise WrongStatus for a row that was withdrawn."""
        if self.withdrawn_at is not None:
            raise WrongStatus("该笔罚款或利息的登记已撤销，不能再办理；如有正确的决定请另行登记", current="withdrawn")

    def ask_withdrawal(self, reason: str, subject: str, at: datetime) -> None:
        """Ask that the row be withdrawn, with the reason; a later request replaces an earlier one."""
        self.expect_standing()
        self.withdrawal_reason, self.withdrawal_asked_by, self.withdrawal_asked_at = reason, subject, at

    def decide_withdrawal(self, withdraw: bool, subject: str, at: datetime) -> None:
        """Withdraw the row, or drop the request. Raises WrongStatus without a request."""
        self.expect_standing()
        if self.withdrawal_asked_by is None:
            raise WrongStatus("尚未提请撤销，请先由市级经办提请并说明理由", current="recorded")
        if withdraw:
            self.withdrawn_by, self.withdrawn_at = subject, at
        else:
            self.withdrawal_reason = self.withdrawal_asked_by = self.withdrawal_asked_at = None

    def pay(self, receipt: str, on: date, subject: str, at: datetime) -> None:
        """Record the payment, once. Raises WrongStatus."""
        self.expect_standing()
        if self.paid_on is not None:
            raise WrongStatus(f"该笔款项已于 {self.paid_on} 缴清，不能重复登记", current="paid")
        self.bank_receipt_no, self.paid_on, self.booked_by, self.booked_at = receipt, on, subject, at
