"""HTTP of the review of conditions: edition, reassessment, conclusion (二, 三（二）)."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.parameters import DeclarationId
from services.eligibility.models import Assessment, Review
from services.eligibility.reviews import assess_case, case_fields, current_assessment, settlements_of
from services.eligibility.rules.reviews import ReviewState, check_pass, check_rejection, reference_day
from services.eligibility.schemas.assessments import ReviewDetailOut, review_out
from services.eligibility.schemas.reviews import ConclusionIn, EditionChoiceIn, ReassessmentIn
from shared.contracts.eligibility import ReviewPassed, ReviewRejected
from shared.contracts.intake import Project
from shared.events.outbox import emit
from shared.policy import Decision
from shared.storage.audit import case_of, hands_of, record_act
from shared.storage.session import today
from shared.storage.versions import etag, locked_as_read
from shared.web.auth import CityOfficer, CitySupervisor
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["条件审查"])


@router.post(
    "/v1/assessments/{declaration_id}/choose-edition",
    name="choose_edition",
    summary="选定适用版本",
    description=(
        "两版通知之间受理的申报，由市发展改革委负责人选定适用版本并说明理由，"
        "系统重新判定；事项须在条件审查中。依据：二。"
    ),
    responses=VERSIONED,
)
async def choose_edition(
    session: Session,
    actor: CitySupervisor,
    declaration_id: DeclarationId,
    body: EditionChoiceIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReviewDetailOut:
    """Choose the edition that governs a case (I16). 二"""
    review = await locked_as_read(session, Review, declaration_id, if_match)
    review.expect_stage("in_review")
    reference_day(review.accepted_on, body.edition)
    review.chosen_edition = body.edition
    detail = {"edition": body.edition}
    await record_act(session, "choose_edition", case_of(review), reason=body.reason, duty="choose_edition", **detail)
    return await reassessed(session, review, "edition_chosen", response)


@router.post(
    "/v1/assessments/{declaration_id}/reassess",
    name="reassess_declaration",
    summary="重新判定",
    description="市发展改革委经办按现行区级标准对同一基准日重新判定；事项须在条件审查中。依据：四（一）2。",
    responses=VERSIONED,
)
async def reassess_declaration(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    body: ReassessmentIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReviewDetailOut:
    """Reassess a case for the same date by the current standards. 四（一）2"""
    review = await locked_as_read(session, Review, declaration_id, if_match)
    review.expect_stage("in_review")
    await record_act(session, "reassess_declaration", case_of(review), reason=body.reason)
    return await reassessed(session, review, "reassessed", response)


@router.post(
    "/v1/assessments/{declaration_id}/conclude",
    name="conclude_review",
    summary="作出审查结论",
    description=(
        "市发展改革委经办作出条件审查结论。通过须全部满足、无待定、市级已接收，"
        "原则性条款未满足的逐条说明理由；不通过须列明未满足的条款。认定、接收人员不得作出结论。依据：三（二）。"
    ),
    responses=VERSIONED,
)
async def conclude_review(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    body: ConclusionIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReviewDetailOut:
    """Conclude the review of conditions. 三（二）"""
    review = await locked_as_read(session, Review, declaration_id, if_match)
    review.expect_stage("in_review")
    assessment = await current_assessment(session, declaration_id)
    _conclude(review, Decision.from_json(assessment.record), body, today(session))
    detail: dict[str, Any] = body.model_dump(include={"outcome", "clauses"})
    detail |= {"exceptions": review.exceptions, "number": assessment.number}
    await record_act(session, "conclude_review", case_of(review), reason=body.reason, duty="conclude", **detail)
    await emit(session, await _concluded(session, review, assessment, body))
    response.headers["etag"] = etag(review)
    return review_out(review, assessment, await settlements_of(session, review))


def _conclude(review: Review, decision: Decision, body: ConclusionIn, on: date) -> None:
    """Pass or reject the review. Raises NotMet, StillOpen, NotReceived, Invalid."""
    if body.outcome == "reject":
        check_rejection(decision, body.clauses)
        review.conclude("rejected", body.reason, on, {})
        return
    state = ReviewState(review.received_on, review.construction_status, review.library_exception_reason)
    reasons = {item.clause: item.reason for item in body.exceptions}
    review.conclude("passed", body.reason, on, check_pass(state, decision, reasons))


async def reassessed(session: AsyncSession, review: Review, occasion: str, response: Response) -> ReviewDetailOut:
    """Assess the case again for an act, and return it with its new record."""
    await session.flush()
    assessment = await assess_case(session, review, occasion)
    await session.flush()
    response.headers["etag"] = etag(review)
    return review_out(review, assessment, await settlements_of(session, review))


async def _concluded(
    session: AsyncSession, review: Review, assessment: Assessment, body: ConclusionIn
) -> ReviewPassed | ReviewRejected:
    if body.outcome == "reject":
        return ReviewRejected(**case_fields(review), clauses=tuple(body.clauses), reason=body.reason)
    return ReviewPassed(
        **case_fields(review),
        project=Project.model_validate(review.project),
        ruleset=assessment.ruleset or "",
        as_of=assessment.as_of,
        hands=tuple(await hands_of(session, review.declaration_id)),
    )
