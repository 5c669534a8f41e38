"""Table of the credit grades that monitoring announced (四（一）3)."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base


class EntityCredit(Base):
    """Latest announced credit grade of an entity. 四（一）3"""

    __tablename__ = "entity_credit"

    applicant_uscc: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str]
    name: Mapped[str]
    grade: Mapped[str]
    decided_on: Mapped[date]


async def grade_of(session: AsyncSession, uscc: str) -> EntityCredit | None:
    """Return the entity's latest announced grade, or None if it was never rated."""
    return await session.get(EntityCredit, uscc)
