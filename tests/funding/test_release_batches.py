"""A whole plan is requested and released in one act each; one project that cannot be paid holds the batch. 三（二）"""

from typing import Any

import pytest
from sqlalchemy import text

from shared.actors import system_actor
from tests.funding.case import appropriate, approved, code, construction, planned, read, sound, yuan
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
HOLD = {"ground": "other", "clause": "四（一）3", "severity": "review", "reason": "待复核"}
EVIDENCE = {"evidence": "计划已下达"}


async def batch(world: World, plan: Any, who: str = "finance-1") -> Any:
    return await world.post("funding", f"/v1/plans/{plan['id']}/release-requests", who, EVIDENCE)


async def test_a_plan_is_paid_in_one_posting_by_another_person(world: World) -> None:
    await appropriate(world)
    cases = [await approved(world) for _ in range(3)]
    plan = await planned(world, *cases)
    path = f"/v1/plans/{plan['id']}/release"
    assert await code(world, path, "finance-2") == "batch_refused"
    asked = await batch(world, plan)
    assert (asked["total_yuan"], len(asked["requests"]), asked["refused"]) == ("30000000.00", 3, [])
    assert {each["code"] for each in (await batch(world, plan))["refused"]} == {"already_requested"}
    assert await code(world, path, "finance-1", status=403) == "same_officer"
    paid = await world.post("funding", path, "finance-2")
    assert (paid["total_yuan"], {each["status"] for each in paid["requests"]}) == ("30000000.00", {"paid"})
    async with world.instances["funding"].database.session(system_actor("funding")) as session:
        counted = await session.scalar(
            text("SELECT count(DISTINCT batch) FROM funding_ledger.transfer WHERE purpose LIKE 'release:%'")
        )
    assert counted == 1
    assert len(await world.events("funding", "funding.funds_released.v1")) == 3
    assert {each["code"] for each in (await batch(world, plan))["refused"]} == {"wrong_status"}
    await sound(world)


async def test_one_project_that_cannot_be_paid_holds_the_batch_and_is_named(world: World) -> None:
    await appropriate(world)
    fit, held, done = [await approved(world) for _ in range(3)]
    plan = await planned(world, fit, held, done)
    await construction(world, done)
    asked = await batch(world, plan)
    assert [(each["application_id"], each["code"]) for each in asked["refused"]] == [
        (str(done), "completed_before_plan")
    ]
    await world.post("funding", f"/v1/applications/{held}/hold", "city-officer-4", HOLD, 201)
    path = f"/v1/plans/{plan['id']}/release"
    refused = await world.post("funding", path, "finance-2", None, 409)
    assert [(each["application_id"], each["code"]) for each in refused["refused"]] == [(str(held), "funds_held")]
    assert "待复核" in refused["detail"]
    assert {yuan(await read(world, case), "released") for case in (fit, held)} == {"0.00"}
    request = next(each for each in asked["requests"] if each["application_id"] == str(held))
    reject = f"/v1/release-requests/{request['id']}/reject"
    await world.post("funding", reject, "finance-2", {"reason": "暂停"})
    paid = await world.post("funding", path, "finance-2")
    assert [each["application_id"] for each in paid["requests"]] == [str(fit)]
    await sound(world)
