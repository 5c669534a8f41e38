"""Tests of funding's events: each field where it belongs, later rounds, unknown and evaluated projects."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from shared.actors import system_actor
from shared.contracts.base import Event
from shared.contracts.funding import FundsClawedBack, FundsHeld, FundsReturned
from shared.contracts.intake import Project
from shared.events.outbox import emit
from tests.monitoring.fixtures import OTHER, OWNER, announce, funded_project, issued_evaluation, release, set_date
from tests.world import World

pytestmark = pytest.mark.clause("四（一）1")
PROJECT, ELSEWHERE = UUID(int=105), UUID(int=106)
FIRST, SECOND, BACK, CLAIM = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)


def described(declaration_id: UUID = PROJECT) -> Project:
    return Project(
        declaration_id=declaration_id,
        declaration_no="通2023-017",
        project_name="示例厂房更新",
        project_code="2311-110112-04-01-000001",
        address="通州区示例路 1 号",
        applicant_name="示例实业有限公司",
        applicant_uscc=OWNER,
        district="110112",
        simulated=("bank_receipt",),
    )


def first_release(**changes: Any) -> Event:
    stated: dict[str, Any] = {
        "project": described(),
        "district": "110112",
        "release_id": FIRST,
        "mode": "interest_subsidy",
        "amount_yuan": "11000000.01",
        "released_total_yuan": "11000000.01",
        "award_yuan": "30000000.03",
        "released_on": date(2024, 2, 7),
        "ruleset": "7" * 64,
    }
    return release(PROJECT, **(stated | changes))


def movement(kind: str, amount_yuan: str, on: str, **changes: Any) -> dict[str, Any]:
    empty = {"ground": None, "clause": None, "reason": None}
    return {"kind": kind, "amount_yuan": amount_yuan, "on": on, **empty, **changes}


def named(project: UUID = PROJECT) -> dict[str, Any]:
    return {"declaration_id": project, "district": "110112", "applicant_uscc": OWNER}


async def test_a_release_opens_the_file_with_each_field_of_its_project(world: World) -> None:
    set_date(world, 2024, 4, 2)
    await announce(world, first_release())
    file = await world.get("monitoring", f"/v1/files/{PROJECT}", "auditor-1")
    assert {
        name: file[name] for name in file if name not in ("components", "targets", "public_money", "movements")
    } == {
        "declaration_id": str(PROJECT),
        "declaration_no": "通2023-017",
        "project_name": "示例厂房更新",
        "project_code": "2311-110112-04-01-000001",
        "address": "通州区示例路 1 号",
        "applicant_name": "示例实业有限公司",
        "applicant_uscc": OWNER,
        "entity_id": str(uuid5(UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), f"urn:uscc:{OWNER}")),
        "district": "110112",
        "mode": "interest_subsidy",
        "award_yuan": "30000000.03",
        "released_yuan": "11000000.01",
        "returned_yuan": "0.00",
        "demanded_yuan": "0.00",
        "recovered_yuan": "0.00",
        "kept_yuan": "11000000.01",
        "held": False,
        "hold_reason": None,
        "simulated": ["bank_receipt"],
        "first_released_on": "2024-02-07",
        "status": "under_way",
        "delivery_remark": None,
        "delivered_on": None,
        "evaluation_due_on": None,
        "evaluation_state": None,
        "ruleset": "7" * 64,
        "as_of": "2023-11-06",
        "delivery_proof": None,
    }
    assert file["movements"] == [{"id": str(FIRST), **movement("released", "11000000.01", "2024-02-07")}]
    quarters = (await world.get("monitoring", f"/v1/files/{PROJECT}/quarters", "auditor-1"))["items"]
    assert [(row["quarter"], row["due_on"], row["calendar_known"]) for row in quarters] == [
        ("2024Q1", "2024-04-15", True)  # the quarter of the release, not of the day on which it became known
    ]
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    assert (credit["name"], credit["grade"], credit["points"], credit["rated_on"], credit["grounds"]) == (
        "示例实业有限公司", None, None, None, [],
    )  # fmt: skip


async def test_a_second_release_keeps_the_file_and_takes_the_award_as_it_is_now(world: World) -> None:
    await announce(world, first_release())
    later: dict[str, Any] = {
        "release_id": SECOND,
        "instalment": 2,
        "released_on": date(2024, 4, 3),
        "award_yuan": "29000000.00",
    }
    renamed = described().model_copy(update={"project_name": "改名", "applicant_name": "改名公司"})
    later |= {"amount_yuan": "7000000.05", "released_total_yuan": "99.00", "award_yuan": "29000000.00"}
    later |= {"as_of": date(2024, 1, 1), "ruleset": "8" * 64}
    hands = ({"actor": "inspector-2", "duty": "score"}, {"actor": "110105-officer-1", "duty": "forward"})
    await announce(world, first_release(**later, project=renamed, hands=hands))
    file = await world.get("monitoring", f"/v1/files/{PROJECT}", "auditor-1")
    kept = ("project_name", "applicant_name", "as_of", "ruleset", "first_released_on")
    assert [file[name] for name in kept] == ["示例厂房更新", "示例实业有限公司", "2023-11-06", "7" * 64, "2024-02-07"]
    assert (file["award_yuan"], file["released_yuan"], file["kept_yuan"]) == (
        "29000000.00", "18000000.06", "18000000.06",
    )  # fmt: skip
    assert [(row["id"], row["on"], row["amount_yuan"]) for row in file["movements"]] == [
        (str(FIRST), "2024-02-07", "11000000.01"),
        (str(SECOND), "2024-04-03", "7000000.05"),
    ]
    assert [row["quarter"] for row in await quarters(world)] == ["2024Q1"]
    held = await world.database.admin.fetch("SELECT case_id, actor, duty FROM monitoring.duty ORDER BY actor, duty")
    assert [tuple(row) for row in held] == [
        (PROJECT, "110105-officer-1", "first_review"),  # stays beside the one learned later
        (PROJECT, "110105-officer-1", "forward"),
        (PROJECT, "inspector-2", "score"),
    ]


async def quarters(world: World) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await world.get("monitoring", f"/v1/files/{PROJECT}/quarters", "auditor-1"))["items"]
    return rows


async def test_each_movement_is_recorded_with_its_reasons_in_the_order_of_the_events(world: World) -> None:
    await announce(world, first_release())
    ground = {"ground": "funds_diverted", "clause": "四（一）1", "reason": "挪用专款"}
    set_date(world, 2024, 3, 4)
    await announce(world, FundsHeld(**named(), held=True, **ground))
    held = await world.get("monitoring", f"/v1/files/{PROJECT}", "auditor-1")
    assert (held["held"], held["hold_reason"]) == (True, "挪用专款")
    set_date(world, 2024, 3, 5)
    claw = {"transfer_id": CLAIM, "amount_yuan": "3000000.10"}
    await announce(
        world,
        FundsClawedBack(**named(), **claw, stage="demanded", **ground),
        FundsClawedBack(**named(), **claw | {"amount_yuan": "2000000.02"}, stage="recovered", **ground),
        FundsReturned(**named(), transfer_id=BACK, amount_yuan="500000.05", reason="结余退回"),
        FundsHeld(**named(), held=False, ground="rectified", clause="四（一）3", reason="已整改"),
    )
    file = await world.get("monitoring", f"/v1/files/{PROJECT}", "auditor-1")
    amounts = ("released_yuan", "returned_yuan", "demanded_yuan", "recovered_yuan", "kept_yuan")
    assert [file[name] for name in amounts] == [
        "11000000.01", "500000.05", "3000000.10", "2000000.02", "8499999.94",  # 11000000.01 - 500000.05 - 2000000.02
    ]  # fmt: skip
    assert (file["held"], file["hold_reason"]) == (False, None)
    shown = [{name: row[name] for name in row if name != "id"} for row in file["movements"]]
    lifted = {"ground": "rectified", "clause": "四（一）3", "reason": "已整改"}
    assert shown == [
        movement("released", "11000000.01", "2024-02-07"),
        {**movement("held", "0", "2024-03-04", **ground), "amount_yuan": None},
        movement("demanded", "3000000.10", "2024-03-05", **ground),
        movement("recovered", "2000000.02", "2024-03-05", **ground),
        movement("returned", "500000.05", "2024-03-05", reason="结余退回"),
        {**movement("lifted", "0", "2024-03-05", **lifted), "amount_yuan": None},
    ]
    ids = [row["id"] for row in file["movements"]]
    assert ids[2:5] == [str(uuid5(CLAIM, "demanded")), str(uuid5(CLAIM, "recovered")), str(BACK)]


async def grounds(world: World, uscc: str = OWNER) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await world.get("monitoring", f"/v1/entities/{uscc}/credit", "auditor-1"))["grounds"]
    return rows


async def test_only_a_demand_on_a_credit_ground_raises_it_once_per_demand(world: World) -> None:
    await announce(world, first_release())
    set_date(world, 2024, 3, 9)
    stated = {"amount_yuan": "1.00", "clause": "二（五）"}

    async def claw(number: int, stage: str, ground: str, reason: str) -> None:
        transfer = {"transfer_id": UUID(int=number), "stage": stage, "ground": ground, "reason": reason}
        await announce(world, FundsClawedBack(**named(), **stated, **transfer))

    await claw(11, "recovered", "false_material", "只到账")
    await claw(12, "demanded", "final_accounts_lower", "决算核减")
    assert await grounds(world) == []
    await claw(13, "demanded", "scale_changed", "擅自变更")
    set_date(world, 2024, 3, 10)
    await claw(14, "demanded", "scale_changed", "再次变更")
    shown = [{name: row[name] for name in row if name not in ("id", "label")} for row in await grounds(world)]
    same = {"code": "G5", "declaration_id": str(PROJECT), "grave": False, "evidence": [], "state": "standing"}
    same |= {"ended_on": None, "raised_by": "service:monitoring"}
    assert shown == [
        same | {"detail": "擅自变更", "occurred_on": "2024-03-09"},
        same | {"detail": "再次变更", "occurred_on": "2024-03-10"},
    ]


async def test_a_hold_before_the_first_release_is_passed_over_and_money_of_an_unknown_project_parks(
    world: World,
) -> None:
    await announce(world, FundsHeld(**named(), held=True, ground="x", clause="四（一）1", reason="先于拨付"))
    await world.get("monitoring", f"/v1/files/{PROJECT}", "auditor-1", status=404)
    async with world.instances["funding"].database.session(system_actor("funding")) as session:
        await emit(session, FundsReturned(**named(), transfer_id=BACK, amount_yuan="1.00", reason="结余"))
    await world.settle()
    assert list(await world.parked()) == ["monitoring"]


async def test_an_event_changes_its_own_file_and_one_of_an_evaluated_project_is_still_recorded(world: World) -> None:
    project = await funded_project(world)
    await announce(world, release(ELSEWHERE, applicant_uscc=OTHER, district="110106", amount_yuan="5.00"))
    await issued_evaluation(world, project)
    reason = {"ground": "false_material", "clause": "二（五）", "reason": "虚假材料"}
    own = {"declaration_id": project, "district": "110105", "applicant_uscc": OWNER}
    await announce(
        world,
        FundsClawedBack(**own, transfer_id=uuid4(), stage="demanded", amount_yuan="6.00", **reason),
        FundsReturned(**own, transfer_id=uuid4(), amount_yuan="7.00", reason="结余"),
        FundsHeld(**own, held=True, **reason),
        release(project, amount_yuan="8.00", instalment=2),
    )
    names = ("status", "evaluation_state", "released_yuan", "returned_yuan", "demanded_yuan", "held")
    shown = {file["declaration_id"]: [file[name] for name in names] for file in await files(world)}
    assert shown == {
        str(project): ["evaluated", "issued", "30000008.00", "7.00", "6.00", True],
        str(ELSEWHERE): ["under_way", None, "5.00", "0.00", "0.00", False],
    }
    assert [row["code"] for row in await grounds(world)] == ["G1"]
    assert await grounds(world, OTHER) == []


async def files(world: World) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await world.get("monitoring", "/v1/files", "auditor-1"))["items"]
    return rows
