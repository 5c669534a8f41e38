"""Working days (民法典 201, 203), deadlines in working days, and quarters of district reports.

Rest days are those of the State Council's yearly notices: from the package `chinesecalendar`, and from the register of
figures (kind `calendar`) for later years and corrections. The notice for a year appears in November before it. Dates
of a year without a notice are counted by weekends alone, and a deadline that depends on such a date has
`calendar_known` false, so that it is computed again after the notice.
"""

from __future__ import annotations

import calendar as month_lengths
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.series.figures import Register, current, expect_received, note
from shared.series.package import package_register

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_QUARTER: Final = re.compile(r"(20\d{2})Q([1-4])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Holidays on weekdays, working days on weekends, and the first and last year for which they are known."""

    holidays: frozenset[date]
    make_up_days: frozenset[date]
    first_year: int
    last_year: int

    def knows(self, day: date) -> bool:
        """Return whether the State Council's notice for the year of a date is known."""
        return self.first_year <= day.year <= self.last_year

    def is_working_day(self, day: date) -> bool:
        """Return whether a date is a working day; in a year without a notice, whether it is a weekday."""
        return day in self.make_up_days or (day.weekday() < _SATURDAY and day not in self.holidays)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Last day of a period; an act on that day is in time.

    `shifted_from` is the rest day on which the period would have ended, None if it did not move. `calendar_known` is
    False if the result depends on a year whose holidays have not been announced.
    """

    on: date
    shifted_from: date | None = None
    calendar_known: bool = True


def _calendar(register: Register) -> Calendar:
    years = {int(key): register.series("calendar", key)[-1].value for key in register.keys("calendar")}
    return Calendar(
        holidays=frozenset(date.fromisoformat(day) for year in years.values() for day in year["holidays"]),
        make_up_days=frozenset(date.fromisoformat(day) for year in years.values() for day in year["make_up_days"]),
        first_year=min(years),
        last_year=next(year for year in range(min(years), max(years) + 1) if year + 1 not in years),
    )


STATE_COUNCIL: Final = _calendar(package_register())
"""Rest days announced when this version was released, until `last_year`."""


def announced() -> Calendar:
    """Return the rest days announced so far, from the register of the work under way. Raises FiguresNotReceived."""
    expect_received("calendar")
    return current().view(_calendar)


def is_working_day(day: date, calendar: Calendar | None = None) -> bool:
    """Return whether a date is a working day: a make-up Saturday is one, a weekday within a holiday is not."""
    return (calendar or announced()).is_working_day(day)


def note_years(first: date, last: date) -> None:
    """Note the calendars of the years between two dates as read by the work under way."""
    years = (current().series("calendar", str(year)) for year in range(first.year, last.year + 1))
    note(series[-1].name for series in years if series)


def working_days_after(day: date, count: int, calendar: Calendar | None = None) -> Deadline:
    """Return the `count`-th working day after `day`, which is not counted itself (民法典 201).

    The result is a working day, so it never moves. Raises ValueError for a count below one.
    """
    if count < 1:
        raise ValueError(f"a period of {count} working days has no last day")
    on, left, known, rest_days = day, count, True, calendar or announced()
    while left:
        on += _DAY
        known = known and rest_days.knows(on)
        left -= rest_days.is_working_day(on)
    note_years(day, on)
    return Deadline(on, calendar_known=known)


def working_days_left(day: date, last: date, calendar: Calendar | None = None) -> int:
    """Return the working days after `day` up to and including `last`; 0 once the period is over."""
    known = calendar or announced()
    note_years(day, max(day, last))
    return sum(known.is_working_day(day + timedelta(days=each)) for each in range(1, (last - day).days + 1))


def quarter_of(day: date) -> str:
    """Return the quarter of a date, such as `2024Q1`."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def quarter_end(quarter: str) -> date:
    """Return the last day of a quarter written as `2024Q1`. Raises ValueError for any other spelling."""
    match = _QUARTER.fullmatch(quarter)
    if match is None:
        raise ValueError(f"季度应写作 2024Q1，现为“{quarter}”")
    year, month = int(match[1]), int(match[2]) * 3
    return date(year, month, _days_in_month(year, month))


def quarter_due(quarter: str, working_days: int, calendar: Calendar | None = None) -> Deadline:
    """Return the last day for a quarter's report: `working_days` working days after its end (四（一）2)."""
    return working_days_after(quarter_end(quarter), working_days, calendar)


def _days_in_month(year: int, month: int) -> int:
    return month_lengths.monthrange(year, month)[1]
