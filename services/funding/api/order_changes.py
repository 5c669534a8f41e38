"""Endpoints by which an order to correct is extended or withdrawn; the order itself stays on record."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.funding.api.corrections import CorrectionOrderOut, OrderKey
from services.funding.api.shapes import DATE
from services.funding.corrections import locked_order
from shared.attachments import decided
from shared.days import DeadlineDay
from shared.storage.audit import case_of, record_act
from shared.storage.session import now, today
from shared.text import Paragraph
from shared.web.auth import CityOfficer
from shared.web.headers import IfMatch
from shared.web.idempotency import ActRoute, Session

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])


class Extension(BaseModel):
    """Later deadline of an order, with the reason."""

    model_config = ConfigDict(extra="forbid")

    due_on: DeadlineDay = Field(title="新的改正期限", description=DATE)
    reason: Paragraph = Field(title="延长理由")


class OrderWithdrawal(BaseModel):
    """Reason for which an order is withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="撤回理由")


@router.post(
    "/v1/correction-orders/{order_id}/extend",
    name="extend_correction",
    summary="延长改正期限",
    description="市级人员说明理由，延长尚未认定的责令改正的期限；原期限保留备查。依据：政府投资条例第三十四条。",
)
async def extend_correction(
    session: Session, actor: CityOfficer, order_id: OrderKey, body: Extension, if_match: IfMatch = None
) -> CorrectionOrderOut:
    """Give an open order a later deadline. 政府投资条例 art. 34"""
    order, application = await locked_order(session, order_id, if_match)
    detail = {"order_id": str(order.id), "from_on": str(order.due_on), "due_on": str(body.due_on)}
    order.extend(body.due_on, body.reason, today(session))
    await record_act(
        session, "extend_correction", case_of(application), reason=body.reason, duty="order_correction", **detail
    )
    await session.flush()
    return CorrectionOrderOut.model_validate(order)


@router.post(
    "/v1/correction-orders/{order_id}/withdraw",
    name="withdraw_correction",
    summary="撤回责令改正",
    description="市级人员说明理由，撤回尚未认定的责令改正；记录保留，不得据以追回。依据：政府投资条例第三十四条。",
)
async def withdraw_correction(
    session: Session, actor: CityOfficer, order_id: OrderKey, body: OrderWithdrawal, if_match: IfMatch = None
) -> CorrectionOrderOut:
    """Withdraw an open order; no recovery can rest on it. 政府投资条例 art. 34"""
    order, application = await locked_order(session, order_id, if_match)
    order.withdraw(actor.subject, now(session), body.reason)
    detail = {"order_id": str(order.id)}
    await record_act(
        session, "withdraw_correction", case_of(application), reason=body.reason, duty="order_correction", **detail
    )
    await decided(session, order)
    await session.flush()
    return CorrectionOrderOut.model_validate(order)
