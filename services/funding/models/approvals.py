"""Approval documents (批复). 二（四）, 三（二）"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from services.funding.rules.code_lists import SUPPORT_MODES
from shared.storage.versions import Part


class Approval(Base, Part):
    """Approval document (批复) of an application; append-only. 二（四）, 三（二）"""

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint(f"mode IN {tuple(SUPPORT_MODES)}", name="mode"),
        CheckConstraint(
            "(first_signed_by IS NULL) = (countersign_from_yuan IS NULL) "
            "AND (first_signed_by IS NULL) = (first_signed_on IS NULL)",
            name="first_signature",
        ),
        CheckConstraint(
            "first_signed_by <> approved_by AND award_yuan >= countersign_from_yuan", name="two_signatures"
        ),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    approval_no: Mapped[str] = mapped_column(unique=True)
    mode: Mapped[str]
    base_yuan: Mapped[Decimal]
    award_yuan: Mapped[Decimal]
    derivation: Mapped[list[str]]
    clause: Mapped[str]
    justification: Mapped[str]
    readings: Mapped[dict[str, Any]]
    approved_by: Mapped[str]
    """Account of the last signature, by which the approval took effect."""
    approved_on: Mapped[date]
    first_signed_by: Mapped[str | None]
    """Account of the first signature, where two had to sign."""
    first_signed_on: Mapped[date | None]
    countersign_from_yuan: Mapped[Decimal | None]
    """Amount from which on two had to sign, on the day of the first signature."""
