"""Ledger verification names every kind of change that the owner of the tables could make, and nothing beside it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.funding.ledger.postings import Account, AccountCode, Transfer, transfer_id
from services.funding.ledger.verify import INVARIANTS, verify
from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    CASE,
    COMMITMENT,
    OTHER_LEDGER,
    PAID,
    RECEIVABLE,
    RETURNED,
    SOURCE,
    LedgerFixture,
    direct,
    open_ledger,
    pending,
    posted,
    voided,
)
from tests.funding.ledger.planted import UNCHECKED, changed, named
from tests.postgres import Server

OTHER_COMMITMENT, OTHER_AWARD = 9003, 9004
ACCOUNT, TRANSFER, RESOLUTION = (f"funding_ledger.{table}" for table in ("account", "transfer", "resolution"))


@pytest.fixture(scope="module")
async def books(server: Server) -> AsyncIterator[LedgerFixture]:
    """Post transfers of every kind: direct, open, released in part and whole, cancelled; and one in another ledger.

    The tests share the database: each makes its changes in a transaction that is rolled back.
    """
    async with server.database() as lent, open_ledger(server, lent.name) as books:
        await books.open(
            [
                Account(OTHER_COMMITMENT, AccountCode.COMMITMENT),
                Account(OTHER_AWARD, AccountCode.AWARD, case_id=UUID(int=5), limit_fen=100),
            ],
            ledger=OTHER_LEDGER,
        )
        await books.approve(UUID(int=5), "1.00")
        await books.send(
            direct("fund", SOURCE, BUDGET, 1_000),
            direct("award", COMMITMENT, AWARD, 800),
            pending("hold", BUDGET, PAID, 300),
            pending("twin", BUDGET, PAID, 300),
            pending("open", BUDGET, PAID, 100),
            pending("gone", BUDGET, PAID, 50),
            pending("whole", BUDGET, PAID, 20),
            direct("elsewhere", OTHER_COMMITMENT, OTHER_AWARD, 60),
        )
        await books.send(posted("release", "hold", 200), posted("second", "twin", 200), voided("cancel", "gone"))
        await books.send(posted("all", "whole"))
        yield books


def account(column: str, change: str, of: int) -> str:
    return f"UPDATE {ACCOUNT} SET {column} = {column} {change} WHERE id = {of}"


def transfer(change: str, of: str) -> str:
    return f"UPDATE {TRANSFER} SET {change} WHERE purpose = '{of}'"


def deleted(name: str) -> str:
    return f"DELETE FROM {TRANSFER} WHERE purpose = '{name}'"


def inserted(one: Transfer, debit: int, credit: int, batch: int = 1) -> str:
    """Return the statement that slips a transfer in beside the ledger's functions."""
    pending_id = f"'{one.pending}'" if one.pending else "NULL"
    return (
        f"INSERT INTO {TRANSFER} (id, batch, kind, debit_account, credit_account, amount, pending_id, purpose,"
        f" posted_at) VALUES ('{one.id}', {batch}, {int(one.kind)}, {debit}, {credit}, {one.amount_fen}, {pending_id},"
        f" '{one.purpose}', '2024-09-02Z')"
    )


def pending_of(name: str) -> str:
    return f"pending {transfer_id(CASE, name)}"


def resolution(change: str, of: str) -> str:
    return f"UPDATE {RESOLUTION} SET {change} WHERE pending_id = '{transfer_id(CASE, of)}'"


async def subjects_of(books: LedgerFixture, invariant: str, *changes: str) -> set[str]:
    """Return what violates one invariant after the changes."""
    return {subject for name, subject in await named(books.admin_dsn, *changes) if name == invariant}


async def test_books_in_order_show_no_drift(books: LedgerFixture) -> None:
    assert await named(books.admin_dsn) == set()


LEDGER, ELSEWHERE = "ledger 202312", f"ledger {OTHER_LEDGER}"
SUMS = {
    "posted debits": ([account("debits_posted", "+ 1", SOURCE)], {LEDGER}),
    "posted credits": ([account("credits_posted", "+ 1", BUDGET)], {LEDGER}),
    "pending debits": ([account("debits_pending", "+ 1", BUDGET)], {LEDGER}),
    "pending credits": ([account("credits_pending", "+ 1", PAID)], {LEDGER}),
    "posted on one side and pending on the other": (
        [account("debits_posted", "+ 1", SOURCE), account("credits_pending", "+ 1", PAID)],
        {LEDGER},
    ),
    "one side in each ledger": (
        [account("debits_posted", "+ 5", SOURCE), account("credits_posted", "+ 5", OTHER_AWARD)],
        {LEDGER, ELSEWHERE},
    ),
    "both sides alike": ([account("debits_posted", "+ 5", SOURCE), account("credits_posted", "+ 5", BUDGET)], set()),
    "both sides alike, pending": (
        [account("debits_pending", "+ 5", BUDGET), account("credits_pending", "+ 5", PAID)],
        set(),
    ),
}


