"""`make bench-ledger`: release of 200 projects out of one hot budget, in one call and in four other ways.

The other ways: a call for each project; objects of an ORM under row locks; a schema of pgledger's kind (balances and
entries with the balance before and after, one call a transfer); one of django-hordak's kind (legs that a deferred
trigger adds up, balances summed from them). Each way moves budget and award of a project and commits. Beside it single
acts through the function of this version and the one before, and a run in which backends are killed.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from bench import other_ledgers
from bench.ledger import ACTOR, PASSWORDS, YEAR, store_documents
from deploy.local.postgres import Embedded, start
from services import load
from services.funding.ledger.budget_postings import appropriate
from services.funding.ledger.posting import columns, open_accounts, post
from services.funding.ledger.postings import Transfer, award, case_accounts, programme_accounts, release, reserve
from services.funding.ledger.verify import verify
from services.funding.migrations.post_batch_v2 import POST_BATCH as BEFORE
from shared.clock import Clock
from shared.settings import Settings
from shared.storage.migrate import upgrade
from shared.storage.session import Database

PROJECTS = 200
ROUNDS = 5
KILLS = 160
SINGLES = 400
WORKERS = 8
AWARD, PART = Decimal("1000000.00"), Decimal("10.00")
DOCUMENT = UUID(int=0)
CASES = [UUID(int=n + 1) for n in range(PROJECTS)]
_NOW = "now()"


async def _prepare(server: Embedded, database: Database) -> None:
    """Open the accounts and award every project; the hot budget holds all awards."""
    await store_documents(server, CASES, AWARD)
    accounts = [account for case in CASES for account in case_accounts(case, "grant", AWARD)]
    transfers = [*appropriate(YEAR, AWARD * PROJECTS, "bench", DOCUMENT)]
    for case in CASES:
        transfers += award(case, AWARD)
    async with database.session(ACTOR) as session:
        await open_accounts(session, [*programme_accounts(YEAR), *accounts])
        await post(session, transfers)


async def _commit(database: Database, transfers: Sequence[Transfer]) -> None:
    async with database.session(ACTOR) as session:
        await post(session, transfers)


async def _reserved(database: Database, reference: str, cases: Sequence[UUID] = CASES) -> list[list[Transfer]]:
    """Reserve a part of each award, and return the releases by project."""
    await _commit(database, [each for case in cases for each in reserve(case, "grant", YEAR, PART, reference)])
    return [release(case, reference) for case in cases]


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _in_one(database: Database, releases: list[list[Transfer]]) -> None:
    await _commit(database, [each for project in releases for each in project])


async def _one_by_one(database: Database, releases: list[list[Transfer]], waited: list[float]) -> None:
    for project in releases:
        began = time.perf_counter()
        await _commit(database, project)
        waited.append(time.perf_counter() - began)


async def _round(
    number: int, database: Database, others: other_ledgers.Others, waited: list[float]
) -> dict[str, float]:
    batch, singles = await _reserved(database, f"b{number}"), await _reserved(database, f"s{number}")
    return {
        "batch": await _timed(lambda: _in_one(database, batch)),
        "single_calls": await _timed(lambda: _one_by_one(database, singles, waited)),
        "orm": await _timed(lambda: others.by_orm(PROJECTS)),
        "pgledger_kind": await _timed(lambda: others.by_balances(PROJECTS)),
        "hordak_kind": await _timed(lambda: others.by_legs(PROJECTS)),
    }


async def _single_acts(server: Embedded, database: Database) -> dict[str, Any]:
    """Return the latency of single releases through the function now and before, in turns on one connection."""
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(BEFORE.replace("funding_ledger.post_batch(", "funding_ledger.post_batch_before(", 1))
        waited: dict[str, list[float]] = {"post_batch": [], "post_batch_before": []}
        for turn in range(SINGLES * 2 // PROJECTS):
            for place, project in enumerate(await _reserved(database, f"l{turn}")):
                name = ("post_batch", "post_batch_before")[(place + turn) % 2]
                marks = ", ".join(f"${number}" for number in range(1, 11))
                began = time.perf_counter()
                await connection.fetchval(f"SELECT funding_ledger.{name}({marks}, {_NOW})", *columns(project))
                waited[name].append(time.perf_counter() - began)
        return {"now": _latency(waited["post_batch"]), "before": _latency(waited["post_batch_before"])}
    finally:
        await connection.close()


def _latency(waited: list[float]) -> dict[str, float]:
    ordered = sorted(waited)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
    }


async def _killed(server: Embedded, database: Database) -> dict[str, int]:
    """Post batches while backends are killed, sending again what was not answered; return what is wrong at the end."""
    acked: set[UUID] = set()
    done = asyncio.Event()

    async def work(number: int) -> None:
        cases, turn = CASES[number::WORKERS], 0
        while not done.is_set():
            turn += 1
            made = [t for case in cases for t in reserve(case, "grant", YEAR, Decimal("0.01"), f"k{turn}")]
            paid = [t for case in cases for t in release(case, f"k{turn}")]
            for transfers in (made, paid):
                while not await _survives(database, transfers):
                    pass
                acked.update(each.id for each in transfers)

    async def kill() -> int:
        chance, killed = random.Random(12), 0  # seeded: the same kills in every run
        connection = await asyncpg.connect(server.dsn())
        while killed < KILLS:
            await asyncio.sleep(0.05)
            pids = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE usename = 'app_funding'")
            if pids:
                killed += await connection.fetchval("SELECT pg_terminate_backend($1)", chance.choice(pids)["pid"])
        done.set()
        await connection.close()
        return killed

    working = [asyncio.create_task(work(number)) for number in range(WORKERS)]
    killed = await kill()
    await asyncio.gather(*working)
    connection = await asyncpg.connect(server.dsn())
    there = {row["id"] for row in await connection.fetch("SELECT id FROM funding_ledger.transfer")}
    await connection.close()
    async with database.session(ACTOR) as session:
        drifts = len(await verify(session))
    return {"kills": killed, "transfers": len(acked), "acked_but_missing": len(acked - there), "drifts": drifts}


async def _survives(database: Database, transfers: Sequence[Transfer]) -> bool:
    """Return whether a batch was answered; a killed backend answers nothing, and the batch is sent again."""
    try:
        await _commit(database, transfers)
    except Exception as lost:  # whatever driver and pool make of a killed backend
        if not other_ledgers.is_lost(lost):
            raise
        return False
    return True


async def _measure(server: Embedded) -> dict[str, Any]:
    settings = Settings(database_url=server.dsn(), role_passwords=PASSWORDS, pool_size=WORKERS)
    await upgrade(settings, [load("funding")])
    database = Database("funding", settings.service_url("funding"), Clock(), settings)
    waited: list[float] = []
    try:
        await _prepare(server, database)
        async with other_ledgers.opened(server.dsn()) as others:
            rounds = [await _round(number, database, others, waited) for number in range(ROUNDS)]
        singles = await _single_acts(server, database)
        killed = await _killed(server, database)
    finally:
        await database.close()
    seconds = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    return {
        "projects": PROJECTS,
        "rounds": ROUNDS,
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "batch_is_faster_by": {
            name: round(statistics.median(one[name] / one["batch"] for one in rounds), 1)
            for name in rounds[0]
            if name != "batch"
        },
        "single_calls": _latency(waited),
        "single_acts_in_the_database": singles,
        "killed": killed,
    }


def measure() -> dict[str, Any]:
    """Return seconds, ratios (medians of the rounds), latencies, and what the kills left; fsync is on."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
