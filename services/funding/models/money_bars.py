"""Bars on support: other municipal money that seems to have gone to the works of an application. 二（五）"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import MONEY_BAR_BASES, MONEY_BAR_STATUSES
from shared.storage.versions import Part

OPEN = ("undetermined", "barred", "lift_proposed")
"""Statuses in which a bar stops approval, plan and release."""
_OPEN_SQL = text(f"status IN {OPEN}")


class MoneyBar(Base, Part):
    """Bar that one entry of the register lays on one application; a later bar of the same pair is a new row."""

    __tablename__ = "money_bar"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(MONEY_BAR_STATUSES)}", name="status"),
        CheckConstraint(f"basis IN {tuple(MONEY_BAR_BASES)}", name="basis"),
        Index("uq_money_bar_open", "application_id", "money_id", unique=True, postgresql_where=_OPEN_SQL),
        Index("ix_money_bar_application_id", "application_id"),
        Index("ix_money_bar_money_id", "money_id"),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    money_id: Mapped[UUID] = mapped_column(ForeignKey("public_money.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    basis: Mapped[str]
    status: Mapped[str]
    evidence: Mapped[str]
    raised_by: Mapped[str]
    raised_at: Mapped[datetime]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    settlement: Mapped[str | None]
    settlement_document_no: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
