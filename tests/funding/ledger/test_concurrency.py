"""Concurrent sessions: no overdrawn account, no transfer counted twice, nothing acknowledged lost with a backend."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.funding.ledger.postings import Code, Transfer, transfer_id
from tests.funding.ledger.ledger_fixture import (
    AWARD,
    BUDGET,
    CAP,
    CASE,
    COMMITMENT,
    PAID,
    RECEIVABLE,
    SOURCE,
    LedgerFixture,
    direct,
    open_ledger,
    pending,
    posted,
    voided,
)
from tests.postgres import Server

CROWD = 16


@pytest.fixture
async def books(server: Server, database: str) -> AsyncIterator[LedgerFixture]:
    async with open_ledger(server, database, pool_size=CROWD) as books:
        yield books
        assert await books.drifts() == []


async def together(books: LedgerFixture, *batches: list[Transfer]) -> Counter[Code]:
    """Post every batch from its own session, all at once, and count the codes."""
    answers = await asyncio.gather(*(books.send(*batch) for batch in batches))
    return Counter(code for codes in answers for code in codes)


async def test_sixteen_sessions_spend_exactly_the_budget(books: LedgerFixture) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 10_000))
    asks = [[pending(f"{who}/{n}", BUDGET, PAID, 100)] for n in range(10) for who in range(CROWD)]
    assert await together(books, *asks) == {Code.OK: 100, Code.OVER_BUDGET: 60}
    assert (await books.counters())[BUDGET] == (0, 10_000, 10_000, 0)


async def test_sixteen_sessions_award_exactly_the_cap(books: LedgerFixture) -> None:
    asks = [[direct(f"{who}/{n}", COMMITMENT, AWARD, CAP // 20)] for n in range(2) for who in range(CROWD)]
    assert await together(books, *asks) == {Code.OK: 20, Code.OVER_CAP: 12}


async def test_the_same_batch_from_sixteen_sessions_counts_once(books: LedgerFixture) -> None:
    await together(books, *[[direct(f"warm {n}", SOURCE, BUDGET, 500)] for n in range(CROWD)])
    for n in range(10):
        batch = [direct(f"pay {n}/{k}", BUDGET, PAID, 10) for k in range(20)]
        assert await together(books, *[batch] * CROWD) == {Code.OK: 20, Code.EXISTS: 20 * (CROWD - 1)}


async def test_one_id_sent_at_once_with_different_accounts_stands_once_and_conflicts_when_sent_again(
    books: LedgerFixture,
) -> None:
    for n in range(40):
        asks = [direct(f"x{n}", SOURCE, BUDGET, 1), direct(f"x{n}", COMMITMENT, AWARD, 1)]
        answers = await asyncio.gather(*(books.send(ask) for ask in asks), return_exceptions=True)
        # No account is common to both, so no lock keeps them apart: the primary key refuses the later one.
        lost = [answer for answer in answers if answer != [Code.OK]]
        assert len(lost) == 1
        assert lost[0] == [Code.ID_CONFLICT] or isinstance(lost[0], IntegrityError)
        again = [(await books.send(ask))[0] for ask in asks]
        assert sorted(again) == [Code.EXISTS, Code.ID_CONFLICT]


async def test_a_reservation_released_and_cancelled_at_once_is_resolved_once(books: LedgerFixture) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 500), pending("hold", BUDGET, PAID, 500))
    tries = [[posted(f"r{n}", "hold"), voided(f"c{n}", "hold")] for n in range(CROWD // 2)]
    assert await together(books, *tries) == {Code.OK: 1, Code.ALREADY_RESOLVED: CROWD - 1}


async def test_sessions_that_move_money_both_ways_do_not_lock_each_other_out(books: LedgerFixture) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 100_000), direct("pay", BUDGET, PAID, 50_000))
    there = [[direct(f"there {n}", BUDGET, PAID, 1), direct(f"claw {n}", PAID, RECEIVABLE, 1)] for n in range(80)]
    back = [[direct(f"claw back {n}", PAID, RECEIVABLE, 1), direct(f"fund {n}", SOURCE, BUDGET, 1)] for n in range(80)]
    assert await together(books, *there, *back) == {Code.OK: 320}


async def test_nothing_acknowledged_is_lost_while_connections_are_killed(books: LedgerFixture) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 10_000_000))
    acknowledged: set[Transfer] = set()
    over = asyncio.Event()
    killer = asyncio.create_task(_kill(books, acknowledged, over))
    await asyncio.gather(*(_work(books, who, acknowledged) for who in range(8)))
    over.set()
    assert await killer > 3
    assert len(acknowledged) == 8 * 100
    assert await _insist(books, next(iter(acknowledged))) == [Code.EXISTS]
    assert await books.ids() == {transfer.id for transfer in acknowledged} | {transfer_id(CASE, "fund")}


async def _work(books: LedgerFixture, who: int, acknowledged: set[Transfer]) -> None:
    """Pay a hundred times and send one in seven again; after a lost connection, send the same transfer once more."""
    chance = random.Random(who)
    for n in range(100):
        transfer = direct(f"{who}/{n}", BUDGET, PAID, chance.randint(1, 50))
        assert max(await _insist(books, transfer)) <= Code.EXISTS
        acknowledged.add(transfer)
        if chance.random() < 0.15:
            assert await _insist(books, transfer) == [Code.EXISTS]


async def _insist(books: LedgerFixture, transfer: Transfer) -> list[Code]:
    """Post the transfer, again after each lost connection."""
    while True:
        try:
            return await books.send(transfer)
        except (DBAPIError, OSError):
            continue


async def _kill(books: LedgerFixture, acknowledged: set[Transfer], over: asyncio.Event) -> int:
    """Terminate the backends that post each time sixty more are acknowledged; return how many were terminated."""
    killed = enough = 0
    connection = await asyncpg.connect(books.admin_dsn)
    try:
        while not over.is_set():
            if len(acknowledged) < enough:
                await asyncio.sleep(0.005)
                continue
            killed += await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app_funding'"
                " AND datname = current_database() AND query SIMILAR TO '%post_batch%|COMMIT;'"
            )
            enough = len(acknowledged) + 60
    finally:
        await connection.close()
    return killed
