"""Each kind of period on the day before its end, on it and after it; leap days, ends of months, rest days."""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from shared.dates import deadline, full_years, window
from shared.deadlines import STATE_COUNCIL, Calendar, Deadline, is_working_day
from shared.settings import ROOT

DAY = timedelta(days=1)
DATE_ARITHMETIC = re.compile(r"replace\(year=|\.year [-+]|\.month [-+]|monthrange")
CALENDAR_MODULES = {
    "shared/dates.py",
    "shared/deadlines.py",  # the quarters of a year
    "shared/policy/parameters.py",  # the day of the next LPR quotation
    "services/monitoring/quarters.py",  # the quarter before today's
}


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        (date(2024, 6, 5), {"years": 1}, date(2025, 6, 5)),
        (date(2024, 6, 5), {"months": 2}, date(2024, 8, 5)),
        (date(2024, 6, 5), {"days": 30}, date(2024, 7, 5)),
        (date(2024, 6, 5), {"days": 1}, date(2024, 6, 6)),
        (date(2024, 2, 29), {"years": 1}, date(2025, 2, 28)),
        (date(2024, 2, 29), {"years": 4}, date(2028, 2, 29)),
        (date(2023, 2, 28), {"years": 1}, date(2024, 2, 28)),
        (date(2024, 1, 31), {"months": 1}, date(2024, 2, 29)),
        (date(2023, 1, 31), {"months": 1}, date(2023, 2, 28)),
        (date(2024, 12, 31), {"months": 6}, date(2025, 6, 30)),
    ],
)
def test_a_deadline_is_the_same_date_or_the_last_of_a_shorter_month(
    start: date, period: dict[str, Any], last: date
) -> None:
    assert deadline(start, shift=False, **period) == Deadline(last)


@pytest.mark.parametrize(
    ("start", "last", "on"),
    [
        (date(2023, 10, 2), date(2024, 10, 2), date(2024, 10, 8)),  # Golden Week
        (date(2024, 2, 4), date(2025, 2, 4), date(2025, 2, 5)),  # Spring Festival
        (date(2023, 4, 27), date(2024, 4, 27), date(2024, 4, 28)),  # a Saturday before a make-up Sunday
        (date(2024, 10, 12), date(2025, 10, 12), date(2025, 10, 13)),  # a Sunday
    ],
)
def test_a_deadline_on_a_rest_day_moves_to_the_next_working_day(start: date, last: date, on: date) -> None:
    assert deadline(start, years=1) == Deadline(on, shifted_from=last)
    assert deadline(start, years=1, shift=False) == Deadline(last)


def test_a_deadline_on_a_make_up_sunday_does_not_move() -> None:
    assert date(2024, 2, 4).weekday() == 6
    assert deadline(date(2023, 2, 4), years=1) == Deadline(date(2024, 2, 4))


def test_a_deadline_in_a_year_without_announced_holidays_is_counted_by_weekends_and_says_so() -> None:
    unknown = STATE_COUNCIL.last_year + 1
    new_year = date(unknown, 1, 1)
    assert not deadline(date(unknown - 1, 1, 1), years=1).calendar_known
    assert is_working_day(new_year) == (new_year.weekday() < 5)


def test_a_deadline_in_an_announced_year_is_counted_by_its_notice() -> None:
    announced = Calendar(frozenset({date(2040, 3, 1)}), frozenset({date(2040, 3, 3)}), 2040, 2040)
    moved = Deadline(date(2040, 3, 2), shifted_from=date(2040, 3, 1))
    assert deadline(date(2039, 3, 1), years=1, rest_days=announced) == moved
    assert deadline(date(2039, 3, 3), years=1, rest_days=announced) == Deadline(date(2040, 3, 3))


def test_a_deadline_that_moves_into_an_unannounced_year_says_so() -> None:
    announced = Calendar(frozenset({date(2040, 12, 31)}), frozenset(), 2040, 2040)
    assert deadline(date(2039, 12, 31), years=1, rest_days=announced) == Deadline(
        date(2041, 1, 1), shifted_from=date(2040, 12, 31), calendar_known=False
    )


@pytest.mark.parametrize("period", [{}, {"days": 0}, {"years": -1}, {"months": 1, "days": -31}])
def test_a_deadline_without_a_day_is_refused(period: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no last day"):
        deadline(date(2024, 1, 2), **period)


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        (date(2024, 3, 29), {"years": 3}, date(2027, 3, 28)),
        (date(2024, 6, 30), {"years": 3}, date(2027, 6, 29)),
        (date(2024, 3, 1), {"years": 3}, date(2027, 2, 28)),
        (date(2024, 2, 29), {"years": 3}, date(2027, 2, 28)),
        (date(2024, 2, 29), {"years": 4}, date(2028, 2, 28)),
        (date(2024, 2, 28), {"years": 3}, date(2027, 2, 27)),
        (date(2024, 1, 1), {"years": 2}, date(2025, 12, 31)),
        (date(2023, 12, 31), {"months": 2}, date(2024, 2, 29)),
        (date(2022, 12, 31), {"months": 2}, date(2023, 2, 28)),
        (date(2024, 8, 31), {"months": 1}, date(2024, 9, 30)),
        (date(2024, 9, 30), {"months": 1}, date(2024, 10, 29)),
        (date(2024, 5, 1), {"months": 12}, date(2025, 4, 30)),
    ],
)
def test_a_window_counts_its_first_day_and_ends_before_the_same_date(
    start: date, period: dict[str, Any], last: date
) -> None:
    assert window(start, **period) == last


def test_a_window_does_not_move_for_rest_days() -> None:
    last = window(date(2023, 10, 2), years=1)
    assert (last, is_working_day(last)) == (date(2024, 10, 1), False)


def test_consecutive_windows_cover_each_day_once() -> None:
    """Windows of two years and of one year in sequence end like one of three years, except from 29 February."""
    start = date(2023, 1, 1)
    while start < date(2029, 1, 1):
        if (start.month, start.day) != (2, 29):
            assert window(window(start, years=2) + DAY, years=1) == window(start, years=3), start
        start += DAY


@pytest.mark.clause("二（一）1")
@pytest.mark.parametrize(
    ("since", "completed"),
    [
        (date(2014, 6, 30), date(2024, 6, 30)),
        (date(2014, 12, 31), date(2024, 12, 31)),
        (date(2014, 2, 28), date(2024, 2, 28)),
        (date(2014, 3, 1), date(2024, 3, 1)),
        (date(2016, 2, 29), date(2026, 2, 28)),
        (date(2012, 2, 29), date(2022, 2, 28)),
    ],
)
def test_ten_full_years_are_completed_on_the_same_date(since: date, completed: date) -> None:
    ages = [full_years(since, completed + shift) for shift in (-DAY, 0 * DAY, DAY)]
    assert ages == [9, 10, 10]


def test_a_leap_day_completes_its_year_on_the_leap_day_of_a_leap_year() -> None:
    assert [full_years(date(2016, 2, 29), date(2024, 2, day)) for day in (28, 29)] == [7, 8]
    assert full_years(date(2016, 2, 29), date(2016, 2, 29)) == 0


def test_years_and_months_are_counted_in_one_module() -> None:
    counting = {
        path.relative_to(ROOT).as_posix()
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.py")
        if DATE_ARITHMETIC.search(path.read_text())
    }
    assert counting <= CALENDAR_MODULES
