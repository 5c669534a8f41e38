"""Scheduled work: open due quarters; mark overdue reports, evaluations and rectifications."""

from datetime import date, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding
from services.monitoring.models.quarters import ProjectQuarter
from services.monitoring.quarters import (
    insert_quarters,
    last_ended_quarter,
    quarter_row,
    quarters_between,
    raise_late_report_ground,
)
from shared.deadlines import quarter_of
from shared.policy import parameter
from shared.storage.session import settings_of, today


async def run_scheduled(session: AsyncSession) -> None:
    """Run the scheduled work. Idempotent: due dates are stored, and each row is marked once."""
    on = today(session)
    await open_due_quarters(session, on)
    await mark_evaluations(session, on)
    await mark_overdue_quarters(session, on)
    await mark_overdue_rectifications(session, on)


async def open_due_quarters(session: AsyncSession, on: date) -> None:
    """Open every ended quarter of each project under monitoring. 四（一）2"""
    ended = last_ended_quarter(on)
    newest = (
        select(ProjectQuarter.declaration_id, func.max(ProjectQuarter.quarter).label("quarter"))
        .group_by(ProjectQuarter.declaration_id)
        .subquery()
    )
    files = await session.execute(
        select(ProjectFile, newest.c.quarter)
        .outerjoin(newest, newest.c.declaration_id == ProjectFile.declaration_id)
        .where(
            ProjectFile.status != "evaluated",
            or_(newest.c.quarter.is_(None), newest.c.quarter < last_ended_quarter(on)),
        )
    )
    days = settings_of(session).quarter_due_working_days
    await insert_quarters(
        session,
        [
            quarter_row(file, quarter, days)
            for file, known in files.all()
            for quarter in quarters_between(known or quarter_of(file.first_released_on), ended)
        ],
    )


async def mark_overdue_quarters(session: AsyncSession, on: date) -> None:
    """Mark reports overdue from the day after their due date or correction date. 四（一）2"""
    missing = (ProjectQuarter.state == "open") & (ProjectQuarter.due_on < on)
    uncorrected = (ProjectQuarter.state == "returned") & (ProjectQuarter.correct_by < on)
    rows = await session.scalars(
        select(ProjectQuarter)
        .join(ProjectFile, ProjectFile.declaration_id == ProjectQuarter.declaration_id)
        .where(ProjectFile.status != "evaluated", ProjectQuarter.overdue_since.is_(None), or_(missing, uncorrected))
    )
    for row in rows.all():
        row.overdue_since = (row.correct_by or row.due_on) + timedelta(days=1)
        await raise_late_report_ground(session, row, row.overdue_since)


async def mark_evaluations(session: AsyncSession, on: date) -> None:
    """Mark evaluations upcoming within the reminder days and overdue after the due date. 三（三）, I17"""
    soon = on + timedelta(days=int(parameter("evaluation_reminder_days", on)))
    for state, condition in (
        ("overdue", ProjectFile.evaluation_due_on < on),
        ("upcoming", (ProjectFile.evaluation_due_on >= on) & (ProjectFile.evaluation_due_on <= soon)),
    ):
        await session.execute(
            update(ProjectFile)
            .where(ProjectFile.status == "delivered", ProjectFile.evaluation_state != state, condition)
            .values(evaluation_state=state)
        )


async def mark_overdue_rectifications(session: AsyncSession, on: date) -> None:
    """Mark open findings overdue from the day after their rectification date. 四（一）3"""
    await session.execute(
        update(Finding)
        .where(Finding.state == "open", Finding.overdue_since.is_(None), Finding.rectify_by < on)
        .values(overdue_since=Finding.rectify_by + 1)
    )
