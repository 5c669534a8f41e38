"""Random commands of the treasury chain, repeated ones among them, on the service and on a model of it. 三（二）"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from services.funding.ledger.reconciliation import reconcile_snapshot
from tests.funding.case import appropriate, approved, planned, read, yuan
from tests.funding.distinct import at
from tests.funding.treasury_model import Chain, Line, Receipt, Release
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")
T = TypeVar("T")
EVIDENCE, REASON = {"evidence": "依据"}, {"reason": "理由"}
COMMANDS = (
    *("book",) * 6, *("undo",) * 4, *("request", "decide", "order") * 2, "withdraw", "book_again", "book_again",
    "close_month",
)  # fmt: skip
BOUNDS = settings(
    max_examples=3,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""Few long histories: a step is an act over HTTP on PostgreSQL."""


class TreasuryChain(RuleBasedStateMachine):
    """Sends each command to the service, compares the answer with the model's, and in the end all that is stored."""

    world: World
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.model = Chain()
        self.order_ids: list[str] = []
        self.lines: list[tuple[Line, Any]] = []
        self.sent: list[tuple[Receipt, dict[str, Any], str]] = []
        self.cases = self.run(self.begin())

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(act, self.loop).result()

    async def begin(self) -> list[Any]:
        assert await self.world.reset()
        await appropriate(self.world)
        cases = [await approved(self.world), await approved(self.world)]
        await planned(self.world, *cases)
        return cases

    def post(self, path: str, who: str, body: Any = None) -> tuple[str, Any]:
        """Return the code of the refusal, empty for an accepted act, and the answer."""
        answer = self.run(self.world.call("funding", "POST", path, who, body))
        assert answer.status_code < 500, answer.text
        return ("" if answer.is_success else answer.json()["code"]), answer.json()

    @initialize()
    def order_both(self) -> None:
        """Begin where the treasury comes in: both cases are released and ordered."""
        for case in (0, 1):
            self.request(case)
            self.decide(case, False)
        self.order()

    @rule(command=st.sampled_from(COMMANDS), number=st.integers(0, 3), other=st.booleans())
    def step(self, command: str, number: int, other: bool) -> None:
        getattr(self, command)(number, other)

    def request(self, number: int, _other: bool = False) -> None:
        case = number % 2
        expected, replaced = self.model.request(case), self.model.sent_back(case)
        code, answer = self.post(f"/v1/applications/{self.cases[case]}/release-requests", "finance-1", EVIDENCE)
        assert code == expected
        if not code:
            assert answer["replaces_id"] == (replaced and replaced.id)
            self.model.releases.append(Release(case, answer["id"], replaces=replaced))

    def decide(self, number: int, rejects: bool) -> None:
        case, rejects = number % 2, rejects and number > 1
        asked = [each for each in self.model.releases if each.case == case]
        if not asked:
            return
        act, body = ("reject", REASON) if rejects else ("approve", None)
        code, _ = self.post(f"/v1/release-requests/{asked[-1].id}/{act}", "finance-2", body)
        assert code == ("" if asked[-1].status == "requested" else "wrong_status")
        if not code:
            asked[-1].status = "rejected" if rejects else "paid"

    def order(self, _number: int = 0, _other: bool = False) -> None:
        waiting = self.model.waiting()
        code, answer = self.post("/v1/payment-orders", "finance-1", {})
        assert code == ("" if waiting else "nothing_to_order")
        if code:
            return
        by_id = {release.id: release for release in waiting}
        assert {each["release_id"] for each in answer["items"]} == by_id.keys()
        made = [Line(by_id[each["release_id"]], len(self.model.orders)) for each in answer["items"]]
        self.model.orders.append(made)
        self.order_ids.append(answer["id"])
        self.lines += zip(made, answer["items"], strict=True)

    def withdraw(self, number: int, _other: bool) -> None:
        number %= len(self.order_ids)
        expected = self.model.withdraw(number)
        code, _ = self.post(f"/v1/payment-orders/{self.order_ids[number]}/withdraw", "finance-1", REASON)
        assert code == expected

    def book(self, number: int, returned: bool) -> None:
        result, exact = "returned" if returned else "paid", number != 3
        line, shown = self.lines[-1 - number % len(self.lines)]
        stated = {
            "voucher_no": f"凭证{len(self.sent)}",
            "order_no": shown["order_no"],
            "line_no": shown["line_no"],
            "amount_yuan": shown["amount_yuan"] if exact else "1.00",
            "result": result,
            "result_on": self.world.clock.today().isoformat(),
        }
        receipt = self.model.book(line, result, exact=exact)
        code, answer = self.post("/v1/treasury-receipts", "finance-2", {"receipts": [stated]})
        assert code == ""
        (row,) = answer["rows"]
        assert (row["verdict"], row["receipt"]["month"]) == (receipt.status, receipt.month)
        self.sent.append((receipt, stated, row["receipt"]["id"]))

    def book_again(self, number: int, other: bool) -> None:
        """Send a receipt again, as it was or with another amount: nothing changes."""
        if not self.sent:
            return
        _, stated, identity = self.sent[number % len(self.sent)]
        body = {"receipts": [stated | ({"amount_yuan": "2.00"} if other else {})]}
        code, answer = self.post("/v1/treasury-receipts", "finance-2", body)
        assert code == ("voucher_used" if other else "")
        if not code:
            assert [(row["verdict"], row["receipt"]["id"]) for row in answer["rows"]] == [("unchanged", identity)]

    def undo(self, number: int, _other: bool) -> None:
        if not self.sent:
            return
        receipt, _, identity = self.sent[-1 - number % len(self.sent)]
        expected = self.model.undo(receipt)
        code, _ = self.post(f"/v1/treasury-receipts/{identity}/unmatch", "finance-3", REASON)
        assert code == expected

    def close_month(self, _number: int, _other: bool) -> None:
        """Close the month at its end: the next one begins."""
        month = self.model.month
        following = f"{month[:5]}{int(month[5:]) + 1:02}"
        if following > "2024-12":
            return
        at(self.world, f"{following}-03 10:00")
        shown = self.run(self.world.get("funding", f"/v1/payment-months?month={month}", "finance-1"))
        reasons = [{"item_id": item["id"], **REASON} for item in shown["open_items"]]
        code, closing = self.post("/v1/month-closings", "finance-1", {"month": month, "reasons": reasons})
        assert code == ""
        assert self.post(f"/v1/month-closings/{closing['id']}/close", "finance-2")[0] == ""
        self.model.closed.append(month)
        self.model.month = following

    def teardown(self) -> None:
        self.run(self.compare())

    async def compare(self) -> None:
        """Compare statuses, amounts and lines of both cases; the ledger agrees with all documents."""
        await self.world.settle()
        assert await reconcile_snapshot(self.world.instances["funding"].background.engine, 60) == []
        for number, case in enumerate(self.cases):
            shown = await read(self.world, case)
            releases = [each for each in self.model.releases if each.case == number]
            lines = [each for each, _ in self.lines if each.release.case == number]
            assert shown["status"] == self.model.application(number)
            assert [each["status"] for each in shown["release_requests"]] == [each.status for each in releases]
            assert [each["status"] for each in shown["payment_lines"]] == [each.status for each in lines]
            paid = "10000000.00" if self.model.of(number, "paid") else "0.00"
            assert (yuan(shown, "released"), yuan(shown, "net_paid")) == (paid, paid)


async def test_random_commands_do_what_the_model_says(world: World) -> None:
    machine = type("Chain", (TreasuryChain,), {"world": world, "loop": asyncio.get_running_loop()})
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=BOUNDS)
