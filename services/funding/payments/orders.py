"""Issue of payment orders: which releases wait for one, what each line says, the order's number and files. 三（二）"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.applications import new_row_columns, next_number
from services.funding.holds import refuse_held
from services.funding.models.applications import Application
from services.funding.models.payees import PayeeAccount
from services.funding.models.payment_orders import PaymentLine, PaymentOrder, PaymentOrderFile
from services.funding.models.releases import ReleaseRequest
from services.funding.payments.layouts import layout_on
from services.funding.payments.order_files import OrderLine, rendered
from services.funding.payments.payees import payee_in_force
from shared.clock import uuid7
from shared.contracts.library import LABELS
from shared.dates import BEIJING
from shared.deadlines import working_days_after
from shared.districts import CITY
from shared.errors import DomainError, Duplicate, Invalid, NotFound, WrongStatus
from shared.storage.session import actor_of, locked, now, settings_of, today

MOST_LINES = 200


class NothingToOrder(DomainError):
    """No release waits for a payment order, or none of those that wait can be paid today. 三（二）"""

    status, code, title = 409, "nothing_to_order", "没有可以开具支付申请的拨付"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Release that waits for an order and cannot be paid today, and why."""

    release_id: UUID
    reason: str


_ORDERED = select(PaymentLine.release_id).where(PaymentLine.status != "withdrawn")
WAITING = (ReleaseRequest.status == "paid", ReleaseRequest.paid_outside.is_(False), ReleaseRequest.id.not_in(_ORDERED))
"""Conditions of a release that is granted and stands in no order."""


async def waiting_releases(session: AsyncSession) -> Sequence[ReleaseRequest]:
    """Return the releases that wait for an order, oldest first, at most as many as an order takes."""
    query = select(ReleaseRequest).where(*WAITING).order_by(ReleaseRequest.decided_at, ReleaseRequest.id)
    return (await session.scalars(query.limit(MOST_LINES))).all()


async def named_releases(session: AsyncSession, ids: Sequence[UUID]) -> list[ReleaseRequest]:
    """Return the releases with these ids. Raises Invalid or Duplicate, naming the field, for one that does not wait."""
    query = select(ReleaseRequest).where(ReleaseRequest.id.in_(ids))
    known = {row.id: row for row in await session.scalars(query)}
    ordered = set(await session.scalars(_ORDERED.where(PaymentLine.release_id.in_(ids))))
    for place, identity in enumerate(ids):
        field, row = f"/body/release_ids/{place}", known.get(identity)
        if row is None or row.status != "paid" or row.paid_outside:
            raise Invalid("不是已批准、待支付的拨付，请核对编号", field=field)
        if identity in ordered or identity in ids[:place]:
            raise Duplicate("该笔拨付已列入支付申请，请删去，或先撤回原支付申请", field=field)
    return [known[identity] for identity in ids]


async def payable(
    session: AsyncSession, releases: Sequence[ReleaseRequest], *, strict: bool
) -> tuple[list[tuple[ReleaseRequest, Application, PayeeAccount]], list[LeftOut]]:
    """Return the releases that can be paid today with case and payee, and the others with the reason.

    With `strict` the first reason is raised. Cases are locked in the order of their ids.
    """
    fit, left_out = [], []
    for release in sorted(releases, key=lambda each: each.application_id):
        application = await locked(session, Application, release.application_id)
        try:
            await refuse_held(session, application, "stop", "review")
            fit.append((release, application, await payee_in_force(session, application)))
        except DomainError as refusal:
            if strict:
                raise
            left_out.append(LeftOut(release.id, refusal.detail))
    if not fit:
        reasons = "；".join(each.reason for each in left_out)
        raise NothingToOrder(reasons or "没有已批准而未列入支付申请的拨付，请先批准拨付申请")
    return fit, left_out


