"""Returns, clawbacks and final accounts. 四（一）1, 二（四）1, 政府投资条例 art. 34"""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from deploy.demo.personas import PEOPLE
from tests.funding.case import REFUSED, appropriate, approved, code, read, released, sound, yuan
from tests.world import World

pytestmark = pytest.mark.clause("四（一）1")

CLAWBACK = {
    "ground": "funds_diverted",
    "clause": "四（一）1",
    "amount_yuan": "4000000.00",
    "reason": "部分资金用于非改造支出",
    "evidence": "现场核查记录及银行流水",
}


async def propose(world: World, case: UUID, status: int = 201, who: str = "city-officer-3", **more: str) -> Any:
    return await world.post("funding", f"/v1/applications/{case}/clawback-requests", who, CLAWBACK | more, status)


async def test_a_clawback_is_proposed_decided_and_recovered(world: World) -> None:
    case = await released(world)
    asked = await propose(world, case)
    demanded = await world.post("funding", f"/v1/clawback-requests/{asked['id']}/approve", "city-supervisor-3")
    assert demanded["status"] == "demanded"
    shown = await read(world, case)
    assert (yuan(shown, "demanded"), yuan(shown, "net_paid"), shown["held"]) == ("4000000.00", "6000000.00", True)
    path = f"/v1/clawback-requests/{asked['id']}/recovered"
    part = {"amount_yuan": "1500000.00", "bank_receipt_no": "回单1"}
    assert (await world.post("funding", path, "finance-3", part))["status"] == "demanded"
    too_much = {"amount_yuan": "2500000.01", "bank_receipt_no": "回单2"}
    assert await code(world, path, "finance-3", too_much) == "wrong_status"
    assert await code(world, path, "finance-3", part | {"amount_yuan": "1.00"}) == "document_repeated"
    rest = {"amount_yuan": "2500000.00", "bank_receipt_no": "回单3"}
    assert (await world.post("funding", path, "finance-3", rest))["status"] == "recovered"
    events = [event["data"] for event in await world.events("funding", "funding.funds_clawed_back.v1")]
    assert [(event["stage"], event["amount_yuan"]) for event in events] == [
        ("demanded", "4000000.00"),
        ("recovered", "1500000.00"),
        ("recovered", "2500000.00"),
    ]
    await sound(world)


async def test_no_more_is_clawed_back_than_was_paid(world: World) -> None:
    case = await released(world)
    refused = await propose(world, case, 409, amount_yuan="10000000.01")
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("more_than_paid", "/body/amount_yuan")
    requests = [await propose(world, case, amount_yuan="6000000.00") for _ in range(2)]
    answers = await asyncio.gather(
        *(
            world.call("funding", "POST", f"/v1/clawback-requests/{asked['id']}/approve", "city-supervisor-3")
            for asked in requests
        )
    )
    first, second = sorted(answer.status_code for answer in answers)
    assert first == 200
    assert second in REFUSED
    await sound(world)


