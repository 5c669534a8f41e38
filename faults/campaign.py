"""One run: load and injuries side by side, then everything mended, then the verdict."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from faults.checker.judge import Verdict, judge
from faults.end_checks import announced_in_order, heard_out, parked_as_poisoned, parked_streams, replayed, settled
from faults.environment import Ground
from faults.garbage import strangers
from faults.lag import Lag
from faults.nemesis import Ordeal
from faults.plan import Course
from faults.poison import Poison
from faults.recovery import history, recoveries
from faults.report import Report
from faults.suite import Site, administrator, site
from faults.usage import Vitals, backends
from faults.workload.drive import LoadFigures, drive
from faults.workload.log import CommandLog

HEARD_SECONDS = 60.0
"""The least that intake may take for what districts asked by their topic."""


@dataclass
class Standing:
    """What a watcher is shown while a run goes on."""

    began: float
    phase: str
    log: CommandLog
    lag: Lag
    ordeal: Ordeal


Watch = Callable[[Standing], None]


async def run(ground: Ground, folder: Path, course: Course, watch: Watch = lambda standing: None) -> Report:
    """Hurt a fresh suite while it is loaded, mend it, and judge."""
    settings = {"kafka_session_seconds": course.session_seconds}
    heard: list[str] = []
    async with (
        site(ground, folder, course.planted, say=heard.append, **settings) as suite,
        Lag(suite.dsn) as lag,
        Vitals(suite) as vitals,
    ):
        with CommandLog(folder / "commands.jsonl") as log:
            standing = Standing(time.monotonic(), "load", log, lag, Ordeal(suite))
            async with _watched(standing, watch):
                before = await backends(suite)
                load = await _loaded(suite, course, log, standing.ordeal)
                standing.phase = "verdict"
                differences, verdict = await _judged(suite, course, lag, load, log)
                after = await backends(suite)
        return Report(
            course=course,
            load=load,
            injuries=standing.ordeal.counts(),
            missed=standing.ordeal.missed,
            recoveries=recoveries(standing.ordeal.wounds, lag.samples),
            history=history(standing.ordeal.wounds, lag.samples, standing.began),
            memory_mb=vitals.growth(),
            backends=(before, after),
            restarts=sum(suite.processes.starts.values()) - len(suite.processes.starts),
            seconds=round(time.monotonic() - standing.began, 1),
            differences=differences,
            verdict=verdict,
        )


@asynccontextmanager
async def _watched(standing: Standing, watch: Watch) -> AsyncIterator[None]:
    async def show() -> None:
        while True:
            watch(standing)
            await asyncio.sleep(0.5)

    showing = asyncio.create_task(show(), name="watch")
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _loaded(suite: Site, course: Course, log: CommandLog, ordeal: Ordeal) -> LoadFigures:
    """Injuries are timed from the first arrival on: making ready takes longer on one machine than on another."""
    arriving, seed = asyncio.Event(), course.planted.seed
    try:
        async with asyncio.TaskGroup() as group:
            driving = group.create_task(drive(suite.suite, course.plan, seed, course.seconds, log, arriving))
            await arriving.wait()
            group.create_task(_strangers(suite, course))
            group.create_task(ordeal.befall(course.injuries))
    except ExceptionGroup as errors:
        raise _first(errors) from errors
    return driving.result()


def _first(error: Exception) -> Exception:
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


async def _strangers(suite: Site, course: Course) -> None:
    if course.strangers_seconds:
        async with strangers(suite.settings.kafka_servers, course.planted.seed, course.strangers_seconds):
            await asyncio.sleep(course.seconds)


async def _judged(
    suite: Site, course: Course, lag: Lag, load: LoadFigures, log: CommandLog
) -> tuple[tuple[str, ...], Verdict]:
    """The first difference that each check finds between what is and what must be; and all that the last one found."""
    async with administrator(suite.dsn) as admin:
        checks = (
            heard_out(suite, max(course.settle_seconds, HEARD_SECONDS)),
            settled(lag, admin, course.settle_seconds),
            announced_in_order(suite, admin),
            parked_as_poisoned(admin, Poison(course.planted.seed, course.planted.poison_one_in)),
        )
        found = [_unexplained(load), *[await _said(check) for check in checks]]
        parked = await parked_streams(admin)
        if parked and not any(found):
            found.append(await _cured(suite, course, lag, admin))
        left = {(reader, source, str(aggregate)) for reader, source, aggregate in await parked_streams(admin)}
    verdict = await judge(log, suite.dsn, held={aggregate for _, _, aggregate in parked}, parked=left)
    return tuple(filter(None, (*found, verdict.first))), verdict


async def _said(check: Awaitable[str]) -> str:
    """What a check found; that it could not look is a difference too, and hides none of the others."""
    try:
        return await check
    except Exception as error:
        return f"a check came to no end: {error!r}"


def _unexplained(load: LoadFigures) -> str:
    trouble = (*load.failures, *load.broken_answers)
    return f"the load met what no fault explains: {trouble[0]}" if trouble else ""


async def _cured(suite: Site, course: Course, lag: Lag, admin: asyncpg.Connection) -> str:
    """With the poison gone, what it held up is handled after all."""
    await suite.cure()
    return await replayed(suite, admin) or await settled(lag, admin, course.settle_seconds)
