"""HTTP of the project pool: entry, refusal, ranked list (三（二）)."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.parameters import DeclarationId
from services.eligibility.models import PoolEntry, RecognisedInvestment, Review
from services.eligibility.pool import (
    Panel,
    add_to_pool,
    investment_of,
    lock_passed_review,
    panel_of,
    pass_score_of,
    weights_of,
)
from services.eligibility.reviews import case_fields, current_assessment
from services.eligibility.schemas.pool import PoolEntryIn, PoolEntryOut, PoolRefusalIn
from shared.contracts.eligibility import AssessedComponent, PoolEntered, ReviewRejected
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.contracts.library import DistrictCode
from shared.errors import WrongStatus
from shared.events.outbox import emit
from shared.identifiers import Uscc
from shared.storage.audit import case_of, hands_of, record_act
from shared.storage.session import today
from shared.text import STORED
from shared.web.auth import CitySupervisor, Official
from shared.web.filters import dates, one_of, search
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["入库评估"])
POOL_CLAUSE = "三（二）"


class NotReadyForPool(WrongStatus):
    """Refusal of entry: scores, recognised investment or the pass score are missing."""

    code, title = "not_ready_for_pool", "尚不具备入库条件"


@router.post(
    "/v1/assessments/{declaration_id}/enter-pool",
    status_code=201,
    name="enter_pool",
    summary="入库",
    description=(
        "市发展改革委负责人将评估通过的项目列入当年项目库并按得分排名；"
        "须评分人数足够、得分不低于通过分并已审定投资。未入储备库的项目，入库同时视为同意例外。依据：三（二）。"
    ),
)
async def enter_pool(
    session: Session,
    actor: CitySupervisor,
    declaration_id: DeclarationId,
    body: PoolEntryIn,
    response: Response,
    if_match: IfMatch = None,
) -> PoolEntryOut:
    """Add an assessed project to the pool of the year, ranked by score. 三（二）

    For a project outside the reserve library this is also the supervisor's consent to the exception (I29).
    """
    review = await lock_passed_review(session, declaration_id, if_match)
    panel, investment = await panel_of(session, review), await investment_of(session, review)
    score = _passing_score(review, panel)
    if investment is None:
        raise NotReadyForPool("尚未审定投资，请先由评审人员审定各项组成的投资")
    facts = {"score": str(score), "outstanding": panel.outstanding, "exceptions": review.exceptions}
    await record_act(session, "enter_pool", case_of(review), reason=body.reason, duty="enter_pool", **facts)
    entry = await add_to_pool(session, review, score, investment)
    await emit(session, await _entered(session, review, entry, investment))
    response.headers["location"] = f"/v1/pool?year={entry.year}"
    return PoolEntryOut.model_validate(entry)


@router.post(
    "/v1/assessments/{declaration_id}/keep-out",
    status_code=204,
    name="keep_out",
    summary="不予入库",
    description="市发展改革委负责人对已通过条件审查的项目不予入库并说明理由。依据：三（二）。",
)
async def keep_out(
    session: Session,
    actor: CitySupervisor,
    declaration_id: DeclarationId,
    body: PoolRefusalIn,
    if_match: IfMatch = None,
) -> None:
    """Refuse entry to the pool with a reason. 三（二）"""
    review = await lock_passed_review(session, declaration_id, if_match)
    review.keep_out(body.reason, today(session))
    await record_act(session, "keep_out", case_of(review), reason=body.reason, duty="enter_pool")
    await emit(session, ReviewRejected(**case_fields(review), clauses=(POOL_CLAUSE,), reason=body.reason))


POOL = Listing(
    one_of("district", PoolEntry.district, DistrictCode, "所在区"),
    one_of("applicant_uscc", PoolEntry.applicant_uscc, Uscc, "申报单位统一社会信用代码"),
    dates("entered_on", PoolEntry.entered_on, "入库日期"),
    search("项目名称、申报编号或申报单位", PoolEntry.project_name, PoolEntry.declaration_no, PoolEntry.applicant_name),
    sorts={
        "rank": PoolEntry.rank,
        "score": PoolEntry.score,
        "assessed_investment_yuan": PoolEntry.assessed_investment_yuan,
        "entered_on": PoolEntry.entered_on,
        "district": PoolEntry.district,
    },
    key=PoolEntry.declaration_id,
    default="rank",
)


@router.get(
    "/v1/pool",
    name="list_pool",
    summary="项目库",
    description="列出一个年度的项目库，按全市排名；区级人员只见本区项目及其全市排名。",
)
async def list_pool(
    session: ReadSession,
    actor: Official,
    year: Annotated[int, Query(ge=2021, le=2100, description="年度")],
    asked: Annotated[PageRequest, Depends(POOL)],
) -> Page[PoolEntryOut]:
    """Return the pool of a year by rank; a district sees its own projects."""
    query = select(PoolEntry).where(PoolEntry.year == year, PoolEntry.left_on.is_(None))
    return await asked.page(session, query, PoolEntryOut.model_validate)


def _passing_score(review: Review, panel: Panel) -> Decimal:
    score = panel.score(weights_of(review))
    if score is None:
        raise NotReadyForPool(f"已评分 {len(panel.sheets)} 人，至少须 {panel.required} 人，请先完成评分")
    if score < pass_score_of(review):
        raise NotReadyForPool(f"评估得分 {score}，低于通过分 {pass_score_of(review)}，请按不予入库办理")
    return score


async def _entered(
    session: AsyncSession, review: Review, entry: PoolEntry, investment: RecognisedInvestment
) -> PoolEntered:
    assessment = await current_assessment(session, review.declaration_id)
    return PoolEntered(
        **case_fields(review),
        project=Project.model_validate(review.project),
        facts=ProjectFacts.model_validate(review.judged_facts, context=STORED),
        components=tuple(AssessedComponent.model_validate(part) for part in investment.components),
        score=entry.score,
        rank=entry.rank,
        entered_on=entry.entered_on,
        ruleset=assessment.ruleset or "",
        as_of=assessment.as_of,
        hands=tuple(await hands_of(session, review.declaration_id)),
    )
