"""A broker that comes back without its data, and what operators and districts do then (docs/runbooks.md)."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator

from deploy.local.processes import environment
from faults.published import read_topics
from faults.schedule import Fault
from faults.suite import RunningSuite
from services import SERVICES
from shared.clock import Clock
from shared.events.bus.topics import ensure_topics, events_topic
from shared.settings import ROOT

_REPLAY_TRIES = 20
"""Other faults may end the replay; repeating it is harmless."""


async def empty_broker(suite: RunningSuite, fault: Fault) -> AsyncGenerator[tuple[str, ...], None]:
    """Lose the broker with its data; create the topics and announce all events again, as the runbook says."""
    before = await read_topics(suite.settings, [events_topic(service) for service in SERVICES])
    suite.findings.extend(found for topic in before.values() for found in topic.out_of_order[:1])
    broker = suite.environment.broker
    await asyncio.to_thread(broker.kill)
    await asyncio.to_thread(broker.restart, empty=True)
    yield SERVICES
    for name in suite.processes.running():  # a consumer that kept its place would begin behind new records
        suite.processes.kill(name)
    await ensure_topics(suite.settings, SERVICES)
    suite.endpoints.broker_losses.append(time.monotonic())
    suite.broker_replaced.append(Clock().now())
    await _announce_again(suite)


async def _announce_again(suite: RunningSuite) -> None:
    """Run the operator's replay of every log from its beginning."""
    command = (sys.executable, "-m", "deploy.cli", "events", "replay", "--from", "0", "--operator", "campaign")
    known = {**os.environ, **environment(suite.settings)}
    pipe = asyncio.subprocess.PIPE
    for _ in range(_REPLAY_TRIES):
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=known, stdout=pipe, stderr=pipe)
        _, errors = await process.communicate()
        if process.returncode == 0:
            return
        await asyncio.sleep(1)
    suite.findings.append(f"the events were not announced again: {errors.decode().strip().splitlines()[-1:]}")
