"""First review, returns for correction and the opinion of the district government (三（一）¶1)."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base
from services.intake.models.declarations import Declaration, DeclarationRound

THINGS: Final[dict[str, str]] = {
    "truthfulness": "真实性",
    "compliance": "合规性",
    "construction_conditions": "建设条件",
    "declaration_conditions": "申报条件",
    "materials": "申报材料",
}
"""The five things that the district reviews first. 三（一）"""
OUTCOMES: Final = {"pass": "通过", "correct": "需补正", "fail": "不通过"}


class ReviewFinding(Base):
    """What an officer found on one of the five things in one round; the latest one counts, none is changed."""

    __tablename__ = "review_finding"
    __table_args__ = (
        CheckConstraint(f"thing IN ({', '.join(repr(thing) for thing in THINGS)})", name="thing_known"),
        CheckConstraint("outcome IN ('pass', 'correct', 'fail')", name="outcome_known"),
        Index("ix_review_finding_declaration_id", "declaration_id"),
    )

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


class Correction(Base):
    """A return for correction: what to put right, by which clause, until when."""

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_declaration_id", "declaration_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    by_city: Mapped[bool]
    reasons: Mapped[list[dict[str, Any]]]
    correct_by: Mapped[date]
    returned_by: Mapped[str]
    returned_at: Mapped[datetime]


class Opinion(Base):
    """The opinion asked of the district government (管委会), and what it answered."""

    __tablename__ = "opinion"
    __table_args__ = (
        CheckConstraint("position IN ('agree', 'disagree')", name="position_known"),
        CheckConstraint("(position IS NULL) = (given_at IS NULL)", name="given_whole"),
        Index("ix_opinion_declaration_id", "declaration_id"),
    )

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
        """Answer the request."""
        self.position, self.text, self.material_id = position, text, material_id
        self.given_by, self.given_on, self.given_at = by, on, at

    @property
    def late(self) -> bool:
        """Whether the answer came after its last day."""
        return self.given_on is not None and self.given_on > self.due_on


async def findings_of(session: AsyncSession, declaration: Declaration) -> dict[str, ReviewFinding]:
    """The finding that counts on each thing in the present round."""
    rows = await session.scalars(
        select(ReviewFinding)
        .where(ReviewFinding.declaration_id == declaration.id, ReviewFinding.round == declaration.round)
        .order_by(ReviewFinding.id)
    )
    return {row.thing: row for row in rows}


async def latest_opinion(session: AsyncSession, declaration_id: UUID) -> Opinion | None:
    """The newest request for an opinion, answered or not."""
    query = select(Opinion).where(Opinion.declaration_id == declaration_id).order_by(Opinion.id.desc()).limit(1)
    opinion: Opinion | None = await session.scalar(query)
    return opinion


async def standing_opinion(session: AsyncSession, declaration: Declaration) -> Opinion | None:
    """The answered opinion that still speaks of this project: given in this round or on the same facts."""
    opinion = await latest_opinion(session, declaration.id)
    if opinion is None or opinion.position is None:
        return None
    if opinion.round == declaration.round or await _same_facts(session, declaration, opinion.round):
        return opinion
    return None


async def _same_facts(session: AsyncSession, declaration: Declaration, earlier: int) -> bool:
    seen = await session.scalar(
        select(DeclarationRound).where(
            DeclarationRound.declaration_id == declaration.id, DeclarationRound.round == earlier
        )
    )
    return seen is not None and seen.facts == declaration.facts


async def open_correction(session: AsyncSession, declaration: Declaration) -> Correction | None:
    """The return that the applicant has to answer now."""
    if declaration.stage != "returned":
        return None
    query = select(Correction).where(Correction.declaration_id == declaration.id).order_by(Correction.id.desc())
    correction: Correction | None = await session.scalar(query.limit(1))
    return correction
