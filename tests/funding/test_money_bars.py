"""Bars of other municipal money: from intake's act to funding's refusal, and the acts that settle and lift them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.funding.case import appropriate, draft, enter_pool, payee, plan_item, planned, requested
from tests.funding.test_municipal_money import CODE, register
from tests.world import World

pytestmark = pytest.mark.clause("二（五）")

PLACE = {"project_code": None, "address": "北京市朝阳区示例路一號"}
SETTLED = {"evidence": "复函：资助的是一期", "document_no": "京经信函〔2024〕3号"}
REASON = {"reason": "材料充分"}


async def bars(world: World, case: UUID | str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get("funding", f"/v1/applications/{case}", "auditor-1"))["money_bars"]
    return found


async def statuses(world: World, case: UUID | str) -> list[tuple[str, str]]:
    return [(each["basis"], each["status"]) for each in await bars(world, case)]


async def act(world: World, case: UUID | str, name: str, who: str, body: Mapping[str, Any], status: int = 200) -> Any:
    return await world.post("funding", f"/v1/applications/{case}/{name}", who, body, status)


async def lifted(world: World, case: UUID | str) -> None:
    """Lift the only bar by two persons."""
    (standing,) = [each for each in await bars(world, case) if each["status"] == "barred"]
    meant = {"bar_id": standing["id"]}
    await act(world, case, "propose-money-bar-lifting", "city-officer-3", meant | SETTLED)
    await act(world, case, "decide-money-bar-lifting", "city-officer-4", meant | {"lift": True} | REASON)


async def step(world: World, case: UUID | str, name: str) -> Any:
    """Do the next step towards the money and return its error code, None where it is done."""
    path = f"/v1/applications/{case}"
    calls: dict[str, tuple[str, str, Any]] = {
        "approve": (f"{path}/approve", "city-supervisor-1", None),
        "request": (f"{path}/release-requests", "finance-1", {"evidence": "依据"}),
    }
    if name == "issue":
        items = {"year": 2024, "batch": 1, "items": [plan_item(case)]}
        plan = await world.post("funding", "/v1/plans", "city-officer-2", items, 201)
        calls["issue"] = (f"/v1/plans/{plan['id']}/issue", "city-supervisor-2", None)
    if name == "request" and not (await world.get("funding", path, "auditor-1"))["payee_accounts"]:
        await payee(world, UUID(str(case)))
    if name == "release":
        (waiting,) = (await world.get("funding", path, "auditor-1"))["release_requests"]
        calls["release"] = (f"/v1/release-requests/{waiting['id']}/approve", "finance-2", None)
    answer = await world.call("funding", "POST", *calls[name])
    return answer.json().get("code") if answer.status_code >= 400 else None


async def test_money_of_the_same_works_at_one_place_bars_until_two_persons_lift_it(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    await register(world, **PLACE, entity_uscc="91110108551385082Q", works=["fit_out"])
    assert await statuses(world, case) == [("place_and_works", "barred")]
    assert await step(world, case, "approve") == "other_municipal_money"
    meant = {"bar_id": (await bars(world, case))[0]["id"]}
    await act(world, case, "settle-money-bar", "city-officer-3", meant | {"same_works": False} | SETTLED, 409)
    decision = meant | {"lift": True} | REASON
    await act(world, case, "decide-money-bar-lifting", "city-officer-4", decision, 409)
    await act(world, case, "propose-money-bar-lifting", "city-officer-3", meant | SETTLED)
    assert await step(world, case, "approve") == "other_municipal_money"
    same = await act(world, case, "decide-money-bar-lifting", "city-officer-3", decision, 403)
    assert same["code"] == "same_officer"
    await act(world, case, "decide-money-bar-lifting", "city-officer-4", decision | {"lift": False})
    assert await statuses(world, case) == [("place_and_works", "barred")]
    await lifted(world, case)
    assert await step(world, case, "approve") is None


async def test_the_same_entity_at_one_place_is_undetermined_until_an_officer_settles_it(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    await register(world, **PLACE)
    assert await statuses(world, case) == [("entity_and_place", "undetermined")]
    assert await step(world, case, "approve") == "municipal_money_undetermined"
    total = await world.get("funding", f"/v1/public-money?declaration_id={case}", "auditor-1")
    assert total["excluded_by_other_municipal"] is False
    meant = {"bar_id": (await bars(world, case))[0]["id"]}
    await act(world, case, "settle-money-bar", "city-officer-3", meant | {"same_works": True} | SETTLED)
    assert await step(world, case, "approve") == "other_municipal_money"
    await lifted(world, case)
    await register(world, **PLACE, amount_yuan="7.00")
    (_, second) = await bars(world, case)
    settled = {"bar_id": second["id"], "same_works": False} | SETTLED
    await act(world, case, "settle-money-bar", "city-officer-3", settled)
    assert await statuses(world, case) == [("entity_and_place", "lifted"), ("entity_and_place", "lifted")]
    assert await step(world, case, "approve") is None


@pytest.mark.parametrize("after", ["approve", "issue", "request"])
async def test_a_bar_stops_each_later_step(world: World, after: str) -> None:
    await appropriate(world)
    case = await enter_pool(world, project_code=CODE)
    await draft(world, case)
    steps = ["approve", "issue", "request", "release"]
    for name in steps[: steps.index(after) + 1]:
        assert await step(world, case, name) is None
    await register(world)
    assert await step(world, case, steps[steps.index(after) + 1]) == "other_municipal_money"


async def test_money_that_arrived_before_the_project_bars_it_too(world: World) -> None:
    await register(world)
    await register(world, **PLACE, amount_yuan="7.00")
    case = await enter_pool(world, project_code=CODE)
    assert await statuses(world, case) == [("project_code", "barred"), ("entity_and_place", "undetermined")]
    other = await enter_pool(world, project_code="2402-110105-04-01-654321", uscc="91110108551385082Q")
    assert await statuses(world, other) == []


async def correct(world: World, kept: Mapping[str, Any], who: str, **changed: Any) -> Any:
    fields = (
        "programme_id", "district", "project_code", "entity_uscc", "entity_name", "address", "title_certificate_no",
        "building_id", "works", "document_no", "amount_yuan", "funded_on", "source", "repeat_reason",
    )  # fmt: skip
    body = {name: kept[name] for name in fields} | {"reason": "更正"} | changed
    path = f"/v1/municipal-funding-records/{kept['id']}/correct"
    corrected = await world.post("intake", path, who, body)
    await world.settle()
    return corrected


async def test_a_bar_follows_corrections_and_what_was_lifted_is_raised_again_by_new_facts(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world, project_code=CODE)
    await draft(world, case)
    kept = await register(world, **PLACE)
    kept = await correct(world, kept, "city-officer-3", project_code=CODE)
    assert await statuses(world, case) == [("project_code", "barred")]
    kept = await correct(world, kept, "city-officer-3", project_code=None, address="示例路2号")
    assert await statuses(world, case) == [("project_code", "fallen")]
    kept = await correct(world, kept, "city-officer-3", address="示例路1号", works=["structure"])
    assert await statuses(world, case) == [("project_code", "fallen"), ("place_and_works", "barred")]
    (_, standing) = await bars(world, case)
    meant = {"bar_id": standing["id"]}
    await act(world, case, "propose-money-bar-lifting", "city-officer-2", meant | SETTLED)
    await act(world, case, "decide-money-bar-lifting", "city-officer-4", meant | {"lift": True} | REASON)
    kept = await correct(world, kept, "city-officer-3", amount_yuan="9.00")
    assert (await statuses(world, case))[1:] == [("place_and_works", "lifted")]
    kept = await correct(world, kept, "city-officer-3", project_code=CODE)
    assert (await statuses(world, case))[1:] == [("place_and_works", "lifted"), ("project_code", "barred")]
    withdrawal = f"/v1/municipal-funding-records/{kept['id']}/withdraw"
    await world.post("intake", withdrawal, "110105-officer-1", {"reason": "登记有误"}, 403)
    await world.post("intake", withdrawal, "city-officer-3", {"reason": "登记有误"})
    await world.settle()
    assert (await statuses(world, case))[2:] == [("project_code", "fallen")]
    assert await step(world, case, "approve") is None


async def test_who_drafted_the_project_does_not_bring_a_bar_down_by_withdrawing_the_entry(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world, project_code=CODE)
    await draft(world, case)
    acts = (await world.get("funding", f"/v1/acts/{case}", "auditor-1"))["items"]
    (drafter,) = [each["actor"] for each in acts if each["act"] == "draft_approval"]
    kept = await register(world)
    path = f"/v1/municipal-funding-records/{kept['id']}/withdraw"
    await world.post("intake", path, drafter, {"reason": "系另一工程"})
    await world.settle()
    assert await statuses(world, case) == [("project_code", "barred")]
    assert await step(world, case, "approve") == "other_municipal_money"
    await lifted(world, case)
    assert await step(world, case, "approve") is None


async def test_a_lifted_bar_is_raised_again_on_new_evidence(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world, project_code=CODE)
    await draft(world, case)
    kept = await register(world)
    body = {"money_id": kept["id"], "evidence": "现场核查：同一楼宇"}
    assert (await act(world, case, "raise-money-bar", "city-officer-2", body, 409))["code"] == "duplicate"
    await lifted(world, case)
    await act(world, case, "raise-money-bar", "city-officer-2", body, 201)
    assert await step(world, case, "approve") == "other_municipal_money"
    unknown = {"money_id": str(UUID(int=7)), "evidence": "无"}
    await act(world, case, "raise-money-bar", "city-officer-2", unknown, 404)


async def test_a_bar_raised_on_evidence_falls_with_its_entry_and_not_with_a_correction(world: World) -> None:
    case = await enter_pool(world)
    kept = await register(world)
    assert await statuses(world, case) == []
    body = {"money_id": kept["id"], "evidence": "现场核查：同一楼宇"}
    await act(world, case, "raise-money-bar", "city-officer-2", body, 201)
    kept = await correct(world, kept, "city-officer-3", amount_yuan="9.00")
    assert await statuses(world, case) == [("declaration", "barred")]
    path = f"/v1/municipal-funding-records/{kept['id']}/withdraw"
    await world.post("intake", path, "city-officer-3", {"reason": "登记有误"})
    await world.settle()
    assert await statuses(world, case) == [("declaration", "fallen")]


async def test_repeated_and_late_events_change_nothing(world: World) -> None:
    case = await enter_pool(world, project_code=CODE)
    kept = await register(world)
    await correct(world, kept, "city-officer-3", project_code=None, address="示例路2号")
    before = await world.snapshot()
    await world.redeliver_all()
    assert await world.snapshot() == before
    assert await statuses(world, case) == [("project_code", "fallen")]
    assert await world.parked() == {}


async def test_the_owner_sees_that_and_not_what(world: World) -> None:
    case = await enter_pool(world, project_code=CODE)
    kept = await register(world, entity_uscc="91110108551385082Q", entity_name="另一家", source="内部线索")
    detail = await world.get("funding", f"/v1/applications/{case}", world.owner())
    (bar,) = detail["money_bars"]
    assert (bar["basis"], bar["status"], bar["evidence"], bar["raised_by"]) == ("project_code", "barred", None, None)
    assert not any(word in str(detail) for word in ("另一家", "内部线索", "老旧厂房更新改造奖励", "3000000.00"))
    await world.get("funding", f"/v1/municipal-money/{kept['id']}", "auditor-1")
    (event,) = await world.events("funding", "funding.municipal_money_compared.v1")
    assert event["data"] == {
        "declaration_id": str(case),
        "district": "110105",
        "applicant_uscc": "91110000600037341L",
        "bar_id": bar["id"],
        "outcome": "barred",
        "basis": "project_code",
        "reason": "项目代码相同",
    }


async def test_after_a_first_instalment_the_next_is_stopped(world: World) -> None:
    await appropriate(world)
    readings = world.instances["funding"].settings.interpretations
    readings["instalments"] = "by_progress"
    case = await enter_pool(world, project_code=CODE)
    await draft(world, case)
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    await planned(world, case)
    first = await requested(world, case)
    await world.post("funding", f"/v1/release-requests/{first['id']}/approve", "finance-2")
    await register(world)
    assert await step(world, case, "request") == "other_municipal_money"
