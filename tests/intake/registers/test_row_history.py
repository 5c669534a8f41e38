"""Later versions of a row, field by field: answers, history, links, events, exports (四（一）2)."""

import csv
import io
from datetime import datetime
from typing import Any

import pytest

from tests.intake.registers.district_system import System
from tests.intake.registers.full_rows import PART, PROJECT, RESOURCE, ROADS
from tests.intake.sample_rows import CHAOYANG, FENGTAI, OFFICER, Row, push, push_projects, resource
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")

SECOND_OFFICER, STRANGER = "110105-officer-2", "110106-officer-1"
LET = RESOURCE | {"vacant_area_m2": "7000.25", "change_reason": "新租户入驻"}
SURVEYED = LET | {
    "quarter": "2024Q2",
    "name": "示例中心",
    "gross_floor_area_m2": "26100.00",
    "status": "in_library",
    "planned_type": "area_package",
    "simulated": [],
    "change_reason": "重新测绘",
}
SECOND = PART | {"resource_external_id": "R-2", "fixed_investment_yuan": "310000000.15", "renovated_area_m2": "19000.3"}
REVISED = PROJECT | {"resource_external_ids": ["R-2"], "components": [SECOND, ROADS], "priority": 1}
LEFT = REVISED | {"quarter": "2024Q2", "left_on": "2024-04-03", "leave_reason": "实施主体放弃"}
AGAIN = REVISED | {
    "quarter": "2024Q2",
    "project_name": "示例大厦改造（重启）",
    "project_code": "2401-110105-04-01-000072",
    "project_type": "inefficient_building",
    "entity_uscc": "91110105MA0000007L",
    "support_mode": "investment_grant",
    "maturity": "ready",
    "components": [SECOND],
    "simulated": [],
}


def on(world: World, day: str) -> None:
    world.clock.set(datetime.fromisoformat(f"2024-{day}T11:30:00+08:00"))


def shown(row: Row, **of_version: Any) -> Row:
    """Return a resource as the list shows it."""
    kept = {name: row[name] for name in ("district", "external_id", "quarter", "name", "kind", "status")}
    measured = {"planned_type": row["planned_type"], "gross_floor_area_m2": row["gross_floor_area_m2"]}
    return (
        kept
        | measured
        | {"simulated": row["simulated"] != [], "change_reason": row["change_reason"], "row": row}
        | of_version
    )


async def test_the_third_version_of_a_resource_stands_beside_its_history(world: World) -> None:
    system = await System.of(world, CHAOYANG)
    await push(world, [resource("R-1", FENGTAI)], who=STRANGER)
    (created,) = (await push(world, [RESOURCE]))["rows"]
    key = created["id"]
    assert created == result(key, "R-1", "created", 1)
    on(world, "03-05")
    assert (await push(world, [LET], who=SECOND_OFFICER))["rows"] == [result(key, "R-1", "updated", 2)]
    assert (await push(world, [LET]))["rows"] == [result(key, "R-1", "unchanged", 2)]
    on(world, "04-02")
    headers = {"authorization": f"Bearer {system.key}", "idempotency-key": "third"}
    body = {"rows": [SURVEYED]}
    sent = await world.clients["intake"].post("/v1/resources:batchUpsert", headers=headers, json=body)
    assert sent.json() == {"created": 0, "updated": 1, "unchanged": 0, "refused": 0} | {
        "rows": [result(key, "R-1", "updated", 3)]
    }
    by_key = f"key:{system.key_id}"
    times = {"recorded_at": "2024-03-01T02:00:00Z", "changed_at": "2024-04-02T03:30:00Z", "changed_by": by_key}
    now = await world.call("intake", "GET", f"/v1/resources/{CHAOYANG}/R-1", OFFICER, status=200)
    assert now.json() == shown(SURVEYED, id=key, version=3, **times)
    assert now.headers["etag"] == '"3"'
    assert (await world.get("intake", "/v1/resources", OFFICER))["items"] == [now.json()]
    history = f"/v1/resources/{CHAOYANG}/R-1/versions"
    third, second, first = (await world.get("intake", history, OFFICER))["items"]
    people = [(by_key, "区台账系统", "system"), (SECOND_OFFICER, "朝阳区经办乙（示例）", "district_officer")]
    people.append((OFFICER, "朝阳区经办甲（示例）", "district_officer"))
    days = ("2024-04-02T03:30:00Z", "2024-03-05T03:30:00Z", "2024-03-01T02:00:00Z")
    for number, (version, row) in enumerate(zip((third, second, first), (SURVEYED, LET, RESOURCE), strict=True)):
        by, name, role = people[number]
        assert {field: value for field, value in version.items() if field != "changes"} == {
            "version": 3 - number,
            "quarter": row["quarter"],
            "change_reason": row["change_reason"],
            "recorded_at": days[number],
            "recorded_by": by,
            "recorder_name": name,
            "role": role,
            "row": row,
        }
    assert third["changes"] == [
        change("simulated", "模拟字段", ["owner_name"], []),
        change("name", "资源名称", "示例大厦", "示例中心"),
        change("gross_floor_area_m2", "建筑面积（平方米）", "26000.75", "26100.00"),
        change("planned_type", "拟改造类型", "inefficient_building", "area_package"),
        change("status", "状态", "planned", "in_library"),
    ]
    assert second["changes"] == [change("vacant_area_m2", "空置面积（平方米）", "8000.5", "7000.25")]
    assert first["changes"] == []
    await check_resource_events(world, key)


