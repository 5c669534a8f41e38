"""Owners before an inspection is completed, an evaluation issued, a credit ground noticed."""

import pytest

from tests.monitoring.fixtures import (
    OWNER,
    completed_inspection,
    computed_evaluation,
    finding_body,
    funded_project,
)
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")
OFFICER = "110105-officer-1"
GROUND = {"code": "G4", "detail": "拒不配合核查", "evidence": ["记录-1"], "occurred_on": "2024-02-28"}


async def test_an_inspection_is_told_to_the_owner_when_it_is_completed(world: World) -> None:
    project = await funded_project(world)
    ordered = await world.post(
        "monitoring", f"/v1/files/{project}/inspections", "city-officer-1", {"reason": "举报线索"}, status=201
    )
    path = f"/v1/inspections/{ordered['id']}"
    await world.get("monitoring", path, world.owner(), status=404)
    assert (await world.get("monitoring", path, OFFICER))["risk_score"] is not None
    done = await completed_inspection(world, project, finding_body())
    told = await world.get("monitoring", f"/v1/inspections/{done['id']}", world.owner())
    hidden = ("inspector", "interest_statement", "risk_score", "reasons")
    assert {name: told[name] for name in hidden} == dict.fromkeys(hidden)
    assert (told["state"], len(told["findings"])) == ("completed", 1)
    official = await world.get("monitoring", f"/v1/inspections/{done['id']}", OFFICER)
    assert all(official[name] is not None for name in hidden)


async def test_an_evaluation_is_told_to_the_owner_when_it_is_issued(world: World) -> None:
    project = await funded_project(world)
    await computed_evaluation(world, project)
    path = f"/v1/files/{project}/evaluation"
    for hidden in (path, f"{path}/report", f"{path}/report?format=md"):
        await world.call("monitoring", "GET", hidden, world.owner(), status=404)
        await world.call("monitoring", "GET", hidden, OFFICER, status=200)
    await world.post("monitoring", f"{path}/issue", "110105-supervisor-1")
    told, report = [await world.get("monitoring", each, world.owner()) for each in (path, f"{path}/report")]
    assert (told["state"], told["evaluated_by"], report["basis"]["evaluated_by"]) == ("issued", None, None)
    official = await world.get("monitoring", f"{path}/report", OFFICER)
    assert official["basis"]["evaluated_by"] == "110105-officer-2"
    assert report | {"basis": official["basis"]} == official


async def test_a_credit_ground_is_told_to_the_entity_with_the_notice(world: World) -> None:
    await funded_project(world)
    path = f"/v1/entities/{OWNER}/credit"
    await world.post("monitoring", f"{path}/grounds", "city-officer-1", GROUND, status=201)
    told = await world.get("monitoring", path, world.owner())
    assert (told["grounds"], told["proposal"]) == ([], None)
    official = await world.get("monitoring", path, "city-officer-1")
    assert (len(official["grounds"]), official["grounds"][0]["raised_by"]) == (1, "city-officer-1")
    await world.post("monitoring", f"{path}/notice", "city-officer-1", {"reason": "年度评价"}, status=201)
    other = {**GROUND, "detail": "另一事实", "occurred_on": "2024-02-27"}
    await world.post("monitoring", f"{path}/grounds", "city-officer-1", other, status=201)
    told = await world.get("monitoring", path, world.owner())
    assert [(each["detail"], each["raised_by"]) for each in told["grounds"]] == [("拒不配合核查", None)]
    assert told["rating"]["proposal"]["grounds"][0]["detail"] == "拒不配合核查"
