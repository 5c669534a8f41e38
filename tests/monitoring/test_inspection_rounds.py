"""Tests of inspections beyond the first: each field of inspection, finding, ground and event; states; duties."""

from typing import Any
from uuid import UUID

import pytest

from deploy.demo.personas import Persona
from tests.monitoring.fixtures import OTHER, OWNER, funded_project, issued_evaluation, set_date
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")
CLEAR = {"conflict": False, "statement": "与项目单位无利益关系"}
THIRD = Persona("inspector-3", "核查员丙", ("inspector",))


async def order(world: World, project: UUID) -> dict[str, Any]:
    path, body = f"/v1/files/{project}/inspections", {"reason": "群众举报"}
    answer = await world.call("monitoring", "POST", path, "city-officer-1", body, status=201)
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/inspections/{made['id']}"
    return made


async def act(world: World, made: dict[str, Any], name: str, who: Any, body: Any, status: int = 200) -> Any:
    return await world.post("monitoring", f"/v1/inspections/{made['id']}/{name}", who, body, status=status)


async def cleared(world: World, project: UUID, who: str = "inspector-1") -> dict[str, Any]:
    made = await order(world, project)
    await act(world, made, "assign", "city-officer-1", {"inspector": who})
    answer: dict[str, Any] = await act(world, made, "declare-interest", who, CLEAR)
    return answer


def finding(kind: str, **changes: Any) -> dict[str, Any]:
    return {"kind": kind, "clause": "四（一）1", "description": f"问题 {kind}"} | changes


async def complete(
    world: World, made: dict[str, Any], *findings: dict[str, Any], on: str = "2024-03-01", status: int = 200
) -> Any:
    body = {"inspected_on": on, "summary": "查看现场", "evidence": ["照片-1", "照片-2"], "findings": list(findings)}
    return await act(world, made, "complete", made["inspector"], body, status)


async def test_each_step_of_an_inspection_changes_its_own_fields(world: World) -> None:
    project = await funded_project(world, district="110112")
    planned = await order(world, project)
    nothing = ("plan_id", "inspector", "interest_statement", "inspected_on", "summary")
    ordered = {"factor": "ordered", "label": "群众举报", "amount": None, "weight": None, "points": None}
    assert planned == dict.fromkeys(nothing) | {
        "id": planned["id"],
        "declaration_id": str(project),
        "district": "110112",
        "risk_score": "0",
        "reasons": [ordered],
        "state": "planned",
        "evidence": [],
    }
    planned = await world.get("monitoring", f"/v1/inspections/{planned['id']}", "auditor-1")
    assert (planned["risk_score"], planned.pop("findings")) == ("0.00", [])
    assigned = await act(world, planned, "assign", "city-officer-1", {"inspector": "inspector-2"})
    assert assigned == planned | {"state": "assigned", "inspector": "inspector-2"}
    again = await act(world, planned, "assign", "city-officer-2", {"inspector": "inspector-1"})
    assert again == planned | {"state": "assigned", "inspector": "inspector-1"}
    ready = await act(world, planned, "declare-interest", "inspector-1", CLEAR)
    assert ready == again | {"state": "cleared", "interest_statement": "与项目单位无利益关系"}
    await act(world, planned, "assign", "city-officer-1", {"inspector": "inspector-2"}, 409)
    await act(world, planned, "declare-interest", "inspector-1", CLEAR, 409)
    set_date(world, 2024, 3, 8)
    await complete(world, ready, on="2024-03-09", status=422)
    done = await complete(world, ready, on="2024-03-08")
    found = {"inspected_on": "2024-03-08", "summary": "查看现场", "evidence": ["照片-1", "照片-2"]}
    assert done == ready | {"state": "completed", "findings": []} | found
    for name, who, body in (
        ("assign", "city-officer-1", {"inspector": "inspector-2"}),
        ("declare-interest", "inspector-1", CLEAR),
    ):
        await act(world, planned, name, who, body, 409)
    await complete(world, ready, status=409)


