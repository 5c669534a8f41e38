"""Endpoints for receipts of the treasury (国库回单): booked, matched, accepted, voided. 三（二）"""

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Response
from pydantic import BaseModel, Field
from pydantic_core import to_json
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.shapes import DATE, TIME, YUAN, Shape, Yuan
from services.funding.models.payment_orders import PaymentLine
from services.funding.models.receipts import TreasuryReceipt
from services.funding.payments.matching import Postings, apply, differences, lock_books, undo
from services.funding.payments.months import bookable_month, expect_open, month_of
from services.funding.payments.receipt_files import stated_in
from services.funding.payments.receipts import Judged, Stated, book, line_of
from services.funding.rules.code_lists import ReceiptDifference, ReceiptResult, ReceiptStatus
from shared.audiences import AccountNo, Handler
from shared.days import ProcedureDay
from shared.districts import CITY
from shared.errors import Invalid
from shared.identifiers import AccountNumber
from shared.money import Money
from shared.storage.audit import Case, record_act
from shared.storage.session import actor_of, found, now
from shared.storage.versions import etag, locked_as_read
from shared.text import Line, Paragraph
from shared.web.auth import CityOrFinance, Finance
from shared.web.filters import dates, one_of, search
from shared.web.headers import VERSIONED, IfMatch
from shared.web.idempotency import ActRoute, ReadSession, Session
from shared.web.paging import Listing, Page, PageRequest

router = APIRouter(route_class=ActRoute, tags=["国库回单与对账"])
ReceiptKey = Annotated[UUID, Path(title="回单编号")]
RECEIPTS = Listing(
    one_of("status", TreasuryReceipt.status, ReceiptStatus, "勾对状态"),
    one_of("result", TreasuryReceipt.result, ReceiptResult, "支付结果"),
    dates("result_on", TreasuryReceipt.result_on, "支付或退票日期"),
    search("凭证号或支付申请号", TreasuryReceipt.voucher_no, TreasuryReceipt.order_no),
    sorts={"result_on": TreasuryReceipt.result_on, "amount_yuan": TreasuryReceipt.amount_yuan},
    key=TreasuryReceipt.id,
    default="-result_on",
)


class NewReceipt(BaseModel):
    """Receipt as the treasury states it."""

    voucher_no: Line = Field(title="凭证号", description="同一凭证号的支付、退票各登记一次")
    order_no: Line | None = Field(None, title="支付申请号", description="不填的登记为未勾对")
    line_no: int | None = Field(None, title="明细序号", ge=1, le=10_000)
    account_no: AccountNumber | None = Field(None, title="收款人账号", description="填写的与支付申请核对")
    amount_yuan: Yuan
    result: ReceiptResult = Field(title="支付结果", description="paid 支付成功，returned 退票")
    result_on: ProcedureDay = Field(title="支付或退票日期", description=DATE)
    bank_reason: Line | None = Field(None, title="退票原因")


class NewReceipts(BaseModel):
    """Receipts that came together; all are booked, or none."""

    receipts: list[NewReceipt] = Field(title="回单", min_length=1, max_length=500)


class ReceiptOut(Shape):
    """Receipt with what it answers, or in what it differs."""

    id: UUID = Field(title="回单编号")
    batch_id: UUID = Field(title="登记批次编号")
    voucher_no: str = Field(title="凭证号")
    order_no: str | None = Field(title="支付申请号")
    line_no: int | None = Field(title="明细序号")
    account_no: AccountNo | None = Field(title="收款人账号", description="无须知悉的人员只见末四位")
    amount_yuan: Money = Field(title="金额", description=YUAN)
    result: ReceiptResult = Field(title="支付结果")
    result_on: date = Field(title="支付或退票日期", description=DATE)
    bank_reason: str | None = Field(title="退票原因")
    month: str = Field(title="入账月份", description="格式 2024-07；所属月份已结账的，记入下一未结账月份")
    late: bool = Field(False, title="是否跨月入账")
    status: ReceiptStatus = Field(title="勾对状态")
    differences: list[ReceiptDifference] = Field(title="差异", description="自动勾对时发现的差异")
    line_id: UUID | None = Field(title="支付明细编号")
    recorded_by: Handler = Field(title="登记人")
    recorded_at: datetime = Field(title="登记时间", description=TIME)
    settled_by: Handler = Field(title="处理人")
    settled_at: datetime | None = Field(title="处理时间", description=TIME)
    settle_reason: str | None = Field(title="处理理由")


