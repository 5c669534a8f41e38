"""HTTP of the opinion of the district government (管委会) (三（一）¶1)."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.api.declaration_schemas import DeclarationOut
from services.intake.declarations import updated_response, visible_declaration
from services.intake.models.declarations import Declaration
from services.intake.models.materials import Material
from services.intake.models.opinions import Opinion, latest_opinion
from services.intake.rules.first_review import OpinionPosition
from shared.contracts.intake import OpinionGiven
from shared.deadlines import working_days_after
from shared.errors import Invalid
from shared.events.outbox import emit
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked, now, settings_of, today
from shared.text import Paragraph
from shared.web.auth import DistrictGovernment, DistrictOfficer, Official
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["征求意见"])


@router.post("/v1/declarations/{declaration_id}/request-opinion", name="request_opinion", response_model=DeclarationOut)
async def request_opinion(
    session: Session, actor: DistrictOfficer, declaration_id: UUID, response: Response
) -> Declaration:
    """Request the opinion of the district government (管委会) on the declaration. 三（一）"""
    declaration = await locked(session, Declaration, declaration_id)
    on = today(session)
    due_on = working_days_after(on, settings_of(session).opinion_due_working_days).on
    declaration.request_opinion(now(session), due_on)
    session.add(
        Opinion(
            declaration_id=declaration.id,
            round=declaration.round,
            district=declaration.district,
            applicant_uscc=declaration.applicant_uscc,
            requested_by=actor.subject,
            requested_on=on,
            due_on=due_on,
        )
    )
    await record_act(
        session,
        "request_opinion",
        case_of(declaration),
        round=declaration.round,
        duty="first_review",
        clause="三（一）",
        due_on=due_on,
    )
    return await updated_response(session, response, declaration)


class OpinionIn(BaseModel):
    """Opinion of the government; `material_id` names an uploaded document."""

    position: OpinionPosition
    text: Paragraph
    material_id: UUID | None = None


class OpinionOut(BaseModel):
    """Request for an opinion with its answer: `overdue` if unanswered after the last day, `late` if answered after it."""

    model_config = ConfigDict(from_attributes=True)

    round: int
    requested_on: date
    due_on: date
    position: OpinionPosition | None
    text: str | None
    material_id: UUID | None
    given_on: date | None
    late: bool
    overdue: bool = False


@router.post("/v1/declarations/{declaration_id}/opinion", name="give_opinion", response_model=OpinionOut)
async def give_opinion(session: Session, actor: DistrictGovernment, declaration_id: UUID, given: OpinionIn) -> Opinion:
    """Give the requested opinion, also after the last day, which is shown. 三（一）"""
    declaration = await locked(session, Declaration, declaration_id)
    declaration.record_opinion(now(session))
    opinion = await latest_opinion(session, declaration.id)
    assert opinion is not None, "a request came before the stage"
    await _check_document(session, declaration, given.material_id)
    on = today(session)
    opinion.give(given.position, given.text, given.material_id, actor.subject, on, now(session))
    detail = {"clause": "三（一）", "position": given.position, "late": opinion.late}
    await record_act(
        session,
        "give_opinion",
        case_of(declaration),
        round=declaration.round,
        duty="opinion",
        reason=given.text,
        **detail,
    )
    await emit(
        session,
        OpinionGiven(
            district=declaration.district,
            applicant_uscc=declaration.applicant_uscc,
            declaration_id=declaration.id,
            position=given.position,
            text=given.text,
            given_on=on,
            late=opinion.late,
        ),
    )
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


@router.get("/v1/declarations/{declaration_id}/opinion", name="read_opinion")
async def read_opinion(session: ReadSession, actor: Official, declaration_id: UUID) -> OpinionOut | None:
    """Return the latest request for an opinion with its answer, or null before the first request."""
    declaration = await visible_declaration(session, actor, declaration_id)
    opinion = await latest_opinion(session, declaration.id)
    if opinion is None:
        return None
    overdue = opinion.given_on is None and today(session) > opinion.due_on
    return OpinionOut.model_validate(opinion).model_copy(update={"overdue": overdue})
