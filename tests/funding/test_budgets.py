"""The municipal budget of a year: two people, supplements, and no approval past it. 三（二）"""

import pytest

from tests.funding.case import appropriate, code, draft, enter_pool, sound
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


async def test_a_supplement_makes_room_for_a_refused_approval(world: World) -> None:
    await appropriate(world, "9999999.99")
    case = await enter_pool(world)
    await draft(world, case)
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "over_budget"
    await appropriate(world, "0.01", document_no="追加1号")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    await sound(world)


async def test_a_budget_takes_two_people_of_whom_one_is_a_supervisor(world: World) -> None:
    body = {"year": 2024, "amount_yuan": "1.00", "document_no": "预算1号"}
    drafted = await world.post("funding", "/v1/budgets", "city-supervisor-1", body, 201)
    path = f"/v1/budgets/{drafted['id']}/confirm"
    assert await code(world, path, "city-supervisor-1", status=403) == "same_officer"
    assert (await world.get("funding", "/v1/budgets/2024", "finance-1", 409))["code"] == "no_budget"
    await world.post("funding", path, "city-supervisor-2")
    assert await code(world, path, "city-supervisor-2") == "wrong_status"
    assert await code(world, "/v1/budgets", "city-supervisor-1", body) == "duplicate"
    assert await code(world, "/v1/budgets", "finance-1", body, 403) == "forbidden"
    more = await world.post("funding", "/v1/budgets", "city-officer-1", body | {"document_no": "追加1号"}, 201)
    assert await code(world, f"/v1/budgets/{more['id']}/confirm", "city-officer-2", status=403) == "forbidden"
    await world.post("funding", f"/v1/budgets/{more['id']}/confirm", "city-supervisor-1")


async def test_without_a_budget_nothing_is_approved(world: World) -> None:
    case = await enter_pool(world)
    await draft(world, case)
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "no_budget"
