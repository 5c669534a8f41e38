"""Tests of the overview: each total counts its own rows of its own district, and only those."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.monitoring.models.base import Base
from tests.monitoring import rows
from tests.monitoring.fixtures import OTHER
from tests.monitoring.rows import ONE, TWO
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")
DELIVERED = {"status": "delivered", "delivered_on": rows.DAY, "evaluation_due_on": rows.DAY}
LATE = {"overdue_since": rows.DAY}


def files() -> list[Base]:
    """Return ten files of the first district, of which four are held, and one of the second."""
    states: list[dict[str, Any]] = [
        {"returned_yuan": Decimal("100.01")},
        {"demanded_yuan": Decimal("2000.00"), "held": True, "hold_reason": "挪用"},
        DELIVERED | {"evaluation_state": "upcoming", "recovered_yuan": Decimal("30.02")},
        DELIVERED | {"evaluation_state": "overdue"},
        DELIVERED | {"evaluation_state": "overdue"},
        *[DELIVERED | {"status": "evaluated", "evaluation_state": "issued", "held": n < 3} for n in range(5)],
    ]
    numbers = [1, *range(3, 12)]
    first = [rows.file(n, released_yuan=Decimal("1000.10"), **state) for n, state in zip(numbers, states, strict=True)]
    return [*first, rows.file(2, released_yuan=Decimal(7))]


def quarters() -> list[Base]:
    """Return six overdue reports that are still owed, and reports that are not overdue or no longer owed."""
    owed = [("open", LATE)] * 2 + [("returned", LATE)] * 4
    other = [("submitted", LATE), ("confirmed", LATE), ("open", {}), ("returned", {})]
    numbered = enumerate([*owed, *other], start=1)
    return [rows.quarter(n, ONE, f"20{20 + n}Q1", state=state, **late) for n, (state, late) in numbered]


def findings() -> list[Base]:
    """Return three open, four rectified and eight closed findings; grave are one open and seven closed ones."""
    states = ["open"] * 3 + ["rectified"] * 4 + ["closed"] * 8
    numbered = enumerate(states, start=1)
    return [rows.finding(n, ONE, UUID(int=1), state=state, grave=n == 1 or n > 8) for n, state in numbered]


async def test_each_total_counts_its_own_rows(world: World) -> None:
    meter = rows.meter(1, ONE, "1", "gas_m3")
    days = [date(2024, 4, 1) + timedelta(n) for n in range(11)]
    breaches = [rows.breach(n, meter, day, "open" if n < 9 else "closed") for n, day in enumerate(days)]
    await rows.store(world, files(), [*quarters(), meter, rows.inspection(1, ONE)], [*findings(), *breaches])
    nothing = dict.fromkeys(("delivered", "evaluated", "evaluations_upcoming", "evaluations_overdue", "held"), 0)
    none_open = dict.fromkeys(("overdue_quarters", "open_findings", "grave_findings", "open_reading_findings"), 0)
    answer = await world.get("monitoring", "/v1/overview", "auditor-1")
    assert answer["items"] == [
        {
            "district": "110105",
            "files": 10,
            "under_way": 2,
            "delivered": 3,
            "evaluated": 5,
            "evaluations_upcoming": 1,
            "evaluations_overdue": 2,
            "held": 4,
            "released_yuan": "10001.00",
            "kept_yuan": "9870.97",  # 10001.00 - 100.01 returned - 30.02 recovered; a demand takes nothing yet
            "overdue_quarters": 6,
            "open_findings": 7,
            "grave_findings": 8,
            "open_reading_findings": 9,
        },
        {"district": "110106", "files": 1, "under_way": 1, "released_yuan": "7.00", "kept_yuan": "7.00"}
        | nothing
        | none_open,
    ]


SORTS = {"district": "567", "-district": "765", "files": "675", "released_yuan": "576", "-overdue_quarters": "657"}


async def test_districts_are_sorted(world: World) -> None:
    cheap = {"district": "110107", "released_yuan": Decimal(1)}
    stored = [rows.file(n, released_yuan=Decimal("0.50")) for n in (1, 4, 5)]
    stored += [rows.file(2, released_yuan=Decimal(9)), rows.file(6, **cheap), rows.file(7, **cheap)]
    owed = [rows.quarter(n, of, f"202{n}Q1", **LATE) for n, of in ((1, ONE), (2, TWO), (3, TWO))]
    await rows.store(world, list[Base](stored), list[Base](owed))
    found = {}
    for sort in SORTS:
        items = (await world.get("monitoring", f"/v1/overview?sort={sort}", "auditor-1"))["items"]
        found[sort] = "".join(item["district"][-1] for item in items)
    assert found == SORTS


async def test_the_city_sees_every_district_and_an_officer_its_own(world: World) -> None:
    await rows.store(world, [rows.file(1), rows.file(2), rows.file(3, applicant_uscc=OTHER)])
    seen = {}
    for who in ("finance-1", "110105-supervisor-1", "110106-government", "110112-officer-1"):
        items = (await world.get("monitoring", "/v1/overview", who))["items"]
        seen[who] = [(item["district"], item["files"]) for item in items]
    assert seen == {
        "finance-1": [("110105", 2), ("110106", 1)],
        "110105-supervisor-1": [("110105", 2)],
        "110106-government": [("110106", 1)],
        "110112-officer-1": [],
    }
