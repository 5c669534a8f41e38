"""Tests of inspections: risk, plan, declaration of interests, findings, rectification."""

from typing import Any
from uuid import UUID

import pytest

from tests.monitoring.fixtures import OTHER, OWNER, completed_inspection, finding_body, funded_project, set_date
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")


@pytest.mark.clause("四（一）1")
async def test_diversion_is_always_grave_and_raises_a_credit_ground(world: World) -> None:
    project = await funded_project(world)
    check = await completed_inspection(
        world, project, finding_body("funds_diverted", grave=False), finding_body("records_missing")
    )
    assert [(item["kind"], item["grave"]) for item in check["findings"]] == [
        ("funds_diverted", True),
        ("records_missing", False),
    ]
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "city-officer-1")
    assert [(ground["code"], ground["grave"]) for ground in credit["grounds"]] == [("G2", True)]
    assert (credit["proposal"]["grade"], credit["grade"]) == ("D", None)
    event = (await world.events("monitoring", "monitoring.inspection_completed.v1"))[0]["data"]
    assert [(item["grave"], item["amount_yuan"]) for item in event["findings"]] == [
        (True, "100000.00"),
        (False, "100000.00"),
    ]


async def test_the_riskiest_projects_are_selected_with_reasons(world: World) -> None:
    calm = await funded_project(world, applicant_uscc=OTHER, amount_yuan="10000000.00")
    risky = await funded_project(world)
    set_date(world, 2024, 5, 8)
    await completed_inspection(world, calm)
    await world.instances["monitoring"].tick()
    ranked = (await world.get("monitoring", "/v1/inspection-risks", "city-officer-1"))["items"]
    assert [(UUID(row["declaration_id"]), row["score"]) for row in ranked] == [(risky, "32.00"), (calm, "14.00")]
    factors = {reason["factor"]: reason["points"] for reason in ranked[0]["reasons"]}
    assert factors == {"late_quarter": "10.00", "never_inspected": "10.00", "money_per_10m_yuan": "12.00"}
    body = {"quarter": "2024Q2", "size": 1}
    plan = await world.post("monitoring", "/v1/inspection-plans", "city-officer-1", body, status=201)
    assert [item["declaration_id"] for item in plan["drawn"]] == [str(risky)]
    listed = await world.get("monitoring", f"/v1/inspections?plan_id={plan['id']}", "110105-officer-1")
    assert [item["state"] for item in listed["items"]] == ["planned"]
    await world.post("monitoring", "/v1/inspection-plans", "city-officer-2", body, status=409)
    await world.post("monitoring", "/v1/inspection-plans", "inspector-1", body, status=403)


async def test_ties_are_ordered_by_a_stable_hash(world: World) -> None:
    for _ in range(4):
        await funded_project(world)
    drawn = []
    for quarter in ("2024Q1", "2024Q2"):
        body = {"quarter": quarter, "size": 4}
        plan = await world.post("monitoring", "/v1/inspection-plans", "city-officer-1", body, status=201)
        drawn.append([item["declaration_id"] for item in plan["drawn"]])
    assert sorted(drawn[0]) == sorted(drawn[1])
    stored = await world.get("monitoring", f"/v1/inspection-plans/{plan['id']}", "city-officer-2")
    assert stored["drawn"] == plan["drawn"]


async def ordered(world: World, project: UUID) -> str:
    made = await world.post(
        "monitoring", f"/v1/files/{project}/inspections", "city-officer-1", {"reason": "线索"}, status=201
    )
    return f"/v1/inspections/{made['id']}"


def done(world: World, **changes: Any) -> dict[str, Any]:
    return {"inspected_on": world.clock.today().isoformat(), "summary": "已查看", "findings": []} | changes


