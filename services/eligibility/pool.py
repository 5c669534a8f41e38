"""The project pool: review panels, scores and ranks (三（二）)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import ConflictDeclaration, PoolEntry, RecognisedInvestment, Review, ScoreSheet
from services.eligibility.reviews import numbered_fields, round_fields
from services.eligibility.rules.pool import average, weighted_score
from shared.policy import parameter
from shared.storage.session import actor_of, now, settings_of, today
from shared.storage.versions import locked_as_read

_POOL_LOCK = 0x7E15


@dataclass(frozen=True)
class Panel:
    """Review panel of a case in its round: declared conflicts and submitted score sheets."""

    positions: Mapping[str, str]
    sheets: Sequence[ScoreSheet]
    required: int

    @property
    def outstanding(self) -> list[str]:
        """Reviewers without a conflict who have not scored."""
        scored = {sheet.reviewer for sheet in self.sheets}
        return [who for who, position in self.positions.items() if position == "none" and who not in scored]

    def has_scored(self, reviewer: str) -> bool:
        """Return whether a reviewer has submitted a score sheet."""
        return any(sheet.reviewer == reviewer for sheet in self.sheets)

    @property
    def complete(self) -> bool:
        """True once enough score sheets are in and no reviewer is outstanding."""
        return len(self.sheets) >= self.required and not self.outstanding

    def score(self, weights: Mapping[str, Decimal]) -> Decimal | None:
        """Return the mean of the weighted scores; None before enough sheets are in."""
        if len(self.sheets) < self.required:
            return None
        return average([weighted_score(sheet.marks, weights) for sheet in self.sheets])


async def lock_passed_review(session: AsyncSession, declaration_id: UUID, if_match: str | None) -> Review:
    """Return the case as it was read, locked, in stage `passed`.

    Raises NotFound, PreconditionRequired, Stale or WrongStatus.
    """
    review = await locked_as_read(session, Review, declaration_id, if_match)
    review.expect_stage("passed")
    return review


async def panel_of(session: AsyncSession, review: Review) -> Panel:
    """Return the panel of a case."""
    this_round = {"declaration_id": review.declaration_id, "round": review.round}
    declared = await session.scalars(
        select(ConflictDeclaration).filter_by(**this_round).order_by(ConflictDeclaration.number)
    )
    sheets = await session.scalars(select(ScoreSheet).filter_by(**this_round).order_by(ScoreSheet.id))
    positions = {row.reviewer: row.position for row in declared}
    return Panel(positions, sheets.all(), settings_of(session).pool_reviewers_min)


def weights_of(review: Review) -> Mapping[str, Decimal]:
    """Return the criterion weights in force on the conclusion date, the same for every reviewer of a case."""
    weights: Mapping[str, Decimal] = parameter("pool_assessment_weights", review.concluded_on or review.accepted_on)
    return weights


def pass_score_of(review: Review) -> Decimal:
    """Return the pass score in force on the conclusion date."""
    pass_score: Decimal = parameter("pool_assessment_pass_score", review.concluded_on or review.accepted_on)
    return pass_score


async def investment_of(session: AsyncSession, review: Review) -> RecognisedInvestment | None:
    """Return the latest recognised investment of this round, if any."""
    query = select(RecognisedInvestment).filter_by(declaration_id=review.declaration_id, round=review.round)
    return (await session.scalars(query.order_by(RecognisedInvestment.number.desc()).limit(1))).one_or_none()


async def add_conflict_declaration(
    session: AsyncSession, review: Review, position: str, statement: str
) -> ConflictDeclaration:
    """Store the current actor's declaration on conflicts of interest."""
    actor = actor_of(session)
    row = ConflictDeclaration(
        **await numbered_fields(session, review, ConflictDeclaration),
        position=position,
        statement=statement,
        reviewer=actor.subject,
        reviewer_name=actor.name,
        declared_at=now(session),
    )
    session.add(row)
    return row


def add_score_sheet(session: AsyncSession, review: Review, marks: list[dict[str, Any]], opinion: str) -> ScoreSheet:
    """Store the current actor's score sheet."""
    actor = actor_of(session)
    sheet = ScoreSheet(
        **round_fields(session, review),
        marks=marks,
        opinion=opinion,
        reviewer=actor.subject,
        reviewer_name=actor.name,
        scored_at=now(session),
    )
    session.add(sheet)
    return sheet


async def add_recognised_investment(
    session: AsyncSession,
    review: Review,
    components: list[dict[str, Any]],
    opinion: str,
    readings: Mapping[str, str],
) -> RecognisedInvestment:
    """Store the investment recognised by the current actor, with the readings I4 and I5."""
    actor = actor_of(session)
    row = RecognisedInvestment(
        **await numbered_fields(session, review, RecognisedInvestment),
        applicant_uscc=review.applicant_uscc,
        components=components,
        opinion=opinion,
        declared_total_yuan=_total(components, "declared_investment_yuan"),
        assessed_total_yuan=_total(components, "assessed_investment_yuan"),
        readings={name: readings[name] for name in ("investment_base", "excluded_costs")},
        recognised_by=actor.subject,
        recognised_by_name=actor.name,
        recognised_at=now(session),
    )
    session.add(row)
    return row


def _total(components: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(part[name]) for part in components), Decimal(0))


async def add_to_pool(
    session: AsyncSession, review: Review, score: Decimal, investment: RecognisedInvestment
) -> PoolEntry:
    """Add a project to this year's pool, ranked after projects with an equal or higher score."""
    await _lock_pool(session)
    entered_on = today(session)
    ahead = select(func.count()).where(
        PoolEntry.year == entered_on.year, PoolEntry.left_on.is_(None), PoolEntry.score >= score
    )
    rank = (await session.scalar(ahead) or 0) + 1
    await _shift_ranks(session, entered_on.year, rank, +1)
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


async def remove_from_pool(session: AsyncSession, review: Review) -> None:
    """Remove a project from the pool, if present; later ranks move up."""
    if review.stage != "in_pool":
        return
    await _lock_pool(session)
    entry = await session.get_one(PoolEntry, review.declaration_id, populate_existing=True)
    entry.left_on = today(session)
    await session.flush()
    await _shift_ranks(session, entry.year, entry.rank, -1)


async def _shift_ranks(session: AsyncSession, year: int, first: int, by: int) -> None:
    """Shift the ranks of a year's pool from a given rank on."""
    moved = update(PoolEntry).where(PoolEntry.year == year, PoolEntry.left_on.is_(None), PoolEntry.rank >= first)
    await session.execute(moved.values(rank=PoolEntry.rank + by), execution_options={"synchronize_session": False})


async def _lock_pool(session: AsyncSession) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POOL_LOCK})
