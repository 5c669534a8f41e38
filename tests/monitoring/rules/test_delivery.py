"""Delivery and the evaluation year: the day that counts, the last day, the reference day. 二（三）1, 三（三）"""

from datetime import date, timedelta

import pytest

from services.monitoring.rules.delivery import (
    DeliveryDays,
    check_reference_day,
    delivery_day,
    evaluation_year,
    evaluation_years,
)
from shared.deadlines import Deadline
from shared.errors import Invalid
from shared.policy import parameter
from tests.shared.policy.periods import add_period

pytestmark = pytest.mark.clause("三（三）")
DAY = timedelta(days=1)
DELIVERED, LAST = date(2024, 2, 29), date(2025, 2, 28)
ACCEPTED, HANDED_OVER, OPENED = date(2024, 3, 1), date(2024, 4, 2), date(2024, 5, 3)


@pytest.mark.parametrize(
    ("meaning", "day"),
    [("completion_acceptance", ACCEPTED), ("handover", HANDED_OVER), ("opening", OPENED)],
)
def test_the_day_of_delivery_by_each_reading(meaning: str, day: date) -> None:
    assert delivery_day(DeliveryDays(ACCEPTED, HANDED_OVER, OPENED), meaning) == day


@pytest.mark.parametrize(
    ("meaning", "stated", "field", "label"),
    [
        ("handover", DeliveryDays(ACCEPTED, opened_on=OPENED), "/body/handed_over_on", "移交日期"),
        ("opening", DeliveryDays(ACCEPTED, HANDED_OVER), "/body/opened_on", "开业日期"),
    ],
)
def test_a_day_that_is_not_stated_is_asked_for(meaning: str, stated: DeliveryDays, field: str, label: str) -> None:
    with pytest.raises(Invalid, match=f"以{label}为交付日") as refusal:
        delivery_day(stated, meaning)
    assert refusal.value.field == field


def test_the_years_are_those_of_the_edition_and_one_where_its_text_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert evaluation_years(date(2023, 11, 6), "110105") == parameter("occupancy_deadline_years", date(2023, 11, 6))
    assert evaluation_years(date(2022, 3, 1), "110105") == 1
    add_period(monkeypatch, "occupancy_deadline_years", date(2024, 1, 1), 2)
    assert [evaluation_years(day, "110105") for day in (date(2023, 12, 31), date(2024, 1, 1))] == [1, 2]


def test_the_year_after_a_leap_day_ends_on_the_last_day_of_february() -> None:
    assert evaluation_year(DELIVERED, "no_shift") == Deadline(LAST)
    assert evaluation_year(DELIVERED, "no_shift", years=2).on == date(2026, 2, 28)


def test_a_year_that_ends_on_a_rest_day_moves_only_under_the_civil_code() -> None:
    sunday = date(2025, 3, 2)
    assert evaluation_year(date(2024, 3, 2), "civil_code") == Deadline(date(2025, 3, 3), shifted_from=sunday)
    assert evaluation_year(date(2024, 3, 2), "no_shift") == Deadline(sunday)


@pytest.mark.parametrize(
    ("on", "allowed"),
    [(DELIVERED - DAY, False), (DELIVERED, True), (LAST, True), (LAST + DAY, False)],
)
def test_the_reference_day_lies_within_the_year(on: date, allowed: bool) -> None:
    if allowed:
        check_reference_day(on, DELIVERED, LAST, "reference_date")
        return
    with pytest.raises(Invalid, match="2024-02-29 至 2025-02-28") as refusal:
        check_reference_day(on, DELIVERED, LAST, "reference_date")
    assert refusal.value.field == "/body/reference_on"


@pytest.mark.parametrize(("on", "allowed"), [(LAST, True), (LAST - DAY, False)])
def test_only_the_anniversary_is_allowed_under_that_reading(on: date, allowed: bool) -> None:
    for moment, answer in (("reference_date", True), ("any_time", True), ("anniversary", allowed)):
        if answer:
            check_reference_day(on, DELIVERED, LAST, moment)
        else:
            with pytest.raises(Invalid, match="2025-02-28") as refusal:
                check_reference_day(on, DELIVERED, LAST, moment)
            assert refusal.value.field == "/body/reference_on"


def test_the_anniversary_is_that_of_the_years_and_does_not_move() -> None:
    delivered, moved = date(2024, 3, 2), date(2025, 3, 3)
    check_reference_day(date(2025, 3, 2), delivered, moved, "anniversary")
    with pytest.raises(Invalid):
        check_reference_day(moved, delivered, moved, "anniversary")
    check_reference_day(date(2026, 3, 2), delivered, date(2026, 3, 2), "anniversary", years=2)
    with pytest.raises(Invalid):
        check_reference_day(date(2025, 3, 2), delivered, date(2026, 3, 2), "anniversary", years=2)
