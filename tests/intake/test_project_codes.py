"""Project codes in acts: impossible parts and months to come are refused wherever a code is entered. 二（五）"""

from typing import Any

import pytest

from tests.intake import sample_declarations
from tests.intake.sample_declarations import CITY, DRAFT
from tests.intake.sample_rows import project, push_projects
from tests.world import World

pytestmark = pytest.mark.clause("二（五）")

IMPOSSIBLE, FUTURE, CURRENT = (f"{head}-04-01-000001" for head in ("9999-999999", "2404-110105", "2403-110105"))


async def entered(world: World, code: str) -> list[int]:
    """Return the status of each act by which a code enters the suite, on 1 March 2024."""
    owner, body = world.owner(), DRAFT | {"project_code": code}
    created = await world.call("intake", "POST", "/v1/declarations", owner, body)
    case = (await sample_declarations.draft(world, project_code=None))["id"]
    edited = await world.call("intake", "PATCH", f"/v1/declarations/{case}", owner, {"project_code": code})
    money: dict[str, Any] = {
        "applicant_uscc": DRAFT["applicant_uscc"], "district": "110105", "programme": "渠道", "project_code": code,
        "amount_yuan": "1.00", "granted_on": "2023-01-01",
    }  # fmt: skip
    registered = await world.call("funding", "POST", "/v1/municipal-money", CITY, money)
    return [each.status_code for each in (created, edited, registered)]


async def test_a_code_with_an_impossible_part_or_of_a_month_to_come_is_refused(world: World) -> None:
    assert await entered(world, IMPOSSIBLE) == [422, 422, 422]
    assert await entered(world, FUTURE) == [422, 422, 422]
    assert await entered(world, CURRENT) == [201, 200, 201]


@pytest.mark.clause("四（一）2")
async def test_a_row_of_the_library_is_held_to_the_same_rule(world: World) -> None:
    rows = [project(f"P-{index}", project_code=code) for index, code in enumerate((IMPOSSIBLE, FUTURE, CURRENT))]
    answer = await push_projects(world, rows, mode="partial", status=207)
    assert [row["status"] for row in answer["rows"]] == ["refused", "refused", "created"]
    assert answer["rows"][1]["problem"]["code"] == "project_code_future"
