"""Receipts of the treasury: booked once, matched, sent back and paid again, different ones accepted. 三（二）"""

from typing import Any

import pytest

from tests.funding.case import (
    appropriate,
    approved,
    booked,
    code,
    enter_payee,
    paid,
    planned,
    read,
    receipt,
    requested,
    sound,
    yuan,
)
from tests.funding.distinct import at
from tests.funding.test_plan_changes import changed
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
BOOK = "/v1/treasury-receipts"
REASON = {"reason": "已与国库电话核对"}
CLERK, HEAD = "110105-officer-2", "110105-supervisor-1"


async def lines(world: World, case: Any) -> list[tuple[str, str | None]]:
    return [(each["status"], each["answered_on"]) for each in (await read(world, case))["payment_lines"]]


async def test_a_receipt_that_agrees_is_matched_by_order_and_line(world: World) -> None:
    case, order = await paid(world)
    answer = await booked(world, receipt(order["items"][0], account_no=order["items"][0]["account_no"]))
    (row,) = answer["rows"]
    assert (row["verdict"], row["receipt"]["differences"], row["receipt"]["month"]) == ("matched", [], "2024-03")
    assert await lines(world, case) == [("paid", "2024-03-01")]
    await sound(world)


async def test_who_issued_the_order_does_not_book_its_receipts(world: World) -> None:
    _, order = await paid(world)
    refused = await booked(world, receipt(order["items"][0]), who="finance-1", status=403)
    assert refused["code"] == "same_officer"


OTHER_CONTENT = (
    *({"amount_yuan": "1.00"}, {"result_on": "2024-02-29"}, {"order_no": "另一支付申请1号"}, {"line_no": 2}),
    *({"account_no": "6222000000000001"}, {"bank_reason": "账户冻结"}),
)


@pytest.mark.parametrize("other", OTHER_CONTENT, ids=lambda other: next(iter(other)))
async def test_each_part_of_what_a_voucher_says_makes_it_another(world: World, other: dict[str, Any]) -> None:
    _, order = await paid(world)
    await booked(world, receipt(order["items"][0], result="returned"))
    refused = await booked(world, receipt(order["items"][0], result="returned", **other), status=409)
    assert refused["code"] == "voucher_used"


async def test_the_same_receipts_again_are_unchanged_and_another_content_of_a_voucher_is_refused(world: World) -> None:
    _, order = await paid(world)
    line = order["items"][0]
    first = await booked(world, receipt(line))
    again = await booked(world, receipt(line))
    assert [(row["verdict"], row["receipt"]["id"]) for row in again["rows"]] == [
        ("unchanged", first["rows"][0]["receipt"]["id"])
    ]
    other = receipt(line, "凭证9", order_no=None)
    mixed = await booked(world, receipt(line, " 凭证1"), other)
    assert [row["verdict"] for row in mixed["rows"]] == ["unchanged", "open"]
    refused = await booked(world, receipt(line, "凭证2"), receipt(line, "凭证1", amount_yuan="1.00"), status=409)
    assert (refused["code"], [row["row"] for row in refused["rows"]]) == ("voucher_used", [2])
    page = await world.get("funding", f"{BOOK}?include_total=true", "finance-2")
    assert page["total"] == 2


async def test_one_bad_row_keeps_the_whole_batch_out(world: World) -> None:
    case, order = await paid(world)
    line = order["items"][0]
    rows = [receipt(line), receipt(line, "凭证2", result_on="2024-03-02"), receipt(line, "凭证1")]
    refused = await booked(world, *rows, status=422)
    assert [(row["row"], row["code"]) for row in refused["rows"]] == [(2, "future"), (3, "voucher_twice")]
    assert await lines(world, case) == [("ordered", None)]


DIFFERENT: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no order named": ({"order_no": None}, ["no_order"]),
    "an order that does not exist": ({"order_no": "京发改（支付）〔2024〕9号"}, ["no_order"]),
    "another line": ({"line_no": 7}, ["no_order"]),
    "a fen less": ({"amount_yuan": "9999999.99"}, ["amount"]),
    "another account": ({"account_no": "0200009999"}, ["account"]),
    "a day before the order": ({"result_on": "2024-02-29"}, ["date"]),
    "several": ({"amount_yuan": "1.00", "result_on": "2024-02-29"}, ["amount", "date"]),
    "the order's number in other characters": ({"order_no": "京发改(支付)[2024]1号"}, []),
}


