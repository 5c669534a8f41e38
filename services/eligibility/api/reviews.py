"""HTTP of the review of conditions: people settle what is open, choose an edition, conclude (二, 三（二）)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from services.eligibility.api.shapes import ReviewOut, review_out
from services.eligibility.models import Assessment, Review, Settlement
from services.eligibility.reviews import (
    assess_case,
    case_fields,
    current_assessment,
    numbered_fields,
    settlements_of,
)
from services.eligibility.rules.reviews import ReviewState, check_pass, check_rejection, reference_day
from shared.actors import Actor
from shared.contracts.eligibility import FindingSettled, ReviewPassed, ReviewRejected
from shared.contracts.intake import Project
from shared.errors import Forbidden, Invalid, WrongStatus
from shared.events.outbox import emit
from shared.policy import Decision
from shared.storage.audit import case_of, hands_of, record_act
from shared.storage.session import etag, locked, now, today
from shared.text import Line, Paragraph
from shared.web.auth import CityOfficer, CitySupervisor
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["条件审查"])
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Clause = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]+$")]


class OwnSettlement(Forbidden):
    """A settlement is reviewed by somebody else."""

    code, title = "own_settlement", "不得由本人更改本人作出的认定"


class MachineFound(WrongStatus):
    """The machine has an answer; a person settles only what it left open."""

    code, title = "machine_found", "该项机器已有结论，不得人工认定"


class SettlementIn(BaseModel):
    """A person's decision on an open finding."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleId = Field(title="规则编号")
    holds: bool = Field(title="认定符合")
    reason: Paragraph = Field(title="理由")
    evidence: Paragraph | None = Field(None, title="依据材料")


class EditionChoice(BaseModel):
    """The edition that shall govern, where the day of acceptance does not say (I16)."""

    model_config = ConfigDict(extra="forbid")

    edition: Line = Field(title="适用版本", examples=["2023"])
    reason: Paragraph = Field(title="理由")


class Reassessment(BaseModel):
    """Why the case is judged again."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


class ClauseReason(BaseModel):
    """Why a condition that holds 原则上 is set aside."""

    model_config = ConfigDict(extra="forbid")

    clause: Clause = Field(title="条款")
    reason: Paragraph = Field(title="理由")


class Conclusion(BaseModel):
    """How the review of conditions ends."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["pass", "reject"] = Field(title="结论")
    reason: Paragraph = Field(title="审查意见")
    exceptions: list[ClauseReason] = Field(default_factory=list, max_length=20, title="原则性条款的例外理由")
    clauses: list[Clause] = Field(default_factory=list, max_length=40, title="未满足的条款（不通过时填写）")


@router.post("/v1/assessments/{declaration_id}/settle", name="settle_finding")
async def settle_finding(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: SettlementIn, response: Response
) -> ReviewOut:
    """Decide what the machine left undetermined; its finding stays, and the decision is made again. 二"""
    review = await locked(session, Review, declaration_id)
    review.expect_stage("in_review")
    clause = _open_finding(await current_assessment(session, declaration_id), wanted.rule)
    settlement = await _settlement(session, review, wanted, clause, actor)
    session.add(settlement)
    told = wanted.model_dump(exclude={"reason"})
    await record_act(session, "settle_finding", case_of(review), reason=wanted.reason, duty="settle", **told)
    await emit(session, _settled(review, settlement))
    return await _reassessed(session, review, "settled", response)


@router.post("/v1/assessments/{declaration_id}/choose-edition", name="choose_edition")
async def choose_edition(
    session: Session, actor: CitySupervisor, declaration_id: UUID, wanted: EditionChoice, response: Response
) -> ReviewOut:
    """Name the edition that governs a case, as in the gap between two editions (I16)."""
    review = await locked(session, Review, declaration_id)
    review.expect_stage("in_review")
    reference_day(review.accepted_on, wanted.edition)
    review.chosen_edition = wanted.edition
    await record_act(session, "choose_edition", case_of(review), reason=wanted.reason, edition=wanted.edition)
    return await _reassessed(session, review, "edition_chosen", response)


