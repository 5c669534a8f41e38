"""Holding payments and lifting the hold, always with a reason. 四（一）1, 四（一）3"""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from services.funding.api.shapes import ApplicationOut, HoldOut, Key, shown_one
from services.funding.holds import lift, place
from services.funding.ledger.case_acts import end
from services.funding.ledger.posting import post
from services.funding.models.application import Application, Hold
from services.funding.models.payment import ReleaseRequest
from shared.errors import NotFound, WrongStatus
from shared.storage.audit import case_of, record_act
from shared.storage.session import locked
from shared.text import Paragraph
from shared.web.auth import CityDesk, CitySupervisor
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["暂停与终止"])


class NewHold(BaseModel):
    """Why payments are held; `review`: may still be asked for, `stop`: not even that."""

    ground: Literal["funds_diverted", "grave_finding", "other"] = Field("other", title="事由")
    clause: Literal["四（一）1", "四（一）3"] = Field("四（一）1", title="依据条款")
    severity: Literal["review", "stop"] = Field("stop", title="程度")
    reason: Paragraph = Field(title="理由")


@router.post("/v1/applications/{application_id}/hold", status_code=201, name="hold_funds")
async def hold_funds(
    session: Session, actor: CityDesk, application_id: Key, wanted: NewHold, response: Response
) -> HoldOut:
    """Hold payments to a project. 四（一）1"""
    application = await locked(session, Application, application_id)
    hold = await place(session, application, **dict(wanted))
    response.headers["location"] = f"/v1/applications/{application.id}"
    return HoldOut.model_validate(hold)


class Lifting(BaseModel):
    """Which hold is lifted, and why; without an id the one in force, if there is just one."""

    hold_id: UUID | None = Field(None, title="暂停编号")
    reason: Paragraph = Field(title="理由")


@router.post("/v1/applications/{application_id}/lift-hold", name="lift_hold")
async def lift_hold(session: Session, actor: CitySupervisor, application_id: Key, lifting: Lifting) -> ApplicationOut:
    """Lift a hold: only a supervisor may, and says why. 四（一）1"""
    application = await locked(session, Application, application_id)
    wanted = select(Hold).where(Hold.application_id == application.id, Hold.lifted_at.is_(None))
    if lifting.hold_id is not None:
        wanted = wanted.where(Hold.id == lifting.hold_id)
    holds = (await session.scalars(wanted.order_by(Hold.id))).all()
    if not holds:
        raise NotFound("没有生效中的暂停")
    if len(holds) > 1:
        raise WrongStatus("有多项暂停，请指明 hold_id", holds=[str(hold.id) for hold in holds])
    await lift(session, application, holds[0], lifting.reason)
    return await shown_one(session, application)


class Ending(BaseModel):
    """Why the rest of an award is given up."""

    reason: Paragraph = Field(title="理由")


@router.post("/v1/applications/{application_id}/close", name="close_application")
async def close_application(
    session: Session, actor: CitySupervisor, application_id: Key, ending: Ending
) -> ApplicationOut:
    """Give up what has not been released; it returns to the year's budget. 四（一）1"""
    application = await locked(session, Application, application_id)
    waiting = select(ReleaseRequest.id).filter_by(application_id=application.id, status="requested")
    if await session.scalar(waiting):
        raise WrongStatus("有拨付申请待审批，请先办结")
    application.expect("approved", "planned", "releasing")
    transfers, rest = end(application), application.reserved_yuan
    application.close()
    await record_act(session, "close_application", case_of(application), reason=ending.reason, given_up_yuan=str(rest))
    await session.flush()
    await post(session, transfers)
    return await shown_one(session, application)
