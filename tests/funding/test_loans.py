"""Loan contracts over HTTP: one contract once, corrected by versions, withdrawn while no line rests on it. 二（四）2"""

from typing import Any

import pytest

from tests.funding.case import enter_pool
from tests.funding.interest_steps import borrower, calculation, contract, decided, drafted, filed, line, register, step
from tests.world import World

pytestmark = pytest.mark.clause("二（四）2")


async def test_a_correction_is_a_version_with_its_reason_and_recomputes_what_rests_on_it(world: World) -> None:
    case, [loan] = await borrower(world)
    await decided(world, case, line(loan, "2024-03-21", "2024-06-20"))
    assert (await calculation(world, case))["total_yuan"] == "511111.11"
    path = f"/v1/loans/{loan}"
    half = contract(share="0.5")
    assert (await world.post("funding", f"{path}/correct", "city-officer-1", half, 422))["code"] == "malformed"
    await world.post("funding", f"{path}/correct", "city-officer-1", half | {"reason": "另一半用于他处"})
    again = await calculation(world, case)
    assert (again["cause"], again["total_yuan"]) == ("loan_corrected", "255555.56")
    await world.post("funding", f"{path}/correct", "city-officer-1", contract() | {"reason": "恢复"})
    assert (await calculation(world, case))["total_yuan"] == "511111.11"
    seen = await world.get("funding", path, world.owner())
    assert [(each["number"], each["facts"]["share"], each["reason"]) for each in seen["versions"]] == [
        (1, "1", "登记"), (2, "0.5", "另一半用于他处"), (3, "1", "恢复"),
    ]  # fmt: skip
    assert {each["recorded_by"] for each in seen["versions"]} == {None}


async def test_one_contract_is_registered_once_in_any_spelling_and_again_once_withdrawn(world: World) -> None:
    case = await enter_pool(world)
    loan = await register(world, case, "示贷2024-002")
    other = await enter_pool(world)
    loans = f"/v1/applications/{other}/loans"
    for bank, number in (
        ("示例银行", "示贷2024－002"), ("示例银行股份有限公司", "示贷２０２４-002"), ("示例银行", "示贷2024–002\u200b"),
    ):  # fmt: skip
        body = contract(number) | {"bank": bank}
        refused = await world.post("funding", loans, "city-officer-1", body, 409)
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("duplicate", "/body/contract_no")
    second = await register(world, other, "示贷2024-003")
    renumbered = contract("示贷2024－002") | {"reason": "改号"}
    path = f"/v1/loans/{second}/correct"
    assert (await world.post("funding", path, "city-officer-1", renumbered, 409))["code"] == "duplicate"
    gone = {"reason": "非本项目贷款"}
    await world.post("funding", f"/v1/loans/{loan}/withdraw", "city-officer-1", gone)
    again = await world.post("funding", f"/v1/loans/{loan}/withdraw", "city-officer-1", gone, 409)
    assert again["code"] == "wrong_status"
    await world.post("funding", loans, "city-officer-1", contract("示贷2024－002"), 201)


async def test_a_contract_on_which_a_line_rests_is_not_withdrawn(world: World) -> None:
    case, [loan] = await borrower(world)
    path, gone = f"/v1/loans/{loan}/withdraw", {"reason": "误登"}
    claim = await filed(world, case, line(loan, "2024-03-21", "2024-06-20"))
    refused = await world.post("funding", path, "city-officer-1", gone, 409)
    assert (refused["code"], refused["lines"]) == ("wrong_status", 1)
    await step(world, claim, "withdraw", world.owner(), {"reason": "撤回"})
    await world.post("funding", path, "city-officer-1", gone)
    answer = await drafted(world, case, line(loan, "2024-03-21", "2024-06-20"), status=422)
    assert answer["errors"][0]["pointer"] == "/body/lines/0/loan_id"


WRONG: dict[str, dict[str, Any]] = {
    "a fixed loan without its rate": {"annual_rate": None},
    "an extension that ends before it begins": {"extensions": [{"from_on": "2026-01-02", "to_on": "2026-01-01"}]},
    "nothing drawn": {"drawdowns": []},
    "a year of 364 days": {"day_count_basis": 364},
    "a share of nothing": {"share": "0"},
    "a drawdown of the future century": {"drawdowns": [{"on": "2101-01-01", "amount_yuan": "1.00"}]},
}


async def test_a_contract_that_cannot_be_is_refused(world: World) -> None:
    path = f"/v1/applications/{await enter_pool(world)}/loans"
    for name, change in WRONG.items():
        answer = await world.call("funding", "POST", path, "city-officer-1", contract() | change)
        assert answer.status_code == 422, name
    floating = {"rate_type": "floating", "annual_rate": None, "spread_bp": "-20.5"}
    old = {"drawdowns": [{"on": "2019-06-01", "amount_yuan": "100000000.00"}]}
    await world.post("funding", path, "city-officer-1", contract() | floating | old, 201)