class ReceiptRow(BaseModel):
    """Row of a batch with what became of it."""

    row: int = Field(title="行号", description="从 1 起")
    verdict: Literal["matched", "open", "unchanged"] = Field(
        title="结果", description="matched 已勾对，open 已登记、有差异待处理，unchanged 此前已登记"
    )
    receipt: ReceiptOut = Field(title="回单")


class BookedReceipts(BaseModel):
    """Rows of a batch; none was left out."""

    rows: list[ReceiptRow] = Field(title="各行结果")


@router.post(
    "/v1/treasury-receipts",
    status_code=201,
    name="book_receipts",
    summary="登记国库回单",
    description="财务人员登记国库的支付结果：与支付申请明细一致的自动勾对，不一致的登记为未勾对；任何一行有误的全部不登记。"
    "同一内容再次报送不变；凭证号已登记为其他内容的拒绝。开具人不得登记。退票的款项可以重新申请拨付。依据：三（二）。",
)
async def book_receipts(session: Session, actor: Finance, body: NewReceipts, response: Response) -> BookedReceipts:
    """Book receipts, whole or not at all; each that agrees with its line is matched. 三（二）"""
    stated = [Stated(**dict(each)) for each in body.receipts]
    digest = sha256(to_json(body.model_dump(mode="json"))).hexdigest()
    response.headers["location"] = "/v1/treasury-receipts"
    return _booked(await book(session, stated, digest, "json"))


@router.post(
    "/v1/treasury-receipts:importFile",
    status_code=201,
    name="book_receipt_file",
    summary="导入国库回单文件",
    description="财务人员导入国库返回的 CSV 文件（UTF-8 或 GBK，首行为表头），要求与登记国库回单相同；"
    "同一文件再次导入不变。依据：三（二）。",
)
async def book_receipt_file(
    session: Session,
    actor: Finance,
    content: Annotated[bytes, Body(media_type="text/csv", title="文件内容", json_schema_extra={"format": "binary"})],
    response: Response,
) -> BookedReceipts:
    """Book the receipts of a CSV file under the same rules. 三（二）"""
    stated = [Stated(**dict(each)) for each in stated_in(content, NewReceipt)]
    response.headers["location"] = "/v1/treasury-receipts"
    return _booked(await book(session, stated, sha256(content).hexdigest(), "csv"))


def _booked(judged: list[Judged]) -> BookedReceipts:
    rows = [ReceiptRow(row=each.row, verdict=each.verdict, receipt=_shown(each.receipt)) for each in judged]
    return BookedReceipts(rows=rows)


def _shown(receipt: TreasuryReceipt) -> ReceiptOut:
    late = receipt.month != month_of(receipt.result_on)
    return ReceiptOut.model_validate(receipt).model_copy(update={"late": late})


@router.get(
    "/v1/treasury-receipts",
    name="list_receipts",
    summary="查询国库回单列表",
    description="市级、财务、审计人员按勾对状态、结果、日期、凭证号查询回单，默认新的在前。依据：三（二）。",
)
async def list_receipts(
    session: ReadSession, actor: CityOrFinance, asked: Annotated[PageRequest, Depends(RECEIPTS)]
) -> Page[ReceiptOut]:
    """Return the receipts, newest first. 三（二）"""
    return await asked.page(session, select(TreasuryReceipt), _shown)


@router.get(
    "/v1/treasury-receipts/{receipt_id}",
    name="read_receipt",
    summary="查询国库回单",
    description="市级、财务、审计人员查询一份回单；响应头 ETag 用于处理时的 If-Match。依据：三（二）。",
    responses=VERSIONED,
)
async def read_receipt(
    session: ReadSession, actor: CityOrFinance, receipt_id: ReceiptKey, response: Response
) -> ReceiptOut:
    """Return one receipt. 三（二）"""
    receipt = await found(session, TreasuryReceipt, receipt_id)
    response.headers["etag"] = etag(receipt)
    return _shown(receipt)


class ReceiptMatch(BaseModel):
    """Line that a receipt answers, and why it is matched by hand."""

    line_id: UUID = Field(title="支付明细编号")
    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/treasury-receipts/{receipt_id}/match",
    name="match_receipt",
    summary="手工勾对",
    description="另一名财务人员将未勾对的回单与支付明细勾对并说明理由，金额须一致且明细尚可答复；其余差异由此认可。依据：三（二）。",
)
async def match_receipt(
    session: Session, actor: Finance, receipt_id: ReceiptKey, body: ReceiptMatch, if_match: IfMatch = None
) -> ReceiptOut:
    """Match a receipt with a line by hand; amounts and status of the line must fit. 三（二）"""
    receipt = await _open(session, receipt_id, if_match, "open", "accepted")
    if receipt.status == "accepted":
        await expect_open(session, receipt.month)
    line = await found(session, PaymentLine, body.line_id)
    differs = await differences(session, receipt, line)
    if refused := {"amount", "already_answered", "not_paid"} & set(differs):
        raise Invalid(f"与该明细{_in_words(sorted(refused))}，不能勾对", field="/body/line_id")
    receipt.differences, receipt.month = differs, await bookable_month(session, receipt.result_on)
    postings = Postings()
    await apply(session, receipt, line, postings)
    receipt.settle("matched", actor.subject, now(session), body.reason)
    await _record(session, "match_receipt", receipt, body.reason)
    await postings.post(session)
    return _shown(receipt)


