"""The proxy before PostgreSQL: cut, delay, black hole, and unchanged data otherwise."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from faults.proxy import CommitDetector
from faults.proxy_process import Proxy
from tests.postgres import Server


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    async with Proxy(f"{server.embedded.host}/.s.PGSQL.{server.embedded.port}") as started:
        yield started


@pytest.fixture
async def engine(proxy: Proxy, server: Server, database: str) -> AsyncIterator[AsyncEngine]:
    url = make_url(server.embedded.dsn(database)).set(drivername="postgresql+asyncpg", query={})
    made = create_async_engine(url.set(host="127.0.0.1", port=proxy.port), pool_size=1, max_overflow=0)
    async with made.begin() as connection:
        await connection.execute(text("CREATE TABLE inserted (id uuid PRIMARY KEY)"))
    yield made
    await made.dispose()


async def insert_row(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO inserted VALUES (:id)"), {"id": uuid4()})


async def row_count(server: Server, database: str) -> int:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM inserted"))
    finally:
        await connection.close()


async def test_a_cut_after_commit_loses_the_answer_and_nothing_else(
    engine: AsyncEngine, proxy: Proxy, server: Server, database: str
) -> None:
    await proxy.cut_after_commit()
    with pytest.raises((DBAPIError, OSError)):
        await insert_row(engine)
    assert await row_count(server, database) == 1
    await insert_row(engine)
    assert await row_count(server, database) == 2
    assert await proxy.counters() == {"connections": 2, "commits": 3, "cut": 1}


async def test_a_transaction_that_did_not_commit_is_not_cut(
    engine: AsyncEngine, proxy: Proxy, server: Server, database: str
) -> None:
    await proxy.cut_after_commit()
    async with engine.connect() as connection:
        await connection.execute(text("INSERT INTO inserted VALUES (gen_random_uuid())"))
        await connection.rollback()
    async with engine.begin() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text("SELECT 1/0"))  # the server answers COMMIT with ROLLBACK now
    assert (await proxy.counters()).get("cut") is None


async def test_a_delay_is_measurable_and_a_black_hole_holds_all_data_until_unblocked(
    engine: AsyncEngine, proxy: Proxy, server: Server, database: str
) -> None:
    await proxy.set_delay(0.2)
    began = time.perf_counter()
    await insert_row(engine)
    assert time.perf_counter() - began > 0.1
    await proxy.set_delay(0)
    await proxy.block()
    writing = asyncio.create_task(insert_row(engine))
    finished, _ = await asyncio.wait({writing}, timeout=0.5)
    assert not finished
    assert await row_count(server, database) == 1
    await proxy.unblock()
    await writing
    assert await row_count(server, database) == 2


async def test_large_data_pass_unchanged(engine: AsyncEngine) -> None:
    long = "长" * 3_000_000
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT CAST(:long AS text)"), {"long": long}) == long


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


@pytest.mark.parametrize("piece", [1, 2, 5, 7, 1000])
def test_a_commit_is_recognised_in_chunks_of_any_size(piece: int) -> None:
    startup = (8 + 4).to_bytes(4) + (196608).to_bytes(4) + b"u\0\0\0"
    ssl = (8).to_bytes(4) + (80877103).to_bytes(4)
    bind = _message(b"B", b"Q\0\0\0\x0cCOMMIT;\0" * 50) + _message(b"S", b"")
    commit = _message(b"Q", b"COMMIT;\0")
    detector = CommitDetector()
    seen = []
    for sent in (ssl, startup, bind, commit, _message(b"Q", b"BEGIN;\0"), bind, commit):
        pieces = [sent[at : at + piece] for at in range(0, len(sent), piece)]
        seen.append([detector.ends_with_commit(each) for each in pieces].count(True))
    assert seen == [0, 0, 0, 1, 0, 0, 1]
