"""Tests of the evaluation year: its length, its last day, the reference day. 三（三）"""

from datetime import date

import pytest

from services.monitoring.rules.delivery import check_reference_day, evaluation_year, evaluation_years
from shared.errors import Invalid
from shared.policy import parameter

pytestmark = pytest.mark.clause("三（三）")
DELIVERED, LAST = date(2024, 2, 29), date(2025, 2, 28)


def test_the_years_are_those_of_the_edition_and_one_where_its_text_is_missing() -> None:
    assert evaluation_years(date(2023, 11, 6), "110105") == parameter("occupancy_deadline_years", date(2023, 11, 6))
    assert evaluation_years(date(2022, 3, 1), "110105") == 1


def test_the_year_after_a_leap_day_ends_on_the_last_day_of_february() -> None:
    assert evaluation_year(DELIVERED, "no_shift").on == LAST
    assert evaluation_year(DELIVERED, "no_shift", years=2).on == date(2026, 2, 28)


@pytest.mark.parametrize("on", [date(2024, 2, 28), date(2025, 3, 1)])
def test_a_reference_day_outside_the_year_is_refused(on: date) -> None:
    with pytest.raises(Invalid) as refusal:
        check_reference_day(on, DELIVERED, LAST, "reference_date")
    assert refusal.value.field == "/body/reference_on"


@pytest.mark.parametrize(("on", "allowed"), [(LAST, True), (date(2025, 2, 27), False)])
def test_only_the_anniversary_is_allowed_under_that_reading(on: date, allowed: bool) -> None:
    for moment, answer in (("reference_date", True), ("anniversary", allowed)):
        if answer:
            check_reference_day(on, DELIVERED, LAST, moment)
        else:
            with pytest.raises(Invalid):
                check_reference_day(on, DELIVERED, LAST, moment)
