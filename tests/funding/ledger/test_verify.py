"""Ledger verification detects every kind of change that the owner of the tables could make."""

from collections.abc import AsyncIterator

import pytest

from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    COMMITMENT,
    PAID,
    SOURCE,
    LedgerFixture,
    direct,
    open_ledger,
    pending,
    posted,
    voided,
)
from tests.postgres import Server

UNCHECKED = (
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_never_overdrawn",
    "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_within_limit",
)


@pytest.fixture
async def books(server: Server, database: str) -> AsyncIterator[LedgerFixture]:
    async with open_ledger(server, database) as books:
        await books.send(
            direct("fund", SOURCE, BUDGET, 1_000),
            direct("award", COMMITMENT, AWARD, 800),
            pending("hold", BUDGET, PAID, 300),
            pending("open", BUDGET, PAID, 100),
            pending("gone", BUDGET, PAID, 50),
        )
        await books.send(posted("release", "hold", 200), voided("cancel", "gone"))
        yield books


async def found(books: LedgerFixture, *changes: str) -> set[str]:
    """Return the invariants violated after changes that the owner makes with triggers disabled."""
    await books.as_owner_without_triggers(*changes)
    return {drift.invariant for drift in await books.drifts()}


async def test_books_in_order_show_no_drift(books: LedgerFixture) -> None:
    assert await books.drifts() == []


async def test_a_counter_that_was_raised_is_found(books: LedgerFixture) -> None:
    raised = f"UPDATE funding_ledger.account SET credits_posted = credits_posted + 1 WHERE id = {BUDGET}"
    assert await found(books, raised) == {"debits_equal_credits", "counters_equal_transfers"}


async def test_counters_raised_on_both_sides_are_found(books: LedgerFixture) -> None:
    both = (
        f"UPDATE funding_ledger.account SET debits_posted = debits_posted + 5 WHERE id = {SOURCE}",
        f"UPDATE funding_ledger.account SET credits_posted = credits_posted + 5 WHERE id = {BUDGET}",
    )
    assert await found(books, *both) == {"counters_equal_transfers"}


async def test_a_deleted_transfer_is_found(books: LedgerFixture) -> None:
    assert await found(books, "DELETE FROM funding_ledger.transfer WHERE purpose = 'award'") == {
        "counters_equal_transfers"
    }


async def test_an_amount_that_was_changed_is_found(books: LedgerFixture) -> None:
    changed = "UPDATE funding_ledger.transfer SET amount = amount - 1 WHERE purpose = 'award'"
    assert await found(books, changed) == {"counters_equal_transfers"}


async def test_a_transfer_slipped_in_with_its_counters_shows_in_the_version(books: LedgerFixture) -> None:
    assert await found(
        books,
        "INSERT INTO funding_ledger.transfer"
        " (id, batch, kind, debit_account, credit_account, amount, purpose, posted_at)"
        f" VALUES (gen_random_uuid(), 99, 0, {SOURCE}, {BUDGET}, 7, 'slipped in', '2024-09-02Z')",
        f"UPDATE funding_ledger.account SET debits_posted = debits_posted + 7 WHERE id = {SOURCE}",
        f"UPDATE funding_ledger.account SET credits_posted = credits_posted + 7 WHERE id = {BUDGET}",
    ) == {"counters_equal_transfers"}


async def test_a_transfer_on_an_account_that_does_not_exist_is_found(books: LedgerFixture) -> None:
    moved = "UPDATE funding_ledger.transfer SET debit_account = 404 WHERE purpose = 'open'"
    assert await found(books, moved) == {"counters_equal_transfers"}


async def test_a_cap_and_a_budget_that_were_exceeded_are_found(books: LedgerFixture) -> None:
    lowered = f"UPDATE funding_ledger.account SET credit_limit = 799 WHERE id = {AWARD}"
    assert await found(books, *UNCHECKED, lowered) == {"no_limit_exceeded"}
    over = f"UPDATE funding_ledger.account SET debits_posted = 2000 WHERE id = {BUDGET}"
    assert "no_limit_exceeded" in await found(books, over)


async def test_a_pending_resolved_twice_is_found(books: LedgerFixture) -> None:
    assert await found(
        books,
        "INSERT INTO funding_ledger.transfer"
        " (id, batch, kind, debit_account, credit_account, amount, pending_id, purpose, posted_at)"
        " SELECT gen_random_uuid(), batch, 3, debit_account, credit_account, amount, pending_id, 'again', posted_at"
        " FROM funding_ledger.transfer WHERE purpose = 'release'",
    ) == {"pending_resolved_at_most_once", "resolutions_match_transfers"}


async def test_a_resolution_without_its_transfer_and_the_reverse_are_found(books: LedgerFixture) -> None:
    gone = "SELECT id FROM funding_ledger.transfer WHERE purpose = 'gone'"
    lost = f"DELETE FROM funding_ledger.resolution WHERE pending_id IN ({gone})"
    assert await found(books, lost) == {"counters_equal_transfers", "resolutions_match_transfers"}
    stray = "UPDATE funding_ledger.resolution SET transfer_id = gen_random_uuid()"
    assert "resolutions_match_transfers" in await found(books, stray)


async def test_a_release_larger_than_its_reservation_is_found(books: LedgerFixture) -> None:
    larger = "UPDATE funding_ledger.transfer SET amount = 301 WHERE purpose = 'release'"
    assert await found(books, larger) == {"counters_equal_transfers", "resolutions_match_transfers"}


async def test_a_drift_names_where_and_how_much(books: LedgerFixture) -> None:
    await found(books, f"UPDATE funding_ledger.account SET credits_posted = credits_posted + 1 WHERE id = {BUDGET}")
    drifts = {drift.invariant: drift for drift in await books.drifts()}
    assert drifts["counters_equal_transfers"].subject == f"account {BUDGET}"
    assert "counters 200/100/1001/0" in drifts["counters_equal_transfers"].figures
