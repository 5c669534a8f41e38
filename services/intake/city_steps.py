"""Last days of the city's steps: receipt, review, pool assessment, approval (三（二）).

A period begins with the step before. It stands still while the applicant corrects the declaration: what was left of
it on the day of the return begins to run with the next receipt.
"""

from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models.corrections import Correction
from services.intake.models.declarations import Declaration
from shared.deadlines import working_days_after, working_days_left
from shared.storage.session import settings_of, today

PERIODS: Final = ("forwarded", "received", "review_passed", "pooled")
"""Stages that begin a step of the city; `city_due_working_days` has the working days of each."""


def step_due_on(session: AsyncSession, stage: str) -> date | None:
    """Return the last day of the city's next step from today; None for a stage that waits for somebody else."""
    period = settings_of(session).city_due_working_days.get(stage)
    return None if period is None else working_days_after(today(session), period).on


async def review_due_on(session: AsyncSession, declaration: Declaration) -> date | None:
    """Return the last day of the review: what the last return after receipt left of it, else the whole period."""
    interrupted = (Correction.declaration_id == declaration.id) & Correction.days_left.is_not(None)
    query = select(Correction.days_left).where(interrupted).order_by(Correction.id.desc())
    left = await session.scalar(query.limit(1))
    return step_due_on(session, "received") if left is None else working_days_after(today(session), max(left, 1)).on


def days_left(session: AsyncSession, declaration: Declaration) -> int | None:
    """Return the working days left of a review that a return interrupts; None before the receipt."""
    if declaration.stage == "forwarded" or declaration.due_on is None:
        return None
    return working_days_left(today(session), declaration.due_on)
