"""Random commands of the treasury chain, repeats among them, on the database and on the plain ledger.

TENGHUAN_LEDGER_EXAMPLES sets the number of courses (25 in the suite); above that number they are new in every run.
"""

import asyncio
import os
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from services.funding.ledger.budget_postings import move_budget, movement
from services.funding.ledger.postings import (
    AccountCode,
    Code,
    Transfer,
    award,
    cancel,
    case_account,
    case_accounts,
    claw_back,
    programme_account,
    programme_accounts,
    receive_return,
    reduce_award,
    release,
    reserve,
)
from tests.funding.ledger.ledger_fixture import CASE, LedgerFixture, open_ledger
from tests.funding.ledger.reference_model import Model, Terms
from tests.postgres import Server

SUITE = 25
EXAMPLES = int(os.environ.get("TENGHUAN_LEDGER_EXAMPLES", SUITE))
CAP, APPROVED = Decimal("10.00"), Decimal("9.00")
YEARS = (2024, 2025)
KINDS: dict[UUID, tuple[str, int, int | None, int]] = {
    UUID(int=100 + number): terms
    for number, terms in enumerate(
        [
            ("appropriation", 2024, None, 2_000),
            ("appropriation", 2025, None, 500),
            ("cut", 2024, None, 700),
            ("transfer", 2024, 2025, 600),
            ("carry_over", 2024, 2025, 900),
            ("freeze", 2024, None, 800),
            ("unfreeze", 2024, None, 300),
        ]
    )
}
"""Confirmed budget documents: kind, year, year that gains, and amount in fen."""
REVERSED = UUID(int=102)
REVERSAL = UUID(int=200)
"""Reversal of the cut."""
Answer = TypeVar("Answer")
fen = st.sampled_from([1, 90, 300, 500, 900])
references = st.sampled_from(["a", "b", "c"])


def _terms() -> dict[int, Terms]:
    yearly = {
        programme_account(code, year): Terms(code)
        for year in YEARS
        for code in (AccountCode.BUDGET, AccountCode.FROZEN)
    }
    plain = {programme_account(code): Terms(code) for code in (AccountCode.SOURCE, AccountCode.COMMITMENT)}
    codes = (AccountCode.PAID_GRANT, AccountCode.CLAWBACK_RECEIVABLE, AccountCode.RETURNED)
    own = {case_account(CASE, code): Terms(code) for code in codes}
    limit = Terms(AccountCode.AWARD, limit=int(CAP * 100), approved=int(APPROVED * 100))
    return plain | yearly | own | {case_account(CASE, AccountCode.AWARD): limit}


def _documents() -> dict[UUID, tuple[int, int, int]]:
    known = {key: (*movement(kind, year, to).accounts, most) for key, (kind, year, to, most) in KINDS.items()}
    kind, year, to, most = KINDS[REVERSED]
    return known | {REVERSAL: (*movement(kind, year, to).back.accounts, most)}


