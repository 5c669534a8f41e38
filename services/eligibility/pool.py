"""The pool of assessed projects: who judges a case, when all have judged, and places by score (三（二）)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import ConflictDeclaration, PoolEntry, RecognisedInvestment, Review, ScoreSheet
from services.eligibility.rules.judgement import average, weighted_score
from shared.policy import parameter
from shared.storage.session import locked, settings_of, today

_POOL_LOCK = 0x7E15


@dataclass(frozen=True)
class Panel:
    """The reviewers of a case in its round: their word on conflicts, and the sheets that are in."""

    positions: Mapping[str, str]
    sheets: Sequence[ScoreSheet]
    required: int

    @property
    def outstanding(self) -> list[str]:
        """Who declared to have no conflict and has not scored."""
        scored = {sheet.reviewer for sheet in self.sheets}
        return [who for who, position in self.positions.items() if position == "none" and who not in scored]

    def has_scored(self, reviewer: str) -> bool:
        return any(sheet.reviewer == reviewer for sheet in self.sheets)

    @property
    def complete(self) -> bool:
        """Enough sheets are in and nobody who would judge is still to score."""
        return len(self.sheets) >= self.required and not self.outstanding

    def score(self, weights: Mapping[str, Decimal]) -> Decimal | None:
        """The mean of the weighted scores; None before there are enough."""
        if len(self.sheets) < self.required:
            return None
        return average([weighted_score(sheet.marks, weights) for sheet in self.sheets])


async def under_assessment(session: AsyncSession, declaration_id: UUID) -> Review:
    """The case, locked, whose conditions were passed and which is not decided. Raises NotFound, WrongStatus."""
    review = await locked(session, Review, declaration_id)
    review.expect_stage("passed")
    return review


async def panel_of(session: AsyncSession, review: Review) -> Panel:
    """The panel of a case as it stands."""
    this_round = {"declaration_id": review.declaration_id, "round": review.round}
    declared = await session.scalars(
        select(ConflictDeclaration).filter_by(**this_round).order_by(ConflictDeclaration.number)
    )
    sheets = await session.scalars(select(ScoreSheet).filter_by(**this_round).order_by(ScoreSheet.id))
    positions = {row.reviewer: row.position for row in declared}
    return Panel(positions, sheets.all(), settings_of(session).pool_reviewers_min)


def weights_of(review: Review) -> Mapping[str, Decimal]:
    """The weights in force on the day the conditions were passed: the same for every reviewer of a case."""
    weights: Mapping[str, Decimal] = parameter("pool_assessment_weights", review.concluded_on or review.accepted_on)
    return weights


def pass_score_of(review: Review) -> Decimal:
    """The score from which a project may enter, of the same day."""
    pass_score: Decimal = parameter("pool_assessment_pass_score", review.concluded_on or review.accepted_on)
    return pass_score


async def investment_of(session: AsyncSession, review: Review) -> RecognisedInvestment | None:
    """The investment recognised in this round, the latest word."""
    query = select(RecognisedInvestment).filter_by(declaration_id=review.declaration_id, round=review.round)
    return (await session.scalars(query.order_by(RecognisedInvestment.number.desc()).limit(1))).one_or_none()


async def take_place(
    session: AsyncSession, review: Review, score: Decimal, investment: RecognisedInvestment
) -> PoolEntry:
    """Put a project into this year's pool: behind those with the same score, before those with a lower one."""
    await _lock_pool(session)
    entered_on = today(session)
    ahead = select(func.count()).where(
        PoolEntry.year == entered_on.year, PoolEntry.left_on.is_(None), PoolEntry.score >= score
    )
    rank = (await session.scalar(ahead) or 0) + 1
    await _shift(session, entered_on.year, rank, +1)
    entry = await session.get(PoolEntry, review.declaration_id) or PoolEntry(declaration_id=review.declaration_id)
    entry.district, entry.applicant_uscc = review.district, review.applicant_uscc
    entry.declaration_no, entry.project_name = review.declaration_no, review.project_name
    entry.applicant_name, entry.year, entry.score, entry.rank = review.applicant_name, entered_on.year, score, rank
    entry.declared_investment_yuan = investment.declared_total_yuan
    entry.assessed_investment_yuan = investment.assessed_total_yuan
    entry.entered_on, entry.left_on = entered_on, None
    session.add(entry)
    review.stage = "in_pool"
    return entry


async def leave_pool(session: AsyncSession, review: Review) -> None:
    """Take a project out of the pool, if it is in; those behind it move up."""
    if review.stage != "in_pool":
        return
    await _lock_pool(session)
    entry = await session.get_one(PoolEntry, review.declaration_id, populate_existing=True)
    entry.left_on = today(session)
    await session.flush()
    await _shift(session, entry.year, entry.rank, -1)


async def _shift(session: AsyncSession, year: int, place: int, by: int) -> None:
    """Move every project of a year's pool from a place on."""
    moved = update(PoolEntry).where(PoolEntry.year == year, PoolEntry.left_on.is_(None), PoolEntry.rank >= place)
    await session.execute(moved.values(rank=PoolEntry.rank + by), execution_options={"synchronize_session": False})


async def _lock_pool(session: AsyncSession) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POOL_LOCK})
