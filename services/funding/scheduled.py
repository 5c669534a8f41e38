"""Scheduled work of funding: requests that no second person decided on lapse, late answers are marked. 三（二）"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.applications import Application
from services.funding.models.payment_orders import PaymentLine, PaymentOrder
from services.funding.models.releases import ReleaseRequest
from shared.storage.audit import case_of, record_act
from shared.storage.session import actor_of, locked, now, settings_of, today


async def run_scheduled(session: AsyncSession) -> None:
    """Run the scheduled work. Idempotent: a request lapses once, and an order is marked once."""
    await lapse_requests(session)
    await mark_overdue_orders(session)


async def lapse_requests(session: AsyncSession) -> None:
    """Close release requests that waited too long; the money stays reserved, and the instalment may be asked anew."""
    days = settings_of(session).release_request_days
    overdue = select(ReleaseRequest.id, ReleaseRequest.application_id).where(
        ReleaseRequest.status == "requested", ReleaseRequest.requested_at < now(session) - timedelta(days=days)
    )
    for request_id, application_id in (await session.execute(overdue.order_by(ReleaseRequest.application_id))).all():
        application = await locked(session, Application, application_id)
        request = await locked(session, ReleaseRequest, request_id)
        if request.status != "requested":
            continue  # decided while the locks were waited for
        reason = f"申请后 {days} 日内无人审批，自动失效；资金仍为该项目保留，可以重新申请拨付"
        request.decide("rejected", actor_of(session).subject, now(session), reason)
        detail = {"request_id": str(request_id), "amount_yuan": str(request.amount_yuan)}
        await record_act(session, "lapse_release", case_of(application), reason=reason, **detail)
    await session.flush()


async def mark_overdue_orders(session: AsyncSession) -> None:
    """Mark each payment order with a line that has no answer on the day after its last one."""
    open_line = select(PaymentLine.id).where(PaymentLine.order_id == PaymentOrder.id, PaymentLine.status == "ordered")
    late = select(PaymentOrder).where(
        PaymentOrder.due_on < today(session), PaymentOrder.overdue_since.is_(None), open_line.exists()
    )
    for order in await session.scalars(late.order_by(PaymentOrder.id).with_for_update(key_share=True)):
        order.overdue_since = order.due_on + timedelta(days=1)
