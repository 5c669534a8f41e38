"""Tests of evaluation as a procedure: recomputed, issued, acknowledged; of two projects; its grounds, event, report."""

from typing import Any
from uuid import UUID

import pytest

from deploy.demo.personas import Persona
from services.monitoring.api.evaluation import MARKDOWN
from tests.monitoring.fixtures import (
    OTHER,
    OWNER,
    actuals,
    completed_inspection,
    computed_evaluation,
    deliver,
    finding_body,
    funded_project,
    letting,
    set_date,
)
from tests.world import World

pytestmark = pytest.mark.clause("三（三）")
MISUSED = {"misused": True, "ledger_matches": True, "audit_findings": 0}
BOTH = Persona("110105-both", "朝阳示例", ("district_officer", "district_supervisor"), "110105")


async def evaluate(
    world: World, project: UUID, who: Any = "110105-officer-2", status: int = 200, **changes: Any
) -> Any:
    path = f"/v1/files/{project}/evaluation"
    return await world.post("monitoring", path, who, actuals(**changes), status=status)


async def issue(world: World, project: UUID, who: Any = "110105-supervisor-1", status: int = 200) -> Any:
    return await world.post("monitoring", f"/v1/files/{project}/evaluation/issue", who, status=status)


async def test_a_second_calculation_replaces_the_first_until_it_is_issued(world: World) -> None:
    project = await funded_project(world)
    first = await computed_evaluation(world, project, lettings=[letting(0, "7999.99"), letting(1, "7500")])
    assert (first["targets_met"], first["evaluated_by"], first["state"]) == (False, "110105-officer-2", "computed")
    third = Persona("110105-officer-3", "朝阳经办丙", ("district_officer",), "110105")
    tax = {"before_yuan": "1000000.00", "after_yuan": "3750000.00", "area_m2": "20000"}
    second = await evaluate(world, project, third, reference_on="2025-06-29", tax=tax, advice="继续跟踪")
    assert second["id"] == first["id"]
    # 100 - 1.25 (187.5 of 200 yuan of tax a square metre, of 20 points) - 3 (nothing spent: a fifth of 15 points)
    assert [second[name] for name in ("targets_met", "evaluated_by", "reference_on", "score", "grade")] == [
        True, "110105-officer-3", "2025-06-29", "95.75", "excellent",
    ]  # fmt: skip
    assert [second[name] for name in ("issued_on", "late", "acknowledged_on")] == [None, None, None]
    assert second["actuals"]["tax"] == tax
    assert await world.get("monitoring", f"/v1/files/{project}/evaluation", "auditor-1") == second
    set_date(world, 2025, 9, 2)
    issued = await issue(world, project)
    assert issued == second | {"state": "issued", "issued_on": "2025-09-02", "late": False}
    set_date(world, 2025, 9, 20)
    path = f"/v1/files/{project}/evaluation/acknowledge"
    taken = await world.post("monitoring", path, "city-officer-2")
    assert taken == issued | {"state": "acknowledged", "acknowledged_on": "2025-09-20"}
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    assert [ground["code"] for ground in credit["grounds"]] == []
    (event,) = await world.events("monitoring", "monitoring.evaluation_issued.v1")
    names = ("clause", "label", "target", "actual", "met", "gap")
    assert event["data"] == {
        "declaration_id": str(project),
        "district": "110105",
        "applicant_uscc": OWNER,
        "evaluation_id": first["id"],
        "score": "95.75",
        "grade": "excellent",
        "targets": [{name: target[name] for name in names} for target in issued["result"]["targets"]],
        "targets_met": True,
        "issued_on": "2025-09-02",
        "late": False,
        "undetermined": [],
    }


async def test_a_late_issue_with_undetermined_targets_announces_that_they_are_not_met(world: World) -> None:
    project = await funded_project(world)
    await computed_evaluation(world, project, energy=None)
    set_date(world, 2025, 9, 3)
    issued = await issue(world, project)
    assert (issued["targets_met"], issued["late"]) == (None, True)
    (event,) = await world.events("monitoring", "monitoring.evaluation_issued.v1")
    assert (event["data"]["targets_met"], event["data"]["late"], event["data"]["issued_on"]) == (
        False,
        True,
        "2025-09-03",
    )


async def grounds(world: World) -> list[dict[str, Any]]:
    credit = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    return [ground for ground in credit["grounds"] if ground["code"] in ("G8", "G2")]


async def test_each_evaluation_raises_its_own_grounds_on_the_day_of_its_issue(world: World) -> None:
    first, second = await funded_project(world), await funded_project(world)
    missed: dict[str, Any] = {"lettings": [letting(0, "7999.99"), letting(1, "6999")], "funds": MISUSED}
    for project, on in ((first, (2025, 7, 3)), (second, (2025, 7, 4))):
        if project == first:
            await computed_evaluation(world, project, **missed)
            await deliver(world, second, "2024-10-08")
            await evaluate(world, second, **missed)
        set_date(world, *on)
        await issue(world, project)
    shown = [{name: row[name] for name in ("code", "declaration_id", "occurred_on")} for row in await grounds(world)]
    expected = [
        {"code": code, "declaration_id": str(project), "occurred_on": day}
        for project, day in ((first, "2025-07-03"), (second, "2025-07-04"))
        for code in ("G2", "G8")
    ]
    assert sorted(shown, key=lambda row: (row["occurred_on"], row["code"])) == expected
    assert {row["detail"] for row in await grounds(world)} == {
        "评价认定补助资金存在挪用",
        "评价未达目标：楼宇入驻率达到目标、厂房入驻率达到目标",
    }
    assert {row["raised_by"] for row in await grounds(world)} == {"110105-supervisor-1"}


