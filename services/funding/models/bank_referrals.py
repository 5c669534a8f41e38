"""Referrals of projects to banks. 四（二）4"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from shared.errors import WrongStatus
from shared.storage.versions import Part


class BankReferral(Base, Part):
    """Referral of a project to a bank with its owner's consent, and the bank's answer. 四（二）4"""

    __tablename__ = "bank_referral"
    __table_args__ = (
        CheckConstraint("outcome IN ('granted', 'refused', 'withdrawn')", name="outcome"),
        CheckConstraint("owner_consent", name="owner_consent"),
        Index("ix_bank_referral_application_id", "application_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    bank: Mapped[str]
    owner_consent: Mapped[bool]
    consent_document: Mapped[str]
    wanted_yuan: Mapped[Decimal]
    collateral: Mapped[str | None]
    referred_by: Mapped[str]
    referred_at: Mapped[datetime]
    outcome: Mapped[str | None]
    granted_yuan: Mapped[Decimal | None]
    outcome_note: Mapped[str | None]
    outcome_by: Mapped[str | None]
    outcome_at: Mapped[datetime | None]

    def close(self, outcome: str, granted_yuan: Decimal | None, note: str | None, subject: str, at: datetime) -> None:
        """Record the bank's answer. Raises WrongStatus when there is one already."""
        if self.outcome is not None:
            raise WrongStatus("银行反馈已登记，不能重复登记；如向其他银行推介请另行办理")
        self.outcome, self.granted_yuan, self.outcome_note = outcome, granted_yuan, note
        self.outcome_by, self.outcome_at = subject, at
