"""HTTP of the first review: accept, record findings, refuse (三（一）¶1)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake import events
from services.intake.api.parameters import DeclarationId
from services.intake.api.submission import Reason
from services.intake.declarations import updated_response, visible_declaration
from services.intake.models.declarations import Declaration
from services.intake.models.duplicates import end_identity
from services.intake.models.first_review import ReviewFinding, findings_of
from services.intake.rules.first_review import ReviewItem, ReviewOutcome
from services.intake.rules.stages import UNDER_REVIEW
from services.intake.schemas.declarations import DeclarationOut
from shared.deadlines import working_days_after
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now, settings_of, today
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import DistrictOfficer, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.memory_paging import ORDER, MemoryListing, MemoryPageRequest
from shared.web.paging import Page

router = APIRouter(route_class=ActRoute, tags=["初审"])
Clauses = Annotated[list[Line], Field(min_length=1, max_length=20, title="依据条款")]


@router.post(
    "/v1/declarations/{declaration_id}/accept",
    name="accept_declaration",
    summary="受理申报",
    description=(
        "区发展改革委经办人员受理申报并开始初审；首次受理日期决定适用的方案版本。申报须已提交、待受理。"
        "依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def accept_declaration(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Accept for first review; the date of the first acceptance selects the policy edition (I16). 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    due = working_days_after(today(session), settings_of(session).first_review_due_working_days)
    declaration.accept(today(session), now(session), due.on)
    await record_act(
        session,
        "accept_declaration",
        case_of(declaration),
        round=declaration.round,
        duty="first_review",
        clause="三（一）",
    )
    return await updated_response(session, response, declaration)


class FindingIn(BaseModel):
    """Finding on one of the five review items, with its evidence."""

    thing: ReviewItem = Field(
        title="初审事项",
        description=(
            "truthfulness 真实性；compliance 合规性；construction_conditions 建设条件；"
            "declaration_conditions 申报条件；materials 申报材料"
        ),
    )
    outcome: ReviewOutcome = Field(title="初审结果", description="pass 通过；correct 需补正；fail 不通过")
    evidence: Paragraph = Field(title="依据", description="核对的文件或情况，最多 4000 字")
    note: Paragraph | None = Field(None, title="备注")


class FirstReviewIn(BaseModel):
    """Findings on some or all of the five review items."""

    findings: list[FindingIn] = Field(min_length=1, max_length=5, title="初审结果", description="一至五项")


class FindingOut(FindingIn):
    """Latest finding of the current round."""

    model_config = ConfigDict(from_attributes=True)

    evidence: str = Field(title="依据")
    note: str | None = Field(title="备注")
    round: int = Field(title="提交轮次", description="第一次提交为 1，草稿为 0")
    found_by: str = Field(title="初审人标识")


@router.put(
    "/v1/declarations/{declaration_id}/first-review",
    name="review_declaration",
    summary="记录初审结果",
    description=(
        "区发展改革委经办人员记录真实性、合规性、建设条件、申报条件和申报材料的初审结果；同一项以最后一次为准。"
        "申报须在初审中，并以 If-Match 带回申报的 ETag。依据方案三（一）。"
    ),
    responses=VERSIONED,
)
async def review_declaration(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    review: FirstReviewIn,
    response: Response,
    if_match: IfMatch = None,
) -> list[FindingOut]:
    """Record findings on the five review items. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    declaration.require_stage(UNDER_REVIEW)
    session.add_all([_finding(session, declaration, finding) for finding in review.findings])
    declaration.updated_at = now(session)
    outcomes = {finding.thing: finding.outcome for finding in review.findings}
    await record_act(
        session,
        "review_declaration",
        case_of(declaration),
        round=declaration.round,
        duty="first_review",
        outcomes=outcomes,
    )
    await updated_response(session, response, declaration)
    return await _findings_out(session, declaration)


def _finding(session: AsyncSession, declaration: Declaration, finding: FindingIn) -> ReviewFinding:
    return ReviewFinding(
        declaration_id=declaration.id,
        round=declaration.round,
        district=declaration.district,
        applicant_uscc=declaration.applicant_uscc,
        found_by=actor_of(session).subject,
        found_at=now(session),
        **finding.model_dump(),
    )


async def _findings_out(session: AsyncSession, declaration: Declaration) -> list[FindingOut]:
    findings = await findings_of(session, declaration)
    return [FindingOut.model_validate(finding) for finding in findings.values()]


FINDINGS = MemoryListing(FindingOut, ORDER, key="thing", default=ORDER)


@router.get(
    "/v1/declarations/{declaration_id}/first-review",
    name="read_first_review",
    summary="查看初审结果",
    description=(
        "返回本轮各项初审的有效结果；响应头 ETag 为申报的版本。有权查看该申报的工作人员可查。依据方案三（一）。"
    ),
    responses=VERSIONED,
)
async def read_first_review(
    session: ReadSession,
    actor: Official,
    declaration_id: DeclarationId,
    asked: Annotated[MemoryPageRequest, Depends(FINDINGS)],
    response: Response,
) -> Page[FindingOut]:
    """Return the latest findings of the current round."""
    declaration = await visible_declaration(session, actor, declaration_id)
    response.headers["etag"] = etag(declaration)
    return asked.page(await _findings_out(session, declaration))


class RefusalIn(Reason):
    """Reason and clauses of a refusal."""

    clauses: Clauses


@router.post(
    "/v1/declarations/{declaration_id}/refuse",
    name="refuse_declaration",
    summary="初审不予上报",
    description=(
        "区发展改革委经办人员列明条款和理由，终止该申报；项目可重新申报。申报须在区级办理阶段。依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def refuse_declaration(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    refusal: RefusalIn,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Refuse the declaration at first review, with the clauses. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    declaration.refuse(now(session))
    await end_identity(session, declaration.id)
    act = {"duty": "first_review", "reason": refusal.reason, "clause": "、".join(refusal.clauses)}
    await record_act(session, "refuse_declaration", case_of(declaration), round=declaration.round, **act)
    await emit(session, events.refused(declaration, refusal.clauses, refusal.reason))
    return await updated_response(session, response, declaration)
