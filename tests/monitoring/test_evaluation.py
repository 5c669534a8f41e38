"""Tests of evaluation: reference date, segregation of duties, issue, acknowledgement, report."""

from typing import Any

import pytest

from tests.monitoring.fixtures import (
    OWNER,
    actuals,
    announce,
    completed_inspection,
    computed_evaluation,
    deliver,
    energy,
    finding_body,
    funded_project,
    issued_evaluation,
    letting,
    release,
    set_date,
    submit,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（三）")


async def test_the_district_evaluates_its_supervisor_issues_and_the_city_acknowledges(world: World) -> None:
    project = await funded_project(world)
    path = f"/v1/files/{project}/evaluation"
    issue = await issued_evaluation(world, project)
    assert (issue["state"], issue["grade"], issue["late"], issue["issued_on"]) == (
        "issued",
        "excellent",
        False,
        "2025-07-01",
    ), issue["result"]["heads"]
    assert (await world.get("monitoring", f"/v1/files/{project}", world.owner()))["status"] == "evaluated"
    taken = await world.post("monitoring", f"{path}/acknowledge", "city-officer-1")
    assert taken["acknowledged_on"] == "2025-07-01"
    for who, act in (("110105-supervisor-1", "/issue"), ("city-officer-1", "/acknowledge")):
        await world.post("monitoring", f"{path}{act}", who, status=409)
    await world.post("monitoring", path, "110105-officer-2", actuals(), status=409)
    event = (await world.events("monitoring", "monitoring.evaluation_issued.v1"))[0]["data"]
    assert (event["targets_met"], event["grade"], len(event["targets"])) == (True, "excellent", 5)


async def test_missed_targets_are_a_ground_and_a_late_issue_says_so(world: World) -> None:
    project = await funded_project(world)
    await computed_evaluation(world, project, lettings=[letting(0, "7999.99"), letting(1, "7500")])
    set_date(world, 2025, 9, 3)
    late = await world.post("monitoring", f"/v1/files/{project}/evaluation/issue", "110105-supervisor-1")
    assert (late["late"], late["targets_met"]) == (True, False)
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "city-officer-1")
    assert "G8" in [ground["code"] for ground in credit["grounds"]]
    event = (await world.events("monitoring", "monitoring.evaluation_issued.v1"))[0]["data"]
    assert [target["gap"] for target in event["targets"] if target["met"] is False] == ["差 0.0001个百分点"]


async def test_undetermined_targets_raise_no_ground(world: World) -> None:
    project = await funded_project(world)
    issue = await issued_evaluation(world, project, energy=None)
    assert issue["targets_met"] is None
    event = (await world.events("monitoring", "monitoring.evaluation_issued.v1"))[0]["data"]
    assert (event["targets_met"], event["undetermined"]) == (False, ["综合节能率达到目标"])
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "city-officer-1")
    assert "G8" not in [ground["code"] for ground in credit["grounds"]]


async def test_an_open_diversion_fails_the_project(world: World) -> None:
    project = await funded_project(world)
    await completed_inspection(world, project, finding_body("funds_diverted"))
    assert (await computed_evaluation(world, project))["grade"] == "failed"


async def test_reviewer_evaluator_and_issuer_are_different_people(world: World) -> None:
    project = await funded_project(world, hands=({"actor": "110105-supervisor-2", "duty": "deliver"},))
    await computed_evaluation(world, project)
    path = f"/v1/files/{project}/evaluation"
    refused = await world.post("monitoring", f"{path}/issue", "110105-supervisor-2", status=403)
    assert refused["code"] == "same_officer"
    other = await funded_project(world)
    set_date(world, 2025, 7, 2)
    await deliver(world, other, "2025-06-01")
    refused = await world.post(
        "monitoring",
        f"/v1/files/{other}/evaluation",
        "110105-officer-1",
        actuals(reference_on="2025-07-01"),
        status=403,
    )
    assert refused["code"] == "same_officer"


async def test_another_district_cannot_evaluate(world: World) -> None:
    project = await funded_project(world)
    await computed_evaluation(world, project)
    path = f"/v1/files/{project}/evaluation"
    await world.post("monitoring", path, "110106-officer-1", actuals(), status=404)
    await world.post("monitoring", path, "city-officer-1", actuals(), status=403)
    await world.post("monitoring", f"{path}/issue", "110105-officer-1", status=403)
    await world.post("monitoring", f"{path}/acknowledge", "city-officer-1", status=409)
    await world.get("monitoring", path, "110106-officer-1", status=404)


