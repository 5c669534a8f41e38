"""Tests of pushed rows: recorded once, changed with a reason, or refused by field (四（一）2)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.demo.sample.generate import library, resources
from shared.districts import DISTRICTS
from tests.intake.sample_rows import (
    CHAOYANG,
    FENGTAI,
    OFFICER,
    project,
    push,
    push_projects,
    put,
    resource,
)
from tests.keys import new_key
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")

RECORDED = "intake.resource_recorded.v1"
ENTRY_CHANGED = "intake.library_entry_changed.v1"
R1 = f"/v1/resources/{CHAOYANG}/R-1"


async def test_a_row_sent_again_changes_nothing_and_announces_nothing(world: World) -> None:
    first = await push(world, [resource(), resource("R-2")])
    assert (first["created"], [row["version"] for row in first["rows"]]) == (2, [1, 1])
    again = await push(world, [resource(gross_floor_area_m2="25000"), resource("R-2")])
    assert (again["unchanged"], again["updated"], [row["version"] for row in again["rows"]]) == (2, 0, [1, 1])
    assert len(await world.events("intake", RECORDED)) == 2


async def test_a_change_without_a_reason_is_refused_by_field(world: World) -> None:
    await push(world, [resource()])
    answer = await push(world, [resource(vacant_area_m2="9000.00")], status=422)
    assert [(e["pointer"], e["code"]) for e in answer["errors"]] == [
        ("/body/rows/0/change_reason", "change_reason_missing")
    ]


async def test_history_shows_what_changed_who_and_why(world: World) -> None:
    await push(world, [resource()])
    await push(world, [resource(vacant_area_m2="9000.00", change_reason="新租户入驻")], who="110105-officer-2")
    newest, first = (await world.get("intake", f"{R1}/versions", OFFICER))["items"]
    assert newest["changes"] == [
        {"field": "vacant_area_m2", "title": "空置面积（平方米）", "before": "12000.00", "after": "9000.00"}
    ]
    assert (newest["change_reason"], newest["recorded_by"], newest["role"]) == (
        "新租户入驻",
        "110105-officer-2",
        "district_officer",
    )
    assert (first["version"], first["changes"], first["row"]["vacant_area_m2"]) == (1, [], "12000.00")
    announced = (await world.events("intake", RECORDED))[-1]["data"]
    assert (announced["version"], announced["change_reason"]) == (2, "新租户入驻")


async def test_confirming_the_same_facts_for_a_new_quarter_needs_no_reason(world: World) -> None:
    await push(world, [resource(quarter="2023Q4")])
    answer = await push(world, [resource()])
    assert (answer["updated"], answer["rows"][0]["version"]) == (1, 2)
    late_file = await push(world, [resource(quarter="2023Q4")])
    assert late_file["unchanged"] == 1


async def test_an_atomic_batch_with_bad_rows_names_each_field_and_records_nothing(world: World) -> None:
    await push(world, [resource("R-9")])
    rows = [
        resource(),
        resource("R-2", kind="castle", gross_floor_area_m2="0"),
        resource("R-3"),
        resource("R-3"),
        resource("R-4", district=FENGTAI),
        resource("R-9", name="改名大厦"),
        resource("R-5", quarter="2024Q2"),
    ]
    answer = await push(world, rows, status=422)
    assert [(e["pointer"], e["code"]) for e in answer["errors"]] == [
        ("/body/rows/1/kind", "literal_error"),
        ("/body/rows/1/gross_floor_area_m2", "greater_than"),
        ("/body/rows/2/external_id", "repeated_in_batch"),
        ("/body/rows/3/external_id", "repeated_in_batch"),
        ("/body/rows/4/district", "other_district"),
        ("/body/rows/5/change_reason", "change_reason_missing"),
        ("/body/rows/6/quarter", "future_quarter"),
    ]
    assert answer["errors"][4]["detail"] == f"不得报送其他区的数据，可报送的区代码：{CHAOYANG}"
    listed = await world.get("intake", "/v1/resources", OFFICER)
    assert [item["external_id"] for item in listed["items"]] == ["R-9"]


async def test_a_partial_batch_records_valid_rows_and_explains_the_others(world: World) -> None:
    await push(world, [resource("R-9")])
    rows: list[Any] = [
        resource(),
        resource("R-2", status="gone"),
        7,
        resource("R-4", district=FENGTAI),
        resource("R-9"),
    ]
    answer = await push(world, rows, mode="partial", status=207)
    assert [(row["index"], row["external_id"], row["status"]) for row in answer["rows"]] == [
        (0, "R-1", "created"),
        (1, "R-2", "refused"),
        (2, None, "refused"),
        (3, "R-4", "refused"),
        (4, "R-9", "unchanged"),
    ]
    assert answer["rows"][1]["problem"]["errors"][0]["pointer"] == "/body/rows/1/status"
    assert (answer["rows"][3]["problem"]["status"], answer["rows"][3]["problem"]["code"]) == (403, "other_district")


async def test_a_malformed_batch_is_refused_as_a_whole(world: World) -> None:
    many = [resource(f"R-{n}") for n in range(1001)]
    bodies: list[dict[str, Any]] = [{"rows": []}, {}, {"rows": many}, {"rows": [resource()], "x": 1}]
    for body in bodies:
        answer = await world.call("intake", "POST", "/v1/resources:batchUpsert?mode=partial", OFFICER, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    without_key = await world.clients["intake"].post(
        "/v1/resources:batchUpsert", headers={"authorization": f"Bearer {world.token(OFFICER)}"}, content=b"{}"
    )
    assert without_key.status_code == 400


async def test_two_pushes_of_the_same_rows_at_once_lose_no_version(world: World) -> None:
    def rows(name: str) -> list[dict[str, Any]]:
        made = [resource(f"R-{n}", former_use=name, change_reason=name) for n in range(200)]
        return made if name in ("甲", "丙") else made[::-1]

    answers = await asyncio.gather(*(push(world, rows(name), mode="partial", status=207) for name in "甲乙丙丁"))
    assert [answer["refused"] for answer in answers] == [0, 0, 0, 0]
    versions = [sorted(row["version"] for a in answers for row in a["rows"] if row["external_id"] == f"R-{n}")
                for n in (0, 99, 199)]  # fmt: skip
    assert versions == [[1, 2, 3, 4]] * 3
    history = (await world.get("intake", f"{R1}/versions", OFFICER))["items"]
    assert [version["version"] for version in history] == [4, 3, 2, 1]
    assert sorted(version["change_reason"] for version in history) == sorted("甲乙丙丁")


async def test_another_district_neither_sees_nor_changes_a_row(world: World) -> None:
    await push(world, [resource()])
    await push_projects(world, [project()])
    entry = (await world.get("intake", "/v1/library-entries", OFFICER))["items"][0]["id"]
    stranger = "110106-officer-1"
    for path in (R1, f"{R1}/versions", f"/v1/library-entries/{entry}", f"/v1/library-entries/{entry}/versions"):
        await world.get("intake", path, stranger, status=404)
    assert (await world.get("intake", "/v1/resources", stranger))["items"] == []
    answer = await world.call("intake", "PUT", R1, stranger, resource(), if_match='"1"')
    assert answer.status_code == 412
    answer = await world.call("intake", "PUT", R1, stranger, resource(), status=403)
    assert answer.json()["code"] == "other_district"
    await world.post("intake", f"/v1/library-entries/{entry}/leave", stranger, {"reason": "示例"}, status=404)


async def test_only_district_officers_and_systems_may_push(world: World) -> None:
    for who in ("110105-supervisor-1", "city-officer-1", "finance-1", "110105-government"):
        await push(world, [resource()], who=who, status=403)
    answer = await world.call("intake", "POST", "/v1/resources:batchUpsert", world.owner(), {"rows": [resource()]})
    assert answer.status_code == 403
    assert (await world.call("intake", "GET", "/v1/resources", world.owner())).status_code == 403


async def test_a_district_system_pushes_with_its_key_and_a_reading_key_does_not(world: World) -> None:
    answers = {}
    for writes in (True, False):
        body = new_key(districts=[CHAOYANG], writes=writes, name="区台账系统")
        key = (await world.post("intake", "/v1/api-keys", "city-supervisor-1", body, status=201))["key"]
        headers = {"authorization": f"Bearer {key}", "idempotency-key": f"sync-{writes}"}
        answers[writes] = await world.clients["intake"].post(
            "/v1/resources:batchUpsert", headers=headers, json={"rows": [resource()]}
        )
        assert (await world.clients["intake"].get("/v1/resources", headers=headers)).status_code == 200
    assert (answers[True].status_code, answers[True].json()["created"]) == (200, 1)
    assert (answers[False].status_code, answers[False].json()["code"]) == (403, "forbidden")
    history = (await world.get("intake", f"{R1}/versions", OFFICER))["items"]
    assert (history[0]["recorder_name"], history[0]["role"]) == ("区台账系统", "system")


async def test_the_whole_sample_is_pushed_over_the_api(world: World) -> None:
    ledger, reserve = resources(1), library(1)
    world.clock.set(datetime(2024, 4, 1, tzinfo=UTC))
    async with asyncio.timeout(240):
        for code in DISTRICTS:
            who = f"{code}-officer-1"
            assert (await push(world, ledger[code], who=who))["created"] == len(ledger[code])
            assert (await push_projects(world, reserve[code], who=who))["created"] == len(reserve[code])
    again = await push(world, ledger[CHAOYANG])
    assert again["unchanged"] == len(ledger[CHAOYANG])
    await world.settle()
    assert await world.parked() == {}
    total = (await world.get("intake", "/v1/city/ledger", "city-officer-1"))["total"]
    assert total["resource_count"] == sum(map(len, ledger.values())) > 1500


async def test_one_resource_is_changed_only_from_its_current_version(world: World) -> None:
    created = await put(world, resource(), 201)
    assert (created.headers["etag"], created.json()["name"]) == ('"1"', "示例大厦R-1")
    changed = resource(name="更名大厦", change_reason="更名")
    assert (await put(world, changed, 428)).json()["code"] == "precondition_required"
    assert (await put(world, changed, 412, if_match='"7"')).json()["code"] == "stale"
    missing = await put(world, resource(name="更名大厦"), 422, if_match='"1"')
    assert missing.json()["errors"][0]["pointer"] == "/body/change_reason"
    assert (await put(world, changed, 200, if_match='"1"')).headers["etag"] == '"2"'
    assert (await put(world, resource("R-2"), 412, if_match='"1"')).json()["code"] == "stale"
    answer = await world.call("intake", "PUT", R1, OFFICER, resource("R-2"), if_match='"2"')
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/external_id")


async def test_a_project_changes_with_the_reason_of_its_batch(world: World) -> None:
    await push(world, [resource()])
    await push_projects(world, [project()])
    changed = project(priority=1, resource_external_ids=["R-1", "R-7"])
    refused = await push_projects(world, [changed], status=422)
    assert refused["errors"][0]["code"] == "change_reason_missing"
    answer = await push_projects(world, [changed], reason="区政府列为重点")
    entry = await world.get("intake", f"/v1/library-entries/{answer['rows'][0]['id']}", OFFICER)
    assert (entry["version"], entry["change_reason"]) == (2, "区政府列为重点")
    assert (entry["fixed_investment_yuan"], entry["renovated_area_m2"]) == ("300000000.00", "21000.00")
    assert [(each["external_id"], each["status"]) for each in entry["resources"]] == [("R-1", "stock"), ("R-7", None)]


async def test_a_project_leaves_with_a_reason_once_and_its_history_stays(world: World) -> None:
    entry = (await push_projects(world, [project()]))["rows"][0]["id"]
    path = f"/v1/library-entries/{entry}"
    await world.post("intake", f"{path}/leave", OFFICER, {"reason": "  "}, status=422)
    early = {"reason": "实施主体放弃", "left_on": "2024-01-01"}
    answer = await world.post("intake", f"{path}/leave", OFFICER, early, status=422)
    assert answer["errors"][0]["pointer"] == "/body/left_on"
    left = await world.post("intake", f"{path}/leave", OFFICER, {"reason": "实施主体放弃"})
    assert (left["status"], left["row"]["left_on"], left["version"]) == ("left", "2024-03-01", 2)
    again = await world.post("intake", f"{path}/leave", OFFICER, {"reason": "实施主体放弃"}, status=409)
    assert again["code"] == "wrong_status"
    assert len((await world.get("intake", f"{path}/versions", OFFICER))["items"]) == 2
    acts = (await world.get("intake", f"/v1/acts/{entry}", OFFICER))["items"]
    assert [(act["act"], act["reason"]) for act in acts] == [("leave_library", "实施主体放弃")]
    assert (await world.events("intake", ENTRY_CHANGED))[-1]["data"]["row"]["leave_reason"] == "实施主体放弃"


async def test_an_officer_who_resends_with_the_same_key_gets_the_same_answer(world: World) -> None:
    body = {"rows": [resource()]}
    answers = [
        await world.call("intake", "POST", "/v1/resources:batchUpsert", OFFICER, body, idempotency_key="night-1")
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
