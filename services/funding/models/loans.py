"""Loan contracts that interest subsidy is computed on, with every earlier version. 二（四）2"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from shared.errors import WrongStatus
from shared.storage.versions import Part


class Loan(Base, Part):
    """Loan contract of a project with a bank, as the newest version states it. Rates are ratios (0.0390). 二（四）2"""

    __tablename__ = "loan"
    __table_args__ = (
        CheckConstraint("tenor IN ('1Y', '5Y')", name="tenor"),
        CheckConstraint("rate_type IN ('fixed', 'floating')", name="rate_type"),
        CheckConstraint("day_count_basis IN (360, 365)", name="day_count_basis"),
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        CheckConstraint("settlement_day BETWEEN 1 AND 31", name="settlement_day"),
        CheckConstraint("annual_rate IS NOT NULL OR rate_type = 'floating'", name="fixed_rate"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdraw_reason IS NULL)",
            name="withdrawn",
        ),
        Index("uq_loan_contract_key", "contract_key", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
        Index("ix_loan_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    bank: Mapped[str]
    contract_no: Mapped[str]
    principal_yuan: Mapped[Decimal]
    rate_type: Mapped[str]
    annual_rate: Mapped[Decimal | None] = mapped_column(Numeric(7, 6))
    """Rate of a fixed contract; of a floating one the rate at signing, by which a subsidy is estimated."""
    term_months: Mapped[int]
    tenor: Mapped[str | None]
    drawn_on: Mapped[date]
    """Day of the first drawdown."""
    repriced_on: Mapped[list[date]] = mapped_column(ARRAY(Date), server_default="{}")
    """Days on which the contract reprices the loan, each a new LPR under that reading of I6."""
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
    contract_key: Mapped[str]
    """Bank and number in normal form: what makes two spellings the same contract."""
    spread_bp: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    """Margin of a floating rate over the LPR in basis points, negative below it."""
    day_count_basis: Mapped[int | None]
    """Basis that the contract states; None: that of the policy."""
    settlement_day: Mapped[int | None]
    """Day of the month on which the bank settles interest; None: the contract fixes none."""
    share: Mapped[Decimal] = mapped_column(Numeric(7, 6), server_default=text("1"))
    """Part of the loan that is used for the project."""
    extensions: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    drawdowns: Mapped[list[dict[str, Any]]]
    repayments: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]

    def expect_standing(self) -> None:
        """Raise WrongStatus for a loan that was withdrawn."""
        if self.withdrawn_at is not None:
            raise WrongStatus("该贷款合同已撤销；如撤销有误，请重新登记该合同", current="withdrawn")

    def withdraw(self, subject: str, at: datetime, reason: str) -> None:
        """Withdraw a wrongly registered contract, which stays on record. Raises WrongStatus the second time."""
        self.expect_standing()
        self.withdrawn_by, self.withdrawn_at, self.withdraw_reason = subject, at, reason


class LoanVersion(Base, Part):
    """Facts of a contract as they were registered or corrected, with the reason; append-only."""

    __tablename__ = "loan_version"
    __table_args__ = (
        Index("uq_loan_version_loan_id_number", "loan_id", "number", unique=True),
        Index("ix_loan_version_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    facts: Mapped[dict[str, Any]]
    reason: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
