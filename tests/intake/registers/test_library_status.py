"""The status of a library project follows its case both ways; register and case are compared. 四（一）2"""

from typing import Any

import pytest

from services.intake.rules.library_status import FINISHED, STATUS_OF_STAGE, STILL_NEEDED
from services.intake.rules.stages import ENDED, STAGES
from tests.intake import sample_declarations
from tests.intake.sample_rows import OFFICER, project, push_projects
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")


def test_each_stage_has_its_status() -> None:
    after = {stage: status for stage, status in STATUS_OF_STAGE.items() if status != "in_library"}
    assert after == {
        "approved": "supported",
        "released": "supported",
        "delivered": "delivered",
        "evaluated": "evaluated",
        "clawback_demanded": "recovering",
        "clawback_recovered": "recovered",
    }
    assert set(STATUS_OF_STAGE) == set(STAGES)
    assert {STATUS_OF_STAGE[stage] for stage in ENDED} == {"in_library"}


async def _linked(world: World, entry: str) -> Any:
    made = await sample_declarations.draft(world)
    await world.database.admin.execute(
        "UPDATE intake.declaration SET library_entry_id = $1 WHERE id = $2", entry, made["id"]
    )
    return made["id"]


async def _set(world: World, case: Any, stage: str) -> None:
    await world.database.admin.execute("UPDATE intake.declaration SET stage = $1 WHERE id = $2", stage, case)


async def _seen(world: World, query: str = "") -> list[tuple[str, str]]:
    page = await world.get("intake", f"/v1/library-entries?sort=external_id{query}", OFFICER)
    return [(item["external_id"], item["status"]) for item in page["items"]]


async def test_the_status_follows_the_case_forward_and_back(world: World) -> None:
    await push_projects(world, [project("P-1"), project("P-2")])
    (entry, _) = (await world.get("intake", "/v1/library-entries?sort=external_id", OFFICER))["items"]
    case = await _linked(world, entry["id"])
    for stage in (*STAGES, "delivered", "released"):
        await _set(world, case, stage)
        assert await _seen(world) == [("P-1", STATUS_OF_STAGE[stage]), ("P-2", "in_library")], stage
        assert bool(await _seen(world, "&apart=true")) is (STATUS_OF_STAGE[stage] in FINISHED), stage
    await _set(world, case, "evaluated")
    assert await _seen(world, "&status=evaluated") == [("P-1", "evaluated")]
    assert (await world.get("intake", f"/v1/library-entries/{entry['id']}", OFFICER))["status"] == "evaluated"
    totals = (await world.get("intake", "/v1/city/library", "city-officer-1"))["total"]
    assert (totals["by_status"], totals["in_library_count"]) == ({"evaluated": 1, "in_library": 1}, 1)


async def test_a_later_refusal_does_not_hide_the_case_that_was_supported(world: World) -> None:
    await push_projects(world, [project("P-1")])
    (entry,) = (await world.get("intake", "/v1/library-entries", OFFICER))["items"]
    for stage in ("released", "refused"):
        await _set(world, await _linked(world, entry["id"]), stage)
    assert await _seen(world) == [("P-1", "supported")]


async def test_a_project_removed_while_its_case_is_under_way_is_apart(world: World) -> None:
    gone = {"left_on": "2024-03-01", "leave_reason": "放弃"}
    await push_projects(world, [project("P-1", **gone)])
    (entry,) = (await world.get("intake", "/v1/library-entries", OFFICER))["items"]
    case = await _linked(world, entry["id"])
    for stage in STAGES:
        await _set(world, case, stage)
        assert await _seen(world) == [("P-1", "left")]
        assert bool(await _seen(world, "&apart=true")) is (STATUS_OF_STAGE[stage] in STILL_NEEDED), stage
