"""Each filter, search column and sort of funding's lists selects and orders its rows. 三（二）"""

from typing import Any

import pytest

from tests.enumeration import filters_of
from tests.funding.case import enter_pool
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

OWNER, OTHER = "91110000600037341L", "91110108551385082Q"
CASES: list[dict[str, Any]] = [
    {
        "district": "110105", "status": "received", "mode": None, "budget_year": None, "applicant_uscc": OWNER,
        "entered_on": "2024-02-01", "approved_on": None, "project_name": "甲楼", "declaration_no": "申报二",
        "applicant_name": "单位丙", "rank": 20, "award_yuan": None, "released_yuan": 0,
    },
    {
        "district": "110106", "status": "approved", "mode": "investment_grant", "budget_year": 2024,
        "applicant_uscc": OTHER, "entered_on": "2024-02-02", "approved_on": "2024-03-01", "project_name": "乙楼",
        "declaration_no": "申报一", "applicant_name": "单位甲", "rank": 30, "award_yuan": 7, "released_yuan": 5,
    },
    {
        "district": "110107", "status": "planned", "mode": "interest_subsidy", "budget_year": 2025,
        "applicant_uscc": OWNER, "entered_on": "2024-02-03", "approved_on": "2024-03-02", "project_name": "丙楼",
        "declaration_no": "申报三", "applicant_name": "单位乙", "rank": 10, "award_yuan": 6, "released_yuan": 4,
    },
]  # fmt: skip
"""Three applications; the second is held, and the first was."""
APPLICATIONS = {
    "status=received": "0", "status=approved&status=planned": "12", "district=110106": "1",
    "mode=interest_subsidy": "2", "mode=investment_grant": "1", "budget_year=2024": "1", "budget_year=2025": "2",
    f"applicant_uscc={OWNER}": "02",
    f"applicant_uscc={OTHER}": "1", "held=true": "1", "held=false": "02", "entered_on_from=2024-02-02": "12",
    "entered_on_to=2024-02-02": "01", "entered_on_from=2024-02-02&entered_on_to=2024-02-02": "1",
    "approved_on_from=2024-03-02": "2", "approved_on_to=2024-03-01": "1", "q=乙楼": "1", "q=申报二": "0",
    "q=单位丙": "0", "q=楼": "012", "q=无": "", "status=planned&district=110106": "",
}  # fmt: skip
SORTS = {
    "declaration_no": "120", "project_name": "210", "district": "012", "rank": "201", "award_yuan": "21",
    "released_yuan": "021", "entered_on": "012", "approved_on": "12", "id": "012",
}  # fmt: skip
"""Order of the rows that have a value; Chinese characters sort by code point: 丙 U+4E19, 乙 U+4E59, 甲 U+7532."""


async def three_cases(world: World) -> dict[str, str]:
    """Return the number of each application by its id."""
    numbers = {}
    for number, columns in enumerate(CASES):
        case = await enter_pool(world)
        for name, value in columns.items():
            kind = "date" if name.endswith("_on") else None
            value_sql = f"$1::text::{kind}" if kind else "$1"
            await world.database.admin.execute(
                f"UPDATE funding.application SET {name} = {value_sql} WHERE id = $2", value, case
            )
        numbers[str(case)] = str(number)
    hold = (
        "INSERT INTO funding.hold (id, application_id, district, applicant_uscc, source, ground, clause, severity,"
        " reason, placed_by, placed_at, lifted_at) SELECT gen_random_uuid(), id, district, applicant_uscc, 'x',"
        " 'other', '四（一）1', 'stop', '暂停', 'x', now(), CASE WHEN status = 'received' THEN now() END"
        " FROM funding.application WHERE status <> 'planned'"
    )
    await world.database.admin.execute(hold)
    return numbers


@pytest.mark.planted
async def test_each_filter_of_the_applications_selects_its_rows(world: World) -> None:
    numbers = await three_cases(world)
    for query, expected in APPLICATIONS.items():
        items = (await world.get("funding", f"/v1/applications?{query}", "auditor-1"))["items"]
        assert "".join(sorted(numbers[item["id"]] for item in items)) == expected, query
    for sort, expected in SORTS.items():
        for sign, order in (("", expected), ("-", expected[::-1])):
            items = (await world.get("funding", f"/v1/applications?sort={sign}{sort}", "auditor-1"))["items"]
            found = "".join(numbers[item["id"]] for item in items if item.get(sort, "") is not None)
            assert "".join(number for number in found if number in expected) == order, (sign, sort)


PLAN = (
    "INSERT INTO funding.investment_plan (id, district, year, batch, title, status, total_yuan, drafted_by, drafted_at,"
    " version, plan_no, issued_on) VALUES (gen_random_uuid(), '110000', $1, $2, $3, $4, $5, 'x', $6::text::timestamptz,"
    " 1, $7, $8::text::date)"
)
PLANS = [
    (2024, 12, "计划甲", "drafted", 3, "2024-03-03", None, None),
    (2024, 2, "计划乙", "issued", 1, "2024-03-01", "文号一", "2024-03-05"),
    (2025, 1, "计划丙", "withdrawn", 2, "2024-03-02", None, None),
    (2025, 3, "计划丁", "issued", 4, "2024-03-04", "文号二", "2024-03-06"),
]
QUERIES = {
    "": "丁丙甲乙", "year=2024": "甲乙", "year=2025": "丁丙", "status=issued": "丁乙", "status=drafted": "甲",
    "status=withdrawn": "丙", "issued_on_from=2024-03-06": "丁", "issued_on_to=2024-03-05": "乙", "q=丙": "丙",
    "q=文号二": "丁", "sort=year": "乙甲丙丁", "sort=total_yuan": "乙丙甲丁", "sort=-drafted_at": "丁甲丙乙",
    "sort=issued_on&status=issued": "乙丁",
}  # fmt: skip


@pytest.mark.planted
async def test_each_filter_of_the_plans_selects_its_rows(world: World) -> None:
    for plan in PLANS:
        await world.database.admin.execute(PLAN, *plan)
    for query, expected in QUERIES.items():
        items = (await world.get("funding", f"/v1/plans?{query}", "auditor-1"))["items"]
        assert "".join(item["title"][-1] for item in items) == expected, query


def test_every_filter_has_its_query() -> None:
    asked = {
        (name, part.split("=")[0])
        for name, queries in (("list_applications", APPLICATIONS), ("list_plans", QUERIES))
        for query in queries
        for part in query.split("&")
    }
    own = {pair for pair in filters_of("funding") if pair[0] in ("list_applications", "list_plans")}
    assert own <= asked
