"""Table of returns for correction (三（一）¶1)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, SmallInteger, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration
from shared.storage.versions import Part


class Correction(Base, Part):
    """Return for correction: reasons with their clauses, and the last day to answer."""

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_declaration_id", "declaration_id"),)
    shown_in = {Declaration: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    by_city: Mapped[bool]
    reasons: Mapped[list[dict[str, Any]]]
    correct_by: Mapped[date]
    days_left: Mapped[int | None] = mapped_column(SmallInteger)
    returned_by: Mapped[str]
    returned_at: Mapped[datetime]


async def open_correction(session: AsyncSession, declaration: Declaration) -> Correction | None:
    """Return the correction that the applicant must answer now, or None."""
    if declaration.stage != "returned":
        return None
    query = select(Correction).where(Correction.declaration_id == declaration.id).order_by(Correction.id.desc())
    correction: Correction | None = await session.scalar(query.limit(1))
    return correction
