"""HTTP of the pool of assessed projects: entry by a supervisor, refusal, and the ranked list (三（二）)."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.paging import Cursor, Limit, cursor_of, place_of, whole
from services.eligibility.api.pool_shapes import EntryIn, KeepOutIn, PoolPage, PoolRow
from services.eligibility.cases import about, record_on
from services.eligibility.judging import current_assessment
from services.eligibility.models import PoolEntry, RecognisedInvestment, Review
from services.eligibility.pool import (
    Panel,
    investment_of,
    panel_of,
    pass_score_of,
    take_place,
    under_assessment,
    weights_of,
)
from shared.contracts.eligibility import AssessedComponent, PoolEntered, ReviewRejected
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.contracts.library import DistrictCode
from shared.errors import WrongStatus
from shared.events.outbox import emit
from shared.storage.audit import hands_of
from shared.web.auth import CitySupervisor, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["入库评估"])
POOL_CLAUSE = "三（二）"


class NotReadyForPool(WrongStatus):
    """Scores, recognised investment or the pass mark are lacking."""

    code, title = "not_ready_for_pool", "尚不具备入库条件"


@router.post("/v1/assessments/{declaration_id}/enter-pool", status_code=201, name="enter_pool")
async def enter_pool(
    session: Session, actor: CitySupervisor, declaration_id: UUID, wanted: EntryIn, response: Response
) -> PoolRow:
    """Take an assessed project into the pool of the year, at its place by score. 三（二）

    Where the project is not in the reserve library this is also the supervisor's consent to the exception (I29).
    """
    review = await under_assessment(session, declaration_id)
    panel, investment = await panel_of(session, review), await investment_of(session, review)
    score = _passing_score(review, panel)
    if investment is None:
        raise NotReadyForPool("尚未审定投资")
    facts = {"score": str(score), "outstanding": panel.outstanding, "exceptions": review.exceptions}
    await record_on(session, review, "enter_pool", wanted.reason, duty="enter_pool", **facts)
    entry = await take_place(session, review, score, investment)
    await emit(session, await _entered(session, review, entry, investment))
    response.headers["location"] = f"/v1/pool?year={entry.year}"
    return PoolRow.model_validate(entry)


@router.post("/v1/assessments/{declaration_id}/keep-out", status_code=204, name="keep_out")
async def keep_out(session: Session, actor: CitySupervisor, declaration_id: UUID, wanted: KeepOutIn) -> None:
    """Refuse entry to the pool, with the reason. 三（二）"""
    review = await under_assessment(session, declaration_id)
    review.stage, review.conclusion_reason = "kept_out", wanted.reason
    await record_on(session, review, "keep_out", wanted.reason, duty="enter_pool")
    await emit(session, ReviewRejected(**about(review), clauses=(POOL_CLAUSE,), reason=wanted.reason))


@router.get("/v1/pool", name="list_pool")
async def list_pool(
    session: ReadSession,
    actor: Official,
    year: Annotated[int, Query(ge=2021, le=2100)],
    district: Annotated[list[DistrictCode] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PoolPage:
    """The pool of a year by rank. A district sees its own projects, with their rank in the whole city."""
    query = select(PoolEntry).where(PoolEntry.year == year, PoolEntry.left_on.is_(None))
    query = query.order_by(PoolEntry.rank).limit(limit + 1)
    if district:
        query = query.where(PoolEntry.district.in_(district))
    if cursor is not None:
        query = query.where(PoolEntry.rank > place_of(cursor, whole)[0])
    rows = (await session.scalars(query)).all()
    next_cursor = cursor_of(rows[limit - 1].rank) if len(rows) > limit else None
    return PoolPage(items=[PoolRow.model_validate(row) for row in rows[:limit]], next_cursor=next_cursor)


def _passing_score(review: Review, panel: Panel) -> Decimal:
    score = panel.score(weights_of(review))
    if score is None:
        raise NotReadyForPool(f"已评分 {len(panel.sheets)} 人，至少须 {panel.required} 人")
    if score < pass_score_of(review):
        raise NotReadyForPool(f"评估得分 {score}，低于通过分 {pass_score_of(review)}")
    return score


async def _entered(
    session: AsyncSession, review: Review, entry: PoolEntry, investment: RecognisedInvestment
) -> PoolEntered:
    assessment = await current_assessment(session, review.declaration_id)
    return PoolEntered(
        **about(review),
        project=Project.model_validate(review.project),
        facts=ProjectFacts.model_validate(review.judged_facts),
        components=tuple(AssessedComponent.model_validate(part) for part in investment.components),
        score=entry.score,
        rank=entry.rank,
        entered_on=entry.entered_on,
        ruleset=assessment.ruleset or "",
        as_of=assessment.as_of,
        hands=tuple(await hands_of(session, review.declaration_id)),
    )
