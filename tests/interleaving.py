"""Two transactions interleaved on purpose: one holds a row until the other is seen to wait for it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from services import load
from tests.world import World

Result = TypeVar("Result")
SECONDS = 30
_SOMEBODY_WAITS = """
SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""
"""Query for a transaction that waits for the one that asks."""

_WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = current_database()
"""


@asynccontextmanager
async def other_session(world: World) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection of the superuser beside the services' own."""
    connection = await asyncpg.connect(world.database.server.embedded.dsn(world.database.name))
    try:
        yield connection
    finally:
        await connection.close()


async def until_waited_for(first: asyncpg.Connection, second: "asyncio.Task[Any]") -> None:
    """Wait until a transaction waits for a lock of `first`. Fails if `second` ends without having waited."""
    async with asyncio.timeout(SECONDS):
        while not await first.fetchval(_SOMEBODY_WAITS):
            assert not second.done(), f"ended without waiting for the first transaction: {second.result()}"
            await asyncio.sleep(0.005)


async def after(world: World, lock: str, change: str, second: Coroutine[Any, Any, Result]) -> Result:
    """Run `second` while a transaction that executed `lock` is open; once it waits, execute `change` and commit."""
    async with other_session(world) as connection, asyncio.TaskGroup() as group, connection.transaction():
        await connection.execute(lock)
        task = group.create_task(second)
        await until_waited_for(connection, task)
        if change:
            await connection.execute(change)
    return task.result()


async def until_waiting(world: World, number: int) -> None:
    """Wait until this number of transactions wait for locks in the test's database."""
    async with asyncio.timeout(SECONDS):
        for _ in itertools.count():
            if await world.database.admin.fetchval(_WAITING) >= number:
                return
            await asyncio.sleep(0.005)


async def refuse_other_versions(world: World, service: str, method: str, path: str, who: Any, body: Any = None) -> None:
    """Check that an act which demands the version read is refused without one, and for one that was overtaken."""
    read = await world.tag_read(service, method, path, who)
    if not read:
        return
    await world.settle()
    before = await world.snapshot()
    missing = await world.call(service, method, path, who, body, if_match="")
    async with overtaken(world, service):
        changed = await world.tag_read(service, method, path, who) != read
        stale = await world.call(service, method, path, who, body, if_match=read if changed else '"0"')
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert await world.snapshot() == before


@asynccontextmanager
async def overtaken(world: World, service: str) -> AsyncIterator[None]:
    """Let every record of a service be of the next version meanwhile."""
    change = "; ".join(
        f"UPDATE {service}.{table.name} SET version = version {{step}}"
        for table in load(service).metadata.sorted_tables
        if "version" in table.c and not table.c["version"].primary_key
    )
    await world.database.admin.execute(change.format(step="+ 1"))
    try:
        yield
    finally:
        await world.database.admin.execute(change.format(step="- 1"))
