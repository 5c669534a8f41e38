"""Loan contracts that interest subsidy is computed on. 二（四）2"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from shared.storage.versions import Part


class Loan(Base, Part):
    """Loan contract of a project with a bank. 二（四）2. The annual rate is a ratio (0.0390 for 3.90 %)."""

    __tablename__ = "loan"
    __table_args__ = (
        CheckConstraint("tenor IN ('1Y', '5Y')", name="tenor"),
        CheckConstraint("rate_type IN ('fixed', 'floating')", name="rate_type"),
        Index("uq_loan_bank_contract_no", "bank", "contract_no", unique=True),
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
    annual_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    term_months: Mapped[int]
    tenor: Mapped[str | None]
    drawn_on: Mapped[date]
    repriced_on: Mapped[list[date]] = mapped_column(ARRAY(Date), server_default="{}")
    """Days on which the contract reprices the loan, each a new LPR under that reading of I6."""
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]
