"""Endpoints for money that a project paid back voluntarily: recorded by one person, confirmed by another. 四（一）1"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import TIME, YUAN, ApplicationKey, Shape, Yuan
from services.funding.applications import new_row_columns
from services.funding.ledger.case_acts import book_return
from services.funding.ledger.posting import post
from services.funding.models.applications import Application
from services.funding.models.returns import MoneyReturn
from services.funding.receipts_once import refuse_known_receipt
from services.funding.rules.code_lists import ReturnStatus
from shared.audiences import Handler
from shared.contracts.funding import FundsReturned
from shared.events.outbox import emit
from shared.money import Money
from shared.storage.audit import case_of, record_act
from shared.storage.session import found, locked, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import Finance, Official
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session

router = APIRouter(route_class=ActRoute, tags=["退回与追回"])
ReturnKey = Annotated[UUID, Path(title="退款编号")]


class NewReturn(BaseModel):
    """Money that the project paid back voluntarily."""

    amount_yuan: Yuan
    bank_receipt_no: Line = Field(title="银行回单号", description="不得重复；写法不同视为同一编号")
    repeat_reason: Paragraph | None = Field(
        None, title="重复使用回单号的理由", description="回单号已用于另一笔登记时必填，如 一笔到账含多个项目的款项"
    )
    reason: Paragraph = Field(title="事由")


class ReturnOut(Shape):
    """Return; it counts once a second person has confirmed the receipt."""

    id: UUID = Field(title="退款编号")
    application_id: UUID = Field(title="资金申请编号")
    amount_yuan: Money = Field(title="金额", description=YUAN)
    clause: str = Field("四（一）1", title="依据条款")
    bank_receipt_no: str = Field(title="银行回单号")
    reason: str = Field(title="事由")
    status: ReturnStatus = Field(title="状态")
    recorded_by: Handler = Field(title="登记人")
    recorded_at: datetime = Field(title="登记时间", description=TIME)
    decided_by: Handler = Field(title="确认人")
    decided_at: datetime | None = Field(title="确认时间", description=TIME)
    transfer_id: UUID | None = Field(title="转账编号", description="资金台账中的转账编号；未确认时为空")


@router.post(
    "/v1/applications/{application_id}/returns",
    status_code=201,
    name="record_return",
    summary="登记退款",
    description="财务人员登记项目单位主动退回的资金，须由另一名财务人员确认到账。金额不得超过拨付净额，银行回单号不得重复。依据：四（一）1。",
)
async def record_return(
    session: Session, actor: Finance, application_id: ApplicationKey, body: NewReturn, response: Response
) -> ReturnOut:
    """Record money paid back voluntarily, to be confirmed by a second person. 四（一）1"""
    application = await locked(session, Application, application_id)
    application.expect_net_paid(body.amount_yuan)
    known = (application.id, body.bank_receipt_no, body.amount_yuan, body.repeat_reason)
    await refuse_known_receipt(session, MoneyReturn, *known)
    row = MoneyReturn(
        recorded_by=actor.subject, recorded_at=now(session), **new_row_columns(session, application), **dict(body)
    )
    session.add(row)
    detail = {"amount_yuan": str(body.amount_yuan)}
    await record_act(session, "record_return", case_of(application), reason=body.reason, duty="record_return", **detail)
    await session.flush()
    response.headers["location"] = f"/v1/applications/{application.id}"
    return ReturnOut.model_validate(row)


@router.get(
    "/v1/returns/{return_id}",
    name="read_return",
    summary="查询退款",
    description="各级工作人员查询一项退款；响应头 ETag 为其资金申请的版本，办理时放入 If-Match。依据：四（一）1。",
    responses=VERSIONED,
)
async def read_return(session: ReadSession, actor: Official, return_id: ReturnKey, response: Response) -> ReturnOut:
    """Return one row, with the entity tag of the application that an act on it changes. 四（一）1"""
    row = await found(session, MoneyReturn, return_id)
    response.headers["etag"] = etag(await found(session, Application, row.application_id))
    return ReturnOut.model_validate(row)


@router.post(
    "/v1/returns/{return_id}/confirm",
    name="confirm_return",
    summary="确认退款到账",
    description="另一名财务人员确认退款到账并记入台账，登记人和审批该项目拨付的人不得确认。依据：四（一）1。",
)
async def confirm_return(session: Session, actor: Finance, return_id: ReturnKey, if_match: IfMatch = None) -> ReturnOut:
    """Confirm the receipt and post it to the ledger. Raises SameOfficer for the recorder. 四（一）1"""
    row, application = await _locked_return(session, return_id, if_match)
    row.decide("confirmed", actor.subject, now(session))
    application.expect_net_paid(row.amount_yuan)
    row.transfer_id, transfers = book_return(application, row.amount_yuan, f"own:{row.id}")
    application.returned_yuan += row.amount_yuan
    detail = {"amount_yuan": str(row.amount_yuan), "return_id": str(row.id)}
    await record_act(session, "confirm_return", case_of(application), duty="decide_return", **detail)
    await emit(session, _announced(application, row, row.transfer_id))
    await post(session, transfers)
    return ReturnOut.model_validate(row)


def _announced(application: Application, row: MoneyReturn, transfer_id: UUID) -> FundsReturned:
    return FundsReturned(
        declaration_id=application.id,
        district=application.district,
        applicant_uscc=application.applicant_uscc,
        transfer_id=transfer_id,
        amount_yuan=row.amount_yuan,
        reason=row.reason,
    )


class ReturnRejection(BaseModel):
    """Reason for which a return is rejected."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/returns/{return_id}/reject",
    name="reject_return",
    summary="驳回退款登记",
    description="另一名财务人员查明退款未到账的，驳回登记并说明理由，登记人和审批该项目拨付的人不得办理。依据：四（一）1。",
)
async def reject_return(
    session: Session, actor: Finance, return_id: ReturnKey, body: ReturnRejection, if_match: IfMatch = None
) -> ReturnOut:
    """Reject a return that was not received. Raises SameOfficer for the recorder. 四（一）1"""
    row, application = await _locked_return(session, return_id, if_match)
    row.decide("rejected", actor.subject, now(session))
    detail = {"return_id": str(row.id)}
    await record_act(session, "reject_return", case_of(application), reason=body.reason, duty="decide_return", **detail)
    await session.flush()
    return ReturnOut.model_validate(row)


async def _locked_return(
    session: AsyncSession, return_id: UUID, if_match: str | None
) -> tuple[MoneyReturn, Application]:
    """Return the return and its application, locked, the application first."""
    row = await found(session, MoneyReturn, return_id)
    application = await locked_as_read(session, Application, row.application_id, if_match)
    return await locked(session, MoneyReturn, return_id), application
