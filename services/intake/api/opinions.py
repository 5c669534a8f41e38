"""HTTP of the opinion of the district government (管委会) (三（一）¶1)."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake import events
from services.intake.api.parameters import DeclarationId
from services.intake.declarations import updated_response, visible_declaration
from services.intake.models.declarations import Declaration
from services.intake.models.materials import Material
from services.intake.models.opinions import Opinion, latest_opinion
from services.intake.rules.first_review import OpinionPosition
from services.intake.schemas.declarations import DeclarationOut
from shared.deadlines import working_days_after
from shared.errors import Invalid
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, now, settings_of, today
from shared.storage.versions import locked_as_read
from shared.text import Paragraph
from shared.web.auth import DistrictGovernment, DistrictOfficer, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["征求意见"])


@router.post(
    "/v1/declarations/{declaration_id}/request-opinion",
    name="request_opinion",
    summary="征求意见",
    description=(
        "区发展改革委经办人员就项目征求区政府（管委会）意见。申报须已受理，或已有意见需再次征求。依据方案三（一）。"
    ),
    response_model=DeclarationOut,
    responses=VERSIONED,
)
async def request_opinion(
    session: Session,
    actor: DistrictOfficer,
    declaration_id: DeclarationId,
    response: Response,
    if_match: IfMatch = None,
) -> Declaration:
    """Request the opinion of the district government (管委会) on the declaration. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    due_on = working_days_after(today(session), settings_of(session).opinion_due_working_days).on
    declaration.request_opinion(now(session), due_on)
    session.add(_request(session, declaration, due_on))
    act: dict[str, Any] = {"duty": "first_review", "clause": "三（一）", "due_on": due_on}
    await record_act(session, "request_opinion", case_of(declaration), round=declaration.round, **act)
    return await updated_response(session, response, declaration)


def _request(session: AsyncSession, declaration: Declaration, due_on: date) -> Opinion:
    return Opinion(
        declaration_id=declaration.id,
        round=declaration.round,
        district=declaration.district,
        applicant_uscc=declaration.applicant_uscc,
        requested_by=actor_of(session).subject,
        requested_on=today(session),
        due_on=due_on,
    )


class OpinionIn(BaseModel):
    """Opinion of the government; `material_id` names an uploaded document."""

    position: OpinionPosition = Field(title="意见", description="agree 同意；disagree 不同意")
    text: Paragraph = Field(title="意见内容", description="最多 4000 字")
    material_id: UUID | None = Field(None, title="意见文件标识", description="已上传的 government_opinion 材料的 UUID")


class OpinionOut(BaseModel):
    """Request for an opinion with its answer: `overdue` if unanswered, `late` if answered after the last day."""

    model_config = ConfigDict(from_attributes=True)

    round: int = Field(title="提交轮次", description="第一次提交为 1，草稿为 0")
    requested_on: date = Field(title="征求日期", description="日期，如 2024-06-30")
    due_on: date = Field(title="答复期限", description="日期，如 2024-06-30")
    position: OpinionPosition | None = Field(title="意见", description="agree 同意；disagree 不同意；未答复时为 null")
    text: str | None = Field(title="意见内容")
    material_id: UUID | None = Field(title="意见文件标识", description="已上传的 government_opinion 材料的 UUID")
    given_on: date | None = Field(title="答复日期", description="日期，如 2024-06-30")
    late: bool = Field(title="是否逾期答复")
    overdue: bool = Field(False, title="是否逾期未答复")


@router.post(
    "/v1/declarations/{declaration_id}/opinion",
    name="give_opinion",
    summary="出具意见",
    description=("区政府（管委会）出具意见，可附已上传的文件；逾期仍可出具并予标明。须已征求意见。依据方案三（一）。"),
    response_model=OpinionOut,
)
async def give_opinion(
    session: Session,
    actor: DistrictGovernment,
    declaration_id: DeclarationId,
    given: OpinionIn,
    if_match: IfMatch = None,
) -> Opinion:
    """Give the requested opinion, also after the last day, which is shown. 三（一）"""
    declaration = await locked_as_read(session, Declaration, declaration_id, if_match)
    declaration.record_opinion(now(session))
    opinion = await latest_opinion(session, declaration.id)
    assert opinion is not None, "a request came before the stage"
    await _check_document(session, declaration, given.material_id)
    answer = (given.position, given.text, given.material_id, actor.subject)
    opinion.give(*answer, today(session), now(session))
    detail: dict[str, Any] = {
        "clause": "三（一）",
        "position": given.position,
        "late": opinion.late,
        "reason": given.text,
    }
    await record_act(session, "give_opinion", case_of(declaration), round=declaration.round, duty="opinion", **detail)
    await emit(session, events.opinion_given(declaration, opinion))
    return opinion


async def _check_document(session: AsyncSession, declaration: Declaration, material_id: UUID | None) -> None:
    if material_id is None:
        return
    material = await session.get(Material, material_id)
    if material is None or (material.declaration_id, material.kind) != (declaration.id, "government_opinion"):
        raise Invalid(
            "没有这份意见文件；请先以材料代码 government_opinion 上传，再填写返回的 id，或不填",
            field="/body/material_id",
        )


@router.get(
    "/v1/declarations/{declaration_id}/opinion",
    name="read_opinion",
    summary="查看意见",
    description="返回最近一次征求意见及答复；尚未征求时为 null。有权查看该申报的工作人员可查。依据方案三（一）。",
)
async def read_opinion(session: ReadSession, actor: Official, declaration_id: DeclarationId) -> OpinionOut | None:
    """Return the latest request for an opinion with its answer, or null before the first request."""
    declaration = await visible_declaration(session, actor, declaration_id)
    opinion = await latest_opinion(session, declaration.id)
    if opinion is None:
        return None
    overdue = opinion.given_on is None and today(session) > opinion.due_on
    return OpinionOut.model_validate(opinion).model_copy(update={"overdue": overdue})
