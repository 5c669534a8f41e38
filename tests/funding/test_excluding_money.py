"""Other municipal money that excludes a project, the rows beside it, and the steps that check it. 二（五）"""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.funding.case import (
    DISTRICT,
    OWNER,
    appropriate,
    approved,
    code,
    draft,
    enter_pool,
    plan_item,
    planned,
    requested,
)
from tests.world import World

pytestmark = pytest.mark.clause("二（五）")


def entry(case: UUID, granted_on: str, amount_yuan: str) -> dict[str, Any]:
    return {
        "declaration_id": str(case),
        "applicant_uscc": OWNER,
        "district": DISTRICT,
        "programme": f"渠道{granted_on}",
        "amount_yuan": amount_yuan,
        "granted_on": granted_on,
    }


async def test_every_step_towards_the_money_names_the_oldest_entry_and_goes_on_once_it_is_withdrawn(
    world: World,
) -> None:
    await appropriate(world)
    case = await enter_pool(world)
    await draft(world, case)
    path = f"/v1/applications/{case}"

    async def refused_while_registered(act: str, who: str, body: Any = None) -> Any:
        ids = []
        for granted_on, yuan in (("2023-06-01", "5.00"), ("2022-01-01", "1234567.80")):
            kept = await world.post(
                "funding", "/v1/municipal-money", "city-officer-3", entry(case, granted_on, yuan), 201
            )
            ids.append(kept["id"])
        refusal = await world.post("funding", act, who, body, 409)
        assert (refusal["code"], refusal["public_money_id"]) == ("other_municipal_money", ids[0])
        assert f"登记时指明本项目（二（五），财政资金记录 {ids[0]}）" in refusal["detail"]
        for identity in ids:
            undo = f"/v1/municipal-money/{identity}/withdraw"
            await world.post("funding", undo, "city-officer-4", {"reason": "系另一工程"})

    await refused_while_registered(f"{path}/approve", "city-supervisor-1")
    await world.post("funding", f"{path}/approve", "city-supervisor-1")
    items = {"items": [plan_item(case)]}
    plan = await world.post("funding", "/v1/plans", "city-officer-2", {"year": 2024, "batch": 1, **items}, 201)
    await refused_while_registered(f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
    await world.post("funding", f"/v1/plans/{plan['id']}/issue", "city-supervisor-2")
    evidence = {"evidence": "依据"}
    await refused_while_registered(f"{path}/release-requests", "finance-1", evidence)
    request = await requested(world, case)
    await refused_while_registered(f"/v1/release-requests/{request['id']}/approve", "finance-2")
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")


@pytest.mark.parametrize(("declared", "answer"), [(True, "other_municipal_money"), (False, None), (None, None)])
async def test_money_that_the_declaration_states_excludes_the_project(
    world: World, declared: bool | None, answer: str | None
) -> None:
    await appropriate(world)
    case = await enter_pool(world, other_municipal_funds=declared)
    await draft(world, case)
    got = await world.call("funding", "POST", f"/v1/applications/{case}/approve", "city-supervisor-1")
    assert got.json().get("code") == answer


SHARES = {
    # Investment 100,000,000.00 yuan; awarded are 10,000,000.00.
    "below": ("89999999.99", "1.0000", False),
    "at the limit": ("90000000.00", "1.0000", False),
    "one fen above, though the share is shown rounded": ("90000000.01", "1.0000", True),
    "above": ("90010000.00", "1.0001", True),
}


@pytest.mark.clause("四（二）2")
@pytest.mark.parametrize("name", SHARES)
async def test_the_total_is_compared_with_the_whole_investment(world: World, name: str) -> None:
    yuan, share, over = SHARES[name]
    await appropriate(world)
    case = await approved(world)
    body = {"kind": "district_investment", "programme": "配套", "amount_yuan": yuan, "granted_on": "2024-02-01"}
    total = await world.post("funding", f"/v1/applications/{case}/co-support", "city-officer-1", body, 201)
    assert (total["share"], total["over_limit"], total["warning"] is not None) == (share, over, over)
    readings = world.instances["funding"].settings.interpretations
    readings["public_money_limit"] = "none"
    shown = await world.get("funding", f"/v1/public-money?declaration_id={case}", "auditor-1")
    readings.clear()
    assert (shown["share"], shown["over_limit"], shown["warning"]) == (share, False, None)


@pytest.mark.clause("四（二）2")
async def test_this_programmes_part_is_counted_from_the_approval_and_follows_what_comes_back(world: World) -> None:
    await appropriate(world)
    case = await enter_pool(world)

    async def award() -> str:
        total = await world.get("funding", f"/v1/public-money?declaration_id={case}", "auditor-1")
        return str(total["amounts"][0]["yuan"])

    await draft(world, case)
    assert await award() == "0.00"
    await world.post("funding", f"/v1/applications/{case}/approve", "city-supervisor-1")
    assert await award() == "10000000.00"
    await planned(world, case)
    request = await requested(world, case)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    body = {"amount_yuan": "250000.01", "bank_receipt_no": "回单9", "reason": "结余"}
    back = await world.post("funding", f"/v1/applications/{case}/returns", "finance-2", body, 201)
    assert await award() == "10000000.00"
    await world.post("funding", f"/v1/returns/{back['id']}/confirm", "finance-1")
    assert await award() == "9749999.99"
    claim = {"ground": "other", "clause": "四（一）1", "amount_yuan": "49999.99", "reason": "追", "evidence": "证"}
    asked = await world.post("funding", f"/v1/applications/{case}/clawback-requests", "city-officer-3", claim, 201)
    await world.post("funding", f"/v1/clawback-requests/{asked['id']}/approve", "city-supervisor-3")
    assert await award() == "9700000.00"


async def test_an_unknown_case_has_no_total(world: World) -> None:
    path = f"/v1/public-money?declaration_id={uuid4()}"
    assert (await world.get("funding", path, "auditor-1", 404))["code"] == "not_found"
    entry_path = f"/v1/municipal-money/{uuid4()}/withdraw"
    assert await code(world, entry_path, "city-officer-1", {"reason": "无"}, 404) == "not_found"
