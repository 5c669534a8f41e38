"""Gauges of intake: declarations whose next step is overdue."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.city_steps import PERIODS
from services.intake.models.declarations import Declaration
from services.intake.rules.stages import AT_DISTRICT
from shared.metrics import TableGauge
from shared.storage.session import today


async def _overdue(session: AsyncSession) -> Mapping[str, float]:
    """Return by stage how many declarations are past the day on which their next step was due."""
    rows = await session.execute(
        select(Declaration.stage, func.count()).where(Declaration.due_on < today(session)).group_by(Declaration.stage)
    )
    return dict.fromkeys((*AT_DISTRICT, *PERIODS, "assessed", "returned"), 0.0) | {
        stage: float(count) for stage, count in rows
    }


GAUGES = (TableGauge("overdue_cases", "Cases past the day on which a step was due, by kind", "kind", _overdue),)
