"""Tests of the scheduled work: the day before, on and after each date; rows of other states; second rounds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from shared.actors import system_actor
from tests.monitoring.fixtures import (
    OTHER,
    OWNER,
    announce,
    completed_inspection,
    computed_evaluation,
    deliver,
    finding_body,
    funded_project,
    issued_evaluation,
    release,
    set_date,
    submit,
)
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2", "四（一）3")
Day = tuple[int, int, int]


async def tick(world: World, *day: int) -> None:
    if day:
        set_date(world, *day)
    await world.instances["monitoring"].tick()


async def quarters(world: World, project: UUID) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await world.get("monitoring", f"/v1/files/{project}/quarters", "auditor-1"))["items"]
    return rows


async def codes(world: World, project: UUID) -> list[str]:
    return [row["quarter"] for row in await quarters(world, project)]


async def send_back(world: World, project: UUID, quarter: str) -> dict[str, Any]:
    path, body = f"/v1/files/{project}/quarters/{quarter}/return", {"reasons": ["不符"]}
    row: dict[str, Any] = await world.post("monitoring", path, "110105-officer-1", body)
    return row


async def test_a_quarter_opens_on_the_day_after_its_end_until_the_evaluation_is_issued(world: World) -> None:
    project = await funded_project(world)
    seen = []
    for day in ((2024, 6, 30), (2024, 7, 1)):
        await tick(world, *day)
        seen.append(await codes(world, project))
    assert seen == [["2024Q1"], ["2024Q1", "2024Q2"]]
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    await tick(world, 2024, 12, 31)
    assert await codes(world, project) == ["2024Q1", "2024Q2", "2024Q3"]
    await tick(world, 2025, 1, 1)
    assert await codes(world, project) == ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]


async def test_an_evaluated_project_opens_no_quarter_and_is_not_overdue(world: World) -> None:
    project, other = await funded_project(world), await funded_project(world, applicant_uscc=OTHER)
    await issued_evaluation(world, project)
    await tick(world, 2025, 7, 14)
    assert await codes(world, project) == ["2024Q1"]
    assert (await quarters(world, project))[0]["overdue_since"] is None
    missing = ["2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2"]
    rows = await quarters(world, other)
    assert [row["quarter"] for row in rows] == missing
    assert [row["overdue_since"] for row in rows] == [
        "2024-04-16", "2024-07-13", "2024-10-19", "2025-01-16", "2025-04-16", None,
    ]  # fmt: skip
    assert [row["due_on"] for row in rows][-1] == "2025-07-14"


async def test_a_missing_quarter_between_known_ones_opens_later_than_the_newest_only(world: World) -> None:
    # A project that was funded late starts with the quarter of its release.
    project = await funded_project(world)
    await tick(world, 2024, 10, 8)
    late = UUID(int=9)
    await announce(world, release(late, released_on="2024-08-30"))
    await tick(world, 2025, 1, 2)
    assert await codes(world, late) == ["2024Q3", "2024Q4"]
    assert await codes(world, project) == ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]


async def ground_days(world: World, uscc: str = OWNER) -> list[tuple[str, str, str]]:
    shown = await world.get("monitoring", f"/v1/entities/{uscc}/credit", "auditor-1")
    return [(row["code"], row["occurred_on"], row["detail"]) for row in shown["grounds"]]


async def test_a_returned_report_is_overdue_from_the_day_after_its_correction_date(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    set_date(world, 2024, 4, 16)  # after the due date: the correction date counts, ten working days from today
    assert (await send_back(world, project, "2024Q1"))["correct_by"] == "2024-04-29"
    seen = []
    for day in ((2024, 4, 29), (2024, 4, 30), (2024, 5, 10)):
        await tick(world, *day)
        seen.append([row["overdue_since"] for row in await quarters(world, project)])
    assert seen == [[None], ["2024-04-30"], ["2024-04-30"]]
    detail = "2024Q1 季报应于 2024-04-15 前报送，逾期"
    assert await ground_days(world) == [("G6", "2024-04-30", detail)]
    again = await submit(world, project, "2024Q1")
    assert (again["late"], again["correct_by"], again["overdue_since"]) == (False, None, "2024-04-30")


async def test_a_second_return_starts_a_new_correction_period(world: World) -> None:
    project = await funded_project(world)
    set_date(world, 2024, 4, 3)
    await submit(world, project, "2024Q1")
    await send_back(world, project, "2024Q1")
    await tick(world, 2024, 4, 19)
    assert [row["overdue_since"] for row in await quarters(world, project)] == ["2024-04-19"]
    await submit(world, project, "2024Q1", progress="0.31")
    second = await send_back(world, project, "2024Q1")
    assert (second["correct_by"], second["overdue_since"], second["return_reasons"]) == ("2024-05-07", None, ["不符"])
    await tick(world, 2024, 5, 7)
    assert [row["overdue_since"] for row in await quarters(world, project)] == [None]
    await tick(world, 2024, 5, 8)
    assert [row["overdue_since"] for row in await quarters(world, project)] == ["2024-05-08"]
    assert [row[:2] for row in await ground_days(world)] == [("G6", "2024-04-19")]


async def test_each_quarter_and_project_has_its_own_ground(world: World) -> None:
    first, second = await funded_project(world), await funded_project(world)
    foreign = await funded_project(world, applicant_uscc=OTHER)
    await tick(world, 2024, 7, 20)
    own = await world.get("monitoring", f"/v1/entities/{OWNER}/credit", "auditor-1")
    raised = sorted((row["occurred_on"], row["declaration_id"]) for row in own["grounds"])
    both = sorted(str(project) for project in (first, second))
    assert raised == [(day, project) for day in ("2024-04-16", "2024-07-13") for project in both]
    assert {(row["evidence"] == [], row["grave"], row["raised_by"]) for row in own["grounds"]} == {
        (True, False, "service:monitoring")
    }
    theirs = await world.get("monitoring", f"/v1/entities/{OTHER}/credit", "auditor-1")
    assert {row["declaration_id"] for row in theirs["grounds"]} == {str(foreign)}
    assert len(theirs["grounds"]) == 2


async def states(world: World, projects: Sequence[UUID]) -> list[str | None]:
    files = [await world.get("monitoring", f"/v1/files/{project}", "auditor-1") for project in projects]
    return [file["evaluation_state"] for file in files]


@pytest.mark.clause("三（三）")
async def test_an_evaluation_is_upcoming_sixty_days_before_and_overdue_after_its_last_day(world: World) -> None:
    """Delivered on 2 September 2024, due on 2 September 2025: reminded from 4 July 2025."""
    project, issued, under_way = [await funded_project(world) for _ in range(3)]
    set_date(world, 2024, 9, 5)
    await deliver(world, project)
    await issued_evaluation(world, issued)
    seen = {}
    for day in ((2025, 7, 3), (2025, 7, 4), (2025, 9, 2), (2025, 9, 3)):
        await tick(world, *day)
        seen[day[1:]] = await states(world, [project, issued, under_way])
    assert seen == {
        (7, 3): ["running", "issued", None],
        (7, 4): ["upcoming", "issued", None],
        (9, 2): ["upcoming", "issued", None],
        (9, 3): ["overdue", "issued", None],
    }


async def test_a_rectification_is_overdue_from_the_day_after_its_last_day_in_each_round(world: World) -> None:
    check = await completed_inspection(world, await funded_project(world), *(finding_body(k) for k in ("safety",) * 3))
    waiting, rectified, again = [f"/v1/findings/{row['id']}" for row in check["findings"]]
    for path in (rectified, again):
        await world.post("monitoring", f"{path}/rectify", world.owner(), {"text": "已改"})
    await tick(world, 2024, 3, 31)
    assert await overdue(world, waiting, rectified, again) == [None, None, None]
    await tick(world, 2024, 4, 5)  # late: the day after the last day is noted, not today
    assert await overdue(world, waiting, rectified, again) == ["2024-04-01", None, None]
    for path in (waiting, again):
        if path == waiting:
            await world.post("monitoring", f"{path}/rectify", world.owner(), {"text": "已改"})
        back = await world.post("monitoring", f"{path}/close", "inspector-2", {"accepted": False, "reason": "未改"})
        assert (back["state"], back["rectify_by"], back["overdue_since"]) == ("open", "2024-05-05", None)
        assert (back["closing"], back["closed_on"]) == ("未改", None)
    await tick(world, 2024, 5, 5)
    assert await overdue(world, waiting, rectified, again) == [None, None, None]
    await tick(world, 2024, 5, 6)
    assert await overdue(world, waiting, rectified, again) == ["2024-05-06", None, "2024-05-06"]


async def overdue(world: World, *paths: str) -> list[str | None]:
    return [(await world.get("monitoring", path, "auditor-1"))["overdue_since"] for path in paths]


async def test_the_gauges_count_what_is_past_its_day_and_not_done(world: World) -> None:
    project, reported = await funded_project(world), await funded_project(world)
    check = await completed_inspection(world, project, *(finding_body(kind) for kind in ("safety", "stopped")))
    await world.post(
        "monitoring", f"/v1/findings/{check['findings'][1]['id']}/rectify", world.owner(), {"text": "已改"}
    )
    set_date(world, 2024, 4, 3)
    await submit(world, reported, "2024Q1")
    seen = {}
    for day in ((2024, 4, 15), (2024, 4, 16)):
        set_date(world, *day)
        seen[day[1:]] = await gauges(world)
    assert seen == {
        (4, 15): {"quarter_report": 0, "rectification": 1, "evaluation": 0},
        (4, 16): {"quarter_report": 1, "rectification": 1, "evaluation": 0},
    }
    assert (await send_back(world, reported, "2024Q1"))["correct_by"] == "2024-04-29"
    set_date(world, 2024, 4, 29)
    assert (await gauges(world))["quarter_report"] == 1
    set_date(world, 2024, 4, 30)
    assert (await gauges(world))["quarter_report"] == 2
    await computed_evaluation(world, project)
    await deliver(world, reported, "2024-09-03")
    set_date(world, 2025, 9, 2)
    assert (await gauges(world))["evaluation"] == 0
    set_date(world, 2025, 9, 3)
    assert (await gauges(world))["evaluation"] == 1
    await world.post("monitoring", f"/v1/files/{project}/evaluation/issue", "110105-supervisor-1")
    # The report that the evaluated project still owes can no longer be submitted.
    assert await gauges(world) == {"quarter_report": 1, "rectification": 1, "evaluation": 0}


async def gauges(world: World) -> dict[str, float]:
    (gauge,) = world.instances["monitoring"].service.gauges
    async with world.instances["monitoring"].database.session(system_actor("monitoring")) as session:
        return dict(await gauge.read(session))
