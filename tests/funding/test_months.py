"""Monthly closings: open items with reasons, two people, nothing booked afterwards, the last one reopened. 三（二）"""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.actors import system_actor
from tests.funding.case import (
    approved,
    booked,
    code,
    paid,
    planned,
    read,
    receipt,
    released,
    requested,
    sound,
)
from tests.funding.distinct import at
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
CLOSINGS = "/v1/month-closings"
REASON = {"reason": "待国库核实"}


async def closed(world: World, month: str = "2024-03") -> Any:
    """Close a month, each open item carried on with a reason, and return the closing."""
    shown = await world.get("funding", f"/v1/payment-months?month={month}", "finance-1")
    reasons = [{"item_id": item["id"], **REASON} for item in shown["open_items"]]
    prepared = await world.post("funding", CLOSINGS, "finance-1", {"month": month, "reasons": reasons}, 201)
    return await world.post("funding", f"{CLOSINGS}/{prepared['id']}/close", "finance-2")


async def test_a_month_is_closed_by_two_people_with_a_reason_for_every_open_item(world: World) -> None:
    case, order = await paid(world)
    line = order["items"][0]
    await booked(world, receipt(line, "凭证8", order_no=None, amount_yuan="8.00"))
    other = await approved(world)
    await planned(world, other, batch=2)
    request = await requested(world, other)
    await world.post("funding", f"/v1/release-requests/{request['id']}/approve", "finance-2")
    early = await world.post("funding", CLOSINGS, "finance-1", {"month": "2024-03"}, 422)
    assert early["errors"][0]["pointer"] == "/body/month"
    at(world, "2024-04-01 00:01")
    refused = await world.post("funding", CLOSINGS, "finance-1", {"month": "2024-03"}, 422)
    assert (refused["code"], [item["kind"] for item in refused["items"]]) == (
        "open_items", ["release", "line", "receipt"],
    )  # fmt: skip
    foreign = {"month": "2024-03", "reasons": [{"item_id": str(case), **REASON}]}
    assert await code(world, CLOSINGS, "finance-1", foreign, 422) == "invalid"
    closing = await closed(world)
    assert [(each["on"], each["ordered_yuan"], each["paid_yuan"]) for each in closing["days"]] == [
        ("2024-03-01", "10000000.00", "0.00")
    ]
    assert {item["reason"] for item in closing["open_items"]} == {"待国库核实"}
    assert await code(world, CLOSINGS, "finance-1", {"month": "2024-03"}) == "wrong_status"
    await sound(world)


async def test_whoever_prepared_a_closing_does_not_close_it_and_what_changed_is_prepared_anew(world: World) -> None:
    _, order = await paid(world)
    at(world, "2024-04-01 10:00")
    reasons = [{"item_id": order["items"][0]["id"], **REASON}]
    prepared = await world.post("funding", CLOSINGS, "finance-1", {"month": "2024-03", "reasons": reasons}, 201)
    path = f"{CLOSINGS}/{prepared['id']}"
    assert await code(world, f"{path}/close", "finance-1", status=403) == "same_officer"
    assert await code(world, CLOSINGS, "finance-3", {"month": "2024-02"}) == "wrong_status"
    await booked(world, receipt(order["items"][0]))
    assert await code(world, f"{path}/close", "finance-2") == "month_changed"
    await world.post("funding", f"{path}/withdraw", "finance-1", REASON)
    assert (await closed(world))["open_items"] == []


async def test_a_late_receipt_goes_to_the_next_month_and_says_so(world: World) -> None:
    case, order = await paid(world)
    at(world, "2024-05-02 10:00")
    await closed(world)
    (row,) = (await booked(world, receipt(order["items"][0], result_on="2024-03-29")))["rows"]
    assert (row["verdict"], row["receipt"]["month"], row["receipt"]["late"]) == ("matched", "2024-04", True)
    assert (await read(world, case))["payment_lines"][0]["answered_on"] == "2024-03-29"
    shown = await world.get("funding", "/v1/payment-months?month=2024-04", "auditor-1")
    assert (shown["closed_until"], shown["open_items"]) == ("2024-03", [])
    assert [(each["on"], each["paid_yuan"]) for each in shown["days"]] == [("2024-03-29", "10000000.00")]


