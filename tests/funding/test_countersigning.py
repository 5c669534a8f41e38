"""Approval by amount: a threshold as a dated figure decides how many sign; a change needs the same level. 三（二）"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.funding.case import appropriate, approved, code, draft, enter_pool, plan_item, read, sound
from tests.funding.test_changes import act, reviewed
from tests.shared.figures.batches import batch, confirm, enter
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
FIRST, SECOND, THIRD = "city-supervisor-1", "city-supervisor-2", "city-supervisor-3"
AWARD = "10000000.00"


async def threshold(world: World, day: str, yuan: str) -> None:
    """Enter and confirm the amount from which on two sign, and let it arrive at funding."""
    figure = {"key": "countersign_from_yuan", "valid_from": day, "value": yuan}
    entered = await enter(world, batch("parameter", figure), "eligibility", "city-officer-7", status=201)
    await confirm(world, entered, "eligibility", "city-officer-8", status=200)
    await world.settle()


async def drafted(world: World) -> tuple[UUID, str]:
    case = await enter_pool(world)
    await draft(world, case)
    return case, f"/v1/applications/{case}"


async def countersigned(world: World) -> None:
    """Approve a project and a change of it by two signatures each, in the year of the clock."""
    await threshold(world, world.clock.today().isoformat(), AWARD)
    case, path = await drafted(world)
    await world.post("funding", f"{path}/approve", FIRST)
    await world.post("funding", f"{path}/countersign", SECOND)
    change = await reviewed(world, case)
    await act(world, change, "approve", SECOND)
    await act(world, change, "countersign", THIRD)


async def signatures(world: World, path: str) -> tuple[list[str], int]:
    """Approve by the first supervisor; return the kinds of the signatures there and the number of those missing."""
    answer = await world.post("funding", f"{path}/approve", FIRST)
    return [each["kind"] for each in answer["signatures"]], len(answer["missing_signatures"])


async def test_who_signs_follows_the_amount_and_the_day_of_the_signature(world: World) -> None:
    await appropriate(world)
    paths = [(await drafted(world))[1] for _ in range(4)]
    await threshold(world, "2024-03-05", AWARD)
    await threshold(world, "2024-03-07", "10000000.01")
    seen = []
    for day, path in zip((4, 5, 6, 7), paths, strict=True):
        world.clock.set(datetime(2024, 3, day, 2, tzinfo=UTC))
        seen.append(await signatures(world, path))
    one, two = (["approve"], 0), (["approve"], 1)
    assert seen == [one, two, two, one]  # drafted before all of them; at the threshold, and a fen below it
    events = await world.events("funding", "funding.funds_approved.v1")
    assert [each["data"]["declaration_id"] for each in events] == [path.split("/")[3] for path in (paths[0], paths[3])]


async def test_an_approval_takes_effect_with_its_second_signature(world: World) -> None:
    await appropriate(world)
    await threshold(world, "2024-03-01", AWARD)
    case, path = await drafted(world)
    assert await code(world, f"{path}/countersign", SECOND) == "wrong_status"
    first = await world.post("funding", f"{path}/approve", FIRST)
    assert (first["approval_no"], first["approved_on"], first["signatures"][0]["signed_by"]) == (None, None, FIRST)
    assert "尚缺另一名市级负责人加签：批复金额 10,000,000.00 元" in first["missing_signatures"][0]
    assert await code(world, f"{path}/approve", THIRD) == "wrong_status"
    await unsigned_moves_nothing(world, case, path)
    assert await code(world, f"{path}/countersign", FIRST, status=403) == "same_officer"
    assert await code(world, f"{path}/countersign", "city-officer-2", status=403) == "forbidden"
    done = await world.post("funding", f"{path}/countersign", SECOND)
    assert [(each["kind"], each["signed_by"]) for each in done["signatures"]] == [
        ("approve", FIRST),
        ("countersign", SECOND),
    ]
    assert (done["missing_signatures"], done["approved_by"], done["approved_on"]) == ([], SECOND, "2024-03-01")
    assert await code(world, f"{path}/countersign", THIRD) == "wrong_status"
    seen = await read(world, case, world.owner())
    assert [each["signed_by"] for each in seen["signatures"]] == [None, None]
    await sound(world)


async def unsigned_moves_nothing(world: World, case: UUID, path: str) -> None:
    """Assert that a draft that was signed once is neither planned nor released nor told to its owner."""
    plan = {"year": 2024, "batch": 1, "items": [plan_item(case)]}
    refused = await world.post("funding", "/v1/plans", "city-officer-3", plan, 422)
    assert "加签" in refused["errors"][0]["detail"]
    released = await world.post("funding", f"{path}/release-requests", "finance-1", {"evidence": "依据"}, 409)
    assert "待另一名市级负责人加签" in released["detail"]
    city, owner = await read(world, case), await read(world, case, world.owner())
    assert (city["status_label"], len(city["missing_signatures"])) == ("已签发，待另一名市级负责人加签", 1)
    assert (owner["status"], owner["signatures"], owner["missing_signatures"]) == ("received", [], [])
    assert "sign_approval" not in [each["act"] for each in owner["timeline"]]
    await sound(world)


async def test_a_new_draft_takes_the_first_signature_away(world: World) -> None:
    await appropriate(world)
    await threshold(world, "2024-03-01", AWARD)
    case, path = await drafted(world)
    await world.post("funding", f"{path}/approve", FIRST)
    await draft(world, case)
    assert (await read(world, case))["signatures"] == []
    assert await code(world, f"{path}/countersign", SECOND) == "wrong_status"
    await world.post("funding", f"{path}/approve", THIRD)
    await world.post("funding", f"{path}/countersign", SECOND)
    await sound(world)


async def test_a_change_needs_the_level_of_the_award_before_it(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await threshold(world, "2024-03-01", AWARD)
    change: Any = await reviewed(world, case)
    assert change["award_yuan"] == "8000000.00"
    await act(world, change, "countersign", THIRD, status=409)
    before = (await read(world, case))["amounts"]
    first = await act(world, change, "approve", SECOND)
    assert (first["status"], [each["kind"] for each in first["signatures"]]) == ("reviewed", ["approve"])
    assert "10,000,000.00" in first["missing_signatures"][0]
    assert (await read(world, case))["amounts"] == before
    await act(world, change, "approve", THIRD, status=409)
    await act(world, change, "countersign", SECOND, status=403)
    done = await act(world, change, "countersign", THIRD)
    assert (done["status"], [each["signed_by"] for each in done["signatures"]]) == ("approved", [SECOND, THIRD])
    await sound(world)


async def test_a_second_review_takes_the_first_signature_of_a_change_away(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    await threshold(world, "2024-03-01", AWARD)
    change: Any = await reviewed(world, case, "site")
    await act(world, change, "approve", SECOND)
    again = await act(world, change, "review", "city-officer-3", {"opinion": "再次审核"})
    assert again["signatures"] == []
    await act(world, change, "countersign", THIRD, status=409)
    await act(world, change, "approve", SECOND)
    refused = await act(world, change, "refuse", THIRD, {"reason": "不宜变更"})
    assert [(each["kind"], each["signed_by"]) for each in refused["signatures"]] == [("approve", THIRD)]
