"""Endpoints for payment orders (支付申请): issued, downloaded, withdrawn. 三（二）, 政府投资条例 art. 19"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import DATE, TIME, YUAN, Shape
from services.funding.models.payment_orders import PaymentLine, PaymentOrder, PaymentOrderFile
from services.funding.payments.matching import lock_books
from services.funding.payments.order_files import FORMATS
from services.funding.payments.orders import (
    MOST_LINES,
    issue,
    lines_of,
    named_releases,
    payable,
    waiting_releases,
    withdraw,
    withdrawn_order,
)
from services.funding.rules.code_lists import PaymentLineStatus, PaymentOrderStatus
from shared.audiences import AccountNo, Handler
from shared.districts import CITY
from shared.errors import NotFound
from shared.money import Money
from shared.storage.audit import Case, record_act
from shared.storage.file_names import disposition
from shared.storage.session import found
from shared.storage.versions import etag, locked_as_read
from shared.text import Paragraph
from shared.web.auth import Finance, FinanceOrAuditor, Official
from shared.web.filters import dates, flag, one_of, search
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["支付申请"])
OrderKey = Annotated[UUID, Path(title="支付申请编号")]
_OPEN = select(PaymentLine.id).where(PaymentLine.order_id == PaymentOrder.id, PaymentLine.status == "ordered").exists()
OVERDUE = PaymentOrder.overdue_since.is_not(None) & (PaymentOrder.status == "issued") & _OPEN
ORDERS = Listing(
    one_of("status", PaymentOrder.status, PaymentOrderStatus, "支付申请状态"),
    flag("overdue", OVERDUE, "是否逾期未获国库答复"),
    dates("issued_on", PaymentOrder.issued_on, "开具日期"),
    search("支付申请号", PaymentOrder.order_no),
    sorts={"issued_at": PaymentOrder.issued_at, "total_yuan": PaymentOrder.total_yuan, "due_on": PaymentOrder.due_on},
    key=PaymentOrder.id,
    default="-issued_at",
)


class NewPaymentOrder(BaseModel):
    """Batch of releases to order; without ids all that wait for an order."""

    release_ids: list[UUID] | None = Field(
        None,
        title="拨付申请编号",
        description="不填则列入全部已批准、可以支付的拨付，最多 200 笔",
        min_length=1,
        max_length=MOST_LINES,
    )
    replaces_id: UUID | None = Field(None, title="所重新开具的支付申请", description="须为已撤回的支付申请")


class LineOut(Shape):
    """Line of an order: a release, the account it goes to, and the treasury's answer."""

    id: UUID = Field(title="支付明细编号")
    order_id: UUID = Field(title="支付申请编号")
    order_no: str = Field(title="支付申请号")
    line_no: int = Field(title="序号")
    application_id: UUID = Field(title="资金申请编号")
    release_id: UUID = Field(title="拨付申请编号")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    project_name: str = Field(title="项目名称")
    account_name: str = Field(title="收款人全称")
    bank: str = Field(title="开户银行")
    bank_code: str | None = Field(title="支付系统行号")
    account_no: AccountNo = Field(title="收款人账号", description="无须知悉的人员只见末四位")
    purpose: str = Field(title="用途")
    amount_yuan: Money = Field(title="金额", description=YUAN)
    issued_on: date = Field(title="开具日期", description=DATE)
    status: PaymentLineStatus = Field(title="状态")
    answered_on: date | None = Field(title="支付或退票日期", description=f"{DATE}；未获答复时为空")
    return_reason: str | None = Field(title="退票原因")


class OrderFileOut(Shape):
    """File of an order and its digest."""

    format: Literal["csv", "xlsx"] = Field(title="格式")
    sha256: str = Field(title="文件 SHA-256", description="十六进制")


class PaymentOrderSummary(Shape):
    """Payment order without its lines."""

    id: UUID = Field(title="支付申请编号")
    order_no: str = Field(title="支付申请号")
    status: PaymentOrderStatus = Field(title="状态")
    lines: int = Field(title="笔数")
    total_yuan: Money = Field(title="合计金额", description=YUAN)
    layout: str = Field(title="文件版式", description="所用版式的启用日期")
    issued_by: Handler = Field(title="开具人")
    issued_at: datetime = Field(title="开具时间", description=TIME)
    issued_on: date = Field(title="开具日期", description=DATE)
    due_on: date = Field(title="答复期限", description=f"{DATE}；逾期未获国库答复的列为逾期")
    overdue_since: date | None = Field(title="逾期起始日", description=f"{DATE}；未逾期为空")
    replaces_id: UUID | None = Field(title="所重新开具的支付申请")
    withdrawn_by: Handler = Field(title="撤回人")
    withdrawn_at: datetime | None = Field(title="撤回时间", description=TIME)
    withdraw_reason: str | None = Field(title="撤回理由")


class LeftOutRelease(Shape):
    """Release that waits for an order and was left out."""

    release_id: UUID = Field(title="拨付申请编号")
    reason: str = Field(title="未列入的原因")


class PaymentOrderOut(PaymentOrderSummary):
    """Payment order with its lines and files."""

    items: list[LineOut] = Field(default_factory=list, title="明细")
    files: list[OrderFileOut] = Field(default_factory=list, title="文件")
    left_out: list[LeftOutRelease] = Field(
        default_factory=list, title="未列入的拨付", description="开具时未指定拨付、而暂不能支付的"
    )


