"""Periods of time as the law counts them (民法典 200 to 204), and the quarters of the district reports.

Rest days are those of the State Council's yearly notices, as the package ``chinesecalendar`` carries them. Next year's
notice appears each November; days of a year not yet announced are counted by weekends alone, and every answer that
depended on such a day says so (``calendar_known``), so that it is computed again once the notice is out.
"""

from __future__ import annotations

import calendar as month_lengths
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import chinese_calendar

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_QUARTER: Final = re.compile(r"(20\d{2})Q([1-4])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which weekdays are holidays, which weekend days are worked, and the years (inclusive) this is known for."""

    holidays: frozenset[date]
    make_up_days: frozenset[date]
    first_year: int
    last_year: int

    def knows(self, day: date) -> bool:
        """Whether the State Council's notice for the year of this day is in the calendar."""
        return self.first_year <= day.year <= self.last_year

    def is_working_day(self, day: date) -> bool:
        """Whether people work on this day; outside the known years, whether it is a weekday."""
        return day in self.make_up_days or (day.weekday() < _SATURDAY and day not in self.holidays)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period: still in time on that day.

    ``shifted_from`` is the rest day on which the period would have ended, None when it did not move. ``calendar_known``
    is False when a day that mattered lies in a year whose holidays have not been announced.
    """

    on: date
    shifted_from: date | None = None
    calendar_known: bool = True


STATE_COUNCIL: Final = Calendar(
    holidays=frozenset(chinese_calendar.holidays),
    make_up_days=frozenset(chinese_calendar.workdays),
    first_year=min(chinese_calendar.holidays).year,
    last_year=max(chinese_calendar.holidays).year,
)
"""The rest days announced so far; ``last_year`` tells how far they reach."""


def is_working_day(day: date, calendar: Calendar = STATE_COUNCIL) -> bool:
    """Whether people work on this day: a make-up Saturday counts, a weekday inside a holiday does not."""
    return calendar.is_working_day(day)


def working_days_after(day: date, count: int, calendar: Calendar = STATE_COUNCIL) -> Deadline:
    """The ``count``-th working day after ``day``, which is itself not counted (民法典 201).

    It falls on a working day by construction, so it never moves. Raises ValueError for a count below one.
    """
    if count < 1:
        raise ValueError(f"a period of {count} working days has no last day")
    on, left, known = day, count, True
    while left:
        on += _DAY
        known = known and calendar.knows(on)
        left -= calendar.is_working_day(on)
    return Deadline(on, calendar_known=known)


def quarter_of(day: date) -> str:
    """The quarter a day belongs to, as in ``2024Q1``."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def quarter_end(quarter: str) -> date:
    """The last day of a quarter written as ``2024Q1``. Raises ValueError for any other spelling."""
    match = _QUARTER.fullmatch(quarter)
    if match is None:
        raise ValueError(f"季度应写作 2024Q1，现为“{quarter}”")
    year, month = int(match[1]), int(match[2]) * 3
    return date(year, month, _days_in_month(year, month))


def quarter_due(quarter: str, working_days: int, calendar: Calendar = STATE_COUNCIL) -> Deadline:
    """The last day for a quarter's report: ``working_days`` working days after the quarter has ended (四（一）2)."""
    return working_days_after(quarter_end(quarter), working_days, calendar)


def _days_in_month(year: int, month: int) -> int:
    return month_lengths.monthrange(year, month)[1]
