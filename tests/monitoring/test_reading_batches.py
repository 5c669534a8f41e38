"""Tests of mixed batches of readings: known and new, good and bad, of several meters, days and files."""

from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from tests.keys import new_key
from tests.monitoring.fixtures import OTHER, OWNER, funded_project, set_date
from tests.world import World

pytestmark = pytest.mark.clause("四（一）3")

NOW = "2024-04-04T10:00:00+08:00"
EVENING, MIDNIGHT = "2024-04-03T23:59:59+08:00", "2024-04-04T00:00:00+08:00"
"""One calendar day in UTC, two in Beijing."""


async def meter(world: World, project: UUID, meter_no: str, **changes: Any) -> str:
    usual = {
        "meter_no": meter_no,
        "label": "表",
        "kind": "electricity_kwh",
        "period": "hour",
        "low": "10",
        "high": "20",
    }
    path = f"/v1/files/{project}/meters"
    return str((await world.post("monitoring", path, "city-officer-1", usual | changes, status=201))["id"])


def reading(meter_id: str, measured_at: str, value: str) -> dict[str, str]:
    return {"meter_id": meter_id, "measured_at": measured_at, "value": value}


async def send(world: World, *readings: dict[str, str]) -> list[tuple[str, bool]]:
    answer = await world.post("monitoring", "/v1/readings:batch", world.owner(), {"readings": readings}, status=207)
    assert [row["index"] for row in answer["results"]] == list(range(len(readings)))
    return [(row["status"], row["out_of_range"]) for row in answer["results"]]


async def breaches(world: World) -> list[dict[str, Any]]:
    path = "/v1/reading-findings?sort=measured_on"
    items: list[dict[str, Any]] = (await world.get("monitoring", path, "auditor-1"))["items"]
    return items


async def announced(world: World) -> list[dict[str, Any]]:
    return [event["data"] for event in await world.events("monitoring", "monitoring.reading_out_of_range.v1")]


async def test_a_mixed_batch_answers_each_row_in_order_and_reports_each_meter_and_day_once(world: World) -> None:
    project, second = await funded_project(world), await funded_project(world, district="110106")
    a = await meter(world, project, "A")
    b = await meter(world, second, "B", kind="gas_m3", low=None)
    foreign = await meter(world, await funded_project(world, applicant_uscc=OTHER), "C")
    set_date(world, 2024, 4, 4)
    before = "2024-04-03T12:00:00+08:00"
    assert await send(world, reading(a, before, "15"), reading(b, before, "5")) == [("recorded", False)] * 2
    batch = [
        (reading(a, before, "15"), "unchanged", False),
        (reading(b, before, "6"), "conflict", False),
        (reading(a, NOW, "20"), "recorded", False),
        (reading(a, "2024-04-04T10:00:01+08:00", "15"), "in_the_future", False),
        (reading(foreign, before, "15"), "unknown_meter", False),
        (reading(a, MIDNIGHT, "21.5"), "recorded", True),
        (reading(a, EVENING, "9.25"), "recorded", True),
        (reading(b, EVENING, "20.0001"), "recorded", True),
        (reading(a, "2024-04-03T23:00:00+08:00", "8"), "recorded", True),
        (reading(a, EVENING, "9.25"), "unchanged", True),
        (reading(a, EVENING, "9.3"), "conflict", True),
        (reading(b, MIDNIGHT, "0"), "recorded", False),
        (reading(str(uuid4()), NOW, "1"), "unknown_meter", False),
        (reading(b, "2024-04-03T12:00:00Z", "20.0001"), "recorded", True),
    ]
    assert await send(world, *(row for row, _, _ in batch)) == [(status, out) for _, status, out in batch]
    expected = [
        (a, project, "110105", "electricity_kwh", "9.25", "9.2500", "不低于 10.0000", "2024-04-03"),
        (b, second, "110106", "gas_m3", "20.0001", "20.0001", "不高于 20.0000", "2024-04-03"),
        (a, project, "110105", "electricity_kwh", "21.5", "21.5000", "不高于 20.0000", "2024-04-04"),
    ]
    assert sorted(await breaches(world), key=lambda row: (row["measured_on"], row["meter_id"] != a)) == [
        {
            "id": str(uuid5(UUID(meter_id), day)),
            "meter_id": meter_id,
            "declaration_id": str(of),
            "district": district,
            "quantity": quantity,
            "value": stored,
            "threshold": threshold,
            "measured_on": day,
            "state": "open",
            "closed": None,
        }
        for meter_id, of, district, quantity, _, stored, threshold, day in expected
    ]
    # The events follow the order of the first breaches in the batch.
    assert await announced(world) == [
        {
            "declaration_id": str(of),
            "district": district,
            "applicant_uscc": OWNER,
            "meter_id": meter_id,
            "quantity": quantity,
            "value": value,
            "threshold": threshold,
            "measured_on": day,
        }
        for meter_id, of, district, quantity, value, _, threshold, day in (expected[2], expected[0], expected[1])
    ]


async def series(world: World, meter_id: str) -> list[tuple[str, str, bool]]:
    items = (await world.get("monitoring", f"/v1/meters/{meter_id}/readings", "auditor-1"))["items"]
    return [(item["measured_at"], item["value"], item["out_of_range"]) for item in items]


