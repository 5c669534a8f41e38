"""Acts on orders, receipts and months in each of their statuses, and two of them at once. 三（二）"""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.funding.rules.code_lists import MONTH_STATUSES, RECEIPT_STATUSES
from tests.funding.case import REFUSED, booked, code, paid, receipt, released, sound
from tests.funding.distinct import at
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
REASON = {"reason": "理由"}
ON_RECEIPT: dict[str, set[str]] = {
    "match": {"open", "accepted"}, "unmatch": {"matched", "accepted"}, "accept": {"open"}, "void": {"open"},
}  # fmt: skip
ON_MONTH: dict[str, tuple[str, set[str]]] = {
    "close": ("finance-2", {"prepared"}), "withdraw": ("finance-1", {"prepared"}),
    "ask-reopening": ("finance-1", {"closed"}), "reopen": ("finance-2", {"reopening"}),
    "keep-closed": ("finance-2", {"reopening"}),
}  # fmt: skip


@pytest.mark.planted
async def test_a_receipt_is_decided_on_only_in_the_statuses_that_admit_the_act(world: World) -> None:
    _, order = await paid(world)
    line = order["items"][0]
    (row,) = (await booked(world, receipt(line, order_no=None)))["rows"]
    for status in RECEIPT_STATUSES:
        change = "UPDATE funding.treasury_receipt SET status = $1, line_id = $2"
        linked = UUID(line["id"]) if status == "matched" else None
        await world.database.admin.execute(change, status, linked)
        for act, admitted in ON_RECEIPT.items():
            if status in admitted:
                continue
            body = REASON | ({"line_id": line["id"]} if act == "match" else {})
            path = f"/v1/treasury-receipts/{row['receipt']['id']}/{act}"
            assert await code(world, path, "finance-3", body) == "wrong_status", (act, status)


@pytest.mark.planted
async def test_a_closing_is_decided_on_only_in_the_statuses_that_admit_the_act(world: World) -> None:
    at(world, "2024-04-01 10:00")
    closing = await world.post("funding", "/v1/month-closings", "finance-1", {"month": "2024-03"}, 201)
    for status in MONTH_STATUSES:
        for act, (who, admitted) in ON_MONTH.items():
            if status in admitted:
                continue
            await world.database.admin.execute("UPDATE funding.month_closing SET status = $1", status)
            body = None if act in ("close", "reopen") else REASON
            path = f"/v1/month-closings/{closing['id']}/{act}"
            assert await code(world, path, who, body) == "wrong_status", (act, status)


async def both(world: World, path: str, *bodies: tuple[str, Any]) -> list[int]:
    answers = await asyncio.gather(*(world.call("funding", "POST", path, who, body) for who, body in bodies))
    return sorted(answer.status_code for answer in answers)


async def test_two_orders_at_once_order_a_release_once(world: World) -> None:
    await released(world)
    found = await both(world, "/v1/payment-orders", ("finance-1", {}), ("finance-3", {}))
    assert (found[0], found[1] in REFUSED) == (201, True)
    await sound(world)


async def test_two_bookings_of_a_voucher_at_once_book_it_once(world: World) -> None:
    _, order = await paid(world)
    bodies = [("finance-2", {"receipts": [receipt(order["items"][0])]}), ("finance-3", {"receipts": [
        receipt(order["items"][0]), receipt(order["items"][0], "凭证2", order_no=None)]})]  # fmt: skip
    assert await both(world, "/v1/treasury-receipts", *bodies) == [201, 201]
    page = await world.get("funding", "/v1/treasury-receipts?include_total=true&status=matched", "finance-2")
    assert page["total"] == 1
    await sound(world)


async def test_a_return_undone_twice_at_once_is_undone_once(world: World) -> None:
    _, order = await paid(world)
    (row,) = (await booked(world, receipt(order["items"][0], result="returned")))["rows"]
    path = f"/v1/treasury-receipts/{row['receipt']['id']}/unmatch"
    found = await both(world, path, ("finance-3", REASON), ("finance-1", REASON))
    assert (found[0], found[1] in REFUSED) == (200, True)
    await sound(world)


async def test_a_withdrawal_and_a_receipt_at_once_leave_one_of_them(world: World) -> None:
    _, order = await paid(world)
    stated = {"receipts": [receipt(order["items"][0])]}
    await asyncio.gather(
        world.call("funding", "POST", f"/v1/payment-orders/{order['id']}/withdraw", "finance-1", REASON),
        world.call("funding", "POST", "/v1/treasury-receipts", "finance-2", stated),
    )
    await sound(world)
