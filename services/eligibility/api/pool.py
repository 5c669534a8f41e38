"""HTTP of pool-entry assessment 入库评估: conflicts of interest, blind scores, investment, entry (三（二）)."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.paging import Cursor, Limit, cursor_of, place_of
from services.eligibility.api.pool_shapes import (
    ConflictIn,
    ConflictOut,
    EntryIn,
    InvestmentIn,
    InvestmentOut,
    KeepOutIn,
    PoolPage,
    PoolRow,
    ScoresOut,
    SheetIn,
    SheetOut,
    scores_out,
    sheet_out,
)
from services.eligibility.investment import recognised
from services.eligibility.judging import current_assessment, next_number
from services.eligibility.models import ConflictDeclaration, PoolEntry, RecognisedInvestment, Review, ScoreSheet
from services.eligibility.pool import Panel, investment_of, panel_of, take_place, weights_of
from shared.acts import hands_of, record
from shared.auth import Actor, Anyone, CityOffice, CityOfficer, CitySupervisor, Official
from shared.clock import uuid7
from shared.contracts.eligibility import AssessedComponent, PoolEntered, ReviewRejected
from shared.contracts.facts import ProjectFacts
from shared.contracts.intake import Project
from shared.contracts.library import DistrictCode
from shared.db import found, locked, now, settings_of
from shared.errors import Duplicate, Forbidden, Invalid, NotFound, WrongStatus
from shared.idempotency import ActRoute, ReadSession, Session
from shared.outbox import emit
from shared.policy import interpretations, parameter

router = APIRouter(route_class=ActRoute, tags=["入库评估"])


class InConflict(Forbidden):
    """A reviewer with an interest in the case, or one who has not spoken on it, may not judge it."""

    code, title = "conflict_of_interest", "存在利益冲突或尚未作出利益冲突声明"


class PanelClosed(WrongStatus):
    code, title = "panel_complete", "评分已齐，不得再变更评审人员"


class NotReadyForPool(WrongStatus):
    """Scores, recognised investment or the pass mark are lacking."""

    code, title = "not_ready_for_pool", "尚不具备入库条件"


@router.post("/v1/assessments/{declaration_id}/conflict-declaration", status_code=201, name="declare_conflict")
async def declare_conflict(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: ConflictIn, response: Response
) -> ConflictOut:
    """A reviewer says whether there is a conflict of interest; who has one may not score. 三（二）"""
    review = await _in_assessment(session, declaration_id)
    _may_declare(await panel_of(session, review), actor, wanted.position)
    row = ConflictDeclaration(
        **await _own(session, review, ConflictDeclaration), reviewer=actor.subject, reviewer_name=actor.name,
        declared_at=now(session), **wanted.model_dump(),
    )  # fmt: skip
    session.add(row)
    await _record(session, "declare_conflict", review, wanted.statement, position=wanted.position)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/scores"
    return ConflictOut.model_validate(row)


@router.post("/v1/assessments/{declaration_id}/scores", status_code=201, name="score_project")
async def score_project(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: SheetIn, response: Response
) -> SheetOut:
    """A reviewer's marks, given once and unseen by the other reviewers until all are in. 三（二）"""
    review = await _in_assessment(session, declaration_id)
    _may_score(await panel_of(session, review), actor)
    weights = weights_of(review)
    if {mark.criterion for mark in wanted.marks} != set(weights) or len(wanted.marks) != len(weights):
        raise Invalid(f"须对每项各打一次分：{'、'.join(weights)}", field="/body/marks")
    await _record(session, "score_project", review, wanted.opinion, duty="score")
    sheet = ScoreSheet(
        id=uuid7(now(session)), declaration_id=declaration_id, district=review.district, round=review.round,
        reviewer=actor.subject, reviewer_name=actor.name, scored_at=now(session), **wanted.model_dump(mode="json"),
    )  # fmt: skip
    session.add(sheet)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/scores"
    return sheet_out(sheet, weights)


@router.get("/v1/assessments/{declaration_id}/scores", name="list_scores")
async def list_scores(session: ReadSession, actor: CityOffice, declaration_id: UUID) -> ScoresOut:
    """The panel of a case: one's own sheet, and everybody's once all are in. 三（二）"""
    review = await found(session, Review, declaration_id)
    panel = await panel_of(session, review)
    pass_score = parameter("pool_assessment_pass_score", review.concluded_on or review.accepted_on)
    return scores_out(panel, weights_of(review), pass_score, actor.subject)


@router.post("/v1/assessments/{declaration_id}/investment", status_code=201, name="recognise_investment")
async def recognise_investment(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: InvestmentIn, response: Response
) -> InvestmentOut:
    """The fixed-asset investment recognised per component, what is excluded and why it is lower (I4, I5). 二（四）1"""
    review = await _in_assessment(session, declaration_id)
    _may_judge(await panel_of(session, review), actor)
    readings = interpretations(settings_of(session).interpretations)
    components = recognised(review.judged_facts["components"], wanted.components, readings)
    await _record(session, "recognise_investment", review, wanted.opinion, duty="score")
    row = RecognisedInvestment(
        **await _own(session, review, RecognisedInvestment), applicant_uscc=review.applicant_uscc,
        components=components, recognised_by=actor.subject, recognised_by_name=actor.name, recognised_at=now(session),
        declared_total_yuan=_total(components, "declared_investment_yuan"),
        assessed_total_yuan=_total(components, "assessed_investment_yuan"),
        readings={name: readings[name] for name in ("investment_base", "excluded_costs")},
    )  # fmt: skip
    session.add(row)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/investment"
    return InvestmentOut.model_validate(row)


