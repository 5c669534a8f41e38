"""What the passing of time calls for: reports that fall due, late ones, evaluations and rectifications in danger."""

from datetime import date, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding
from services.monitoring.models.quarters import ProjectQuarter
from services.monitoring.quarters import blame_lateness, last_ended, open_quarters, opened, quarters_between
from shared.deadlines import quarter_of
from shared.policy import parameter
from shared.storage.session import settings_of, today


async def tick(session: AsyncSession) -> None:
    """Open, mark and remind. Safe to repeat: every date was stored when it was set, every mark is made once."""
    on = today(session)
    await open_due_quarters(session, on)
    await mark_overdue_quarters(session, on)
    await mark_evaluations(session, on)
    await mark_overdue_rectifications(session, on)


async def open_due_quarters(session: AsyncSession, on: date) -> None:
    """A ledger for every quarter that has ended and every project still followed. 四（一）2"""
    newest = (
        select(ProjectQuarter.declaration_id, func.max(ProjectQuarter.quarter).label("quarter"))
        .group_by(ProjectQuarter.declaration_id)
        .subquery()
    )
    files = await session.execute(
        select(ProjectFile, newest.c.quarter)
        .outerjoin(newest, newest.c.declaration_id == ProjectFile.declaration_id)
        .where(ProjectFile.status != "evaluated", or_(newest.c.quarter.is_(None), newest.c.quarter < last_ended(on)))
    )
    days = settings_of(session).quarter_due_working_days
    await open_quarters(
        session,
        [
            opened(file, quarter, days)
            for file, known in files.all()
            for quarter in quarters_between(known or quarter_of(file.first_released_on), last_ended(on))
        ],
    )


async def mark_overdue_quarters(session: AsyncSession, on: date) -> None:
    """A report not handed in by its day, or not corrected by its day, is overdue from the day after."""
    missing = (ProjectQuarter.state == "open") & (ProjectQuarter.due_on < on)
    uncorrected = (ProjectQuarter.state == "returned") & (ProjectQuarter.correct_by < on)
    rows = await session.scalars(
        select(ProjectQuarter)
        .join(ProjectFile, ProjectFile.declaration_id == ProjectQuarter.declaration_id)
        .where(ProjectFile.status != "evaluated", ProjectQuarter.overdue_since.is_(None), or_(missing, uncorrected))
    )
    for row in rows.all():
        row.overdue_since = (row.correct_by or row.due_on) + timedelta(days=1)
        await blame_lateness(session, row, row.overdue_since)


async def mark_evaluations(session: AsyncSession, on: date) -> None:
    """Within the reminder days the evaluation is upcoming; after its last day overdue. 三（三）, I17"""
    soon = on + timedelta(days=int(parameter("evaluation_reminder_days", on)))
    for state, falls_due in (
        ("overdue", ProjectFile.evaluation_due_on < on),
        ("upcoming", (ProjectFile.evaluation_due_on >= on) & (ProjectFile.evaluation_due_on <= soon)),
    ):
        await session.execute(
            update(ProjectFile)
            .where(ProjectFile.status == "delivered", ProjectFile.evaluation_state != state, falls_due)
            .values(evaluation_state=state)
        )


async def mark_overdue_rectifications(session: AsyncSession, on: date) -> None:
    """A finding not put right by its day is overdue from the day after. 四（一）3"""
    await session.execute(
        update(Finding)
        .where(Finding.state == "open", Finding.overdue_since.is_(None), Finding.rectify_by < on)
        .values(overdue_since=Finding.rectify_by + 1)
    )
