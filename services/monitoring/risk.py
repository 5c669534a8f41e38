"""Gathering the signs of risk over all projects in one statement (四（一）3)."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnExpressionArgument, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import ScalarSelect

from services.monitoring.models.credit import Entity
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding, Inspection
from services.monitoring.models.quarters import ProjectQuarter
from services.monitoring.models.readings import ReadingFinding
from services.monitoring.rules.risk import Risk, Signs, risk_of


async def risks(session: AsyncSession, on: date) -> list[Risk]:
    """The risk of every project still followed that the caller may see."""
    rows = await session.execute(
        select(
            ProjectFile.declaration_id,
            _count(ProjectQuarter, or_(ProjectQuarter.late, ProjectQuarter.overdue_since.is_not(None))),
            _count(ReadingFinding, ReadingFinding.state == "open"),
            _count(Finding, Finding.overdue_since.is_not(None) & (Finding.state != "closed")),
            _count(Finding, Finding.grave),
            _count(Inspection, Inspection.state == "completed"),
            ProjectFile.released_yuan,
            Entity.grade,
        )
        .outerjoin(Entity, Entity.id == ProjectFile.entity_id)
        .where(ProjectFile.status != "evaluated")
    )
    return [risk_of(Signs(*row), on) for row in rows]


def _count(model: Any, condition: ColumnExpressionArgument[bool]) -> ScalarSelect[int]:
    own = model.declaration_id == ProjectFile.declaration_id
    return select(func.count()).select_from(model).where(own, condition).correlate(ProjectFile).scalar_subquery()
