"""Payee accounts: entered by the owner, confirmed by the district, changed by two people. 三（二）"""

from typing import Any
from uuid import UUID

import pytest

from tests.funding.case import (
    ACCOUNT,
    appropriate,
    approved,
    code,
    enter_payee,
    enter_pool,
    payee,
    plan_item,
    planned,
    read,
    requested,
)
from tests.funding.distinct import at
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
NAME = "示例置业有限公司"
CLERK, OTHER_CLERK, HEAD = "110105-officer-1", "110105-officer-2", "110105-supervisor-1"
WIDE = "".join(chr(ord(digit) + 0xFEE0) for digit in ACCOUNT["account_no"])
REASON = {"reason": "开户行撤并"}
ENTRIES: dict[str, tuple[dict[str, Any], int, str]] = {
    "the name in other characters": ({"account_name": "示例置业有限公司 "}, 201, ""),
    "the name in full width": ({"account_name": "示例置业有限公司（）"}, 422, "/body/account_name"),
    "another name": ({"account_name": "示例商业有限公司"}, 422, "/body/account_name"),
    "blanks and hyphens in the number": ({"account_no": "0200 0012-0900 1234 567"}, 201, ""),
    "full-width digits": ({"account_no": WIDE}, 201, ""),
    "a number with letters": ({"account_no": "0200001209001234X"}, 422, "/body/account_no"),
    "a number that a spreadsheet rounded": ({"account_no": "2.00001E+16"}, 422, "/body/account_no"),
    "a bank code of eleven digits": ({"bank_code": "10210000000"}, 422, "/body/bank_code"),
}


@pytest.mark.parametrize("name", ENTRIES)
async def test_an_account_bears_the_name_of_the_entity_and_a_number_of_digits(world: World, name: str) -> None:
    more, status, field = ENTRIES[name]
    case = await enter_pool(world)
    body = {"account_name": NAME, **ACCOUNT, **more}
    answer = await world.call("funding", "POST", f"/v1/applications/{case}/payee-accounts", world.owner(), body)
    assert answer.status_code == status, answer.text
    if field:
        assert [each["pointer"] for each in answer.json()["errors"]] == [field]
    else:
        assert answer.json()["account_no"] == ACCOUNT["account_no"]


async def test_no_money_is_asked_for_before_the_district_has_confirmed_the_account(world: World) -> None:
    await appropriate(world)
    case = await approved(world)
    plan = {"year": 2024, "batch": 1, "items": [plan_item(case)]}
    drafted = await world.post("funding", "/v1/plans", "city-officer-2", plan, 201)
    await world.post("funding", f"/v1/plans/{drafted['id']}/issue", "city-supervisor-2")
    refused = await requested(world, case, status=409)
    assert (refused["code"], "请项目单位填报收款账户" in refused["detail"]) == ("no_payee", True)
    entered = await enter_payee(world, case)
    refused = await requested(world, case, status=409)
    assert (refused["code"], "请区级办理人员确认" in refused["detail"]) == ("no_payee", True)
    path = f"/v1/payee-accounts/{entered['id']}"
    assert await code(world, f"{path}/confirm", "110106-officer-1", status=404) == "not_found"
    assert await code(world, f"{path}/confirm", "city-officer-1", status=403) == "forbidden"
    confirmed = await world.post("funding", f"{path}/confirm", CLERK)
    assert (confirmed["status"], confirmed["from_on"]) == ("confirmed", "2024-03-01")
    await requested(world, case)


async def test_whoever_confirmed_the_account_does_not_pay_to_it(world: World) -> None:
    case = await planned_case(world)
    request = await requested(world, case)
    held = "INSERT INTO funding.duty VALUES ($1, 'finance-2', $2, now())"
    await world.database.admin.execute(held, case, "confirm_payee")
    assert await code(world, f"/v1/release-requests/{request['id']}/approve", "finance-2", status=403) == "same_officer"


async def planned_case(world: World) -> UUID:
    await appropriate(world)
    case = await approved(world)
    await planned(world, case)
    return case