@router.get("/v1/assessments/{declaration_id}/investment", name="get_investment")
async def get_investment(session: ReadSession, actor: Anyone, declaration_id: UUID) -> InvestmentOut:
    """The investment recognised in the present round."""
    row = await investment_of(session, await found(session, Review, declaration_id))
    if row is None:
        raise NotFound("尚未审定投资")
    return InvestmentOut.model_validate(row)


@router.post("/v1/assessments/{declaration_id}/enter-pool", status_code=201, name="enter_pool")
async def enter_pool(
    session: Session, actor: CitySupervisor, declaration_id: UUID, wanted: EntryIn, response: Response
) -> PoolRow:
    """Take an assessed project into the pool of the year, at its place by score. 三（二）"""
    review = await _in_assessment(session, declaration_id)
    panel, investment = await panel_of(session, review), await investment_of(session, review)
    score = _passing_score(review, panel)
    if investment is None:
        raise NotReadyForPool("尚未审定投资")
    await _record(
        session, "enter_pool", review, wanted.reason, duty="enter_pool", score=str(score),
        outstanding=panel.outstanding, exceptions=review.exceptions,
    )  # fmt: skip
    entry = await take_place(session, review, score, investment)
    review.stage = "in_pool"
    await emit(session, await _entered(session, review, entry, investment))
    response.headers["location"] = f"/v1/pool?year={entry.year}"
    return PoolRow.model_validate(entry)


@router.post("/v1/assessments/{declaration_id}/keep-out", status_code=204, name="keep_out")
async def keep_out(session: Session, actor: CitySupervisor, declaration_id: UUID, wanted: KeepOutIn) -> None:
    """Refuse entry to the pool, with the reason. 三（二）"""
    review = await _in_assessment(session, declaration_id)
    review.stage, review.conclusion_reason = "kept_out", wanted.reason
    await _record(session, "keep_out", review, wanted.reason, duty="enter_pool")
    rejected = ReviewRejected(
        declaration_id=declaration_id, district=review.district, applicant_uscc=review.applicant_uscc,
        clauses=("三（二）",), reason=wanted.reason,
    )  # fmt: skip
    await emit(session, rejected)


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
        query = query.where(PoolEntry.rank > place_of(cursor, _place)[0])
    rows = (await session.scalars(query)).all()
    next_cursor = cursor_of(rows[limit - 1].rank) if len(rows) > limit else None
    return PoolPage(items=[PoolRow.model_validate(row) for row in rows[:limit]], next_cursor=next_cursor)


async def _in_assessment(session: AsyncSession, declaration_id: UUID) -> Review:
    review = await locked(session, Review, declaration_id)
    review.expect_stage("passed")
    return review


def _may_declare(panel: Panel, actor: Actor, position: Literal["none", "conflict"]) -> None:
    """Once complete a panel is closed; a word once given may only turn into a conflict, and not after scoring."""
    if panel.complete:
        raise PanelClosed()
    if panel.positions.get(actor.subject) in ("conflict", position):
        raise Duplicate("您已作出利益冲突声明")
    if any(sheet.reviewer == actor.subject for sheet in panel.sheets):
        raise Duplicate("您已评分，不得再变更声明")


def _may_judge(panel: Panel, actor: Actor) -> None:
    if panel.positions.get(actor.subject) != "none":
        raise InConflict("须先声明无利益冲突；存在冲突的应当回避")


def _may_score(panel: Panel, actor: Actor) -> None:
    _may_judge(panel, actor)
    if any(sheet.reviewer == actor.subject for sheet in panel.sheets):
        raise Duplicate("您已评分，每人一次")


def _passing_score(review: Review, panel: Panel) -> Decimal:
    score = panel.score(weights_of(review))
    if score is None:
        raise NotReadyForPool(f"已评分 {len(panel.sheets)} 人，至少须 {panel.required} 人")
    pass_score = parameter("pool_assessment_pass_score", review.concluded_on or review.accepted_on)
    if score < pass_score:
        raise NotReadyForPool(f"评估得分 {score}，低于通过分 {pass_score}")
    return score


async def _own(
    session: AsyncSession, review: Review, table: type[ConflictDeclaration] | type[RecognisedInvestment]
) -> dict[str, object]:
    return {
        "id": uuid7(now(session)),
        "declaration_id": review.declaration_id,
        "number": await next_number(session, table, review.declaration_id),
        "district": review.district,
        "round": review.round,
    }


async def _record(
    session: AsyncSession, act: str, review: Review, reason: str, duty: str | None = None, **detail: object
) -> None:
    await record(
        session, act, review.declaration_id, review.district, applicant_uscc=review.applicant_uscc, reason=reason,
        duty=duty, **detail,
    )  # fmt: skip


async def _entered(
    session: AsyncSession, review: Review, entry: PoolEntry, investment: RecognisedInvestment
) -> PoolEntered:
    assessment = await current_assessment(session, review.declaration_id)
    return PoolEntered(
        declaration_id=review.declaration_id,
        district=review.district,
        applicant_uscc=review.applicant_uscc,
        project=Project.model_validate(review.project),
        facts=ProjectFacts.model_validate(review.judged_facts | {"accepted_on": review.accepted_on}),
        components=tuple(AssessedComponent.model_validate(part) for part in investment.components),
        score=entry.score,
        rank=entry.rank,
        entered_on=entry.entered_on,
        ruleset=assessment.ruleset or "",
        as_of=assessment.as_of,
        hands=tuple(await hands_of(session, review.declaration_id)),
    )


def _total(components: list[dict[str, str]], name: str) -> Decimal:
    return sum((Decimal(part[name]) for part in components), Decimal(0))


def _place(text: str) -> int:
    place = int(text)
    if not 0 <= place < 2**31:
        raise ValueError(text)
    return place