async def test_an_inspector_with_a_conflict_of_interest_is_removed(world: World) -> None:
    path = await ordered(world, await funded_project(world))
    await world.post("monitoring", f"{path}/complete", "inspector-1", done(world), status=409)
    await world.post("monitoring", f"{path}/assign", "city-officer-1", {"inspector": "inspector-1"})
    await world.post("monitoring", f"{path}/complete", "inspector-1", done(world), status=409)
    clear = {"conflict": False, "statement": "无"}
    await world.post("monitoring", f"{path}/declare-interest", "inspector-2", clear, status=403)
    bound = {"conflict": True, "statement": "亲属任职于该单位"}
    back = await world.post("monitoring", f"{path}/declare-interest", "inspector-1", bound)
    assert (back["state"], back["inspector"], back["interest_statement"]) == ("planned", None, "亲属任职于该单位")
    await world.post("monitoring", f"{path}/assign", "city-officer-1", {"inspector": "inspector-2"})
    await world.post("monitoring", f"{path}/declare-interest", "inspector-2", clear)
    await world.post("monitoring", f"{path}/complete", "inspector-1", done(world), status=403)
    tomorrow = done(world, inspected_on="2024-03-02")
    refused = await world.post("monitoring", f"{path}/complete", "inspector-2", tomorrow, status=422)
    assert refused["errors"][0]["pointer"] == "/body/inspected_on"
    assert (await world.post("monitoring", f"{path}/complete", "inspector-2", done(world)))["state"] == "completed"


async def test_a_reviewer_of_the_declaration_cannot_inspect_it(world: World) -> None:
    hands = ({"actor": "inspector-1", "duty": "score"},)
    path = await ordered(world, await funded_project(world, hands=hands))
    await world.post("monitoring", f"{path}/assign", "city-officer-1", {"inspector": "inspector-1"})
    await world.post("monitoring", f"{path}/declare-interest", "inspector-1", {"conflict": False, "statement": "无"})
    refused = await world.post("monitoring", f"{path}/complete", "inspector-1", done(world), status=403)
    assert refused["code"] == "same_officer"


async def test_a_rectified_finding_is_closed_by_another_inspector(world: World) -> None:
    check = await completed_inspection(world, await funded_project(world), finding_body("stopped"))
    path = f"/v1/findings/{check['findings'][0]['id']}"
    verdict = {"accepted": False, "reason": "仍未复工"}
    await world.post("monitoring", f"{path}/close", "inspector-2", verdict, status=409)
    await world.post("monitoring", f"{path}/rectify", world.owner(OTHER, "另一单位"), {"text": "已改"}, status=404)
    await world.post("monitoring", f"{path}/rectify", world.owner(), {"text": "已复工"})
    same = await world.post("monitoring", f"{path}/close", "inspector-1", verdict, status=403)
    assert same["code"] == "same_officer"
    set_date(world, 2024, 3, 10)
    again = await world.post("monitoring", f"{path}/close", "inspector-2", verdict)
    assert (again["state"], again["rectify_by"]) == ("open", "2024-04-09")
    await world.post("monitoring", f"{path}/rectify", world.owner(), {"text": "已全面复工"})
    closed = await world.post("monitoring", f"{path}/close", "inspector-2", {"accepted": True, "reason": "属实"})
    assert (closed["state"], closed["closed_on"]) == ("closed", "2024-03-10")


async def test_a_late_rectification_is_overdue(world: World) -> None:
    await completed_inspection(world, await funded_project(world), finding_body("safety"))
    monitoring, seen = world.instances["monitoring"], []
    for day in ((2024, 3, 31), (2024, 4, 1)):
        set_date(world, *day)
        await monitoring.tick()
        overdue = await world.get("monitoring", "/v1/findings?overdue=true", "city-officer-1")
        seen.append([item["overdue_since"] for item in overdue["items"]])
    assert seen == [[], ["2024-04-01"]]


async def test_a_finding_names_its_kind_and_clause(world: World) -> None:
    path = await ordered(world, await funded_project(world))
    wrong = done(world, findings=[finding_body("anything")])
    refused = await world.post("monitoring", f"{path}/complete", "inspector-1", wrong, status=422)
    assert refused["errors"][0]["pointer"] == "/body/findings/0/kind"