async def test_another_account_takes_a_reason_two_people_and_a_waiting_day(world: World) -> None:
    case = await planned_case(world)
    entry = f"/v1/applications/{case}/payee-accounts"
    body = {"account_name": NAME, **ACCOUNT, "account_no": "0200009999"}
    unreasoned = await world.post("funding", entry, world.owner(), body, 422)
    assert unreasoned["errors"][0]["pointer"] == "/body/reason"
    assert await code(world, entry, world.owner(), {"account_name": NAME, **ACCOUNT}) == "duplicate"
    changed = await world.post("funding", entry, world.owner(), body | REASON, 201)
    assert await code(world, entry, world.owner(), body | REASON) == "duplicate"
    path = f"/v1/payee-accounts/{changed['id']}"
    assert (await requested(world, case, status=409))["code"] == "payee_changing"
    assert await code(world, f"{path}/confirm", HEAD) == "wrong_status"
    await world.post("funding", f"{path}/check", CLERK)
    assert await code(world, f"{path}/confirm", OTHER_CLERK, status=403) == "forbidden"
    held = "INSERT INTO funding.duty VALUES ($1, $2, 'check_payee', now())"
    await world.database.admin.execute(held, case, HEAD)
    assert await code(world, f"{path}/confirm", HEAD, status=403) == "same_officer"
    confirmed = await world.post("funding", f"{path}/confirm", "110105-supervisor-2")
    # Confirmed on a Friday: Monday is the waiting day, the first payment is on Tuesday.
    assert confirmed["from_on"] == "2024-03-05"
    refused = await requested(world, case, status=409)
    assert (refused["code"], "2024-03-05" in refused["detail"]) == ("payee_changing", True)
    at(world, "2024-03-04 23:59")
    assert (await requested(world, case, status=409))["code"] == "payee_changing"
    at(world, "2024-03-05 00:01")
    await requested(world, case)
    kept = [(each["number"], each["status"]) for each in (await read(world, case))["payee_accounts"]]
    assert kept == [(1, "confirmed"), (2, "confirmed")]


async def test_after_a_change_of_name_the_owner_enters_the_account_under_its_new_name(world: World) -> None:
    case = await planned_case(world)
    await world.database.admin.execute("UPDATE funding.application SET applicant_name = '示例置业集团有限公司'")
    refused = await requested(world, case, status=409)
    assert (refused["code"], "示例置业集团有限公司" in refused["detail"]) == ("payee_changing", True)
    renamed = await enter_payee(world, case, reason="单位更名")
    assert (renamed["account_name"], renamed["status"]) == ("示例置业集团有限公司", "entered")


async def test_a_change_that_is_returned_or_withdrawn_leaves_the_confirmed_account_in_force(world: World) -> None:
    case = await planned_case(world)
    for act, who in (("return", CLERK), ("withdraw", world.owner())):
        changed = await enter_payee(world, case, account_no="0200009999", **REASON)
        ended = await world.post("funding", f"/v1/payee-accounts/{changed['id']}/{act}", who, {"reason": "账号不符"})
        assert (ended["status"], ended["decision_reason"]) == (
            f"{act}ed" if act == "return" else "withdrawn",
            "账号不符",
        )
    await requested(world, case)


async def test_a_first_account_that_was_returned_is_no_change(world: World) -> None:
    case = await enter_pool(world)
    first = await enter_payee(world, case)
    assert await code(world, f"/v1/payee-accounts/{first['id']}/check", CLERK) == "wrong_status"
    await world.post("funding", f"/v1/payee-accounts/{first['id']}/return", CLERK, {"reason": "无开户证明"})
    again = await payee(world, case)
    assert (again["number"], again["changes"], again["status"]) == (2, False, "confirmed")


READERS = {
    CLERK: ACCOUNT["account_no"], "finance-1": ACCOUNT["account_no"], "city-officer-1": "****4567",
    "auditor-1": "****4567", "110105-government": "****4567",
}  # fmt: skip


async def test_the_number_is_whole_for_those_who_need_it_and_stands_in_no_act(world: World) -> None:
    case = await enter_pool(world)
    account = await payee(world, case)
    path = f"/v1/payee-accounts/{account['id']}"
    told = {who: (await world.get("funding", path, who))["account_no"] for who in READERS}
    assert told == READERS
    assert (await world.get("funding", path, world.owner()))["account_no"] == ACCOUNT["account_no"]
    stranger = world.owner("91110108551385082Q", "另一单位")
    await world.get("funding", path, stranger, 404)
    assert ACCOUNT["account_no"] not in str((await read(world, case))["timeline"])
