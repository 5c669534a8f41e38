"""HTTP of scoring before entry to the pool: conflicts of interest, blind scores, recognised investment (三（二）)."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response

from services.eligibility.api.pool_shapes import (
    ConflictIn,
    ConflictOut,
    InvestmentIn,
    InvestmentOut,
    ScoresOut,
    SheetIn,
    SheetOut,
    scores_out,
    sheet_out,
)
from services.eligibility.models import ConflictDeclaration, RecognisedInvestment, Review, ScoreSheet
from services.eligibility.pool import Panel, investment_of, lock_passed_review, panel_of, pass_score_of, weights_of
from services.eligibility.reviews import numbered_fields, round_fields
from services.eligibility.rules.investment import recognise_components
from shared.actors import Actor
from shared.errors import Duplicate, Forbidden, Invalid, NotFound, WrongStatus
from shared.policy import interpretations
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, now, settings_of
from shared.web.auth import Anyone, CityOffice, CityOfficer
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["入库评估"])


class InConflict(Forbidden):
    """A reviewer with an interest in the case, or one who has not spoken on it, may not judge it."""

    code, title = "conflict_of_interest", "存在利益冲突或尚未作出利益冲突声明"


class PanelComplete(WrongStatus):
    """Everybody has scored and the sheets are open: nobody joins who could have read them."""

    code, title = "panel_complete", "评分已齐，不得再变更评审人员"


@router.post("/v1/assessments/{declaration_id}/conflict-declaration", status_code=201, name="declare_conflict")
async def declare_conflict(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: ConflictIn, response: Response
) -> ConflictOut:
    """A reviewer says whether there is a conflict of interest; who has one may not score. 三（二）"""
    review = await lock_passed_review(session, declaration_id)
    _may_declare(await panel_of(session, review), actor, wanted.position)
    row = ConflictDeclaration(
        **await numbered_fields(session, review, ConflictDeclaration),
        reviewer=actor.subject,
        reviewer_name=actor.name,
        declared_at=now(session),
        **wanted.model_dump(),
    )
    session.add(row)
    await record_act(session, "declare_conflict", case_of(review), reason=wanted.statement, position=wanted.position)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/scores"
    return ConflictOut.model_validate(row)


@router.post("/v1/assessments/{declaration_id}/scores", status_code=201, name="score_project")
async def score_project(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: SheetIn, response: Response
) -> SheetOut:
    """A reviewer's marks, given once and unseen by the other reviewers until all are in. 三（二）"""
    review = await lock_passed_review(session, declaration_id)
    _may_score(await panel_of(session, review), actor)
    weights = weights_of(review)
    if sorted(mark.criterion for mark in wanted.marks) != sorted(weights):
        raise Invalid(f"须对每项各打一次分：{'、'.join(weights)}", field="/body/marks")
    # The opinion stays on the sheet: the record of acts is open to reviewers who have yet to score.
    await record_act(session, "score_project", case_of(review), duty="score")
    sheet = ScoreSheet(
        **round_fields(session, review),
        reviewer=actor.subject,
        reviewer_name=actor.name,
        scored_at=now(session),
        **wanted.model_dump(mode="json"),
    )
    session.add(sheet)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/scores"
    return sheet_out(sheet, weights)


@router.get("/v1/assessments/{declaration_id}/scores", name="list_scores")
async def list_scores(session: ReadSession, actor: CityOffice, declaration_id: UUID) -> ScoresOut:
    """The panel of a case: one's own sheet, and everybody's once all are in. 三（二）"""
    review = await found(session, Review, declaration_id)
    panel = await panel_of(session, review)
    return scores_out(panel, weights_of(review), pass_score_of(review), actor.subject)


@router.post("/v1/assessments/{declaration_id}/investment", status_code=201, name="recognise_investment")
async def recognise_investment(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: InvestmentIn, response: Response
) -> InvestmentOut:
    """The fixed-asset investment recognised per component, what is excluded and why it is lower (I4, I5). 二（四）1"""
    review = await lock_passed_review(session, declaration_id)
    _may_judge(await panel_of(session, review), actor)
    readings = interpretations(settings_of(session).interpretations)
    components = recognise_components(review.judged_facts["components"], wanted.components, readings)
    await record_act(session, "recognise_investment", case_of(review), reason=wanted.opinion, duty="score")
    row = RecognisedInvestment(
        **await numbered_fields(session, review, RecognisedInvestment),
        applicant_uscc=review.applicant_uscc,
        components=components,
        opinion=wanted.opinion,
        declared_total_yuan=_total(components, "declared_investment_yuan"),
        assessed_total_yuan=_total(components, "assessed_investment_yuan"),
        readings={name: readings[name] for name in ("investment_base", "excluded_costs")},
        recognised_by=actor.subject,
        recognised_by_name=actor.name,
        recognised_at=now(session),
    )
    session.add(row)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/investment"
    return InvestmentOut.model_validate(row)


@router.get("/v1/assessments/{declaration_id}/investment", name="get_investment")
async def get_investment(session: ReadSession, actor: Anyone, declaration_id: UUID) -> InvestmentOut:
    """The investment recognise_components in the present round."""
    row = await investment_of(session, await found(session, Review, declaration_id))
    if row is None:
        raise NotFound("尚未审定投资")
    return InvestmentOut.model_validate(row)


def _may_declare(panel: Panel, actor: Actor, position: Literal["none", "conflict"]) -> None:
    """Once complete a panel is closed; a word once given may only turn into a conflict, and not after scoring."""
    if panel.complete:
        raise PanelComplete()
    if panel.positions.get(actor.subject) in ("conflict", position):
        raise Duplicate("您已作出利益冲突声明")
    if panel.has_scored(actor.subject):
        raise Duplicate("您已评分，不得再变更声明")


def _may_judge(panel: Panel, actor: Actor) -> None:
    if panel.positions.get(actor.subject) != "none":
        raise InConflict("须先声明无利益冲突；存在冲突的应当回避")


def _may_score(panel: Panel, actor: Actor) -> None:
    _may_judge(panel, actor)
    if panel.has_scored(actor.subject):
        raise Duplicate("您已评分，每人一次")


def _total(components: list[dict[str, str]], name: str) -> Decimal:
    return sum((Decimal(part[name]) for part in components), Decimal(0))
