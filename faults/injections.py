"""Injection of each kind of fault, and its repair."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg

from deploy.local.processes import StartFailed
from faults.broker_loss import empty_broker
from faults.exhaustion import block_loop, full_disk_database, full_disk_files
from faults.recovery import Injection
from faults.schedule import Fault
from faults.suite import NoTarget, RunningSuite, admin_connection, program
from services import SERVICES

MAX_DELAY_SECONDS = 0.5
"""Maximum delay of each chunk between services and database."""
BUSY_TRIES = 40
BATCH_WAIT_SECONDS = 20.0
"""Longest wait of a fault until its service has a batch in hand."""
_READY_SECONDS = 120.0
"""A service started while its database or broker is down is ready only after their return."""
_REPLICA_SECONDS = (2.0, 10.0)
"""Shortest and longest life of an extra replica, and pause before the next one."""

# A backend waiting for its client is idle; one inside a transaction is not, even while it waits.
_TERMINATE = """
WITH busy AS MATERIALIZED (
    SELECT pid, application_name FROM pg_stat_activity
    WHERE datname = current_database() AND state <> 'idle' AND application_name ~ '^(tenghuan|relay)-'
    ORDER BY random() LIMIT 1
)
SELECT application_name, pg_terminate_backend(pid) FROM busy"""
_WAITING_BACKEND = """
SELECT pid FROM pg_locks WHERE relation = to_regclass($1) AND mode = 'RowExclusiveLock' AND NOT granted LIMIT 1"""


Injector = Callable[[RunningSuite, Fault], AsyncGenerator[tuple[str, ...], None]]
"""Injects a fault; yields the affected services at the moment when repair begins."""


async def inject(suite: RunningSuite, fault: Fault) -> Injection:
    """Inject a fault for its duration and repair it; return its times. Raises NoTarget."""
    began = ended = time.monotonic()
    services: tuple[str, ...] = ()
    async with contextlib.aclosing(INJECTORS[fault.kind](suite, fault)) as injector:
        async for affected in injector:
            services, ended = affected, time.monotonic()
    return Injection(fault, began, ended, time.monotonic(), services)


async def _kill(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Kill a service with its relay and consumer; the supervisor restarts it at once under the same name."""
    suite.processes.kill(fault.target)
    yield (fault.target,)
    await suite.processes.ready(fault.target, seconds=_READY_SECONDS)


