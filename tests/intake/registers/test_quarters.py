"""Tests of quarterly submissions: opened, checked, prepared, certified, reopened (四（一）2, 3)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.rules.quarters import sha256_of
from tests.intake.sample_rows import CHAOYANG, OFFICER, SUPERVISOR, project, push, push_projects, resource
from tests.world import World

pytestmark = pytest.mark.clause("四（一）2")

Q1 = f"/v1/quarters/{CHAOYANG}/2024Q1"
SUBMITTED = "intake.district_quarter_submitted.v1"
IN_TIME, LATE = datetime(2024, 4, 15, 2, 0, tzinfo=UTC), datetime(2024, 4, 16, 2, 0, tzinfo=UTC)


async def fill(world: World) -> None:
    await push(world, [resource(), resource("R-2")])
    await push_projects(world, [project()])


async def certified(world: World, at: datetime = IN_TIME) -> dict[str, Any]:
    await fill(world)
    world.clock.set(at)
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    return dict(await world.post("intake", f"{Q1}/certify", SUPERVISOR))


def codes(state: dict[str, Any], severity: str) -> list[str]:
    return [finding["code"] for finding in state["findings"] if finding["severity"] == severity]


async def test_a_quarter_is_opened_by_an_officer_once(world: World) -> None:
    body = {"district": CHAOYANG, "quarter": "2024Q1"}
    opened = await world.call("intake", "POST", "/v1/quarters", OFFICER, body, status=201)
    assert opened.headers["location"] == Q1
    assert {opened.json()[name] for name in ("status", "due_on")} == {"open", "2024-04-15"}
    again = await world.post("intake", "/v1/quarters", "110105-officer-2", body, status=201)
    assert again["id"] == opened.json()["id"]
    await world.post("intake", "/v1/quarters", OFFICER, body | {"quarter": "2024Q2"}, status=422)
    await world.post("intake", "/v1/quarters", OFFICER, body | {"district": "110106"}, status=403)
    await world.post("intake", "/v1/quarters", SUPERVISOR, body, status=403)
    await world.get("intake", Q1, "110106-officer-1", status=404)


async def test_the_first_push_opens_the_quarter(world: World) -> None:
    await world.get("intake", Q1, OFFICER, status=404)
    await fill(world)
    state = await world.get("intake", Q1, OFFICER)
    assert (state["status"], state["submission_no"], codes(state, "error")) == ("open", 1, ["quarter_not_over"])
    acts = await world.get("intake", f"/v1/acts/{state['id']}", OFFICER)
    assert [act["act"] for act in acts["items"]] == ["open_quarter"]


async def test_errors_block_a_report_and_warnings_do_not(world: World) -> None:
    await push(world, [resource(certified_by=None), resource("R-3", quarter="2023Q4")])
    await push_projects(world, [project(resource_external_ids=["R-1", "R-7"], construction_status="completed")])
    world.clock.set(IN_TIME)
    state = await world.get("intake", Q1, OFFICER)
    assert codes(state, "error") == ["grounds_not_certified", "resource_missing"]
    assert codes(state, "warning") == ["completed_in_library", "resource_stale"]
    assert [finding["external_ids"] for finding in state["findings"]] == [["R-1"], ["P-1"], ["P-1"], ["R-3"]]
    blocked = await world.post("intake", f"{Q1}/prepare", OFFICER, status=409)
    assert (blocked["code"], [each["code"] for each in blocked["findings"]]) == (
        "findings_block",
        codes(state, "error"),
    )
    await push(world, [resource(change_reason="补填认定单位"), resource("R-7")])
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    state = await world.get("intake", Q1, OFFICER)
    assert (state["can_certify"], codes(state, "warning")) == (True, ["completed_in_library", "resource_stale"])


async def test_certifying_reports_the_quarter_to_the_city(world: World) -> None:
    done = await certified(world)
    assert (done["status"], done["late"], done["certified_by"]) == ("certified", False, SUPERVISOR)
    (event,) = await world.events("intake", SUBMITTED)
    said = event["data"]
    assert (said["submission_id"], said["resource_count"], said["library_count"]) == (done["id"], 2, 1)
    assert (said["snapshot_sha256"], said["late"], said["due_on"]) == (done["snapshot_sha256"], False, "2024-04-15")


async def test_a_report_after_the_due_day_is_late(world: World) -> None:
    await fill(world)
    world.clock.set(LATE)
    assert (await world.get("intake", Q1, OFFICER))["overdue"] is True
    assert (await certified(world, LATE))["late"] is True


async def test_the_preparing_officer_cannot_certify(world: World) -> None:
    await fill(world)
    world.clock.set(IN_TIME)
    unprepared = await world.post("intake", f"{Q1}/certify", SUPERVISOR, status=409)
    assert unprepared["code"] == "not_prepared"
    both = world.owner()
    both = type(both)("110105-both", "示例", ("district_officer", "district_supervisor"), CHAOYANG)
    await world.post("intake", f"{Q1}/prepare", both)
    assert (await world.post("intake", f"{Q1}/certify", both, status=403))["code"] == "same_officer"
    await world.post("intake", f"{Q1}/certify", OFFICER, status=403)
    await world.post("intake", f"{Q1}/certify", "110106-supervisor-1", status=404)
    await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    assert (await world.post("intake", f"{Q1}/certify", "110105-supervisor-2", status=409))["code"] == "wrong_status"
    assert (await world.post("intake", f"{Q1}/prepare", OFFICER, status=409))["code"] == "wrong_status"


async def test_a_supervisor_certifies_only_what_was_prepared(world: World) -> None:
    await fill(world)
    world.clock.set(IN_TIME)
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    await push(world, [resource(vacant_area_m2="1.00", change_reason="漏报更正")])
    refused = await world.post("intake", f"{Q1}/certify", SUPERVISOR, status=409)
    assert refused["code"] == "changed_since_prepared"
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    await world.post("intake", f"{Q1}/certify", SUPERVISOR)


async def test_a_certified_quarter_accepts_no_rows_and_the_next_one_does(world: World) -> None:
    await certified(world)
    rows = [resource(), resource(name="改名", change_reason="更名"), resource("R-8")]
    results = [(await push(world, [row], mode="partial", status=207))["rows"][0] for row in rows]
    assert [result["status"] for result in results] == ["unchanged", "refused", "refused"]
    assert {result["problem"]["code"] for result in results[1:]} == {"quarter_closed"}
    assert (await push(world, [resource(quarter="2024Q2"), resource("R-8", quarter="2024Q2")]))["refused"] == 0
    body = {"district": CHAOYANG, "quarter": "2024Q1"}
    assert (await world.post("intake", "/v1/quarters", OFFICER, body, status=409))["code"] == "wrong_status"


async def test_a_snapshot_does_not_change_with_the_rows(world: World) -> None:
    done = await certified(world)
    before = await world.get("intake", f"{Q1}/snapshot?rows=true", OFFICER)
    await push(world, [resource(quarter="2024Q2", vacant_area_m2="0", change_reason="租满")])
    entry = (await world.get("intake", "/v1/library-entries", OFFICER))["items"][0]["id"]
    await world.post("intake", f"/v1/library-entries/{entry}/leave", OFFICER, {"reason": "实施主体放弃"})
    assert await world.get("intake", f"{Q1}/snapshot?rows=true", OFFICER) == before
    assert before["resources"][0]["row"]["vacant_area_m2"] == "12000.00"
    plain = await world.get("intake", f"{Q1}/snapshot", "city-officer-1")
    lines = {name: plain[name] for name in ("district", "quarter", "resources", "library_entries")}
    assert sha256_of(lines) == plain["snapshot_sha256"] == done["snapshot_sha256"]
    (line,) = plain["library_entries"]
    assert (line["id"], line["external_id"], line["version"], len(line["sha256"])) == (entry, "P-1", 1, 64)
    await world.get("intake", f"{Q1}/snapshot", "110106-officer-1", status=404)


async def test_the_city_reopens_a_quarter_with_a_reason_and_the_old_snapshot_stays(world: World) -> None:
    first = await certified(world)
    await world.post("intake", f"{Q1}/reopen", SUPERVISOR, {"reason": "更正面积"}, status=403)
    await world.post("intake", f"{Q1}/reopen", "city-supervisor-1", {}, status=422)
    again = await world.post("intake", f"{Q1}/reopen", "city-supervisor-1", {"reason": "更正面积"}, status=201)
    assert (again["submission_no"], again["status"], again["reopen_reason"]) == (2, "open", "更正面积")
    refused = await world.post("intake", f"{Q1}/reopen", "city-supervisor-1", {"reason": "更正面积"}, status=409)
    assert refused["code"] == "wrong_status"
    await push(world, [resource(vacant_area_m2="11000.00", change_reason="更正面积")])
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    second = await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    assert second["snapshot_sha256"] != first["snapshot_sha256"]
    old = await world.get("intake", f"{Q1}/snapshot?submission_no=1", OFFICER)
    assert (old["submission_no"], old["snapshot_sha256"]) == (1, first["snapshot_sha256"])
    listed = (await world.get("intake", f"/v1/quarters?quarter=2024Q1&district={CHAOYANG}", "city-officer-1"))["items"]
    assert [item["submission_no"] for item in listed] == [2, 1]


async def test_a_row_of_a_reopened_quarter_can_be_corrected_after_the_next_began(world: World) -> None:
    await certified(world)
    await push(world, [resource(quarter="2024Q2")])
    await world.post("intake", f"{Q1}/reopen", "city-supervisor-1", {"reason": "更正面积"}, status=201)
    await push(world, [resource(vacant_area_m2="11000.00", change_reason="更正面积")])
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    await world.post("intake", f"{Q1}/certify", SUPERVISOR)
    said = await world.get("intake", f"{Q1}/snapshot?rows=true", OFFICER)
    assert (said["resources"][0]["version"], said["resources"][0]["row"]["vacant_area_m2"]) == (3, "11000.00")


async def test_the_later_quarter_stands_while_the_earlier_one_was_not_reopened(world: World) -> None:
    await push(world, [resource(quarter="2023Q4"), resource("R-2", quarter="2023Q4")])
    await push(world, [resource(vacant_area_m2="9000.00", change_reason="招商", quarter="2024Q1")])
    late = [
        resource(vacant_area_m2="8000.00", change_reason="补报", quarter="2023Q4"),
        resource("R-2", vacant_area_m2="8000.00", change_reason="更正", quarter="2023Q4"),
    ]
    said = await push(world, late, mode="partial", status=207)
    assert [(each["status"], (each["problem"] or {}).get("code")) for each in said["rows"]] == [
        ("refused", "older_quarter"),
        ("updated", None),
    ]
    row = await world.get("intake", "/v1/resources/110105/R-1", OFFICER)
    assert (row["row"]["quarter"], row["row"]["vacant_area_m2"]) == ("2024Q1", "9000.00")


async def test_a_push_and_a_certification_at_once_agree_on_what_was_certified(world: World) -> None:
    await fill(world)
    world.clock.set(IN_TIME)
    await world.post("intake", f"{Q1}/prepare", OFFICER)
    row = resource(vacant_area_m2="1.00", change_reason="更正")
    pushed, answer = await asyncio.gather(
        world.call("intake", "POST", "/v1/resources:batchUpsert", OFFICER, {"rows": [row]}),
        world.call("intake", "POST", f"{Q1}/certify", SUPERVISOR),
    )
    assert sorted([pushed.status_code, answer.status_code]) in ([200, 409], [200, 412], [200, 422])


@pytest.mark.clause("四（一）3")
async def test_the_city_sees_totals_of_every_district_and_who_has_reported(world: World) -> None:
    await certified(world)
    await push(
        world, [resource("R-9", "110106", kind="industrial_plant")], who="110106-officer-1", mode="partial", status=207
    )
    world.clock.set(LATE)
    ledger = await world.get("intake", "/v1/city/ledger?quarter=2024Q1", "city-officer-1")
    chaoyang = next(item for item in ledger["districts"] if item["district"] == CHAOYANG)
    assert (len(ledger["districts"]), ledger["total"]["resource_count"], chaoyang["resource_count"]) == (17, 3, 2)
    assert (chaoyang["gross_floor_area_m2"], chaoyang["by_status"]) == ("50000.00", {"stock": 2})
    assert (chaoyang["reporting"]["status"], chaoyang["reporting"]["certified_by"]) == ("certified", SUPERVISOR)
    states = {
        item["district"]: (item["reporting"]["status"], item["reporting"]["overdue"]) for item in ledger["districts"]
    }
    assert (states["110106"], states["BDA"]) == (("open", True), ("not_opened", True))
    reserve = await world.get("intake", "/v1/city/library?quarter=2024Q1", "city-supervisor-1")
    assert (reserve["total"]["in_library_count"], reserve["total"]["fixed_investment_yuan"]) == (1, "300000000.00")
    await world.get("intake", "/v1/city/ledger", OFFICER, status=403)


async def test_by_setting_the_development_area_owes_no_report(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(world.instances["intake"].settings.interpretations, "bda_duties", "exempt")
    world.clock.set(LATE)
    library = await world.get("intake", "/v1/city/library?quarter=2024Q1", "city-officer-1")
    states = {
        item["district"]: (item["reporting"]["status"], item["reporting"]["overdue"]) for item in library["districts"]
    }
    assert (states["BDA"], states[CHAOYANG]) == (("exempt", False), ("not_opened", True))
