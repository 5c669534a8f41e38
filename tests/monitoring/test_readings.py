"""Tests of online monitoring: meters, reading batches, out-of-range findings."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.keys import new_key
from tests.monitoring.fixtures import OTHER, funded_project, set_date
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")

NOON = "2024-04-03T12:00:00+08:00"


async def meter(world: World, project: UUID, **changes: Any) -> str:
    usual = {
        "meter_no": "DL-01",
        "label": "总表",
        "kind": "electricity_kwh",
        "period": "hour",
        "low": "10",
        "high": "500",
    }
    made = await world.post("monitoring", f"/v1/files/{project}/meters", "city-officer-1", usual | changes, status=201)
    return str(made["id"])


def reading(meter_id: str, value: str = "100", measured_at: str = NOON) -> dict[str, str]:
    return {"meter_id": meter_id, "measured_at": measured_at, "value": value}


async def send(world: World, *readings: dict[str, str], who: Any = None, status: int = 207) -> list[str]:
    body = {"readings": list(readings)}
    answer = await world.post("monitoring", "/v1/readings:batch", who or world.owner(), body, status=status)
    return [row["status"] for row in answer.get("results", [])]


async def test_repeated_readings_change_nothing(world: World) -> None:
    own = await meter(world, await funded_project(world))
    set_date(world, 2024, 4, 4)
    batch = [reading(own), reading(own, "101", "2024-04-03T13:00:00+08:00"), reading(own)]
    assert await send(world, *batch) == ["recorded", "recorded", "unchanged"]
    assert await send(world, *batch) == ["unchanged"] * 3
    assert await send(world, reading(own, "99")) == ["conflict"]
    series = await world.get(
        "monitoring", f"/v1/meters/{own}/readings?measured_at_to=2024-04-03T12:59:59%2B08:00", world.owner()
    )
    assert [(row["value"], row["out_of_range"]) for row in series["items"]] == [("100.0000", False)]


async def test_each_row_has_its_own_result(world: World) -> None:
    own = await meter(world, await funded_project(world))
    strange = await meter(world, await funded_project(world, applicant_uscc=OTHER))
    set_date(world, 2024, 4, 4)
    future = reading(own, "100", "2024-04-05T12:00:00+08:00")
    batch = (reading(str(uuid4())), reading(strange), future, reading(own))
    assert await send(world, *batch) == ["unknown_meter", "unknown_meter", "in_the_future", "recorded"]


@pytest.mark.parametrize(("value", "broken"), [("9.9999", 1), ("10", 0), ("500", 0), ("500.0001", 1)])
async def test_the_bounds_are_inclusive(world: World, value: str, broken: int) -> None:
    own = await meter(world, await funded_project(world))
    set_date(world, 2024, 4, 4)
    await send(world, reading(own, value))
    assert len((await world.get("monitoring", "/v1/reading-findings", "city-officer-1"))["items"]) == broken


async def test_an_out_of_range_meter_is_announced_once_per_day(world: World) -> None:
    project = await funded_project(world)
    own = await meter(world, project)
    set_date(world, 2024, 4, 4)
    late_evening, after_midnight = "2024-04-03T23:59:00+08:00", "2024-04-04T00:01:00+08:00"
    await send(world, reading(own, "600"), reading(own, "700", late_evening), reading(own, "800", after_midnight))
    await send(world, reading(own, "650", "2024-04-03T14:00:00+08:00"))
    events = await world.events("monitoring", "monitoring.reading_out_of_range.v1")
    told = [(event["data"]["measured_on"], event["data"]["value"]) for event in events]
    assert told == [("2024-04-03", "600"), ("2024-04-04", "800")]


async def test_an_officer_closes_a_finding_with_a_reason(world: World) -> None:
    own = await meter(world, await funded_project(world))
    set_date(world, 2024, 4, 4)
    await send(world, reading(own, "600"))
    listed = await world.get("monitoring", "/v1/reading-findings?state=open", "110105-officer-1")
    path = f"/v1/reading-findings/{listed['items'][0]['id']}/close"
    await world.post("monitoring", path, world.owner(), {"reason": "检修"}, status=403)
    await world.post("monitoring", path, "110106-officer-1", {"reason": "检修"}, status=404)
    closed = await world.post("monitoring", path, "110105-officer-1", {"reason": "设备检修，已恢复"})
    assert (closed["state"], closed["closed"]["by"]) == ("closed", "110105-officer-1")
    await world.post("monitoring", path, "110105-officer-1", {"reason": "再次"}, status=409)


async def test_a_write_key_may_submit_readings_and_a_read_key_may_not(world: World) -> None:
    own = await meter(world, await funded_project(world))
    set_date(world, 2024, 4, 4)
    for writes, status in ((True, 207), (False, 403)):
        asked = new_key("monitoring", districts=["110105"], writes=writes)
        key = (await world.post("monitoring", "/v1/api-keys", "city-supervisor-1", asked, status=201))["key"]
        answer = await world.clients["monitoring"].post(
            "/v1/readings:batch",
            json={"readings": [reading(own)]},
            headers={"authorization": f"Bearer {key}", "idempotency-key": f"push-{writes}"},
        )
        assert answer.status_code == status, answer.text


async def test_bounds_change_with_the_current_version_only(world: World) -> None:
    project = await funded_project(world)
    own = await meter(world, project)
    path, bounds = f"/v1/meters/{own}", {"label": "总表", "period": "day", "low": None, "high": "9000"}
    await world.call("monitoring", "PUT", path, "inspector-1", bounds, status=428, if_match="")
    changed = await world.call("monitoring", "PUT", path, "inspector-1", bounds, status=200, if_match='"1"')
    assert (changed.json()["high"], changed.headers["etag"]) == ("9000", '"2"')
    await world.call("monitoring", "PUT", path, "inspector-1", bounds, status=412, if_match='"1"')
    await world.call("monitoring", "PUT", path, world.owner(), bounds, status=403, if_match='"2"')
    wrong = await world.call(
        "monitoring", "PUT", path, "inspector-1", bounds | {"low": "9001"}, status=422, if_match="x"
    )
    assert "下限" in wrong.json()["detail"]


async def test_a_meter_number_is_unique_per_project(world: World) -> None:
    project = await funded_project(world)
    await meter(world, project)
    again = {"meter_no": "DL-01", "label": "总表", "kind": "gas_m3", "period": "day"}
    await world.post("monitoring", f"/v1/files/{project}/meters", "city-officer-1", again, status=409)
    assert len((await world.get("monitoring", f"/v1/files/{project}/meters", world.owner()))["items"]) == 1


async def test_a_reading_without_time_zone_is_refused(world: World) -> None:
    own = await meter(world, await funded_project(world))
    body = {"readings": [reading(own, "1", "2024-03-01T00:00:00")]}
    refused = await world.post("monitoring", "/v1/readings:batch", world.owner(), body, status=422)
    assert refused["errors"][0]["pointer"] == "/body/readings/0/measured_at"
