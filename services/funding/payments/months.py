"""Months of the payments: what is open at the end of one, its days, and whether a day can still be booked. 三（二）"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.months import MonthClosing
from services.funding.models.payment_orders import PaymentLine
from services.funding.models.receipts import TreasuryReceipt
from services.funding.models.releases import ReleaseRequest
from services.funding.payments.orders import WAITING
from shared.dates import BEIJING
from shared.errors import DomainError, Invalid, WrongStatus
from shared.storage.session import today

CLOSED = ("closed", "reopening")
"""Statuses of a closing in which nothing is booked into its month, nor into an earlier one."""


class MonthClosed(DomainError):
    """The month into which a receipt was booked is closed. 三（二）"""

    status, code, title = 409, "month_closed", "该月已结账"


class OpenItems(DomainError):
    """An open item of the month is carried on without a reason. 三（二）"""

    status, code, title = 422, "open_items", "有未结事项未说明理由"


class MonthChanged(DomainError):
    """The open items have changed since the closing was prepared. 三（二）"""

    status, code, title = 409, "month_changed", "编制之后未结事项已有变化"


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Item that stays open at the end of a month: a release, a line or a receipt, in words."""

    id: UUID
    kind: str
    text: str
    amount_yuan: Decimal

    def carried(self, reason: str) -> dict[str, Any]:
        """Return the item as a closing stores it, with the reason for which it is carried on."""
        return {"id": str(self.id), "kind": self.kind, "text": self.text, "amount_yuan": str(self.amount_yuan),
                "reason": reason}  # fmt: skip


def month_of(day: date) -> str:
    """Return the month of a day, such as 2024-07."""
    return f"{day:%Y-%m}"


def first_day_after(month: str) -> date:
    """Return the first day after a month."""
    return (date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=1)


async def last_closed(session: AsyncSession) -> str | None:
    """Return the last closed month; every earlier one is closed with it."""
    month: str | None = await session.scalar(
        select(func.max(MonthClosing.month)).where(MonthClosing.status.in_(CLOSED))
    )
    return month


async def bookable_month(session: AsyncSession, day: date) -> str:
    """Return the month into which a receipt of a day is booked: its own, or the first that is not closed."""
    closed = await last_closed(session)
    return month_of(day) if closed is None or month_of(day) > closed else month_of(first_day_after(closed))


async def expect_open(session: AsyncSession, month: str) -> None:
    """Raise MonthClosed for a closed month."""
    closed = await last_closed(session)
    if closed is not None and month <= closed:
        raise MonthClosed(f"{month} 已结账，其中的勾对不能变动；确需更正的，请先由两人重新开启 {closed} 的月结")


async def open_items(session: AsyncSession, month: str) -> list[OpenItem]:
    """Return what is open at the end of a month: releases not ordered, lines not answered, receipts not matched."""
    end = first_day_after(month)
    return [*await _not_ordered(session, end), *await _not_answered(session, end, month), *await _open(session, month)]


async def _not_ordered(session: AsyncSession, end: date) -> list[OpenItem]:
    rows = await session.scalars(select(ReleaseRequest).where(*WAITING).order_by(ReleaseRequest.id))
    decided = ((row, row.decided_at) for row in rows)
    return [
        OpenItem(row.id, "release", f"{at.astimezone(BEIJING):%Y-%m-%d} 批准，未开具支付申请", row.amount_yuan)
        for row, at in decided
        if at is not None and at.astimezone(BEIJING).date() < end
    ]


async def _not_answered(session: AsyncSession, end: date, month: str) -> list[OpenItem]:
    answered = select(TreasuryReceipt.line_id).where(
        TreasuryReceipt.status == "matched", TreasuryReceipt.month <= month, TreasuryReceipt.line_id.is_not(None)
    )
    query = select(PaymentLine).where(
        PaymentLine.status != "withdrawn", PaymentLine.issued_on < end, PaymentLine.id.not_in(answered)
    )
    return [
        OpenItem(line.id, "line", f"{line.order_no}第{line.line_no}条，国库未答复", line.amount_yuan)
        for line in await session.scalars(query.order_by(PaymentLine.id))
    ]


