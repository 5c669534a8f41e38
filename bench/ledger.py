"""One hot budget account, ten thousand grantees: transfers a second, beside pgbench's four-statement write."""

import asyncio
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy import make_url

from bench.floor import prepare_floor, transactions_per_second
from deploy.local.postgres import Embedded, start
from services import load
from services.funding.ledger.posting import columns, open_accounts
from services.funding.ledger.postings import Account, AccountCode, Kind, Transfer, programme_account, programme_accounts
from services.funding.ledger.verify import verify
from services.funding.ledger_batch import CALL, Batcher
from shared.actors import system_actor
from shared.clock import Clock
from shared.settings import Settings
from shared.storage.migrate import upgrade
from shared.storage.session import Database

SECONDS = 4.0
ROUNDS = 3
GRANTEES = 10_000
PASSWORD = "bench"
BUDGET = programme_account(AccountCode.BUDGET, 2024)
FIRST_GRANTEE = 1_000_000

Connect = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]


def _transfers() -> Iterator[Transfer]:
    chance = random.Random(7)
    for number in itertools.count(1):
        grantee = FIRST_GRANTEE + chance.randrange(GRANTEES)
        yield Transfer(UUID(int=chance.getrandbits(128)), Kind.DIRECT, 1, f"bench:{number}", BUDGET, grantee)


async def _open(settings: Settings, dsn: str) -> None:
    url = make_url(dsn).set(drivername="postgresql+asyncpg")
    database = Database("funding", url, Clock(), settings)
    async with database.session(system_actor("bench")) as session:
        grantees = [
            Account(FIRST_GRANTEE + n, AccountCode.PAID_GRANT, case_id=UUID(int=n + 1)) for n in range(GRANTEES)
        ]
        await open_accounts(session, [*programme_accounts(2024), *grantees])
    await database.close()


async def _drifts(settings: Settings, dsn: str) -> int:
    database = Database("funding", make_url(dsn).set(drivername="postgresql+asyncpg"), Clock(), settings)
    async with database.session(system_actor("bench")) as session:
        drifts = await verify(session)
    await database.close()
    return len(drifts)


async def _calls(connect: Connect, source: Iterator[Transfer], size: int) -> dict[str, float]:
    """One connection, `size` transfers in every call."""
    connection = await connect()
    waited: list[float] = []
    began = time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        batch = list(itertools.islice(source, size))
        sent = time.perf_counter()
        codes = await connection.fetchval(CALL, *columns(batch), Clock().now())
        waited.append(time.perf_counter() - sent)
        assert not any(codes), "a transfer of the measurement was refused"
    await connection.close()
    return _figures(size * len(waited) / (time.perf_counter() - began), waited)


async def _waiting(connect: Connect, source: Iterator[Transfer], callers: int) -> dict[str, float]:
    """The batcher, with `callers` requests waiting at any time."""
    waited: list[float] = []
    async with Batcher(connect, Clock().now) as batcher:
        began = time.perf_counter()

        async def call() -> None:
            while time.perf_counter() - began < SECONDS:
                transfer = next(source)
                sent = time.perf_counter()
                codes = await batcher.post(transfer)
                waited.append(time.perf_counter() - sent)
                assert not any(codes), "a transfer of the measurement was refused"

        await asyncio.gather(*(call() for _ in range(callers)))
        lasted = time.perf_counter() - began
    return _figures(len(waited) / lasted, waited)


def _figures(rate: float, waited: list[float]) -> dict[str, float]:
    waited.sort()
    return {
        "transfers_per_second": round(rate),
        "p50_ms": round(statistics.median(waited) * 1000, 2),
        "p99_ms": round(waited[int(len(waited) * 0.99)] * 1000, 2),
    }


async def _round(server: Embedded, connect: Connect, source: Iterator[Transfer]) -> dict[str, dict[str, float]]:
    floor = await asyncio.to_thread(transactions_per_second, server, SECONDS)
    results = {
        "batcher_32_waiting": await _waiting(connect, source, 32),
        "batcher_200_waiting": await _waiting(connect, source, 200),
        "post_batch_200_per_call": await _calls(connect, source, 200),
        "post_batch_1000_per_call": await _calls(connect, source, 1000),
    }
    for figures in results.values():
        figures["ratio_to_floor"] = round(figures["transfers_per_second"] / floor, 2)
    return {"floor": {"transactions_per_second": round(floor)}, **results}


def _medians(rounds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        name: {figure: statistics.median(one[name][figure] for one in rounds) for figure in rounds[0][name]}
        for name in rounds[0]
    }


async def _measure(server: Embedded) -> dict[str, Any]:
    settings = Settings(database_url=server.dsn(), role_password=SecretStr(PASSWORD))
    await upgrade(settings, [load("funding")])
    app = server.dsn(user="app_funding", password=PASSWORD)
    await _open(settings, app)
    await prepare_floor(server)

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(app)

    source = _transfers()
    fund = Transfer(UUID(int=1), Kind.DIRECT, 10**12, "bench:fund", programme_account(AccountCode.SOURCE), BUDGET)
    connection = await connect()
    await connection.execute("SELECT 1")
    await connection.fetchval(CALL, *columns([fund]), Clock().now())
    await connection.close()
    rounds = [await _round(server, connect, source) for _ in range(ROUNDS)]
    return {"rounds": ROUNDS, "seconds_each": SECONDS, **_medians(rounds), "drifts": await _drifts(settings, app)}


def measure() -> dict[str, Any]:
    """Transfers a second and milliseconds, medians of three rounds; fsync is on."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
