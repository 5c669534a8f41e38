"""Table of the findings of the first review (三（一）¶1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration
from services.intake.rules.first_review import REVIEW_ITEM_LABELS
from shared.storage.versions import Part


class ReviewFinding(Base, Part):
    """Finding of an officer on one review item in one round. The latest one counts; none is changed."""

    __tablename__ = "review_finding"
    __table_args__ = (
        CheckConstraint(f"thing IN ({', '.join(repr(item) for item in REVIEW_ITEM_LABELS)})", name="thing_known"),
        CheckConstraint("outcome IN ('pass', 'correct', 'fail')", name="outcome_known"),
        Index("ix_review_finding_declaration_id", "declaration_id"),
    )
    shown_in = {Declaration: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    thing: Mapped[str]
    outcome: Mapped[str]
    evidence: Mapped[str]
    note: Mapped[str | None]
    found_by: Mapped[str]
    found_at: Mapped[datetime]


async def findings_of(session: AsyncSession, declaration: Declaration) -> dict[str, ReviewFinding]:
    """Return the latest finding of the current round for each review item."""
    rows = await session.scalars(
        select(ReviewFinding)
        .where(ReviewFinding.declaration_id == declaration.id, ReviewFinding.round == declaration.round)
        .order_by(ReviewFinding.id)
    )
    return {row.thing: row for row in rows}
