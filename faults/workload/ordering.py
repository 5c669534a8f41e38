"""From a release to the treasury's answer: order, withdrawal, receipt, a payment sent back. 三（二）"""

from typing import Any

from faults.workload.case import Case, any_accepted, concurrently
from faults.workload.log import Command
from shared.clock import Clock

WITHDRAWAL = {"reason": "用途填写有误"}


async def pay_out(case: Case, release: str) -> bool:
    """Order a release and book the treasury's answer; return whether the bank sent the payment back."""
    result = "returned" if case.happens("sent back by the bank", 0.25) else "paid"
    line = await _order(case, release)
    if line is not None and case.happens("withdrawn as it is answered", 0.25):
        withdrawn, _ = await concurrently(_withdraw(case, release, line), _book(case, release, line, result, "a"))
        line = await _order(case, release) if withdrawn.accepted else None
        if line is None:
            return result == "returned"
    if line is None:
        return False
    if case.happens("booked by who ordered", 0.15):
        await _book(case, release, line, result, "b", role="asker")
    roles = ("payer", "bookkeeper") if case.happens("booked twice", 0.25) else ("payer",)
    booked = await concurrently(*(_book(case, release, line, result, role, role=role) for role in roles))
    return result == "returned" and any_accepted(*booked)


async def pay_out_again(case: Case, release: str) -> None:
    """Order what is paid again, which arrives this time."""
    line = await _order(case, release)
    if line is not None:
        await _book(case, release, line, "paid", "e")


async def _order(case: Case, release: str) -> dict[str, Any] | None:
    """Order the release, sometimes at the same moment as somebody else; return the order's line, or None."""
    times = 2 if case.happens("ordered twice", 0.2) else 1
    issued = await concurrently(*(_issue(case, release) for _ in range(times)))
    order = next((command.answer for command in issued if command.accepted), None)
    shown = order and await case.client.get("funding", f"/v1/payment-orders/{order}", case.people["payer"])
    return shown.json()["items"][0] if shown else None


async def _issue(case: Case, release: str) -> Command:
    return await _act(case, "issue_payment_order", "payment-orders", "asker", release, {"release_ids": [release]})


async def _withdraw(case: Case, release: str, line: dict[str, Any]) -> Command:
    path = f"payment-orders/{line['order_id']}/withdraw"
    return await _act(case, "withdraw_payment_order", path, "asker", release, WITHDRAWAL)


async def _book(
    case: Case, release: str, line: dict[str, Any], result: str, voucher: str, *, role: str = "payer"
) -> Command:
    receipt = {name: line[name] for name in ("order_no", "line_no", "amount_yuan")}
    receipt |= {"voucher_no": f"示例凭证{case.number}{voucher}", "result": result}
    receipt |= {"result_on": Clock().today().isoformat(), "bank_reason": "户名不符" if result == "returned" else None}
    body, facts = {"receipts": [receipt]}, {"application": case.id, "result": result}
    return await _act(case, "book_receipts", "treasury-receipts", role, release, body, **facts)


async def _act(case: Case, act: str, path: str, role: str, release: str, body: Any, **facts: Any) -> Command:
    """Send an act on the payment of a release."""
    known = {"request": release, **facts}
    person = case.people[role]
    return await case.client.act("funding", act, f"/v1/{path}", person, release, body, facts=known, contested=True)
