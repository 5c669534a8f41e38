"""Steps of orders to correct and penalties: each locked with its application, and the order that recovery rests on."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.models.applications import Application
from services.funding.models.corrections import CorrectionOrder, Penalty
from services.funding.rules.corrections import CURABLE, CorrectionFirst
from shared.storage.session import found, locked
from shared.storage.versions import locked_as_read


async def locked_order(
    session: AsyncSession, order_id: UUID, if_match: str | None
) -> tuple[CorrectionOrder, Application]:
    """Return the order and its application, locked, the application first."""
    order = await found(session, CorrectionOrder, order_id)
    application = await locked_as_read(session, Application, order.application_id, if_match)
    return await locked(session, CorrectionOrder, order_id), application


async def locked_penalty(session: AsyncSession, penalty_id: UUID, if_match: str | None) -> tuple[Penalty, Application]:
    """Return the fine or interest and its application, locked, the application first."""
    row = await found(session, Penalty, penalty_id)
    application = await locked_as_read(session, Application, row.application_id, if_match)
    return await locked(session, Penalty, penalty_id), application


async def expect_uncorrected(session: AsyncSession, application: Application, ground: str) -> None:
    """Raise CorrectionFirst for a ground that can be put right and no order on it that was not followed."""
    if ground not in CURABLE:
        return
    orders = select(CorrectionOrder.id).filter_by(application_id=application.id, ground=ground, status="uncorrected")
    if await session.scalar(orders.limit(1)) is None:
        raise CorrectionFirst(
            "该事由可以改正：请先责令限期改正，期满未改正的再提出追回（政府投资条例第三十四条）", field="/body/ground"
        )
