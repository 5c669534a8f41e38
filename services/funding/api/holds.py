"""Endpoints to hold payments, lift holds and close an application, always with a reason. 四（一）1, 四（一）3"""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import ApplicationKey, ApplicationOut, HoldOut, shown_one
from services.funding.holds import end_hold, place_hold
from services.funding.interest_calculations import recalculate_if_begun
from services.funding.ledger.case_acts import cancel_reserved
from services.funding.ledger.posting import post
from services.funding.models.applications import Application
from services.funding.models.holds import Hold
from services.funding.models.releases import ReleaseRequest
from services.funding.rules.code_lists import HoldSeverity
from shared.errors import NotFound, WrongStatus
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked
from shared.storage.versions import locked_as_read
from shared.text import Paragraph
from shared.web.auth import CityDesk, CitySupervisor
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["暂停与终止"])


class NewHold(BaseModel):
    """Ground, clause and reason of a hold."""

    ground: Literal["funds_diverted", "grave_finding", "other"] = Field(
        "other",
        title="暂停事由",
        description="funds_diverted 资金未专款专用，grave_finding 现场核查发现严重问题，other 其他",
    )
    clause: Literal["四（一）1", "四（一）3"] = Field("四（一）1", title="依据条款")
    severity: HoldSeverity = Field(
        "stop", title="暂停程度", description="review 可以申请、不得支付；stop 不得申请也不得支付"
    )
    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/applications/{application_id}/hold",
    status_code=201,
    name="hold_funds",
    summary="暂停拨付",
    description="市级人员暂停某项目的资金拨付，并说明事由和依据；解除须由市级负责人办理。依据：四（一）1、四（一）3。",
)
async def hold_funds(
    session: Session, actor: CityDesk, application_id: ApplicationKey, body: NewHold, response: Response
) -> HoldOut:
    """Hold payments to a project. 四（一）1, 四（一）3"""
    application = await locked(session, Application, application_id)
    hold = await place_hold(session, application, **dict(body))
    response.headers["location"] = f"/v1/applications/{application.id}"
    return HoldOut.model_validate(hold)


class HoldLifting(BaseModel):
    """Hold to lift, with the reason; without an id the only hold in force."""

    hold_id: UUID | None = Field(None, title="暂停编号", description="只有一项生效中的暂停时可以不填")
    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/applications/{application_id}/lift-hold",
    name="lift_hold",
    summary="解除暂停拨付",
    description="市级负责人解除一项生效中的暂停并说明理由；有多项暂停时须指明暂停编号。暂停、拟办、批复、编制计划、拨付、提出或决定追回本项目的人不得解除。全部解除后方可继续拨付。依据：四（一）1、四（一）3。",
)
async def lift_hold(
    session: Session, actor: CitySupervisor, application_id: ApplicationKey, body: HoldLifting, if_match: IfMatch = None
) -> ApplicationOut:
    """Lift a hold in force; reserved to supervisors. 四（一）1, 四（一）3"""
    application = await locked_as_read(session, Application, application_id, if_match)
    await end_hold(session, application, await _hold_meant(session, application, body.hold_id), body.reason)
    return await shown_one(session, application)


async def _hold_meant(session: AsyncSession, application: Application, hold_id: UUID | None) -> Hold:
    """Return the hold in force with the id, or the only one. Raises NotFound or WrongStatus."""
    in_force = select(Hold).where(Hold.application_id == application.id, Hold.lifted_at.is_(None))
    if hold_id is not None:
        in_force = in_force.where(Hold.id == hold_id)
    holds = (await session.scalars(in_force.order_by(Hold.id))).all()
    if not holds:
        raise NotFound("没有生效中的暂停，请刷新后核对暂停编号", field="/body/hold_id")
    if len(holds) > 1:
        ids = [str(hold.id) for hold in holds]
        raise WrongStatus("有多项生效中的暂停，请在 hold_id 中指明一项", field="/body/hold_id", holds=ids)
    return holds[0]


class Closing(BaseModel):
    """Reason for which the rest of an award lapses."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/applications/{application_id}/close",
    name="close_application",
    summary="终止拨付",
    description="市级负责人终止项目，未拨付的批复资金退回年度预算。项目须已批复且未全部拨付，并且没有待审批的拨付申请。依据：四（一）1。",
)
async def close_application(
    session: Session, actor: CitySupervisor, application_id: ApplicationKey, body: Closing, if_match: IfMatch = None
) -> ApplicationOut:
    """Close the application; money not yet released returns to the year's budget. 四（一）1"""
    application = await locked_as_read(session, Application, application_id, if_match)
    waiting = select(ReleaseRequest.id).filter_by(application_id=application.id, status="requested")
    if identity := await session.scalar(waiting):
        raise WrongStatus("有拨付申请待审批，请先批准或驳回该申请", release_request_id=str(identity))
    application.expect("approved", "planned", "releasing")
    transfers, rest = cancel_reserved(application), application.reserved_yuan
    application.close()
    detail = {"given_up_yuan": str(rest)}
    await record_act(
        session, "close_application", case_of(application), reason=body.reason, duty="close_application", **detail
    )
    await recalculate_if_begun(session, application, "recalculated")
    await post(session, transfers)
    return await shown_one(session, application)
