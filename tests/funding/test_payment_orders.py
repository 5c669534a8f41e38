"""Payment orders: batches of releases with numbers, files and totals, withdrawn and issued anew. 三（二）"""

import csv
import io
from decimal import Decimal
from hashlib import sha256
from zipfile import ZipFile

import pytest

from services.funding.payments.matching import _BOOKS
from tests.funding.case import (
    ACCOUNT,
    appropriate,
    approved,
    booked,
    code,
    enter_payee,
    paid,
    planned,
    read,
    receipt,
    released,
    requested,
    sound,
)
from tests.funding.distinct import at
from tests.interleaving import after
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
ORDERS = "/v1/payment-orders"
REASON = {"reason": "用途写错"}


async def test_an_order_takes_every_release_that_waits_with_its_payee_and_total(world: World) -> None:
    await appropriate(world)
    cases = [await approved(world), await approved(world, investment_yuan="123456789.10")]
    await planned(world, *cases)
    for case in cases:
        request = await requested(world, case)
        await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    order = await world.post("funding", ORDERS, "finance-1", {}, 201)
    assert (order["order_no"], order["lines"], order["total_yuan"]) == ("京发改（支付）〔2024〕1号", 2, "22345678.91")
    assert [(each["line_no"], each["status"], each["account_no"]) for each in order["items"]] == [
        (1, "ordered", ACCOUNT["account_no"]), (2, "ordered", ACCOUNT["account_no"]),
    ]  # fmt: skip
    # Issued on Friday, 1 March: the fifth working day after it is Friday, 8 March.
    assert (order["due_on"], order["overdue_since"], order["left_out"]) == ("2024-03-08", None, [])
    again = await world.post("funding", ORDERS, "finance-1", {}, 409)
    assert again["code"] == "nothing_to_order"
    ids = [order["items"][0]["release_id"]]
    assert await code(world, ORDERS, "finance-1", {"release_ids": ids}) == "duplicate"
    assert await code(world, ORDERS, "city-officer-1", {}, 403) == "forbidden"
    told = await world.get("funding", f"/v1/applications/{cases[0]}", world.owner())
    assert [(each["order_no"], each["status"]) for each in told["payment_lines"]] == [(order["order_no"], "ordered")]


async def test_the_files_are_the_same_bytes_each_time_and_keep_every_digit(world: World) -> None:
    _, order = await paid(world)
    files = {}
    for each in order["files"]:
        path = f"{ORDERS}/{order['id']}/files/{each['format']}"
        answers = [await world.call("funding", "GET", path, who, status=200) for who in ("finance-2", "auditor-1")]
        assert answers[0].content == answers[1].content
        assert sha256(answers[0].content).hexdigest() == each["sha256"]
        assert answers[0].headers["etag"] == f'"{each["sha256"]}"'
        files[each["format"]] = answers[0].content
        await world.call("funding", "GET", path, "city-officer-1", status=403)
    rows = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert [cell.strip() for cell in rows[1]] == [
        "1", order["order_no"], "示例低效楼宇改造项目", "示例置业有限公司", ACCOUNT["bank"], "", ACCOUNT["account_no"],
        "10000000.00", "投资补助第1期",
    ]  # fmt: skip
    assert rows[1][6].startswith("\t")  # a spreadsheet keeps the zeros
    assert (rows[2][0], rows[2][7]) == ("合计（1笔）", "10000000.00")
    strings = ZipFile(io.BytesIO(files["xlsx"])).read("xl/sharedStrings.xml").decode()
    assert ACCOUNT["account_no"] in strings
    sheet = ZipFile(io.BytesIO(files["xlsx"])).read("xl/worksheets/sheet1.xml").decode()
    assert (sheet.count("<v>10000000</v>"), "<f>" in sheet) == (2, False)


