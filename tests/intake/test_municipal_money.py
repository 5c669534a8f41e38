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
    "title_certificate_no": "京（2020）朝不动产权第0000001号",
    "building_id": "R-7",
    "works": ["fit_out", "structure"],
    "document_no": "京经信发〔2022〕7号",
    "repeat_reason": None,
}
NOWHERE = {"project_code": None, "address": None, "title_certificate_no": None, "building_id": None}


async def programme(world: World, **changed: Any) -> dict[str, Any]:
    body = {"name": "示例厂房改造奖励", "authority": "市经济和信息化局", "note": "每年一批"} | changed
    made: dict[str, Any] = await world.post("intake", PROGRAMMES, "city-officer-2", body, 201)
    return made


async def test_every_field_of_a_programme_and_of_a_payment(world: World) -> None:
    added = await programme(world)
    assert added == {
        "id": added["id"],
        "name": "示例厂房改造奖励",
        "authority": "市经济和信息化局",
        "note": "每年一批",
        "added_at": "2024-03-01T02:00:00Z",
        "closed_at": None,
    }
    assert added in (await world.get("intake", PROGRAMMES, OFFICER))["items"]
    world.clock.set(datetime.fromisoformat("2024-03-05T11:30:00+08:00"))
    registered = await world.post("intake", RECORDS, OFFICER, PAYMENT | {"programme_id": added["id"]}, 201)
    named = {"programme_id": added["id"], "programme_name": "示例厂房改造奖励"}
    said = PAYMENT | named | {"id": registered["id"], "registered_at": "2024-03-05T03:30:00Z"}
    said |= {"withdrawn_at": None, "withdraw_reason": None}
    assert registered == said
    assert (await world.get("intake", RECORDS, OFFICER))["items"] == [said]
    assert (await world.get("intake", RECORDS, "110106-officer-1"))["items"] == []
    place = "SELECT entity_place FROM intake.municipal_funding_record"
    assert await world.database.admin.fetchval(place) == f"{USCC}|朝阳区示例路7号"
    await check_event(world, registered)
    acts = [(await world.get("intake", f"/v1/acts/{each['id']}", "auditor-1"))["items"] for each in (added, registered)]
    assert [[(act["act"], act["actor"], act["district"], act["detail"]) for act in each] for each in acts] == [
        [("add_fund_programme", "city-officer-2", "110000", {"programme": "示例厂房改造奖励"})],
        [("register_other_funds", OFFICER, "110105", {"amount_yuan": "300000.07"})],
    ]


async def check_event(world: World, registered: dict[str, Any]) -> None:
    (event,) = await world.events("intake", "intake.municipal_money_registered.v1")
    kept = (
        "project_code", "entity_uscc", "entity_name", "amount_yuan", "funded_on", "source", "district", "address",
        "title_certificate_no", "building_id", "works", "document_no",
    )  # fmt: skip
    assert event["data"] == {name: PAYMENT[name] for name in kept} | {
        "record_id": registered["id"],
        "programme": "示例厂房改造奖励",
        "registered_by": OFFICER,
        "applicant_uscc": None,
        "version": 1,
        "correction_reason": None,
        "corrected_by": None,
    }


async def test_a_programme_is_registered_once(world: World) -> None:
    await programme(world)
    before = (await world.get("intake", PROGRAMMES, OFFICER))["items"]
    for name in ("示例厂房改造奖励", "北京市示例厂房改造奖励", "示例廠房改造獎勵", "示例厂房（改造）奖励\u200b"):
        again = {"name": name, "authority": "其他部门"}
        answer = await world.call("intake", "POST", PROGRAMMES, "city-officer-1", again)
        assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    await world.call("intake", "POST", PROGRAMMES, OFFICER, again, status=403)
    assert (await world.get("intake", PROGRAMMES, OFFICER))["items"] == before


async def test_the_programmes_that_fund_the_same_works_are_known_from_the_start(world: World) -> None:
    known = (await world.get("intake", PROGRAMMES, OFFICER))["items"]
    assert [each["name"] for each in known] == [
        "中关村存量空间资源改造支持资金",
        "光伏发电应用市级支持资金",
        "公共建筑节能绿色化改造奖励",
        "热泵系统应用市级支持资金",
        "老旧厂房更新改造奖励",
        "装配式建筑奖励",
        "超低能耗建筑奖励",
    ]


async def test_a_programme_is_corrected_and_closed(world: World) -> None:
    added = await programme(world)
    path = f"{PROGRAMMES}/{added['id']}"
    change = {"name": "示例厂房改造补助", "authority": "市经济和信息化局", "reason": "改名"}
    corrected = await world.post("intake", f"{path}/correct", "city-officer-1", change)
    assert (corrected["name"], corrected["note"]) == ("示例厂房改造补助", None)
    taken = change | {"name": "老旧厂房更新改造奖励"}
    assert (await world.post("intake", f"{path}/correct", "city-officer-1", taken, 409))["code"] == "duplicate"
    body = PAYMENT | {"programme_id": added["id"]}
    await world.post("intake", RECORDS, OFFICER, body, 201)
    closed = await world.post("intake", f"{path}/close", "city-officer-1", {"reason": "不再实施"})
    assert closed["closed_at"] == "2024-03-01T02:00:00Z"
    for act, said in (("close", {"reason": "再次"}),):
        assert (await world.post("intake", f"{path}/{act}", "city-officer-1", said, 409))["code"] == "wrong_status"
    refused = await world.post("intake", RECORDS, OFFICER, body | {"amount_yuan": "5.00"}, 409)
    assert refused["errors"][0]["pointer"] == "/body/programme_id"
    acts = (await world.get("intake", f"/v1/acts/{added['id']}", "auditor-1"))["items"]
    assert [(act["act"], act["reason"]) for act in acts] == [
        ("add_fund_programme", None), ("correct_fund_programme", "改名"), ("close_fund_programme", "不再实施"),
    ]  # fmt: skip
    assert acts[1]["detail"]["before"]["name"] == "示例厂房改造奖励"