def result(key: str, external_id: str, status: str, version: int) -> Row:
    return {
        "index": 0,
        "external_id": external_id,
        "status": status,
        "id": key,
        "version": version,
        "problem": None,
    }


def change(field: str, title: str, before: Any, after: Any) -> Row:
    return {"field": field, "title": title, "before": before, "after": after}


async def check_resource_events(world: World, key: str) -> None:
    """Compare the three events of the resource in full."""
    events = [e for e in await world.events("intake", "intake.resource_recorded.v1") if e["subject"] == key]
    assert [event["data"] for event in events] == [
        {
            "district": CHAOYANG,
            "applicant_uscc": None,
            "resource_id": key,
            "version": version,
            "change_reason": row["change_reason"],
            "row": row,
        }
        for version, row in enumerate((RESOURCE, LET, SURVEYED), 1)
    ]


def project_shown(row: Row, investment: str, area: str, **of_version: Any) -> Row:
    """Return a project as the list shows it."""
    names = ("district", "external_id", "quarter", "project_type", "project_code", "entity_uscc")
    kept = {name: row[name] for name in (*names, "support_mode", "maturity")}
    totals = {"fixed_investment_yuan": investment, "renovated_area_m2": area, "name": row["project_name"]}
    return kept | totals | {"simulated": row["simulated"] != [], "row": row} | of_version


async def test_a_project_that_left_comes_back_with_its_own_links_and_sums(world: World) -> None:
    rows = [resource("R-1"), resource("R-2", name="乙楼", status="planned")]
    own = [row["id"] for row in (await push(world, rows))["rows"]]
    await push(world, [resource(f"R-{n}", FENGTAI) for n in (1, 2, 3)], who=STRANGER)
    await push_projects(world, [PROJECT | {"district": FENGTAI}], who=STRANGER)
    key = (await push_projects(world, [PROJECT]))["rows"][0]["id"]
    first = link("R-1", own[0], "示例大厦R-1", "stock")
    other = link("R-2", own[1], "乙楼", "planned")
    times = {"recorded_at": "2024-03-01T02:00:00Z", "changed_at": "2024-03-01T02:00:00Z"}
    stays = {"id": key, "status": "in_library", "changed_by": OFFICER, "change_reason": None}
    created = project_shown(PROJECT, "304000000.75", "21000.40", version=1, **stays, **times)
    assert await entry(world, key) == created | {"resources": [first, other]}
    on(world, "03-05")
    await push_projects(world, [REVISED], "方案调整", who=SECOND_OFFICER)
    times["changed_at"] = "2024-03-05T03:30:00Z"
    said = stays | {"changed_by": SECOND_OFFICER, "change_reason": "方案调整"}
    revised = project_shown(REVISED, "314000000.85", "19000.30", version=2, **said, **times)
    assert await entry(world, key) == revised | {"resources": [other]}
    on(world, "04-03")
    left = await world.post("intake", f"/v1/library-entries/{key}/leave", OFFICER, {"reason": "实施主体放弃"})
    times["changed_at"] = "2024-04-03T03:30:00Z"
    said = stays | {"status": "left", "change_reason": "实施主体放弃"}
    assert left == project_shown(LEFT, "314000000.85", "19000.30", version=3, **said, **times)
    assert await entry(world, key) == left | {"resources": [other]}
    on(world, "04-08")
    await push_projects(world, [AGAIN], "重新启动")
    times["changed_at"] = "2024-04-08T03:30:00Z"
    again = project_shown(
        AGAIN, "310000000.15", "19000.30", version=4, **stays | {"change_reason": "重新启动"}, **times
    )
    assert await entry(world, key) == again | {"resources": [other]}
    assert (await world.get("intake", "/v1/library-entries", OFFICER))["items"] == [again]
    await check_project_history(world, key)


