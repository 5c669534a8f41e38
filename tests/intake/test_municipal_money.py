"""Money of other municipal programmes: every field of answers and events, places, districts, limits (二（五）)."""

from datetime import datetime
from typing import Any

import pytest

from tests.intake.sample_declarations import OFFICER
from tests.world import World

pytestmark = pytest.mark.clause("二（五）")

PROGRAMMES, RECORDS = "/v1/municipal-fund-programmes", "/v1/municipal-funding-records"
USCC = "91110000600037341L"
PAYMENT: dict[str, Any] = {
    "district": "110105",
    "project_code": "2401-110105-04-01-000071",
    "entity_uscc": USCC,
    "entity_name": "示例置业有限公司",
    "address": "北京市朝阳区 示例路七号",
    "amount_yuan": "300000.07",
    "funded_on": "2022-06-01",
    "source": "主管部门公示",
}


async def programme(world: World, **changed: Any) -> dict[str, Any]:
    body = {"name": "老旧厂房改造奖励", "authority": "市经济和信息化局", "note": "每年一批"} | changed
    made: dict[str, Any] = await world.post("intake", PROGRAMMES, "city-officer-2", body, 201)
    return made


async def test_every_field_of_a_programme_and_of_a_payment(world: World) -> None:
    added = await programme(world)
    assert added == {
        "id": added["id"],
        "name": "老旧厂房改造奖励",
        "authority": "市经济和信息化局",
        "note": "每年一批",
        "added_at": "2024-03-01T02:00:00Z",
    }
    assert (await world.get("intake", PROGRAMMES, OFFICER))["items"] == [added]
    world.clock.set(datetime.fromisoformat("2024-03-05T11:30:00+08:00"))
    registered = await world.post("intake", RECORDS, OFFICER, PAYMENT | {"programme_id": added["id"]}, 201)
    named = {"programme_id": added["id"], "programme_name": "老旧厂房改造奖励"}
    said = PAYMENT | named | {"id": registered["id"], "registered_at": "2024-03-05T03:30:00Z"}
    assert registered == said
    assert (await world.get("intake", RECORDS, OFFICER))["items"] == [said]
    assert (await world.get("intake", RECORDS, "110106-officer-1"))["items"] == []
    place = "SELECT entity_place FROM intake.municipal_funding_record"
    assert await world.database.admin.fetchval(place) == f"{USCC}|朝阳区示例路7号"
    await check_event(world, registered)
    acts = [(await world.get("intake", f"/v1/acts/{each['id']}", "auditor-1"))["items"] for each in (added, registered)]
    assert [[(act["act"], act["actor"], act["district"], act["detail"]) for act in each] for each in acts] == [
        [("add_fund_programme", "city-officer-2", "110000", {"programme": "老旧厂房改造奖励"})],
        [("register_other_funds", OFFICER, "110105", {"amount_yuan": "300000.07"})],
    ]


async def check_event(world: World, registered: dict[str, Any]) -> None:
    (event,) = await world.events("intake", "intake.municipal_money_registered.v1")
    kept = ("project_code", "entity_uscc", "entity_name", "amount_yuan", "funded_on", "source", "district")
    assert event["data"] == {name: PAYMENT[name] for name in kept} | {
        "record_id": registered["id"],
        "programme": "老旧厂房改造奖励",
        "registered_by": OFFICER,
        "applicant_uscc": None,
    }


async def test_a_programme_is_registered_once(world: World) -> None:
    await programme(world)
    again = {"name": "老旧厂房改造奖励", "authority": "其他部门"}
    answer = await world.call("intake", "POST", PROGRAMMES, "city-officer-1", again)
    assert answer.status_code == 409
    await world.call("intake", "POST", PROGRAMMES, OFFICER, again, status=403)
    assert len((await world.get("intake", PROGRAMMES, OFFICER))["items"]) == 1


LIMITS: list[tuple[str, dict[str, Any], int]] = [
    (OFFICER, {"address": None}, 201),
    (OFFICER, {"project_code": None}, 201),
    (OFFICER, {"project_code": None, "address": None}, 422),
    (OFFICER, {"project_code": None, "address": "北京市，"}, 422),
    (OFFICER, {"amount_yuan": "0.01"}, 201),
    (OFFICER, {"amount_yuan": "0.00"}, 422),
    (OFFICER, {"amount_yuan": "10000000000000.00"}, 201),
    (OFFICER, {"amount_yuan": "10000000000000.01"}, 422),
    (OFFICER, {"district": "110106"}, 403),
    ("110106-officer-1", {}, 403),
    ("110106-officer-1", {"district": "110106"}, 201),
    ("city-officer-1", {"district": "110106"}, 201),
    ("110105-supervisor-1", {}, 403),
    ("city-supervisor-1", {}, 403),
    (OFFICER, {"programme_id": "00000000-0000-7000-8000-000000000000"}, 404),
]


async def test_a_payment_is_registered_for_the_own_district_and_within_limits(world: World) -> None:
    body, found = PAYMENT | {"programme_id": (await programme(world))["id"]}, []
    for who, changed, _ in LIMITS:
        answer = await world.call("intake", "POST", RECORDS, who, body | changed)
        found.append((who, changed, answer.status_code))
    assert found == LIMITS
    registered = await world.events("intake", "intake.municipal_money_registered.v1")
    assert len(registered) == sum(status == 201 for *_, status in LIMITS)
