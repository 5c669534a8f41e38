"""Investment plans: drafted from approved projects, issued by a second person, committed in one posting. 三（二）"""

from dataclasses import replace

import pytest
from sqlalchemy import text

from deploy.demo.personas import PEOPLE
from shared.actors import system_actor
from tests.funding.case import (
    appropriate,
    approved,
    code,
    construction,
    enter_pool,
    plan_item,
    planned,
    read,
    requested,
    sound,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


async def test_only_approved_projects_enter_a_plan_and_only_once(world: World) -> None:
    await appropriate(world)
    waiting, case = await enter_pool(world), await approved(world)
    body = {"year": 2024, "batch": 1, "items": [plan_item(case), plan_item(waiting)]}
    refused = await world.post("funding", "/v1/plans", "city-officer-2", body, 422)
    assert refused["errors"][0]["pointer"] == "/body/items/1/application_id"
    body["items"] = [plan_item(case)]
    await world.post("funding", "/v1/plans", "city-officer-2", body, 201)
    assert await code(world, "/v1/plans", "city-officer-2", body | {"batch": 2}) == "duplicate"


async def test_a_withdrawn_draft_frees_its_projects(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    body = {"year": 2024, "batch": 1, "items": [plan_item(case)]}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", body, 201)
    await world.post("funding", f"/v1/plans/{plan['id']}/withdraw", "city-officer-2", {"reason": "并入下一批"})
    assert await code(world, f"/v1/plans/{plan['id']}/issue", "city-supervisor-2") == "wrong_status"
    await planned(world, case)
    plans = (await world.get("funding", "/v1/plans?year=2024", "auditor-1"))["items"]
    assert sorted(plan["status"] for plan in plans) == ["issued", "withdrawn"]
    await sound(world)


async def test_a_plan_carries_the_fields_of_the_regulation_and_is_announced(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    item = (await planned(world, case))["items"][0]
    assert (item["total_investment_yuan"], item["amount_yuan"]) == ("100000000.00", "10000000.00")
    assert "25000平方米" in item["content_and_scale"]
    assert (await world.events("funding", "funding.plan_issued.v1"))[0]["data"]["total_yuan"] == "10000000.00"


async def test_the_drafter_of_a_plan_does_not_issue_it(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    both = replace(PEOPLE["city-officer-2"], roles=("city_officer", "city_supervisor"))
    body = {"year": 2024, "batch": 1, "items": [plan_item(case)]}
    plan = await world.post("funding", "/v1/plans", both, body, 201)
    assert (await world.post("funding", f"/v1/plans/{plan['id']}/issue", both, status=403))["code"] == "same_officer"


async def test_a_project_completed_before_the_plan_waits_for_a_decision(world: World) -> None:
    await appropriate(world)
    kept, dropped = await approved(world), await approved(world)
    body = {"year": 2024, "batch": 1, "items": [plan_item(case) for case in (kept, dropped)]}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", body, 201)
    for case in (kept, dropped):
        await construction(world, case)
    path = f"/v1/plans/{plan['id']}/issue"
    assert await code(world, path, "city-supervisor-2") == "completed_undecided"
    decisions = [
        {"application_id": str(kept), "include": True, "reason": "申报及收件时均在建"},
        {"application_id": str(dropped), "include": False, "reason": "收件前已完工"},
    ]
    issued = await world.post("funding", path, "city-supervisor-2", {"completed_decisions": decisions})
    assert issued["total_yuan"] == "10000000.00"
    assert sorted(item["status"] for item in issued["items"]) == ["dropped", "planned"]
    assert [(await read(world, case))["status"] for case in (kept, dropped)] == ["planned", "approved"]
    await requested(world, kept)
    await sound(world)


async def test_an_issued_plan_posts_the_transfers_of_all_its_projects_in_one_call(world: World) -> None:
    await appropriate(world)
    cases = [await approved(world) for _ in range(3)]
    await planned(world, *cases)
    async with world.instances["funding"].database.session(system_actor("funding")) as session:
        calls = await session.execute(
            text(
                "SELECT count(*), count(DISTINCT case_id) FROM funding_ledger.transfer"
                " WHERE purpose LIKE 'cancellation:approval:%' OR purpose LIKE 'reservation:instalment-1:%'"
                " GROUP BY batch"
            )
        )
        assert [tuple(row) for row in calls] == [(12, 3)]
