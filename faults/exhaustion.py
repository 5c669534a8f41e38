"""Faults of a machine at its limits: full disks and an event loop that is held.

A disk is full by the limit of the system on the size of a process's files (RLIMIT_FSIZE, Linux), which needs no rights
of root and no file system of its own: every write beyond it fails in the kernel, as on a full disk, with another number
of the error. At zero nothing can be written at all, logs and the write-ahead log of PostgreSQL included.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncGenerator

import httpx
import psutil

from faults.schedule import Fault
from faults.suite import NoTarget, RunningSuite
from services import SERVICES

_ALIVE_SECONDS = 1.0
"""A service whose loop is held must not answer within this time."""
_READY_SECONDS = 120.0


def limit_files(process: psutil.Process, *, full: bool) -> None:
    """Forbid a process to write to files, or allow it again; nothing for one that has ended. Raises NoTarget."""
    kind = getattr(psutil, "RLIMIT_FSIZE", None)
    if kind is None:
        raise NoTarget("this system has no limits on other processes")
    with contextlib.suppress(psutil.NoSuchProcess):
        _, most = process.rlimit(kind)
        process.rlimit(kind, (0 if full else most, most))


async def full_disk_files(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Let a service write no file for a while: uploads and its log."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(suite.processes.pid(fault.target))
        limit_files(process, full=True)
        try:
            await asyncio.sleep(fault.duration)
            yield (fault.target,)
        finally:
            limit_files(process, full=False)
        await suite.processes.ready(fault.target, seconds=_READY_SECONDS)


async def full_disk_database(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Let PostgreSQL write no file: it stops at the next record of its log. Then make room and start it again."""
    environment = suite.environment
    if not await asyncio.to_thread(environment.fill_disk):
        raise NoTarget("PostgreSQL is down, or this system has no prlimit")
    await asyncio.sleep(fault.duration)
    yield SERVICES
    await asyncio.to_thread(environment.free_disk)


async def block_loop(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Hold a service's event loop beyond its session, as a long computation would; its health check must notice."""
    held = suite.processes.pid(fault.target)
    os.kill(held, signal.SIGUSR1)
    began = time.monotonic()
    if await _is_alive(suite, fault.target) and suite.processes.pid(fault.target) == held:
        suite.findings.append(f"{fault.target} answered its health check with its event loop held")
    await asyncio.sleep(max(0.0, began + fault.duration - time.monotonic()))
    yield (fault.target,)
    if suite.processes.pid(fault.target) == held:  # otherwise it was killed meanwhile
        with contextlib.suppress(ProcessLookupError):
            os.kill(held, signal.SIGUSR2)
    await suite.processes.ready(fault.target, seconds=_READY_SECONDS)


async def _is_alive(suite: RunningSuite, service: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=_ALIVE_SECONDS) as client:
        try:
            await client.get(f"{suite.processes.programs[service].address}/livez")
        except httpx.HTTPError:
            return False
    return True
