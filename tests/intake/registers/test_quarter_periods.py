"""Tests of the rows that belong to a quarter, of its last day, and of a corrected quarter (四（一）2)."""

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
    resource,
)
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")

Q1, Q2 = f"/v1/quarters/{CHAOYANG}/2024Q1", f"/v1/quarters/{CHAOYANG}/2024Q2"
STRANGER, CITY = "110106-officer-1", "city-officer-1"
SECOND_OFFICER = "110105-officer-2"


def at(world: World, moment: str) -> None:
    """Set the clock to a time in Beijing, and other periods than that of the report to another length."""
    settings = world.instances["intake"].settings
    settings.first_review_due_working_days = settings.opinion_due_working_days = 9
    world.clock.set(datetime.fromisoformat(f"{moment}+08:00"))


async def certify(world: World, path: str) -> dict[str, Any]:
    await world.post("intake", f"{path}/prepare", OFFICER)
    done: dict[str, Any] = await world.post("intake", f"{path}/certify", SUPERVISOR)
    return done


def lines(snapshot: Any, part: str = "resources") -> list[tuple[str, int, str]]:
    return [(line["external_id"], line["version"], line["quarter"]) for line in snapshot[part]]


async def test_a_quarter_holds_the_latest_version_of_each_row_up_to_it(world: World) -> None:
    at(world, "2024-03-04T10:00:00")
    late = resource("R-2", quarter="2023Q4")
    await push(world, [resource("R-3"), late, resource("R-1", quarter="2023Q3"), resource("R-4", quarter="2023Q4")])
    await push(world, [resource("R-1", quarter="2023Q4", name="甲", change_reason="更名")])
    await push(world, [resource("R-3", name="丙", change_reason="更名")])
    await push(world, [resource("R-1", FENGTAI), resource("R-8", FENGTAI)], who=STRANGER)
    await push_projects(world, [project("P-2", quarter="2023Q4"), project("P-1")])
    await push_projects(world, [project("P-9", FENGTAI)], who=STRANGER)
    at(world, "2024-04-01T00:00:00")
    await push(world, [resource("R-4", quarter="2024Q2"), resource("R-5", quarter="2024Q2")])
    await push_projects(world, [project("P-2", quarter="2024Q2", priority=1)], "提前")
    done = await certify(world, Q1)
    snapshot = await world.get("intake", f"{Q1}/snapshot?rows=true", OFFICER)
    assert lines(snapshot) == [
        ("R-1", 2, "2023Q4"),
        ("R-2", 1, "2023Q4"),
        ("R-3", 2, "2024Q1"),
        ("R-4", 1, "2023Q4"),
    ]
    assert lines(snapshot, "library_entries") == [("P-1", 1, "2024Q1"), ("P-2", 1, "2023Q4")]
    assert (done["resource_count"], done["library_count"]) == (4, 2)
    assert [line["row"]["name"] for line in snapshot["resources"]] == ["甲", "示例大厦R-2", "丙", "示例大厦R-4"]
    assert snapshot["library_entries"][1]["row"]["priority"] is None
    assert (await world.get("intake", f"/v1/quarters/{CHAOYANG}/2023Q4", OFFICER))["findings"] == []
    found = (await world.get("intake", Q1, OFFICER))["findings"]
    assert [(finding["code"], finding["count"], finding["external_ids"]) for finding in found] == [
        ("resource_stale", 3, ["R-1", "R-2", "R-4"]),
        ("entry_stale", 1, ["P-2"]),
    ]


STATE = {
    "district": CHAOYANG,
    "quarter": "2024Q1",
    "submission_no": 1,
    "due_on": "2024-04-15",
    "opened_at": "2024-03-01T02:00:00Z",
    "opened_by": OFFICER,
    "reopen_reason": None,
}
NOBODY = {"certified_at": None, "certified_by": None, "late": None, "resource_count": None, "library_count": None}


async def test_every_field_of_a_submission_from_its_opening_to_its_correction(world: World) -> None:
    await push(world, [resource(), resource("R-2")])
    await push_projects(world, [project()])
    opened = await state(world)
    key = {"id": opened.pop("id")}
    unprepared = {"prepared_at": None, "prepared_by": None, "snapshot_sha256": None}
    assert opened == STATE | NOBODY | unprepared | {"status": "open", "overdue": False}
    at(world, "2024-04-08T09:00:00")
    prepared = await world.post("intake", f"{Q1}/prepare", SECOND_OFFICER)
    by = {"prepared_at": "2024-04-08T01:00:00Z", "prepared_by": SECOND_OFFICER}
    assert prepared == STATE | key | NOBODY | unprepared | by | {"status": "prepared", "overdue": False}
    at(world, "2024-04-16T09:00:00")
    certified = await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    sha = certified["snapshot_sha256"]
    counts = {"late": True, "resource_count": 2, "library_count": 1}
    closed = {"certified_at": "2024-04-16T01:00:00Z", "certified_by": SUPERVISOR, "snapshot_sha256": sha}
    assert certified == STATE | key | by | counts | closed | {"status": "certified", "overdue": False}
    await check_event(world, certified)
    at(world, "2024-04-26T09:00:00")
    reason = {"reason": "更正面积"}
    reopened = await world.post("intake", f"{Q1}/reopen", "city-supervisor-2", reason, 201)
    assert reopened["id"] != key["id"]
    second = {"submission_no": 2, "due_on": "2024-05-13", "opened_at": "2024-04-26T01:00:00Z"}
    second |= {"opened_by": "city-supervisor-2", "reopen_reason": "更正面积", "status": "open", "overdue": False}
    assert {**reopened, "id": ""} == STATE | {"id": ""} | NOBODY | unprepared | second
    assert await state(world) == reopened
    kept = await world.get("intake", f"{Q1}/snapshot", OFFICER)
    assert (kept["submission_id"], kept["submission_no"], kept["snapshot_sha256"]) == (key["id"], 1, sha)
    await push(world, [resource(vacant_area_m2="1.00", change_reason="更正面积"), resource("R-3")])
    at(world, "2024-05-13T23:59:59")
    again = await certify(world, Q1)
    assert (again["late"], again["resource_count"], again["submission_no"]) == (False, 3, 2)
    await check_event(world, again)
    listed = (await world.get("intake", "/v1/quarters", CITY))["items"]
    assert listed == [again, certified]
    acts = [(await world.get("intake", f"/v1/acts/{each}", OFFICER))["items"] for each in (key["id"], reopened["id"])]
    assert [[(act["act"], act["actor"], act["reason"], act["detail"]) for act in each] for each in acts] == [
        [
            ("open_quarter", OFFICER, None, {"quarter": "2024Q1"}),
            ("prepare_quarter", SECOND_OFFICER, None, {"quarter": "2024Q1"}),
            ("certify_quarter", SUPERVISOR, None, {"quarter": "2024Q1"}),
        ],
        [
            ("reopen_quarter", "city-supervisor-2", "更正面积", {"quarter": "2024Q1"}),
            ("prepare_quarter", OFFICER, None, {"quarter": "2024Q1"}),
            ("certify_quarter", SUPERVISOR, None, {"quarter": "2024Q1"}),
        ],
    ]
    assert {act["district"] for each in acts for act in each} == {CHAOYANG}


