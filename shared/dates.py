"""The three ways in which a period of years, months or days is counted, each with its rule, and Beijing's time zone."""

import calendar
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.deadlines import Calendar, Deadline, announced, note_years

BEIJING: Final = ZoneInfo("Asia/Shanghai")


def beijing_day(at: datetime) -> date:
    """Return the day of an instant in Beijing."""
    return at.astimezone(BEIJING).date()


_DAY: Final = timedelta(days=1)


def deadline(
    start: date,
    *,
    years: int = 0,
    months: int = 0,
    days: int = 0,
    shift: bool = True,
    rest_days: Calendar | None = None,
) -> Deadline:
    """Return the last day of a period fixed by law for an act (民法典 201 to 203).

    The start day is not counted; counting begins on the next day (201). A period of years or months ends on the same
    date, or on the last day of a month that lacks this date (202). A last day that is a rest day moves to the next
    working day (203), unless `shift` is false. Raises ValueError for a period of less than one day.
    """
    last = _same_date(start, 12 * years + months)[0] + timedelta(days=days)
    if last <= start:
        raise ValueError(f"a period of {years} years, {months} months and {days} days has no last day")
    on, calendar = last, rest_days or announced()
    while shift and not calendar.is_working_day(on):
        on += _DAY
    known = not shift or (calendar.knows(last) and calendar.knows(on))
    if shift:
        note_years(last, on)
    return Deadline(on, last if on != last else None, known)


def window(start: date, *, years: int = 0, months: int = 0) -> date:
    """Return the last day of a window that `start` itself opens: interest years of 二（四）2, grounds of 四（一）3.

    The start day is counted. The window ends on the day before the same date, or on the last day of a month that lacks
    this date, and never moves for rest days: the window measures a state, no act is due at its end. Reading of
    二（四）2 "不超过两年" (I9); the same for the years a credit ground counts, a figure of this system.
    """
    last, exists = _same_date(start, 12 * years + months)
    return last - _DAY if exists else last


def full_years(since: date, until: date) -> int:
    """Return the number of years completed between two dates: the age of a building (二（一）1, I14).

    A year is completed on the same date; one counted from 29 February on 28 February of a common year, the last day
    of the month (民法典 202).
    """
    months = 12 * (until.year - since.year)
    return until.year - since.year - (until < _same_date(since, months)[0])


def _same_date(start: date, months: int) -> tuple[date, bool]:
    """Return the same date `months` later and True, or the last day of that month and False where it has no such date.

    `months` may be negative.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, length)), start.day <= length