async def test_a_withdrawn_order_is_issued_anew_with_its_number_kept(world: World) -> None:
    _, order = await paid(world)
    path = f"{ORDERS}/{order['id']}"
    assert await code(world, ORDERS, "finance-1", {"replaces_id": order["id"]}) == "wrong_status"
    withdrawn = await world.post("funding", f"{path}/withdraw", "finance-1", REASON)
    assert (withdrawn["status"], [each["status"] for each in withdrawn["items"]]) == ("withdrawn", ["withdrawn"])
    assert await code(world, f"{path}/withdraw", "finance-1", REASON) == "wrong_status"
    anew = await world.post("funding", ORDERS, "finance-1", {"replaces_id": order["id"]}, 201)
    assert (anew["order_no"], anew["replaces_id"]) == ("京发改（支付）〔2024〕2号", order["id"])
    assert await code(world, ORDERS, "finance-1", {"replaces_id": order["id"]}) == "duplicate"
    await world.call("funding", "GET", f"{path}/files/csv", "finance-1", status=200)
    await sound(world)


async def test_an_answered_order_is_not_withdrawn(world: World) -> None:
    _, order = await paid(world)
    await booked(world, receipt(order["items"][0]))
    assert await code(world, f"{ORDERS}/{order['id']}/withdraw", "finance-1", REASON) == "wrong_status"


@pytest.mark.planted
async def test_a_withdrawal_waits_for_a_receipt_that_is_being_booked_and_is_refused(world: World) -> None:
    _, order = await paid(world)
    paying = "UPDATE funding.payment_line SET status = 'paid', answered_on = issued_on"
    call = world.call("funding", "POST", f"{ORDERS}/{order['id']}/withdraw", "finance-3", REASON)
    answer = await after(world, f"{_BOOKS.text}; SELECT FROM funding.payment_line FOR SHARE", paying, call)
    assert (answer.status_code, answer.json().get("code")) == (409, "wrong_status")
    shown = await world.get("funding", f"{ORDERS}/{order['id']}", "finance-1")
    assert (shown["status"], [line["status"] for line in shown["items"]]) == ("issued", ["paid"])


async def test_a_held_release_and_one_whose_account_changes_are_left_out(world: World) -> None:
    held = await released(world)
    changing = await approved(world)
    await planned(world, changing, batch=2)
    request = await requested(world, changing)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    hold = {"ground": "other", "clause": "四（一）1", "severity": "review", "reason": "待核"}
    await world.post("funding", f"/v1/applications/{held}/hold", "city-officer-4", hold, 201)
    await enter_payee(world, changing, account_no="0200009999", reason="开户行撤并")
    refused = await world.post("funding", ORDERS, "finance-1", {}, 409)
    assert (refused["code"], "待核" in refused["detail"], "新的收款账户" in refused["detail"]) == (
        "nothing_to_order", True, True,
    )  # fmt: skip
    named = {"release_ids": [request["id"]]}
    assert await code(world, ORDERS, "finance-1", named) == "payee_changing"
    lifting = {"reason": "已核"}
    await world.post("funding", f"/v1/applications/{held}/lift-hold", "city-supervisor-3", lifting)
    order = await world.post("funding", ORDERS, "finance-1", {}, 201)
    assert ([each["release_id"] for each in order["left_out"]], order["lines"]) == ([request["id"]], 1)


async def test_an_order_without_an_answer_in_time_is_overdue_until_it_has_one(world: World) -> None:
    _, order = await paid(world)

    async def overdue() -> list[str]:
        instance = world.instances["funding"]
        await instance.tick()
        page = await world.get("funding", f"{ORDERS}?overdue=true", "finance-1")
        return [each["overdue_since"] for each in page["items"]]

    at(world, "2024-03-08 23:00")
    assert await overdue() == []
    at(world, "2024-03-09 00:30")
    assert await overdue() == ["2024-03-09"]
    await booked(world, receipt(order["items"][0]))
    assert await overdue() == []


async def test_the_total_is_exact_for_large_amounts(world: World) -> None:
    case, order = await paid(world, investment_yuan="499999999.99")
    shown = await read(world, case)
    assert Decimal(order["total_yuan"]) == Decimal(shown["payment_lines"][0]["amount_yuan"]) == Decimal("50000000.00")