@pytest.mark.parametrize("name", DIFFERENT)
async def test_a_receipt_that_differs_stays_open_and_says_in_what(world: World, name: str) -> None:
    other, expected = DIFFERENT[name]
    case, order = await paid(world)
    (row,) = (await booked(world, receipt(order["items"][0], **other)))["rows"]
    assert (row["verdict"], row["receipt"]["differences"]) == ("open" if expected else "matched", expected)
    assert await lines(world, case) == [("ordered", None) if expected else ("paid", "2024-03-01")]
    await sound(world)


async def test_a_second_payment_of_a_line_stays_open(world: World) -> None:
    _, order = await paid(world)
    line = order["items"][0]
    answer = await booked(world, receipt(line), receipt(line, "凭证2"))
    assert [row["receipt"]["differences"] for row in answer["rows"]] == [[], ["already_answered"]]


async def test_a_payment_that_the_bank_sent_back_is_paid_again_to_a_corrected_account(world: World) -> None:
    """Row of the observed cases: returned by the bank, then neither void nor payable again."""
    case, order = await paid(world)
    line = order["items"][0]
    await booked(world, receipt(line, result="returned", bank_reason="账号与户名不符"))
    shown = await read(world, case, world.owner())
    assert (shown["status"], yuan(shown, "released")) == ("releasing", "0.00")
    assert [(each["status"], each["return_reason"]) for each in shown["payment_lines"]] == [
        ("returned", "账号与户名不符")
    ]
    assert shown["release_requests"][0]["status"] == "returned"
    assert "note_sent_back" in [each["act"] for each in shown["timeline"]]
    await sound(world)
    entered = await enter_payee(world, case, account_no="0200009999", reason="账号填错")
    assert (await requested(world, case, status=409))["code"] == "payee_changing"
    await world.post("funding", f"/v1/payee-accounts/{entered['id']}/check", CLERK)
    await world.post("funding", f"/v1/payee-accounts/{entered['id']}/confirm", HEAD)
    at(world, "2024-03-05 10:00")
    again = await requested(world, case)
    assert (again["replaces_id"], again["instalment"], again["amount_yuan"]) == (line["release_id"], 1, "10000000.00")
    await world.post("funding", f"/v1/release-requests/{again['id']}/approve", "finance-2")
    second = await world.post("funding", "/v1/payment-orders", "finance-1", {}, 201)
    assert [each["account_no"] for each in second["items"]] == ["0200009999"]
    await booked(world, receipt(second["items"][0], "凭证2", result_on="2024-03-05"))
    shown = await read(world, case)
    assert (shown["status"], yuan(shown, "released"), yuan(shown, "net_paid")) == (
        "released", "10000000.00", "10000000.00",
    )  # fmt: skip
    kinds = [each["type"] for each in await world.events("funding") if "funds_" in each["type"]]
    assert kinds[1:] == ["funding.funds_released.v1", "funding.funds_sent_back.v1", "funding.funds_released.v1"]
    file = await world.get("monitoring", f"/v1/files/{case}", "110105-officer-1")
    assert file["released_yuan"] == "10000000.00"
    await sound(world)


async def test_a_payment_that_was_sent_back_is_paid_again_although_its_project_left_the_plan(world: World) -> None:
    case, order = await paid(world)
    (plan,) = (await world.get("funding", "/v1/plans", "auditor-1"))["items"]
    await changed(world, plan)
    await booked(world, receipt(order["items"][0], result="returned", bank_reason="账户冻结"))
    again = await requested(world, case)
    await world.post("funding", f"/v1/release-requests/{again['id']}/approve", "finance-2")
    shown = await read(world, case)
    assert (shown["status"], yuan(shown, "released")) == ("released", "10000000.00")
    await sound(world)


async def test_a_payment_is_sent_back_after_it_was_paid(world: World) -> None:
    case, order = await paid(world)
    line = order["items"][0]
    await booked(world, receipt(line))
    at(world, "2024-03-06 10:00")
    early = await booked(world, receipt(line, result="returned", result_on="2024-02-29"))
    assert early["rows"][0]["receipt"]["differences"] == ["date"]
    back = receipt(line, "凭证3", result="returned", result_on="2024-03-06", bank_reason="账户冻结")
    assert (await booked(world, back))["rows"][0]["verdict"] == "matched"
    assert await lines(world, case) == [("returned", "2024-03-06")]
    assert yuan(await read(world, case), "net_paid") == "0.00"
    await sound(world)


