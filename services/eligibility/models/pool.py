"""Tables of the pool-entry assessment 入库评估: conflicts, score sheets, recognised investment, the pool (三（二）)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.eligibility.models.base import Base
from services.eligibility.models.reviews import Review
from shared.storage.versions import Part


class ConflictDeclaration(Base, Part):
    """A reviewer's declaration on conflicts of interest in a case and round; the latest counts."""

    __tablename__ = "conflict_declaration"
    __table_args__ = (
        UniqueConstraint("declaration_id", "number"),
        CheckConstraint("position IN ('none', 'conflict')", name="position"),
    )
    shown_in = {Review: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("review.declaration_id"))
    number: Mapped[int]
    district: Mapped[str]
    round: Mapped[int]
    reviewer: Mapped[str]
    reviewer_name: Mapped[str]
    position: Mapped[str]
    statement: Mapped[str]
    declared_at: Mapped[datetime]


class ScoreSheet(Base, Part):
    """One reviewer's marks, submitted once. `marks` holds points (0 to 100) and a comment per criterion."""

    __tablename__ = "score_sheet"
    __table_args__ = (UniqueConstraint("declaration_id", "round", "reviewer"),)
    shown_in = {Review: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("review.declaration_id"))
    district: Mapped[str]
    round: Mapped[int]
    reviewer: Mapped[str]
    reviewer_name: Mapped[str]
    marks: Mapped[list[dict[str, Any]]]
    opinion: Mapped[str]
    scored_at: Mapped[datetime]


class RecognisedInvestment(Base, Part):
    """Recognised fixed-asset investment per component; the latest counts (I4, I5)."""

    __tablename__ = "recognised_investment"
    __table_args__ = (UniqueConstraint("declaration_id", "number"),)
    shown_in = {Review: "declaration_id"}  # noqa: RUF012 - constant

    id: Mapped[UUID] = mapped_column(primary_key=True)
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("review.declaration_id"))
    number: Mapped[int]
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    round: Mapped[int]
    components: Mapped[list[dict[str, Any]]]
    declared_total_yuan: Mapped[Decimal]
    assessed_total_yuan: Mapped[Decimal]
    readings: Mapped[dict[str, Any]]
    opinion: Mapped[str]
    recognised_by: Mapped[str]
    recognised_by_name: Mapped[str]
    recognised_at: Mapped[datetime]


class PoolEntry(Base):
    """A project in the pool of its year; `rank` is its current rank by score, then by entry."""

    __tablename__ = "pool_entry"
    __table_args__ = (
        Index("ix_pool_entry_year_rank", "year", "rank", postgresql_where=text("left_on IS NULL")),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("review.declaration_id"), primary_key=True)
    district: Mapped[str]
    applicant_uscc: Mapped[str]
    declaration_no: Mapped[str]
    project_name: Mapped[str]
    applicant_name: Mapped[str]
    year: Mapped[int]
    score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    rank: Mapped[int]
    declared_investment_yuan: Mapped[Decimal]
    assessed_investment_yuan: Mapped[Decimal]
    entered_on: Mapped[date]
    left_on: Mapped[date | None]
