"""Dated figures of eligibility: policy figures, readings, industries, calendars and editions; a copy of the LPR."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.models import Review
from services.eligibility.reviews import assess_case, judged_case
from services.eligibility.rules.reviews import Judgement
from shared.contracts.eligibility import PolicyFiguresConfirmed
from shared.events.series import Affected, SeriesDuty
from shared.series import Register, reading_from
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked, today


async def cases_under_review(session: AsyncSession) -> Sequence[UUID]:
    """Return the cases that are not concluded yet."""
    return (await session.scalars(select(Review.declaration_id).where(Review.stage == "in_review"))).all()


async def changed_judgements(
    session: AsyncSession, cases: Sequence[UUID], before: Register, after: Register
) -> list[Affected]:
    """Return the cases that are judged otherwise by the figures of another register."""
    found = []
    known = select(Review).where(Review.declaration_id.in_(cases)).order_by(Review.declaration_no)
    for review in await session.scalars(known):
        old, new = [await _judged(session, review, register) for register in (before, after)]
        if _result(old) != _result(new):
            kept = review.stage != "in_review"
            label = f"{review.declaration_no} {review.project_name}"
            found.append(Affected(review.declaration_id, review.district, label, old.summary, new.summary, kept))
    return found


async def _judged(session: AsyncSession, review: Review, register: Register) -> Judgement:
    with reading_from(register, today(session)):
        judged, _ = await judged_case(session, review)
    return judged


def _result(judged: Judgement) -> dict[str, object]:
    return {name: value for name, value in judged.record.items() if name != "ruleset"}


async def judge_again(session: AsyncSession, case_id: UUID, reason: str) -> str:
    """Assess a case again by the figures of today; a concluded one stays as it was concluded."""
    review = await locked(session, Review, case_id)
    if review.stage != "in_review":
        return f"当前为“{review.stage_label}”，维持原决定"
    await record_act(session, "recompute_case", case_of(review), reason=reason)
    return (await assess_case(session, review, "reassessed")).summary


SERIES = SeriesDuty(
    owns=("parameter", "industry", "interpretation", "calendar", "edition", "industry_class", "industry_restriction"),
    reads=("lpr",),
    announcement=PolicyFiguresConfirmed,
    compare=changed_judgements,
    recompute=judge_again,
    open_cases=cases_under_review,
)