@pytest.mark.parametrize("name", SUMS)
async def test_each_ledgers_debits_equal_its_credits(books: LedgerFixture, name: str) -> None:
    changes, subjects = SUMS[name]
    assert await subjects_of(books, "debits_equal_credits", *changes) == subjects


COUNTERS = {
    "posted debits": ([account("debits_posted", "+ 1", SOURCE)], {SOURCE}),
    "pending debits": ([account("debits_pending", "- 1", BUDGET)], {BUDGET}),
    "posted credits": ([account("credits_posted", "+ 1", BUDGET)], {BUDGET}),
    "pending credits": ([account("credits_pending", "- 1", PAID)], {PAID}),
    "version": ([account("version", "+ 1", PAID)], {PAID}),
    "an account without transfers": ([account("credits_posted", "+ 7", RETURNED)], {RETURNED}),
    "an account without transfers, by version": ([account("version", "+ 1", RETURNED)], {RETURNED}),
    "a deleted transfer": ([deleted("award")], {COMMITMENT, AWARD}),
    "a deleted reservation": ([deleted("open")], {BUDGET, PAID}),
    "a changed amount": ([transfer("amount = amount - 1", "award")], {COMMITMENT, AWARD}),
    "a changed debit": ([transfer(f"debit_account = {COMMITMENT}", "fund")], {SOURCE, COMMITMENT}),
    "a changed credit": ([transfer(f"credit_account = {RETURNED}", "fund")], {BUDGET, RETURNED}),
    "an unknown account": ([transfer("debit_account = 404", "open")], {BUDGET, 404}),
    "direct for pending": ([transfer("kind = 0", "open")], {BUDGET, PAID}),
    "pending for direct": ([transfer("kind = 1", "elsewhere")], {OTHER_COMMITMENT, OTHER_AWARD}),
    "another batch": ([transfer("batch = 99", "elsewhere")], set()),
    "a batch of its own": ([transfer("batch = 99", "fund")], {BUDGET}),
    "a transfer slipped in with its counters": (
        [
            inserted(direct("slipped in", SOURCE, BUDGET, 7), SOURCE, BUDGET, batch=99),
            account("debits_posted", "+ 7", SOURCE),
            account("credits_posted", "+ 7", BUDGET),
        ],
        {SOURCE, BUDGET},
    ),
}


@pytest.mark.parametrize("name", COUNTERS)
async def test_each_accounts_counters_equal_its_transfers(books: LedgerFixture, name: str) -> None:
    changes, accounts = COUNTERS[name]
    subjects = await subjects_of(books, "counters_equal_transfers", *changes)
    assert subjects == {f"account {account}" for account in accounts}