async def test_no_evaluation_before_delivery_and_no_issue_before_evaluation(world: World) -> None:
    project = await funded_project(world)
    path = f"/v1/files/{project}/evaluation"
    await world.post("monitoring", path, "110105-officer-2", actuals(), status=409)
    await world.post("monitoring", f"{path}/issue", "110105-supervisor-1", status=409)
    await world.get("monitoring", path, "110105-officer-1", status=404)
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    await world.post("monitoring", f"{path}/issue", "110105-supervisor-1", status=404)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"reference_on": "2024-09-01"}, "/body/reference_on"),
        ({"reference_on": "2025-07-02"}, "/body/reference_on"),
        ({"lettings": [letting(2, "1")]}, "/body/lettings/0/index"),
        ({"lettings": [letting(0, "1"), letting(0, "1")]}, "/body/lettings/1/index"),
        ({"lettings": [letting(0, "2", "1") | {"signed_area_m2": "0"}]}, "/body/lettings/0/leasable_area_m2"),
        ({"energy": energy() | {"report": {"method": "GUESSED", "area_m2": "1"}}}, "/body/energy/report/method"),
        ({"funds": None}, "/body/funds"),
        ({"lettings": [letting(0, "10", "10")]}, "/body/lettings/0/leasable_area_m2"),
        ({"roof": {"pv_projection_m2": "2", "roof_projection_m2": "1"}}, "/body/roof/pv_projection_m2"),
        ({"area_reasons": [{"field": "/tax/area", "reason": "无"}]}, "/body/area_reasons"),
    ],
)
async def test_impossible_actuals_are_refused(world: World, changes: dict[str, Any], pointer: str) -> None:
    project = await funded_project(world)
    await computed_evaluation(world, project)
    path = f"/v1/files/{project}/evaluation"
    refused = await world.post("monitoring", path, "110105-officer-2", actuals(**changes), status=422)
    assert refused["errors"][0]["pointer"] == pointer


async def test_a_differing_area_with_a_reason_is_computed_and_reported(world: World) -> None:
    reason = {"field": "/lettings/0/leasable_area_m2", "reason": "二层改作公共空间"}
    changes: dict[str, Any] = {"lettings": [letting(0, "7000", "8000"), letting(1, "7500")]}
    changes |= {"area_reasons": [reason], "industries": None}
    answer = await computed_evaluation(world, await funded_project(world), **changes)
    differing = [area for area in answer["result"]["areas"] if area["agrees"] is False]
    assert [(area["field"], area["reason"]) for area in differing] == [(reason["field"], reason["reason"])]


async def test_the_best_occupancy_is_stored_beside_the_reference_date(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    set_date(world, 2025, 1, 3)
    await world.instances["monitoring"].tick()
    await submit(world, project, "2024Q4", occupancy=[letting(0, "9100.00")])
    set_date(world, 2025, 7, 1)
    path = f"/v1/files/{project}/evaluation"
    answer = await world.post("monitoring", path, "110105-officer-2", actuals())
    assert answer["result"]["best_occupancies"] == {"0": "0.910000"}
    assert answer["result"]["occupancies"] == {"0": "0.850000", "1": "0.750000"}


async def test_the_report_is_json_or_markdown_and_frozen_when_issued(world: World) -> None:
    project = await funded_project(world)
    await issued_evaluation(world, project)
    path = f"/v1/files/{project}/evaluation/report"
    asked = ((f"{path}?format=md", "*/*"), (path, "text/markdown"))
    documents = [await world.call("monitoring", "GET", to, "city-officer-1", accept=kind) for to, kind in asked]
    assert documents[0].text == documents[1].text
    assert documents[0].headers["content-type"].startswith("text/markdown")
    assert documents[0].text.startswith("# 示例楼宇更新项目评价报告")
    before = await world.get("monitoring", path, world.owner())
    await announce(world, release(project, instalment=2, amount_yuan="1.00"))
    assert await world.get("monitoring", path, world.owner()) == before