async def test_findings_grounds_and_the_event_have_each_field_of_their_own_finding(world: World) -> None:
    project = await funded_project(world)
    made = await cleared(world, project)
    set_date(world, 2024, 3, 8)
    done = await complete(
        world,
        made,
        finding("stopped", amount_yuan="1.05", evidence=["照片-7"]),
        finding("other_municipal_funds", clause="二（五）"),
        finding("records_missing", grave=True),
        finding("stopped", description="再次停工"),
        on="2024-03-05",
    )
    after = ("overdue_since", "rectification", "rectified_on", "closing", "closed_on")
    same = dict.fromkeys(after) | {"inspection_id": made["id"], "declaration_id": str(project), "district": "110105"}
    # Thirty days from the day of the record; found on the day of the visit.
    same |= {"found_on": "2024-03-05", "state": "open", "rectify_by": "2024-04-07"}
    stated = [
        {"kind": "stopped", "clause": "四（一）1", "grave": False, "amount_yuan": "1.05", "evidence": ["照片-7"]},
        {"kind": "other_municipal_funds", "clause": "二（五）", "grave": True, "amount_yuan": None, "evidence": []},
        {"kind": "records_missing", "clause": "四（一）1", "grave": True, "amount_yuan": None, "evidence": []},
        {"kind": "stopped", "clause": "四（一）1", "grave": False, "amount_yuan": None, "evidence": []},
    ]
    texts = ["问题 stopped", "问题 other_municipal_funds", "问题 records_missing", "再次停工"]
    shown = [{name: row[name] for name in row if name != "id"} for row in done["findings"]]
    assert shown == [same | row | {"description": text} for row, text in zip(stated, texts, strict=True)]
    assert await world.get("monitoring", f"/v1/inspections/{made['id']}", "auditor-1") == done
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    grounds = {row["detail"]: row for row in credit["grounds"]}
    stopped = "现场核查发现无正当理由未开工或停工："
    assert {text: (row["code"], row["grave"], row["evidence"]) for text, row in grounds.items()} == {
        f"{stopped}问题 stopped": ("G4", False, ["照片-7"]),
        f"{stopped}再次停工": ("G4", False, []),
        "现场核查发现隐瞒已获其他市级资金：问题 other_municipal_funds": ("G3", True, []),
    }
    assert {(row["occurred_on"], row["declaration_id"], row["raised_by"]) for row in credit["grounds"]} == {
        ("2024-03-05", str(project), "inspector-1")
    }
    (event,) = await world.events("monitoring", "monitoring.inspection_completed.v1")
    names = ("kind", "clause", "grave", "amount_yuan", "description")
    assert event["data"] == {
        "declaration_id": str(project),
        "district": "110105",
        "applicant_uscc": OWNER,
        "inspection_id": made["id"],
        "inspected_on": "2024-03-05",
        "findings": [{"finding_id": row["id"], **{name: row[name] for name in names}} for row in done["findings"]],
    }


GROUND_OF = {
    "funds_diverted": "G2",
    "scale_changed": "G5",
    "not_started": "G4",
    "stopped": "G4",
    "targets_at_risk": None,
    "safety": "G9",
    "records_missing": None,
    "obstructed": "G7",
    "false_material": "G1",
    "other_municipal_funds": "G3",
    "other": None,
}
ALWAYS_GRAVE = {"funds_diverted", "false_material", "other_municipal_funds"}


async def test_each_kind_of_finding_raises_its_ground_or_none(world: World) -> None:
    made = await cleared(world, await funded_project(world))
    done = await complete(world, made, *(finding(kind, grave=False) for kind in GROUND_OF))
    assert {row["kind"] for row in done["findings"] if row["grave"]} == ALWAYS_GRAVE
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    raised = {row["detail"].rsplit(" ", 1)[-1]: row["code"] for row in credit["grounds"]}
    assert raised == {kind: code for kind, code in GROUND_OF.items() if code}


async def test_a_second_inspection_has_its_own_findings_and_the_first_keeps_its_own(world: World) -> None:
    project, other = await funded_project(world), await funded_project(world, applicant_uscc=OTHER)
    first = await complete(world, await cleared(world, project), finding("stopped"), finding("other"))
    await complete(world, await cleared(world, other), finding("safety"))
    set_date(world, 2024, 6, 3)
    second = await complete(world, await cleared(world, project, "inspector-2"), finding("stopped"), on="2024-06-03")
    assert [row["found_on"] for row in second["findings"]] == ["2024-06-03"]
    assert await world.get("monitoring", f"/v1/inspections/{first['id']}", "auditor-1") == first
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    assert [(row["code"], row["occurred_on"]) for row in credit["grounds"]] == [
        ("G4", "2024-03-01"),
        ("G4", "2024-06-03"),
    ]


