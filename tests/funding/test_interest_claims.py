"""Claims for interest subsidy over HTTP: the order of claims does not matter, corrections recompute. 二（四）2"""

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.funding.case import read, requested, sound, yuan
from tests.funding.interest_steps import (
    CITY,
    DECIDER,
    accept_all,
    borrower,
    calculation,
    decided,
    drafted,
    filed,
    filed_again,
    line,
    pay,
    payment,
    record,
    shown,
    step,
)
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")

A = {"annual_rate": "0.0390", "tenor": "1Y", "drawn_on": "2024-01-01"}
B = {**A, "drawn_on": "2023-01-10"}
BIG = {**B, "principal_yuan": "200000000.00"}
"""Loan of 200 million yuan at a fixed 3.90 %, drawn on 2023-01-10."""


@pytest.mark.parametrize("order", list(itertools.permutations("AB")))
async def test_the_order_in_which_claims_arrive_changes_nothing(world: World, order: tuple[str, ...]) -> None:
    case, loans = await borrower(world, started_on="2023-01-05", loans=(A, B))
    lines = {
        "A": line(loans[0], "2024-03-21", "2024-06-20", "0.0390"),
        "B": line(loans[1], "2023-09-21", "2023-12-20", "0.0390"),
    }
    amounts = {name: (await decided(world, case, lines[name]))["amount_yuan"] for name in order}
    found = {each["loan_id"]: each["payable_yuan"] for each in (await calculation(world, case))["result"]["lines"]}
    assert found[loans[1]] == "872083.33"
    assert sum(map(Decimal, amounts.values())) == sum(map(Decimal, found.values()))
    await sound(world)


