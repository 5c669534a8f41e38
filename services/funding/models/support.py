"""Other public money for the same project, and introductions to banks. 二（五）, 四（二）2, 四（二）4"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base
from shared.errors import WrongStatus

KINDS = {
    "other_municipal": ("其他市级财政性资金", "二（五）"),
    "district_investment": ("区级投资补助", "四（二）2"),
    "district_rent": ("区级租金补贴", "四（二）2"),
    "district_operating": ("区级运营补贴", "四（二）2"),
    "first_set_equipment": ("首台（套）产品采购应用", "四（二）2"),
}


class PublicMoney(Base):
    """Public money a project got elsewhere. District money is welcome; other municipal money excludes (I27)."""

    __tablename__ = "public_money"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(KINDS)}", name="kind"),
        CheckConstraint("amount_yuan > 0", name="amount"),
        Index("ix_public_money_application_id", "application_id"),
        Index("ix_public_money_project_code", "project_code"),
        Index("ix_public_money_applicant_uscc", "applicant_uscc"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID | None]
    district: Mapped[str]
    kind: Mapped[str]
    programme: Mapped[str]
    project_code: Mapped[str | None]
    applicant_uscc: Mapped[str]
    amount_yuan: Mapped[Decimal]
    granted_on: Mapped[date]
    document_no: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None]


class BankReferral(Base):
    """An introduction to a bank, made only with the owner's consent; the bank's answer is recorded. 四（二）4"""

    __tablename__ = "bank_referral"
    __table_args__ = (
        CheckConstraint("outcome IN ('granted', 'refused', 'withdrawn')", name="outcome"),
        CheckConstraint("owner_consent", name="owner_consent"),
        Index("ix_bank_referral_application_id", "application_id"),
    )

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
        """Write the bank's answer down. Raises WrongStatus when there is one."""
        if self.outcome is not None:
            raise WrongStatus("银行反馈已登记")
        self.outcome, self.granted_yuan, self.outcome_note = outcome, granted_yuan, note
        self.outcome_by, self.outcome_at = subject, at