async def issue(
    session: AsyncSession,
    fit: Sequence[tuple[ReleaseRequest, Application, PayeeAccount]],
    replaced: PaymentOrder | None,
) -> PaymentOrder:
    """Add an order of these releases with its number, lines and files, and return it."""
    on = today(session)
    number = await next_number(session, "payment_order", on)
    order = PaymentOrder(
        id=uuid7(now(session)),
        district=CITY,
        order_no=f"{settings_of(session).payment_order_no_prefix}〔{on.year}〕{number}号",
        layout=layout_on(on).since.isoformat(),
        lines=len(fit),
        total_yuan=sum((release.amount_yuan for release, _, _ in fit), Decimal("0.00")),
        issued_by=actor_of(session).subject,
        issued_at=now(session),
        issued_on=on,
        due_on=working_days_after(on, settings_of(session).payment_answer_working_days).on,
        replaces_id=None if replaced is None else replaced.id,
    )
    session.add(order)
    await session.flush()
    lines = [_line(session, order, place, *each) for place, each in enumerate(fit, 1)]
    session.add_all([*lines, *_files(order, lines)])
    await session.flush()
    return order


def _line(
    session: AsyncSession,
    order: PaymentOrder,
    line_no: int,
    release: ReleaseRequest,
    application: Application,
    payee: PayeeAccount,
) -> PaymentLine:
    account = {name: getattr(payee, name) for name in ("account_name", "bank", "bank_code", "account_no")}
    return PaymentLine(
        order_id=order.id,
        order_no=order.order_no,
        line_no=line_no,
        release_id=release.id,
        payee_id=payee.id,
        project_name=application.project_name,
        purpose=f"{LABELS[str(application.mode)]}第{release.instalment}期",
        amount_yuan=release.amount_yuan,
        issued_on=order.issued_on,
        **new_row_columns(session, application),
        **account,
    )


def _files(order: PaymentOrder, lines: Sequence[PaymentLine]) -> list[PaymentOrderFile]:
    shown = [OrderLine(**{name: getattr(line, name) for name in OrderLine.__slots__}) for line in lines]
    made = rendered(layout_on(order.issued_on), shown, order.issued_at.astimezone(BEIJING))
    return [
        PaymentOrderFile(
            order_id=order.id, format=name, district=CITY, sha256=sha256(content).hexdigest(), content=content
        )
        for name, content in made.items()
    ]


async def withdrawn_order(session: AsyncSession, order_id: UUID) -> PaymentOrder:
    """Return a withdrawn order that a new one replaces. Raises NotFound, WrongStatus or Duplicate."""
    field = "/body/replaces_id"
    order = await session.get(PaymentOrder, order_id)
    if order is None:
        raise NotFound("没有这份支付申请，请核对编号", field=field)
    if order.status != "withdrawn":
        raise WrongStatus("原支付申请尚未撤回，请先撤回", field=field, current=order.status)
    if await session.scalar(select(PaymentOrder.id).filter_by(replaces_id=order_id)):
        raise Duplicate("原支付申请已重新开具，请核对编号", field=field)
    return order


async def withdraw(session: AsyncSession, order: PaymentOrder, reason: str) -> Sequence[PaymentLine]:
    """Withdraw an order that the treasury has not answered, and return its lines. Raises WrongStatus."""
    order.withdraw(actor_of(session).subject, now(session), reason)
    lines = await lines_of(session, order.id)
    if answered := [line.line_no for line in lines if line.status != "ordered"]:
        places = "、".join(map(str, answered))
        raise WrongStatus(f"第 {places} 条明细已有国库支付结果，不能撤回；退票的请重新申请拨付", lines=answered)
    for line in lines:
        line.answer("withdrawn", None)
    return lines


async def lines_of(session: AsyncSession, order_id: UUID) -> Sequence[PaymentLine]:
    """Return the lines of an order in their order."""
    query: Any = select(PaymentLine).filter_by(order_id=order_id).order_by(PaymentLine.line_no)
    return (await session.scalars(query)).all()
