"""One run: load and faults side by side, then repair, then the verdict."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from faults.checker.judge import Verdict, judge
from faults.end_checks import (
    all_delivered,
    parked_as_poisoned,
    parked_streams,
    replay_parked_events,
    updates_consumed,
)
from faults.environment import Environment
from faults.garbage import publish_garbage
from faults.lag import Lag
from faults.nemesis import Nemesis
from faults.plan import CampaignPlan
from faults.poison import Poison
from faults.recovery import recoveries, timeline
from faults.report import Report
from faults.suite import RunningSuite, admin_connection, start_suite
from faults.topic_checks import published_in_order
from faults.usage import ResourceUsage
from faults.workload.log import CommandLog
from faults.workload.open_loop import LoadFigures, run_load

UPDATES_SECONDS = 60.0
"""Minimum time for intake to consume the districts' updates by the topic."""


@dataclass
class Progress:
    """State of a run for display."""

    began: float
    phase: str
    log: CommandLog
    lag: Lag
    nemesis: Nemesis


Observer = Callable[[Progress], None]


async def run(
    environment: Environment, folder: Path, plan: CampaignPlan, observe: Observer = lambda progress: None
) -> Report:
    """Run the load and the faults on a fresh suite, repair it, and return the report."""
    settings = {"kafka_session_seconds": plan.session_seconds}
    messages: list[str] = []
    async with (
        start_suite(environment, folder, plan.patches, say=messages.append, **settings) as suite,
        Lag(suite.dsn) as lag,
        ResourceUsage(suite) as usage,
    ):
        with CommandLog(folder / "commands.jsonl") as log:
            progress = Progress(time.monotonic(), "load", log, lag, Nemesis(suite))
            async with _observed(progress, observe):
                load = await _run_load(suite, plan, log, progress.nemesis)
                progress.phase = "verdict"
                differences, verdict = await _check(suite, plan, lag, load, log)
                await usage.take_last()
        return Report(
            plan=plan,
            load=load,
            faults=progress.nemesis.counts(),
            missed=progress.nemesis.missed,
            recoveries=recoveries(progress.nemesis.injections, lag.samples),
            timeline=timeline(progress.nemesis.injections, lag.samples, progress.began),
            usage=usage.figures(),
            restarts=sum(suite.processes.starts.values()) - len(suite.processes.starts),
            seconds=round(time.monotonic() - progress.began, 1),
            differences=(*suite.findings, *differences, *usage.excesses()),
            verdict=verdict,
        )


@asynccontextmanager
async def _observed(progress: Progress, observe: Observer) -> AsyncIterator[None]:
    async def show() -> None:
        while True:
            observe(progress)
            await asyncio.sleep(0.5)

    showing = asyncio.create_task(show(), name="progress")
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _run_load(suite: RunningSuite, plan: CampaignPlan, log: CommandLog, nemesis: Nemesis) -> LoadFigures:
    """Run the load, the faults and the garbage together; faults are timed from the first arrival."""
    arrivals_started, seed = asyncio.Event(), plan.patches.seed
    try:
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(
                run_load(suite.endpoints, plan.profile, seed, plan.seconds, log, arrivals_started)
            )
            await arrivals_started.wait()
            group.create_task(_publish_garbage(suite, plan))
            group.create_task(nemesis.run(plan.faults))
    except ExceptionGroup as errors:
        raise _first(errors) from errors
    return loading.result()


def _first(error: Exception) -> Exception:
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


async def _publish_garbage(suite: RunningSuite, plan: CampaignPlan) -> None:
    if plan.garbage_interval_seconds:
        servers, seed = suite.settings.kafka_servers, plan.patches.seed
        async with publish_garbage(servers, seed, plan.garbage_interval_seconds, suite.garbage):
            await asyncio.sleep(plan.seconds)


async def _check(
    suite: RunningSuite, plan: CampaignPlan, lag: Lag, load: LoadFigures, log: CommandLog
) -> tuple[tuple[str, ...], Verdict]:
    """Return the first difference of each end check and of the verdict, and the verdict."""
    async with admin_connection(suite.dsn) as admin:
        checks = (
            updates_consumed(suite, max(plan.settle_seconds, UPDATES_SECONDS)),
            all_delivered(lag, admin, plan.settle_seconds),
            published_in_order(suite, admin),
            parked_as_poisoned(admin, Poison(plan.patches.seed, plan.patches.poison_one_in)),
        )
        found = [_load_error(load), *[await _checked(check) for check in checks]]
        parked = await parked_streams(admin)
        if parked and not any(found):
            found.append(await _replay_unpatched(suite, plan, lag, admin))
        left = {(reader, source, str(aggregate)) for reader, source, aggregate in await parked_streams(admin)}
    verdict = await judge(log, suite.dsn, parked_during_load={aggregate for _, _, aggregate in parked}, parked=left)
    return tuple(filter(None, (*found, verdict.first))), verdict


async def _checked(check: Awaitable[str]) -> str:
    """Return the difference that a check found; an error in the check counts as one, so the other checks still run."""
    try:
        return await check
    except Exception as error:
        return f"a check failed: {error!r}"


def _load_error(load: LoadFigures) -> str:
    errors = (*load.failures, *load.server_errors)
    return f"an error of the load that no fault explains: {errors[0]}" if errors else ""


async def _replay_unpatched(suite: RunningSuite, plan: CampaignPlan, lag: Lag, admin: asyncpg.Connection) -> str:
    """Restart the services without poison and replay the parked events; return the first difference."""
    await suite.restart_unpatched()
    return await replay_parked_events(suite, admin) or await all_delivered(lag, admin, plan.settle_seconds)
