"""Test of one funded project from its first release to its green registration."""

from tests.monitoring.fixtures import (
    OWNER,
    actuals,
    completed_inspection,
    deliver,
    finding_body,
    funded_project,
    set_date,
    submit,
)
from tests.world import World


async def test_a_project_passes_from_release_to_green_registration(world: World) -> None:
    project = await funded_project(world)
    file = f"/v1/files/{project}"
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    await world.post("monitoring", f"{file}/quarters/2024Q1/confirm", "110105-officer-1")
    check = await completed_inspection(world, project, finding_body("stopped"))
    finding = f"/v1/findings/{check['findings'][0]['id']}"
    await world.post("monitoring", f"{finding}/rectify", world.owner(), {"text": "已复工"})
    await world.post("monitoring", f"{finding}/close", "inspector-2", {"accepted": True, "reason": "现场已复工"})
    set_date(world, 2024, 9, 5)
    assert (await deliver(world, project))["evaluation_due_on"] == "2025-09-02"
    set_date(world, 2025, 7, 1)
    await world.post("monitoring", f"{file}/evaluation", "110105-officer-2", actuals())
    issued = await world.post("monitoring", f"{file}/evaluation/issue", "110105-supervisor-1")
    assert issued["targets_met"] is True, issued["result"]["targets"]
    await world.post("monitoring", f"{file}/evaluation/acknowledge", "city-officer-1")
    credit = f"/v1/entities/{OWNER}/credit"
    await world.post("monitoring", f"{credit}/notice", "city-officer-1", {"reason": "年度评价"}, status=201)
    await world.post("monitoring", f"{credit}/objection", world.owner(), {"text": "停工系雨季，已复工"})
    decision = await world.post(
        "monitoring", f"{credit}/decide", "city-supervisor-1", {"grade": "B", "reason": "申辩部分成立"}
    )
    assert decision["grade"] == "B"
    await world.post("monitoring", f"{file}/green-record", "city-officer-2", {}, status=201)
    await world.post("monitoring", f"{file}/green-record/send", "city-officer-2")
    done = await world.post(
        "monitoring", f"{file}/green-record/register", "city-officer-2", {"exchange_no": "绿2025-1"}
    )
    assert done["state"] == "registered"
    assert [event["type"] for event in await world.events("monitoring")] == [
        "monitoring.project_quarter_submitted.v1",
        "monitoring.inspection_completed.v1",
        "monitoring.project_delivered.v1",
        "monitoring.evaluation_issued.v1",
        "monitoring.credit_rated.v1",
        "monitoring.green_registered.v1",
        "monitoring.green_registered.v1",
        "monitoring.green_registered.v1",
    ]
    assert await world.parked() == {}