async def test_what_is_paid_and_stated_later_is_due_in_a_later_claim(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    period = ("2023-12-21", "2024-03-20", "0.0390", "200000000.00")
    first = await decided(world, case, line(loan, *period, paid="1000000.00"))
    assert first["amount_yuan"] == "1000000.00"
    kept = (await record(world, case))["lines"][0]
    rest = line(loan, *period, corrects=kept["line_id"], reason="余下利息已于次月支付")
    rest["payments"] = [payment("2024-03-20", "1000000.00"), payment("2024-04-20", "971666.67", "付息2")]
    second = await decided(world, case, rest, period="2024Q2")
    assert (second["due_yuan"], second["amount_yuan"]) == ("744166.67", "744166.67")
    states = [(each["number"], each["state"], each["reason"]) for each in (await record(world, case))["lines"]]
    assert states == [(1, "replaced", None), (2, "counted", "余下利息已于次月支付")]
    for claim in (second, first):  # in any order
        await pay(world, case, claim)
    assert yuan(await read(world, case), "released") == "1744166.67"
    await sound(world)


async def test_a_forgotten_quarter_is_claimed_after_later_ones(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    later = await decided(world, case, line(loan, "2025-06-21", "2025-09-20", "0.0390", "200000000.00"))
    forgotten = line(loan, "2023-12-21", "2024-03-20", "0.0390", "200000000.00")
    earlier = await decided(world, case, forgotten, period="2024Q1")
    total = (await calculation(world, case))["total_yuan"]
    assert {each["payable_yuan"] for each in (await calculation(world, case))["result"]["lines"]} >= {"1744166.67"}
    assert Decimal(later["amount_yuan"]) + Decimal(earlier["amount_yuan"]) == Decimal(total)


CONTRADICTIONS: dict[str, tuple[Any, ...]] = {
    "balance above what was drawn": ("2024-03-21", "2024-06-20", "0.0390", "900000000.00"),
    "days before the drawdown": ("2022-12-21", "2023-01-20", "0.0390", "200000000.00"),
    "another rate than the contract's": ("2024-03-21", "2024-06-20", "0.0900", "200000000.00"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
async def test_a_contradiction_stops_the_claim_until_a_person_accepts_it(world: World, name: str) -> None:
    case, [loan] = await borrower(world, started_on="2022-12-01", loans=(BIG,))
    claim = await filed(world, case, line(loan, *CONTRADICTIONS[name]))
    refused = await step(world, claim, "check", "110105-officer-1", status=409)
    seen = await shown(world, claim, world.owner())
    assert (refused["code"], refused["keys"]) == ("remarks_open", [each["key"] for each in seen["open_remarks"]])
    unknown = {"key": "0" * 32, "reason": "认可"}
    assert (await step(world, claim, "accept-remark", "110105-officer-1", unknown, 422))["code"] == "invalid"
    assert await accept_all(world, claim)
    seen = await shown(world, claim, world.owner())
    assert seen["open_remarks"] == []
    assert {(each["reason"], each["accepted_by"]) for each in seen["accepted_remarks"]} == {(None, None)}
    accepted = (await shown(world, claim))["accepted_remarks"]
    assert {(each["reason"], each["accepted_by"]) for each in accepted} == {("已核对原件", "110105-officer-1")}
    assert (await step(world, claim, "check", "110105-officer-1"))["status"] == "checked"


async def test_a_returned_line_brings_its_remarks_again(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    wrong = line(loan, "2024-03-21", "2024-06-20", "0.0900", "200000000.00")
    claim = await filed(world, case, wrong)
    await accept_all(world, claim)
    await step(world, claim, "return", "110105-officer-1", {"reason": "利率与合同不符，请核对"})
    path = f"/v1/interest-claims/{claim['id']}"
    again = {"period": "2024Q2", "lines": [{**wrong, "rates": [{**wrong["rates"][0], "annual_rate": "0.0800"}]}]}
    revised = await world.call("funding", "PUT", path, world.owner(), again, status=200)
    assert (revised.json()["status"], revised.json()["period"]) == ("returned", "2024Q2")
    await filed_again(world, claim)
    assert (await shown(world, claim))["open_remarks"]
    states = [each["state"] for each in (await shown(world, claim))["lines"]]
    assert states == ["not_counted", "pending"]


async def test_a_refund_lowers_what_is_due_and_its_reversal_restores_it(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    period = ("2024-03-21", "2024-06-20", "0.0300", "200000000.00")
    first = await decided(world, case, line(loan, *period))
    assert first["amount_yuan"] == "1533333.33"
    kept = (await record(world, case))["lines"][0]["line_id"]
    refund: dict[str, Any] = {"refunds": [{"on": "2024-07-01", "amount_yuan": "100.00", "voucher_no": "退息1"}]}
    lower = await decided(world, case, line(loan, *period, corrects=kept, reason="银行退息", **refund))
    assert (lower["due_yuan"], lower["amount_yuan"]) == ("-100.00", "0.00")
    assert (await requested(world, case, status=422, claim_id=lower["id"]))["code"] == "invalid"
    assert (await requested(world, case, status=409, claim_id=first["id"]))["code"] == "interest_overclaimed"
    back = await decided(world, case, line(loan, *period, corrects=kept, reason="退息系误记"))
    assert (back["due_yuan"], back["amount_yuan"]) == ("0.00", "0.00")
    assert (await read(world, case))["clawback_requests"] == []
    await pay(world, case, first)
    await sound(world)


async def test_too_much_is_offset_below_the_limit_and_reclaimed_above_it(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    first = await decided(
        world,
        case,
        line(loan, "2024-03-21", "2024-06-20", "0.0300", "200000000.00"),
        line(loan, "2024-06-21", "2024-06-25", "0.0300", "200000000.00"),
    )
    await pay(world, case, first)
    short, long = sorted((await record(world, case))["lines"], key=lambda each: each["from_on"], reverse=True)
    path = "/v1/interest-lines/{}/withdraw"
    gone = {"reason": "重复填报"}
    assert (await world.post("funding", path.format(short["id"]), "city-officer-3", gone))["state"] == "withdrawn"
    assert (await read(world, case))["clawback_requests"] == []  # 83,333.33 yuan are below the limit
    assert (await calculation(world, case))["cause"] == "line_withdrawn"
    preview = {"lines": [line(loan, "2024-06-26", "2024-06-30", "0.0300", "200000000.00")]}
    seen = await world.post("funding", f"/v1/applications/{case}/interest-preview", world.owner(), preview)
    assert (seen["due"]["due_yuan"], seen["due"]["kind"]) == ("0.00", "nothing")
    await world.post("funding", path.format(long["id"]), "city-officer-3", gone)
    [clawback] = (await read(world, case))["clawback_requests"]
    assert (clawback["ground"], clawback["amount_yuan"]) == ("interest_recomputed", "1616666.66")
    again = await world.post("funding", path.format(long["id"]), "city-officer-3", gone, 409)
    assert again["code"] == "wrong_status"
    demanded = f"/v1/clawback-requests/{clawback['id']}/approve"
    await world.post("funding", demanded, "city-supervisor-2")
    assert (await calculation(world, case))["total_yuan"] == "0.00"
    seen = await world.post("funding", f"/v1/applications/{case}/interest-preview", world.owner(), preview)
    assert (seen["due"]["decided_yuan"], seen["due"]["due_yuan"]) == ("0.00", "83333.33")
    await sound(world)


async def withdraw_line(world: World, case: UUID) -> None:
    """Withdraw the line of a project that counts."""
    [kept] = [each for each in (await record(world, case))["lines"] if each["state"] == "counted"]
    await world.post("funding", f"/v1/interest-lines/{kept['id']}/withdraw", CITY, {"reason": "误填"})


async def test_a_release_that_was_requested_is_not_paid_once_the_facts_give_less(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    claim = await decided(world, case, line(loan, "2024-03-21", "2024-06-20", "0.0300", "200000000.00"))
    request = await requested(world, case, claim_id=claim["id"])
    await withdraw_line(world, case)
    path = f"/v1/release-requests/{request['id']}"
    assert (await world.post("funding", f"{path}/approve", "finance-2", status=409))["code"] == "interest_overclaimed"
    await world.post("funding", f"{path}/reject", "finance-2", {"reason": "贴息已减少"})
    await step(world, claim, "reopen", DECIDER, {"reason": "明细已撤销"})
    assert yuan(await read(world, case), "released") == "0.00"
    await sound(world)


async def test_what_is_owed_again_is_not_reclaimed_and_the_rest_is_when_the_project_ends(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    facts = ("2024-03-21", "2024-06-20", "0.0300", "200000000.00")
    await pay(world, case, await decided(world, case, line(loan, *facts)))
    kept = (await record(world, case))["lines"][0]["line_id"]
    await withdraw_line(world, case)
    [clawback] = (await read(world, case))["clawback_requests"]
    refund: dict[str, Any] = {"refunds": [{"on": "2024-07-01", "amount_yuan": "100.00", "voucher_no": "退息1"}]}
    await decided(world, case, line(loan, *facts, corrects=kept, reason="撤销有误，另有退息", **refund))
    path = f"/v1/clawback-requests/{clawback['id']}"
    refused = await world.post("funding", f"{path}/approve", "city-supervisor-2", status=409)
    assert (refused["code"], "100.00 元" in refused["detail"]) == ("wrong_status", True)
    await world.post("funding", f"{path}/reject", "city-supervisor-2", {"reason": "明细已恢复"})
    await world.post("funding", f"/v1/applications/{case}/close", "city-supervisor-2", {"reason": "不再实施"})
    requests = {each["status"]: each for each in (await read(world, case))["clawback_requests"]}
    assert requests["requested"]["amount_yuan"] == "100.00"
    path = f"/v1/clawback-requests/{requests['requested']['id']}/approve"
    assert (await world.post("funding", path, "city-supervisor-1"))["status"] == "demanded"
    await sound(world)


async def test_a_later_start_of_construction_is_recomputed_at_once(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    await pay(world, case, await decided(world, case, line(loan, "2024-03-21", "2024-06-20", "0.0300", "200000000.00")))
    started = {"status": "under_construction", "started_on": "2024-06-21", "evidence": "更正开工报告"}
    await world.post("funding", f"/v1/applications/{case}/construction-status", "city-officer-1", started)
    stored = await calculation(world, case)
    assert (stored["cause"], stored["total_yuan"]) == ("construction_recorded", "0.00")
    [clawback] = (await read(world, case))["clawback_requests"]
    assert clawback["amount_yuan"] == "1533333.33"


async def test_a_preview_stores_nothing_and_says_what_is_missing(world: World) -> None:
    case, [loan] = await borrower(world, started_on=None, loans=(BIG,))
    body = {"lines": [line(loan, "2024-03-21", "2024-06-20", "0.0390", "200000000.00")]}
    path = f"/v1/applications/{case}/interest-preview"
    seen = await world.post("funding", path, world.owner(), body)
    assert (seen["due"], seen["calculation"]["missing"]) == (None, ["开工日期"])
    claim = await filed(world, case, *body["lines"])
    await accept_all(world, claim)
    refused = await step(world, claim, "check", "110105-officer-1", status=409)
    assert (refused["code"], "开工日期" in refused["detail"]) == ("interest_undetermined", True)
    assert (await record(world, case))["calculations"] == []
    stranger = world.owner("91110108551385082Q", "示例另一单位")
    assert (await world.post("funding", path, stranger, body, 404))["code"] == "not_found"


async def test_accumulated_balances_are_spread_by_the_recorded_moves_of_principal(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", loans=(BIG,))
    period = ("2024-06-21", "2024-09-20", "0.0390", "200000000.00")
    known = line(loan, *period, balances=[], accumulated_balance="18400000000.00")
    path = f"/v1/applications/{case}/interest-preview"
    seen = await world.post("funding", path, world.owner(), {"lines": [known]})
    assert seen["calculation"]["payable_yuan"] == "1729444.44"
    other = line(loan, *period, balances=[], accumulated_balance="18000000000.00", paid="1950000.00")
    other["stated_interest_yuan"] = "1950000.00"
    seen = await world.post("funding", path, world.owner(), {"lines": [other]})
    assert (seen["calculation"]["payable_yuan"], seen["due"]) == (None, None)
    assert Decimal(seen["calculation"]["low_yuan"]) < Decimal(seen["calculation"]["high_yuan"])
    excluded = {**known, "to_on": "2024-09-21", "end_day": "excluded"}
    excluded["rates"] = [{"from_on": "2024-06-21", "to_on": "2024-09-20", "annual_rate": "0.0390"}]
    seen = await world.post("funding", path, world.owner(), {"lines": [excluded]})
    assert seen["calculation"]["payable_yuan"] == "1729444.44"


async def test_lines_name_the_field_that_is_wrong(world: World) -> None:
    case, [loan] = await borrower(world, started_on="2023-01-05", now=datetime(2024, 6, 20, 2, tzinfo=UTC))
    good = line(loan, "2024-03-21", "2024-06-20")
    wrong: dict[str, dict[str, Any]] = {
        "/body/lines/0/loan_id": {"loan_id": str(case)},
        "/body/lines/0/to_on": {"to_on": "2024-06-21"},
        "/body/lines/0/corrects": {"corrects": str(case), "reason": "更正"},
        "/body/lines/0": {"from_on": "2024-06-20", "to_on": "2024-06-19"},
    }
    for pointer, change in wrong.items():
        answer = await drafted(world, case, {**good, **change}, status=422)
        assert [error["pointer"] for error in answer["errors"]] == [pointer]
    for change in ({"end_day": "excluded"}, {"rates": good["rates"] * 2}):
        answer = await drafted(world, case, {**good, **change}, status=422)
        assert "各段须在结息期内且互不重叠" in answer["detail"]
        assert "止于其前一日" in answer["detail"]
    assert (await drafted(world, case, good))["status"] == "draft"  # the last day may be today


async def test_one_claim_of_a_project_is_under_way_at_a_time(world: World) -> None:
    case, [loan] = await borrower(world)
    first = await drafted(world, case, line(loan, "2024-03-21", "2024-06-20"))
    second = await drafted(world, case, line(loan, "2024-06-21", "2024-09-20"), status=409)
    assert (second["code"], second["claim_id"]) == ("claim_open", first["id"])
    await step(world, first, "withdraw", world.owner(), {"reason": "并入下一期"})
    assert (await drafted(world, case, line(loan, "2024-06-21", "2024-09-20")))["number"] == 2
