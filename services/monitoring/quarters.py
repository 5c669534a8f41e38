"""Opening the quarterly ledgers that are due, and the ground that a late one is (四（一）2, 四（一）3)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import raise_ground
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.quarters import ProjectQuarter
from shared.deadlines import quarter_due, quarter_end, quarter_of

_QUARTERS = UUID("0d5d9c8e-3b0f-5c55-8f3d-6b2f8c1d7a42")


def quarters_between(first: str, last: str) -> Iterator[str]:
    """Every quarter from the first to the last, both included; none when the last comes before the first."""
    quarter = first
    while quarter_end(quarter) <= quarter_end(last):
        yield quarter
        quarter = quarter_of(quarter_end(quarter) + timedelta(days=1))


def last_ended(today: date) -> str:
    """The newest quarter that is over."""
    return quarter_of(date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1))


def opened(file: ProjectFile, quarter: str, working_days: int) -> dict[str, Any]:
    """The row of a quarter as it is opened; its last day is set now and does not move."""
    due = quarter_due(quarter, working_days)
    return {
        "id": uuid5(_QUARTERS, f"{file.declaration_id}/{quarter}"),
        "declaration_id": file.declaration_id,
        "district": file.district,
        "applicant_uscc": file.applicant_uscc,
        "quarter": quarter,
        "due_on": due.on,
        "calendar_known": due.calendar_known,
        "state": "open",
        "round": 0,
        "late": False,
        "warnings": [],
        "return_reasons": [],
        "version": 1,
    }


async def open_quarters(session: AsyncSession, rows: Iterable[dict[str, Any]]) -> None:
    """Insert the rows that are not there yet."""
    if values := list(rows):
        await session.execute(insert(ProjectQuarter).values(values).on_conflict_do_nothing())


async def blame_lateness(session: AsyncSession, row: ProjectQuarter, on: date) -> None:
    """A late or missing quarter is ground G6, once per quarter. 四（一）3"""
    await raise_ground(
        session,
        "G6",
        f"quarter:{row.declaration_id}:{row.quarter}",
        row.applicant_uscc,
        row.district,
        on,
        f"{row.quarter} 季报应于 {row.due_on} 前报送，逾期",
        declaration_id=row.declaration_id,
    )
