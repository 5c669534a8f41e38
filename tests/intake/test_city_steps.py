"""Last days of the city's steps by working days; the clock stands still while corrections are out. 三（二）"""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.deadlines import working_days_after, working_days_left
from tests.intake import sample_declarations
from tests.intake.sample_declarations import CITY, RECEIPT, RETURN
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


def _set(world: World, on: date) -> None:
    world.clock.set(datetime(on.year, on.month, on.day, 2, tzinfo=UTC))


async def _read(world: World, case: str) -> dict[str, Any]:
    found: dict[str, Any] = await world.get("intake", f"/v1/declarations/{case}/progress", CITY)
    return found


@pytest.mark.parametrize(
    ("day", "last", "left"),
    [
        (date(2024, 4, 3), date(2024, 4, 3), 0),
        (date(2024, 4, 3), date(2024, 4, 7), 1),
        (date(2024, 4, 3), date(2024, 4, 8), 2),
        (date(2024, 4, 8), date(2024, 4, 3), 0),
    ],
)
def test_working_days_left_skip_holidays_and_count_make_up_days(day: date, last: date, left: int) -> None:
    """4 to 6 April 2024 were the holiday of Qingming, Sunday 7 April was a working day."""
    assert working_days_left(day, last) == left


async def test_receipt_and_review_have_their_last_day_and_are_overdue_after_it(world: World) -> None:
    case = await sample_declarations.forwarded(world)
    on, settings = world.clock.today(), world.instances["intake"].settings
    shown = await _read(world, case)
    assert (shown["due_on"], shown["overdue"]) == (
        str(working_days_after(on, settings.city_due_working_days["forwarded"]).on),
        False,
    )
    received = await world.post("intake", f"/v1/declarations/{case}/receive", CITY, RECEIPT)
    due = working_days_after(on, settings.city_due_working_days["received"]).on
    assert received["due_on"] == str(due)
    await world.settle()
    shown = await _read(world, case)
    assert (shown["stage"], shown["due_on"]) == ("assessed", str(due))
    _set(world, due)
    assert not (await _read(world, case))["overdue"]
    _set(world, working_days_after(due, 1).on)
    assert (await _read(world, case))["overdue"]


async def test_a_return_during_the_review_stops_its_clock(world: World) -> None:
    case = await sample_declarations.forwarded(world)
    await world.post("intake", f"/v1/declarations/{case}/receive", CITY, RECEIPT)
    await world.settle()
    whole, began = world.instances["intake"].settings.city_due_working_days["received"], world.clock.today()
    _set(world, working_days_after(began, 8).on)
    returned = await world.post("intake", f"/v1/declarations/{case}/city-return", CITY, RETURN)
    assert returned["stage"] == "returned"
    (correction,) = (await world.get("intake", f"/v1/declarations/{case}/corrections", world.owner()))["items"]
    assert correction["days_left"] == whole - 8
    await world.settle()
    assert (await world.get("eligibility", f"/v1/assessments/{case}", CITY))["stage"] == "returned"
    again = working_days_after(world.clock.today(), 15).on
    _set(world, again)
    await world.database.admin.execute(
        "UPDATE intake.declaration SET stage = 'forwarded', assessed = false WHERE id = $1", case
    )
    received = await world.post("intake", f"/v1/declarations/{case}/receive", CITY, RECEIPT)
    assert received["due_on"] == str(working_days_after(again, whole - 8).on)
