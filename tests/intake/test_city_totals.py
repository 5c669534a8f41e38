"""Totals of the city: every figure by district, what left, who reported which time (四（一）3)."""

from datetime import date, datetime
from typing import Any

import pytest

from shared.districts import DISTRICTS
from tests.intake.listed_rows import key, moment, write
from tests.intake.sample_rows import CHAOYANG, FENGTAI, project, push, push_projects, resource
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")

CITY, STRANGER, HAIDIAN = "city-officer-1", "110106-officer-1", "110108"
PART = project()["components"][0]
Row = dict[str, Any]


async def fill(world: World) -> None:
    """Record resources and projects of two districts with areas and amounts of their own."""
    await push(
        world,
        [
            resource("R-1", gross_floor_area_m2="100.10", vacant_area_m2="20.02"),
            resource("R-2", gross_floor_area_m2="200.20", vacant_area_m2=None, simulated=[]),
            resource("R-3", kind="warehouse", status="planned", gross_floor_area_m2="300.30", vacant_area_m2="0"),
        ],
    )
    other = resource("R-1", FENGTAI, kind="warehouse", gross_floor_area_m2="400.40", vacant_area_m2="33.03")
    await push(world, [other], who=STRANGER)
    here = [
        in_library("P-1", "1000.01", "10.10"),
        in_library("P-2", "2000.02", "20.20", support_mode=None, maturity="designed", simulated=[]),
        in_library("P-3", "4000.04", "40.40", project_type="area_package"),
        in_library("P-4", "9999.99", "99.99", left_on="2024-02-28", leave_reason="放弃", maturity="approved"),
    ]
    await push_projects(world, here)
    there = in_library("P-1", "8000.08", "80.80", FENGTAI, support_mode="interest_subsidy", project_type="old_factory")
    await push_projects(world, [there], who=STRANGER)


def in_library(external_id: str, yuan: str, area: str, district: str = CHAOYANG, **changed: Any) -> Row:
    part = PART | {"fixed_investment_yuan": yuan, "renovated_area_m2": area}
    return project(external_id, district, components=[part], **changed)


LEDGER: dict[str, Row] = {
    CHAOYANG: {
        "resource_count": 3,
        "simulated_count": 2,
        "gross_floor_area_m2": "600.60",
        "vacant_area_m2": "20.02",
        "by_status": {"planned": 1, "stock": 2},
        "by_kind": {"office_building": 2, "warehouse": 1},
    },
    FENGTAI: {
        "resource_count": 1,
        "simulated_count": 1,
        "gross_floor_area_m2": "400.40",
        "vacant_area_m2": "33.03",
        "by_status": {"stock": 1},
        "by_kind": {"warehouse": 1},
    },
    "110000": {
        "resource_count": 4,
        "simulated_count": 3,
        "gross_floor_area_m2": "1001.00",
        "vacant_area_m2": "53.05",
        "by_status": {"planned": 1, "stock": 3},
        "by_kind": {"office_building": 2, "warehouse": 2},
    },
    "": {
        "resource_count": 0,
        "simulated_count": 0,
        "gross_floor_area_m2": "0.00",
        "vacant_area_m2": "0.00",
        "by_status": {},
        "by_kind": {},
    },
}
LIBRARY: dict[str, Row] = {
    CHAOYANG: {
        "in_library_count": 3,
        "left_count": 1,
        "by_status": {"in_library": 3, "left": 1},
        "simulated_count": 3,
        "fixed_investment_yuan": "7000.07",
        "renovated_area_m2": "70.70",
        "by_type": {"area_package": 1, "inefficient_building": 2},
        "by_maturity": {"designed": 1, "ready": 2},
        "by_support_mode": {"investment_grant": 2, "unknown": 1},
    },
    FENGTAI: {
        "in_library_count": 1,
        "left_count": 0,
        "by_status": {"in_library": 1},
        "simulated_count": 1,
        "fixed_investment_yuan": "8000.08",
        "renovated_area_m2": "80.80",
        "by_type": {"old_factory": 1},
        "by_maturity": {"ready": 1},
        "by_support_mode": {"interest_subsidy": 1},
    },
    "110000": {
        "in_library_count": 4,
        "left_count": 1,
        "by_status": {"in_library": 4, "left": 1},
        "simulated_count": 4,
        "fixed_investment_yuan": "15000.15",
        "renovated_area_m2": "151.50",
        "by_type": {"area_package": 1, "inefficient_building": 2, "old_factory": 1},
        "by_maturity": {"designed": 1, "ready": 3},
        "by_support_mode": {"interest_subsidy": 1, "investment_grant": 2, "unknown": 1},
    },
    "": {
        "in_library_count": 0,
        "left_count": 0,
        "by_status": {},
        "simulated_count": 0,
        "fixed_investment_yuan": "0.00",
        "renovated_area_m2": "0.00",
        "by_type": {},
        "by_maturity": {},
        "by_support_mode": {},
    },
}
NOT_OPENED: Row = {
    "quarter": "2023Q4",
    "status": "not_opened",
    "submission_no": None,
    "due_on": "2024-01-15",
    "overdue": True,
    "late": None,
    "certified_by": None,
    "certified_at": None,
}
REPORTING = {
    CHAOYANG: NOT_OPENED | {"status": "open", "submission_no": 2, "due_on": "2024-04-08", "overdue": False},
    FENGTAI: NOT_OPENED
    | {"status": "certified", "submission_no": 1, "overdue": False, "late": True, "certified_by": "甲"}
    | {"certified_at": "2024-03-04T03:30:00Z"},
    HAIDIAN: NOT_OPENED | {"status": "prepared", "submission_no": 1},
}