LIMITS: list[tuple[str, dict[str, Any], int]] = [
    (OFFICER, {"address": None}, 201),
    (OFFICER, {"project_code": None}, 201),
    (OFFICER, NOWHERE, 422),
    (OFFICER, NOWHERE | {"address": "北京市，"}, 422),
    (OFFICER, NOWHERE | {"building_id": "R-8"}, 201),
    (OFFICER, NOWHERE | {"title_certificate_no": "京朝国用（2001）第1号"}, 201),
    (OFFICER, {"amount_yuan": "0.01"}, 201),
    (OFFICER, {"amount_yuan": "0.00"}, 422),
    (OFFICER, {"amount_yuan": "10000000000000.00"}, 201),
    (OFFICER, {"amount_yuan": "10000000000000.01"}, 422),
    (OFFICER, {"district": "110106"}, 403),
    ("110106-officer-1", {}, 403),
    ("110106-officer-1", {"district": "110106"}, 201),
    ("city-officer-1", {"district": "110106"}, 409),
    ("city-officer-1", {"district": "110106", "address": "示例路九号"}, 201),
    ("110105-supervisor-1", {}, 403),
    ("city-supervisor-1", {}, 403),
    (OFFICER, {"programme_id": "00000000-0000-7000-8000-000000000000"}, 404),
]


async def test_a_payment_is_registered_for_the_own_district_and_within_limits(world: World) -> None:
    body, found = PAYMENT | {"programme_id": (await programme(world))["id"]}, []
    for who, changed, _ in LIMITS:
        said = body | {"repeat_reason": "一个文件下达多笔"} | changed
        answer = await world.call("intake", "POST", RECORDS, who, said)
        found.append((who, changed, answer.status_code))
    assert found == LIMITS
    registered = await world.events("intake", "intake.municipal_money_registered.v1")
    assert len(registered) == sum(status == 201 for *_, status in LIMITS)


async def test_one_payment_is_registered_once_however_its_document_is_spelled(world: World) -> None:
    body = PAYMENT | {"programme_id": (await programme(world))["id"]}
    kept = await world.post("intake", RECORDS, OFFICER, body, 201)
    for spelled in ("京经信发[2022]7号", "京經信發（2\uff10\uff122）7號", "京经信发〔2022〕 7号\u200b"):
        again = await world.post("intake", RECORDS, "city-officer-1", body | {"document_no": spelled}, 409)
        assert (again["code"], kept["id"] in again["detail"]) == ("duplicate", True), spelled
    other_day = body | {"funded_on": "2022-06-02"}
    refused = await world.post("intake", RECORDS, OFFICER, other_day, 409)
    assert (refused["code"], refused["records"]) == ("document_repeated", [kept["id"]])
    await world.post("intake", RECORDS, OFFICER, other_day | {"repeat_reason": "分两期下达"}, 201)
    hidden = await world.post(
        "intake", RECORDS, "110106-officer-1", body | {"district": "110106", "address": "朝阳区示例路7号"}, 409
    )
    assert (hidden["code"], kept["id"] in str(hidden)) == ("duplicate", False)


async def test_who_registered_a_payment_neither_corrects_nor_withdraws_it(world: World) -> None:
    body = PAYMENT | {"programme_id": (await programme(world))["id"]}
    kept = await world.post("intake", RECORDS, OFFICER, body, 201)
    path = f"{RECORDS}/{kept['id']}"
    change = body | {"amount_yuan": "5.00", "reason": "金额误填"}
    for act, said in (("correct", change), ("withdraw", {"reason": "误"})):
        assert (await world.post("intake", f"{path}/{act}", OFFICER, said, 403))["code"] == "same_officer"
    corrected = await world.post("intake", f"{path}/correct", "city-officer-1", change)
    assert corrected["amount_yuan"] == "5.00"
    withdrawn = await world.post("intake", f"{path}/withdraw", "city-officer-1", {"reason": "资金已退回"})
    assert withdrawn["withdraw_reason"] == "资金已退回"
    for act, said in (("correct", change), ("withdraw", {"reason": "误"})):
        assert (await world.post("intake", f"{path}/{act}", "city-officer-1", said, 409))["code"] == "wrong_status"
    await world.post("intake", RECORDS, OFFICER, body, 201)
    events = await world.events("intake", "intake.municipal_money_registered.v1", "intake.municipal_money_withdrawn.v1")
    told = [(each["data"]["version"], each["data"].get("correction_reason", "-")) for each in events]
    assert told == [(1, None), (2, "金额误填"), (3, "-"), (1, None)]