async def test_part_of_a_batch_is_sent_back(world: World) -> None:
    await appropriate(world)
    cases = [await approved(world), await approved(world)]
    await planned(world, *cases)
    for case in cases:
        request = await requested(world, case)
        await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    order = await world.post("funding", "/v1/payment-orders", "finance-1", {}, 201)
    one, other = order["items"]
    await booked(world, receipt(one), receipt(other, "凭证2", result="returned"))
    shown = await world.get("funding", f"/v1/payment-orders/{order['id']}", "finance-1")
    assert [each["status"] for each in shown["items"]] == ["paid", "returned"]
    assert (await read(world, other["application_id"]))["status"] == "releasing"
    assert (await read(world, one["application_id"]))["status"] == "released"
    await sound(world)


async def test_money_that_went_back_already_is_not_sent_back_by_the_bank(world: World) -> None:
    case, order = await paid(world)
    back = {"amount_yuan": "1.00", "bank_receipt_no": "回单1", "reason": "结余"}
    given = await world.post("funding", f"/v1/applications/{case}/returns", "finance-1", back, 201)
    await world.post("funding", f"/v1/returns/{given['id']}/confirm", "finance-3")
    (row,) = (await booked(world, receipt(order["items"][0], result="returned")))["rows"]
    assert row["receipt"]["differences"] == ["not_paid"]
    await sound(world)


async def test_a_return_that_was_a_mistake_is_undone_until_the_money_is_asked_for_again(world: World) -> None:
    case, order = await paid(world)
    (row,) = (await booked(world, receipt(order["items"][0], result="returned")))["rows"]
    path = f"{BOOK}/{row['receipt']['id']}"
    assert await code(world, f"{path}/unmatch", "finance-2", REASON, 403) == "same_officer"
    request = await requested(world, case)
    assert await code(world, f"{path}/unmatch", "finance-3", REASON) == "wrong_status"
    await world.post("funding", f"/v1/release-requests/{request['id']}/reject", "finance-2", REASON)
    undone = await world.post("funding", f"{path}/unmatch", "finance-3", REASON)
    assert (undone["status"], undone["settle_reason"], undone["line_id"]) == ("open", REASON["reason"], None)
    shown = await read(world, case)
    assert (shown["status"], shown["release_requests"][0]["status"]) == ("released", "paid")
    assert await lines(world, case) == [("ordered", None)]
    await sound(world)
    matched = await world.post("funding", f"{path}/match", "finance-3", REASON | {"line_id": order["items"][0]["id"]})
    assert (matched["status"], await lines(world, case)) == ("matched", [("returned", "2024-03-01")])
    stages = [each["data"]["stage"] for each in await world.events("funding", "funding.funds_sent_back.v1")]
    assert stages == ["sent_back", "undone", "sent_back"]
    await sound(world)


async def test_a_different_receipt_is_matched_accepted_or_voided_by_another_person_with_a_reason(world: World) -> None:
    case, order = await paid(world)
    line = order["items"][0]
    stated = [receipt(line, f"凭证{n}", order_no=None) for n in range(3)] + [receipt(line, "凭证3", amount_yuan="5.00")]
    one, two, three, four = [row["receipt"]["id"] for row in (await booked(world, *stated))["rows"]]
    by_hand = REASON | {"line_id": line["id"]}
    assert await code(world, f"{BOOK}/{one}/match", "finance-2", by_hand, 403) == "same_officer"
    refused = await world.post("funding", f"{BOOK}/{four}/match", "finance-3", by_hand, 422)
    assert "金额不一致" in refused["detail"]
    assert (await world.post("funding", f"{BOOK}/{one}/match", "finance-3", by_hand))["status"] == "matched"
    assert await lines(world, case) == [("paid", "2024-03-01")]
    assert await code(world, f"{BOOK}/{two}/match", "finance-3", by_hand, 422) == "invalid"
    assert (await world.post("funding", f"{BOOK}/{two}/accept", "finance-3", REASON))["status"] == "accepted"
    assert (await world.post("funding", f"{BOOK}/{two}/unmatch", "finance-3", REASON))["status"] == "open"
    assert (await world.post("funding", f"{BOOK}/{three}/void", "finance-3", REASON))["status"] == "voided"
    assert await code(world, f"{BOOK}/{three}/accept", "finance-3", REASON) == "wrong_status"
    (row,) = (await booked(world, receipt(line, "凭证2", order_no=None, amount_yuan="7.00")))["rows"]
    assert row["verdict"] == "open"  # a voided voucher may be booked anew
    await sound(world)