async def _open(session: AsyncSession, month: str) -> list[OpenItem]:
    query = select(TreasuryReceipt).where(TreasuryReceipt.status == "open", TreasuryReceipt.month <= month)
    return [
        OpenItem(row.id, "receipt", f"凭证{row.voucher_no}，未勾对", row.amount_yuan)
        for row in await session.scalars(query.order_by(TreasuryReceipt.id))
    ]


async def days(session: AsyncSession, since: str | None, until: str) -> list[dict[str, Any]]:
    """Return ordered, paid and returned money of each day from after a closed month until the end of another."""
    sums: dict[date, dict[str, Decimal]] = {}
    ordered = select(PaymentLine.issued_on, func.sum(PaymentLine.amount_yuan)).where(
        PaymentLine.status != "withdrawn", PaymentLine.issued_on < first_day_after(until)
    )
    if since is not None:
        ordered = ordered.where(PaymentLine.issued_on >= first_day_after(since))
    for on, yuan in await session.execute(ordered.group_by(PaymentLine.issued_on)):
        sums.setdefault(on, {})["ordered_yuan"] = yuan
    answered = select(TreasuryReceipt.result_on, TreasuryReceipt.result, func.sum(TreasuryReceipt.amount_yuan)).where(
        TreasuryReceipt.status == "matched", TreasuryReceipt.month <= until, TreasuryReceipt.month > (since or "")
    )
    by_result = answered.group_by(TreasuryReceipt.result_on, TreasuryReceipt.result)
    for on, result, yuan in await session.execute(by_result):
        sums.setdefault(on, {})[f"{result}_yuan"] = yuan
    names = ("ordered_yuan", "paid_yuan", "returned_yuan")
    return [
        {"on": on.isoformat()} | {name: f"{of.get(name, Decimal(0)):.2f}" for name in names}
        for on, of in sorted(sums.items())
    ]


def carried(items: Sequence[OpenItem], reasons: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """Return the items with their reasons. Raises OpenItems for one without, Invalid for a reason without its item."""
    if unknown := set(reasons) - {item.id for item in items}:
        raise Invalid(f"不是该月末的未结事项：{sorted(map(str, unknown))[0]}，请删去", field="/body/reasons")
    if missing := [item for item in items if item.id not in reasons]:
        listed = [item.carried("") for item in missing]
        raise OpenItems("请对每一项未结事项说明结转下月的理由", field="/body/reasons", items=listed)
    return [item.carried(reasons[item.id]) for item in items]


async def expect_closable(session: AsyncSession, month: str) -> None:
    """Raise Invalid for a month that is not over, or WrongStatus for one that is closed or being closed."""
    if first_day_after(month) > today(session):
        raise Invalid(f"{month} 尚未结束，请在月末之后结账", field="/body/month")
    closed = await last_closed(session)
    if closed is not None and month <= closed:
        raise WrongStatus(f"{closed} 及以前各月已结账；确需更正的，请申请重新开启 {closed}", month=closed)
    other = await session.scalar(select(MonthClosing.month).filter_by(status="prepared"))
    if other is not None:
        raise WrongStatus(f"{other} 的月结待复核，请先复核或撤回", month=other)


async def refuse_changed(session: AsyncSession, closing: MonthClosing, since: str | None) -> None:
    """Raise MonthChanged unless items, and days since the closing before, are those that the closing states."""
    items = {str(item.id) for item in await open_items(session, closing.month)}
    now_days = await days(session, since, closing.month)
    if items != {item["id"] for item in closing.open_items} or now_days != closing.days:
        raise MonthChanged("编制月结之后又有登记或勾对，请撤回后重新编制")
