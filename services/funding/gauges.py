"""Gauges of funding: payment orders whose answer is overdue."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.payment_orders import PaymentLine, PaymentOrder
from shared.metrics import TableGauge
from shared.storage.session import today


async def _overdue(session: AsyncSession) -> Mapping[str, float]:
    """Return how many payments the treasury has not answered in time. 三（二）"""
    query = (
        select(func.count())
        .select_from(PaymentLine)
        .join(PaymentOrder, PaymentOrder.id == PaymentLine.order_id)
        .where(PaymentLine.status == "ordered", PaymentOrder.due_on < today(session))
    )
    return {"payment": float(await session.scalar(query) or 0)}


GAUGES = (TableGauge("overdue_cases", "Cases past the day on which a step was due, by kind", "kind", _overdue),)