async def test_a_payment_is_sent_back_after_its_month_was_closed(world: World) -> None:
    case, order = await paid(world)
    line = order["items"][0]
    (row,) = (await booked(world, receipt(line)))["rows"]
    at(world, "2024-04-02 10:00")
    await closed(world)
    path = f"/v1/treasury-receipts/{row['receipt']['id']}"
    assert await code(world, f"{path}/unmatch", "finance-3", REASON) == "month_closed"
    back = receipt(line, "凭证2", "returned", result_on="2024-03-30", bank_reason="账户销户")
    (row,) = (await booked(world, back))["rows"]
    assert (row["verdict"], row["receipt"]["month"]) == ("matched", "2024-04")
    again = await requested(world, case)
    await world.post("funding", f"/v1/release-requests/{again['id']}/approve", "finance-2")
    await world.post("funding", "/v1/payment-orders", "finance-1", {}, 201)
    await sound(world)


async def test_an_item_that_was_carried_is_settled_in_the_next_month(world: World) -> None:
    _, order = await paid(world)
    line = order["items"][0]
    (row,) = (await booked(world, receipt(line, order_no=None)))["rows"]
    at(world, "2024-04-02 10:00")
    await closed(world)
    path = f"/v1/treasury-receipts/{row['receipt']['id']}/match"
    matched = await world.post("funding", path, "finance-3", REASON | {"line_id": line["id"]})
    assert (matched["status"], matched["month"]) == ("matched", "2024-04")


async def test_the_last_closed_month_is_reopened_by_two_people_and_stays_closed_until_then(world: World) -> None:
    _, order = await paid(world)
    at(world, "2024-05-02 10:00")
    first, last = await closed(world), await closed(world, "2024-04")
    path = f"{CLOSINGS}/{last['id']}"
    assert await code(world, f"{CLOSINGS}/{first['id']}/ask-reopening", "finance-1", REASON) == "wrong_status"
    await world.post("funding", f"{path}/ask-reopening", "finance-1", REASON)
    assert await code(world, f"{path}/reopen", "finance-1", status=403) == "same_officer"
    (row,) = (await booked(world, receipt(order["items"][0], "凭证7", order_no=None)))["rows"]
    assert row["receipt"]["month"] == "2024-05"
    kept = await world.post("funding", f"{path}/keep-closed", "finance-2", REASON)
    assert kept["status"] == "closed"
    await world.post("funding", f"{path}/ask-reopening", "finance-1", REASON)
    assert (await world.post("funding", f"{path}/reopen", "finance-2"))["status"] == "reopened"
    (row,) = (await booked(world, receipt(order["items"][0], result_on="2024-04-03")))["rows"]
    assert row["receipt"]["month"] == "2024-04"
    again = await closed(world, "2024-04")
    assert again["id"] != last["id"]


@pytest.mark.planted
async def test_the_database_itself_books_nothing_into_a_closed_month(world: World) -> None:
    _, order = await paid(world)
    (row,) = (await booked(world, receipt(order["items"][0])))["rows"]
    at(world, "2024-04-02 10:00")
    await closed(world)
    database = world.instances["funding"].database
    for change in ("version = 9", "month = '2024-04', status = 'open', line_id = NULL"):
        with pytest.raises(DBAPIError, match="the month is closed"):
            async with database.session(system_actor("test")) as session:
                await session.execute(text(f"UPDATE treasury_receipt SET {change}"))
    assert row["receipt"]["month"] == "2024-03"


async def test_a_release_that_was_never_ordered_is_an_open_item(world: World) -> None:
    await released(world)
    at(world, "2024-04-02 10:00")
    closing = await closed(world)
    assert [(item["kind"], item["amount_yuan"]) for item in closing["open_items"]] == [("release", "10000000.00")]