async def test_the_first_row_of_an_instant_counts_and_an_instant_is_one_in_every_zone(world: World) -> None:
    own = await meter(world, await funded_project(world), "A")
    set_date(world, 2024, 4, 4)
    same = ("2024-04-03T16:00:00Z", MIDNIGHT, "2024-04-03T11:00:00-05:00")
    rows = [reading(own, moment, value) for moment, value in zip(same, ("25", "15", "25.0000"), strict=True)]
    assert await send(world, *rows) == [("recorded", True), ("conflict", False), ("unchanged", True)]
    assert await series(world, own) == [("2024-04-03T16:00:00Z", "25.0000", True)]
    assert await send(world, *reversed(rows)) == [("unchanged", True), ("conflict", False), ("unchanged", True)]
    assert [row["measured_on"] for row in await breaches(world)] == ["2024-04-04"]


async def test_two_meters_at_one_instant_are_two_readings(world: World) -> None:
    project = await funded_project(world)
    a, b = await meter(world, project, "A"), await meter(world, project, "B", high="30")
    set_date(world, 2024, 4, 4)
    batch = [(a, EVENING, "25"), (b, EVENING, "25"), (b, MIDNIGHT, "31"), (a, MIDNIGHT, "9")]
    assert await send(world, *(reading(*row) for row in batch)) == [
        ("recorded", True),
        ("recorded", False),
        ("recorded", True),
        ("recorded", True),
    ]
    assert await send(world, reading(a, EVENING, "31"), reading(b, MIDNIGHT, "25")) == [
        ("conflict", True),
        ("conflict", False),
    ]
    assert [row[1] for row in await series(world, a)] == ["25.0000", "9.0000"]
    assert [row[1] for row in await series(world, b)] == ["25.0000", "31.0000"]
    assert sorted((row["meter_id"], row["measured_on"]) for row in await breaches(world)) == sorted(
        [(a, "2024-04-03"), (a, "2024-04-04"), (b, "2024-04-04")]
    )


async def test_a_closed_finding_stays_closed_that_day_and_the_next_day_has_its_own(world: World) -> None:
    own = await meter(world, await funded_project(world), "A")
    set_date(world, 2024, 4, 4)
    await send(world, reading(own, EVENING, "25"))
    (finding,) = await breaches(world)
    path, stated = f"/v1/reading-findings/{finding['id']}/close", {"reason": "检修"}
    closed = await world.post("monitoring", path, "110105-officer-2", stated)
    mark = {"by": "110105-officer-2", "at": "2024-04-04T02:00:00Z", "reason": "检修"}
    assert closed == finding | {"state": "closed", "closed": mark}
    assert await send(world, reading(own, EVENING, "25")) == [("unchanged", True)]
    assert await send(world, reading(own, "2024-04-03T08:00:00+08:00", "99")) == [("recorded", True)]
    assert [(row["state"], row["value"]) for row in await breaches(world)] == [("closed", "25.0000")]
    await send(world, reading(own, MIDNIGHT, "26"))
    assert [(row["measured_on"], row["state"]) for row in await breaches(world)] == [
        ("2024-04-03", "closed"),
        ("2024-04-04", "open"),
    ]
    assert [data["value"] for data in await announced(world)] == ["25", "26"]


async def test_new_bounds_judge_new_readings_only(world: World) -> None:
    own = await meter(world, await funded_project(world), "A")
    set_date(world, 2024, 4, 4)
    await send(world, reading(own, EVENING, "25"), reading(own, MIDNIGHT, "15"))
    bounds = {"label": "新表", "period": "month", "low": "16", "high": None}
    path = f"/v1/meters/{own}"
    changed = await world.call("monitoring", "PUT", path, "city-officer-1", bounds, status=200, if_match='"1"')
    named = ("label", "period", "high", "version", "meter_no", "kind")
    shown = await world.get("monitoring", path, "auditor-1")
    assert [shown[name] for name in named] == ["新表", "month", None, 2, "A", "electricity_kwh"]
    assert [changed.json()[name] for name in named] == [shown[name] for name in named]
    assert await send(world, reading(own, "2024-04-04T01:00:00+08:00", "15.9999")) == [("recorded", True)]
    assert [row[1:] for row in await series(world, own)] == [
        ("25.0000", True),
        ("15.0000", False),
        ("15.9999", True),
    ]
    assert [row["threshold"] for row in await breaches(world)] == ["不高于 20.0000", "不低于 16.0000"]


async def test_readings_of_a_system_carry_the_id_of_its_key(world: World) -> None:
    own = await meter(world, await funded_project(world), "A")
    set_date(world, 2024, 4, 4)
    asked = new_key("monitoring", districts=["110105"], writes=True, name="能耗平台")
    issued = await world.post("monitoring", "/v1/api-keys", "city-supervisor-1", asked, status=201)
    headers = {"authorization": f"Bearer {issued['key']}", "idempotency-key": "push"}
    body = {"readings": [reading(own, EVENING, "15")]}
    client = world.clients["monitoring"]
    assert (await client.post("/v1/readings:batch", json=body, headers=headers)).status_code == 207
    await send(world, reading(own, MIDNIGHT, "15"))
    items = (await world.get("monitoring", f"/v1/meters/{own}/readings", "auditor-1"))["items"]
    assert [item["received_from"] for item in items] == [f"key:{issued['id']}", world.owner().subject]
