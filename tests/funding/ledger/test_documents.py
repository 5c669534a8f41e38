"""Money enters the ledger only by a document that grants it: one call of the service's role mints nothing. 三（二）"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.funding.ledger.postings import ROUTES, Account, AccountCode, Code, Transfer, bank_return_account
from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    CASE,
    COMMITMENT,
    DOCUMENT,
    FROZEN,
    PAID,
    RECEIVABLE,
    RETURNED,
    SOURCE,
    LedgerFixture,
    chain,
    direct,
    open_ledger,
    pending,
    posted,
)
from tests.postgres import Server

pytestmark = pytest.mark.clause("三（二）")
DRAFT, NEXT_YEAR, SMALL = (UUID(int=n) for n in (1, 2, 3))
MINTED = 99_900_000_000
_ROW = (
    "INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by, drafted_at,"
    " confirmed_by, confirmed_at) VALUES ('{}', '110000', {}, '{}', {}, {})"
)
_CONFIRMED, _DRAFTED = "'confirmed', 'a', now(), 'b', now()", "'drafted', 'a', now(), NULL, NULL"
INTEREST, OTHER_CASE_AWARD, SECOND_BUDGET = 1006, 2004, 202502


@pytest.fixture
async def books(server: Server, database: str) -> AsyncIterator[LedgerFixture]:
    """Return a ledger with a confirmed document of 5 yuan, one of the next year, and a draft."""
    async with open_ledger(server, database) as books:
        await books.open(
            [
                Account(INTEREST, AccountCode.PAID_INTEREST_SUBSIDY, case_id=CASE),
                Account(OTHER_CASE_AWARD, AccountCode.AWARD, case_id=UUID(int=9), limit_fen=MINTED),
                Account(SECOND_BUDGET, AccountCode.BUDGET, fiscal_year=2025),
            ]
        )
        await books.as_superuser(
            _ROW.format(DRAFT, 2024, "草", 1_000_000_000, _DRAFTED),
            _ROW.format(NEXT_YEAR, 2025, "明", 1_000_000_000, _CONFIRMED),
            _ROW.format(SMALL, 2024, "小", 5, _CONFIRMED),
        )
        yield books
        assert await books.drifts() == []


def funded(name: str, fen: int, document: UUID | None) -> Transfer:
    return replace(direct(name, SOURCE, BUDGET, fen), document=document)


MINTING = {
    "without a document": (funded("mint", MINTED, None), Code.NO_DOCUMENT),
    "on an unknown document": (funded("mint", MINTED, UUID(int=404)), Code.NO_DOCUMENT),
    "on a draft": (funded("mint", MINTED, DRAFT), Code.NO_DOCUMENT),
    "on a document of another year": (funded("mint", MINTED, NEXT_YEAR), Code.NO_DOCUMENT),
    "one fen above the document": (funded("mint", 501, SMALL), Code.OVER_DOCUMENT),
    "from the commitments into the budget": (direct("mint", COMMITMENT, BUDGET, MINTED), Code.NO_ROUTE),
    "from the source to a project": (direct("mint", SOURCE, PAID, MINTED), Code.NO_ROUTE),
    "an award without an approval": (direct("mint", COMMITMENT, OTHER_CASE_AWARD, 1), Code.NO_DOCUMENT),
    "a document that an award names": (
        replace(direct("mint", COMMITMENT, AWARD, 1), document=DOCUMENT), Code.NO_DOCUMENT,
    ),
    "a document that a payment names": (replace(direct("mint", PAID, RECEIVABLE, 1), document=DOCUMENT), None),
}  # fmt: skip


@pytest.mark.parametrize("name", MINTING)
async def test_one_call_mints_nothing(books: LedgerFixture, name: str) -> None:
    transfer, code = MINTING[name]
    before = await books.counters()
    assert await books.send(transfer) == [code or Code.OVER_BALANCE]
    assert await books.counters() == before


async def test_a_document_is_posted_up_to_its_amount_in_parts_reserved_or_posted(books: LedgerFixture) -> None:
    assert await books.send(funded("one", 300, SMALL)) == [Code.OK]
    assert await books.send(funded("more", 201, SMALL), funded("rest", 200, SMALL)) == [Code.OVER_DOCUMENT, Code.OK]
    assert await books.send(funded("a fen", 1, SMALL)) == [Code.OVER_DOCUMENT]
    assert await books.send(funded("one", 300, SMALL)) == [Code.EXISTS]


async def test_postings_of_one_batch_share_the_document(books: LedgerFixture) -> None:
    batch = [funded("one", 300, SMALL), funded("more", 201, SMALL), funded("rest", 200, SMALL)]
    assert await books.send(*batch) == [Code.OK, Code.OVER_DOCUMENT, Code.OK]


BUDGET_DOCUMENTS: dict[str, tuple[int, int]] = {
    "'cut', NULL, NULL": (BUDGET, SOURCE),
    "'transfer', 2025, NULL": (BUDGET, SECOND_BUDGET),
    "'carry_over', 2025, NULL": (BUDGET, SECOND_BUDGET),
    "'freeze', NULL, NULL": (BUDGET, FROZEN),
    "'unfreeze', NULL, NULL": (FROZEN, BUDGET),
    f"'reversal', NULL, '{SMALL}'": (BUDGET, SOURCE),
}


@pytest.mark.parametrize("terms", BUDGET_DOCUMENTS)
async def test_a_budget_document_moves_money_between_its_two_accounts_alone(books: LedgerFixture, terms: str) -> None:
    giver, taker = BUDGET_DOCUMENTS[terms]
    other = UUID(int=8)
    await books.as_superuser(
        "INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by,"
        " drafted_at, confirmed_by, confirmed_at, kind, to_year, reverses)"
        f" VALUES ('{other}', '110000', 2024, '调', 5, {_CONFIRMED}, {terms})"
    )
    frozen = replace(direct("frozen", BUDGET, FROZEN, 400), document=UUID(int=9))
    await books.as_superuser(
        "INSERT INTO funding.appropriation (id, district, year, document_no, amount_yuan, status, drafted_by,"
        " drafted_at, confirmed_by, confirmed_at, kind)"
        f" VALUES ('{UUID(int=9)}', '110000', 2024, '冻', 4, {_CONFIRMED}, 'freeze')"
    )
    assert await books.send(direct("fund", SOURCE, BUDGET, 1_000), frozen) == [Code.OK] * 2
    moves = {
        (debit, credit): (await books.send(replace(direct(f"{debit} {credit}", debit, credit, 300), document=other)))[0]
        for debit, credit in {(giver, taker), *BUDGET_DOCUMENTS.values(), (SOURCE, BUDGET)}
    }
    assert {pair for pair, code in moves.items() if code is Code.OK} == {(giver, taker)}
    assert set(moves.values()) <= {Code.OK, Code.NO_DOCUMENT, Code.OVER_BUDGET, Code.OVER_BALANCE}
    rest = [replace(direct(name, giver, taker, fen), document=other) for name, fen in (("more", 201), ("all", 200))]
    assert await books.send(*rest) in ([Code.OVER_DOCUMENT, Code.OK], [Code.OVER_BALANCE, Code.OVER_BALANCE])


async def test_a_broken_chain_gives_its_part_of_the_document_back(books: LedgerFixture) -> None:
    broken = chain(funded("a", 500, SMALL), direct("b", BUDGET, PAID, 501))
    assert await books.send(*broken, funded("c", 500, SMALL)) == [Code.LINKED_FAILED, Code.OVER_BUDGET, Code.OK]


async def test_awards_stop_at_the_approval(books: LedgerFixture) -> None:
    await books.as_superuser(f"UPDATE funding.approval SET award_yuan = 5 WHERE application_id = '{CASE}'")
    assert await books.send(direct("a", COMMITMENT, AWARD, 501)) == [Code.OVER_DOCUMENT]
    assert await books.send(direct("a", COMMITMENT, AWARD, 300), direct("b", COMMITMENT, AWARD, 200)) == [Code.OK] * 2
    assert await books.send(direct("c", COMMITMENT, AWARD, 1)) == [Code.OVER_DOCUMENT]


async def test_a_resolution_names_no_document(books: LedgerFixture) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 500), pending("hold", BUDGET, PAID, 500))
    release = replace(posted("release", "hold"), document=DOCUMENT)
    assert await books.send(release) == [Code.NO_DOCUMENT]


ACCOUNTS = {
    AccountCode.SOURCE: SOURCE,
    AccountCode.BUDGET: BUDGET,
    AccountCode.COMMITMENT: COMMITMENT,
    AccountCode.AWARD: AWARD,
    AccountCode.PAID_GRANT: PAID,
    AccountCode.PAID_INTEREST_SUBSIDY: INTEREST,
    AccountCode.CLAWBACK_RECEIVABLE: RECEIVABLE,
    AccountCode.RETURNED: RETURNED,
    AccountCode.FROZEN: FROZEN,
    AccountCode.BANK_RETURN: bank_return_account(CASE).id,
}
OTHER_ACCOUNTS = {AccountCode.BUDGET: SECOND_BUDGET, AccountCode.AWARD: OTHER_CASE_AWARD}
"""A second account of a kind."""


def others(giver: AccountCode) -> dict[AccountCode, int]:
    """Return an account of each kind beside that of `giver`; of its own kind a second one where there is one."""
    rest = {code: account for code, account in ACCOUNTS.items() if code is not giver}
    return rest | {code: account for code, account in OTHER_ACCOUNTS.items() if code is giver}


async def test_money_moves_between_no_other_accounts_than_the_routes_name(books: LedgerFixture) -> None:
    """Try every pair of kinds of account, posted and reserved."""
    assert set(ACCOUNTS) == set(AccountCode)
    await books.open([bank_return_account(CASE)])
    lawful = set()
    for giver, debit in ACCOUNTS.items():
        for taker, credit in others(giver).items():
            tries = [make(f"{giver} {taker}", debit, credit, 1) for make in (direct, pending)]
            codes = {(await books.send(each))[0] for each in tries}
            lawful |= set() if codes == {Code.NO_ROUTE} else {(giver, taker)}
            assert Code.NO_ROUTE not in codes or codes == {Code.NO_ROUTE}
    assert lawful == ROUTES


def changed(columns: str, of: UUID = DRAFT) -> str:
    return f"UPDATE funding.appropriation SET {columns} WHERE id = '{of}'"


CONFIRM = "status = 'confirmed', confirmed_at = now(), confirmed_by"
FINAL = asyncpg.RestrictViolationError
NO_RIGHT = asyncpg.InsufficientPrivilegeError
"""On a column that never changes; the trigger would refuse it too."""
FORGED: dict[str, tuple[str, Any]] = {
    "a confirmed appropriation out of nothing": (_ROW.format(UUID(int=7), 2024, "伪", 9, _CONFIRMED), FINAL),
    "a larger amount": (changed("amount_yuan = 9"), NO_RIGHT),
    "a larger amount in the confirmation": (changed(f"amount_yuan = 9, {CONFIRM} = 'b'"), NO_RIGHT),
    "a confirmation taken back": (
        changed("status = 'drafted', confirmed_by = NULL, confirmed_at = NULL", SMALL), FINAL,
    ),
    "a confirmation without an announcement": (changed(f"announced = false, {CONFIRM} = 'b'"), NO_RIGHT),
    "a confirmation by its drafter": (changed(f"{CONFIRM} = 'a'"), asyncpg.CheckViolationError),
    "a confirmation by nobody": (changed("status = 'confirmed'"), asyncpg.CheckViolationError),
    "a second account of a year": (
        "SELECT funding_ledger.open_accounts('{7}', 202312, '{2}', '{2024}', '{NULL}', '{NULL}', now())",
        asyncpg.UniqueViolationError,
    ),
    "a second source": (
        "SELECT funding_ledger.open_accounts('{7}', 202312, '{1}', '{NULL}', '{NULL}', '{NULL}', now())",
        asyncpg.UniqueViolationError,
    ),
    "a second award of a case": (
        f"SELECT funding_ledger.open_accounts('{{7}}', 202312, '{{4}}', '{{NULL}}', '{{{CASE}}}', '{{9}}', now())",
        asyncpg.UniqueViolationError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
async def test_the_service_forges_no_document_and_no_account(books: LedgerFixture, name: str) -> None:
    statement, refusal = FORGED[name]
    with pytest.raises(refusal):
        await books.as_app("SET app.districts = '{110000}'", statement)


async def test_nobody_deletes_an_appropriation(books: LedgerFixture) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await books.as_app("DELETE FROM funding.appropriation")
    with pytest.raises(asyncpg.RestrictViolationError):
        await books.as_owner("DELETE FROM funding.appropriation")