class TreasuryChain(RuleBasedStateMachine):
    """Each command is posted as the product posts it; the plain ledger says which code each transfer gets."""

    books: ClassVar[LedgerFixture]
    loop: ClassVar[asyncio.AbstractEventLoop]
    seen: ClassVar[set[Code]]

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[list[Transfer]] = []
        self.model = Model(_terms(), _documents())
        self._run(
            self.books.as_superuser(
                "TRUNCATE funding_ledger.account, funding_ledger.transfer, funding_ledger.resolution"
            )
        )
        accounts = [each for year in YEARS for each in programme_accounts(year)]
        self._run(self.books.open([*accounts, *case_accounts(CASE, "grant", CAP)]))

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def _post(self, transfers: list[Transfer]) -> None:
        codes = self._run(self.books.send(*transfers))
        assert codes == self.model.send(transfers)
        self.seen.update(codes)
        self.sent.append(transfers)

    @initialize(amount=st.sampled_from([0, 1_000, 2_000]))
    def begin(self, amount: int) -> None:
        """Begin some courses with money in the first year and an award, so that all refusals come up."""
        if amount:
            document = UUID(int=100)
            moved = movement("appropriation", YEARS[0])
            self._post(move_budget("appropriation", "first", Decimal(amount) / 100, moved, document))
            self._post(award(CASE, APPROVED, "first"))

    @rule(document=st.sampled_from([*KINDS, REVERSAL]), amount=fen, reference=references)
    def move_the_budget(self, document: UUID, amount: int, reference: str) -> None:
        kind, year, to, _ = KINDS.get(document, KINDS[REVERSED])
        moved = movement(kind, year, to)
        moved = moved.back if document == REVERSAL else moved
        self._post(move_budget(kind, reference, Decimal(amount) / 100, moved, document))

    @rule(amount=fen, reference=references)
    def approve(self, amount: int, reference: str) -> None:
        self._post(award(CASE, Decimal(amount) / 100, reference))

    @rule(amount=fen, reference=references, year=st.sampled_from(YEARS))
    def arrange(self, amount: int, reference: str, year: int) -> None:
        self._post(reserve(CASE, "grant", year, Decimal(amount) / 100, reference))

    @rule(amount=st.one_of(st.none(), fen), reference=references)
    def pay(self, amount: int | None, reference: str) -> None:
        self._post(release(CASE, reference, None if amount is None else Decimal(amount) / 100))

    @rule(reference=references)
    def give_up(self, reference: str) -> None:
        self._post(cancel(CASE, reference))

    @rule(reference=references, amount=fen)
    def carry_over(self, reference: str, amount: int) -> None:
        document = UUID(int=104)
        moved = move_budget(
            "carry_over", f"with {reference}", Decimal(amount) / 100, movement("carry_over", *YEARS), document
        )
        anew = reserve(CASE, "grant", YEARS[1], Decimal(amount) / 100, f"{reference}.2")
        self._post([*cancel(CASE, reference), *moved, *anew])

    @rule(amount=fen, reference=references)
    def demand(self, amount: int, reference: str) -> None:
        self._post(claw_back(CASE, "grant", Decimal(amount) / 100, reference))

    @rule(amount=fen, reference=references)
    def receive(self, amount: int, reference: str) -> None:
        self._post(receive_return(CASE, Decimal(amount) / 100, reference))

    @rule(amount=fen, reference=references)
    def cut_the_award(self, amount: int, reference: str) -> None:
        self._post(reduce_award(CASE, Decimal(amount) / 100, reference))

    @rule(which=st.integers(0, 60))
    def repeat(self, which: int) -> None:
        """Send an earlier command again: what was posted is there and changes nothing."""
        if self.sent:
            transfers = self.sent[which % len(self.sent)]
            there = [each.id in self.model.transfers for each in transfers]
            before = {key: [*value] for key, value in self.model.counters.items()}
            self._post(transfers)
            if all(there):
                assert self.model.counters == before

    def teardown(self) -> None:
        counters = self._run(self.books.counters())
        assert counters == {account: tuple(values) for account, values in self.model.counters.items()}
        assert self._run(self.books.drifts()) == []


_STORE = (
    "INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by, drafted_at,"
    " confirmed_by, confirmed_at, kind, to_year, reverses) VALUES ('{}', '110000', {}, '{}', {}, '{}', 'a', now(), 'b',"
    " now(), '{}', {}, {})"
)


async def test_random_courses_of_the_treasury_get_the_codes_of_the_plain_ledger(server: Server, database: str) -> None:
    rows = [
        _STORE.format(key, year, key.int, most / 100, "reversed" if key == REVERSED else "confirmed", kind,
                      to or "NULL", "NULL")
        for key, (kind, year, to, most) in KINDS.items()
    ]  # fmt: skip
    _, year, _, most = KINDS[REVERSED]
    rows.append(_STORE.format(REVERSAL, year, "冲", most / 100, "confirmed", "reversal", "NULL", f"'{REVERSED}'"))
    async with open_ledger(server, database) as books:
        await books.as_superuser(*rows, f"UPDATE funding.approval SET award_yuan = {APPROVED} WHERE award_yuan > 0")
        machine = type("Course", (TreasuryChain,), {"books": books, "loop": asyncio.get_running_loop(), "seen": set()})
        limits = settings(
            max_examples=EXAMPLES, stateful_step_count=40, deadline=None, database=None,
            derandomize=EXAMPLES <= SUITE, suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=limits)
    rare = {Code.NO_ACCOUNT, Code.LEDGER_MISMATCH, Code.NO_ROUTE, Code.NO_DOCUMENT, Code.AMOUNT_EXCEEDS_PENDING}
    assert machine.seen >= set(Code) - rare  # type: ignore[attr-defined]