async def test_nothing_is_clawed_back_before_it_is_paid(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    assert (await propose(world, case, 409, amount_yuan="0.01"))["code"] == "more_than_paid"


async def test_the_proposer_of_a_clawback_does_not_decide_it(world: World) -> None:
    case = await released(world)
    both = replace(PEOPLE["city-officer-3"], roles=("city_officer", "city_supervisor"))
    asked = await world.post("funding", f"/v1/applications/{case}/clawback-requests", both, CLAWBACK, 201)
    path = f"/v1/clawback-requests/{asked['id']}/approve"
    assert (await world.post("funding", path, both, status=403))["code"] == "same_officer"
    await world.post("funding", path, "city-supervisor-1")  # signed the approval, which excludes no demand


async def test_a_rejected_clawback_moves_nothing(world: World) -> None:
    case = await released(world)
    asked = await propose(world, case)
    path = f"/v1/clawback-requests/{asked['id']}"
    rejected = await world.post("funding", f"{path}/reject", "city-supervisor-3", {"reason": "已整改"})
    assert rejected["status"] == "rejected"
    assert await code(world, f"{path}/approve", "city-supervisor-3") == "wrong_status"
    assert await code(world, f"{path}/recovered", "finance-1", {"amount_yuan": "1.00", "bank_receipt_no": "回单"}) == (
        "wrong_status"
    )
    assert yuan(await read(world, case), "demanded") == "0.00"


async def test_a_return_takes_two_people_and_is_booked_once(world: World) -> None:
    case = await released(world)
    body = {"amount_yuan": "250000.00", "bank_receipt_no": "回单9", "reason": "结余退回"}
    recorded = await world.post("funding", f"/v1/applications/{case}/returns", "finance-2", body, 201)
    assert yuan(await read(world, case), "returned") == "0.00"
    path = f"/v1/returns/{recorded['id']}/confirm"
    assert await code(world, path, "finance-2", status=403) == "same_officer"
    await world.post("funding", path, "finance-1")
    assert await code(world, path, "finance-1") == "wrong_status"
    assert await code(world, f"/v1/applications/{case}/returns", "finance-2", body) == "duplicate"
    shown = await world.get("funding", "/v1/budgets/2024", "auditor-1")
    assert (yuan(shown, "returned"), yuan(shown, "paid")) == ("250000.00", "10000000.00")
    assert (await world.events("funding", "funding.funds_returned.v1"))[0]["data"]["amount_yuan"] == "250000.00"
    await sound(world)


async def test_a_return_that_did_not_come_in_is_rejected(world: World) -> None:
    case = await released(world)
    body = {"amount_yuan": "250000.00", "bank_receipt_no": "回单9", "reason": "结余退回"}
    recorded = await world.post("funding", f"/v1/applications/{case}/returns", "finance-2", body, 201)
    path = f"/v1/returns/{recorded['id']}"
    await world.post("funding", f"{path}/reject", "finance-1", {"reason": "未到账"})
    assert await code(world, f"{path}/confirm", "finance-1") == "wrong_status"
    assert await code(world, f"/v1/applications/{case}/returns", "finance-2", body | {
        "amount_yuan": "10000000.01", "bank_receipt_no": "回单10"}) == "more_than_paid"  # fmt: skip


@pytest.mark.clause("二（四）1")
async def test_lower_final_accounts_propose_a_return_and_move_nothing(world: World) -> None:
    case = await released(world)
    path = f"/v1/applications/{case}/final-accounts"
    body = {"document_no": "决算1号", "components": [{"final_investment_yuan": "92000000.00"}]}
    found = await world.post("funding", path, "city-officer-2", body, 201)
    assert (found["lower"], found["award_yuan"], found["proposed_return_yuan"]) == (True, "9200000.00", "800000.00")
    assert yuan(await read(world, case), "returned") == "0.00"
    equal = {"document_no": "决算2号", "components": [{"final_investment_yuan": "100000000.00"}]}
    assert (await world.post("funding", path, "city-officer-2", equal, 201))["lower"] is False
    short = {"document_no": "决算3号", "components": [{"final_investment_yuan": "1.00"}] * 2}
    refused = await world.post("funding", path, "city-officer-2", short, 422)
    assert refused["errors"][0]["pointer"] == "/body/components"


BACK = {"amount_yuan": "6000000.00", "reason": "结余"}


async def test_returns_and_demands_together_stop_at_what_was_paid(world: World) -> None:
    case = await released(world)
    path = f"/v1/applications/{case}"
    backs = [
        await world.post("funding", f"{path}/returns", "finance-2", BACK | {"bank_receipt_no": number}, 201)
        for number in ("回单1", "回单2")
    ]
    asked = await propose(world, case, amount_yuan="4000000.01")
    await world.post("funding", f"/v1/returns/{backs[0]['id']}/confirm", "finance-1")
    assert await code(world, f"/v1/returns/{backs[1]['id']}/confirm", "finance-1") == "more_than_paid"
    demand = f"/v1/clawback-requests/{asked['id']}/approve"
    assert await code(world, demand, "city-supervisor-3") == "more_than_paid"
    final = {"document_no": "决算1号", "components": [{"final_investment_yuan": "30000000.00"}]}
    accounts = await world.post("funding", f"{path}/final-accounts", "city-officer-2", final, 201)
    # 10 % of 30 million are 3 million; of the 10 million paid 6 million came back.
    assert accounts["proposed_return_yuan"] == "1000000.00"
    assert (await propose(world, case, 409, amount_yuan="4000000.01"))["code"] == "more_than_paid"
    last = await propose(world, case, amount_yuan="4000000.00")
    await world.post("funding", f"/v1/clawback-requests/{last['id']}/approve", "city-supervisor-3")
    assert yuan(await read(world, case), "net_paid") == "0.00"
    again = BACK | {"amount_yuan": "0.01", "bank_receipt_no": "回单3"}
    assert await code(world, f"{path}/returns", "finance-2", again) == "more_than_paid"
    await sound(world)


async def test_the_ledger_statement_ends_with_the_figures_of_the_case(world: World) -> None:
    case = await released(world)
    asked = await propose(world, case)
    await world.post("funding", f"/v1/clawback-requests/{asked['id']}/approve", "city-supervisor-3")
    entries = (await world.get("funding", f"/v1/applications/{case}/statement", "finance-1"))["entries"]
    last = entries[-1]
    assert (last["act"], last["clause"], last["due_back_yuan"]) == ("应退资金", "四（一）1", "4000000.00")
    assert (last["net_paid_yuan"], last["reserved_yuan"], last["award_left_yuan"]) == ("6000000.00", "0.00", "0.00")
    assert [entry["act"] for entry in entries if entry["side"] == "资金"] == [
        "安排资金",
        "撤销安排",
        "安排资金",
        "拨付",
        "应退资金",
    ]


@pytest.mark.clause("四（一）1")
async def test_a_bank_receipt_is_registered_once_however_it_is_spelled(world: World) -> None:
    case = await released(world)
    path = f"/v1/applications/{case}/returns"
    body = {"amount_yuan": "5.00", "bank_receipt_no": "回单-2024", "reason": "结余退回"}
    first = await world.post("funding", path, "finance-2", body, 201)
    for spelled in ("回单－2024", "回单 – 2024", "迴單-2024"):
        again = await world.post("funding", path, "finance-2", body | {"bank_receipt_no": spelled}, 409)
        assert (again["code"], again["errors"][0]["pointer"]) == ("duplicate", "/body/bank_receipt_no"), spelled
    other = body | {"amount_yuan": "6.00"}
    assert await code(world, path, "finance-2", other) == "document_repeated"
    explained = other | {"repeat_reason": "一笔到账含两项退款"}
    await world.post("funding", path, "finance-2", explained, 201)
    asked = await propose(world, case)
    await world.post("funding", f"/v1/clawback-requests/{asked['id']}/approve", "city-supervisor-3")
    recovered = f"/v1/clawback-requests/{asked['id']}/recovered"
    receipt = {"amount_yuan": "1.00", "bank_receipt_no": "回单－2024"}
    assert await code(world, recovered, "finance-1", receipt) == "document_repeated"
    await world.post("funding", recovered, "finance-1", receipt | {"repeat_reason": "同一笔到账"})
    await world.post("funding", f"/v1/returns/{first['id']}/reject", "finance-1", {"reason": "未到账"})
    await world.post("funding", path, "finance-2", body | {"repeat_reason": "重新登记"}, 201)
