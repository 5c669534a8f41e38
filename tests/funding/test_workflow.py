"""Cases from the pool to the release, with the ledger and budget after each step. 三（二）"""

from uuid import uuid4

import pytest

from services.funding.ledger.reconciliation import CHECKS
from services.funding.ledger.rule_names import RULES
from shared.actors import system_actor
from shared.contracts.funding import FundsReleased
from shared.events.outbox import emit
from tests.funding.case import (
    appropriate,
    approved,
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


async def budget(world: World) -> dict[str, str]:
    shown = await world.get("funding", "/v1/budgets/2024", "finance-1")
    return {figure["key"]: figure["yuan"] for figure in shown["amounts"]}


async def test_a_pooled_project_becomes_an_application_with_its_facts(world: World) -> None:
    case = await enter_pool(world)
    shown = await read(world, case)
    assert (shown["status"], shown["score"], shown["ruleset"]) == ("received", "82.50", "rules-of-the-day")
    assert shown["components"][0]["assessed_investment_yuan"] == "100000000.00"
    assert [act["act"] for act in shown["timeline"]] == ["receive_application"]


async def test_the_budget_shows_each_step_of_the_money(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    assert (await budget(world))["reserved"] == "10000000.00"
    plan = await planned(world, case)
    assert (plan["status"], plan["plan_no"], plan["total_yuan"]) == (
        "issued",
        "京发改（投资）〔2024〕第1批",
        "10000000.00",
    )
    assert await budget(world) == {
        "appropriated": "500000000.00",
        "reserved": "0.00",
        "committed": "10000000.00",
        "paid": "0.00",
        "returned": "0.00",
        "cut": "0.00",
        "moved_in": "0.00",
        "moved_out": "0.00",
        "frozen": "0.00",
        "available": "490000000.00",
    }
    request = await requested(world, case)
    assert (request["amount_yuan"], request["instalment"]) == ("10000000.00", 1)
    paid = await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    assert paid["status"] == "paid"
    assert (await budget(world))["paid"] == "10000000.00"
    shown = await read(world, case)
    assert (shown["status"], yuan(shown, "released"), yuan(shown, "reserved")) == ("released", "10000000.00", "0.00")
    await sound(world)


async def test_each_release_announced_is_exactly_one_posted_transfer(world: World) -> None:
    case = await released(world)
    events = await world.events("funding", "funding.funds_released.v1")
    assert [event["data"]["amount_yuan"] for event in events] == ["10000000.00"]
    entries = (await world.get("funding", f"/v1/applications/{case}/statement", "finance-1"))["entries"]
    paying = [entry for entry in entries if entry["act"] == "拨付" and entry["side"] == "资金"]
    assert [entry["transfer_id"] for entry in paying] == [events[0]["data"]["transfer_id"]]
    assert (paying[0]["net_paid_yuan"], paying[0]["reserved_yuan"]) == ("10000000.00", "0.00")
    await sound(world)


@pytest.mark.planted
async def test_an_announced_release_without_a_transfer_is_reported(world: World) -> None:
    await released(world)
    sent = (await world.events("funding", "funding.funds_released.v1"))[0]["data"]
    invented = FundsReleased.model_validate(sent | {"transfer_id": str(uuid4())})
    async with world.instances["funding"].database.session(system_actor("funding")) as session:
        await emit(session, invented)
    found = await world.get("funding", "/v1/ledger/verify", "auditor-1")
    (drift,) = found["drifts"]
    assert drift["invariant"] == "each_money_event_is_one_transfer"
    assert drift["rule"] == RULES[drift["invariant"]]
    assert set(RULES) == set(CHECKS)
