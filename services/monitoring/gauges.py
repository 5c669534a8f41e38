"""Gauges of monitoring: quarterly reports, rectifications and evaluations that are overdue."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding
from services.monitoring.models.quarters import ProjectQuarter
from shared.metrics import TableGauge
from shared.storage.session import today


async def _overdue(session: AsyncSession) -> Mapping[str, float]:
    """Return by kind how many duties of 四（一）2, 四（一）3 and 三（三） are past their day."""
    on = today(session)
    evaluated = select(ProjectFile.declaration_id).where(ProjectFile.status == "evaluated")
    conditions = {
        "quarter_report": (
            ProjectQuarter.state.in_(["open", "returned"]),
            func.coalesce(ProjectQuarter.correct_by, ProjectQuarter.due_on) < on,
            ProjectQuarter.declaration_id.not_in(evaluated),
        ),
        "rectification": (Finding.state == "open", Finding.rectify_by < on),
        "evaluation": (ProjectFile.evaluation_due_on < on, ProjectFile.evaluation_state != "issued"),
    }
    return {
        kind: float(await session.scalar(select(func.count()).where(*condition)) or 0)
        for kind, condition in conditions.items()
    }


GAUGES = (TableGauge("overdue_cases", "Cases past the day on which a step was due, by kind", "kind", _overdue),)
