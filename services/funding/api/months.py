"""Endpoints for monthly closings of the payments (月结): prepared, closed, reopened, each by two people. 三（二）"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from services.funding.api.shapes import DATE, TIME, YUAN, Shape
from services.funding.models.months import MonthClosing
from services.funding.payments.matching import lock_books
from services.funding.payments.months import carried, days, expect_closable, last_closed, open_items, refuse_changed
from services.funding.rules.code_lists import MonthStatus
from shared.audiences import Handler
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import Duplicate, WrongStatus
from shared.money import Money
from shared.storage.audit import Case, record_act
from shared.storage.session import found, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Paragraph
from shared.web.auth import CityOrFinance, Finance
from shared.web.filters import one_of
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["月结"])
ClosingKey = Annotated[UUID, Path(title="月结编号")]
MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
Month = Annotated[str, Field(pattern=MONTH, title="月份", description="格式 2024-07")]
CLOSINGS = Listing(
    one_of("status", MonthClosing.status, MonthStatus, "月结状态"),
    sorts={"month": MonthClosing.month, "prepared_at": MonthClosing.prepared_at},
    key=MonthClosing.id,
    default="-month",
)


class CarriedReason(BaseModel):
    """Reason for which an open item is carried into the next month."""

    item_id: UUID = Field(title="未结事项编号")
    reason: Paragraph = Field(title="结转理由")


class NewClosing(BaseModel):
    """Month to close, with a reason for every open item."""

    month: Month
    reasons: list[CarriedReason] = Field(default_factory=list, title="未结事项的结转理由", max_length=1000)


class MonthItemOut(Shape):
    """Item that is open at the end of the month."""

    id: UUID = Field(title="未结事项编号")
    kind: Literal["release", "line", "receipt"] = Field(
        title="类别", description="release 未开具支付申请的拨付，line 国库未答复的明细，receipt 未勾对的回单"
    )
    text: str = Field(title="事项")
    amount_yuan: Money = Field(title="金额", description=YUAN)
    reason: str | None = Field(None, title="结转理由")


class DayOut(Shape):
    """Sums of a day."""

    on: date = Field(title="日期", description=DATE)
    ordered_yuan: Money = Field(title="开具金额", description=YUAN)
    paid_yuan: Money = Field(title="支付金额", description=YUAN)
    returned_yuan: Money = Field(title="退票金额", description=YUAN)


class MonthOut(BaseModel):
    """Days and open items of a month as they are now."""

    month: str = Field(title="月份")
    closed_until: str | None = Field(title="已结账至")
    days: list[DayOut] = Field(title="各日合计", description="上次结账之后至本月末")
    open_items: list[MonthItemOut] = Field(title="月末未结事项")


class ClosingOut(Shape):
    """Closing of a month and of those before it that were open."""

    id: UUID = Field(title="月结编号")
    month: str = Field(title="月份")
    status: MonthStatus = Field(title="状态")
    days: list[DayOut] = Field(title="各日合计")
    open_items: list[MonthItemOut] = Field(title="结转下月的未结事项")
    prepared_by: Handler = Field(title="编制人")
    prepared_at: datetime = Field(title="编制时间", description=TIME)
    closed_by: Handler = Field(title="复核人")
    closed_at: datetime | None = Field(title="复核时间", description=TIME)
    reopening_by: Handler = Field(title="申请重新开启的人")
    reopening_at: datetime | None = Field(title="申请重新开启的时间", description=TIME)
    reopening_reason: str | None = Field(title="重新开启的理由")
    reopened_by: Handler = Field(title="批准重新开启的人")
    reopened_at: datetime | None = Field(title="重新开启时间", description=TIME)


@router.get(
    "/v1/payment-months",
    name="read_month",
    summary="查询月末对账情况",
    description="市级、财务、审计人员查询某月各日的开具、支付、退票合计和月末未结事项，供编制月结。依据：三（二）。",
)
async def read_month(
    session: ReadSession,
    actor: CityOrFinance,
    month: Annotated[str, Query(pattern=MONTH, title="月份", description="格式 2024-07")],
) -> MonthOut:
    """Return the days of a month since the last closing and what is open at its end. 三（二）"""
    closed = await last_closed(session)
    items = [MonthItemOut.model_validate(item) for item in await open_items(session, month)]
    shown = [DayOut.model_validate(day) for day in await days(session, closed, month)]
    return MonthOut(month=month, closed_until=closed, days=shown, open_items=items)


@router.post(
    "/v1/month-closings",
    status_code=201,
    name="prepare_month",
    summary="编制月结",
    description="财务人员编制已结束月份的月结，对每一项未结事项说明结转下月的理由；此前未结账的月份一并结账。依据：三（二）。",
)
async def prepare_month(session: Session, actor: Finance, body: NewClosing, response: Response) -> ClosingOut:
    """Prepare the closing of a month that is over, with a reason for every open item. 三（二）"""
    await lock_books(session)
    await expect_closable(session, body.month)
    reasons = {each.item_id: each.reason for each in body.reasons}
    if len(reasons) < len(body.reasons):
        raise Duplicate("同一未结事项的理由填写了两次，请删去一项", field="/body/reasons")
    closing = MonthClosing(
        id=uuid7(now(session)),
        district=CITY,
        month=body.month,
        days=await days(session, await last_closed(session), body.month),
        open_items=carried(await open_items(session, body.month), reasons),
        prepared_by=actor.subject,
        prepared_at=now(session),
    )
    session.add(closing)
    await record_act(session, "prepare_month", Case(closing.id, CITY), duty="prepare_month", month=body.month)
    await session.flush()
    response.headers["location"] = f"/v1/month-closings/{closing.id}"
    return ClosingOut.model_validate(closing)


@router.get(
    "/v1/month-closings",
    name="list_month_closings",
    summary="查询月结列表",
    description="市级、财务、审计人员查询各月的月结，默认新的在前。依据：三（二）。",
)
async def list_month_closings(
    session: ReadSession, actor: CityOrFinance, asked: Annotated[PageRequest, Depends(CLOSINGS)]
) -> Page[ClosingOut]:
    """Return the closings, newest month first. 三（二）"""
    return await asked.page(session, select(MonthClosing), ClosingOut.model_validate)


@router.get(
    "/v1/month-closings/{closing_id}",
    name="read_month_closing",
    summary="查询月结",
    description="市级、财务、审计人员查询一个月的月结；响应头 ETag 用于办理时的 If-Match。依据：三（二）。",
    responses=VERSIONED,
)
async def read_month_closing(
    session: ReadSession, actor: CityOrFinance, closing_id: ClosingKey, response: Response
) -> ClosingOut:
    """Return one closing. 三（二）"""
    closing = await found(session, MonthClosing, closing_id)
    response.headers["etag"] = etag(closing)
    return ClosingOut.model_validate(closing)


@router.post(
    "/v1/month-closings/{closing_id}/close",
    name="close_month",
    summary="复核结账",
    description="另一名财务人员复核月结，其后不得再向该月入账；编制之后有变化的须重新编制。依据：三（二）。",
)
async def close_month(session: Session, actor: Finance, closing_id: ClosingKey, if_match: IfMatch = None) -> ClosingOut:
    """Close a prepared month; nothing is booked into it afterwards. 三（二）"""
    await lock_books(session)
    closing = await locked_as_read(session, MonthClosing, closing_id, if_match)
    since = await last_closed(session)
    closing.close(actor.subject, now(session))
    await record_act(session, "close_month", Case(closing.id, CITY), duty="close_month", month=closing.month)
    await refuse_changed(session, closing, since)
    return await _shown(session, closing)


class ClosingReason(BaseModel):
    """Reason of an act on a closing."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/month-closings/{closing_id}/withdraw",
    name="withdraw_month",
    summary="撤回月结",
    description="财务人员撤回待复核的月结并说明理由，可以重新编制。依据：三（二）。",
)
async def withdraw_month(
    session: Session, actor: Finance, closing_id: ClosingKey, body: ClosingReason, if_match: IfMatch = None
) -> ClosingOut:
    """Withdraw a closing that nobody has confirmed; the month may be prepared anew. 三（二）"""
    closing = await locked_as_read(session, MonthClosing, closing_id, if_match)
    closing.withdraw()
    case = Case(closing.id, CITY)
    await record_act(session, "withdraw_month", case, reason=body.reason, duty="prepare_month", month=closing.month)
    return await _shown(session, closing)


