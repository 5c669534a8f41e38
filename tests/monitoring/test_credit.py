"""Tests of credit: grounds, proposed grade, objection, decision, repair, history."""

from typing import Any
from uuid import UUID

import pytest

from tests.monitoring.fixtures import OTHER, OWNER, completed_inspection, finding_body, funded_project, set_date
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")

CREDIT = f"/v1/entities/{OWNER}/credit"


async def noticed(world: World, *kinds: str) -> dict[str, Any]:
    await completed_inspection(world, await funded_project(world), *(finding_body(kind) for kind in kinds))
    answer: dict[str, Any] = await world.post(
        "monitoring", f"{CREDIT}/notice", "city-officer-1", {"reason": "年度评价"}, status=201
    )
    return answer


async def decide(world: World, status: int = 200, **changes: Any) -> Any:
    body = {"grade": "C", "reason": "事实清楚"} | changes
    return await world.post("monitoring", f"{CREDIT}/decide", "city-supervisor-1", body, status=status)


async def test_no_grade_before_a_decision_after_the_objection_period(world: World) -> None:
    notice = await noticed(world, "stopped", "obstructed")
    assert (notice["proposal"]["grade"], notice["proposal"]["points"]) == ("D", 55)
    assert (notice["noticed_on"], notice["objection_due_on"]) == ("2024-03-01", "2024-03-16")
    early = await decide(world, 409)
    assert "申辩期" in early["detail"]
    assert (await world.get("monitoring", CREDIT, "city-officer-1"))["grade"] is None
    set_date(world, 2024, 3, 17)
    decision = await decide(world, grade="D")
    assert (decision["grade"], decision["points"], decision["computed_grade"]) == ("D", 55, "D")
    shown = await world.get("monitoring", CREDIT, world.owner())
    assert (shown["grade"], shown["rating"], shown["effects"][0]) == ("D", None, "提请暂停拨付")
    event = (await world.events("monitoring", "monitoring.credit_rated.v1"))[0]
    assert (event["data"]["grade"], event["data"]["district"], event["data"]["repaired"]) == ("D", "110000", False)
    assert event["data"]["entity_id"] == shown["entity_id"]


async def test_an_objection_in_time_may_remove_a_ground(world: World) -> None:
    notice = await noticed(world, "stopped", "obstructed")
    set_date(world, 2024, 3, 16)
    objection = {"text": "当日有台风预警", "evidence": ["说明-1"]}
    await world.post("monitoring", f"{CREDIT}/objection", world.owner(), objection)
    again = await world.post("monitoring", f"{CREDIT}/objection", world.owner(), objection, status=409)
    assert again["code"] == "wrong_status"
    removed = next(row["ground_id"] for row in notice["proposal"]["grounds"] if row["code"] == "G7")
    decision = await decide(world, grade="B", withdrawn_grounds=[removed])
    assert (decision["computed_grade"], decision["points"]) == ("B", 80)
    grounds = (await world.get("monitoring", CREDIT, "city-officer-1"))["grounds"]
    assert {ground["code"]: ground["state"] for ground in grounds} == {"G4": "standing", "G7": "withdrawn"}
    await decide(world, 409)


async def test_a_late_objection_is_refused(world: World) -> None:
    await noticed(world, "stopped")
    set_date(world, 2024, 3, 17)
    late = await world.post("monitoring", f"{CREDIT}/objection", world.owner(), {"text": "迟到"}, status=409)
    assert "届满" in late["detail"]


async def test_only_grounds_of_the_proposal_can_be_withdrawn(world: World) -> None:
    await noticed(world, "stopped")
    set_date(world, 2024, 3, 17)
    strange = str(UUID(int=7))
    refused = await decide(world, 422, withdrawn_grounds=[strange])
    assert refused["errors"][0]["pointer"] == "/body/withdrawn_grounds"


async def test_one_rating_runs_at_a_time_and_roles_are_kept(world: World) -> None:
    await noticed(world, "stopped")
    notice = {"reason": "再次"}
    await world.post("monitoring", f"{CREDIT}/notice", "city-officer-2", notice, status=409)
    await world.post("monitoring", f"{CREDIT}/notice", "110105-officer-1", notice, status=403)
    stranger = world.owner(OTHER, "另一单位")
    await world.post("monitoring", f"{CREDIT}/objection", stranger, {"text": "代申辩"}, status=404)
    await world.get("monitoring", CREDIT, stranger, status=404)
    await world.get("monitoring", CREDIT, "110105-officer-1", status=403)
    assert (await world.get("monitoring", "/v1/credit-ratings?state=noticed", stranger))["items"] == []
    assert len((await world.get("monitoring", "/v1/credit-ratings?state=noticed", "city-supervisor-1"))["items"]) == 1