@router.post(
    "/v1/payment-orders",
    status_code=201,
    name="issue_payment_order",
    summary="开具支付申请",
    description="财务人员将已批准的拨付开具为一份支付申请，编号并生成 CSV、XLSX 文件。"
    "项目须有已生效的收款账户且未被暂停拨付。依据：三（二）、政府投资条例第十九条。",
)
async def issue_payment_order(
    session: Session, actor: Finance, body: NewPaymentOrder, response: Response
) -> PaymentOrderOut:
    """Issue an order of the releases named, or of all that wait for one. 三（二）"""
    replaced = await withdrawn_order(session, body.replaces_id) if body.replaces_id else None
    named = body.release_ids is not None
    releases = await named_releases(session, body.release_ids or []) if named else await waiting_releases(session)
    fit, left_out = await payable(session, releases, strict=named)
    order = await issue(session, fit, replaced)
    detail = {"order_no": order.order_no, "lines": str(order.lines), "total_yuan": str(order.total_yuan)}
    await record_act(session, "issue_payment_order", Case(order.id, CITY), duty="issue_order", **detail)
    response.headers["location"] = f"/v1/payment-orders/{order.id}"
    shown = await _shown(session, order)
    return shown.model_copy(update={"left_out": [LeftOutRelease.model_validate(each) for each in left_out]})


@router.get(
    "/v1/payment-orders",
    name="list_payment_orders",
    summary="查询支付申请列表",
    description="工作人员按状态、开具日期、是否逾期查询支付申请，默认新的在前，不含明细。依据：三（二）。",
)
async def list_payment_orders(
    session: ReadSession, actor: Official, asked: Annotated[PageRequest, Depends(ORDERS)]
) -> Page[PaymentOrderSummary]:
    """Return the orders, newest first, without their lines. 三（二）"""
    return await asked.page(session, select(PaymentOrder), PaymentOrderSummary.model_validate)


@router.get(
    "/v1/payment-orders/{order_id}",
    name="read_payment_order",
    summary="查询支付申请",
    description="工作人员查询一份支付申请及其明细、文件摘要和国库支付结果。依据：三（二）。",
    responses=VERSIONED,
)
async def read_payment_order(
    session: ReadSession, actor: Official, order_id: OrderKey, response: Response
) -> PaymentOrderOut:
    """Return an order with its lines and the digests of its files. 三（二）"""
    order = await found(session, PaymentOrder, order_id)
    response.headers["etag"] = etag(order)
    return await _shown(session, order)


@router.get(
    "/v1/payment-orders/{order_id}/files/{format}",
    name="read_payment_order_file",
    summary="下载支付申请文件",
    description="财务、审计人员下载开具时生成的文件，每次逐字节相同；响应头 ETag 为其 SHA-256。依据：三（二）。",
    response_class=Response,
    responses={
        200: {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in FORMATS.values()}}
    },
)
async def read_payment_order_file(
    session: ReadSession,
    actor: FinanceOrAuditor,
    order_id: OrderKey,
    format: Annotated[Literal["csv", "xlsx"], Path(title="格式")],
) -> Response:
    """Return the file as it was made when the order was issued. 三（二）"""
    file = await session.get(PaymentOrderFile, (order_id, format))
    if file is None:
        raise NotFound("没有这份支付申请，请核对编号")
    order = await found(session, PaymentOrder, order_id)
    headers = {"content-disposition": disposition(f"{order.order_no}.{format}"), "etag": f'"{file.sha256}"'}
    return Response(file.content, media_type=FORMATS[format], headers=headers)


class OrderWithdrawal(BaseModel):
    """Reason for which an order is withdrawn."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/payment-orders/{order_id}/withdraw",
    name="withdraw_payment_order",
    summary="撤回支付申请",
    description="财务人员撤回国库尚未答复的支付申请并说明理由，其中拨付可以重新开具。已有支付结果的不得撤回。依据：三（二）。",
)
async def withdraw_payment_order(
    session: Session, actor: Finance, order_id: OrderKey, body: OrderWithdrawal, if_match: IfMatch = None
) -> PaymentOrderOut:
    """Withdraw an order that has no answer yet; its releases may be ordered anew. 三（二）"""
    await lock_books(session)
    order = await locked_as_read(session, PaymentOrder, order_id, if_match)
    await withdraw(session, order, body.reason)
    case, detail = Case(order.id, CITY), {"order_no": order.order_no}
    await record_act(session, "withdraw_payment_order", case, reason=body.reason, duty="issue_order", **detail)
    return await _shown(session, order)


async def _shown(session: AsyncSession, order: PaymentOrder) -> PaymentOrderOut:
    await session.flush()
    files = select(PaymentOrderFile.format, PaymentOrderFile.sha256).filter_by(order_id=order.id)
    rows = (await session.execute(files.order_by(PaymentOrderFile.format))).all()
    parts = {
        "items": [LineOut.model_validate(line) for line in await lines_of(session, order.id)],
        "files": [OrderFileOut.model_validate(row) for row in rows],
    }
    return PaymentOrderOut.model_validate(order).model_copy(update=parts)
