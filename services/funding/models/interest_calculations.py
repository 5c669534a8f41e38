"""Calculations of a project's interest subsidy, one row for each version. 二（四）2"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.applications import Application
from services.funding.models.base import Base
from shared.storage.versions import Part


class InterestCalculation(Base, Part):
    """Result of the calculation over all accepted lines of a project, with its inputs; append-only. 二（四）2

    `total_yuan` is None while a fact is missing: the subsidy is unknown, not zero.
    """

    __tablename__ = "interest_calculation"
    __table_args__ = (
        CheckConstraint("total_yuan >= 0", name="total"),
        Index("uq_interest_calculation_application_id_number", "application_id", "number", unique=True),
    )
    shown_in = {Application: "application_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    cause: Mapped[str]
    inputs_hash: Mapped[str]
    inputs: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    total_yuan: Mapped[Decimal | None]
    computed_by: Mapped[str]
    computed_at: Mapped[datetime]