async def test_repair_is_decided_by_a_person_and_the_history_stays(world: World) -> None:
    notice = await noticed(world, "stopped", "obstructed")
    set_date(world, 2024, 3, 17)
    await decide(world, grade="D")
    grounds = [row["ground_id"] for row in notice["proposal"]["grounds"]]
    asked = {"ground_ids": grounds, "text": "已全部整改", "evidence": ["整改-1"]}
    strange = asked | {"ground_ids": [str(UUID(int=7))]}
    await world.post("monitoring", f"{CREDIT}/repair", world.owner(), strange, status=422)
    repair = await world.post("monitoring", f"{CREDIT}/repair", world.owner(), asked, status=201)
    path = f"/v1/credit-repairs/{repair['id']}/decide"
    await world.post("monitoring", path, "city-officer-1", {"accepted": True, "reason": "属实"}, status=403)
    done = await world.post("monitoring", path, "city-supervisor-2", {"accepted": True, "reason": "属实"})
    assert done["state"] == "accepted"
    await world.post("monitoring", path, "city-supervisor-2", {"accepted": True, "reason": "属实"}, status=409)
    shown = await world.get("monitoring", CREDIT, "auditor-1")
    assert [(item["grade"], item["repaired"]) for item in shown["decisions"]] == [("D", False), ("A", True)]
    assert (shown["grade"], {ground["state"] for ground in shown["grounds"]}) == ("A", {"repaired"})
    events = await world.events("monitoring", "monitoring.credit_rated.v1")
    assert [event["data"]["repaired"] for event in events] == [False, True]


async def test_a_rejected_repair_changes_no_grade(world: World) -> None:
    notice = await noticed(world, "stopped")
    asked = {"ground_ids": [notice["proposal"]["grounds"][0]["ground_id"]], "text": "已改", "evidence": ["1"]}
    repair = await world.post("monitoring", f"{CREDIT}/repair", world.owner(), asked, status=201)
    path = f"/v1/credit-repairs/{repair['id']}"
    await world.post("monitoring", f"{path}/decide", "city-supervisor-1", {"accepted": False, "reason": "不属实"})
    assert (await world.get("monitoring", path, world.owner()))["state"] == "rejected"
    assert (await world.get("monitoring", CREDIT, world.owner()))["decisions"] == []


async def test_an_officer_records_a_ground_once_with_evidence(world: World) -> None:
    project = await funded_project(world)
    body = {"code": "G10", "declaration_id": str(project), "detail": "列入名单", "occurred_on": "2024-02-20"}
    missing = await world.post("monitoring", f"{CREDIT}/grounds", "city-officer-1", body, status=422)
    assert missing["errors"][0]["pointer"] == "/body/evidence"
    stated = body | {"evidence": ["查询记录"]}
    proposal = await world.post("monitoring", f"{CREDIT}/grounds", "city-officer-1", stated, status=201)
    assert (proposal["grade"], proposal["points"]) == ("D", 0)
    await world.post("monitoring", f"{CREDIT}/grounds", "city-officer-1", stated, status=409)
    future = stated | {"occurred_on": "2024-03-02"}
    await world.post("monitoring", f"{CREDIT}/grounds", "city-officer-1", future, status=422)


async def test_a_ground_lapses_after_three_years(world: World) -> None:
    await noticed(world, "stopped")
    set_date(world, 2027, 3, 2)
    shown = await world.get("monitoring", CREDIT, "city-officer-1")
    assert (shown["proposal"]["grade"], [ground["code"] for ground in shown["grounds"]]) == ("A", ["G4"])


async def test_an_entity_without_a_funded_project_has_no_credit(world: World) -> None:
    await world.get("monitoring", CREDIT, "city-officer-1", status=404)
    await world.get("monitoring", "/v1/entities/91110000600037341X/credit", "city-officer-1", status=422)
    listed = (await world.get("monitoring", "/v1/credit-effects", "city-officer-1"))["items"]
    assert {row["grade"]: row["measures"] for row in listed}["B"] == ["按常规监管"]