@router.post("/v1/assessments/{declaration_id}/reassess", name="reassess_declaration")
async def reassess_declaration(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: Reassessment, response: Response
) -> ReviewOut:
    """Judge again by what holds now for the same day: a district has published its standard since. 四（一）2"""
    review = await locked(session, Review, declaration_id)
    review.expect_stage("in_review")
    await record_act(session, "reassess_declaration", case_of(review), reason=wanted.reason)
    return await _reassessed(session, review, "reassessed", response)


@router.post("/v1/assessments/{declaration_id}/conclude", name="conclude_review")
async def conclude_review(
    session: Session, actor: CityOfficer, declaration_id: UUID, wanted: Conclusion, response: Response
) -> ReviewOut:
    """End the review of conditions: every finding answered, or the clauses named that are not met. 三（二）"""
    review = await locked(session, Review, declaration_id)
    review.expect_stage("in_review")
    assessment = await current_assessment(session, declaration_id)
    decision = Decision.from_json(assessment.record)
    given = {item.clause: item.reason for item in wanted.exceptions}
    if wanted.outcome == "pass":
        review.conclude("passed", wanted.reason, today(session), check_pass(_state(review), decision, given))
    else:
        check_rejection(decision, wanted.clauses)
        review.conclude("rejected", wanted.reason, today(session), {})
    told = {"outcome": wanted.outcome, "clauses": wanted.clauses, "exceptions": review.exceptions}
    await record_act(
        session,
        "conclude_review",
        case_of(review),
        reason=wanted.reason,
        duty="conclude",
        number=assessment.number,
        **told,
    )
    await emit(session, await _concluded(session, review, assessment, wanted))
    response.headers["etag"] = etag(review)
    return review_out(review, assessment, await settlements_of(session, review))


def _state(review: Review) -> ReviewState:
    return ReviewState(review.received_on, review.construction_status, review.library_exception_reason)


def _open_finding(assessment: Assessment, rule: str) -> str:
    """The clause of an open finding. Raises Invalid for a rule not asked, MachineFound for one answered."""
    asked = {found.rule: found for found in Decision.from_json(assessment.record).findings}
    if rule not in asked:
        raise Invalid(f"本次判定没有规则 {rule}", field="/body/rule")
    if asked[rule].outcome is not None:
        raise MachineFound(asked[rule].sentence)
    return asked[rule].clause


async def _settlement(
    session: AsyncSession, review: Review, wanted: SettlementIn, clause: str, actor: Actor
) -> Settlement:
    """The settlement to add. Raises OwnSettlement where the standing one is by the same person."""
    standing = (await settlements_of(session, review)).get(wanted.rule)
    if standing is not None and standing.settled_by == actor.subject:
        raise OwnSettlement("更改认定须由另一名经办作出")
    return Settlement(
        **await numbered_fields(session, review, Settlement),
        applicant_uscc=review.applicant_uscc,
        clause=clause,
        settled_by=actor.subject,
        settled_by_name=actor.name,
        settled_at=now(session),
        **wanted.model_dump(),
    )


def _settled(review: Review, settlement: Settlement) -> FindingSettled:
    return FindingSettled(
        **case_fields(review),
        rule=settlement.rule,
        clause=settlement.clause,
        holds=settlement.holds,
        settled_by=settlement.settled_by,
        reason=settlement.reason,
    )


async def _reassessed(session: AsyncSession, review: Review, occasion: str, response: Response) -> ReviewOut:
    await session.flush()
    assessment = await assess_case(session, review, occasion)
    await session.flush()
    response.headers["etag"] = etag(review)
    return review_out(review, assessment, await settlements_of(session, review))


async def _concluded(
    session: AsyncSession, review: Review, assessment: Assessment, wanted: Conclusion
) -> ReviewPassed | ReviewRejected:
    if wanted.outcome == "reject":
        return ReviewRejected(**case_fields(review), clauses=tuple(wanted.clauses), reason=wanted.reason)
    return ReviewPassed(
        **case_fields(review),
        project=Project.model_validate(review.project),
        ruleset=assessment.ruleset or "",
        as_of=assessment.as_of,
        hands=tuple(await hands_of(session, review.declaration_id)),
    )
