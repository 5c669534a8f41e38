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
    __table_args__ = (CheckConstraint(f"mode IN {tuple(SUPPORT_MODES)}", name="mode"),)
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
    approved_on: Mapped[date]