def _in_words(codes: list[str]) -> str:
    words = {"amount": "金额不一致", "already_answered": "状态不符（已有支付结果）", "not_paid": "可退金额不符"}
    return "、".join(words[code] for code in codes)


class ReceiptReason(BaseModel):
    """Reason of a decision on a receipt."""

    reason: Paragraph = Field(title="理由")


@router.post(
    "/v1/treasury-receipts/{receipt_id}/unmatch",
    name="unmatch_receipt",
    summary="撤销勾对或认可",
    description="另一名财务人员撤销勾对或差异认可并说明理由，回单恢复为未勾对；已结账月份的不得变动。依据：三（二）。",
)
async def unmatch_receipt(
    session: Session, actor: Finance, receipt_id: ReceiptKey, body: ReceiptReason, if_match: IfMatch = None
) -> ReceiptOut:
    """Undo a match or an acceptance; a payment sent back by mistake is paid again in the books. 三（二）"""
    receipt = await _open(session, receipt_id, if_match, "matched", "accepted")
    postings = Postings()
    await expect_open(session, receipt.month)
    if receipt.status == "matched":
        await undo(session, receipt, await found(session, PaymentLine, line_of(receipt)), postings)
        receipt.line_id = None
    receipt.settle("open", actor.subject, now(session), body.reason)
    await _record(session, "unmatch_receipt", receipt, body.reason)
    await postings.post(session)
    return _shown(receipt)


@router.post(
    "/v1/treasury-receipts/{receipt_id}/accept",
    name="accept_receipt",
    summary="认可差异",
    description="另一名财务人员认可不能勾对的回单并说明理由，例如不属于本项资金；可以撤销。依据：三（二）。",
)
async def accept_receipt(
    session: Session, actor: Finance, receipt_id: ReceiptKey, body: ReceiptReason, if_match: IfMatch = None
) -> ReceiptOut:
    """Accept a receipt that answers no line, with the reason. 三（二）"""
    receipt = await _open(session, receipt_id, if_match, "open")
    return await _settled(session, receipt, "accepted", "accept_receipt", body.reason)


@router.post(
    "/v1/treasury-receipts/{receipt_id}/void",
    name="void_receipt",
    summary="作废回单",
    description="另一名财务人员作废误登的、未勾对的回单并说明理由，其凭证号可以重新登记。依据：三（二）。",
)
async def void_receipt(
    session: Session, actor: Finance, receipt_id: ReceiptKey, body: ReceiptReason, if_match: IfMatch = None
) -> ReceiptOut:
    """Void a receipt that was entered wrongly; its voucher may be booked anew. 三（二）"""
    receipt = await _open(session, receipt_id, if_match, "open")
    return await _settled(session, receipt, "voided", "void_receipt", body.reason)


async def _settled(session: AsyncSession, receipt: TreasuryReceipt, status: str, act: str, reason: str) -> ReceiptOut:
    receipt.settle(status, actor_of(session).subject, now(session), reason)
    receipt.month = await bookable_month(session, receipt.result_on)
    await _record(session, act, receipt, reason)
    await session.flush()
    return _shown(receipt)


async def _open(session: AsyncSession, receipt_id: UUID, if_match: str | None, *statuses: str) -> TreasuryReceipt:
    """Return the receipt, locked in the turn of the books. Raises WrongStatus unless it has one of these statuses."""
    await lock_books(session)
    receipt = await locked_as_read(session, TreasuryReceipt, receipt_id, if_match)
    receipt.expect(*statuses)
    return receipt


async def _record(session: AsyncSession, act: str, receipt: TreasuryReceipt, reason: str) -> None:
    """Record a decision with the batch of the receipt: whoever booked it does not decide on its differences."""
    detail = {"receipt_id": str(receipt.id), "voucher_no": receipt.voucher_no}
    await record_act(session, act, Case(receipt.batch_id, CITY), reason=reason, duty="accept_difference", **detail)