async def state(world: World) -> dict[str, Any]:
    said: dict[str, Any] = await world.get("intake", Q1, OFFICER)
    return {name: value for name, value in said.items() if name not in ("findings", "can_certify")}


async def check_event(world: World, certified: Any) -> None:
    """Compare the newest event of a certified quarter in full with the answer to the act."""
    event = (await world.events("intake", "intake.district_quarter_submitted.v1"))[-1]
    names = ("quarter", "due_on", "late", "resource_count", "library_count", "snapshot_sha256", "certified_by")
    own = {name: certified[name] for name in (*names, "certified_at")}
    about = {"district": CHAOYANG, "applicant_uscc": None, "submission_id": certified["id"]}
    assert event["data"] == about | own


@pytest.mark.parametrize(
    ("moment", "overdue", "late"),
    [("2024-04-15T23:59:59", False, False), ("2024-04-16T00:00:00", True, True)],
    ids=["last second of the last day", "first second after it"],
)
async def test_the_last_day_ends_at_midnight_in_beijing(world: World, moment: str, overdue: bool, late: bool) -> None:
    await push(world, [resource()])
    await push(world, [resource("R-1", FENGTAI)], who=STRANGER)
    at(world, moment)
    listed = (await world.get("intake", "/v1/quarters?sort=district", CITY))["items"]
    assert [each["overdue"] for each in listed] == [overdue, overdue]
    ledger = await world.get("intake", "/v1/city/ledger?quarter=2024Q1", CITY)
    assert [each["reporting"]["overdue"] for each in ledger["districts"]] == [overdue] * 17
    assert (await certify(world, Q1))["late"] is late
    ledger = await world.get("intake", "/v1/city/ledger?quarter=2024Q1", CITY)
    reporting = {each["district"]: each["reporting"] for each in ledger["districts"]}
    assert [(reporting[code]["overdue"], reporting[code]["late"]) for code in (CHAOYANG, FENGTAI)] == [
        (False, late),
        (overdue, None),
    ]


@pytest.mark.parametrize(
    ("moment", "quarter", "following", "due_on"),
    [
        ("2024-03-31T23:59:59", "2024Q1", "2024Q2", "2024-04-15"),
        ("2024-04-01T00:00:00", "2024Q2", "2024Q3", "2024-07-12"),
        ("2024-06-30T23:59:59", "2024Q2", "2024Q3", "2024-07-12"),
        ("2024-07-01T00:00:00", "2024Q3", "2024Q4", "2024-10-18"),
        ("2024-12-31T23:59:59", "2024Q4", "2025Q1", "2025-01-15"),
        ("2025-01-01T00:00:00", "2025Q1", "2025Q2", "2025-04-15"),
    ],
)
async def test_a_quarter_begins_at_midnight_in_beijing(
    world: World, moment: str, quarter: str, following: str, due_on: str
) -> None:
    """Open each quarter; Qingming, National Day and New Year move the tenth working day after its end."""
    at(world, moment)
    refused = await push(world, [resource(quarter=quarter), resource("R-2", quarter=following)], status=422)
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [
        ("/body/rows/1/quarter", "future_quarter")
    ]
    body = {"district": CHAOYANG, "quarter": following}
    await world.post("intake", "/v1/quarters", OFFICER, body, 422)
    opened = await world.post("intake", "/v1/quarters", OFFICER, body | {"quarter": quarter}, 201)
    assert opened["due_on"] == due_on
    for path in ("ledger", "library"):
        assert (await world.get("intake", f"/v1/city/{path}", CITY))["quarter"] == quarter


async def test_a_quarter_can_be_prepared_from_the_day_after_its_end(world: World) -> None:
    await push(world, [resource()])
    at(world, "2024-03-31T23:59:59")
    refused = await world.post("intake", f"{Q1}/prepare", OFFICER, status=409)
    assert [each["code"] for each in refused["findings"]] == ["quarter_not_over"]
    at(world, "2024-04-01T00:00:00")
    await world.post("intake", f"{Q1}/prepare", OFFICER)
