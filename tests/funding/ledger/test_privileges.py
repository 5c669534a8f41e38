"""Privileges on the ledger's tables and functions, and the steps of an award. 三（二）"""

from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from services.funding.ledger import posting as ledger
from services.funding.ledger import postings
from services.funding.ledger.budget_postings import appropriate
from services.funding.ledger.postings import AccountCode
from shared.actors import system_actor
from shared.errors import DomainError
from tests.funding.ledger.ledger_fixture import BUDGET, DOCUMENT, LedgerFixture, open_ledger
from tests.postgres import Server


@pytest.fixture
async def books(server: Server, database: str) -> AsyncIterator[LedgerFixture]:
    async with open_ledger(server, database) as books:
        yield books
        assert await books.drifts() == []


FORBIDDEN = (
    "INSERT INTO funding_ledger.resolution VALUES (gen_random_uuid(), gen_random_uuid())",
    "INSERT INTO funding_ledger.account (id, ledger, code, opened_at) VALUES (5, 1, 1, '2024-01-01Z')",
    "UPDATE funding_ledger.account SET credits_posted = 1",
    "UPDATE funding_ledger.transfer SET amount = 1",
    "DELETE FROM funding_ledger.transfer",
    "TRUNCATE funding_ledger.transfer",
    "ALTER TABLE funding_ledger.transfer DISABLE TRIGGER ALL",
    "SELECT nextval('funding_ledger.batch_number')",
    "CREATE TABLE funding_ledger.mine ()",
)
CHANGES = (
    "UPDATE funding_ledger.transfer SET amount = amount",
    "DELETE FROM funding_ledger.transfer",
    "TRUNCATE funding_ledger.transfer",
    "UPDATE funding_ledger.resolution SET transfer_id = transfer_id",
    "DELETE FROM funding_ledger.resolution",
    "TRUNCATE funding_ledger.resolution",
    "DELETE FROM funding_ledger.account",
)


async def test_the_service_cannot_write_the_tables_itself(books: LedgerFixture) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await books.as_app(statement)


async def test_the_owner_cannot_change_posted_transfers(books: LedgerFixture) -> None:
    for statement in CHANGES:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await books.as_owner(statement)


async def test_both_functions_run_under_a_fixed_search_path_as_their_owner(books: LedgerFixture) -> None:
    rows = await books.as_app(
        "SELECT proname, prosecdef, pg_get_userbyid(proowner) AS owner, proconfig, has_function_privilege("
        "'relay_funding', oid, 'EXECUTE') AS leaks FROM pg_proc WHERE pronamespace = 'funding_ledger'::regnamespace "
        "AND proname IN ('post_batch', 'open_accounts')"
    )
    assert len(rows) == 2
    for row in rows:
        assert (row["prosecdef"], row["owner"], row["leaks"]) == (True, "owner_funding", False)
        assert "search_path=pg_catalog, funding_ledger, pg_temp" in row["proconfig"]


CASE = UUID(int=5)
CAP_YUAN = Decimal("50000000.00")
ACTS_IN_ORDER: list[tuple[list[postings.Transfer], type[DomainError] | None]] = [
    (postings.award(CASE, Decimal("50000000.01")), ledger.OverCap),
    (postings.award(CASE, CAP_YUAN), None),
    (postings.reserve(CASE, "grant", 2024, Decimal("30000000.00"), "1"), None),
    (postings.reduce_award(CASE, Decimal("20000000.01"), "1"), ledger.OverAward),
    (postings.reduce_award(CASE, Decimal("15000000.00"), "2"), None),
    (postings.reserve(CASE, "grant", 2024, Decimal("5000000.01"), "2"), ledger.OverAward),
    (postings.release(CASE, "1", Decimal("25000000.00")), None),
    (postings.release(CASE, "1", Decimal("25000000.00")), None),
    (postings.cancel(CASE, "1"), ledger.AlreadyResolved),
    (postings.cancel(CASE, "3"), ledger.PendingNotFound),
    (postings.reserve(CASE, "grant", 2025, Decimal("1.00"), "4"), ledger.NoAccount),
    (postings.reserve(CASE, "grant", 2024, Decimal("15000000.01"), "5"), ledger.OverBudget),
    (postings.claw_back(CASE, "grant", Decimal("25000000.01"), "1"), ledger.OverBalance),
    (postings.claw_back(CASE, "grant", Decimal("5000000.00"), "2"), None),
    (postings.receive_return(CASE, Decimal("5000000.00"), "1"), None),
]


async def test_each_wrong_step_of_an_award_is_refused(books: LedgerFixture) -> None:
    await books.approve(CASE, "60000000.00")
    await books.open(postings.case_accounts(CASE, "grant", CAP_YUAN))
    await books.send(*appropriate(2024, Decimal("40000000.00"), "京财〔2024〕1号", DOCUMENT))
    for transfers, refusal in ACTS_IN_ORDER:
        async with books.database.session(system_actor("test")) as session:
            if refusal is None:
                await ledger.post(session, transfers)
            else:
                with pytest.raises(refusal):
                    await ledger.post(session, transfers)
    async with books.database.session(system_actor("test")) as session:
        budget = await ledger.balance(session, BUDGET)
        paid = await ledger.balance(session, postings.case_account(CASE, AccountCode.PAID_GRANT))
        history = await ledger.entries(session, CASE)
    assert (budget.available, budget.held) == (Decimal("15000000.00"), Decimal("15000000.00"))
    assert paid.held == Decimal("20000000.00")
    assert [entry["purpose"] for entry in history][-2:] == ["clawback:2", "return:1"]
