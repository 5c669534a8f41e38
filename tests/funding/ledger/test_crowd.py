"""Many at once: nobody overdraws, nobody is counted twice, and what was acknowledged survives killed connections."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.funding.ledger.postings import Code, Transfer
from services.funding.ledger_batch import LOST, MOST, Batcher
from tests.conftest import Server
from tests.funding.ledger.accounts import (
    AWARD,
    BUDGET,
    CAP,
    COMMITMENT,
    MOMENT,
    PAID,
    RECEIVABLE,
    SOURCE,
    Books,
    chain,
    direct,
    opened_books,
    pending,
    posted,
    voided,
)

CROWD = 16


@pytest.fixture
async def books(server: Server, database: str) -> AsyncIterator[Books]:
    async with opened_books(server, database, pool_size=CROWD) as books:
        yield books
        assert await books.drifts() == []


def batcher(books: Books) -> Batcher:
    return Batcher(lambda: asyncpg.connect(books.app_dsn), lambda: MOMENT)


async def together(books: Books, *batches: list[Transfer]) -> Counter[Code]:
    """Every batch from a session of its own, all at once."""
    answers = await asyncio.gather(*(books.send(*batch) for batch in batches))
    return Counter(code for codes in answers for code in codes)


async def test_sixteen_sessions_spend_exactly_the_budget(books: Books) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 10_000))
    asks = [[pending(f"{who}/{n}", BUDGET, PAID, 100)] for n in range(10) for who in range(CROWD)]
    assert await together(books, *asks) == {Code.OK: 100, Code.OVER_BUDGET: 60}
    assert (await books.counters())[BUDGET] == (0, 10_000, 10_000, 0)


async def test_sixteen_sessions_award_exactly_the_cap(books: Books) -> None:
    asks = [[direct(f"{who}/{n}", COMMITMENT, AWARD, CAP // 20)] for n in range(2) for who in range(CROWD)]
    assert await together(books, *asks) == {Code.OK: 20, Code.OVER_CAP: 12}


async def test_the_same_batch_from_sixteen_sessions_counts_once(books: Books) -> None:
    await together(books, *[[direct(f"warm {n}", SOURCE, BUDGET, 500)] for n in range(CROWD)])
    for n in range(10):
        batch = [direct(f"pay {n}/{k}", BUDGET, PAID, 10) for k in range(20)]
        assert await together(books, *[batch] * CROWD) == {Code.OK: 20, Code.EXISTS: 20 * (CROWD - 1)}


async def test_one_id_sent_at_once_with_different_accounts_is_a_conflict_for_all_but_one(books: Books) -> None:
    async with batcher(books) as one, batcher(books) as other:
        for n in range(40):
            ask = [direct(f"x{n}", SOURCE, BUDGET, 1), direct(f"x{n}", COMMITMENT, AWARD, 1)]
            answers = await asyncio.gather(one.post(ask[0]), other.post(ask[1]))
            assert sorted(code for codes in answers for code in codes) == [Code.OK, Code.ID_CONFLICT]


async def test_a_reservation_released_and_cancelled_at_once_is_resolved_once(books: Books) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 500), pending("hold", BUDGET, PAID, 500))
    tries = [[posted(f"r{n}", "hold"), voided(f"c{n}", "hold")] for n in range(CROWD // 2)]
    assert await together(books, *tries) == {Code.OK: 1, Code.ALREADY_RESOLVED: CROWD - 1}


async def test_sessions_that_move_money_both_ways_do_not_lock_each_other_out(books: Books) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 100_000), direct("pay", BUDGET, PAID, 50_000))
    there = [[direct(f"there {n}", BUDGET, PAID, 1), direct(f"claw {n}", PAID, RECEIVABLE, 1)] for n in range(80)]
    back = [[direct(f"claw back {n}", PAID, RECEIVABLE, 1), direct(f"fund {n}", SOURCE, BUDGET, 1)] for n in range(80)]
    assert await together(books, *there, *back) == {Code.OK: 320}


async def test_a_batcher_answers_every_caller_with_its_own_codes(books: Books) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 1_000))
    async with batcher(books) as line:
        answers = await asyncio.gather(
            *(line.post(direct(f"pay {n}", BUDGET, PAID, 10)) for n in range(150)),
            line.post(direct("a", SOURCE, BUDGET, 5), direct("b", SOURCE, 404, 5)),
        )
    assert Counter(codes[0] for codes in answers[:-1]) == {Code.OK: 100, Code.OVER_BUDGET: 50}
    assert answers[-1] == [Code.LINKED_FAILED, Code.NO_ACCOUNT]


async def test_a_batcher_keeps_neighbouring_chains_apart(books: Books) -> None:
    broken = chain(direct("a", SOURCE, BUDGET, 5), direct("b", BUDGET, PAID, 6))
    async with batcher(books) as line:
        answers = await asyncio.gather(line.post(*broken), line.post(direct("c", SOURCE, BUDGET, 7)))
    assert [*answers] == [[Code.LINKED_FAILED, Code.OVER_BUDGET], [Code.OK]]


async def test_a_batcher_refuses_a_chain_too_long_and_work_after_closing(books: Books) -> None:
    async with batcher(books) as line:
        with pytest.raises(ValueError, match="1 to 500"):
            await line.post(*(direct(f"pay {n}", SOURCE, BUDGET, 1) for n in range(MOST + 1)))
        with pytest.raises(ValueError, match="1 to 500"):
            await line.post()
    with pytest.raises(RuntimeError, match="closed"):
        await line.post(direct("late", SOURCE, BUDGET, 1))


async def test_a_batcher_that_cannot_connect_tells_its_callers_and_tries_afresh(books: Books) -> None:
    nobody_listens = "postgresql://app_funding@127.0.0.1:1/funding"
    doors = iter([nobody_listens, nobody_listens, books.app_dsn])
    async with Batcher(lambda: asyncpg.connect(next(doors)), lambda: MOMENT) as line:
        with pytest.raises(ConnectionRefusedError):
            await line.post(direct("a", SOURCE, BUDGET, 1))
        assert await line.post(direct("a", SOURCE, BUDGET, 1)) == [Code.OK]


async def test_nothing_acknowledged_is_lost_while_connections_are_killed(books: Books) -> None:
    await books.send(direct("fund", SOURCE, BUDGET, 10_000_000))
    acknowledged: set[Transfer] = set()
    refused: Counter[Code] = Counter()
    over = asyncio.Event()
    async with batcher(books) as one, batcher(books) as other:
        killer = asyncio.create_task(_kill(books, acknowledged, over))
        workers = [_work(who, (one, other)[who % 2], acknowledged, refused) for who in range(8)]
        await asyncio.gather(*workers)
        over.set()
        kills = await killer
        for line in (one, other):
            assert await _insist(line, next(iter(acknowledged))) == [Code.EXISTS]
    assert kills > 3
    assert {transfer.id for transfer in acknowledged} <= await books.ids()
    assert len(acknowledged) == 8 * 150
    assert not refused
    assert len(await books.ids()) == len(acknowledged) + 1


async def _work(who: int, line: Batcher, acknowledged: set[Transfer], refused: Counter[Code]) -> None:
    """Pay, claw back, and now and then send an old one again; after a lost connection, send the same once more."""
    chance = random.Random(who)
    for n in range(150):
        transfer = direct(f"{who}/{n}", BUDGET, PAID, chance.randint(1, 50))
        for code in await _insist(line, transfer):
            if code <= Code.EXISTS:
                acknowledged.add(transfer)
            else:
                refused[code] += 1
        if chance.random() < 0.15:
            assert await _insist(line, transfer) == [Code.EXISTS]


async def _insist(line: Batcher, transfer: Transfer) -> list[Code]:
    while True:
        try:
            return await line.post(transfer)
        except LOST:
            continue


async def _kill(books: Books, acknowledged: set[Transfer], over: asyncio.Event) -> int:
    """Terminate the batchers' backends whenever some more was acknowledged, until it is over."""
    killed = enough = 0
    connection = await asyncpg.connect(books.admin_dsn)
    try:
        while not over.is_set():
            if len(acknowledged) < enough:
                await asyncio.sleep(0.005)
                continue
            killed += await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE usename = 'app_funding' AND datname = current_database() AND query LIKE '%post_batch($1%'"
            )
            enough = len(acknowledged) + 60
    finally:
        await connection.close()
    return killed