async def test_each_step_of_a_rectification_changes_its_own_fields_in_each_round(world: World) -> None:
    done = await complete(world, await cleared(world, await funded_project(world)), finding("stopped"))
    (opened,) = done["findings"]
    path = f"/v1/findings/{opened['id']}"

    async def step(name: str, who: Any, body: dict[str, Any], status: int = 200) -> Any:
        return await world.post("monitoring", f"{path}/{name}", who, body, status=status)

    set_date(world, 2024, 3, 4)
    rectified = await step("rectify", world.owner(), {"text": "已复工"})
    told = {"state": "rectified", "rectification": "已复工", "rectified_on": "2024-03-04"}
    assert rectified == opened | told
    await step("rectify", world.owner(), {"text": "再报"}, 409)
    set_date(world, 2024, 3, 6)
    back = await step("close", "inspector-2", {"accepted": False, "reason": "仍停工"})
    # Thirty days from the review.
    assert back == rectified | {"state": "open", "closing": "仍停工", "rectify_by": "2024-04-05"}
    await step("close", "inspector-2", {"accepted": True, "reason": "未再报"}, 409)
    set_date(world, 2024, 3, 8)
    again = await step("rectify", world.owner(), {"text": "已全面复工"})
    assert again == back | told | {"rectification": "已全面复工", "rectified_on": "2024-03-08"}
    set_date(world, 2024, 3, 9)
    closed = await step("close", "inspector-2", {"accepted": True, "reason": "属实"})
    assert closed == again | {"state": "closed", "closing": "属实", "closed_on": "2024-03-09"}
    await step("rectify", world.owner(), {"text": "三报"}, 409)
    await step("close", "inspector-2", {"accepted": False, "reason": "重开"}, 409)
    assert await world.get("monitoring", path, "auditor-1") == closed


async def test_the_reviewer_of_a_rectification_is_neither_its_finder_nor_another_hand_of_the_case(world: World) -> None:
    hands = ({"actor": "inspector-2", "duty": "score"},)
    project = await funded_project(world, hands=hands)
    done = await complete(world, await cleared(world, project), finding("stopped"))
    path = f"/v1/findings/{done['findings'][0]['id']}"
    await world.post("monitoring", f"{path}/rectify", world.owner(), {"text": "已复工"})
    verdict = {"accepted": True, "reason": "属实"}
    for who in ("inspector-1", "inspector-2"):
        refused = await world.post("monitoring", f"{path}/close", who, verdict, status=403)
        assert refused["code"] == "same_officer"
    await world.post("monitoring", f"{path}/close", THIRD, verdict)
    # Who closed a finding of the project does not inspect it later.
    made = await order(world, project)
    entry = {"name": "核查员丙（示例）", "roles": ["inspector"], "reason": "新到岗"}
    await world.call("monitoring", "PUT", "/v1/people/inspector-3", "city-supervisor-1", entry, status=204)
    await act(world, made, "assign", "city-officer-1", {"inspector": "inspector-3"})
    await act(world, made, "declare-interest", THIRD, CLEAR)
    body = {"inspected_on": "2024-03-01", "summary": "查看"}
    assert (await act(world, made, "complete", THIRD, body, 403))["code"] == "same_officer"


@pytest.mark.parametrize("who", ["nobody-99", "city-officer-1"])
async def test_nobody_but_an_inspector_of_the_directory_is_assigned(world: World, who: str) -> None:
    made = await order(world, await funded_project(world))
    refused = await act(world, made, "assign", "city-officer-1", {"inspector": who}, 422)
    assert refused["errors"][0]["pointer"] == "/body/inspector"


async def test_an_evaluated_project_is_not_inspected_anew(world: World) -> None:
    project = await funded_project(world)
    await issued_evaluation(world, project)
    path = f"/v1/files/{project}/inspections"
    await world.post("monitoring", path, "city-officer-1", {"reason": "线索"}, status=409)
    meter = {"meter_no": "1", "label": "表", "kind": "gas_m3", "period": "day"}
    await world.post("monitoring", f"/v1/files/{project}/meters", "city-officer-1", meter, status=409)
