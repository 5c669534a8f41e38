"""HTTP of the pool-entry assessment: conflicts of interest, scores, recognised investment (三（二）)."""

from fastapi import APIRouter, Response

from services.eligibility.api.parameters import DeclarationId
from services.eligibility.models import Review
from services.eligibility.pool import (
    Panel,
    add_conflict_declaration,
    add_recognised_investment,
    add_score_sheet,
    investment_of,
    lock_passed_review,
    panel_of,
    pass_score_of,
    weights_of,
)
from services.eligibility.rules.code_lists import ConflictPosition
from services.eligibility.rules.investment import recognise_components
from services.eligibility.schemas.pool import (
    ConflictDeclarationIn,
    ConflictDeclarationOut,
    PanelOut,
    RecognisedInvestmentIn,
    RecognisedInvestmentOut,
    ScoreSheetIn,
    ScoreSheetOut,
    scores_out,
    sheet_out,
)
from shared.actors import Actor
from shared.errors import Duplicate, Forbidden, Invalid, NotFound, WrongStatus
from shared.policy import interpretations
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, settings_of
from shared.web.auth import Anyone, CityOffice, CityOfficer
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["入库评估"])


class InConflict(Forbidden):
    """Refusal of a reviewer with a conflict of interest, or without a declaration."""

    code, title = "conflict_of_interest", "存在利益冲突或尚未作出利益冲突声明"


class PanelComplete(WrongStatus):
    """Refusal of a new declaration: all reviewers have scored and the sheets are visible."""

    code, title = "panel_complete", "评分已齐，不得再变更评审人员"


@router.post(
    "/v1/assessments/{declaration_id}/conflict-declaration",
    status_code=201,
    name="declare_conflict",
    summary="声明利益冲突",
    description=(
        "评审人员声明有无利益冲突；存在冲突的须回避。事项须已通过条件审查，评分齐备后不再接受。依据：三（二）。"
    ),
)
async def declare_conflict(
    session: Session, actor: CityOfficer, declaration_id: DeclarationId, body: ConflictDeclarationIn, response: Response
) -> ConflictDeclarationOut:
    """Record a reviewer's declaration on conflicts of interest. 三（二）"""
    review = await locked(session, Review, declaration_id)
    review.expect_stage("passed")
    _may_declare(await panel_of(session, review), actor, body.position)
    row = await add_conflict_declaration(session, review, body.position, body.statement)
    await record_act(session, "declare_conflict", case_of(review), reason=body.statement, position=body.position)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/scores"
    return ConflictDeclarationOut.model_validate(row)


@router.post(
    "/v1/assessments/{declaration_id}/scores",
    status_code=201,
    name="score_project",
    summary="评分",
    description="已声明无利益冲突的评审人员对每个评估项评分，每人一次；全部评分齐备前互不可见。依据：三（二）。",
)
async def score_project(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    body: ScoreSheetIn,
    response: Response,
    if_match: IfMatch = None,
) -> ScoreSheetOut:
    """Record a reviewer's score sheet, once, unseen by others until all are in. 三（二）"""
    review = await lock_passed_review(session, declaration_id, if_match)
    _may_score(await panel_of(session, review), actor)
    weights = weights_of(review)
    if sorted(mark.criterion for mark in body.marks) != sorted(weights):
        raise Invalid(f"须对每个评估项各评一次分，criterion 为：{'、'.join(weights)}", field="/body/marks")
    # Reviewers who have not scored can read the audit record, so the opinion stays on the sheet.
    await record_act(session, "score_project", case_of(review), duty="score")
    sheet = add_score_sheet(session, review, **body.model_dump(mode="json"))
    response.headers["location"] = f"/v1/assessments/{declaration_id}/scores"
    return sheet_out(sheet, weights)


@router.get(
    "/v1/assessments/{declaration_id}/scores",
    name="list_scores",
    summary="评分情况",
    description="读取评审人数、评估项权重和评分表；齐备前只能看到本人的评分表。依据：三（二）。",
)
async def list_scores(session: ReadSession, actor: CityOffice, declaration_id: DeclarationId) -> PanelOut:
    """Return the panel of a case with the visible score sheets. 三（二）"""
    review = await found(session, Review, declaration_id)
    panel = await panel_of(session, review)
    return scores_out(panel, weights_of(review), pass_score_of(review), actor.subject)


@router.post(
    "/v1/assessments/{declaration_id}/investment",
    status_code=201,
    name="recognise_investment",
    summary="审定投资",
    description=(
        "已声明无利益冲突的评审人员对每项组成审定固定资产投资；不得高于申报数，核减须说明理由。依据：二（四）1。"
    ),
)
async def recognise_investment(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    body: RecognisedInvestmentIn,
    response: Response,
    if_match: IfMatch = None,
) -> RecognisedInvestmentOut:
    """Record the recognised investment of each component (I4, I5). 二（四）1"""
    review = await lock_passed_review(session, declaration_id, if_match)
    _may_judge(await panel_of(session, review), actor)
    readings = interpretations(settings_of(session).interpretations)
    components = recognise_components(review.judged_facts["components"], body.components, readings)
    await record_act(session, "recognise_investment", case_of(review), reason=body.opinion, duty="score")
    row = await add_recognised_investment(session, review, components, body.opinion, readings)
    response.headers["location"] = f"/v1/assessments/{declaration_id}/investment"
    return RecognisedInvestmentOut.model_validate(row)


@router.get(
    "/v1/assessments/{declaration_id}/investment",
    name="read_investment",
    summary="审定投资结果",
    description="读取本轮审定的投资。",
)
async def read_investment(
    session: ReadSession, actor: Anyone, declaration_id: DeclarationId
) -> RecognisedInvestmentOut:
    """Return the recognised investment of the current round."""
    row = await investment_of(session, await found(session, Review, declaration_id))
    if row is None:
        raise NotFound("本轮尚未审定投资")
    return RecognisedInvestmentOut.model_validate(row)


def _may_declare(panel: Panel, actor: Actor, position: ConflictPosition) -> None:
    """Raise PanelComplete or Duplicate; before scoring, a declaration may change to a conflict only."""
    if panel.complete:
        raise PanelComplete()
    if panel.positions.get(actor.subject) in ("conflict", position):
        raise Duplicate("您已作出利益冲突声明，不必重复声明")
    if panel.has_scored(actor.subject):
        raise Duplicate("您已评分，不得再变更声明")


def _may_judge(panel: Panel, actor: Actor) -> None:
    if panel.positions.get(actor.subject) != "none":
        raise InConflict("须先声明无利益冲突；存在冲突的应当回避")


def _may_score(panel: Panel, actor: Actor) -> None:
    _may_judge(panel, actor)
    if panel.has_scored(actor.subject):
        raise Duplicate("您已评分，每人一次，不得更改")
