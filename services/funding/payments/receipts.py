"""Receipts of the treasury: judged line by line, matched to lines of orders, booked whole or not at all. 三（二）"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.payment_orders import PaymentLine, PaymentOrder
from services.funding.models.receipts import ReceiptBatch, TreasuryReceipt
from services.funding.payments.matching import Postings, apply, differences, lock_books
from services.funding.payments.months import bookable_month
from shared.clock import uuid7
from shared.districts import CITY
from shared.errors import DomainError
from shared.normal_forms import normal_identifier
from shared.storage.audit import Case, record_act, take_duty
from shared.storage.session import actor_of, now, today

Verdict = Literal["matched", "open", "unchanged"]


@dataclass(frozen=True, slots=True)
class Stated:
    """Receipt as the treasury states it; amount in yuan."""

    voucher_no: str
    amount_yuan: Decimal
    result: str
    result_on: date
    order_no: str | None = None
    line_no: int | None = None
    account_no: str | None = None
    bank_reason: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Voucher in its normal form, and the result: a voucher is paid once, and sent back once."""
        return normal_identifier(self.voucher_no), self.result

    def same_as(self, receipt: TreasuryReceipt) -> bool:
        """Return whether a receipt on record states the same."""
        return _content(self) == _content(receipt)


def _content(stated: Stated | TreasuryReceipt) -> tuple[object, ...]:
    """Return what a voucher says, however its numbers are written."""
    numbers = (normal_identifier(stated.order_no or ""), normal_identifier(stated.account_no or ""))
    return stated.amount_yuan, stated.result_on, *numbers, stated.line_no, stated.bank_reason


@dataclass(frozen=True, slots=True)
class Judged:
    """Row of a batch with what became of it."""

    row: int
    verdict: Verdict
    receipt: TreasuryReceipt


