"""Working days and quarters in real calendars: Golden Week, Spring Festival, make-up Saturdays."""

from datetime import date

import pytest

from shared.deadlines import (
    STATE_COUNCIL,
    Calendar,
    Deadline,
    is_working_day,
    quarter_due,
    quarter_end,
    quarter_of,
    working_days_after,
)


def test_the_first_working_day_after_golden_week_eve_is_the_8th() -> None:
    assert working_days_after(date(2024, 9, 30), 1) == Deadline(date(2024, 10, 8))


def test_a_make_up_saturday_counts_as_a_working_day() -> None:
    assert is_working_day(date(2024, 10, 12))
    assert working_days_after(date(2024, 10, 11), 1) == Deadline(date(2024, 10, 12))


def test_the_eve_of_the_spring_festival_was_a_working_day_in_2024_and_a_rest_day_in_2025() -> None:
    assert is_working_day(date(2024, 2, 9))
    assert not is_working_day(date(2025, 1, 28))


def test_ten_working_days_over_the_long_spring_festival_of_2026() -> None:
    assert working_days_after(date(2026, 2, 13), 10) == Deadline(date(2026, 3, 5))


def test_working_days_that_run_into_an_unknown_year_say_so() -> None:
    assert not working_days_after(date(STATE_COUNCIL.last_year, 12, 31), 1).calendar_known
    assert working_days_after(date(STATE_COUNCIL.last_year, 12, 1), 1).calendar_known


def test_working_days_out_of_an_unknown_year_say_so() -> None:
    assert not working_days_after(date(STATE_COUNCIL.first_year - 1, 12, 30), 3).calendar_known
    assert working_days_after(date(STATE_COUNCIL.first_year - 1, 12, 31), 3).calendar_known


@pytest.mark.parametrize("count", [0, -1])
def test_a_period_without_days_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="no last day"):
        working_days_after(date(2024, 1, 2), count)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2024, 1, 1), "2024Q1"),
        (date(2024, 3, 31), "2024Q1"),
        (date(2024, 4, 1), "2024Q2"),
        (date(2024, 9, 30), "2024Q3"),
        (date(2024, 12, 31), "2024Q4"),
    ],
)
def test_a_day_belongs_to_its_quarter(day: date, quarter: str) -> None:
    assert quarter_of(day) == quarter
    assert quarter_of(quarter_end(quarter)) == quarter


@pytest.mark.parametrize(
    ("quarter", "last"),
    [("2024Q1", date(2024, 3, 31)), ("2023Q2", date(2023, 6, 30)), ("2025Q4", date(2025, 12, 31))],
)
def test_a_quarter_ends_on_the_last_day_of_its_third_month(quarter: str, last: date) -> None:
    assert quarter_end(quarter) == last


@pytest.mark.parametrize(
    "wrong", ["2024Q5", "2024Q0", "2024-Q1", "24Q1", "2024Q1 ", "\N{FULLWIDTH DIGIT TWO}024Q1", ""]
)
def test_a_quarter_in_another_spelling_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="季度应写作"):
        quarter_end(wrong)


def test_the_third_quarter_is_due_after_golden_week() -> None:
    assert quarter_due("2023Q3", 10) == Deadline(date(2023, 10, 18))


def test_the_report_of_the_last_quarter_skips_new_year() -> None:
    assert quarter_due("2025Q4", 5) == Deadline(date(2026, 1, 8))


def test_another_calendar_decides_its_own_days() -> None:
    announced = Calendar(frozenset({date(2040, 4, 3)}), frozenset({date(2040, 4, 1)}), 2040, 2041)
    assert quarter_due("2040Q1", 1, announced) == Deadline(date(2040, 4, 1))
    assert quarter_due("2040Q1", 3, announced) == Deadline(date(2040, 4, 4))
    assert [announced.knows(date(year, 12, 31)) for year in (2039, 2040, 2041, 2042)] == [False, True, True, False]
    assert not quarter_due("2041Q4", 1, announced).calendar_known
    assert is_working_day(date(2040, 4, 1), announced)
    assert not is_working_day(date(2040, 4, 3), announced)


def test_the_announced_years_are_those_of_the_notices() -> None:
    assert STATE_COUNCIL.first_year == 2004
    assert STATE_COUNCIL.last_year >= 2026
