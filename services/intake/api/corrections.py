"""HTTP of corrections: return by the district or the city, and the list of returns (三（一）¶1)."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.intake.api.parameters import DeclarationId
from services.intake.city_steps import days_left
from services.intake.corrections import correction_due_on, save_correction
from services.intake.declarations import updated_response, visible_declaration
from services.intake.models.corrections import Correction
from services.intake.models.declarations import Declaration
from services.intake.schemas.declarations import DeclarationOut
from shared.contracts.intake import CorrectionReason
from shared.storage.audit import case_of, record_act
from shared.storage.session import now
from shared.storage.versions import locked_as_read
from shared.text import AsStored, Line, Paragraph
from shared.web.auth import Anyone, CityOfficer, DistrictOfficer
from shared.web.filters import flag
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["退回补正"])


class ReasonIn(BaseModel):
    """Point to correct: `subject` is a field (JSON pointer) or a material code."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = Field(
        title="原因代码", description="小写字母开头，可含数字和下划线，最多 64 个字符"
    )
    subject: Line = Field(title="事项", description="字段（JSON Pointer）或材料代码")
    clause: Line = Field(title="依据条款", description="如 二（一）1")
    explanation: Paragraph = Field(title="问题说明")
    how_to_fix: Paragraph = Field(title="补正办法")


class ReturnIn(BaseModel):
    """Points to correct."""

    reasons: list[ReasonIn] = Field(min_length=1, max_length=50, title="补正事项", description="一至五十项")

    def stated(self) -> list[CorrectionReason]:
        """Return the reasons as the event carries them."""
        return [CorrectionReason(**reason.model_dump()) for reason in self.reasons]


@router.post(
    "/v1/declarations/{declaration_id}/return",
    name="return_declaration",
    summary="退回补正",
    description=(
        "区发展改革委经办人员写明事项、条款、办法和期限后退回项目单位补正。申报须在区级办理阶段。依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def return_declaration(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    correction: ReturnIn,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Return the declaration for correction, with reasons, clauses, remedies and a last day. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    correct_by = correction_due_on(session)
    declaration.return_for_correction(now(session), correct_by)
    await save_correction(session, declaration, correction.stated(), correct_by, by_city=False)
    await record_act(
        session,
        "return_declaration",
        case_of(declaration),
        round=declaration.round,
        duty="first_review",
        clause="三（一）",
    )
    return await updated_response(session, response, declaration)


@router.post(
    "/v1/declarations/{declaration_id}/city-return",
    name="return_declaration_from_city",
    summary="市级退回补正",
    description=(
        "市发展改革委经办人员不予接收，或接收后在审查结论前，将已上报的申报退回项目单位补正。"
        "接收后退回的，审查期限自退回之日停止计算，再次接收后继续计算。依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def return_declaration_from_city(
    session: Session,
    actor: CityOfficer,
    declaration_id: DeclarationId,
    correction: ReturnIn,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Return a reported declaration for correction instead of receiving it, or during its review. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    correct_by = correction_due_on(session)
    left = days_left(session, declaration)
    declaration.return_from_city(now(session), correct_by)
    await save_correction(session, declaration, correction.stated(), correct_by, by_city=True, days_left=left)
    await record_act(
        session,
        "return_declaration_from_city",
        case_of(declaration),
        round=declaration.round,
        duty="receipt",
        clause="三（一）",
    )
    return await updated_response(session, response, declaration)


class CorrectionOut(BaseModel):
    """Return for correction with its reasons."""

    model_config = ConfigDict(from_attributes=True)

    round: int = Field(title="提交轮次", description="第一次提交为 1，草稿为 0")
    by_city: bool = Field(title="是否由市级退回")
    reasons: list[Annotated[ReasonIn, AsStored()]] = Field(title="补正事项")
    correct_by: date = Field(title="补正期限", description="日期，如 2024-06-30")
    days_left: int | None = Field(
        title="审查期限剩余工作日", description="市级接收后退回时停止计算的审查期限；接收前退回的为空"
    )
    returned_at: datetime = Field(title="退回时间", description="RFC 3339，带时区")


CORRECTIONS = Listing(
    flag("by_city", Correction.by_city, "是否由市级退回"),
    sorts={"id": Correction.id, "returned_at": Correction.returned_at, "correct_by": Correction.correct_by},
    key=Correction.id,
    default="id",
)


@router.get(
    "/v1/declarations/{declaration_id}/corrections",
    name="list_corrections",
    summary="查看退回补正记录",
    description="列出历次退回补正及其事项。项目单位和有权查看该申报的工作人员可查。依据方案三（一）。",
)
async def list_corrections(
    session: ReadSession,
    actor: Anyone,
    declaration_id: DeclarationId,
    asked: Annotated[PageRequest, Depends(CORRECTIONS)],
) -> Page[CorrectionOut]:
    """Return the corrections of the declaration, oldest first. 三（一）"""
    declaration: Declaration = await visible_declaration(session, actor, declaration_id)
    query = select(Correction).where(Correction.declaration_id == declaration.id)
    return await asked.page(session, query, CorrectionOut.model_validate)