async def _kill_in_batch(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Kill a service while it handles a batch; the supervisor restarts it at once."""
    async with _hold_batch(suite, fault.target):
        suite.processes.kill(fault.target)
    yield (fault.target,)
    await suite.processes.ready(fault.target, seconds=_READY_SECONDS)


async def _terminate_backend_in_batch(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Terminate the backend of a batch in hand."""
    async with _hold_batch(suite, fault.target) as (admin, backend):
        await admin.execute("SELECT pg_terminate_backend($1)", backend)
    yield (fault.target,)


@asynccontextmanager
async def _hold_batch(suite: RunningSuite, service: str) -> AsyncIterator[tuple[asyncpg.Connection, int]]:
    """Hold a batch of the service before its commit during the block; yield the batch's backend.

    A lock on the history table, written last, holds it. Raises NoTarget when no batch comes.
    """
    history_table = f"{service}.faults_applied"
    async with _direct_connection(suite) as admin, asyncio.timeout(BATCH_WAIT_SECONDS) as timeout, admin.transaction():
        await admin.execute(f"LOCK TABLE {history_table} IN SHARE MODE")
        while (backend := await admin.fetchval(_WAITING_BACKEND, history_table)) is None:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
        timeout.reschedule(None)
        yield admin, backend


async def _freeze(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Stop a service with SIGSTOP beyond its session; it resumes without knowing that it lost partitions and shards."""
    frozen = suite.processes.pid(fault.target)
    suite.processes.freeze(fault.target)
    try:
        await asyncio.sleep(fault.duration)
        yield (fault.target,)
    finally:
        if suite.processes.pid(fault.target) == frozen:  # otherwise it was killed meanwhile
            suite.processes.thaw(fault.target)


async def _terminate_backend(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    yield ((await _terminate_busy_backend(suite)).split("-", 1)[1],)


async def _terminate_busy_backend(suite: RunningSuite) -> str:
    """Terminate a busy backend; return its application name. Raises NoTarget."""
    async with _direct_connection(suite) as admin:
        for _ in range(BUSY_TRIES):
            row = await admin.fetchrow(_TERMINATE)
            if row is not None:
                return str(row["application_name"])
            await asyncio.sleep(0.01)
    raise NoTarget("no backend was busy")


@asynccontextmanager
async def _direct_connection(suite: RunningSuite) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection that bypasses the proxy. Raises NoTarget when the database is down or the block times out."""
    try:
        async with admin_connection(suite.dsn) as admin:
            yield admin
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        raise NoTarget("the database is down, or no batch came") from error


async def _lose_commit_answer(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Cut the connection after the next COMMIT, before its answer arrives."""
    await suite.proxy.cut_after_commit()
    yield SERVICES


async def _restart_database(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    await asyncio.to_thread(suite.environment.stop_database)
    yield SERVICES
    await asyncio.to_thread(suite.environment.start_database)


async def _restart_broker(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    await asyncio.to_thread(suite.environment.broker.kill)
    yield SERVICES
    await asyncio.to_thread(suite.environment.broker.restart)


async def _freeze_broker(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Stop the broker with SIGSTOP: connections stay open and no answer comes."""
    suite.environment.freeze_broker()
    try:
        await asyncio.sleep(fault.duration)
        yield SERVICES
    finally:
        suite.environment.thaw_broker()


async def _slow_database(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    await suite.proxy.set_delay(MAX_DELAY_SECONDS)
    try:
        await asyncio.sleep(fault.duration)
        yield SERVICES
    finally:
        await suite.proxy.set_delay(0)


async def _black_hole(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    await suite.proxy.block()
    try:
        await asyncio.sleep(fault.duration)
        yield SERVICES
    finally:
        await suite.proxy.unblock()


async def _rebalance_storm(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Add a second process of a service to its consumer group and remove it, stopped and killed in turn."""
    rng = random.Random(f"{suite.patches.seed}/{fault.at}")
    ends, count = time.monotonic() + fault.duration, 0
    while time.monotonic() < ends:
        count += 1
        extra = program(suite.settings, suite.patches, fault.target, replica=count, TENGHUAN_INSTANCE="")
        extra = replace(extra, name=f"{fault.target}-extra")
        try:
            with contextlib.suppress(StartFailed):  # its database or broker is down
                await suite.processes.add(extra)
                await asyncio.sleep(rng.uniform(*_REPLICA_SECONDS))
        finally:
            await _remove_replica(suite, extra.name, killed=count % 2 == 0)
        await asyncio.sleep(rng.uniform(*_REPLICA_SECONDS))
    yield (fault.target,)


async def _remove_replica(suite: RunningSuite, extra: str, *, killed: bool) -> None:
    if killed:
        suite.processes.kill(extra, stay_down=True)
    await suite.processes.stop(extra)
    suite.processes.programs.pop(extra)


INJECTORS: dict[str, Injector] = {
    "kill": _kill,
    "kill_in_batch": _kill_in_batch,
    "terminate_backend_in_batch": _terminate_backend_in_batch,
    "freeze": _freeze,
    "terminate_backend": _terminate_backend,
    "lose_commit_answer": _lose_commit_answer,
    "restart_database": _restart_database,
    "restart_broker": _restart_broker,
    "freeze_broker": _freeze_broker,
    "slow_database": _slow_database,
    "black_hole": _black_hole,
    "rebalance_storm": _rebalance_storm,
    "block_loop": block_loop,
    "full_disk_files": full_disk_files,
    "full_disk_database": full_disk_database,
    "empty_broker": empty_broker,
}