LIMITS = {
    "credits above the limit": ([account("credit_limit", "- 201", AWARD)], {AWARD}),
    "credits at the limit": ([account("credit_limit", "- 200", AWARD)], set()),
    "pending credits above the limit": ([account("credits_pending", "+ 201", AWARD)], {AWARD}),
    "pending credits at the limit": ([account("credits_pending", "+ 200", AWARD)], set()),
    # Of the budget's 1,000 fen 420 are posted and 100 reserved.
    "budget overdrawn": ([account("debits_posted", "+ 481", BUDGET)], {BUDGET}),
    "budget used up": ([account("debits_posted", "+ 480", BUDGET)], set()),
    "budget overdrawn by a reservation": ([account("debits_pending", "+ 481", BUDGET)], {BUDGET}),
    "budget reserved to the last fen": ([account("debits_pending", "+ 480", BUDGET)], set()),
    "pending credits cover no debit": (
        [account("debits_posted", "+ 481", BUDGET), account("credits_pending", "+ 999", BUDGET)],
        {BUDGET},
    ),
    "award overdrawn": ([account("debits_posted", "+ 801", AWARD)], {AWARD}),
    "payments overdrawn": ([account("debits_posted", "+ 421", PAID)], {PAID}),
    "demand overdrawn": ([account("debits_posted", "+ 1", RECEIVABLE)], {RECEIVABLE}),
    "returned money overdrawn": ([account("debits_pending", "+ 1", RETURNED)], {RETURNED}),
    "source and commitment have no limit": (
        [account("debits_posted", "+ 9", SOURCE), account("debits_pending", "+ 9", COMMITMENT)],
        set(),
    ),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_no_account_exceeds_its_limit_or_its_credits(books: LedgerFixture, name: str) -> None:
    changes, accounts = LIMITS[name]
    subjects = await subjects_of(books, "no_limit_exceeded", *UNCHECKED, *changes)
    assert subjects == {f"account {account}" for account in accounts}


HOLD, TWIN, GONE, OPEN = (f"'{transfer_id(CASE, name)}'" for name in ("hold", "twin", "gone", "open"))
RESOLUTIONS = {
    "a transfer without its resolution": ([f"DELETE FROM {RESOLUTION} WHERE pending_id = {HOLD}"], {"hold"}),
    "a cancellation without its resolution": ([f"DELETE FROM {RESOLUTION} WHERE pending_id = {GONE}"], {"gone"}),
    "a resolution without its transfer": ([deleted("release")], {"hold"}),
    "a resolution by an unknown transfer": ([resolution("transfer_id = gen_random_uuid()", "hold")], {"hold"}),
    "a resolution of an open reservation": (
        [f"INSERT INTO {RESOLUTION} VALUES ({OPEN}, gen_random_uuid())"],
        {"open"},
    ),
    # Both reservations have the same amount and accounts: only the pair of the two ids tells them apart.
    "two resolutions exchanged": (
        [
            resolution("transfer_id = gen_random_uuid()", "twin"),
            resolution(f"transfer_id = '{transfer_id(CASE, 'second')}'", "hold"),
            resolution(f"transfer_id = '{transfer_id(CASE, 'release')}'", "twin"),
        ],
        {"hold", "twin"},
    ),
    "a deleted reservation": ([deleted("hold")], {"hold"}),
    "a reservation that is none": ([transfer("kind = 0", "hold")], {"hold"}),
    "a release one fen above its reservation": ([transfer("amount = 301", "release")], {"hold"}),
    "a release of its whole reservation": ([transfer("amount = 300", "release")], set()),
    "a release from another account": ([transfer(f"debit_account = {AWARD}", "release")], {"hold"}),
    "a release to another account": ([transfer(f"credit_account = {RETURNED}", "release")], {"hold"}),
    "a cancellation of another account": ([transfer(f"credit_account = {RETURNED}", "cancel")], {"gone"}),
}


@pytest.mark.parametrize("name", RESOLUTIONS)
async def test_each_resolution_matches_its_transfer_and_its_reservation(books: LedgerFixture, name: str) -> None:
    changes, reservations = RESOLUTIONS[name]
    subjects = await subjects_of(books, "resolutions_match_transfers", *changes)
    assert subjects == {pending_of(reservation) for reservation in reservations}


@pytest.mark.parametrize("again", [posted("again", "hold", 1), voided("again", "hold")], ids=["released", "cancelled"])
async def test_a_reservation_resolved_twice_is_named_with_both_transfers(books: LedgerFixture, again: Transfer) -> None:
    slipped_in = inserted(again, BUDGET, PAID).replace(f", {again.amount_fen}, '", f", {max(again.amount_fen, 1)}, '")
    async with changed(books.admin_dsn, slipped_in) as session:
        drifts = {drift.invariant: drift for drift in await verify(session)}
    twice = drifts["pending_resolved_at_most_once"]
    first = transfer_id(CASE, "release")
    assert (twice.subject, twice.figures) == (pending_of("hold"), f"resolved by {first}, {again.id}")


async def test_a_drift_shows_the_figures_that_contradict_each_other(books: LedgerFixture) -> None:
    async with changed(
        books.admin_dsn,
        *UNCHECKED,
        "ALTER TABLE funding_ledger.account DROP CONSTRAINT ck_account_award_has_a_cap",
        account("debits_posted", "+ 3", BUDGET),
        f"UPDATE {ACCOUNT} SET credit_limit = 522 WHERE id = {BUDGET}",
        f"UPDATE {TRANSFER} SET amount = 301 WHERE purpose = 'release'",
    ) as session:
        figures = {(drift.invariant, drift.subject): drift.figures for drift in await verify(session)}
    release = transfer_id(CASE, "release")
    assert figures == {
        ("debits_equal_credits", LEDGER): "debits 2223+100, credits 2220+100",
        ("counters_equal_transfers", f"account {BUDGET}"): "counters 423/100/1000/0 v3, transfers 521/100/1000/0 v3",
        ("counters_equal_transfers", f"account {PAID}"): "counters 0/0/420/100 v3, transfers 0/0/521/100 v3",
        ("no_limit_exceeded", f"account {BUDGET}"): "debits 523 of credits 1000, credits 1000 of limit 522",
        ("resolutions_match_transfers", pending_of("hold")): (
            f"resolution by {release}, transfer {release}, pending amount 300"
        ),
    }


def test_every_invariant_has_its_cases() -> None:
    tested = ("debits_equal_credits", "counters_equal_transfers", "no_limit_exceeded", "resolutions_match_transfers")
    assert set(INVARIANTS) == {*tested, "pending_resolved_at_most_once"}