@router.post(
    "/v1/month-closings/{closing_id}/ask-reopening",
    name="ask_reopening",
    summary="申请重新开启",
    description="财务人员申请重新开启最近结账的月份并说明理由，由另一名财务人员批准；批准之前该月仍不得入账。依据：三（二）。",
)
async def ask_reopening(
    session: Session, actor: Finance, closing_id: ClosingKey, body: ClosingReason, if_match: IfMatch = None
) -> ClosingOut:
    """Ask that the last closed month be reopened; it stays closed until another person agrees. 三（二）"""
    await lock_books(session)
    closing = await locked_as_read(session, MonthClosing, closing_id, if_match)
    if (last := await last_closed(session)) != closing.month:
        raise WrongStatus(f"只能重新开启最近结账的月份 {last}", month=last)
    closing.ask_reopening(actor.subject, now(session), body.reason)
    case = Case(closing.id, CITY)
    await record_act(session, "ask_reopening", case, reason=body.reason, duty="ask_reopening", month=closing.month)
    return await _shown(session, closing)


@router.post(
    "/v1/month-closings/{closing_id}/reopen",
    name="reopen_month",
    summary="批准重新开启",
    description="另一名财务人员批准重新开启，该月可以入账，其后须重新编制和复核。依据：三（二）。",
)
async def reopen_month(
    session: Session, actor: Finance, closing_id: ClosingKey, if_match: IfMatch = None
) -> ClosingOut:
    """Reopen the month for which another person has asked. 三（二）"""
    await lock_books(session)
    closing = await locked_as_read(session, MonthClosing, closing_id, if_match)
    closing.reopen(actor.subject, now(session))
    await record_act(session, "reopen_month", Case(closing.id, CITY), duty="reopen_month", month=closing.month)
    return await _shown(session, closing)


@router.post(
    "/v1/month-closings/{closing_id}/keep-closed",
    name="keep_month_closed",
    summary="不予重新开启",
    description="另一名财务人员不同意重新开启并说明理由，该月仍为已结账。依据：三（二）。",
)
async def keep_month_closed(
    session: Session, actor: Finance, closing_id: ClosingKey, body: ClosingReason, if_match: IfMatch = None
) -> ClosingOut:
    """Refuse to reopen the month; it stays closed. 三（二）"""
    closing = await locked_as_read(session, MonthClosing, closing_id, if_match)
    closing.keep_closed()
    case = Case(closing.id, CITY)
    await record_act(session, "keep_month_closed", case, reason=body.reason, duty="reopen_month", month=closing.month)
    return await _shown(session, closing)


async def _shown(session: Session, closing: MonthClosing) -> ClosingOut:
    await session.flush()
    return ClosingOut.model_validate(closing)
