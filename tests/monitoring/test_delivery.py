"""Tests of delivery: each day before, on and after its bounds; the readings; what is recorded and announced."""

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.base import Event
from shared.contracts.funding import FundsReturned
from tests.monitoring.fixtures import OTHER, OWNER, announce, funded_project, release, set_date, submit
from tests.world import World

pytestmark = pytest.mark.clause("二（三）1", "三（三）")


async def deliver(world: World, project: UUID, status: int = 200, **days: Any) -> Any:
    body = {"delivered_on": "2024-03-01", "proof": "竣工备2024-9"} | days
    return await world.post("monitoring", f"/v1/files/{project}/deliver", "110105-officer-1", body, status=status)


async def test_delivery_lies_between_acceptance_and_today(world: World) -> None:
    """Accepted on 6 November 2023; today is 11 March 2024, the day of the release."""
    projects = [await funded_project(world) for _ in range(2)]
    set_date(world, 2024, 3, 11)
    for project, outside, last in zip(
        projects, ("2023-11-05", "2024-03-12"), ("2023-11-06", "2024-03-11"), strict=True
    ):
        await deliver(world, project, 422, delivered_on=outside)
        await deliver(world, project, delivered_on=last)


async def test_today_is_the_day_in_beijing(world: World) -> None:
    project = await funded_project(world)
    world.clock.set(world.clock.now().replace(day=11, hour=16))  # midnight between 11 and 12 March in Beijing
    await deliver(world, project, 422, delivered_on="2024-03-13")
    assert (await deliver(world, project, delivered_on="2024-03-12"))["delivered_on"] == "2024-03-12"


@pytest.mark.parametrize(
    ("readings", "delivered_on", "due_on", "shifted_from"),
    [
        ({}, "2024-10-01", "2025-10-09", "2025-10-01"),
        ({"year_clock": "no_shift"}, "2024-10-01", "2025-10-01", None),
        ({}, "2024-02-29", "2025-02-28", None),
        ({"delivery_meaning": "handover"}, "2024-09-02", "2025-09-02", None),
        ({"delivery_meaning": "opening"}, "2024-09-03", "2025-09-03", None),
    ],
    ids=str,
)
async def test_each_reading_has_its_day_of_delivery_and_its_last_day(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    readings: dict[str, str],
    delivered_on: str,
    due_on: str,
    shifted_from: str | None,
) -> None:
    for key, option in readings.items():
        monkeypatch.setitem(world.instances["monitoring"].settings.interpretations, key, option)
    project = await funded_project(world)
    set_date(world, 2024, 10, 8)
    accepted_on = "2024-08-30" if "delivery_meaning" in readings else delivered_on
    days: dict[str, Any] = {"delivered_on": accepted_on, "handed_over_on": "2024-09-02", "opened_on": "2024-09-03"}
    file = await deliver(world, project, **days)
    expected = {"delivered_on": delivered_on, "evaluation_due_on": due_on}
    assert {name: file[name] for name in expected} == expected
    assert (file["status"], file["evaluation_state"]) == ("delivered", "running")
    shown = await world.get("monitoring", f"/v1/files/{project}", "auditor-1")
    assert shown["delivery_proof"] == "竣工备2024-9"
    (event,) = await world.events("monitoring", "monitoring.project_delivered.v1")
    named = {"declaration_id": str(project), "district": "110105", "applicant_uscc": OWNER}
    assert event["data"] == named | expected
    (act,) = (await world.get("monitoring", f"/v1/acts/{project}", "auditor-1"))["items"]
    assert [act[name] for name in ("act", "actor", "reason", "district")] == [
        "deliver_project", "110105-officer-1", "竣工备2024-9", "110105",
    ]  # fmt: skip
    assert act["detail"] == expected | {
        "accepted_on": accepted_on,
        "shifted_from": shifted_from,
        "calendar_known": True,
        "remark": "交付前没有季报，形象进度未知",
    }


@pytest.mark.parametrize(("meaning", "missing"), [("handover", "handed_over_on"), ("opening", "opened_on")])
async def test_the_day_that_counts_must_be_stated_and_is_checked(
    world: World, monkeypatch: pytest.MonkeyPatch, meaning: str, missing: str
) -> None:
    monkeypatch.setitem(world.instances["monitoring"].settings.interpretations, "delivery_meaning", meaning)
    project = await funded_project(world)
    days: dict[str, Any] = {"handed_over_on": "2024-02-27", "opened_on": "2024-02-28"}
    refused = await deliver(world, project, 422, **days | {missing: None})
    assert refused["errors"][0]["pointer"] == f"/body/{missing}"
    for outside in ("2024-03-02", "2023-11-05"):
        refused = await deliver(world, project, 422, **days | {missing: outside})
        assert refused["errors"][0]["pointer"] == f"/body/{missing}"
    assert (await deliver(world, project, **days))["delivered_on"] == days[missing]


async def test_a_project_is_delivered_once_and_never_after_its_evaluation(world: World) -> None:
    project = await funded_project(world)
    await deliver(world, project)
    await deliver(world, project, 409)
    evaluated = "UPDATE monitoring.project_file SET status = 'evaluated', evaluation_state = 'issued'"
    await world.database.admin.execute(evaluated)
    await deliver(world, project, 409)


async def test_a_file_shows_its_own_movements_in_the_order_in_which_they_were_recorded(world: World) -> None:
    first = await funded_project(world, release_id=UUID(int=9))
    second = await funded_project(world, applicant_uscc=OTHER, release_id=UUID(int=8))
    named: dict[str, Any] = {"declaration_id": first, "district": "110105", "applicant_uscc": OWNER}
    later: list[Event] = [
        FundsReturned(**named, transfer_id=UUID(int=7), amount_yuan="3.00", reason="结余"),
        release(first, release_id=UUID(int=1), amount_yuan="5.00", instalment=2, released_on="2024-01-02"),
    ]
    await announce(world, *later)
    shown = [await world.get("monitoring", f"/v1/files/{project}", "auditor-1") for project in (first, second)]
    assert [[UUID(row["id"]).int for row in file["movements"]] for file in shown] == [[9, 7, 1], [8]]


@pytest.mark.parametrize(
    ("progress", "remark"),
    [("0.30", "2024Q1 季报形象进度为 30.00%，累计完成投资占核定投资 30.00%，与竣工交付不一致，请核实"), ("1", None)],
)
async def test_a_delivery_is_compared_with_the_reported_progress(
    world: World, progress: str, remark: str | None
) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1", progress=progress)
    assert (await deliver(world, project))["delivery_remark"] == remark
    acts = (await world.get("monitoring", f"/v1/acts/{project}", "city-officer-1"))["items"]
    assert [act["detail"]["remark"] for act in acts if act["act"] == "deliver_project"] == [remark]


async def test_a_delivery_without_any_report_says_so(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 3, 11)
    assert (await deliver(world, project))["delivery_remark"] == "交付前没有季报，形象进度未知"
