"""How each thing is broken and set right again."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg

from deploy.local.processes import StartFailed
from faults.recovery import Wound
from faults.schedule import Injury
from faults.suite import Site, administrator, program
from services import SERVICES

SLOWEST_SECONDS = 0.5
"""Most by which a piece of what the database is told or answers is late."""
BUSY_TRIES = 40
IN_HAND_SECONDS = 20.0
"""So long a batch may take to come into a consumer's hand."""
_SERVES_SECONDS = 120.0
"""A service that is started while its database or broker is away is not ready before they are back."""
_VISIT_SECONDS = (2.0, 10.0)
"""How long a replica stays before it goes, and how long after that the next one comes."""

# A backend that waits for its client is idle; one that is amid a transaction is not, even while it waits.
_TERMINATE = """
WITH busy AS MATERIALIZED (
    SELECT pid, application_name FROM pg_stat_activity
    WHERE datname = current_database() AND state <> 'idle' AND application_name ~ '^(tenghuan|relay)-'
    ORDER BY random() LIMIT 1
)
SELECT application_name, pg_terminate_backend(pid) FROM busy"""
_HELD = """
SELECT pid FROM pg_locks WHERE relation = to_regclass($1) AND mode = 'RowExclusiveLock' AND NOT granted LIMIT 1"""


class Missed(Exception):
    """There was nothing to hit: no backend was busy, or what was to be hit was down already."""


Blow = Callable[[Site, Injury], AsyncGenerator[tuple[str, ...], None]]
"""Breaks something; yields the services that feel it at the moment when it begins to be set right."""


async def strike(site: Site, injury: Injury) -> Wound:
    """Do it, for as long as it lasts, and set it right. Raises Missed."""
    began = ended = time.monotonic()
    services: tuple[str, ...] = ()
    async with contextlib.aclosing(BLOWS[injury.kind](site, injury)) as blow:
        async for felt in blow:
            services, ended = felt, time.monotonic()
    return Wound(injury, began, ended, time.monotonic(), services)


async def _kill(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    """With a service go its relay and its consumer. It is started again at once, under the same name."""
    site.processes.kill(injury.target)
    yield (injury.target,)
    await site.processes.ready(injury.target, seconds=_SERVES_SECONDS)


async def _seize(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    """Killed with a batch in hand. It is started again at once."""
    async with _batch_in_hand(site, injury.target):
        site.processes.kill(injury.target)
    yield (injury.target,)
    await site.processes.ready(injury.target, seconds=_SERVES_SECONDS)


async def _tear(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    """A batch in hand loses its backend."""
    async with _batch_in_hand(site, injury.target) as (admin, backend):
        await admin.execute("SELECT pg_terminate_backend($1)", backend)
    yield (injury.target,)


@asynccontextmanager
async def _batch_in_hand(site: Site, service: str) -> AsyncIterator[tuple[asyncpg.Connection, int]]:
    """For the length of the block a batch of the service is handled and cannot commit; gives its backend.

    The note of what was applied, which comes last, waits for a lock. Raises Missed where no batch comes.
    """
    notes = f"{service}.faults_applied"
    async with _reached(site) as admin, asyncio.timeout(IN_HAND_SECONDS) as patience, admin.transaction():
        await admin.execute(f"LOCK TABLE {notes} IN SHARE MODE")
        while (backend := await admin.fetchval(_HELD, notes)) is None:  # noqa: ASYNC110 - PostgreSQL has no event for it
            await asyncio.sleep(0.01)
        patience.reschedule(None)
        yield admin, backend


async def _freeze(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    """It loses its partitions and its say in the relay's shards, and comes back believing that it has them."""
    frozen = site.processes.pid(injury.target)
    site.processes.freeze(injury.target)
    try:
        await asyncio.sleep(injury.lasts)
        yield (injury.target,)
    finally:
        if site.processes.pid(injury.target) == frozen:  # else it was killed meanwhile
            site.processes.thaw(injury.target)


async def _backend(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    yield ((await _terminated(site)).split("-", 1)[1],)


async def _terminated(site: Site) -> str:
    """The name under which the backend was known that is gone now. Raises Missed."""
    async with _reached(site) as admin:
        for _ in range(BUSY_TRIES):
            row = await admin.fetchrow(_TERMINATE)
            if row is not None:
                return str(row["application_name"])
            await asyncio.sleep(0.01)
    raise Missed("no backend was busy")


@asynccontextmanager
async def _reached(site: Site) -> AsyncIterator[asyncpg.Connection]:
    """The database past the proxy. Raises Missed where it is down, or too late for the block."""
    try:
        async with administrator(site.dsn) as admin:
            yield admin
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        raise Missed("the database is down, or has nothing to hit") from error


async def _cut(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    """The next COMMIT is done and its answer lost."""
    await site.proxy.cut()
    yield SERVICES


async def _database(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    await asyncio.to_thread(site.ground.stop_database)
    yield SERVICES
    await asyncio.to_thread(site.ground.start_database)


async def _broker(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    await asyncio.to_thread(site.ground.broker.kill)
    yield SERVICES
    await asyncio.to_thread(site.ground.broker.restart)


async def _silence(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    """Connections to the broker stay open and nothing comes: half-open."""
    site.ground.freeze_broker()
    try:
        await asyncio.sleep(injury.lasts)
        yield SERVICES
    finally:
        site.ground.thaw_broker()


async def _delay(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    await site.proxy.delay(SLOWEST_SECONDS)
    try:
        await asyncio.sleep(injury.lasts)
        yield SERVICES
    finally:
        await site.proxy.delay(0)


async def _hole(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    await site.proxy.swallow()
    try:
        await asyncio.sleep(injury.lasts)
        yield SERVICES
    finally:
        await site.proxy.flow()


async def _storm(site: Site, injury: Injury) -> AsyncGenerator[tuple[str, ...], None]:
    """A second process of a service joins its group, nameless, and leaves: in turn by itself and killed."""
    chance = random.Random(f"{site.planted.seed}/{injury.at}")
    ends, visits = time.monotonic() + injury.lasts, 0
    while time.monotonic() < ends:
        visits += 1
        visitor = program(site.settings, site.planted, injury.target, replica=visits, TENGHUAN_INSTANCE="")
        visitor = replace(visitor, name=f"{injury.target}-visitor")
        try:
            with contextlib.suppress(StartFailed):  # its database or broker is away
                await site.processes.add(visitor)
                await asyncio.sleep(chance.uniform(*_VISIT_SECONDS))
        finally:
            await _leave(site, visitor.name, killed=visits % 2 == 0)
        await asyncio.sleep(chance.uniform(*_VISIT_SECONDS))
    yield (injury.target,)


async def _leave(site: Site, visitor: str, *, killed: bool) -> None:
    if killed:
        site.processes.kill(visitor, stay_down=True)
    await site.processes.stop(visitor)
    site.processes.programs.pop(visitor)


BLOWS: dict[str, Blow] = {
    "kill": _kill,
    "seize": _seize,
    "tear": _tear,
    "freeze": _freeze,
    "backend": _backend,
    "cut": _cut,
    "database": _database,
    "broker": _broker,
    "silence": _silence,
    "delay": _delay,
    "hole": _hole,
    "storm": _storm,
}
