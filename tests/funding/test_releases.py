"""Releases: segregation of duties, holds, instalments and closing. 二（五）, 三（二）, 四（一）1"""

import asyncio
from datetime import date
from decimal import Decimal

import pytest

from shared.contracts.monitoring import EvaluationIssued, ProjectQuarterSubmitted, TargetResult
from tests.funding.case import (
    DISTRICT,
    OWNER,
    REFUSED,
    announce,
    appropriate,
    approved,
    code,
    construction,
    draft,
    enter_pool,
    planned,
    read,
    released,
    requested,
    sound,
    yuan,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

HOLD = {"reason": "专户使用情况待核", "clause": "四（一）1"}


@pytest.mark.clause("二（五）")
async def test_a_project_found_completed_before_its_plan_afterwards_is_not_paid(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    await construction(world, case)
    assert (await requested(world, case, status=409))["code"] == "completed_before_plan"


async def test_nothing_is_paid_before_a_plan(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    assert (await requested(world, case, status=409))["code"] == "wrong_status"


async def test_release_takes_two_people_of_finance(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    request = await requested(world, case)
    path = f"/v1/release-requests/{request['id']}/approve"
    assert await code(world, path, "finance-1", status=403) == "same_officer"
    assert await code(world, path, "city-supervisor-1", status=403) == "forbidden"
    await world.post("funding", path, "finance-2")
    assert await code(world, path, "finance-2") == "wrong_status"


async def test_a_second_request_is_refused_while_one_waits(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    path, body = f"/v1/applications/{case}/release-requests", {"evidence": "计划已下达"}
    answers = await asyncio.gather(*(world.call("funding", "POST", path, f"finance-{n}", body) for n in (1, 3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert [a.json()["code"] for a in answers if a.status_code == 409] == ["already_requested"]


async def test_a_rejected_request_may_be_made_again(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    request = await requested(world, case)
    path = f"/v1/release-requests/{request['id']}"
    rejected = await world.post("funding", f"{path}/reject", "finance-2", {"reason": "账户信息有误"})
    assert (rejected["status"], rejected["decision_reason"]) == ("rejected", "账户信息有误")
    assert await code(world, f"{path}/approve", "finance-2") == "wrong_status"
    assert (await requested(world, case))["amount_yuan"] == "10000000.00"


async def test_two_payments_of_one_request_at_once_pay_once(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    path = f"/v1/release-requests/{(await requested(world, case))['id']}/approve"
    answers = await asyncio.gather(*(world.call("funding", "POST", path, f"finance-{n}") for n in (2, 3)))
    first, second = sorted(answer.status_code for answer in answers)
    assert first == 200
    assert second in REFUSED
    assert len(await world.events("funding", "funding.funds_released.v1")) == 1
    await sound(world)


@pytest.mark.clause("四（一）1")
async def test_held_money_is_neither_requested_nor_paid_until_a_supervisor_lifts_the_hold(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    request = await requested(world, case)
    path = f"/v1/applications/{case}"
    hold = await world.post("funding", f"{path}/hold", "city-officer-4", HOLD, 201)
    assert await code(world, f"/v1/release-requests/{request['id']}/approve", "finance-2") == "funds_held"
    await world.post("funding", f"/v1/release-requests/{request['id']}/reject", "finance-2", {"reason": "暂停"})
    assert (await requested(world, case, status=409))["code"] == "funds_held"
    shown = await read(world, case)
    assert (shown["held"], [item["id"] for item in shown["holds"]]) == (True, [hold["id"]])
    reason = {"reason": "已核清"}
    assert await code(world, f"{path}/lift-hold", "city-officer-4", reason, 403) == "forbidden"
    lifted = await world.post("funding", f"{path}/lift-hold", "city-supervisor-3", reason)
    assert lifted["held"] is False
    assert await code(world, f"{path}/lift-hold", "city-supervisor-3", reason, 404) == "not_found"
    await requested(world, case)
    held = [event["data"]["held"] for event in await world.events("funding", "funding.funds_held.v1")]
    assert held == [True, False]


async def test_of_two_holds_the_one_meant_must_be_named(world: World) -> None:
    case = await enter_pool(world)
    path = f"/v1/applications/{case}"
    holds = [await world.post("funding", f"{path}/hold", "city-officer-4", HOLD, 201) for _ in range(2)]
    reason = {"reason": "已核清"}
    assert await code(world, f"{path}/lift-hold", "city-supervisor-3", reason) == "wrong_status"
    lifted = await world.post("funding", f"{path}/lift-hold", "city-supervisor-3", reason | {"hold_id": holds[0]["id"]})
    assert [hold["id"] for hold in lifted["holds"]] == [holds[1]["id"]]


@pytest.mark.clause("二（五）")
async def test_money_registered_elsewhere_after_approval_stops_the_release(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    request = await requested(world, case)
    entry = {
        "declaration_id": str(case),
        "applicant_uscc": OWNER,
        "district": DISTRICT,
        "programme": "超低能耗奖励",
        "amount_yuan": "3000000.00",
        "granted_on": "2024-02-01",
    }
    await world.post("funding", "/v1/municipal-money", "city-officer-3", entry, 201)
    path = f"/v1/release-requests/{request['id']}/approve"
    assert await code(world, path, "finance-2") == "other_municipal_money"
    await sound(world)


async def test_instalments_wait_for_progress_and_evaluation(world: World, by_progress: None) -> None:
    case = await released(world)
    shown = await read(world, case)
    assert (shown["status"], yuan(shown, "released"), yuan(shown, "reserved")) == (
        "releasing",
        "6000000.00",
        "4000000.00",
    )
    assert (await requested(world, case, status=409))["code"] == "instalment_condition"
    await announce(world, "monitoring", quarter(case, "0.72"))
    second = await requested(world, case)
    assert (second["instalment"], second["amount_yuan"]) == (2, "3000000.00")
    await world.post("funding", f"/v1/release-requests/{second['id']}/approve", "finance-2")
    assert (await requested(world, case, status=409))["code"] == "instalment_condition"
    await announce(world, "monitoring", evaluation(case, met=True))
    third = await requested(world, case)
    await world.post("funding", f"/v1/release-requests/{third['id']}/approve", "finance-2")
    assert (await read(world, case))["status"] == "released"
    assert (await requested(world, case, status=409))["code"] == "wrong_status"
    await sound(world)


async def test_closing_a_case_gives_the_rest_back_to_the_budget(world: World, by_progress: None) -> None:
    case = await released(world)
    body = {"reason": "项目不再实施后续内容"}
    assert (await world.post("funding", f"/v1/applications/{case}/close", "city-supervisor-3", body))["status"] == (
        "closed"
    )
    shown = await world.get("funding", "/v1/budgets/2024", "finance-1")
    assert (yuan(shown, "committed"), yuan(shown, "available")) == ("0.00", "494000000.00")
    await sound(world)


async def test_the_release_event_names_every_duty_holder_of_the_case(world: World) -> None:
    await released(world)
    event = (await world.events("funding", "funding.funds_released.v1"))[0]["data"]
    assert {hand["duty"] for hand in event["hands"]} == {
        "draft_approval", "approve", "draft_plan", "issue_plan", "request_release", "release", "report",
        "check_payee",
    }  # fmt: skip
    assert (event["award_yuan"], event["released_total_yuan"], event["instalment"]) == (
        "10000000.00",
        "10000000.00",
        1,
    )


def quarter(case: object, progress: str) -> ProjectQuarterSubmitted:
    return ProjectQuarterSubmitted.model_validate(
        {
            "declaration_id": case,
            "district": DISTRICT,
            "applicant_uscc": OWNER,
            "quarter": "2024Q2",
            "due_on": date(2024, 7, 15),
            "late": False,
            "progress": Decimal(progress),
            "investment_done_yuan": "70000000.00",
            "subsidy_used_yuan": "6000000.00",
            "warnings": (),
        }
    )


def evaluation(case: object, met: bool) -> EvaluationIssued:
    target = TargetResult(
        clause="二（三）1",
        label="入驻率",
        target="80%",
        actual="85%" if met else "61%",
        met=met,
        gap="" if met else "19%",
    )
    return EvaluationIssued.model_validate(
        {
            "declaration_id": case,
            "district": DISTRICT,
            "applicant_uscc": OWNER,
            "evaluation_id": case,
            "score": Decimal("88"),
            "grade": "good",
            "targets": (target,),
            "targets_met": met,
            "issued_on": date(2024, 3, 1),
            "late": False,
        }
    )


async def test_missed_targets_are_recorded_and_recover_nothing(world: World) -> None:
    case = await released(world)
    await announce(world, "monitoring", evaluation(case, met=False))
    shown = await read(world, case)
    noted = next(act for act in shown["timeline"] if act["act"] == "note_evaluation")
    assert noted["detail"]["missed"] == ["入驻率（二（三）1）：目标 80%，实际 61%"]
    assert (shown["targets_met"], yuan(shown, "demanded"), shown["held"]) == (False, "0.00", False)
    await draft(world, case, status=409)