def link(external_id: str, key: str, name: str, status: str) -> Row:
    return {"external_id": external_id, "resource_id": key, "name": name, "status": status}


async def entry(world: World, key: str) -> Row:
    found: Row = await world.get("intake", f"/v1/library-entries/{key}", "city-officer-1")
    return found


async def check_project_history(world: World, key: str) -> None:
    """Compare the four events in full, and what each version changed."""
    events = [e for e in await world.events("intake", "intake.library_entry_changed.v1") if e["subject"] == key]
    reasons = (None, "方案调整", "实施主体放弃", "重新启动")
    assert [event["data"] for event in events] == [
        {
            "district": CHAOYANG,
            "applicant_uscc": row["entity_uscc"],
            "entry_id": key,
            "version": version,
            "change_reason": reasons[version - 1],
            "row": row,
        }
        for version, row in enumerate((PROJECT, REVISED, LEFT, AGAIN), 1)
    ]
    versions = (await world.get("intake", f"/v1/library-entries/{key}/versions", OFFICER))["items"]
    assert [(each["version"], each["quarter"], each["row"]) for each in versions] == [
        (4, "2024Q2", AGAIN),
        (3, "2024Q2", LEFT),
        (2, "2024Q1", REVISED),
        (1, "2024Q1", PROJECT),
    ]
    assert [[each["field"] for each in version["changes"]] for version in versions[1:]] == [
        ["left_on", "leave_reason"],
        ["resource_external_ids", "components", "priority"],
        [],
    ]


async def exported(world: World, path: str) -> list[dict[str, str]]:
    answer = await world.call("intake", "GET", path, "city-officer-1", status=200)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_an_export_shows_the_current_version_in_order_of_district_and_key(world: World) -> None:
    on(world, "03-04")
    await push(world, [resource("R-7", FENGTAI), resource("R-0", FENGTAI)], who=STRANGER)
    await push(world, [resource("R-9"), RESOURCE])
    on(world, "03-05")
    await push(world, [LET, resource("R-5", simulated=[])])
    rows = await exported(world, "/v1/resources.csv")
    assert [(row["所在区"], row["区系统记录编号"], row["版本"], row["模拟数据"]) for row in rows] == [
        (CHAOYANG, "R-1", "2", "部分"),
        (CHAOYANG, "R-5", "1", "否"),
        (CHAOYANG, "R-9", "1", "全部"),
        (FENGTAI, "R-0", "1", "全部"),
        (FENGTAI, "R-7", "1", "全部"),
    ]
    assert (rows[0]["空置面积（平方米）"], rows[0]["最近变动时间"]) == ("7000.25", "2024-03-05T03:30:00+00:00")
    assert rows[4]["最近变动时间"] == "2024-03-04T03:30:00+00:00"
    assert (rows[0]["模拟字段"], rows[1]["模拟字段"]) == ("owner_name", "")
