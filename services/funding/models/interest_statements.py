"""Archive of the statements that were settled once, before claims; kept as sealed and paid. 二（四）2"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funding.models.base import Base


class InterestStatement(Base):
    """Statement settled in the order of arrival by an earlier version; no act writes one any more. 二（四）2

    A migration made a claim of each, under the same id; this row proves what was decided then.
    """

    __tablename__ = "interest_statement"
    __table_args__ = (
        CheckConstraint("status IN ('computed', 'flagged', 'accepted', 'rejected')", name="status"),
        Index("uq_interest_statement_application_id_number", "application_id", "number", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    number: Mapped[int]
    lines: Mapped[list[dict[str, Any]]]
    results: Mapped[list[dict[str, Any]]]
    so_far: Mapped[dict[str, Any]]
    readings: Mapped[dict[str, Any]]
    payable_yuan: Mapped[Decimal]
    status: Mapped[str]
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]
