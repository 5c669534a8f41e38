"""The proxy in front of PostgreSQL: lost answers, delays, and traffic passed through unchanged."""

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

from faults.proxy import Frames
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
        await connection.execute(text("CREATE TABLE noted (id uuid PRIMARY KEY)"))
    yield made
    await made.dispose()


async def note(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO noted VALUES (:id)"), {"id": uuid4()})


async def noted(server: Server, database: str) -> int:
    connection = await asyncpg.connect(server.embedded.dsn(database))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM noted"))
    finally:
        await connection.close()


async def test_a_cut_after_commit_loses_the_answer_and_nothing_else(
    engine: AsyncEngine, proxy: Proxy, server: Server, database: str
) -> None:
    await proxy.cut()
    with pytest.raises((DBAPIError, OSError)):
        await note(engine)
    assert await noted(server, database) == 1
    await note(engine)
    assert await noted(server, database) == 2
    assert await proxy.seen() == {"connections": 2, "commits": 3, "cut": 1}


async def test_a_transaction_that_did_not_commit_is_not_cut(
    engine: AsyncEngine, proxy: Proxy, server: Server, database: str
) -> None:
    await proxy.cut()
    async with engine.connect() as connection:
        await connection.execute(text("INSERT INTO noted VALUES (gen_random_uuid())"))
        await connection.rollback()
    async with engine.begin() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text("SELECT 1/0"))  # the server answers COMMIT with ROLLBACK now
    assert (await proxy.seen()).get("cut") is None


async def test_a_delay_is_felt_and_a_black_hole_holds_everything_until_it_ends(
    engine: AsyncEngine, proxy: Proxy, server: Server, database: str
) -> None:
    await proxy.delay(0.2)
    began = time.perf_counter()
    await note(engine)
    assert time.perf_counter() - began > 0.1
    await proxy.delay(0)
    await proxy.swallow()
    writing = asyncio.create_task(note(engine))
    finished, _ = await asyncio.wait({writing}, timeout=0.5)
    assert not finished
    assert await noted(server, database) == 1
    await proxy.flow()
    await writing
    assert await noted(server, database) == 2


async def test_much_passes_whole(engine: AsyncEngine) -> None:
    long = "长" * 3_000_000
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT CAST(:long AS text)"), {"long": long}) == long


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


@pytest.mark.parametrize("piece", [1, 2, 5, 7, 1000])
def test_a_commit_is_seen_however_the_bytes_are_cut_up(piece: int) -> None:
    startup = (8 + 4).to_bytes(4) + (196608).to_bytes(4) + b"u\0\0\0"
    ssl = (8).to_bytes(4) + (80877103).to_bytes(4)
    bind = _message(b"B", b"Q\0\0\0\x0cCOMMIT;\0" * 50) + _message(b"S", b"")
    commit = _message(b"Q", b"COMMIT;\0")
    frames = Frames()
    seen = []
    for sent in (ssl, startup, bind, commit, _message(b"Q", b"BEGIN;\0"), bind, commit):
        pieces = [sent[at : at + piece] for at in range(0, len(sent), piece)]
        seen.append([frames.end_with_commit(each) for each in pieces].count(True))
    assert seen == [0, 0, 0, 1, 0, 0, 1]