async def report(world: World) -> None:
    """Record submissions of the last quarter of 2023, and one of the quarter after."""
    opened = {"opened_at": moment("03-01"), "opened_by": "x", "version": 1}
    certified = {"status": "certified", "certified_at": moment("03-04"), "certified_by": "甲", "late": True}
    in_time = certified | {"late": False, "certified_by": "乙"}
    rows: list[tuple[str, str, int, date, Row]] = [
        (CHAOYANG, "2023Q4", 2, date(2024, 4, 8), {"status": "open"}),
        (CHAOYANG, "2023Q4", 1, date(2024, 1, 15), in_time),
        (FENGTAI, "2023Q4", 1, date(2024, 1, 15), certified),
        (FENGTAI, "2023Q3", 2, date(2024, 1, 15), in_time),
        (HAIDIAN, "2023Q4", 1, date(2024, 1, 15), {"status": "prepared"}),
    ]
    for number, (district, quarter, submission_no, due_on, rest) in enumerate(rows):
        own = {"id": key("C")[:-1] + str(number), "district": district, "quarter": quarter, "due_on": due_on}
        await write(world, "quarter_submission", **own, **opened, submission_no=submission_no, **rest)


@pytest.mark.parametrize(("register", "totals"), [("ledger", LEDGER), ("library", LIBRARY)])
async def test_every_figure_of_the_city_by_district(world: World, register: str, totals: dict[str, Row]) -> None:
    await fill(world)
    await world.database.admin.execute("DELETE FROM intake.quarter_submission")
    world.clock.set(datetime.fromisoformat("2024-04-08T23:59:59+08:00"))
    await report(world)
    said = await world.get("intake", f"/v1/city/{register}?quarter=2023Q4", CITY)
    expected = [
        {"district": code, "name": unit.name, "reporting": REPORTING.get(code, NOT_OPENED)}
        | (totals.get(code) or totals[""])
        for code, unit in DISTRICTS.items()
    ]
    whole = {"district": "110000", "name": "全市", "reporting": None} | totals["110000"]
    assert said == {"quarter": "2023Q4", "total": whole, "districts": expected}


async def test_an_exempt_unit_that_reports_all_the_same_is_never_overdue(world: World) -> None:
    world.instances["intake"].settings.interpretations["bda_duties"] = "exempt"
    world.clock.set(datetime.fromisoformat("2024-05-01T09:00:00+08:00"))

    async def reporting(code: str) -> Row:
        ledger = await world.get("intake", "/v1/city/ledger?quarter=2023Q4", CITY)
        found: Row = next(each["reporting"] for each in ledger["districts"] if each["district"] == code)
        return found

    assert await reporting("BDA") == NOT_OPENED | {"status": "exempt", "overdue": False}
    assert await reporting(CHAOYANG) == NOT_OPENED
    opened = {"opened_at": moment("03-01"), "opened_by": "x", "version": 1, "status": "open", "submission_no": 1}
    for name, code in (("A", "BDA"), ("B", CHAOYANG)):
        own = {"id": key(name), "district": code, "quarter": "2023Q4", "due_on": date(2024, 1, 15)}
        await write(world, "quarter_submission", **own, **opened)
    open_ = {"status": "open", "submission_no": 1}
    assert await reporting("BDA") == NOT_OPENED | open_ | {"overdue": False}
    assert await reporting(CHAOYANG) == NOT_OPENED | open_
