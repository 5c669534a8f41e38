"""Endpoints of orders to correct: the first step before money is stopped and recovered. 政府投资条例 art. 34"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.funding.api.shapes import DATE, TIME, ApplicationKey, Shape
from services.funding.applications import new_row_columns
from services.funding.corrections import locked_order
from services.funding.holds import place_hold
from services.funding.models.applications import Application
from services.funding.models.corrections import CorrectionOrder
from services.funding.rules.change_codes import CorrectionStatus
from services.funding.rules.code_lists import CLAWBACK_GROUNDS, Clause, ClawbackGround
from shared.attachments import Attached, decided, facts_of, require
from shared.audiences import Handler
from shared.days import DeadlineDay
from shared.errors import Invalid
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now, today
from shared.storage.versions import etag
from shared.text import Line, Paragraph
from shared.web.auth import Applicant, CityDesk, CityOfficer, Person
from shared.web.filters import moments, one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])
OrderKey = Annotated[UUID, Path(title="责令改正编号")]
PAID = ("approved", "planned", "releasing", "released", "closed")


class NewCorrectionOrder(BaseModel):
    """Order to correct: ground, clause, what to do by which day, and the papers it rests on."""

    model_config = ConfigDict(extra="forbid")

    ground: ClawbackGround = Field(title="事由")
    clause: Clause = Field(title="依据条款")
    demand: Paragraph = Field(title="改正要求")
    due_on: DeadlineDay = Field(title="改正期限", description=DATE)
    attachments: Attached


class ProofIn(BaseModel):
    """Corrections made by the owner, with the papers that prove them."""

    model_config = ConfigDict(extra="forbid")

    proof: Paragraph = Field(title="改正情况")
    attachments: Attached


class OrderClosing(BaseModel):
    """Outcome of an order to correct, with the reason."""

    model_config = ConfigDict(extra="forbid")

    corrected: bool = Field(title="是否已改正", description="未改正的即停止拨付，并可提出追回")
    reason: Paragraph = Field(title="理由")


class CorrectionOrderOut(Shape):
    """Order to correct with its proof and its end."""

    id: UUID = Field(title="责令改正编号")
    application_id: UUID = Field(title="资金申请编号")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    ground: ClawbackGround = Field(title="事由")
    clause: str = Field(title="依据条款")
    demand: str = Field(title="改正要求")
    due_on: date = Field(title="改正期限", description=DATE)
    status: CorrectionStatus = Field(title="状态")
    ordered_by: Handler = Field(title="责令人")
    ordered_at: datetime = Field(title="责令时间", description=TIME)
    proof: str | None = Field(title="改正情况")
    proved_at: datetime | None = Field(title="报送改正情况的时间", description=TIME)
    closed_by: Handler = Field(title="认定人")
    closed_at: datetime | None = Field(title="认定时间", description=TIME)
    closing_reason: str | None = Field(title="认定理由")
    first_due_on: date | None = Field(title="原改正期限", description=f"{DATE}；未延长的为空")
    extension_reason: str | None = Field(title="最近一次延长期限的理由")
    withdrawn_by: Handler = Field(title="撤回人")
    withdrawn_at: datetime | None = Field(title="撤回时间", description=TIME)
    withdraw_reason: str | None = Field(title="撤回理由")


@router.post(
    "/v1/applications/{application_id}/correction-orders",
    status_code=201,
    name="order_correction",
    summary="责令改正",
    description="市级人员责令项目单位限期改正，写明事由、要求和期限并附责令改正通知。期满未改正的停止拨付，并可追回资金。"
    "依据：政府投资条例第三十四条。",
)
async def order_correction(
    session: Session, actor: CityOfficer, application_id: ApplicationKey, body: NewCorrectionOrder, response: Response
) -> CorrectionOrderOut:
    """Order the owner to correct something by a day. 政府投资条例 art. 34"""
    application = await locked(session, Application, application_id)
    application.expect(*PAID)
    if body.due_on <= today(session):
        raise Invalid("改正期限须晚于今日", field="/body/due_on")
    stated = body.model_dump(exclude={"attachments"})
    order = CorrectionOrder(
        ordered_by=actor.subject, ordered_at=now(session), **new_row_columns(session, application), **stated
    )
    session.add(order)
    papers = await require(session, body.attachments, application, "correction_order", act=order)
    detail = {"order_id": str(order.id), "ground": body.ground, "due_on": str(body.due_on), **facts_of(papers)}
    await record_act(
        session, "order_correction", case_of(application), reason=body.demand, duty="order_correction", **detail
    )
    response.headers["location"] = f"/v1/correction-orders/{order.id}"
    await session.flush()
    return CorrectionOrderOut.model_validate(order)


ORDERS = Listing(
    one_of("application_id", CorrectionOrder.application_id, UUID, "资金申请编号"),
    one_of("district", CorrectionOrder.district, Line, "所在区"),
    one_of("status", CorrectionOrder.status, CorrectionStatus, "状态"),
    moments("ordered_at", CorrectionOrder.ordered_at, "责令时间"),
    sorts={"id": CorrectionOrder.id, "due_on": CorrectionOrder.due_on},
    key=CorrectionOrder.id,
    default="-id",
)


@router.get(
    "/v1/correction-orders",
    name="list_correction_orders",
    summary="查询责令改正",
    description="列出责令改正，可按资金申请、区、状态和时间筛选；项目单位只见本单位的。依据：政府投资条例第三十四条。",
)
async def list_correction_orders(
    session: ReadSession, actor: Person, asked: Annotated[PageRequest, Depends(ORDERS)]
) -> Page[CorrectionOrderOut]:
    """Return the orders that the caller may read, newest first."""
    return await asked.page(session, select(CorrectionOrder), CorrectionOrderOut.model_validate)


@router.get(
    "/v1/correction-orders/{order_id}",
    name="read_correction_order",
    summary="查询一项责令改正",
    description="返回一项责令改正；响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：政府投资条例第三十四条。",
    responses=VERSIONED,
)
async def read_correction_order(
    session: ReadSession, actor: Person, order_id: OrderKey, response: Response
) -> CorrectionOrderOut:
    """Return one order, with the entity tag of the application that an act on it changes."""
    order = await found(session, CorrectionOrder, order_id)
    response.headers["etag"] = etag(await found(session, Application, order.application_id))
    return CorrectionOrderOut.model_validate(order)


@router.post(
    "/v1/correction-orders/{order_id}/prove",
    name="prove_correction",
    summary="报送改正情况",
    description="项目单位报送改正情况并附整改证明；认定之前可以重新报送。依据：政府投资条例第三十四条。",
)
async def prove_correction(
    session: Session, actor: Applicant, order_id: OrderKey, body: ProofIn, if_match: IfMatch = None
) -> CorrectionOrderOut:
    """Tell what was corrected, with proof; a later proof replaces an earlier one."""
    order, application = await locked_order(session, order_id, if_match)
    order.prove(body.proof, now(session))
    papers = await require(session, body.attachments, application, "correction_proof", act=order)
    detail = {"order_id": str(order.id), **facts_of(papers)}
    await record_act(session, "prove_correction", case_of(application), reason=body.proof, duty="report", **detail)
    await session.flush()
    return CorrectionOrderOut.model_validate(order)


@router.post(
    "/v1/correction-orders/{order_id}/close",
    name="close_correction",
    summary="认定改正结果",
    description="由未作出责令的市级人员认定是否已改正。未改正的，报送改正情况后或期满后方可认定，认定后停止拨付，并可提出追回。"
    "依据：政府投资条例第三十四条。",
)
async def close_correction(
    session: Session, actor: CityDesk, order_id: OrderKey, body: OrderClosing, if_match: IfMatch = None
) -> CorrectionOrderOut:
    """Find that the order was followed, or stop payments because it was not. 政府投资条例 art. 34"""
    order, application = await locked_order(session, order_id, if_match)
    status = "corrected" if body.corrected else "uncorrected"
    order.close(status, actor.subject, now(session), today(session), body.reason)
    detail = {"order_id": str(order.id), "corrected": body.corrected}
    await record_act(
        session, "close_correction", case_of(application), reason=body.reason, duty="close_correction", **detail
    )
    await decided(session, order)
    if not body.corrected:
        told = f"{CLAWBACK_GROUNDS[order.ground]}，责令于 {order.due_on} 前改正而未改正：{body.reason}"
        await place_hold(session, application, "other", "四（一）1", "stop", told, f"correction:{order.id}")
    await session.flush()
    return CorrectionOrderOut.model_validate(order)
