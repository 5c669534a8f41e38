"""Municipal money registered at intake is checked by funding before approval. 二（五）"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.funding.case import OWNER, appropriate, code, draft, enter_pool
from tests.world import World

pytestmark = pytest.mark.clause("二（五）")

CODE = "2402-110105-04-01-123456"


async def register(world: World, **overrides: Any) -> Any:
    """Register municipal money of 3 million yuan for the owner's project and wait for funding to enter it."""
    kept = await send(world, await programme(world), 201, **overrides)
    await world.settle()
    return kept


async def programme(world: World) -> str:
    known = (await world.get("intake", "/v1/municipal-fund-programmes", "auditor-1"))["items"]
    return str(next(each["id"] for each in known if each["name"] == "老旧厂房更新改造奖励"))


async def send(world: World, programme_id: str, status: int, **overrides: Any) -> Any:
    body = {
        "programme_id": programme_id,
        "district": "110105",
        "entity_uscc": OWNER,
        "entity_name": "示例置业有限公司",
        "project_code": CODE,
        "amount_yuan": "3000000.00",
        "funded_on": "2023-06-01",
        "source": "主管部门公示",
    } | overrides
    return await world.post("intake", "/v1/municipal-funding-records", "110105-officer-1", body, status=status)


async def test_money_registered_at_intake_stops_the_approval_until_the_city_withdraws_it(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world, project_code=CODE)
    await draft(world, case)
    kept = await register(world)
    path = f"/v1/applications/{case}/approve"
    assert await code(world, path, "city-supervisor-1") == "other_municipal_money"
    shown = await world.get("funding", f"/v1/public-money?declaration_id={case}", "auditor-1")
    (entry,) = shown["entries"]
    assert (entry["id"], entry["programme"], entry["amount_yuan"], entry["recorded_by"]) == (
        kept["id"], "老旧厂房更新改造奖励", "3000000.00", "110105-officer-1",
    )  # fmt: skip
    acts = (await world.get("funding", f"/v1/acts/{kept['id']}", "auditor-1"))["items"]
    assert [(act["act"], act["reason"]) for act in acts] == [("enter_municipal_money", "主管部门公示")]
    withdrawal = {"reason": "系另一工程"}
    there = await world.post("funding", f"/v1/municipal-money/{kept['id']}/withdraw", "city-officer-3", withdrawal, 409)
    assert there["code"] == "wrong_status"
    await world.post("intake", f"/v1/municipal-funding-records/{kept['id']}/withdraw", "city-officer-3", withdrawal)
    await world.settle()
    await world.post("funding", path, "city-supervisor-1")


async def test_money_without_a_project_code_counts_where_the_entity_does(world: World, by_entity: None) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    await register(world, project_code=None, address="示例路2号")
    assert await code(world, f"/v1/applications/{case}/approve", "city-supervisor-1") == "other_municipal_money"


async def test_another_project_of_the_same_entity_is_approved(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world, project_code="2402-110105-04-01-654321")
    await draft(world, case)
    await register(world)
    await register(world, project_code=None, address="示例路2号", amount_yuan="5.00")
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")


async def test_a_registration_that_comes_again_is_entered_once(world: World) -> None:
    await register(world)
    before = await world.snapshot()
    await world.redeliver_all()
    assert await world.snapshot() == before
    assert await world.parked() == {}


async def test_an_amount_of_zero_is_refused(world: World) -> None:
    answer = await send(world, await programme(world), 422, amount_yuan="0.00")
    assert answer["errors"][0]["pointer"] == "/body/amount_yuan"


@pytest.fixture
def by_entity(world: World) -> Iterator[None]:
    """Choose the reading of I27 in which money of the entity counts."""
    readings = world.instances["funding"].settings.interpretations
    readings["other_funds_scope"] = "entity"
    yield
    readings["other_funds_scope"] = "project"