async def test_a_diversion_found_by_an_inspection_is_no_second_ground(world: World) -> None:
    project = await funded_project(world)
    await completed_inspection(world, project, finding_body("funds_diverted"))
    computed = await computed_evaluation(world, project)
    assert computed["result"]["hard_fail"] is True
    await issue(world, project)
    assert [(row["code"], row["raised_by"]) for row in await grounds(world)] == [("G2", "inspector-1")]


async def test_two_projects_have_each_their_own_evaluation_and_report(world: World) -> None:
    first = await funded_project(world)
    second = await funded_project(world, applicant_uscc=OTHER, amount_yuan="10000000.00", award_yuan="20000000.00")
    await computed_evaluation(world, first, advice="甲项目建议")
    await deliver(world, second, "2024-10-08")
    other = await evaluate(world, second, funds=MISUSED, advice="乙项目建议")
    path = "/v1/files/{}/evaluation"
    assert await world.get("monitoring", path.format(second), "auditor-1") == other
    await issue(world, first)
    before = await world.get("monitoring", f"{path.format(second)}/report", "auditor-1")
    own = await world.get("monitoring", f"{path.format(first)}/report", "auditor-1")
    assert (own["advice"][1], before["advice"][1]) == ("甲项目建议", "乙项目建议")
    await issue(world, second, "110105-supervisor-2")
    issued = await world.get("monitoring", f"{path.format(second)}/report", "auditor-1")
    assert issued["basis"] == before["basis"] | {"issued_on": "2025-07-01", "late": False}
    assert issued["overview"] == {
        "project_name": "示例楼宇更新",
        "declaration_no": "朝2023-001",
        "project_code": None,
        "address": None,
        "applicant_name": "示例置业有限公司",
        "applicant_uscc": OTHER,
        "mode": "investment_grant",
        "award_yuan": "20000000.00",
        "released_yuan": "10000000.00",
        "returned_yuan": "0.00",
        "recovered_yuan": "0.00",
        "district": "110105",
        "delivered_on": "2024-10-08",
        "evaluation_due_on": "2025-10-09",
        "simulated": [],
    }
    basis = {name: issued["basis"][name] for name in ("reference_on", "evaluated_by", "advice", "doc_no")}
    assert basis | {"doc_no": ""} == {
        "reference_on": "2025-06-30",
        "evaluated_by": "110105-officer-2",
        "advice": "乙项目建议",
        "doc_no": "",
    }
    assert own == await world.get("monitoring", f"{path.format(first)}/report", "auditor-1")
    stored = await world.database.admin.fetch(
        "SELECT declaration_id, issued_by, issued_at::text FROM monitoring.issued_evaluation ORDER BY id"
    )
    assert [tuple(row) for row in stored] == [
        (first, "110105-supervisor-1", "2025-07-01 02:00:00+00"),
        (second, "110105-supervisor-2", "2025-07-01 02:00:00+00"),
    ]


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "*/*", "application/json"),
        ("", "text/markdown", MARKDOWN),
        ("", "text/html, text/markdown;q=0.9", MARKDOWN),
        ("?format=json", "text/markdown", "application/json"),
        ("?format=md", "application/json", MARKDOWN),
    ],
)
async def test_the_stated_format_precedes_the_accepted_one(world: World, query: str, accept: str, kind: str) -> None:
    project = await funded_project(world)
    await computed_evaluation(world, project)
    path = f"/v1/files/{project}/evaluation/report{query}"
    answer = await world.call("monitoring", "GET", path, "110105-officer-1", status=200, accept=accept)
    assert answer.headers["content-type"] == kind


async def test_nobody_issues_what_they_evaluated_nor_evaluates_what_they_inspected(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    set_date(world, 2025, 7, 1)
    await evaluate(world, project, BOTH)
    refused = await issue(world, project, BOTH, 403)
    assert refused["code"] == "same_officer"
    await issue(world, project)
    inspected = await funded_project(world, hands=({"actor": BOTH.subject, "duty": "inspect"},))
    await deliver(world, inspected, "2024-10-08")
    assert (await evaluate(world, inspected, BOTH, 403))["code"] == "same_officer"


async def test_the_policy_of_the_acceptance_day_judges_the_project(world: World) -> None:
    # The edition of 2021 has no published occupancy targets, so they stay undetermined.
    project = await funded_project(world, as_of="2022-03-01")
    answer = await computed_evaluation(world, project)
    file = await world.get("monitoring", f"/v1/files/{project}", "auditor-1")
    assert (file["as_of"], answer["result"]["edition"]) == ("2022-03-01", "2021")
