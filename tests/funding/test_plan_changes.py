"""Issued plans are amended or cancelled by a document of two people; what was released stays. 三（二）"""

from typing import Any
from uuid import UUID

import pytest

from tests.funding.case import (
    appropriate,
    approved,
    code,
    paper,
    plan_item,
    planned,
    read,
    requested,
    sound,
    yuan,
)
from tests.funding.test_budgets import figures
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
REASON = {"reason": "项目方案调整"}


async def drafted(world: World, plan: Any, *items: dict[str, Any], status: int = 201, **about: Any) -> Any:
    kind = "amend" if items else "cancel"
    papers = {"attachments": [await paper(world, "plan_document")]}
    body = {"kind": kind, "document_no": "计调1号", **REASON, "items": items, **papers, **about}
    return await world.post("funding", f"/v1/plans/{plan['id']}/changes", "city-officer-2", body, status)


async def changed(world: World, plan: Any, *items: dict[str, Any]) -> Any:
    change = await drafted(world, plan, *items)
    return await world.post("funding", f"/v1/plan-changes/{change['id']}/issue", "city-supervisor-2")


def removal(case: UUID) -> dict[str, Any]:
    return {"application_id": str(case), "action": "remove"}


async def test_a_plan_states_every_field_of_the_regulation(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    whole = plan_item(case)
    wrong = {
        "construction_starts_on": None,
        "construction_ends_on": "2023-12-31",
        "year_investment_yuan": "100000000.01",
        "fund_source": " ",
    }
    for field, value in wrong.items():
        body = {"year": 2024, "batch": 1, "items": [whole | {field: value}]}
        refused = await world.post("funding", "/v1/plans", "city-officer-2", body, 422)
        assert refused["errors"][0]["pointer"] == f"/body/items/0/{field}"
    item = (await planned(world, case))["items"][0]
    assert (item["construction_period"], item["year_investment_yuan"]) == ("2024年1月至2025年6月", "1.00")
    listed = await world.get("funding", "/v1/plan-items?year=2024&include_total=true", "110105-officer-1")
    assert (listed["total"], listed["items"][0]["fund_source"]) == (1, "市级政府投资和自筹")
    assert (await world.get("funding", "/v1/plan-items", "110106-officer-1"))["items"] == []


async def test_an_amended_item_keeps_its_earlier_version(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    plan = await planned(world, case)
    new = {"construction_starts_on": "2024-02-01", "construction_ends_on": "2026-12-31", "fund_source": "区级资金"}
    change = await drafted(world, plan, {"application_id": str(case), "action": "change", **new})
    path = f"/v1/plan-changes/{change['id']}"
    assert await code(world, f"{path}/issue", "city-officer-2", status=403) == "forbidden"
    refused = await drafted(world, plan, removal(case), status=409)
    assert refused["code"] == "duplicate"
    await world.post("funding", f"{path}/issue", "city-supervisor-2")
    items = (await world.get("funding", f"/v1/plan-items?plan_id={plan['id']}", "auditor-1"))["items"]
    assert [(each["number"], each["status"], each["construction_period"]) for each in items] == [
        (1, "superseded", "2024年1月至2025年6月"),
        (2, "planned", "2024年2月至2026年12月"),
    ]
    assert items[1]["change_id"] == change["id"]
    shown = (await world.get("funding", f"/v1/plans/{plan['id']}", "auditor-1"))["items"]
    assert [each["fund_source"] for each in shown] == ["区级资金"]
    owners = (await read(world, case, world.owner()))["plan_items"]
    assert [each["number"] for each in owners] == [1, 2]
    assert await code(world, f"{path}/withdraw", "city-officer-2", REASON) == "wrong_status"
    await requested(world, case)
    await sound(world)


async def test_a_removed_project_goes_back_among_the_approved_and_enters_another_plan(world: World) -> None:
    await appropriate(world)
    kept, removed = await approved(world), await approved(world)
    plan = await planned(world, kept, removed)
    request = await requested(world, removed)
    change = await drafted(world, plan, removal(removed))
    path = f"/v1/plan-changes/{change['id']}/issue"
    assert await code(world, path, "city-supervisor-2") == "already_requested"
    reject = f"/v1/release-requests/{request['id']}/reject"
    await world.post("funding", reject, "finance-2", {"reason": "调出计划"})
    await world.post("funding", path, "city-supervisor-2")
    assert (await world.get("funding", f"/v1/plans/{plan['id']}", "auditor-1"))["total_yuan"] == "10000000.00"
    assert [(await read(world, case))["status"] for case in (kept, removed)] == ["planned", "approved"]
    both = {"appropriated": "500000000.00", "available": "480000000.00"}
    assert await figures(world) == both | {"reserved": "10000000.00", "committed": "10000000.00"}
    again = await planned(world, removed, batch=2)
    assert again["items"][0]["number"] == 1
    request = await requested(world, removed)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    assert yuan(await read(world, removed), "released") == "10000000.00"
    event = (await world.events("funding", "funding.plan_changed.v1"))[0]["data"]
    assert (event["total_yuan"], event["items"][0]["action"]) == ("10000000.00", "remove")
    await sound(world)


async def test_a_cancelled_plan_keeps_what_was_released(world: World) -> None:
    world.instances["funding"].settings.interpretations["instalments"] = "by_progress"
    await appropriate(world)
    paid, waiting = await approved(world), await approved(world)
    plan = await planned(world, paid, waiting)
    request = await requested(world, paid)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    assert (await drafted(world, plan, status=422, items=[removal(paid)]))["code"] == "invalid"
    await changed(world, plan)
    shown = await world.get("funding", f"/v1/plans/{plan['id']}", "auditor-1")
    assert (shown["status"], shown["total_yuan"]) == ("cancelled", "0.00")
    assert {item["status"] for item in shown["items"]} == {"removed"}
    assert yuan(await read(world, paid), "released") == "6000000.00"
    assert yuan(await read(world, paid), "reserved") == "4000000.00"
    assert [(await read(world, case))["status"] for case in (paid, waiting)] == ["approved", "approved"]
    late = await drafted(world, plan, status=409)
    assert late["code"] == "wrong_status"
    body = {"year": 2024, "batch": 1, "items": [plan_item(paid)]}
    assert await code(world, "/v1/plans", "city-officer-2", body) == "duplicate"
    assert (await planned(world, paid, waiting, batch=2))["total_yuan"] == "14000000.00"
    await sound(world)


WRONG: dict[str, dict[str, Any]] = {
    "/body/items": {"items": []},
    "/body/items/0/application_id": {"application_id": "11111111-1111-5111-8111-111111111111"},
    "/body/items/0": {"action": "change"},
    "/body/items/0/year_investment_yuan": {"action": "change", "year_investment_yuan": "100000000.01"},
    "/body/items/1/application_id": {"twice": True},
}


async def test_a_change_names_what_it_changes(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    plan = await planned(world, case)
    for pointer, more in WRONG.items():
        item = removal(case) | {key: value for key, value in more.items() if key not in ("twice", "items")}
        items = more.get("items", [item] * (2 if "twice" in more else 1))
        refused = await drafted(world, plan, status=422, kind="amend", items=items)
        assert refused["errors"][0]["pointer"] == pointer
    body = {"kind": "cancel", "document_no": "计调1号", **REASON, "attachments": []}
    refused = await world.post("funding", f"/v1/plans/{plan['id']}/changes", "city-officer-2", body, 422)
    assert refused["errors"][0]["pointer"] == "/body/attachments"
