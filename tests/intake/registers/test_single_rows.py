"""Single rows: the day a project leaves, the district of a row, a report with a new error (四（一）2)."""

from datetime import datetime
from typing import Any

import pytest

from tests.intake.sample_rows import (
    CHAOYANG,
    FENGTAI,
    OFFICER,
    SUPERVISOR,
    project,
    push,
    push_projects,
    put,
    resource,
)
from tests.keys import new_key
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")

Q1 = f"/v1/quarters/{CHAOYANG}/2024Q1"


LEAVES: dict[str | None, str | None] = {
    "2024-01-31": None,
    "2024-02-01": "2024-02-01",
    "2024-02-29": "2024-02-29",
    "2024-04-01": "2024-04-01",
    None: "2024-04-01",
    "2024-04-02": None,
}
"""Given day and recorded one of a project that entered on 1 February; today is 1 April."""


async def test_a_project_leaves_between_its_entry_and_today_in_beijing(world: World) -> None:
    rows = [project(f"P-{n}", entered_on="2024-02-01") for n in range(len(LEAVES) + 2)]
    entries = [row["id"] for row in (await push_projects(world, rows))["rows"]]
    world.clock.set(datetime.fromisoformat("2024-04-01T00:00:00+08:00"))

    async def leave(number: int, **body: Any) -> Any:
        path = f"/v1/library-entries/{entries[number]}/leave"
        return await world.call("intake", "POST", path, OFFICER, {"reason": "撤出"} | body)

    for number, (given, kept) in enumerate(LEAVES.items()):
        answer = await leave(number, **({"left_on": given} if given else {}))
        said = answer.json()
        if kept is None:
            assert (answer.status_code, said["errors"][0]["pointer"]) == (422, "/body/left_on"), given
        else:
            assert (answer.status_code, said["row"]["left_on"], said["quarter"]) == (200, kept, "2024Q2"), given
    assert [(await leave(6 + n, reason="因" * (200 + n))).status_code for n in range(2)] == [200, 422]


async def test_a_key_of_two_districts_changes_the_resource_of_the_address(world: World) -> None:
    await push(world, [resource()])
    await push(world, [resource(name="甲", change_reason="更名")])
    await push(world, [resource("R-1", FENGTAI, name="乙")], who="110106-officer-1")
    body = new_key(districts=[CHAOYANG, FENGTAI], writes=True)
    key = (await world.post("intake", "/v1/api-keys", "city-supervisor-1", body, status=201))["key"]
    row = resource("R-1", FENGTAI, name="丙", change_reason="更名")
    headers = {"authorization": f"Bearer {key}", "if-match": '"1"'}
    changed = await world.clients["intake"].put(f"/v1/resources/{FENGTAI}/R-1", headers=headers, json=row)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    names = [(each["district"], each["name"], each["version"]) for each in await rows(world)]
    assert names == [(CHAOYANG, "甲", 2), (FENGTAI, "丙", 2)]
    wrong = await world.clients["intake"].put(f"/v1/resources/{CHAOYANG}/R-1", headers=headers, json=row)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/body/external_id")


async def rows(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get("intake", "/v1/resources?sort=district", "city-officer-1"))["items"]
    return found


async def test_one_push_of_two_districts_keeps_their_rows_and_quarters_apart(world: World) -> None:
    """Push rows of two districts that share external ids; a quarter is closed in one of them."""
    await push(world, [resource(name="甲"), resource("R-2")])
    world.clock.set(datetime.fromisoformat("2024-04-08T09:00:00+08:00"))
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    await push(world, [resource("R-1", FENGTAI, name="乙")], who="110106-officer-1")
    body = new_key(districts=[CHAOYANG, FENGTAI], writes=True)
    key = (await world.post("intake", "/v1/api-keys", "city-supervisor-1", body, status=201))["key"]
    batch = [
        resource(name="甲"),
        resource("R-1", FENGTAI, name="丙", change_reason="更名"),
        resource("R-3"),
        resource("R-3", FENGTAI),
        resource("R-2", name="丁", change_reason="更名"),
        resource("R-2", quarter="2024Q2"),
        resource("R-4", quarter="2024Q2"),
    ]
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "two-districts"}
    path = "/v1/resources:batchUpsert?mode=partial"
    answer = (await world.clients["intake"].post(path, headers=headers, json={"rows": batch})).json()
    assert [(each["status"], each["version"], (each["problem"] or {}).get("code")) for each in answer["rows"]] == [
        ("unchanged", 1, None),
        ("updated", 2, None),
        ("refused", None, "quarter_closed"),
        ("created", 1, None),
        ("refused", None, "repeated_in_batch"),
        ("refused", None, "repeated_in_batch"),
        ("created", 1, None),
    ]
    opened = (await world.get("intake", "/v1/quarters?quarter=2024Q2", "city-officer-1"))["items"]
    assert [(each["district"], each["due_on"]) for each in opened] == [(CHAOYANG, "2024-07-12")]


async def test_a_prepared_quarter_with_a_new_error_cannot_be_certified(world: World) -> None:
    await push(world, [resource()])
    world.clock.set(datetime.fromisoformat("2024-04-08T09:00:00+08:00"))
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    assert (await world.get("intake", Q1, OFFICER))["can_certify"] is True
    await push(world, [resource(certified_by=None, change_reason="更正")])
    assert (await world.get("intake", Q1, OFFICER))["can_certify"] is False
    refused = await world.post("intake", f"{Q1}/certify", SUPERVISOR, status=409)
    assert (refused["code"], [each["code"] for each in refused["findings"]]) == (
        "findings_block",
        ["grounds_not_certified"],
    )


async def test_a_new_resource_answers_where_it_stands(world: World) -> None:
    created = await put(world, resource(), 201)
    assert created.headers["location"] == f"/v1/resources/{CHAOYANG}/R-1"
    assert created.json() == await world.get("intake", f"/v1/resources/{CHAOYANG}/R-1", OFFICER)
    again = await put(world, resource(), 200, if_match='"1"')
    assert (again.headers["etag"], again.headers.get("location")) == ('"1"', None)