@dataclass(slots=True)
class BadRows:
    """Errors of rows, each with its place and what to do."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: int, code: str, detail: str) -> None:
        """Note an error of a row, counted from 1."""
        self.rows.append({"row": row, "code": code, "detail": detail})


class ReceiptsRefused(DomainError):
    """A row cannot be booked; nothing of the batch was. 三（二）"""

    status, code, title = 422, "receipts_refused", "回单有误，全部未登记"


class VoucherUsed(DomainError):
    """A voucher is on record with other content; nothing of the batch was booked. 三（二）"""

    status, code, title = 409, "voucher_used", "凭证号已登记为其他内容，全部未登记"


async def book(session: AsyncSession, stated: Sequence[Stated], digest: str, source: str) -> list[Judged]:
    """Book a batch of receipts, whole or not at all. Raises ReceiptsRefused or VoucherUsed, with every bad row.

    The same batch again is unchanged, and so is a receipt that is on record with the same content.
    """
    await lock_books(session)
    if known := await session.scalar(select(ReceiptBatch).filter_by(sha256=digest)):
        return await _unchanged(session, known)
    recorded = await _recorded(session, stated)
    _refuse_bad(stated, recorded, today(session))
    batch = _batch(session, digest, source, len(stated))
    session.add(batch)
    await session.flush()
    detail = {"rows": str(len(stated)), "source": source, "sha256": digest}
    await record_act(session, "book_receipts", Case(batch.id, CITY), duty="book_receipt", **detail)
    return await _booked(session, batch, stated, recorded)


async def _unchanged(session: AsyncSession, batch: ReceiptBatch) -> list[Judged]:
    rows = await session.scalars(select(TreasuryReceipt).filter_by(batch_id=batch.id).order_by(TreasuryReceipt.id))
    return [Judged(row, "unchanged", receipt) for row, receipt in enumerate(rows, 1)]


async def _recorded(session: AsyncSession, stated: Sequence[Stated]) -> dict[tuple[str, str], TreasuryReceipt]:
    """Return the receipts on record with these vouchers, by voucher and result."""
    keys = [each.key[0] for each in stated]
    query = select(TreasuryReceipt).where(TreasuryReceipt.voucher_key.in_(keys), TreasuryReceipt.status != "voided")
    return {(row.voucher_key, row.result): row for row in await session.scalars(query)}


def _refuse_bad(stated: Sequence[Stated], recorded: dict[tuple[str, str], TreasuryReceipt], on: date) -> None:
    """Raise VoucherUsed or ReceiptsRefused, naming every bad row."""
    bad, used, seen = BadRows(), BadRows(), dict[tuple[str, str], int]()
    for row, each in enumerate(stated, 1):
        before = recorded.get(each.key)
        if before is not None and not each.same_as(before):
            used.add(row, "voucher_used", f"凭证 {each.voucher_no} 已登记为其他内容，请核对；原登记有误的先作废")
        if (first := seen.setdefault(each.key, row)) != row:
            bad.add(row, "voucher_twice", f"与第 {first} 行凭证号相同，请删去重复的一行")
        if each.result_on > on:
            bad.add(row, "future", f"日期 {each.result_on} 在今日之后，请核对")
    if bad.rows:
        raise ReceiptsRefused("有的行不能登记，请按各行说明更正后重新报送全部内容", rows=[*bad.rows, *used.rows])
    if used.rows:
        raise VoucherUsed("有的凭证号已登记为其他内容，请核对后重新报送全部内容", rows=used.rows)


def _batch(session: AsyncSession, digest: str, source: str, rows: int) -> ReceiptBatch:
    return ReceiptBatch(
        id=uuid7(now(session)),
        district=CITY,
        sha256=digest,
        source=source,
        rows=rows,
        recorded_by=actor_of(session).subject,
        recorded_at=now(session),
    )


async def _booked(
    session: AsyncSession,
    batch: ReceiptBatch,
    stated: Sequence[Stated],
    recorded: dict[tuple[str, str], TreasuryReceipt],
) -> list[Judged]:
    """Book each receipt that is new, the earlier day first, and post what the returned ones move."""
    lines = await _lines(session, stated)
    postings, judged = Postings(), list[Judged]()
    for row, each in sorted(enumerate(stated, 1), key=lambda pair: pair[1].result_on):
        if before := recorded.get(each.key):
            judged.append(Judged(row, "unchanged", before))
            continue
        line = lines.get((normal_identifier(each.order_no or ""), each.line_no))
        receipt = await _receipt(session, batch, each, line)
        judged.append(Judged(row, "matched" if receipt.line_id else "open", receipt))
        if line is not None and receipt.line_id is not None:
            await apply(session, receipt, line, postings)
    await postings.post(session)
    await session.flush()
    return sorted(judged, key=lambda each: each.row)


async def _lines(session: AsyncSession, stated: Sequence[Stated]) -> dict[tuple[str, int | None], PaymentLine]:
    """Return the lines that the receipts name, by order and number; whoever books takes the duty on their orders."""
    wanted = {normal_identifier(each.order_no) for each in stated if each.order_no}
    numbers = await session.execute(select(PaymentOrder.id, PaymentOrder.order_no))
    ids = [order_id for order_id, order_no in numbers if normal_identifier(order_no) in wanted]
    for order_id in ids:
        await take_duty(session, order_id, "book_receipt")
    rows = await session.scalars(select(PaymentLine).where(PaymentLine.order_id.in_(ids)))
    return {(normal_identifier(line.order_no), line.line_no): line for line in rows}


async def _receipt(
    session: AsyncSession, batch: ReceiptBatch, stated: Stated, line: PaymentLine | None
) -> TreasuryReceipt:
    """Add a receipt: matched where nothing differs, open otherwise."""
    found = ["no_order"] if line is None else await differences(session, stated, line)
    receipt = TreasuryReceipt(
        id=uuid7(now(session)),
        batch_id=batch.id,
        district=CITY,
        voucher_key=stated.key[0],
        month=await bookable_month(session, stated.result_on),
        differences=found,
        status="open" if found else "matched",
        line_id=None if found or line is None else line.id,
        recorded_by=actor_of(session).subject,
        recorded_at=now(session),
        **{name: getattr(stated, name) for name in Stated.__slots__},
    )
    session.add(receipt)
    return receipt


def line_of(receipt: TreasuryReceipt) -> UUID:
    """Return the id of the line that a matched receipt answers. Raises WrongStatus for an open one."""
    receipt.expect("matched")
    if receipt.line_id is None:
        raise LookupError(f"receipt {receipt.id} is matched to no line")
    return receipt.line_id
