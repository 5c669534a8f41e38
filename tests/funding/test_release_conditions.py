"""Conditions of a release on each side of their limits, and releases of a second round. 二（五）, 三（二）, 四（一）"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from tests.funding.case import appropriate, approved, code, planned, read, released, requested, sound, yuan
from tests.funding.distinct import at
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")


async def change(world: World, case: UUID, columns: str) -> None:
    await world.database.admin.execute(f"UPDATE funding.application SET {columns} WHERE id = '{case}'")


async def rejected(world: World, request: Any) -> None:
    await world.post("funding", f"/v1/release-requests/{request['id']}/reject", "finance-2", {"reason": "再议"})


async def paid(world: World, case: UUID, **more: Any) -> Any:
    request = await requested(world, case, **more)
    return await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")


# The plan is issued on 2024-03-01; a decision is the reason for which a completed project was kept.
COMPLETED = [
    ("2024-02-29", None, "completed_before_plan"),
    ("2024-03-01", None, "completed_before_plan"),
    ("2024-03-02", None, None),
    (None, None, None),
    ("2024-02-29", "保留的理由", None),
    ("2024-03-01", "保留的理由", None),
]


@pytest.mark.clause("二（五）")
async def test_completion_up_to_the_day_of_the_plan_stops_request_and_payment_unless_kept(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    waiting = await requested(world, case)
    for completed_on, decision, refusal in COMPLETED:
        await change(world, case, "completed_on = " + (f"'{completed_on}'" if completed_on else "NULL"))
        await world.database.admin.execute("UPDATE funding.plan_item SET completed_decision = $1", decision)
        if refusal is not None:
            assert await code(world, f"/v1/release-requests/{waiting['id']}/approve", "finance-2") == refusal
        await rejected(world, waiting)
        asked = await requested(world, case, status=201 if refusal is None else 409)
        assert asked.get("code") == refusal, (completed_on, decision)
        if refusal is not None:
            assert f"完工 {completed_on}，计划下达 2024-03-01" in asked["detail"]
            await change(world, case, "completed_on = NULL")
            asked = await requested(world, case)
        waiting = asked


PROGRESS = [(None, False), ("0.699999", False), ("0.700000", True), ("0.700001", True)]


async def test_the_second_instalment_waits_for_seventy_per_cent(world: World, by_progress: None) -> None:
    case = await released(world)
    for progress, reached in PROGRESS:
        await change(world, case, f"progress = {progress or 'NULL'}, evaluated_on = '2024-03-01'")
        asked = await requested(world, case, status=201 if reached else 409)
        if reached:
            assert (asked["instalment"], asked["amount_yuan"]) == (2, "3000000.00")
            await rejected(world, asked)
        else:
            assert (asked["code"], "70" in asked["detail"]) == ("instalment_condition", True), progress


async def test_the_third_instalment_waits_for_the_evaluation_whatever_the_progress(
    world: World, by_progress: None
) -> None:
    case = await released(world)
    await change(world, case, "progress = 1")
    await paid(world, case)
    assert (await requested(world, case, status=409))["code"] == "instalment_condition"
    await change(world, case, "progress = NULL, evaluated_on = '2024-03-01'")
    third = await paid(world, case)
    assert (third["instalment"], third["amount_yuan"], third["condition"]) == (3, "1000000.00", "完成评价")
    await sound(world)


async def test_odd_amounts_leave_their_rest_to_the_last_instalment(world: World, by_progress: None) -> None:
    # 10 % of 123,456,789.17 yuan; 60 % and 30 % of it rounded down to the fen, then the rest.
    award, parts = "12345678.92", ["7407407.35", "3703703.67", "1234567.90"]
    case = await released(world, investment_yuan="123456789.17")
    await change(world, case, "progress = 0.7, evaluated_on = '2024-03-01'")
    amounts = [yuan(await read(world, case), "released"), *[(await paid(world, case))["amount_yuan"] for _ in range(2)]]
    assert amounts == parts
    shown = await read(world, case)
    assert (yuan(shown, "award"), yuan(shown, "released"), yuan(shown, "reserved")) == (award, award, "0.00")
    events = [event["data"] for event in await world.events("funding", "funding.funds_released.v1")]
    assert [event["released_total_yuan"] for event in events] == ["7407407.35", "11111111.02", award]
    await sound(world)


@pytest.fixture
def readings(world: World) -> Iterator[dict[str, str]]:
    chosen = world.instances["funding"].settings.interpretations
    yield chosen
    chosen.clear()


async def test_after_a_change_to_one_payment_the_whole_rest_is_the_next_instalment(
    world: World, readings: dict[str, str]
) -> None:
    readings["instalments"] = "by_progress"
    case = await released(world)
    readings["instalments"] = "single"
    rest = await paid(world, case)
    assert (rest["instalment"], rest["amount_yuan"]) == (2, "4000000.00")
    shown = await read(world, case)
    assert (shown["status"], yuan(shown, "released"), yuan(shown, "reserved")) == ("released", "10000000.00", "0.00")
    await sound(world)


async def test_a_second_release_after_a_return_pays_the_rest_of_the_award(world: World, by_progress: None) -> None:
    case = await released(world)
    body = {"amount_yuan": "1000000.00", "bank_receipt_no": "回单1", "reason": "结余"}
    back = await world.post("funding", f"/v1/applications/{case}/returns", "finance-2", body, 201)
    await world.post("funding", f"/v1/returns/{back['id']}/confirm", "finance-1")
    await change(world, case, "progress = 0.7")
    second = await paid(world, case)
    assert (second["instalment"], second["amount_yuan"]) == (2, "3000000.00")
    shown = await read(world, case)
    figures = ("released", "reserved", "returned", "net_paid")
    assert [yuan(shown, key) for key in figures] == ["9000000.00", "1000000.00", "1000000.00", "8000000.00"]
    event = (await world.events("funding", "funding.funds_released.v1"))[-1]["data"]
    assert (event["amount_yuan"], event["released_total_yuan"]) == ("3000000.00", "9000000.00")
    await sound(world)


async def test_a_release_in_a_later_year_stays_in_the_budget_of_the_plan(world: World, by_progress: None) -> None:
    case = await released(world)
    await appropriate(world, "500000000.00", 2025)
    await change(world, case, "progress = 0.7")
    at(world, "2025-02-01 10:00")
    await paid(world, case)
    for year, amounts in {
        2024: {"reserved": "0.00", "committed": "1000000.00", "paid": "9000000.00", "available": "490000000.00"},
        2025: {"reserved": "0.00", "committed": "0.00", "paid": "0.00", "available": "500000000.00"},
    }.items():
        shown = await world.get("funding", f"/v1/budgets/{year}", "finance-1")
        assert {key: yuan(shown, key) for key in amounts} == amounts
    await sound(world)


@pytest.mark.clause("四（一）1")
@pytest.mark.parametrize(("severity", "asks"), [("review", 201), ("stop", 409)])
async def test_a_hold_of_either_severity_stops_the_payment_of_its_project_alone(
    world: World, severity: str, asks: int
) -> None:
    await appropriate(world)
    case, other = await approved(world), await approved(world)
    await planned(world, case, other)
    hold = {"severity": severity, "reason": "待核", "ground": "grave_finding", "clause": "四（一）3"}
    request, beside = await requested(world, case), await requested(world, other)
    placed = await world.post("funding", f"/v1/applications/{case}/hold", "city-officer-4", hold, 201)
    refusal = await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2", None, 409)
    assert (refusal["code"], refusal["hold_id"]) == ("funds_held", placed["id"])
    assert "现场核查发现严重问题（四（一）3）：待核" in refusal["detail"]
    await world.post("funding", f"/v1/release-requests/{beside['id']}/approve", "finance-2")
    await rejected(world, request)
    await requested(world, case, status=asks)


@pytest.mark.clause("四（一）1")
async def test_the_oldest_hold_is_named_and_lifting_names_holds_of_the_project_only(world: World) -> None:
    await appropriate(world)
    case, other = await approved(world), await approved(world)
    await planned(world, case)
    request = await requested(world, case)
    holds = []
    for day, of in ((2, case), (3, case), (4, other)):
        at(world, f"2024-03-0{day} 10:00")
        body = {"reason": f"第{day}日", "severity": "stop"}
        holds.append(await world.post("funding", f"/v1/applications/{of}/hold", "city-officer-4", body, 201))
    shown = await read(world, case)
    assert [hold["id"] for hold in shown["holds"]] == [holds[0]["id"], holds[1]["id"]]
    refusal = await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2", None, 409)
    assert refusal["hold_id"] == holds[0]["id"]
    lift, reason = f"/v1/applications/{case}/lift-hold", {"reason": "已核"}
    stranger = reason | {"hold_id": holds[2]["id"]}
    assert await code(world, lift, "city-supervisor-3", stranger, 404) == "not_found"
    lifted = await world.post("funding", lift, "city-supervisor-3", reason | {"hold_id": holds[0]["id"]})
    assert [hold["id"] for hold in lifted["holds"]] == [holds[1]["id"]]
    again = reason | {"hold_id": holds[0]["id"]}
    assert await code(world, lift, "city-supervisor-3", again, 404) == "not_found"
    lifted = await world.post("funding", lift, "city-supervisor-3", reason)  # the only one in force needs no name
    assert (lifted["held"], (await read(world, other))["held"]) == (False, True)


async def test_a_waiting_request_stops_a_second_one_and_the_end_of_its_project_alone(world: World) -> None:
    await appropriate(world)
    case, other = await approved(world), await approved(world)
    await planned(world, case, other)
    waiting = await requested(world, case)
    refused = await requested(world, case, status=409)
    assert (refused["code"], refused["release_request_id"]) == ("already_requested", waiting["id"])
    close, reason = "/v1/applications/{}/close", {"reason": "终止"}
    refused = await world.post("funding", close.format(case), "city-supervisor-3", reason, 409)
    assert (refused["code"], refused["release_request_id"]) == ("wrong_status", waiting["id"])
    await requested(world, other, who="finance-3")
    await rejected(world, waiting)
    assert (await world.post("funding", close.format(case), "city-supervisor-3", reason))["status"] == "closed"
    await sound(world)
