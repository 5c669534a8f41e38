"""Table of the opinions of the district government or 管委会 (三（一）¶1)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration, DeclarationRound
from shared.storage.versions import Part


class Opinion(Base, Part):
    """Request for the opinion of the district government (管委会), with its answer."""

    __tablename__ = "opinion"
    __table_args__ = (
        CheckConstraint("position IN ('agree', 'disagree')", name="position_known"),
        CheckConstraint("(position IS NULL) = (given_at IS NULL)", name="given_whole"),
        Index("ix_opinion_declaration_id", "declaration_id"),
    )
    shown_in = {Declaration: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    requested_by: Mapped[str]
    requested_on: Mapped[date]
    due_on: Mapped[date]
    position: Mapped[str | None]
    text: Mapped[str | None]
    material_id: Mapped[UUID | None]
    given_by: Mapped[str | None]
    given_on: Mapped[date | None]
    given_at: Mapped[datetime | None]

    def give(self, position: str, text: str, material_id: UUID | None, by: str, on: date, at: datetime) -> None:
        """Record the answer to the request."""
        self.position, self.text, self.material_id = position, text, material_id
        self.given_by, self.given_on, self.given_at = by, on, at

    @property
    def late(self) -> bool:
        """True if the answer came after its last day."""
        return self.given_on is not None and self.given_on > self.due_on


async def latest_opinion(session: AsyncSession, declaration_id: UUID) -> Opinion | None:
    """Return the newest request for an opinion, answered or not, or None."""
    query = select(Opinion).where(Opinion.declaration_id == declaration_id).order_by(Opinion.id.desc()).limit(1)
    opinion: Opinion | None = await session.scalar(query)
    return opinion


async def valid_opinion(session: AsyncSession, declaration: Declaration) -> Opinion | None:
    """Return the valid opinion: the latest one, if answered, and given in this round or on unchanged facts."""
    opinion = await latest_opinion(session, declaration.id)
    if opinion is None or opinion.position is None:
        return None
    if opinion.round == declaration.round or await _facts_unchanged_since(session, declaration, opinion.round):
        return opinion
    return None


async def _facts_unchanged_since(session: AsyncSession, declaration: Declaration, round_no: int) -> bool:
    filed = await session.scalar(
        select(DeclarationRound).where(
            DeclarationRound.declaration_id == declaration.id, DeclarationRound.round == round_no
        )
    )
    return filed is not None and filed.facts == declaration.facts
