"""Two transactions on rows of a register or on a quarter at once: the second is seen to wait (四（一）2)."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.intake.sample_rows import CHAOYANG, OFFICER, SUPERVISOR, project, push, push_projects, put, resource
from tests.interleaving import after, other_session, refuse_other_versions, until_waiting
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")

Q1 = f"/v1/quarters/{CHAOYANG}/2024Q1"
IN_TIME = datetime(2024, 4, 12, 2, 0, tzinfo=UTC)
RECORDED = "intake.resource_recorded.v1"
Call = Coroutine[Any, Any, Any]


async def in_turn(world: World, table: str, first: Call, second: Call) -> tuple[Any, Any]:
    """Return both results; `first` stops before it writes to the table until `second` waits too."""
    async with other_session(world) as connection, asyncio.TaskGroup() as group, connection.transaction():
        await connection.execute(f"LOCK TABLE intake.{table} IN SHARE MODE")
        tasks = []
        for number, call in enumerate((first, second), 1):
            tasks.append(group.create_task(call))
            await until_waiting(world, number)
    return tasks[0].result(), tasks[1].result()


def sent(world: World, row: Any, who: str = OFFICER) -> Coroutine[Any, Any, httpx.Response]:
    body = {"rows": row if isinstance(row, list) else [row]}
    return world.call("intake", "POST", "/v1/resources:batchUpsert?mode=partial", who, body)


def acted(world: World, act: str, who: str, body: Any = None) -> Coroutine[Any, Any, httpx.Response]:
    return world.call("intake", "POST", f"{Q1}/{act}", who, body)


def named(name: str) -> Any:
    return resource(name=name, change_reason=f"更名为{name}")


@pytest.mark.parametrize("known", [True, False], ids=["a known row", "a new row"])
async def test_of_two_pushes_of_one_row_the_second_is_the_next_version(world: World, known: bool) -> None:
    if known:
        await push(world, [resource()])
    first, second = await in_turn(world, "resource_version", sent(world, named("甲")), sent(world, named("乙")))
    results = [answer.json()["rows"][0] for answer in (first, second)]
    versions = [2, 3] if known else [1, 2]
    assert [(each["status"], each["version"]) for each in results] == list(
        zip(["updated" if known else "created", "updated"], versions, strict=True)
    )
    said = [(e["data"]["version"], e["data"]["row"]["name"]) for e in await world.events("intake", RECORDED)]
    assert said[-2:] == list(zip(versions, ["甲", "乙"], strict=True))


async def test_a_push_without_reason_is_judged_by_the_row_that_it_waited_for(world: World) -> None:
    first, second = await in_turn(world, "resource_version", sent(world, resource()), sent(world, resource(name="乙")))
    assert first.json()["created"] == 1
    assert second.json()["rows"][0]["problem"]["code"] == "change_reason_missing"


async def test_two_first_pushes_of_a_quarter_open_it_once(world: World) -> None:
    first, second = await in_turn(
        world, "resource_version", sent(world, resource("R-1")), sent(world, resource("R-2"), "110105-officer-2")
    )
    assert (first.json()["created"], second.json()["created"]) == (1, 1)
    (submission,) = (await world.get("intake", "/v1/quarters", OFFICER))["items"]
    acts = (await world.get("intake", f"/v1/acts/{submission['id']}", OFFICER))["items"]
    assert [(act["act"], act["actor"]) for act in acts] == [("open_quarter", OFFICER)]


async def ready(world: World) -> None:
    """Prepare the quarter for certification."""
    await push(world, [resource(), resource("R-2")])
    world.clock.set(IN_TIME)
    await world.post("intake", f"{Q1}/prepare", OFFICER)


async def test_a_certification_waits_for_a_push_and_sees_its_row(world: World) -> None:
    await ready(world)
    pushed, certified = await in_turn(
        world, "resource_version", sent(world, named("甲")), acted(world, "certify", SUPERVISOR)
    )
    assert pushed.json()["updated"] == 1
    assert (certified.status_code, certified.json()["code"]) == (412, "stale")


async def test_a_preparation_waits_for_a_push_and_covers_its_row(world: World) -> None:
    await ready(world)
    _, prepared = await in_turn(world, "resource_version", sent(world, named("甲")), acted(world, "prepare", OFFICER))
    assert (prepared.status_code, prepared.json()["code"]) == (412, "stale")
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    snapshot = await world.get("intake", f"{Q1}/snapshot?rows=true", OFFICER)
    assert snapshot["resources"][0]["row"]["name"] == "甲"


@pytest.mark.parametrize("row", [named("甲"), resource("R-9")], ids=["a known row", "a new row"])
async def test_a_push_waits_for_a_certification_and_finds_the_quarter_closed(world: World, row: Any) -> None:
    await ready(world)
    certified, pushed = await in_turn(world, "quarter_snapshot", acted(world, "certify", SUPERVISOR), sent(world, row))
    assert certified.status_code == 200
    assert pushed.json()["rows"][0]["problem"]["code"] == "quarter_closed"


@pytest.mark.parametrize("act", ["certify", "prepare"])
async def test_an_act_on_a_quarter_waits_for_its_certification(world: World, act: str) -> None:
    await ready(world)
    who = "110105-supervisor-2" if act == "certify" else OFFICER
    first, second = await in_turn(
        world, "quarter_snapshot", acted(world, "certify", SUPERVISOR), acted(world, act, who)
    )
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "stale")


async def test_no_act_on_a_quarter_goes_through_for_another_version(world: World) -> None:
    await ready(world)
    await refuse_other_versions(world, "intake", "POST", f"{Q1}/prepare", OFFICER)
    await refuse_other_versions(world, "intake", "POST", f"{Q1}/certify", SUPERVISOR)
    await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    reopen = (f"{Q1}/reopen", "city-supervisor-1", {"reason": "更正"})
    await refuse_other_versions(world, "intake", "POST", *reopen)


async def test_of_two_reopenings_the_second_finds_the_quarter_open(world: World) -> None:
    await ready(world)
    await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    reason = {"reason": "更正"}
    row = f"district = '{CHAOYANG}' AND quarter = '2024Q1'"
    answer = await after(
        world,
        f"SELECT FROM intake.quarter_submission WHERE {row} FOR UPDATE",
        f"UPDATE intake.quarter_submission SET status = 'open', certified_at = NULL WHERE {row}",
        acted(world, "reopen", "city-supervisor-1", reason),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")


async def test_a_change_of_one_row_waits_and_finds_its_version_old(world: World) -> None:
    await push(world, [resource()])
    answer = await after(
        world,
        "SELECT FROM intake.resource FOR UPDATE",
        "UPDATE intake.resource SET version = 2",
        put(world, named("甲"), 412, if_match='"1"'),
    )
    assert answer.json()["code"] == "stale"


async def test_a_new_row_that_another_created_meanwhile_is_not_changed_unread(world: World) -> None:
    path = f"/v1/resources/{CHAOYANG}/R-1"
    change = world.call("intake", "PUT", path, "110105-officer-2", named("乙"))
    first, second = await in_turn(world, "resource_version", sent(world, named("甲")), change)
    assert (first.json()["created"], second.status_code, second.json()["code"]) == (1, 428, "precondition_required")
    assert (await world.get("intake", path, OFFICER))["name"] == "甲"


async def test_a_removal_waits_and_finds_the_project_gone(world: World) -> None:
    entry = (await push_projects(world, [project()]))["rows"][0]["id"]
    leave = (f"/v1/library-entries/{entry}/leave", OFFICER, {"reason": "撤出"})
    await refuse_other_versions(world, "intake", "POST", *leave)
    left = "jsonb_build_object('left_on', '2024-02-28', 'leave_reason', '放弃')"
    answer = await after(
        world,
        "SELECT FROM intake.library_entry FOR UPDATE",
        f"UPDATE intake.library_entry SET content = content || {left}",
        world.call("intake", "POST", *leave),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")
